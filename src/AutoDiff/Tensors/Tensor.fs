namespace Noether.AutoDiff

open System
open System.Numerics

/// An immutable array of real numbers of one precision, with derivatives of any order in forward and reverse mode.
///
/// A tensor is a constant, or a forward dual (value and tangent), or an output of a node on a reverse tape. Value and
/// tangent are tensors themselves, so differentiations nest. Each differentiation has a level, and levels only increase:
/// an operation acts at the highest level among its arguments and treats what is below as constant there.
[<CustomEquality; NoComparison; StructuredFormatDisplay("{Text}")>]
type Tensor =
    internal
    | Constant of raw: Raw
    | Forward of primal: Tensor * tangent: Tensor * level: int64
    | Reverse of primal: Tensor * node: Node * output: int

    /// The value without derivatives.
    member this.Raw =
        match this with
        | Constant raw -> raw
        | Forward(primal, _, _)
        | Reverse(primal, _, _) -> primal.Raw

    /// Axis lengths, outermost first. Not to be modified.
    member this.Shape = this.Raw.Shape
    /// The number of axes; 0 for a single number.
    member this.Rank = this.Raw.Shape.Length
    /// The number of elements.
    member this.Size = this.Raw.Size
    /// The element type.
    member this.Precision = this.Raw.Precision

    /// The level of the innermost differentiation this tensor takes part in; 0 for a constant.
    member internal this.Level =
        match this with
        | Constant _ -> 0L
        | Forward(_, _, level) -> level
        | Reverse(_, node, _) -> node.Level

    /// The tensor as the outside of the differentiation at `level` sees it.
    member internal this.Strip level =
        match this with
        | Forward(primal, _, l) when l = level -> primal
        | Reverse(primal, node, _) when node.Level = level -> primal
        | other -> other

    /// The elements as text, in numpy's layout.
    member this.Text = Print.raw this.Raw
    override this.ToString() = this.Text
    override this.GetHashCode() = Raw.hash this.Raw

    /// Equal shapes, precisions and elements; derivatives are not compared, NaN equals NaN.
    override this.Equals other =
        match other with
        | :? Tensor as that -> Raw.equal this.Raw that.Raw
        | _ -> false

    /// The sum, element by element; the shapes broadcast.
    static member (+)(a: Tensor, b: Tensor) = Operations.Stretched(Sum 1.0, a, b)
    /// Every element plus a number.
    static member (+)(a: Tensor, k: float) = Affine(1.0, 1.0, k).Of a
    /// A number plus every element.
    static member (+)(k: float, a: Tensor) = Affine(1.0, 1.0, k).Of a
    /// The difference, element by element; the shapes broadcast.
    static member (-)(a: Tensor, b: Tensor) = Operations.Stretched(Sum -1.0, a, b)
    /// Every element minus a number.
    static member (-)(a: Tensor, k: float) = Affine(1.0, 1.0, -k).Of a
    /// A number minus every element.
    static member (-)(k: float, a: Tensor) = Affine(-1.0, 1.0, k).Of a
    /// The product, element by element; the shapes broadcast. For matrices see `Tensor.matmul`.
    static member (*)(a: Tensor, b: Tensor) = Operations.Product(a, b)
    /// Every element times a number.
    static member (*)(a: Tensor, k: float) = Affine(k, 1.0, 0.0).Of a
    /// A number times every element.
    static member (*)(k: float, a: Tensor) = Affine(k, 1.0, 0.0).Of a
    /// The quotient, element by element; the shapes broadcast. Division by zero follows IEEE 754.
    static member (/)(a: Tensor, b: Tensor) = Operations.Stretched(Quotient(), a, b)
    /// Every element divided by a number.
    static member (/)(a: Tensor, k: float) = Affine(1.0, k, 0.0).Of a
    /// A number divided by every element.
    static member (/)(k: float, a: Tensor) = Operations.Stretched(Quotient(), Operations.Full(a, k), a)
    /// Every element with the opposite sign.
    static member (~-)(a: Tensor) = Affine(-1.0, 1.0, 0.0).Of a

/// One application of an operation, as the differentiation at a level records it; without operation, a leaf.
/// Its m outputs own the ids Id … Id+m−1.
and [<Sealed>] Node
    internal (level: int64, operation: Operation | null, inputs: (Tensor | null)[], outputs: (Tensor | null)[]) =

    let strip (tensors: (Tensor | null)[]) i : Tensor | null =
        match tensors[i] with
        | null -> null
        | x -> x.Strip level

    member val internal Id = Counter.take outputs.Length
    member internal _.Level = level
    member internal _.Operation = operation
    member internal _.Inputs = inputs
    member internal _.Outputs = outputs

    /// An argument, which must be there, as the outside of the differentiation sees it.
    member _.Input i = nonNull (strip inputs i)
    /// A result, which must be there, as the outside of the differentiation sees it.
    member _.Output i = nonNull (strip outputs i)

    member internal _.Primals() = Array.init inputs.Length (strip inputs)

    /// Whether a reverse sweep asks for the cotangent of an argument.
    member _.Wants i =
        match inputs[i] with
        | Reverse(_, node, _) -> node.Level = level
        | _ -> false

    member internal _.Tangents() : (Tensor | null)[] =
        inputs
        |> Array.map (function
            | Forward(_, t, l) when l = level -> t
            | _ -> null)

/// A differentiable function of tensors: its value on constants and two derivative rules, written with tensor operations,
/// so that derivatives of every order follow. Indices, shapes, masks and exponents, which are not differentiated, are captured
/// by the operation, never passed as a tensor. Positions without a tensor hold null. Operations are the library's, so that
/// it knows who sees the arrays it makes; functions with rules of your own are operations by `Tensor.custom`.
and [<AbstractClass>] Operation internal (name: string) =
    /// The name that errors give.
    member _.Name = name

    /// The only output for inputs of one element type.
    abstract Compute<'T
        when 'T: unmanaged
        and 'T: (new: unit -> 'T)
        and 'T: struct
        and 'T :> ValueType
        and 'T :> IBinaryFloatingPointIeee754<'T>> : inputs: (Tensor | null)[] -> Raw<'T>

    /// The only output as a constant, from the inputs' elements.
    abstract Only: inputs: (Tensor | null)[] -> Tensor
    /// The outputs as constants, from the inputs' elements.
    abstract Value: inputs: (Tensor | null)[] -> (Tensor | null)[]
    default this.Value inputs = [| this.Only inputs |]

    default this.Only inputs =
        match Operation.Precision(name, inputs) with
        | Float64 -> Constant(this.Compute<float> inputs)
        | Float32 -> Constant(this.Compute<float32> inputs)

    /// The outputs' tangents from the inputs' (null: zero).
    abstract Pushforward: node: Node * tangents: (Tensor | null)[] -> (Tensor | null)[]
    /// The wanted inputs' cotangents from the outputs' (null: zero).
    abstract Pullback: node: Node * cotangents: (Tensor | null)[] -> (Tensor | null)[]

    /// The precision that all arguments share.
    static member internal Precision(name, inputs: (Tensor | null)[]) =
        let mutable common = ValueNone

        for x in inputs do
            match x with
            | null -> ()
            | x when common.IsSome && common.Value <> x.Precision ->
                Shape.fail name $"mixed precisions, {common.Value} and {x.Precision}; cast one explicitly"
            | x -> common <- ValueSome x.Precision

        common.Value

    /// Applies an operation. The one place that knows about modes and levels.
    static member Apply(operation: Operation, inputs: (Tensor | null)[]) : (Tensor | null)[] =
        let mutable level = 0L
        let mutable below = 0L
        let mutable reverse = false

        for x in inputs do
            match x with
            | null -> ()
            | x ->
                if x.Level > level then
                    level <- x.Level
                    reverse <- x.IsReverse

        for x in inputs do
            match x with
            | null -> ()
            | x -> below <- max below (x.Strip level).Level

        if level = 0L then
            operation.Value inputs
        else
            // Kernels read elements through any number of levels: only differentiation below this one needs the strip.
            let primals = if below = 0L then inputs else Node(level, null, inputs, inputs).Primals()
            // A copy, for the node below keeps its own array: what stands in it must not be wrapped in this level.
            let outputs =
                if below = 0L then operation.Value inputs else Array.copy (Operation.Apply(operation, primals))

            let node = Node(level, operation, inputs, outputs)
            let tangents = if reverse then Array.empty else operation.Pushforward(node, node.Tangents())

            for i in 0 .. outputs.Length - 1 do
                match outputs[i] with
                | null -> ()
                | y when reverse -> outputs[i] <- Reverse(y, node, i)
                | y ->
                    match tangents[i] with
                    | null -> ()
                    | t -> outputs[i] <- Forward(y, t, level)

            outputs

/// The sum over a shape of a · b, both stretched to it, down to the shape of the result. Its derivatives are of its kind.
and [<Sealed>] internal Product private (shape: int[], result: int[]) =
    inherit Operation("multiply")
    static let ofNumbers = Product(Shape.scalar, Shape.scalar)

    static member To(shape: int[], result: int[], a: Tensor, b: Tensor) =
        Operations.Apply((if shape.Length = 0 then ofNumbers else Product(shape, result)), a, b)

    override _.Compute x = Kernel.multiply shape (Operations.Raw x[0]) (Operations.Raw x[1]) result

    override this.Pushforward(node, t) =
        let left = Operations.Map((fun t -> Operations.Apply(this, t, node.Input 1)), t[0])
        [| Operations.Plus(left, Operations.Map((fun t -> Operations.Apply(this, node.Input 0, t)), t[1])) |]

    override _.Pullback(node, g) =
        let g, a, b = nonNull g[0], node.Input 0, node.Input 1

        [| (if node.Wants 0 then Product.To(shape, a.Shape, g, b) else null)
           (if node.Wants 1 then Product.To(shape, b.Shape, g, a) else null) |]

/// Repetition along axes of length 1 (up), and its transpose, the sum along them.
and [<Sealed>] internal Stretch(small: int[], large: int[], up: bool) =
    inherit Operation("stretch")
    member this.Of(x: Tensor) = if Shape.equal small large then x else Operations.Apply(this, x)
    override _.Compute x = Kernel.stretch small large up (Operations.Raw x[0])
    override this.Pushforward(_, t) = [| Operations.Map(this.Of, t[0]) |]
    override _.Pullback(_, g) = [| Operations.Map(Stretch(small, large, not up).Of, g[0]) |]

/// factor · x / divisor + shift.
and [<Sealed>] internal Affine(factor: float, divisor: float, shift: float) =
    inherit Operation("affine")
    let linear t = [| Operations.Map(Affine(factor, divisor, 0.0).Of, t) |]
    member this.Of(x: Tensor) = Operations.Apply(this, x)
    override _.Compute x = Kernel.affine factor divisor shift (Operations.Raw x[0])
    override _.Pushforward(_, t) = linear t[0]
    override _.Pullback(_, g) = linear g[0]

/// a + sign · b, for equal shapes.
and [<Sealed>] internal Sum(sign: float) =
    inherit Operation("add")
    let signed t = if sign = 1.0 then t else Operations.Map((~-), t)
    override _.Compute x = Kernel.add sign (Operations.Raw x[0]) (Operations.Raw x[1])
    override _.Pushforward(_, t) = [| Operations.Plus(t[0], signed t[1]) |]
    override _.Pullback(_, g) = [| g[0]; signed g[0] |]

/// a / b, for equal shapes.
and [<Sealed>] internal Quotient() =
    inherit Operation("divide")

    override _.Compute x = Kernel.divide (Operations.Raw x[0]) (Operations.Raw x[1])

    override _.Pushforward(node, t) =
        let numerator = Operations.Plus(t[0], Operations.Map((fun t -> -(node.Output 0 * t)), t[1]))
        [| Operations.Map((fun n -> n / node.Input 1), numerator) |]

    override _.Pullback(node, g) =
        let left = Operations.Map((fun g -> g / node.Input 1), g[0])
        [| left; Operations.Map((fun l -> -(l * node.Output 0)), left) |]

/// Operations with one output, and sums of tensors of which those that are null stand for zeros.
and [<AbstractClass; Sealed>] internal Operations =
    static member Raw(x: Tensor | null) = (nonNull x).Raw
    static member Full(like: Tensor, k) = Constant(Raw.full like.Precision like.Shape k)

    static member Apply(operation: Operation, x: Tensor) : Tensor =
        if x.Level = 0L then operation.Only [| x |] else Operation.Apply(operation, [| x |])[0] |> nonNull

    static member Apply(operation: Operation, x: Tensor, y: Tensor) : Tensor =
        let inputs: (Tensor | null)[] = [| x; y |]

        if x.Level + y.Level = 0L then
            operation.Only inputs
        else
            Operation.Apply(operation, inputs)[0] |> nonNull

    /// An operation for equal shapes, on arguments stretched to their common shape.
    static member Stretched(operation: Operation, a: Tensor, b: Tensor) =
        let shape = Shape.broadcast operation.Name a.Shape b.Shape
        Operations.Apply(operation, Stretch(a.Shape, shape, true).Of a, Stretch(b.Shape, shape, true).Of b)

    static member Product(a: Tensor, b: Tensor) =
        let shape = Shape.broadcast "multiply" a.Shape b.Shape
        Product.To(shape, shape, a, b)

    static member Map(f: Tensor -> Tensor, x: Tensor | null) : Tensor | null =
        match x with
        | null -> null
        | x -> f x

    static member Plus(a: Tensor | null, b: Tensor | null) : Tensor | null =
        match a, b with
        | null, x
        | x, null -> x
        | a, b -> a + b

/// Memory of computations with tensors that is used again; `Owner` says which.
[<RequireQualifiedAccess>]
module internal Reuse =

    /// The arrays of a tensor, on all levels.
    let rec arrays (x: Tensor) : Array list =
        match x with
        | Constant raw -> [ Raw.array raw ]
        | Forward(primal, tangent, _) -> arrays primal @ arrays tangent
        | Reverse(primal, _, _) -> arrays primal

    /// The results of a computation of the library, of which null is none; all other arrays are used again, but not where a
    /// differentiation records the results, and with them others.
    let present (f: unit -> (Tensor | null)[]) : (Tensor | null)[] =
        Owner.Begin() |> ignore
        let mutable read: Array list | null = null

        try
            let results = f ()

            let constants =
                results
                |> Array.forall (function
                    | null -> true
                    | x -> x.Level = 0L)

            if constants then
                read <-
                    [ for result in results do
                          match result with
                          | null -> ()
                          | x -> yield! arrays x ]

            results
        finally
            Owner.End read

    /// `present` for results that are all there.
    let tensors (f: unit -> Tensor[]) : Tensor[] =
        present (fun () -> f () |> Array.map (fun y -> y)) |> Array.map nonNull

    /// `present` for one result.
    let tensor (f: unit -> Tensor) : Tensor = Array.head (tensors (fun () -> [| f () |]))

    /// A user's function of tensors: it may keep them, and what it makes.
    let foreign (f: Tensor[] -> 'R) (xs: Tensor[]) : 'R = Owner.Outside (Seq.collect arrays xs) (fun () -> f xs)
