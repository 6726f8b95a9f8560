namespace Noether.Physics

open System
open Noether.Domain

/// The thermochemistry of an ideal gas of molecules that turn as rigid bodies and vibrate harmonically (D. A.
/// McQuarrie, Statistical Mechanics, 1976, chapter 8), for one molecule.
type IdealGas =
    {
        /// T, K.
        Temperature: float
        /// p, bar.
        Pressure: float
        /// The molecule as a rigid body.
        Shape: MolecularShape
        /// The vibrations that were counted, cm⁻¹, ascending: 3n − 6, or 3n − 5 of atoms on a line.
        Wavenumbers: float list
        /// The energy at rest, eV.
        Energy: float
        /// Σ ħω/2, eV.
        ZeroPoint: float
        /// H(T): energy at rest, zero point, vibration, rotation, translation and kT for pV, eV.
        Enthalpy: float
        /// S of translation, eV/K.
        TranslationalEntropy: float
        /// S of rotation, eV/K.
        RotationalEntropy: float
        /// S of vibration, eV/K.
        VibrationalEntropy: float
        /// k ln(2S + 1) of the spin, eV/K.
        ElectronicEntropy: float
    }

    /// S(T, p), eV/K.
    member this.Entropy =
        this.TranslationalEntropy + this.RotationalEntropy + this.VibrationalEntropy + this.ElectronicEntropy

    /// G(T, p) = H − TS, eV.
    member this.FreeEnergy = this.Enthalpy - this.Temperature * this.Entropy

/// Thermochemistry from vibrations.
[<RequireQualifiedAccess>]
module IdealGas =
    let private positive name unit (x: float) =
        if not (x > 0.0 && Double.IsFinite x) then
            Outcome.raise (InvalidArgument(name, NoetherError.number x, $"a positive number of {unit}"))

    /// ħ in eV and the time inside.
    let private hbar = Frequency.energy 1.0

    /// ½ħω, ħω/(e^x − 1), and the entropy over k of an oscillator, x = ħω/kT.
    let private oscillator thermal quantum =
        let x = quantum / thermal
        let occupied = 1.0 / (exp x - 1.0)
        0.5 * quantum, quantum * occupied, x * occupied - log (1.0 - exp -x)

    /// The thermochemistry of a molecule at rest with energy E (eV), its shape and its modes, at a temperature (K), a
    /// pressure (bar), and a multiplicity 2S + 1 of its spin. Errors: `InvalidArgument` for these; `Inconsistent` for
    /// modes of another molecule, and for vibrations that run away: the molecule is not at rest.
    let create
        (temperature: float)
        (pressure: float)
        (multiplicity: int)
        (shape: MolecularShape)
        (modes: VibrationalModes)
        (energy: float)
        : Result<IdealGas, NoetherError> =
        Outcome.capture (fun () ->
            positive "the temperature" "K" temperature
            positive "the pressure" "bar" pressure

            if multiplicity < 1 then
                Outcome.raise (InvalidArgument("the multiplicity of the spin", $"{multiplicity}", "at least 1"))

            let atoms = modes.Masses.Length

            let rigid =
                if atoms = 1 then 3
                elif shape.IsLinear then 5
                else 6

            // Those that are left when the six, or five, nearest to zero are taken for translation and rotation.
            let counted =
                modes.Squares |> Seq.sortBy abs |> Seq.skip (min rigid modes.Squares.Length) |> Seq.sort |> List.ofSeq

            match counted |> List.tryFind (fun square -> square <= 0.0) with
            | Some square ->
                let wavenumber = NoetherError.number (Math.Round(Frequency.wavenumber square, 1))
                let found = $"a vibration of {wavenumber} cm⁻¹, which runs away"
                Outcome.raise (Inconsistent("the molecule", found, "a minimum of the energy: relax it first"))
            | None -> ()

            let k = Units.boltzmann
            let thermal = k * temperature
            let parts = counted |> List.map (Frequency.energy >> oscillator thermal)
            let zeroPoint = parts |> List.sumBy (fun (half, _, _) -> half)
            let vibration = parts |> List.sumBy (fun (_, energy, _) -> energy)

            // (M kT/2πħ²)^(3/2) kT/p, and (2 I kT/ħ²)^(1/2) of each axis.
            let translational =
                (shape.Mass * thermal / (2.0 * Math.PI * hbar * hbar)) ** 1.5 * thermal / (pressure * Units.bar)

            let axis moment = sqrt (2.0 * moment * thermal) / hbar
            let symmetry = float shape.SymmetryNumber

            let rotation, rotational =
                if atoms = 1 then
                    0.0, 0.0
                elif shape.IsLinear then
                    let moment = shape.Moments[2]
                    thermal, k * (log (axis moment * axis moment / symmetry) + 1.0)
                else
                    let product =
                        shape.Moments |> Seq.fold (fun product moment -> product * axis moment) (sqrt Math.PI)

                    1.5 * thermal, k * (log (product / symmetry) + 1.5)

            { Temperature = temperature
              Pressure = pressure
              Shape = shape
              Wavenumbers = counted |> List.map Frequency.wavenumber
              Energy = energy
              ZeroPoint = zeroPoint
              Enthalpy = energy + zeroPoint + vibration + rotation + 2.5 * thermal
              TranslationalEntropy = k * (log translational + 2.5)
              RotationalEntropy = rotational
              VibrationalEntropy = k * (parts |> List.sumBy (fun (_, _, entropy) -> entropy))
              ElectronicEntropy = k * log (float multiplicity) })
