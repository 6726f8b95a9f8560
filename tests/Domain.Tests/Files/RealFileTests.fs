/// Files as people have them: what does not matter is passed over with a word, what matters is read or refused.
module Noether.Tests.RealFileTests

open System
open System.Collections.Immutable
open System.IO
open System.Text
open Expecto
open FsCheck.FSharp
open Noether.Domain
open Noether.Tests.DomainChecks
open Noether.Tests.FormatRoundTripTests

let private usual = ReadingOptions.usual

/// The structures of a text, and the notices of its reader.
let private parse (ending: string) (options: ReadingOptions) (text: string) : Structure list * string list =
    let notices = ResizeArray<string>()
    let options = { options with Notice = fun notice -> notices.Add $"{notice}" }
    let format = Formats.ofName ending |> ok
    format.Parse options "f" (Encoding.UTF8.GetBytes text) |> ok, List.ofSeq notices

let private refusal (ending: string) (options: ReadingOptions) (text: string) : string =
    let format = Formats.ofName ending |> ok
    format.Parse options "f" (Encoding.UTF8.GetBytes text) |> error |> NoetherError.message

let private trial (name: string) = File.ReadAllText(fixture ("trials/" + name))

let private ending (name: string) =
    let extension = (Path.GetExtension name |> string).TrimStart '.'
    if extension = "" then "vasp" else extension

/// The one structure of a trial, and the notices.
let private readWith options name =
    let structures, notices = parse (ending name) options (trial name)
    List.exactlyOne structures, notices

let private readTrial name = readWith usual name

let private reals name (structure: Structure) = Property.tryReals structure.PerAtom[name] |> Option.get

/// The first number of a property.
let private first name (structure: Structure) = (reals name structure)[0]

let private checkSalt (structure: Structure) =
    equalSeq [ 11; 17 ] structure.Numbers
    closeAll "positions" 1e-15 [ 0.0; 0.0; 0.0; 2.82; 2.82; 2.82 ] structure.Positions
    equal (Cell.cubic 5.64 |> ok) structure.Cell

let private salt (behind: string) = $"NaCl\n1.0\n5 0 0\n0 5 0\n0 0 5\nNa Cl\n1 1\nDirect\n0 0 0\n.5 .5 .5\n{behind}"

let private poscarTests =
    testList
        "POSCAR"
        [ testTheory
              "Text behind coordinates is passed over"
              [ "labels", [ "f:9:7: passed over: text behind the coordinates" ]
                "oxidation", [ "f:9:7: passed over: text behind the coordinates" ]
                "site_text", [ "f:9:9: passed over: text behind the coordinates" ]
                "noseldyn_flags", [ "f:9:7: passed over: flags T and F without the line 'Selective dynamics' above" ]
                "noseldyn_label_flags",
                [ "f:9:10: passed over: flags T and F without the line 'Selective dynamics' above" ]
                "seldyn_dots", []
                "seldyn_lower", [] ]
              (fun (name, expected) ->
                  let structure, notices = readTrial $"poscar-trailing/{name}.vasp"
                  checkSalt structure
                  equal expected notices

                  if name.StartsWith "seldyn" then
                      let second = if name = "seldyn_dots" then [ true; false; false ] else [ true; true; false ]
                      let flags = Property.booleans ([ true; true; false ] @ second)
                      equal flags.Values structure.PerAtom["selective_dynamics"].Values
                  else
                      isFalse (structure.PerAtom.ContainsKey "selective_dynamics"))

          testCase "Restarts of dynamics keep their velocities" (fun () ->
              for name, notice in
                  [ "CONTCAR_nvt", "f:15: passed over: what a run of VASP keeps behind the velocities"
                    "CONTCAR_npt", "f:11: passed over: velocities of the lattice" ] do
                  let structure, notices = readTrial ("contcar-md/" + name)
                  checkSalt structure
                  equalSeq [ 0.001; 0.0; 0.0; -0.001; 0.0; 0.0 ] (reals "velocities" structure)
                  equal [ notice ] notices)

          testCase "Velocities in direct coordinates need the time step, which the restart data tell" (fun () ->
              let direct = "Direct\n.001 0 0\n0 -.002 0\n"
              let structures, _ = parse "vasp" usual (salt (direct + "\n1\n 0.5\n 0 0 0\n"))
              // Fractions of 5 Å in half a femtosecond.
              equalSeq [ 0.01; 0.0; 0.0; 0.0; -0.02; 0.0 ] (reals "velocities" structures.Head)
              let structures, notices = parse "vasp" usual (salt direct)
              isFalse (structures.Head.PerAtom.ContainsKey "velocities")
              contains "f:12: passed over: velocities in direct coordinates" (List.exactlyOne notices))

          testTheory
              "What VASP reads nothing of is told"
              [ "\n\nmade by hand\n", "f:13: passed over: text behind the atoms"
                "\n1 0 0 x\n0 0 0\n", "f:12:7: passed over: text behind three numbers"
                "\n\n\n1 0 0\n0 0 0\n", "" ]
              (fun (behind, notice) ->
                  let structures, notices = parse "vasp" usual (salt behind)
                  equal 2 structures.Head.Count
                  equal (if notice = "" then [] else [ notice ]) notices)

          testCase "A label that contradicts the counts is told" (fun () ->
              let text = (salt "").Replace(".5 .5 .5", ".5 .5 .5 O")
              let structures, notices = parse "vasp" usual text
              equalSeq [ 11; 17 ] structures.Head.Numbers
              equal [ "f:10:10: passed over: 'O' behind an atom that the counts make Cl" ] notices) ]

let private pdbTests =
    testList
        "PDB"
        [ testTheory "Lengths of 0 and blanks are no cell" [ "vmd_zero_cryst"; "blank_cryst" ] (fun name ->
              let structure, notices = readTrial $"pdb-cell-and-numbers/{name}.pdb"
              equal Cell.none structure.Cell
              equalSeq [ 8; 1; 1 ] structure.Numbers
              isEmpty notices)

          testCase "Each model may have a cell" (fun () ->
              let structures, notices = parse "pdb" usual (trial "pdb-cell-and-numbers/gmx_traj_crystmodels.pdb")
              equal [ Cell.cubic 30.0 |> ok; Cell.cubic 30.1 |> ok ] [ for s in structures -> s.Cell ]
              isEmpty notices
              let again, _ = Pdb.format structures |> ok |> parse "pdb" usual
              equal structures again)

          testCase "Frames may end by END and ENDMDL alone" (fun () ->
              let atom x = $"ATOM      1  O   HOH A   1     {x}.000   0.000   0.000  1.00  0.00           O\n"

              for stop in [ "END\n"; "ENDMDL\n" ] do
                  let structures, _ = parse "pdb" usual (atom "  1" + stop + atom "  2" + stop)
                  equal [ 1.0; 2.0 ] [ for s in structures -> s.Positions[0] ])

          testCase "Numbers too wide for their columns are hybrid-36 or stars" (fun () ->
              let structure, notices = readTrial "pdb-cell-and-numbers/hybrid36.pdb"
              equal (Property.integers [ 9999L; 10000L; 10000L ]) structure.PerAtom["residue_number"]
              equalSeq [ 8; 1; 1 ] structure.Numbers
              isEmpty notices
              let structure, notices = readTrial "pdb-cell-and-numbers/stars.pdb"
              equalSeq [ 8; 1 ] structure.Numbers
              isFalse (structure.PerAtom.ContainsKey "residue_number")
              equal [ "f:1: passed over: residue numbers, as not every atom has one" ] notices)

          testTheory
              "Hybrid-36 as it is published"
              [ 4, "A000", 10000L
                4, "ZZZZ", 1223055L
                4, "a000", 1223056L
                4, "zzzz", 2436111L
                5, "A0000", 100000L
                5, "zzzzz", 87440031L ]
              (fun (width, text, number) ->
                  let mutable found = 0L
                  isTrue (Hybrid36.tryRead width text &found)
                  equal number found
                  equal (Some text) (Hybrid36.tryWrite width number))

          property "Hybrid-36 both ways" (Gen.choose (-9999, 87440031) |> Gen.map int64) (fun number ->
              match Hybrid36.tryWrite 5 number with
              | Some text ->
                  let mutable found = 0L
                  text.Length = 5 && Hybrid36.tryRead 5 (text.Trim()) &found && found = number
              | None -> false)

          testCase "Records unknown are passed over, one notice for each kind" (fun () ->
              let structure, notices = readTrial "pdb-cell-and-numbers/user_record.pdb"
              equal (Cell.cubic 10.0 |> ok) structure.Cell
              equalSeq [ 8 ] structure.Numbers
              equal [ "f:1:1: passed over: records 'USER'"; "f:4:1: passed over: records 'EPRECO'" ] notices)

          testCase "One of the alternate locations is read" (fun () ->
              let at location =
                  let options = { usual with AlternateLocation = location }
                  let structure, notices = readWith options "near-coincident/altloc.pdb"
                  [ for i in 0 .. structure.Count - 1 -> structure.Positions[3 * i] ], notices

              let told chosen =
                  $"f:2: alternate locations: read {chosen}, passed over 1 of 2 atoms at others "
                  + "(--altloc names another, or all)"

              equal ([ 0.0 ], [ told "A" ]) (at "")
              equal ([ 0.3 ], [ told "B" ]) (at "B")
              equal ([ 0.0; 0.3 ], []) (at "all")
              equal ([ 0.0 ], [ "f:2: no alternate location 'C'"; told "A" ]) (at "C"))

          testCase "A residue without A is read at its first location, and blanks always" (fun () ->
              let atom residue location =
                  $"ATOM      1  C  {location}ALA A{residue, 4}       1.000   0.000   0.000  1.00  0.00           C\n"

              let text = [ 1, " "; 1, "C"; 1, "B"; 2, "B"; 2, "A"; 3, "B" ] |> List.map (fun (r, l) -> atom r l)
              let structures, _ = parse "pdb" usual (String.concat "" text)
              let locations = structures.Head.PerAtom["altloc"].Values
              equal (Texts(ImmutableArray.Create("", "C", "A", "B"))) locations)

          testCase "Old files have other things in the columns of the element" (fun () ->
              let atom = "ATOM      1  CA  ALA A   1      11.104   6.134  -6.504  1.00 10.50      1CRN  70\n"
              let structures, _ = parse "pdb" usual atom
              equalSeq [ 6 ] structures.Head.Numbers) ]

let private xyzTests =
    testList
        "XYZ"
        [ testTheory "Deuterium is hydrogen of its mass" [ "heavy.pdb"; "heavy.extxyz" ] (fun name ->
              let structure, notices = readTrial ("deuterium/" + name)
              equalSeq [ 8; 1; 1 ] structure.Numbers
              equalSeq [ 15.999; 2.0141017778; 2.0141017778 ] (reals "masses" structure)
              isEmpty notices
              // What was read is written and read as the same.
              let format = Formats.ofName (ending name) |> ok
              let text = format.Pieces WritingOptions.strict [ structure ] |> String.concat ""
              equal structure (parse (ending name) usual text |> fst |> List.exactlyOne))

          testCase "Symbols in capitals" (fun () ->
              let structure, notices = readTrial "xyz-caps-and-columns/crest_caps.xyz"
              equalSeq [ 28; 17; 17 ] structure.Numbers
              equal [ "f:3:1: 'NI' is read as Ni"; "f:4:1: 'CL' is read as Cl" ] notices
              let structures, _ = parse "xyz" usual "2\n\nCO 0 0 0\nNA 1 1 1\n"
              equalSeq [ 27; 11 ] structures.Head.Numbers)

          testCase "Columns behind z" (fun () ->
              let structure, notices = readTrial "xyz-caps-and-columns/plain_extra_cols.xyz"
              equalSeq [ 11; 17 ] structure.Numbers
              equalSeq [ 0.0; 0.0; 0.0; 2.5; 2.5; 2.5 ] structure.Positions
              equal [ "f:3:10: passed over: columns behind z, as no Properties name them" ] notices)

          testCase "Keys in any case, and numbers in place of symbols" (fun () ->
              let structure, _ = readTrial "gpumd-keys/lower_keys.xyz"
              equalSeq [ 11; 17 ] structure.Numbers
              equal (Cell.cubic 5.0 |> ok) structure.Cell
              equal (Property.real -3.0) structure.Info["energy"]
              equal (Property.integers [ 1L; 0L; 0L; 0L; 1L; 0L; 0L; 0L; 1L ]) structure.Info["virial"]
              equalSeq [ 0.0; 0.0; 0.1; 0.0; 0.0; -0.1 ] (reals "force" structure)
              let structure, _ = readTrial "gpumd-keys/gpumd_numbers.xyz"
              equalSeq [ 11; 17 ] structure.Numbers
              equalSeq [ true; true; false ] structure.Cell.Periodic
              equalSeq [ 22.99; 35.45 ] (reals "mass" structure))

          testCase "Keys twice with one value, zeros behind a lattice, vectors of zeros" (fun () ->
              let read comment = parse "extxyz" usual $"1\n{comment}\nH 0 0 0\n"
              let structures, notices = read "energy=1.5 Lattice=\"4 0 0 0 4 0 0 0 4 0 0 0\" energy=1.5 pbc=\"t t f\""
              equal (Property.real 1.5) structures.Head.Info["energy"]
              equalSeq [ true; true; false ] structures.Head.Cell.Periodic
              equalSeq (Cell.cubic 4.0 |> ok).Vectors structures.Head.Cell.Vectors

              equal
                  [ "f:2:46: passed over: the key 'energy' a second time with the same value"
                    "f:2:20: passed over: zeros behind the nine numbers of Lattice" ]
                  notices

              let structures, _ = read "Lattice=\"4 0 0 0 4 0 0 0 0\" energy=1"
              equalSeq [ true; true; false ] structures.Head.Cell.Periodic
              let structures, _ = read "Lattice=\"0 0 0 0 0 0 0 0 0\" energy=1"
              equal Cell.none structures.Head.Cell
              let message = refusal "extxyz" usual "1\nLattice=\"4 0 0 0 4 0 0 0 4 1 0 0\" a=1\nH 0 0 0\n"
              equal "f:2:9: found Lattice of integer [12], expected 9 numbers, or 3 for a rectangular cell" message) ]

let private water (structure: Structure) =
    equalSeq [ 8; 1; 1 ] structure.Numbers
    equal (Cell.cubic 10.0 |> ok) structure.Cell

    for i in 0..2 do
        equal 5.0 structure.Positions[3 * i]

let private byMass = "elements by their masses: type 1 is O (15.9994), type 2 is H (1.008)"

/// A data file with every quantity, in numbers of these units.
let private inUnits (units: LammpsUnits) (structure: Structure) : string =
    let text (x: float) = Numerals.ofReal x
    let row (values: float seq) = values |> Seq.map text |> String.concat " "
    let v name = reals name structure
    let p = structure.Positions |> Seq.map (fun x -> x / units.Length) |> Array.ofSeq
    let cell = structure.Cell.Vectors |> Seq.map (fun x -> x / units.Length) |> Array.ofSeq

    let atoms =
        [ for i in 0 .. structure.Count - 1 ->
              $"""{i + 1} {i + 1} {text ((v "charges")[i] / units.Charge)} {row p[3 * i .. 3 * i + 2]}""" ]

    let moving =
        [ for i in 0 .. structure.Count - 1 ->
              let three = [ for k in 0..2 -> (v "velocities")[3 * i + k] / units.Velocity ]
              $"{i + 1} {row three}" ]

    let masses = [ for i in 0 .. structure.Count - 1 -> $"""{i + 1} {text ((v "masses")[i] / units.Mass)}""" ]

    let lines =
        [ $"made by hand, units = {units.Name}"
          $"{structure.Count} atoms"
          $"{structure.Count} atom types"
          $"{row cell[0..2]} avec"
          $"{row cell[3..5]} bvec"
          $"{row cell[6..8]} cvec" ]
        @ [ ""; "Masses"; "" ]
        @ masses
        @ [ ""; "Atoms # charge"; "" ]
        @ atoms
        @ [ ""; "Velocities"; "" ]
        @ moving

    String.concat "\n" lines + "\n"

let private lammpsTests =
    testList
        "LAMMPS"
        [ testCase "Styles of data files, named, guessed and given" (fun () ->
              for name in [ "angle_style"; "bond_style"; "real_units" ] do
                  let structure, notices = readTrial $"lammps-data-style/{name}.data"
                  water structure
                  equal [ byMass ] [ for notice in notices -> notice.Substring(notice.IndexOf ' ' + 1) ]
                  equal (Property.integers [ 1L; 1L; 1L ]) structure.PerAtom["molecule"]

              let structure, notices = readTrial "lammps-data-style/nostyle_full.data"
              water structure
              equalSeq [ -0.8; 0.4; 0.4 ] (reals "charges" structure)

              contains
                  "the style of atoms is not said: full, by the 7 columns (--style names another)"
                  (String.concat "\n" notices)

              let given = { usual with Style = "sphere" }
              let sphere = readWith given "lammps-data-style/nostyle_full.data" |> fst
              equalSeq [ 1.0; 2.0; 2.0 ] (reals "diameter" sphere)
              let name = "lammps-data-style/ase_style.data"

              contains
                  "expected its element: Masses, a symbol as label, or the option --types"
                  (refusal "data" usual (trial name))

              checkSalt (readWith { usual with Types = [ "Na"; "Cl" ] } name |> fst))

          testCase "Units are those of the file, or of whoever reads it" (fun () ->
              let name = "lammps-data-style/real_units.data"
              let structure = readTrial name |> fst
              equalSeq [ 0.001; 0.0; 0.0; 0.0; 0.001; 0.0; 0.0; 0.0; 0.001 ] (reals "velocities" structure)
              let comment = "LAMMPS data file via write_data, version 29 Aug 2024, timestep = 1000"
              equal (Property.text comment) structure.Info["comment"]
              let structure, notices = readWith { usual with Units = "metal" } name
              equal 1e-6 (first "velocities" structure)
              contains "f:1: read in units metal, though the file says real" (String.concat "\n" notices)
              let text = (trial name).Replace(", units = real", "")
              let structures, notices = parse "data" usual text
              equal 1e-6 (first "velocities" structures.Head)
              contains "the units are not said: metal, velocities in Å/ps" (String.concat "\n" notices)
              contains "'imperial', expected one of metal" (refusal "data" { usual with Units = "imperial" } text))

          testTheory "Every unit style with a size is read" LammpsUnits.names (fun name ->
              let units = LammpsUnits.tryName name |> Option.get
              let cell = Cell.createOrFail [| 0.0; 4.1; 0.3; 4.0; 0.0; 4.2; 3.9; 4.0; 0.1 |] (true, true, true)
              let put name property = Structure.withPerAtom name property >> ok
              let velocities = Property.rows 3 [ for i in 0..5 -> float (i - 2) / 700.0 ] |> ok

              let structure =
                  Structure.ofSymbols [ "Si"; "O" ] [ (0.1, -0.2, 0.3); (2.0, 1.0, 0.5) ] cell
                  |> ok
                  |> put "masses" (Property.reals [ 28.0855; 15.9994 ])
                  |> put "charges" (Property.reals [ 1.2; -1.2 ])
                  |> put "velocities" velocities

              let again = parse "data" usual (inUnits units structure) |> fst |> List.exactlyOne
              equalSeq structure.Numbers again.Numbers
              closeAll "vectors" 1e-14 cell.Vectors again.Cell.Vectors
              closeAll "positions" 1e-14 structure.Positions again.Positions

              for property in [ "masses"; "charges"; "velocities" ] do
                  closeAll property 1e-14 (reals property structure) (reals property again))

          testCase "Units in numbers of the manual" (fun () ->
              let unit name = LammpsUnits.tryName name |> Option.get
              // A centimetre, a gram, a statcoulomb, a dyne; a picogram, a picocoulomb; an attogram.
              close "cm" 1e-6 1e8 (unit "cgs").Length
              close "g" 1e15 6.02214076e23 (unit "cgs").Mass
              close "statC" 10.0 2.08194333e9 (unit "cgs").Charge
              close "dyne" 1e-3 6241.509074 (unit "cgs").Force
              close "pg" 1e3 6.02214076e11 (unit "micro").Mass
              close "pC" 1e-2 6241509.074 (unit "micro").Charge
              close "pg µm/µs²" 1e-6 0.6241509074 (unit "micro").Force
              close "ag" 1e-3 602214.076 (unit "nano").Mass
              close "kcal/mol" 1e-8 0.0433641043 (unit "real").Force
              close "Ha/bohr" 1e-6 51.4220675 (unit "electron").Force
              close "m/s" 1e-20 1e-5 (unit "si").Velocity)

          testCase "General cells, and an origin" (fun () ->
              let vectors = [ 0.0; 2.7155; 2.7155; 2.7155; 0.0; 2.7155; 2.7155; 2.7155; 0.0 ]
              let data = readTrial "lammps-data-style/general_tri.data" |> fst
              let dump = readTrial "lammps-dump-types/general.dump" |> fst

              for structure in [ data; dump ] do
                  equalSeq vectors structure.Cell.Vectors
                  isFalse (structure.Info.ContainsKey "origin")

              equalSeq [ 14; 14 ] data.Numbers
              equalSeq [ 0.0; 0.0; 0.0; 1.35775; 1.35775; 1.35775 ] data.Positions

              let text =
                  (trial "lammps-dump-types/general.dump")
                      .Replace("x y z", "xs ys zs")
                      .Replace("Si 0 0 0", "Si .5 0 0")

              let structures, _ = parse "dump" usual (text.Replace("2.7155 0 2.7155 0", "2.7155 0 2.7155 -1"))
              equalSeq [ 0.0; 2.7155 / 2.0 - 1.0; 2.7155 / 2.0 ] structures.Head.Positions
              equal (Property.reals [ 0.0; -1.0; 0.0 ]) structures.Head.Info["origin"]
              let text = (trial "lammps-data-style/general_tri.data").Replace("2.7155 2.7155 0.0 cvec", "")
              equal "f:18: found no cvec, expected avec, bvec and cvec in the header" (refusal "data" usual text))

          testCase "Elements of a dump: symbols, masses, labels, and never types" (fun () ->
              let structure, notices = readTrial "lammps-dump-types/cstress.dump"
              equalSeq [ 14; 8 ] structure.Numbers

              equal
                  [ "f:10:5: elements by their masses: one is O (15.9994)"
                    "f:11:5: elements by their masses: one is Si (28.0855)" ]
                  notices

              let structure, _ = readTrial "lammps-dump-types/type_label.dump"
              equalSeq [ 11; 17 ] structure.Numbers
              let name = "lammps-dump-types/notype_el.dump"

              contains
                  "f:14: found no elements, expected a column element or mass, or the option --types"
                  (refusal "dump" usual (trial name))

              let structure, _ = readWith { usual with Types = [ "Si"; "D" ] } name
              equalSeq [ 14; 1 ] structure.Numbers
              closeAll "positions" 1e-14 [ 0.0; 2.0; 0.0; 10.0; -2.0; 0.0 ] structure.Positions
              equalSeq [ 28.085; 2.0141017778 ] (reals "masses" structure)
              let structure, _ = readTrial "lammps-dump-types/real.dump"
              equalSeq [ 1.0; 2.0; 3.0 ] structure.Positions)

          testCase "The units of a dump stand above its first frame" (fun () ->
              let frame = "ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n1\nITEM: BOX BOUNDS pp pp pp\n0 4\n0 4\n0 4\n"
              let frame = frame + "ITEM: ATOMS element x y z vx vy vz fx fy fz\nH 1 0 0 2 0 0 1 0 0\n"
              let read units options = parse "dump" options (units + frame + frame)
              let structures, notices = read "ITEM: UNITS\nreal\n" usual
              isEmpty notices

              for structure in structures do
                  equal 2.0 (first "velocities" structure)
                  close "force" 1e-9 0.0433641043 (first "forces" structure)

              let structures, notices = read "" usual
              equal 0.002 (first "velocities" structures[1])
              equal 1.0 (first "forces" structures[1])
              contains "the units are not said: metal" (List.exactlyOne notices)
              let structures, notices = read "" { usual with Units = "electron" }
              close "position" 1e-9 0.529177211 structures.Head.Positions[0]
              close "velocity" 1e-9 1.058354422 (first "velocities" structures.Head)
              contains "bohr/fs" (List.exactlyOne notices)
              // A file that is written says them.
              let text = LammpsDump.format structures |> ok
              isEmpty (parse "dump" usual text |> snd))

          testCase "The types of a dump are those of a data file" (fun () ->
              let path = fixture "trials/lammps-data-style/angle_style.data"
              equal [ "O"; "H" ] (LammpsData.symbolsOf usual path |> ok))

          testCase "What says nothing of atoms is passed over with one notice" (fun () ->
              let text =
                  (trial "lammps-data-style/angle_style.data")
                      .Replace("3 atoms", "3 atoms\n2 bonds\n1 angles\n4 crossterms")
                  + "\nBonds\n\n1 1 1 2\n2 1 1 3\n\nAngles\n\n1 1 2 1 3\n\nCMAP\n\n1 1 1 2 3 1 2\n"
                  + "\nPair Coeffs\n\n1 0.1 3.1\n"

              let structures, notices = parse "data" usual text
              water structures.Head
              contains "f:6: passed over: 'crossterms', Bonds, Angles, Pair Coeffs" (String.concat "\n" notices))

          property
              "A turned data file gives back velocities and all else"
              (Gen.zip bareStructures (Gen.choose (1, 62)))
              (fun (structure, tenths) ->
                  let angle = float tenths / 10.0
                  let c, s = cos angle, sin angle

                  let cell =
                      Cell.createOrFail [| 5.0 * c; 0; 5.0 * s; 0; 6; 0; -7.0 * s; 0.1; 7.0 * c |] (true, true, true)

                  let n = structure.Count

                  // A data file has an atom at least, and knows each element.
                  if n > 0 && cell.Determinant > 0.0 && Seq.forall (fun z -> z > 0) structure.Numbers then
                      let moving = Property.rows 3 [ for i in 0 .. 3 * n - 1 -> float (i % 7 - 3) / 901.0 ] |> ok
                      let inside = structure.Positions |> Seq.map (fun x -> Math.IEEERemainder(x, 50.0))
                      let charges = Property.reals [ for i in 1..n -> float i / 3.0 ]

                      let structure =
                          Structure.createWith
                              structure.Numbers
                              (ImmutableArray.CreateRange inside)
                              cell
                              [ "velocities", moving; "charges", charges ]
                              [ "comment", Property.text "turned" ]
                          |> ok

                      let format = Formats.ofName "data" |> ok
                      let text = format.Pieces (WritingOptions.keeping ignore) [ structure ] |> String.concat ""
                      let again = parse "data" usual text |> fst |> List.exactlyOne
                      closeAll "vectors" 1e-13 cell.Vectors again.Cell.Vectors
                      closeAll "positions" 1e-12 structure.Positions again.Positions
                      closeAll "velocities" 1e-16 (reals "velocities" structure) (reals "velocities" again)
                      equal charges again.PerAtom["charges"]
                      equal structure.Info["comment"] again.Info["comment"]

                  true) ]

let private kept =
    testList
        "kept"
        [ // A structure in each format with all that the format holds, and what reading tells of it.
          testCase "What is read is written and read as the same" (fun () ->
              for name in
                  [ "poscar-trailing/seldyn_dots.vasp"
                    "contcar-md/CONTCAR_nvt"
                    "pdb-cell-and-numbers/hybrid36.pdb"
                    "pdb-cell-and-numbers/vmd_zero_cryst.pdb"
                    "near-coincident/altloc.pdb"
                    "xyz-caps-and-columns/crest_caps.xyz"
                    "gpumd-keys/lower_keys.xyz"
                    "gpumd-keys/gpumd_numbers.xyz"
                    "lammps-data-style/bond_style.data"
                    "lammps-data-style/real_units.data"
                    "lammps-data-style/nostyle_full.data"
                    "lammps-dump-types/cstress.dump"
                    "lammps-dump-types/real.dump" ] do
                  let structure, _ = readTrial name
                  let format = Formats.ofName (ending name) |> ok
                  let text = format.Pieces WritingOptions.strict [ structure ] |> String.concat ""
                  let again, notices = parse (ending name) usual text
                  Expect.isTrue (same structure (List.exactlyOne again)) name
                  // Masses still tell the elements, which is no news of a file that names them.
                  Expect.isEmpty notices name) ]

[<Tests>]
let tests = testList "RealFile" [ poscarTests; pdbTests; xyzTests; lammpsTests; kept ]
