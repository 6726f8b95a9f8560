namespace Noether.Domain

open System
open System.Collections.Immutable

/// Labels made of two, and for each of the two where its rows are in the result: −1 for those that are not there.
[<NoComparison>]
type LabelsMapping =
    {
        /// The labels of the result.
        Labels: Labels
        /// The place in the result of each row of the first.
        First: ImmutableArray<int>
        /// The place in the result of each row of the second.
        Second: ImmutableArray<int>
    }

/// Unions, intersections, differences and selections.
[<RequireQualifiedAccess>]
module internal LabelSets =

    let private sameDimensions what (a: Labels) (b: Labels) =
        if not (a.SameNames b) then
            let text (labels: Labels) = LabelRules.parenthesised labels.Names
            Outcome.raise (Inconsistent($"the second side of a {what}", text b, text a))

    let private immutable (places: int[]) = ImmutableArray.Create<int> places

    let union (a: Labels) (b: Labels) =
        sameDimensions "union" a b

        if a.Same b then
            let places = immutable [| 0 .. a.Count - 1 |]
            { Labels = a; First = places; Second = places }
        else
            let places = LabelRules.places b a
            let fresh = places |> Array.indexed |> Array.filter (fun (_, place) -> place < 0) |> Array.map fst
            fresh |> Array.iteri (fun k row -> places[row] <- a.Count + k)
            let values = Array.append a.Array (LabelRules.take fresh b).Array

            { Labels = LabelRules.trusted a.Names (a.Count + fresh.Length) values
              First = immutable [| 0 .. a.Count - 1 |]
              Second = immutable places }

    /// The rows of the first for which the second has a row, or has none; with their places.
    let private filtered keep (a: Labels) (b: Labels) =
        let inSecond = LabelRules.places a b
        let kept = [| 0 .. a.Count - 1 |] |> Array.filter (fun i -> (inSecond[i] >= 0) = keep)
        let first = Array.create a.Count -1
        kept |> Array.iteri (fun k i -> first[i] <- k)
        let second = Array.create b.Count -1

        if keep then kept |> Array.iteri (fun k i -> second[inSecond[i]] <- k)

        { Labels = LabelRules.take kept a
          First = immutable first
          Second = immutable second }

    let intersection (a: Labels) (b: Labels) =
        sameDimensions "intersection" a b
        filtered true a b

    let difference (a: Labels) (b: Labels) =
        sameDimensions "difference" a b
        filtered false a b

    /// The rows that agree with a row of the selection in the dimensions that it has.
    let select (selection: Labels) (labels: Labels) : int[] =
        for name in selection.Names do
            if not (labels.Names.Contains name) then
                let expected = $"one of {LabelRules.parenthesised labels.Names}"
                Outcome.raise (InvalidArgument("a dimension of the selection", $"'{name}'", expected))

        if selection.Width = 0 then
            [| 0 .. labels.Count - 1 |]
        elif selection.SameNames labels then
            LabelRules.places selection labels |> Array.filter (fun place -> place >= 0)
        else
            let columns = selection.Names |> Seq.map labels.Dimension |> Array.ofSeq
            let rows = LabelRules.project columns labels
            let width = columns.Length

            [| 0 .. labels.Count - 1 |]
            |> Array.filter (fun i -> selection.Find(ReadOnlySpan(rows, i * width, width)) >= 0)

/// Labels as sets of rows.
[<AutoOpen>]
module LabelSetFunctions =
    type Labels with

        /// The rows of the first, then those of the second that are new, and where the rows of both are in it.
        /// Errors: `Inconsistent` where the dimensions are not the same in the same order.
        static member unionWithMapping (a: Labels) (b: Labels) : Result<LabelsMapping, NoetherError> =
            Outcome.capture (fun () -> LabelSets.union a b)

        /// The rows of the first, then those of the second that are new. Errors: as `unionWithMapping`.
        static member union (a: Labels) (b: Labels) = Labels.unionWithMapping a b |> Result.map _.Labels

        /// The rows that both have, in the order of the first, and where the rows of both are in it.
        /// Errors: as `unionWithMapping`.
        static member intersectionWithMapping (a: Labels) (b: Labels) : Result<LabelsMapping, NoetherError> =
            Outcome.capture (fun () -> LabelSets.intersection a b)

        /// The rows that both have, in the order of the first. Errors: as `unionWithMapping`.
        static member intersection (a: Labels) (b: Labels) = Labels.intersectionWithMapping a b |> Result.map _.Labels

        /// The rows of the first that the second does not have, and where the rows of the first are in it.
        /// Errors: as `unionWithMapping`.
        static member differenceWithMapping (a: Labels) (b: Labels) : Result<LabelsMapping, NoetherError> =
            Outcome.capture (fun () -> LabelSets.difference a b)

        /// The rows of the first that the second does not have. Errors: as `unionWithMapping`.
        static member difference (a: Labels) (b: Labels) = Labels.differenceWithMapping a b |> Result.map _.Labels

        /// The places of the rows that agree with any row of the selection in the dimensions that it has: in the order of
        /// the selection where it has all dimensions in the same order, else in their own. Rows that are not there are
        /// ignored; a selection without dimensions selects everything, one with dimensions and no rows nothing.
        /// Errors: `InvalidArgument` for a dimension that is not there.
        static member select (selection: Labels) (labels: Labels) : Result<ImmutableArray<int>, NoetherError> =
            Outcome.capture (fun () -> ImmutableArray.Create<int>(LabelSets.select selection labels))
