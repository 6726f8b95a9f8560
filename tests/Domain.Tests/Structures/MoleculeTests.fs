module Noether.Tests.MoleculeTests

open System
open Expecto
open FsCheck.FSharp
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.DomainChecks

let private key seed = RandomKey.FromSeed seed

/// Vector from atom i to atom j.
let private between (s: Structure) i j = [| for k in 0..2 -> s.Positions[3 * j + k] - s.Positions[3 * i + k] |]

let private dot (a: float[]) (b: float[]) = Array.sum (Array.map2 (*) a b)

let private distance s i j = let v = between s i j in sqrt (dot v v)

/// Cosine of the angle at atom i.
let private cosine s i j k = dot (between s i j) (between s i k) / (distance s i j * distance s i k)

let private isWater (s: Structure) i =
    s.Numbers[i] = 8
    && s.Numbers[i + 1] = 1
    && s.Numbers[i + 2] = 1
    && near 1e-12 0.9572 (distance s i (i + 1))
    && near 1e-12 0.9572 (distance s i (i + 2))
    && near 1e-12 (cos (104.52 * Math.PI / 180.0)) (cosine s i (i + 1) (i + 2))

[<Tests>]
let tests =
    testList
        "Molecule"
        [ testCase "Alkanes have four tetrahedral bonds at every carbon, and no other contacts" (fun () ->
              for n in 1..12 do
                  let chain = Molecule.alkane n |> ok

                  let carbons =
                      [ for i in 0 .. chain.Count - 1 do
                            if chain.Numbers[i] = 6 then i ]

                  equal (3 * n + 2) chain.Count
                  equal n carbons.Length
                  let bonds = Neighbours.build 1.6 chain |> ok
                  equal (2 * (3 * n + 1)) bonds.Count

                  for i in carbons do
                      let bonded = [ for e in bonds.Starts[i] .. bonds.Starts[i + 1] - 1 -> bonds.Senders[e] ]
                      equal 4 bonded.Length

                      for j in bonded do
                          let expected = if chain.Numbers[j] = 6 then 1.529 else 1.090
                          equalWithin 5e-13 expected (distance chain i j)

                          for k in bonded do
                              if k <> j then equalWithin 5e-13 (-1.0 / 3.0) (cosine chain i j k)

                  // Nothing lies between bonds and the two hydrogens of one carbon, 1.090 √(8/3) Å apart.
                  let contacts = Neighbours.build (1.090 * sqrt (8.0 / 3.0) - 1e-9) chain |> ok
                  equal bonds.Count contacts.Count)

          testCase "Alkanes are all-trans" (fun () ->
              let chain = Molecule.alkane 9 |> ok

              let carbons =
                  [| for i in 0 .. chain.Count - 1 do
                         if chain.Numbers[i] = 6 then i |]

              for k in 0..5 do
                  // Antiparallel outer bonds of the four: the dihedral angle is 180 degrees.
                  let first = between chain carbons[k] carbons[k + 1]
                  let last = between chain carbons[k + 2] carbons[k + 3]
                  equalWithin 5e-13 (1.529 * 1.529) (dot first last)

              for i in carbons do
                  equal 0.0 chain.Positions[3 * i + 1])

          testCase "Butane is nearly the calculated one" (fun () ->
              let reference = (json "geometry.json").GetProperty("molecule_vacuum_3").GetProperty "start"
              let positions = reference.GetProperty "positions" |> numbers |> Array.ofList

              let heavy =
                  [ for i, s in Seq.indexed ((reference.GetProperty "symbols").EnumerateArray()) do
                        if string s = "C" then i ]

              let distances (at: int -> int -> float) atoms =
                  List.allPairs atoms atoms
                  |> List.filter (fun (i, j) -> i < j)
                  |> List.map (fun (i, j) -> at i j)
                  |> List.sort

              let calculated i j =
                  sqrt (Seq.sumBy (fun k -> (positions[3 * i + k] - positions[3 * j + k]) ** 2.0) [ 0..2 ])

              let chain = Molecule.alkane 4 |> ok

              let carbons =
                  [ for i in 0 .. chain.Count - 1 do
                        if chain.Numbers[i] = 6 then i ]

              // The calculated angle C–C–C is 113 degrees, not 109.5: 0.1 Å at the ends of the chain.
              List.iter2
                  (fun (a: float) b -> Expect.isTrue (abs (a - b) < 0.12) $"{a} and {b}")
                  (distances calculated heavy)
                  (distances (distance chain) carbons))

          testCase "A box holds whole molecules at its density, oxygens apart" (fun () ->
              let cases = Gen.zip (Gen.choose (1, 300)) (Gen.choose (0, 1000000))
              isTrue (isWater Molecule.water 0)

              holds cases (fun (count, seed) ->
                  let box = Molecule.waterBox count 0.997 (key (uint64 seed)) |> ok
                  let mass = Seq.sumBy Elements.mass box.Numbers
                  let density = mass / Option.get (Cell.volume box.Cell) / Units.gramPerCubicCentimetre
                  let oxygens = Structure.selectWhere (fun s i -> s.Numbers[i] = 8) box
                  let close = Neighbours.build 2.6 oxygens |> ok

                  box.Count = 3 * count
                  && near 1e-12 0.997 density
                  && Seq.forall (fun i -> isWater box (3 * i)) [ 0 .. count - 1 ]
                  && close.Count = 0))

          testCase "A full lattice of molecules is as loose as it can be" (fun () ->
              // 32 molecules fill a face-centred lattice of 2 × 2 × 2 cells: 12 neighbours, all equally far.
              let box = Molecule.waterBox 32 1.0 (key 1UL) |> ok
              let oxygens = Structure.selectWhere (fun s i -> s.Numbers[i] = 8) box
              let edge, _, _ = Cell.lengths box.Cell
              let pairs = Neighbours.build (edge / 2.0 / sqrt 2.0 + 1e-9) oxygens |> ok
              equal (12 * 32) pairs.Count)

          testCase "The same key gives the same box, another key another" (fun () ->
              let box seed = Molecule.waterBox 20 1.0 (key seed) |> ok
              equal (box 7UL) (box 7UL)
              differ (box 7UL) (box 8UL))

          testCase "Molecules point everywhere alike" (fun () ->
              let n = 4096
              let box = Molecule.waterBox n 1.0 (key 3UL) |> ok

              let moments direction =
                  let along = [| for i in 0 .. n - 1 -> direction box (3 * i) |]
                  Array.average along, Array.averageBy (fun x -> x * x) along

              // Of a uniform direction each component has mean 0 (variance 1/3) and mean square 1/3 (variance 4/45).
              let sigmas = 4.5 / sqrt (float n)

              for k in 0..2 do
                  let bisector (s: Structure) i =
                      let sum = Array.map2 (+) (between s i (i + 1)) (between s i (i + 2))
                      sum[k] / sqrt (dot sum sum)

                  let line (s: Structure) i = (between s (i + 1) (i + 2))[k] / distance s (i + 1) (i + 2)

                  for direction in [ bisector; line ] do
                      let mean, square = moments direction
                      Expect.isTrue (abs mean < sigmas * sqrt (1.0 / 3.0)) $"mean {mean} along axis {k}"

                      Expect.isTrue
                          (abs (square - 1.0 / 3.0) < sigmas * sqrt (4.0 / 45.0))
                          $"mean square {square} along axis {k}")

          testCase "What cannot be built is refused by name" (fun () ->
              equal "the number of carbon atoms is 0, expected at least 1" (Molecule.alkane 0 |> message)

              equal
                  "the number of molecules is -1, expected at least 1"
                  (Molecule.waterBox -1 1.0 (key 0UL) |> message)

              contains "at most 2^27" (Molecule.waterBox Int32.MaxValue 1.0 (key 0UL) |> message)

              equal
                  "the density is 0, expected a positive finite number of g/cm³"
                  (Molecule.waterBox 1 0.0 (key 0UL) |> message)) ]
