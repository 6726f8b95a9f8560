module Noether.Tests.BondedChargesTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.MechanicsReference

/// A chain of six, a ring of four with a tail, a ring of three, and an atom by itself.
let private bonds =
    [ [ 0; 1 ]; [ 1; 2 ]; [ 2; 3 ]; [ 3; 4 ]; [ 4; 5 ] ]
    @ [ [ 6; 7 ]; [ 7; 8 ]; [ 8; 9 ]; [ 9; 6 ]; [ 9; 10 ] ]
    @ [ [ 11; 12 ]; [ 13; 12 ]; [ 11; 13 ] ]

let private atoms = 15

let private nearest = Images.Nearest(true, true, true)

let private pairs = AtomGroups.create atoms 2 nearest bonds |> ok |> BondedPairs.ofBonds

/// The first and the last atom of each group.
let private ends (groups: AtomGroups) =
    [ for g in 0 .. groups.Count - 1 -> groups.Members[groups.Size * g], groups.Members[groups.Size * (g + 1) - 1] ]

/// Numbers of bonds between all atoms, by R. W. Floyd's algorithm.
let private apart =
    let d = Array2D.create atoms atoms 99

    for bond in bonds do
        d[bond[0], bond[1]] <- 1
        d[bond[1], bond[0]] <- 1

    for k in 0 .. atoms - 1 do
        for i in 0 .. atoms - 1 do
            for j in 0 .. atoms - 1 do
                d[i, j] <- min d[i, j] (d[i, k] + d[k, j])

    d

let private all =
    [ for i in 0 .. atoms - 1 do
          for j in i + 1 .. atoms - 1 -> i, j ]

let private settings =
    { Electrostatics.standard with
        Prefactor = 2.0
        Accuracy = 1e-9
        Cutoff = 6.0
        Method = EwaldMethod }

let private charges = [ for i in 0 .. atoms - 1 -> (if i % 3 = 0 then -0.8 else 0.4) + 0.01 * float i ]

/// Bonded atoms some 1.4 Å apart, in a cell of this edge with three or no periodic axes.
let private molecule edge periodic =
    let random = Random 3
    let places = Array.init atoms (fun _ -> [| 0.0; 0.0; 0.0 |])

    for i in 1 .. atoms - 1 do
        let step = Array.init 3 (fun _ -> random.NextDouble() - 0.5)
        let length = sqrt (Array.sumBy (fun x -> x * x) step)
        places[i] <- Array.mapi (fun c x -> places[i - 1][c] + (if c = 0 then 1.0 else 0.0) + 0.8 * x / length) step

    let vectors = [| edge; 0.0; 0.0; 0.3; edge; 0.0; 0.0; -0.2; edge |]
    let cell = Cell.create vectors (periodic, periodic, periodic) |> ok

    Structure.ofSymbols (List.replicate atoms "X") [ for p in places -> p[0], p[1], p[2] ] cell
    |> Result.bind (Structure.withPerAtom "charges" (Property.reals charges))
    |> ok

let private full left =
    let coulomb = Electrostatics.create settings |> ok
    coulomb + Electrostatics.withoutBonded pairs (Tensor.vector left) settings

let private energy potential structure = (Evaluate.run potential structure |> ok).Energy

let private moved (shift: int -> float) (structure: Structure) =
    let positions = structure.Positions |> Seq.mapi (fun k x -> x + shift k)
    let positions = System.Collections.Immutable.ImmutableArray.CreateRange positions

    Structure.create structure.Numbers positions structure.Cell
    |> Result.bind (Structure.withPerAtom "charges" (Property.reals charges))
    |> ok

let private elements =
    Map [ 11, { Electronegativity = 2.84; Hardness = 14.6 }; 17, { Electronegativity = 8.56; Hardness = 19.9 } ]

[<Tests>]
let tests =
    testList
        "BondedCharges"
        [ testCase "Pairs are those that one, two and three bonds are the fewest between" (fun () ->
              for groups, count in [ pairs.OneTwo, 1; pairs.OneThree, 2; pairs.OneFour, 3 ] do
                  let expected = all |> List.filter (fun (i, j) -> apart[i, j] = count)
                  equal expected (List.sort (ends groups))

                  for g in 0 .. groups.Count - 1 do
                      for k in 0 .. groups.Size - 2 do
                          let at = groups.Size * g + k
                          equal 1 apart[groups.Members[at], groups.Members[at + 1]])

          testCase "A molecule has the interaction of its other pairs" (fun () ->
              let alone = molecule 40.0 false

              let at i = [ for c in 0..2 -> alone.Positions[3 * i + c] ]
              let r i j = List.map2 (fun x y -> (x - y) ** 2.0) (at i) (at j) |> List.sum |> sqrt

              let left i j =
                  match apart[i, j] with
                  | 1 -> 0.0
                  | 2 -> 0.1
                  | 3 -> 0.5
                  | _ -> 1.0

              let expected = all |> List.sumBy (fun (i, j) -> 2.0 * left i j * charges[i] * charges[j] / r i j)
              // The sum of all pairs, ten times as large, is taken and parts of it away again.
              atMost 1e-11 (abs (energy (full [ 0.0; 0.1; 0.5 ]) alone - expected)))

          testCase "Bonds lead across the faces of a cell, wherever atoms are wrapped to" (fun () ->
              let inside = molecule 22.0 true
              let found = energy (full [ 0.0; 0.0; 0.5 ]) inside

              for shift in [ 5.0; 13.7 ] do
                  let translated = moved (fun k -> if k % 3 = 0 then shift else 0.3 * shift) inside
                  let vectors = inside.Cell.Vectors
                  // Every other atom one lattice vector further.
                  let elsewhere = moved (fun k -> if k / 3 % 2 = 0 then vectors[k % 3] else 0.0) translated
                  atMost 1e-9 (abs (energy (full [ 0.0; 0.0; 0.5 ]) translated - found))
                  atMost 1e-9 (abs (energy (full [ 0.0; 0.0; 0.5 ]) elsewhere - found)))

          testCase "An atom bonded to its own images is one, two and three lattice vectors away" (fun () ->
              let a = 3.0
              let cell = Cell.create [| a; 0.0; 0.0; 0.0; 20.0; 0.0; 0.0; 0.0; 20.0 |] (true, true, true) |> ok

              let chain =
                  Structure.ofSymbols [ "X" ] [ 0.0, 0.0, 0.0 ] cell
                  |> Result.bind (Structure.withPerAtom "charges" (Property.reals [ 0.7 ]))
                  |> ok

              let bond = AtomGroups.create 1 2 (Images.Fixed [ [ 0; 0; 0; 1; 0; 0 ] ]) [ [ 0; 0 ] ] |> ok
              let pairs = BondedPairs.ofBonds bond
              let without = Electrostatics.withoutBonded pairs (Tensor.vector [ 0.0; 0.0; 0.5 ]) settings
              let expected = -2.0 * 0.49 * (1.0 / a + 1.0 / (2.0 * a) + 0.5 / (3.0 * a))
              atMost 1e-12 (abs (energy without chain - expected)))

          testCase "Forces are the derivatives of the energy, by differences" (fun () ->
              let structure = molecule 22.0 true
              let potential = full [ 0.0; 0.2; 0.5 ]
              let found = Evaluate.run potential structure |> ok
              let h = 1e-4

              for at in [ 0; 10; 22; 31 ] do
                  let shifted step = energy potential (moved (fun k -> if k = at then step else 0.0) structure)
                  // h² times a sixth of third derivatives of some tens, and rounding over h.
                  atMost 1e-6 (abs ((shifted h - shifted -h) / (2.0 * h) + found.Forces[at])))

          testCase "Charges in equilibrium of a batch are those of its members, whatever their cells" (fun () ->
              let split = RangeSplit.coulomb (Tensor.scalar 1.0) |> RangeSplit.scale (Tensor.scalar Units.coulomb)
              let sum = LatticeSum.create split (Ewald(Sphere 6.0))
              let potential = ChargeEquilibration.potential elements 0.0 sum 7.0
              let rattled seed s = Structure.rattle 0.1 (RandomKey.FromSeed seed) s |> ok
              let primitive = Crystal.rocksaltPrimitive "Na" "Cl" 5.64 |> ok |> rattled 2UL
              let cubic = Crystal.rocksalt "Na" "Cl" 5.9 |> ok |> rattled 4UL

              let pair =
                  let cell = Cell.create (Array.zeroCreate 9) (false, false, false) |> ok
                  Structure.ofSymbols [ "Na"; "Cl" ] [ (0.0, 0.0, 0.0); (2.5, 0.2, 0.1) ] cell |> ok

              let all = [ primitive; pair; cubic ]

              for structure, together in List.zip all (Evaluate.batch potential all |> ok) do
                  let alone = Evaluate.run potential structure |> ok
                  atMost 1e-12 (difference [ alone.Energy ] [ together.Energy ])
                  atMost 1e-11 (difference alone.Forces together.Forces)
                  atMost 1e-11 (difference alone.Virial together.Virial)

              // Two charges ±q: E = (χ₁ − χ₂) q + ½(η₁ + η₂) q² − K q²/r, at its minimum.
              let r = sqrt (2.5 ** 2.0 + 0.2 ** 2.0 + 0.1 ** 2.0)
              let hardness = 14.6 + 19.9 - 2.0 * Units.coulomb / r
              let expected = -0.5 * (8.56 - 2.84) ** 2.0 / hardness
              atMost 1e-12 (abs (energy potential pair - expected))) ]
