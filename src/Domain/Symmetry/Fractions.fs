namespace Noether.Domain

open System
open System.Globalization

/// An exact fraction in lowest terms, its denominator positive: the translations of symmetry operations, 1/2, 2/3, 5/8.
/// Arithmetic beyond 64 bits raises OverflowException.
[<Struct>]
type Fraction =
    private
        {
            Above: int64
            /// The denominator less 1, so that the default value is 0/1.
            Less: int64
        }

    /// The numerator.
    member fraction.Numerator = fraction.Above

    /// The denominator, at least 1.
    member fraction.Denominator = fraction.Less + 1L

    static member private Divisor(a: int64, b: int64) : int64 = if b = 0L then a else Fraction.Divisor(b, a % b)

    /// numerator/denominator in lowest terms. Raises DivideByZeroException for a denominator of 0.
    static member Of(numerator: int64, denominator: int64) : Fraction =
        if denominator = 0L then raise (DivideByZeroException "Fraction.Of: the denominator is 0.")
        let divisor = Fraction.Divisor(abs numerator, abs denominator) * int64 (sign denominator)
        { Above = numerator / divisor; Less = denominator / divisor - 1L }

    /// The whole number.
    static member Of(whole: int) : Fraction = { Above = int64 whole; Less = 0L }

    /// The sum.
    static member (+)(a: Fraction, b: Fraction) : Fraction =
        Fraction.Of(
            Checked.(+) (Checked.(*) a.Above b.Denominator) (Checked.(*) b.Above a.Denominator),
            Checked.(*) a.Denominator b.Denominator
        )

    /// The negative.
    static member (~-)(a: Fraction) : Fraction = { a with Above = -a.Above }

    /// The difference.
    static member (-)(a: Fraction, b: Fraction) : Fraction = a + -b

    /// The product.
    static member (*)(a: Fraction, b: Fraction) : Fraction =
        Fraction.Of(Checked.(*) a.Above b.Above, Checked.(*) a.Denominator b.Denominator)

    /// The quotient. Raises DivideByZeroException for a divisor of 0.
    static member (/)(a: Fraction, b: Fraction) : Fraction = a * Fraction.Of(b.Denominator, b.Above)

    /// The part above the next lower whole number: 0 ≤ x < 1.
    member fraction.Fractional: Fraction =
        let rest = fraction.Above % fraction.Denominator

        { Above = (if rest < 0L then rest + fraction.Denominator else rest)
          Less = fraction.Less }

    /// Whether it is 0.
    member fraction.IsZero = fraction.Above = 0L

    /// Whether it is a whole number.
    member fraction.IsWhole = fraction.Less = 0L

    /// The nearest float64.
    member fraction.Value = float fraction.Above / float fraction.Denominator

    /// As operations are written: 1/2, -2/3, 1.
    override fraction.ToString() =
        let text (number: int64) = number.ToString CultureInfo.InvariantCulture

        if fraction.IsWhole then
            text fraction.Above
        else
            $"{text fraction.Above}/{text fraction.Denominator}"

/// Fractions in texts.
[<RequireQualifiedAccess>]
module internal Fraction =
    /// The largest denominator of a fraction in a text.
    let private largest = 1000L

    let private tryWhole (text: string) : int64 option =
        if text.Length > 0 && text.Length <= 4 && Seq.forall Char.IsAsciiDigit text then
            Some(Int64.Parse(text, CultureInfo.InvariantCulture))
        else
            None

    /// The fraction of the least denominator whose decimals are these: 0.3333 is 1/3, 0.17 is 1/6, 0.3 is 3/10.
    let private tryDecimal (text: string) : Fraction option =
        let digits = text.Length - 1 - text.IndexOf '.'
        let close = Math.Clamp(0.5 * Math.Pow(10.0, float -digits), 5e-7, 5e-3) * (1.0 + 1e-9)

        match Double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) with
        | true, value when text.Length <= 20 && value < 1000.0 ->
            seq { 1L .. largest }
            |> Seq.map (fun q -> int64 (Math.Round(value * float q)), q)
            |> Seq.tryFind (fun (p, q) -> abs (value - float p / float q) <= close)
            |> Option.map Fraction.Of
        | _ -> None

    /// The fraction of a text without a sign: 3, 1/2, 0.25, .3333. None where it is no number, or none with a
    /// denominator up to a thousand.
    let tryParse (text: string) : Fraction option =
        match text.Split '/' with
        | [| whole |] when whole.Contains '.' -> tryDecimal whole
        | [| whole |] -> tryWhole whole |> Option.map (fun number -> Fraction.Of(number, 1L))
        | [| above; below |] ->
            match tryWhole above, tryWhole below with
            | Some a, Some b when b > 0L && b <= largest -> Some(Fraction.Of(a, b))
            | _ -> None
        | _ -> None
