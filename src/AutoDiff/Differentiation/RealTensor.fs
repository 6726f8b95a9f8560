namespace Noether.AutoDiff

open System
open System.Numerics
open Noether.Kernels

/// erfc x for x of 0 and more, whose derivative is −2/√π e^(−x²).
[<Sealed>]
type internal ErrorComplementFunction private () =
    inherit Pointwise("erfc")

    static member val Instance = ErrorComplementFunction()
    override _.Map(x, y) = ErrorFunctions.Complement(x, y)

    override _.Derivative(x, _) = -2.0 / sqrt Math.PI * Tensor.exp -(x * x)

/// A tensor as a real number in the sense of `IReal`: a function written once for scalars and SIMD lanes is, at this type,
/// a differentiable tensor expression, element by element. Constants are single numbers of float64 and take the precision
/// of the tensor they meet.
[<Struct; CustomEquality; NoComparison>]
type RealTensor(tensor: Tensor) =

    /// The tensor.
    member _.Tensor = tensor

    override _.Equals other =
        match other with
        | :? RealTensor as that -> tensor.Equals that.Tensor
        | _ -> false

    override _.GetHashCode() = tensor.GetHashCode()

    /// Two arguments in the precision of the one that is not a bare constant.
    static member private Pair(a: RealTensor, b: RealTensor) =
        let a, b = a.Tensor, b.Tensor

        if a.Precision = b.Precision then struct (a, b)
        elif a.Rank = 0 && a.Level = 0L then struct (Tensor.cast b.Precision a, b)
        elif b.Rank = 0 && b.Level = 0L then struct (a, Tensor.cast a.Precision b)
        else struct (a, b)

    interface IReal<RealTensor> with
        static member (+)(a, b) =
            let struct (a, b) = RealTensor.Pair(a, b)
            RealTensor(a + b)

        static member (-)(a, b) =
            let struct (a, b) = RealTensor.Pair(a, b)
            RealTensor(a - b)

        static member (*)(a, b) =
            let struct (a, b) = RealTensor.Pair(a, b)
            RealTensor(a * b)

        static member (/)(a, b) =
            let struct (a, b) = RealTensor.Pair(a, b)
            RealTensor(a / b)

        static member (~-)(a: RealTensor) = RealTensor(-a.Tensor)
        static member Constant value = RealTensor(Tensor.scalar value)
        static member Sqrt x = RealTensor(Tensor.sqrt x.Tensor)
        static member Exp x = RealTensor(Tensor.exp x.Tensor)
        static member Log x = RealTensor(Tensor.log x.Tensor)
        static member Sin x = RealTensor(Tensor.sin x.Tensor)
        static member Cos x = RealTensor(Tensor.cos x.Tensor)
        static member Erfc x = RealTensor(ErrorComplementFunction.Instance.Of x.Tensor)
        static member Reciprocal x = RealTensor(Tensor.reciprocal x.Tensor)
        static member Power(x, exponent) = RealTensor(Tensor.pow (float exponent) x.Tensor)

        static member Select(x, threshold, below, above) =
            let struct (x, threshold) = RealTensor.Pair(x, threshold)
            let struct (below, above) = RealTensor.Pair(below, above)
            let shape = Shape.broadcast "select" x.Shape (Shape.broadcast "select" below.Shape above.Shape)
            let full (t: Tensor) = Tensor.expand shape t
            RealTensor(Tensor.select (Tensor.less (full x) (full threshold)) (full below) (full above))

/// Arithmetic for functions that are written once over `IReal`. Open it where such a function is defined: F# then infers
/// chained operators on the generic number, which it does not from the interface alone (FS0670).
module RealOperators =

    /// a + b.
    let (+) (a: 'R :> IReal<'R>) (b: 'R) : 'R = 'R.op_Addition (a, b)

    /// a − b.
    let (-) (a: 'R :> IReal<'R>) (b: 'R) : 'R = 'R.op_Subtraction (a, b)

    /// a b.
    let (*) (a: 'R :> IReal<'R>) (b: 'R) : 'R = 'R.op_Multiply (a, b)

    /// a / b.
    let (/) (a: 'R :> IReal<'R>) (b: 'R) : 'R = 'R.op_Division (a, b)

    /// A number without derivative.
    let constant (value: float) : 'R :> IReal<'R> = 'R.Constant value

    /// The negative, −a.
    let negative (a: 'R :> IReal<'R>) : 'R = 'R.op_UnaryNegation a

    /// The exponential, eˣ.
    let exponential (x: 'R :> IReal<'R>) : 'R = 'R.Exp x

    /// ln x.
    let logarithm (x: 'R :> IReal<'R>) : 'R = 'R.Log x

    /// The square root, √x.
    let squareRoot (x: 'R :> IReal<'R>) : 'R = 'R.Sqrt x

    /// sin x, x in radians.
    let sine (x: 'R :> IReal<'R>) : 'R = 'R.Sin x

    /// cos x, x in radians.
    let cosine (x: 'R :> IReal<'R>) : 'R = 'R.Cos x

    /// `below` where x < threshold, `above` elsewhere; what the other side yields stays out of value and derivative.
    let branch (x: 'R :> IReal<'R>) (threshold: 'R) (below: 'R) (above: 'R) : 'R = 'R.Select(x, threshold, below, above)

    /// xⁿ for an integer n.
    let power (n: int) (x: 'R :> IReal<'R>) : 'R = 'R.Power(x, n)

/// Using functions of one distance that are written once over `IReal`.
[<RequireQualifiedAccess>]
module RadialFunction =

    /// The function at every distance of a tensor, differentiable in distances and parameters to any order. Each parameter
    /// is a single number or has the shape of r.
    let apply (f: 'F when 'F: struct and 'F :> IRadialFunction) (parameters: Tensor list) (r: Tensor) : Tensor =
        let parameters = parameters |> List.map RealTensor |> Array.ofList
        f.Evaluate(RealTensor r, ReadOnlySpan parameters).Tensor

    /// The function at one distance, without derivatives.
    let value (f: 'F when 'F: struct and 'F :> IRadialFunction) (parameters: float[]) (r: float) : float =
        let parameters = parameters |> Array.map Scalar<float>
        f.Evaluate(Scalar<float> r, ReadOnlySpan parameters).Value

    /// Values and derivatives at distances, from one SIMD pass without a tape, into arrays of the same length.
    let valuesAndDerivatives
        (f: 'F when 'F: struct and 'F :> IRadialFunction and 'F: (new: unit -> 'F) and 'F :> ValueType)
        (parameters: float[])
        (r: float[])
        (values: float[])
        (derivatives: float[])
        =
        Radial.ValuesAndDerivatives<'F, float>(
            f,
            ReadOnlySpan parameters,
            ReadOnlySpan r,
            Span values,
            Span derivatives
        )
