namespace Noether.Learning

open System.Collections.Immutable
open System.Runtime.InteropServices
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics

/// A network of interaction layers that predicts an energy for each atom: the settings.
type Nequip =
    {
        /// Distance in Å beyond which atoms do not see each other.
        Cutoff: float
        /// The interaction layers, first to last.
        Layers: NequipLayer list
        /// Width of the linear layer between the last interaction layer and the energy.
        Readout: int
    }

/// A potential energy surface learned from data, and how it reads graphs.
[<RequireQualifiedAccess>]
module Nequip =

    let private array (values: ImmutableArray<int>) = ImmutableCollectionsMarshal.AsArray values |> nonNull

    /// The model of the nequip-jax tutorial: cut-off 2 Å, layers "32x0e+8x1o+8x2e" twice and "32x0e", readout 16.
    let tutorial =
        let layer (text: string) = NequipLayer.standard (Irreps.ofString text)

        { Cutoff = 2.0
          Layers = [ layer "32x0e+8x1o+8x2e"; layer "32x0e+8x1o+8x2e"; layer "32x0e" ]
          Readout = 16 }

    /// The energy of each atom, [n] in the units of the training data, from edge vectors [e, 3] in Å that point from the
    /// centre (receiver) to the neighbour (sender), and the species index of each atom.
    let create (model: Nequip) : Network<Tensor * int[] * int[] * int[], Tensor> =
        let scalars mul = Irreps.create [ mul, Irrep.scalar ]

        let layers, last =
            List.mapFold
                (fun input layer ->
                    let network, output = NequipLayer.create layer input
                    network, output)
                (scalars 1)
                model.Layers

        let hidden = Linear.create None last (scalars model.Readout)
        let readout = Linear.create None (scalars model.Readout) (scalars 1)
        let named = layers |> List.mapi (fun i layer -> $"layer_{i}", layer)

        let degree = model.Layers |> List.map _.MaxDegree |> List.max
        let basis = model.Layers |> List.map _.RadialBasis |> List.max

        { Init =
            Parameters.branch
                [ for name, layer in named -> name, layer.Init
                  yield "hidden", hidden.Init
                  yield "readout", readout.Init ]
          Apply =
            fun parameters (vectors, senders, receivers, species) ->
                // The harmonics of nequip-jax are those of receiver minus sender.
                let edges = EdgeFeatures.create degree basis senders receivers (vectors * (-1.0 / model.Cutoff))
                let ones = Tensor.full vectors.Precision [| species.Length; 1; 1 |] 1.0

                let features =
                    named
                    |> List.fold
                        (fun features (name, layer) ->
                            layer.Apply (Tree.find name parameters) (edges, features, species))
                        (IrrepsTensor.create (scalars 1) [ ones ])

                let energies =
                    readout.Apply
                        (Tree.find "readout" parameters)
                        (hidden.Apply (Tree.find "hidden" parameters) (features, species), species)

                Tensor.reshape [| species.Length |] energies.Chunks.Head }

    /// A structure as a graph: nodes with positions (Å), edges with unit shifts, the cell (Å) as a global, and named real
    /// globals beside it. Edges are all pairs closer than the cut-off, sorted by receiver.
    let graph (cutoff: float) (globals: (string * float) list) (structure: Structure) =
        Neighbours.build cutoff structure
        |> Result.bind (fun pairs ->
            Graphs.create
                [ "positions", Real(Space.positions structure) ]
                [ "shifts", Integer(pairs.Shifts, 3) ]
                [ yield "cells", Real(Space.cell structure |> Tensor.unsqueeze 0)
                  for name, value in globals -> name, Real(Tensor.vector [ value ]) ]
                pairs.Senders
                pairs.Receivers
                (ImmutableArray.Create(structure.Count))
                (ImmutableArray.Create(pairs.Count)))

    /// A real feature of a batch, in a precision.
    let private real precision name (features: Map<string, Feature>) =
        match Map.tryFind name features with
        | Some(Real values) -> Tensor.cast precision values
        | Some(Integer _) -> Shape.fail "Nequip" $"feature '{name}' holds integers, expected real numbers"
        | None -> Shape.fail "Nequip" $"the graphs have no feature '{name}'"

    /// The energy of each atom of a batch, [n], at positions [n, 3] in Å; one species.
    let energies (network: Network<Tensor * int[] * int[] * int[], Tensor>) parameters (graphs: GraphsTuple) positions =
        let precision = (positions: Tensor).Precision
        let vectors = Space.edgeVectors graphs positions (real precision "cells" graphs.Globals)
        let species = Array.zeroCreate positions.Shape[0]
        network.Apply parameters (vectors, array graphs.Senders, array graphs.Receivers, species)

    /// The positions of a batch, [n, 3] in Å.
    let positions precision (graphs: GraphsTuple) = real precision "positions" graphs.Nodes

    /// The mean of node values over each graph, [graphs]; a graph without nodes has mean 0.
    let graphMean (graphs: GraphsTuple) (values: Tensor) =
        let counts =
            [| for n in graphs.NodeCounts -> float (max 1 n) |] |> Tensor.vector |> Tensor.cast values.Precision

        Tensor.segmentSum (array (Graphs.graphOfNode graphs)) graphs.Count values / counts
