namespace Noether.Learning

open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics

/// A family of potentials that is to be trained: from parameters and what atoms see to the energy of each atom.
[<NoComparison; NoEquality>]
type Trainable =
    {
        /// What potentials of it are called.
        Name: string
        /// Atoms beyond this distance (Å) do not see each other.
        Cutoff: float
        /// Fresh parameters of a precision, which is that of the network, from a key.
        Init: Precision -> RandomKey -> Tree<Tensor>
        /// The energy of each atom, [n], eV, in the precision of the positions, for pairs nearer than the cut-off only.
        /// Differentiable in parameters, positions and strain, in any mix.
        Energies: Tree<Tensor> -> PairData -> Tensor
    }

/// Making trainable models, choosing what of them is trained, and the potentials that they are.
[<RequireQualifiedAccess>]
module Trainable =
    let private precision (parameters: Tree<Tensor>) = (Tree.leaves parameters).Head.Precision

    /// NequIP with the species, scale and shift of its atoms; the numbers of species of the layers are set to fit.
    /// Vectors between atoms are made in the precision of the positions and then rounded to that of the parameters;
    /// offsets are added in the precision of the positions.
    ///
    /// *Fresh parameters* are those of `Nequip.create`, but the first weights of the radial networks are divided by
    /// r_c^1.5 (r_c in Å): the radial functions begin as √(2/r_c) sin(kπr/r_c)/r (J. Gasteiger et al., DimeNet, 2020, eq. 7)
    /// of r in Å. In units of the cut-off, as the network has them, they are larger by that factor at the lengths of bonds,
    /// every layer multiplies its features by it, and forces of a fresh network are a thousand times too large.
    ///
    /// Errors: those of `Nequip.check`.
    let nequip (scaleShift: ScaleShift) (settings: Nequip) : Result<Trainable, NoetherError> =
        let layers = settings.Layers |> List.map (fun layer -> { layer with Species = scaleShift.Elements.Length })

        Nequip.check { settings with Layers = layers }
        |> Result.map (fun settings ->
            let network = Nequip.create settings
            let calm = 1.0 / (settings.Cutoff * sqrt settings.Cutoff)

            let scaled (path: string) (weights: Tensor) =
                if path.EndsWith "/radial/Dense_0" then calm * weights else weights

            { Name = "NequIP"
              Cutoff = settings.Cutoff
              Init = fun precision key -> network.Init precision key |> Tree.mapPaths scaled
              Energies =
                fun parameters data ->
                    let input = NequipInput.ofPairs "NequIP" scaleShift.Elements data

                    network.Apply parameters { input with Vectors = Tensor.cast (precision parameters) input.Vectors }
                    |> ScaleShift.energies scaleShift data.Positions.Precision input.Species })

    /// NequIP in the conventions of the program nequip, as `NequipTorch.create` has it. Scales and shifts of the elements
    /// are among its settings and are not trained. Errors: those of `NequipTorchSettings.check`.
    let nequipTorch (name: string) (settings: NequipTorchSettings) : Result<Trainable, NoetherError> =
        NequipTorchSettings.check settings
        |> Result.map (fun settings ->
            let network = NequipTorch.create settings
            let elements = settings.Species |> List.map _.Element

            { Name = name
              Cutoff = settings.Cutoff
              Init = network.Init
              Energies =
                fun parameters data ->
                    network.Apply parameters (NequipInput.ofPairs name elements (NequipTorch.near settings data))
                    |> Tensor.cast data.Positions.Precision })

    /// A Nequix model with the settings and elements of a given one, whose own parameters are `NequixModel.parameters`:
    /// for fine-tuning. Scale, shift and energies of atoms are the model's; the latter are among the parameters.
    let nequix (model: NequixModel) : Trainable =
        let network = Nequix.create model.Settings

        { Name = model.Name
          Cutoff = model.Settings.Cutoff
          Init = network.Init
          Energies =
            fun parameters data ->
                network.Apply parameters (Nequix.input model data) |> Tensor.cast data.Positions.Precision }

    /// The leaves that are chosen by path, without branches that are left empty.
    let private chosenOf (chosen: string -> bool) (parameters: Tree<Tensor>) : Tree<Tensor> =
        let rec walk prefix tree =
            match tree with
            | Leaf _ -> if chosen prefix then Some tree else None
            | Branch children ->
                let kept =
                    children
                    |> List.choose (fun (name, child) ->
                        let path = if prefix = "" then name else $"{prefix}/{name}"
                        walk path child |> Option.map (fun child -> name, child))

                if kept.IsEmpty then None else Some(Branch kept)

        match walk "" parameters with
        | Some kept -> kept
        | None ->
            let known = Tree.paths parameters |> List.map fst |> String.concat ", "
            Outcome.raise (Inconsistent("the choice of parameters", "none", $"at least one of {known}"))

    /// All parameters: the given ones, but those that `few` has too as it has them.
    let private merged (all: Tree<Tensor>) (few: Tree<Tensor>) : Tree<Tensor> =
        let own = Tree.paths few |> dict

        all
        |> Tree.mapPaths (fun path (fixed': Tensor) ->
            match own.TryGetValue path with
            | true, varied -> varied
            | _ -> fixed')

    /// The model of some parameters, chosen by their paths of names joined by '/', with all others as they are: only the
    /// chosen ones are differentiated, trained and remembered. `all` puts chosen parameters back among the others.
    /// Errors: `Inconsistent` where none is chosen.
    let choose
        (chosen: string -> bool)
        (parameters: Tree<Tensor>)
        (model: Trainable)
        : Result<
            {| Model: Trainable
               Parameters: Tree<Tensor>
               All: Tree<Tensor> -> Tree<Tensor> |},
            NoetherError
           >
        =
        Outcome.capture (fun () ->
            let few = chosenOf chosen parameters

            {| Model =
                { model with
                    Init = fun precision key -> model.Init precision key |> chosenOf chosen
                    Energies = fun few data -> model.Energies (merged parameters few) data }
               Parameters = few
               All = merged parameters |})

    /// The potential of parameters, which may carry derivatives. Everything that potentials can do follows from it: forces,
    /// stress, dynamics, Hessians.
    let potential (parameters: Tree<Tensor>) (model: Trainable) : Potential =
        Potential.create model.Name model.Cutoff (model.Energies parameters)
