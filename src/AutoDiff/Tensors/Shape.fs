namespace Noether.AutoDiff

open System

/// A tensor operation was asked for something that has no meaning: shapes that do not fit, mixed precisions, an index
/// out of range, a singular system, a value outside a function's domain. The message names the operation and what it saw.
[<Sealed>]
type TensorException(operation: string, message: string) =
    inherit ArgumentException(operation + ": " + message)

    /// The name of the operation that refused.
    member _.Operation = operation

/// The element type of a tensor: 4 or 8 bytes, IEEE 754.
[<Struct>]
type Precision =
    /// Single precision, for learning.
    | Float32
    /// Double precision, for physics.
    | Float64

/// Arithmetic on shapes. A shape is the array of a tensor's axis lengths, outermost first; rank 0 is a single number.
/// Shapes are never modified after they were given to a tensor.
[<RequireQualifiedAccess>]
module Shape =

    /// The shape of a single number.
    let scalar: int[] = Array.empty

    /// The number of elements. An axis of length 0 makes it 0; more than 2³¹−1 elements is an `OverflowException`.
    let size (shape: int[]) =
        let mutable n = 1

        for d in shape do
            n <- Checked.(*) n d

        n

    /// Whether both shapes are the same, axis by axis.
    let equal (a: int[]) (b: int[]) = obj.ReferenceEquals(a, b) || a.AsSpan().SequenceEqual(ReadOnlySpan b)

    /// The shape as people write it, for instance `[20, 3]`.
    let print (shape: int[]) = "[" + String.Join(", ", shape) + "]"

    /// Raises the one exception of this layer.
    let fail operation message : 'a = raise (TensorException(operation, message))

    /// Raises because of two shapes that do not fit each other.
    let mismatch operation (a: int[]) (b: int[]) expected : 'a =
        fail operation $"shapes {print a} and {print b} do not fit: {expected}"

    /// Distances in elements between neighbours along each axis of a contiguous array (row-major).
    let strides (shape: int[]) =
        let s = Array.zeroCreate shape.Length
        let mutable n = 1

        for i = shape.Length - 1 downto 0 do
            s[i] <- n
            n <- n * shape[i]

        s

    /// An axis number counted from the end when negative, as in numpy; checked.
    let axis operation (shape: int[]) i =
        let k = if i < 0 then i + shape.Length else i

        if k < 0 || k >= shape.Length then fail operation $"axis {i} does not exist in shape {print shape}"

        k

    /// The common shape of two arguments that are combined element by element. Axes of length 1 stretch; a single number
    /// goes with everything; otherwise the ranks must agree (a silent change of rank is the commonest shape mistake).
    let broadcast operation (a: int[]) (b: int[]) =
        if equal a b || b.Length = 0 then
            a
        elif a.Length = 0 then
            b
        elif a.Length <> b.Length then
            mismatch operation a b "equal ranks, or one single number"
        else
            Array.map2
                (fun m n ->
                    if m = n || n = 1 then m
                    elif m = 1 then n
                    else mismatch operation a b "equal lengths, or length 1, on every axis")
                a
                b

    /// Element strides that read an array of shape `small` as if it had the shape `large` (0 where it is repeated).
    let stretch (small: int[]) (large: int[]) =
        if small.Length = 0 then
            Array.zeroCreate large.Length
        else
            Array.map2 (fun d s -> if d = 1 then 0 else s) small (strides small)
