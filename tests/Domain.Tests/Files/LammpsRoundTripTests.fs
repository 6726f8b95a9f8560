/// What is written for LAMMPS is read back the same, by us and by LAMMPS itself.
module Noether.Tests.LammpsRoundTripTests

open System
open System.Collections.Immutable
open System.Diagnostics
open System.IO
open Expecto
open FsCheck.FSharp
open Noether.Domain
open Noether.Tests.DomainChecks
open Noether.Tests.FormatRoundTripTests
open Noether.Tests.LammpsFileTests

/// Crystals as LAMMPS wants them, with positions of any magnitude and zeros without sign in the cell.
let private boxes =
    gen {
        let! n = Gen.choose (1, 8)
        let! species = Gen.choose (0, 118) |> Gen.listOfLength n
        let! positions = DomainChecks.reals |> Gen.listOfLength (3 * n)
        let! edges = Gen.choose (1, 900) |> Gen.map (fun i -> float i / 13.0) |> Gen.listOfLength 3
        let! tilted = Gen.elements [ true; false ]
        let! tilts = Gen.choose (-300, 300) |> Gen.map (fun i -> float i / 131.0) |> Gen.listOfLength 3
        let t = if tilted then tilts else [ 0.0; 0.0; 0.0 ]
        let cell = Cell.createOrFail [| edges[0]; 0; 0; t[0]; edges[1]; 0; t[1]; t[2]; edges[2] |] (true, true, true)
        return Structure.create (ImmutableArray.CreateRange species) (ImmutableArray.CreateRange positions) cell |> ok
    }

let private integersOf (count: int) = Gen.choose (-3, 9) |> Gen.map int64 |> Gen.listOfLength count

let private put count width (values: Values) name structure =
    let shape = if width = 1 then [ count ] else [ count; width ]
    Structure.withPerAtom name (Property.create shape values |> ok) structure |> ok

/// With charges, molecules, images and velocities, or without some of them, and perhaps with types and ids.
let private rich =
    gen {
        let! structure = boxes
        let n = structure.Count
        let! there = Gen.elements [ true; false ] |> Gen.listOfLength 5
        let! charges = DomainChecks.reals |> Gen.listOfLength n
        let! velocities = DomainChecks.reals |> Gen.listOfLength (3 * n)
        let! molecules = integersOf n
        let! images = integersOf (3 * n)
        let whole (values: int64 list) = Integers(ImmutableArray.CreateRange values)
        let real (values: float list) = Reals(ImmutableArray.CreateRange values)
        let types = structure.Numbers |> Seq.map (fun z -> int64 z + 1L) |> List.ofSeq

        return
            [ put n 1 (real charges) "charges"
              put n 3 (real velocities) "velocities"
              put n 1 (whole molecules) "molecule"
              put n 3 (whole images) "image"
              put n 1 (whole types) "type" >> put n 1 (whole [ for i in 1..n -> 7L * int64 i ]) "id" ]
            |> List.zip there
            |> List.fold (fun structure (there, put) -> if there then put structure else structure) structure
    }

let private frames =
    gen {
        let! structure = rich
        let n = structure.Count
        let! x, y, z = flags
        let! energies = DomainChecks.reals |> Gen.listOfLength n
        let! labels = Gen.elements [ "a"; "C-alpha"; "é"; "1x" ] |> Gen.listOfLength n
        let! counts = integersOf n
        let! step = Gen.choose (0, 1000000)
        let cell = Cell.withPeriodic (x, y, z) structure.Cell |> ok

        return
            Structure.withCell cell structure
            |> put n 1 (Reals(ImmutableArray.CreateRange(nan :: energies |> List.take n))) "c_pe"
            |> put n 1 (Texts(ImmutableArray.CreateRange labels)) "label"
            |> put n 1 (Integers(ImmutableArray.CreateRange counts)) "i_count"
            |> put n 3 (Reals(ImmutableArray.CreateRange(energies |> List.collect (List.replicate 3)))) "forces"
            |> Structure.withInfo "timestep" (Property.integer (int64 step))
            |> Result.bind (Structure.withInfo "time" (Property.real (float step / 7.0)))
            |> ok
    }

[<Tests>]
let tests =
    testList
        "LammpsRoundTrip"
        [ property "Data files, to the bit" (Gen.map2 withComment comments rich) (fun structure ->
              let again = LammpsData.format structure |> bytes |> LammpsData.parseBytes "f" |> ok

              let added =
                  again.PerAtom.Keys |> Seq.filter (fun name -> not (structure.PerAtom.ContainsKey name)) |> List.ofSeq

              let stripped = added |> List.fold (fun s name -> Structure.withoutPerAtom name s |> ok) again

              List.forall (fun name -> List.contains name [ "id"; "type"; "masses" ]) added
              && same structure stripped
              // What was read holds all of it: it is written and read as the same.
              && same again (LammpsData.format again |> bytes |> LammpsData.parseBytes "f" |> ok))

          property "An origin moves no atom" rich (fun structure ->
              let moved = Structure.withInfo "origin" (Property.reals [ -1.5; 0.1; 1.0 / 3.0 ]) structure |> ok
              let data = LammpsData.format moved |> bytes |> LammpsData.parseBytes "f" |> ok
              let dump = LammpsDump.format [ moved ] |> bytes |> LammpsDump.parseBytes "f" |> ok |> List.exactlyOne

              // Bounds are sums of numbers below 100 Å, each rounded.
              let close (a: float seq) (b: float seq) = Seq.forall2 (fun (x: float) y -> abs (x - y) < 1e-13) a b

              [ data; dump ]
              |> List.forall (fun again ->
                  Seq.forall2 (=) again.Positions moved.Positions
                  && close again.Cell.Vectors moved.Cell.Vectors
                  && close (Property.tryReals again.Info["origin"] |> Option.get) [ -1.5; 0.1; 1.0 / 3.0 ]))

          property
              "Dumps, all but tilted cells to the bit"
              (Gen.listOf frames |> Gen.where (List.isEmpty >> not))
              (fun structures ->
                  let again = LammpsDump.format structures |> bytes |> LammpsDump.parseBytes "f" |> ok

                  List.forall2
                      (fun (a: Structure) (b: Structure) ->
                          // Bounds of tilted boxes are sums of numbers below 100 Å, each rounded.
                          Seq.forall2 (fun (x: float) y -> abs (x - y) < 1e-13) a.Cell.Vectors b.Cell.Vectors
                          && (a.Cell.Vectors[3] <> 0.0
                              || a.Cell.Vectors[6] <> 0.0
                              || a.Cell.Vectors[7] <> 0.0
                              || a.Cell = b.Cell)
                          && a.Cell.Periodic.AsSpan().SequenceEqual(b.Cell.Periodic.AsSpan())
                          && same a (Structure.withCell a.Cell b))
                      structures
                      again)

          testCase "Turned structures keep lengths, angles and fractions" (fun () ->
              let right =
                  bareStructures
                  |> Gen.where (fun s -> (Cell.volume s.Cell).IsSome)
                  |> Gen.map (fun s ->
                      let turned = Lammps.align s
                      if Result.isOk turned then s, ok turned else s, s)

              holds right (fun (before, after) ->
                  let shape (s: Structure) =
                      let a, b, c = Cell.lengths s.Cell
                      let alpha, beta, gamma = Cell.angles s.Cell
                      [ a; b; c; alpha; beta; gamma ]

                  // Heights above 0.2 Å, lengths below 12 Å, positions below 35 Å: fractions below 200 lose three
                  // digits or less.
                  let close tolerance a b = Seq.forall2 (fun (x: float) y -> abs (x - y) < tolerance) a b
                  let fractions (s: Structure) = Cell.toFractional s.Cell s.Positions

                  close 1e-9 (shape before) (shape after)
                  && close 1e-9 (fractions before) (fractions after)
                  && (obj.ReferenceEquals(before, after)
                      || (after.Cell.Vectors[1] = 0.0 && after.Cell.Vectors[2] = 0.0 && after.Cell.Vectors[5] = 0.0))))

          testCase "What the formats cannot hold is refused" (fun () ->
              let atom = Structure.ofSymbols [ "He" ] [ (0.0, 0.0, 0.0) ] (Cell.cubic 4.0 |> ok) |> ok
              let skewed = Cell.createOrFail [| 4.0; 1.0; 0.0; 0.0; 4.0; 0.0; 0.0; 0.0; 4.0 |] (true, true, true)
              let turned = Structure.withCell skewed atom
              contains "Lammps.align turns others" (message (LammpsData.format turned))
              contains "Lammps.align turns others" (message (LammpsDump.format [ turned ]))
              isTrue (Result.isOk (Lammps.align turned |> Result.bind LammpsData.format))
              let vectors = Property.create [ 1; 3 ] (Reals(ImmutableArray.Create(1.0, 2.0, 3.0))) |> ok
              let unknown = Structure.withPerAtom "dipoles" vectors turned |> ok
              contains "'dipoles'" (message (Lammps.align unknown))
              let left = Cell.createOrFail [| 0.0; 4.0; 0.0; 4.0; 0.0; 0.0; 0.0; 0.0; 4.0 |] (true, true, true)
              contains "right-handed" (message (Lammps.align (Structure.withCell left atom)))
              let slab = Structure.withCell (Cell.withPeriodic (true, true, false) atom.Cell |> ok) atom
              contains "periodic along all three axes" (message (LammpsData.format slab))
              contains "'dipoles'" (message (LammpsData.format unknown))
              let put name property = Structure.withPerAtom name property atom |> ok
              contains "'x'" (message (LammpsDump.format [ put "x" (Property.reals [ 1.0 ]) ]))
              contains "begins with i_" (message (LammpsDump.format [ put "count" (Property.integers [ 1L ]) ]))
              contains "'12'" (message (LammpsDump.format [ put "label" (Property.texts [ "12" ]) ]))
              contains "an atom type is 0" (message (LammpsData.format (put "type" (Property.integers [ 0L ])))))

          testCase "LAMMPS reads our data files, writes its own, and dumps what we read" (fun () ->
              needsLammps ()
              let folder = Directory.CreateTempSubdirectory "noether-lammps"
              let path name = Path.Combine(folder.FullName, name)

              let cell = Cell.createOrFail [| 8.0; 0.0; 0.0; 1.5; 9.0; 0.0; -0.75; 0.3; 10.0 |] (true, true, true)

              let positions =
                  [ for i in 0..4 -> (float i / 3.0 + 0.1, sqrt (float i) + 0.1, 0.5 + float (i * i) / 7.0) ]

              let velocities = Property.rows 3 [ for i in 0..14 -> float (i - 7) / 3000.0 ] |> ok

              let structure =
                  Structure.ofSymbols [ "Si"; "O"; "O"; "H"; "O" ] positions cell
                  |> Result.bind (Structure.withPerAtom "velocities" velocities)
                  |> Result.bind (
                      Structure.withPerAtom "charges" (Property.reals [ 1.5; -0.5; -0.5; 0.25; 1.0 / 3.0 ])
                  )
                  |> ok

              let script =
                  "units metal\natom_style charge\nbox tilt large\nread_data ours.data\npair_style zero 3.0\npair_coeff * *\n"
                  + "dump 1 all custom 1 theirs.dump id type element x y z ix iy iz vx vy vz q fx fy fz\n"
                  + "dump_modify 1 element Si O H format float %.17g units yes time yes\n"
                  + "dump 2 all custom 1 scaled.dump id element xs ys zs\ndump_modify 2 element Si O H format float %.17g\n"
                  + "run 0\nwrite_data theirs.data\n"

              try
                  LammpsData.write (path "ours.data") structure |> ok
                  File.WriteAllText(path "in.lmp", script)

                  let start =
                      ProcessStartInfo(
                          "lmp",
                          [ "-in"; "in.lmp"; "-log"; "none" ],
                          WorkingDirectory = folder.FullName,
                          RedirectStandardOutput = true
                      )

                  start.Environment["OMP_NUM_THREADS"] <- "1"
                  use child = Process.Start start |> nonNull
                  let output = child.StandardOutput.ReadToEnd()
                  child.WaitForExit()
                  Expect.isTrue (child.ExitCode = 0) output

                  for name in [ "theirs.dump"; "scaled.dump"; "theirs.data" ] do
                      let again = Formats.read (path name) |> ok |> List.exactlyOne
                      equalSeq structure.Numbers again.Numbers
                      // Seventeen digits, and the rounding of bounds, fractions and wrapped coordinates.
                      nearAll 1e-13 structure.Cell.Vectors again.Cell.Vectors
                      nearAll 1e-13 structure.Positions again.Positions

                      if name <> "scaled.dump" then
                          nearAll 1e-15 (reals "velocities" structure) (reals "velocities" again)
                          nearAll 1e-15 (reals "charges" structure) (reals "charges" again)
              finally
                  folder.Delete true) ]
