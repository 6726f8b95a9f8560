namespace Noether.Physics

open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain

/// The bulk and the shear modulus of a polycrystal, eV/Å³.
type Moduli =
    {
        /// The bulk modulus K.
        Bulk: float
        /// The shear modulus G.
        Shear: float
    }

    /// Young's modulus 9KG/(3K + G), eV/Å³.
    member this.Young = 9.0 * this.Bulk * this.Shear / (3.0 * this.Bulk + this.Shear)

    /// Poisson's ratio (3K − 2G)/(6K + 2G), a number.
    member this.Poisson = (3.0 * this.Bulk - 2.0 * this.Shear) / (6.0 * this.Bulk + 2.0 * this.Shear)

/// Elastic constants averaged over all orientations of a crystal, and their stability.
type ElasticAverages =
    {
        /// With equal strain everywhere (W. Voigt, Lehrbuch der Kristallphysik, 1928): from above.
        Voigt: Moduli
        /// With equal stress everywhere (A. Reuss, Z. Angew. Math. Mech. 9, 49 (1929)): from below.
        Reuss: Moduli
        /// The means of both (R. Hill, Proc. Phys. Soc. A 65, 349 (1952)).
        Hill: Moduli
        /// The universal anisotropy 5 G_V/G_R + K_V/K_R − 6 (S. I. Ranganathan, M. Ostoja-Starzewski, Phys. Rev. Lett.
        /// 101, 055504 (2008)): 0 for an isotropic solid.
        Anisotropy: float
        /// Eigenvalues of the symmetric part of the matrix, ascending, [6], eV/Å³. A crystal is stable against strain
        /// where all are positive (M. Born, Math. Proc. Camb. Philos. Soc. 36, 160 (1940); under stress with the
        /// constants of `Elastic.stressStrain`: J. Wang et al., Phys. Rev. B 52, 12627 (1995)).
        Eigenvalues: ImmutableArray<float>
    }

    /// Whether the crystal is stable against every small strain.
    member this.IsStable = this.Eigenvalues[0] > 0.0

/// Averages of elastic constants.
[<RequireQualifiedAccess>]
module ElasticAverages =
    /// From (sums of) constants C: 9K = C11 + C22 + C33 + 2(C12 + C23 + C13), and
    /// 15G = C11 + C22 + C33 − C12 − C23 − C13 + 3(C44 + C55 + C66).
    let private voigt (c: float[]) =
        let at i j = c[6 * i + j]
        let along = at 0 0 + at 1 1 + at 2 2
        let across = 0.5 * (at 0 1 + at 1 2 + at 0 2 + at 1 0 + at 2 1 + at 2 0)

        { Bulk = (along + 2.0 * across) / 9.0
          Shear = (along - across + 3.0 * (at 3 3 + at 4 4 + at 5 5)) / 15.0 }

    /// From compliances S: 1/K = S11 + S22 + S33 + 2(S12 + S23 + S13), and
    /// 15/G = 4(S11 + S22 + S33 − S12 − S23 − S13) + 3(S44 + S55 + S66).
    let private reuss (s: float[]) =
        let at i j = s[6 * i + j]
        let along = at 0 0 + at 1 1 + at 2 2
        let across = 0.5 * (at 0 1 + at 1 2 + at 0 2 + at 1 0 + at 2 1 + at 2 0)

        { Bulk = 1.0 / (along + 2.0 * across)
          Shear = 15.0 / (4.0 * (along - across) + 3.0 * (at 3 3 + at 4 4 + at 5 5)) }

    /// The averages of constants [6, 6] in Voigt's order for engineering strains, eV/Å³. Errors: `Inconsistent` for a
    /// matrix that has no inverse.
    let ofConstants (constants: Tensor) : Result<ElasticAverages, NoetherError> =
        Outcome.capture (fun () ->
            let c = Tensor.toArray constants
            let eigenvalues, _ = Eigen.symmetric 6 c
            let largest = eigenvalues |> Array.map abs |> Array.max

            // Rounding leaves 1e-15 of the largest where there is nothing.
            if not (Array.forall (fun e -> abs e > 1e-12 * largest) eigenvalues) then
                Outcome.raise (
                    Inconsistent(
                        "the matrix of elastic constants",
                        "a strain without stress",
                        "a matrix with an inverse"
                    )
                )

            let upper = voigt c
            let lower = reuss (Tensor.toArray (Tensor.solve constants (Tensor.eye 6)))

            { Voigt = upper
              Reuss = lower
              Hill =
                { Bulk = 0.5 * (upper.Bulk + lower.Bulk)
                  Shear = 0.5 * (upper.Shear + lower.Shear) }
              Anisotropy = 5.0 * upper.Shear / lower.Shear + upper.Bulk / lower.Bulk - 6.0
              Eigenvalues = Frozen.freeze eigenvalues })
