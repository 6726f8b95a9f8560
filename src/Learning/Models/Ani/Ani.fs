namespace Noether.Learning

open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics

/// ANI models as functions of parameters and as potentials.
///
/// *Two forms of one function.* `energies` is the definition, composed of primitives and differentiable by positions,
/// strain and parameters to any order; the potential of a model has beside it one pass for energies, forces and
/// virials.
[<RequireQualifiedAccess>]
module Ani =
    /// max(x, 0) + min(α(e^(x/α) − 1), 0), α = 0.1; the exponential is not taken where it would overflow.
    let private celu (x: Tensor) : Tensor =
        let positive = Tensor.less (Tensor.zerosLike x) x
        let low = Tensor.select positive (Tensor.zerosLike x) x
        Tensor.select positive x (0.1 * (Tensor.exp (10.0 * low) - 1.0))

    /// The network of one member and element for rows of environments [k, w]: [k].
    let private network (settings: AniSettings) (parameters: Tree<Tensor>) m species (features: Tensor) : Tensor =
        let z = settings.Elements[species]
        let last = settings.Hidden[species].Length

        let layer x k =
            let value name = Tree.value (AniSettings.path m z k name) parameters
            let y = Tensor.matmulTransposed false true x (value "weights") + Tensor.unsqueeze 0 (value "biases")
            if k = last then y else celu y

        let y = List.fold layer features [ 0..last ]
        Tensor.reshape [| y.Shape[0] |] y

    /// Energies of atoms of known species by each member without self-energies, [members, n], in the unit and precision
    /// of the parameters.
    let private numbers (settings: AniSettings) (parameters: Tree<Tensor>) (species: int[]) (data: PairData) =
        let precision = (Tree.leaves parameters).Head.Precision
        let features = Environments.features settings.Environments species (PairData.inPrecision precision data)
        let places = species |> Array.indexed |> Array.groupBy snd |> Array.map (fun (s, own) -> s, Array.map fst own)

        Tensor.stack
            0
            [ for m in 0 .. settings.Members - 1 ->
                  places
                  |> Array.map (fun (s, own) ->
                      network settings parameters m s (Tensor.gather own features)
                      |> Tensor.segmentSum own species.Length)
                  |> Array.fold (+) (Tensor.full precision [| species.Length |] 0.0) ]

    /// The energy of each atom, [n], eV, in the precision of the positions: the mean of the members and the
    /// self-energy, the latter added in that precision. The precision of the parameters is that of environments and
    /// networks. `name` is what the model is called in messages. Raises NoetherException: `Inconsistent` for an element
    /// outside the model.
    let energies (name: string) (settings: AniSettings) (parameters: Tree<Tensor>) (data: PairData) : Tensor =
        let species = KnownElements.species name settings.Elements data.Numbers
        let numbers = numbers settings parameters species data
        let mean = (1.0 / float settings.Members) * Tensor.sumAxes [| 0 |] numbers
        let precision = data.Positions.Precision
        let self = Tensor.vector settings.SelfEnergies |> Tensor.cast precision |> Tensor.gather species
        settings.Unit * (Tensor.cast precision mean + self)

    /// Fresh parameters: weights of the normal distribution with variance 2/inputs (K. He et al., ICCV 2015), those of
    /// the last layers a tenth as large, biases 0.
    let fresh (settings: AniSettings) (precision: Precision) (key: RandomKey) : Tree<Tensor> =
        let member' (key: RandomKey) =
            let keys = key.Split settings.Elements.Length

            Branch
                [ for species, z in List.indexed settings.Elements ->
                      let layers = AniSettings.layers species settings
                      let keys = keys[species].Split layers.Length

                      Elements.symbol z,
                      Branch
                          [ for k, (inputs, outputs) in List.indexed layers ->
                                let size = sqrt (2.0 / float inputs) * (if k = layers.Length - 1 then 0.1 else 1.0)

                                $"layer {k + 1}",
                                Branch
                                    [ "weights", Leaf(size * Tensor.normal precision [| outputs; inputs |] keys[k])
                                      "biases", Leaf(Tensor.full precision [| outputs |] 0.0) ] ] ]

        let keys = key.Split settings.Members
        Branch [ for m in 0 .. settings.Members - 1 -> $"member {m}", member' keys[m] ]

    let private ensemble precision (model: AniModel) =
        EnvironmentEnsemble(precision, model.Settings.Environments, model.Layers)

    let private speciesOf (model: AniModel) = KnownElements.species model.Name model.Settings.Elements

    let private meanWeights (settings: AniSettings) =
        Array.create settings.Members (settings.Unit / float settings.Members)

    /// The potential of a model: the mean of its members with the self-energies, eV.
    ///
    /// *Precision.* Float64 is exact arithmetic with the published weights; float32, of environments and networks,
    /// about a third of the time, and energies right to some 10⁻⁶ of what the networks say. In both, vectors between
    /// atoms are made in float64, and self-energies and sums over atoms are float64.
    ///
    /// *Errors*, when it is evaluated: `Inconsistent` for an element outside the model, by its name, and for a structure
    /// that says it is charged (`StatedCharge`): models are trained on neutral molecules and have no place for a charge.
    let potential (precision: Precision) (model: AniModel) : Potential =
        let settings = model.Settings
        let parameters = lazy (AniModel.parameters precision model)
        let species = speciesOf model
        let selfEnergies = settings.SelfEnergies |> List.map ((*) settings.Unit) |> Array.ofList
        let pass = (ensemble precision model).Pass(meanWeights settings, species, selfEnergies)
        let definition data = energies model.Name settings parameters.Value data

        Potential.ofTerm
            { Term.create model.Name settings.Environments.RadialCutoff definition with
                Neutral = true
                Fused = Some pass }

    /// What all members of an ensemble say of structures, as a function of the structure; see `AniCommittee`. Errors:
    /// those of `StatedCharge.checkNeutral` and `Evaluate.run`.
    let committee (precision: Precision) (model: AniModel) : Structure -> Result<AniCommittee, NoetherError> =
        let settings = model.Settings
        let ensemble = ensemble precision model
        let species = speciesOf model

        fun structure ->
            StatedCharge.checkNeutral model.Name structure
            |> Result.bind (fun () -> ensemble.Members(species, settings.Environments.RadialCutoff, structure))
            |> Result.map (fun each ->
                let n = structure.Count
                let self = species structure.Numbers |> Array.map (fun s -> settings.SelfEnergies[s])
                let ofAtoms = each |> Array.mapi (fun k energy -> settings.Unit * (energy + self[k % n]))
                AniCommittee.ofAtoms settings.Members n ofAtoms)
