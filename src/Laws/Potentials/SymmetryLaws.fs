namespace Noether.Laws

open System.Collections.Immutable
open FsCheck.FSharp
open Noether.Domain
open Noether.Physics

/// The laws that say what a potential must not notice: where the atoms are as a whole, how they are turned, in which
/// order they come, which images of them and which cell describe the crystal. A violation is the greatest difference
/// of energy and energies of atoms (in typical energies of an atom), forces (in typical forces, or the largest one of
/// the sample) and virial.
[<RequireQualifiedAccess>]
module SymmetryLaws =
    let private array (values: float seq) = ImmutableArray.CreateRange values

    /// The results of the moved structure are those of the structure, changed in a known way.
    let private moved name statement (move: Sample -> Structure * (Results -> Results)) =
        Comparison.law name statement Comparison.rounding (fun subject sample ->
            let after, change = move sample
            let expected = Comparison.evaluate subject sample.Structure |> change
            Comparison.results subject expected (Comparison.evaluate subject after))

    /// v·M for each row v of [n, 3].
    let private turnRows (m: float[]) (rows: ImmutableArray<float>) =
        array (
            Seq.init rows.Length (fun i ->
                let row, c = i / 3 * 3, i % 3
                rows[row] * m[c] + rows[row + 1] * m[3 + c] + rows[row + 2] * m[6 + c])
        )

    let private transpose (m: ImmutableArray<float>) = array (Seq.init m.Length (fun i -> m[3 * (i % 3) + i / 3]))

    /// Forces F·M and virial MᵀWM.
    let private turned (m: float[]) (results: Results) =
        { results with
            Forces = turnRows m results.Forces
            Virial = results.Virial |> turnRows m |> transpose |> turnRows m |> transpose }

    /// Moving all atoms alike changes nothing.
    let translation =
        moved "translation" "moving all atoms by one vector changes nothing" (fun sample ->
            let x, y, z = Sample.draw (Gen.three (Moves.between -20.0 20.0)) sample
            Structure.translate (x, y, z) sample.Structure |> Outcome.getOrFail, id)

    /// Rotating atoms and cell rotates forces and virial.
    let rotation =
        moved "rotation" "rotating atoms and cell rotates forces and virial" (fun sample ->
            let m = Sample.draw Moves.rotations sample
            Moves.turn m sample.Structure, turned m)

    /// The mirror image of a structure has its energy. What prefers one hand is no potential of electrons and nuclei.
    let inversion =
        moved "inversion" "inverting atoms and cell inverts forces" (fun sample ->
            let m = [| -1.0; 0.0; 0.0; 0.0; -1.0; 0.0; 0.0; 0.0; -1.0 |]
            Moves.turn m sample.Structure, turned m)

    /// Another order of the atoms is another order of energies and forces.
    let permutation =
        moved "permutation" "another order of the atoms is another order of their energies and forces" (fun sample ->
            let order = Sample.draw (Moves.orders sample.Structure.Count) sample

            Moves.select order sample.Structure,
            fun results ->
                { results with
                    Energies =
                        if results.Energies.IsEmpty then
                            results.Energies
                        else
                            array (Seq.map (fun atom -> results.Energies[atom]) order)
                    Forces = array (Seq.collect (fun i -> Seq.init 3 (fun k -> results.Forces[3 * i + k])) order) })

    /// Other images of the atoms change nothing.
    let image =
        moved "choice of image" "moving atoms by lattice vectors, each by its own, changes nothing" (fun sample ->
            Moves.toImages (Sample.draw (Moves.images sample.Structure) sample) sample.Structure, id)

    /// Another cell of the same lattice changes nothing.
    let cell =
        moved "choice of cell" "a_k + m·a_l in place of a_k changes nothing" (fun sample ->
            Moves.shear (Sample.draw (Moves.shears sample.Structure) sample) sample.Structure, id)

    /// Components along an open axis have no meaning for energy, forces and virial.
    let openAxes =
        moved "open axes" "longer vectors along open axes, or some in place of none, change nothing" (fun sample ->
            Moves.widen (Sample.draw (Moves.between 1.5 30.0) sample) sample.Structure, id)

    /// N copies have N times the energy and the virial, and each the same forces.
    let supercell =
        moved "supercell" "N copies have N times the energy and the virial, each the same forces" (fun sample ->
            let a, b, c = Sample.draw (Moves.copies sample.Structure) sample
            let copies = a * b * c
            let repeated (values: ImmutableArray<float>) = Seq.replicate copies values |> Seq.concat |> array

            Structure.repeat (a, b, c) (Structure.bare sample.Structure) |> Outcome.getOrFail,
            fun results ->
                { results with
                    Energy = float copies * results.Energy
                    Energies = repeated results.Energies
                    Forces = repeated results.Forces
                    Virial = array (Seq.map (fun w -> float copies * w) results.Virial) })

    /// The energies of the atoms add up to the energy.
    let shares =
        Comparison.law
            "energies of atoms"
            "the energies of the atoms add up to the energy; in typical energies of an atom, per atom"
            Comparison.rounding
            (fun subject sample ->
                let results = Comparison.evaluate subject sample.Structure

                if results.Energies.IsEmpty && sample.Structure.Count > 0 then
                    0.0
                else
                    let scale = Comparison.energy subject results * float (max 1 sample.Structure.Count)
                    abs (Seq.sum results.Energies - results.Energy) / scale)

    /// All of them.
    let all: Law<PotentialSubject> list =
        [ translation; rotation; inversion; permutation; image; cell; openAxes; supercell; shares ]
