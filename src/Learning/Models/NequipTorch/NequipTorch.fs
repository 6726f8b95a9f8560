namespace Noether.Learning

open System
open Noether.AutoDiff
open Noether.Domain
open Noether.Equivariance
open Noether.Kernels
open Noether.Physics

/// The network of the NequIP paper in the conventions of nequip for torch.
///
/// *Conventions.* Harmonics are of neighbour minus centre; a polynomial ends the radial basis before the radial networks,
/// whose silu is not normalised; the gates' constants are e3nn's for torch (`Activation.sampledFactor`); each element may
/// have its own cut-offs, neighbours, scale and shift; what an atom keeps of its own is mixed by weights contracted with
/// the embedding of its species, and the first layer keeps nothing. Chunks of features are in the order of `Irrep` here as
/// everywhere; `NequipTorchWeights` reads nequip's weights, which are in another.
///
/// *Atoms feel* others as many cut-offs far as there are layers. An isolated atom has an energy.
[<RequireQualifiedAccess>]
module NequipTorch =

    /// The edge features that all layers read. Rows are pairs, or edges where a cut-off depends on which end is the centre.
    let private edges (settings: NequipTorchSettings) (parameters: Tree<Tensor>) (input: NequipInput) =
        let elements = settings.Species |> List.map _.Element |> Array.ofList

        let cutoff a b =
            Map.tryFind (elements[a], elements[b]) settings.PairCutoffs |> Option.defaultValue settings.Cutoff

        let cutoffs = Array2D.init elements.Length elements.Length cutoff
        let kinds = [ 0 .. elements.Length - 1 ]
        let symmetric = Seq.allPairs kinds kinds |> Seq.forall (fun (a, b) -> cutoffs[a, b] = cutoffs[b, a])
        let rows = if symmetric then input.Rows else EdgeRows.each input.Receivers.Length
        let centre k = input.Species[input.Receivers[k]]
        let neighbour k = input.Species[input.Senders[k]]

        let relative (lengths: Tensor) =
            if settings.PairCutoffs.IsEmpty then
                lengths / settings.Cutoff
            else
                let ends = rows.Edge |> Array.map (fun k -> cutoffs[centre k, neighbour k])
                lengths / (Tensor.vector ends |> Tensor.cast lengths.Precision)

        let envelope power x = Radial.envelope (power - 1) 2 x

        // nequip's 2π/r_c² times its sinc(x b) b is √2/r_c² times √2 sin(πbx)/x.
        let basis (lengths: Tensor) =
            let x = relative lengths

            let frequencies =
                if settings.TrainableBasis then
                    Math.PI * Tree.value "frequencies" parameters
                else
                    RadialBasis.besselFrequencies settings.RadialBasis 1.0 |> Tensor.vector |> Tensor.cast x.Precision

            let prefactor = sqrt 2.0 / (settings.Cutoff * settings.Cutoff)
            Radial.besselAt frequencies x * (prefactor * Tensor.unsqueeze 1 (envelope settings.EnvelopePower x))

        // The repulsion of nuclei, half of a pair's energy for each of its edges, [n].
        let repulsion (own: NuclearRepulsion) =
            let lengths = Tensor.gather rows.Edge input.Vectors |> Harmonics.lengths
            let size k = Math.Pow(float elements[k], 0.23)

            let ofEdges f =
                rows.Edge
                |> Array.map (fun k -> f (centre k) (neighbour k))
                |> Tensor.vector
                |> Tensor.cast lengths.Precision

            let charges = ofEdges (fun a b -> own.Coulomb * float elements[a] * float elements[b])
            let screening = ofEdges (fun a b -> 0.46850 / (size a + size b))

            // A length of zero has no repulsion, as it has no messages.
            let zero = lengths |> Tensor.toArray |> Array.map (fun r -> r = 0.0)
            let safe = Tensor.select zero (Tensor.onesLike lengths) lengths
            let ofPairs = RadialFunction.apply (ZieglerBiersackLittmark()) [ charges; screening ] safe
            let ended = 0.5 * ofPairs * envelope own.Power (relative lengths)
            let ended = Tensor.select zero (Tensor.zerosLike lengths) ended
            Tensor.segmentSum input.Receivers input.Species.Length (Tensor.gather rows.Row ended)

        EdgeFeatures.create
            settings.MaxDegree
            basis
            input.Species.Length
            input.Senders
            input.Receivers
            rows
            input.Vectors,
        Option.map repulsion settings.Repulsion

    /// The layers, first to last, each with its name.
    let private layers (settings: NequipTorchSettings) =
        let factors = settings.Species |> List.map (fun species -> 1.0 / sqrt species.AverageNeighbours)

        [ for i, (output, plan) in List.indexed (NequipTorchSettings.layouts settings) ->
              let widths = [ settings.RadialBasis; yield! settings.Hidden; Irreps.count plan.Output ]

              $"layer_{i}",
              Interaction.create
                  { Messages = plan
                    Output = Irreps.regroup output
                    Sent = factors
                    Radial = Mlp.scaled Parameters.uniform (sqrt 2.0) Activation.Silu widths
                    Kept = if i = 0 then None else Some settings.Species.Length
                    Gate = Gate.scaled Activation.sampledFactor Activation.Silu Activation.Tanh Activation.Silu } ]

    /// The parameters of a layer with its skip weights [in, embedding, out] contracted with the embedding [species,
    /// embedding], and divided by the root of its width: [species, in, out].
    let private contracted (embedding: Tensor) (parameters: Tree<Tensor>) =
        let contract (w: Tensor) =
            let inputs, width, outputs = w.Shape[0], w.Shape[1], w.Shape[2]
            let columns = Tensor.permute [| 1; 0; 2 |] w |> Tensor.reshape [| width; inputs * outputs |]

            Tensor.matmul (embedding / sqrt (float width)) columns
            |> Tensor.reshape [| embedding.Shape[0]; inputs; outputs |]

        parameters
        |> Tree.mapPaths (fun path w -> if path.StartsWith("skip/", StringComparison.Ordinal) then contract w else w)

    /// Fresh parameters of a layer: those of the skip weights have an axis for the embedding instead of the species.
    let private fresh (settings: NequipTorchSettings) (layer: Network<_, _>) precision (key: RandomKey) =
        let keys = key.Split 2
        let parameters = layer.Init precision keys[0]
        let skips = Tree.paths parameters |> List.filter (fun (path, _) -> path.StartsWith "skip/") |> List.map fst
        let own = keys[1].Split(max 1 skips.Length)

        parameters
        |> Tree.mapPaths (fun path w ->
            match List.tryFindIndex ((=) path) skips with
            | Some k -> Tensor.normal precision [| w.Shape[1]; settings.Embedding; w.Shape[2] |] own[k]
            | None -> w)

    /// Features of the atoms after each layer, first to last, and the repulsion of each atom.
    let private run layers (settings: NequipTorchSettings) (parameters: Tree<Tensor>) (input: NequipInput) =
        let embedding = Tree.value "embedding" parameters
        let input = { input with Vectors = Tensor.cast embedding.Precision input.Vectors }
        let edges, repulsion = edges settings parameters input

        let start =
            IrrepsTensor.ofRows
                (Irreps.create [ settings.Embedding, Irrep.scalar ])
                (Tensor.gather input.Species embedding)

        layers
        |> List.scan
            (fun features (name, (layer: Network<_, _>, _)) ->
                let own = Tree.find name parameters |> contracted embedding
                layer.Apply own (edges, features, input.Species))
            start
        |> List.tail,
        repulsion

    /// Features of the atoms after each layer, first to last, in the precision of the parameters. Raises NoetherException
    /// as `create`.
    let features (settings: NequipTorchSettings) (parameters: Tree<Tensor>) (input: NequipInput) : IrrepsTensor list =
        let settings = NequipTorchSettings.check settings |> Outcome.getOrFail
        run (layers settings) settings parameters input |> fst

    /// The energy of each atom, [n] in eV, float64, as a function of parameters and atoms. The precision of the
    /// parameters is that of the network; scales, shifts and sums are float64. Raises NoetherException for settings that
    /// `NequipTorchSettings.check` refuses.
    let create (settings: NequipTorchSettings) : Network<NequipInput, Tensor> =
        let settings = NequipTorchSettings.check settings |> Outcome.getOrFail
        let layers = layers settings
        let scalars = (snd (snd (List.last layers))).Dim
        let readout = Mlp.scaled Parameters.uniform (sqrt 2.0) Activation.Silu [ scalars; yield! settings.Readout; 1 ]
        let embedding = [| settings.Species.Length; settings.Embedding |]

        let frequencies precision (_: RandomKey) =
            Leaf(Tensor.vector [ for k in 1 .. settings.RadialBasis -> float k ] |> Tensor.cast precision)

        { Init =
            Parameters.branch
                [ yield "embedding", Parameters.normal embedding
                  if settings.TrainableBasis then yield "frequencies", frequencies
                  for name, (layer, _) in layers -> name, fresh settings layer
                  yield "readout", readout.Init ]
          Apply =
            fun parameters input ->
                let features, repulsion = run layers settings parameters input

                let numbers =
                    readout.Apply (Tree.find "readout" parameters) (List.last features).Rows
                    |> Tensor.reshape [| input.Species.Length |]
                    |> Tensor.cast Float64

                let ofSpecies (f: NequipSpecies -> float) =
                    Tensor.gather input.Species (Tensor.vector (List.map f settings.Species))

                let energies = ofSpecies _.Scale * numbers + ofSpecies _.Shift

                match repulsion with
                | Some repulsion -> energies + Tensor.cast Float64 repulsion
                | None -> energies }

    /// Of pairs with shorter cut-offs only the near ones become edges.
    let internal near (settings: NequipTorchSettings) (data: PairData) =
        let lengths = lazy (Tensor.toArray data.Distances)

        let keep e =
            let pair = data.Numbers[data.Pairs.Receivers[e]], data.Numbers[data.Pairs.Senders[e]]

            match Map.tryFind pair settings.PairCutoffs with
            | Some cutoff -> lengths.Value[e] < cutoff
            | None -> true

        if settings.PairCutoffs.IsEmpty then data else PairData.filter keep data

    /// The potential of parameters, which may carry derivatives: energies of atoms in eV, and from them by differentiation
    /// forces, stress, Hessians. Vectors between atoms are made in float64; `name` is what it is called in messages.
    /// Raises NoetherException as `create`.
    ///
    /// *Errors*, when it is evaluated: `Inconsistent` for elements that it does not know and for atoms at one place.
    let potential (name: string) (settings: NequipTorchSettings) (parameters: Tree<Tensor>) : Potential =
        let network = create settings
        let elements = settings.Species |> List.map _.Element

        Potential.create name settings.Cutoff (fun data ->
            network.Apply parameters (NequipInput.ofPairs name elements (near settings data))
            |> Tensor.cast data.Positions.Precision)
