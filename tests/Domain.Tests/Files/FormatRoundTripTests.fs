/// What is written is read back the same.
module Noether.Tests.FormatRoundTripTests

open System
open System.Collections.Immutable
open System.IO
open System.Text
open Expecto
open FsCheck.FSharp
open Noether.Domain
open Noether.Tests.DomainChecks

/// Equal to the bit, where `Structure.Equals` takes 0 and −0 for equal.
let same (a: Structure) (b: Structure) =
    let bits (values: ImmutableArray<float>) = values |> Seq.map BitConverter.DoubleToInt64Bits |> List.ofSeq

    a = b
    && bits a.Positions = bits b.Positions
    && bits a.Cell.Vectors = bits b.Cell.Vectors
    && a.PerAtom.Keys
       |> Seq.forall (fun name ->
           match a.PerAtom[name].Values, b.PerAtom[name].Values with
           | Reals x, Reals y -> bits x = bits y
           | _ -> true)

/// Comments that a careless writer or reader would change.
let comments =
    Gen.elements [ ""; "two words"; " blanks around "; "tab\there"; "12"; "Å and 😀"; "= b"; "! no remark"; "Si O"; "#" ]

let withComment (comment: string) structure =
    if comment = "" then
        structure
    else
        Structure.withInfo "comment" (Property.text comment) structure |> ok

/// Structures whose positions have any float64 magnitude.
let private anywhere =
    gen {
        let! structure = bareStructures
        let! positions = reals |> Gen.listOfLength (3 * structure.Count)
        return Structure.withPositions (ImmutableArray.CreateRange positions) structure |> ok
    }

let bytes (text: Result<string, NoetherError>) = Encoding.UTF8.GetBytes(ok text)

/// Periodic along all axes.
let private crystalsOf structures =
    structures
    |> Gen.where (fun (s: Structure) -> s.Count > 0 && (Cell.volume s.Cell).IsSome)
    |> Gen.map (fun s -> Structure.withCell (Cell.createOrFail (Array.ofSeq s.Cell.Vectors) (true, true, true)) s)

let private poscars =
    gen {
        let! structure = Gen.map2 withComment comments (crystalsOf anywhere)
        let! selective, moving = Gen.two (Gen.elements [ true; false ])
        let! flags = Gen.elements [ true; false ] |> Gen.listOfLength (3 * structure.Count)
        let! velocities = reals |> Gen.listOfLength (3 * structure.Count)

        let columns =
            [ if selective then "selective_dynamics", Booleans(ImmutableArray.CreateRange flags)
              if moving then "velocities", Reals(ImmutableArray.CreateRange velocities) ]

        return
            (structure, columns)
            ||> List.fold (fun structure (name, values) ->
                Structure.withPerAtom name (Property.create [ structure.Count; 3 ] values |> ok) structure |> ok)
    }

let private shapes = Gen.elements [ []; [ 0 ]; [ 1 ]; [ 5 ]; [ 2; 3 ]; [ 3; 1; 2 ]; [ 0; 4 ]; [ 2; 2; 2; 2 ] ]

let private arrays =
    gen {
        let! shape = shapes
        let n = List.fold (*) 1 shape
        let! bits = ArbMap.defaults |> ArbMap.generate<int64> |> Gen.listOfLength n
        let! kind = Gen.choose (0, 10)
        let all (convert: int64 -> 'T) = ImmutableArray.CreateRange(bits |> List.map convert)

        let data =
            match kind with
            | 0 -> NpyData.Float64(all BitConverter.Int64BitsToDouble)
            | 1 -> NpyData.Float32(all (fun x -> BitConverter.Int32BitsToSingle(int x)))
            | 2 -> NpyData.Int64(all id)
            | 3 -> NpyData.Int32(all int)
            | 4 -> NpyData.Int16(all int16)
            | 5 -> NpyData.Int8(all sbyte)
            | 6 -> NpyData.UInt64(all uint64)
            | 7 -> NpyData.UInt32(all uint32)
            | 8 -> NpyData.UInt16(all uint16)
            | 9 -> NpyData.UInt8(all byte)
            | _ -> NpyData.Bool(all (fun x -> x % 2L = 0L))

        return NpyArray.create shape data |> ok
    }

[<Tests>]
let tests =
    testList
        "FormatRoundTrip"
        [ testCase "Plain XYZ" (fun () ->
              let molecules =
                  Gen.map2 withComment comments (anywhere |> Gen.map (Structure.withCell Cell.none))
                  |> Gen.listOf
                  |> Gen.where (List.isEmpty >> not)

              holds molecules (fun molecules ->
                  let text = Xyz.format molecules |> bytes
                  let plain = Xyz.parseBytes "f" text |> ok
                  // Readers of extended XYZ see the same.
                  List.forall2 same molecules plain && plain = ok (ExtXyz.parseBytes "f" text)))

          property "POSCAR, to the bit" poscars (fun structure ->
              same structure (Poscar.format structure |> bytes |> Poscar.parseBytes "f" |> ok))

          testCase "CIF, the cell to the bit and positions to the rounding of fractional coordinates" (fun () ->
              let right =
                  crystalsOf bareStructures
                  |> Gen.map (fun s ->
                      let v = Array.ofSeq s.Cell.Vectors

                      let det =
                          v[0] * (v[4] * v[8] - v[5] * v[7]) - v[1] * (v[3] * v[8] - v[5] * v[6])
                          + v[2] * (v[3] * v[7] - v[4] * v[6])

                      let swapped = Array.concat [ v[3..5]; v[0..2]; v[6..8] ]
                      if det > 0.0 then s else Structure.withCell (Cell.createOrFail swapped (true, true, true)) s)
                  |> Gen.listOf
                  |> Gen.where (List.isEmpty >> not)

              holds right (fun structures ->
                  let again = Cif.format structures |> bytes |> Cif.parseBytes "f" |> ok

                  // r → f → r in float64: a few roundings of numbers as large as the product of H and its inverse
                  // allows. The heights of the cells are above 0.2 Å and lengths below 12 Å, so fractions are below
                  // 20·√3/0.2 and each of the three products r = f·H is off by a few times 2⁻⁵³ of 170·12 Å.
                  List.forall2
                      (fun (a: Structure) (b: Structure) ->
                          a.Cell = b.Cell
                          && a.Numbers.AsSpan().SequenceEqual(b.Numbers.AsSpan())
                          && Seq.forall2 (fun (x: float) y -> abs (x - y) < 1e-11) a.Positions b.Positions)
                      structures
                      again))

          property "npy, to the bit" arrays (fun array ->
              let written = Npy.format array
              let size = int array.Data.TypeName[1] - int '0'
              (written.Length - size * array.Data.Length) % 64 = 0 && Npy.parseBytes "f" written = Ok array)

          testCase "npz, stored and deflated" (fun () ->
              let path = Path.Combine(Path.GetTempPath(), $"noether-{Environment.ProcessId}-roundtrip.npz")

              try
                  holds (Gen.listOf arrays) (fun arrays ->
                      let named = arrays |> List.mapi (fun i array -> $"a{i}/ä", array) |> Map.ofList

                      [ Npz.write; Npz.writeCompressed ]
                      |> List.forall (fun write ->
                          write path named |> ok
                          Npz.read path = Ok named))
              finally
                  File.Delete path)

          testCase "Files are compressed where their names say so" (fun () ->
              let structure = poscars |> Gen.sampleWithSeed (FsCheck.Rnd 5UL) 10 1 |> Array.exactlyOne

              for name in [ "POSCAR"; "POSCAR.gz"; "a.vasp" ] do
                  let folder = Directory.CreateTempSubdirectory "noether-formats"
                  let path = Path.Combine(folder.FullName, name)

                  try
                      Formats.write path [ structure ] |> ok
                      equal [ structure ] (Formats.read path |> ok)
                      equal (name.EndsWith ".gz") (File.ReadAllBytes(path)[0] = 0x1Fuy)
                  finally
                      folder.Delete true)

          testCase "What a format cannot hold is refused" (fun () ->
              let cubic = Cell.cubic 4.0 |> ok
              let atom = Structure.ofSymbols [ "He" ] [ (0.0, 0.0, 0.0) ] cubic |> ok
              let energy = Structure.withInfo "energy" (Property.real 1.0) atom |> ok
              let forces = Structure.withPerAtom "forces" (Property.reals [ 1.0 ]) atom |> ok

              equal
                  "a property of the structure is 'energy', expected only comment, as POSCAR holds no other"
                  (message (Poscar.format energy))

              equal
                  "a property of the atoms is 'forces', expected none, as CIF holds none"
                  (message (Cif.format [ forces ]))

              contains "expected Cell.none" (message (Xyz.format [ atom ]))
              let slab = Structure.withCell (Cell.createOrFail (Array.ofSeq cubic.Vectors) (true, true, false)) atom
              contains "periodic along all three axes" (message (Poscar.format slab))
              contains "periodic along all three axes" (message (Cif.format [ slab ]))
              let left = Cell.createOrFail [| 0.0; 4.0; 0.0; 4.0; 0.0; 0.0; 0.0; 0.0; 4.0 |] (true, true, true)
              contains "right-handed" (message (Cif.format [ Structure.withCell left atom ]))
              let none = Structure.create ImmutableArray.Empty ImmutableArray.Empty cubic |> ok
              contains "at least one" (message (Poscar.format none))
              contains "at least one" (message (Cif.format [ none ]))
              contains "one, as POSCAR holds one" (message (Formats.write "POSCAR" [ atom; atom ]))

              for comment in [ " "; "a\nb"; "\uFEFFa" ] do
                  contains "'comment'" (message (Poscar.format (withComment comment atom)))

              let keys = atom |> Structure.withCell Cell.none |> withComment "a=b"
              contains "which is taken for a key" (message (Xyz.format [ keys ]))
              let wrong = Structure.withPerAtom "velocities" (Property.integers [ 1L ]) atom |> ok
              contains "'velocities'" (message (Poscar.format wrong)))

          testCase "Arrays have as many values as their shape" (fun () ->
              equal
                  "an array of shape [2; 3] has 5 values, expected 6"
                  (message (NpyArray.ofReals [ 2; 3 ] [ 1.0 .. 5.0 ]))

              equal
                  "the number of axes is 65, expected at most 64"
                  (message (NpyArray.ofReals (List.replicate 65 1) [ 1.0 ]))) ]
