namespace Noether.Laws

open System
open System.Collections.Immutable
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

    /// The change that rounding alone may make in the energy of all atoms.
    let private floor (subject: PotentialSubject) (said: Results) =
        let atoms = float (max 1 (said.Forces.Length / 3))
        Comparison.rounding * subject.Slack * atoms * Comparison.energy subject said

    let private coarse = 8

    /// With half the step, the energy strays by a quarter.
    let fluctuation =
        Comparison.law
            "energy error of order dt²"
            "with half the step the energy strays by a quarter as much at the same times; what is left, over the whole"
            // Terms in the fourth power of the step are some 3 %, kinks of the curvature at the cut-off up to 5 %; an
            // error of first order leaves 25 %, a jump of the energy 75 %, forces that are no gradient 75 %.
            0.15
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
                // What velocity Verlet conserves differs from the energy by some h²F²/8: what one atom strays by.
                let usual = force * force * step * step / 8.0
                left / Comparison.greatest [ most; usual; floor subject said ])

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

    /// The potential, and a spring of stiffness k from each atom to its place: what keeps atoms together that nothing
    /// else does. All vibrations are then about as fast as the fastest.
    let private tethered (subject: PotentialSubject) k (places: Structure) (structure: Structure) =
        let said = Comparison.evaluate subject structure
        let from = Array.init (3 * structure.Count) (fun i -> structure.Positions[i] - places.Positions[i])

        { said with
            Energy = said.Energy + 0.5 * k * Comparison.dot from from
            Forces = Seq.map2 (fun f u -> f - k * u) said.Forces from |> ImmutableArray.CreateRange }

    let private steps = 250

    /// The energy of bound atoms strays no further at the end of a long run than at its beginning.
    let drift =
        Comparison.law
            "no drift"
            "atoms tied to their places: how far the energy strays in the last fifth of 250 steps, over the first"
            // Vibrations give up to 2. What drifts steadily gives 5, or what it gains over 0.8 % of the kinetic energy.
            3.0
            (fun subject sample ->
                let structure = Structure.bare sample.Structure
                let n, length = structure.Count, subject.Scales.Length
                let said = Comparison.evaluate subject structure
                let v, direction = Sample.draw (Gen.zip (velocities n 1.0) (Comparison.directions n)) sample
                // The largest force moves an atom by a twentieth of the length at most.
                let spring =
                    Math.Max(stiffness subject structure said direction, 20.0 * Comparison.force subject said / length)

                let frequency = sqrt (2.0 * spring)
                // 25 steps a period of the fastest vibration; amplitudes of 3 % of the length.
                let evaluate = tethered subject spring structure

                let start =
                    { Atoms = structure
                      Velocities = Array.map (fun x -> 0.03 * length * frequency * x) v
                      Said = said }

                let path = Motion.run subject.Integrator evaluate (0.25 / frequency) steps start
                let strayed later = abs (Motion.energy later - Motion.energy start)
                let most part = part |> Array.map strayed |> Comparison.greatest
                let first, last = path[.. steps / 5], path[4 * steps / 5 ..]
                // (ω dt)²/8 of the kinetic energy is usual; less at first where vibrations beat.
                let usual = 0.25 * 0.25 / 8.0 * (path |> Array.map Motion.kinetic |> Comparison.greatest)
                most last / Comparison.greatest [ most first; usual; floor subject said ])
