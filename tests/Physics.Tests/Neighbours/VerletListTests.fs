module Noether.Tests.VerletListTests

open System
open System.Collections.Immutable
open Expecto
open FsCheck.FSharp
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.DomainChecks

let private structureOf (cell: Cell) (positions: float seq) =
    let positions = ImmutableArray.CreateRange positions
    Structure.create (ImmutableArray.CreateRange(Seq.replicate (positions.Length / 3) 6)) positions cell |> ok

/// Structures in nasty cells, not too thin, and random numbers from −1 to 1 to move atoms and cell by.
let private cases =
    gen {
        let! cell = thickCells
        let! n = Gen.choose (0, 12)
        let! positions = coordinates |> Gen.map (fun x -> x / 5.0) |> Gen.listOfLength (3 * n)
        let unit' = Gen.choose (-1000, 1000) |> Gen.map (fun i -> float i / 1000.0)
        let! moves = Gen.listOfLength (3 * n) unit'
        let! strain = Gen.listOfLength 9 unit'
        let! size = Gen.elements [ 0.0; 1e-4; 0.01; 0.03; 0.1; 0.4 ]
        let! cutoff = Gen.choose (50, 300) |> Gen.map (fun c -> float c / 97.0)
        let! skin = Gen.elements [ 0.0; 0.1; 0.5; 1.0 ]
        return structureOf cell positions, moves, strain, size, cutoff, skin
    }

/// The structure under the map 1 + size·strain, cell and all, its atoms then moved.
let private deform (size: float) (strain: float list) (moves: float list) (structure: Structure) =
    let f = Array.init 9 (fun i -> (if i % 4 = 0 then 1.0 else 0.0) + size * strain[i])

    let apply (rows: ImmutableArray<float>) =
        Array.init rows.Length (fun e ->
            let row, c = e - e % 3, e % 3
            rows[row] * f[c] + rows[row + 1] * f[3 + c] + rows[row + 2] * f[6 + c])

    let flags = structure.Cell.Periodic

    Cell.create (apply structure.Cell.Vectors) (flags[0], flags[1], flags[2])
    |> Result.map (fun cell -> structureOf cell (Seq.map2 (+) (apply structure.Positions) moves))

let private isFresh cutoff structure list =
    VerletList.pairs structure list |> ok = (Neighbours.build cutoff structure |> ok)

/// Enough atoms for bins, inside the cell and far outside, in nasty cells.
let private crowds =
    gen {
        let! cell = thickCells
        let! n = Gen.choose (10, 40)
        let! positions = Gen.listOfLength (3 * n) coordinates
        let! cutoff = Gen.choose (50, 300) |> Gen.map (fun c -> float c / 97.0)
        return structureOf cell positions, cutoff
    }

/// 1 + cos(πr/r_c) for each pair: no two atoms are too near for it.
let private soft cutoff =
    PairParameters.everywhere cutoff (Tensor.vector [ 1.0; cutoff ])
    |> Result.bind (PairPotential.create "soft" (SoftRepulsion()) Shifted)
    |> ok

[<Tests>]
let tests =
    testList
        "VerletList"
        [ testCase "While it is valid, a list gives the pairs of a fresh one" (fun () ->
              let mutable valid = 0
              let mutable strained = 0

              holds cases (fun (structure, moves, strain, size, cutoff, skin) ->
                  let list = VerletList.create cutoff skin structure |> ok

                  [ 0.0; size ]
                  |> List.forall (fun strainSize ->
                      let moves = moves |> List.map (fun x -> x * size * skin)

                      match deform (0.3 * strainSize) strain moves structure with
                      | Error _ -> true
                      | Ok after ->
                          if VerletList.isValid after list then
                              valid <- valid + 1

                              if strainSize > 0.0 then strained <- strained + 1

                              isFresh cutoff after list
                          else
                              let renewed = VerletList.update after list |> ok
                              isFresh cutoff after renewed && Object.ReferenceEquals(renewed.Reference, after)))

              // Of 400 tries; far from all and far from none, or the law above says little.
              inRange 100 350 valid
              inRange 25 175 strained)

          property "Atoms may stray half the skin and no further" cases (fun (structure, moves, _, _, cutoff, skin) ->
              let list = VerletList.create cutoff skin structure |> ok

              let longest =
                  moves
                  |> List.chunkBySize 3
                  |> List.map (fun v -> sqrt (List.sumBy (fun x -> x * x) v))
                  |> List.fold max 0.0

              let movedBy length =
                  let factor = if longest = 0.0 then 0.0 else length / longest
                  let positions = Seq.map2 (fun x move -> x + factor * move) structure.Positions moves
                  structureOf structure.Cell positions

              let still = longest = 0.0
              let within = VerletList.isValid (movedBy (0.4999 * skin)) list
              // A skin of nothing serves the positions it was made of alone, and these are they.
              within && (still || not (VerletList.isValid (movedBy (0.5001 * skin + 1e-9)) list)))

          testCase "A crystal may be compressed by the skin's share of the reach" (fun () ->
              let crystal =
                  structureOf
                      (Cell.orthorhombic 4.0 5.0 6.0 |> ok)
                      [ 0.0; 0.0; 0.0; 2.0; 2.5; 3.0; 100.0; -40.0; 31.0 ]

              let list = VerletList.create 3.0 1.0 crystal |> ok

              let scaled factor axis =
                  let h =
                      crystal.Cell.Vectors
                      |> Seq.mapi (fun i x -> if i % 3 = axis then factor * x else x)
                      |> Array.ofSeq

                  let x = crystal.Positions |> Seq.mapi (fun i x -> if i % 3 = axis then factor * x else x)
                  structureOf (Cell.createOrFail h (true, true, true)) x

              for axis in 0..2 do
                  // σ (3 + 1) ≥ 3.
                  isTrue (VerletList.isValid (scaled 0.7501 axis) list)
                  isTrue (isFresh 3.0 (scaled 0.7501 axis) list)
                  isFalse (VerletList.isValid (scaled 0.7499 axis) list)
                  isTrue (VerletList.isValid (scaled 1.5 axis) list)
                  isTrue (isFresh 3.0 (scaled 1.5 axis) list))

          testCase "Two atoms that come from just outside are found in time" (fun () ->
              // Head on, each by half the skin: the worst that the bound allows for.
              let pair separation = structureOf Cell.none [ -0.5 * separation; 0.0; 0.0; 0.5 * separation; 0.0; 0.0 ]
              let list = VerletList.create 2.0 0.5 (pair 2.5) |> ok
              equal 0 list.Wide.Count
              isTrue (VerletList.isValid (pair 2.000001) list)
              isFalse (VerletList.isValid (pair 1.999999) list)
              equal 2 (VerletList.update (pair 1.999999) list |> ok).Wide.Count)

          testCase "Wrapped atoms, another cell, other elements, flags and counts end a list" (fun () ->
              let cell = Cell.cubic 4.0 |> ok
              let before = structureOf cell [ -0.1; 0.0; 0.0; 1.5; 0.0; 0.0 ]
              let list = VerletList.create 2.0 0.5 before |> ok
              let renewed structure = not (Object.ReferenceEquals(VerletList.update structure list |> ok, list))
              isTrue (Object.ReferenceEquals(VerletList.update before list |> ok, list))
              isTrue (renewed (Structure.wrap before))
              isTrue (renewed (Structure.withCell (Cell.cubic 3.0 |> ok) before))
              isTrue (renewed (Structure.withCell Cell.none before))
              isTrue (renewed (structureOf cell [ -0.1; 0.0; 0.0 ]))
              let positions = before.Positions
              isTrue (renewed (Structure.create (ImmutableArray.Create(6, 7)) positions cell |> ok))
              // An open axis may have any vector or none.
              let slab third =
                  Structure.withCell (Cell.createOrFail [| 4; 0; 0; 0; 4; 0; 0; 0; third |] (true, true, false)) before

              let flat = VerletList.create 2.0 0.5 (slab 9.0) |> ok
              isTrue (VerletList.isValid (slab 0.0) flat)
              isTrue (VerletList.isValid (slab 30.0) flat))

          testCase "Without a skin a list serves its own structure" (fun () ->
              let before = structureOf (Cell.cubic 3.0 |> ok) [ 0.1; 0.2; 0.3; 1.5; 1.0; 0.7 ]
              let list = VerletList.create 2.0 0.0 before |> ok
              isTrue (isFresh 2.0 (structureOf before.Cell before.Positions) list)
              isFalse (VerletList.isValid (Structure.translate (1e-15, 0.0, 0.0) before |> ok) list))

          testCase "Numbers too large to square end a list" (fun () ->
              let at x = structureOf Cell.none [ 0.0; 0.0; 0.0; x; 0.0; 0.0 ]
              let list = VerletList.create 2.0 1.0 (at 1.0) |> ok
              isFalse (VerletList.isValid (at 1e300) list))

          property
              "Cut-offs by elements and radii last as well"
              cases
              (fun (structure, moves, strain, size, cutoff, skin) ->
                  let numbers =
                      Seq.init structure.Count (fun i -> if i % 3 = 0 then 8 else 1) |> ImmutableArray.CreateRange

                  let water = Structure.create numbers structure.Positions structure.Cell |> ok

                  let radii =
                      Seq.init structure.Count (fun i -> float (i % 4) * 0.2 * cutoff) |> ImmutableArray.CreateRange

                  [ BySpecies [ 8, 8, cutoff; 1, 8, 0.6 * cutoff ]; ByRadius radii ]
                  |> List.forall (fun cutoffs ->
                      let list = VerletList.createBy cutoffs skin water |> ok

                      match deform (0.1 * size) strain (moves |> List.map (fun x -> x * size * skin)) structure with
                      | Error _ -> true
                      | Ok after ->
                          let after = Structure.create numbers after.Positions after.Cell |> ok
                          let list = VerletList.update after list |> ok
                          VerletList.pairs after list |> ok = (Neighbours.buildBy cutoffs after |> ok)))

          testCase "What is wrong is named" (fun () ->
              let one x = structureOf Cell.none [ x; 0.0; 0.0 ]

              equal
                  "the skin is -0.5, expected a finite length in Å, 0 or more"
                  (message (VerletList.create 2.0 -0.5 (one 0.0)))

              equal
                  "the skin is NaN, expected a finite length in Å, 0 or more"
                  (message (VerletList.create 2.0 nan (one 0.0)))

              equal
                  "the cut-off is 0, expected a positive finite length in Å"
                  (message (VerletList.create 0.0 0.5 (one 0.0)))

              let list = VerletList.create 2.0 0.5 (one 0.0) |> ok
              contains "one for which it is valid" (message (VerletList.pairs (one 0.3) list))
              equal "Verlet list, skin 0.5 Å, 0 pairs of 1 atoms" (string list))

          property
              "A list made for kernels has the pairs of any other, and gives the same forces"
              crowds
              (fun (structure, cutoff) ->
                  let list = VerletList.create cutoff 0.0 structure |> ok
                  let potential = soft cutoff
                  let fused = Evaluate.onList potential list structure |> ok
                  let composed = Evaluate.onList (Potential.composed potential) list structure |> ok
                  let largest = Seq.fold (fun most x -> max most (abs x)) 1.0 composed.Forces

                  let worst (a: ImmutableArray<float>) (b: ImmutableArray<float>) =
                      Seq.fold2 (fun w x y -> max w (abs (x - y))) 0.0 a b
                  // Coordinates up to thousands of Å lose so many digits of their differences, and forces are sums of
                  // thousands.
                  list.Wide = (Neighbours.build cutoff structure |> ok)
                  && worst fused.Forces composed.Forces <= 1e-9 * largest
                  && worst fused.Virial composed.Virial <= 1e-9 * largest * float structure.Count * cutoff) ]
