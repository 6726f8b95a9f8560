/// ASE and NumPy read what is written here, and what they write is read here.
module Noether.Tests.AseTests

open System
open System.IO
open System.Text.Json
open Expecto
open Noether.Domain
open Noether.Tests.DomainChecks

/// A Python that has ASE, if the machine has one.
let private python = lazy (Python.tryWith "import ase.io, ase.spacegroup, numpy")

/// Skips the test on a machine without such a Python.
let private needsAse () =
    if python.Value.IsNone then
        skiptest "Neither /usr/bin/python3 nor python3 can import ase, so nothing was compared with it."

/// Runs a script in a folder that is gone afterwards; its output as JSON.
let private inFolder (before: string -> unit) (script: string) (after: string -> Entry -> unit) =
    let folder = Directory.CreateTempSubdirectory "noether-ase"

    try
        before folder.FullName

        match
            Python.run python.Value.Value ("import os, sys, json\nos.chdir(sys.argv[1])\n" + script) [ folder.FullName ]
        with
        | Ok output -> after folder.FullName (Entry(JsonDocument.Parse(output: string).RootElement))
        | Error reason -> failtest reason
    finally
        folder.Delete true

let private dump =
    """
import numpy, ase.io
def tell(atoms):
    return dict(numbers=atoms.numbers.tolist(), positions=atoms.positions.tolist(), cell=numpy.array(atoms.cell).tolist(),
                pbc=[bool(p) for p in atoms.pbc], fractional=atoms.get_scaled_positions(wrap=False).tolist(),
                lengths=[float(x) for x in atoms.cell.cellpar()])
"""

let private nearAll tolerance (expected: float seq) (actual: float seq) =
    equal (Seq.length expected) (Seq.length actual)

    for e, a in Seq.zip expected actual do
        Expect.isTrue (near tolerance e a) $"{a:R} is not {e:R}"

/// Same elements, cells, flags and positions.
let private compare tolerance (ase: Entry) (structure: Structure) =
    equalSeq (numbers (ase.GetProperty "numbers") |> List.map int) structure.Numbers
    nearAll tolerance (numbers (ase.GetProperty "cell")) structure.Cell.Vectors
    nearAll tolerance (numbers (ase.GetProperty "positions")) structure.Positions

    equalSeq [ for flag in (ase.GetProperty "pbc").EnumerateArray() -> flag.GetBoolean() ] structure.Cell.Periodic

/// A skewed cell of three elements, numbers with all their digits.
let private crystal =
    let cell = Cell.createOrFail [| 4.1; 0.1; 0.0; -1.1 / 3.0; 4.0; 0.2; 0.4; 0.3; 5.1 |] (true, true, true)

    let positions = [ for i in 0..4 -> (float i / 3.0, sqrt (float i), -0.7 + float (i * i) / 7.0) ]
    Structure.ofSymbols [ "Si"; "O"; "O"; "H"; "O" ] positions cell |> ok

[<Tests>]
let tests =
    testList
        "Ase"
        [ testCase "ASE reads what is written" (fun () ->
              needsAse ()
              let flags = [ for i in 0..4 -> i % 2 = 0 ]
              let forces = Property.rows 3 [ for i in 0..14 -> float i / 9.0 ] |> ok

              let rich =
                  crystal
                  |> Structure.withPerAtom "forces" forces
                  |> Result.bind (Structure.withPerAtom "tag" (Property.integers [ 1L; -2L; 3L; 4L; 5L ]))
                  |> Result.bind (Structure.withInfo "energy" (Property.real (-1.0 / 3.0)))
                  |> Result.bind (Structure.withInfo "title" (Property.text "two words"))
                  |> ok

              let moving =
                  let property =
                      Property.create [ 5; 3 ] (Property.booleans (flags |> List.collect (List.replicate 3))).Values

                  Structure.withPerAtom "selective_dynamics" (ok property) crystal |> ok

              let molecule = Structure.withCell Cell.none crystal

              let before folder =
                  let path name = Path.Combine(folder, name)
                  Formats.write (path "rich.extxyz") [ rich; molecule ] |> ok
                  Xyz.write (path "plain.xyz") [ molecule ] |> ok
                  Formats.write (path "POSCAR") [ moving ] |> ok
                  Formats.write (path "crystal.cif") [ crystal ] |> ok

              let script =
                  dump
                  + """
rich, molecule = ase.io.read("rich.extxyz", index=":")
poscar = ase.io.read("POSCAR")
print(json.dumps(dict(
    rich=tell(rich), molecule=tell(molecule), poscar=tell(poscar), cif=tell(ase.io.read("crystal.cif")),
    plain=tell(ase.io.read("plain.xyz", format="xyz")), title=rich.info["title"], energy=rich.get_potential_energy(),
    forces=rich.get_forces().tolist(), tag=rich.arrays["tag"].tolist(),
    fixed=[int(i) for c in poscar.constraints for i in c.index])))
"""

              inFolder before script (fun _ found ->
                  let get (name: string) = found.GetProperty name
                  compare 0.0 (get "rich") crystal
                  compare 0.0 (get "molecule") molecule
                  compare 0.0 (get "plain") molecule
                  compare 0.0 (get "poscar") crystal
                  equal "two words" (nonNull ((get "title").GetString()))
                  equal (-1.0 / 3.0) ((get "energy").GetDouble())
                  equalSeq (Property.tryReals forces |> Option.get) (numbers (get "forces"))
                  equalSeq [ 1.0; -2.0; 3.0; 4.0; 5.0 ] (numbers (get "tag"))
                  equalSeq [ 1.0; 3.0 ] (numbers (get "fixed"))

                  // ASE lays the first vector along x: lengths, angles and fractions are the same. Fifteen digits of
                  // each.
                  let cif = get "cif"
                  let a, b, c = Cell.lengths crystal.Cell
                  let alpha, beta, gamma = Cell.angles crystal.Cell
                  nearAll 1e-13 [ a; b; c; alpha; beta; gamma ] (numbers (cif.GetProperty "lengths"))
                  // It moves the atoms into the cell.
                  let inside (values: float seq) = values |> Seq.map (fun x -> x - floor x)
                  let fractional = Cell.toFractional crystal.Cell crystal.Positions
                  nearAll 1e-13 (inside fractional) (inside (numbers (cif.GetProperty "fractional")))
                  equalSeq (crystal.Numbers |> Seq.map float) (numbers (cif.GetProperty "numbers"))))

          testCase "What ASE writes is read" (fun () ->
              needsAse ()

              let script =
                  dump
                  + """
from ase import Atoms
from ase.spacegroup import crystal, Spacegroup
from ase.constraints import FixAtoms
random = numpy.random.RandomState(1)
atoms = Atoms("SiO2H", positions=random.rand(4, 3) * 5, cell=random.rand(3, 3) + 5 * numpy.eye(3), pbc=(True, True, False))
atoms.arrays["weight"] = random.rand(4)
atoms.arrays["vec"] = random.rand(4, 3)
atoms.info.update(name="two words", step=7, vector=numpy.array([1.5, -2.0, 3.0]))
ase.io.write("rich.extxyz", [atoms, atoms[:2]])
solid = atoms.copy()
solid.pbc = True
solid.set_constraint(FixAtoms([1, 3]))
ase.io.write("direct.vasp", solid, direct=True, vasp5=True)
ase.io.write("CONTCAR", solid, direct=False, vasp5=True)
salt = crystal(["Na", "Cl"], [(0, 0, 0), (0.5, 0.5, 0.5)], spacegroup=225, cellpar=[5.64] * 3 + [90] * 3)
perovskite = crystal(["Sr", "Ti", "O"], [(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0)], spacegroup=221,
                     cellpar=[3.905] * 3 + [90] * 3)
quartz = crystal(["Si", "O"], [(0.4697, 0, 1 / 3), (0.4135, 0.2669, 0.1191)], spacegroup=152,
                 cellpar=[4.916, 4.916, 5.4054, 90, 90, 120])
for name, x in [("salt", salt), ("perovskite", perovskite), ("quartz", quartz)]:
    ase.io.write(name + ".cif", x)
def symmetric(name, labels, sites, group, cell):
    # A CIF with its operations, as crystallographers write it and this ASE does not.
    g = Spacegroup(group)
    lines = ["data_" + name]
    for key, x in zip(["length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma"], cell):
        lines.append("_cell_%s %r" % (key, x))
    lines += ["_space_group_name_H-M_alt '%s'" % g.symbol, "loop_", "_space_group_symop_operation_xyz"]
    for rotation, translation in g.get_symop():
        parts = []
        for row, t in zip(rotation, translation):
            text = "".join("%s%s" % ("+" if n > 0 else "-", axis) for n, axis in zip(row, "xyz") if n)
            parts.append("%s+%d/24" % (text, round(t * 24)) if t else text)
        lines.append("'%s'" % ", ".join(parts))
    lines += ["loop_", "_atom_site_label"] + ["_atom_site_fract_" + axis for axis in "xyz"]
    for label, site in zip(labels, sites):
        lines.append("%s %r %r %r" % ((label,) + tuple(site)))
    open(name + "_symmetric.cif", "w").write("\n".join(lines) + "\n")
symmetric("salt", ["Na1", "Cl1"], [(0, 0, 0), (0.5, 0.5, 0.5)], 225, [5.64] * 3 + [90] * 3)
symmetric("perovskite", ["Sr1", "Ti1", "O1"], [(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0)], 221, [3.905] * 3 + [90] * 3)
symmetric("quartz", ["Si1", "O1"], [(0.4697, 0, 1 / 3), (0.4135, 0.2669, 0.1191)], 152, [4.916, 4.916, 5.4054, 90, 90, 120])
print(json.dumps(dict(
    rich=[tell(x) for x in ase.io.read("rich.extxyz", index=":")], vec=atoms.arrays["vec"].tolist(),
    direct=tell(ase.io.read("direct.vasp")), cartesian=tell(ase.io.read("CONTCAR")),
    salt=tell(ase.io.read("salt.cif")), perovskite=tell(ase.io.read("perovskite.cif")), quartz=tell(ase.io.read("quartz.cif")),
    salt_symmetric=tell(ase.io.read("salt_symmetric.cif")),
    perovskite_symmetric=tell(ase.io.read("perovskite_symmetric.cif")),
    quartz_symmetric=tell(ase.io.read("quartz_symmetric.cif")))))
"""

              inFolder ignore script (fun folder found ->
                  let read name = Formats.read (Path.Combine(folder, name)) |> ok
                  let get (name: string) = found.GetProperty name
                  let rich = read "rich.extxyz"
                  Seq.iter2 (compare 0.0) ((get "rich").EnumerateArray()) rich
                  // ASE writes eight decimals of columns.
                  nearAll 1e-8 (numbers (get "vec")) (Property.tryReals rich.Head.PerAtom["vec"] |> Option.get)
                  equal (Property.text "two words") rich.Head.Info["name"]
                  equal (Property.integer 7L) rich.Head.Info["step"]
                  equal (Property.reals [ 1.5; -2.0; 3.0 ]) rich.Head.Info["vector"]

                  for file, name in [ "direct.vasp", "direct"; "CONTCAR", "cartesian" ] do
                      let structure = read file |> List.exactlyOne
                      // ASE turns fractions into positions in another order of operations.
                      compare 1e-14 (get name) structure
                      let moves = [ true; false; true; false ] |> List.collect (List.replicate 3)
                      equal (Property.booleans moves).Values structure.PerAtom["selective_dynamics"].Values

                  let counts = [ "salt", 8; "perovskite", 5; "quartz", 9 ]

                  for name in [ for name, _ in counts -> name ] @ [ for name, _ in counts -> name + "_symmetric" ] do
                      let count = Map.find (name.Split('_')[0]) (Map counts)
                      let structure = read (name + ".cif") |> List.exactlyOne
                      equal count structure.Count
                      let expected = get name
                      nearAll 1e-12 (numbers (expected.GetProperty "cell")) structure.Cell.Vectors

                      // ASE moves atoms into the cell and may list images in another order: every atom of one is an
                      // atom of the other, modulo the lattice.
                      let sites (numbers: int seq) (fractional: float seq) =
                          Seq.zip numbers (Seq.chunkBySize 3 fractional) |> List.ofSeq

                      let theirs =
                          sites
                              (numbers (expected.GetProperty "numbers") |> List.map int)
                              (numbers (expected.GetProperty "fractional"))

                      let ours = sites structure.Numbers (Cell.toFractional structure.Cell structure.Positions)
                      equal count theirs.Length

                      let same (z: int, a: float[]) (w, b) =
                          z = w && Array.forall2 (fun x y -> abs (x - y - round (x - y)) < 1e-9) a b

                      for atom in theirs do
                          equal 1 (ours |> List.filter (same atom) |> List.length)))

          testCase "ASE and LAMMPS files, both ways" (fun () ->
              needsAse ()
              let positions = [ for i in 0..4 -> (float i / 3.0, sqrt (float i), 0.5 + float (i * i) / 7.0) ]
              let cell = Cell.createOrFail [| 4.1; 0.0; 0.0; -1.1 / 3.0; 4.0; 0.0; 0.4; 0.3; 5.1 |] (true, true, true)
              let velocities = Property.rows 3 [ for i in 0..14 -> float i / 9000.0 ] |> ok
              let forces = Property.rows 3 [ for i in 0..14 -> float i / 9.0 ] |> ok

              let moving =
                  Structure.ofSymbols [ "Si"; "O"; "O"; "H"; "O" ] positions cell
                  |> Result.bind (Structure.withPerAtom "velocities" velocities)
                  |> Result.bind (
                      Structure.withPerAtom "charges" (Property.reals [ 1.5; -0.5; -0.5; 0.25; 1.0 / 3.0 ])
                  )
                  |> ok

              // ASE 3.22 fails on dumps with a column of charges.
              let pushed =
                  moving
                  |> Structure.withoutPerAtom "charges"
                  |> Result.bind (Structure.withPerAtom "forces" forces)
                  |> ok

              let bare = Structure.bare moving

              let before folder =
                  let path name = Path.Combine(folder, name)
                  Formats.write (path "ours.data") [ moving ] |> ok
                  Formats.write (path "ours.lammpstrj") [ bare; pushed ] |> ok
                  // ASE needs residue numbers.
                  let residues = Property.integers [ 1L; 1L; 2L; 2L; 3L ]
                  Formats.write (path "ours.pdb") [ Structure.withPerAtom "residue_number" residues bare |> ok ] |> ok

              let script =
                  dump
                  + """
from ase import Atoms
data = ase.io.read("ours.data", format="lammps-data", style="charge", Z_of_type={1: 14, 2: 8, 3: 1})
first, second = ase.io.read("ours.lammpstrj", format="lammps-dump-text", index=":")
pdb = ase.io.read("ours.pdb", index=0)
solid = data.copy()
solid.set_velocities(data.get_velocities())
ase.io.write("theirs.data", solid, format="lammps-data", atom_style="charge", velocities=True, specorder=["Si", "O", "H"])
ase.io.write("theirs.pdb", [pdb, pdb])
print(json.dumps(dict(data=tell(data), first=tell(first), second=tell(second), pdb=tell(pdb),
    velocities=data.get_velocities().tolist(), moved=second.get_velocities().tolist(),
    forces=second.get_forces().tolist(), charges=data.get_initial_charges().tolist())))
"""

              inFolder before script (fun folder found ->
                  let get (name: string) = found.GetProperty name
                  let reals name (structure: Structure) = Property.tryReals structure.PerAtom[name] |> Option.get
                  compare 1e-14 (get "data") moving
                  // Bounds of tilted boxes are rounded sums.
                  compare 1e-14 (get "first") moving
                  compare 1e-14 (get "second") moving
                  // ASE's unit of time is Å √(amu/eV), in constants of eleven digits.
                  let scaled name = numbers (get name) |> List.map (fun v -> v * 0.09822694788464063)
                  nearAll 1e-8 (reals "velocities" moving) (scaled "velocities")
                  nearAll 1e-8 (reals "velocities" moving) (scaled "moved")
                  nearAll 1e-14 (reals "forces" pushed) (numbers (get "forces"))
                  nearAll 0.0 (reals "charges" moving) (numbers (get "charges"))
                  // Three decimals of positions and lengths, two of angles.
                  nearAll 5.001e-4 moving.Positions (numbers ((get "pdb").GetProperty "positions"))

                  // ASE 3.22 names neither the style nor the elements; it writes seventeen digits, lattice and atoms
                  // turned by rounding.
                  let theirs =
                      LammpsData.readWith
                          { ReadingOptions.usual with Style = "charge"; Types = [ "Si"; "O"; "H" ] }
                          (Path.Combine(folder, "theirs.data"))
                      |> ok

                  compare 1e-13 (get "data") theirs
                  nearAll 1e-8 (reals "velocities" moving) (reals "velocities" theirs)
                  let models = Formats.read (Path.Combine(folder, "theirs.pdb")) |> ok
                  equal 2 models.Length

                  for model in models do
                      nearAll 1e-12 (numbers ((get "pdb").GetProperty "positions")) model.Positions
                      equalSeq moving.Numbers model.Numbers))

          testCase "NumPy reads what is written and what it writes is read" (fun () ->
              needsAse ()
              let matrix = NpyArray.ofReals [ 2; 3 ] [ 0.1; -1e300; 5e-324; nan; infinity; -0.0 ] |> ok

              let whole =
                  NpyArray.create [ 2 ] (NpyData.Int32(Collections.Immutable.ImmutableArray.Create(-7, 8))) |> ok

              let truth = NpyArray.create [] (NpyData.Bool(Collections.Immutable.ImmutableArray.Create true)) |> ok

              let before folder =
                  Npy.write (Path.Combine(folder, "matrix.npy")) matrix |> ok
                  Npz.write (Path.Combine(folder, "stored.npz")) (Map [ "whole", whole; "truth", truth ]) |> ok
                  Npz.writeCompressed (Path.Combine(folder, "deflated.npz")) (Map [ "matrix", matrix ]) |> ok

              let script =
                  """
import numpy
matrix, stored, deflated = numpy.load("matrix.npy"), numpy.load("stored.npz"), numpy.load("deflated.npz")
assert matrix.dtype == numpy.float64 and matrix.shape == (2, 3) and matrix.tobytes() == deflated["matrix"].tobytes()
assert stored["whole"].dtype == numpy.int32 and stored["truth"].dtype == bool and stored["truth"].shape == ()
x = numpy.arange(24).reshape(2, 3, 4)
numpy.save("fortran.npy", numpy.asfortranarray(x / 7))
numpy.savez("types.npz", **{t: x.astype(t) for t in ["<f8", ">f8", "<f4", ">f4", "<i8", ">i8", "<i4", ">i2", "|i1", "<u8", ">u4", "<u2", "|u1"]})
numpy.savez_compressed("more.npz", truth=x % 2 == 0, empty=numpy.zeros((0, 3)), part=(x / 7)[::-1, :, ::2])
print(json.dumps(dict(matrix=matrix.view(numpy.int64).tolist(), whole=stored["whole"].tolist(), truth=bool(stored["truth"]),
                      x=x.tolist(), seventh=(x / 7).tolist(), part=(x / 7)[::-1, :, ::2].tolist())))
"""

              inFolder before script (fun folder found ->
                  let path name = Path.Combine(folder, name)

                  let bits =
                      [ for row in (found.GetProperty "matrix").EnumerateArray() do
                            for x in row.EnumerateArray() -> x.GetInt64() ]

                  equal bits (NpyArray.toReals matrix |> Seq.map BitConverter.DoubleToInt64Bits |> List.ofSeq)
                  equal [ -7.0; 8.0 ] (numbers (found.GetProperty "whole"))
                  isTrue ((found.GetProperty "truth").GetBoolean())

                  equal
                      (NpyArray.ofReals [ 2; 3; 4 ] (numbers (found.GetProperty "seventh")))
                      (Npy.read (path "fortran.npy"))

                  let types = Npz.read (path "types.npz") |> ok
                  equal 13 types.Count

                  for KeyValue(name, array) in types do
                      equal (name.Substring 1) array.Data.TypeName
                      equalSeq (numbers (found.GetProperty "x")) (NpyArray.toReals array)

                  let more = Npz.read (path "more.npz") |> ok
                  equal [ 0; 3 ] more["empty"].Shape
                  equalSeq [ for i in 0..23 -> if i % 2 = 0 then 1.0 else 0.0 ] (NpyArray.toReals more["truth"])
                  equal (NpyArray.ofReals [ 2; 3; 2 ] (numbers (found.GetProperty "part"))) (Ok more["part"]))) ]
