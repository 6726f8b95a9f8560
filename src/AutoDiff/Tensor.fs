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

    static member (+)(a: Tensor, b: Tensor) = Stretch.Apply(Sum 1.0, a, b)
    static member (+)(a: Tensor, k: float) = Affine(1.0, 1.0, k).Of a
    static member (+)(k: float, a: Tensor) = Affine(1.0, 1.0, k).Of a
    static member (-)(a: Tensor, b: Tensor) = Stretch.Apply(Sum -1.0, a, b)
    static member (-)(a: Tensor, k: float) = Affine(1.0, 1.0, -k).Of a
    static member (-)(k: float, a: Tensor) = Affine(-1.0, 1.0, k).Of a
    static member (*)(a: Tensor, b: Tensor) = Product(a.Shape, b.Shape).Apply(a, b)
    static member (*)(a: Tensor, k: float) = Affine(k, 1.0, 0.0).Of a
    static member (*)(k: float, a: Tensor) = Affine(k, 1.0, 0.0).Of a
    static member (/)(a: Tensor, b: Tensor) = Stretch.Apply(Quotient(), a, b)
    static member (/)(a: Tensor, k: float) = Affine(1.0, k, 0.0).Of a

    static member (/)(k: float, a: Tensor) =
        Constant(Raw.full a.Precision a.Shape k) / a

    static member (~-)(a: Tensor) = Affine(-1.0, 1.0, 0.0).Of a

/// One application of an operation on the tape of a reverse differentiation, or a leaf (no operation).
/// A node with m outputs owns the ids Id … Id+m−1.
and [<Sealed>] internal Node
    (level: int64, operation: Operation | null, inputs: (Tensor | null)[], outputs: (Tensor | null)[]) =
    member val Id = Counter.take outputs.Length
    member _.Level = level
    member _.Operation = operation
    member _.Inputs = inputs
    member _.Outputs = outputs

/// A differentiable function of tensors: its value on constants, and its two derivative rules, both written with tensor
/// operations, so that derivatives of every order follow. What is not differentiated (indices, shapes, masks, exponents)
/// is captured by the operation, never passed as a tensor.
and [<AbstractClass>] Operation(name: string, outputs: int) =

    /// The name that errors give.
    member _.Name = name

    /// One output for constant inputs of one element type; null for an output that is not there.
    abstract Compute<'T
        when 'T: unmanaged
        and 'T: (new: unit -> 'T)
        and 'T: struct
        and 'T :> ValueType
        and 'T :> IBinaryFloatingPointIeee754<'T>> : inputs: (Tensor | null)[] * output: int -> Raw<'T> | null

    /// The outputs' tangents from the inputs' (null: zero).
    abstract Pushforward:
        inputs: (Tensor | null)[] * outputs: (Tensor | null)[] * tangents: (Tensor | null)[] -> (Tensor | null)[]

    /// The wanted inputs' cotangents from the outputs' (null: zero).
    abstract Pullback:
        inputs: (Tensor | null)[] * outputs: (Tensor | null)[] * cotangents: (Tensor | null)[] * wanted: bool[] ->
            (Tensor | null)[]

    /// The outputs for constant inputs.
    abstract Value: inputs: (Tensor | null)[] -> (Tensor | null)[]

    default this.Value inputs =
        let precision =
            Precision.common
                name
                [|
                    for x in inputs do
                        match x with
                        | null -> ()
                        | x -> x.Precision
                |]

        Array.init outputs (fun i ->
            match precision with
            | Float64 -> this.Compute<float>(inputs, i) |> Operation.Wrap
            | Float32 -> this.Compute<float32>(inputs, i) |> Operation.Wrap)

    static member private Wrap(raw: Raw | null) : Tensor | null =
        match raw with
        | null -> null
        | raw -> Constant raw

    /// The tensors as the outside of the differentiation at `level` sees them.
    static member internal Strip(tensors: (Tensor | null)[], level: int64) : (Tensor | null)[] =
        Array.map (fun x -> Single.Map((fun (x: Tensor) -> x.Strip level), x)) tensors

    /// Applies an operation. The one place that knows about modes and levels.
    static member Apply(operation: Operation, inputs: (Tensor | null)[]) : (Tensor | null)[] =
        let mutable level = 0L

        for x in inputs do
            match x with
            | null -> ()
            | x -> level <- max level x.Level

        if level = 0L then
            operation.Value inputs
        else
            let tangent (x: Tensor | null) : Tensor | null =
                match x with
                | Forward(_, t, l) when l = level -> t
                | _ -> null

            let primals = Operation.Strip(inputs, level)
            let outputs = Operation.Apply(operation, primals)
            let tangents = Array.map tangent inputs

            if Array.forall isNull tangents then
                let node = Node(level, operation, inputs, outputs)

                let record i (y: Tensor | null) : Tensor | null =
                    match y with
                    | null -> null
                    | y -> Reverse(y, node, i)

                Array.iteri (fun i y -> outputs[i] <- record i y) outputs
                outputs
            else
                let attach (y: Tensor | null) (t: Tensor | null) : Tensor | null =
                    match y, t with
                    | null, _ -> null
                    | y, null -> y
                    | y, t -> Forward(y, t, level)

                Array.map2 attach outputs (operation.Pushforward(primals, outputs, tangents))

/// A function of k arguments that is linear in each of them, declared as the (k+1)-linear form it is: f(x₁ … x_k) is the
/// form with every slot filled but the last. One kernel, "contract every slot but this", gives the value, the forward and
/// the reverse rule, and so every order of differentiation.
and [<AbstractClass>] Form(name: string, slots: int) =

    /// The name that errors give.
    member _.Name = name

    /// The number of slots, the output's included.
    member _.Slots = slots

    /// The contraction of every slot but `slot`, for constants of one element type.
    abstract Contract<'T
        when 'T: unmanaged
        and 'T: (new: unit -> 'T)
        and 'T: struct
        and 'T :> ValueType
        and 'T :> IBinaryFloatingPointIeee754<'T>> : values: (Tensor | null)[] * slot: int -> Raw<'T>

    /// The form as a function of its first k slots.
    member this.Apply([<ParamArray>] arguments: Tensor[]) : Tensor = this.Contracted(slots - 1, arguments)

    /// The form as a function of every slot but one, whose contraction it returns.
    member internal this.Contracted(slot, arguments: Tensor[]) : Tensor =
        let values =
            Array.init slots (fun i ->
                if i = slot then
                    null
                else
                    arguments[if i < slot then i else i - 1])

        nonNull (Operation.Apply(Contraction(this, 1 <<< slot), values)[slot])

/// A form with the slots of a bit mask open. Inputs and outputs are indexed by slot; a single open slot has no input.
and [<Sealed>] internal Contraction(form: Form, mask: int) =
    inherit Operation(form.Name, form.Slots)

    /// For each slot that has a replacement: the form with it in place and the target slots open. Their sum, by slot.
    let substitute inputs (replacements: (Tensor | null)[]) targets =
        let result = Array.zeroCreate form.Slots

        for j in 0 .. form.Slots - 1 do
            let others = targets &&& ~~~(1 <<< j)

            if others <> 0 && not (isNull replacements[j]) then
                let values = Array.copy inputs
                values[j] <- replacements[j]

                if Int32.IsPow2 others then
                    values[Int32.TrailingZeroCount others] <- null

                let parts = Operation.Apply(Contraction(form, others), values)
                Array.iteri (fun i part -> result[i] <- Single.Plus(result[i], part)) parts

        result

    override _.Compute(inputs, output) =
        if mask &&& (1 <<< output) = 0 then
            null
        else
            form.Contract(inputs, output)

    override _.Pushforward(inputs, _, tangents) = substitute inputs tangents mask

    override _.Pullback(inputs, _, cotangents, wanted) =
        let targets =
            Array.foldBack (fun want mask -> (mask <<< 1) ||| (if want then 1 else 0)) wanted 0

        substitute inputs cotangents targets

/// Multiplication element by element, axes of length 1 stretched.
and [<Sealed>] internal Product(a: int[], b: int[]) =
    inherit Form("multiply", 3)
    let shapes = [| a; b; Shape.broadcast "multiply" a b |]

    override _.Contract(values, slot) =
        let left = values[if slot = 0 then 2 else 0]
        let right = values[if slot = 1 then 2 else 1]
        Kernel.multiply shapes[2] (Single.Data left) (Single.Data right) shapes[slot]

/// Reading an array through a shape, strides and an offset; and its transpose, adding up what was read from one place.
and [<Sealed>] internal View(source: int[], shape: int[], strides: int[], offset: int) =
    inherit Form("view", 2)

    override _.Contract(values, slot) =
        if slot = 1 then
            Kernel.read (Single.Data values[0]) shape strides offset
        else
            Kernel.addUp (Single.Data values[1]) shape strides offset source

/// factor · x / divisor + shift.
and [<Sealed>] internal Affine(factor: float, divisor: float, shift: float) =
    inherit Operation("affine", 1)

    let linear t =
        Single.Map((fun t -> Affine(factor, divisor, 0.0).Of t), t)

    member this.Of(x: Tensor) = Single.Apply(this, [| x |])

    override _.Compute(inputs, _) =
        Kernel.affine factor divisor shift (Single.Data inputs[0])

    override _.Pushforward(_, _, tangents) = [| linear tangents[0] |]
    override _.Pullback(_, _, cotangents, _) = [| linear cotangents[0] |]

/// a + sign · b, for equal shapes.
and [<Sealed>] internal Sum(sign: float) =
    inherit Operation("add", 1)

    let signed t =
        if sign = 1.0 then t else Single.Map((fun t -> -t), t)

    override _.Compute(inputs, _) =
        Kernel.add sign (Single.Data inputs[0]) (Single.Data inputs[1])

    override _.Pushforward(_, _, tangents) =
        [| Single.Plus(tangents[0], signed tangents[1]) |]

    override _.Pullback(_, _, cotangents, _) =
        [| cotangents[0]; signed cotangents[0] |]

/// a / b, for equal shapes.
and [<Sealed>] internal Quotient() =
    inherit Operation("divide", 1)

    override _.Compute(inputs, _) =
        Kernel.divide (Single.Data inputs[0]) (Single.Data inputs[1])

    override _.Pushforward(inputs, outputs, tangents) =
        let numerator = Single.Map((fun t -> -(nonNull outputs[0] * t)), tangents[1])

        [|
            Single.Map((fun t -> t / nonNull inputs[1]), Single.Plus(tangents[0], numerator))
        |]

    override _.Pullback(inputs, outputs, cotangents, _) =
        let first = Single.Map((fun g -> g / nonNull inputs[1]), cotangents[0])
        [| first; Single.Map((fun g -> -(g * nonNull outputs[0])), first) |]

and [<AbstractClass; Sealed>] internal Single =

    static member Apply(operation: Operation, inputs: (Tensor | null)[]) : Tensor =
        nonNull (Operation.Apply(operation, inputs)[0])

    static member Map(f: Tensor -> Tensor, x: Tensor | null) : Tensor | null =
        match x with
        | null -> null
        | x -> f x

    static member Plus(a: Tensor | null, b: Tensor | null) : Tensor | null =
        match a, b with
        | null, x
        | x, null -> x
        | a, b -> a + b

    static member Data(x: Tensor | null) = (nonNull x).Raw

and [<AbstractClass; Sealed>] internal Stretch =

    /// The tensor repeated along its axes of length 1 to a shape; a single number is repeated everywhere.
    static member To(shape, x: Tensor) =
        if Shape.equal shape x.Shape then
            x
        else
            View(x.Shape, shape, Shape.stretch x.Shape shape, 0).Apply x

    static member Apply(operation: Operation, a: Tensor, b: Tensor) =
        let shape = Shape.broadcast operation.Name a.Shape b.Shape
        Single.Apply(operation, [| Stretch.To(shape, a); Stretch.To(shape, b) |])

/// Arguments or results by position; null where there is none.
type internal Tensors = (Tensor | null)[]

[<AutoOpen>]
module internal Elements =

    /// The elements of a constant.
    let data (x: Tensor | null) : Raw<_> = Raw.typed (nonNull x).Raw
