namespace Noether.AutoDiff

open System
open System.Numerics

/// A function of k arguments that is linear in each of them, declared as the (k+1)-linear form it is: f(x₁ … x_k) is the
/// form with every slot filled but the last. One kernel, "contract every slot but this", gives the value, the forward and
/// the reverse rule, and so every order of differentiation. A form whose contractions share work says how several are
/// done in one pass.
[<AbstractClass>]
type Form internal (name: string, slots: int) =
    let mutable opened: Contraction[] = Array.empty

    /// The name that errors give.
    member _.Name = name

    /// The number of slots, the output's included.
    member _.Slots = slots

    /// The contraction of every slot but `slot`, from the elements in the other slots: a new array.
    abstract Contract<'T
        when 'T: unmanaged
        and 'T: (new: unit -> 'T)
        and 'T: struct
        and 'T :> ValueType
        and 'T :> IBinaryFloatingPointIeee754<'T>> : values: (Tensor | null)[] * slot: int -> Raw<'T>

    /// The contractions for the slots of a bit mask, by slot; null in the others. Unless the form does them together, one
    /// after the other.
    abstract ContractMany<'T
        when 'T: unmanaged
        and 'T: (new: unit -> 'T)
        and 'T: struct
        and 'T :> ValueType
        and 'T :> IBinaryFloatingPointIeee754<'T>> : values: (Tensor | null)[] * slots: int -> (Raw<'T> | null)[]

    default this.ContractMany(values, mask) =
        Array.init slots (fun slot -> if mask &&& (1 <<< slot) <> 0 then this.Contract(values, slot) else null)

    /// The form with the slots of a bit mask open.
    member internal this.Open(mask: int) : Contraction =
        if opened.Length = 0 then opened <- Array.init (1 <<< slots) (fun mask -> Contraction(this, mask))

        opened[mask]

    /// The contraction of every slot but one, for arguments in the order of the other slots.
    member this.Apply(slot: int, [<ParamArray>] arguments: Tensor[]) : Tensor =
        let values = Array.zeroCreate slots

        for i in 0 .. arguments.Length - 1 do
            values[if i < slot then i else i + 1] <- arguments[i]

        Operation.Apply(this.Open(1 <<< slot), values)[slot] |> nonNull

/// A form with the slots of a bit mask open. Inputs and outputs are indexed by slot; a single open slot has no input.
and [<Sealed>] internal Contraction(form: Form, mask: int) =
    inherit Operation(form.Name)

    /// For each slot that has a replacement: the form with it in place and the target slots open. Their sum, by slot.
    let substituted (node: Node) (replacements: (Tensor | null)[]) targets : (Tensor | null)[] =
        let mutable result: (Tensor | null)[] | null = null

        let constant (x: Tensor | null) =
            match x with
            | null -> true
            | x -> x.Level = 0L

        // Contractions of constants are new arrays.
        let plus values (a: Tensor | null) (b: Tensor | null) : Tensor | null =
            match a, b with
            | Constant sum, Constant part when Array.forall constant values ->
                Raw.addInPlace form.Name sum part
                a
            | _ -> Operations.Plus(a, b)

        for j in 0 .. form.Slots - 1 do
            let others = targets &&& ~~~(1 <<< j)

            if others <> 0 && not (isNull replacements[j]) then
                let values = node.Primals()
                values[j] <- replacements[j]

                if Int32.IsPow2 others then values[Int32.TrailingZeroCount others] <- null

                let parts = Operation.Apply(form.Open others, values)

                result <-
                    match result with
                    | null -> parts
                    | sums -> Array.map2 (plus values) sums parts

        match result with
        | null -> Array.zeroCreate form.Slots
        | sums -> sums

    /// `substituted`, whose terms are used again where there are several.
    let substitute (node: Node) (replacements: (Tensor | null)[]) targets : (Tensor | null)[] =
        let mutable terms = 0

        for replacement in replacements do
            if not (isNull replacement) then terms <- terms + 1

        if terms < 2 then
            substituted node replacements targets
        else
            Reuse.present (fun () -> substituted node replacements targets)

    member _.Form = form

    override _.Compute _ = Shape.fail form.Name "a contraction has several outputs"

    override _.Value values =
        let constant (raw: Raw<'T> | null) : Tensor | null =
            match raw with
            | null -> null
            | raw -> Constant raw

        match Operation.Precision(form.Name, values) with
        | Float64 -> form.ContractMany<float>(values, mask) |> Array.map constant
        | Float32 -> form.ContractMany<float32>(values, mask) |> Array.map constant

    override _.Pushforward(node, tangents) = substitute node tangents mask

    override _.Pullback(node, cotangents) =
        let mutable targets = 0

        for j in 0 .. form.Slots - 1 do
            if node.Wants j then targets <- targets ||| (1 <<< j)

        substitute node cotangents targets

/// Access for operations.
[<AutoOpen>]
module internal Elements =

    type Node with

        /// A map of a cotangent, where the cotangent of an argument is asked for.
        member node.Pull(i, map, cotangent: Tensor | null) =
            if node.Wants i then Operations.Map(map, cotangent) else null

    /// The elements of a constant.
    let data (x: Tensor | null) : Raw<_> = Raw.typed (nonNull x).Raw

/// Reading an array through a shape, strides and an offset; and its transpose, adding up what was read from one place.
[<Sealed>]
type internal View(source: int[], shape: int[], strides: int[], offset: int) =
    inherit Form("view", 2)

    override _.Contract(values, slot) =
        if slot = 1 then
            Kernel.read (Operations.Raw values[0]) shape strides offset
        else
            Kernel.addUp (Operations.Raw values[1]) shape strides offset source
