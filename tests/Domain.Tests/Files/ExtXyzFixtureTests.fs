/// Files of ASE and by hand against what ASE reads, and against the file where ASE is wrong.
module Noether.Tests.ExtXyzFixtureTests

open System.IO
open System.Text.Json
open Expecto
open Noether.Domain
open Noether.Tests.DomainChecks

let private contents = json "files/contents.json"

let private read name = ExtXyz.read (fixture ("files/" + name)) |> ok

let private text = Property.text

/// Elements, positions, cell, periodic flags and columns, as ASE has them.
let private compare (expected: Entry) (actual: Structure) =
    equalSeq (numbers (expected.GetProperty "numbers") |> List.map int) actual.Numbers
    equalSeq (numbers (expected.GetProperty "cell")) actual.Cell.Vectors

    equalSeq [ for flag in (expected.GetProperty "pbc").EnumerateArray() -> flag.GetBoolean() ] actual.Cell.Periodic

    let positions =
        [ for x in (expected.GetProperty "positions").EnumerateArray() do
              yield! numbers x ]

    equalSeq positions actual.Positions

    for array in (expected.GetProperty "arrays").EnumerateObject() do
        let property = actual.PerAtom[array.Name]

        let shape = [ for n in (array.Value.GetProperty "shape").EnumerateArray() -> n.GetInt32() ]

        equal shape property.Shape
        let value = array.Value.GetProperty "value"

        match property.Values with
        | Reals a -> equalSeq (numbers value) a
        | Integers a -> equalSeq (numbers value |> List.map int64) a
        | Booleans a ->
            let rec truths (element: Entry) =
                if element.ValueKind = JsonValueKind.Array then
                    [ for item in element.EnumerateArray() do
                          yield! truths item ]
                else
                    [ element.GetBoolean() ]

            equalSeq (truths value) a
        | Texts a -> equalSeq [ for word in value.EnumerateArray() -> string (word.GetString()) ] a

let private carbon = Path.Combine(Repository.root, "scripts", "data", "carbon.extxyz")

[<Tests>]
let tests =
    testList
        "ExtXyzFixture"
        [ testTheory
              "Atoms, cells and columns are what ASE reads"
              [ "all_types.extxyz"
                "trajectory.extxyz"
                "trajectory.extxyz.gz"
                "plain.xyz"
                "no_lattice.extxyz"
                "hand.extxyz"
                "comment_only.xyz"
                "crlf.extxyz"
                "blank_tail.xyz"
                "zero_atoms.extxyz" ]
              (fun name ->
                  let frames = (contents.GetProperty name).GetProperty "frames"
                  let structures = read name
                  equal (frames.GetArrayLength()) structures.Length
                  Seq.iter2 compare (frames.EnumerateArray()) structures)

          testCase "Every kind of comment value is read as the file has it" (fun () ->
              let info = (read "all_types.extxyz").Head.Info

              // Where ASE reads something else, the file is right: `escaped`, `empty`, `integer`.
              let expected =
                  [ "name", text "plain"
                    "quoted", text "two words"
                    "quote_inside", text "he said \"hi\""
                    "escaped", text "back\\slash"
                    "empty", text ""
                    "integer", Property.integer -7L
                    "real", Property.real 1.5e-10
                    "big", Property.real 1e300
                    "truth", Property.boolean true
                    "lie", Property.boolean false
                    "vector", Property.reals [ 1.0; -2.0; 3.5 ]
                    "ints", Property.integers [ 1L; 2L; 3L; 4L ]
                    "bools", Property.booleans [ true; false ]
                    "matrix", Property.rows 3 [ -4.0 .. 4.0 ] |> ok
                    "words", Property.texts [ "ab"; "cd" ]
                    "unicode", text "Ångström"
                    "equals", text "a=b"
                    "numeric_string", Property.integer 12L
                    "nested", text "_JSON {\"k\": [1, 2], \"s\": \"x\"}"
                    "energy", Property.real -12.345678901234567
                    "stress", Property.reals [ 0.0; 0.05; 0.04; 0.05; 0.01; 0.03; 0.04; 0.03; 0.02 ]
                    "free_energy", Property.real -12.4 ]

              for key, value in expected do
                  equal (key, value) (key, info[key])

              equal [ 3; 2 ] info["matrix2"].Shape
              equal (expected.Length + 1) info.Count)

          testCase "Results among the columns and the comment are properties like others" (fun () ->
              let structure = (read "all_types.extxyz").Head
              let frames = (contents.GetProperty "all_types.extxyz").GetProperty "frames"
              let results = frames[0].GetProperty "calculator_results"

              for column, result in [ "forces", "forces"; "magmoms", "magmoms"; "charge", "charges" ] do
                  let values = Property.tryReals structure.PerAtom[column] |> Option.get
                  equalSeq (numbers (results.GetProperty result)) values)

          testCase "The corners of the grammar made by hand" (fun () ->
              let structure = (read "hand.extxyz").Head

              let expected =
                  [ "array_old", Property.integers [ 1L; 2L; 3L ]
                    "array_new", Property.reals [ 1.5; 2.0; 3.0 ]
                    "matrix", Property.create [ 2; 2 ] (Property.integers [ 1L; 2L; 3L; 4L ]).Values |> ok
                    "flag", Property.boolean true
                    "mixed", Property.booleans [ true; false ]
                    "empty", text ""
                    "title", text "x \"y\" z"
                    "E", Property.real -1000.0
                    "i", Property.integer 7L
                    "tru", Property.boolean true
                    "fal", Property.boolean false
                    "trailing", text "spaces" ]

              equal (Map.ofList expected) structure.Info
              equal [ "fixed" ] (List.ofSeq structure.PerAtom.Keys)
              equal (text "single quoted value") (read "no_lattice.extxyz").Head.Info["note"])

          testCase "Comments without keys are kept as they are" (fun () ->
              for structure in read "plain.xyz" do
                  equal (Map [ "comment", text "a free comment = not a key" ]) structure.Info

              let first = (read "blank_tail.xyz").Head
              equal (text "first") first.Info["comment"]
              isTrue (read "comment_only.xyz").Head.Info.IsEmpty)

          testCase "Fortran exponents are read" (fun () ->
              equalSeq [ 1.5; -0.1; 0.0 ] (read "fortran_exponent.extxyz").Head.Positions)

          testCase "Frames come one at a time and the last may be an error" (fun () ->
              let name = Path.Combine(Path.GetTempPath(), $"noether-{System.Environment.ProcessId}-tail.xyz")

              try
                  File.WriteAllText(name, File.ReadAllText(fixture "files/plain.xyz") + "2\n\nHe 0 0 0\n")
                  let frames = ExtXyz.frames name |> List.ofSeq
                  equal 5 frames.Length
                  isTrue (frames |> List.take 4 |> List.forall Result.isOk)
                  contains ":22: found the end of the text after 1 of 2 atoms" (NoetherError.message (error frames[4]))
                  equal 3 (ExtXyz.frames name |> Seq.take 3 |> Seq.length)
              finally
                  File.Delete name)

          testCase "The four carbon crystals are those of the tutorial" (fun () ->
              let crystals = ExtXyz.read carbon |> ok
              let names = crystals |> List.map (fun c -> Property.tryText c.Info["name"])
              equal [ Some "mp-47"; Some "mp-48"; Some "mp-66"; Some "mp-169" ] names
              equal [ 4; 4; 8; 4 ] (crystals |> List.map _.Count)
              let energies = crystals |> List.map (Structure.infoReal "energy_per_atom" >> ok)
              equal [ 0.163; 0.008; 0.138; 0.003 ] energies

              for crystal in crystals do
                  for z in crystal.Numbers do
                      equal 6 z

                  for periodic in crystal.Cell.Periodic do
                      isTrue periodic) ]
