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

let private read options (folder: string) name =
    Formats.framesWith options (Path.Combine(folder, name)) |> Seq.map ok |> List.ofSeq

let private real name (structure: Structure) = Property.tryReals structure.PerAtom[name] |> Option.get

/// What both programs keep of a structure, in their own names for it.
let private everything =
    """
from ase import Atoms
def told(a):
    arrays = {k: v.tolist() for k, v in a.arrays.items() if k not in ("numbers", "positions")}
    info = {k: numpy.asarray(v).tolist() for k, v in a.info.items()}
    results = {k: numpy.asarray(v).tolist() for k, v in (a.calc.results if a.calc else {}).items()}
    return dict(tell(a), arrays=arrays, info=info, results=results)
"""

let private valueOf (element: Entry) : Property =
    let rec shape (element: Entry) =
        if element.ValueKind = JsonValueKind.Array then
            element.GetArrayLength() :: (if element.GetArrayLength() = 0 then [] else shape element[0])
        else
            []

    let rec leaves (element: Entry) =
        if element.ValueKind = JsonValueKind.Array then
            element.EnumerateArray() |> Seq.collect leaves |> List.ofSeq
        else
            [ element ]

    let found = leaves element

    let values =
        match found.Head.ValueKind with
        | JsonValueKind.String -> (Property.texts [ for leaf in found -> string (leaf.GetString()) ]).Values
        | JsonValueKind.True
        | JsonValueKind.False -> (Property.booleans [ for leaf in found -> leaf.GetBoolean() ]).Values
        | _ when found |> List.forall (fun leaf -> leaf.GetRawText().IndexOfAny [| '.'; 'e' |] < 0) ->
            (Property.integers [ for leaf in found -> leaf.GetInt64() ]).Values
        | _ -> (Property.reals [ for leaf in found -> leaf.GetDouble() ]).Values

    Property.create (shape element) values |> ok

[<Tests>]
let everyProperty =
    testList
        "Ase.every"
        [ testCase "Every kind of property of extended XYZ, both ways" (fun () ->
              needsAse ()
              let n = crystal.Count
              let rows w = Property.rows w [ for i in 0 .. w * n - 1 -> float i / 7.0 ] |> ok
              let booleans = Property.booleans [ for i in 1..n -> i % 2 = 0 ]

              let ours =
                  [ "real", rows 1
                    "vector", rows 3
                    "whole", Property.integers [ 1L .. int64 n ]
                    "flag", booleans
                    "word", Property.texts [ for i in 1..n -> $"w{i}" ] ]
                  |> List.fold (fun s (name, value) -> Structure.withPerAtom name value s |> ok) crystal

              let info =
                  [ "count", Property.integer 7L
                    "size", Property.real 0.1
                    "is_good", Property.boolean true
                    "words", Property.text "it's \"two\" words"
                    "list", Property.integers [ 1L; 2L; 3L ]
                    "matrix", (Property.create [ 2; 2 ] (Property.reals [ 1.0; 2.0; 3.0; 0.5 ]).Values |> ok) ]

              let ours = info |> List.fold (fun s (name, value) -> Structure.withInfo name value s |> ok) ours

              let labelled =
                  crystal
                  |> Structure.withPerAtom "forces" (rows 3)
                  |> Result.bind (Structure.withInfo "energy" (Property.real -1.5))
                  |> Result.bind (
                      Structure.withInfo "stress" (Property.reals [ 1.0; 2.0; 3.0; 2.0; 5.0; 6.0; 3.0; 6.0; 9.0 ])
                  )
                  |> ok

              let before folder = Formats.write (Path.Combine(folder, "ours.extxyz")) [ ours; labelled ] |> ok

              let script =
                  dump
                  + everything
                  + """
from ase.calculators.singlepoint import SinglePointCalculator
ours, labelled = ase.io.read("ours.extxyz", index=":")
a = Atoms("SiO2H", positions=numpy.arange(12).reshape(4, 3) / 8, cell=[[5, 0.5, 0], [0.5, 6, 0], [0.25, 0.5, 7]], pbc=True)
a.arrays.update(flag=numpy.array([True, False, True, False]), word=numpy.array(["a", "bc", "d", "e"]))
a.set_initial_charges([1, 0, -1, .5]); a.set_initial_magnetic_moments([0, 1, 0, -1]); a.set_tags([1, 2, 3, 4]); a.set_masses([28, 16, 16, 2])
a.info.update(truth=True, s="x y", m=numpy.eye(3) / 4, i=numpy.array([1, 2, 3]))
a.calc = SinglePointCalculator(a, energy=-1.5, forces=numpy.arange(12).reshape(4, 3) / 4, stress=numpy.arange(6) / 8, dipole=numpy.ones(3) / 2)
ase.io.write("theirs.extxyz", a)
print(json.dumps(dict(ours=told(ours), labelled=told(labelled), theirs=told(a), stress=a.get_stress(voigt=False).tolist())))
"""

              inFolder before script (fun folder found ->
                  let theirs = found.GetProperty "ours"
                  compare 0.0 theirs crystal

                  for KeyValue(name, property) in ours.PerAtom do
                      equal property (valueOf ((theirs.GetProperty "arrays").GetProperty name))

                  for KeyValue(name, property) in ours.Info do
                      equal property (valueOf ((theirs.GetProperty "info").GetProperty name))

                  let results = (found.GetProperty "labelled").GetProperty "results"
                  equal labelled.PerAtom["forces"] (valueOf (results.GetProperty "forces"))
                  equal labelled.Info["energy"] (valueOf (results.GetProperty "energy"))
                  // ASE keeps xx yy zz yz xz xy.
                  equal (Property.reals [ 1.0; 5.0; 9.0; 6.0; 3.0; 2.0 ]) (valueOf (results.GetProperty "stress"))

                  let structure = read ReadingOptions.usual folder "theirs.extxyz" |> List.exactlyOne
                  let theirs = found.GetProperty "theirs"
                  compare 0.0 theirs structure

                  for array in (theirs.GetProperty("arrays")).EnumerateObject() do
                      equal (valueOf array.Value) structure.PerAtom[array.Name]

                  for value in (theirs.GetProperty("info")).EnumerateObject() do
                      equal (valueOf value.Value) structure.Info[value.Name]

                  let results = theirs.GetProperty "results"

                  for name in [ "energy"; "dipole" ] do
                      equal (valueOf (results.GetProperty name)) structure.Info[name]

                  equal (valueOf (results.GetProperty "forces")) structure.PerAtom["forces"]

                  equalSeq
                      (numbers (found.GetProperty "stress"))
                      (Property.tryReals structure.Info["stress"] |> Option.get)))

          testCase "Styles and units of LAMMPS data, both ways" (fun () ->
              needsAse ()
              let positions = [ for i in 0..4 -> (float i / 3.0, sqrt (float i), 0.5 + float (i * i) / 7.0) ]
              let cell = Cell.createOrFail [| 4.1; 0.0; 0.0; -1.1; 4.0; 0.0; 0.4; 0.3; 5.1 |] (true, true, true)
              let bare = Structure.ofSymbols [ "Si"; "O"; "O"; "H"; "O" ] positions cell |> ok
              let put name property = Structure.withPerAtom name property >> ok
              let charged = put "charges" (Property.reals [ 1.5; -0.5; -0.5; 0.25; 0.125 ])
              let bonded = put "molecule" (Property.integers [ 1L; 1L; 2L; 2L; 2L ])
              let velocities = put "velocities" (Property.rows 3 [ for i in 0..14 -> float i / 9000.0 ] |> ok)

              let images =
                  let flags = Property.integers [ for i in 0..14 -> int64 (i % 3 - 1) ]
                  put "image" (Property.create [ 5; 3 ] flags.Values |> ok)

              let styles =
                  [ "atomic", velocities bare
                    "charge", charged bare
                    "molecular", images (bonded bare)
                    "full", images (bonded (charged (velocities bare))) ]

              let before folder =
                  for style, structure in styles do
                      Formats.write (Path.Combine(folder, style + ".data")) [ structure ] |> ok

              let script =
                  dump
                  + everything
                  + """
ours = {}
for style in ["atomic", "charge", "molecular", "full"]:
    a = ase.io.read(style + ".data", format="lammps-data", style=style, Z_of_type={1: 14, 2: 8, 3: 1})
    ours[style] = dict(told(a), charges=a.get_initial_charges().tolist(), velocities=a.get_velocities().tolist())
    if style != "molecular":
        a.arrays["mol-id"] = numpy.array([1, 1, 2, 2, 2])
        ase.io.write("their-" + style + ".data", a, format="lammps-data", atom_style=style, specorder=["Si", "O", "H"])
a = ase.io.read("atomic.data", format="lammps-data", style="atomic", Z_of_type={1: 14, 2: 8, 3: 1})
a.set_initial_charges([1.5, -0.5, -0.5, 0.25, 0.125])
for units in ["metal", "real", "electron", "si", "cgs"]:
    ase.io.write(units + ".data", a, format="lammps-data", atom_style="charge", velocities=True, units=units, specorder=["Si", "O", "H"])
print(json.dumps(ours))
"""

              inFolder before script (fun folder found ->
                  for style, structure in styles do
                      let theirs = found.GetProperty style
                      compare 1e-14 theirs structure

                      if structure.PerAtom.ContainsKey "charges" then
                          nearAll 0.0 (real "charges" structure) (numbers (theirs.GetProperty "charges"))

                      if structure.PerAtom.ContainsKey "molecule" then
                          let ids = (theirs.GetProperty "arrays").GetProperty "mol-id"
                          equal structure.PerAtom["molecule"] (valueOf ids)

                      if structure.PerAtom.ContainsKey "velocities" then
                          let scaled =
                              numbers (theirs.GetProperty "velocities") |> List.map (fun v -> v * 0.09822694788464063)

                          nearAll 1e-8 (real "velocities" structure) scaled

                  let typed = { ReadingOptions.usual with Types = [ "Si"; "O"; "H" ] }

                  // ASE names no style: the columns leave one.
                  for style in [ "atomic"; "charge"; "full" ] do
                      let structure = read typed folder $"their-{style}.data" |> List.exactlyOne
                      equalSeq bare.Numbers structure.Numbers
                      nearAll 1e-13 bare.Positions structure.Positions
                      equal (style = "full") (structure.PerAtom.ContainsKey "molecule")
                      equal (style <> "atomic") (structure.PerAtom.ContainsKey "charges")

                  // Constants of CODATA 2014 and of seven digits. ASE takes velocities of `electron` for bohr per
                  // 1.03275 fs, as the manual of LAMMPS does and LAMMPS does not.
                  for units in [ "metal"; "real"; "electron"; "si"; "cgs" ] do
                      let structure = read { typed with Units = units } folder (units + ".data") |> List.exactlyOne
                      nearAll 1e-6 bare.Positions structure.Positions
                      nearAll 1e-6 bare.Cell.Vectors structure.Cell.Vectors
                      nearAll 1e-6 (real "charges" (charged bare)) (real "charges" structure)
                      let factor = if units = "electron" then 1.03275 else 1.0
                      let expected = real "velocities" (velocities bare) |> Seq.map (fun v -> factor * v)
                      nearAll 1e-5 expected (real "velocities" structure)))

          testCase "Flags for each axis, and the columns of PDB" (fun () ->
              needsAse ()

              let flags =
                  [ true; false; true; false; false; false; true; true; true; true; true; false; false; true; true ]

              let property = Property.create [ 5; 3 ] (Property.booleans flags).Values |> ok
              let moving = Structure.withPerAtom "selective_dynamics" property crystal |> ok

              let protein =
                  [ "residue_number", Property.integers [ 1L; 1L; 2L; 2L; 9999L ]
                    "residue", Property.texts [ "ALA"; "ALA"; "GLY"; "GLY"; "HOH" ]
                    "name", Property.texts [ "SI"; "O1"; "O2"; "H"; "O" ]
                    "occupancy", Property.reals [ 1.0; 0.5; 1.0; 0.25; 1.0 ]
                    "bfactor", Property.reals [ 10.5; 0.0; 3.25; 1.0; 99.0 ] ]
                  |> List.fold
                      (fun s (name, value) -> Structure.withPerAtom name value s |> ok)
                      (Lammps.align crystal |> ok)

              let before folder =
                  Formats.write (Path.Combine(folder, "ours.vasp")) [ moving ] |> ok
                  Formats.write (Path.Combine(folder, "ours.pdb")) [ protein ] |> ok

              let script =
                  dump
                  + everything
                  + """
from ase.constraints import FixScaled, FixAtoms
a = ase.io.read("ours.vasp")
mask = numpy.zeros((5, 3), bool)
for c in a.constraints:
    mask[c.index if isinstance(c, FixAtoms) else c.a] = True if isinstance(c, FixAtoms) else c.mask
a.set_constraint([FixScaled(a.cell, 0, [True, False, True]), FixAtoms([2])])
ase.io.write("theirs.vasp", a, vasp5=True, direct=True)
pdb = ase.io.read("ours.pdb", index=0)
print(json.dumps(dict(mask=mask.tolist(), pdb=told(pdb))))
"""

              inFolder before script (fun folder found ->
                  equal (Property.booleans (List.map not flags)).Values (valueOf (found.GetProperty "mask")).Values
                  let theirs = read ReadingOptions.usual folder "theirs.vasp" |> List.exactlyOne
                  let expected = [ for i in 0..14 -> not (i = 0 || i = 2 || (6 <= i && i <= 8)) ]
                  equal (Property.booleans expected).Values theirs.PerAtom["selective_dynamics"].Values
                  let arrays = (found.GetProperty "pdb").GetProperty "arrays"

                  for theirs, ours in
                      [ "occupancy", "occupancy"
                        "bfactor", "bfactor"
                        "residuenumbers", "residue_number"
                        "residuenames", "residue"
                        "atomtypes", "name" ] do
                      // ASE 3.22 keeps blanks around words.
                      let found = valueOf (arrays.GetProperty theirs)

                      match found.Values with
                      | Texts words ->
                          equal protein.PerAtom[ours] (Property.texts [ for word in words -> word.Trim() ])
                      | _ -> equal protein.PerAtom[ours] found)) ]
