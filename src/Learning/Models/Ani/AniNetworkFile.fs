namespace Noether.Learning

open System
open System.IO
open System.Runtime.InteropServices
open System.Text
open ICSharpCode.SharpZipLib
open ICSharpCode.SharpZipLib.BZip2
open Noether.Domain
open Noether.Kernels

/// A layer as a .nnf file declares it.
type internal AniLayer =
    { Line: int
      Nodes: int
      Inputs: int
      Activation: int
      Weights: string * int
      Biases: string * int }

/// Networks of the program NeuroChem, .nnf: a line with a number, then a bzip2 stream whose text declares the layers.
///
///     text   := { field | block } "$"
///     field  := name "=" value ";"
///     block  := name "[" { field } "]" | name name "$"
///
/// Weights are beside it: float32, little-endian, by rows [nodes, inputs].
[<RequireQualifiedAccess>]
module internal AniNetworkFile =
    let private fail path line (found: string) (expected: string) : 'T =
        Outcome.raise (At({ Path = path; Line = line; Column = 0 }, Malformed(found, expected)))

    let private decompressed path (bytes: byte[]) : string =
        let head = Array.IndexOf(bytes, '\n'B)

        if head < 1 || bytes[head - 1] <> '='B then
            fail path 1 "no line that ends in '='" "the head of a .nnf file, and a bzip2 stream behind it"

        try
            use input = new BZip2InputStream(new MemoryStream(bytes, head + 1, bytes.Length - head - 1))
            use output = new MemoryStream()
            input.CopyTo output
            Encoding.ASCII.GetString(output.ToArray())
        with
        | :? SharpZipBaseException
        | :? IOException
        | :? IndexOutOfRangeException as failure ->
            fail path 2 $"a bzip2 stream that is damaged or cut ({failure.Message})" "a whole one"

    /// What stands in the text: fields of the whole and of blocks, with their lines.
    type private Reader(path: string, text: string) =
        let mutable at = 0
        let mutable line = 1

        let skip () =
            while at < text.Length && Char.IsWhiteSpace text[at] do
                if text[at] = '\n' then line <- line + 1
                at <- at + 1

        let until (stops: char[]) expected =
            let start = at
            let stop = text.IndexOfAny(stops, at)
            if stop < 0 then fail path line "the end of the text" expected
            at <- stop
            text.Substring(start, stop - start).Trim()

        member _.Line = line

        /// The next sign that is no space, NUL at the end.
        member _.Peek() =
            skip ()
            if at < text.Length then text[at] else '\000'

        member _.Take() = at <- at + 1

        /// A name, up to '=', '[', '$' or ']'.
        member _.Name() = until [| '='; '['; '$'; ']' |] "a field or a block"

        /// A value, up to its ';'.
        member _.Value() =
            let value = until [| ';'; '\n' |] "';' behind a value"
            if text[at] = '\n' then fail path line $"'{value}'" "';' behind a value"
            at <- at + 1
            value

    let private number path line name (text: string) =
        match Int32.TryParse text with
        | true, value when value > 0 -> value
        | _ -> fail path line $"{name} = {text}" "a whole number, 1 or more"

    /// FILE:name[count]
    let private reference path line name (text: string) =
        let bracket = text.IndexOf '['

        if text.StartsWith("FILE:", StringComparison.Ordinal) && bracket > 5 && text.EndsWith ']' then
            text.Substring(5, bracket - 5),
            number path line $"the length of {name}" (text.Substring(bracket + 1, text.Length - bracket - 2))
        else
            fail path line $"{name} = {text}" "FILE:name[count]"

    let private layer path line (fields: Map<string, int * string>) : AniLayer =
        let field name =
            match Map.tryFind name fields with
            | Some found -> found
            | None -> fail path line $"a layer without '{name}'" "nodes, activation, blocksize, weights and biases"

        let whole name =
            let at, text = field name
            number path at name text

        let file name =
            let at, text = field name
            reference path at name text

        { Line = line
          Nodes = whole "nodes"
          Inputs = whole "blocksize"
          Activation = whole "activation"
          Weights = file "weights"
          Biases = file "biases" }

    /// The number of inputs, the element and the layers that a text declares.
    let private declared path (text: string) =
        let reader = Reader(path, text)
        let mutable inputs = 0
        let mutable element = ""
        let layers = Collections.Generic.List<AniLayer>()

        let block () =
            let line = reader.Line
            reader.Take()
            let mutable fields = Map.empty

            while reader.Peek() <> ']' do
                let at = reader.Line
                let name = reader.Name()
                if reader.Peek() <> '=' then fail path at $"'{name}' in a layer" "name=value;"
                reader.Take()
                fields <- Map.add name (at, reader.Value()) fields

            reader.Take()
            layer path line fields

        let mutable ended = false

        while not ended do
            match reader.Peek() with
            | '$'
            | '\000' -> ended <- true
            | _ ->
                let at = reader.Line
                let name = reader.Name()

                match reader.Peek(), name.Split([| ' '; '\t' |], StringSplitOptions.RemoveEmptyEntries) with
                | '=', [| own |] ->
                    reader.Take()
                    let value = reader.Value()
                    if own = "inputsize" then inputs <- number path at own value
                | '[', [| "layer" |] -> layers.Add(block ())
                | '$', [| "atom_net"; symbol |] ->
                    element <- symbol
                    reader.Take()
                | _ -> fail path at $"'{name}'" "a field, 'atom_net' or 'layer ['"

        if reader.Peek() <> '$' then fail path reader.Line "the end of the text" "'$'"
        inputs, element, List.ofSeq layers

    let private celu = 9
    let private linear = 6
    let private gaussian = 5

    let private checkActivation path last k (layer: AniLayer) =
        let expected = if last then linear else celu

        if layer.Activation <> expected then
            let meaning = if layer.Activation = gaussian then " (a Gaussian)" else ""

            fail
                path
                layer.Line
                $"activation {layer.Activation}{meaning} of layer {k + 1}"
                (if last then $"{linear} (linear) of the last layer" else $"{celu} (CELU)")

    let private numbers (archive: AniArchive) name count place : ReadOnlyMemory<float32> =
        let bytes = archive.Read name

        if bytes.Length <> 4 * count then
            let found = $"{bytes.Length} bytes"
            let path = archive.Shown name
            let expected = $"{4 * count}, 4 for each of its numbers"
            let error = Inconsistent($"the array of {place}", found, expected)
            Outcome.raise (At({ Path = path; Line = 1; Column = 0 }, error))

        ReadOnlyMemory(MemoryMarshal.Cast<byte, float32>(ReadOnlySpan bytes).ToArray())

    /// The layers of a file with their weights, for an element and environments of a width. Raises NoetherException:
    /// `Malformed` and `Inconsistent` with file and line, `FileFailure`.
    let read (archive: AniArchive) (name: string) (symbol: string) (width: int) : NetworkLayer list =
        let path = archive.Shown name
        let inputs, element, layers = declared path (decompressed path (archive.Read name))
        let fail line found expected = fail path line found expected
        if element <> symbol then fail 1 $"a network of '{element}'" symbol
        if inputs <> width then fail 1 $"inputsize={inputs}" $"{width}, the functions of an environment"
        if layers.IsEmpty then fail 1 "no layer" "at least one"

        if (List.last layers).Nodes <> 1 then
            fail (List.last layers).Line $"{(List.last layers).Nodes} outputs" "1"

        (width, List.indexed layers)
        ||> List.mapFold (fun before (k, layer) ->
            checkActivation path (k = layers.Length - 1) k layer
            let place = $"layer {k + 1}"

            if layer.Inputs <> before then
                fail layer.Line $"blocksize={layer.Inputs} of {place}" $"{before}, the outputs of what is before it"

            let weights, weightCount = layer.Weights
            let biases, biasCount = layer.Biases

            if weightCount <> layer.Nodes * layer.Inputs then
                fail
                    layer.Line
                    $"{weightCount} weights of {place}"
                    $"{layer.Nodes * layer.Inputs}, nodes times blocksize"

            if biasCount <> layer.Nodes then
                fail layer.Line $"{biasCount} biases of {place}" $"{layer.Nodes}, one for each node"

            let folder = AniArchive.folderOf name

            NetworkLayer(
                layer.Inputs,
                layer.Nodes,
                numbers archive (folder + weights) weightCount $"the weights of {place}",
                numbers archive (folder + biases) biasCount $"the biases of {place}"
            ),
            layer.Nodes)
        |> fst
