namespace Noether.Domain

open System
open System.Collections.Immutable
open System.Runtime.InteropServices

/// The numbers of an array of NumPy, in C order, by their type. Two are equal when type and bits are.
[<RequireQualifiedAccess; CustomEquality; NoComparison>]
type NpyData =
    /// f8: float64.
    | Float64 of ImmutableArray<float>
    /// f4: float32.
    | Float32 of ImmutableArray<float32>
    /// i8: signed, 64 bits.
    | Int64 of ImmutableArray<int64>
    /// i4: signed, 32 bits.
    | Int32 of ImmutableArray<int32>
    /// i2: signed, 16 bits.
    | Int16 of ImmutableArray<int16>
    /// i1: signed, 8 bits.
    | Int8 of ImmutableArray<sbyte>
    /// u8: unsigned, 64 bits.
    | UInt64 of ImmutableArray<uint64>
    /// u4: unsigned, 32 bits.
    | UInt32 of ImmutableArray<uint32>
    /// u2: unsigned, 16 bits.
    | UInt16 of ImmutableArray<uint16>
    /// u1: unsigned, 8 bits.
    | UInt8 of ImmutableArray<byte>
    /// b1: truth values.
    | Bool of ImmutableArray<bool>

    /// NumPy's name of the type without the byte order: "f8" is float64, "b1" bool.
    member data.TypeName =
        match data with
        | Float64 _ -> "f8"
        | Float32 _ -> "f4"
        | Int64 _ -> "i8"
        | Int32 _ -> "i4"
        | Int16 _ -> "i2"
        | Int8 _ -> "i1"
        | UInt64 _ -> "u8"
        | UInt32 _ -> "u4"
        | UInt16 _ -> "u2"
        | UInt8 _ -> "u1"
        | Bool _ -> "b1"

    /// The values as they lie in memory.
    member internal data.Bytes: ReadOnlySpan<byte> =
        match data with
        | Float64 a -> MemoryMarshal.AsBytes(a.AsSpan())
        | Float32 a -> MemoryMarshal.AsBytes(a.AsSpan())
        | Int64 a -> MemoryMarshal.AsBytes(a.AsSpan())
        | Int32 a -> MemoryMarshal.AsBytes(a.AsSpan())
        | Int16 a -> MemoryMarshal.AsBytes(a.AsSpan())
        | Int8 a -> MemoryMarshal.AsBytes(a.AsSpan())
        | UInt64 a -> MemoryMarshal.AsBytes(a.AsSpan())
        | UInt32 a -> MemoryMarshal.AsBytes(a.AsSpan())
        | UInt16 a -> MemoryMarshal.AsBytes(a.AsSpan())
        | UInt8 a -> a.AsSpan()
        | Bool a -> MemoryMarshal.AsBytes(a.AsSpan())

    /// How many values there are.
    member data.Length =
        match data with
        | Float64 a -> a.Length
        | Float32 a -> a.Length
        | Int64 a -> a.Length
        | Int32 a -> a.Length
        | Int16 a -> a.Length
        | Int8 a -> a.Length
        | UInt64 a -> a.Length
        | UInt32 a -> a.Length
        | UInt16 a -> a.Length
        | UInt8 a -> a.Length
        | Bool a -> a.Length

    /// Equal types and equal bits.
    override data.Equals(other) =
        match other with
        | :? NpyData as other -> data.TypeName = other.TypeName && data.Bytes.SequenceEqual other.Bytes
        | _ -> false

    /// A hash of the type and the bits.
    override data.GetHashCode() =
        let mutable hash = HashCode()
        hash.Add data.TypeName
        hash.AddBytes data.Bytes
        hash.ToHashCode()

/// An array of NumPy: numbers and their shape.
///
/// *Shape.* Extents, C order (the last index runs fastest): `[]` is one number, `[3]` a vector, `[2; 3]` a matrix of two
/// rows. *Invariant.* The product of the extents is the number of values; no extent is negative.
[<Sealed; AllowNullLiteral(false)>]
type NpyArray internal (shape: int list, data: NpyData) =
    /// The extents, C order; empty for one number.
    member _.Shape = shape

    /// The values, C order.
    member _.Data = data

    /// Equal shapes, types and bits.
    override _.Equals(other) =
        match other with
        | :? NpyArray as other -> shape = other.Shape && data.Equals other.Data
        | _ -> false

    /// A hash of shape and values.
    override _.GetHashCode() = HashCode.Combine(List.length shape, data.GetHashCode())

    /// The type and the shape: "f8 [2; 3]".
    override _.ToString() = $"""{data.TypeName} [{shape |> List.map string |> String.concat "; "}]"""

/// Making arrays and looking into them.
[<RequireQualifiedAccess>]
module NpyArray =
    /// The most axes of an array, as in NumPy 2.
    let internal mostAxes = 64

    /// An array of this shape. Errors: `Inconsistent` where the extents do not multiply to the number of values,
    /// `InvalidArgument` for more than 64 axes.
    let create (shape: int list) (data: NpyData) : Result<NpyArray, NoetherError> =
        // Zero extents first, so that the product of the others cannot overflow to the right number.
        let count =
            if List.contains 0 shape then
                0.0
            else
                List.fold (fun product extent -> product * float extent) 1.0 shape

        if shape.Length > mostAxes then
            Error(InvalidArgument("the number of axes", $"{shape.Length}", $"at most {mostAxes}"))
        elif List.exists (fun extent -> extent < 0) shape || count <> float data.Length then
            let extents = shape |> List.map string |> String.concat "; "
            Error(Inconsistent($"an array of shape [{extents}]", $"{data.Length} values", $"{count}"))
        else
            Ok(NpyArray(shape, data))

    /// A float64 array of this shape from values in C order. Errors as `create`.
    let ofReals (shape: int list) (values: float seq) =
        create shape (NpyData.Float64(ImmutableArray.CreateRange values))

    /// The values as float64, C order: numbers of 64 bits beyond 2⁵³ are rounded, truth values are 0 and 1.
    let toReals (array: NpyArray) : ImmutableArray<float> =
        let map (convert: 'T -> float) (values: ImmutableArray<'T>) = ImmutableArray.CreateRange(values, convert)

        match array.Data with
        | NpyData.Float64 a -> a
        | NpyData.Float32 a -> map float a
        | NpyData.Int64 a -> map float a
        | NpyData.Int32 a -> map float a
        | NpyData.Int16 a -> map float a
        | NpyData.Int8 a -> map float a
        | NpyData.UInt64 a -> map float a
        | NpyData.UInt32 a -> map float a
        | NpyData.UInt16 a -> map float a
        | NpyData.UInt8 a -> map float a
        | NpyData.Bool a -> map (fun truth -> if truth then 1.0 else 0.0) a
