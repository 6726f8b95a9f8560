namespace Noether.AutoDiff

open System
open System.Numerics
open System.Threading

/// A dense row-major array of either precision, without derivatives. Its elements are written once, by the operation that
/// makes it, and never again. Kernels run on these.
[<AbstractClass>]
type Raw internal (shape: int[]) =

    /// Axis lengths, outermost first. Not to be modified.
    member _.Shape = shape

    /// The number of elements.
    abstract Size: int

    /// The element type.
    abstract Precision: Precision

    /// The element at a position in row-major order, in double precision.
    abstract At: int -> float

    /// The same elements under another shape of the same size.
    abstract Reshape: int[] -> Raw

/// A dense row-major array of elements of one type.
[<Sealed>]
type Raw<'T
    when 'T: unmanaged
    and 'T: (new: unit -> 'T)
    and 'T: struct
    and 'T :> ValueType
    and 'T :> IBinaryFloatingPointIeee754<'T>> internal (shape: int[], data: 'T[]) =
    inherit Raw(shape)

    /// The elements, row-major.
    member _.Span = ReadOnlySpan<'T> data

    /// The elements as memory that can be kept.
    member _.Memory = ReadOnlyMemory<'T> data

    /// The elements, for the operation that is making this array.
    member internal _.Output = Span<'T> data

    override _.Size = data.Length
    override _.Precision = if typeof<'T> = typeof<float32> then Float32 else Float64
    override _.At i = Double.CreateChecked data[i]
    override _.Reshape shape = Raw<'T>(shape, data)

/// Making and comparing raw arrays.
[<RequireQualifiedAccess>]
module internal Raw =

    /// An array whose elements are still to be written.
    let create shape = Raw<_>(shape, GC.AllocateUninitializedArray(Shape.size shape))

    /// The array as one of a known element type.
    let typed (x: Raw) = x :?> Raw<_>

    /// An array of zeros.
    let zeros shape = Raw<_>(shape, Array.zeroCreate (Shape.size shape))

    /// An array of one repeated number.
    let full precision shape (value: float) : Raw =
        let n = Shape.size shape

        match precision with
        | Float64 -> Raw<float>(shape, Array.create n value)
        | Float32 -> Raw<float32>(shape, Array.create n (float32 value))

    /// Whether shapes, precisions and elements are the same; NaN equals NaN.
    let equal (a: Raw) (b: Raw) =
        Shape.equal a.Shape b.Shape
        && match a, b with
           | (:? Raw<float> as a), (:? Raw<float> as b) -> a.Span.SequenceEqual b.Span
           | (:? Raw<float32> as a), (:? Raw<float32> as b) -> a.Span.SequenceEqual b.Span
           | _ -> false

    /// A hash of the shape and the first elements.
    let hash (a: Raw) =
        let mutable hash = HashCode()

        for d in a.Shape do
            hash.Add d

        for i in 0 .. min 15 (a.Size - 1) do
            hash.Add(a.At i)

        hash.ToHashCode()

/// Numbers that only ever grow: differentiation levels and node ids. The only state that threads share.
module internal Counter =
    let mutable private last = 0L

    /// The first of `n` fresh consecutive numbers.
    let take (n: int) = Interlocked.Add(&last, int64 n) - int64 n + 1L
