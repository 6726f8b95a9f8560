namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// A list of pairs that lasts while atoms move: all pairs nearer than a cut-off and a skin, and the structure it was
/// made of. Immutable; made, asked and renewed by the functions of the module `VerletList`.
///
/// *When it serves.* Let the list hold all pairs with |v⁰| < c + s in positions x⁰ and cell H⁰. In positions x and cell
/// H let F be a linear map that takes the periodic vectors of the old cell to those of the new one, H⁰F = H, and u_i =
/// x_i − x⁰_i F how far atom i strayed from it, D the longest u_i. The vector of a pair is then
///
///     v = x_j − x_i + S·H = (x⁰_j − x⁰_i + S·H⁰) F + u_j − u_i = v⁰F + u_j − u_i,
///
/// so |v| ≥ σ|v⁰| − 2D, with σ the smallest singular value of F. A pair outside the list had |v⁰| ≥ c + s. Hence, while
///
///     2D ≤ σ(c + s) − c,
///
/// it has |v| ≥ c: the list holds every pair within the cut-off. σ is taken as 1 where it is more, because then the
/// right side falls with c and the longest cut-off stands for all. Any F with H⁰F = H would do; that used is F = 1 +
/// Σ_k b_kᵀ(h_k − h⁰_k) over periodic k, with b_k the reciprocal vectors of the old ones, which leaves everything
/// normal to them alone and is exactly 1 while the cell stays. Rounding is covered by asking for 1e-12 of the lengths
/// in play more, thousands of times what sums of ten terms lose; times |b_k||h⁰_k|, which is 1 in a box and large in a
/// very skewed cell, once the cell has changed.
///
/// *What counts as moved.* An atom that jumps by a lattice vector, because it was wrapped into the cell, moved by that
/// vector: shifts in the list would be wrong. So did atoms that all move together, and atoms that stay while the cell
/// changes. Other elements, another number of atoms or other periodic flags never agree with a list.
[<Sealed; AllowNullLiteral(false)>]
type VerletList
    internal
    (cutoffs: Cutoffs, skin: float, largest: float, extent: float, reference: Structure, wide: Pairs, free: FreeArrays)
    =
    let reciprocal = Cell.reciprocal (Cell.withOpenNormals reference.Cell)

    /// The cut-offs of the pairs that are asked for.
    member _.Cutoffs = cutoffs

    /// The skin: the reach of the list beyond them, in Å.
    member _.Skin = skin

    /// The structure it was made of.
    member _.Reference = reference

    /// All pairs nearer than cut-off and skin in that structure, sorted as `Pairs` says.
    member _.Wide = wide

    // Of the cell whose open axes are unit normals of the periodic vectors.
    member internal _.Reciprocal = reciprocal
    member internal _.Largest = largest
    member internal _.Extent = extent

    // For evaluations; those of the lists that follow each other.
    member internal _.Free = free

    /// The number of pairs and the skin.
    override _.ToString() = FormattableString.Invariant $"Verlet list, skin {skin} Å, {wide}"

/// Making Verlet lists, and asking them for pairs.
[<RequireQualifiedAccess>]
module VerletList =
    let private createWith (owner: Owner) free (cutoffs: Cutoffs) (skin: float) (structure: Structure) =
        Outcome.capture (fun () ->
            if not (skin >= 0.0 && Double.IsFinite skin) then
                Outcome.raise (
                    InvalidArgument(
                        "the skin",
                        FormattableString.Invariant $"{skin}",
                        "a finite length in Å, 0 or more"
                    )
                )

            let largest = Cutoffs.largest cutoffs structure |> Outcome.getOrFail

            let wide =
                match Cutoffs.widen skin cutoffs with
                | Within reach when reach > 0.0 -> Neighbours.buildForKernels owner reach structure
                | reach -> Neighbours.buildBy reach structure |> Outcome.getOrFail

            let extent = Reduction.MaxAbs(structure.Positions.AsSpan())
            VerletList(cutoffs, skin, largest, extent, structure, wide, free))

    /// `create` with a cut-off for each pair of elements or a radius for each atom. Errors: as for
    /// `Neighbours.buildBy`, and `InvalidArgument` for a skin that is not a finite length, 0 or more.
    let createBy (cutoffs: Cutoffs) (skin: float) (structure: Structure) : Result<VerletList, NoetherError> =
        let free = FreeArrays()
        createWith (Owner free) free cutoffs skin structure

    /// A list of all pairs nearer than `cutoff` (Å), good for any structure in which no atom strayed further than half
    /// the `skin` (Å). Errors: as for `Neighbours.build`, and `InvalidArgument` for a skin that is not a finite length,
    /// 0 or more.
    let create (cutoff: float) (skin: float) (structure: Structure) : Result<VerletList, NoetherError> =
        createBy (Within cutoff) skin structure

    /// The map F, nine numbers, row by row, none where it is 1, and how much it magnifies rounding, the largest
    /// |b_k||h⁰_k|.
    let private map (list: VerletList) (after: Cell) : float[] * float =
        let before = list.Reference.Cell
        let b, h = list.Reciprocal, before.Vectors
        let f = [| 1.0; 0.0; 0.0; 0.0; 1.0; 0.0; 0.0; 0.0; 1.0 |]
        let mutable changed = false
        let mutable skew = 1.0

        for k in 0..2 do
            if before.Periodic[k] then
                let square (v: ImmutableArray<float>) =
                    v[3 * k] * v[3 * k] + v[3 * k + 1] * v[3 * k + 1] + v[3 * k + 2] * v[3 * k + 2]

                skew <- max skew (sqrt (square b) * sqrt (square h))

                for c in 0..2 do
                    let change = after.Vectors[3 * k + c] - h[3 * k + c]
                    changed <- changed || change <> 0.0

                    for a in 0..2 do
                        f[3 * a + c] <- f[3 * a + c] + b[3 * k + a] * change

        if changed then f, skew else [||], 1.0

    /// The smallest singular value of a 3×3 matrix F: the root of the smallest eigenvalue of F Fᵀ, by Jacobi rotations,
    /// after which the matrix is diagonal to rounding (they converge quadratically; six rounds are twice what is seen).
    let private smallestSingular (f: float[]) : float =
        let a =
            Array2D.init 3 3 (fun i j ->
                f[3 * i] * f[3 * j] + f[3 * i + 1] * f[3 * j + 1] + f[3 * i + 2] * f[3 * j + 2])

        for _ in 1..6 do
            for p, q in [ 0, 1; 0, 2; 1, 2 ] do
                if a[p, q] <> 0.0 then
                    let theta = (a[q, q] - a[p, p]) / (2.0 * a[p, q])
                    let t = (if theta < 0.0 then -1.0 else 1.0) / (abs theta + sqrt (theta * theta + 1.0))
                    let c = 1.0 / sqrt (t * t + 1.0)
                    let s = t * c

                    for k in 0..2 do
                        let u, v = a[k, p], a[k, q]
                        a[k, p] <- c * u - s * v
                        a[k, q] <- s * u + c * v

                    for k in 0..2 do
                        let u, v = a[p, k], a[q, k]
                        a[p, k] <- c * u - s * v
                        a[q, k] <- s * u + c * v

        sqrt (max 0.0 (min a[0, 0] (min a[1, 1] a[2, 2])))

    let private sameAtoms (a: Structure) (b: Structure) =
        a.Count = b.Count
        && a.Numbers.AsSpan().SequenceEqual(b.Numbers.AsSpan())
        && a.Cell.Periodic.AsSpan().SequenceEqual(b.Cell.Periodic.AsSpan())

    /// Whether the list holds every pair within its cut-off in a structure: the same elements in the same order, the
    /// same periodic axes, and positions and cell near enough to those it was made of, as the type says. One pass over
    /// both sets of positions; false where that cannot be told from numbers so large.
    let isValid (structure: Structure) (list: VerletList) : bool =
        let before = list.Reference

        sameAtoms before structure
        && (let map, skew = map list structure.Cell
            let stretch = if map.Length = 0 then 1.0 else min 1.0 (smallestSingular map)
            let reach = list.Largest + list.Skin

            let strayed =
                Displacement.MaxSquared(before.Positions.AsSpan(), structure.Positions.AsSpan(), ReadOnlySpan map)

            // Not a number fails every comparison.
            stretch * reach - list.Largest - 2.0 * sqrt strayed >= 1e-12 * skew * (reach + list.Extent)
            || (map.Length = 0 && before.Positions.AsSpan().SequenceEqual(structure.Positions.AsSpan())))

    /// `update`, of which the owner has the rows of a new list.
    let internal updateWith
        (owner: Owner)
        (structure: Structure)
        (list: VerletList)
        : Result<VerletList, NoetherError> =
        if isValid structure list then
            Ok list
        else
            createWith owner list.Free list.Cutoffs list.Skin structure

    /// The list itself while it is valid for a structure, otherwise a new one of the structure, with the same cut-offs
    /// and skin. Errors: as for `createBy`, of the new list.
    let update (structure: Structure) (list: VerletList) : Result<VerletList, NoetherError> =
        updateWith (Owner list.Free) structure list

    /// The pairs within the cut-off in a structure: those that `Neighbours.buildBy` finds anew, in the same order.
    /// Errors: `Inconsistent` where the list is not valid for the structure.
    let pairs (structure: Structure) (list: VerletList) : Result<Pairs, NoetherError> =
        if isValid structure list then
            Neighbours.nearer list.Cutoffs structure list.Wide
        else
            Error(Inconsistent("a Verlet list", "a structure too far from its own", "one for which it is valid"))
