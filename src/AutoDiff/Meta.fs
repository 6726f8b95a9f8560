namespace Noether.AutoDiff

/// A function that the tape remembers only by its arguments: it is run again when its derivative is asked.
[<Sealed>]
type internal Recomputed(name: string, f: Tensor[] -> Tensor[], outputs: int) =
    inherit Operation(name, outputs)

    override _.Compute(_, _) = null

    override _.Value inputs =
        let ys = f (Array.map nonNull inputs)

        if ys.Length <> outputs then
            Shape.fail name $"the function returned {ys.Length} tensors, {outputs} were announced"

        for y in ys do
            if y.Level <> 0L then
                Shape.fail
                    name
                    "the function uses a tensor under differentiation that is not among its arguments; pass it as one"

        Array.map (fun y -> y) ys

    override _.Pushforward(inputs, outputs, tangents) =
        let xs = Array.map nonNull inputs

        let ts =
            Array.map2 (fun (t: Tensor | null) x -> if isNull t then Diff.zeros x else nonNull t) tangents xs

        let _, ys = Diff.jvpMany f xs ts
        ignore outputs
        Array.map (fun y -> y) ys

    override _.Pullback(inputs, outputs, cotangents, _) =
        let _, pull = Diff.vjpMany f (Array.map nonNull inputs)

        let gs =
            Array.map2
                (fun (g: Tensor | null) y -> if isNull g then Diff.zeros (nonNull y) else nonNull g)
                cotangents
                outputs

        Array.map (fun g -> g) (pull gs)

/// A function whose derivative rules are given by hand.
[<Sealed>]
type internal Custom
    (
        name: string,
        value: Tensor[] -> Tensor,
        forward: Tensor[] -> Tensor -> Tensor[] -> Tensor,
        reverse: Tensor[] -> Tensor -> Tensor -> Tensor[]
    ) =
    inherit Operation(name, 1)

    override _.Compute(_, _) = null

    override _.Value inputs =
        let y = value (Array.map nonNull inputs)

        if y.Level <> 0L then
            Shape.fail
                name
                "the function uses a tensor under differentiation that is not among its arguments; pass it as one"

        [| y |]

    override _.Pushforward(inputs, outputs, tangents) =
        let xs = Array.map nonNull inputs

        let ts =
            Array.map2 (fun (t: Tensor | null) x -> if isNull t then Diff.zeros x else nonNull t) tangents xs

        [| forward xs (nonNull outputs[0]) ts |]

    override _.Pullback(inputs, outputs, cotangents, _) =
        reverse (Array.map nonNull inputs) (nonNull outputs[0]) (nonNull cotangents[0])
        |> Array.map (fun g -> g)
