namespace Noether.Learning

open Noether.AutoDiff
open Noether.Equivariance
open Noether.Kernels

/// A function with parameters: how to make them, and what it computes with them.
type Network<'Input, 'Output> =
    {
        /// Fresh parameters of a precision from a key. Equal keys give equal parameters.
        Init: Precision -> RandomKey -> Tree<Tensor>
        /// The function.
        Apply: Tree<Tensor> -> 'Input -> 'Output
    }

/// Making parameters.
[<RequireQualifiedAccess>]
module Parameters =

    /// A named branch of independent parts, each with a key of its own.
    let branch (parts: (string * (Precision -> RandomKey -> Tree<Tensor>)) list) precision (key: RandomKey) =
        let keys = key.Split parts.Length
        Branch(parts |> List.mapi (fun i (name, init) -> name, init precision keys[i]))

    /// One tensor of standard normal numbers.
    let normal (shape: int[]) precision (key: RandomKey) = Leaf(Tensor.normal precision shape key)

    /// One tensor of numbers between −√3 and √3, evenly distributed: mean 0, mean square 1.
    let uniform (shape: int[]) precision (key: RandomKey) = Leaf(sqrt 12.0 * (Tensor.uniform precision shape key - 0.5))

/// Layers that mix the copies of equal irreps.
[<RequireQualifiedAccess>]
module Linear =

    let internal paths (input: Irreps) (output: Irreps) =
        [ for i, a in List.indexed input.Chunks do
              for o, b in List.indexed output.Chunks do
                  if a.Irrep = b.Irrep && a.Mul > 0 && b.Mul > 0 then i, o, a, b ]

    let internal name i o (a: MulIrrep) (b: MulIrrep) = $"w[{i},{o}] {a.AsText},{b.AsText}"

    let private start irreps i =
        let struct (start, _) = List.item i (Irreps.slices irreps)
        start

    /// y = Σ W x / √(Σ multiplicities that feed the output), for each pair of equal irreps of input and output. Outputs
    /// that nothing feeds are zero. Weights are standard normal, named as in e3nn ("w[i,o] 8x1o,16x1o"), of shape
    /// [mul_in, mul_out]; with a number of species given, [species, mul_in, mul_out], chosen by the species of each row.
    let create (species: int option) (input: Irreps) (output: Irreps) : Network<IrrepsTensor * int[], IrrepsTensor> =
        let paths = paths input output

        let shape (a: MulIrrep) (b: MulIrrep) =
            match species with
            | None -> [| a.Mul; b.Mul |]
            | Some count -> [| count; a.Mul; b.Mul |]

        let fanIn o = paths |> List.sumBy (fun (_, p, a, _) -> if p = o then a.Mul else 0)
        let names = [ for i, o, a, b in paths -> name i o a b ]

        let blocks =
            [| for i, o, a, b in paths ->
                   { From = start input i
                     To = start output o
                     Components = a.Irrep.Dim
                     Inputs = a.Mul
                     Outputs = b.Mul
                     Scale = 1.0 / sqrt (float (fanIn o)) } |]

        let shared = EquivariantLinear(blocks, input.Dim, output.Dim, None)

        { Init = Parameters.branch [ for i, o, a, b in paths -> name i o a b, Parameters.normal (shape a b) ]
          Apply =
            fun parameters (x, index) ->
                if x.Irreps <> input then
                    Shape.fail "Linear" $"features {x.Irreps.AsText}; the layer takes {input.AsText}"

                let flat (w: Tensor) = Tensor.reshape [| w.Size |] w

                let weights =
                    match [ for name in names -> flat (Tree.value name parameters) ] with
                    | [] -> Tensor.full x.Rows.Precision [| 0 |] 0.0
                    | blocks -> Tensor.concat 0 blocks

                { Irreps = output
                  Rows =
                    match species with
                    | None
                    | Some 1 -> shared.Of(x.Rows, weights)
                    | Some count ->
                        if index.Length <> x.Rows.Shape[0] then
                            Shape.fail "Linear" $"{index.Length} species for {x.Rows.Shape[0]} rows"

                        let grouped = SpeciesRows.create count index
                        EquivariantLinear(blocks, input.Dim, output.Dim, Some grouped).Of(x.Rows, weights) } }

    /// `create` followed by adding a bias to the scalars 0e of the output, as in e3nn: named "b[o] 8x0e", of shape [mul],
    /// and zero at the start.
    let createBiased species (input: Irreps) (output: Irreps) : Network<IrrepsTensor * int[], IrrepsTensor> =
        let linear = create species input output

        let biases =
            [ for o, chunk in List.indexed output.Chunks do
                  if chunk.Irrep = Irrep.scalar && chunk.Mul > 0 then
                      $"b[{o}] {chunk.AsText}", start output o, chunk.Mul ]

        let zeros mul precision (_: RandomKey) = Leaf(Tensor.full precision [| mul |] 0.0)

        { Init =
            fun precision key ->
                match
                    linear.Init precision key, Parameters.branch [ for b, _, m in biases -> b, zeros m ] precision key
                with
                | Branch weights, Branch added -> Branch(weights @ added)
                | weights, _ -> weights
          Apply =
            fun parameters (x, index) ->
                let y = linear.Apply parameters (x, index)

                let row =
                    biases
                    |> List.fold
                        (fun row (name, first, mul) ->
                            let b = Tree.value name parameters
                            let zeros count = Tensor.full b.Precision [| count |] 0.0
                            row + Tensor.concat 0 [ zeros first; b; zeros (output.Dim - first - mul) ])
                        (Tensor.full x.Rows.Precision [| output.Dim |] 0.0)

                if biases.IsEmpty then y else { y with Rows = y.Rows + Tensor.unsqueeze 0 row } }

/// Networks without symmetry.
[<RequireQualifiedAccess>]
module Mlp =

    /// Layers x W/√(inputs) of the given widths without bias, [n, widths₀] → [n, last width], with a multiple of an
    /// activation between layers and none after the last. Weights are named Dense_0, Dense_1, …, and fresh ones are made by
    /// shape.
    let scaled weights (factor: float) activation (widths: int list) : Network<Tensor, Tensor> =
        let layers = List.pairwise widths |> List.mapi (fun i (a, b) -> $"Dense_{i}", a, b)

        { Init = Parameters.branch [ for name, a, b in layers -> name, weights [| a; b |] ]
          Apply =
            fun parameters x ->
                let layer (x, first) (name, inputs: int, _) =
                    let y () =
                        let active = if first then x else Nonlinear.scaled factor activation x
                        // The weights are divided, of which there are fewer than of rows.
                        Tensor.matmul active (Tree.value name parameters / sqrt (float inputs))

                    Reuse.tensor y, false

                Reuse.tensor (fun () -> List.fold layer (x, true) layers |> fst) }

    /// `scaled` with a normalised activation and standard normal weights, as in e3nn-jax.
    let create activation = scaled Parameters.normal (Activation.factor activation) activation

/// The gate nonlinearity.
[<RequireQualifiedAccess>]
module Gate =

    /// The gate as a composition: what `scaled` computes in one pass.
    let scaledComposed (factor: Activation -> float) even odd gates (x: IrrepsTensor) =
        let parts = IrrepsTensor.parts x
        let scalars = parts |> List.filter (fun (irrep, _) -> irrep.L = 0)
        let others = parts |> List.filter (fun (irrep, _) -> irrep.L > 0)
        let layout = IrrepsProducts.gate x.Irreps
        let count = Irreps.count layout.Scalars

        let activate (irrep: Irrep) values =
            let activation = if irrep.Parity = Parity.Even then even else odd
            Nonlinear.scaled (factor activation) activation values

        if others.IsEmpty then
            IrrepsTensor.create x.Irreps [ for irrep, values in scalars -> activate irrep values ]
        else
            let flat = Tensor.concat 2 (List.map snd scalars)
            let width = flat.Shape[2]
            let starts = layout.Scalars.Chunks |> List.scan (fun start chunk -> start + chunk.Mul) 0

            let kept =
                [ for start, chunk in List.zip (List.take layout.Scalars.Chunks.Length starts) layout.Scalars.Chunks ->
                      activate chunk.Irrep (Tensor.slice 2 start (start + chunk.Mul) flat) ]

            let factors =
                Tensor.slice 2 count width flat
                |> Nonlinear.scaled (factor gates) gates
                |> Tensor.reshape [| flat.Shape[0]; width - count |]

            let gated =
                IrrepsTensor.create
                    (Irreps.create [ for irrep, v in others -> v.Shape[2], irrep ])
                    (List.map snd others)
                |> IrrepsTensor.scale factors
                |> IrrepsTensor.chunks

            // An odd gate turns the parity, so the copies of one chunk may end up in several, and of several in one.
            let copies =
                List.zip others gated |> List.collect (fun ((_, x), y) -> [ for u in 0 .. x.Shape[2] - 1 -> y, u ])

            let written = layout.Output.Chunks[layout.Scalars.Chunks.Length ..]
            let starts = written |> List.scan (fun start chunk -> start + chunk.Mul) 0

            let chunks =
                [ for first, chunk in List.zip (List.take written.Length starts) written ->
                      copies[first .. first + chunk.Mul - 1]
                      |> List.map (fun (values, u) -> Tensor.slice 2 u (u + 1) values)
                      |> Tensor.concat 2 ]

            IrrepsTensor.create layout.Output (kept @ chunks)

    /// `scaledComposed` with normalised activations, as in e3nn-jax.
    let composed even odd gates x = scaledComposed Activation.factor even odd gates x

    /// Scalars pass through multiples of activations (`even` for 0e, `odd` for 0o); the last scalars, one for each copy of
    /// the other irreps, pass through `gates` and multiply those copies. The chunks may be in any order; scalars are taken
    /// in order. One pass over the rows, and one for each derivative, where the activations are silu, sigmoid or tanh.
    let scaled (factor: Activation -> float) even odd gates (irreps: Irreps) : IrrepsTensor -> IrrepsTensor =
        let plan = GatePlan.create factor even odd gates irreps
        let output = (IrrepsProducts.gate irreps).Output

        if Array.forall GateFunctions.closed plan.Activations then
            fun x ->
                if x.Irreps <> irreps then
                    Shape.fail "Gate" $"features {x.Irreps.AsText}; the gate takes {irreps.AsText}"

                { Irreps = output; Rows = GateOperation.Of(plan, x.Rows) }
        else
            scaledComposed factor even odd gates

    /// `scaled` with normalised activations, as in e3nn-jax.
    let create even odd gates irreps = scaled Activation.factor even odd gates irreps

    /// `create` for the irreps of the features.
    let apply even odd gates (x: IrrepsTensor) = create even odd gates x.Irreps x
