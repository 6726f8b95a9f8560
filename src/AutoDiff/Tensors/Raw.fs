namespace Noether.AutoDiff

open System
open System.Numerics
open System.Runtime.InteropServices
open System.Threading
open Noether.Kernels

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

/// The arrays that hold elements. Those of large tensors begin at a cache line, so that no register's worth of a row
/// lies in two, and are used again when their owner has no more use for them.
[<RequireQualifiedAccess>]
module internal ElementArray =
    let private line<'T when 'T: unmanaged> = 64 / sizeof<'T>

    /// The length of an array for so many elements: lengths that differ little take the same arrays, as blocks of a graph
    /// do.
    let private room<'T when 'T: unmanaged> length =
        let step = 1 <<< max 0 (BitOperations.Log2(uint length) - 3)
        let rounded = if length > Int32.MaxValue - 2 * step then length else (length + step - 1) / step * step
        rounded + line<'T>

    /// An array for so many elements, unspecified. Below 64 kB the collector's own youngest generation is warm.
    let take<'T when 'T: unmanaged> length : 'T[] =
        if length * sizeof<'T> < 65536 then
            GC.AllocateUninitializedArray length
        else
            Owner.TakePinned<'T>(room<'T> length)

    /// The place of the first of so many elements in an array from `take`.
    let start (array: 'T[]) length =
        if array.Length = length then
            0
        else
            let address = Marshal.UnsafeAddrOfPinnedArrayElement(array, 0)
            int ((64n - address % 64n) % 64n) / sizeof<'T>

/// A dense row-major array of elements of one type.
[<Sealed>]
type Raw<'T
    when 'T: unmanaged
    and 'T: (new: unit -> 'T)
    and 'T: struct
    and 'T :> ValueType
    and 'T :> IBinaryFloatingPointIeee754<'T>> internal (shape: int[], data: 'T[]) =
    inherit Raw(shape)

    let size = Shape.size shape
    let start = ElementArray.start data size

    /// The elements, row-major.
    member _.Span = ReadOnlySpan<'T>(data, start, size)

    /// The elements as memory that can be kept.
    member _.Memory = ReadOnlyMemory<'T>(data, start, size)

    /// The elements, for the operation that is making this array.
    member internal _.Output = Span<'T>(data, start, size)

    /// The array that holds the elements, perhaps with room around them.
    member internal _.Array = data

    override _.Size = size
    override _.Precision = if typeof<'T> = typeof<float32> then Float32 else Float64
    override _.At i = Double.CreateChecked data[start + i]
    override _.Reshape shape = Raw<'T>(shape, data)

/// Making and comparing raw arrays.
[<RequireQualifiedAccess>]
module internal Raw =

    /// An array whose elements are still to be written.
    let create shape = Raw<_>(shape, ElementArray.take (Shape.size shape))

    /// The array as one of a known element type.
    let typed (x: Raw) = x :?> Raw<_>

    /// An array of zeros.
    let zeros shape =
        let x = create shape
        x.Output.Clear()
        x

    /// Adds b to a, an array that the caller alone has.
    let addInPlace operation (a: Raw) (b: Raw) =
        match a, b with
        | (:? Raw<float> as a), (:? Raw<float> as b) -> Elementwise.AddInPlace(b.Span, a.Output)
        | (:? Raw<float32> as a), (:? Raw<float32> as b) -> Elementwise.AddInPlace(b.Span, a.Output)
        | _ -> Shape.fail operation $"mixed precisions, {a.Precision} and {b.Precision}"

    /// The array that holds the elements.
    let array (x: Raw) : Array =
        match x with
        | :? Raw<float> as x -> x.Array
        | x -> (typed x: Raw<float32>).Array

    /// Ends the use of an array, if the owner has it. Small ones are left to the collector.
    let release (owner: Owner) (x: Raw) =
        let elements = array x

        if elements.Length > x.Size then owner.Release elements else owner.Disown elements |> ignore

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
