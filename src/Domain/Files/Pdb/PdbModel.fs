namespace Noether.Domain

open System
open System.Collections.Generic
open System.Collections.Immutable

/// The fields of an atom of a PDB file, blank ones as "", NaN and none.
type internal PdbAtom =
    {
        Element: NamedElement
        Position: float[]
        IsHetero: bool
        /// name, altloc, residue, chain, insertion.
        Texts: string[]
        /// The columns of the residue number as they are, and their number if they hold one.
        ResidueText: string
        ResidueNumber: int64 voption
        Occupancy: float
        Factor: float
        Charge: int64
    }

/// Structures of the atoms of a model.
[<RequireQualifiedAccess>]
module internal PdbModel =
    /// The text fields: property, first column (from 1), width.
    let textFields = [ "name", 13, 4; "altloc", 17, 1; "residue", 18, 3; "chain", 22, 1; "insertion", 27, 1 ]

    let private altloc (atom: PdbAtom) = atom.Texts[1]

    let private residue (atom: PdbAtom) = struct (atom.Texts[3], atom.ResidueText, atom.Texts[4])

    /// The atoms at one location: that which is wanted where their residue has it, else A, else the first of the residue.
    let private located (lines: Lines) (place: Place) (atoms: ResizeArray<PdbAtom>) : ResizeArray<PdbAtom> =
        let wanted = lines.Options.AlternateLocation
        let first = Dictionary<struct (string * string * string), string>()

        if wanted <> "all" then
            for atom in atoms do
                if altloc atom <> "" then
                    let key = residue atom

                    match first.TryGetValue key with
                    | true, found when found = wanted || (found = "A" && altloc atom <> wanted) -> ()
                    | true, _ -> if altloc atom = wanted || altloc atom = "A" then first[key] <- altloc atom
                    | _ -> first[key] <- altloc atom

        if first.Count = 0 then
            atoms
        else
            if wanted <> "" && not (first.ContainsValue wanted) then
                let text = $"no alternate location '{wanted}'"
                lines.Options.Notice { Place = Some place; Text = text }

            let kept = atoms.FindAll(fun atom -> altloc atom = "" || altloc atom = first[residue atom])
            let left = atoms.Count - kept.Count

            if left > 0 then
                let chosen = first.Values |> Seq.distinct |> Seq.sort |> String.concat ", "

                let text =
                    $"alternate locations: read {chosen}, passed over {left} of {atoms.Count} atoms at others (--altloc names "
                    + "another, or all)"

                lines.Options.Notice { Place = Some place; Text = text }

            kept

    let private residueNumbers (lines: Lines) (place: Place) (atoms: ResizeArray<PdbAtom>) =
        if atoms.TrueForAll(fun atom -> atom.ResidueNumber.IsSome) then
            [ "residue_number", Property.integers (atoms |> Seq.map _.ResidueNumber.Value) ]
        else
            if atoms.Exists(fun atom -> atom.ResidueText <> "") then
                let text = "passed over: residue numbers, as not every atom has one"
                lines.Options.Notice { Place = Some place; Text = text }

            []

    /// The structure of the atoms of a model that begins at a place.
    let build (lines: Lines) (place: Place) (cell: Cell, group: string) (all: ResizeArray<PdbAtom>) : Structure =
        let atoms = located lines place all
        let column (values: Values) = Property([ atoms.Count ], values)
        let column' wrap (choose: PdbAtom -> 'T) = column (wrap (ImmutableArray.CreateRange(Seq.map choose atoms)))

        let perAtom =
            [ for k, (name, _, _) in List.indexed textFields do
                  if atoms.Exists(fun atom -> atom.Texts[k] <> "") then name, column' Texts (fun atom -> atom.Texts[k])

              yield! residueNumbers lines place atoms

              for name, choose in
                  [ "occupancy", (fun (atom: PdbAtom) -> atom.Occupancy)
                    "bfactor", (fun (atom: PdbAtom) -> atom.Factor) ] do
                  if atoms.Exists(fun atom -> not (Double.IsNaN(choose atom))) then name, column' Reals choose

              if atoms.Exists(fun atom -> atom.Charge <> 0L) then "formal_charges", column' Integers _.Charge
              if atoms.Exists(fun atom -> atom.IsHetero) then "hetero", column' Booleans _.IsHetero
              yield! ElementNames.masses (Seq.map _.Element atoms) ]

        let info = if group = "" then [] else [ "space_group", Property.text group ]
        let numbers = atoms |> Seq.map _.Element.Number |> ImmutableArray.CreateRange
        let positions = atoms |> Seq.collect _.Position |> ImmutableArray.CreateRange

        Structure.createWith numbers positions cell perAtom info
        |> Result.mapError (NoetherError.at place)
        |> Outcome.getOrFail
