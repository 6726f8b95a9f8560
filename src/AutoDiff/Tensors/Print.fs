namespace Noether.AutoDiff

open System
open System.Globalization

/// Arrays as text, in numpy's layout: the points of all numbers in one column, at most eight digits behind them, an
/// exponent for all when one is above 10⁸ or below 10⁻⁴, lines of at most 75 characters, and of arrays above 1000 elements the first
/// and last three along each axis.
module internal Print =

    let private edge = 3
    let private columns = 75

    /// A number cut at its point and exponent; what has no digits is a whole.
    [<Struct>]
    type private Parts =
        | Digits of whole: string * fraction: string * exponent: int
        | Word of string

    /// The number that the shortest text of an element denotes.
    let private shortest (r: Raw) i =
        let x = r.At i

        if r.Precision = Float32 && Double.IsFinite x then
            Double.Parse((float32 x).ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
        else
            x

    /// Whether plain notation would lose small numbers or be long.
    let private needsExponent (numbers: float list) =
        match numbers |> List.filter (fun x -> Double.IsFinite x && x <> 0.0) |> List.map abs with
        | [] -> false
        | sizes -> List.max sizes >= 1e8 || List.min sizes < 1e-4

    let private cut scientific (x: float) =
        if Double.IsNaN x then
            Word "nan"
        elif Double.IsInfinity x then
            Word(if x > 0.0 then "inf" else "-inf")
        else
            let text = x.ToString((if scientific then "E8" else "F8"), CultureInfo.InvariantCulture)
            let point, e = text.IndexOf '.', text.IndexOf 'E'
            let fraction = if e < 0 then text[point + 1 ..] else text[point + 1 .. e - 1]

            let exponent = if e < 0 then 0 else Int32.Parse(text[e + 1 ..], CultureInfo.InvariantCulture)

            Digits(text[.. point - 1], fraction.TrimEnd '0', exponent)

    /// A way to write numbers that gives all of them the same width.
    let private writer scientific (numbers: float list) =
        let parts = List.map (cut scientific) numbers

        let widest measure =
            (0, parts)
            ||> List.fold (fun most part ->
                match part with
                | Digits(whole, fraction, exponent) -> max most (measure whole fraction exponent)
                | Word _ -> most)

        let left = widest (fun whole _ _ -> whole.Length)
        let right = widest (fun _ fraction _ -> fraction.Length)
        let exponentDigits = widest (fun _ _ exponent -> max 2 (string (abs exponent)).Length)

        let text part =
            match part with
            | Word word -> word
            | Digits(whole, fraction, exponent) when scientific ->
                let sign = if exponent < 0 then "-" else "+"
                let digits = (string (abs exponent)).PadLeft(exponentDigits, '0')
                $"{whole.PadLeft left}.{fraction.PadRight(right, '0')}e{sign}{digits}"
            | Digits(whole, fraction, _) -> whole.PadLeft left + "." + fraction.PadRight right

        let width = parts |> List.fold (fun most part -> max most (text part).Length) 0
        fun x -> (text (cut scientific x)).PadLeft width

    /// The entries shown along an axis; −1 stands for those left out.
    let private shown total length =
        if total > 1000 && length > 2 * edge then
            [ yield! [ 0 .. edge - 1 ]; -1; yield! [ length - edge .. length - 1 ] ]
        else
            [ 0 .. length - 1 ]

    /// Words in lines that begin with an indent and leave room for the closing brackets.
    let private wrap indent room (words: string list) =
        let text = Text.StringBuilder()
        let mutable column = indent

        for word in words do
            if column > indent && column + 1 + word.Length > room then
                text.Append('\n').Append(' ', indent) |> ignore
                column <- indent
            elif column > indent then
                text.Append ' ' |> ignore
                column <- column + 1

            text.Append word |> ignore
            column <- column + word.Length

        text.ToString()

    /// The elements in nested brackets, followed by the shape when entries were left out or there are none.
    let raw (r: Raw) =
        let strides = Shape.strides r.Shape
        let rank = r.Shape.Length
        let entries = Array.map (shown r.Size) r.Shape

        let rec positions axis offset =
            if axis = rank then
                [ offset ]
            else
                entries[axis]
                |> List.filter (fun i -> i >= 0)
                |> List.collect (fun i -> positions (axis + 1) (offset + i * strides[axis]))

        let numbers = if r.Size = 0 then [] else positions 0 0 |> List.map (shortest r)
        let write = writer (needsExponent numbers) numbers

        let rec block axis offset =
            if axis = rank then
                write (shortest r offset)
            else
                let part i = if i < 0 then "..." else block (axis + 1) (offset + i * strides[axis])
                let parts = List.map part entries[axis]

                if axis = rank - 1 then
                    "[" + wrap rank (columns - rank) parts + "]"
                else
                    let separator = String('\n', rank - 1 - axis) + String(' ', axis + 1)
                    "[" + String.Join(separator, parts) + "]"

        if r.Size = 0 then $"[] shape {Shape.print r.Shape}"
        elif r.Size > 1000 then $"{block 0 0} shape {Shape.print r.Shape}"
        else block 0 0
