namespace Noether.AutoDiff

/// Derivatives of functions of tensors. Names follow DiffSharp: the prefix f means "and the value too", the suffix v
/// "times a vector". All of them nest, in any mix, to any order.
[<RequireQualifiedAccess>]
module Diff =

    let internal zeros (x: Tensor) = JacobianProducts.zeros x

    let private ones (x: Tensor) = Operations.Full(x, 1.0)

    let private single name (y: Tensor) =
        if y.Rank <> 0 then
            Shape.fail name $"the function must return a single number, it returned shape {Shape.print y.Shape}"

    /// Values at xs, and the map from cotangents of the values to cotangents of xs (vector–Jacobian product). The map can be
    /// called any number of times.
    let vjpMany (f: Tensor[] -> Tensor[]) (xs: Tensor[]) = JacobianProducts.vjp f xs

    /// Values at xs and their tangents when xs move along vs (Jacobian–vector product).
    let jvpMany (f: Tensor[] -> Tensor[]) (xs: Tensor[]) (vs: Tensor[]) = JacobianProducts.jvp f xs vs

    /// The function itself, but for what its derivatives keep: between value and reverse sweep its arguments only, not what
    /// it computes on the way, which the sweep computes again. It may capture constants, but no tensor that is being
    /// differentiated: a `TensorException`.
    let checkpoint (f: Tensor[] -> Tensor[]) (xs: Tensor[]) : Tensor[] =
        let whole = Array.map (fun _ -> Whole) xs
        BlockOperation.Apply("checkpoint", false, 1, (fun _ xs -> f xs), whole, (fun _ -> Whole), xs)

    /// Value and pullback of a function of one tensor.
    let vjp (f: Tensor -> Tensor) x =
        let ys, pull = vjpMany (fun xs -> [| f xs[0] |]) [| x |]
        ys[0], (fun g -> (pull [| g |])[0])

    /// Value at x and its tangent along v.
    let jvp (f: Tensor -> Tensor) x v =
        let ys, ts = jvpMany (fun xs -> [| f xs[0] |]) [| x |] [| v |]
        ys[0], ts[0]

    /// Value and derivative of a function of a single number.
    let fdiff f (x: Tensor) =
        if x.Rank <> 0 then
            Shape.fail "diff" $"the argument must be a single number, it has shape {Shape.print x.Shape}"

        jvp f x (ones x)

    /// The derivative of a function of a single number.
    let diff f x = snd (fdiff f x)

    /// The n-th derivative of a function of a single number.
    let rec diffn n f x =
        if n < 0 then Shape.fail "diffn" $"order {n}; expected 0 or more"

        if n = 0 then f x else diff (diffn (n - 1) f) x

    /// Value and gradient of a function with a single number as value; the gradient has the shape of x.
    let fgrad f x =
        let y, pull = vjp f x
        single "grad" y
        y, pull (ones y)

    /// The gradient of a function with a single number as value.
    let grad f x = snd (fgrad f x)

    /// Value and directional derivative along v, by forward mode.
    let fgradv f x v =
        let y, t = jvp f x v
        single "gradv" y
        y, t

    /// The directional derivative along v.
    let gradv f x v = snd (fgradv f x v)

    /// Value and Jacobian times v.
    let fjacobianv f x v = jvp f x v

    /// The Jacobian times v.
    let jacobianv f x v = snd (jvp f x v)

    /// Value and transposed Jacobian times v.
    let fjacobianTv f x v =
        let y, pull = vjp f x
        y, pull v

    /// The transposed Jacobian times v.
    let jacobianTv f x v = snd (fjacobianTv f x v)

    /// The i-th unit vector in the shape of x.
    let private unit (x: Tensor) i =
        let basis: Raw =
            match x.Precision with
            | Float64 -> Raw<float>(x.Shape, Array.init x.Size (fun k -> if k = i then 1.0 else 0.0))
            | Float32 -> Raw<float32>(x.Shape, Array.init x.Size (fun k -> if k = i then 1.0f else 0.0f))

        Constant basis

    let private assemble precision rows (shape: int[]) (parts: Tensor list) =
        match parts with
        | [] -> Constant(Raw.full precision shape 0.0)
        | parts ->
            let flat = Tensor.stack 0 (parts |> List.map (Tensor.reshape [| -1 |]))
            Tensor.reshape shape (if rows then flat else Tensor.transpose flat)

    /// Value and Jacobian, whose shape is that of the value followed by that of x. The shorter side decides the mode.
    let fjacobian f (x: Tensor) =
        let y, pull = vjp f x
        let shape = Array.append y.Shape x.Shape

        if y.Size <= x.Size then
            y, assemble x.Precision true shape [ for i in 0 .. y.Size - 1 -> pull (unit y i) ]
        else
            y, assemble y.Precision false shape [ for i in 0 .. x.Size - 1 -> jacobianv f x (unit x i) ]

    /// The Jacobian.
    let jacobian f x = snd (fjacobian f x)

    /// Value, gradient, and Hessian times v, by forward over reverse.
    let fgradhessianv f x v =
        let level = Counter.take 1

        match fgrad f (Forward(x, v, level)) with
        | y, g ->
            let tangent =
                match g with
                | Forward(_, t, l) when l = level -> t
                | _ -> zeros x

            y.Strip level, g.Strip level, tangent

    /// The Hessian times v.
    let hessianv f x v =
        let _, _, h = fgradhessianv f x v
        h

    /// Value, gradient and Hessian; the Hessian's shape is that of x twice.
    let fgradhessian f (x: Tensor) =
        let y, g = fgrad f x
        let columns = [ for i in 0 .. x.Size - 1 -> hessianv f x (unit x i) ]
        y, g, assemble x.Precision true (Array.append x.Shape x.Shape) columns

    /// Value and Hessian.
    let fhessian f x =
        let y, _, h = fgradhessian f x
        y, h

    /// The Hessian.
    let hessian f x = snd (fhessian f x)

    let private trace (x: Tensor) (column: Tensor -> Tensor) =
        Seq.init x.Size (fun i -> let e = unit x i in Tensor.sum (e * column e))
        |> Seq.fold (+) (zeros (unit x 0 |> Tensor.sum))

    /// Value and Laplacian, the trace of the Hessian.
    let flaplacian f x = f x, trace x (hessianv f x)

    /// The Laplacian.
    let laplacian f x = snd (flaplacian f x)

    let private field name n (f: Tensor -> Tensor) (x: Tensor) =
        let y = f x

        if x.Rank <> 1 || not (Shape.equal x.Shape y.Shape) || (n > 0 && x.Size <> n) then
            Shape.mismatch name x.Shape y.Shape (if n > 0 then "a field from [3] to [3]" else "a field from [n] to [n]")

        y

    /// Value and divergence of a field from [n] to [n].
    let fdivergence f x = field "divergence" 0 f x, trace x (jacobianv f x)

    /// The divergence of a field from [n] to [n].
    let divergence f x = snd (fdivergence f x)

    /// Value and curl of a field from [3] to [3].
    let fcurl f x =
        let y = field "curl" 3 f x
        let j = Tensor.reshape [| 9 |] (jacobian f x)

        let at i k = Tensor.slice 0 (3 * i + k) (3 * i + k + 1) j

        y, Tensor.concat 0 [ at 2 1 - at 1 2; at 0 2 - at 2 0; at 1 0 - at 0 1 ]

    /// The curl of a field from [3] to [3].
    let curl f x = snd (fcurl f x)
