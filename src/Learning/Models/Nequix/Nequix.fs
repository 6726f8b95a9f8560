namespace Noether.Learning

open Noether.AutoDiff
open Noether.Domain
open Noether.Equivariance
open Noether.Kernels
open Noether.Physics

/// Atoms as a Nequix model sees them.
type NequixInput =
    {
        /// Vectors from the centre (receiver) to the neighbour (sender), [e, 3], Å, none of them zero; all of them nearer
        /// than the cut-off.
        Vectors: Tensor
        /// The atom each edge comes from, [e].
        Senders: int[]
        /// The atom each edge points to, [e].
        Receivers: int[]
        /// The same pair of atoms seen from the other one, [e]; an edge without a reverse names itself.
        Reverse: int[]
        /// The species of each atom, [n]: the place of its element in the settings.
        Species: int[]
    }

/// The memory for radial weights, the largest arrays of a Nequix model.
type NequixMemory =
    {
        /// Bytes of the weights of all layers that are kept from value to reverse sweep. In a graph with more, weights are
        /// computed block by block, forgotten, and computed again in the sweep, and of each layer little else is kept than
        /// the features of its atoms: memory then grows by some 100 kB an atom, and time by half.
        Kept: int64
        /// Bytes of the weights of one block. Several such arrays are held at a time.
        Block: int64
    }

/// Nequix (T. Koker and T. Smidt, arXiv:2508.16067; T. Koker and others, arXiv:2601.07742), a foundation potential of the
/// NequIP family: a graph network for any crystal, surface or molecule of its elements, whose weights are published.
///
/// *Conventions.* The function is that of the published program, so that its weights can be read: e3nn-jax's irreps
/// and couplings, edges from receiver to sender. Energies are on the scale of the data that a model was trained on:
/// compare them within one model only.
///
/// *Atoms feel* others as many cut-offs far as there are layers. An isolated atom has an energy.
[<RequireQualifiedAccess>]
module Nequix =

    /// One GiB of weights that are kept, which are those of some 80 000 edges in float64, and blocks of 64 MiB.
    let usualMemory: NequixMemory = { Kept = 1L <<< 30; Block = 64L <<< 20 }

    /// The radial basis (2/r_c) sin(kπr/r_c)/r, times the envelope, of distances [rows], Å: [rows, functions].
    let internal basis (settings: NequixSettings) (lengths: Tensor) =
        let x = lengths / settings.Cutoff
        let envelope = Radial.envelope (settings.EnvelopePower - 1) 2 x
        let prefactor = sqrt 2.0 / (settings.Cutoff * settings.Cutoff)
        Radial.bessel settings.RadialBasis x * (prefactor * Tensor.unsqueeze 1 envelope)

    /// The edges of a model's input, each pair of which shares a row of weights; their vectors [e, 3]; and the distance of each
    /// pair, half that of each of its two edges, so that neither is preferred where they are differentiated one by one.
    let private geometry precision (input: NequixInput) =
        let vectors = Tensor.cast precision input.Vectors
        let lengths = Harmonics.lengths vectors
        let edges = [| 0 .. input.Reverse.Length - 1 |]
        let first = edges |> Array.filter (fun e -> e <= input.Reverse[e])
        let rows = Array.zeroCreate edges.Length

        first
        |> Array.iteri (fun row e ->
            rows[e] <- row
            rows[input.Reverse[e]] <- row)

        let second = first |> Array.map (fun e -> input.Reverse[e])
        let ofPairs = 0.5 * (Tensor.gather first lengths + Tensor.gather second lengths)
        let graph = MessagePass.edges input.Species.Length input.Senders input.Receivers
        MessagePass.shareWeights first.Length rows graph, vectors, lengths, ofPairs

    let private edgesOf (settings: NequixSettings) graph vectors lengths ofPairs : NequixEdges =
        { Graph = graph
          Lengths = ofPairs
          Harmonics = Harmonics.ofDirections settings.MaxDegree vectors lengths
          Basis = basis settings ofPairs }

    /// Harmonics of each edge, and radial functions of each pair of atoms.
    let edges (settings: NequixSettings) precision (input: NequixInput) : NequixEdges =
        geometry precision input
        |> fun (graph, vectors, lengths, pairs) -> edgesOf settings graph vectors lengths pairs

    /// A layer applied to all atoms and all edges together.
    let private wholeLayer settings edges (species: int[]) (layer: NequixLayer) table own features =
        let sent = NequixLayer.up layer own species features

        NequixLayer.aggregate settings layer table own edges sent.Rows
        |> NequixLayer.down layer own
        |> NequixLayer.settle layer own species features

    /// Atoms that settle together where a graph is taken in blocks.
    let private together = 1024

    /// A layer of which a reverse sweep keeps nothing but what it takes, what it sends and what is received, mixed.
    let private blockedLayer
        settings
        graph
        blocks
        vectors
        lengths
        (species: int[])
        (layer: NequixLayer)
        table
        own
        features
        =
        let leaves = Array.ofList (Tree.leaves own)
        let withLeaves leaves = Tree.withLeaves (List.ofArray leaves) own
        let sent = NequixLayer.up layer own species features

        let ofBlock (block: MessageBlock) (inputs: BlockInputs) =
            let own, vectors = withLeaves inputs.Parameters, inputs.PerEdge[0]
            let edges = edgesOf settings block.Edges vectors (Harmonics.lengths vectors) inputs.PerRow[0]

            NequixLayer.aggregate settings layer table own edges inputs.PerSender[0]
            |> NequixLayer.down layer own
            |> _.Rows

        let received =
            MessageBlocks.sum
                graph
                blocks
                ofBlock
                { Parameters = leaves
                  PerRow = [| lengths |]
                  PerEdge = [| vectors |]
                  PerSender = [| sent.Rows |] }

        let parts = species |> Array.chunkBySize together
        let rows = Consecutive(Array.map Array.length parts)

        let settle part (xs: Tensor[]) =
            let own = withLeaves xs[.. leaves.Length - 1]
            let received = IrrepsTensor.ofRows layer.Layout.Mixed xs[leaves.Length]

            let features =
                features |> Option.map (fun (x: IrrepsTensor) -> IrrepsTensor.ofRows x.Irreps xs[leaves.Length + 1])

            [| (NequixLayer.settle layer own parts[part] features received).Rows |]

        let arguments =
            [ yield! leaves |> Array.map (fun leaf -> Whole, leaf)
              rows, received
              yield! features |> Option.toList |> List.map (fun (x: IrrepsTensor) -> rows, x.Rows) ]

        let settled = Blocks.reusing parts.Length settle [ rows ] arguments
        IrrepsTensor.ofRows layer.Layout.Output settled[0]

    /// Features of the atoms after each layer, first to last, by layers that were prepared before, each perhaps with a table
    /// of its radial weights.
    let private featuresBy memory layers (settings: NequixSettings) (parameters: Tree<Tensor>) (input: NequixInput) =
        let precision = (Tree.value "readout" parameters).Precision
        let graph, vectors, lengths, ofPairs = geometry precision input
        let size = if precision = Float64 then 8 else 4
        let widths = [ for layer: NequixLayer, _ in layers -> size * layer.Layout.Messages.Kernel.WeightsWidth ]

        let blocks =
            if int64 graph.WeightRows * int64 (List.sum widths) <= memory.Kept then
                [||]
            else
                MessageBlocks.cut (max 1 (int (memory.Block / int64 (List.max widths)))) graph

        let apply =
            if blocks.Length < 2 then
                wholeLayer settings (edgesOf settings graph vectors lengths ofPairs) input.Species
            else
                blockedLayer settings graph blocks vectors ofPairs input.Species

        layers
        |> List.indexed
        |> List.scan
            (fun features (i, (layer, table)) -> Some(apply layer table (Tree.find $"layer {i}" parameters) features))
            None
        |> List.tail
        |> List.map Option.get

    /// The layers of settings, each perhaps with a table.
    let private layersBy (tables: SplineTable option list) settings =
        List.zip (NequixSettings.layouts settings |> List.map NequixLayer.create) tables

    /// Features of the atoms after each layer, first to last, in the precision of the parameters.
    let features (settings: NequixSettings) (parameters: Tree<Tensor>) (input: NequixInput) : IrrepsTensor list =
        featuresBy usualMemory (layersBy (List.replicate settings.Layers None) settings) settings parameters input

    /// Fresh weights: standard normal numbers, those of the radial networks divided by the root of their inputs and times 4,
    /// as the radial basis has the size 0.1 and silu halves; ones for the norms.
    let private init (settings: NequixSettings) precision (key: RandomKey) =
        let weights = NequixSettings.weights settings
        let keys = key.Split weights.Length

        let fresh i (path: string, shape: int list) =
            let shape = Array.ofList shape

            if path.Contains "/rms " then
                path, Tensor.full precision shape 1.0
            elif path.Contains "/mlp " then
                path, (4.0 / sqrt (float shape[0])) * Tensor.normal precision shape keys[i]
            else
                path, Tensor.normal precision shape keys[i]

        NequixModel.tree (List.mapi fresh weights)

    /// `create` with a table of radial weights for each layer, or none.
    let private createBy memory (tables: SplineTable option list) settings : Network<NequixInput, Tensor> =
        let layers = layersBy tables settings

        { Init = init settings
          Apply =
            fun parameters input ->
                let last = featuresBy memory layers settings parameters input |> List.last
                let readout = Tree.value "readout" parameters
                let width = float readout.Shape[0]

                let numbers =
                    Tensor.matmul last.Rows readout |> Tensor.reshape [| input.Species.Length |] |> Tensor.cast Float64

                let atoms =
                    Tree.value NequixSettings.AtomEnergies parameters
                    |> Tensor.cast Float64
                    |> Tensor.gather input.Species

                (settings.Scale / sqrt width) * numbers + settings.Shift + atoms }

    /// The energy of each atom, [n] in eV, float64, as a function of parameters and atoms. The precision of the
    /// parameters is that of the network; energies are put together in float64. Raises NoetherException for settings
    /// that `NequixSettings.check` refuses.
    let create (settings: NequixSettings) : Network<NequixInput, Tensor> =
        let settings = NequixSettings.check settings |> Outcome.getOrFail
        createBy usualMemory (List.replicate settings.Layers None) settings

    /// A model with fresh weights, for tests and for training. Equal keys give equal models.
    let fresh (name: string) (settings: NequixSettings) (key: RandomKey) : Result<NequixModel, NoetherError> =
        Outcome.capture (fun () ->
            (create settings).Init Float32 key |> NequixModel.ofParameters name settings |> Outcome.getOrFail)

    /// The species of atomic numbers; `Inconsistent` for an element that the model does not know.
    let private speciesOf (name: string) (settings: NequixSettings) = KnownElements.species name settings.Elements

    /// For each pair the place of the same pair seen from the other atom; its own where the list is not full.
    let private reverses (pairs: Pairs) =
        match Pairs.reversed pairs with
        | Ok reversed -> NequipInput.array reversed
        | Error _ -> [| 0 .. pairs.Count - 1 |]

    let private inputOf species (data: PairData) =
        let senders, receivers = NequipInput.array data.Pairs.Senders, NequipInput.array data.Pairs.Receivers
        KnownElements.checkApart data

        { Vectors = data.Vectors
          Senders = senders
          Receivers = receivers
          Reverse = reverses data.Pairs
          Species = species data.Numbers }

    /// Atoms and the pairs nearer than the cut-off as a model sees them. Raises NoetherException: `Inconsistent` for an
    /// element that the model does not know, and for two atoms at one place, where directions have no meaning.
    let input (model: NequixModel) (data: PairData) : NequixInput =
        inputOf (speciesOf model.Name model.Settings) (PairData.within model.Settings.Cutoff data)

    /// The energy of each atom, [n] in eV, float64, by a network of `create` for pairs nearer than the cut-off only.
    let internal energiesBy name (settings: NequixSettings) (network: Network<NequixInput, Tensor>) =
        let species = speciesOf name settings
        fun parameters data -> network.Apply parameters (inputOf species data)

    let private potentialOf name (settings: NequixSettings) (network: Network<NequixInput, Tensor>) parameters =
        Potential.create name settings.Cutoff (energiesBy name settings network parameters)

    /// The potential of parameters, which may carry derivatives: for training and for derivatives by weights. Raises
    /// NoetherException as `create`.
    let ofParameters (name: string) (settings: NequixSettings) (parameters: Tree<Tensor>) : Potential =
        potentialOf name settings (create settings) parameters

    /// The potential of a model with a table of radial weights for each layer.
    let internal withTables precision (tables: SplineTable list) (model: NequixModel) : Potential =
        let tables = tables |> List.map (SplineTable.cast precision >> Some)
        let parameters = NequixModel.parameters precision model
        potentialOf model.Name model.Settings (createBy usualMemory tables model.Settings) parameters

    /// The potential of a model: energies of atoms in eV, and from them by differentiation forces, stress, Hessians.
    ///
    /// *Precision.* Float64 is exact arithmetic with the published weights and the default for physics. Float32 is the
    /// arithmetic of the published program: energies agree with it to some 10⁻⁶ eV an atom, forces to 10⁻⁵ eV/Å. In both,
    /// vectors between atoms are made in float64, and energies added up in float64.
    ///
    /// *Errors*, when it is evaluated: `Inconsistent` for elements that the model does not know and for atoms at one place.
    let potential (precision: Precision) (model: NequixModel) : Potential =
        ofParameters model.Name model.Settings (NequixModel.parameters precision model)

    /// `potential` with another amount of memory for radial weights; the numbers are the same but for rounding.
    let potentialWithin (memory: NequixMemory) (precision: Precision) (model: NequixModel) : Potential =
        let network = createBy memory (List.replicate model.Settings.Layers None) model.Settings
        potentialOf model.Name model.Settings network (NequixModel.parameters precision model)

    /// The potential of a model's file. Errors: those of `NequixFile.read`.
    let read (precision: Precision) (path: string) : Result<Potential, NoetherError> =
        NequixFile.read path |> Result.map (potential precision)
