namespace Noether.Physics

open System
open Noether.AutoDiff
open Noether.Domain

/// How an element holds its electrons: E(q) = χ q + ½ η q².
type Electronegativity =
    {
        /// The electronegativity χ, eV/e.
        Electronegativity: float
        /// The hardness η, eV/e².
        Hardness: float
    }

/// Charges that make the energy of atoms and of their Coulomb interaction least at a given total charge (A. K. Rappé
/// and W. A. Goddard, J. Phys. Chem. 95, 3358 (1991); here of point charges, so that hardnesses must outweigh the
/// attraction of neighbours).
///
/// The equations are linear; they are solved in numbers and differentiated as a solution is, exactly and to any order,
/// not through the steps of a search.
[<RequireQualifiedAccess>]
module ChargeEquilibration =
    let private values name (elements: Map<int, Electronegativity>) pick (data: PairData) =
        Array.init data.Numbers.Length (fun i ->
            match elements.TryFind data.Numbers[i] with
            | Some element -> pick element
            | None ->
                let found = $"no {name} of {Elements.symbol data.Numbers[i]}"
                Inconsistent("the list of electronegativities", found, "one for every element") |> Outcome.raise)
        |> Tensor.vector
        |> Tensor.cast data.Positions.Precision

    /// v(r_ij) of all pairs of different atoms, [n, n].
    let private between (split: RangeSplit) (positions: Tensor) =
        let n = positions.Shape[0]
        let places = [| 0 .. n * n - 1 |] |> Array.filter (fun k -> k / n <> k % n)
        let ends pick = Tensor.gather (Array.map pick places) positions
        let r = Space.lengths (ends (fun k -> k % n) - ends (fun k -> k / n))
        Tensor.reshape [| n; n |] (Tensor.segmentSum places (n * n) (split.Bare r))

    /// The energy's matrix in the charges of one structure, [n, n]: twice the potentials of n sets of one unit charge
    /// each.
    let private couplings (sum: LatticeSum) (data: PairData) =
        let periodic = Array.ofSeq data.Periodic

        if Array.forall not periodic then
            between sum.Split data.Positions
        else
            let unit = Tensor.eye data.Numbers.Length |> Tensor.cast data.Positions.Precision
            let cell = Tensor.reshape [| 3; 3 |] data.Cells

            let sum =
                { sum with
                    OpenAxis = Option.orElse (ChargeTerms.openAxis periodic) sum.OpenAxis }

            2.0 * LatticeSum.potentials sum BothEnds data.Pairs data.Distances cell data.Positions unit

    /// Charges [n] and energy [] of one structure.
    let private solveOne elements (total: float) sum (data: PairData) =
        let n = data.Numbers.Length
        let chi = values "electronegativity" elements _.Electronegativity data
        let eta = values "hardness" elements _.Hardness data
        let unit = Tensor.eye n |> Tensor.cast chi.Precision
        let matrix = couplings sum data + unit * Tensor.reshape [| 1; n |] eta
        // Lagrange's multiplier keeps the total: [A 1; 1ᵀ 0] [q; λ] = [−χ; Q].
        let ones = Tensor.full chi.Precision [| n; 1 |] 1.0
        let upper = Tensor.concat 1 [ matrix; ones ]
        let lower = Tensor.concat 1 [ Tensor.transpose ones; Tensor.full chi.Precision [| 1; 1 |] 0.0 ]
        let right = Tensor.concat 0 [ -(Tensor.reshape [| n; 1 |] chi); Tensor.full chi.Precision [| 1; 1 |] total ]
        let solution = Tensor.solve (Tensor.concat 0 [ upper; lower ]) right
        let q = Tensor.reshape [| n |] (Tensor.slice 0 0 n solution)
        q, Tensor.sum (q * chi) + 0.5 * Tensor.sum (q * Tensor.matmul matrix q)

    /// The charges [n] of structures, each with the total charge given, and the energies [b] with them. Pairs of the
    /// data end at the cut-off that goes with the smearing of the sum, which carries the prefactor, eV for charges in
    /// e. Crystals are summed over their lattices, slabs with the empty space of the cut-off as such, molecules over
    /// all pairs.
    let solve
        (elements: Map<int, Electronegativity>)
        (total: float)
        (sum: LatticeSum)
        (data: PairData)
        : Tensor * Tensor =
        let found = PairData.structures data |> List.map (solveOne elements total sum)
        Tensor.concat 0 (List.map fst found), Tensor.stack 0 (List.map snd found)

    /// The potential of charges in equilibrium, the least energy, an equal part for each atom; of one structure or a
    /// batch. Errors, as it is evaluated: elements without parameters, one periodic axis, a slab with less empty space
    /// than the cut-off (Å).
    let potential (elements: Map<int, Electronegativity>) (total: float) (sum: LatticeSum) (cutoff: float) : Potential =
        let energies (data: PairData) =
            let periodic = Array.ofSeq data.Periodic

            if Array.exists id periodic && (Array.exists not periodic) then
                ChargeTerms.openAxis periodic
                |> Option.iter (fun axis ->
                    ChargeTerms.checkVacuum cutoff axis (Tensor.toArray data.Cells) (Tensor.toArray data.Positions))

            let n = data.Numbers.Length
            let _, energy = solveOne elements total sum data
            Tensor.expand [| n |] (Tensor.reshape [| 1 |] (energy / float n))

        Potential.create "charges in equilibrium" cutoff (fun data ->
            PairData.structures data |> List.map energies |> Tensor.concat 0)
