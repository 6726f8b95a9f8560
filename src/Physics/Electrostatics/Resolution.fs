namespace Noether.Physics

open System
open Noether.AutoDiff
open Noether.Domain

/// How a sum over a lattice is to be made.
type Method =
    /// By an Ewald sum for a few atoms, on a mesh for more.
    | Automatic
    /// By an Ewald sum.
    | EwaldMethod
    /// On a mesh by P3M of an order, 3 … 7.
    | MeshMethod of order: int

/// Smearing and sum for an accuracy, from a few numbers of a structure.
///
/// *Steps.* Numbers that change while atoms move or a cell is strained, the volume for instance, enter rounded to steps
/// of a few percent: in between the choice stays the same.
[<NoEquality; NoComparison>]
type Resolution =
    {
        /// The smearing σ, Å.
        Smearing: float
        /// The cut-off of the pairs, Å.
        Cutoff: float
        /// The sum.
        Summation: Summation
        /// The root mean square error of forces that the estimates promise, in units of the prefactor.
        Promised: float
    }

/// Choosing resolutions.
[<RequireQualifiedAccess>]
module Resolution =
    /// A little less than the accuracy is given to each part: estimates are for random places, and those of meshes for
    /// forces by differences in Fourier space.
    let private reserve = 3.0

    /// Steps of a sixteenth of an octave.
    let private rounded up (x: float) =
        let step = 16.0 * Math.Log2 x
        2.0 ** ((if up then ceil step else floor step) / 16.0)

    let rec private bisect (f: float -> bool) low high count =
        if count = 0 then
            low
        else
            let middle = sqrt (low * high)

            if f middle then bisect f middle high (count - 1) else bisect f low middle (count - 1)

    /// The numbers that estimates need.
    let statistics (charges: float[]) (volume: float) : ChargeStatistics =
        { Count = charges.Length
          Squares = rounded true (max 1e-300 (Array.sumBy (fun q -> q * q) charges))
          Volume = rounded false volume }

    let private waveEnd (prefactor: float) smearing wanted statistics =
        let bound k = prefactor * ErrorBounds.waves smearing k statistics
        bisect (fun k -> bound k > wanted) (0.1 / smearing) (60.0 / smearing) 60

    /// The estimate for forces that are derivatives of the energy on the mesh: it falls by a power of the spacing less than
    /// that for differences in Fourier space, and more slowly for even orders (M. Deserno and C. Holm, J. Chem. Phys.
    /// 109, 7678 (1998), section V); the factors are the largest that five crystals showed.
    let private meshError (prefactor: float) order smearing h statistics =
        let alpha = 1.0 / (sqrt 2.0 * smearing)
        let differentiated = 1.0 + (if order % 2 = 0 then 2.0 else 0.7) / (h * alpha)
        prefactor * differentiated * ErrorBounds.splines order smearing h statistics

    let private spacing (prefactor: float) order smearing wanted statistics =
        let bound h = meshError prefactor order smearing h statistics
        // Beyond two smearings the series means nothing.
        bisect (fun h -> bound h < wanted) (0.01 * smearing) (2.0 * smearing) 60

    let private check accuracy cutoff =
        if not (accuracy > 0.0 && Double.IsFinite accuracy) then
            InvalidArgument("the accuracy", NoetherError.number accuracy, "a positive error of forces") |> Outcome.raise

        if not (cutoff > 0.0 && Double.IsFinite cutoff) then
            InvalidArgument("the cut-off", NoetherError.number cutoff, "a positive length in Å") |> Outcome.raise

    let private wanted accuracy = accuracy / (sqrt 2.0 * reserve)

    let private widest prefactor accuracy cutoff statistics =
        let bound s = prefactor * ErrorBounds.pairs s cutoff statistics
        bisect (fun s -> bound s < wanted accuracy) (cutoff / 40.0) (cutoff / 1.5) 60

    /// The smearing for an accuracy, a cut-off (Å) and charges of a mean square q² at a number density (Å⁻³).
    let internal smearingFor prefactor accuracy cutoff (meanSquare: float) (density: float) =
        check accuracy cutoff

        widest prefactor accuracy cutoff { Count = 1; Squares = meanSquare; Volume = 1.0 / density }

    /// The sum for a smearing that is given, so that both parts keep to the accuracy (see `choose`). Errors:
    /// `Inconsistent` where the pairs within the cut-off cannot.
    let reciprocal
        (method: Method)
        (prefactor: float)
        (accuracy: float)
        (cutoff: float)
        (smearing: float)
        (statistics: ChargeStatistics)
        : Result<Resolution, NoetherError> =
        Outcome.capture (fun () ->
            check accuracy cutoff
            let wanted = wanted accuracy
            let pairs = prefactor * ErrorBounds.pairs smearing cutoff statistics

            if pairs > accuracy then
                let found =
                    $"an error of {pairs:g3} by the pairs beyond {cutoff:g4} Å at a smearing of {smearing:g4} Å"

                Inconsistent("the sum", found, $"at most {accuracy:g3}; a longer cut-off helps") |> Outcome.raise

            let reach = waveEnd prefactor smearing wanted statistics
            let waves = statistics.Volume * reach * reach * reach / (12.0 * Math.PI * Math.PI)

            let order =
                match method with
                | MeshMethod order -> order
                | _ when accuracy > 1e-3 * prefactor -> 5
                | _ -> 7

            let byEwald =
                match method with
                | EwaldMethod -> true
                | MeshMethod _ -> false
                | Automatic -> waves * float statistics.Count < 3e5

            let summation, rest =
                if byEwald then
                    Ewald(Sphere reach), prefactor * ErrorBounds.waves smearing reach statistics
                else
                    let h = spacing prefactor order smearing wanted statistics
                    OnMesh(P3M order, Spacing h), meshError prefactor order smearing h statistics

            { Smearing = smearing
              Cutoff = cutoff
              Summation = summation
              Promised = sqrt (pairs * pairs + rest * rest) })

    /// The resolution for an accuracy, the root mean square error of forces, in the units of the prefactor (eV/Å for
    /// `Units.coulomb`), with pairs within a cut-off (Å). Errors: `InvalidArgument` for an accuracy that is not
    /// positive.
    let choose
        (method: Method)
        (prefactor: float)
        (accuracy: float)
        (cutoff: float)
        (statistics: ChargeStatistics)
        : Result<Resolution, NoetherError> =
        Outcome.capture (fun () ->
            check accuracy cutoff
            let smearing = widest prefactor accuracy cutoff statistics
            reciprocal method prefactor accuracy cutoff smearing statistics |> Outcome.getOrFail)
