namespace Noether.Laws

open System
open System.Collections.Immutable
open Noether.Domain
open Noether.Physics

/// The common ground of the laws of potentials: asking the subject, comparing results in its scales.
[<RequireQualifiedAccess>]
module internal Comparison =
    /// Rounding. Coordinates up to 10³ Å are stored to 10⁻¹³ Å, which steep potentials amplify some hundred times;
    /// sums of some hundred pairs lose a digit or two: 10⁻⁹ of a typical force or energy is beyond both.
    let rounding = 1e-9

    /// Derivatives from values: what is left when their error is estimated too small by more than four times.
    let extrapolated = 1e-6

    let private expectLength what found expected =
        if found <> expected then Outcome.raise (Inconsistent(what, $"{found} numbers", $"{expected}"))

    /// The results of a structure, in their lengths.
    let checkedResults (subject: PotentialSubject) (structure: Structure) (results: Results) : Results =
        expectLength "the array of forces" results.Forces.Length (3 * structure.Count)

        if not results.Energies.IsEmpty then
            expectLength "the energies of atoms" results.Energies.Length structure.Count

        if subject.Virial then expectLength "the virial" results.Virial.Length 9
        results

    let evaluate (subject: PotentialSubject) (structure: Structure) : Results =
        subject.Evaluate structure |> Outcome.getOrFail |> checkedResults subject structure

    /// The greatest of numbers, 0 of none, NaN where one is.
    let greatest (values: float seq) = Seq.fold (fun (most: float) x -> Math.Max(most, x)) 0.0 values

    let largest (values: ImmutableArray<float>) =
        let mutable most = 0.0

        for x in values do
            most <- Math.Max(most, abs x)

        most

    let private atoms (results: Results) = float (max 1 (results.Forces.Length / 3))

    /// The scale of forces: a typical one, or the largest at hand.
    let force (subject: PotentialSubject) (results: Results) = Math.Max(subject.Scales.Force, largest results.Forces)

    /// The scale of the energy of an atom.
    let energy (subject: PotentialSubject) (results: Results) =
        Math.Max(subject.Scales.Energy, Math.Max(abs results.Energy / atoms results, largest results.Energies))

    /// The scale of the virial of all atoms.
    let virial (subject: PotentialSubject) (results: Results) =
        Math.Max(
            atoms results * Math.Max(energy subject results, force subject results * subject.Scales.Length),
            largest results.Virial
        )

    let private difference (a: ImmutableArray<float>) (b: ImmutableArray<float>) =
        let mutable most = 0.0

        for i in 0 .. a.Length - 1 do
            most <- Math.Max(most, abs (a[i] - b[i]))

        most

    /// By how much results differ from expected ones, in the scales of the latter: energies, energies of atoms and
    /// forces of a typical one, virials of n typical ones.
    let results (subject: PotentialSubject) (expected: Results) (found: Results) : float =
        let e = energy subject expected
        let shares = not (expected.Energies.IsEmpty || found.Energies.IsEmpty)

        greatest
            [ abs (found.Energy - expected.Energy) / (e * atoms expected)
              if shares then difference expected.Energies found.Energies / e
              difference expected.Forces found.Forces / force subject expected
              if subject.Virial then difference expected.Virial found.Virial / virial subject expected ]

    /// A law of potentials.
    let law name statement tolerance (violation: PotentialSubject -> Sample -> float) : Law<PotentialSubject> =
        { Name = name
          Statement = statement
          Samples = PotentialSamples.arbitrary
          Violation = violation
          Tolerance = tolerance }

    /// A direction in the space of all coordinates, of length 1: every atom somewhere, or one coordinate alone.
    let directions (n: int) =
        let every = FsCheck.FSharp.Gen.arrayOfLength (3 * n) (Moves.between -1.0 1.0)

        let one =
            FsCheck.FSharp.Gen.choose (0, max 0 (3 * n - 1))
            |> FsCheck.FSharp.Gen.map (fun k -> Array.init (3 * n) (fun i -> if i = k then 1.0 else 0.0))

        FsCheck.FSharp.Gen.oneof [ every; one ]
        |> FsCheck.FSharp.Gen.map (fun v ->
            let length = sqrt (Array.sumBy (fun x -> x * x) v)
            if length > 0.0 then Array.map (fun x -> x / length) v else v)

    let dot (a: float seq) (b: float seq) = Seq.map2 (*) a b |> Seq.sum
