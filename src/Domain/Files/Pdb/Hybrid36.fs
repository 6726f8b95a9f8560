namespace Noether.Domain

open System
open System.Globalization

/// Numbers in columns that are too narrow for them, the hybrid-36 of R. W. Grosse-Kunstleve and P. D. Adams
/// (http://cci.lbl.gov/hybrid_36): decimal while they fit, then in base 36 from A000 (10000 in four columns) to ZZZZ, then
/// from a000 to zzzz.
[<RequireQualifiedAccess>]
module internal Hybrid36 =
    let private power (b: int64) n = Seq.replicate n b |> Seq.fold (*) 1L

    let private digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

    /// The first number that begins with a letter, and how many begin with a capital.
    let private ranges width = power 10L width, 26L * power 36L (width - 1)

    /// The number of a field of so many columns, without the blanks around it. False where it is none.
    let tryRead (width: int) (field: string) (value: byref<int64>) : bool =
        let upper, lower = Char.IsAsciiLetterUpper, Char.IsAsciiLetterLower

        if field.Length = width && Char.IsAsciiLetter field[0] then
            let isSame = if upper field[0] then upper else lower

            if field |> Seq.forall (fun c -> Char.IsAsciiDigit c || isSame c) then
                let decimals, capitals = ranges width
                let read sum (c: char) = 36L * sum + int64 (digits.IndexOf(Char.ToUpperInvariant c))
                let first = 10L * power 36L (width - 1)
                let before = if upper field[0] then 0L else capitals
                value <- Seq.fold read 0L field - first + decimals + before
                true
            else
                false
        else
            Int64.TryParse(field, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, &value)

    /// The field of a number; none where it has no room.
    let tryWrite (width: int) (value: int64) : string option =
        let decimals, capitals = ranges width
        let text = value.ToString CultureInfo.InvariantCulture

        if text.Length <= width then
            Some(text.PadLeft width)
        elif value < decimals || value >= decimals + 2L * capitals then
            None
        else
            let beyond = value - decimals
            let isCapital = beyond < capitals
            let mutable rest = (if isCapital then beyond else beyond - capitals) + 10L * power 36L (width - 1)
            let field = Array.zeroCreate width

            for k in width - 1 .. -1 .. 0 do
                field[k] <- digits[int (rest % 36L)]
                rest <- rest / 36L

            let field = String field
            Some(if isCapital then field else field.ToLowerInvariant())
