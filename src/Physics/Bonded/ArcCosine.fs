namespace Noether.Physics

open System
open System.Numerics
open Noether.AutoDiff

/// Angles from their cosines.
[<RequireQualifiedAccess>]
module internal ArcCosine =
    let private map (f: float -> float) (x: ReadOnlySpan<'T>) (y: Span<'T>) : unit when 'T :> INumberBase<'T> =
        for i in 0 .. x.Length - 1 do
            y[i] <- 'T.CreateChecked(f (Double.CreateChecked x[i]))

    let private angle =
        { new Pointwise("arccos") with
            member _.Map(x, y) = map (fun c -> acos (Math.Clamp(c, -1.0, 1.0))) x y

            member _.Derivative(x, _) =
                let square = 1.0 - Tensor.square x
                let inside = Tensor.less (Tensor.zerosLike x) square
                let sine = Tensor.sqrt (Tensor.select inside square (Tensor.onesLike x))
                Tensor.select inside (-1.0 / sine) (Tensor.zerosLike x) }

    /// arccos x in radians; at ±1, where its derivatives are infinite, they are taken as 0.
    let of' (x: Tensor) : Tensor = angle.Of x

    /// The series about 1, h(1 − t) = Σ aⱼ tʲ with a₁ = 2 and aⱼ₊₁ = aⱼ j²/((2j + 1)(j + 1)), differentiated k times
    /// in −t.
    let private nearOne k (t: float) =
        let mutable a = 2.0
        let mutable sum = 0.0
        let mutable term = infinity
        let mutable j = 1

        while j <= k || abs term > 1e-18 * abs sum do
            if j >= k then
                // aⱼ j(j − 1)…(j − k + 1) tʲ⁻ᵏ
                term <- a * pown t (j - k)

                for m in 0 .. k - 1 do
                    term <- -term * float (j - m)

                sum <- sum + term

            a <- a * float (j * j) / float ((2 * j + 1) * (j + 1))
            j <- j + 1

        sum

    /// The k-th derivative of h = arccos²: near 1 by the series, elsewhere by
    /// (1 − c²) h⁽ᵏ⁺²⁾ = (2k + 1) c h⁽ᵏ⁺¹⁾ + k² h⁽ᵏ⁾, plus 2 for k = 0.
    let private derivative k (c: float) =
        let c = Math.Clamp(c, -1.0, 1.0)

        if 1.0 - c < 0.25 then
            nearOne k (1.0 - c)
        else
            let angle = acos c
            let square = (1.0 - c) * (1.0 + c)

            if k = 0 then
                angle * angle
            elif square = 0.0 then
                0.0
            else
                let mutable before = angle * angle
                let mutable here = -2.0 * angle / sqrt square

                for m in 0 .. k - 2 do
                    let m' = float m
                    let next = (2.0 * m' + 1.0) * c * here + m' * m' * before + (if m = 0 then 2.0 else 0.0)
                    before <- here
                    here <- next / square

                here

    let rec private squares k =
        { new Pointwise("arccos²") with
            member _.Map(x, y) = map (derivative k) x y
            member _.Derivative(x, _) = (squares (k + 1)).Of x }

    /// arccos² x, which is smooth at 1; at −1, where its derivatives are infinite, they are taken as 0.
    let squared (x: Tensor) : Tensor = (squares 0).Of x
