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

/// A function that the tape remembers only by its arguments: it runs again when its derivative is asked.
[<Sealed>]
type internal Recomputed(f: Tensor[] -> Tensor[]) =
    inherit Operation("checkpoint")

    override _.Compute _ = Shape.fail "checkpoint" "several outputs"

    override _.Value inputs = Arguments.checkedValues "checkpoint" (f (Arguments.constants inputs))

    override _.Pushforward(node, tangents) =
        let _, ys = Diff.jvpMany f (Arguments.all node) (Arguments.filled node.Input tangents)
        ys |> Array.map (fun y -> y)

    override _.Pullback(node, cotangents) =
        let _, pull = Diff.vjpMany f (Arguments.all node)
        pull (Arguments.filled node.Output cotangents) |> Array.map (fun g -> g)

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

    override _.Value inputs = Arguments.checkedValues rules.Name [| rules.Value(Arguments.constants inputs) |]

    override _.Pushforward(node, tangents) =
        let y = node.Output 0
        let t = rules.Pushforward (Arguments.all node) y (Arguments.filled node.Input tangents)

        if not (Shape.equal t.Shape y.Shape) then
            Shape.mismatch rules.Name y.Shape t.Shape "a tangent has the shape of the value"

        [| t |]

    override _.Pullback(node, cotangents) =
        let gs =
            rules.Pullback (Arguments.all node) (node.Output 0) (Array.head (Arguments.filled node.Output cotangents))

        if gs.Length <> node.Inputs.Length then
            Shape.fail rules.Name $"{gs.Length} cotangents for {node.Inputs.Length} arguments"

        gs |> Array.map (fun g -> g)

/// Operations made from functions.
[<AutoOpen>]
module MetaFunctions =

    type Tensor with

        /// Applies f without keeping what happens inside for the reverse sweep: only the arguments are kept, and f runs again
        /// when derivatives are asked. Trades time for memory. Every tensor under differentiation that f uses must be among
        /// its arguments; one that is not is a `TensorException`.
        static member checkpointMany (f: Tensor[] -> Tensor[]) (xs: Tensor[]) : Tensor[] =
            Operation.Apply(Recomputed f, xs |> Array.map (fun x -> x)) |> Array.map nonNull

        /// `checkpointMany` for a function of one tensor.
        static member checkpoint (f: Tensor -> Tensor) (x: Tensor) : Tensor =
            (Tensor.checkpointMany (fun xs -> [| f xs[0] |]) [| x |])[0]

        /// Applies a function with derivative rules of its own; both rules are written with tensor operations, so higher
        /// derivatives follow from them.
        static member custom (rules: Rules) (xs: Tensor[]) : Tensor =
            nonNull (Operation.Apply(Custom rules, xs |> Array.map (fun x -> x))[0])

        /// The tensor as a constant: derivatives do not pass through it.
        static member stopGradient(x: Tensor) : Tensor = Constant x.Raw
