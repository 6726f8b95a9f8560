namespace Noether.Physics

open System
open Noether.Domain

/// The field of distant atoms, and what it is expanded in: at each atom φ(r) = P(p/2, r²/2σ²)/rᵖ, the smeared potential
/// 1/rᵖ (P the regularised lower incomplete gamma function; erf(r/√2σ)/r for p = 1), or for p = 0 the Gaussian
/// (πσ²)^(−3/4) exp(−r²/2σ²); on the Gaussian-type orbitals of `SoapSettings` with a radius of their own.
type LodeSettings =
    {
        /// The exponent p, 0 or more.
        Exponent: float
        /// The smearing σ, Å.
        Smearing: float
        /// The radius of the orbitals, Å: how far around an atom its field is looked at.
        Radius: float
        /// The end of the sum over waves, Å⁻¹.
        WaveCutoff: float
        /// The weight of the centre's own field.
        CentreWeight: float
        /// For each degree l the highest number N of a radial function: N + 1 of them.
        Radial: Map<int, int>
    }

/// Making settings.
[<RequireQualifiedAccess>]
module LodeSettings =
    /// Coulomb's field with a smearing σ, radial functions 0 … `maxRadial` for each degree 0 … `maxAngular`, waves to
    /// 1.2π/σ.
    let create (smearing: float) (radius: float) (maxAngular: int) (maxRadial: int) : LodeSettings =
        { Exponent = 1.0
          Smearing = smearing
          Radius = radius
          WaveCutoff = 1.2 * Math.PI / smearing
          CentreWeight = 1.0
          Radial = Map [ for l in 0..maxAngular -> l, maxRadial ] }

    /// Refuses what has no meaning.
    let internal check (settings: LodeSettings) =
        let positive name (x: float) =
            if not (x > 0.0 && Double.IsFinite x) then
                InvalidArgument(name, NoetherError.number x, "a positive finite number") |> Outcome.raise

        positive "the smearing" settings.Smearing
        positive "the radius of the orbitals" settings.Radius
        positive "the end of the sum over waves" settings.WaveCutoff

        if not (settings.Exponent >= 0.0 && settings.Exponent <= 100.0) then
            InvalidArgument("the exponent", NoetherError.number settings.Exponent, "a number from 0 to 100")
            |> Outcome.raise

        if not (Double.IsFinite settings.CentreWeight) then
            NonFinite("the weight of the centre", settings.CentreWeight) |> Outcome.raise

        if settings.Radial.IsEmpty then
            InvalidArgument("the radial functions", "none", "those of one degree at least") |> Outcome.raise

        for KeyValue(l, n) in settings.Radial do
            if l < 0 || l > SoapSettings.mostAngular || n < 0 then
                let expected = $"degrees from 0 to {SoapSettings.mostAngular}, numbers from 0"
                InvalidArgument("a radial function", $"number {n} of degree {l}", expected) |> Outcome.raise
