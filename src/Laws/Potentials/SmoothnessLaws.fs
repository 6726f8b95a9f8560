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
    /// Of the distance. What is smooth is then linear, and places are rounded to a millionth of it, even 10³ Å away.
    let private near = 1e-7

    /// The structure with one more atom at r_host + distance·direction.
    let private visited (structure: Structure) number host (direction: float[]) distance =
        let place = Seq.init 3 (fun k -> structure.Positions[3 * host + k] + distance * direction[k])

        Structure.create (structure.Numbers.Add number) (structure.Positions.AddRange place) structure.Cell
        |> Outcome.getOrFail

    /// A visit: a distance, an atom of the structure, a species, directions to try.
    let private visits (subject: PotentialSubject) (structure: Structure) =
        Gen.zip
            (Gen.zip3
                (Gen.elements subject.Crossings)
                (Gen.choose (0, structure.Count - 1))
                (Gen.elements subject.Structures.Species))
            (Gen.arrayOfLength 20 PotentialSamples.directions)

    /// Aitken's rule: the limit of three values that differ from it by powers of a number.
    let private aitken (a: float) (b: float) (c: float) = c - (c - b) * (c - b) / ((c - b) - (b - a))

    /// The limit of J(δ) from its values at δ, δ/2, δ/4 and δ/8: the least of three rules, as a jump is what none
    /// explains. The first is exact for J = jump + aδ + bδ², the second for jump + aδᵖ with any p, as where the square
    /// root of a vanishing density is taken, the third for jump + aδ + bδᵖ.
    let private limit (values: float[]) =
        let first = Array.pairwise values |> Array.map (fun (wide, close) -> 2.0 * close - wide)

        [ (4.0 * first[2] - first[1]) / 3.0; aitken values[1] values[2] values[3]; aitken first[0] first[1] first[2] ]
        |> List.map abs
        |> List.reduce (fun least other -> if other < least then other else least)

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

                let inside, jumps =
                    [| for offset in [ near; near / 2.0; near / 4.0; near / 8.0 ] do
                           let outside, inside = at offset, at -offset
                           inside, Seq.map2 (-) (quantities outside) (quantities inside) |> Array.ofSeq |]
                    |> Array.unzip

                (Array.transpose jumps |> Array.map limit |> Comparison.greatest) / scale inside[3]

    // Rounding of places, which steep potentials amplify and extrapolation again: some 10⁻¹¹ of typical energies.
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
            // Where forces begin as a power δᵖ of the distance from the crossing, p ≥ 0.5, δ²ᵖ follows: 10⁻⁷.
            1e-6
            (fun subject sample -> jump subject sample _.Forces (Comparison.force subject))
