namespace Noether.Laws

open System.Collections.Immutable
open FsCheck.FSharp
open Noether.Domain
open Noether.Physics

/// The laws of the moment when an atom comes into range: another atom visits the structure, at the distance of the
/// cut-off from one of its atoms, a little more and a little less. Jumps are extrapolated from three distances on
/// either side, so slopes and curvatures that differ on the two sides, or are infinite, are no violation.
[<RequireQualifiedAccess>]
module SmoothnessLaws =
    /// Of the distance. Extrapolation leaves its third power, 10⁻¹⁴, and amplifies rounding ten times.
    let private near = 2e-5

    /// The structure with one more atom at r_host + distance·direction.
    let private visited (structure: Structure) number host (direction: float[]) distance =
        let place = Seq.init 3 (fun k -> structure.Positions[3 * host + k] + distance * direction[k])

        Structure.create (structure.Numbers.Add number) (structure.Positions.AddRange place) structure.Cell
        |> Outcome.getOrFail

    /// What a visit is: a distance, an atom of the structure, a species, directions to try.
    let private visits (subject: PotentialSubject) (structure: Structure) =
        Gen.zip
            (Gen.zip3
                (Gen.elements subject.Crossings)
                (Gen.choose (0, structure.Count - 1))
                (Gen.elements subject.Structures.Species))
            (Gen.arrayOfLength 20 PotentialSamples.directions)

    /// The limit of J(δ) from its values at δ, δ/2 and δ/4. For J = jump + aδ + bδ² the first line takes a out and the
    /// second b; for J = jump + aδᵖ, as where the square root of a vanishing density is taken, Aitken's rule gives the
    /// jump for any p. A jump is what neither explains.
    let private limit (w: float) (m: float) (c: float) =
        let first, second = 2.0 * m - w, 2.0 * c - m
        let smooth = abs ((4.0 * second - first) / 3.0)
        let power = abs (c - (c - m) * (c - m) / ((c - m) - (m - w)))
        if power < smooth then power else smooth

    /// The jump of quantities at the crossing, if there is room for a visitor that is not too close to other atoms.
    let private jump (subject: PotentialSubject) (sample: Sample) (quantities: Results -> ImmutableArray<float>) scale =
        let structure = Structure.bare sample.Structure

        if structure.Count = 0 || subject.Crossings.IsEmpty then
            0.0
        else
            let (distance, host, number), directions = Sample.draw (visits subject structure) sample
            let separation = subject.Structures.Separation

            let hasRoom direction =
                let crowded = visited structure number host direction distance
                separation = 0.0 || (Neighbours.build separation crowded |> Outcome.getOrFail).Count = 0

            match Array.tryFind hasRoom directions with
            | None -> 0.0
            | Some direction ->
                let at offset =
                    visited structure number host direction (distance * (1.0 + offset)) |> Comparison.evaluate subject

                let step offset =
                    let outside, inside = at offset, at -offset
                    Seq.map2 (-) (quantities outside) (quantities inside) |> Array.ofSeq, inside

                let (wide, _), (middle, _), (close, results) = step near, step (near / 2.0), step (near / 4.0)

                Array.map3 limit wide middle close |> Comparison.greatest |> fun most -> most / scale results

    // Third derivatives of repulsive cores in typical energies may be 10⁵ and more: some 10⁻⁹ remains.
    let private tolerance = 1e-8

    /// The energy does not jump.
    let energy =
        Comparison.law
            "smooth energy"
            "the energy does not jump when an atom crosses the cut-off; in typical energies of an atom"
            tolerance
            (fun subject sample ->
                jump subject sample (fun results -> ImmutableArray.Create results.Energy) (Comparison.energy subject))

    /// Forces do not jump.
    let forces =
        Comparison.law
            "smooth forces"
            "forces do not jump when an atom crosses the cut-off; in typical forces"
            // Where forces begin as the square root of the distance δ from the crossing, δ^(3/2) follows: 10⁻⁷.
            1e-6
            (fun subject sample -> jump subject sample _.Forces (Comparison.force subject))
