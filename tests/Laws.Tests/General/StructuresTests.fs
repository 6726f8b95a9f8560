module Noether.Tests.StructureGeneratorTests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open Noether.Domain
open Noether.Laws
open Noether.Physics
open Noether.Tests.DomainChecks

let private nasty = Structures.nasty

let private samples settings count = Gen.sampleWithSeed (Rnd 11UL) 50 count (Sample.generate settings)

let private many = lazy samples nasty 2000

let private position (structure: Structure) atom = Array.init 3 (fun k -> structure.Positions[3 * atom + k])

let private minus (a: float[]) (b: float[]) = Array.map2 (-) a b

let private dot (a: float[]) (b: float[]) = Array.fold2 (fun sum x y -> sum + x * y) 0.0 a b

let private cross (a: float[]) (b: float[]) =
    [| a[1] * b[2] - a[2] * b[1]; a[2] * b[0] - a[0] * b[2]; a[0] * b[1] - a[1] * b[0] |]

let private length a = sqrt (dot a a)

/// From the first atom to the others.
let private spokes (structure: Structure) =
    [ for atom in 1 .. structure.Count - 1 -> minus (position structure atom) (position structure 0) ]
    |> List.filter (fun spoke -> length spoke > 0.0)

/// Far atoms of 1e5 Å and spreads of 1e-4 Å leave about six digits of a difference.
let private flat = 1e-5

let private onOneLine structure =
    let spokes = spokes structure

    spokes.Length >= 2
    && spokes |> List.forall (fun b -> length (cross spokes[0] b) < flat * length spokes[0] * length b)

let private inOnePlane structure =
    let spokes = spokes structure

    spokes.Length >= 3
    && not (onOneLine structure)
    && List.allPairs spokes spokes
       |> List.forall (fun (b, c) -> abs (dot spokes[0] (cross b c)) < flat * length spokes[0] * length b * length c)

let private determinant (cell: Cell) =
    let row k = Array.init 3 (fun j -> cell.Vectors[3 * k + j])
    dot (row 0) (cross (row 1) (row 2))

let private anyAngle test cell =
    let a, b, c = Cell.angles cell
    List.exists test [ a; b; c ]

let private axis test (cell: Cell) = Seq.exists (fun k -> test (Cell.isPeriodic k cell) (Cell.vector k cell)) [ 0..2 ]

/// Whether two different atoms, or images, meet.
let private meets image (structure: Structure) =
    let pairs, _, distances = Neighbours.buildWithVectors 0.01 structure |> ok

    Seq.exists
        (fun e ->
            let shifted = Seq.exists (fun k -> pairs.Shifts[3 * e + k] <> 0) [ 0..2 ]
            pairs.Receivers[e] <> pairs.Senders[e] && shifted = image && distances[e] < 1e-9)
        [ 0 .. pairs.Count - 1 ]

let private outside (structure: Structure) = Structure.wrap structure <> structure

let private shortest (sample: Sample) =
    let a, b, c = Cell.lengths sample.Structure.Cell
    [ a; b; c ] |> List.filter (fun length -> length > 0.0) |> List.fold min infinity

let private kinds: (string * (Sample -> bool)) list =
    let structure test = fun (sample: Sample) -> test sample.Structure
    let cell test = structure (fun s -> test s.Cell)

    [ for flags in List.allPairs [ true; false ] (List.allPairs [ true; false ] [ true; false ]) do
          let a, (b, c) = flags
          $"periodic {a} {b} {c}", cell (fun cell -> List.ofSeq cell.Periodic = [ a; b; c ])
      "right-handed", cell (fun cell -> determinant cell > 0.0)
      "left-handed", cell (fun cell -> determinant cell < 0.0)
      "an angle of 25 degrees", cell (anyAngle (fun angle -> angle < 25.001))
      "an angle of 155 degrees", cell (anyAngle (fun angle -> angle > 154.999))
      "a box", cell (fun cell -> (Cell.volume cell).IsSome && not (anyAngle (fun a -> abs (a - 90.0) > 1e-9) cell))
      "a turned cell", cell (fun cell -> cell.Vectors[1] <> 0.0 && cell.Vectors[2] <> 0.0)
      "an open axis without a vector", cell (axis (fun closed vector -> not closed && vector = (0.0, 0.0, 0.0)))
      "an open axis with a vector", cell (axis (fun closed vector -> not closed && vector <> (0.0, 0.0, 0.0)))
      "no vectors at all", structure (fun s -> s.Cell = Cell.none)
      "no atom", structure (fun s -> s.Count = 0)
      "one atom", structure (fun s -> s.Count = 1)
      "as many atoms as allowed", structure (fun s -> s.Count = nasty.MaxAtoms)
      "several species", structure (fun s -> Seq.length (Seq.distinct s.Numbers) > 1)
      "on one line", structure onOneLine
      "in one plane", structure inOnePlane
      "at one place", structure (meets false)
      "at an image", structure (meets true)
      "outside the cell", structure outside
      "far away", structure (fun s -> s.Positions |> Seq.exists (fun x -> abs x > 1e4))
      "close together", structure (fun s -> s.Count > 1 && spokes s |> List.exists (fun spoke -> length spoke < 1e-3))
      "images of themselves",
      (fun sample ->
          let pairs = Neighbours.build sample.Cutoff sample.Structure |> ok
          Seq.exists2 (=) pairs.Receivers pairs.Senders)
      "a cut-off below half the shortest vector", (fun sample -> sample.Cutoff < 0.5 * shortest sample)
      "a cut-off above two and a half",
      (fun sample -> sample.Cutoff > 2.5 * shortest sample && shortest sample < infinity)
      "a cut-off of a whole vector", (fun sample -> sample.Cutoff = shortest sample) ]

/// The simplest sample that a chain of shrinking ends in, taking the first that keeps a property, and its length.
let private simplest keeps (sample: Sample) =
    let rec walk steps sample =
        match Sample.shrink nasty sample |> Seq.tryFind keeps with
        | Some smaller -> walk (steps + 1) smaller
        | None -> steps, sample

    walk 0 sample

[<Tests>]
let tests =
    testList
        "StructureGenerator"
        [ testCase "Every kind of nastiness occurs" (fun () ->
              let rare =
                  [ for name, test in kinds do
                        let count = many.Value |> Seq.filter test |> Seq.length
                        // Two samples in a hundred: a run of the usual 200 samples meets each kind.
                        if count < 40 then $"{name}: {count} of 2000" ]

              Expect.isTrue rare.IsEmpty (String.concat "\n" rare))

          testCase "Every generated structure is one that the settings admit" (fun () ->
              for sample in many.Value do
                  Expect.isTrue (Structures.admits nasty sample.Structure) $"{sample}"

              for sample in many.Value do
                  let shortest = min (shortest sample) 1e9
                  inRange 0.04 (if shortest < 1e9 then 3.0000001 * shortest else 15.0) sample.Cutoff)

          testTheory "Separated structures keep their distance" [ 0.7; 2.5 ] (fun distance ->
              let settings = Structures.separated distance
              let structures = samples settings 500 |> Array.map _.Structure

              for structure in structures do
                  isTrue (Structures.admits settings structure)
                  equal 0 (Neighbours.build distance structure |> ok).Count

              // Crowded ones lose atoms, not all of them.
              isTrue (structures |> Array.averageBy (fun s -> float s.Count) > 2.0)
              isTrue (structures |> Array.exists (fun s -> s.Count >= 8)))

          testCase "Small settings are kept" (fun () ->
              for most in 0..3 do
                  let settings = { nasty with MaxAtoms = most; Species = [ 3 ]; Far = 10.0; Edges = 2.0, 2.0 }

                  for sample in samples settings 200 do
                      isTrue (Structures.admits settings sample.Structure)

                      for z in sample.Structure.Numbers do
                          equal 3 z)

          testCase "The same seed gives the same structures, another others" (fun () ->
              let some seed = Gen.sampleWithSeed (Rnd seed) 50 50 (Structures.generate nasty)
              equal (some 7UL) (some 7UL)
              differ (some 7UL) (some 8UL)
              let sample = many.Value[0]
              equal (Sample.draw Moves.rotations sample) (Sample.draw Moves.rotations sample))

          testCase "Every smaller structure is lighter and admitted" (fun () ->
              for sample in Seq.truncate 60 many.Value do
                  for smaller in Shrinking.structures nasty sample.Structure do
                      isTrue (Shrinking.weight smaller < Shrinking.weight sample.Structure)
                      isTrue (Structures.admits nasty smaller))

          testCase "Shrinking ends, at nothing when anything will do" (fun () ->
              for sample in Seq.truncate 100 many.Value do
                  let steps, last = simplest (fun _ -> true) sample
                  Expect.isTrue (steps <= Shrinking.weight sample.Structure + 40) $"{steps} steps"
                  equal 0 last.Structure.Count
                  equal Cell.none last.Structure.Cell
                  equal 0 last.Seed)

          testCase "Shrinking finds two atoms in a simple cell where those are needed" (fun () ->
              let needed (sample: Sample) = sample.Structure.Count >= 2 && Cell.isPeriodic 1 sample.Structure.Cell

              for sample in many.Value |> Seq.filter needed |> Seq.truncate 60 do
                  let _, last = simplest needed sample
                  equal 2 last.Structure.Count
                  equalSeq [ false; true; false ] last.Structure.Cell.Periodic
                  equalSeq [ 0.0; 0.0; 0.0 ] (Seq.truncate 3 last.Structure.Positions)
                  equalSeq [ 1; 1 ] last.Structure.Numbers
                  // One number of the cell is left, with few digits.
                  equal 8 (last.Structure.Cell.Vectors |> Seq.filter (fun x -> x = 0.0) |> Seq.length)
                  Expect.isTrue (Shrinking.weight last.Structure < 40) $"{last.Structure}")

          testCase "Rotations are rotations" (fun () ->
              let rotation = many.Value |> Seq.truncate 100 |> Seq.map (Sample.draw Moves.rotations)

              for m in rotation do
                  let row k = m[3 * k .. 3 * k + 2]

                  for k, l in List.allPairs [ 0..2 ] [ 0..2 ] do
                      equalWithin 5e-13 (if k = l then 1.0 else 0.0) (dot (row k) (row l))

                  equalWithin 5e-13 1.0 (dot (row 0) (cross (row 1) (row 2))))

          testCase "Settings that mean nothing are refused" (fun () ->
              let message settings =
                  (raises<ArgumentException>(fun () -> Structures.generate settings |> ignore)).Message

              contains "at least one species" (message { nasty with Species = [] })
              contains "MaxAtoms of 0 or more" (message { nasty with MaxAtoms = -1 })
              contains "Edges 0 < low ≤ high" (message { nasty with Edges = 3.0, 2.0 })
              contains "Separation ≥ 0" (message { nasty with Separation = nan })) ]
