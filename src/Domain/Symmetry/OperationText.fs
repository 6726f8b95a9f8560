namespace Noether.Domain

open System
open System.Collections.Immutable

/// An affine map of fractional coordinates with exact elements: f' = M·f + v.
type internal AffineMap = { Matrix: Fraction[]; Shift: Fraction[] }

/// Affine maps with exact elements.
[<RequireQualifiedAccess>]
module internal AffineMap =
    let private one = Fraction.Of 1
    let private zero = Fraction.Of 0

    /// The map that moves by v.
    let shift (v: Fraction[]) : AffineMap =
        { Matrix = Array.init 9 (fun i -> if i % 4 = 0 then one else zero); Shift = v }

    /// The map of an operation.
    let ofOperation (operation: SymmetryOperation) : AffineMap =
        { Matrix = operation.Rotation |> Seq.map Fraction.Of |> Array.ofSeq
          Shift = Array.ofSeq operation.Translation }

    let private apply (m: Fraction[]) (v: Fraction[]) =
        Array.init 3 (fun k -> m[3 * k] * v[0] + m[3 * k + 1] * v[1] + m[3 * k + 2] * v[2])

    /// First the second, then the first.
    let compose (a: AffineMap) (b: AffineMap) : AffineMap =
        let column (m: Fraction[]) j = [| m[j]; m[3 + j]; m[6 + j] |]
        let columns = Array.init 3 (fun j -> apply a.Matrix (column b.Matrix j))

        { Matrix = Array.init 9 (fun i -> columns[i % 3].[i / 3])
          Shift = Array.map2 (+) (apply a.Matrix b.Shift) a.Shift }

    let determinant (map: AffineMap) : Fraction =
        let m = map.Matrix
        m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6])

    /// The map that undoes this one, whose determinant is not 0.
    let inverse (map: AffineMap) : AffineMap =
        let m = map.Matrix
        let det = determinant map

        let matrix =
            Array.init 9 (fun i ->
                let j, k = i / 3, i % 3
                let a, b, c, d = (k + 1) % 3, (k + 2) % 3, (j + 1) % 3, (j + 2) % 3
                (m[3 * a + c] * m[3 * b + d] - m[3 * a + d] * m[3 * b + c]) / det)

        { Matrix = matrix; Shift = Array.map (~-) (apply matrix map.Shift) }

    /// The operation that a map is, if its matrix is whole and keeps volumes.
    let tryOperation (map: AffineMap) : SymmetryOperation option =
        let small (f: Fraction) = f.IsWhole && abs f.Numerator < 1000L

        if Array.forall small map.Matrix && abs (determinant map).Value = 1.0 then
            Some(SymmetryOperation.Build(map.Matrix |> Seq.map (fun f -> int f.Numerator), map.Shift))
        else
            None

/// Operations and changes of basis in the notation of the International Tables: `-y, x-y, z+1/3`, `x/2+1/4, y, z`.
[<RequireQualifiedAccess>]
module internal OperationText =
    /// One of three components: terms ±x, ±y, ±z, each at most once and perhaps with a factor, and ± one number.
    let private tryComponent (text: string) : (Fraction[] * Fraction) option =
        let text = text.Replace(" ", "").Replace("\t", "").ToLowerInvariant()
        let row = Array.create 3 (Fraction.Of 0)
        let mutable shift = None
        let mutable good = text.Length > 0
        let mutable i = 0
        let at k = if k < text.Length then text[k] else ' '

        /// The number from here on, if there is one, and the place behind it.
        let number start =
            let mutable stop = start

            while Char.IsAsciiDigit(at stop) || at stop = '.' || at stop = '/' do
                stop <- stop + 1

            (if stop > start then Fraction.tryParse (text.Substring(start, stop - start)) else None), stop

        let add axis (factor: Fraction) =
            good <- good && row[axis].IsZero && not factor.IsZero
            row[axis] <- factor

        while good && i < text.Length do
            let signed = at i = '+' || at i = '-'
            let sign = Fraction.Of(if at i = '-' then -1 else 1)
            good <- signed || i = 0
            let start = if signed then i + 1 else i

            match "xyz".IndexOf(at start), number start with
            | -1, (Some value, stop) ->
                let stop = if at stop = '*' then stop + 1 else stop

                match "xyz".IndexOf(at stop) with
                | -1 ->
                    good <- good && shift.IsNone && at (stop - 1) <> '*'
                    shift <- Some(sign * value)
                    i <- stop
                | axis ->
                    add axis (sign * value)
                    i <- stop + 1
            | -1, (None, _) -> good <- false
            | axis, _ when at (start + 1) = '/' ->
                match number (start + 2) with
                | Some divisor, stop when not divisor.IsZero ->
                    add axis (sign / divisor)
                    i <- stop
                | _ -> good <- false
            | axis, _ ->
                add axis sign
                i <- start + 1

        if good then Some(row, Option.defaultValue (Fraction.Of 0) shift) else None

    /// The map that a text of three components means.
    let tryMap (text: string) : AffineMap option =
        match text.Split ',' |> Array.map tryComponent with
        | [| Some(x, a); Some(y, b); Some(z, c) |] -> Some { Matrix = Array.concat [ x; y; z ]; Shift = [| a; b; c |] }
        | _ -> None

    /// The operation that a text means, if its rotation keeps volumes.
    let tryParse (text: string) : SymmetryOperation option =
        try
            tryMap text |> Option.bind AffineMap.tryOperation
        with :? OverflowException ->
            None
