namespace Noether.AutoDiff

open System
open System.Collections.Generic
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

/// Large arrays: their elements begin at a cache line, so that no register's worth of a row lies in two, and arrays that
/// nobody reads any more are kept to be written again: the first touch of a page costs some thirty times what writing a
/// warm one does.
[<AbstractClass; Sealed>]
type internal Spare<'T when 'T: unmanaged> private () =
    static let lengths = Dictionary<int, Stack<'T[]>>()
    static let mutable bytes = 0L
    static let most = 512L * 1024L * 1024L
    static let line = 64 / sizeof<'T>

    /// Below this the collector's own youngest generation is warm.
    static member private IsLarge length = length * sizeof<'T> >= 65536

    /// The elements that an array for so many has room for: lengths that differ little take the same arrays, as blocks of
    /// a graph do.
    static member private Room length =
        let step = 1 <<< max 0 (BitOperations.Log2(uint length) - 3)
        if length > Int32.MaxValue - 2 * step then length else (length + step - 1) / step * step

    /// The place of the first of so many elements in an array from `Take`.
    static member Start(array: 'T[], length) =
        if array.Length = length then
            0
        else
            let address = Marshal.UnsafeAddrOfPinnedArrayElement(array, 0)
            int ((64n - address % 64n) % 64n) / sizeof<'T>

    /// The arrays that this thread took since `Open` and has not given back; null outside.
    [<ThreadStatic; DefaultValue>]
    static val mutable private taken: HashSet<'T[]> | null

    /// From here on arrays are noted that this thread takes. Returns what `Close` asks for.
    static member Open() : HashSet<'T[]> | null =
        let outer = Spare<'T>.taken
        Spare<'T>.taken <- HashSet<'T[]>(HashIdentity.Reference)
        outer

    /// Gives back all that was taken since `Open`, but for what is kept.
    static member Close(outer: HashSet<'T[]> | null, kept: HashSet<obj>) =
        let own = nonNull Spare<'T>.taken
        Spare<'T>.taken <- outer

        for array in own do
            if not (kept.Contains array) then
                Spare<'T>.Give(array, 0)
            else
                match outer with
                | null -> ()
                | outer -> outer.Add array |> ignore

    /// An array for so many elements, unspecified.
    static member Take length : 'T[] =
        if not (Spare<'T>.IsLarge length) then
            GC.AllocateUninitializedArray length
        else
            let room = Spare<'T>.Room length

            let found =
                lock lengths (fun () ->
                    match lengths.TryGetValue room with
                    | true, arrays when arrays.Count > 0 ->
                        bytes <- bytes - int64 room * int64 sizeof<'T>
                        ValueSome(arrays.Pop())
                    | _ -> ValueNone)

            let array =
                match found with
                | ValueSome array -> array
                | ValueNone -> GC.AllocateUninitializedArray(room + line, true)

            match Spare<'T>.taken with
            | null -> ()
            | taken -> taken.Add array |> ignore

            array

    /// Keeps an array of `Take` for so many elements that nobody else has. What is kept is at most 512 MB: beyond, all of
    /// it is dropped, since other lengths are in use now.
    static member Give(array: 'T[], length) =
        let room = array.Length - line

        match Spare<'T>.taken with
        | null -> ()
        | taken -> taken.Remove array |> ignore

        if array.Length > length && int64 room * int64 sizeof<'T> <= most then

            lock lengths (fun () ->
                let size = int64 room * int64 sizeof<'T>

                if bytes + size > most then
                    lengths.Clear()
                    bytes <- 0L

                match lengths.TryGetValue room with
                | true, arrays -> arrays.Push array
                | _ -> lengths.Add(room, Stack [ array ])

                bytes <- bytes + size)

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
    let start = Spare<'T>.Start(data, size)

    /// The elements, row-major.
    member _.Span = ReadOnlySpan<'T>(data, start, size)

    /// The elements as memory that can be kept.
    member _.Memory = ReadOnlyMemory<'T>(data, start, size)

    /// The elements, for the operation that is making this array.
    member internal _.Output = Span<'T>(data, start, size)

    /// The array that holds the elements.
    member internal _.Array = data

    /// Gives the elements back, for whoever alone has this array and uses it no more.
    member internal _.Release() = Spare<'T>.Give(data, size)

    override _.Size = size
    override _.Precision = if typeof<'T> = typeof<float32> then Float32 else Float64
    override _.At i = Double.CreateChecked data[start + i]
    override _.Reshape shape = Raw<'T>(shape, data)

/// Making and comparing raw arrays.
[<RequireQualifiedAccess>]
module internal Raw =

    /// An array whose elements are still to be written.
    let create shape = Raw<_>(shape, Spare.Take(Shape.size shape))

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

    /// Gives back an array that the caller alone has and uses no more: its memory will be another array's.
    let release (x: Raw) =
        match x with
        | :? Raw<float> as x -> x.Release()
        | :? Raw<float32> as x -> x.Release()
        | _ -> ()

    /// The results of a function, which alone outlive it: all other large arrays that were made in it are given back.
    let reusing (f: unit -> Raw[]) : Raw[] =
        let kept = HashSet<obj>(HashIdentity.Reference)
        let single, double = Spare<float32>.Open(), Spare<float>.Open()

        try
            let results = f ()

            for result in results do
                match result with
                | :? Raw<float> as x -> kept.Add x.Array |> ignore
                | :? Raw<float32> as x -> kept.Add x.Array |> ignore
                | _ -> ()

            results
        finally
            Spare<float32>.Close(single, kept)
            Spare<float>.Close(double, kept)

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
