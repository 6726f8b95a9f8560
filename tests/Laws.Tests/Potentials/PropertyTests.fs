/// Sums of potentials with and without a pass, and potentials of charges and other properties.
module Noether.Tests.PropertyTests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Laws
open Noether.Physics
open Noether.Tests.DomainChecks
open Noether.Tests.PotentialLawsChecks

let private charges = RequiredProperty.charges

/// ½ Σ q_i q_j (1 − r/r_c)⁴ of each atom's neighbours: smooth at the cut-off, and a function of charges.
let private attraction (data: PairData) =
    let q = data.Property charges
    let of' (atoms: Collections.Immutable.ImmutableArray<int>) = Tensor.gather (Array.ofSeq atoms) q
    let products = of' data.Pairs.Receivers * of' data.Pairs.Senders
    0.5 * PairData.sumOverNeighbours data (products * Tensor.pow 4.0 (1.0 - data.Distances / 2.2))

let private charged = Potential.ofTerm { Term.create "charges" 2.2 attraction with Requires = [ charges ] }

/// The same in one pass, with public types only.
let private attractionPass (sites: Sites) (factor: float) (sums: Sums) =
    let q = sites.Property charges

    for e in 0 .. sites.Pairs.Count - 1 do
        let i, j = sites.Pairs.Receivers[e], sites.Pairs.Senders[e]
        let struct (x, y, z) = sites.Vector e
        let vector = [| x; y; z |]
        let r = sqrt (x * x + y * y + z * z)

        if r < 2.2 then
            let strength = 0.5 * factor * q[i] * q[j]
            let rest = 1.0 - r / 2.2
            sums.Energies[i] <- sums.Energies[i] + strength * rest ** 4.0
            // Of the pair (i, j) here, not of (j, i): ∂E/∂r_j is slope · vector.
            let slope = -4.0 / 2.2 * strength * rest ** 3.0 / r

            for a in 0..2 do
                sums.Forces[3 * j + a] <- sums.Forces[3 * j + a] - slope * vector[a]
                sums.Forces[3 * i + a] <- sums.Forces[3 * i + a] + slope * vector[a]

                for b in 0..2 do
                    let at = 9 * i + 3 * a + b
                    sums.Virials[at] <- sums.Virials[at] - slope * vector[a] * vector[b]

/// A term with a pass that counts its calls.
let private counted (calls: int ref) (pass: Sites -> float -> Sums -> unit) (term: Term) =
    let add sites factor sums =
        calls.Value <- calls.Value + 1
        pass sites factor sums

    { term with Fused = Some(FusedPass add) }

let private chargedInOnePass =
    { charged with
        Terms = charged.Terms |> List.map (counted (ref 0) attractionPass) }

/// A structure with charges that differ from atom to atom.
let private withCharges name (structure: Structure) =
    let values = [ for i in 0 .. structure.Count - 1 -> 0.7 * cos (2.3 * float i) + 0.2 ]
    Structure.withPerAtom name (Property.rows 1 values |> ok) structure |> ok

let private structures =
    let settings = { Structures.separated 1.0 with Far = 0.0; Species = [ 18 ] }
    Gen.sampleWithSeed (Rnd 91UL) 50 40 (Structures.generate settings) |> Array.map (withCharges "charges")

let private all (results: Results) (virials: float seq) =
    Seq.concat [ seq { results.Energy }; results.Energies; results.Forces; results.Virial; virials ]
    |> Array.ofSeq

let private answer potential structure =
    all (Evaluate.run potential structure |> ok) (Evaluate.atomVirials potential structure |> ok)

// Some hundred terms in another order: 10⁻¹⁴ of the largest number was seen.
let private close (expected: float[]) (found: float[]) =
    let scale = expected |> Array.map abs |> Array.append [| 1e-3 |] |> Array.max
    equal expected.Length found.Length

    for (e, f) in Array.zip expected found do
        atMost 1e-12 (abs (e - f) / scale)

let private sum = lennardJones Shifted + charged + 0.5 * pair "Y" (Yukawa()) Cosine (everywhere 2.0 [ 3.5; 0.9 ])

/// Atoms with at least one neighbour.
let private crowded =
    structures |> Array.find (fun s -> s.Count >= 4 && (Evaluate.run charged s |> ok).Energy <> 0.0)

let private chargesOf (structure: Structure) =
    PairBatch.create [ structure, Pairs.none structure.Count ] |> fun batch -> batch.Property charges

[<Tests>]
let tests =
    testList
        "Property"
        [ testCase "A sum with a term without a pass is the composed sum, alone and in a batch" (fun () ->
              let alone = structures |> Array.map (Evaluate.run sum >> ok)

              for structure in structures do
                  close (answer (Potential.composed sum) structure) (answer sum structure)

              for expected, found in Seq.zip alone (Evaluate.batch sum (List.ofArray structures) |> ok) do
                  close (all expected []) (all found []))

          testCase "Each term's pass runs once in an evaluation, whatever terms stand beside it" (fun () ->
              let first, second = ref 0, ref 0
              let nothing (_: Sites) (_: float) (_: Sums) = ()
              let silent = Term.create "silent" 1.0 (fun data -> Tensor.zeros [| data.Numbers.Length |])

              let a, b =
                  Potential.ofTerm (counted first nothing silent), Potential.ofTerm (counted second nothing silent)

              Evaluate.run (a + charged + 2.0 * b) structures[0] |> ok |> ignore
              equal (1, 1) (first.Value, second.Value)

              let list = VerletList.create 2.2 0.3 structures[0] |> ok
              Evaluate.onList (a + charged + b) list structures[0] |> ok |> ignore
              equal (2, 2) (first.Value, second.Value))

          testCase "A term sees no pairs beyond its own cut-off" (fun () ->
              let farthest = ref 0.0

              let spy =
                  Potential.create "spy" 1.5 (fun data ->
                      farthest.Value <- Seq.fold max farthest.Value (Tensor.toArray data.Distances)
                      Tensor.zeros [| data.Numbers.Length |])

              let counting = ref 0

              let blind =
                  Potential.create "blind" 0.0 (fun data ->
                      counting.Value <- counting.Value + data.Pairs.Count
                      Tensor.zeros [| data.Numbers.Length |])

              for structure in structures do
                  Evaluate.run (lennardJones Shifted + spy + blind) structure |> ok |> ignore

              inRange 1.0 1.5 farthest.Value
              equal 0 counting.Value)

          testCase "A pass written with public types gives the derivatives of its definition" (fun () ->
              for structure in structures do
                  close (answer charged structure) (answer chargedInOnePass structure)
                  close (answer (-0.7 * charged) structure) (answer (-0.7 * chargedInOnePass) structure)

              let together = Evaluate.batch chargedInOnePass (List.ofArray structures) |> ok

              for structure, found in Seq.zip structures together do
                  close (all (Evaluate.run charged structure |> ok) []) (all found []))

          testCase
              "A constant factor keeps the passes of a potential, one that is differentiated by does not"
              (fun () ->
                  let tripled = Potential.scale (Tensor.scalar 3.0) (lennardJones Shifted)
                  isTrue (Potential.isFused tripled)
                  close (answer (3.0 * lennardJones Shifted) structures[1]) (answer tripled structures[1])
                  let mutable fused = true

                  Diff.grad
                      (fun factor ->
                          fused <- Potential.isFused (Potential.scale factor (lennardJones Shifted))
                          factor)
                      (Tensor.scalar 3.0)
                  |> ignore

                  isFalse fused)

          testCase
              "Derivatives by charges are finite differences of energies of structures with other charges"
              (fun () ->
                  let q = Tensor.toArray (chargesOf crowded)
                  let gradient = Evaluate.propertyGradient charges sum crowded |> ok |> Tensor.toArray

                  for i in 0 .. q.Length - 1 do
                      let at h =
                          let values = q |> Array.mapi (fun j x -> if j = i then x + h else x)
                          let changed = Structure.withPerAtom "charges" (Property.reals values) crowded |> ok
                          (Evaluate.run sum changed |> ok).Energy

                      // A quadratic function: central differences are exact but for rounding, 10⁻¹⁶/10⁻³ times energies
                      // of some eV.
                      equalWithin 1e-10 ((at 1e-3 - at -1e-3) / 2e-3) gradient[i])

          testCase "Positions, strain and charges are differentiated by together, in every order of modes" (fun () ->
              let pairs = Neighbours.build 2.2 crowded |> ok

              let energy (xs: Tensor[]) =
                  Tensor.sum (Evaluate.energiesWith charged pairs crowded [ charges, xs[2] ] xs[0] xs[1])

              let report =
                  Check.run
                      (RandomKey.FromSeed 7UL)
                      energy
                      [| Space.positions crowded; Tensor.zeros [| 3; 3 |]; chargesOf crowded |]

              Expect.isTrue report.Passed $"{report}")

          testCase "Forces answer to charges as potentials answer to positions" (fun () ->
              let pairs = Neighbours.build 2.2 crowded |> ok
              let unstrained = Tensor.zeros [| 3; 3 |]
              let n = crowded.Count
              let x, q = Tensor.reshape [| 3 * n |] (Space.positions crowded), chargesOf crowded

              let energy q x =
                  Tensor.sum (
                      Evaluate.energiesWith
                          charged
                          pairs
                          crowded
                          [ charges, q ]
                          (Tensor.reshape [| n; 3 |] x)
                          unstrained
                  )

              let byCharge = Diff.jacobian (fun q -> Diff.grad (energy q) x) q
              let byPosition = Diff.jacobian (fun x -> Diff.grad (fun q -> energy q x) q) x
              let left, right = Tensor.toArray byCharge, Tensor.toArray (Tensor.permute [| 1; 0 |] byPosition)
              close left right)

          testCase "Chosen atoms see their own charges" (fun () ->
              let odd = Potential.among "the odd" (fun _ i -> i % 2 = 1) charged
              let kept = [| 0 .. crowded.Count - 1 |] |> Array.filter (fun i -> i % 2 = 1)
              let alone = Structure.select (List.ofArray kept) crowded |> ok
              let expected, found = Evaluate.run charged alone |> ok, Evaluate.run odd crowded |> ok
              close [| for i in kept -> found.Energies[i] |] (Array.ofSeq expected.Energies)
              close (Array.ofSeq expected.Virial) (Array.ofSeq found.Virial))

          testCase "The charge of a structure belongs to all its atoms, in a batch to those of each" (fun () ->
              let potential =
                  Potential.ofTerm
                      { Term.create "self" 0.0 (fun data ->
                            Tensor.gather
                                (Array.ofSeq data.Owners)
                                (Tensor.square (data.Property RequiredProperty.totalCharge))) with
                          Requires = [ RequiredProperty.totalCharge ] }

              let with' name charge structure = Structure.withInfo name (Property.real charge) structure |> ok
              let first, second = with' "charge" -2.0 structures[1], with' "total_charge" 0.5 structures[2]
              let results = Evaluate.batch potential [ first; second ] |> ok
              equal [ 4.0 * float first.Count; 0.25 * float second.Count ] (results |> List.map _.Energy)
              let gradient = Evaluate.propertyGradient RequiredProperty.totalCharge potential first |> ok
              equal [| -4.0 * float first.Count |] (Tensor.toArray gradient))

          testCase "Structures keep their charges through dynamics, whose energy is conserved" (fun () ->
              let cell = Cell.cubic 5.0 |> ok
              let corners = [ for i in 0..7 -> 2.5 * float (i / 4), 2.5 * float (i / 2 % 2), 2.5 * float (i % 2) ]

              let crystal =
                  Structure.ofSymbols (List.replicate 8 "Ar") corners cell |> ok |> withCharges "initial_charges"

              let potential = lennardJones (Smooth 1.9) + 3.0 * charged

              let energies dt steps =
                  let simulation = Simulation.create (Ensemble.microcanonical dt) potential |> ok

                  let phase =
                      PhasePoint.ofStructure crystal
                      |> Result.bind (PhasePoint.thermal 300.0 (RandomKey.FromSeed 7UL))
                      |> ok

                  let first = simulation.Init (RandomKey.FromSeed 7UL) phase |> ok
                  let last = Simulation.run steps simulation first |> ok
                  simulation.Invariant first, simulation.Invariant last

              let before, after = energies 0.5 40
              // Errors of velocity Verlet go as dt²: with 0.5 fs and 300 K far below 1 meV of some eV.
              equalWithin 1e-3 before after)

          testCase "A property that is missing, of another kind or not finite is named, and how to give it" (fun () ->
              let bare = Structure.bare crowded
              let n = bare.Count

              equal
                  ("the structure has no atom property 'charges' or 'initial_charges', nor any other, expected one number of each "
                   + "atom, which 'charges' needs: a column of that name in an extended XYZ file, or Structure.withPerAtom")
                  (message (Evaluate.run sum bare))

              let other = withCharges "magmoms" bare

              contains
                  "structure 1 has no atom property 'charges' or 'initial_charges', but 'magmoms', expected"
                  (message (Evaluate.batch charged [ crowded; other ]))

              let totals =
                  Potential.ofTerm
                      { Term.create "Q" 0.0 (fun data -> Tensor.zeros [| data.Numbers.Length |]) with
                          Requires = [ RequiredProperty.totalCharge ] }

              equal
                  ("the structure has no structure property 'total_charge' or 'charge', nor any other, expected one number, which "
                   + "'Q' needs: a key of that name in the comment line of an extended XYZ file, or Structure.withInfo")
                  (message (Evaluate.run totals bare))

              let with' property = Structure.withPerAtom "charges" property bare |> ok

              equal
                  ($"the atom property 'charges' of the structure has text [{n}], expected real or integer numbers, 1 of each "
                   + "owner, as 'charges' needs")
                  (message (Evaluate.run charged (with' (Property.texts (List.replicate n "+")))))

              equal
                  "the atom property 'charges' of atom 1 of the structure is NaN, expected a finite number"
                  (message (
                      Evaluate.run charged (with' (Property.reals [ for i in 1..n -> if i = 2 then nan else 0.0 ]))
                  )))

          testCase "Terms that read what they do not require, and properties of another shape, are refused" (fun () ->
              let silent = Potential.create "silent" 2.2 attraction
              let refused = raises<ArgumentException>(fun () -> Evaluate.run silent crowded |> ignore)
              contains "The term 'silent' reads the property 'charges' and does not require it" refused.Message
              let data = PairData.ofStructure (Pairs.none crowded.Count) crowded

              let wrong =
                  raises<ArgumentException>(fun () ->
                      PairData.withProperty charges (Tensor.zeros [| crowded.Count + 1 |]) data |> ignore)

              contains $"'charges' has shape [{crowded.Count + 1}], expected [{crowded.Count}]" wrong.Message

              raises<ArgumentException>(fun () -> RequiredProperty.ofWidth 0 charges |> ignore) |> ignore)

          testCase "Derivatives by parameters are finite differences of energies" (fun () ->
              let create (parameters: Tensor[]) =
                  PairParameters.everywhere 2.5 parameters[0]
                  |> Result.bind (PairPotential.create "LJ" (LennardJones()) Shifted)

              let at (values: float list) = [| Tensor.vector values |]
              let energy, gradient = Evaluate.parameterGradient create (at [ 0.4; 1.1 ]) crowded |> ok
              let value values = (Result.bind (fun p -> Evaluate.run p crowded) (create (at values)) |> ok).Energy
              equalWithin (1e-9 * abs energy) (value [ 0.4; 1.1 ]) energy
              let found = Tensor.toArray gradient[0]
              // Linear in ε; in σ the error of the central difference is some hundred h² of the derivative.
              let byEpsilon = (value [ 0.5; 1.1 ] - value [ 0.3; 1.1 ]) / 0.2
              let bySigma = (value [ 0.4; 1.1 + 1e-5 ] - value [ 0.4; 1.1 - 1e-5 ]) / 2e-5
              equalWithin 1e-9 1.0 (found[0] / byEpsilon)
              equalWithin 1e-7 1.0 (found[1] / bySigma))

          testCase "No pairs of some atoms" (fun () ->
              equal (3, 0) (let none = Pairs.none 3 in none.Atoms, none.Count)
              equalSeq [ 0; 0; 0; 0 ] (Pairs.none 3).Starts
              raises<ArgumentException>(fun () -> Pairs.none -1 |> ignore) |> ignore) ]
