/// What the tests of labelled tensors share: the reference folder, and random maps.
module Noether.Tests.LabelChecks

open System
open System.Collections.Generic
open System.IO
open System.IO.Compression
open System.Text.Json
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Tests.DomainChecks
open Expecto

/// A file of Fixtures/labelled.
let reference name = Repository.fixture (Path.Combine("labelled", name))

/// The files in an archive of Fixtures/labelled, by name.
let unzipped name : Dictionary<string, byte[]> =
    use archive = ZipFile.OpenRead(reference name)
    let files = Dictionary()

    for entry in archive.Entries do
        use stream = entry.Open()
        use memory = new MemoryStream()
        stream.CopyTo memory
        files[entry.FullName] <- memory.ToArray()

    files

/// Labels of a JSON object with names and values.
let labelsOf (element: Entry) : Labels =
    let names = [ for name in (element.GetProperty "names").EnumerateArray() -> string (name.GetString()) ]
    let row (row: Entry) = [ for value in row.EnumerateArray() -> value.GetInt32() ]
    Labels.create names [ for r in (element.GetProperty "values").EnumerateArray() -> row r ] |> ok

/// The integers of a JSON array.
let integers (element: Entry) = [ for value in element.EnumerateArray() -> value.GetInt32() ]

/// The data folder labelled: that of NOETHER_DATA, or of shared/data beside the repository.
let labelledData =
    match Environment.GetEnvironmentVariable "NOETHER_DATA" with
    | null
    | "" -> Path.Combine(Repository.root, "..", "shared", "data", "labelled")
    | data -> Path.Combine(data, "labelled")

/// Skips a test where the files of labelled data are not.
let needsLabelled () =
    if not (File.Exists(Path.Combine(labelledData, "radial-spectrum.mts"))) then
        skiptest $"{labelledData} lacks radial-spectrum.mts; NOETHER_DATA names the folder above it."

/// Fails with the first difference unless two maps agree to |x − y| ≤ tolerance (1 + |y|).
let agrees tolerance (expected: TensorMap) (found: TensorMap) =
    match TensorMap.closeReason tolerance tolerance found expected with
    | Ok() -> ()
    | Error error -> failtest (NoetherError.message error)

/// Labels of n rows of two dimensions in a shuffled order.
let shuffled (random: Random) names n =
    let rows = [| for i in 0 .. n - 1 -> [ i / 3; 7 - i ] |]
    random.Shuffle rows
    Labels.create names [ for row in rows -> row ] |> ok

/// A block with unsorted samples, one component of three entries and a sparse gradient, of which some samples have none.
let randomBlock (random: Random) samples properties =
    let drawn (shape: int list) =
        let shape = Array.ofList shape
        Tensor.ofArray shape (Array.init (Array.fold (*) 1 shape) (fun _ -> 0.5 + random.NextDouble()))

    let component' name = Labels.range name 3 |> ok
    let columns = shuffled random [ "n"; "q" ] properties

    let rows =
        [ for i in 0 .. samples - 1 do
              for atom in 0..2 do
                  if random.Next 3 > 0 then [ i; atom ] ]

    let gradientSamples = Labels.create [ "sample"; "atom" ] [ for row in rows -> row ] |> ok

    let block =
        TensorBlock.create
            (drawn [ samples; 3; properties ])
            (shuffled random [ "system"; "atom" ] samples)
            [ component' "mu" ]
            columns
        |> ok

    let gradient =
        TensorBlock.create
            (drawn [ rows.Length; 3; 3; properties ])
            gradientSamples
            [ component' "xyz"; component' "mu" ]
            columns
        |> ok

    TensorBlock.withGradient "positions" gradient block |> ok

/// A map of six such blocks of different sizes under two dimensions of keys.
let randomMap seed =
    let random = Random(seed: int)

    let keys =
        Labels.create
            [ "l"; "t" ]
            [ for l in 0..1 do
                  for t in [ 8; 1; 6 ] -> [ l; t ] ]
        |> ok

    TensorMap.create keys [ for i in 0..5 -> randomBlock random (3 + i) (2 + i % 2) ] |> ok
