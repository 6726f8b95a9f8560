/// Files of ASE and NumPy and by hand, and what is wrong with bad ones.
module Noether.Tests.FormatFixtureTests

open System
open System.Collections.Immutable
open System.IO
open System.IO.Compression
open System.Text
open System.Text.Json
open Expecto
open Noether.Domain
open Noether.Tests.DomainChecks

let private contents = json "files/contents.json"

let private file name = fixture ("files/" + name)

/// Cell and positions are recomputed from lengths, angles and fractions, in another order of operations: a few units of
/// the last place of numbers near 10.
let private tolerance = 1e-14

let private nearAll (expected: float seq) (actual: float seq) =
    equal (Seq.length expected) (Seq.length actual)

    for e, a in Seq.zip expected actual do
        Expect.isTrue (near tolerance e a) $"{a:R} is not {e:R}"

let private header = "c\n1.0\n4 0 0\n0 4 0\n0 0 4\n"

let private poscar (text: string) = Poscar.parseBytes "f" (Encoding.UTF8.GetBytes text)

/// The message without the folder of the file.
let private messageOf (result: Result<'T, NoetherError>) name =
    (result |> error |> NoetherError.message).Replace(file name, name)

let private cif (text: string) = Cif.parseBytes "f" (Encoding.UTF8.GetBytes text)

let private cubic =
    "data_a\n_cell_length_a 4(1)\n_cell_length_b 4\n_cell_length_c 4\n"
    + "_cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma 90\n"

let private site = "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"

/// An array as `contents.json` has it.
let private checkArray (expected: Entry) (array: NpyArray) =
    let descr = string ((expected.GetProperty "dtype").GetString())
    equal (descr.Substring 1) array.Data.TypeName
    let shape = [ for n in (expected.GetProperty "shape").EnumerateArray() -> n.GetInt32() ]
    equal shape array.Shape
    equalSeq (numbers (expected.GetProperty "value")) (NpyArray.toReals array)

/// A .npy file of version 1 with this header and so many bytes of data.
let private npy (header: string) (data: int) =
    let text = Encoding.Latin1.GetBytes header

    Array.concat
        [ [| 0x93uy |]
          "NUMPY\001\000"B
          [| byte text.Length; byte (text.Length / 256) |]
          text
          Array.zeroCreate data ]

/// A ZIP archive with members of this content.
let private zip (members: (string * byte[]) list) =
    use memory = new MemoryStream()

    (use archive = new ZipArchive(memory, ZipArchiveMode.Create, true)

     for name, bytes in members do
         use stream = archive.CreateEntry(name).Open()
         stream.Write(bytes, 0, bytes.Length))

    memory.ToArray()

[<Tests>]
let tests =
    testList
        "FormatFixture"
        [ testTheory
              "Atoms and cells are what ASE reads"
              [ "direct.POSCAR"
                "cartesian.POSCAR"
                "selective.POSCAR"
                "scaled.POSCAR"
                "three_scales.POSCAR"
                "vasp4.POSCAR"
                "written.cif"
                "symmetry.cif" ]
              (fun name ->
                  let expected = (contents.GetProperty name).GetProperty("frames")[0]
                  let structure = Formats.read (file name) |> ok |> List.exactlyOne
                  equalSeq (numbers (expected.GetProperty "numbers") |> List.map int) structure.Numbers
                  nearAll (numbers (expected.GetProperty "cell")) structure.Cell.Vectors
                  nearAll (numbers (expected.GetProperty "positions")) structure.Positions

                  for periodic in structure.Cell.Periodic do
                      isTrue periodic)

          testCase "Cartesian coordinates of a POSCAR keep their bits" (fun () ->
              let expected = (contents.GetProperty "cartesian.POSCAR").GetProperty("frames")[0]
              let structure = Poscar.read (file "cartesian.POSCAR") |> ok
              equalSeq (numbers (expected.GetProperty "positions")) structure.Positions
              equalSeq (numbers (expected.GetProperty "cell")) structure.Cell.Vectors)

          testTheory "Line ends of either kind are read" [ "selective.POSCAR"; "symmetry.cif" ] (fun name ->
              let parse bytes =
                  if name.EndsWith ".cif" then
                      Cif.parseBytes "f" bytes
                  else
                      Poscar.parseBytes "f" bytes |> Result.map List.singleton

              let text = File.ReadAllText(file name)

              let structure (text: string) =
                  parse (Encoding.UTF8.GetBytes text) |> ok |> List.exactlyOne |> Structure.bare

              equal (structure text) (structure (text.Replace("\n", "\r\n"))))

          testCase "Selective dynamics is an atom property" (fun () ->
              let structure = Poscar.read (file "selective.POSCAR") |> ok
              let property = structure.PerAtom["selective_dynamics"]
              equal [ 7; 3 ] property.Shape
              // ASE's constraint fixes atoms 0 and 3.
              let moves = [ for atom in 0..6 -> atom <> 0 && atom <> 3 ]
              equal (Property.booleans (moves |> List.collect (List.replicate 3))).Values property.Values)

          testCase "Velocities are an atom property, whatever line is above them" (fun () ->
              for above in [ ""; "Cartesian" ] do
                  let structure = poscar (header + $"H\n2\nD\n0 0 0\n.5 0 0\n{above}\n1 2 3\n4 5 6\n\n") |> ok
                  equal (Property.rows 3 [ 1.0 .. 6.0 ] |> ok) structure.PerAtom["velocities"]

              isTrue (poscar (header + "H\n1\nD\n0 0 0\n\n\n") |> ok).PerAtom.IsEmpty)

          testCase "Symbols behind coordinates, names of potentials and remarks are read" (fun () ->
              let structure =
                  poscar "c\n 2.0 ! scale\n2 0 0 # a\n0 2 0\n0 0 2\n Si_pv O/0a1b\n1 1\nk\n0 0 0 Si\n0 .5 0 O ! last"
                  |> ok

              equalSeq [ 14; 8 ] structure.Numbers
              equalSeq [ 0.0; 0.0; 0.0; 0.0; 1.0; 0.0 ] structure.Positions)

          testTheory
              "Malformed structures are refused with line and column"
              [ "bad_counts.POSCAR", "bad_counts.POSCAR:7:1: found 1 counts, expected 2, one for each symbol"
                "bad_short.POSCAR",
                "bad_short.POSCAR:9: found the end of the text after 1 of 2 atoms, expected a line for each atom"
                "bad_singular.POSCAR",
                "bad_singular.POSCAR:3:1: invalid cell [1 0 0; 2 0 0; 0 0 1] Å, expected linearly independent vectors"
                "bad_loop.cif",
                "bad_loop.cif:13:1: found the end of the loop after 3 values of a row, expected 4, one for each tag"
                "bad_angle.cif",
                "bad_angle.cif:5:19: the angles of the cell is (20, 30, 170), expected each less than the sum of the other two, and a sum below 360 degrees" ]
              (fun (name, message) -> equal message (messageOf (Formats.read (file name)) name))

          testTheory
              "Malformed arrays are refused with the byte"
              [ "bad_magic.npy", "bad_magic.npy:1:1: found '\\x93NUMPX', expected the mark of a .npy file, \\x93NUMPY"
                "truncated.npy",
                "truncated.npy:1:9: found a header of 118 bytes, expected at most 65536, and no more than the 100 bytes of the file" ]
              (fun (name, message) -> equal message (messageOf (Npy.read (file name)) name))

          testTheory
              "A bad POSCAR is refused with line and column"
              [ "c\n0\n", "f:2:1: found '0', expected one scale other than 0, or three positive ones"
                "c\n1 2\n", "f:2:1: found '1 2', expected one scale other than 0, or three positive ones"
                "c\n1 2 -3\n", "f:2:1: found '1 2 -3', expected one scale other than 0, or three positive ones"
                "c\n1\n1 0\n",
                "f:3:4: found the end of the line after 2 words, expected three numbers: lattice vector 1 of 3"
                "c\n1\n1 0 zero\n", "f:3:5: found 'zero', expected a finite number: lattice vector 1 of 3"
                "H\n-8\n1 0 0\n0 0 0\n0 0 1\n1\nd\n0 0 0",
                "f:3:1: invalid cell [1 0 0; 0 0 0; 0 0 1] Å, expected a vector that is not zero along axis 1, which is periodic"
                "c\n1\n4 0 0\n0 4 0\n0 0 4\n1\n",
                "f:6:1: found '1', expected a line of symbols above them, or (VASP 4) as many symbols and nothing else in the first line"
                "c\n1\n4 0 0\n0 4 0\n0 0 4\nQq\n1\n",
                "f:6:1: unknown element 'Qq', expected a symbol from H to Og, X, or an atomic number from 0 to 118"
                "c\n1\n4 0 0\n0 4 0\n0 0 4\nH\n-1\n", "f:7:1: found '-1', expected a number of atoms"
                "c\n1\n4 0 0\n0 4 0\n0 0 4\nH\n1\nfree\n", "f:8:1: found 'free', expected Direct or Cartesian"
                "c\n1\n4 0 0\n0 4 0\n0 0 4\nH\n1\nd\n0 0 inf", "f:9:5: found 'inf', expected a finite coordinate"
                "c\n1\n4 0 0\n0 4 0\n0 0 4\nH\n1\ns\nd\n0 0 0 T T x", "f:10:11: found 'x', expected T or F"
                "c\n1\n4 0 0\n0 4 0\n0 0 4\nH\n1 x\ns\nd\n0 0 0 Fe T T", "f:10:7: found 'Fe', expected T or F"
                "c\n1\n4 0 0\n0 4 0\n0 0 4\nH O\n1 x\nd\n0 0 0", "f:7:3: found 'x', expected a number of atoms"
                "c\n1\n4 0 0\n0 4 0\n0 0 4\nH\n1\nd\n0 0 0\n0 0 1",
                "f:10:1: found '0 0 1', expected the end, or velocities, behind 1 atoms"
                "c\n1\n4 0 0\n0 4 0\n0 0 4\nH\n1\nd\n0 0 0\n\n0 0 0\n1 0 0\n",
                "f:12:1: found text behind 1 velocities, expected a blank line, or the end"
                "c\n1\n4 0 0\n0 4 0\n0 0 4\nH\n1\nd\n0 0 0\nLattice\n1\n0 0 0\n",
                "f:12: found the end of the text, expected three velocities and three vectors of the lattice" ]
              (fun (text, message) -> equal message (poscar text |> error |> NoetherError.message))

          testCase "Text fields, quotes, remarks, upper case and blocks without atoms are read" (fun () ->
              let text =
                  "#\\#CIF_1.1\ndata_words\n_title\n;a long 'title'\n_cell_length_a loop_\n;\n_name 'it's # 5' # remark\n"
                  + cubic.Replace("_cell", "_CELL")
                  + "_odd 'a''b' _other \"x\" LOOP_ _a _b 1 2 3 . "
                  + site
                  + "Fe2+ .5 1(2) ?\n".Replace("?", "0")

              let structure = cif text |> ok |> List.exactlyOne
              equalSeq [ 26 ] structure.Numbers
              equalSeq [ 2.0; 4.0; 0.0 ] structure.Positions)

          testCase "Special positions are one atom, general ones are as many as operations" (fun () ->
              // Hexagonal: a threefold axis through (1/3, 2/3), given to four digits.
              let hexagonal =
                  cubic.Replace("gamma 90", "gamma 120")
                  + "loop_\n_symmetry_equiv_pos_as_xyz\n'x,y,z' '-Y,+X-Y,z' '-x+y,-x,z'\n"

              let sites text = (cif (hexagonal + site + text) |> ok).Head.Count
              equal 1 (sites "C .3333 .6667 0")
              equal 3 (sites "C .3 .6667 0")
              equal 1 (sites "C 0 0 .1")
              equal 4 (sites "C 0 0 .1\nO .1 .1 .1"))

          testTheory
              "Operations are read or refused"
              [ "x, y", false
                "x, y, z, x", false
                "x, x, z", false
                "x, y, z+z", false
                "x, y, 2z", false
                "x, y, z+", false
                "x, y, 1/0+z", false
                "x, y, 1/2", false
                "x, y, z1/2", false
                "1/2-x, .5 + Y, z - 1/3", true ]
              (fun (text, good) ->
                  let result =
                      cif (
                          cubic + $"loop_\n_space_group_symop_operation_xyz\n'x,y,z'\n'{text}'\n" + site + "C .1 .2 .4"
                      )

                  if good then
                      let expected = [ 0.1; 0.2; 0.4; 0.4; 0.7; 0.4 - 1.0 / 3.0 ] |> List.map ((*) 4.0)
                      nearAll expected (ok result).Head.Positions
                  else
                      let message = result |> error |> NoetherError.message

                      equal
                          $"f:11:1: found '{text}', expected an operation such as 'x, y+1/2, -z' that keeps volumes"
                          message)

          testTheory
              "A bad CIF is refused with line and column"
              [ "_a", "f:8:1: found '_a' before the end of the text, expected a value behind the tag"
                "_a 1 2", "f:8:6: found '2', expected a tag or loop_ before the value"
                "_a 1\n_A 2", "f:9:1: found the tag '_a' a second time, expected each tag once in a block"
                "_a 'b c",
                "f:8:4: found a quote that is never closed, expected its closing quote on the same line, then a blank"
                "_a\n;b\nc", "f:9:1: found a text field that is never closed, expected a line that begins with ';'"
                "loop_ 1", "f:8:1: found 'loop_' before '1', expected the tags of the loop behind it"
                "loop_ _a", "f:8:1: found a loop without values, expected a value for each tag"
                "save_x", "f:8:1: found 'save_x', expected data_, loop_, a tag or a value, as dictionaries are not read"
                "_b 2", "f:8: found no atom sites, expected a data block with _atom_site_fract_x"
                "_atom_site_fract_x 0", "f:1:1: found the block 'data_a', expected _atom_site_fract_y in it"
                "SITE C 0 0 1(x)",
                "f:14:7: found '1(x)', expected a finite number, perhaps with its uncertainty in brackets"
                "SITE C 0 0 ?", "f:14:7: found '?', expected a finite number, perhaps with its uncertainty in brackets"
                "SITE Qq1 0 0 0",
                "f:14:1: unknown element 'Qq1', expected a symbol from H to Og, X, or an atomic number from 0 to 118"
                "_space_group_IT_number 231 SITE C 0 0 0",
                "f:8:24: found '231', expected the number of a space group, 1 to 230"
                "_space_group_name_H-M_alt 'F m -7 m' SITE C 0 0 0",
                "f:8:27: found 'F m -7 m', expected a space group of the International Tables, or the operations listed"
                "_symmetry_Int_Tables_number 140 _space_group_name_H-M_alt 'I 4/m m m' SITE C 0 0 0",
                "f:8:59: found 'I 4/m m m', I 4/m m m (139), expected a name of the group 140, as its number is given"
                "_space_group_name_H-M_alt 'P 6/m m m' SITE C 0 0 0",
                "f:8:27: the cell has the lengths 4, 4, 4 and the angles 90, 90, 90, expected those that the operations of P 6/m m m (191) keep"
                "_space_group_name_Hall '-P 5' SITE C 0 0 0",
                "f:8:24: found '5' in the Hall symbol '-P 5', expected a rotation of order 1, 2, 3, 4 or 6, with its axis and translations"
                "_symmetry_equiv_pos_as_xyz '-x,y,z' SITE C 0 0 0",
                "f:8:28: found '-x,y,z', expected the operation 'x, y, z' among the operations"
                "loop_ _symmetry_equiv_pos_as_xyz 'x,y,z' '-x,y,z' SITE C .1 0 0 O .9 0 0",
                "f:14:12: found site 'O' on the place of site 'C', expected one element, or occupancies that sum to 1"
                "_atom_site_occupancy .5 SITE C 0 0 0",
                "f:14:3: found the place of site 'C' half occupied (0.5 C), expected more or less than half of it, as a structure has whole atoms: list one ordered arrangement" ]
              (fun (text, message) ->
                  let text = cubic + text.Replace("SITE ", "\n" + site)
                  equal message (cif text |> error |> NoetherError.message))

          testTheory
              "Arrays are what NumPy wrote"
              [ "c_order.npy"; "fortran_order.npy"; "int32_scalar.npy" ]
              (fun name -> checkArray (contents.GetProperty name) (Npy.read (file name) |> ok))

          testTheory "Archives are what NumPy wrote" [ "several.npz"; "compressed.npz" ] (fun name ->
              let members = (contents.GetProperty name).GetProperty "members"
              let arrays = Npz.read (file name) |> ok
              equalSeq (members.EnumerateObject() |> Seq.map _.Name |> Seq.sort) arrays.Keys

              for expected in members.EnumerateObject() do
                  checkArray expected.Value arrays[expected.Name])

          testTheory
              "A bad header is refused with the byte"
              [ "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}",
                "f:1:62: found '1000000000000', expected an extent from 0 to 2147483647"
                "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000000000)}",
                "f:1:86: found 8 bytes of data, expected as many as f8 (1000000000, 1000000000) has, at most 2 GiB"
                "{'descr': '|O', 'fortran_order': False, 'shape': ()}",
                "f:1:21: found the type '|O', expected f4, f8, i1 … i8, u1 … u8 or b1 behind <, > or |"
                "{'descr': '<c16', 'fortran_order': False, 'shape': ()}",
                "f:1:21: found the type '<c16', expected f4, f8, i1 … i8, u1 … u8 or b1 behind <, > or |"
                "{'descr': '<f8', 'shape': ()}",
                "f:1:11: found a header that lacks a key, expected descr, fortran_order and shape"
                "{'descr': '<f8', 'descr': '<f8'}",
                "f:1:28: found the key 'descr' a second time, expected each key once"
                "{'descr': '<f8', 'fortran_order': 0, 'shape': ()}", "f:1:45: found '0', expected True or False"
                "{'descr': '<f8', 'fortran_order': False, 'shape': (1,}", "f:1:64: found '}', expected an extent"
                "", "f:1:11: found the end of the header, expected '{'" ]
              (fun (header, message) ->
                  equal message (Npy.parseBytes "f" (npy header 8) |> error |> NoetherError.message))

          testCase "Truth values are 0 and 1" (fun () ->
              let bytes = npy "{'descr': '|b1', 'fortran_order': False, 'shape': (2,)}" 2
              equal (NpyData.Bool(ImmutableArray.Create(false, false))) (Npy.parseBytes "f" bytes |> ok).Data
              bytes[bytes.Length - 1] <- 2uy
              let message = Npy.parseBytes "f" bytes |> error |> NoetherError.message
              equal "f:1:67: found 2, expected truth values, which are 0 and 1" message)

          testCase "An archive that is damaged or holds other things is refused" (fun () ->
              let message bytes = Npz.parseBytes "f" bytes |> error |> NoetherError.message
              let good = npy "{'descr': '<i4', 'fortran_order': False, 'shape': (2,)}" 8

              equal
                  "f/a.txt: found a member that is no .npy file, expected only such"
                  (message (zip [ "a.txt", good ]))

              equal
                  "f: holds the member 'a.npy' 2 times, expected each once"
                  (message (zip [ "a.npy", good; "a.npy", good ]))

              startsWith "f/a.npy:1:66: found 9 bytes" (message (zip [ "a.npy", Array.append good [| 0uy |] ]))
              // One bit of the stored data.
              let stored = Path.Combine(Path.GetTempPath(), $"noether-{Environment.ProcessId}-crc.npz")

              try
                  Npz.write stored (Map [ "a", NpyArray.ofReals [ 2 ] [ 1.0; 2.0 ] |> ok ]) |> ok
                  let bytes = File.ReadAllBytes stored
                  let data = bytes.AsSpan().IndexOf(ReadOnlySpan(BitConverter.GetBytes 2.0))
                  bytes[data] <- 1uy
                  contains "f/a.npy: has the checksum" (message bytes)
              finally
                  File.Delete stored)

          testTheory
              "The name of a file names its format"
              [ "POSCAR", "POSCAR"
                "/a.b/CONTCAR_relaxed", "POSCAR"
                "POSCAR.gz", "POSCAR"
                "x.VASP", "POSCAR"
                "CONTCAR.cif", "CIF"
                "a.cif.GZ", "CIF"
                "a.xyz", "extended XYZ"
                "a.b.extxyz.gz", "extended XYZ" ]
              (fun (path, name) -> equal name (Formats.ofPath path |> ok).Name)

          testCase "A name that says nothing is refused" (fun () ->
              let message = Formats.read "file.txt" |> error |> NoetherError.message

              equal
                  ("the name of the file is 'file.txt', expected .extxyz, .xyz, .vasp, .poscar, .contcar, .cif, .data, .lammps, "
                   + ".lammpstrj, .dump, .pdb, .h5, .hdf5, POSCAR…, CONTCAR…, perhaps with .gz behind it")
                  message

              match Formats.readFirst "/nowhere/at/all.cif" |> error with
              | FileFailure(path, _) -> equal "/nowhere/at/all.cif" path
              | other -> failtest (NoetherError.message other)) ]
