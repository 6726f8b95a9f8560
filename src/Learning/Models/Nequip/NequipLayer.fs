namespace Noether.Learning

open System
open Noether.AutoDiff
open Noether.Equivariance
open Noether.Kernels

/// The edge features that all layers of an equivariant network read, computed once.
[<NoComparison; NoEquality>]
type EdgeFeatures =
    {
        /// The nodes each edge joins, and the row of `Basis`, and of all that is computed of it, that it reads.
        Edges: MessageEdges
        /// The largest degree of the harmonics.
        MaxDegree: int
        /// Spherical harmonics of the edges' directions, component normalised, [e, (degree+1)²].
        Harmonics: Tensor
        /// Radial basis, smooth to zero at the cut-off, [rows, basis functions].
        Basis: Tensor
        /// 0 for edges of length 0, 1 for all others, [rows, 1]; None where there are no edges of length 0.
        Present: Tensor option
    }

/// Making edge features.
[<RequireQualifiedAccess>]
module EdgeFeatures =

    /// From edge vectors [e, 3] between a number of nodes: harmonics of degrees 0 … lmax, and radial functions of the
    /// lengths [rows] → [rows, functions]. The receivers ascend, and edges of one row have the same length.
    let create lmax (basis: Tensor -> Tensor) nodes (senders: int[]) (receivers: int[]) (rows: EdgeRows) vectors =
        let lengths = Harmonics.lengths (Tensor.gather rows.Edge vectors)
        let absent = lengths |> Tensor.toArray |> Array.map (fun r -> r = 0.0)

        { Edges = MessagePass.edges nodes senders receivers |> MessagePass.shareWeights rows.Edge.Length rows.Row
          MaxDegree = lmax
          Harmonics = Harmonics.ofDirections lmax vectors (Tensor.gather rows.Row lengths)
          Basis = basis lengths
          Present =
            if Array.contains true absent then
                absent
                |> Array.map (fun zero -> if zero then 0.0 else 1.0)
                |> Tensor.ofArray [| absent.Length; 1 |]
                |> Tensor.cast vectors.Precision
                |> Some
            else
                None }

/// The interaction layer of the NequIP family, with the settings in which programs differ: features are mixed, sent
/// along the edges with radial weights, summed, mixed again, added to what each node keeps of its own, and gated.
[<NoComparison; NoEquality>]
type internal Interaction =
    {
        /// Features that go in, and the messages that they make.
        Messages: MessagePlan
        /// Features that are asked for, of which those come out that messages reach.
        Output: Irreps
        /// The factor of the features that each species sends; empty for 1.
        Sent: float list
        /// From radial functions to the weights of the messages: a network of the library's.
        Radial: Network<Tensor, Tensor>
        /// The number of species with weights of their own for what nodes keep; None where they keep nothing.
        Kept: int option
        /// The gate of given irreps.
        Gate: Irreps -> IrrepsTensor -> IrrepsTensor
    }

/// Making interaction layers.
[<RequireQualifiedAccess>]
module internal Interaction =

    /// Whether messages of an irrep are of use: it is asked for, or opens gates.
    let wanted (output: Irreps) irrep = Irreps.contains irrep output || irrep = Irrep.scalar

    /// The input of the gate: the features that are asked for and that messages reach, and behind them a scalar 0e for each
    /// copy of what is no scalar.
    let mixed (output: Irreps) (messages: Irreps) =
        let reached = output |> Irreps.filter (fun irrep -> Irreps.contains irrep messages)
        let gates = reached |> Irreps.filter (fun irrep -> irrep.L > 0) |> Irreps.count
        if gates = 0 then reached else Irreps.append reached (Irreps.create [ gates, Irrep.scalar ])

    /// The layer, and the irreps of what it returns. Input of the function: edge features, node features, and the species
    /// of each node. Parameters are named linear_up, radial, skip and linear_down.
    let create (layer: Interaction) : Network<EdgeFeatures * IrrepsTensor * int[], IrrepsTensor> * Irreps =
        let plan = layer.Messages
        let mixed = mixed layer.Output plan.Output
        let up = Linear.create None plan.Input plan.Input
        let down = Linear.create None plan.Output mixed
        let skip = layer.Kept |> Option.map (fun species -> Linear.create (Some species) plan.Input mixed)
        let gate = layer.Gate mixed
        let harmonics = plan.Kernel.HarmonicsWidth

        let send (species: int[]) (x: IrrepsTensor) =
            if List.forall ((=) 1.0) layer.Sent then
                x
            else
                let factors = Array.ofList layer.Sent

                let column =
                    Tensor.ofArray [| species.Length; 1 |] (species |> Array.map (fun s -> factors[s]))
                    |> Tensor.cast x.Rows.Precision

                { x with Rows = x.Rows * column }

        let apply parameters (edges: EdgeFeatures, features: IrrepsTensor, species: int[]) =
            let sent = up.Apply (Tree.find "linear_up" parameters) (features, species) |> send species
            let network = Tree.find "radial" parameters

            let weights (leaves: Tensor[]) (rows: Tensor[]) =
                let weights = layer.Radial.Apply (Tree.withLeaves (List.ofArray leaves) network) rows[0]
                if rows.Length = 1 then weights else weights * rows[1]

            let perRow = [| yield edges.Basis; yield! Option.toArray edges.Present |]
            let directions = Tensor.slice 1 0 harmonics edges.Harmonics
            let leaves = Array.ofList (Tree.leaves network)
            let summed = MessageBlocks.applyClosed plan edges.Edges weights leaves perRow sent.Rows directions
            let summed = { Irreps = plan.Output; Rows = summed }
            let received = down.Apply (Tree.find "linear_down" parameters) (summed, species)

            match skip with
            | Some skip ->
                let kept = skip.Apply (Tree.find "skip" parameters) (features, species)
                gate (IrrepsTensor.add received kept)
            | None -> gate received

        { Init =
            Parameters.branch
                [ yield "linear_up", up.Init
                  yield "radial", layer.Radial.Init
                  for skip in Option.toList skip -> "skip", skip.Init
                  yield "linear_down", down.Init ]
          Apply = apply },
        (IrrepsProducts.gate mixed).Output

/// The interaction layer of NequIP (S. Batzner et al., Nature Communications 13, 2453 (2022)) with the normalisations of
/// e3nn-jax.
type NequipLayer =
    {
        /// Features after the gate; regrouped.
        Output: Irreps
        /// Sums over neighbours are divided by the square root of this.
        AverageNeighbours: float
        /// Number of species; each has its own skip weights.
        Species: int
        /// Widths of the hidden layers of the radial network.
        Hidden: int list
        /// Number of radial basis functions.
        RadialBasis: int
        /// Largest degree of the harmonics.
        MaxDegree: int
        /// Activation of scalars 0e.
        Even: Activation
        /// Activation of scalars 0o, an odd function.
        Odd: Activation
        /// Activation of the gates.
        Gates: Activation
    }

/// Functions of the interaction layer.
[<RequireQualifiedAccess>]
module NequipLayer =

    /// The tutorial's settings: 20 neighbours, one species, radial network 8→64→64→weights, degree 3, silu and tanh.
    let standard output =
        { Output = output
          AverageNeighbours = 20.0
          Species = 1
          Hidden = [ 64; 64 ]
          RadialBasis = 8
          MaxDegree = 3
          Even = Activation.Silu
          Odd = Activation.Tanh
          Gates = Activation.Silu }

    /// The features of layers, first to last, without those that nothing of the last one depends on when harmonics have
    /// degrees up to `maxDegree`, or any degree.
    let influential (maxDegree: int option) (layers: Irreps list) : Irreps list =
        let joins (a: Irrep) (b: Irrep) =
            let natural l = Parity.ofDegree l = Parity.multiply a.Parity b.Parity
            let largest = min (a.L + b.L) (Option.defaultValue Int32.MaxValue maxDegree)
            [ abs (a.L - b.L) .. largest ] |> List.exists natural

        let keep (layer: Irreps) (later: Irreps list) =
            match later with
            | [] -> [ layer ]
            | next :: _ ->
                (layer |> Irreps.filter (fun a -> next.Chunks |> List.exists (fun b -> joins a b.Irrep))) :: later

        List.foldBack keep layers []

    /// The layer for input features of given irreps, and the irreps of what it returns. Input of the function: edge
    /// features, node features, and the species of each node.
    let create
        (layer: NequipLayer)
        (input: Irreps)
        : Network<EdgeFeatures * IrrepsTensor * int[], IrrepsTensor> * Irreps =
        let input = Irreps.regroup input
        let output = Irreps.regroup layer.Output
        let wanted = Interaction.wanted output

        // A sender's features as they are, which are their product with the constant of degree 0, come before the others.
        let terms = MessagePass.terms wanted [ 0 ] input @ MessagePass.terms wanted [ 1 .. layer.MaxDegree ] input
        let perReceiver = 1.0 / sqrt layer.AverageNeighbours

        let plan =
            terms
            |> List.map (fun term -> { term with Coefficient = term.Coefficient * perReceiver })
            |> MessagePass.plan input [ 0 .. layer.MaxDegree ]

        let widths = [ yield layer.RadialBasis; yield! layer.Hidden; yield Irreps.count plan.Output ]

        Interaction.create
            { Messages = plan
              Output = output
              Sent = []
              Radial = Mlp.create Activation.Silu widths
              Kept = Some layer.Species
              Gate = Gate.create layer.Even layer.Odd layer.Gates }
