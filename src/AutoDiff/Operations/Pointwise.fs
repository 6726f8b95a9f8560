namespace Noether.AutoDiff

open System
open System.Numerics
open Noether.Kernels

/// A function of one number applied to every element, declared with its derivative, which is again a tensor expression.
[<AbstractClass>]
type Pointwise internal (name: string) =
    inherit Operation(name)

    /// The function on a span of elements.
    abstract Map<'T
        when 'T: unmanaged
        and 'T: (new: unit -> 'T)
        and 'T: struct
        and 'T :> ValueType
        and 'T :> IBinaryFloatingPointIeee754<'T>> : x: ReadOnlySpan<'T> * y: Span<'T> -> unit

    /// The derivative at x, where the function has the value y.
    abstract Derivative: x: Tensor * y: Tensor -> Tensor

    /// The derivative, if it is a function of the argument alone.
    abstract Slope: unit -> Pointwise | null
    default _.Slope() = null

    /// The function of a tensor.
    member this.Of(x: Tensor) = Operations.Apply(this, x)

    override this.Compute inputs =
        let x = data inputs[0]
        let y = Raw.create x.Shape
        this.Map(x.Span, y.Output)
        y

    override this.Pushforward(node, t) =
        [| Operations.Map((fun t -> t * this.Derivative(node.Input 0, node.Output 0)), t[0]) |]

    override this.Pullback(node, g) =
        let pull (g: Tensor) : Tensor =
            match this.Slope() with
            | null -> g * this.Derivative(node.Input 0, node.Output 0)
            | slope -> Reuse.tensor (fun () -> g * slope.Of(node.Input 0))

        [| Operations.Map(pull, g[0]) |]

/// Polynomials as ascending coefficients.
module internal Coefficients =

    let derivative (p: float[]) = Array.init (max 0 (p.Length - 1)) (fun i -> float (i + 1) * p[i + 1])

    let add (p: float[]) (q: float[]) =
        let at (a: float[]) i = if i < a.Length then a[i] else 0.0
        Array.init (max p.Length q.Length) (fun i -> at p i + at q i)

    let multiply (p: float[]) (q: float[]) =
        if p.Length = 0 || q.Length = 0 then
            [||]
        else
            let r = Array.zeroCreate (p.Length + q.Length - 1)
            p |> Array.iteri (fun i a -> q |> Array.iteri (fun j b -> r[i + j] <- r[i + j] + a * b))
            r

/// Families that are closed under differentiation, one kernel each.
module internal Families =

    /// A(s) + x B(s) with s = 1/(1+e⁻ˣ): the sigmoid, x·sigmoid(x), and all their derivatives, for s′ = s − s².
    let rec logistic (a: float[]) (b: float[]) =
        { new Pointwise("logistic") with
            member _.Map(x, y) = Elementwise.Logistic(x, a, b, y)

            member _.Slope() =
                let chain p = Coefficients.multiply (Coefficients.derivative p) [| 0.0; 1.0; -1.0 |]
                logistic (Coefficients.add (chain a) b) (chain b)

            member this.Derivative(x, _) = (nonNull (this.Slope())).Of x }

    /// A(tanh x), for tanh′ = 1 − tanh².
    let rec tanh (a: float[]) =
        { new Pointwise("tanh") with
            member _.Map(x, y) = Elementwise.TanhPolynomial(x, a, y)

            member _.Slope() = tanh (Coefficients.multiply (Coefficients.derivative a) [| 1.0; 0.0; -1.0 |])
            member this.Derivative(x, _) = (nonNull (this.Slope())).Of x }

    /// A polynomial with constant coefficients.
    let rec polynomial (a: float[]) =
        { new Pointwise("polynomial") with
            member _.Map(x, y) = Elementwise.Polynomial(x, a, y)

            member _.Slope() = polynomial (Coefficients.derivative a)
            member this.Derivative(x, _) = (nonNull (this.Slope())).Of x }

    /// The sine shifted by k quarter turns.
    let rec sine k =
        { new Pointwise("sin") with
            member _.Map(x, y) =
                if k % 2 = 0 then Elementwise.Sin(x, y) else Elementwise.Cos(x, y)

                if k >= 2 then Elementwise.Negate(Span.op_Implicit y, y)

            member _.Derivative(x, _) = (sine ((k + 1) % 4)).Of x }

    /// x to a constant power.
    let rec power (c: float) =
        { new Pointwise("pow") with
            member _.Map(x, y) =
                if c <> Math.Floor c then Domain.notNegative "pow" x

                Elementwise.Power(x, c, y)

            member _.Derivative(x, _) =
                // At 0, and only for this power, the rule would multiply 0 by an infinity.
                if c = 0.0 then Tensor.zerosLike x else c * (power (c - 1.0)).Of x }

/// Functions of one number, element by element.
[<AutoOpen>]
module PointwiseFunctions =

    let private exponential =
        { new Pointwise("exp") with
            member _.Map(x, y) = Elementwise.Exp(x, y)
            member _.Derivative(_, y) = y }

    let private reciprocal =
        { new Pointwise("reciprocal") with
            member _.Map(x, y) = Elementwise.Reciprocal(x, y)
            member _.Derivative(_, y) = -(y * y) }

    let private logarithm =
        { new Pointwise("log") with
            member _.Map(x, y) =
                Domain.notNegative "log" x
                Elementwise.Log(x, y)

            member _.Derivative(x, _) = reciprocal.Of x }

    let private squareRoot =
        { new Pointwise("sqrt") with
            member _.Map(x, y) =
                Domain.notNegative "sqrt" x
                Elementwise.Sqrt(x, y)

            member _.Derivative(_, y) = 0.5 / y }

    let private sign =
        { new Pointwise("sign") with
            member _.Map(x, y) = Elementwise.Sign(x, y)
            member _.Derivative(x, _) = Tensor.zerosLike x }

    let private absolute =
        { new Pointwise("abs") with
            member _.Map(x, y) = Elementwise.Abs(x, y)
            member _.Derivative(x, _) = sign.Of x }

    let private softplus =
        { new Pointwise("softplus") with
            member _.Map(x, y) = Elementwise.Softplus(x, y)

            member _.Derivative(x, _) = (Families.logistic [| 0.0; 1.0 |] [||]).Of x }

    let private sine = Array.init 2 Families.sine
    let private sigmoid = Families.logistic [| 0.0; 1.0 |] [||]
    let private silu = Families.logistic [||] [| 0.0; 1.0 |]
    let private tanh = Families.tanh [| 0.0; 1.0 |]

    type Tensor with

        /// eˣ, element by element.
        static member exp(x: Tensor) = exponential.Of x

        /// The natural logarithm; −∞ at 0. A negative element is a `TensorException`.
        static member log(x: Tensor) = logarithm.Of x

        /// The square root; its derivative at 0 is infinite. A negative element is a `TensorException`.
        static member sqrt(x: Tensor) = squareRoot.Of x

        /// The reciprocal, 1/x.
        static member reciprocal(x: Tensor) = reciprocal.Of x

        /// The sine of an angle in radians.
        static member sin(x: Tensor) = sine[0].Of x

        /// The cosine of an angle in radians.
        static member cos(x: Tensor) = sine[1].Of x

        /// The hyperbolic tangent.
        static member tanh(x: Tensor) = tanh.Of x

        /// The logistic function, 1/(1+e⁻ˣ).
        static member sigmoid(x: Tensor) = sigmoid.Of x

        /// x/(1+e⁻ˣ), also called swish.
        static member silu(x: Tensor) = silu.Of x

        /// log(1+eˣ), without overflow.
        static member softplus(x: Tensor) = softplus.Of x

        /// |x|; its derivative at 0 is taken as 0.
        static member abs(x: Tensor) = absolute.Of x

        /// −1, 0 or 1; its derivative is 0.
        static member sign(x: Tensor) = sign.Of x

        /// x to a constant power. A negative element with a power that is not an integer is a `TensorException`.
        static member pow (exponent: float) (x: Tensor) = (Families.power exponent).Of x

        /// The square, x².
        static member square(x: Tensor) = (Families.power 2.0).Of x

        /// Σₖ coefficients[k] xᵏ with constant coefficients, by Horner's rule.
        static member polynomial (coefficients: float[]) (x: Tensor) =
            (Families.polynomial (Array.copy coefficients)).Of x
