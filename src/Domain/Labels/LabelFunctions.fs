namespace Noether.Domain

open System
open System.Collections.Immutable

/// Making labels and looking into them.
[<AutoOpen>]
module LabelFunctions =

    let private withDimensions (names: string seq) count values =
        Outcome.capture (fun () -> LabelRules.checkedRows (LabelRules.names names) count values)

    /// A column put before the one at a place.
    let private inserted at name (column: int[]) (labels: Labels) =
        if at < 0 || at > labels.Width then
            Outcome.raise (InvalidArgument("the place of a new dimension", $"{at}", $"0 … {labels.Width}"))

        if column.Length <> labels.Count then
            Outcome.raise (Inconsistent($"the new dimension '{name}'", $"{column.Length} values", $"{labels.Count}"))

        let names = LabelRules.names (labels.Names.Insert(at, name))
        let width = names.Length

        let value k =
            match k / width, k % width with
            | i, c when c = at -> column[i]
            | i, c -> labels.Array[i * labels.Width + (if c < at then c else c - 1)]

        LabelRules.trusted names labels.Count (Array.init (labels.Count * width) value)

    type Labels with

        /// Labels with these names and rows, each row as many integers as there are names.
        /// Errors: `InvalidArgument` for a name that is none, `Inconsistent` for a name or a row that stands twice and for
        /// rows of another length.
        static member create (names: string seq) (rows: int seq seq) : Result<Labels, NoetherError> =
            let names = Array.ofSeq names
            let rows = rows |> Seq.map Array.ofSeq |> Array.ofSeq

            match rows |> Array.tryFindIndex (fun row -> row.Length <> names.Length || row.Length = 0) with
            | Some i ->
                let place = $"row {i} of labels {LabelRules.parenthesised names}"
                Error(Inconsistent(place, $"{rows[i].Length} integers", $"{max 1 names.Length}"))
            | None -> withDimensions names rows.Length (Array.concat rows)

        /// Labels with these names from their integers, row by row; the array is copied. Errors: as `create`.
        static member ofArray (names: string seq) (values: int[]) : Result<Labels, NoetherError> =
            let names = Array.ofSeq names
            let width = names.Length

            if (width = 0 && values.Length > 0) || (width > 0 && values.Length % width <> 0) then
                let place = $"labels {LabelRules.parenthesised names}"
                Error(Inconsistent(place, $"{values.Length} integers", $"a multiple of {width}"))
            else
                withDimensions names (if width = 0 then 0 else values.Length / width) (Array.copy values)

        /// The labels of what has no meaning of its own: the dimension "_" with the row 0.
        static member single = LabelRules.single

        /// Labels with these names and no rows. Errors: as `create`.
        static member empty(names: string seq) = withDimensions names 0 Array.empty

        /// One dimension with the rows 0 … n−1; none for a negative n. Errors: as `create`.
        static member range (name: string) (n: int) = withDimensions [ name ] (max 0 n) [| 0 .. n - 1 |]

        /// The place of a row. Errors: `Inconsistent` for a row of another length.
        static member position (row: int seq) (labels: Labels) : Result<int option, NoetherError> =
            let row = Array.ofSeq row

            if row.Length <> labels.Width then
                let place = $"a row of labels {LabelRules.parenthesised labels.Names}"
                Error(Inconsistent(place, $"{row.Length} integers", $"{labels.Width}"))
            else
                match labels.Find(ReadOnlySpan row) with
                | -1 -> Ok None
                | place -> Ok(Some place)

        /// Whether there is such a row. Errors: as `position`.
        static member contains (row: int seq) (labels: Labels) = Labels.position row labels |> Result.map Option.isSome

        /// The integers of a dimension, one for each row. Errors: `InvalidArgument` where there is none of that name.
        static member column (name: string) (labels: Labels) : Result<ImmutableArray<int>, NoetherError> =
            Outcome.capture (fun () -> labels[name])

        /// The rows one by one.
        static member entries(labels: Labels) : LabelsEntry seq = Seq.init labels.Count (fun i -> labels[i])

        /// The labels with one dimension more, put before the one at a place; d puts it last.
        /// Errors: `InvalidArgument` for the place and the name, `Inconsistent` for a name that is there already and for
        /// another number of values than there are rows.
        static member insert (at: int) (name: string) (column: int seq) (labels: Labels) =
            Outcome.capture (fun () -> inserted at name (Array.ofSeq column) labels)

        /// The labels with one dimension more behind the others. Errors: as `insert`.
        static member append (name: string) (column: int seq) (labels: Labels) =
            Labels.insert labels.Width name column labels

        /// The dimensions in another order: dimension k of the result is dimension `order[k]`, counted from the end where
        /// negative. Errors: `InvalidArgument` where that is not a permutation.
        static member permute (order: int seq) (labels: Labels) : Result<Labels, NoetherError> =
            let order = order |> Seq.map (fun k -> if k < 0 then k + labels.Width else k) |> Array.ofSeq

            if Array.sort order <> [| 0 .. labels.Width - 1 |] then
                let found = String.Join(", ", order)
                Error(InvalidArgument("the order of dimensions", found, $"each of 0 … {labels.Width - 1} once"))
            else
                let names = order |> Array.map (fun k -> labels.Names[k]) |> ImmutableArray.Create<string>
                Ok(LabelRules.trusted names labels.Count (LabelRules.project order labels))

        /// The labels without a dimension. Errors: `InvalidArgument` where there is none of that name, `Inconsistent`
        /// where rows become the same.
        static member remove (name: string) (labels: Labels) : Result<Labels, NoetherError> =
            Outcome.capture (fun () ->
                let removed = labels.Dimension name
                let columns = [| 0 .. labels.Width - 1 |] |> Array.except [ removed ]
                let count = if columns.Length = 0 then 0 else labels.Count

                if columns.Length = 0 && labels.Count > 1 then
                    Outcome.raise (Inconsistent("labels without dimensions", $"{labels.Count} rows", "none"))

                LabelRules.checkedRows (labels.Names.RemoveAt removed) count (LabelRules.project columns labels))

        /// The labels with another name for a dimension. Errors: `InvalidArgument` where there is none of the old name or
        /// the new one is none, `Inconsistent` where the new one is there already.
        static member rename (name: string) (renamed: string) (labels: Labels) : Result<Labels, NoetherError> =
            Outcome.capture (fun () ->
                let names = LabelRules.names (labels.Names.SetItem(labels.Dimension name, renamed))
                LabelRules.trusted names labels.Count labels.Array)
