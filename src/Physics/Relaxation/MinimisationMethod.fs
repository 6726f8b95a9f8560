namespace Noether.Physics

open System
open Noether.AutoDiff
open Noether.Domain

/// How a minimiser goes on from a point: an immutable value, its memory in what it closes over.
[<NoEquality; NoComparison>]
type internal MinimisationMethod =
    | MinimisationMethod of (EnergySurface -> EnergySurfacePoint -> Result<Move, NoetherError>)

/// The outcome of a step of a minimiser: a point and how to go on, or nowhere; and the number of evaluations.
and [<NoEquality; NoComparison>] internal Move =
    | Moved of EnergySurfacePoint * int * MinimisationMethod
    | Stuck of int

/// Minimisers.
[<RequireQualifiedAccess>]
module internal MinimisationMethod =
    let private along (x: float[]) (t: float) (d: float[]) = Array.map2 (fun a b -> a + t * b) x d

    /// A search along a direction for a step where the energy is lower and its slope less than `curvature` of that at
    /// the start (Wolfe's conditions, as J. Nocedal and S. J. Wright, Numerical Optimization, 2nd ed. (2006), chapter
    /// 3, has them). Near the minimum, where energies differ by rounding only, the slopes alone decide (W. W. Hager and
    /// H. Zhang, SIAM J. Optim. 16, 170 (2005)). No step is longer than `longest` (Å). What was found, its step, and
    /// evaluations.
    let private search
        (landscape: EnergySurface)
        longest
        (curvature: float)
        (first: float)
        (from: EnergySurfacePoint)
        (d: float[])
        =
        let slope = EnergySurface.dot from.Gradient d
        let furthest = longest / EnergySurface.length landscape d
        let rounding = 1e-12 * abs from.Value
        let mutable low, lowSlope, best = 0.0, slope, None
        let mutable high, highSlope = infinity, nan
        let mutable t = min first furthest
        let mutable found, failure = None, None
        let mutable evaluations = 0

        while found.IsNone && failure.IsNone && evaluations < 20 do
            evaluations <- evaluations + 1

            match landscape.At from.List (along from.Coordinates t d) with
            | Ok point when Double.IsFinite point.Value ->
                let now = EnergySurface.dot point.Gradient d
                let tooHigh = point.Value > from.Value + 1e-4 * t * slope + rounding

                if not tooHigh && abs now <= -curvature * slope then
                    found <- Some(point, t)
                elif tooHigh || now > 0.0 then
                    high <- t
                    highSlope <- if now > 0.0 then now else nan
                elif t >= furthest then
                    found <- Some(point, t)
                else
                    low <- t
                    lowSlope <- now
                    best <- Some(point, t)
            | Ok _
            | Error(NonFinite _) ->
                high <- t
                highSlope <- nan
            | Error error -> failure <- Some error

            t <-
                if Double.IsPositiveInfinity high then
                    min furthest (4.0 * t)
                else
                    let share = if Double.IsNaN highSlope then 0.3 else lowSlope / (lowSlope - highSlope)
                    low + min 0.9 (max 0.1 share) * (high - low)

        match failure with
        | Some error -> Error error
        | None -> Ok(Option.orElse best found, evaluations)

    /// A short first step along the force.
    let private cautious longest landscape (d: float[]) = 0.1 * longest / EnergySurface.length landscape d

    /// Conjugate gradients (E. Polak and G. Ribière, Rev. Fr. Inform. Rech. Opér. 3, 35 (1969), never with a negative
    /// coefficient): `before` holds the last gradient, direction and the decrease t·slope that it was worth.
    let rec private conjugateFrom longest (before: (float[] * float[] * float) option) : MinimisationMethod =
        MinimisationMethod(fun landscape point ->
            let g = point.Gradient
            let down = Array.map (~-) g

            let d, first =
                match before with
                | Some(last, direction, decrease) ->
                    let beta =
                        max 0.0 ((EnergySurface.dot g g - EnergySurface.dot g last) / EnergySurface.dot last last)

                    let d = Array.map2 (fun a b -> a + beta * b) down direction
                    let slope = EnergySurface.dot g d
                    if slope < 0.0 then d, decrease / slope else down, cautious longest landscape down
                | None -> down, cautious longest landscape down

            search landscape longest 0.1 first point d
            |> Result.bind (fun (found, evaluations) ->
                match found with
                | Some(next, t) ->
                    let memory = Some(g, d, t * EnergySurface.dot g d)
                    Ok(Moved(next, evaluations, conjugateFrom longest memory))
                | None when before.IsSome -> again landscape point evaluations (conjugateFrom longest None)
                | None -> Ok(Stuck evaluations)))

    /// The step of another descent, with evaluations already spent.
    and private again landscape point spent (MinimisationMethod next) =
        next landscape point
        |> Result.map (fun move ->
            match move with
            | Moved(point, evaluations, rest) -> Moved(point, spent + evaluations, rest)
            | Stuck evaluations -> Stuck(spent + evaluations))

    /// Conjugate gradients with steps up to a length (Å).
    let conjugateGradients longest : MinimisationMethod = conjugateFrom longest None

    /// −H g with the inverse Hessian of the secants, the latest first.
    let private quasiNewton (secants: Secant<float[]> list) (g: float[]) =
        let newest = secants.Head
        let identity = newest.Curvature / EnergySurface.dot newest.Change newest.Change
        let multiply (factor: float) = Array.map (fun x -> factor * x)
        InverseHessian.times EnergySurface.dot along multiply identity secants g |> Array.map (~-)

    /// L-BFGS (J. Nocedal, Math. Comput. 35, 773 (1980); D. C. Liu and J. Nocedal, Math. Program. 45, 503 (1989)) that
    /// remembers `memory` steps.
    let rec private rememberingFrom longest memory (secants: Secant<float[]> list) : MinimisationMethod =
        MinimisationMethod(fun landscape point ->
            let down = Array.map (~-) point.Gradient
            let newton = if secants.IsEmpty then down else quasiNewton secants point.Gradient
            let good = not secants.IsEmpty && EnergySurface.dot point.Gradient newton < 0.0
            let d = if good then newton else down
            let first = if good then 1.0 else cautious longest landscape down

            search landscape longest 0.9 first point d
            |> Result.bind (fun (found, evaluations) ->
                match found with
                | Some(next, _) ->
                    let s = Array.map2 (-) next.Coordinates point.Coordinates
                    let y = Array.map2 (-) next.Gradient point.Gradient
                    let curvature = EnergySurface.dot s y
                    let kept = if good then secants else []

                    let kept =
                        // Curvature that is negative, or lost in rounding, is not remembered.
                        if curvature > 1e-12 * sqrt (EnergySurface.dot s s * EnergySurface.dot y y) then
                            List.truncate memory ({ Step = s; Change = y; Curvature = curvature } :: kept)
                        else
                            kept

                    Ok(Moved(next, evaluations, rememberingFrom longest memory kept))
                | None when good -> again landscape point evaluations (rememberingFrom longest memory [])
                | None -> Ok(Stuck evaluations)))

    /// L-BFGS with steps up to a length (Å).
    let lbfgs longest (memory: int) : MinimisationMethod = rememberingFrom longest memory []

    /// FIRE (E. Bitzek, P. Koskinen, F. Gähler, M. Moseler and P. Gumbsch, Phys. Rev. Lett. 97, 170201 (2006)) with
    /// unit masses, steps of 0.1 to 1.0, explicit Euler with the new velocity, and moves up to a length (Å) in all.
    let rec private fireFrom
        longest
        (velocity: float[])
        (dt: float)
        (mixing: float)
        (downhill: int)
        : MinimisationMethod =
        MinimisationMethod(fun landscape point ->
            let force = Array.map (~-) point.Gradient
            let power = EnergySurface.dot force velocity
            let resting = downhill < 0

            let velocity, dt, mixing, downhill =
                if resting then
                    velocity, dt, mixing, 0
                elif power > 0.0 then
                    let speed = sqrt (EnergySurface.dot velocity velocity / EnergySurface.dot force force)
                    let mixed = Array.map2 (fun v f -> (1.0 - mixing) * v + mixing * speed * f) velocity force
                    let patient = downhill > 5

                    mixed,
                    (if patient then min 1.0 (1.1 * dt) else dt),
                    (if patient then 0.99 * mixing else mixing),
                    downhill + 1
                else
                    Array.zeroCreate velocity.Length, 0.5 * dt, 0.1, 0

            let velocity = along velocity dt force
            let size = dt * sqrt (EnergySurface.dot velocity velocity)
            let t = if size > longest then dt * longest / size else dt

            landscape.At point.List (along point.Coordinates t velocity)
            |> Result.map (fun next -> Moved(next, 1, fireFrom longest velocity dt mixing downhill)))

    /// FIRE from rest, with steps up to a length (Å).
    let fire longest (size: int) : MinimisationMethod = fireFrom longest (Array.zeroCreate size) 0.1 0.1 -1
