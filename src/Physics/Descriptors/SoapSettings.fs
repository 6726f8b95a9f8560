namespace Noether.Physics

open System
open Noether.Domain

/// How neighbours fade out before the cut-off.
[<RequireQualifiedAccess>]
type Smoothing =
    /// Not at all: f(r) = 1 up to the cut-off.
    | Step
    /// f(r) = ½(1 + cos π(r − r_c + w)/w) over the last w Å, 1 before.
    | ShiftedCosine of width: float

/// Neighbours weighted by their distance: s(r) = rate / (rate + (r/scale)^exponent)
/// (M. J. Willatt, F. Musil, M. Ceriotti, Phys. Chem. Chem. Phys. 20, 29661 (2018)).
type DensityScaling =
    {
        /// The length at which the power is 1, Å.
        Scale: float
        /// The constant.
        Rate: float
        /// The power.
        Exponent: float
    }

/// What a density of neighbours is made of and expanded in: Gaussians at the atoms within a cut-off, on Gaussian-type
/// radial functions and real spherical harmonics.
///
/// The radial functions of a degree with N + 1 of them are those of Gaussian-type orbitals R_k ∝ rᵏ exp(−r²/2σ_k²),
/// σ_k = r_c max(√k, 1)/(N + 1), made orthonormal by S^(−1/2) (P.-O. Löwdin, J. Chem. Phys. 18, 365 (1950)).
type SoapSettings =
    {
        /// r_c, Å: neighbours are nearer than this.
        Cutoff: float
        /// How they fade out.
        Smoothing: Smoothing
        /// The width σ of the Gaussians, Å.
        Width: float
        /// The weight of the centre's own Gaussian.
        CentreWeight: float
        /// The weight of neighbours by distance.
        Scaling: DensityScaling option
        /// For each degree l the highest number N of a radial function: N + 1 of them.
        Radial: Map<int, int>
        /// The mean error of the splines that stand for the radial integrals; `None` evaluates these, many times slower.
        SplineAccuracy: float option
    }

/// Making settings.
[<RequireQualifiedAccess>]
module SoapSettings =

    /// The highest degree of spherical harmonics.
    let mostAngular = Noether.Kernels.SolidHarmonics.MaxDegree

    /// Settings with radial functions 0 … `maxRadial` for each degree 0 … `maxAngular`, a cut-off in Å, Gaussians of
    /// width 0.3 Å, the last 0.5 Å (or the half of a shorter cut-off) smoothed, and splines to 10⁻⁸.
    let create (cutoff: float) (maxAngular: int) (maxRadial: int) : SoapSettings =
        { Cutoff = cutoff
          Smoothing = Smoothing.ShiftedCosine(min 0.5 (0.5 * cutoff))
          Width = 0.3
          CentreWeight = 1.0
          Scaling = None
          Radial = Map [ for l in 0..maxAngular -> l, maxRadial ]
          SplineAccuracy = Some 1e-8 }

    let private number (x: float) = NoetherError.number x

    let private positive name (x: float) =
        if not (x > 0.0 && Double.IsFinite x) then
            Outcome.raise (InvalidArgument(name, number x, "a positive finite number"))

    /// Refuses what has no meaning.
    let internal check (settings: SoapSettings) =
        positive "the cut-off" settings.Cutoff
        positive "the width of the Gaussians" settings.Width

        if not (Double.IsFinite settings.CentreWeight) then
            Outcome.raise (NonFinite("the weight of the centre", settings.CentreWeight))

        match settings.Smoothing with
        | Smoothing.ShiftedCosine width ->
            positive "the width of the smoothing" width

            if width > settings.Cutoff then
                let expected = $"at most the cut-off, {number settings.Cutoff}"
                Outcome.raise (InvalidArgument("the width of the smoothing", number width, expected))
        | Smoothing.Step -> ()

        settings.SplineAccuracy |> Option.iter (positive "the accuracy of the splines")

        match settings.Scaling with
        | Some scaling ->
            positive "the scale of the density" scaling.Scale

            if not (scaling.Rate >= 0.0 && Double.IsFinite scaling.Rate) then
                Outcome.raise (InvalidArgument("the rate of the density", number scaling.Rate, "0 or more, finite"))

            positive "the exponent of the density" scaling.Exponent
        | None -> ()

        if settings.Radial.IsEmpty then
            Outcome.raise (InvalidArgument("the radial functions", "none", "those of one degree at least"))

        for KeyValue(l, n) in settings.Radial do
            if l < 0 || l > mostAngular then
                Outcome.raise (InvalidArgument("a degree", $"{l}", $"0 … {mostAngular}"))

            if n < 0 then
                Outcome.raise (
                    InvalidArgument($"the radial functions of degree {l}", $"{n}", "0 or more as the highest")
                )

/// What descriptors are differentiated by.
[<RequireQualifiedAccess>]
type DescriptorGradient =
    /// Cartesian positions: gradient samples (sample, system, atom), component xyz.
    | Positions
    /// Strain, x'_b = x_b + Σ_a x_a ε_ab of positions and cell rows: samples (sample), components xyz_1 = a, xyz_2 = b.
    | Strain
    /// Lattice vectors at fixed Cartesian positions: samples (sample), components abc, the vector, and xyz.
    | Cell

    /// The parameter in a map.
    member gradient.Name =
        match gradient with
        | Positions -> "positions"
        | Strain -> "strain"
        | Cell -> "cell"
