namespace Noether.Physics

open System
open Noether.AutoDiff
open Noether.Domain

/// Elastic constants of a crystal: 6×6 matrices in eV/Å³, in Voigt's order xx, yy, zz, yz, xz, xy, for engineering
/// strains (γ_yz = ε_yz + ε_zy). One GPa is 0.00624 eV/Å³.
///
/// *Definition.* C_ijkl = (1/V) ∂²E/∂η_ij∂η_kl with Lagrange's strain η = ½(F Fᵀ − 1), where F = 1 + ε deforms rows: the
/// thermodynamic (Brugger's) constants, which have every symmetry under any initial stress σ. Second derivatives by a
/// symmetric ε are larger by ¼(δ_ik σ_jl + δ_jk σ_il + δ_il σ_jk + δ_jl σ_ik), as η = ε + ½ε², which is taken off.
/// `Elastic.stressStrain` gives the other set, the answer ∂σ_ij/∂ε_kl of Cauchy's stress (D. C. Wallace, Thermodynamics of
/// Crystals, Wiley 1972, chapter 1). Without initial stress all of them are the same.
///
/// *Derivatives.* Where the potential carries derivatives by its parameters, so do the constants, at fixed structure.
[<NoEquality; NoComparison>]
type ElasticConstants =
    {
        /// Atoms move with the cell, x → x(1 + ε), and no further; [6, 6], eV/Å³.
        Clamped: Tensor
        /// Atoms go on to where the forces on them vanish, to first order in the strain; [6, 6], eV/Å³. They are meant for
        /// a structure whose forces vanish without strain.
        Relaxed: Tensor
        /// The initial stress, in Voigt's order, tension positive; [6], eV/Å³.
        Stress: Tensor
    }

/// Elastic constants from exact second derivatives.
[<RequireQualifiedAccess>]
module Elastic =
    /// The two components of each strain of Voigt's order.
    let private voigt = [| 0, 0; 1, 1; 2, 2; 1, 2; 0, 2; 0, 1 |]

    /// Row I: the strain matrix [9] of a unit of Voigt's strain I.
    let private unitStrains =
        Array.init 54 (fun k ->
            let i, j = voigt[k / 9]
            let at = k % 9
            (if at = 3 * i + j then 0.5 else 0.0) + (if at = 3 * j + i then 0.5 else 0.0))
        |> Tensor.ofArray [| 6; 9 |]

    /// A tensor [81] that takes σ [9] to a matrix [36] for each pair of Voigt's strains.
    let private correction entry =
        Tensor.ofArray [| 36; 9 |] (Array.init 324 (fun k -> entry (k / 54) (k / 9 % 6) (k % 9)))

    let private delta (i: int) j = if i = j then 1.0 else 0.0

    /// ½ tr σ(e_I e_J + e_J e_I) for unit strains e.
    let private ofSquares =
        let e = Tensor.toArray unitStrains
        let at i r c = e[9 * i + 3 * r + c]

        correction (fun i j entry ->
            let r, c = entry / 3, entry % 3
            0.5 * Seq.sum (Seq.init 3 (fun k -> at i r k * at j k c + at j r k * at i k c)))

    /// ½(δ_ik σ_jl + δ_jk σ_il + δ_il σ_jk + δ_jl σ_ik − 2 δ_kl σ_ij).
    let private ofRotations =
        correction (fun row column entry ->
            let (i, j), (k, l) = voigt[row], voigt[column]
            let sigma a b = 0.5 * (delta entry (3 * a + b) + delta entry (3 * b + a))

            0.5 * (delta i k * sigma j l + delta j k * sigma i l + delta i l * sigma j k + delta j l * sigma i k)
            - delta k l * sigma i j)

    let private corrected (matrix: Tensor) (sigma: Tensor) = Tensor.reshape [| 6; 6 |] (Tensor.matmul matrix sigma)

    /// Σ Λ u for the ions' answer u to strains: H u = Λ, translations left out.
    let private relaxation potential (structure: Structure) (mixed: Tensor) =
        let size = 3 * structure.Count
        let hessian = Hessian.rowsOf (seq { 0 .. structure.Count - 1 }) potential structure
        let numbers = Tensor.toArray hessian
        let largest = numbers |> Array.fold (fun m x -> max m (abs x)) 0.0
        let weight = if largest > 0.0 then largest else 1.0

        // Translations have no curvature: with some, the matrix is regular, and Λ has no part along them.
        let translations =
            Array.init (size * size) (fun k -> if k / size % 3 = k % size % 3 then 3.0 * weight / float size else 0.0)
            |> Tensor.ofArray [| size; size |]

        let regular = hessian + translations
        let curvatures, _ = Eigen.symmetric size (Tensor.toArray regular)
        // Rounding leaves curvatures of 1e-13 of the largest where there is none.
        let missing = curvatures |> Array.filter (fun c -> abs c < 1e-10 * weight) |> Array.length

        if missing > 0 then
            let found = $"{missing} motions beside the translations that cost no energy"
            Outcome.raise (Inconsistent("the structure", found, "none, as strains move ions along them without limit"))

        Tensor.matmul mixed (Tensor.solve regular (Tensor.transpose mixed))

    /// The elastic constants of a crystal with clamped and with relaxed ions, in eV/Å³. Errors as for `Evaluate.run`;
    /// `Inconsistent` without a periodic cell of three vectors, and for ions that can move without energy.
    let constants (potential: Potential) (structure: Structure) : Result<ElasticConstants, NoetherError> =
        Outcome.capture (fun () ->
            let volume =
                match Cell.volume structure.Cell with
                | Some volume when Seq.forall id structure.Cell.Periodic -> volume
                | _ -> Outcome.raise (Inconsistent("the structure", "open axes", "three periodic lattice vectors"))

            let virial, second, mixed = Hessian.strained potential structure
            let sigma = (1.0 / volume) * virial
            let mixed = Tensor.matmul unitStrains mixed
            let byStrains = Tensor.matmul (Tensor.matmul unitStrains second) (Tensor.transpose unitStrains)
            let clamped = (1.0 / volume) * byStrains - corrected ofSquares sigma

            { Clamped = clamped
              Relaxed = clamped - (1.0 / volume) * relaxation potential structure mixed
              Stress = Tensor.gather [| for i, j in voigt -> 3 * i + j |] sigma })

    /// The answer of Cauchy's stress to strain, B_ijkl = ∂σ_ij/∂ε_kl, [6, 6] in eV/Å³, for thermodynamic constants C
    /// [6, 6] and an initial stress σ [6], both in Voigt's order:
    /// B = C + ½(δ_ik σ_jl + δ_jk σ_il + δ_il σ_jk + δ_jl σ_ik − 2 δ_kl σ_ij), not symmetric in general.
    let stressStrain (stress: Tensor) (constants: Tensor) : Tensor =
        let full = Tensor.gather [| 0; 5; 4; 5; 1; 3; 4; 3; 2 |] stress
        constants + corrected ofRotations full
