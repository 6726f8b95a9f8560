namespace Noether.Training

open System
open Noether.Domain

/// The treatment of a structure that lacks a label of the loss.
type MissingReferences =
    /// Training does not begin: an error names the structure and the label.
    | Refused
    /// The structure has no part in that term.
    | LeftOut

/// Whether data sets have the labels that a loss compares.
[<RequireQualifiedAccess>]
module ReferenceCheck =
    let private has target (entry: DatasetEntry) =
        match target with
        | Target.Energy
        | Target.EnergyPerAtom -> entry.Energy.IsSome
        | Target.Forces -> entry.SquaredForces.IsSome
        | Target.Stress -> entry.HasStress
        | Target.HessianProduct -> entry.HasHessianVector

    /// Under which names a label was looked for, and what keys that may mean it have in them.
    let private lookedFor target (names: ReferenceNames) =
        match target with
        | Target.Energy
        | Target.EnergyPerAtom -> [ names.Energy ], [ "energ"; "enthalp" ]
        | Target.Forces -> [ names.Forces ], [ "forc"; "grad" ]
        | Target.Stress -> [ names.Stress; names.Virial ], [ "stress"; "virial"; "pressure" ]
        | Target.HessianProduct -> [ names.Direction; names.HessianProduct ], [ "hess"; "direction"; "displ" ]

    let private quoted (keys: string list) = keys |> List.map (fun key -> $"'{key}'") |> String.concat ", "

    let private describe target (keys: string list) =
        let what =
            match target with
            | Target.Energy
            | Target.EnergyPerAtom -> "energy"
            | Target.Forces -> "forces"
            | Target.Stress -> "stress"
            | Target.HessianProduct -> "product of the Hessian"

        match keys with
        | [] -> $"no {what}, for which no key is named"
        | keys ->
            let list = keys |> List.map (fun key -> $"'{key}'") |> String.concat " or "
            $"no {what} ({list})"

    /// Whether every structure has what some terms of a loss compare; only the first that lacks something is read. Errors:
    /// `Inconsistent` at its frame, with the keys that were looked for and those of the frame that resemble them; those of
    /// reading it.
    let require (targets: Target list) (dataset: Dataset) : Result<unit, NoetherError> =
        Outcome.capture (fun () ->
            for target in targets do
                let lacking = Seq.tryFindIndex (has target >> not) dataset.Entries

                match lacking with
                | None -> ()
                | Some place ->
                    let entry = dataset.Entries[place]
                    let structure = dataset[place].Structure
                    let keys, stems = lookedFor target entry.Source.Names
                    let keys = keys |> List.filter ((<>) "")

                    let near (key: string) =
                        let resembles (other: string) = key.Contains(other, StringComparison.OrdinalIgnoreCase)
                        List.exists resembles (keys @ stems)

                    let ofWhole = structure.Info.Keys |> Seq.filter near |> List.ofSeq
                    let ofAtoms = structure.PerAtom.Keys |> Seq.filter near |> List.ofSeq

                    let others =
                        [ if not ofWhole.IsEmpty then $"of the structure {quoted ofWhole}"
                          if not ofAtoms.IsEmpty then $"of its atoms {quoted ofAtoms}" ]

                    let resembling =
                        if others.IsEmpty then
                            "and no key that resembles it"
                        else
                            "but " + String.concat " and " others

                    let found = $"{describe target keys}, {resembling}"
                    let expected = "the label, which the loss compares; name its key, or let structures lack labels"
                    Outcome.raise (At(entry.Place, Inconsistent("the structure", found, expected))))
