namespace Noether.Training

open System
open Noether.Equivariance

/// A number for each step, counted from 0: a learning rate, a weight.
type Rates = int -> float

/// Schedules: rates that change with the steps.
[<RequireQualifiedAccess>]
module Schedule =

    let private atLeastOne operation name value = Guard.atLeast ("Schedule." + operation) name 1 value

    /// The same number always.
    let constant (value: float) : Rates = fun _ -> value

    /// The schedule, `steps` steps later; before that, its first number.
    let delay (steps: int) (schedule: Rates) : Rates = fun step -> schedule (max 0 (step - steps))

    /// From `first` to `last` in `steps` steps as (1 − x)^power.
    let polynomial (power: float) (first: float) (last: float) (steps: int) : Rates =
        atLeastOne "polynomial" "steps" steps

        fun step ->
            let left = 1.0 - float (Math.Clamp(step, 0, steps)) / float steps
            (first - last) * Math.Pow(left, power) + last

    /// From `first` to `last` in `steps` steps, evenly.
    let linear (first: float) (last: float) (steps: int) : Rates = polynomial 1.0 first last steps

    /// From `first`, times `rate` every `steps` steps, evenly.
    let exponential (first: float) (rate: float) (steps: int) : Rates =
        atLeastOne "exponential" "steps" steps
        fun step -> first * Math.Pow(rate, float step / float steps)

    /// From `first`, times `rate` at every `steps`-th step.
    let staircase (first: float) (rate: float) (steps: int) : Rates =
        atLeastOne "staircase" "steps" steps
        fun step -> first * Math.Pow(rate, float (step / steps))

    /// The schedule, and `least` where it falls below that.
    let atLeast (least: float) (schedule: Rates) : Rates = fun step -> max least (schedule step)

    /// The schedule, and `most` where it rises above that.
    let atMost (most: float) (schedule: Rates) : Rates = fun step -> min most (schedule step)

    /// From `first` to `last` in `steps` steps as half a wave of the cosine, to a power.
    let cosinePower (power: float) (first: float) (last: float) (steps: int) : Rates =
        atLeastOne "cosine" "steps" steps

        fun step ->
            let wave = 0.5 * (1.0 + cos (Math.PI * float (Math.Clamp(step, 0, steps)) / float steps))
            (first - last) * Math.Pow(wave, power) + last

    /// From `first` to `last` in `steps` steps as half a wave of the cosine (I. Loshchilov and F. Hutter, arXiv:1608.03983).
    let cosine (first: float) (last: float) (steps: int) : Rates = cosinePower 1.0 first last steps

    /// The first schedule up to a step, then the second with its steps counted from there, and so on.
    let join (first: Rates) (rest: (int * Rates) list) : Rates =
        if List.pairwise rest |> List.exists (fun ((a, _), (b, _)) -> a >= b) then
            raise (ArgumentException "Schedule.join: the steps where schedules begin do not increase.")

        fun step ->
            match List.tryFindBack (fun (start, _) -> step >= start) rest with
            | Some(start, schedule) -> schedule (step - start)
            | None -> first step

    /// From `first` to `peak` in `warmup` steps evenly, then `later`.
    let warmup (first: float) (peak: float) (warmup: int) (later: Rates) : Rates =
        join (linear first peak warmup) [ warmup, later ]

    /// From `first` to `peak` in `warmup` steps evenly, then to `last` in step `steps` as half a wave of the cosine.
    let warmupCosine (first: float) (peak: float) (last: float) (warmup: int) (steps: int) : Rates =
        join (linear first peak warmup) [ warmup, cosine peak last (steps - warmup) ]

    /// From `first`, times a factor from each of the steps on.
    let piecewise (first: float) (factors: (int * float) list) : Rates =
        fun step -> factors |> List.fold (fun value (at, factor) -> if step >= at then value * factor else value) first

    /// Through the values of `piecewise`, with a way from each to the next: from value, to value, part of the way.
    let private between (way: float -> float -> float -> float) first (factors: (int * float) list) : Rates =
        let knots = (0, first) :: factors |> List.scan (fun (_, value) (at, f) -> at, value * f) (0, 1.0) |> List.tail

        if List.pairwise knots |> List.exists (fun ((a, _), (b, _)) -> a >= b) then
            raise (ArgumentException "Schedule: the steps do not increase from 1.")

        let pieces = List.pairwise knots
        let last = snd (List.last knots)

        fun step ->
            match pieces |> List.tryFind (fun (_, (stop, _)) -> step < stop) with
            | Some((start, a), (stop, b)) -> way a b (float (step - start) / float (stop - start))
            | None -> last

    /// Evenly through the values that `piecewise` jumps to.
    let linearPieces (first: float) (factors: (int * float) list) : Rates =
        between (fun a b part -> (b - a) * part + a) first factors

    /// By half waves of the cosine through the values that `piecewise` jumps to.
    let cosinePieces (first: float) (factors: (int * float) list) : Rates =
        between (fun a b part -> b + (a - b) / 2.0 * (cos (Math.PI * part) + 1.0)) first factors

    /// One cycle (L. Smith, arXiv:1708.07120): by half waves of the cosine from peak/divisor to `peak` at the part `rise`
    /// of the steps (0.3 is usual), then to peak/(divisor · final); 25 and 10⁴ are usual.
    let oneCycle (rise: float) (divisor: float) (final: float) (peak: float) (steps: int) : Rates =
        cosinePieces (peak / divisor) [ int (rise * float steps), divisor; steps, 1.0 / (divisor * final) ]

    /// One cycle with straight sides: from peak/divisor to `peak` at the part `rise` of the steps, down again at the part
    /// `fall` (0.85 is usual), then to peak/(divisor · final).
    let linearOneCycle (rise: float) (fall: float) (divisor: float) (final: float) (peak: float) (steps: int) : Rates =
        linearPieces
            (peak / divisor)
            [ int (rise * float steps), divisor; int (fall * float steps), 1.0 / divisor; steps, 1.0 / final ]
