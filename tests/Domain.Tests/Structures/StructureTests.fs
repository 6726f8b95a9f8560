module Noether.Tests.StructureTests

open System.Collections.Immutable
open Expecto
open FsCheck.FSharp
open Noether.Domain
open Noether.Tests.DomainChecks

let private dimer = Structure.ofSymbols [ "N"; "O" ] [ (0.0, 0.0, 0.0); (0.0, 0.0, 1.15) ] Cell.none |> ok

[<Tests>]
let tests =
    testList
        "Structure"
        [ testCase "A structure keeps what it was made of" (fun () ->
              equal 2 dimer.Count
              equalSeq [ 7; 8 ] dimer.Numbers
              equalSeq [ 0.0; 0.0; 0.0; 0.0; 0.0; 1.15 ] dimer.Positions
              equal [ "N"; "O" ] (Structure.symbols dimer)
              contains "2 atoms NO" (dimer.ToString()))

          testCase "What does not fit is refused by name" (fun () ->
              let two = Property.reals [ 1.0; 2.0 ]
              let three = Property.reals [ 1.0; 2.0; 3.0 ]
              let ints = ImmutableArray.CreateRange
              let none = ImmutableArray<float>.Empty

              equal
                  "the positions has 5 numbers, expected 6, three for each of 2 atoms"
                  (Structure.create (ints [ 1; 1 ]) (ImmutableArray.CreateRange [ 1.0 .. 5.0 ]) Cell.none |> message)

              equal
                  "the atom property 'w' has real [3], expected shape [2], or [2; w] with at least two columns"
                  (Structure.withPerAtom "w" three dimer |> message)

              equal
                  "the atom property 'w' has 2 values, expected one"
                  (Structure.createWith dimer.Numbers dimer.Positions Cell.none [ "w", two; "w", two ] [] |> message)

              equal
                  "the y coordinate of atom 1 is NaN, expected a finite number"
                  (Structure.withPositions (ImmutableArray.CreateRange [ 0.0; 0.0; 0.0; 0.0; nan; 0.0 ]) dimer
                   |> message)

              startsWith "unknown element '119'" (Structure.create (ints [ 119 ]) none Cell.none |> message)
              startsWith "unknown element 'Qq'" (Structure.ofSymbols [ "Qq" ] [] Cell.none |> message)
              contains "is empty" (Structure.withInfo "" two dimer |> message)
              contains "as it is empty" (Structure.withInfo "i" (Property.integers []) dimer |> message)
              equal (Ok 2.5) (Structure.withInfo "e" (Property.real 2.5) dimer |> Result.bind (Structure.infoReal "e"))
              contains "no property 'e'" (Structure.infoReal "e" dimer |> message))

          testCase "Shapes and values of a property fit" (fun () ->
              equal
                  "a property of shape [2; 2] has 3 values, expected 4"
                  (Property.create [ 2; 2 ] (Reals(ImmutableArray.CreateRange [ 1.0; 2.0; 3.0 ])) |> message)

              contains "well-formed" (Property.create [] (Texts(ImmutableArray.Create(string '\ud800'))) |> message)
              equal (Some 7.0) (Property.tryReal (Property.integer 7L)))

          testCase "A supercell has every copy once and the density of its cell" (fun () ->
              let periodic = bareStructures |> Gen.where (fun s -> Seq.forall id s.Cell.Periodic)

              holds periodic (fun structure ->
                  let larger = Structure.repeat (2, 1, 3) structure |> ok

                  let inside (s: Structure) = Cell.toFractional structure.Cell s.Positions

                  let first, all = inside structure, inside larger

                  larger.Count = 6 * structure.Count
                  && near 1e-9 (Option.get (Cell.volume larger.Cell)) (6.0 * Option.get (Cell.volume structure.Cell))
                  && Seq.forall
                      (fun i ->
                          let moved = all[i] - first[i % first.Length]
                          near 1e-9 moved (round moved))
                      [ 0 .. all.Length - 1 ]))

          testCase "An open axis cannot be repeated" (fun () ->
              equal
                  "the count of copies along axis 2 is 2, expected 1, as the axis is not periodic"
                  (Structure.repeat (1, 1, 2) dimer |> message)) ]
