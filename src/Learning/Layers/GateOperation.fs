namespace Noether.Learning

open System
open Noether.AutoDiff
open Noether.Equivariance
open Noether.Kernels

/// The layout of a gate's rows: which scalars pass through which activation, and which channels they multiply.
type internal GatePlan =
    {
        /// Runs of scalars that pass through one activation.
        Segments: GateSegment[]
        /// The activation of each segment.
        Activations: Activation[]
        /// The factor of the activation of each segment.
        Factors: float[]
        /// Runs of gated channels.
        Pieces: GatePiece[]
        /// Columns of the input.
        Width: int
        /// Columns of the output.
        OutputWidth: int
    }

/// The layout of gates.
module internal GatePlan =

    /// Each copy of the chunks that pass a filter: its first column, the columns from component to component, its irrep.
    let private copies kept (irreps: Irreps) =
        [| for chunk, struct (start, _) in List.zip irreps.Chunks (Irreps.slices irreps) do
               if kept chunk.Irrep then for u in 0 .. chunk.Mul - 1 -> struct (start + u, chunk.Mul, chunk.Irrep) |]

    /// Consecutive numbers cut where a predicate of two neighbours says so: first and count of each run.
    let private runs count (together: int -> bool) =
        let mutable first = 0

        [| for i in 1..count do
               if i = count || not (together i) then
                   first, i - first
                   first <- i |]

    /// The plan for `Gate.scaled` on features of these irreps.
    let create (factor: Activation -> float) even odd gates (irreps: Irreps) =
        let layout = IrrepsProducts.gate irreps
        let isScalar (irrep: Irrep) = irrep.L = 0
        let scalars = copies isScalar irreps
        let gated = copies (isScalar >> not) irreps
        let written = copies (isScalar >> not) layout.Output
        let kept = scalars.Length - gated.Length

        let activation i =
            let struct (_, _, irrep: Irrep) = scalars[i]

            if i >= kept then gates
            elif irrep.Parity = Parity.Even then even
            else odd

        let column (all: struct (int * int * Irrep)[]) i =
            let struct (column, _, _) = all[i]
            column

        let step (all: struct (int * int * Irrep)[]) i =
            let struct (_, step, _) = all[i]
            step

        let scalarRuns =
            runs scalars.Length (fun i ->
                column scalars i = column scalars (i - 1) + 1 && i <> kept && activation i = activation (i - 1))

        let segment i = Array.findIndex (fun (first, count) -> first <= i && i < first + count) scalarRuns

        let pieceRuns =
            runs gated.Length (fun i ->
                column gated i = column gated (i - 1) + 1
                && step gated i = step gated (i - 1)
                && column written i = column written (i - 1) + 1
                && step written i = step written (i - 1)
                && segment (kept + i) = segment (kept + i - 1))

        { Segments =
            [| for first, count in scalarRuns ->
                   GateSegment(column scalars first, count, (if first < kept then first else -1), first) |]
          Activations = [| for first, _ in scalarRuns -> activation first |]
          Factors = [| for first, _ in scalarRuns -> factor (activation first) |]
          Pieces =
            [| for first, count in pieceRuns ->
                   let struct (column, step, irrep) = gated[first]
                   let struct (output, outputStep, _) = written[first]
                   let segment = segment (kept + first)
                   let offset = kept + first - fst scalarRuns[segment]
                   GatePiece(column, step, output, outputStep, irrep.Dim, count, segment, offset) |]
          Width = irreps.Dim
          OutputWidth = layout.Output.Dim }

/// φ and its derivatives of the scalars of all rows.
module internal GateFunctions =

    /// Whether the activation belongs to a family that is closed under differentiation.
    let closed activation =
        match activation with
        | Activation.Silu
        | Activation.Sigmoid
        | Activation.Tanh -> true
        | _ -> false

    /// The coefficients (A, B) of a multiple of the activation's derivative: A(s) + x B(s) of the sigmoid or the tangent.
    let private coefficients activation scale order =
        let start, inner =
            match activation with
            | Activation.Silu -> ([||], [| 0.0; scale |]), [| 0.0; 1.0; -1.0 |]
            | Activation.Sigmoid -> ([| 0.0; scale |], [||]), [| 0.0; 1.0; -1.0 |]
            | _ -> ([| 0.0; scale |], [||]), [| 1.0; 0.0; -1.0 |]

        let chain p = Coefficients.multiply (Coefficients.derivative p) inner
        let derive (a, b) = Coefficients.add (chain a) b, chain b
        Seq.fold (fun pair _ -> derive pair) start (Seq.replicate order ())

    /// φ of an order at the scalars, segment after segment.
    let evaluate (plan: GatePlan) rows order (scalars: Raw<'T>) : Raw<'T> =
        let y = Raw.create scalars.Shape

        for i in 0 .. plan.Segments.Length - 1 do
            let segment = plan.Segments[i]
            let length = segment.Length * rows
            let x = scalars.Span.Slice(segment.Start * rows, length)
            let to' = y.Output.Slice(segment.Start * rows, length)
            let a, b = coefficients plan.Activations[i] plan.Factors[i] order

            if plan.Activations[i] = Activation.Tanh then
                Elementwise.TanhPolynomial(x, a, to')
            else
                Elementwise.Logistic(x, a, b, to')

        y

/// The gate's derivative of an order k in the directions h₁ … h_k; or the gradient by x of its product with g. Inputs are
/// x, h₁ … h_k and, for the gradient, g. The gate itself has order 0. All derivatives are of the same kind: with
/// E_k(x; h, g) the product, linear in each hᵢ and in g, ∂E_k/∂x·u = E_{k+1}(x; h, u, g), and ∂E_k/∂hᵢ is the gradient
/// of E_{k−1} without hᵢ.
[<Sealed>]
type internal GateOperation(plan: GatePlan, order: int, gradient: bool) =
    inherit Operation("gate")

    let apply order gradient (x: Tensor) (directions: Tensor seq) (g: Tensor | null) : Tensor =
        let inputs: (Tensor | null)[] =
            [| yield x
               for h in directions -> h
               if gradient then yield g |]

        Operation.Apply(GateOperation(plan, order, gradient), inputs)[0] |> nonNull

    let directions (node: Node) = Array.init order (fun i -> node.Input(i + 1))

    /// The gate of rows.
    static member Of(plan: GatePlan, x: Tensor) = Operation.Apply(GateOperation(plan, 0, false), [| x |])[0] |> nonNull

    override _.Compute inputs =
        let x: Raw<'T> = data inputs[0]
        let rows = x.Shape[0]
        let count = plan.Segments |> Array.sumBy _.Length
        let scalars: Raw<'T> = Raw.create [| rows; count |]
        // A segment begins where those before it end, for all rows.
        let segments = plan.Segments |> Array.map (fun s -> GateSegment(s.Column, s.Length, s.Output, s.Start * rows))

        GateRows.TakeScalars(ReadOnlySpan segments, plan.Width, x.Span, scalars.Output)

        let function' order = if order < 0 then scalars else GateFunctions.evaluate plan rows order scalars

        let directions = Array.init order (fun i -> (data inputs[i + 1]: Raw<'T>).Memory)

        if gradient then
            let g: Raw<'T> = data inputs[order + 1]
            let y = Raw.create x.Shape
            let next = function' (order + 1)
            let current = function' order

            GateRows.GradientInto(
                ReadOnlySpan segments,
                ReadOnlySpan plan.Pieces,
                plan.Width,
                x.Span,
                directions,
                next.Span,
                current.Span,
                plan.OutputWidth,
                g.Span,
                y.Output
            )

            y
        else
            let y = Raw.create [| rows; plan.OutputWidth |]
            let current = function' order
            let before = function' (order - 1)

            GateRows.ValueInto(
                ReadOnlySpan segments,
                ReadOnlySpan plan.Pieces,
                plan.Width,
                x.Span,
                directions,
                current.Span,
                before.Span,
                plan.OutputWidth,
                y.Output
            )

            y

    override _.Pushforward(node, tangents) =
        let x, h = node.Input 0, directions node
        let g: Tensor | null = if gradient then node.Input(order + 1) else null

        let part i (t: Tensor | null) : Tensor | null =
            match t with
            | null -> null
            | t when i = 0 -> apply (order + 1) gradient x (Array.append h [| t |]) g
            | t when i <= order -> apply order gradient x (Array.updateAt (i - 1) t h) g
            | t -> apply order gradient x h t

        [| tangents |> Array.mapi part |> Array.reduce (fun a b -> Operations.Plus(a, b)) |]

    override _.Pullback(node, cotangents) =
        let x, h = node.Input 0, directions node
        let u = nonNull cotangents[0]
        let without i = Array.removeAt (i - 1) h

        let part i : Tensor | null =
            if not (node.Wants i) then
                null
            elif gradient then
                let g = node.Input(order + 1)

                if i = 0 then apply (order + 1) true x (Array.append h [| u |]) g
                elif i <= order then apply order true x (Array.append (without i) [| u |]) g
                else apply (order + 1) false x (Array.append h [| u |]) null
            elif i = 0 then
                apply order true x h u
            else
                apply (order - 1) true x (without i) u

        Array.init (if gradient then order + 2 else order + 1) part
