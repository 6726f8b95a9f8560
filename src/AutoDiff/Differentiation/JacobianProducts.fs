namespace Noether.AutoDiff

open Noether.Kernels

/// Jacobian–vector and vector–Jacobian products, of which all derivatives are made.
[<RequireQualifiedAccess>]
module internal JacobianProducts =

    let zeros (x: Tensor) = Operations.Full(x, 0.0)

    let orZero (like: Tensor) (t: Tensor | null) =
        match t with
        | null -> zeros like
        | t -> t

    /// Values at xs, and the map from cotangents of the values to cotangents of xs.
    let vjp (f: Tensor[] -> Tensor[]) (xs: Tensor[]) =
        let level = Counter.take 1
        let leaves = Array.map (Sweep.leaf level) xs
        let ys = f leaves

        let pull (cotangents: Tensor[]) =
            if cotangents.Length <> ys.Length then
                Shape.fail "pullback" $"{cotangents.Length} cotangents for {ys.Length} outputs"

            Array.iter2
                (fun (y: Tensor) (g: Tensor) ->
                    if not (Shape.equal y.Shape g.Shape) then
                        Shape.mismatch "pullback" y.Shape g.Shape "a cotangent has the shape of its tensor"

                    if y.Precision <> g.Precision then
                        Shape.fail "pullback" $"a cotangent of {g.Precision} for a tensor of {y.Precision}")
                ys
                cotangents

            Sweep.pullback level leaves ys cotangents |> Array.map2 orZero xs

        ys |> Array.map (fun y -> y.Strip level), pull

    /// Values at xs and their tangents when xs move along vs.
    let jvp (f: Tensor[] -> Tensor[]) (xs: Tensor[]) (vs: Tensor[]) =
        let level = Counter.take 1

        if vs.Length <> xs.Length then Shape.fail "jvp" $"{vs.Length} tangents for {xs.Length} tensors"

        Array.iter2
            (fun (x: Tensor) (v: Tensor) ->
                if not (Shape.equal x.Shape v.Shape) || x.Precision <> v.Precision then
                    Shape.mismatch "jvp" x.Shape v.Shape "a tangent has shape and precision of its tensor")
            xs
            vs

        let ys = f (Array.map2 (fun x v -> Forward(x, v, level)) xs vs)

        let tangent (y: Tensor) =
            match y with
            | Forward(_, t, l) when l = level -> t
            | _ -> zeros y

        ys |> Array.map (fun y -> y.Strip level), Array.map tangent ys
