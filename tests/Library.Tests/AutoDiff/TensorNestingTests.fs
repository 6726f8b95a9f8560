/// Differentiation inside differentiation.
module Noether.Tests.TensorNestingTests

open Noether.AutoDiff
open Noether.Tests.TensorChecks
open Xunit

let private reverse f (x: Tensor) = Diff.grad f x
let private modes = [ Diff.diff; reverse ]

let private at x (f: Tensor -> Tensor) = Tensor.value (f (Tensor.scalar x))

[<Fact>]
let ``perturbations are not confused`` () =
    for outer in modes do
        for inner in modes do
            // Siskind & Pearlmutter, "Nesting forward-mode AD in a functional framework", 2008, section 2: 1, not 2.
            Assert.Equal(1.0, at 1.0 (outer (fun x -> x * inner (fun y -> x + y) (Tensor.scalar 1.0))))
            Assert.Equal(1.0, at 1.0 (outer (fun x -> x * inner (fun y -> x + y) x)))
            // d/dx (x · x) = 2 at 1.
            Assert.Equal(2.0, at 1.0 (outer (fun x -> x * inner (fun y -> x * y) (Tensor.scalar 5.0))))
            // The same with y at x: the inner derivative is still x.
            Assert.Equal(2.0, at 1.0 (outer (fun x -> x * inner (fun y -> x * y) x)))
            // d/dx (d/dy (x y²) at y = x) = d/dx (2 x²) = 4x.
            Assert.Equal(12.0, at 3.0 (outer (fun x -> inner (fun y -> x * y * y) x)))
            // An inner derivative that does not see the outer variable.
            Assert.Equal(0.0, at 1.0 (outer (fun _ -> inner (fun y -> y * y) (Tensor.scalar 3.0))))

[<Fact>]
let ``a derivative of a function made by a derivative is right`` () =
    // Manzyuk, Pearlmutter, Radul, Rush & Siskind, "Perturbation confusion in forward automatic differentiation of
    // higher-order functions", 2019, section 5: s(u)(f)(x) = f(x + u); D̂ = D s 0 is the derivative operator itself, and
    // D̂ (D̂ h) y must be h″(y). Here the operator is written on functions of both variables, u being the perturbed one.
    let h (x: Tensor) = Tensor.exp (2.0 * x)

    for outer in modes do
        for inner in modes do
            let shift (f: Tensor -> Tensor) (u: Tensor) x = f (x + u)
            let operator mode f x = mode (fun u -> shift f u x) (Tensor.scalar 0.0)
            let second = at 0.5 (operator outer (operator inner h))
            Assert.InRange(second, 4.0 * exp 1.0 - 1e-14, 4.0 * exp 1.0 + 1e-14)

[<Fact>]
let ``a gradient descent inside a gradient is differentiated through`` () =
    // The min–max problem of Pearlmutter & Siskind, "Using Programming Language Theory to Make AD Sound and Efficient",
    // 2008, in one dimension: g(a) = min over b of (b − a)² + b², after steps that halve the distance to b = a/2.
    let best (a: Tensor) =
        let inner (b: Tensor) = (b - a) * (b - a) + b * b
        let step b = b - 0.125 * Diff.grad inner b
        inner (List.fold (fun b _ -> step b) (Tensor.scalar 1.0) [ 1..60 ])

    // min = a²/2, so the derivative is a and the second derivative 1; what is left of the start is 2⁻⁶⁰.
    for mode in modes do
        Assert.InRange(at 3.0 (mode best), 3.0 - 1e-13, 3.0 + 1e-13)

        for second in modes do
            Assert.InRange(at 3.0 (mode (second best)), 1.0 - 1e-13, 1.0 + 1e-13)

[<Fact>]
let ``every mix of modes has the derivatives of exp(sin x) to fourth order`` () =
    let x = 0.7
    let s, c = sin x, cos x
    let e = exp s
    let f = Tensor.sin >> Tensor.exp

    let exact =
        [ c * e
          (c * c - s) * e
          (c * c - 3.0 * s - 1.0) * c * e
          (c * c * c * c - 6.0 * s * c * c - 4.0 * c * c + 3.0 * s * s + s) * e ]

    let rec mixes n =
        if n = 0 then
            [ f ]
        else
            [ for g in mixes (n - 1) do
                  for mode in modes -> mode g ]

    for order in 1..4 do
        for g in mixes order do
            near 1e-14 [||] [ exact[order - 1] ] (g (Tensor.scalar x))

[<Fact>]
let ``a function with derivatives inside obeys the laws`` () =
    let energy (x: Tensor) = Tensor.sum (Tensor.sin x * x)
    lawful 1 (fun x -> Diff.grad energy x[0]) [ [| 4 |] ]
    lawful 2 (fun x -> Diff.jacobianv (fun y -> Tensor.exp y * x[0]) x[1] x[0]) [ [| 4 |]; [| 4 |] ]
    lawful 3 (fun x -> Diff.hessianv energy x[0] x[1]) [ [| 4 |]; [| 4 |] ]
    lawful 4 (fun x -> Diff.grad (checkpoint Tensor.sin >> Tensor.sum) x[0]) [ [| 4 |] ]

[<Fact>]
let ``checkpoint and custom nest in every mode`` () =
    let cube =
        { Name = "cube"
          Value = fun x -> x[0] * x[0] * x[0]
          Pushforward = fun x _ t -> 3.0 * x[0] * x[0] * t[0]
          Pullback = fun x _ g -> [| 3.0 * x[0] * x[0] * g |] }

    for f in
        [ checkpoint (fun x -> x * x * x)
          (fun x -> Tensor.custom cube [| x |])
          checkpoint (fun x -> Tensor.custom cube [| x |])
          checkpoint (checkpoint (fun x -> x * x * x)) ] do
        for first in modes do
            for second in modes do
                for third in modes do
                    Assert.Equal(12.0, at 2.0 (first f))
                    Assert.Equal(12.0, at 2.0 (second (first f)))
                    Assert.Equal(6.0, at 2.0 (third (second (first f))))
                    // The derivative inside the checkpoint.
                    Assert.Equal(12.0, at 2.0 (second (checkpoint (first f))))
                    Assert.Equal(6.0, at 2.0 (third (second (checkpoint (first f)))))
                    Assert.Equal(6.0, at 2.0 (third (checkpoint (second (checkpoint (first f))))))

[<Fact>]
let ``arguments of different levels meet in one operation`` () =
    // ∂²/∂a∂b of a b² + a² b, a and b being variables of different differentiations and modes.
    for outer in modes do
        for inner in modes do
            let f (a: Tensor) (b: Tensor) = a * b * b + a * a * b
            let mixed = at 2.0 (outer (fun a -> inner (fun b -> f a b) (Tensor.scalar 3.0)))
            Assert.Equal(2.0 * 3.0 + 2.0 * 2.0, mixed)
            let swapped = at 3.0 (outer (fun b -> inner (fun a -> f a b) (Tensor.scalar 2.0)))
            Assert.Equal(mixed, swapped)

[<Fact>]
let ``a tensor that leaked out of its differentiation is inert`` () =
    for mode in modes do
        let mutable leaked = Tensor.scalar 0.0

        let f (x: Tensor) =
            leaked <- x
            x * x

        at 3.0 (mode f) |> ignore
        Assert.Equal(4.0, at 2.0 (mode (fun x -> x * x + 0.0 * leaked)))
        Assert.Equal(3.0, at 2.0 (mode (fun x -> x * leaked)))

[<Fact>]
let ``cotangents given to several tensors are not added to in place`` () =
    // The cotangent of s has two parts; s hands their sum to a and b, and a gets another part from c afterwards.
    let f (x: Tensor[]) =
        let a, b = 2.0 * x[0], 3.0 * x[1]
        let c = 5.0 * a
        let s = a + b
        [| Tensor.sum (s * 7.0 + s * 11.0 + c) |]

    let _, pull = Diff.vjpMany f [| Tensor.ones [| 3 |]; Tensor.ones [| 3 |] |]
    let g = pull [| Tensor.scalar 1.0 |]
    near 0.0 [| 3 |] (Array.create 3 (2.0 * (18.0 + 5.0))) g[0]
    near 0.0 [| 3 |] (Array.create 3 (3.0 * 18.0)) g[1]
