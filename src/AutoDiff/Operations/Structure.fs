namespace Noether.AutoDiff

open System
open Noether.Kernels

/// The same elements under another shape.
[<Sealed>]
type internal Reshape(source: int[], target: int[]) =
    inherit Form("reshape", 2)

    override _.Contract(values, slot) =
        (Operations.Raw values[1 - slot]).Reshape(if slot = 1 then target else source) |> Raw.typed

/// y[e] = x[index[e]] on rows; its transpose adds up the rows with the same index.
[<Sealed>]
type internal Gather(index: int[], rows: int) =
    inherit Form("gather", 2)

    override _.Contract(values, slot) =
        let x = data values[1 - slot]

        let y = Raw.create (Array.append [| (if slot = 1 then index.Length else rows) |] x.Shape[1..])

        let width = Shape.size x.Shape[1..]

        if y.Size = 0 then ()
        elif slot = 1 then Rows.GatherInto(x.Span, width, ReadOnlySpan index, y.Output)
        else Rows.SegmentSumInto(x.Span, width, ReadOnlySpan index, y.Output)

        y

/// The views of an array that shapes, strides and an offset express.
[<RequireQualifiedAccess>]
module internal Views =

    let permute (axes: int[]) (x: Tensor) =
        if Array.sort axes <> [| 0 .. x.Rank - 1 |] then
            Shape.fail
                "permute"
                $"axes {Shape.print axes} are not a permutation of the axes of shape {Shape.print x.Shape}"

        let strides = Shape.strides x.Shape
        let pick (a: int[]) = axes |> Array.map (fun i -> a[i])

        if axes = [| 0 .. x.Rank - 1 |] then x else View(x.Shape, pick x.Shape, pick strides, 0).Apply(1, x)

    /// The view of elements start, start+step, … before stop along an axis.
    let along axis start stop step (shape: int[]) =
        let strides = Shape.strides shape
        let offset = start * strides[axis]

        let length = if step > 0 then (stop - start + step - 1) / step else (start - stop - step - 1) / -step

        strides[axis] <- strides[axis] * step
        View(shape, Array.updateAt axis (max 0 length) shape, strides, offset)

    let slice axis start stop (x: Tensor) =
        if start = 0 && stop = x.Shape[axis] then x else (along axis start stop 1 x.Shape).Apply(1, x)

    let sumTo (shape: int[]) (x: Tensor) = if Shape.equal shape x.Shape then x else Stretch(shape, x.Shape, false).Of x

/// Arrays one after the other along an axis; a sum of one-argument forms.
[<Sealed>]
type internal Concat(axis: int, lengths: int[]) =
    inherit Operation("concat")

    let starts = Array.scan (+) 0 lengths

    override _.Compute inputs =
        let parts = inputs |> Array.map (fun x -> data x)
        let shape = Array.copy parts[0].Shape
        shape[axis] <- Array.sum lengths
        let y = Raw.create shape
        let inner = Shape.size shape[axis + 1 ..]
        let outer = Shape.size shape[.. axis - 1]

        parts
        |> Array.iteri (fun i part ->
            let width = lengths[i] * inner

            for row in 0 .. outer - 1 do
                part.Span
                    .Slice(row * width, width)
                    .CopyTo(y.Output.Slice(row * shape[axis] * inner + starts[i] * inner, width)))

        y

    override this.Pushforward(node, tangents) =
        let filled i (t: Tensor | null) : Tensor | null =
            match t with
            | null -> Operations.Full(node.Input i, 0.0)
            | t -> t

        Operation.Apply(this, Array.mapi filled tangents)

    override _.Pullback(node, g) =
        Array.init lengths.Length (fun i -> node.Pull(i, Views.slice axis starts[i] starts[i + 1], g[0]))

/// An array cut along an axis: the transpose of `Concat`.
[<Sealed>]
type internal Split(axis: int, lengths: int[]) =
    inherit Operation("split")

    let starts = Array.scan (+) 0 lengths

    override _.Compute _ = Shape.fail "split" "a split has several outputs"

    override _.Value inputs =
        let x = Constant(Operations.Raw inputs[0])
        Array.init lengths.Length (fun i -> Views.slice axis starts[i] starts[i + 1] x)

    override this.Pushforward(_, tangents) = Operation.Apply(this, tangents)

    override _.Pullback(node, g) =
        let filled i (g: Tensor | null) : Tensor | null =
            match g with
            | null -> Operations.Full(node.Output i, 0.0)
            | g -> g

        Operation.Apply(Concat(axis, lengths), Array.mapi filled g)

/// mask ? a : b; a sum of one-argument forms. The branch not taken never matters.
[<Sealed>]
type internal Select(mask: bool[]) =
    inherit Operation("select")

    let pick (a: Tensor) (b: Tensor) = Operations.Apply(Select mask, a, b)

    let zeros (x: Tensor) = Operations.Full(x, 0.0)

    override _.Compute inputs =
        let a = data inputs[0]
        let b = data inputs[1]
        let y = Raw.create a.Shape
        Elementwise.Select(ReadOnlySpan mask, a.Span, b.Span, y.Output)
        y

    override _.Pushforward(_, t) =
        let left = Operations.Map((fun t -> pick t (zeros t)), t[0])
        [| Operations.Plus(left, Operations.Map((fun t -> pick (zeros t) t), t[1])) |]

    override _.Pullback(node, g) =
        [| node.Pull(0, (fun g -> pick g (zeros g)), g[0]); node.Pull(1, (fun g -> pick (zeros g) g), g[0]) |]

/// The same numbers in the other precision.
[<Sealed>]
type internal Cast(source: Precision, target: Precision) =
    inherit Operation("cast")

    let back t = Operations.Map((fun t -> Operations.Apply(Cast(target, source), t)), t)

    let forth t = Operations.Map((fun t -> Operations.Apply(Cast(source, target), t)), t)

    override _.Compute inputs = data inputs[0]

    override _.Only inputs =
        let converted: Raw =
            match (nonNull inputs[0]).Raw with
            | :? Raw<float> as x when target = Float32 ->
                let y: Raw<float32> = Raw.create x.Shape
                Elementwise.Convert(x.Span, y.Output)
                y
            | :? Raw<float32> as x when target = Float64 ->
                let y: Raw<float> = Raw.create x.Shape
                Elementwise.Convert(x.Span, y.Output)
                y
            | same -> same

        Constant converted

    override _.Pushforward(_, t) = [| forth t[0] |]
    override _.Pullback(_, g) = [| back g[0] |]

/// Structure: shapes, views, rows, parts.
[<AutoOpen>]
module StructureFunctions =

    let private fixedAxis operation (x: Tensor) axis = Shape.axis operation x.Shape axis

    /// The place of an axis to be added, counted from the end when negative.
    let private newAxis operation (x: Tensor) axis =
        let k = if axis < 0 then axis + x.Rank + 1 else axis

        if k < 0 || k > x.Rank then
            Shape.fail operation $"axis {axis} cannot be added to shape {Shape.print x.Shape}"

        k

    let private keepDims (axes: int[]) (shape: int[]) =
        shape |> Array.mapi (fun i d -> if Array.contains i axes then 1 else d)

    let private dropDims (axes: int[]) (shape: int[]) =
        shape |> Array.indexed |> Array.filter (fun (i, _) -> not (Array.contains i axes)) |> Array.map snd

    type Tensor with

        /// The same elements, row-major, under another shape of the same size; one length may be −1 and is then computed.
        static member reshape (shape: int[]) (x: Tensor) =
            let asked = shape
            let given = asked |> Array.filter (fun d -> d <> -1)
            let known = Shape.size given

            let shape = asked |> Array.map (fun d -> if d = -1 && known > 0 then x.Size / known else d)

            if
                asked.Length > given.Length + 1 || shape |> Array.exists (fun d -> d < 0) || Shape.size shape <> x.Size
            then
                Shape.mismatch "reshape" x.Shape asked "the same number of elements, at most one length left open"

            if Shape.equal shape x.Shape then x else Reshape(x.Shape, shape).Apply(1, x)

        /// The axes in another order: axis i of the result is axis `axes[i]` of x.
        static member permute (axes: int[]) (x: Tensor) = Views.permute axes x

        /// The last two axes exchanged.
        static member transpose(x: Tensor) =
            if x.Rank < 2 then Shape.fail "transpose" $"shape {Shape.print x.Shape} has fewer than two axes"

            Views.permute [| yield! [ 0 .. x.Rank - 3 ]; x.Rank - 1; x.Rank - 2 |] x

        /// Elements start … stop−1 along an axis.
        static member slice (axis: int) (start: int) (stop: int) (x: Tensor) =
            let axis = fixedAxis "slice" x axis

            if start < 0 || stop < start || stop > x.Shape[axis] then
                Shape.fail "slice" $"range {start} … {stop} does not lie in axis {axis} of shape {Shape.print x.Shape}"

            Views.slice axis start stop x

        /// The elements along an axis in the opposite order.
        static member flip (axis: int) (x: Tensor) =
            let axis = fixedAxis "flip" x axis
            (Views.along axis (x.Shape[axis] - 1) -1 -1 x.Shape).Apply(1, x)

        /// Zeros before and after the elements along an axis.
        static member pad (axis: int) (before: int) (after: int) (x: Tensor) =
            let axis = fixedAxis "pad" x axis

            if before < 0 || after < 0 then Shape.fail "pad" $"widths {before} and {after}; expected 0 or more"

            let length = x.Shape[axis]
            let padded = Array.updateAt axis (before + length + after) x.Shape
            (Views.along axis before (before + length) 1 padded).Apply(0, x)

        /// The tensor repeated along its axes of length 1 to a shape of the same rank; a single number goes to any shape.
        static member expand (shape: int[]) (x: Tensor) =
            if not (Shape.equal (Shape.broadcast "expand" x.Shape shape) shape) then
                Shape.mismatch "expand" x.Shape shape "axes of length 1 where the lengths differ"

            Stretch(x.Shape, shape, true).Of x

        /// The sum of all that `expand` from `shape` would have repeated: its transpose.
        static member sumTo (shape: int[]) (x: Tensor) =
            if not (Shape.equal (Shape.broadcast "sumTo" x.Shape shape) x.Shape) then
                Shape.mismatch "sumTo" x.Shape shape "axes of length 1 where the lengths differ"

            Views.sumTo shape x

        /// The sum of all elements.
        static member sum(x: Tensor) = Views.sumTo Shape.scalar x

        /// The sum along axes, which disappear.
        static member sumAxes (axes: int[]) (x: Tensor) =
            let axes = axes |> Array.map (fixedAxis "sumAxes" x)
            x |> Views.sumTo (keepDims axes x.Shape) |> Tensor.reshape (dropDims axes x.Shape)

        /// The mean of all elements. An empty tensor is a `TensorException`.
        static member mean(x: Tensor) =
            if x.Size = 0 then Shape.fail "mean" $"shape {Shape.print x.Shape} has no elements"

            Tensor.sum x / float x.Size

        /// A new axis of length 1 at a position.
        static member unsqueeze (axis: int) (x: Tensor) =
            Tensor.reshape (Array.insertAt (newAxis "unsqueeze" x axis) 1 x.Shape) x

        /// Row e of the result is row `index[e]` of x, [n, …] → [e, …]. An index out of range is an error.
        /// The index array must not be modified afterwards.
        static member gather (index: int[]) (x: Tensor) =
            if x.Rank = 0 then Shape.fail "gather" "a single number has no rows"

            Domain.indices "gather" index x.Shape[0]
            Gather(index, x.Shape[0]).Apply(1, x)

        /// The transpose of `gather`: row r of the result is the sum of the rows e with `index[e]` = r, [e, …] → [n, …].
        static member segmentSum (index: int[]) (rows: int) (x: Tensor) =
            if x.Rank = 0 || x.Shape[0] <> index.Length then
                Shape.fail
                    "segmentSum"
                    $"shape {Shape.print x.Shape} does not have {index.Length} rows, one for each index"

            if rows < 0 then Shape.fail "segmentSum" $"{rows} rows; expected 0 or more"

            Domain.indices "segmentSum" index rows
            Gather(index, rows).Apply(0, x)

        /// Tensors one after the other along an axis; all other lengths must agree.
        static member concat (axis: int) (parts: Tensor list) =
            match parts with
            | [] -> Shape.fail "concat" "no tensors"
            | [ one ] -> one
            | first :: rest ->
                let axis = fixedAxis "concat" first axis

                for x in rest do
                    if x.Rank <> first.Rank || Array.removeAt axis x.Shape <> Array.removeAt axis first.Shape then
                        Shape.mismatch "concat" first.Shape x.Shape $"equal lengths but on axis {axis}"

                let lengths = [| for x in parts -> x.Shape[axis] |]
                Operation.Apply(Concat(axis, lengths), [| for x in parts -> x |])[0] |> nonNull

        /// The tensor cut along an axis into consecutive parts of the given lengths, which `concat` joins again.
        static member split (axis: int) (lengths: int[]) (x: Tensor) : Tensor[] =
            let axis = fixedAxis "split" x axis

            if Array.exists (fun length -> length < 0) lengths || Array.sum lengths <> x.Shape[axis] then
                Shape.fail "split" $"lengths {Shape.print lengths} of axis {axis} of shape {Shape.print x.Shape}"

            Operation.Apply(Split(axis, Array.copy lengths), [| x |]) |> Array.map nonNull

        /// Tensors of one shape along a new axis.
        static member stack (axis: int) (parts: Tensor list) =
            match parts with
            | [] -> Shape.fail "stack" "no tensors"
            | first :: rest ->
                for x in rest do
                    if not (Shape.equal x.Shape first.Shape) then
                        Shape.mismatch "stack" first.Shape x.Shape "equal shapes"

                let axis = newAxis "stack" first axis
                parts |> List.map (Tensor.unsqueeze axis) |> Tensor.concat axis

        /// Element by element a where the mask is true, else b. Whatever stands in the branch not taken, a NaN too, has no
        /// influence on value or derivatives. Single numbers are repeated.
        static member select (mask: bool[]) (a: Tensor) (b: Tensor) =
            let shape = Shape.broadcast "select" a.Shape b.Shape

            if mask.Length <> Shape.size shape then
                Shape.fail "select" $"a mask of {mask.Length} entries for shape {Shape.print shape}"

            Operations.Apply(Select mask, Stretch(a.Shape, shape, true).Of a, Stretch(b.Shape, shape, true).Of b)

        /// The same numbers in the asked precision; the one way from one precision to the other.
        static member cast (precision: Precision) (x: Tensor) =
            if x.Precision = precision then x else Operations.Apply(Cast(x.Precision, precision), x)

        /// √x of x ≥ 0, with derivative 0 where x is 0, to every order: of squared lengths, where no direction is preferred.
        static member safeSqrt(x: Tensor) =
            let zero = Tensor.toArray x |> Array.map (fun value -> value = 0.0)

            if Array.contains true zero then
                // The root is taken of something else where it has no derivative, and then not used.
                let kept = Tensor.select zero (Tensor.onesLike x) x
                Tensor.select zero (Tensor.zerosLike x) (Tensor.sqrt kept)
            else
                Tensor.sqrt x
