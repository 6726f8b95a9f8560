namespace Noether.Physics

open System
open Noether.Domain

/// What errors of a sum depend on: numbers of a structure, all other things being random.
type ChargeStatistics =
    {
        /// The number of charges, N.
        Count: int
        /// The sum of their squares, Σ q².
        Squares: float
        /// The volume of the cell, Å³.
        Volume: float
    }

/// Estimates of the root mean square error of forces, for charges at random places, in units of charge²/Å²: the error
/// of the pairs beyond the cut-off, and that of what is left out or smeared out in the reciprocal part. Times a
/// prefactor they are in its units.
[<RequireQualifiedAccess>]
module ErrorBounds =
    let private prefactor statistics = 2.0 * statistics.Squares / sqrt (float statistics.Count)

    /// Pairs beyond a cut-off, for the smearing σ: 2Q²/√(N r V) e^(−r²/2σ²) (J. Kolafa and J. W. Perram, Mol. Sim. 9,
    /// 351 (1992)).
    let pairs (smearing: float) (cutoff: float) (statistics: ChargeStatistics) : float =
        prefactor statistics / sqrt (cutoff * statistics.Volume)
        * exp (-cutoff * cutoff / (2.0 * smearing * smearing))

    /// Waves beyond |k| = K in an Ewald sum: 2√2 Q² α/√(N V K) e^(−σ²K²/2), α = 1/(√2σ) (the same).
    let waves (smearing: float) (cutoff: float) (statistics: ChargeStatistics) : float =
        prefactor statistics / (smearing * sqrt (statistics.Volume * cutoff))
        * exp (-0.5 * smearing * smearing * cutoff * cutoff)

    /// torch-pme's estimate for its Ewald sum of wavelength λ, whose k it takes to end at 2π/λ.
    let wavelength (smearing: float) (wavelength: float) (statistics: ChargeStatistics) : float =
        sqrt (prefactor statistics) / (smearing * Math.PI * sqrt (statistics.Volume / wavelength))
        * exp (-2.0 * (Math.PI * smearing / wavelength) ** 2.0)

    let private factorial n = List.fold (*) 1.0 [ for i in 1..n -> float i ]

    // Root mean squares of the products of distances to the nodes, n = 3 … 7.
    let private nodeProducts = [| 0.246; 0.404; 0.950; 2.51; 8.42 |]

    /// Particle-mesh Ewald with n = 3 … 7 nodes on meshes of `lengths` (Å, [3]) by torch-pme's rule for a spacing (H.
    /// G. Petersen, J. Chem. Phys. 103, 3668 (1995)).
    let lagrange
        (nodes: int)
        (smearing: float)
        (spacing: float)
        (lengths: float[])
        (statistics: ChargeStatistics)
        : float =
        let h = lengths |> Array.fold (fun h a -> h * a / (2.0 * a / spacing + 1.0)) 1.0 |> Math.Cbrt
        let alpha = 1.0 / (sqrt 2.0 * smearing)
        let n = float nodes

        prefactor statistics * Math.PI ** 0.25 * sqrt (6.0 * alpha / (2.0 * n + 1.0))
        / statistics.Volume ** (2.0 / 3.0)
        * (sqrt 2.0 * h / smearing) ** n
        / factorial nodes
        * exp (0.5 * n * (log (0.5 * n) - 1.0))
        * nodeProducts[nodes - 3]

    // M. Deserno and C. Holm, J. Chem. Phys. 109, 7694 (1998), table I.
    let private coefficients =
        [| [| 2.0 / 3.0 |]
           [| 1.0 / 50.0; 5.0 / 294.0 |]
           [| 1.0 / 588.0; 7.0 / 1440.0; 21.0 / 3872.0 |]
           [| 1.0 / 4320.0; 3.0 / 1936.0; 7601.0 / 2271360.0; 143.0 / 28800.0 |]
           [| 1.0 / 23232.0
              7601.0 / 13628160.0
              143.0 / 69120.0
              517231.0 / 106536960.0
              106640677.0 / 11737571328.0 |]
           [| 691.0 / 68140800.0
              13.0 / 57600.0
              47021.0 / 35512320.0
              9694607.0 / 2095994880.0
              733191589.0 / 59609088000.0
              326190917.0 / 11700633600.0 |]
           [| 1.0 / 345600.0
              3617.0 / 35512320.0
              745739.0 / 838397952.0
              56399353.0 / 12773376000.0
              25091609.0 / 1560084480.0
              1755948832039.0 / 36229939200000.0
              4887769399.0 / 37838389248.0 |] |]

    /// P3M of order p = 1 … 7 on a mesh of spacing h (Å; M. Deserno and C. Holm, J. Chem. Phys. 109, 7694 (1998)).
    let splines (order: int) (smearing: float) (h: float) (statistics: ChargeStatistics) : float =
        let alpha = 1.0 / (sqrt 2.0 * smearing)
        let x = h * alpha
        let series = coefficients[order - 1] |> Array.mapi (fun m a -> a * x ** float (2 * m)) |> Array.sum

        prefactor statistics / statistics.Volume ** (2.0 / 3.0)
        * x ** float order
        * sqrt (alpha * Math.Cbrt statistics.Volume * sqrt (2.0 * Math.PI) * series)

    /// `splines` on a mesh by torch-pme's rule for a spacing and lattice vectors of `lengths`, Å.
    let splinesAt
        (order: int)
        (smearing: float)
        (spacing: float)
        (lengths: float[])
        (statistics: ChargeStatistics)
        : float =
        let h = lengths |> Array.fold (fun h a -> h * a / (2.0 * a / spacing + 1.0)) 1.0 |> Math.Cbrt
        splines order smearing h statistics

    /// The smearing at which pairs beyond the cut-off account for half of an accuracy, σ = r/√(−2 ln(a √(rV)/2p)), p =
    /// 2Q²/√N. Errors: `InvalidArgument` for an accuracy that any smearing meets.
    let smearing (accuracy: float) (cutoff: float) (statistics: ChargeStatistics) : Result<float, NoetherError> =
        let logarithm = log (0.5 * accuracy / prefactor statistics * sqrt (cutoff * statistics.Volume))

        if logarithm < 0.0 then
            Ok(cutoff / sqrt (-2.0 * logarithm))
        else
            let expected =
                $"less than {NoetherError.number (2.0 * prefactor statistics / sqrt (cutoff * statistics.Volume))}"

            Error(InvalidArgument("the accuracy", NoetherError.number accuracy, expected))
