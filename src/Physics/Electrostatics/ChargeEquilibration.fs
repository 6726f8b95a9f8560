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

    /// Twice the energy's matrix in the charges of one structure, [n, n]: the potentials of n sets of one unit charge
    /// each.
    let private couplings (sum: LatticeSum) (data: PairData) =
        if data.Structures <> 1 then
            invalidArg (nameof data) $"ChargeEquilibration: {data.Structures} structures, expected one at a time."

        let unit = Tensor.eye data.Numbers.Length |> Tensor.cast data.Positions.Precision
        let cell = Tensor.reshape [| 3; 3 |] data.Cells
        2.0 * LatticeSum.potentials sum BothEnds data.Pairs data.Distances cell data.Positions unit

    /// The charges [n] of one structure and its energy [] with them. Pairs of the data end at the cut-off that goes
    /// with the smearing of the sum, which carries the prefactor, eV for charges in e.
    let solve
        (elements: Map<int, Electronegativity>)
        (total: float)
        (sum: LatticeSum)
        (data: PairData)
        : Tensor * Tensor =
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

    /// The potential of charges in equilibrium in crystals: the least energy, an equal part for each atom.
    let potential (elements: Map<int, Electronegativity>) (total: float) (sum: LatticeSum) (cutoff: float) : Potential =
        Potential.create "charges in equilibrium" cutoff (fun data ->
            let n = data.Numbers.Length
            let _, energy = solve elements total sum data
            Tensor.expand [| n |] (Tensor.reshape [| 1 |] (energy / float n)))
