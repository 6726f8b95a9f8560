namespace Noether.Learning

open System
open Noether.AutoDiff
open Noether.Kernels

/// Derivatives of order k of the functions of a table at numbers x [r]: rows a[r] f⁽ᵏ⁾(x[r]) [r, functions] for factors a
/// [r], or `dots`, their transpose Σ_c g[r, c] f_c⁽ᵏ⁾(x[r]) [r] for g [r, functions]. Both are linear in their second
/// argument, and their derivatives by x are of the next order: every derivative is of one of the two kinds.
[<Sealed>]
type internal SplineOperation(table: Tensor, step: float, order: int, dots: bool) =
    inherit Operation("spline table")

    let apply order dots (x: Tensor) (given: Tensor) : Tensor =
        Operation.Apply(SplineOperation(table, step, order, dots), [| x; given |])[0] |> nonNull

    /// The functions themselves, [r, functions].
    static member Of(table: Tensor, step: float, x: Tensor) : Tensor =
        Operation.Apply(SplineOperation(table, step, 0, false), [| x; Tensor.onesLike x |])[0] |> nonNull

    override _.Compute inputs =
        let coefficients: Raw<'T> = data table
        let x: Raw<'T> = data inputs[0]
        let given: Raw<'T> = data inputs[1]
        let width = table.Shape[1]

        if dots then
            let z = Raw.create x.Shape
            SplineRows.DotsInto(coefficients.Span, width, step, order, x.Span, given.Span, z.Output)
            z
        else
            let y = Raw.create [| x.Size; width |]
            SplineRows.RowsInto(coefficients.Span, width, step, order, x.Span, given.Span, y.Output)
            y

    override _.Pushforward(node, tangents) =
        let x, given = node.Input 0, node.Input 1

        let along (t: Tensor) =
            if dots then apply (order + 1) true x given * t else apply (order + 1) false x (given * t)

        [| Operations.Plus(Operations.Map(along, tangents[0]), Operations.Map(apply order dots x, tangents[1])) |]

    override _.Pullback(node, cotangents) =
        let x, given = node.Input 0, node.Input 1

        let byNumber (u: Tensor) =
            if dots then u * apply (order + 1) true x given else given * apply (order + 1) true x u

        [| node.Pull(0, byNumber, cotangents[0]); node.Pull(1, apply order (not dots) x, cotangents[0]) |]

/// Many functions of one number in [0, end], as cubic splines on equal intervals: two continuous derivatives, and every
/// derivative the exact one of the splines. Their slopes at both ends are zero.
type SplineTable =
    {
        /// The length of an interval.
        Step: float
        /// Coefficients of cubic B-splines, [intervals + 3, functions].
        Coefficients: Tensor
    }

/// Making and reading tables.
[<RequireQualifiedAccess>]
module SplineTable =

    /// The splines through values at the ends of the intervals, [intervals + 1, functions]: 0, step, 2·step, …; built in
    /// float64. With B-splines, the value at a knot is (c₋ + 4c + c₊)/6, and a slope of zero at an end means that the
    /// coefficients are mirrored there. ArgumentException for a step that is not positive and for less than two rows.
    let ofValues (step: float) (values: Tensor) : SplineTable =
        if not (step > 0.0 && Double.IsFinite step) || values.Rank <> 2 || values.Shape[0] < 2 then
            let found = $"a step of {step} and values of shape {Shape.print values.Shape}"

            raise (
                ArgumentException $"SplineTable.ofValues: {found}, expected a positive step and [2 or more, functions]."
            )

        let n, width = values.Shape[0] - 1, values.Shape[1]
        let given = Tensor.toArray values
        // Row i + 1 belongs to knot i.
        let c = Array.zeroCreate<float>((n + 3) * width)
        let factors = Array.zeroCreate<float>(n + 1)

        for i in 0..n do
            let below = if i = n then 2.0 else 1.0
            let pivot = if i = 0 then 4.0 else 4.0 - below * factors[i - 1]
            factors[i] <- (if i = 0 then 2.0 else 1.0) / pivot
            let row, before = (i + 1) * width, i * width

            for k in 0 .. width - 1 do
                c[row + k] <- (6.0 * given[before + k] - below * c[before + k]) / pivot

        for i in n - 1 .. -1 .. 0 do
            let row, next = (i + 1) * width, (i + 2) * width

            for k in 0 .. width - 1 do
                c[row + k] <- c[row + k] - factors[i] * c[next + k]

        Array.blit c (2 * width) c 0 width
        Array.blit c (n * width) c ((n + 2) * width) width

        { Step = step; Coefficients = Tensor.ofArray [| n + 3; width |] c }

    /// The table in a precision.
    let cast (precision: Precision) (table: SplineTable) : SplineTable =
        { table with Coefficients = Tensor.cast precision table.Coefficients }

    /// All functions at numbers x [r] of the table's precision, [r, functions]. Outside of the intervals the first or the
    /// last polynomial goes on. TensorException for another rank or precision.
    let apply (table: SplineTable) (x: Tensor) : Tensor =
        if x.Rank <> 1 || x.Precision <> table.Coefficients.Precision then
            Shape.fail
                "SplineTable.apply"
                $"{x.Precision} of shape {Shape.print x.Shape}; expected {table.Coefficients.Precision} of shape [r]"

        SplineOperation.Of(table.Coefficients, table.Step, x)
