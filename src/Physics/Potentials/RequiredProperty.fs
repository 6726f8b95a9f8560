namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.Domain

/// The owner of a property: each atom, or the structure as a whole.
type PropertyOwner =
    /// One value for each atom, among `Structure.PerAtom`: tensors [n], or [n, w] for w numbers of each.
    | EachAtom
    /// One value for each structure, among `Structure.Info`: tensors [b], or [b, w] for w numbers of each.
    | WholeStructure

/// A property of structures, besides positions, species and cell, that a potential needs: charges, a total charge, spins.
/// Two are the same property where owner and name agree.
///
/// *Example.* `RequiredProperty.ofAtoms "magmoms" |> RequiredProperty.orNamed "initial_magmoms"`.
type RequiredProperty =
    {
        /// The name, first of those by which it is looked up in a structure.
        Name: string
        /// Names to look it up by where there is none of `Name`, in this order.
        OtherNames: string list
        /// Its owner.
        Owner: PropertyOwner
        /// How many numbers an owner has, 1 or more.
        Width: int
    }

/// Naming properties that potentials need, and finding them in structures.
[<RequireQualifiedAccess>]
module RequiredProperty =
    let private one owner name = { Name = name; OtherNames = []; Owner = owner; Width = 1 }

    /// One number of each atom, [n].
    let ofAtoms (name: string) : RequiredProperty = one EachAtom name

    /// One number of each structure, [b].
    let ofStructure (name: string) : RequiredProperty = one WholeStructure name

    /// The property by another name too, for structures that have none of the names before.
    let orNamed (name: string) (required: RequiredProperty) : RequiredProperty =
        { required with OtherNames = required.OtherNames @ [ name ] }

    /// The property with w numbers of each owner. Raises ArgumentException for w below 1.
    let ofWidth (width: int) (required: RequiredProperty) : RequiredProperty =
        if width < 1 then
            invalidArg (nameof width) $"RequiredProperty.ofWidth: {width}, expected 1 or more."

        { required with Width = width }

    /// The charges of atoms, e: `charges` or ASE's `initial_charges`.
    let charges: RequiredProperty = ofAtoms "charges" |> orNamed "initial_charges"

    /// The charge of a structure, e: `total_charge` or `charge`.
    let totalCharge: RequiredProperty = ofStructure "total_charge" |> orNamed "charge"

    /// Whether both are the same property.
    let internal same (a: RequiredProperty) (b: RequiredProperty) = a.Owner = b.Owner && a.Name = b.Name

    /// The shape of its tensor for n atoms of b structures.
    let internal shape (atoms: int) (structures: int) (required: RequiredProperty) : int[] =
        let owners = if required.Owner = EachAtom then atoms else structures
        if required.Width = 1 then [| owners |] else [| owners; required.Width |]

    /// "atom property", "structure property".
    let private kind required = if required.Owner = EachAtom then "atom property" else "structure property"

    let private quoted (names: string seq) join = names |> Seq.map (fun name -> $"'{name}'") |> String.concat join

    /// Says which property is missing, which are there, and how to give it.
    let private missing place reader required (known: Map<string, Property>) =
        let names = quoted (required.Name :: required.OtherNames) " or "
        let others = if known.IsEmpty then "nor any other" else "but " + quoted known.Keys ", "
        let numbers = if required.Width = 1 then "one number" else $"{required.Width} numbers"

        let expected =
            if required.Owner = EachAtom then
                $"{numbers} of each atom, which '{reader}' needs: a column of that name in an extended XYZ file, or "
                + "Structure.withPerAtom"
            else
                $"{numbers}, which '{reader}' needs: a key of that name in the comment line of an extended XYZ file, or "
                + "Structure.withInfo"

        Outcome.raise (Inconsistent(place, $"no {kind required} {names}, {others}", expected))

    /// Its numbers in a structure, owner by owner; `reader` is the name of the potential that needs them, and `place` the
    /// structure's in messages. Raises `Inconsistent` where it is missing, of another type or shape, and `NonFinite`.
    let internal find (reader: string) (place: string) (structure: Structure) (required: RequiredProperty) =
        let known, owners =
            match required.Owner with
            | EachAtom -> structure.PerAtom, structure.Count
            | WholeStructure -> structure.Info, 1

        let found = required.Name :: required.OtherNames |> List.tryFind known.ContainsKey

        match found with
        | None -> missing place reader required known
        | Some name ->
            let property = known[name]

            match Property.tryReals property with
            | Some values when values.Length = owners * required.Width ->
                for k in 0 .. values.Length - 1 do
                    if not (Double.IsFinite values[k]) then
                        let whose = if required.Owner = EachAtom then $" of atom {k / required.Width}" else ""
                        Outcome.raise (NonFinite($"the {kind required} '{name}'{whose} of {place}", values[k]))

                values
            | _ ->
                let expected = $"real or integer numbers, {required.Width} of each owner, as '{reader}' needs"
                Outcome.raise (Inconsistent($"the {kind required} '{name}' of {place}", $"{property}", expected))
