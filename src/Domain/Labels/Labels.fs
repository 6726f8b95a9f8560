namespace Noether.Domain

open System
open System.Collections.Immutable
open System.Runtime.InteropServices
open System.Threading
open Noether.Kernels

/// One row of labels under its names.
///
/// *Example.* `labels[1]` prints as `LabelsEntry(system=0, atom=1)`; `labels[1].["atom"]` is 1.
[<Sealed; AllowNullLiteral(false)>]
type LabelsEntry internal (names: ImmutableArray<string>, values: ImmutableArray<int>) =
    /// The names of the dimensions.
    member _.Names = names

    /// The integers, one for each name.
    member _.Values = values

    /// The integer of a dimension. Raises `NoetherException` where there is none of that name.
    member _.Item
        with get (name: string) =
            match names.IndexOf name with
            | -1 ->
                let known = String.Join(", ", names)
                Outcome.raise (InvalidArgument("the dimension", $"'{name}'", $"one of ({known})"))
            | i -> values[i]

    /// Equal names and equal integers, in the same order.
    override _.Equals(other) =
        match other with
        | :? LabelsEntry as other ->
            names.AsSpan().SequenceEqual(other.Names.AsSpan()) && values.AsSpan().SequenceEqual(other.Values.AsSpan())
        | _ -> false

    /// A hash of the integers.
    override _.GetHashCode() =
        let mutable hash = HashCode()

        for value in values do
            hash.Add value

        hash.ToHashCode()

    /// "LabelsEntry(system=0, atom=1)".
    override entry.ToString() = "LabelsEntry" + entry.Pairs

    /// "(system=0, atom=1)".
    member internal _.Pairs =
        let pairs = Seq.map2 (fun name (value: int) -> $"{name}={value}") names values
        "(" + String.Join(", ", pairs) + ")"

/// A set of rows of integers under names: what the rows of an array along one of its axes are (metatensor's `Labels`).
///
/// *Fields.* d names of dimensions and n rows of d integers (32 bits), in an order that counts.
///
/// *Invariant.* A name is a letter or underscore of ASCII followed by letters, digits and underscores; names differ, and
/// so do rows. Without dimensions there are no rows.
///
/// *Looking up* a row takes the same time however many there are, about 0.1 µs.
///
/// *Example.* Atoms 4 and 5 of system 0: `Labels.create [ "system"; "atom" ] [ [ 0; 4 ]; [ 0; 5 ] ]`.
[<Sealed; AllowNullLiteral(false); StructuredFormatDisplay("{Text}")>]
type Labels internal (names: ImmutableArray<string>, count: int, values: int[]) =
    let mutable table: int[] | null = null

    /// The names of the dimensions.
    member _.Names = names

    /// The number of rows, n.
    member _.Count = count

    /// The number of dimensions, d.
    member _.Width = names.Length

    /// The integers, row by row, [n, d].
    member _.Values = ImmutableCollectionsMarshal.AsImmutableArray values

    member internal _.Array = values

    member internal _.Row i = ReadOnlySpan<int>(values, i * names.Length, names.Length)

    /// The row at a place.
    member labels.Item
        with get (i: int) =
            if i < 0 || i >= count then
                raise (ArgumentOutOfRangeException(nameof i, $"Labels: row {i} of {count}."))

            LabelsEntry(names, ImmutableArray.Create<int>(labels.Row i))

    /// The integers of a dimension, one for each row. Raises `NoetherException` where there is none of that name.
    member labels.Item
        with get (name: string) =
            let column = labels.Dimension name
            ImmutableArray.CreateRange(Seq.init count (fun i -> values[i * names.Length + column]))

    /// The place of a dimension among the names, or a `NoetherException`.
    member internal _.Dimension name =
        match names.IndexOf name with
        | -1 ->
            let known = String.Join(", ", names)
            Outcome.raise (InvalidArgument("the dimension", $"'{name}'", $"one of ({known})"))
        | column -> column

    /// The table of the rows, made when it is first asked for.
    member internal _.Table =
        match table with
        | null ->
            let slots = Array.zeroCreate (RowTable.Slots count)
            RowTable.Fill(ReadOnlySpan values, count, names.Length, Span slots) |> ignore
            Volatile.Write(&table, slots)
            slots
        | slots -> slots

    /// The place of a row of d integers, −1 where it is not there.
    member internal labels.Find(row: ReadOnlySpan<int>) =
        if count = 0 then -1
        elif count <= 8 then labels.Scan row
        else RowTable.Find(ReadOnlySpan values, names.Length, ReadOnlySpan labels.Table, row)

    member private labels.Scan(row: ReadOnlySpan<int>) =
        let mutable i = 0

        while i < count && not ((labels.Row i).SequenceEqual row) do
            i <- i + 1

        if i < count then i else -1

    /// Whether the names are the same in the same order.
    member internal _.SameNames(other: Labels) =
        names = other.Names || names.AsSpan().SequenceEqual(other.Names.AsSpan())

    /// Whether names and rows are the same in the same order.
    member internal labels.Same(other: Labels) =
        Object.ReferenceEquals(labels, other)
        || (labels.SameNames other && (ReadOnlySpan values).SequenceEqual(ReadOnlySpan other.Array))

    /// The same names in the same order and the same rows in the same order.
    override labels.Equals(other) =
        match other with
        | :? Labels as other -> labels.Same other
        | _ -> false

    /// A hash of the names and the first rows.
    override _.GetHashCode() =
        let mutable hash = HashCode()

        for name in names do
            hash.Add name

        hash.Add count
        hash.AddBytes(MemoryMarshal.AsBytes(ReadOnlySpan(values, 0, min 64 values.Length)))
        hash.ToHashCode()

    /// The table of rows, at most so many (−1 for all), each line behind an indent; see the tutorial of metatensor.
    member labels.Print(most: int, indent: int) = LabelTable.write names (ReadOnlyMemory values) count most indent

    /// The labels as metatensor prints them, at most four rows.
    member labels.Text = "Labels(\n   " + labels.Print(4, 3) + "\n)"

    /// All rows as metatensor prints them in a list of labels.
    member labels.FullText = "Labels(\n   " + labels.Print(-1, 3) + "\n)"

    /// The labels as metatensor prints them, at most four rows.
    override labels.ToString() = labels.Text

/// The rules that labels keep, and labels made where they are known to be kept.
[<RequireQualifiedAccess>]
module internal LabelRules =
    let private isName (name: string) =
        name.Length > 0
        && (Char.IsAsciiLetter name[0] || name[0] = '_')
        && name |> Seq.forall (fun c -> Char.IsAsciiLetterOrDigit c || c = '_')

    /// The names in parentheses, as messages give them.
    let parenthesised (names: string seq) = "(" + String.Join(", ", names) + ")"

    let names (names: string seq) : ImmutableArray<string> =
        let names = ImmutableArray.CreateRange names

        for name in names do
            if not (isName name) then
                let expected = "a letter or underscore, then letters, digits and underscores (ASCII)"
                Outcome.raise (InvalidArgument("the name of a dimension", $"'{name}'", expected))

        for i in 1 .. names.Length - 1 do
            if names.IndexOf names[i] < i then
                let place = $"the dimensions {parenthesised names}"
                Outcome.raise (Inconsistent(place, $"'{names[i]}' twice", "each name once"))

        names

    /// Labels whose rows are known to differ.
    let trusted (names: ImmutableArray<string>) count (values: int[]) = Labels(names, count, values)

    /// Labels whose rows are still to be compared; names are known to be right.
    let checkedRows (names: ImmutableArray<string>) count (values: int[]) =
        let labels = Labels(names, count, values)
        let slots = Array.zeroCreate (RowTable.Slots count)

        match RowTable.Fill(ReadOnlySpan values, count, names.Length, Span slots) with
        | -1 -> labels
        | second ->
            let mutable first = 0

            while not ((labels.Row first).SequenceEqual(labels.Row second)) do
                first <- first + 1

            let found = $"row {second} = {labels[second].Pairs}, which is row {first} already"
            Outcome.raise (Inconsistent($"labels {parenthesised names}", found, "each row once"))

    /// Some rows of labels, which differ from each other because those do.
    let take (rows: int[]) (labels: Labels) =
        let width = labels.Width
        let values = Array.zeroCreate (rows.Length * width)

        for k in 0 .. rows.Length - 1 do
            (labels.Row rows[k]).CopyTo(Span(values, k * width, width))

        trusted labels.Names rows.Length values

    /// The integers of some columns, row by row.
    let project (columns: int[]) (labels: Labels) : int[] =
        let width = columns.Length
        let values = Array.zeroCreate (labels.Count * width)
        let source = labels.Array

        for i in 0 .. labels.Count - 1 do
            for c in 0 .. width - 1 do
                values[i * width + c] <- source[i * labels.Width + columns[c]]

        values

    /// ("_", [0]): the labels of what has none left.
    let single = Labels(ImmutableArray.Create "_", 1, [| 0 |])

    /// The distinct rows of some: first the number of each row among them, then the distinct rows; in the order of first
    /// appearance, or in ascending lexicographic order.
    let distinct sorted width count (rows: int[]) : int[] * int[] =
        let numbers = Array.zeroCreate count
        let firsts = Array.zeroCreate count

        let found =
            let slots = Array.zeroCreate (RowTable.Slots count)
            RowTable.Number(ReadOnlySpan rows, width, Span slots, Span numbers, Span firsts)

        let kept = Array.zeroCreate (found * width)

        for k in 0 .. found - 1 do
            ReadOnlySpan(rows, firsts[k] * width, width).CopyTo(Span(kept, k * width, width))

        if not sorted || RowOrder.IsSorted(ReadOnlySpan kept, width, found) then
            numbers, kept
        else
            let order = Array.zeroCreate found
            RowOrder.Sort(ReadOnlySpan kept, width, Span order, Span(Array.zeroCreate found))
            let place = Array.zeroCreate found
            let ordered = Array.zeroCreate (found * width)

            for k in 0 .. found - 1 do
                place[order[k]] <- k
                ReadOnlySpan(kept, order[k] * width, width).CopyTo(Span(ordered, k * width, width))

            Array.map (fun number -> place[number]) numbers, ordered

    /// Ascending lexicographic order of the rows, by their numbers.
    let order (labels: Labels) : int[] =
        let order = Array.zeroCreate labels.Count
        RowOrder.Sort(ReadOnlySpan labels.Array, labels.Width, Span order, Span(Array.zeroCreate labels.Count))
        order

    /// The place of each row of some labels in others of the same dimensions, −1 where it is not there.
    let places (sought: Labels) (labels: Labels) : int[] =
        let places = Array.zeroCreate sought.Count

        RowTable.FindAll(
            ReadOnlySpan labels.Array,
            labels.Width,
            ReadOnlySpan labels.Table,
            ReadOnlySpan sought.Array,
            Span places
        )

        places

    /// Refuses labels that are not the same in the same order, with the first difference.
    let same what (expected: Labels) (found: Labels) =
        if not (expected.Same found) then
            if not (expected.SameNames found) then
                Outcome.raise (Inconsistent(what, parenthesised found.Names, parenthesised expected.Names))

            let mutable row = 0

            while row < min expected.Count found.Count && (expected.Row row).SequenceEqual(found.Row row) do
                row <- row + 1

            let text (labels: Labels) = if row < labels.Count then $"{labels[row].Pairs}" else "no more rows"
            Outcome.raise (Inconsistent(what, $"{text found} at row {row}", text expected))
