/// Every operation on maps against metatensor-operations 0.5.0, corrected where that is wrong, see Fixtures/labelled.
module Noether.Tests.MapOperationTests

open System
open System.Text.Json
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Tests.DomainChecks
open Noether.Tests.LabelChecks

let private files = lazy (unzipped "operations.zip")

let private document =
    lazy (Recorded.recordedText "operations.zip" (fun () -> Text.Encoding.UTF8.GetString files.Value["cases.json"]))

let private mapOf name = TensorMap.parseBytes name files.Value[name] |> ok

let private input (element: Entry) =
    mapOf ((document.Value.GetProperty "inputs").GetProperty(string (element.GetString())).GetString() |> string)

let private text (element: Entry) = string (element.GetString())

let private texts (element: Entry) =
    if element.ValueKind = JsonValueKind.Array then
        [ for item in element.EnumerateArray() -> text item ]
    else
        [ text element ]

let private axis (name: string) =
    match name with
    | "keys" -> MapAxis.Keys
    | "samples" -> MapAxis.Samples
    | "properties" -> MapAxis.Properties
    | _ -> MapAxis.Components

let private axes (element: Entry) =
    match texts element with
    | [ "all" ] -> [ MapAxis.Keys; MapAxis.Samples; MapAxis.Components; MapAxis.Properties ]
    | names -> List.map axis names

let private one result = result |> Result.map List.singleton

/// A binary operation with a map or a number.
let private binary (map: TensorMap -> TensorMap -> Result<TensorMap, NoetherError>) number (arguments: Entry[]) =
    if arguments[1].ValueKind = JsonValueKind.Number then
        number (arguments[1].GetDouble()) (input arguments[0])
    else
        map (input arguments[0]) (input arguments[1])

let private option (options: Entry) (name: string) =
    match options.TryGetProperty name with
    | true, value -> Some value
    | _ -> None

let private gradientsOf options = option options "gradients" |> Option.map (fun value -> texts value)

/// The operation of a case.
let private run (operation: string) (arguments: Entry[]) (options: Entry) =
    let map () = input arguments[0]
    let fill = option options "fill_value" |> Option.map _.GetDouble() |> Option.defaultValue 0.0
    let sorted = option options "sort_samples" |> Option.map _.GetBoolean() |> Option.defaultValue true
    let labels k = labelsOf (arguments[k].GetProperty "labels")

    match operation with
    | "abs" -> one (TensorMap.abs (map ()))
    | "add" -> one (binary TensorMap.add TensorMap.addNumber arguments)
    | "subtract" -> one (binary TensorMap.subtract (fun k -> TensorMap.addNumber -k) arguments)
    | "multiply" -> one (binary TensorMap.multiply TensorMap.scale arguments)
    | "divide" -> one (binary TensorMap.divide TensorMap.divideBy arguments)
    | "pow" -> one (TensorMap.pow (arguments[1].GetDouble()) (map ()))
    | "dot" -> one (TensorMap.dot (map ()) (input arguments[1]))
    | "lstsq" -> one (TensorMap.lstsq (arguments[2].GetDouble()) (map ()) (input arguments[1]))
    | "solve" -> one (TensorMap.solve (map ()) (input arguments[1]))
    | "join" ->
        let keys =
            match option options "different_keys" |> Option.map text with
            | Some "union" -> DifferentKeys.Union
            | Some "intersection" -> DifferentKeys.Intersection
            | _ -> DifferentKeys.Refuse

        let options =
            { DifferentKeys = keys
              AddDimension = option options "add_dimension" |> Option.map text }

        let maps = [ for name in arguments[0].EnumerateArray() -> input name ]
        one (TensorMap.joinWith options (axis (text arguments[1])) maps)
    | "keys_to_samples" -> one (TensorMap.keysToSamplesWith fill sorted (texts arguments[1]) (map ()))
    | "keys_to_properties" when arguments[1].ValueKind = JsonValueKind.Object ->
        one (TensorMap.keysToGivenProperties (labels 1) (map ()))
    | "keys_to_properties" -> one (TensorMap.keysToPropertiesWith fill sorted (texts arguments[1]) (map ()))
    | "components_to_properties" -> one (TensorMap.componentsToProperties (texts arguments[1]) (map ()))
    | "sum_over_samples" -> one (TensorMap.sumOverSamples (texts arguments[1]) (map ()))
    | "mean_over_samples" -> one (TensorMap.meanOverSamples (texts arguments[1]) (map ()))
    | "var_over_samples" -> one (TensorMap.varOverSamples (texts arguments[1]) (map ()))
    | "std_over_samples" -> one (TensorMap.stdOverSamples (texts arguments[1]) (map ()))
    | "sum_over_properties" -> one (TensorMap.sumOverProperties (texts arguments[1]) (map ()))
    | "mean_over_properties" -> one (TensorMap.meanOverProperties (texts arguments[1]) (map ()))
    | "var_over_properties" -> one (TensorMap.varOverProperties (texts arguments[1]) (map ()))
    | "std_over_properties" -> one (TensorMap.stdOverProperties (texts arguments[1]) (map ()))
    | "slice" -> one (TensorMap.slice (axis (text arguments[1])) (labels 2) (map ()))
    | "split" ->
        let along = axis (text arguments[1])

        [ for part in arguments[2].EnumerateArray() ->
              if part.ValueKind = JsonValueKind.Object then
                  TensorMap.split along [ labelsOf (part.GetProperty "labels") ] (map ()) |> Result.map List.head
              else
                  TensorMap.take along (integers part) (map ()) ]
        |> Outcome.all
    | "sort" ->
        let descending = option options "descending" |> Option.exists _.GetBoolean()
        one (TensorMap.sortBy descending (axes arguments[1]) (map ()))
    | "filter_blocks" -> one (TensorMap.filterBlocks (labels 1) (map ()))
    | "drop_blocks" -> one (TensorMap.dropBlocks (labels 1) (map ()))
    | "drop_empty_blocks" -> Ok [ TensorMap.dropEmptyBlocks (map ()) ]
    | "zeros_like" -> one (TensorMap.zerosLike (gradientsOf options) (map ()))
    | "ones_like" -> one (TensorMap.onesLike (gradientsOf options) (map ()))
    | "remove_gradients" when arguments.Length = 1 -> Ok [ TensorMap.withoutGradients (map ()) ]
    | "remove_gradients" -> one (TensorMap.removeGradients (texts arguments[1]) (map ()))
    | "detach" -> Ok [ TensorMap.detach (map ()) ]
    | "append_dimension" when arguments[3].ValueKind = JsonValueKind.Array ->
        one (TensorMap.appendColumn (axis (text arguments[1])) (text arguments[2]) (integers arguments[3]) (map ()))
    | "append_dimension" ->
        one (
            TensorMap.appendDimension (axis (text arguments[1])) (text arguments[2]) (arguments[3].GetInt32()) (map ())
        )
    | "insert_dimension" ->
        let at, value = arguments[2].GetInt32(), arguments[4].GetInt32()
        one (TensorMap.insertDimension (axis (text arguments[1])) at (text arguments[3]) value (map ()))
    | "rename_dimension" ->
        one (TensorMap.renameDimension (axis (text arguments[1])) (text arguments[2]) (text arguments[3]) (map ()))
    | "permute_dimensions" ->
        one (TensorMap.permuteDimensions (axis (text arguments[1])) (integers arguments[2]) (map ()))
    | "remove_dimension" -> one (TensorMap.removeDimension (axis (text arguments[1])) (text arguments[2]) (map ()))
    | other -> failwith $"no test for {other}"

/// Calls that Python allows or refuses by type only, memory layouts, and edits of components, which upstream ignores.
let private otherwise =
    set
        [ "add_string"
          "join_map"
          "join_bad_keys_option"
          "make_contiguous"
          "is_contiguous"
          "requires_grad_numpy"
          "insert_dimension_bad_axis"
          "remove_dimension_appended"
          "keys_to_samples_values_error"
          "sort_bad_axis" ]

/// Operations whose results are not maps, tested below.
let private others = set [ "unique_metadata"; "one_hot" ]

let private cases =
    lazy
        [ for case in (document.Value.GetProperty "operations").EnumerateObject() do
              let operation = (case.Value.GetProperty "operation").GetString() |> string

              if not (otherwise.Contains case.Name || others.Contains operation) then
                  let arguments =
                      [| for argument in (case.Value.GetProperty "arguments").EnumerateArray() -> argument |]

                  case.Name, operation, arguments, case.Value ]

/// Missing gradient entries of ours are zero, upstream's are the fill value; the values are the same.
let private valuesOnly = set [ "keys_to_samples_fill"; "keys_to_properties_fill_unsorted" ]

/// The values of a map along a line in the space of its gradient parameters, given by a number for each atom and axis.
let private moved (direction: float[]) t (map: TensorMap) =
    let move (block: TensorBlock) =
        let gradient = block.Gradient "positions"

        let weights =
            Array.init (3 * gradient.Samples.Count) (fun k ->
                t * direction[(3 * gradient.Samples["atom"][k / 3] + k % 3) % 7])

        let shape =
            Array.init gradient.Values.Rank (fun k ->
                if k = 0 then gradient.Samples.Count
                elif k = 1 then 3
                else 1)

        let weighted = gradient.Values * Tensor.ofArray shape weights |> Tensor.sumAxes [| 1 |]

        let change = Tensor.segmentSum (Array.ofSeq gradient.Samples["sample"]) block.Samples.Count weighted

        let values =
            TensorBlock.create (block.Values + change) block.Samples block.Components block.Properties
            |> Outcome.getOrFail

        TensorBlock.withGradient "positions" gradient values |> Outcome.getOrFail

    TensorMap.mapBlocks move map |> ok

[<Tests>]
let tests =
    testList
        "MapOperation"
        [ testCase "operations have the results of metatensor, corrected where it is wrong" (fun () ->
              let mutable compared = 0

              for name, operation, arguments, case in cases.Value do
                  let expected =
                      match case.TryGetProperty "corrected_file", case.TryGetProperty "files" with
                      | (true, file), _ -> [ text file ]
                      | _, (true, files) -> texts files
                      | _ -> []

                  if not expected.IsEmpty then
                      let found =
                          match run operation arguments (case.GetProperty "options") with
                          | Ok found -> found
                          | Error error -> failwith $"{name}: {NoetherError.message error}"

                      // 1e-12 is asked for; solutions of equations to 1e-10.
                      let tolerance = if operation = "lstsq" || operation = "solve" then 1e-10 else 1e-12
                      equal expected.Length found.Length

                      for file, map in List.zip expected found do
                          let strip map = if valuesOnly.Contains name then TensorMap.withoutGradients map else map

                          match TensorMap.closeReason tolerance tolerance (strip (mapOf file)) (strip map) with
                          | Ok() -> ()
                          | Error error -> failwith $"{name}: {NoetherError.message error}"

                      compared <- compared + 1

              Expect.isTrue (compared > 180) $"{compared} cases")

          testCase "what metatensor refuses is refused" (fun () ->
              let mutable refused = 0

              for name, operation, arguments, case in cases.Value do
                  match case.TryGetProperty "error", case.TryGetProperty "corrected_file" with
                  | (true, _), (false, _) ->
                      match run operation arguments (case.GetProperty "options") with
                      | Ok _ -> failwith $"{name} was taken"
                      | Error error ->
                          isNotEmpty (NoetherError.message error)
                          refused <- refused + 1
                  | _ -> ()

              Expect.isTrue (refused > 20) $"{refused} cases")

          testCase "missing gradients are zero whatever fills the values" (fun () ->
              let map = mapOf "ops/in_DIFFP.mts"
              let filled = TensorMap.keysToPropertiesWith 3.25 true [ "u"; "t" ] map |> ok
              let zero = TensorMap.keysToProperties [ "u"; "t" ] map |> ok

              for (_, a), (_, b) in Seq.zip (TensorMap.items filled) (TensorMap.items zero) do
                  for KeyValue(name, gradient) in a.Gradients do
                      equal (b.Gradients[name].Values) gradient.Values)

          testCase "unique labels and one-hot rows are those of metatensor" (fun () ->
              for case in (document.Value.GetProperty "operations").EnumerateObject() do
                  let arguments =
                      [| for argument in (case.Value.GetProperty "arguments").EnumerateArray() -> argument |]

                  match (case.Value.GetProperty "operation").GetString(), case.Value.TryGetProperty "result" with
                  | "unique_metadata", found ->
                      let parameter = if arguments.Length > 3 then Some(text arguments[3]) else None

                      let unique =
                          TensorMap.uniqueLabels
                              (axis (text arguments[1]))
                              (texts arguments[2])
                              parameter
                              (input arguments[0])

                      match found with
                      | true, expected -> equal (labelsOf expected) (ok unique)
                      | _ -> isTrue unique.IsError
                  | "one_hot", found ->
                      let labels k = labelsOf (arguments[k].GetProperty "labels")
                      let block = TensorBlock.oneHot (labels 0) (labels 1)

                      match found with
                      | true, expected -> equal (numbers expected) (List.ofArray (Tensor.toArray (ok block).Values))
                      | _ -> isTrue block.IsError
                  | _ -> ())

          testCase "the order of blocks does not matter, that of rows does" (fun () ->
              let map = randomMap 3
              let order = [ 4; 0; 5; 2; 1; 3 ]
              let keys = Labels.create map.Keys.Names [ for i in order -> List.ofSeq map.Keys[i].Values ] |> ok
              let other = TensorMap.create keys [ for i in order -> map.Block(i: int) ] |> ok
              isTrue (TensorMap.equal map other)
              agrees 0.0 (TensorMap.scale 2.0 map |> ok) (TensorMap.add map other |> ok)
              isFalse (TensorMap.equal map (TensorMap.sortBy false [ MapAxis.Samples ] map |> ok)))

          testCase "an error names the block and the first row that differs" (fun () ->
              let map = randomMap 3
              let sorted = TensorMap.sortBy false [ MapAxis.Samples ] map |> ok
              let message = NoetherError.message (error (TensorMap.add map sorted))
              contains "the samples (block (l=0, t=8))" message
              contains "(system=" message)

          testCase "gradients of results are the derivatives of their values" (fun () ->
              let map = randomMap 11
              let direction = [| 0.3; -0.2; 0.5; 0.1; -0.4; 0.25; 0.15 |]

              let operations =
                  [ "multiply", (fun map -> TensorMap.multiply map (TensorMap.addNumber 1.0 map |> ok))
                    "divide", (fun map -> TensorMap.divide map (TensorMap.addNumber 1.0 map |> ok))
                    "pow", TensorMap.pow 1.5
                    "std over samples", TensorMap.stdOverSamples [ "atom" ]
                    "var over samples", TensorMap.varOverSamples [ "system"; "atom" ]
                    "std over properties", TensorMap.stdOverProperties [ "q" ]
                    "keys to properties", TensorMap.keysToProperties [ "t" ]
                    "keys to samples", TensorMap.keysToSamples [ "l"; "t" ]
                    "components to properties", TensorMap.componentsToProperties [ "mu" ]
                    "sort", TensorMap.sort ]

              for name, operation in operations do
                  let result = operation map |> ok
                  let h = 1e-5
                  let plus, minus = operation (moved direction h map) |> ok, operation (moved direction -h map) |> ok
                  let along = moved direction 1.0 result

                  for i in 0 .. result.Count - 1 do
                      let difference = (plus.Block(i).Values - minus.Block(i).Values) / (2.0 * h)
                      let slope = along.Block(i).Values - result.Block(i).Values
                      let worst = Tensor.toArray (difference - slope) |> Array.map abs |> Array.max
                      // Central differences of smooth functions: h² of the third derivative, and 1e-16/h of rounding.
                      Expect.isTrue (worst < 1e-7) $"{name}: {worst}")

          testCase "derivatives pass through the values and the gradients" (fun () ->
              let map = randomMap 5
              let x = map.Block(0).Values

              let total (x: Tensor) =
                  let block =
                      TensorBlock.create x (map.Block(0).Samples) (map.Block(0).Components) (map.Block(0).Properties)
                      |> ok

                  let block = TensorBlock.withGradient "positions" (map.Block(0).Gradient "positions") block |> ok
                  let squared = TensorMap.create (Labels.single) [ block ] |> ok |> TensorMap.pow 3.0 |> ok
                  let reduced = TensorMap.meanOverSamples [ "atom" ] squared |> ok

                  Tensor.sum (reduced.Block(0).Values)
                  + Tensor.sum (Tensor.square (reduced.Block(0).Gradient("positions").Values))

              let gradient = Diff.grad total x
              let h = 1e-5

              for k in [ 0; 4; x.Size - 1 ] do
                  let shifted s =
                      Tensor.ofArray x.Shape (Tensor.toArray x |> Array.mapi (fun i v -> if i = k then v + s else v))

                  let slope = (Tensor.value (total (shifted h)) - Tensor.value (total (shifted -h))) / (2.0 * h)
                  // Terms of the order of 10³ differenced over 2e-5.
                  equalWithin (1e-4 * max 1.0 (abs slope)) slope ((Tensor.toArray gradient)[k]))

          testCase "parts put together again are the whole" (fun () ->
              let map = randomMap 17
              let atoms = TensorMap.uniqueLabels MapAxis.Samples [ "atom" ] None map |> ok

              let selections =
                  [ for row in Labels.entries atoms -> Labels.create [ "atom" ] [ [ row["atom"] ] ] |> ok ]

              let parts = TensorMap.split MapAxis.Samples selections map |> ok
              agrees 0.0 (TensorMap.sort map |> ok) (TensorMap.sort (TensorMap.join MapAxis.Samples parts |> ok) |> ok))

          testCase "sums do not depend on what is summed first" (fun () ->
              let map = randomMap 19
              let at once = TensorMap.sumOverSamples once map |> ok
              let twice = TensorMap.sumOverSamples [ "system" ] (at [ "atom" ]) |> ok
              // Another order of at most eight terms.
              agrees 1e-14 (at [ "system"; "atom" ]) twice)

          testCase "a ridge satisfies its normal equations, of values and gradients" (fun () ->
              let x = TensorMap.componentsToProperties [ "mu" ] (randomMap 23) |> ok
              let weights = Tensor.normal Float64 [| 2; 100 |] (RandomKey.FromSeed 9UL)

              let target (block: TensorBlock) =
                  let p = block.Properties.Count
                  let columns = Labels.range "y" 2 |> ok
                  let times (x: Tensor) = Tensor.matmulTransposed false true x (Tensor.slice 1 0 p weights)
                  let values = TensorBlock.create (times block.Values + 1.0) block.Samples [] columns |> ok
                  let gradient = block.Gradient "positions"

                  let slopes =
                      TensorBlock.create (times gradient.Values) gradient.Samples gradient.Components columns |> ok

                  TensorBlock.withGradient "positions" slopes values |> ok

              let y = TensorMap.mapBlocks target x |> ok
              let alpha = 0.3
              let fitted = TensorMap.ridge alpha x y |> ok

              for i in 0 .. x.Count - 1 do
                  let rows (block: TensorBlock) =
                      let flat (x: Tensor) = Tensor.reshape [| -1; x.Shape[x.Rank - 1] |] x
                      Tensor.concat 0 [ flat block.Values; flat (block.Gradient "positions").Values ]

                  let a, b, w = rows (x.Block i), rows (y.Block i), (fitted.Block i).Values
                  let residual = Tensor.matmulTransposed true false a (b - Tensor.matmulTransposed false true a w)
                  // Aᵀ(b − A w) = α w; numbers of the order of 10 and their rounding.
                  for found, expected in
                      Seq.zip (Tensor.toArray residual) (Tensor.toArray (Tensor.transpose (alpha * w))) do
                      equalWithin 1e-11 expected found

              agrees 1e-10 (TensorMap.lstsq 0.0 x y |> ok) (TensorMap.ridge 0.0 x y |> ok)
              isTrue (TensorMap.ridge -1.0 x y).IsError) ]
