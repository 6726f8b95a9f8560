namespace Noether.Learning

open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics

/// A potential as a function of its parameters: from parameters and pair data to the energy of each atom.
[<NoComparison; NoEquality>]
type Trainable =
    {
        /// The name of its potentials.
        Name: string
        /// Atoms beyond this distance (Å) do not see each other.
        Cutoff: float
        /// Fresh parameters of a precision, which is that of the network, from a key.
        Init: Precision -> RandomKey -> Tree<Tensor>
        /// The energy of each atom, [n], eV, in the precision of the positions, for pairs nearer than the cut-off only.
        /// Differentiable in parameters, positions and strain, in any mix.
        Energies: Tree<Tensor> -> PairData -> Tensor
    }

/// Choosing the parameters that are trained, and the potential of given ones.
[<RequireQualifiedAccess>]
module Trainable =
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
