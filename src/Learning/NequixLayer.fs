namespace Noether.Learning

open Noether.AutoDiff
open Noether.Kernels

/// What every layer of a Nequix model reads from the edges, computed once.
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

/// The interaction layer of Nequix. Features are lists of tensors [n, 2l+1, multiplicity], one for each irrep.
[<RequireQualifiedAccess>]
module NequixLayer =

    /// What the silu of the gates is divided by. In float64 it is the root mean square of silu under a standard normal
    /// distribution (`Activation.constant`); in float32 the value that the published program's own float32 arithmetic has
    /// for it. The models were trained with that, and it shifts energies by 10⁻⁶ eV.
    let internal gateConstant precision =
        match precision with
        | Float64 -> Activation.constant Activation.Silu
        | Float32 -> 0.5964577198028564

    let private rows (x: Tensor) = Tensor.reshape [| x.Shape[0]; x.Shape[1] * x.Shape[2] |] x

    /// x W / √(rows of W), for features [n, 2l+1, multiplicity].
    let private linear (weights: Tensor) (x: Tensor) = Tensor.matmul x weights / sqrt (float weights.Shape[0])

    /// Rows of W / √(rows of W): what `linear` makes of a one-hot vector.
    let private lookUp (species: int[]) (weights: Tensor) =
        Tensor.unsqueeze 1 (Tensor.gather species weights) / sqrt (float weights.Shape[0])

    /// The radial network of some matrices.
    let private radialBy (matrices: Tensor[]) (basis: Tensor) =
        let widen x matrix = Tensor.silu (Tensor.matmul x matrix)
        let last = matrices.Length - 1
        Tensor.matmul (Array.fold widen basis matrices[.. last - 1]) matrices[last]

    let private matrices hidden parameters = [| for k in 0..hidden -> Tree.value $"mlp {k}" parameters |]

    /// The radial weights of every row of the basis, [rows, channels].
    let radial hidden (parameters: Tree<Tensor>) (basis: Tensor) = radialBy (matrices hidden parameters) basis

    /// Features divided by the root of their mean square, one number for each node, and times γ: no mean over the copies of
    /// an irrep is taken, and each irrep's sum of squares is divided by (2l+1)², as the models were trained.
    let normalize (layout: NequixLayout) parameters (features: Tensor list) =
        let chunks = layout.Mixed.Chunks

        let square (chunk: MulIrrep) (x: Tensor) =
            let dim = float chunk.Irrep.Dim
            Tensor.sumAxes [| 1; 2 |] (Tensor.square x) / (float chunks.Length * dim * dim)

        let squares = List.map2 square chunks features |> List.reduce (+)
        let inverse = Tensor.pow -0.5 (squares + 1e-12)
        let factor = Tensor.reshape [| inverse.Shape[0]; 1; 1 |] inverse

        let gamma (chunk: MulIrrep) = Tensor.reshape [| 1; 1; chunk.Mul |] (Tree.value $"rms {chunk.Irrep}" parameters)

        List.map2 (fun chunk x -> x * gamma chunk * factor) chunks features

    /// The scalars activated; the last of them, one for each copy of the other irreps, activated and multiplied to those.
    let gate (layout: NequixLayout) (features: Tensor list) =
        let scalars = features.Head
        let c = 1.0 / gateConstant scalars.Precision
        let active = (Families.logistic [||] [| 0.0; c |]).Of scalars
        let kept = layout.Output.Chunks.Head.Mul
        let others = layout.Output.Chunks.Tail
        let starts = others |> List.scan (fun start chunk -> start + chunk.Mul) kept

        Tensor.slice 2 0 kept active
        :: [ for start, chunk, x in List.zip3 (List.take others.Length starts) others features.Tail ->
                 x * Tensor.slice 2 start (start + chunk.Mul) active ]

    /// Features before the messages, [n, 2l+1, multiplicity] each. In the first layer the features are species, given by
    /// `None`.
    let up (layout: NequixLayout) parameters (species: int[]) (features: Tensor list option) =
        let weights (chunk: MulIrrep) = Tree.value $"up {chunk.Irrep}" parameters

        match features with
        | None -> [ lookUp species (weights layout.Input.Chunks.Head) ]
        | Some features -> List.map2 (fun chunk x -> linear (weights chunk) x) layout.Input.Chunks features

    /// Bytes of radial weights of a layer that are kept from value to reverse sweep. Of more, blocks are computed, forgotten
    /// and computed again, which costs half the time once more: an edge and its reverse seldom share a block.
    let private wholeBytes = 256L <<< 20

    let private blockBytes = 64 <<< 20

    /// What nodes receive, divided by √(average neighbours): [n, 2l+1, channels] for each irrep. Radial weights are those
    /// of the network, or of a table if there is one.
    let aggregate settings (layout: NequixLayout) table parameters (edges: NequixEdges) (sent: Tensor list) =
        let n = sent.Head.Shape[0]

        // Functions of rows, so that a large graph's weights can be computed block by block.
        let weights, leaves, perRow =
            match table with
            | Some table -> (fun _ (rows: Tensor[]) -> SplineTable.apply table rows[0]), [||], edges.Lengths
            | None ->
                let ofRows leaves (rows: Tensor[]) = radialBy leaves rows[0]
                ofRows, matrices settings.RadialHidden parameters, edges.Basis

        let x = sent |> List.map rows |> Tensor.concat 1

        let plan, graph = layout.Messages, edges.Graph
        let rowBytes = plan.Kernel.WeightsWidth * (if x.Precision = Float64 then 8 else 4)
        let whole = int64 graph.WeightRows * int64 rowBytes <= wholeBytes
        let limit = if whole then graph.WeightRows else max 1 (blockBytes / rowBytes)

        let received = MessageBlocks.applyWithin limit plan graph weights leaves [| perRow |] x edges.Harmonics

        let received = received / sqrt settings.AverageNeighbours
        let chunks = layout.Messages.Output.Chunks
        let starts = chunks |> List.scan (fun start chunk -> start + chunk.Dim) 0

        [ for start, chunk in List.zip (List.take chunks.Length starts) chunks ->
              Tensor.slice 1 start (start + chunk.Dim) received |> Tensor.reshape [| n; chunk.Irrep.Dim; chunk.Mul |] ]

    /// The sum of what comes from the neighbours and of what stays.
    let mix (layout: NequixLayout) parameters (species: int[]) (features: Tensor list option) received =
        let skip (irrep: Irrep) : Tensor option =
            match features with
            | None when irrep.IsScalar -> Some(lookUp species (Tree.value $"skip {irrep}" parameters))
            | None -> None
            | Some features ->
                List.zip layout.Input.Chunks features
                |> List.tryFind (fun (chunk, _) -> chunk.Irrep = irrep)
                |> Option.map (fun (_, x) -> linear (Tree.value $"skip {irrep}" parameters) x)

        [ for chunk, x in List.zip layout.Mixed.Chunks received ->
              let own = linear (Tree.value $"down {chunk.Irrep}" parameters) x

              match skip chunk.Irrep with
              | Some skipped -> own + skipped
              | None -> own ]

    /// One layer: features [n, 2l+1, multiplicity] of `layout.Input` (none in the first layer, which reads species) to those
    /// of `layout.Output`. A table, if there is one, stands for the radial network.
    let apply
        (settings: NequixSettings)
        (layout: NequixLayout)
        (table: SplineTable option)
        (parameters: Tree<Tensor>)
        (edges: NequixEdges)
        (species: int[])
        (features: Tensor list option)
        : Tensor list =
        up layout parameters species features
        |> aggregate settings layout table parameters edges
        |> mix layout parameters species features
        |> normalize layout parameters
        |> gate layout
