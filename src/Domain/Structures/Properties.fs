namespace Noether.Domain

open System
open System.Collections.Immutable
open System.Runtime.InteropServices
open System.Text

/// Numbers, truths or words, of one of the four types a file can hold.
/// Two are equal when their types and all their values are (NaN equals NaN here: it is the same text).
[<CustomEquality; NoComparison>]
type Values =
    /// Float64 numbers; NaN and infinities are allowed.
    | Reals of ImmutableArray<float>
    /// 64-bit integers.
    | Integers of ImmutableArray<int64>
    /// Truth values.
    | Booleans of ImmutableArray<bool>
    /// Strings of well-formed Unicode.
    | Texts of ImmutableArray<string>

    /// How many values there are.
    member values.Length =
        match values with
        | Reals a -> a.Length
        | Integers a -> a.Length
        | Booleans a -> a.Length
        | Texts a -> a.Length

    /// The name of the type: "real", "integer", "boolean" or "text".
    member values.TypeName =
        match values with
        | Reals _ -> "real"
        | Integers _ -> "integer"
        | Booleans _ -> "boolean"
        | Texts _ -> "text"

    /// Equal types and equal values.
    override values.Equals(other) =
        match other with
        | :? Values as other ->
            match values, other with
            | Reals a, Reals b -> a.AsSpan().SequenceEqual(b.AsSpan())
            | Integers a, Integers b -> a.AsSpan().SequenceEqual(b.AsSpan())
            | Booleans a, Booleans b -> a.AsSpan().SequenceEqual(b.AsSpan())
            | Texts a, Texts b -> a.AsSpan().SequenceEqual(b.AsSpan())
            | _ -> false
        | _ -> false

    /// A hash of the type and the values.
    override values.GetHashCode() =
        let mutable hash = HashCode()
        hash.Add values.TypeName

        match values with
        | Reals a ->
            for x in a do
                hash.Add x
        | Integers a ->
            for x in a do
                hash.Add x
        | Booleans a ->
            for x in a do
                hash.Add x
        | Texts a ->
            for x in a do
                hash.Add x

        hash.ToHashCode()

/// A value of a structure or of each of its atoms: numbers, truths or words, and their shape.
///
/// *Shape.* A list of extents, C order: `[]` is a scalar, `[3]` a vector, `[3; 3]` a matrix.
/// Of an atom property the first extent is the number of atoms: `[n]`, or `[n; w]` with w ≥ 2 columns.
///
/// *Invariant.* The product of the extents is the number of values, no extent is negative, no string is ill-formed.
///
/// *Example.* `Property.real 0.163` is a scalar; `Property.create [ 2; 3 ] (Reals forces)` are the forces of two atoms.
[<Sealed; AllowNullLiteral(false)>]
type Property internal (shape: int list, values: Values) =
    /// The extents, C order; empty for a scalar.
    member _.Shape = shape

    /// The values, C order.
    member _.Values = values

    /// Equal shapes and equal values.
    override _.Equals(other) =
        match other with
        | :? Property as other -> shape = other.Shape && values.Equals other.Values
        | _ -> false

    /// A hash of shape and values.
    override _.GetHashCode() = HashCode.Combine(List.length shape, values.GetHashCode())

    /// The type and the shape: "real [2; 3]".
    override _.ToString() = $"""{values.TypeName} [{shape |> List.map string |> String.concat "; "}]"""

/// Making properties and looking into them.
[<RequireQualifiedAccess>]
module Property =
    let private wellFormed (text: string) =
        let mutable rest = text.AsSpan()
        let mutable good = true

        while good && not rest.IsEmpty do
            let mutable rune = Rune()
            let mutable used = 0

            good <- Rune.DecodeFromUtf16(rest, &rune, &used) = Buffers.OperationStatus.Done
            rest <- rest.Slice used

        good

    /// A property of this shape. Errors: `Inconsistent` where the extents do not multiply to the number of values,
    /// `InvalidArgument` for a string that holds half of a surrogate pair and so has no encoding.
    let create (shape: int list) (values: Values) : Result<Property, NoetherError> =
        let count = List.fold (fun product extent -> product * int64 extent) 1L shape

        if List.exists (fun extent -> extent < 0) shape || count <> int64 values.Length then
            let extents = shape |> List.map string |> String.concat "; "
            Error(Inconsistent($"a property of shape [{extents}]", $"{values.Length} values", $"{count}"))
        else
            match values with
            | Texts words ->
                match words |> Seq.tryFind (wellFormed >> not) with
                | Some word -> Error(InvalidArgument("a text", $"'{word}'", "well-formed Unicode"))
                | None -> Ok(Property(shape, values))
            | _ -> Ok(Property(shape, values))

    let private scalar values = Property([], values)

    let private vector (values: Values) = Property([ values.Length ], values)

    /// One real number.
    let real (value: float) = scalar (Reals(ImmutableArray.Create value))

    /// A vector of real numbers.
    let reals (values: float seq) = vector (Reals(ImmutableArray.CreateRange values))

    /// One integer.
    let integer (value: int64) = scalar (Integers(ImmutableArray.Create value))

    /// A vector of integers.
    let integers (values: int64 seq) = vector (Integers(ImmutableArray.CreateRange values))

    /// One truth.
    let boolean (value: bool) = scalar (Booleans(ImmutableArray.Create value))

    /// A vector of truths.
    let booleans (values: bool seq) = vector (Booleans(ImmutableArray.CreateRange values))

    /// One string. Raises `NoetherException` where it is not well-formed Unicode.
    let text (value: string) = create [] (Texts(ImmutableArray.Create value)) |> Outcome.getOrFail

    /// A vector of strings. Raises `NoetherException` where one is not well-formed Unicode.
    let texts (values: string seq) =
        let values = ImmutableArray.CreateRange values
        create [ values.Length ] (Texts values) |> Outcome.getOrFail

    /// Rows of real numbers, all of the given width: n·w numbers, row by row, become [n; w], or [n] where w is 1.
    /// Errors: `Inconsistent` where the width does not divide the number of values.
    /// Raises ArgumentException for a width below 1.
    let rows (width: int) (values: float seq) =
        if width < 1 then
            invalidArg (nameof width) $"Property.rows: {width} columns, expected at least one."

        let values = ImmutableArray.CreateRange values
        let n = values.Length / width
        create (if width = 1 then [ n ] else [ n; width ]) (Reals values)

    /// How many values of an atom property belong to one atom.
    let private width (property: Property) = List.fold (*) 1 (List.tail property.Shape)

    /// The rows of an atom property at these atoms, in this order.
    let internal take (atoms: int[]) (property: Property) =
        let w = width property

        let pick (values: ImmutableArray<'T>) =
            let result: 'T[] = Array.zeroCreate (atoms.Length * w)

            for k in 0 .. atoms.Length - 1 do
                values.AsSpan(atoms[k] * w, w).CopyTo(Span(result, k * w, w))

            ImmutableCollectionsMarshal.AsImmutableArray result

        let values =
            match property.Values with
            | Reals x -> Reals(pick x)
            | Integers x -> Integers(pick x)
            | Booleans x -> Booleans(pick x)
            | Texts x -> Texts(pick x)

        Property(atoms.Length :: List.tail property.Shape, values)

    /// An atom property whose rows are those of the first and then those of the second; `None` where their types or
    /// their numbers of columns differ.
    let internal append (first: Property) (second: Property) =
        let joined values = Some(Property(first.Shape[0] + second.Shape[0] :: List.tail first.Shape, values))

        match first.Values, second.Values with
        | _ when List.tail first.Shape <> List.tail second.Shape -> None
        | Reals a, Reals b -> joined (Reals(a.AddRange b))
        | Integers a, Integers b -> joined (Integers(a.AddRange b))
        | Booleans a, Booleans b -> joined (Booleans(a.AddRange b))
        | Texts a, Texts b -> joined (Texts(a.AddRange b))
        | _ -> None

    /// The number of a scalar: a real one, or an integer as a real one.
    let tryReal (property: Property) =
        match property.Shape, property.Values with
        | [], Reals a -> Some a[0]
        | [], Integers a -> Some(float a[0])
        | _ -> None

    /// The string of a scalar string.
    let tryText (property: Property) =
        match property.Shape, property.Values with
        | [], Texts a -> Some a[0]
        | _ -> None

    /// All values as real numbers, C order, if they are real or integer.
    let tryReals (property: Property) =
        match property.Values with
        | Reals a -> Some a
        | Integers a -> Some(ImmutableArray.CreateRange(a, float))
        | _ -> None
