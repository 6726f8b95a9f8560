/// Passes without a tape against the definitions they stand for.
module Noether.Tests.FusedTests

open System
open System.Collections.Immutable
open Expecto
open FsCheck
open FsCheck.FSharp
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Laws
open Noether.Physics

let private pair truncation parameters = PairPotential.create "pair" (LennardJones()) truncation parameters |> ok

let private argon = PairParameters.everywhere 3.3170001 (Tensor.vector [ 0.3; 1.1 ]) |> ok

// Carbon sees neither hydrogen nor gold: structures that hold these are refused, by both paths alike.
let private some =
    [ ("H", "H"), 2.2170001, Tensor.vector [ 0.2; 0.9 ]
      ("H", "O"), 2.9170001, Tensor.vector [ 0.3; 1.1 ]
      ("O", "O"), 3.5170001, Tensor.vector [ 0.1; 1.3 ]
      ("C", "C"), 3.1170001, Tensor.vector [ 0.4; 1.2 ] ]
    |> PairParameters.ofPairs
    |> ok

/// ε, σ, a, λ, γ, cos θ₀, A, B, p, q, tol of a triple, all different.
let private sw i j k =
    let shift = 0.02 * float (i + 2 * j + 3 * k)
    let exponents = if (i, j) = (1, 1) then [ 4.5; 0.5 ] else [ 4.0; 0.0 ]

    [ 2.1 + shift; 1.1 + shift; 1.8; 21.0; 1.2 - shift; -0.333 + shift; 7.05; 0.602 + shift ]
    @ exponents
    @ [ 0.0 ]
    |> Tensor.vector

let private triples names =
    [ for i, a in List.indexed names do
          for j, b in List.indexed names do
              for k, c in List.indexed names -> (a, b, c), sw i j k ]

let private stillingerWeber entries = TripleParameters.ofTriples entries |> ok |> StillingerWeber.create "SW" |> ok

// Tables that end smoothly, on 60 knots, with densities from before the first knot to behind the last.
let private alloy (names: string list) =
    let values count f = Tensor.vector [ for i in 0 .. count - 1 -> f (float i / float (count - 1)) ]
    let fade x = (1.0 - x) ** 3.0

    { Comment = ""
      Elements =
        [ for e, name in List.indexed names ->
              { Symbol = name
                Mass = 1.0
                LatticeConstant = 1.0
                Lattice = "fcc"
                Embedding = values 40 (fun x -> -sqrt(x + 0.1 * float (e + 1)))
                Density = values 60 (fun x -> (2.0 + float e) * fade x * (1.3 - 4.0 * x)) } ]
      DensityStep = 0.2
      DistanceStep = 3.4170001 / 59.0
      Cutoff = 3.4170001
      Pairs =
        [ for i in 0 .. names.Length - 1 do
              for j in 0..i -> values 60 (fun x -> float (1 + i + 2 * j) * fade x * cos (5.0 * x)) ] }
    |> EmbeddedAtom.ofTable "alloy" FiniteDifferences
    |> ok

let private potentials: (string * Potential) list =
    [ "truncated", pair Truncated argon
      "shifted", pair Shifted argon
      "force-shifted", pair ForceShifted argon
      "switched", pair (Switched 2.1) argon
      "smooth", pair (Smooth 2.1) argon
      "curvature-shifted", pair (CurvatureShifted 2.1) argon
      "cosine", pair Cosine argon
      "some pairs", pair Shifted some
      "angles", stillingerWeber (triples [ "H"; "C"; "O"; "Au" ])
      // (i, j, k) stands for (i, k, j), and hydrogen sees itself only.
      "some angles",
      triples [ "C"; "O" ]
      |> List.filter (fun (key, _) -> key <> ("C", "O", "C"))
      |> List.append [ ("H", "H", "H"), sw 0 0 0 ]
      |> stillingerWeber
      "tables", alloy [ "H"; "Au"; "C"; "O" ]
      "some tables", alloy [ "O"; "C" ]
      "a sum", 0.5 * pair Shifted argon + stillingerWeber (triples [ "H"; "C"; "O"; "Au" ]) ]

/// The names of the potentials.
let private names = List.map fst potentials

let private structures =
    // Far away the differences of coordinates are rounded in another order; here both are exact to 10⁻¹⁵ Å.
    let near = { Structures.separated 1.0 with Far = 0.0 }

    Gen.sampleWithSeed (Rnd 71UL) 50 120 (Structures.generate near)

/// All numbers of an answer.
let private all (results: Results) (virials: float seq) =
    Seq.concat [ seq { results.Energy }; results.Energies; results.Forces; results.Virial; virials ]
    |> Array.ofSeq

let private answer potential structure =
    match Evaluate.run potential structure with
    | Ok results -> Ok(all results (Evaluate.atomVirials potential structure |> ok))
    | Error error -> Error $"{error}"

// Both sum some hundred terms of which the largest is magnified by steep repulsion: 10⁻¹⁴ was seen, relative to it.
let private close (expected: float[]) (found: float[]) =
    let scale = expected |> Array.map abs |> Array.append [| 1e-3 |] |> Array.max
    equal expected.Length found.Length

    for (e, f) in Array.zip expected found do
        atMost 1e-12 (abs (e - f) / scale)

[<Tests>]
let tests =
    testList
        "Fused"
        [ testTheory "One pass gives what the derivatives of the definition give" names (fun name ->
              let potential = potentials |> List.find (fun (n, _) -> n = name) |> snd
              isTrue (potential.Terms |> List.forall _.Fused.IsSome)
              let mutable compared = 0

              for structure in structures do
                  match answer (Potential.composed potential) structure, answer potential structure with
                  | Ok expected, Ok found ->
                      close expected found
                      compared <- compared + 1
                  | expected, found -> equal expected found

              inRange 10 structures.Length compared)

          testTheory
              "One pass gives the same bits with one and two threads, and in a batch what it gives alone"
              names
              (fun name ->
                  let potential = potentials |> List.find (fun (n, _) -> n = name) |> snd

                  let alone =
                      structures
                      |> Array.choose (fun s ->
                          match Evaluate.run potential s with
                          | Ok results -> Some(s, results)
                          | Error _ -> None)

                  let together = alone |> Array.map fst |> List.ofArray |> Evaluate.batch potential |> ok

                  for (_, expected), found in Seq.zip alone together do
                      close (all expected []) (all found [])

                  // Some thousand atoms, which are several blocks.
                  let cell = Cell.cubic 20.0 |> ok
                  let random = Random 5
                  // A jittered grid of 12³ oxygen atoms.
                  let place c = float (c / 3 / pown 12 (c % 3) % 12) * 20.0 / 12.0 + 0.3 * random.NextDouble()
                  let places = Array.init (3 * pown 12 3) place |> ImmutableArray.Create<float>
                  let numbers = Array.create (pown 12 3) 8 |> ImmutableArray.Create<int>
                  let spread = Structure.create numbers places cell |> ok

                  let bits threads =
                      use _ = Workers.LimitTo threads
                      let results = Evaluate.run potential spread |> ok
                      all results [] |> Array.map BitConverter.DoubleToInt64Bits

                  equal (bits 1) (bits 2)) ]
