namespace Noether.Physics

open System
open Noether.AutoDiff
open Noether.Domain

/// The medium around the infinite crystal of dipoles.
type Surroundings =
    /// A conductor: no field on the crystal's surface. What Ewald's sum is by itself.
    | TinFoil
    /// A dielectric with this constant; 1 is empty space. The moment M of a cell of volume V then has the energy
    /// 2π M²/((2ε + 1) V) (S. W. de Leeuw, J. W. Perram and E. R. Smith, Proc. R. Soc. A 373, 27 (1980)).
    | Medium of constant: float

/// Charges together with point dipoles in a lattice: with the operators D_i = q_i + μ_i·∂/∂r_i
///
///     E = ½ Σ_i Σ_j D_i D_j v(r_ij)
///
/// over all pairs of the lattice. With v' = −r B₁ and B₁' = −r B₂, as radial functions, and r from i to j,
///
///     D_i D_j v = q_i q_j v + B₁ (q_j μ_i·r − q_i μ_j·r + μ_i·μ_j) − B₂ (μ_i·r)(μ_j·r)
///
/// (W. Smith, CCP5 Newsletter 46, 18 (1998); T. M. Nymand and P. Linse, J. Chem. Phys. 112, 6152 (2000), section II).
///
/// *Units.* Dipoles in charges times Å. Under strain dipoles stay as they are. Torques and field gradients are
/// derivatives: the field at a dipole is −∂E/∂μ, the torque μ times it.
[<RequireQualifiedAccess>]
module DipoleSum =
    /// v, B₁ and B₂ of distances, by differentiation of v.
    let private radial (v: Tensor -> Tensor) (r: Tensor) =
        let lowered (f: Tensor -> Tensor) (x: Tensor) = -(Diff.jacobianv f x (Tensor.onesLike x)) / x
        let b1 = lowered v
        v r, b1 r, lowered b1 r

    let private dot (a: Tensor) (b: Tensor) = Tensor.sumAxes [| 1 |] (a * b)

    let private column (x: Tensor) = Tensor.reshape [| x.Shape[0]; 1 |] x

    /// Half the interaction of listed pairs, given to the receiver, [n]; for pairs from one end, the other half to the
    /// sender.
    let internal near (v: Tensor -> Tensor) count (pairs: Pairs) (vectors: Tensor) (charges: Tensor) (dipoles: Tensor) =
        if pairs.Count = 0 then
            Tensor.zerosLike charges
        else
            let receivers, senders = Frozen.array pairs.Receivers, Frozen.array pairs.Senders
            let v0, b1, b2 = radial v (Space.lengths vectors)
            let qi, qj = Tensor.gather receivers charges, Tensor.gather senders charges
            let mi, mj = Tensor.gather receivers dipoles, Tensor.gather senders dipoles
            let along, against = dot mi vectors, dot mj vectors
            let energy = qi * qj * v0 + b1 * (qj * along - qi * against + dot mi mj) - b2 * along * against
            let onto ends = Tensor.segmentSum ends charges.Size (0.5 * energy)

            match count with
            | BothEnds -> onto receivers
            | OneEnd -> onto receivers + onto senders

    /// ½ (1/V) Σ_k v̂ |Σ_j (q_j + i μ_j·k) e^(ik·r_j)|², by atoms, [n].
    let private waves (split: RangeSplit) set lattice (positions: Tensor) (charges: Tensor) (dipoles: Tensor) =
        let indices, weight = ReciprocalSet.indices set lattice

        if indices.Shape[0] = 0 then
            Tensor.zerosLike charges
        else
            let k = CellFrame.vectors lattice (Tensor.cast positions.Precision indices)
            let filter = weight * split.Reciprocal(Tensor.sumAxes [| 1 |] (k * k)) / lattice.Volume
            let block = max 1 ((1 <<< 20) / max 1 charges.Size)

            let part (xs: Tensor[]) =
                let positions, q, dipoles, k, filter = xs[0], column xs[1], xs[2], xs[3], xs[4]
                let phases = Tensor.matmulTransposed false true positions k
                let along = Tensor.matmulTransposed false true dipoles k
                let cosine, sine = Tensor.cos phases, Tensor.sin phases

                let half (amplitude: Tensor) =
                    let total = filter * Tensor.sumAxes [| 0 |] amplitude
                    Tensor.sumAxes [| 1 |] (amplitude * Tensor.reshape [| 1; total.Size |] total)

                [| 0.5 * (half (q * cosine - along * sine) + half (q * sine + along * cosine)) |]

            let count = indices.Shape[0]

            [ for first in 0..block .. count - 1 ->
                  let own (x: Tensor) = Tensor.slice 0 first (min count (first + block)) x
                  let arguments = [| positions; charges; dipoles; own k; own filter |]
                  if count <= block then (part arguments)[0] else (Diff.checkpoint part arguments)[0] ]
            |> List.reduce (+)

    /// B₁ of the long-ranged part at 0: 2a w^(−a−1)/Γ(a + 2) for 1/rᵖ with a = p/2 and w = 2σ².
    let private selfField (split: RangeSplit) =
        match split.Powers with
        | Some powers ->
            powers
            |> List.map (fun power ->
                let a = 0.5 * power.Exponent
                let w = 2.0 * Tensor.square power.Smearing
                power.Weight * (2.0 * a / Noether.Kernels.GammaFunction.Gamma(a + 2.0)) * Tensor.pow (-a - 1.0) w)
            |> List.reduce (+)
        | None ->
            InvalidArgument("the interaction of dipoles", $"'{split.Name}'", "a sum of powers 1/rᵖ") |> Outcome.raise

    /// The slab's term of `SlabCorrection` under the operators D_i, by atoms, [n].
    let private slab axis lattice (positions: Tensor) (charges: Tensor) (dipoles: Tensor) =
        let normal, height = SlabCorrection.normal axis lattice
        let z, upwards = Tensor.matmul positions normal, Tensor.matmul dipoles normal
        let first, second = charges * z + upwards, (charges * z + 2.0 * upwards) * z
        let total, m, m2 = Tensor.sum charges, Tensor.sum first, Tensor.sum second
        let inner = first * m - 0.5 * (total * second + charges * m2) - charges * total * (height * height / 12.0)
        2.0 * Math.PI / lattice.Volume * inner

    /// The energy of the moment in its surroundings, by atoms, [n].
    let private surface surroundings (split: RangeSplit) (lattice: CellFrame) (charges: Tensor) (dipoles: Tensor) =
        match surroundings with
        | TinFoil -> Tensor.zerosLike charges
        | Medium epsilon when not (epsilon >= 0.0 && Double.IsFinite epsilon) ->
            InvalidArgument("the dielectric constant", NoetherError.number epsilon, "0 or more") |> Outcome.raise
        | Medium _ when Array.exists (fun q -> q <> 0.0) (Tensor.toArray charges) ->
            let found = "charges, whose moment depends on the choice of the cell"
            Inconsistent("a crystal of dipoles in a medium", found, "dipoles alone, or a conductor") |> Outcome.raise
        | Medium epsilon ->
            let moment = Tensor.sumAxes [| 0 |] dipoles
            let factor = 2.0 * Math.PI / (2.0 * epsilon + 1.0)
            factor * Tensor.cast charges.Precision split.Coulomb / lattice.Volume * Tensor.matmul dipoles moment

    let private check (positions: Tensor) (charges: Tensor) (dipoles: Tensor) =
        let n = positions.Shape[0]

        if not (Shape.equal charges.Shape [| n |] && Shape.equal dipoles.Shape [| n; 3 |]) then
            let found = $"charges {Shape.print charges.Shape} and dipoles {Shape.print dipoles.Shape}"
            Inconsistent("dipoles", found, $"[{n}] and [{n}, 3] for {n} atoms") |> Outcome.raise

        for name, values in [ "charge", charges; "dipole", dipoles ] do
            let width = values.Size / max 1 n

            Tensor.toArray values
            |> Array.iteri (fun at x ->
                if not (Double.IsFinite x) then NonFinite($"the {name} of atom {at / width}", x) |> Outcome.raise)

    /// What the sum over the lattice adds, by atoms, [n]: all but the pairs near by.
    let internal far
        (sum: LatticeSum)
        surroundings
        (cell: Tensor)
        (positions: Tensor)
        (charges: Tensor)
        (dipoles: Tensor)
        : Tensor =
        let split = sum.Split
        let lattice = CellFrame.ofCell cell
        let number (x: Tensor) = Tensor.cast charges.Precision x

        let waves =
            match sum.Summation with
            | Ewald set -> waves split set lattice positions charges dipoles
            | _ ->
                InvalidArgument("the sum of dipoles", "a mesh", "Ewald's sum, or pairs alone (Direct)") |> Outcome.raise

        let own = number split.Self * charges * charges + number (selfField split) * dot dipoles dipoles
        let background = number split.Mean / lattice.Volume * Tensor.sum charges * charges
        let whole = waves + 0.5 * (background - own) + surface surroundings split lattice charges dipoles

        match sum.OpenAxis with
        | Some axis -> whole + number split.Coulomb * slab axis lattice positions charges dipoles
        | None -> whole

    /// The energies of atoms [n] with charges [n] and dipoles [n, 3] at positions [n, 3] in a cell [3, 3] (rows), from
    /// a list of pairs and their vectors [p, 3] (`Space.vectors`). Differentiable in all tensors, to any order. Sums:
    /// `Direct` and `Ewald`. Errors, as `NoetherException`: numbers that do not fit or are not finite, a mesh, an
    /// interaction that is not a sum of powers, a medium around a crystal of charges, a cell without volume, a slab
    /// that is not perpendicular.
    let energies
        (sum: LatticeSum)
        (surroundings: Surroundings)
        (count: PairCount)
        (pairs: Pairs)
        (vectors: Tensor)
        (cell: Tensor)
        (positions: Tensor)
        (charges: Tensor)
        (dipoles: Tensor)
        : Tensor =
        check positions charges dipoles

        match sum.Summation with
        | Direct -> near sum.Split.Bare count pairs vectors charges dipoles
        | _ ->
            near sum.Split.Short count pairs vectors charges dipoles
            + far sum surroundings cell positions charges dipoles
