namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.Domain

/// Which entry of a table belongs to atoms of given elements: keys of one length (one, two or three elements),
/// numbered in the order in which they were given.
[<Sealed>]
type internal KindTable(what: string, species: int[], entries: int[]) =
    /// The name of a key in messages: "the pair", "the triple".
    member _.What = what

    /// Atomic numbers of the kinds, ascending.
    member _.Species = species

    /// The entry of each combination of kinds, row by row; −1 where there is none.
    member _.Entries = entries

    /// The entry of two kinds, −1 where there is none or a kind is none.
    member _.Entry(a: int, b: int) = if a < 0 || b < 0 then -1 else entries[a * species.Length + b]

    /// The entry of three kinds, likewise.
    member _.Entry(a: int, b: int, c: int) =
        if a < 0 || b < 0 || c < 0 then -1 else entries[(a * species.Length + b) * species.Length + c]

[<RequireQualifiedAccess>]
module internal KindTable =
    /// "Si-C".
    let label (numbers: int list) = numbers |> List.map Elements.symbol |> String.concat "-"

    /// A table of keys; no keys, unknown symbols and keys that are given twice are errors.
    let create (what: string) (keys: string list list) : KindTable =
        if keys.IsEmpty then
            Outcome.raise (Inconsistent("the table of parameters", "no entries", "one or more"))

        let keys = keys |> List.map (List.map (Elements.ofSymbol >> Outcome.getOrFail))
        let species = keys |> List.concat |> List.distinct |> List.sort |> Array.ofList
        let entries = Array.create (pown species.Length keys.Head.Length) -1

        keys
        |> List.iteri (fun e key ->
            let at = key |> List.fold (fun at z -> at * species.Length + Array.BinarySearch(species, z)) 0

            if entries[at] >= 0 then
                Outcome.raise (Inconsistent("the table of parameters", $"{what} {label key} twice", "each once"))

            entries[at] <- e)

        KindTable(what, species, entries)

    /// A table of pairs in which (b, a) is (a, b); an error where both were given.
    let symmetric (table: KindTable) : KindTable =
        let k = table.Species.Length
        let entries = Array.copy table.Entries

        for a in 0 .. k - 1 do
            for b in 0 .. k - 1 do
                if a <> b && table.Entries[a * k + b] >= 0 then
                    if table.Entries[b * k + a] >= 0 then
                        let name = label [ table.Species[min a b]; table.Species[max a b] ]

                        Outcome.raise (
                            Inconsistent("the table of parameters", $"{table.What} {name} twice", "each once")
                        )

                    entries[b * k + a] <- table.Entries[a * k + b]

        KindTable(table.What, table.Species, entries)

    /// The kind of each of some atomic numbers, −1 for an element without one.
    let kindsOf (table: KindTable) (numbers: ImmutableArray<int>) : int[] =
        let kind = Array.create (Elements.largest + 1) -1
        table.Species |> Array.iteri (fun k z -> kind[z] <- k)
        Array.init numbers.Length (fun i -> kind[numbers[i]])

    /// The kind of each atom, −1 for an element without one.
    let kinds (table: KindTable) (data: PairData) : int[] = kindsOf table data.Numbers

    /// The same with elements without a kind as one kind more, for kernels; and the kinds that there are, ascending.
    let kindsAndPresent (table: KindTable) (numbers: ImmutableArray<int>) : int[] * int[] =
        let none = table.Species.Length
        let kinds = kindsOf table numbers
        let present = Array.zeroCreate (none + 1)

        for i in 0 .. kinds.Length - 1 do
            if kinds[i] < 0 then kinds[i] <- none
            present[kinds[i]] <- true

        kinds, Array.filter (fun k -> present[k]) [| 0..none |]

    /// Ends with the error that these atoms have no entry.
    let missing (name: string) (table: KindTable) (numbers: int list) : 'T =
        let found = $"no parameters for {table.What} {label numbers}"
        Outcome.raise (Inconsistent($"the potential '{name}'", found, "parameters for all that is within the cut-off"))

    /// The entry of each pair of atoms, every one of which must have one.
    let ofPairs (name: string) (table: KindTable) (data: PairData) : int[] =
        let kinds = kinds table data
        let pairs = data.Pairs

        Array.init pairs.Count (fun e ->
            let i, j = pairs.Receivers[e], pairs.Senders[e]
            let entry = table.Entry(kinds[i], kinds[j])
            if entry < 0 then missing name table [ data.Numbers[i]; data.Numbers[j] ] else entry)
