namespace Noether.Domain

open System

/// Rows of integers under their names, as text in columns.
[<RequireQualifiedAccess>]
module internal LabelTable =

    /// The names in a line without indent, then a line for each row behind an indent: at most `most` of them (two at
    /// least), the middle left out behind "..."; −1 for all. A column is as wide as its longest entry among the shown
    /// ones and a blank on either side, entries stand in its middle, lines end where the text does.
    let write (names: string seq) (values: ReadOnlyMemory<int>) (count: int) (most: int) (indent: int) : string =
        let names = Array.ofSeq names
        let width = names.Length
        let most = if most < 0 then count else max most 2

        let shown =
            if count <= most then
                [| 0 .. count - 1 |]
            else
                [| yield! [ 0 .. most - most / 2 - 1 ]; yield! [ count - most / 2 .. count - 1 ] |]

        let rows = shown |> Array.map (fun i -> Array.init width (fun c -> string values.Span[i * width + c]))

        let widths =
            names
            |> Array.mapi (fun c name ->
                rows |> Array.fold (fun most row -> max most row[c].Length) name.Length |> (+) 2)

        let line (cells: string[]) =
            let centred c (cell: string) =
                let free = widths[c] - cell.Length
                String(' ', free / 2) + cell + String(' ', free - free / 2)

            (cells |> Array.mapi centred |> String.concat "").TrimEnd ' '

        let margin = String(' ', indent)
        let lines = rows |> Array.map (fun row -> margin + line row)

        let body =
            if shown.Length = count then
                lines
            else
                let half = Array.sum widths / 2
                let dots = margin + String(' ', (if half > 3 then half - 3 else half) + 1) + "..."
                Array.insertAt (most - most / 2) dots lines

        String.Join("\n", Array.append [| line names |] body)
