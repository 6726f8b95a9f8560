namespace Noether.Domain

open System
open System.Collections.Immutable
open System.Runtime.InteropServices

/// Holds the part of the module `Structure` that chooses, orders, joins and renames atoms.
[<AutoOpen>]
module StructureSelection =
    /// Choosing, ordering, joining and renaming atoms. Atom properties go with their atoms. Properties of the whole are
    /// left out wherever there are other atoms than before, as in `Structure.repeat`: an energy would be wrong.
    [<RequireQualifiedAccess>]
    module Structure =
        let private take info (atoms: int[]) (structure: Structure) =
            let positions: float[] = Array.zeroCreate (3 * atoms.Length)

            for k in 0 .. atoms.Length - 1 do
                structure.Positions.AsSpan(3 * atoms[k], 3).CopyTo(Span(positions, 3 * k, 3))

            Structure(
                ImmutableCollectionsMarshal.AsImmutableArray(Array.map (fun i -> structure.Numbers[i]) atoms),
                ImmutableCollectionsMarshal.AsImmutableArray positions,
                structure.Cell,
                Map.map (fun _ -> Property.take atoms) structure.PerAtom,
                info
            )

        /// The atoms with these indices (from 0), in this order, with their properties; one that is named twice is
        /// there twice. The cell stays, `Info` is left out. Errors: `InvalidArgument` for an index of no atom.
        let select (indices: int seq) (structure: Structure) : Result<Structure, NoetherError> =
            let atoms = Array.ofSeq indices

            match atoms |> Array.tryFind (fun i -> i < 0 || i >= structure.Count) with
            | Some i ->
                let expected = $"the index of one of {structure.Count} atoms, counted from 0"
                Error(InvalidArgument("an atom to select", $"{i}", expected))
            | None -> Ok(take Map.empty atoms structure)

        /// The atoms for which a predicate of structure and index holds, in their order, with their properties:
        /// `Structure.selectWhere (fun s i -> s.Numbers[i] = 8)` keeps the oxygen. The cell stays, `Info` is left out.
        let selectWhere (predicate: Structure -> int -> bool) (structure: Structure) =
            take Map.empty (Array.filter (predicate structure) [| 0 .. structure.Count - 1 |]) structure

        /// The same atoms by rising atomic number, those of one element in the order they had. Nothing is left out.
        let sortBySpecies (structure: Structure) =
            let order = [ 0 .. structure.Count - 1 ] |> List.sortBy (fun i -> structure.Numbers[i])
            take structure.Info (Array.ofList order) structure

        /// The same atoms with other elements, by a function of symbols:
        /// `Structure.mapSpecies (function "Na" -> "K" | other -> other)`. Everything else is kept as it was given, an
        /// energy or a mass of the old elements too. Errors: `UnknownElement`.
        let mapSpecies (rename: string -> string) (structure: Structure) : Result<Structure, NoetherError> =
            Outcome.capture (fun () ->
                let renamed z = Elements.symbol z |> rename |> Elements.ofSymbol |> Outcome.getOrFail

                let table = structure.Numbers |> Seq.distinct |> Seq.map (fun z -> z, renamed z) |> dict

                Structure(
                    ImmutableArray.CreateRange(Seq.map (fun z -> table[z]) structure.Numbers),
                    structure.Positions,
                    structure.Cell,
                    structure.PerAtom,
                    structure.Info
                ))

        let private appended (structures: Structure list) name =
            let property i (structure: Structure) =
                match Map.tryFind name structure.PerAtom with
                | Some property -> property
                | None ->
                    let expected = "it, as others to join have it (Structure.withoutPerAtom takes it from them)"
                    Outcome.raise (Inconsistent($"structure {i}", $"no atom property '{name}'", expected))

            let join (i, first) second =
                match Property.append first second with
                | Some joined -> i + 1, joined
                | None ->
                    let expected = $"the type and columns of those before it, {first}"
                    Outcome.raise (Inconsistent($"the atom property '{name}' of structure {i}", $"{second}", expected))

            let parts = List.mapi property structures
            List.fold join (1, List.head parts) (List.tail parts) |> snd

        /// The atoms of all structures, one structure after the other, at the same Cartesian positions in this cell.
        /// Atom properties are those of the structures, which must all have them, with one type and one number of
        /// columns; `Info` is left out. No structures give no atoms.
        /// Errors: `Inconsistent` for a property that some do not have or have otherwise.
        let joinIn (cell: Cell) (structures: Structure list) : Result<Structure, NoetherError> =
            Outcome.capture (fun () ->
                let names = structures |> Seq.collect (fun s -> s.PerAtom.Keys) |> Seq.distinct

                Structure(
                    ImmutableArray.CreateRange(structures |> Seq.collect (fun s -> s.Numbers)),
                    ImmutableArray.CreateRange(structures |> Seq.collect (fun s -> s.Positions)),
                    cell,
                    names |> Seq.map (fun name -> name, appended structures name) |> Map.ofSeq,
                    Map.empty
                ))

        /// The atoms of all structures, one structure after the other, in the cell they share; otherwise as `joinIn`.
        /// Errors: `InvalidArgument` where there are no structures; `Inconsistent` for a cell (vectors or flags) other
        /// than the first one's, and as `joinIn`.
        let join (structures: Structure list) : Result<Structure, NoetherError> =
            match structures with
            | [] -> Error(InvalidArgument("the number of structures to join", "0", "at least 1"))
            | first :: rest ->
                match rest |> List.tryFindIndex (fun s -> s.Cell <> first.Cell) with
                | Some i ->
                    let expected = $"that of structure 0, {first.Cell} (Structure.joinIn is told the cell)"
                    Error(Inconsistent($"structure {i + 1}", $"the cell {rest[i].Cell}", expected))
                | None -> joinIn first.Cell structures
