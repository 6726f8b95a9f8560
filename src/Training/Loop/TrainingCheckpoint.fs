namespace Noether.Training

open System
open System.IO
open System.Runtime.InteropServices
open System.Security.Cryptography
open System.Text
open System.Text.Json
open System.Text.Json.Nodes
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// States of a training in files, from which it goes on to the same bits.
///
/// *Layout.* The eight bytes "NOETHER2", of which the last is the format, the length of a header (int32), the header (JSON:
/// the identity of the training, numbers of the state, and of every tensor its path, shape and precision), the elements of
/// the tensors one after another, and the SHA-256 of all of that; everything little-endian.
///
/// *One training.* What a file holds is read only with the identity that it was written with, see `TrainingIdentity`.
///
/// *Atomic.* A file is written beside the old one, brought to the disk, and then put into its place in one operation:
/// whenever the process or the machine stops, the old file or the new one is there, whole.
[<RequireQualifiedAccess>]
module TrainingCheckpoint =
    let private magic = "NOETHER"B
    let private version = '2'B

    /// The trees of a state in the order of the file.
    let private trees (state: TrainingState) =
        [ yield "parameters", state.Current.Parameters
          yield "memory", state.Current.Memory
          yield "average", state.Average
          match state.Best with
          | Some best -> yield "best", best.Parameters
          | None -> () ]

    // Exactly, also what JSON has no numbers for.
    let private bits (x: float) = BitConverter.DoubleToInt64Bits(x).ToString "x16"

    let private header (identity: (string * string) list) (state: TrainingState) =
        let tensors =
            [| for name, tree in trees state do
                   for path, (tensor: Tensor) in Tree.paths tree do
                       let entry = JsonObject()
                       entry["tree"] <- JsonValue.Create name
                       entry["path"] <- JsonValue.Create path
                       let shape = tensor.Shape |> Array.map (fun n -> JsonValue.Create n :> JsonNode | null)
                       entry["shape"] <- JsonArray shape
                       entry["precision"] <- JsonValue.Create(string tensor.Precision)
                       entry :> JsonNode | null |]

        let all = JsonObject()
        let own = JsonObject()

        for name, text in identity do
            own[name] <- JsonValue.Create text

        all["identity"] <- own
        all["step"] <- JsonValue.Create state.Current.Step
        all["epoch"] <- JsonValue.Create state.Epoch
        all["batch"] <- JsonValue.Create state.Batch
        all["stale"] <- JsonValue.Create state.Stale
        all["lossSum"] <- JsonValue.Create(bits state.LossSum)
        all["key"] <- JsonArray(JsonValue.Create state.Key.High, JsonValue.Create state.Key.Low)

        match state.Best with
        | Some best ->
            all["bestEpoch"] <- JsonValue.Create best.Epoch
            all["bestScore"] <- JsonValue.Create(bits best.Score)
        | None -> ()

        all["tensors"] <- JsonArray tensors
        all.ToJsonString()

    let private bytesOf (tensor: Tensor) : byte[] =
        let values = Tensor.toArray tensor

        match tensor.Precision with
        | Float64 -> MemoryMarshal.AsBytes(ReadOnlySpan values).ToArray()
        | Float32 -> MemoryMarshal.AsBytes(ReadOnlySpan(Array.map float32 values)).ToArray()

    /// The bytes of a state of the training of an identity.
    let format (identity: (string * string) list) (state: TrainingState) : byte[] =
        use memory = new MemoryStream()
        let text = Encoding.UTF8.GetBytes(header identity state)
        memory.Write(magic, 0, magic.Length)
        memory.WriteByte version
        memory.Write(ReadOnlySpan(BitConverter.GetBytes text.Length))
        memory.Write(text, 0, text.Length)

        for _, tree in trees state do
            for tensor in Tree.leaves tree do
                memory.Write(ReadOnlySpan(bytesOf tensor))

        let seal = SHA256.HashData(ReadOnlySpan(memory.GetBuffer(), 0, int memory.Length))
        memory.Write(seal, 0, seal.Length)
        memory.ToArray()

    /// Writes a state to a file, in the place of an older one if there is one. Errors: `FileFailure`.
    let write (path: string) (identity: (string * string) list) (state: TrainingState) : Result<unit, NoetherError> =
        Outcome.capture (fun () -> OutputFile.Replace(path, format identity state))

    let private refuse path found expected : 'T =
        Outcome.raise (At({ Path = path; Line = 0; Column = 0 }, Inconsistent("the checkpoint", found, expected)))

    /// The header and the bytes of the tensors, of a file that is whole.
    let private opened path (bytes: byte[]) =
        let body = bytes.Length - 32

        if bytes.Length < 8 || not (bytes.AsSpan(0, 7).SequenceEqual(ReadOnlySpan magic)) then
            refuse path "no header" "the bytes of a checkpoint"

        if bytes[7] <> version then
            refuse path $"the format '{char bytes[7]}', of another version of the library," $"'{char version}'"

        if body < 12 then refuse path $"{bytes.Length} bytes" "a whole file"

        if
            not (SHA256.HashData(ReadOnlySpan(bytes, 0, body)).AsSpan().SequenceEqual(ReadOnlySpan(bytes, body, 32)))
        then
            refuse path "another checksum than it states" "a whole file"

        let length = BitConverter.ToInt32(bytes, 8)

        if length < 0 || length > body - 12 then
            refuse path $"a header of {length} bytes" $"at most {body - 12}"

        let text = Encoding.UTF8.GetString(bytes, 12, length)
        let header = JsonNode.Parse text |> Option.ofObj |> Option.defaultWith (fun () -> JsonObject())
        header.AsObject(), ReadOnlyMemory(bytes, 12 + length, body - 12 - length)

    let private field (name: string) (node: JsonNode) =
        match node[name] with
        | null -> raise (FormatException $"no '{name}'")
        | found -> found

    let private int' name (node: JsonNode) = (field name node).GetValue<int>()
    let private text name (node: JsonNode) = (field name node).GetValue<string>()
    let private real name node = BitConverter.Int64BitsToDouble(Convert.ToInt64(text name node, 16))

    let private readFrom identity (start: TrainingState) path =
        let bytes = Files.guard path (fun () -> File.ReadAllBytes path)
        let header, elements = opened path bytes
        let own = [ for KeyValue(name, value) in (field "identity" header).AsObject() -> name, string value ]

        match TrainingIdentity.difference own identity with
        | Some(found, expected) ->
            let advice = "as the plan has; to begin anew, train in another folder"
            refuse path $"another training ({found})" $"({expected}), {advice}"
        | None -> ()

        let entries = (field "tensors" header).AsArray() |> Seq.map nonNull |> Array.ofSeq
        let mutable next = 0
        let mutable offset = 0

        let tensor tree (name: string) (like: Tensor) =
            let shape = Shape.print like.Shape

            if next >= entries.Length then
                refuse path $"no tensor '{name}' in its {tree}" $"one of shape {shape}"

            let entry = entries[next]
            let found = (field "shape" entry).AsArray() |> Seq.map (fun n -> (nonNull n).GetValue<int>())
            let found = Array.ofSeq found

            if text "tree" entry <> tree || text "path" entry <> name then
                let other = $"""'{text "path" entry}' in its {text "tree" entry}"""
                refuse path other $"'{name}' in its {tree}, as the plan has"

            if not (Shape.equal found like.Shape) || text "precision" entry <> string like.Precision then
                let other = $"""'{name}' of shape {Shape.print found}, {text "precision" entry}"""
                refuse path other $"{shape}, {like.Precision}, as the plan has"

            let size = like.Size * (if like.Precision = Float32 then 4 else 8)

            if size > elements.Length - offset then
                refuse path $"{elements.Length} bytes of tensors" $"more, as '{name}' is among them"

            let own = elements.Slice(offset, size).Span
            next <- next + 1
            offset <- offset + size

            match like.Precision with
            | Float64 -> Tensor.ofArray like.Shape (MemoryMarshal.Cast<byte, float>(own).ToArray())
            | Float32 -> Tensor.ofArray32 like.Shape (MemoryMarshal.Cast<byte, float32>(own).ToArray())

        let tree name like = Tree.mapPaths (tensor name) like
        let parameters = tree "parameters" start.Current.Parameters
        let memory = tree "memory" start.Current.Memory
        let average = tree "average" start.Average

        let best =
            if header.ContainsKey "bestEpoch" then
                Some
                    { Epoch = int' "bestEpoch" header
                      Score = real "bestScore" header
                      Parameters = tree "best" start.Average }
            else
                None

        if next < entries.Length then refuse path $"{entries.Length} tensors" $"{next}, as the plan has"

        let words = (field "key" header).AsArray() |> Seq.map (fun n -> (nonNull n).GetValue<uint32>())
        let words = Array.ofSeq words

        { Key = RandomKey(words[0], words[1])
          Epoch = int' "epoch" header
          Batch = int' "batch" header
          LossSum = real "lossSum" header
          Stale = int' "stale" header
          Current = { Step = int' "step" header; Parameters = parameters; Memory = memory }
          Average = average
          Best = best }

    /// The state that a file holds of the training of an identity, whose state before the first step is given: names and
    /// shapes are those of its plan. Errors: `FileFailure`; `Inconsistent` for a file that is not whole, of another
    /// format, or of another training, which says what differs.
    let read
        (identity: (string * string) list)
        (start: TrainingState)
        (path: string)
        : Result<TrainingState, NoetherError> =
        Outcome.capture (fun () ->
            try
                readFrom identity start path
            with
            | :? JsonException
            | :? FormatException
            | :? InvalidOperationException
            | :? IndexOutOfRangeException as reason ->
                refuse path $"a header that cannot be read ({reason.Message})" "one that this version writes")
