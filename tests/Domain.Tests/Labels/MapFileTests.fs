/// Files of labelled tensors: to the byte as metatensor writes them, and safe against what it is not.
module Noether.Tests.MapFileTests

open System
open System.Diagnostics
open System.IO
open System.Security.Cryptography
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Tests.DomainChecks
open Noether.Tests.LabelChecks

let private files = lazy (unzipped "files.zip")

let private hash (bytes: byte[]) = Convert.ToHexStringLower(SHA256.HashData bytes)

let private named (prefix: string) =
    [ for KeyValue(name, bytes) in files.Value do
          if name.StartsWith prefix && not (name.Contains "/bad/") then name, bytes ]

/// What upstream reads and we do too. All other odd archives are refused, by both but for two: a gradient without
/// samples, which upstream leaves out in silence, and text behind a header.
let private readable =
    set
        [ "good"
          "python_zip_stored"
          "deflated"
          "numpy_headers"
          "big_endian_values"
          "big_endian_labels"
          "extra_entry"
          "extra_block"
          "traversal_entry"
          "info_ok"
          "info_empty"
          "info_unicode_escape"
          "info_duplicate_key"
          "prefix_bytes"
          "trailing_bytes"
          "local_name_differs"
          "header_no_trailing_comma_shape"
          "npy_v3" ]

[<Tests>]
let tests =
    testList
        "MapFile"
        [ testCase "maps are read and written to the same bytes" (fun () ->
              for name, bytes in named "files/map_" do
                  Expect.isTrue (bytes = StoredMap.format (StoredMap.parseBytes name bytes |> ok)) name

                  if name.EndsWith "f8.mts" || name.EndsWith "f4.mts" || not (name.Contains "dtype") then
                      Expect.isTrue (bytes = TensorMap.format (TensorMap.parseBytes name bytes |> ok)) name)

          testCase "the maps of the operations are read and written to the same bytes" (fun () ->
              for KeyValue(name, bytes) in unzipped "operations.zip" do
                  if name.EndsWith ".mts" then
                      Expect.isTrue (bytes = TensorMap.format (TensorMap.parseBytes name bytes |> ok)) name)

          testCase "blocks and labels alone are read and written to the same bytes" (fun () ->
              for name, bytes in named "files/block_" do
                  Expect.isTrue (bytes = StoredBlock.format (StoredBlock.parseBytes name bytes |> ok)) name

              for name, bytes in named "files/labels_" do
                  Expect.isTrue (bytes = Labels.format (Labels.parseBytes name bytes |> ok)) name)

          testCase "integers become float64 where they are exact, complex numbers are refused" (fun () ->
              let read kind = TensorMap.parseBytes kind files.Value[$"files/map_dtype_{kind}.mts"]

              for kind in [ "f8"; "i1"; "i2"; "i4"; "i8"; "u1"; "u2"; "u4"; "u8"; "b1" ] do
                  equal Float64 ((ok (read kind)).Block(0)).Values.Precision

              for kind in [ "f4"; "f2" ] do
                  equal Float32 ((ok (read kind)).Block(0)).Values.Precision

              for kind in [ "c8"; "c16" ] do
                  contains "complex" (NoetherError.message (error (read kind))))

          testCase "odd archives are read or refused with their place" (fun () ->
              let good = TensorMap.parseBytes "good" files.Value["files/bad/good.mts"] |> ok

              for KeyValue(path, bytes) in files.Value do
                  if path.Contains "/bad/" then
                      let name = nonNull (Path.GetFileNameWithoutExtension path)

                      match TensorMap.parseBytes name bytes with
                      | Ok map ->
                          Expect.isTrue (readable.Contains name) $"{name} was read"
                          agrees 0.0 good map
                      | Error error ->
                          Expect.isFalse (readable.Contains name) $"{name}: {NoetherError.message error}"
                          startsWith name (NoetherError.message error))

          testCase "long headers and many entries follow the formats beyond 16 bits" (fun () ->
              let wide = Labels.ofArray [ for i in 0..3999 -> $"dimension_{i:d4}" ] [| 0..7999 |] |> ok
              equal "6338fb1cb79991bdbe17f97a0ef91f868da5f2a5dd0c33dfde9ffa433690923a" (hash (Labels.format wide))
              equal wide (Labels.parseBytes "wide" (Labels.format wide) |> ok)

              let block i =
                  let one (name: string) = Labels.create [ name ] [ [ (if name = "s" then i else 0) ] ] |> ok
                  TensorBlock.create (Tensor.ofArray [| 1; 1 |] [| float i |]) (one "s") [] (one "p") |> ok

              let map n = TensorMap.create (Labels.range "key" n |> ok) [ for i in 0 .. n - 1 -> block i ] |> ok
              let many = TensorMap.format (map 16384)
              equal "8e6fc5aa119c8e434359ff1019ee929df49e14ff65a6aebf6d8771507f8cfc84" (hash many)

              equal
                  "f51f562cb20eeb9c5460239fc9ec8944e812134acbd83efce76078c53f18ad98"
                  (hash (TensorMap.format (map 16383)))

              equal 16384 (TensorMap.parseBytes "many" many |> ok).Count)

          testCase "the files of the data folder are rewritten as metatensor does" (fun () ->
              needsLabelled ()

              for name, expected in
                  [ "radial-spectrum", "0e519604e15071480b542965a19f44d96ff7bf3dca47d2072231d9794ab4b5fe"
                    "spherical-expansion", "748737e74c3fff80d5c7157b091f78c255ab94b97c1f0af0f6c9bbf8546f1459"
                    "qm7-power-spectrum", "aac00935204ec64a487ff463681dcf8f3dcba125e64397768c807fc43d3b0e28"
                    "qm7-spherical-expansion", "924df859e2274f2dcd2f3fdd449ff5aa2aadd104235822c240cafc267207b2d0" ] do
                  let map = TensorMap.read (Path.Combine(labelledData, name + ".mts")) |> ok
                  equal expected (hash (TensorMap.format map)))

          testCase "a file that is broken anywhere is read or refused, and nothing else" (fun () ->
              let sources =
                  [| "files/bad/good.mts"; "files/bad/deflated.mts"; "files/map_info.mts"; "files/map_nested.mts" |]
                  |> Array.map (fun name -> files.Value[name])

              let random = Random 20260401
              let mutable read = 0
              let clock = Stopwatch.StartNew()

              for round in 0..99_999 do
                  let source = sources[round % sources.Length]
                  let bytes = Array.copy source

                  for _ in 0 .. random.Next 3 do
                      let at = random.Next bytes.Length

                      match random.Next 4 with
                      | 0 -> bytes[at] <- byte (random.Next 256)
                      | 1 -> bytes[at] <- bytes[at] ^^^ (1uy <<< random.Next 8)
                      | 2 -> Array.fill bytes at (min 4 (bytes.Length - at)) (if random.Next 2 = 0 then 0uy else 255uy)
                      | _ ->
                          Array.blit
                              source
                              (random.Next source.Length / 2)
                              bytes
                              at
                              (min 30 (bytes.Length - at) |> min (source.Length / 2))

                  let cut = if random.Next 10 = 0 then random.Next bytes.Length else bytes.Length

                  match TensorMap.parseBytes "fuzz" bytes[.. cut - 1] with
                  | Ok map ->
                      read <- read + 1
                      TensorMap.format map |> ignore
                  | Error error -> startsWith "fuzz" (NoetherError.message error)

              // Bytes that nothing depends on, times and versions, may change.
              inRange 1 99_999 read
              Expect.isTrue (clock.Elapsed.TotalSeconds < 300.0) $"{clock.Elapsed}")

          testCase "files are written and read by path and stream" (fun () ->
              let folder = Directory.CreateTempSubdirectory "noether-labels"

              try
                  let map = TensorMap.withInfo (Map [ "made", "by a test" ]) (randomMap 2)
                  let path = Path.Combine(folder.FullName, "map.mts")
                  TensorMap.write path map |> ok
                  let again = TensorMap.read path |> ok
                  agrees 0.0 map again
                  equal map.Info again.Info
                  use stream = File.OpenRead path
                  agrees 0.0 map (TensorMap.readStream "stream" stream |> ok)
                  TensorBlock.write path (map.Block 1) |> ok
                  isTrue (TensorBlock.equalReason (map.Block 1) (TensorBlock.read path |> ok)).IsOk
                  contains "TensorBlock.read" (NoetherError.message (error (TensorMap.read path)))
                  Labels.write path map.Keys |> ok
                  equal map.Keys (Labels.read path |> ok)
                  isTrue (TensorMap.read (Path.Combine(folder.FullName, "none.mts"))).IsError
              finally
                  folder.Delete true) ]
