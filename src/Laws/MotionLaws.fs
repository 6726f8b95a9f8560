namespace Noether.Laws

open System
open FsCheck.FSharp
open Noether.Domain
open Noether.Physics

/// The laws of motion at constant energy. All masses are 1; steps follow from the forces.
[<RequireQualifiedAccess>]
module MotionLaws =
    let private motion (subject: PotentialSubject) structure velocities =
        { Atoms = structure
          Velocities = velocities
          Said = Comparison.evaluate subject structure }

    let private run (subject: PotentialSubject) step count start =
        Motion.run subject.Integrator (Comparison.evaluate subject) step count start

    let private velocities n speed = Gen.arrayOfLength (3 * n) (Moves.between -speed speed)

    /// What rounding alone may do to the energy of all atoms.
    let private floor (subject: PotentialSubject) (said: Results) =
        let atoms = float (max 1 (said.Forces.Length / 3))
        Comparison.rounding * subject.Slack * atoms * Comparison.energy subject said

    let private coarse = 8

    /// With half the step, the energy strays by a quarter.
    let fluctuation =
        Comparison.law
            "energy error of order dt²"
            "with half the step the energy strays by a quarter as much at the same times; what is left, over the whole"
            // Terms in the fourth power of the step are some 1 %; an error of first order leaves 25 %, a jump of the
            // energy 75 %, forces that are no gradient 75 %.
            0.1
            (fun subject sample ->
                let structure = Structure.bare sample.Structure
                let length = subject.Scales.Length
                let said = Comparison.evaluate subject structure
                let force = Comparison.force subject said
                let speed = 0.1 * sqrt (force * length)
                // A fiftieth of the time in which the largest force moves an atom by the length.
                let step = 0.02 * sqrt (length / force)
                let start = motion subject structure (Sample.draw (velocities structure.Count speed) sample)
                let strayed runs = runs |> Array.map (fun later -> Motion.energy later - Motion.energy start)
                let whole = run subject step coarse start |> strayed
                let half = run subject (step / 2.0) (2 * coarse) start |> strayed
                let left = Array.mapi (fun k d -> abs (half[2 * k] - d / 4.0)) whole |> Comparison.greatest
                let most = whole |> Array.map abs |> Comparison.greatest
                // One percent of the force times the way of a step: what an atom at the largest force strays by.
                let usual = 0.01 * force * force * step * step
                left / Comparison.greatest [ most; usual; floor subject said ])

    /// Downhill, by steps that grow while the energy falls, and are at most a twentieth of the length per coordinate.
    let private relaxed (subject: PotentialSubject) (start: Structure) =
        let reach = 0.05 * subject.Scales.Length
        let first = Comparison.evaluate subject start

        ((start, first, reach), [ 1..40 ])
        ||> List.fold (fun (structure, said, size) _ ->
            let most = Comparison.largest said.Forces

            if most = 0.0 then
                structure, said, size
            else
                let next = Motion.displace (size / most) (Array.ofSeq said.Forces) structure
                let later = Comparison.evaluate subject next

                if later.Energy < said.Energy then
                    next, later, Math.Min(reach, 1.2 * size)
                else
                    structure, said, 0.3 * size)
        |> fun (structure, said, _) -> structure, said

    /// The greatest curvature, by some steps of the power method on differences of forces.
    let private stiffness (subject: PotentialSubject) structure (said: Results) start =
        let h = 1e-4 * subject.Scales.Length

        ((start, 0.0), [ 1..6 ])
        ||> List.fold (fun (v, _) _ ->
            let later = Comparison.evaluate subject (Motion.displace h v structure)
            let change = Seq.map2 (fun a b -> (b - a) / h) later.Forces said.Forces |> Array.ofSeq
            let length = sqrt (Comparison.dot change change)
            (if length > 0.0 then Array.map (fun x -> x / length) change else v), length)
        |> snd

    let private steps = 250

    /// The energy of bound atoms strays no further at the end of a long run than at its beginning.
    let drift =
        Comparison.law
            "no drift"
            "atoms near rest: how far the energy strays in the last fifth of 250 steps, over the first fifth"
            // A steady drift gives 5; oscillations that exchange energy give up to 2.
            3.0
            (fun subject sample ->
                if sample.Structure.Count = 0 then
                    0.0
                else
                    let structure, said = relaxed subject (Structure.bare sample.Structure)
                    let n, length = structure.Count, subject.Scales.Length
                    let v, direction = Sample.draw (Gen.zip (velocities n 1.0) (Comparison.directions n)) sample
                    // Where nothing holds the atoms, a tenth of a typical curvature.
                    let curvature =
                        Math.Max(stiffness subject structure said direction, 0.1 * subject.Scales.Force / length)

                    let frequency = sqrt curvature
                    // 25 steps a period of the fastest vibration; amplitudes of 3 % of the length.
                    let start = motion subject structure (Array.map (fun x -> 0.03 * length * frequency * x) v)
                    let path = run subject (0.25 / frequency) steps start
                    let strayed later = abs (Motion.energy later - Motion.energy start)
                    let most part = part |> Array.map strayed |> Comparison.greatest
                    // (ω dt)²/8 of the kinetic energy is usual, 0.8 %; 2 % where atoms fly first and meet later.
                    let kinetic = path |> Array.map Motion.kinetic |> Comparison.greatest
                    let first, last = path[.. steps / 5], path[4 * steps / 5 ..]
                    most last / Comparison.greatest [ most first; 0.02 * kinetic; floor subject said ])
