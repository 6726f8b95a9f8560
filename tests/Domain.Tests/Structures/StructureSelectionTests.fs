module Noether.Tests.StructureSelectionTests

open System.Collections.Immutable
open Expecto
open FsCheck.FSharp
open Noether.Domain
open Noether.Tests.DomainChecks

/// Structures with a property of every type and width, and the number of each atom.
let private structures =
    gen {
        let! bare = bareStructures
        let n = bare.Count
        let! charges = Gen.listOfLength n reals
        let! velocities = Gen.listOfLength (3 * n) coordinates
        let! fixedAtoms = Gen.listOfLength n (Gen.elements [ true; false ])
        let! labels = Gen.listOfLength n (Gen.elements [ "a"; "b c"; ""; "é" ])

        return
            Structure.createWith
                bare.Numbers
                bare.Positions
                bare.Cell
                [ "index", Property.integers (Seq.init n int64)
                  "charge", Property.reals charges
                  "velocity", Property.rows 3 velocities |> ok
                  "fixed", Property.booleans fixedAtoms
                  "label", Property.texts labels ]
                [ "energy", Property.real -1.5 ]
            |> Outcome.getOrFail
    }

/// The number that each atom had at first.
let private origins (structure: Structure) =
    match structure.PerAtom["index"].Values with
    | Integers values -> [ for v in values -> int v ]
    | other -> failwith $"%A{other}"

/// Everything that belongs to atom i.
let private atom (s: Structure) i =
    let row (p: Property) =
        let w = p.Values.Length / s.Count

        match p.Values with
        | Reals x -> [ for k in 0 .. w - 1 -> $"{x[i * w + k]:R}" ]
        | Integers x -> [ for k in 0 .. w - 1 -> $"{x[i * w + k]}" ]
        | Booleans x -> [ for k in 0 .. w - 1 -> $"{x[i * w + k]}" ]
        | Texts x -> [ for k in 0 .. w - 1 -> x[i * w + k] ]

    s.Numbers[i], [ for k in 0..2 -> s.Positions[3 * i + k] ], Map.map (fun _ p -> row p) s.PerAtom

let private withoutInfo (s: Structure) =
    Structure.createWith s.Numbers s.Positions s.Cell (Map.toList s.PerAtom) [] |> ok

/// A structure and indices of its atoms, some twice.
let private choices =
    gen {
        let! structure = structures
        let! indices = if structure.Count = 0 then Gen.constant [] else Gen.listOf (Gen.choose (0, structure.Count - 1))
        return structure, indices
    }

let private dimer = Structure.ofSymbols [ "N"; "O" ] [ (0.0, 0.0, 0.0); (0.0, 0.0, 1.15) ] Cell.none |> ok

let private withProperty name property structure = Structure.withPerAtom name property structure |> ok

[<Tests>]
let tests =
    testList
        "StructureSelection"
        [ property
              "Selected atoms bring everything they have, in the order asked for"
              choices
              (fun (structure, indices) ->
                  let chosen = Structure.select indices structure |> ok

                  origins chosen = indices
                  && List.map (atom chosen) [ 0 .. chosen.Count - 1 ] = List.map (atom structure) indices
                  && chosen.Cell = structure.Cell
                  && chosen.Info.IsEmpty)

          property
              "All atoms are the structure, and a selection of a selection is a selection"
              choices
              (fun (structure, indices) ->
                  let chosen = Structure.select indices structure |> ok
                  let reversed = List.rev [ 0 .. chosen.Count - 1 ]

                  Structure.select [ 0 .. structure.Count - 1 ] structure = Ok(withoutInfo structure)
                  && Structure.select reversed chosen = Structure.select (List.rev indices) structure)

          property
              "The atoms that pass and the atoms that fail make up the structure again"
              structures
              (fun structure ->
                  let predicate (s: Structure) i = s.Positions[3 * i] > 0.0 || s.Numbers[i] % 2 = 0
                  let yes = Structure.selectWhere predicate structure
                  let no = Structure.selectWhere (fun s i -> not (predicate s i)) structure
                  let both = Structure.join [ yes; no ] |> ok
                  let back = Seq.indexed (origins both) |> Seq.sortBy snd |> Seq.map fst

                  Seq.forall (predicate yes) [ 0 .. yes.Count - 1 ]
                  && List.sort (origins yes) = origins yes
                  && Structure.select back both = Ok(withoutInfo structure))

          property "Joined copies are a repeated selection" structures (fun structure ->
              let all = [ 0 .. structure.Count - 1 ]
              Structure.join [ structure; structure; structure ] = Structure.select (all @ all @ all) structure)

          property "Sorting by species is stable and loses nothing" structures (fun structure ->
              let sorted = Structure.sortBySpecies structure

              List.ofSeq sorted.Numbers = List.sort (List.ofSeq structure.Numbers)
              && origins sorted = List.sortBy (fun i -> structure.Numbers[i]) [ 0 .. structure.Count - 1 ]
              && List.map (atom sorted) [ 0 .. sorted.Count - 1 ] = List.map (atom structure) (origins sorted)
              && sorted.Info = structure.Info
              && Structure.sortBySpecies sorted = sorted)

          testCase "Species change by symbol and nothing else does" (fun () ->
              let salt = Crystal.rocksalt "Na" "Cl" 5.64 |> ok
              let exchanged = Structure.mapSpecies (fun symbol -> if symbol = "Na" then "K" else symbol) salt
              equal (Crystal.rocksalt "K" "Cl" 5.64) exchanged
              holds structures (fun structure -> Structure.mapSpecies id structure = Ok structure)
              startsWith "unknown element 'Q'" (Structure.mapSpecies (fun _ -> "Q") salt |> message))

          testCase "Properties that do not fit are refused, and can be taken away" (fun () ->
              let charged = withProperty "q" (Property.reals [ 0.5; -0.5 ]) dimer

              equal
                  ("structure 1 has no atom property 'q', "
                   + "expected it, as others to join have it (Structure.withoutPerAtom takes it from them)")
                  (Structure.join [ charged; dimer ] |> message)

              equal
                  ("the atom property 'q' of structure 2 has integer [2], "
                   + "expected the type and columns of those before it, real [4]")
                  (Structure.join [ charged; charged; withProperty "q" (Property.integers [ 1L; 2L ]) dimer ]
                   |> message)

              let wide = withProperty "q" (Property.rows 2 [ 1.0; 2.0; 3.0; 4.0 ] |> ok) dimer
              contains "of structure 1 has real [2; 2]" (Structure.join [ charged; wide ] |> message)

              let plain = Structure.withoutPerAtom "q" charged |> ok
              equal dimer plain
              equal 4 (Structure.join [ plain; dimer ] |> ok).Count

              equal
                  "the structure has no atom property 'q', expected one"
                  (Structure.withoutPerAtom "q" dimer |> message))

          testCase "Cells that differ are refused unless one is named" (fun () ->
              let boxed = Structure.withCell (Cell.cubic 9.0 |> ok) dimer

              startsWith "structure 2 has the cell Cell [(9, 0, 0)" (Structure.join [ dimer; dimer; boxed ] |> message)
              equal "the number of structures to join is 0, expected at least 1" (Structure.join [] |> message)
              let joined = Structure.joinIn boxed.Cell [ dimer; boxed ] |> ok
              equal boxed.Cell joined.Cell
              equalSeq (Seq.append dimer.Positions dimer.Positions) joined.Positions

              equal
                  (Structure.create ImmutableArray.Empty ImmutableArray.Empty Cell.none)
                  (Structure.joinIn Cell.none []))

          testCase "An index of no atom is refused" (fun () ->
              equal
                  "an atom to select is 2, expected the index of one of 2 atoms, counted from 0"
                  (Structure.select [ 0; 2 ] dimer |> message)

              contains "is -1" (Structure.select [ -1 ] dimer |> message)) ]
