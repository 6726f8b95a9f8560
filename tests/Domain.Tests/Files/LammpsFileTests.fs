/// Data files and dumps of LAMMPS: files of ASE and by hand, and what is wrong with bad ones.
module Noether.Tests.LammpsFileTests

open System
open System.Collections.Immutable
open System.IO
open System.Text
open System.Text.Json
open Expecto
open Noether.Domain
open Noether.Tests.DomainChecks

let private contents = json "files/contents.json"

let private file name = fixture ("files/" + name)

let nearAll tolerance (expected: float seq) (actual: float seq) =
    equal (Seq.length expected) (Seq.length actual)

    for e, a in Seq.zip expected actual do
        Expect.isTrue (near tolerance e a) $"{a:R} is not {e:R}"

let reals name (structure: Structure) = Property.tryReals structure.PerAtom[name] |> Option.get

/// The time of ASE, Å √(amu/eV), in fs, so that p/m of its momenta are velocities in Å/fs.
let private aseTime = 10.180505710759

/// Facts of a frame. Cells and positions are the numbers of the file; scaled and tilted ones, and velocities, which ASE
/// converts with constants of eleven digits, are rounded.
let private checkFrame (expected: Entry) (structure: Structure) =
    let get (name: string) = expected.GetProperty name
    equalSeq (numbers (get "numbers") |> List.map int) structure.Numbers
    nearAll 1e-14 (numbers (get "cell")) structure.Cell.Vectors
    nearAll 1e-14 (numbers (get "positions")) structure.Positions
    let flags = [ for flag in (get "pbc").EnumerateArray() -> flag.GetBoolean() ]
    equalSeq flags structure.Cell.Periodic

    for array in (get "arrays").EnumerateObject() do
        let value = numbers (array.Value.GetProperty "value")

        match array.Name with
        | "momenta" ->
            let velocities = reals "velocities" structure

            let momenta =
                [ for i in 0 .. velocities.Length - 1 do
                      let mass =
                          match Map.tryFind "masses" structure.PerAtom with
                          | Some masses -> (Property.tryReals masses |> Option.get)[i / 3]
                          | None -> Elements.mass structure.Numbers[i / 3]

                      mass * velocities[i] * aseTime ]

            nearAll 1e-8 value momenta
        | "masses" -> nearAll 1e-8 value (reals "masses" structure)
        | "initial_charges"
        | "mmcharges" -> equalSeq value (reals "charges" structure)
        | "mol-id" -> equalSeq value (reals "molecule" structure)
        | name -> equalSeq value (reals name structure)

let private messageOf name = (Formats.read (file name) |> error |> NoetherError.message).Replace(file name, name)

let private data (text: string) = LammpsData.parseBytes "f" (Encoding.UTF8.GetBytes text)

/// A dump whose types are H and He.
let private typed = LammpsDump.framesWith { ReadingOptions.usual with Types = [ "H"; "He" ] }

let private header = "c\n2 atoms\n2 atom types\n0 4 xlo xhi\n0 4 ylo yhi\n0 4 zlo zhi\n"

let private two = "Atoms # atomic\n\n1 1 0 0 0\n2 2 1 1 1\n"

let private remedy =
    "a column element or mass, or the option --types, which names the element of each type, as types are numbers of "
    + "whoever made the file"

let private noElements = "expected " + remedy

let private notOne = "expected a mass near that of one element only, in amu, else " + remedy

let private noSymbol = "expected a symbol, else " + remedy

let private frame (bounds: string) (rows: string) =
    LammpsDump.parseBytes
        "f"
        (Encoding.UTF8.GetBytes(
            $"ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n1\nITEM: BOX BOUNDS {bounds}\n0 4\n0 4\n0 4\n{rows}\n"
        ))

[<Tests>]
let tests =
    testList
        "LammpsFile"
        [ testTheory
              "Files are what ASE reads"
              [ "lammps_atomic.data"
                "lammps_charge.data"
                "lammps_full.data"
                "lammps_triclinic.data"
                "lammps_dump.lammpstrj" ]
              (fun name ->
                  let expected = (contents.GetProperty name).GetProperty("frames").EnumerateArray() |> List.ofSeq
                  // ASE takes types for atomic numbers where nothing else is said.
                  let types = if name.EndsWith ".lammpstrj" then [ "H"; "He" ] else []
                  let structures = Formats.framesWith { ReadingOptions.usual with Types = types } (file name)
                  let structures = structures |> Seq.map ok |> List.ofSeq
                  equal expected.Length structures.Length
                  List.iter2 checkFrame expected structures)

          testCase "The other columns of a dump are properties" (fun () ->
              let first, second =
                  match typed (file "lammps_dump.lammpstrj") |> Seq.map ok |> List.ofSeq with
                  | [ first; second ] -> first, second
                  | _ -> failwith "two frames"

              equal (Property.integer 10L) second.Info["timestep"]
              equal (Property.reals [ 0.0; -1.0; 0.0 ]) first.Info["origin"]
              isFalse (second.Info.ContainsKey "origin")
              equalSeq ([ -1; -2; -3; 1; 2; 3; 0; 0; 0 ] |> List.map float) (reals "forces" first)

              let image =
                  Property.create [ 3; 3 ] (Integers(ImmutableArray.Create(0L, 0L, 0L, 0L, 0L, 0L, 1L, -1L, 0L))) |> ok

              equal image second.PerAtom["image"])

          testCase "Frames are read as they are asked for" (fun () ->
              let text = File.ReadAllText(file "lammps_dump.lammpstrj") + "nonsense\n"
              let path = Path.Combine(Path.GetTempPath(), $"noether-{Environment.ProcessId}-frames.dump")

              try
                  File.WriteAllText(path, text)
                  equal 2 (typed path |> Seq.truncate 2 |> Seq.filter Result.isOk |> Seq.length)
                  equal [ true; true; false ] (typed path |> Seq.map Result.isOk |> List.ofSeq)
              finally
                  File.Delete path)

          testTheory
              "Malformed files are refused with line and column"
              [ "bad_header.data",
                "bad_header.data:11: found the end of the text after 1 of 2 lines, expected a line for each atom"
                "bad_type.data", "bad_type.data:11:3: found '3', expected an atom type from 1 to 1"
                "bad_bounds.data", "bad_bounds.data:5:1: found '1 0', expected xlo below xhi"
                "bad_dump.lammpstrj",
                "bad_dump.lammpstrj:10: found no elements, " + noElements ]
              (fun (name, message) -> equal message (messageOf name))

          testCase "Elements come from labels, words behind masses, or the nearest mass" (fun () ->
              let elements (masses: string) = (data (header + masses + two) |> ok).Numbers |> List.ofSeq
              equal [ 1; 8 ] (elements "Masses\n\n1 1\n2 16\n")
              equal [ 27; 28 ] (elements "Masses\n\n1 58.93\n2 58.69\n")
              equal [ 1; 28 ] (elements "Masses\n\n2 58.8 # Ni\n1 3.02 # H\n")
              equal [ 6; 7 ] (elements "Masses\n\n1 12.01 # CA\n2 14.01 # In water\n")
              equal [ 1; 8 ] (elements "Atom Type Labels\n\n1 H\n2 O\n")

              let labelled = data (header + "Atom Type Labels\n\n1 H\n2 O\n\n" + two.Replace("1 1 0", "1 O 0")) |> ok
              equalSeq [ 8; 8 ] labelled.Numbers
              let path = Path.Combine(Path.GetTempPath(), $"noether-{Environment.ProcessId}-typed.data")

              try
                  File.WriteAllText(path, header + two)

                  equalSeq
                      [ 26; 6 ]
                      (LammpsData.readWith { ReadingOptions.usual with Types = [ "Fe"; "C" ] } path |> ok).Numbers

                  let message =
                      LammpsData.readWith { ReadingOptions.usual with Types = [ "Fe" ] } path
                      |> error
                      |> NoetherError.message

                  endsWith "found atom type 2, expected at most 1, the symbols given" message
              finally
                  File.Delete path)

          testCase "Topology is passed over, and sections come in any order" (fun () ->
              let text =
                  header.Replace("2 atom types", "2 atom types\n1 bonds\n1 bond types\n2 extra bond per atom")
                  + "Pair Coeffs # lj/cut\n\n1 1 1\n2 1 1\n\nVelocities\n\n2 0 0 5\n1 1 2 3e1\n\nAtoms # full\n\n"
                  + "2 1 2 0.5 1 1 1 0 -1 2 # remark\n1 1 1 -.5 0 0 0 0 0 0\n\nBonds\n\n1 1 1 2\n\nMasses\n\n1 1\n2 16\n"

              let structure = data text |> ok
              equalSeq [ 1; 8 ] structure.Numbers
              equalSeq [ 0.001; 0.002; 0.03; 0.0; 0.0; 0.005 ] (reals "velocities" structure)
              equalSeq ([ 0; 0; 0; 0; -1; 2 ] |> List.map float) (reals "image" structure)
              equalSeq [ -0.5; 0.5 ] (reals "charges" structure))

          testTheory
              "Bad data files are refused with line and column"
              [ "Masses\n\n1 1\n2 58.8\n",
                "f:10:3: found the mass 58.8 of type 2, expected one near that of one element only, its symbol behind '#', or the option --types"
                "",
                "f:7: found no mass and no label of atom type 1, expected its element: Masses, a symbol as label, or the option --types"
                "Masses\n\n1 1\n1 16\n", "f:10:1: found '1', expected each atom type once"
                "Masses\n\n1 -1\n2 1\n", "f:9:3: found '-1', expected a positive mass"
                "Masses\n\n1 1 2\n", "f:9:5: found '2', expected the end of the line behind an atom type and its mass"
                "Masses\n\n1 1\n\n", "f:10:1: found a blank line after 1 of 2 lines, expected a line for each atom type"
                "3 4 dogs\n",
                "f:7:1: found '3 4 dogs', expected a line of the header (atoms, atom types, xlo xhi, xy xz yz, …) with its numbers, or a section"
                "Atoms\n\n1 1 1 0 0 0\n",
                "f:9:1: found no atom style, and 6 columns, which may be charge or molecular, expected a style behind 'Atoms #', or the option --style"
                "Atoms\n\n1 1 0 0\n",
                "f:9:1: found no atom style, and 4 columns, expected a style behind 'Atoms #', or the option --style: one of "
                + "atomic, charge, molecular, full, bond, angle, sphere, ellipsoid, peri, dpd, dipole, spin"
                "Atoms # body\n",
                "f:7:1: found the atom style 'body', expected one of atomic, charge, molecular, full, bond, angle, sphere, "
                + "ellipsoid, peri, dpd, dipole, spin, here or by --style"
                "Atoms # charge\n\n1 1 0 0 0\n",
                "f:9:10: found the end of the line after 5 words, expected id type q x y z, all with ix iy iz behind them or none"
                "Atoms # atomic\n\n1 1 0 0 0\n1 1 0 0 0\n", "f:10:1: found '1', expected each atom id once"
                "Atoms # atomic\n\n1 1 0 0 nan\n", "f:9:9: found 'nan', expected a finite coordinate" ]
              (fun (text, message) -> equal message (data (header + text + two) |> error |> NoetherError.message))

          testCase "Units without a size are refused" (fun () ->
              let message =
                  data ("LAMMPS data file, timestep = 0, units = lj\n" + header) |> error |> NoetherError.message

              equal
                  "f:1:33: found 'units = lj', expected units with a size, here or by the option --units: metal, real, electron, si, cgs, micro, nano"
                  message)

          testTheory
              "Bad dumps are refused with line and column"
              [ "pp pp", "", "f:5:23: found boundaries of 2 axes, expected three, such as pp pp ff"
                "pp pp px",
                "",
                "f:5:24: found 'px', expected xy xz yz for a tilted box, abc origin for a general one, and for each axis pp or two of the letters f, s, m"
                "xy xz yz pp pp pp",
                "",
                "f:6:4: found the end of the line after 2 words, expected bounds and tilt of the box along x"
                "pp pp pp",
                "ITEM: ATOMS type x y",
                "f:9:1: found no three coordinates, expected x y z, xs ys zs, xu yu zu or xsu ysu zsu among the columns"
                "pp pp pp", "ITEM: ATOMS x y z", "f:9:1: found no elements, " + noElements
                "pp pp pp",
                "ITEM: ATOMS element x y z",
                "f:9: found the end of the text after 0 of 1 atoms, expected a line for each atom"
                "pp pp pp", "ITEM: ATOMS type x y z\n1 0 0 0", "f:10: found no elements, " + noElements
                "pp pp pp", "ITEM: ATOMS type x y z z", "f:9:24: found 'z', expected each column once"
                "pp pp pp", "ITEM: ATOMS type mass x y z\n1 58.8 0 0 0", "f:10:3: found '58.8', " + notOne
                "pp pp pp", "ITEM: ATOMS type x y z\nCA 0 0 0", "f:10:1: found 'CA', " + noSymbol
                "pp pp pp",
                "ITEM: ATOMS element x y z\nQq 0 0 0",
                "f:10:1: unknown element 'Qq', expected a symbol from H to Og, X, or an atomic number from 0 to 118"
                "pp pp pp", "ITEM: ATOMS element x y z\nH 0 inf 0", "f:10:5: found 'inf', expected a finite coordinate"
                "pp pp pp",
                "ITEM: TIMESTEP\n1",
                "f:9:1: found ITEM: TIMESTEP a second time, expected each item once, then ITEM: ATOMS"
                "pp pp pp", "ITEM: UNITS\nlj",
                "f:10:1: found 'lj', expected units with a size, here or by the option --units: metal, real, electron, si, cgs, micro, nano"
                "pp pp pp",
                "ITEM: DOGS",
                "f:9:1: found ITEM: DOGS, expected TIMESTEP, TIME, UNITS, NUMBER OF ATOMS, BOX BOUNDS or ATOMS" ]
              (fun (bounds, rows, message) -> equal message (frame bounds rows |> error |> NoetherError.message)) ]
