namespace Noether.Learning

open System
open System.Globalization
open Noether.AutoDiff
open Noether.Domain
open Noether.Equivariance
open Noether.Kernels
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
        /// The number of features of a species at the beginning, which are parameters; None for the one number 1.
        Embedding: int option
        /// The activation of that linear layer's scalars, normalised; None for none.
        ReadoutActivation: Activation option
    }

/// A potential energy surface learned from data, and how it reads graphs.
[<RequireQualifiedAccess>]
module Nequip =

    /// The model of the nequip-jax tutorial: cut-off 2 Å, layers "32x0e+8x1o+8x2e" twice and "32x0e", readout 16.
    let tutorial =
        let layer (text: string) = NequipLayer.standard (Irreps.ofString text)

        { Cutoff = 2.0
          Layers = [ layer "32x0e+8x1o+8x2e"; layer "32x0e+8x1o+8x2e"; layer "32x0e" ]
          Readout = 16
          Embedding = None
          ReadoutActivation = None }

    /// Features of multiplicities by degree: with both parities of each degree, odd last, or with parity (−1)^l only.
    /// ArgumentException for negative multiplicities.
    let features (parity: bool) (multiplicities: int list) : Irreps =
        Irreps.create
            [ for l, mul in List.indexed multiplicities do
                  if parity then
                      mul, Irrep.create l Parity.Even
                      mul, Irrep.create l Parity.Odd
                  else
                      mul, Irrep.create l (Parity.ofDegree l) ]

    /// A network of so many layers with the given features after each but the last, which has their scalars 0e, and with
    /// harmonics up to a degree. Cut-off 5 Å, 16 features of a species, readout 16, radial networks 8→64→64→weights.
    let ofFeatures (layers: int) (degree: int) (features: Irreps) : Nequip =
        let layer (output: Irreps) = { NequipLayer.standard output with MaxDegree = degree }
        let scalars = features |> Irreps.filter ((=) Irrep.scalar)
        let outputs = List.replicate (layers - 1) features @ [ scalars ] |> NequipLayer.influential (Some degree)

        { Cutoff = 5.0
          Layers = List.map layer outputs
          Readout = 16
          Embedding = Some 16
          ReadoutActivation = None }

    /// The network that is trained unless another is asked for: three layers of 32x0e+32x1o+32x2e, cut-off 5 Å.
    let standard: Nequip = ofFeatures 3 2 (features false [ 32; 32; 32 ])

    let private scalars mul = Irreps.create [ mul, Irrep.scalar ]

    /// The features that the first layer takes.
    let private first (model: Nequip) = scalars (Option.defaultValue 1 model.Embedding)

    /// The first wrong setting.
    let private checkSettings (model: Nequip) =
        let real (x: float) = x.ToString("R", CultureInfo.InvariantCulture)
        let positive (x: float) = x > 0.0 && Double.IsFinite x

        let checkLayer i (layer: NequipLayer) =
            let average = layer.AverageNeighbours
            let degree = layer.MaxDegree
            let atLeastOne name (count: int) = count > 0, $"the {name} of layer {i}", $"{count}", "at least 1"

            [ yield
                  positive average, $"the average number of neighbours of layer {i}", real average, "a positive number"
              yield
                  degree >= 0 && degree <= SolidHarmonics.MaxDegree,
                  $"the largest degree of layer {i}",
                  $"{degree}",
                  $"0 to {SolidHarmonics.MaxDegree}"
              yield atLeastOne "number of species" layer.Species
              yield atLeastOne "number of radial functions" layer.RadialBasis
              for width in layer.Hidden -> atLeastOne "width of the radial network" width ]

        [ yield positive model.Cutoff, "the cut-off", real model.Cutoff, "a positive finite length in Å"
          yield not model.Layers.IsEmpty, "the number of layers", "0", "at least 1"
          yield model.Readout > 0, "the width of the readout", $"{model.Readout}", "at least 1"
          for width in Option.toList model.Embedding ->
              width > 0, "the width of the embedding", $"{width}", "at least 1"
          yield! model.Layers |> List.mapi checkLayer |> List.concat ]
        |> List.tryFind (fun (good, _, _, _) -> not good)

    /// The settings themselves, if there is a network of them. Errors: `InvalidArgument` for numbers outside their domain,
    /// for a layer none of whose features can be made from those before it, and for a last layer without scalars 0e.
    let check (model: Nequip) : Result<Nequip, NoetherError> =
        let refuse i (layer: NequipLayer) expected =
            Error(InvalidArgument($"the output of layer {i}", layer.Output.AsText, expected))

        let rec walk i input (layers: NequipLayer list) =
            match layers with
            | [] -> Ok model
            | layer :: rest ->
                let _, output = NequipLayer.create layer input

                if output.Dim = 0 then
                    refuse i layer "features that products of those before it with harmonics hold"
                elif rest.IsEmpty && not (Irreps.contains Irrep.scalar output) then
                    refuse i layer "scalars 0e, of which the energy is made"
                else
                    walk (i + 1) output rest

        match checkSettings model with
        | Some(_, name, value, expected) -> Error(InvalidArgument(name, value, expected))
        | None -> walk 0 (first model) model.Layers

    /// The layers, each with its name, and the features of the last.
    let private layers (model: Nequip) =
        (first model, List.indexed model.Layers)
        ||> List.mapFold (fun input (i, layer) ->
            let network, output = NequipLayer.create layer input
            ($"layer_{i}", network), output)

    /// The features that nodes begin with, and what a layer makes of those before it.
    let private walk (model: Nequip) (parameters: Tree<Tensor>) (input: NequipInput) =
        let largest setting = model.Layers |> List.map setting |> List.max
        // The harmonics of nequip-jax are those of receiver minus sender.
        let vectors = input.Vectors * (-1.0 / model.Cutoff)
        let basis = Radial.basis (largest _.RadialBasis)
        let nodes = input.Species.Length

        let edges =
            EdgeFeatures.create (largest _.MaxDegree) basis nodes input.Senders input.Receivers input.Rows vectors

        // Every node starts from the row of its species.
        let start =
            match model.Embedding with
            | Some _ -> Tensor.gather input.Species (Tree.value "embedding" parameters)
            | None -> Tensor.full vectors.Precision [| nodes; 1 |] 1.0
            |> IrrepsTensor.ofRows (first model)

        start,
        fun features (name, layer: Network<_, IrrepsTensor>) ->
            layer.Apply (Tree.find name parameters) (edges, features, input.Species)

    /// Features of the atoms after each layer, first to last.
    let layerFeatures (model: Nequip) (parameters: Tree<Tensor>) (input: NequipInput) : IrrepsTensor list =
        let start, layer = walk model parameters input
        layers model |> fst |> List.scan layer start |> List.tail

    /// The energy of each atom, [n] in the units of the training data.
    let create (model: Nequip) : Network<NequipInput, Tensor> =
        let named, last = layers model
        let hidden = Linear.create None last (scalars model.Readout)
        let readout = Linear.create None (scalars model.Readout) (scalars 1)
        let species = model.Layers |> List.map _.Species |> List.max

        let activate (x: IrrepsTensor) =
            match model.ReadoutActivation with
            | Some activation -> { x with Rows = Nonlinear.normalized activation x.Rows }
            | None -> x

        { Init =
            Parameters.branch
                [ for width in Option.toList model.Embedding -> "embedding", Parameters.normal [| species; width |]
                  for name, layer in named -> name, layer.Init
                  yield "hidden", hidden.Init
                  yield "readout", readout.Init ]
          Apply =
            fun parameters input ->
                let species = input.Species
                let start, layer = walk model parameters input
                let features = List.fold layer start named
                let hidden = hidden.Apply (Tree.find "hidden" parameters) (features, species)
                let energies = readout.Apply (Tree.find "readout" parameters) (activate hidden, species)
                Tensor.reshape [| species.Length |] energies.Rows }

    let private graphWith features (cutoff: float) globals (structure: Structure) =
        Neighbours.build cutoff structure |> Result.bind (AtomGraphs.ofPairs features globals structure)

    /// A structure as a graph: nodes with positions (Å), edges with unit shifts, the cell (Å) as a global, and named real
    /// globals beside it. Edges are all pairs closer than the cut-off, sorted by receiver.
    let graph cutoff globals structure = graphWith [] cutoff globals structure

    /// `graph` with the integer node feature "species": the place of each atom's element in a list of atomic numbers.
    /// Errors: those of `graph`, and `Inconsistent` for an atom of another element.
    let graphOfElements (elements: int list) cutoff globals (structure: Structure) =
        AtomGraphs.species elements structure
        |> Result.bind (fun species -> graphWith [ species ] cutoff globals structure)

    /// A real feature of a batch, in a precision.
    let private real precision name (features: Map<string, Feature>) =
        match Map.tryFind name features with
        | Some(Real values) -> Tensor.cast precision values
        | Some(Integer _) -> Shape.fail "Nequip" $"feature '{name}' holds integers, expected real numbers"
        | None -> Shape.fail "Nequip" $"the graphs have no feature '{name}'"

    let private species (graphs: GraphsTuple) nodes : int[] =
        match Map.tryFind "species" graphs.Nodes with
        | Some(Integer(values, 1)) -> NequipInput.array values
        | Some other -> Shape.fail "Nequip" $"feature 'species' is {other}, expected one integer for each node"
        | None -> Array.zeroCreate nodes

    /// The two ends of each pair of a batch, where the edges tell.
    let private rows (graphs: GraphsTuple) (senders: int[]) (receivers: int[]) =
        match Map.tryFind "shifts" graphs.Edges with
        | Some(Integer(shifts, 3)) when Rows.IsSorted receivers -> EdgeRows.create senders receivers (shifts.AsSpan())
        | _ -> EdgeRows.each receivers.Length

    /// The energy of each atom of a batch, [n], at positions [n, 3] in Å. The integer node feature "species" chooses the
    /// weights of each atom; graphs without it are of the first species.
    let energies (network: Network<NequipInput, Tensor>) parameters (graphs: GraphsTuple) positions =
        let precision = (positions: Tensor).Precision
        let vectors = Space.edgeVectors graphs positions (real precision "cells" graphs.Globals)
        let senders, receivers = NequipInput.array graphs.Senders, NequipInput.array graphs.Receivers

        network.Apply
            parameters
            { Vectors = vectors
              Senders = senders
              Receivers = receivers
              Rows = rows graphs senders receivers
              Species = species graphs positions.Shape[0] }

    /// The energy of each atom of a batch, [n], and the force on it, [n, 3] in energy/Å: minus the gradient of the sum of
    /// the energies by positions [n, 3] in Å. Graphs do not interact, so one sweep serves all of them.
    let energiesAndForces network parameters graphs positions =
        let energies, pull = Diff.vjp (energies network parameters graphs) positions
        energies, -(pull (Tensor.onesLike energies))

    /// The positions of a batch, [n, 3] in Å.
    let positions precision (graphs: GraphsTuple) = real precision "positions" graphs.Nodes

    /// The mean of node values over each graph, [graphs]; a graph without nodes has mean 0.
    let graphMean (graphs: GraphsTuple) (values: Tensor) =
        let counts =
            [| for n in graphs.NodeCounts -> float (max 1 n) |] |> Tensor.vector |> Tensor.cast values.Precision

        Tensor.segmentSum (NequipInput.array (Graphs.graphOfNode graphs)) graphs.Count values / counts

    /// The mean over the graphs of a batch of (energy per atom − target)², for targets [graphs], in their precision.
    let energyLoss network (targets: Tensor) parameters graphs =
        let energies = energies network parameters graphs (positions targets.Precision graphs)
        Tensor.mean (Tensor.square (graphMean graphs energies - targets))

    /// The potential of a network with parameters, which may carry derivatives: energies of atoms in eV, and from them by
    /// differentiation forces, stress, Hessians. `elements` are the atomic numbers it knows, by species. The network
    /// computes in the precision of its parameters, from vectors between atoms made in float64; `name` is what it is
    /// called in messages. Raises NoetherException for settings that `check` refuses, and for elements that are not as
    /// many as the species.
    ///
    /// *Errors*, when it is evaluated: `Inconsistent` for elements that it does not know and for atoms at one place.
    let potential (name: string) (elements: int list) (model: Nequip) (parameters: Tree<Tensor>) : Potential =
        let model = check model |> Outcome.getOrFail
        let species = model.Layers |> List.map _.Species |> List.max

        if elements.Length <> species || List.distinct elements <> elements then
            let symbols = elements |> List.map Elements.symbol |> String.concat ", "
            Outcome.raise (InvalidArgument("the list of elements", $"[{symbols}]", $"{species}, each once"))

        let network = create model
        let precision = (Tree.leaves parameters).Head.Precision

        Potential.create name model.Cutoff (fun data ->
            let input = NequipInput.ofPairs name elements data

            network.Apply parameters { input with Vectors = Tensor.cast precision input.Vectors }
            |> Tensor.cast data.Positions.Precision)
