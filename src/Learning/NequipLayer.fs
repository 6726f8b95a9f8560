namespace Noether.Learning

open Noether.AutoDiff

/// What every layer of an equivariant network reads from the edges, computed once.
type EdgeFeatures =
    {
        /// The node each edge comes from, [e].
        Senders: int[]
        /// The node each edge points to, [e].
        Receivers: int[]
        /// Degrees of the harmonics.
        Degrees: int list
        /// Spherical harmonics of the edges' directions, component normalised, [e, Σ(2l+1)].
        Harmonics: Tensor
        /// The row of `Basis`, and of all that is computed of it, that each edge reads, [e].
        Row: int[]
        /// Radial basis, smooth to zero at the cut-off, [rows, basis functions].
        Basis: Tensor
        /// 0 for edges of length 0, 1 for all others, [rows, 1]; None where there are no edges of length 0.
        Present: Tensor option
    }

/// Making edge features.
[<RequireQualifiedAccess>]
module EdgeFeatures =

    /// From edge vectors [e, 3] in units of the cut-off: harmonics of degrees 1 … lmax and `basis` radial functions. Edges
    /// of one row have the same length.
    let create lmax basis (senders: int[]) (receivers: int[]) (rows: EdgeRows) (vectors: Tensor) =
        let lengths = Harmonics.lengths (Tensor.gather rows.Edge vectors)
        let harmonics = Harmonics.ofDirections lmax vectors (Tensor.gather rows.Row lengths)
        let absent = lengths |> Tensor.toArray |> Array.map (fun r -> r = 0.0)

        { Senders = senders
          Receivers = receivers
          Degrees = [ 1..lmax ]
          Harmonics = Tensor.slice 1 1 harmonics.Shape[1] harmonics
          Row = rows.Row
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

/// What the messages of a layer are made of: the chunks of the sender's features as they are, and their products with the
/// harmonics, merged by irrep; one radial weight for each copy.
type internal MessagePlan =
    {
        /// The sender's features.
        Input: Irreps
        /// Degrees of the harmonics, one copy each.
        Degrees: int list
        /// Whether an irrep is made.
        Wanted: Irrep -> bool
        /// The messages, merged.
        Output: Irreps
    }

module internal MessagePlan =

    let create (input: Irreps) degrees wanted =
        let products =
            [ for chunk in input.Chunks do
                  for l in degrees do
                      for irrep in Irrep.product chunk.Irrep (Irrep.create l (Parity.ofDegree l)) do
                          if wanted irrep then chunk.Mul, irrep ]

        let kept =
            [ for chunk in input.Chunks do
                  if wanted chunk.Irrep then chunk.Mul, chunk.Irrep ]

        { Input = input
          Degrees = degrees
          Wanted = wanted
          Output = Irreps.regroup (Irreps.create (kept @ products)) }

    /// Σ over the edges of each receiver of the messages, weighted, for features x [n, …], harmonics y [e, …] and weights
    /// w [rows, copies of the messages]: rows [n, dim of the messages].
    let apply (plan: MessagePlan) (edges: EdgeFeatures) (x: Tensor) (y: Tensor) (w: Tensor) : Tensor =
        let sent = IrrepsTensor.gather edges.Senders { Irreps = plan.Input; Rows = x }
        let own = IrrepsTensor.parts sent |> List.filter (fun (irrep, _) -> plan.Wanted irrep)
        let products = TensorProduct.withHarmonics plan.Wanted plan.Degrees y sent

        (IrrepsTensor.regroup (own @ products)
         |> IrrepsTensor.scale (Tensor.gather edges.Row w)
         |> IrrepsTensor.segmentSum edges.Receivers x.Shape[0])
            .Rows

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

        let plan = MessagePlan.create input [ 1 .. layer.MaxDegree ] wanted
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
        let perReceiver = 1.0 / sqrt layer.AverageNeighbours

        let apply parameters (edges: EdgeFeatures, features: IrrepsTensor, species: int[]) =
            let sent = up.Apply (Tree.find "linear_up" parameters) (features, species)
            let weights = radial.Apply (Tree.find "radial" parameters) edges.Basis

            let weights =
                match edges.Present with
                | Some present -> weights * present
                | None -> weights

            let summed = MessagePlan.apply plan edges sent.Rows edges.Harmonics weights
            let scaled = { Irreps = messages; Rows = summed * perReceiver }
            let mixed = down.Apply (Tree.find "linear_down" parameters) (scaled, species)
            let kept = skip.Apply (Tree.find "skip" parameters) (features, species)
            gate (IrrepsTensor.add mixed kept)

        { Init =
            Parameters.branch
                [ "linear_up", up.Init; "radial", radial.Init; "skip", skip.Init; "linear_down", down.Init ]
          Apply = apply },
        (IrrepsProducts.gate gateInput).Output
