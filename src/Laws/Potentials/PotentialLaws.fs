namespace Noether.Laws

open FsCheck.FSharp
open Noether.Domain
open Noether.Physics

/// The laws of potentials, all of them: `PotentialLaws.check [ "Si" ] potential |> printfn "%O"`.
[<RequireQualifiedAccess>]
module PotentialLaws =
    /// Structures as a simulation meets them: a few small steps, some atoms taken away, all wrapped into the cell.
    let private itineraries (structure: Structure) length =
        let n = structure.Count
        let shake size = Gen.arrayOfLength (3 * n) (Moves.between -size size)

        Gen.zip (shake (0.03 * length)) (shake (0.1 * length))
        |> Gen.map (fun (small, large) ->
            let first = Motion.displace 1.0 small structure

            [ structure
              first
              Motion.displace 1.0 large first
              Moves.select [| 0 .. n / 2 - 1 |] structure
              Structure.wrap structure ])

    /// A second way gives the same results as the first, structure by structure.
    let way (way: Way) : Law<PotentialSubject> =
        Comparison.law
            way.Name
            "for a few structures in a row, the same results both ways; in typical energies and forces"
            Comparison.rounding
            (fun subject sample ->
                let structure = Structure.bare sample.Structure
                let structures = Sample.draw (itineraries structure subject.Scales.Length) sample
                let found = way.Evaluate structures |> Outcome.getOrFail

                if found.Length <> structures.Length then
                    Outcome.raise (Inconsistent($"'{way.Name}'", $"{found.Length} results", $"{structures.Length}"))

                List.map2
                    (fun structure results ->
                        Comparison.checkedResults subject structure results
                        |> Comparison.results subject (Comparison.evaluate subject structure))
                    structures
                    found
                |> Comparison.greatest)

    /// Every law that a subject claims to keep, its tolerances of rounding times the subject's slack.
    let claimed (subject: PotentialSubject) : Law<PotentialSubject> list =
        [ yield! SymmetryLaws.all
          DerivativeLaws.forces

          if subject.Virial then
              DerivativeLaws.virial
              DerivativeLaws.stress
              DerivativeLaws.symmetricVirial

          DerivativeLaws.netForce
          DerivativeLaws.netTorque
          DerivativeLaws.symmetricHessian
          if subject.Hessian.IsSome then DerivativeLaws.exactHessian

          if not subject.Crossings.IsEmpty then
              if subject.Smoothness <> NoSmoothness then SmoothnessLaws.energy
              if subject.Smoothness = SmoothForces then SmoothnessLaws.forces

          if subject.Smoothness = SmoothForces then
              MotionLaws.fluctuation
              MotionLaws.drift

          for other in subject.Ways do
              way other ]
        |> List.map (fun law ->
            // Those of motion compare the energy with itself and have rounding in their denominators.
            if law.Tolerance < 1e-3 then { law with Tolerance = subject.Slack * law.Tolerance } else law)

    /// A hundred samples of the structures that a subject is made for, seed 1.
    let settings (subject: PotentialSubject) : LawSettings =
        { Structures = subject.Structures; Samples = 100; Seed = 1UL }

    /// Every law that a subject claims to keep, on a hundred samples; `Laws.run` with settings of your own does the
    /// same.
    let run (subject: PotentialSubject) : Report = Laws.run (settings subject) (claimed subject) subject

    /// Every law of potentials, for a potential of this library or one made with it, on structures of elements by
    /// symbol. It claims forces that do not jump at the cut-off. Raises `NoetherException` for an unknown symbol, and
    /// ArgumentException for a potential without a cut-off, whose structures have to be stated (`ofPotential`).
    let check (symbols: string list) (potential: Potential) : Report =
        if potential.Cutoff = 0.0 then
            invalidArg
                (nameof potential)
                $"PotentialLaws.check: '{potential.Name}' has no cut-off; state structures by PotentialSubject."

        let structures = PotentialSubject.structuresFor symbols potential.Cutoff |> Outcome.getOrFail
        run (PotentialSubject.ofPotential structures potential)
