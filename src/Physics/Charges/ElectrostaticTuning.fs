namespace Noether.Physics

open System
open System.Diagnostics
open Noether.AutoDiff
open Noether.Domain

/// A way to sum the charges of a structure that was tried.
[<NoEquality; NoComparison>]
type TunedSum =
    {
        /// The sum.
        Resolution: Resolution
        /// The root mean square error of the forces of this structure, eV/Å, against an Ewald sum of a hundredth of the
        /// accuracy that was asked for.
        Measured: float
        /// Seconds that energy and forces took here, once, the list of neighbours included.
        Seconds: float
    }

/// Choosing smearing, cut-off and mesh for one structure.
[<RequireQualifiedAccess>]
module ElectrostaticTuning =
    // Costs in ns, as measured on one core: a pair, a charge at a wave (by differentiation), a mesh point at a
    // logarithm of their number, a charge at a mesh point.
    let private pairCost, private waveCost, private pointCost, private shareCost = 4.0, 25.0, 0.5, 3.0

    let private cutoffs = [ 4.0; 5.0; 6.0; 7.0; 8.0; 9.0; 10.0; 12.0 ]

    /// The modelled time of an evaluation, in s.
    let cost (statistics: ChargeStatistics) (resolution: Resolution) : float =
        let n = float statistics.Count
        let volume = statistics.Volume
        let pairs = n * n / volume * 4.0 / 3.0 * Math.PI * resolution.Cutoff ** 3.0

        let far =
            match resolution.Summation with
            | Ewald(Sphere k) -> waveCost * n * volume * k * k * k / (12.0 * Math.PI * Math.PI)
            | OnMesh(P3M order, Spacing h) ->
                let points = max 512.0 (volume / (h * h * h))
                pointCost * points * Math.Log2 points + shareCost * n * float (order * order * order)
            | _ -> 0.0

        1e-9 * (pairCost * pairs + far)

    let private potential (settings: ElectrostaticSettings) (resolution: Resolution) =
        let split =
            RangeSplit.inversePower settings.Exponent (Tensor.scalar resolution.Smearing)
            |> RangeSplit.scale (Tensor.scalar settings.Prefactor)

        Electrostatics.ofSplit split resolution.Summation resolution.Cutoff settings.Charges

    let private charges (settings: ElectrostaticSettings) (structure: Structure) =
        PairData.ofStructure (Pairs.none structure.Count) structure
        |> PairData.requiring "charges" (ChargeSource.requires settings.Charges)
        |> ChargeSource.tensor settings.Charges
        |> Tensor.toArray

    let private rms (a: float seq) (b: float seq) =
        let squares = Seq.map2 (fun x y -> (x - y) * (x - y)) a b |> Seq.sum
        sqrt (squares / float (Seq.length a / 3))

    /// The sum for a structure that meets the accuracy of the settings at the least modelled cost, tried on it: where
    /// the error that is measured is larger than the one asked for, it is made finer until it is not. The cut-off of
    /// the settings is not used, their method is. Errors: those of `Resolution.choose` and of an evaluation;
    /// `InvalidArgument` for an accuracy that is not met in six attempts, with the best that was.
    let tune (settings: ElectrostaticSettings) (structure: Structure) : Result<TunedSum, NoetherError> =
        Outcome.capture (fun () ->
            let run potential = Evaluate.run potential structure |> Outcome.getOrFail

            let volume =
                match Cell.volume structure.Cell with
                | Some volume -> volume
                | None ->
                    let found = "fewer than three lattice vectors"
                    Inconsistent("the structure", found, "a crystal, for which a sum can be chosen") |> Outcome.raise

            let statistics = Resolution.statistics (charges settings structure) volume

            let choose method accuracy cutoff =
                Resolution.choose method (abs settings.Prefactor) accuracy cutoff statistics |> Outcome.getOrFail

            let best accuracy =
                let methods =
                    match settings.Method with
                    | Automatic -> EwaldMethod :: [ for order in 4..7 -> MeshMethod order ]
                    | given -> [ given ]

                [ for cutoff in cutoffs do
                      for method in methods -> choose method accuracy cutoff ]
                |> List.minBy (cost statistics)

            let reference = (run (potential settings (choose EwaldMethod (0.01 * settings.Accuracy) 9.0))).Forces

            let attempt accuracy =
                let resolution = best accuracy
                let watch = Stopwatch.StartNew()
                let forces = (run (potential settings resolution)).Forces

                { Resolution = resolution
                  Measured = rms reference forces
                  Seconds = watch.Elapsed.TotalSeconds }

            let attempts =
                Seq.initInfinite (fun k -> settings.Accuracy / 3.0 ** float k)
                |> Seq.map attempt
                |> Seq.truncate 6
                |> Seq.cache

            match Seq.tryFind (fun tried -> tried.Measured <= settings.Accuracy) attempts with
            | Some tried -> tried
            | None ->
                let closest = Seq.minBy _.Measured attempts

                let expected =
                    $"{closest.Measured:g3} eV/Å or more, the best of six attempts, at {closest.Seconds:g3} s"

                InvalidArgument("the accuracy", NoetherError.number settings.Accuracy, expected) |> Outcome.raise)
