/// What is wrong with a file is said with its place.
module Noether.Tests.ExtXyzErrorTests

open System.IO
open Expecto
open Noether.Domain
open Noether.Tests.DomainChecks

/// The message without the folder of the file.
let private messageOf name =
    let path = fixture ("files/" + name)
    (ExtXyz.read path |> error |> NoetherError.message).Replace(path, name)

let private comment (line: string) = ExtXyz.parse "f" $"1\n{line}\nHe 0 0 0 1\n" |> error |> NoetherError.message

[<Tests>]
let tests =
    testList
        "ExtXyzError"
        [ testTheory
              "Malformed files are refused with line and column"
              [ "bad_count.extxyz",
                "bad_count.extxyz:4: found the end of the text after 2 of 5 atoms, expected a line for each atom"
                "bad_number.extxyz",
                "bad_number.extxyz:3:6: found 'zero', expected a real number ('pos', component 2 of 3)"
                "bad_columns.extxyz", "bad_columns.extxyz:4:9: found the end of the line after 4 columns, expected 5"
                "bad_lattice.extxyz",
                "bad_lattice.extxyz:2:9: found Lattice of integer [8], expected 9 numbers, or 3 for a rectangular cell"
                "bad_first_line.xyz", "bad_first_line.xyz:1:1: found 'two', expected the number of atoms"
                "bad_properties.extxyz", "bad_properties.extxyz:2:12: found 'pos:Q:3', expected pos:R:3"
                "bad_element.xyz",
                "bad_element.xyz:3:1: unknown element 'Qq', expected a symbol from H to Og, X, or an atomic number from 0 to 118"
                "bad_quote.extxyz",
                "bad_quote.extxyz:2:37: found a quote that is never closed, expected its closing quote on the same line"
                "bad_duplicate.extxyz",
                "bad_duplicate.extxyz:2:12: found the property 'w' 2 times, expected each property once"
                "bad_negative_count.xyz",
                "bad_negative_count.xyz:1:1: found -1 atoms, expected a count from 0 to 715827863"
                "bad_pbc.extxyz", "bad_pbc.extxyz:2:33: found pbc of boolean [2], expected 3 flags T or F"
                "bad_nan.xyz", "bad_nan.xyz:3:4: the x coordinate of atom 0 is NaN, expected a finite number"
                "empty.xyz", "empty.xyz:0: found an empty file, expected at least one frame" ]
              (fun (name, message) -> equal message (messageOf name))

          testTheory
              "A bad comment is refused with line and column"
              [ "a=1 a=2", "f:2:5: found the key 'a' a second time, expected each key once, or with the same value"
                "a=1 = 2", "f:2:5: found '=', expected a key before it, without blanks between"
                "E= -5.0", "f:2:4: found '-5.0', expected key=value without blanks around '='"
                "a=\"b\"c", "f:2:6: found 'c', expected a blank after the value of 'a'"
                "a=b\"c", "f:2:4: found a quote inside a word, expected quotes around the whole word"
                "a=[1, 2", "f:2:8: found the end of the line, expected ',' or ']'"
                "a=[1,, 2]", "f:2:6: found ',', expected a value"
                "a=[1 2]", "f:2:6: found '2', expected ',' or ']'"
                "a=[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1",
                "f:2:67: found brackets inside 64 others, expected arrays of fewer axes"
                "Properties=species:S:1:pos:R:3:a:R:2000000000:b:R:2000000000",
                "f:3:11: found the end of the line after 5 columns, expected 4000000004"
                "a=[[1, 2], [3]]",
                "f:2:12: found an element of another length, expected elements of equal lengths in one array"
                "a={1 2", "f:2:3: found a brace that is never closed, expected '}' on the same line"
                "a=60000000060000000099", "f:2:3: found '60000000060000000099', expected integers of at most 64 bits"
                "lattice=\"1 1 1\" Lattice=\"2 2 2\"",
                "f:2:17: found 'Lattice', expected 'Lattice' once, or with the same value"
                "ü=1 Lattice=2", "f:2:13: found Lattice of integer [], expected 9 numbers, or 3 for a rectangular cell"
                "Properties=species:S:1", "f:2:12: found 'species:S:1', expected a property pos:R:3"
                "Properties=pos:R:3", "f:2:12: found 'pos:R:3', expected a property species:S:1 or Z:I:1"
                "Properties=species:S:1:pos:R",
                "f:2:12: found 'species:S:1:pos:R', expected Properties=name:type:columns:…, three parts for each"
                "Properties=species:S:1:pos:R:3:a:Q:1", "f:2:12: found 'a:Q:1', expected a type S, I, R or L"
                "Properties=species:S:1:pos:R:3:a:R:0",
                "f:2:12: found '0' columns of 'a', expected a positive number of columns"
                "Properties=species:S:1:pos:R:3:Z:I:1", "f:3: found Z = 1, expected 2, the atomic number of He"
                "Properties=species:S:1:pos:R:3 b=1", "f:3:10: found '1', expected 4 columns, not 5"
                "Properties=species:S:1:pos:R:3:a:L:1", "f:3:10: found '1', expected T or F ('a')"
                "Lattice=\"1 0 0 2 0 0 0 0 1\" a=1",
                "f:2:9: invalid cell [1 0 0; 2 0 0; 0 0 1] Å, expected linearly independent vectors"
                "pbc=\"T T T\" a=1",
                "f:2:5: invalid cell [0 0 0; 0 0 0; 0 0 0] Å, expected a vector that is not zero along axis 0, which is periodic" ]
              (fun (line, message) -> equal message (comment line))

          testCase "Bytes that are not UTF-8 are refused" (fun () ->
              let path = Path.Combine(Path.GetTempPath(), $"noether-{System.Environment.ProcessId}-latin1.xyz")

              try
                  File.WriteAllBytes(path, [| yield! "1\na="B; 0xC4uy; yield! "\nHe 0 0 0\n"B |])
                  let message = ExtXyz.read path |> error |> NoetherError.message
                  endsWith ":2:3: found bytes that are not UTF-8, expected text in UTF-8" message
              finally
                  File.Delete path)

          testTheory
              "A bad frame is refused with line and column"
              [ "1\n\nHe 0 0 1e400\n", "f:3:8: found '1e400', expected a real number ('pos', component 3 of 3)"
                "1\n\nHe 0 0 .\n", "f:3:8: found '.', expected a real number ('pos', component 3 of 3)"
                "1 2\n\nHe 0 0 0\n", "f:1:3: found '2', expected the number of atoms alone on its line"
                "1\n", "f:1: found the end of the text, expected a comment line, which may be empty"
                "0\n\n\n1\n\nHe 0 0 0\n", "f:4: found text after a blank line, expected blank lines only at the end"
                "\n1\n\nHe 0 0 0\n", "f:1:1: found a blank line, expected the number of atoms"
                "600000000\n\nHe 0 0 0\n",
                "f:3: found the end of the text after 1 of 600000000 atoms, expected a line for each atom"
                "1\n\n119 0 0 0\n",
                "f:3:1: unknown element '119', expected a symbol from H to Og, X, or an atomic number from 0 to 118" ]
              (fun (text, message) -> equal message (ExtXyz.parse "f" text |> error |> NoetherError.message))

          testCase "Errors can be asked for their kind and their place" (fun () ->
              let found = ExtXyz.parse "f" "1\n\nQq 0 0 0\n" |> error
              equal (UnknownElement "Qq") (NoetherError.kind found)
              equal (Some { Path = "f"; Line = 3; Column = 1 }) (NoetherError.place found)
              let raised = raises<NoetherException>(fun () -> Outcome.raise<unit> found)
              equal found raised.Error
              equal (NoetherError.message found) raised.Message)

          testCase "A compressed file that was cut anywhere is refused" (fun () ->
              let whole = File.ReadAllBytes(fixture "files/trajectory.extxyz.gz")
              let path = Path.Combine(Path.GetTempPath(), $"noether-{System.Environment.ProcessId}-cut.gz")

              try
                  for length in 2 .. whole.Length - 1 do
                      File.WriteAllBytes(path, whole[.. length - 1])
                      let frames = ExtXyz.frames path |> List.ofSeq
                      Expect.isTrue (Result.isError (List.last frames)) $"{length} of {whole.Length} bytes"

                  // Two files one behind the other are one compressed file.
                  File.WriteAllBytes(path, Array.append whole whole)
                  equal 8 (ExtXyz.read path |> ok).Length
              finally
                  File.Delete path)

          testCase "A file that is not there is an error, not an exception" (fun () ->
              let failure = ExtXyz.read "/nowhere/at/all.xyz" |> error

              match failure with
              | FileFailure(path, _) -> equal "/nowhere/at/all.xyz" path
              | other -> failtest (NoetherError.message other)) ]
