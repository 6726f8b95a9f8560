namespace Noether.Domain

open System
open System.Globalization
open System.Text

/// Numbers as text, read from bytes without making strings.
///
/// Real: optional sign; digits with at most one point, at least one digit; optionally e, E, d or D (Fortran),
/// an optional sign and digits; or nan, inf, infinity in any case with an optional sign. Integer: optional sign and
/// digits.
[<RequireQualifiedAccess>]
module internal Numerals =
    let private powersOfTen =
        [| 1e0
           1e1
           1e2
           1e3
           1e4
           1e5
           1e6
           1e7
           1e8
           1e9
           1e10
           1e11
           1e12
           1e13
           1e14
           1e15
           1e16
           1e17
           1e18
           1e19
           1e20
           1e21
           1e22 |]

    let inline private isDigit (c: byte) = c - 48uy <= 9uy

    /// The text with Fortran's d and D read as e.
    let private withE (text: ReadOnlySpan<byte>) =
        let copy = text.ToArray()

        for i in 0 .. copy.Length - 1 do
            if copy[i] = 'd'B || copy[i] = 'D'B then copy[i] <- 'e'B

        copy

    let private trySpecial (text: ReadOnlySpan<byte>) (value: byref<float>) =
        let sign = if text.Length > 0 && text[0] = '-'B then -1.0 else 1.0

        let start = if text.Length > 0 && (text[0] = '-'B || text[0] = '+'B) then 1 else 0

        let mutable word = 0L

        // At most eight lower-case letters, packed.
        if text.Length - start <= 8 then
            for i in start .. text.Length - 1 do
                word <- (word <<< 8) ||| int64 (text[i] ||| 0x20uy)

        match word with
        | 0x6e616eL -> // nan
            value <- nan
            true
        | 0x696e66L // inf
        | 0x696e66696e697479L -> // infinity
            value <- sign * infinity
            true
        | _ -> false

    /// Reads a real number that fills the whole text. False where the text is none, and where its value is
    /// beyond the range of float64 (1e400): no value stands for it.
    let tryReal (text: ReadOnlySpan<byte>) (value: byref<float>) : bool =
        let mutable i = 0
        let mutable negative = false

        if text.Length > 0 && (text[0] = '-'B || text[0] = '+'B) then
            negative <- (text[0] = '-'B)
            i <- 1

        // The digits as one integer, exact while there are at most 19 of them; `scale` counts those after the point.
        let mutable mantissa = 0UL
        let mutable significant = 0
        let mutable digits = 0
        let mutable scale = 0
        let mutable afterPoint = false
        let mutable go = true

        while go && i < text.Length do
            let c = text[i]

            if isDigit c then
                digits <- digits + 1

                if afterPoint then scale <- scale + 1

                if significant > 0 || c <> '0'B then
                    significant <- significant + 1
                    mantissa <- mantissa * 10UL + uint64 (c - '0'B)

                i <- i + 1
            elif c = '.'B && not afterPoint then
                afterPoint <- true
                i <- i + 1
            else
                go <- false

        if digits = 0 then
            trySpecial text &value
        else
            let mutable exponent = 0
            let mutable fortran = false
            let mutable good = true

            if i < text.Length then
                let c = text[i] ||| 0x20uy
                fortran <- (c = 'd'B)
                good <- (c = 'e'B || c = 'd'B)
                i <- i + 1
                let mutable down = false

                if i < text.Length && (text[i] = '-'B || text[i] = '+'B) then
                    down <- (text[i] = '-'B)
                    i <- i + 1

                good <- good && i < text.Length

                while good && i < text.Length do
                    good <- isDigit text[i]

                    if exponent < 100000 then exponent <- exponent * 10 + int (text[i] - '0'B)

                    i <- i + 1

                if down then exponent <- -exponent

            let power = exponent - scale

            if not good then
                false
            elif significant <= 19 && mantissa <= (1UL <<< 53) && power >= -22 && power <= 22 then
                // Both factors are exact, so the one rounding is the correct one (W. D. Clinger, PLDI 1990).
                let magnitude =
                    if power < 0 then float mantissa / powersOfTen[-power] else float mantissa * powersOfTen[power]

                value <- if negative then -magnitude else magnitude
                true
            else
                let parsed =
                    if fortran then
                        Double.TryParse(
                            ReadOnlySpan(withE text),
                            NumberStyles.Float,
                            CultureInfo.InvariantCulture,
                            &value
                        )
                    else
                        Double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, &value)

                parsed && Double.IsFinite value

    /// Reads a 64-bit integer that fills the whole text. False where the text is none and where it is out of range.
    let tryInteger (text: ReadOnlySpan<byte>) (value: byref<int64>) : bool =
        let start = if text.Length > 0 && (text[0] = '-'B || text[0] = '+'B) then 1 else 0

        let mutable good = text.Length > start

        for i in start .. text.Length - 1 do
            good <- good && isDigit text[i]

        good && Int64.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, &value)

    /// Whether the text is an optional sign and digits, in range or not.
    let isInteger (text: ReadOnlySpan<byte>) =
        let unsigned = text.TrimStart("+-"B)

        text.Length - unsigned.Length <= 1
        && not (unsigned.IsEmpty)
        && not (unsigned.ContainsAnyExceptInRange('0'B, '9'B))

    /// Reads a truth: T, True, true, TRUE, F, False, false, FALSE.
    let tryBoolean (text: ReadOnlySpan<byte>) (value: byref<bool>) : bool =
        if
            text.SequenceEqual("T"B)
            || text.SequenceEqual("True"B)
            || text.SequenceEqual("true"B)
            || text.SequenceEqual("TRUE"B)
        then
            value <- true
            true
        elif
            text.SequenceEqual("F"B)
            || text.SequenceEqual("False"B)
            || text.SequenceEqual("false"B)
            || text.SequenceEqual("FALSE"B)
        then
            value <- false
            true
        else
            false

    /// Reads a truth as Fortran spells it: T, f, true, .TRUE., .F. and so on.
    let tryLogical (text: ReadOnlySpan<byte>) (value: byref<bool>) : bool =
        let word = text.TrimStart("."B).TrimEnd("."B)

        if text.Length - word.Length > 2 || word.Length > 5 then
            false
        else
            match Encoding.Latin1.GetString(word).ToLowerInvariant() with
            | "t"
            | "true" ->
                value <- true
                true
            | "f"
            | "false" ->
                value <- false
                true
            | _ -> false

    /// The shortest text that reads back as the same float64, always with a point, an exponent, or as nan, inf, -inf,
    /// so that it cannot be taken for an integer.
    let ofReal (value: float) =
        if Double.IsNaN value then
            "nan"
        elif Double.IsInfinity value then
            if value > 0.0 then "inf" else "-inf"
        else
            let text = value.ToString("R", CultureInfo.InvariantCulture)

            if text.AsSpan().IndexOfAny('.', 'E') < 0 then text + ".0" else text

    /// Appends what `ofReal` gives, by way of `digits` (the longest float64 has 24 characters) and not of a string.
    let append (builder: StringBuilder) (digits: char[]) (value: float) =
        if Double.IsFinite value then
            let mutable count = 0

            value.TryFormat(digits.AsSpan(), &count, "R".AsSpan(), CultureInfo.InvariantCulture) |> ignore

            let text = ReadOnlySpan(digits, 0, count)
            builder.Append text |> ignore

            if text.IndexOfAny('.', 'E') < 0 then builder.Append ".0" |> ignore
        else
            builder.Append(ofReal value) |> ignore
