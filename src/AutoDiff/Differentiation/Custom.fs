namespace Noether.AutoDiff

module private Arguments =

    /// The tensors as constants.
    let constants (xs: (Tensor | null)[]) = xs |> Array.map (fun x -> Constant (nonNull x).Raw)

    let all (node: Node) = node.Primals() |> Array.map nonNull

    /// The given tensors, zeros of the right shape where there is none.
    let filled (like: int -> Tensor) (xs: (Tensor | null)[]) =
        xs
        |> Array.mapi (fun i x ->
            match x with
            | null -> Diff.zeros (like i)
            | x -> x)

    /// Results on constants must be constants.
    let checkedValues name (ys: Tensor[]) : (Tensor | null)[] =
        for y in ys do
            if y.Level <> 0L then
                Shape.fail
                    name
                    "the function uses a tensor under differentiation that is not among its arguments; pass it"

        ys |> Array.map (fun y -> y)

/// A function with derivative rules of its own.
type Rules =
    {
        /// The name that errors give.
        Name: string
        /// The value for constant arguments.
        Value: Tensor[] -> Tensor
        /// The tangent, from arguments, value, and the arguments' tangents.
        Pushforward: Tensor[] -> Tensor -> Tensor[] -> Tensor
        /// The arguments' cotangents, from arguments, value, and its cotangent.
        Pullback: Tensor[] -> Tensor -> Tensor -> Tensor[]
    }

[<Sealed>]
type internal Custom(rules: Rules) =
    inherit Operation(rules.Name)
    override _.Compute _ = Shape.fail rules.Name "no kernel"

    override _.Value inputs =
        let value = Reuse.foreign rules.Value (Arguments.constants inputs)
        Arguments.checkedValues rules.Name [| value |]

    override _.Pushforward(node, tangents) =
        let y = node.Output 0
        let ts = Arguments.filled node.Input tangents
        let xs = Arguments.all node
        let t = Reuse.foreign (fun _ -> rules.Pushforward xs y ts) [| yield! xs; y; yield! ts |]

        if not (Shape.equal t.Shape y.Shape) then
            Shape.mismatch rules.Name y.Shape t.Shape "a tangent has the shape of the value"

        [| t |]

    override _.Pullback(node, cotangents) =
        let xs, y = Arguments.all node, node.Output 0
        let g = Array.head (Arguments.filled node.Output cotangents)
        let gs = Reuse.foreign (fun _ -> rules.Pullback xs y g) [| yield! xs; y; g |]

        if gs.Length <> node.Inputs.Length then
            Shape.fail rules.Name $"{gs.Length} cotangents for {node.Inputs.Length} arguments"

        gs |> Array.map (fun g -> g)

/// Operations with rules of the caller's own.
[<AutoOpen>]
module CustomOperations =

    type Tensor with

        /// Applies a function with derivative rules of its own; both rules are written with tensor operations, so higher
        /// derivatives follow from them.
        static member custom (rules: Rules) (xs: Tensor[]) : Tensor =
            nonNull (Operation.Apply(Custom rules, xs |> Array.map (fun x -> x))[0])

        /// The tensor as a constant: derivatives do not pass through it.
        static member stopGradient(x: Tensor) : Tensor = Constant x.Raw
