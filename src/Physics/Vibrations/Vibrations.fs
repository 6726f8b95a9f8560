namespace Noether.Physics

open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain

/// The harmonic vibrations of n atoms: of a molecule, or of a crystal with all its cells in step (q = 0).
type VibrationalModes =
    {
        /// ω² of each mode, ascending, [3n], eV/(Å² amu); negative for motions that run away, 0 up to rounding for
        /// translations, and for rotations of a molecule at rest.
        Squares: ImmutableArray<float>
        /// The mass-weighted eigenvectors √m u, orthonormal, [3n, n, 3].
        Eigenvectors: ImmutableArray<float>
        /// The masses, [n], amu.
        Masses: ImmutableArray<float>
    }

    /// Frequencies ω/2π in THz, [3n], imaginary ones negative.
    member this.Terahertz = ImmutableArray.CreateRange(this.Squares, Frequency.terahertz)

    /// Wavenumbers in cm⁻¹, [3n], imaginary ones negative.
    member this.Wavenumbers = ImmutableArray.CreateRange(this.Squares, Frequency.wavenumber)

    /// Energies ħω in eV, [3n], imaginary ones negative.
    member this.Energies = ImmutableArray.CreateRange(this.Squares, Frequency.energy)

/// Harmonic vibrations from exact second derivatives.
[<RequireQualifiedAccess>]
module Vibrations =
    /// Refuses masses that are not n positive numbers.
    let internal checkMasses (count: int) (masses: float seq) =
        let masses = Array.ofSeq masses

        if masses.Length <> count then
            Outcome.raise (
                Inconsistent("the list of masses", $"{masses.Length} entries", $"{count}, one for each atom")
            )

        for i, mass in Array.indexed masses do
            if not (mass > 0.0 && System.Double.IsFinite mass) then
                Outcome.raise (InvalidArgument($"the mass of atom {i}", $"{mass}", "a positive number of amu"))

        masses

    let internal standardMasses (structure: Structure) = structure.Numbers |> Seq.map Elements.mass |> Array.ofSeq

    /// The modes of a Hessian [3n, 3n] (eV/Å²) with these masses [n] (amu). Errors: `Inconsistent` for another number of
    /// masses, `InvalidArgument` for a mass that is not positive.
    let ofHessian (masses: float seq) (hessian: Tensor) : Result<VibrationalModes, NoetherError> =
        Outcome.capture (fun () ->
            let size = hessian.Shape[0]
            let masses = checkMasses (size / 3) masses
            let roots = Array.init size (fun k -> sqrt masses[k / 3])

            let weighted = Tensor.toArray hessian |> Array.mapi (fun k h -> h / (roots[k / size] * roots[k % size]))

            let squares, vectors = Eigen.symmetric size weighted

            { Squares = Frozen.freeze squares
              Eigenvectors = Frozen.freeze (Array.concat vectors)
              Masses = Frozen.freeze masses })

    /// The vibrations of a structure with masses [n] of its atoms in amu. Errors as for `Evaluate.run` and `ofHessian`.
    let modesWith
        (masses: float seq)
        (potential: Potential)
        (structure: Structure)
        : Result<VibrationalModes, NoetherError> =
        Hessian.dense potential structure |> Result.bind (ofHessian masses)

    /// The vibrations of a structure with the standard masses of its elements. Errors as for `Evaluate.run`.
    let modes (potential: Potential) (structure: Structure) : Result<VibrationalModes, NoetherError> =
        modesWith (standardMasses structure) potential structure

    /// The energy of the ground state of all real modes, Σ ħω/2, in eV.
    let zeroPointEnergy (modes: VibrationalModes) : float =
        modes.Energies |> Seq.sumBy (fun energy -> 0.5 * max 0.0 energy)
