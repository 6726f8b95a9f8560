namespace Noether.Equivariance

open System

/// Behaviour under inversion of space.
[<Struct; RequireQualifiedAccess>]
type Parity =
    /// Unchanged by inversion, written `e`.
    | Even
    /// Changes its sign under inversion, written `o`.
    | Odd

/// Functions of a parity.
[<RequireQualifiedAccess>]
module Parity =
    /// +1 for even, −1 for odd.
    let sign parity =
        match parity with
        | Parity.Even -> 1
        | Parity.Odd -> -1

    /// The parity of a product.
    let multiply a b = if a = b then Parity.Even else Parity.Odd

    /// (−1)^l, the parity of the spherical harmonics of degree `l`.
    let ofDegree (l: int) = if l % 2 = 0 then Parity.Even else Parity.Odd

/// An irreducible representation of O(3): the degree l (dimension 2l+1) and the parity.
/// Compared in the order of e3nn-jax, 0e, 0o, 1o, 1e, 2e, 2o, …: by degree, and within a degree the parity of the
/// spherical harmonics comes first. (e3nn for torch orders 0o, 0e, 1o, 1e, … instead.)
/// Data has 2l+1 components, in the order of `SphericalHarmonics`; those of 1o are x, y, z.
[<Struct; StructuredFormatDisplay("{AsText}")>]
type Irrep =
    // The place in the order is the whole content: degree place/2, natural parity where the place is even.
    private
    | Irrep of place: int

    /// The degree l, at least 0.
    member irrep.L =
        let (Irrep place) = irrep
        place / 2

    /// The parity.
    member irrep.Parity =
        let (Irrep place) = irrep
        Parity.multiply (Parity.ofDegree (place / 2)) (Parity.ofDegree place)

    /// The number of components, 2l+1.
    member irrep.Dim = 2 * irrep.L + 1

    /// Whether it is the scalar 0e.
    member irrep.IsScalar =
        let (Irrep place) = irrep
        place = 0

    /// As it is written, such as `1o`.
    member irrep.AsText =
        let letter =
            match irrep.Parity with
            | Parity.Even -> "e"
            | Parity.Odd -> "o"

        string irrep.L + letter

    /// As it is written, such as `1o`.
    override irrep.ToString() = irrep.AsText

/// A number of copies of one irrep. Data has `Mul * Irrep.Dim` components, (multiplicity, 2l+1), multiplicity outer.
[<Struct; StructuredFormatDisplay("{AsText}")>]
type MulIrrep =
    {
        /// The number of copies, at least 0.
        Mul: int
        /// The irrep of the copies.
        Irrep: Irrep
    }

    /// The number of components, Mul·(2l+1).
    member chunk.Dim = chunk.Mul * chunk.Irrep.Dim

    /// As it is written, such as `8x1o`.
    member chunk.AsText = $"{chunk.Mul}x{chunk.Irrep.AsText}"

    /// As it is written, such as `8x1o`.
    override chunk.ToString() = chunk.AsText

/// A text that describes no irreps: what was read, where it went wrong, and what was expected there.
type IrrepsError =
    {
        /// The whole text.
        Text: string
        /// Index of the offending character, from 0; the length of the text where it ended too soon.
        Position: int
        /// The expected text at that place.
        Expected: string
    }

/// The messages of `IrrepsError`.
[<RequireQualifiedAccess>]
module IrrepsError =
    /// One sentence: the text, the position, what was found there, what was expected.
    let message error =
        let found = if error.Position < error.Text.Length then $"'{error.Text[error.Position]}'" else "the end"

        $"irreps \"{error.Text}\": found {found} at position {error.Position}, expected {error.Expected}"

/// The grammar: `irreps = [term {"+" term}]`, `term = [multiplicity "x"] degree ("e" | "o" | "y")`,
/// with spaces allowed between any two of these.
module internal IrrepsGrammar =
    let private fail text position expected = Error { Text = text; Position = position; Expected = expected }

    let rec private skip (text: string) position =
        if position < text.Length && Char.IsWhiteSpace text[position] then
            skip text (position + 1)
        else
            position

    /// Whether nothing but spaces is left.
    let atEnd text position = skip text position = text.Length

    /// The whole number at `position` and the position behind it and the spaces that follow.
    let private number expected (text: string) position =
        let start = skip text position
        let mutable stop = start

        while stop < text.Length && Char.IsAsciiDigit text[stop] do
            stop <- stop + 1

        if stop = start then
            fail text start expected
        else
            match Int32.TryParse(text.AsSpan(start, stop - start)) with
            // A degree l needs 2l+1 to be a number too.
            | true, value when value <= 1_000_000_000 -> Ok(struct (value, skip text stop))
            | _ -> fail text start (expected + " of at most 1000000000")

    let private parity l (text: string) position =
        if position < text.Length then
            match text[position] with
            | 'e' -> Ok Parity.Even
            | 'o' -> Ok Parity.Odd
            | 'y' -> Ok(Parity.ofDegree l)
            | _ -> fail text position "a parity, e, o or y"
        else
            fail text position "a parity, e, o or y"

    let private irrepFrom l text position =
        parity l text position
        |> Result.map (fun p ->
            let natural = p = Parity.ofDegree l
            struct (Irrep(2 * l + (if natural then 0 else 1)), skip text (position + 1)))

    /// One term and the position behind it.
    let term (text: string) position =
        number "a multiplicity or a degree (a whole number)" text position
        |> Result.bind (fun struct (first, next) ->
            if next < text.Length && text[next] = 'x' then
                number "a degree (a whole number)" text (next + 1)
                |> Result.bind (fun struct (l, next) -> irrepFrom l text next)
                |> Result.map (fun struct (irrep, next) -> struct ({ Mul = first; Irrep = irrep }, next))
            elif next < text.Length && Char.IsAsciiLetter text[next] || next = text.Length then
                irrepFrom first text next
                |> Result.map (fun struct (irrep, next) -> struct ({ Mul = 1; Irrep = irrep }, next))
            else
                fail text next "x and a degree, or a parity (e, o or y)")

    /// All terms from `position` to the end of the text.
    let terms (text: string) =
        let rec more found position =
            match term text position with
            | Error error -> Error error
            | Ok struct (chunk, next) when next = text.Length -> Ok(List.rev (chunk :: found))
            | Ok struct (chunk, next) when text[next] = '+' -> more (chunk :: found) (next + 1)
            | Ok struct (_, next) -> fail text next "+ or the end"

        more [] 0

    /// One irrep without a multiplicity, and nothing behind it.
    let single (text: string) =
        number "a degree (a whole number)" text 0
        |> Result.bind (fun struct (l, next) -> irrepFrom l text next)
        |> Result.bind (fun struct (irrep, next) -> if next = text.Length then Ok irrep else fail text next "the end")

/// Functions of one irrep.
[<RequireQualifiedAccess>]
module Irrep =
    /// The irrep of degree `l` (at least 0, otherwise ArgumentOutOfRangeException) and the given parity.
    let create (l: int) parity =
        Guard.atLeast "Irrep.create" (nameof l) 0 l
        Irrep(2 * l + (if parity = Parity.ofDegree l then 0 else 1))

    /// The scalar 0e.
    let scalar = Irrep 0

    /// Reads such a text as `1o` or, with y for the parity (−1)^l, `1y`.
    let parse (text: string) = IrrepsGrammar.single text

    /// `parse` for texts that are part of a program: ArgumentException with the error's message.
    let ofString text =
        match parse text with
        | Ok irrep -> irrep
        | Error error -> raise (ArgumentException(IrrepsError.message error, nameof text))

    /// All irreps in the product of two: l from |l₁−l₂| to l₁+l₂, ascending, with the product of the parities.
    let product (a: Irrep) (b: Irrep) =
        let parity = Parity.multiply a.Parity b.Parity
        [ for l in abs (a.L - b.L) .. a.L + b.L -> create l parity ]
