namespace Noether.Learning

open Noether.AutoDiff
open Noether.Kernels

/// What every layer of an equivariant network reads from the edges, computed once.
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

    /// From edge vectors [e, 3] in units of the cut-off, between a number of nodes: harmonics of degrees 0 … lmax and
    /// `basis` radial functions. The receivers ascend, and edges of one row have the same length.
    let create lmax basis nodes (senders: int[]) (receivers: int[]) (rows: EdgeRows) (vectors: Tensor) =
        let lengths = Harmonics.lengths (Tensor.gather rows.Edge vectors)
        let absent = lengths |> Tensor.toArray |> Array.map (fun r -> r = 0.0)

        { Edges = MessagePass.edges nodes senders receivers |> MessagePass.shareWeights rows.Edge.Length rows.Row
          MaxDegree = lmax
          Harmonics = Harmonics.ofDirections lmax vectors (Tensor.gather rows.Row lengths)
          Basis = Radial.basis basis lengths
          Present =
            if Array.contains true absent then
                absent
                |> Array.map (fun zero -> if zero then 0.0 else 1.0)
                |> Tensor.ofArray [| absent.Length; 1 |]
                |> Tensor.cast vectors.Precision
                |> Some
            else
                None }

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
    }

/// Functions of the interaction layer.
[<RequireQualifiedAccess>]
module NequipLayer =

    /// The tutorial's settings: 20 neighbours, one species, radial network 8→64→64→weights, degree 3.
    let standard output =
        { Output = output
          AverageNeighbours = 20.0
          Species = 1
          Hidden = [ 64; 64 ]
          RadialBasis = 8
          MaxDegree = 3 }

    /// The layer for input features of given irreps, and the irreps of what it returns. Input of the function: edge
    /// features, node features, and the species of each node.
    let create
        (layer: NequipLayer)
        (input: Irreps)
        : Network<EdgeFeatures * IrrepsTensor * int[], IrrepsTensor> * Irreps =
        let input = Irreps.regroup input
        let output = Irreps.regroup layer.Output
        let wanted irrep = Irreps.contains irrep output || irrep = Irrep.scalar

        // A sender's features as they are, which are their product with the constant of degree 0, come before the others.
        let terms = MessagePass.terms wanted [ 0 ] input @ MessagePass.terms wanted [ 1 .. layer.MaxDegree ] input
        let perReceiver = 1.0 / sqrt layer.AverageNeighbours

        let plan =
            terms
            |> List.map (fun term -> { term with Coefficient = term.Coefficient * perReceiver })
            |> MessagePass.plan input [ 0 .. layer.MaxDegree ]

        let harmonics = (layer.MaxDegree + 1) * (layer.MaxDegree + 1)
        let messages = plan.Output
        let reached = output |> Irreps.filter (fun irrep -> Irreps.contains irrep messages)
        let gates = reached |> Irreps.filter (fun irrep -> irrep.L > 0) |> Irreps.count
        let gateInput = if gates = 0 then reached else Irreps.append reached (Irreps.create [ gates, Irrep.scalar ])
        let up = Linear.create None input input

        let radial =
            Mlp.create Activation.Silu [ yield layer.RadialBasis; yield! layer.Hidden; yield Irreps.count messages ]

        let skip = Linear.create (Some layer.Species) input gateInput
        let down = Linear.create None messages gateInput
        let gate = Gate.create Activation.Silu Activation.Tanh Activation.Silu gateInput

        let apply parameters (edges: EdgeFeatures, features: IrrepsTensor, species: int[]) =
            let sent = up.Apply (Tree.find "linear_up" parameters) (features, species)
            let network = Tree.find "radial" parameters

            let weights (leaves: Tensor[]) (rows: Tensor[]) =
                let weights = radial.Apply (Tree.withLeaves (List.ofArray leaves) network) rows[0]
                if rows.Length = 1 then weights else weights * rows[1]

            let perRow = [| yield edges.Basis; yield! Option.toArray edges.Present |]

            let directions = Tensor.slice 1 0 harmonics edges.Harmonics
            let leaves = Array.ofList (Tree.leaves network)
            let summed = MessageBlocks.apply plan edges.Edges weights leaves perRow sent.Rows directions
            let summed = { Irreps = messages; Rows = summed }
            let mixed = down.Apply (Tree.find "linear_down" parameters) (summed, species)
            let kept = skip.Apply (Tree.find "skip" parameters) (features, species)
            gate (IrrepsTensor.add mixed kept)

        { Init =
            Parameters.branch
                [ "linear_up", up.Init; "radial", radial.Init; "skip", skip.Init; "linear_down", down.Init ]
          Apply = apply },
        (IrrepsProducts.gate gateInput).Output
