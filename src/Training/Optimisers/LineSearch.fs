namespace Noether.Training

open System
open Noether.AutoDiff

/// The loss along a line.
[<NoEquality; NoComparison>]
type LineFunction =
    {
        /// The value at length zero.
        Value: float
        /// The slope at length zero; negative along a direction of descent.
        Slope: float
        /// The value at a length.
        ValueAt: float -> float
        /// Value and slope at a length.
        At: float -> struct (float * float)
    }

/// A length that was found.
type LineStep =
    {
        /// The length, as a factor of the direction.
        Length: float
        /// Whether it fulfils what was asked.
        Accepted: bool
        /// The number of evaluations of the loss.
        Evaluations: int
    }

/// A rule for the length of a step along a direction.
[<NoEquality; NoComparison>]
type LineSearch =
    {
        /// The first length that is tried, as a factor of the direction; from the previous length.
        Guess: float -> float
        /// Finds a length from the loss along the line and the length to begin with.
        Find: LineFunction -> float -> LineStep
    }

/// The conditions of a search by brackets.
type ZoomOptions =
    {
        /// The part of the initial slope by which the loss must fall, c₁.
        Decrease: float
        /// The part of the initial slope that may be left, c₂.
        Curvature: float
        /// Near the minimum, where values are lost in rounding, the slopes decide: where the loss is at most this part
        /// of itself above the first one, a slope of at most (2c₁ − 1) times the first takes the place of the first
        /// condition (W. Hager and H. Zhang, SIAM J. Optim. 16 (2005) 170, eq. 23). Not where this is zero.
        Rounding: float
        /// The shortest bracket.
        Shortest: float
        /// The most evaluations.
        Most: int
    }

/// The conditions of a search by shorter and shorter steps.
type BacktrackingOptions =
    {
        /// The part of the initial slope by which the loss must fall, c₁.
        Decrease: float
        /// The factor of the length where that is not so.
        Shorter: float
        /// The factor from the previous length to the first one; after a length of zero that is `Longest`.
        Longer: float
        /// The longest step.
        Longest: float
        /// The most steps back.
        Most: int
    }

/// The end of a minimisation.
type Minimum =
    {
        /// The parameters.
        Parameters: Tree<Tensor>
        /// The loss there.
        Loss: float
        /// The largest component of the gradient there, without its sign.
        LargestSlope: float
        /// Whether that is as small as was asked.
        Converged: bool
        /// Steps taken.
        Steps: int
        /// The number of evaluations of the loss.
        Evaluations: int
    }

/// Searches along lines, and steps with them.
[<RequireQualifiedAccess>]
module LineSearch =

    /// c₁ = 10⁻⁴, c₂ = 0.9, at most 20 evaluations.
    let zoomStandard: ZoomOptions =
        { Decrease = 1e-4
          Curvature = 0.9
          Rounding = 1e-6
          Shortest = 1e-6
          Most = 20 }

    /// c₁ = 10⁻⁴, factors 0.8 and 1.5, lengths to 1, at most 15 steps back.
    let backtrackingStandard: BacktrackingOptions =
        { Decrease = 1e-4; Shorter = 0.8; Longer = 1.5; Longest = 1.0; Most = 15 }

    [<Struct>]
    type private Sample = { At: float; Value: float; Slope: float }

    /// The minimum of the cubic through a value with slope and two values; NaN where there is none.
    let private cubicMinimum (a: Sample) (b: Sample) (c: Sample) =
        let db, dc = b.At - a.At, c.At - a.At
        let determinant = (db * dc) * (db * dc) * (db - dc)
        let restB, restC = b.Value - a.Value - a.Slope * db, c.Value - a.Value - a.Slope * dc
        let third = (dc * dc * restB - db * db * restC) / determinant
        let second = (-(dc * dc * dc) * restB + db * db * db * restC) / determinant
        a.At + (-second + sqrt (second * second - 3.0 * third * a.Slope)) / (3.0 * third)

    /// The minimum of the parabola through a value with slope and a value.
    let private parabolaMinimum (a: Sample) (b: Sample) =
        let d = b.At - a.At
        a.At - a.Slope / (2.0 * ((b.Value - a.Value - a.Slope * d) / (d * d)))

    /// The point that divides a bracket: by the cubic through its ends and a third point, by the parabola through its ends,
    /// or in the middle, the first of them that keeps clear of the ends.
    let private divide (low: Sample) (high: Sample) third =
        let width = abs (high.At - low.At)
        let left, right = min low.At high.At, max low.At high.At
        let inside part x = x > left + part * width && x < right - part * width
        let cubic = cubicMinimum low high third

        if inside 0.2 cubic then
            cubic
        else
            let parabola = parabolaMinimum low high
            if inside 0.1 parabola then parabola else 0.5 * (low.At + high.At)

    /// A length that fulfils the strong Wolfe conditions, f(t) ≤ f(0) + c₁ t f′(0) and |f′(t)| ≤ c₂ |f′(0)|, by
    /// doubling until a bracket is found and dividing it (J. Nocedal and S. Wright, Numerical Optimization, 2nd ed.,
    /// algorithms 3.5 and 3.6). Where none is found in time, the length of the lowest value seen that fulfils the
    /// first, zero if there is none; zero also along a direction that does not descend. The first length is 1.
    let zoom (options: ZoomOptions) : LineSearch =
        let find (line: LineFunction) (guess: float) =
            let falls (s: Sample) =
                s.Value <= line.Value + options.Decrease * s.At * line.Slope
                || (options.Rounding > 0.0
                    && s.Slope <= (2.0 * options.Decrease - 1.0) * line.Slope
                    && s.Value <= line.Value + options.Rounding * abs line.Value)

            let flat (s: Sample) = abs s.Slope <= options.Curvature * abs line.Slope

            let at t =
                let struct (value, slope) = line.At t
                { At = t; Value = value; Slope = slope }

            let lower (s: Sample) (best: Sample) = if falls s && s.Value < best.Value then s else best
            let found (s: Sample) count = { Length = s.At; Accepted = true; Evaluations = count }
            let failed (s: Sample) count = { Length = s.At; Accepted = false; Evaluations = count }

            let rec within count best (low: Sample) (high: Sample) third =
                if count >= options.Most then
                    failed best count
                else
                    let middle = at (divide low high third)
                    let count = count + 1

                    if falls middle && flat middle then
                        found middle count
                    else
                        let best = lower middle best

                        if abs (high.At - low.At) <= options.Shortest then failed best count
                        elif not (falls middle) || middle.Value >= low.Value then within count best low middle high
                        elif middle.Slope * (high.At - low.At) >= 0.0 then within count best middle low high
                        else within count best middle high low

            let rec bracket count best (previous: Sample) t =
                if count >= options.Most then
                    failed best count
                else
                    let fresh = at t
                    let count = count + 1

                    if falls fresh && flat fresh then
                        found fresh count
                    else
                        let best = lower fresh best

                        if not (falls fresh) || (count > 1 && fresh.Value >= previous.Value) then
                            within count best previous fresh previous
                        elif fresh.Slope >= 0.0 then
                            within count best fresh previous fresh
                        else
                            bracket count best fresh (2.0 * fresh.At)

            let start = { At = 0.0; Value = line.Value; Slope = line.Slope }
            if line.Slope <= 0.0 then bracket 0 start start guess else failed start 0

        { Guess = (fun _ -> 1.0); Find = find }

    /// The first length, each a factor shorter than the one before, with f(t) ≤ f(0) + c₁ t f′(0) (L. Armijo, Pacific
    /// J. Math. 16 (1966) 1). Where none is found in time, the last one that was tried, and zero if the loss is not
    /// finite there; zero also along a direction that does not descend.
    let backtracking (options: BacktrackingOptions) : LineSearch =
        let find (line: LineFunction) (guess: float) =
            let rec tried count t =
                let value = line.ValueAt t

                if value <= line.Value + options.Decrease * t * line.Slope then
                    { Length = t; Accepted = true; Evaluations = count + 1 }
                elif count >= options.Most then
                    { Length = (if Double.IsFinite value then t else 0.0)
                      Accepted = false
                      Evaluations = count + 1 }
                else
                    tried (count + 1) (options.Shorter * t)

            if line.Slope <= 0.0 then tried 0 guess else { Length = 0.0; Accepted = false; Evaluations = 0 }

        { Guess =
            (fun previous ->
                if previous > 0.0 then min (options.Longer * previous) options.Longest else options.Longest)
          Find = find }

    /// The state before the first step; its memory is that of the optimiser and the last length.
    let start (optimiser: GradientTransformation) (parameters: Tree<Tensor>) : OptimisationState =
        { Step = 0
          Parameters = parameters
          Memory = Branch [ "optimiser", optimiser.Init parameters; "length", Trees.ofNumber 1.0 ] }

    let private evaluate loss parameters =
        let value, gradients = Tree.fgrad loss parameters
        struct (Tensor.value value, gradients)

    /// A step from a point whose loss and gradients are known: the state after it, the length, and loss and gradients
    /// there if the search has seen them.
    let private advance
        (search: LineSearch)
        (optimiser: GradientTransformation)
        loss
        (state: OptimisationState)
        value
        gradients
        =
        let point = { Parameters = state.Parameters; Loss = value }
        let direction, memory = optimiser.Update gradients (Tree.find "optimiser" state.Memory) point
        let at t = Trees.along t state.Parameters direction
        let mutable seen = ValueNone

        let line =
            { Value = value
              Slope = Trees.dot gradients direction
              ValueAt = fun t -> Tensor.value (loss (at t))
              At =
                fun t ->
                    let struct (value, gradients) = evaluate loss (at t)
                    seen <- ValueSome struct (t, value, gradients)
                    struct (value, Trees.dot gradients direction) }

        let found = search.Find line (search.Guess(Trees.number "length" state.Memory))

        let next =
            { Step = state.Step + 1
              Parameters = at found.Length
              Memory = Branch [ "optimiser", memory; "length", Trees.ofNumber found.Length ] }

        let known =
            match seen with
            | ValueSome(t, value, gradients) when t = found.Length -> ValueSome struct (value, gradients)
            | _ -> ValueNone

        struct (next, found, known)

    /// A step of the optimiser's updates times a length that is searched: the state after it, the loss before it, and
    /// the length. The loss must be the same function in the whole step.
    let step
        (search: LineSearch)
        (optimiser: GradientTransformation)
        (loss: Tree<Tensor> -> Tensor)
        (state: OptimisationState)
        : OptimisationState * float * LineStep =
        let struct (value, gradients) = evaluate loss state.Parameters
        let struct (next, found, _) = advance search optimiser loss state value gradients
        next, value, found

    let private largest (gradients: Tree<Tensor>) =
        Tree.leaves gradients
        |> Seq.collect Tensor.toArray
        |> Seq.fold (fun largest g -> if abs g <= largest then largest else abs g) 0.0

    /// Steps as of `step` until no component of the gradient is larger than `tolerance`, at most `steps` of them, or
    /// until the search finds no way down. What a search has evaluated is not evaluated again.
    let minimise
        (search: LineSearch)
        (optimiser: GradientTransformation)
        (tolerance: float)
        (steps: int)
        (loss: Tree<Tensor> -> Tensor)
        (parameters: Tree<Tensor>)
        : Minimum =
        let rec go (state: OptimisationState) evaluations value gradients =
            let slope = largest gradients

            let stop () =
                { Parameters = state.Parameters
                  Loss = value
                  LargestSlope = slope
                  Converged = slope <= tolerance
                  Steps = state.Step
                  Evaluations = evaluations }

            if slope <= tolerance || state.Step >= steps then
                stop ()
            else
                let struct (next, found, known) = advance search optimiser loss state value gradients
                let evaluations = evaluations + found.Evaluations

                if found.Length = 0.0 then
                    { stop () with Evaluations = evaluations }
                else
                    match known with
                    | ValueSome(value, gradients) -> go next evaluations value gradients
                    | ValueNone ->
                        let struct (value, gradients) = evaluate loss next.Parameters
                        go next (evaluations + 1) value gradients

        let struct (value, gradients) = evaluate loss parameters
        go (start optimiser parameters) 1 value gradients

    /// L-BFGS with a search by brackets: the direction for `step (zoom zoomStandard)`, from the last `size` steps; 10
    /// is usual.
    let lbfgs (size: int) : GradientTransformation =
        Transform.named [ "lbfgs", Lbfgs.scale size; "descent", ScaleBy.factor -1.0 ]
