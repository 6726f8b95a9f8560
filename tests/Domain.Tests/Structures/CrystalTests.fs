module Noether.Tests.CrystalTests

open System
open System.Collections.Immutable
open Expecto
open Noether.Domain
open Noether.Physics
open Noether.Tests.DomainChecks

/// What the fixture `crystals.json` has, built here.
let private crystals =
    [ "sc", Crystal.sc "Po" 3.35
      "bcc", Crystal.bcc "W" 3.16
      "bccPrimitive", Crystal.bccPrimitive "W" 3.16
      "fcc", Crystal.fcc "Cu" 3.61
      "fccPrimitive", Crystal.fccPrimitive "Cu" 3.61
      "diamond", Crystal.diamond "Si" 5.43
      "diamondPrimitive", Crystal.diamondPrimitive "Si" 5.43
      "hcp", Crystal.hcp "Mg" 3.21 5.21
      "rocksalt", Crystal.rocksalt "Na" "Cl" 5.64
      "rocksaltPrimitive", Crystal.rocksaltPrimitive "Na" "Cl" 5.64
      "caesiumChloride", Crystal.caesiumChloride "Cs" "Cl" 4.12
      "zincblende", Crystal.zincblende "Zn" "S" 5.41
      "zincblendePrimitive", Crystal.zincblendePrimitive "Zn" "S" 5.41
      "fluorite", Crystal.fluorite "Ca" "F" 5.46
      "fluoritePrimitive", Crystal.fluoritePrimitive "Ca" "F" 5.46
      "cuprite", Crystal.cuprite "Cu" "O" 4.27
      "wurtzite", Crystal.wurtzite "Zn" "O" 3.25 5.2 0.382 ]

/// A few roundings of numbers below 10.
let private agree (expected: float seq) (actual: float seq) =
    equal (Seq.length expected) (Seq.length actual)
    Seq.iter2 (fun a b -> Expect.isTrue (near 1e-14 a b) $"{a} and {b}") expected actual

/// How many atoms of the other element each atom of an element has nearer than a cut-off.
let private unlike cutoff symbol (crystal: Structure) =
    let pairs = Neighbours.build cutoff crystal |> ok
    let z = Elements.ofSymbol symbol |> ok

    [ for i in 0 .. crystal.Count - 1 do
          if crystal.Numbers[i] = z then
              [ pairs.Starts[i] .. pairs.Starts[i + 1] - 1 ]
              |> List.filter (fun e -> crystal.Numbers[pairs.Senders[e]] <> z)
              |> List.length ]
    |> List.distinct

/// 1 − erf x by the series 2/√π exp(−x²) Σ 2ⁿx²ⁿ⁺¹/(2n+1)!! (Abramowitz & Stegun 7.1.6): all terms positive.
let private erfc (x: float) =
    let terms = Seq.unfold (fun (n, term) -> Some(term, (n + 1, term * 2.0 * x * x / float (2 * n + 3)))) (0, x)
    1.0 - 2.0 / sqrt Math.PI * exp (-x * x) * Seq.sum (Seq.take 250 terms)

/// The Coulomb energy of point charges in a neutral periodic cell by Ewald's sum (P. P. Ewald, Ann. Phys. 369, 253
/// (1921)), converged to 1e-13: both sums are cut where their terms are below exp(−36).
let private ewald (charge: int -> float) (crystal: Structure) =
    let alpha = 3.0 / Math.Cbrt(Option.get (Cell.volume crystal.Cell))
    let q = crystal.Numbers |> Seq.map charge |> Array.ofSeq
    let pairs, _, distances = Neighbours.buildWithVectors (6.0 / alpha) crystal |> ok

    let near =
        Seq.init pairs.Count (fun e ->
            q[pairs.Receivers[e]] * q[pairs.Senders[e]] * erfc (alpha * distances[e]) / distances[e])
        |> Seq.sum

    let b = Cell.reciprocal crystal.Cell
    let r = crystal.Positions
    let images = [ -14.0 .. 14.0 ]

    let far =
        Seq.sum (
            seq {
                for h in images do
                    for k in images do
                        for l in images do
                            if (h, k, l) <> (0.0, 0.0, 0.0) then
                                let g j = 2.0 * Math.PI * (h * b[j] + k * b[3 + j] + l * b[6 + j])
                                let x, y, z = g 0, g 1, g 2
                                let square = x * x + y * y + z * z

                                if square < 144.0 * alpha * alpha then
                                    let phase i = x * r[3 * i] + y * r[3 * i + 1] + z * r[3 * i + 2]
                                    let real = Seq.sum (Seq.mapi (fun i q -> q * cos (phase i)) q)
                                    let imaginary = Seq.sum (Seq.mapi (fun i q -> q * sin (phase i)) q)

                                    exp (-square / (4.0 * alpha * alpha)) / square
                                    * (real * real + imaginary * imaginary)
            }
        )

    0.5 * near + 2.0 * Math.PI / Option.get (Cell.volume crystal.Cell) * far
    - alpha / sqrt Math.PI * Seq.sumBy (fun q -> q * q) q

[<Tests>]
let tests =
    testList
        "Crystal"
        [ testCase "Cells, elements and positions are those of ASE" (fun () ->
              let table = json "crystals.json"

              for name, crystal in crystals do
                  let crystal, fixture = ok crystal, table.GetProperty name

                  match fixture.TryGetProperty "positions" with
                  | true, positions ->
                      let symbols = [ for symbol in (fixture.GetProperty "symbols").EnumerateArray() -> string symbol ]
                      equal symbols (Structure.symbols crystal)
                      agree (numbers (fixture.GetProperty "cell")) crystal.Cell.Vectors
                      agree (numbers positions) crystal.Positions
                  | _ -> ()

                  equalSeq [ true; true; true ] crystal.Cell.Periodic
                  isTrue (Seq.forall (fun f -> f > -0.6 && f < 1.0) (Cell.toFractional crystal.Cell crystal.Positions)))

          testCase "Neighbours are as many and as far as in ASE" (fun () ->
              let table = json "crystals.json"

              for name, crystal in crystals do
                  let fixture = table.GetProperty name
                  let cutoff = fixture.GetProperty("cutoff").GetDouble()
                  let pairs, _, distances = Neighbours.buildWithVectors cutoff (ok crystal) |> ok
                  let counts = [ for i in 0 .. pairs.Atoms - 1 -> float (pairs.Starts[i + 1] - pairs.Starts[i]) ]
                  // The fixture's order of atoms is not ours where it has no positions.
                  equal (List.sort (numbers (fixture.GetProperty "neighbours"))) (List.sort counts)

                  for shell in (fixture.GetProperty "shells").EnumerateArray() do
                      // Distances are kept to nine decimals.
                      let within = distances |> Array.filter (fun d -> abs (d - shell[0].GetDouble()) < 2e-9)
                      equal (shell[1].GetInt32()) within.Length)

          testCase "Atoms are bonded to as many unlike ones as the documentation says" (fun () ->
              let check crystal expected =
                  for symbol, cutoff, count in expected do
                      equal [ count ] (unlike cutoff symbol (ok crystal))

              for crystal in [ Crystal.rocksalt "Na" "Cl" 2.0; Crystal.rocksaltPrimitive "Na" "Cl" 2.0 ] do
                  check crystal [ "Na", 1.01, 6; "Cl", 1.01, 6 ]

              check (Crystal.caesiumChloride "Cs" "Cl" 1.0) [ "Cs", 0.87, 8; "Cl", 0.87, 8 ]

              for crystal in [ Crystal.zincblende "Zn" "S" 1.0; Crystal.zincblendePrimitive "Zn" "S" 1.0 ] do
                  check crystal [ "Zn", 0.44, 4; "S", 0.44, 4 ]

              for crystal in [ Crystal.fluorite "Ca" "F" 1.0; Crystal.fluoritePrimitive "Ca" "F" 1.0 ] do
                  check crystal [ "Ca", 0.44, 8; "F", 0.44, 4 ]

              check (Crystal.cuprite "Cu" "O" 1.0) [ "Cu", 0.44, 2; "O", 0.44, 4 ]
              // Ideal wurtzite: four bonds of length uc and no more below the next distance.
              let c = sqrt (8.0 / 3.0)
              let bond = 0.375 * c
              check (Crystal.wurtzite "Zn" "O" 1.0 c 0.375) [ "Zn", 1.01 * bond, 4; "O", 1.01 * bond, 4 ]
              equal [ 0 ] (unlike (0.99 * bond) "Zn" (Crystal.wurtzite "Zn" "O" 1.0 c 0.375 |> ok)))

          testCase "Crystals of charges have their Madelung energies" (fun () ->
              let c = sqrt (8.0 / 3.0)

              // Energies for each formula unit. Published: 1.7475645946 (rock salt at unit distance), 2·1.6380550533/√3
              // (zinc blende), 11.6365752270768 (fluorite), 10.2594570330750 (cuprite); the others and all further
              // digits are converged Ewald sums of another program. Both sums here leave out terms below 1e-15.
              for name, crystal, charges, units, energy in
                  [ "CsCl", Crystal.caesiumChloride "Cs" "Cl" 1.0, [ 55, 1.0; 17, -1.0 ], 1.0, 2.0353615094525983
                    "NaCl", Crystal.rocksalt "Na" "Cl" 2.0, [ 11, 1.0; 17, -1.0 ], 4.0, 1.7475645946331873
                    "NaCl'", Crystal.rocksaltPrimitive "Na" "Cl" 2.0, [ 11, 1.0; 17, -1.0 ], 1.0, 1.7475645946331873
                    "ZnS", Crystal.zincblende "Zn" "S" 2.0, [ 30, 1.0; 16, -1.0 ], 4.0, 1.8914630520428952
                    "ZnS'", Crystal.zincblendePrimitive "Zn" "S" 2.0, [ 30, 1.0; 16, -1.0 ], 1.0, 1.8914630520428952
                    "ZnO", Crystal.wurtzite "Zn" "O" 1.0 c 0.375, [ 30, 1.0; 8, -1.0 ], 2.0, 2.680266993903852
                    "Cu2O", Crystal.cuprite "Cu" "O" 1.0, [ 29, 1.0; 8, -2.0 ], 2.0, 10.259457033075048
                    "CaF2", Crystal.fluorite "Ca" "F" 1.0, [ 20, 2.0; 9, -1.0 ], 4.0, 11.636575227076786
                    "CaF2'", Crystal.fluoritePrimitive "Ca" "F" 1.0, [ 20, 2.0; 9, -1.0 ], 1.0, 11.636575227076786 ] do
                  let found = -(ewald (fun z -> List.find (fst >> (=) z) charges |> snd) (ok crystal)) / units
                  Expect.isTrue (near 1e-12 energy found) $"{name}: {found:R} is not {energy:R}")

          testCase "What cannot be built is refused by name" (fun () ->
              startsWith "unknown element 'Qq'" (Crystal.fcc "Qq" 4.0 |> message)
              startsWith "unknown element 'cl'" (Crystal.wurtzite "Na" "cl" 4.0 6.0 0.4 |> message)

              equal
                  "the lattice constant a is 0, expected a positive finite length in Å"
                  (Crystal.fcc "Cu" 0.0 |> message)

              equal
                  "the lattice constant a is NaN, expected a positive finite length in Å"
                  (Crystal.sc "Cu" nan |> message)

              equal
                  "the lattice constant c is -5.2, expected a positive finite length in Å"
                  (Crystal.hcp "Mg" 3.2 -5.2 |> message)

              equal
                  "the parameter u of wurtzite is 1, expected a number between 0 and 1"
                  (Crystal.wurtzite "Zn" "O" 3.0 5.0 1.0 |> message)) ]
