namespace Noether.Learning

open Noether.AutoDiff
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

/// Layers that mix the copies of equal irreps.
[<RequireQualifiedAccess>]
module Linear =

    let private paths (input: Irreps) (output: Irreps) =
        [ for i, a in List.indexed input.Chunks do
              for o, b in List.indexed output.Chunks do
                  if a.Irrep = b.Irrep && a.Mul > 0 && b.Mul > 0 then i, o, a, b ]

    let private name i o (a: MulIrrep) (b: MulIrrep) = $"w[{i},{o}] {a.AsText},{b.AsText}"

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

        let multiply (weights: Tensor) (index: int[]) (x: Tensor) =
            match species with
            | None -> Tensor.matmul x weights
            | Some 1 -> Tensor.matmul x (Tensor.reshape weights.Shape[1..] weights)
            | Some _ -> Tensor.matmul x (Tensor.gather index weights)

        { Init = Parameters.branch [ for i, o, a, b in paths -> name i o a b, Parameters.normal (shape a b) ]
          Apply =
            fun parameters (x, index) ->
                if x.Irreps <> input then
                    Shape.fail "Linear" $"features {x.Irreps.AsText}; the layer takes {input.AsText}"

                let rows = x.Chunks.Head.Shape[0]

                let chunk o (b: MulIrrep) =
                    let terms =
                        [ for i, p, a, _ in paths do
                              if p = o then multiply (Tree.value (name i o a b) parameters) index x.Chunks[i] ]

                    match terms with
                    | [] -> Tensor.full x.Chunks.Head.Precision [| rows; b.Irrep.Dim; b.Mul |] 0.0
                    | terms -> List.reduce (+) terms / sqrt (float (fanIn o))

                { Irreps = output; Chunks = List.mapi chunk output.Chunks } }

/// Networks without symmetry.
[<RequireQualifiedAccess>]
module Mlp =

    /// Layers x W/√(inputs) of the given widths without bias, [n, widths₀] → [n, last width], with a normalised activation
    /// between layers and none after the last. Weights are standard normal, named Dense_0, Dense_1, ….
    let create activation (widths: int list) : Network<Tensor, Tensor> =
        let layers = List.pairwise widths |> List.mapi (fun i (a, b) -> $"Dense_{i}", a, b)

        { Init = Parameters.branch [ for name, a, b in layers -> name, Parameters.normal [| a; b |] ]
          Apply =
            fun parameters x ->
                let apply (x, first) (name, inputs: int, _) =
                    let x = if first then x else Nonlinear.normalized activation x
                    Tensor.matmul x (Tree.value name parameters) / sqrt (float inputs), false

                List.fold apply (x, true) layers |> fst }

/// The gate nonlinearity.
[<RequireQualifiedAccess>]
module Gate =

    /// Scalars pass through activations (`even` for 0e, `odd` for 0o); the last scalars, one for each copy of the other
    /// irreps, pass through `gates` and multiply those copies. The chunks may be in any order; scalars are taken in order.
    let apply even odd gates (x: IrrepsTensor) =
        let parts = IrrepsTensor.parts x
        let scalars = parts |> List.filter (fun (irrep, _) -> irrep.L = 0)
        let others = parts |> List.filter (fun (irrep, _) -> irrep.L > 0)
        let layout = IrrepsProducts.gate x.Irreps
        let count = Irreps.count layout.Scalars

        let activate (irrep: Irrep) values =
            Nonlinear.normalized (if irrep.Parity = Parity.Even then even else odd) values

        if others.IsEmpty then
            { x with Chunks = [ for irrep, values in scalars -> activate irrep values ] }
        else
            let flat = Tensor.concat 2 (List.map snd scalars)
            let width = flat.Shape[2]
            let starts = layout.Scalars.Chunks |> List.scan (fun start chunk -> start + chunk.Mul) 0

            let kept =
                [ for start, chunk in List.zip (List.take layout.Scalars.Chunks.Length starts) layout.Scalars.Chunks ->
                      activate chunk.Irrep (Tensor.slice 2 start (start + chunk.Mul) flat) ]

            let factors =
                Tensor.slice 2 count width flat
                |> Nonlinear.normalized gates
                |> Tensor.reshape [| flat.Shape[0]; width - count |]

            let gated =
                IrrepsTensor.scale
                    factors
                    { Irreps = Irreps.create [ for irrep, v in others -> v.Shape[2], irrep ]
                      Chunks = List.map snd others }

            { Irreps = layout.Output; Chunks = kept @ gated.Chunks }
