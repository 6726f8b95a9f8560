namespace Noether.Physics

open System
open System.Collections.Immutable
open MathNet.Numerics.LinearAlgebra
open Noether.Domain

/// The third-order Birch–Murnaghan equation of state (F. Birch, Phys. Rev. 71, 809 (1947)): with x = (V₀/V)^{2/3},
/// E = E₀ + 9V₀B₀/16 ((x − 1)³ B₀′ + (x − 1)²(6 − 4x)).
type BirchMurnaghan =
    {
        /// The lowest energy E₀, eV.
        Energy: float
        /// The volume V₀ that has it, Å³.
        Volume: float
        /// The bulk modulus B₀ = −V dP/dV there, eV/Å³.
        BulkModulus: float
        /// Its derivative by pressure, B₀′, a number.
        Derivative: float
    }

/// Energies of a crystal under isotropic strain of its cell.
type VolumeScan =
    {
        /// Volumes of the cell, [m], Å³.
        Volumes: ImmutableArray<float>
        /// Energies, [m], eV.
        Energies: ImmutableArray<float>
        /// Pressures −dE/dV, [m], eV/Å³, from the stress, not from differences.
        Pressures: ImmutableArray<float>
        /// The largest force on a free atom at each volume, [m], eV/Å: of ions that were relaxed, below the limit.
        LargestForces: ImmutableArray<float>
    }

/// Equations of state: energy and pressure as functions of volume.
[<RequireQualifiedAccess>]
module EquationOfState =
    let private volumeOf (structure: Structure) =
        match Cell.volume structure.Cell with
        | Some volume -> volume
        | None -> Outcome.raise (Inconsistent("the structure", "no volume", "three lattice vectors"))

    /// Positions and lattice vectors times a factor; properties stay.
    let private scaled (factor: float) (structure: Structure) =
        let times (values: ImmutableArray<float>) = Seq.map (fun x -> factor * x) values
        let periodic = structure.Cell.Periodic

        let cell =
            Cell.createOrFail (Array.ofSeq (times structure.Cell.Vectors)) (periodic[0], periodic[1], periodic[2])

        structure
        |> Structure.withCell cell
        |> Structure.withPositions (ImmutableArray.CreateRange(times structure.Positions))
        |> Outcome.getOrFail

    let private scanWith
        (evaluate: Structure -> Results * float)
        (ratios: float seq)
        (structure: Structure)
        : Result<VolumeScan, NoetherError> =
        Outcome.capture (fun () ->
            let own = volumeOf structure

            let at (ratio: float) =
                if not (ratio > 0.0 && Double.IsFinite ratio) then
                    Outcome.raise (InvalidArgument("a ratio of volumes", $"{ratio}", "a positive number"))

                let results, largest = evaluate (scaled (Math.Cbrt ratio) structure)
                let volume = ratio * own
                let pressure = (results.Virial[0] + results.Virial[4] + results.Virial[8]) / (3.0 * volume)
                volume, results.Energy, pressure, largest

            let found = ratios |> Seq.map at |> Array.ofSeq
            let part choose = Frozen.freeze (Array.map choose found)

            { Volumes = part (fun (volume, _, _, _) -> volume)
              Energies = part (fun (_, energy, _, _) -> energy)
              Pressures = part (fun (_, _, pressure, _) -> pressure)
              LargestForces = part (fun (_, _, _, largest) -> largest) })

    /// Energies and pressures at volumes that are these multiples of the structure's own, ions clamped: atoms stay at their
    /// fractional coordinates. Errors as for `Evaluate.run`; `Inconsistent` without three lattice vectors;
    /// `InvalidArgument` for a ratio that is not positive.
    let scanClamped
        (ratios: float seq)
        (potential: Potential)
        (structure: Structure)
        : Result<VolumeScan, NoetherError> =
        let evaluate structure =
            let results = Evaluate.run potential structure |> Outcome.getOrFail
            results, EnergySurface.longest structure.Count (results.Forces.AsSpan())

        scanWith evaluate ratios structure

    /// The settings of the relaxation of `scan`: to 1e-4 eV/Å, which leaves energies right to some 1e-9 eV.
    let relaxation: Relaxation = { Relaxation.standard with Force = 1e-4 }

    /// Energies and pressures at volumes that are these multiples of the structure's own, ions relaxed at each by these
    /// settings, whose cell does not count. What a relaxation reached after its last step is taken, with its forces.
    /// Errors as for `Relaxation.run`, `Inconsistent` without three lattice vectors, `InvalidArgument` for a ratio that is
    /// not positive.
    let scan
        (settings: Relaxation)
        (ratios: float seq)
        (potential: Potential)
        (structure: Structure)
        : Result<VolumeScan, NoetherError> =
        let evaluate structure =
            let last = Relaxation.run { settings with Cell = None } potential structure |> Outcome.getOrFail
            last.Results, last.LargestForce

        scanWith evaluate ratios structure

    /// The energy at a volume (Å³), eV.
    let energy (volume: float) (fit: BirchMurnaghan) : float =
        let x = Math.Cbrt((fit.Volume / volume) ** 2.0)
        let bent = (x - 1.0) ** 3.0 * fit.Derivative + (x - 1.0) ** 2.0 * (6.0 - 4.0 * x)
        fit.Energy + 9.0 / 16.0 * fit.Volume * fit.BulkModulus * bent

    /// The pressure −dE/dV at a volume (Å³), eV/Å³, positive under compression:
    /// 3B₀/2 (x^{7/2} − x^{5/2})(1 + ¾(B₀′ − 4)(x − 1)).
    let pressure (volume: float) (fit: BirchMurnaghan) : float =
        let x = Math.Cbrt((fit.Volume / volume) ** 2.0)
        let bent = 1.0 + 0.75 * (fit.Derivative - 4.0) * (x - 1.0)
        1.5 * fit.BulkModulus * (x ** 3.5 - x ** 2.5) * bent

    /// The Birch–Murnaghan equation through energies (eV) at volumes (Å³), by least squares: it is a cubic polynomial in
    /// V^{−2/3}, so the fit is linear and needs no start. Errors: `Inconsistent` for lists of different lengths, fewer than
    /// four different volumes, and energies without a minimum; `InvalidArgument` for a volume that is not positive.
    let fit (volumes: float seq) (energies: float seq) : Result<BirchMurnaghan, NoetherError> =
        Outcome.capture (fun () ->
            let volumes, energies = Array.ofSeq volumes, Array.ofSeq energies
            let refuse what found expected = Outcome.raise (Inconsistent(what, found, expected))

            if volumes.Length <> energies.Length then
                refuse
                    "the equation of state"
                    $"{volumes.Length} volumes and {energies.Length} energies"
                    "as many of each"

            if (Array.distinct volumes).Length < 4 then
                let found = $"{(Array.distinct volumes).Length} different volumes"
                refuse "the equation of state" found "at least 4 for its 4 parameters"

            for volume in volumes do
                if not (volume > 0.0 && Double.IsFinite volume) then
                    Outcome.raise (InvalidArgument("a volume", $"{volume}", "a positive number of Å³"))

            // u = (middle/V)^{2/3} − 1, in units of its range: the columns are powers of numbers of order one.
            let middle = Array.average volumes
            let strain volume = Math.Cbrt((middle / volume) ** 2.0) - 1.0
            let unit = volumes |> Array.map (strain >> abs) |> Array.max

            let powers =
                Matrix<float>.Build.Dense(volumes.Length, 4, fun row k -> (strain volumes[row] / unit) ** float k)

            let solved = powers.QR(Factorization.QRMethod.Thin).Solve(Vector<float>.Build.DenseOfArray energies)
            let c = Array.init 4 (fun k -> solved[k] / unit ** float k)
            // E′(u) = c₁ + 2c₂u + 3c₃u² = 0 where E″(u) = 2c₂ + 6c₃u is the positive root.
            let curvature = c[2] * c[2] - 3.0 * c[1] * c[3]
            let u = -c[1] / (c[2] + sqrt curvature)

            if not (curvature > 0.0 && u > -1.0 && c[2] + 3.0 * c[3] * u > 0.0) then
                refuse "the list of energies" "no minimum over volume" "one, for the equation of state"

            // In x = (V₀/V)^{2/3}: E = E₀ + a(x − 1)² + b(x − 1)³ with a = 9V₀B₀/8 and b = 9V₀B₀(B₀′ − 4)/16.
            let stretch = 1.0 + u
            let a = (c[2] + 3.0 * c[3] * u) * stretch ** 2.0
            let b = c[3] * stretch ** 3.0
            let volume = middle / stretch ** 1.5

            { Energy = c[0] + u * (c[1] + u * (c[2] + u * c[3]))
              Volume = volume
              BulkModulus = 8.0 * a / (9.0 * volume)
              Derivative = 4.0 + 2.0 * b / a })

    /// `scan` by `relaxation` and `fit` in one. Errors as for both; `Inconsistent` for ions that did not come to rest.
    let birchMurnaghan
        (ratios: float seq)
        (potential: Potential)
        (structure: Structure)
        : Result<BirchMurnaghan, NoetherError> =
        scan relaxation ratios potential structure
        |> Result.bind (fun scan ->
            let largest = Seq.max scan.LargestForces

            if largest > relaxation.Force then
                let found = $"ions that did not come to rest: a force of {Quantity.text largest} eV/Å is left"
                Error(Inconsistent("the equation of state", found, "a structure nearer to rest, or clamped ions"))
            else
                fit scan.Volumes scan.Energies)
