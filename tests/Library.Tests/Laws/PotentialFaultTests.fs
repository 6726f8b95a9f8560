module Noether.Tests.PotentialFaultTests

open Noether.AutoDiff
open Noether.Domain
open Noether.Laws
open Noether.Physics
open Noether.Tests.Checks
open Noether.Tests.PotentialLawsChecks
open Xunit

let private composed energies = Potential.create "mutant" 2.5 energies

/// ½Σ u(r) w(e) for pairs, u = (1 − r/c)⁴.
let private weighted (weight: PairData -> Tensor) =
    composed (fun data ->
        0.5 * PairData.sumOverNeighbours data (Tensor.pow 4.0 (1.0 - data.Distances / 2.5) * weight data))

let private component' k (data: PairData) =
    Tensor.reshape [| data.Pairs.Count |] (Tensor.slice 1 k (k + 1) data.Vectors)

let private plain keep =
    composed (fun data ->
        let kept = PairData.filter (keep data) data
        0.5 * PairData.sumOverNeighbours kept (Tensor.pow 4.0 (1.0 - kept.Distances / 2.5)))

let private place (structure: Structure) i = Array.init 3 (fun k -> structure.Positions[3 * i + k])

/// Twelve times the volume of the first four atoms, with its sign.
let private hand (structure: Structure) =
    if structure.Count < 4 then
        0.0
    else
        let from k = Array.map2 (-) (place structure k) (place structure 0)
        let a, b, c = from 1, from 2, from 3

        a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2]) + a[2] * (b[0] * c[1] - b[1] * c[0])

let private euler: Integrator =
    fun evaluate h motion ->
        let moved = Seq.map2 (fun x v -> x + h * v) motion.Atoms.Positions motion.Velocities |> array
        let atoms = Structure.withPositions moved motion.Atoms |> ok

        { Atoms = atoms
          Velocities = Array.mapi (fun i v -> v + h * motion.Said.Forces[i]) motion.Velocities
          Said = evaluate atoms }

let private damped: Integrator =
    fun evaluate h motion ->
        let next = Motion.verlet evaluate h motion
        { next with Velocities = Array.map (fun v -> 0.999 * v) next.Velocities }

let private way name evaluate (subject: PotentialSubject) =
    { subject with Ways = [ { Name = name; Evaluate = evaluate subject } ] }

/// Subjects with one fault each, and laws that must find it.
let private faults: (string * (PotentialSubject -> PotentialSubject) * string list) list =
    [ "a force of the wrong sign",
      saying (fun _ said -> { said with Forces = array (Seq.map (fun f -> -f) said.Forces) }),
      [ "forces"; "exact Hessian"; "energy error of order dt²" ]

      "a force of half its size",
      saying (fun _ said -> { said with Forces = array (Seq.map (fun f -> 0.5 * f) said.Forces) }),
      [ "forces"; "exact Hessian"; "energy error of order dt²" ]

      "no images",
      instead (plain (fun data e -> Seq.forall (fun k -> data.Pairs.Shifts[3 * e + k] = 0) [ 0..2 ])),
      [ "choice of image"; "supercell" ]

      "only the nearest cells",
      instead (plain (fun data e -> Seq.forall (fun k -> abs data.Pairs.Shifts[3 * e + k] <= 1) [ 0..2 ])),
      [ "choice of image"; "choice of cell"; "supercell" ]

      "half of the pairs",
      instead (plain (fun data e -> data.Pairs.Receivers[e] < data.Pairs.Senders[e])),
      [ "permutation"; "supercell" ]

      "an energy that jumps at the cut-off", instead (lennardJones Truncated), [ "smooth energy"; "smooth forces" ]
      "a force that jumps at the cut-off", instead (lennardJones Shifted), [ "smooth forces" ]

      "forces that circle about an axis",
      saying (fun structure said ->
          let swirl i k =
              let x = place structure i
              let n = float structure.Count
              let centre c = Seq.sum (Seq.init structure.Count (fun j -> (place structure j)[c])) / n

              if k = 0 then centre 1 - x[1]
              elif k = 1 then x[0] - centre 0
              else 0.0

          { said with
              Forces = array (Seq.mapi (fun i f -> f + 0.1 * swirl (i / 3) (i % 3)) said.Forces) }),
      [ "forces"; "symmetric Hessian"; "rotation"; "net torque" ]

      "an energy of places",
      saying (fun structure said -> { said with Energy = said.Energy + 0.01 * Seq.sumBy sin structure.Positions }),
      [ "translation"; "forces"; "energies of atoms" ]

      "a direction of its own",
      instead (weighted (component' 2 >> Tensor.square)),
      [ "rotation"; "net torque"; "symmetric virial" ]

      "a sense of direction", instead (weighted (component' 2 >> Tensor.exp)), [ "rotation"; "inversion"; "net torque" ]

      "a hand of its own",
      saying (fun structure said ->
          let preference = 0.01 * tanh (hand structure)

          { said with
              Energy = said.Energy + preference
              Energies = array (Seq.map (fun e -> e + preference / float structure.Count) said.Energies) }),
      [ "inversion"; "forces" ]

      "an order of its own",
      saying (fun _ said ->
          { said with
              Forces = array (Seq.mapi (fun i f -> (1.0 + 0.001 * float (i / 3)) * f) said.Forces) }),
      [ "permutation"; "net force"; "forces" ]

      "an energy of nothing",
      saying (fun _ said -> { said with Energy = said.Energy + 1.0 }),
      [ "supercell"; "energies of atoms" ]

      "energies of atoms twice",
      saying (fun _ said -> { said with Energies = array (Seq.map (fun e -> 2.0 * e) said.Energies) }),
      [ "energies of atoms" ]

      "a stress of the wrong sign",
      saying (fun _ said ->
          { said with
              Stress = said.Stress |> Option.map (Seq.map (fun s -> -s) >> array) }),
      [ "stress" ]

      "a stress of slabs",
      saying (fun _ said -> { said with Stress = Some(array (Seq.map (fun w -> -w) said.Virial)) }),
      [ "stress" ]

      "no stress", saying (fun _ said -> { said with Stress = None }), [ "stress" ]

      "a virial of atoms without their images",
      saying (fun structure said ->
          let w = Array.zeroCreate 9

          for i in 0 .. structure.Count - 1 do
              for a in 0..2 do
                  for b in 0..2 do
                      w[3 * a + b] <- w[3 * a + b] + structure.Positions[3 * i + a] * said.Forces[3 * i + b]

          { said with Virial = array w }),
      [ "virial"; "choice of image" ]

      "a virial with a twist",
      saying (fun _ said -> { said with Virial = said.Virial.SetItem(1, said.Virial[1] + 0.1) }),
      [ "virial"; "symmetric virial" ]

      "a push from outside",
      saying (fun structure said ->
          { said with
              Forces = if structure.Count = 0 then said.Forces else said.Forces.SetItem(0, said.Forces[0] + 0.01) }),
      [ "net force"; "rotation"; "permutation" ]

      "periods along every axis",
      (fun subject ->
          { subject with
              Evaluate =
                  fun structure ->
                      Cell.withPeriodic (true, true, true) structure.Cell
                      |> Result.map (fun cell -> Structure.withCell cell structure)
                      |> Result.defaultValue structure
                      |> subject.Evaluate }),
      [ "open axes" ]

      "second derivatives of the wrong sign",
      (fun subject ->
          { subject with
              Hessian =
                  Some(fun structure v -> subject.Hessian.Value structure v |> Result.map (Array.map (fun x -> -x))) }),
      [ "exact Hessian" ]

      "Euler's steps", (fun subject -> { subject with Integrator = euler }), [ "energy error of order dt²"; "no drift" ]
      "steps that lose speed", (fun subject -> { subject with Integrator = damped }), [ "no drift" ]

      "a fused pass of its own",
      instead (
          let other (term: Term) =
              let pass = term.Fused.Value

              { term with
                  Fused = Some(FusedPass(fun sites factor sums -> pass.Add(sites, 1.0001 * factor, sums))) }

          let potential = lennardJones (Smooth 1.9)
          { potential with Terms = List.map other potential.Terms }
      ),
      [ "fused and composed" ]

      "a batch in another order",
      way "batch and one by one" (fun subject -> List.map subject.Evaluate >> Outcome.all >> Result.map List.rev),
      [ "batch and one by one" ]

      "a list that is never renewed",
      way "lasting and fresh lists" (fun _ structures ->
          let list = VerletList.create 2.5 0.1 structures.Head |> ok
          structures |> List.map (Evaluate.onList (lennardJones (Smooth 1.9)) list) |> Outcome.all),
      [ "lasting and fresh lists" ]

      "no answer for nothing",
      (fun subject ->
          { subject with
              Evaluate =
                  fun structure ->
                      if structure.Count = 0 then invalidOp "no atoms"
                      subject.Evaluate structure }),
      [ "translation" ]

      "not a number for one atom",
      saying (fun structure said -> if structure.Count = 1 then { said with Energy = nan } else said),
      [ "translation"; "virial" ] ]

let faulty () = TheoryData<string>(faults |> List.map (fun (name, _, _) -> name))

let private reports =
    faults
    |> List.map (fun (name, mutate, laws) ->
        name,
        lazy
            (let subject = mutate good.Value

             subject,
             laws,
             Laws.run { PotentialLaws.settings subject with Samples = 40 } (PotentialLaws.claimed subject) subject))
    |> Map.ofList

[<Theory; MemberData(nameof faulty)>]
let ``A faulty potential is caught by the laws that should catch it`` (name: string) =
    let subject, laws, report = reports[name].Value
    let broken = report.Broken |> List.map _.Law |> set
    Assert.True(Set.isSubset (set laws) broken, $"{laws} of {broken}")

    for finding in report.Broken do
        Assert.True(Structures.admits subject.Structures finding.Shown.Structure, string finding)
        // Each fault takes four atoms at most.
        Assert.True(finding.Shown.Structure.Count <= 4, string finding)

[<Fact>]
let ``A fault breaks no law that has nothing to do with it`` () =
    let broken name =
        let _, _, report = reports[name].Value
        report.Broken |> List.map _.Law |> set

    Assert.Equal<string>(set [ "stress" ], broken "a stress of the wrong sign")
    Assert.Equal<string>(set [ "energies of atoms" ], broken "energies of atoms twice")
    Assert.Equal<string>(set [ "exact Hessian" ], broken "second derivatives of the wrong sign")
    let jumps = set [ "smooth forces" ]

    Assert.Equal<string>(
        jumps,
        Set.intersect (set [ "smooth forces"; "smooth energy" ]) (broken "a force that jumps at the cut-off")
    )

    let handed = broken "a hand of its own"
    Assert.False(handed.Contains "translation" || handed.Contains "rotation", $"{handed}")

[<Fact>]
let ``Every law catches someone`` () =
    let caught =
        reports
        |> Seq.collect (fun entry -> let _, _, report = entry.Value.Value in report.Broken)
        |> Seq.map _.Law
        |> set

    Assert.Equal<string>(PotentialLaws.claimed good.Value |> List.map _.Name |> set, caught)
