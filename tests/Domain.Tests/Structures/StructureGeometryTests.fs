module Noether.Tests.StructureGeometryTests

open System.Collections.Immutable
open System.Text.Json
open Expecto
open FsCheck.FSharp
open Noether.Domain
open Noether.Kernels
open Noether.Tests.DomainChecks

/// A structure of the fixture, periodic where the cell has vectors.
let private read (element: Entry) =
    let symbols = [ for symbol in (element.GetProperty "symbols").EnumerateArray() -> string symbol ]
    let vectors = numbers (element.GetProperty "cell") |> Array.ofList
    let periodic = Array.exists (fun x -> x <> 0.0) vectors
    let cell = Cell.createOrFail vectors (periodic, periodic, periodic)
    let atoms = symbols |> List.map (Elements.ofSymbol >> ok)
    let positions = ImmutableArray.CreateRange(numbers (element.GetProperty "positions"))
    Structure.create (ImmutableArray.CreateRange atoms) positions cell |> ok

/// A few roundings of numbers below 20.
let private agree (expected: Structure) (actual: Structure) =
    let near (a: float seq) (b: float seq) = Seq.iter2 (fun x y -> Expect.isTrue (near 1e-14 x y) $"{x} and {y}") a b

    equalSeq expected.Numbers actual.Numbers
    near expected.Cell.Vectors actual.Cell.Vectors
    near expected.Positions actual.Positions

let private fixtures = json "geometry.json"

let private start = read (fixtures.GetProperty "start")

let private expected (name: string) = read (fixtures.GetProperty name)

/// Small strains of every kind.
let private strains = Gen.choose (-150, 150) |> Gen.map (fun i -> float i / 1000.0) |> Gen.arrayOfLength 9

let private key = RandomKey.FromSeed 11UL

let private framings = Gen.zip bareStructures (Gen.subListOf [ 0; 1; 2 ] |> Gen.where (List.isEmpty >> not))

[<Tests>]
let tests =
    testList
        "StructureGeometry"
        [ testCase
              "Straining, framing, centring, repeating and sorting are those of ASE in a left-handed skewed cell"
              (fun () ->
                  let strain = numbers (fixtures.GetProperty("strain").GetProperty "strain") |> Array.ofList
                  Structure.strain strain start |> ok |> agree (expected "strain")
                  Structure.vacuum 2.5 [ 2 ] start |> ok |> agree (expected "vacuum_2.5_axis_2")
                  Structure.vacuum 1.25 [ 0; 1; 2 ] start |> ok |> agree (expected "vacuum_1.25_all")
                  Structure.centre [ 0; 2 ] start |> ok |> agree (expected "centre_axes_0_2")
                  Structure.repeat (2, 1, 3) start |> ok |> agree (expected "repeat_2_1_3")
                  Structure.sortBySpecies start |> agree (expected "sorted"))

          testCase "A molecule gets a box" (fun () ->
              let molecule = fixtures.GetProperty "molecule_vacuum_3"
              let bare = read (molecule.GetProperty "start")
              let boxed = Structure.vacuum 3.0 [ 0; 1; 2 ] bare |> ok
              agree (read (molecule.GetProperty "end")) boxed
              equalSeq [ false; false; false ] boxed.Cell.Periodic
              equal (Ok boxed.Cell) (Cell.withPeriodic (false, false, false) boxed.Cell))

          property
              "A strain keeps fractional coordinates, flags and properties, and scales the volume by its determinant"
              (Gen.zip bareStructures strains)
              (fun (structure, strain) ->
                  let strained = Structure.strain strain structure |> ok
                  let f = Array.mapi (fun i e -> if i % 4 = 0 then 1.0 + e else e) strain

                  let det =
                      f[0] * (f[4] * f[8] - f[5] * f[7]) - f[1] * (f[3] * f[8] - f[5] * f[6])
                      + f[2] * (f[3] * f[7] - f[4] * f[6])

                  strained.Cell.Periodic = structure.Cell.Periodic
                  && match Cell.volume structure.Cell, Cell.volume strained.Cell with
                     | Some before, Some after ->
                         // Skewed cells of height 0.2 Å lose a few digits, as in the tests of cells.
                         let inside (s: Structure) = Cell.toFractional s.Cell s.Positions

                         near 1e-11 (before * det) after
                         && Seq.forall2 (near 1e-10) (inside structure) (inside strained)
                     | before, after -> before = after)

          property "A strain of zero changes no bit" bareStructures (fun structure ->
              Structure.strain (Array.zeroCreate 9) structure = Ok structure)

          testCase "Strains that cannot be are refused" (fun () ->
              equal
                  "the strain is NaN, expected a finite number"
                  (Structure.strain (Array.create 9 nan) start |> message)

              let flat = [| 0.0; 0.0; 0.0; 0.0; 0.0; 0.0; 0.0; 0.0; -1.0 |]
              contains "linearly independent" (Structure.strain flat start |> message)

              let failure = raises<System.ArgumentException>(fun () -> Cell.strain [| 0.0 |] start.Cell |> ignore)
              contains "Cell.strain: 1 numbers, expected nine, row by row." failure.Message)

          testCase "The same key rattles to the same bits, and atoms move by normal numbers" (fun () ->
              let crystal = Crystal.fcc "Cu" 3.61 |> Result.bind (Structure.repeat (10, 10, 10)) |> ok
              let rattled = Structure.rattle 0.05 key crystal |> ok
              equal (Ok rattled) (Structure.rattle 0.05 key crystal)
              differ (Ok rattled) (Structure.rattle 0.05 (key.Fold 1u) crystal)
              equal (Ok crystal) (Structure.rattle 0.0 key crystal)
              equal crystal.Cell rattled.Cell
              let moves = Seq.map2 (fun a b -> (b - a) / 0.05) crystal.Positions rattled.Positions |> Array.ofSeq
              // Moments of 12000 standard normal numbers, to 4.5 of their own standard deviations.
              let sigmas = 4.5 / sqrt (float moves.Length)
              isTrue (abs (Array.average moves) < sigmas)
              isTrue (abs (Array.averageBy (fun x -> x * x) moves - 1.0) < sigmas * sqrt 2.0)
              isTrue (abs (Array.averageBy (fun x -> x ** 4.0) moves - 3.0) < sigmas * sqrt 96.0))

          testCase "Deviations that cannot be are refused" (fun () ->
              let expected value = $"the standard deviation is {value}, expected a finite length in Å, 0 or more"
              equal (expected "-0.1") (Structure.rattle -0.1 key start |> message)
              equal (expected "NaN") (Structure.rattle nan key start |> message))

          property
              "Framed atoms are the margin away from the faces and keep their distances"
              framings
              (fun (structure, axes) ->
                  let framed = Structure.vacuum 1.5 axes structure |> ok
                  let a, b, c = Cell.heights framed.Cell
                  let heights = [| a; b; c |]
                  let fractional = Cell.toFractional framed.Cell framed.Positions
                  let n = structure.Count
                  let offset (s: Structure) i j = s.Positions[3 * i + j] - s.Positions[j]

                  framed.Cell.Periodic = structure.Cell.Periodic
                  && Seq.forall
                      (fun k ->
                          let along = [ for i in 0 .. n - 1 -> fractional[3 * i + k] * heights[k] ]

                          if List.contains k axes && n > 0 then
                              // Skewed cells lose digits, as above.
                              near 1e-10 1.5 (List.min along) && near 1e-10 1.5 (heights[k] - List.max along)
                          else
                              List.contains k axes || Cell.vector k framed.Cell = Cell.vector k structure.Cell)
                      [ 0..2 ]
                  && Seq.forall
                      (fun (i, j) -> near 1e-11 (offset structure i j) (offset framed i j))
                      (Seq.allPairs [ 0 .. n - 1 ] [ 0..2 ]))

          testCase "Frames that cannot be are refused" (fun () ->
              equal
                  "the list of axes is [0; 3], expected some of 0, 1 and 2, each once"
                  (Structure.vacuum 1.0 [ 0; 3 ] start |> message)

              contains "is [1; 1]" (Structure.centre [ 1; 1 ] start |> message)
              contains "is []" (Structure.centre [] start |> message)

              equal
                  "the margin of vacuum is -1, expected a finite length in Å, 0 or more"
                  (Structure.vacuum -1.0 [ 0 ] start |> message)

              let atom = Structure.ofSymbols [ "Ar" ] [ (1.0, 2.0, 3.0) ] Cell.none |> ok
              contains "is 0, expected more than 0 Å" (Structure.vacuum 0.0 [ 0 ] atom |> message)

              equal
                  "the cell has no vector along axis 1, expected one to centre along (Structure.vacuum makes one)"
                  (Structure.centre [ 1 ] atom |> message)

              contains "axis 0, which is periodic" (Cell.withPeriodic (true, false, false) Cell.none |> message)) ]
