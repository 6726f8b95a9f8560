/// Trees of tensors in files, and .safetensors files byte by byte.
module Noether.Tests.ParameterFileTests

open System
open System.Collections.Immutable
open System.IO
open System.Text
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Tests.DomainChecks
open Noether.Training

let private single = Tensor.cast Float32 (Tensor.vector [ 0.1; -0.0; nan; infinity; 1e-45 ])

let private tree =
    Branch
        [ "layer 1",
          Branch [ "w[0,0] 1x0e,1x0e", Leaf(Tensor.matrix [ [ 1.0; 2.5 ]; [ -3.0; 5e-324 ] ]); "b", Leaf single ]
          "count", Leaf(Tensor.scalar 7.0)
          "µ \"quoted\"", Leaf(Tensor.zeros [| 0; 3 |]) ]

let private inFolder (action: string -> unit) =
    let folder = Directory.CreateTempSubdirectory "noether"

    try
        action folder.FullName
    finally
        folder.Delete true

/// A file of safetensors from its header and the bytes behind.
let private file (header: string) (numbers: byte[]) =
    let text = Encoding.UTF8.GetBytes header
    Array.concat [ BitConverter.GetBytes(int64 text.Length); text; numbers ]

let private entry name dtype shape start stop =
    $"\"%s{name}\":{{\"dtype\":\"%s{dtype}\",\"shape\":%s{shape},\"data_offsets\":[{start},{stop}]}}"

/// Headers for 16 bytes of numbers, and what must be said about them.
let private refused =
    let two a b = "{" + a + "," + b + "}"

    [ two (entry "a" "F32" "[2]" 0 8) (entry "b" "F32" "[2]" 4 12), "an overlap before 'b', which begins at byte 4"
      two (entry "a" "F32" "[1]" 0 4) (entry "b" "F32" "[2]" 8 16), "a hole before 'b', which begins at byte 8"
      two (entry "a" "F32" "[2]" 0 8) (entry "a" "F32" "[2]" 8 16), "the name 'a' a second time in the header"
      "{" + entry "a" "F64" "[3]" 0 24 + "}", "found 16 bytes of numbers, expected 24"
      "{" + entry "a" "F64" "[1]" 0 8 + "}", "found 16 bytes of numbers, expected 8"
      "{" + entry "a" "F64" "[2]" 0 8 + "}", "offsets 0 and 8 of the array 'a', expected as many bytes as F64 [2] has"
      "{" + entry "a" "F64" "[2]" 16 0 + "}", "offsets 16 and 0 of the array 'a'"
      "{" + entry "a" "F64" "[4294967296,4294967296]" 0 16 + "}", "the shape of the array 'a'"
      "{" + entry "a" "F64" "[2147483647,2147483647,2147483647]" 0 16 + "}", "at most 2 GiB"
      "{" + entry "a" "F64" "[-2]" 0 16 + "}", "a shape of the array 'a' with -2"
      "{" + entry "a" "F64" "[2.0]" 0 16 + "}", "a shape of the array 'a' with 2.0"
      "{" + entry "a" "BF16" "[8]" 0 16 + "}", "the type 'BF16' of the array 'a'"
      "{\"a\":{\"dtype\":\"F64\",\"shape\":[2]}}", "the array 'a' without 'data_offsets'"
      "{\"a\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16],\"more\":1}}", "'more' in the array 'a'"
      "{\"a\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,8,16]}}", "3 data_offsets of the array 'a'"
      "{\"a\":[]}", "the array 'a' that is no object"
      "{\"__metadata__\":{\"n\":1}," + entry "a" "F64" "[2]" 0 16 + "}", "'n' in __metadata__ that is no text"
      "{\"a\\ud800\":1}", "no Unicode"
      "[]", "a header that begins with no brace"
      "{\"a\":", "expected JSON"
      "{\n\"a\":\n?}", "f:1:16: found a header that is no JSON, expected JSON" ]

let private refusals = seq { 0 .. refused.Length - 1 }

[<Tests>]
let tests =
    testList
        "ParameterFile"
        [ testTheory "what is written is read to the bit" [ ".npz"; ".safetensors" ] (fun ending ->
              inFolder (fun folder ->
                  let path = Path.Combine(folder, "tree" + ending)
                  let texts = if ending = ".npz" then Map.empty else Map [ "step", "12"; "unit", "eV/Å" ]
                  // Twice, so that a file is replaced.
                  ParameterFile.write path texts (Branch [ "old", Leaf(Tensor.scalar 1.0) ]) |> ok
                  ParameterFile.write path texts tree |> ok
                  let again, found = ParameterFile.readLike tree path |> ok
                  equal tree again
                  equal texts found
                  equal texts (ParameterFile.texts path |> ok)
                  let sorted, _ = ParameterFile.read path |> ok

                  equal
                      (Tree.paths tree |> List.sortWith (fun (a, _) (b, _) -> String.CompareOrdinal(a, b)))
                      (Tree.paths sorted |> List.sortWith (fun (a, _) (b, _) -> String.CompareOrdinal(a, b)))

                  equal [| path |] (Directory.GetFiles folder)))

          testCase "the memory of every part of a training comes back from a file" (fun () ->
              inFolder (fun folder ->
                  let parameters =
                      Branch [ "w", Leaf(Tensor.matrix [ [ 1.0; -2.0 ] ]); "b", Leaf(Tensor.vector [ 0.5 ]) ]

                  let loss p () =
                      Tree.leaves p
                      |> List.map (fun x -> Tensor.sum (Tensor.square x + Tensor.sin x))
                      |> List.reduce (+)

                  let optimiser =
                      Transform.chain
                          [ Clip.byGlobalNorm 1.0
                            Transform.every 2 (Optimiser.muon 0.01 0.1)
                            ScaleBy.plateau PlateauOptions.standard ]

                  let steps n state =
                      Seq.fold (fun state _ -> fst (Optimisation.step optimiser loss state ())) state (seq { 1..n })

                  let half = Optimisation.start optimiser parameters |> steps 3
                  let path = Path.Combine(folder, "half.safetensors")

                  ParameterFile.write path Map.empty (Branch [ "parameters", half.Parameters; "memory", half.Memory ])
                  |> ok

                  let fresh = Optimisation.start optimiser parameters
                  let like = Branch [ "parameters", fresh.Parameters; "memory", fresh.Memory ]
                  let again, _ = ParameterFile.readLike like path |> ok

                  let resumed =
                      { half with
                          Parameters = Tree.find "parameters" again
                          Memory = Tree.find "memory" again }

                  equal (steps 4 half).Parameters (steps 4 resumed).Parameters))

          testCase "a file made by hand is read" (fun () ->
              let header =
                  "{\"__metadata__\":{\"format\":\"pt\"},"
                  + entry "b" "F32" "[2]" 0 8
                  + ","
                  + entry "a" "I64" "[]" 8 16
                  + ","
                  + entry "none" "U8" "[0,4]" 16 16
                  + "}   "

              let numbers =
                  Array.concat [ BitConverter.GetBytes 1.5f; BitConverter.GetBytes -2.0f; BitConverter.GetBytes -3L ]

              let found = SafetensorsFile.parseBytes "f" (file header numbers) |> ok
              equal (Map [ "format", "pt" ]) found.Metadata

              let expected =
                  Map
                      [ "a", NpyArray.create [] (NpyData.Int64(ImmutableArray.Create -3L)) |> ok
                        "b", NpyArray.create [ 2 ] (NpyData.Float32(ImmutableArray.Create(1.5f, -2.0f))) |> ok
                        "none", NpyArray.create [ 0; 4 ] (NpyData.UInt8 ImmutableArray<byte>.Empty) |> ok ]

              equal expected found.Arrays
              let bytes = SafetensorsFile.format found |> ok
              equal found (SafetensorsFile.parseBytes "f" bytes |> ok)
              // Numbers begin at a multiple of eight.
              equal 0 (int bytes[0] % 8)

              // Widest numbers first, members in the order in which the format's own library writes them.
              let written =
                  "{\"__metadata__\":{\"format\":\"pt\"},"
                  + entry "a" "I64" "[]" 0 8
                  + ","
                  + entry "b" "F32" "[2]" 8 16
                  + ","
                  + entry "none" "U8" "[0,4]" 16 16
                  + "}"

              equal written (Encoding.UTF8.GetString(bytes, 8, int bytes[0]).TrimEnd ' ')
              equal (Array.append numbers[8..15] numbers[0..7]) bytes[bytes.Length - 16 ..])

          testTheory "what is wrong with a header is said" refusals (fun i ->
              let header, expected = refused[i]

              let message =
                  SafetensorsFile.parseBytes "f" (file header (Array.zeroCreate 16)) |> error |> NoetherError.message

              startsWith "f:1:" message
              contains expected message)

          testCase "a header longer than the file is refused" (fun () ->
              let message bytes = SafetensorsFile.parseBytes "f" bytes |> error |> NoetherError.message
              contains "a header of 255 bytes" (message [| 255uy; 0uy; 0uy; 0uy; 0uy; 0uy; 0uy; 0uy |])
              contains "a header of 18446744073709551615 bytes" (message (Array.create 8 255uy))
              contains "the end of the file" (message [| 1uy |]))

          testCase "a tree and a file that do not fit are told apart" (fun () ->
              inFolder (fun folder ->
                  let path = Path.Combine(folder, "a.safetensors")
                  let leaf = Leaf(Tensor.vector [ 1.0; 2.0 ])
                  ParameterFile.write path Map.empty (Branch [ "a", leaf; "b", leaf ]) |> ok
                  let message like = ParameterFile.readLike like path |> error |> NoetherError.message
                  contains "the tensor 'b'" (message (Branch [ "a", leaf ]))
                  contains "no tensor 'c'" (message (Branch [ "a", leaf; "b", leaf; "c", leaf ]))
                  contains "'b' in" (message (Branch [ "a", leaf; "b", Leaf(Tensor.vector [ 1.0 ]) ]))
                  contains "Float64 [2], expected Float32 [5]" (message (Branch [ "a", leaf; "b", Leaf single ]))
                  let refusal path texts tree = ParameterFile.write path texts tree |> error |> NoetherError.message
                  contains "expected .safetensors or .npz" (refusal (Path.Combine(folder, "a.pt")) Map.empty tree)
                  contains "expected none" (refusal (Path.Combine(folder, "a.npz")) (Map [ "a", "b" ]) tree)
                  contains "a tree with branches" (refusal path Map.empty leaf)
                  let twice = Branch [ "a/b", leaf; "a", Branch [ "b", leaf ] ]
                  contains "'a/b' 2 times" (refusal path Map.empty twice)))

          testCase "integers are read where float64 holds them" (fun () ->
              inFolder (fun folder ->
                  let path = Path.Combine(folder, "n.npz")

                  let write value =
                      Npz.write
                          path
                          (Map [ "n", NpyArray.create [] (NpyData.Int64(ImmutableArray.Create(value: int64))) |> ok ])
                      |> ok

                  write -12L
                  equal (Branch [ "n", Leaf(Tensor.scalar -12.0) ]) (ParameterFile.read path |> ok |> fst)
                  write Int64.MinValue

                  equal
                      (Branch [ "n", Leaf(Tensor.scalar -9223372036854775808.0) ])
                      (ParameterFile.read path |> ok |> fst)

                  write 9007199254740993L
                  contains "exactly" (ParameterFile.read path |> error |> NoetherError.message)))

          testCase "names that are a tensor and a branch, truth values and missing files are refused" (fun () ->
              inFolder (fun folder ->
                  let path = Path.Combine(folder, "a.safetensors")
                  let one = NpyArray.ofReals [] [ 1.0 ] |> ok
                  let truth = NpyArray.create [ 1 ] (NpyData.Bool(ImmutableArray.Create true)) |> ok
                  let message path = ParameterFile.read path |> error |> NoetherError.message

                  let written arrays =
                      SafetensorsFile.write path { Metadata = Map.empty; Arrays = Map arrays } |> ok
                      message path

                  contains "a tensor and a branch of the name 'x/a'" (written [ "x/a", one; "x/a/b", one ])
                  contains "the array 't' has truth values, expected numbers" (written [ "t", truth ])
                  let missing = Path.Combine(folder, "b.safetensors")
                  startsWith missing (message missing)
                  startsWith missing (ParameterFile.texts missing |> error |> NoetherError.message)

                  let named = SafetensorsFile.format { Metadata = Map.empty; Arrays = Map [ "__metadata__", one ] }
                  contains "texts have this one" (named |> error |> NoetherError.message)

                  let half = string '\ud800'

                  for file in
                      [ { Metadata = Map [ "a", half ]; Arrays = Map.empty }
                        { Metadata = Map [ half, "a" ]; Arrays = Map.empty }
                        { Metadata = Map.empty; Arrays = Map [ "a" + half, one ] } ] do
                      contains "expected Unicode" (SafetensorsFile.format file |> error |> NoetherError.message))) ]
