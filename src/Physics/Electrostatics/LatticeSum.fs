namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain

/// What a sum over a lattice of slabs, periodic in two axes only and kept apart by empty space, has too much: the field
/// of the slabs' dipoles (I.-C. Yeh and M. L. Berkowitz, J. Chem. Phys. 111, 3155 (1999)) and charges (V. Ballenegger,
/// A. Arnold and J. J. Cerdà, J. Chem. Phys. 131, 094107 (2009)).
[<RequireQualifiedAccess>]
module internal SlabCorrection =
    // Sines of angles that are right but for the rounding of a file with seven digits.
    let private tolerance = 1e-6

    /// The normal of the periodic plane [3] and the cell's height L = V/A, []. Raises `InvalidCell` where the open lattice
    /// vector does not stand on the plane.
    let normal (openAxis: int) (lattice: CellFrame) : Tensor * Tensor =
        let a, b = CellFrame.row ((openAxis + 1) % 3) lattice.Cell, CellFrame.row ((openAxis + 2) % 3) lattice.Cell
        let normal = CellFrame.cross a b
        let area = Tensor.sqrt (Tensor.sum (normal * normal))
        let axis = CellFrame.row openAxis lattice.Cell
        let height = lattice.Volume / area
        let length = Tensor.value (Tensor.sqrt (Tensor.sum (axis * axis)))

        if Tensor.value height < length * sqrt (1.0 - tolerance * tolerance) then
            let expected =
                $"lattice vector {openAxis + 1}, whose axis is open, at right angles to the others, which a slab needs"

            InvalidCell(List.ofArray (Tensor.toArray lattice.Cell), expected) |> Outcome.raise

        normal / area, height

    /// The potential (4π/V)(z_i M − (M₂ + Q z_i²)/2 − Q L²/12) [n, c], z along the normal of the periodic plane.
    let potentials (openAxis: int) (lattice: CellFrame) (positions: Tensor) (charges: Tensor) : Tensor =
        let normal, height = normal openAxis lattice
        let n = positions.Shape[0]
        let z = Tensor.reshape [| n; 1 |] (Tensor.matmul positions normal)
        let total (x: Tensor) = Tensor.sumAxes [| 0 |] x |> Tensor.reshape [| 1; charges.Shape[1] |]
        let q, m, m2 = total charges, total (charges * z), total (charges * z * z)
        let inner = z * m - 0.5 * (m2 + q * (z * z)) - q * (height * height / 12.0)
        4.0 * Math.PI / lattice.Volume * inner

/// Which pairs a list of pairs holds.
type PairCount =
    /// Each pair from both of its ends, as `Neighbours.build` gives them.
    | BothEnds
    /// Each pair from one of its ends.
    | OneEnd

/// The potential of charges in a lattice: a range split and a way to sum it.
[<NoEquality; NoComparison>]
type LatticeSum =
    {
        /// The interaction.
        Split: RangeSplit
        /// The sum over the lattice.
        Summation: Summation
        /// The axis, 0 to 2, along which the cell repeats for the sum only: a slab in empty space. Its lattice vector
        /// stands at right angles to the two others.
        OpenAxis: int option
    }

/// Potentials and energies of charges.
///
/// *Factors.* The potential of atom i is V_i = ½ Σ_j q_j v(r_ij) over all other charges of the lattice, and the energy
/// E = Σ_i q_i V_i without a further ½. Charges [n, c] are c independent sets, channels.
///
/// *Charged cells.* A homogeneous background makes them neutral, for exponents below 3.
[<RequireQualifiedAccess>]
module LatticeSum =
    /// A sum in a lattice that is periodic in all three axes.
    let create (split: RangeSplit) (summation: Summation) : LatticeSum =
        { Split = split; Summation = summation; OpenAxis = None }

    /// The sum for a slab that is open along an axis from 0 to 2. ArgumentException for other axes.
    let slab (openAxis: int) (sum: LatticeSum) : LatticeSum =
        if openAxis < 0 || openAxis > 2 then
            invalidArg (nameof openAxis) $"LatticeSum.slab: axis {openAxis}, expected 0, 1 or 2."

        { sum with OpenAxis = Some openAxis }

    let private check (positions: Tensor) (charges: Tensor) =
        if positions.Rank <> 2 || positions.Shape[1] <> 3 || charges.Rank <> 2 then
            invalidArg
                (nameof charges)
                ($"LatticeSum: positions {Shape.print positions.Shape} and charges {Shape.print charges.Shape}, "
                 + "expected [n, 3] and [n, c].")

        if charges.Shape[0] <> positions.Shape[0] then
            Inconsistent("charges", $"{charges.Shape[0]} rows", $"one for each of {positions.Shape[0]} atoms")
            |> Outcome.raise

        let values = Tensor.toArray charges

        for i in 0 .. values.Length - 1 do
            if not (Double.IsFinite values[i]) then
                NonFinite($"the charge of atom {i / charges.Shape[1]}", values[i]) |> Outcome.raise

    /// What the sum over the lattice adds to twice the potential, [n, c]: all but the pairs near by.
    let internal far (sum: LatticeSum) (cell: Tensor) (positions: Tensor) (charges: Tensor) : Tensor =
        let split = sum.Split
        let lattice = CellFrame.ofCell cell
        let fractions = Tensor.matmul positions lattice.Inverse
        let number (x: Tensor) = Tensor.cast charges.Precision x

        let waves =
            match sum.Summation with
            | Ewald set -> EwaldSum.potentials split set lattice fractions charges
            | OnMesh(assignment, size) -> ParticleMesh.potentials split assignment size lattice fractions charges
            | Direct -> Tensor.zerosLike charges

        let total = Tensor.sumAxes [| 0 |] charges |> Tensor.reshape [| 1; charges.Shape[1] |]
        let mean = number split.Mean / lattice.Volume * total
        let whole = waves + (mean - number split.Self * charges)

        match sum.OpenAxis with
        | Some axis -> whole + number split.Coulomb * SlabCorrection.potentials axis lattice positions charges
        | None -> whole

    /// Σ_j q_j f(r_ij) over listed pairs, [n, c].
    let internal near
        (f: Tensor -> Tensor)
        count
        (receivers: int[])
        (senders: int[])
        (distances: Tensor)
        (charges: Tensor)
        =
        let n, p = charges.Shape[0], receivers.Length

        if p = 0 then
            Tensor.zerosLike charges
        else
            let values = Tensor.reshape [| p; 1 |] (f distances)
            let onto (ends: int[]) (from: int[]) = Tensor.segmentSum ends n (values * Tensor.gather from charges)

            match count with
            | BothEnds -> onto receivers senders
            | OneEnd -> onto receivers senders + onto senders receivers

    let private refuseCoincident (receivers: int[]) (senders: int[]) (distances: Tensor) =
        let r = Tensor.toArray distances
        let e = Array.IndexOf(r, 0.0)

        if e >= 0 then
            Inconsistent($"atom {receivers[e]}", $"atom {senders[e]} at the same place", "a distance between charges")
            |> Outcome.raise

    /// The potentials V [n, c] of charges [n, c] at positions [n, 3] in a cell [3, 3] (rows), from a list of pairs and
    /// their distances [p], which are differentiable functions of positions and cell (`Space.distances`).
    /// Differentiable in all tensors and in those of the split, to any order. Errors, as `NoetherException`: charges
    /// that do not fit or are not numbers, charges at one place, a cell without volume, a slab that is not
    /// perpendicular.
    let potentials
        (sum: LatticeSum)
        (count: PairCount)
        (pairs: Pairs)
        (distances: Tensor)
        (cell: Tensor)
        (positions: Tensor)
        (charges: Tensor)
        : Tensor =
        check positions charges
        let receivers, senders = Frozen.array pairs.Receivers, Frozen.array pairs.Senders
        refuseCoincident receivers senders distances

        match sum.Summation with
        | Direct -> 0.5 * near sum.Split.Bare count receivers senders distances charges
        | _ ->
            let pairwise = near sum.Split.Short count receivers senders distances charges
            0.5 * (pairwise + far sum cell positions charges)

    /// The energy Σ q·V, shape [], of a structure with its own positions, cell and charges [n, c], with pairs within a
    /// cut-off (Å). Errors: those of `potentials` and of `Neighbours.build`.
    let energy
        (sum: LatticeSum)
        (cutoff: float)
        (structure: Structure)
        (charges: Tensor)
        : Result<float, NoetherError> =
        Outcome.capture (fun () ->
            let data = PairData.ofStructure (Neighbours.build cutoff structure |> Outcome.getOrFail) structure
            let cell = Tensor.reshape [| 3; 3 |] data.Cells
            let v = potentials sum BothEnds data.Pairs data.Distances cell data.Positions charges
            Tensor.value (Tensor.sum (charges * v)))
