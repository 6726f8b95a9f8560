namespace Noether.Learning

open Noether.AutoDiff
open Noether.Equivariance
open Noether.Kernels

/// The edge features that all layers of a Nequix model read, computed once.
type NequixEdges =
    {
        /// Senders and receivers, and the row of the radial basis that belongs to each edge: an edge and its reverse share one.
        Graph: MessageEdges
        /// The distance of each row, Å, [rows].
        Lengths: Tensor
        /// Spherical harmonics of the edges' directions, component normalised, [e, (lmax+1)²].
        Harmonics: Tensor
        /// The radial basis, smooth to zero at the cut-off, [rows, functions].
        Basis: Tensor
    }

/// The interaction layer of Nequix, prepared once for a model.
[<NoEquality; NoComparison>]
type NequixLayer =
    {
        /// Input, messages and output.
        Layout: NequixLayout
        /// From the features to those that are sent to the neighbours.
        Up: EquivariantLinear
        /// From the sums of messages to the input of the gate.
        Down: EquivariantLinear
        /// From the features to those that a node keeps; None where none of their irreps is in the input of the gate.
        Skip: EquivariantLinear option
        /// The gate in a precision.
        Gate: Precision -> IrrepsTensor -> IrrepsTensor
    }

/// The steps of a layer. Features are rows; in the first layer they are species, given by `None`.
[<RequireQualifiedAccess>]
module NequixLayer =

    /// The divisor of the silu of the gates. In float64 it is the root mean square of silu under a standard normal
    /// distribution (`Activation.constant`); in float32 the value that the published program's own float32 arithmetic has
    /// for it. The models were trained with that, and it shifts energies by 10⁻⁶ eV.
    let internal gateConstant precision =
        match precision with
        | Float64 -> Activation.constant Activation.Silu
        | Float32 -> 0.5964577198028564

    /// The irreps of a linear map from some features to others.
    let private shared (input: Irreps) (output: Irreps) =
        [ for chunk in output.Chunks do
              if Irreps.contains chunk.Irrep input then chunk.Irrep ]

    /// x W / √(rows of W) for each irrep that input and output share.
    let private linear (input: Irreps) (output: Irreps) =
        let place (irreps: Irreps) irrep =
            List.zip irreps.Chunks (Irreps.slices irreps)
            |> List.find (fun (chunk, _) -> chunk.Irrep = irrep)
            |> fun (chunk, struct (start, _)) -> start, chunk.Mul

        let blocks =
            [| for irrep in shared input output do
                   let from, inputs = place input irrep
                   let start, outputs = place output irrep

                   { From = from
                     To = start
                     Components = irrep.Dim
                     Inputs = inputs
                     Outputs = outputs
                     Scale = 1.0 / sqrt (float inputs) } |]

        EquivariantLinear(blocks, input.Dim, output.Dim, None)

    /// The layer of a layout.
    let create (layout: NequixLayout) : NequixLayer =
        let gate precision =
            let factor _ = 1.0 / gateConstant precision
            Gate.scaled factor Activation.Silu Activation.Silu Activation.Silu layout.Mixed

        let single, double = lazy (gate Float32), lazy (gate Float64)

        { Layout = layout
          Up = linear layout.Input layout.Input
          Down = linear layout.Messages.Output layout.Mixed
          Skip =
            match shared layout.Input layout.Mixed with
            | [] -> None
            | _ -> Some(linear layout.Input layout.Mixed)
          Gate =
            fun precision ->
                match precision with
                | Float32 -> single.Value
                | Float64 -> double.Value }

    /// The matrices of some irreps, one after the other.
    let private weights name (irreps: Irrep list) (parameters: Tree<Tensor>) =
        [ for irrep in irreps -> Tensor.reshape [| -1 |] (Tree.value $"{name} {irrep}" parameters) ]
        |> Tensor.concat 0

    /// Rows of W / √(rows of W): what a linear map makes of a one-hot vector.
    let private lookUp (species: int[]) (weights: Tensor) =
        Tensor.gather species weights / sqrt (float weights.Shape[0])

    let private matrices hidden parameters = [| for k in 0..hidden -> Tree.value $"mlp {k}" parameters |]

    /// The radial weights of every row of the basis, [rows, channels].
    let radial hidden (parameters: Tree<Tensor>) (basis: Tensor) =
        let matrices = matrices hidden parameters
        let widen x matrix = Tensor.silu (Tensor.matmul x matrix)
        Tensor.matmul (Array.fold widen basis matrices[.. hidden - 1]) matrices[hidden]

    /// Features before the messages.
    let up (layer: NequixLayer) parameters (species: int[]) (features: IrrepsTensor option) : IrrepsTensor =
        let input = layer.Layout.Input

        match features with
        | None -> IrrepsTensor.ofRows input (lookUp species (Tree.value $"up {input.Chunks.Head.Irrep}" parameters))
        | Some features ->
            let weights = weights "up" [ for chunk in input.Chunks -> chunk.Irrep ] parameters
            IrrepsTensor.ofRows input (layer.Up.Of(features.Rows, weights))

    /// The sums of messages of sent features, divided by √(average neighbours). Radial weights are those of the network, or of
    /// a table if there is one.
    let aggregate settings (layer: NequixLayer) table parameters (edges: NequixEdges) (sent: Tensor) : IrrepsTensor =
        let weights () =
            match table with
            | Some table -> SplineTable.apply table edges.Lengths
            | None -> radial settings.RadialHidden parameters edges.Basis

        let plan = layer.Layout.Messages
        IrrepsTensor.ofRows plan.Output (MessageBlocks.pass plan edges.Graph sent edges.Harmonics weights)

    /// Those sums, mixed to the input of the gate.
    let down (layer: NequixLayer) parameters (received: IrrepsTensor) : IrrepsTensor =
        let input, mixed = layer.Layout.Messages.Output, layer.Layout.Mixed
        IrrepsTensor.ofRows mixed (layer.Down.Of(received.Rows, weights "down" (shared input mixed) parameters))

    /// The sum of what comes from the neighbours, mixed, and of what stays.
    let keep (layer: NequixLayer) parameters (species: int[]) (features: IrrepsTensor option) (received: IrrepsTensor) =
        let mixed = layer.Layout.Mixed

        match layer.Skip, features with
        | None, _ -> received
        | Some _, None ->
            let own = lookUp species (Tree.value $"skip {Irrep.scalar}" parameters)

            { received with
                Rows = received.Rows + Tensor.pad 1 0 (mixed.Dim - own.Shape[1]) own }
        | Some skip, Some features ->
            let own = skip.Of(features.Rows, weights "skip" (shared layer.Layout.Input mixed) parameters)
            { received with Rows = received.Rows + own }

    /// Features divided by the root of their mean square, one number for each node, and times γ: no mean over the copies of
    /// an irrep is taken, and each irrep's sum of squares is divided by (2l+1)², as the models were trained.
    let normalize (layer: NequixLayer) parameters (features: IrrepsTensor) : IrrepsTensor =
        let chunks, rows = layer.Layout.Mixed.Chunks, features.Rows

        let shares =
            [| for chunk in chunks do
                   let dim = chunk.Irrep.Dim
                   yield! Array.replicate (dim * chunk.Mul) (1.0 / float (chunks.Length * dim * dim)) |]

        let shares = Tensor.ofArray [| shares.Length; 1 |] shares |> Tensor.cast rows.Precision
        let factor = Tensor.pow -0.5 (Tensor.matmul (Tensor.square rows) shares + 1e-12)

        let gamma =
            [ for chunk in chunks do
                  let own = Tensor.unsqueeze 0 (Tree.value $"rms {chunk.Irrep}" parameters)
                  Tensor.reshape [| 1; -1 |] (Tensor.expand [| chunk.Irrep.Dim; chunk.Mul |] own) ]
            |> Tensor.concat 1

        { features with Rows = rows * factor * gamma }

    /// The scalars activated; the last of them, one for each copy of the other irreps, activated and multiplied to those.
    let gate (layer: NequixLayer) (features: IrrepsTensor) : IrrepsTensor = layer.Gate features.Rows.Precision features

    /// The output of the layer from the mixed sums of messages and its input.
    let settle layer parameters species features (received: IrrepsTensor) : IrrepsTensor =
        received |> keep layer parameters species features |> normalize layer parameters |> gate layer
