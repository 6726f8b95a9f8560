namespace Noether.Learning

open System
open System.IO
open System.Runtime.InteropServices
open System.Security.Cryptography
open System.Text
open System.Text.Json.Nodes
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// States of a training in files, from which it goes on to the same bits.
///
/// *Layout.* The eight bytes "NOETHER1", the length of a header (int32), the header (JSON: numbers of the state, and of
/// every tensor its path, shape and precision), the elements of the tensors one after another, and the SHA-256 of all of
/// that; everything little-endian.
///
/// *Atomic.* A file is written beside the old one, brought to the disk, and then put into its place in one operation:
/// whenever the process or the machine stops, the old file or the new one is there, whole.
[<RequireQualifiedAccess>]
module TrainingCheckpoint =
    let private magic = "NOETHER1"B

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

    let private header (state: TrainingState) =
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

    /// The bytes of a state.
    let format (state: TrainingState) : byte[] =
        use memory = new MemoryStream()
        let text = Encoding.UTF8.GetBytes(header state)
        memory.Write(magic, 0, magic.Length)
        memory.Write(ReadOnlySpan(BitConverter.GetBytes text.Length))
        memory.Write(text, 0, text.Length)

        for _, tree in trees state do
            for tensor in Tree.leaves tree do
                memory.Write(ReadOnlySpan(bytesOf tensor))

        let seal = SHA256.HashData(ReadOnlySpan(memory.GetBuffer(), 0, int memory.Length))
        memory.Write(seal, 0, seal.Length)
        memory.ToArray()

    /// Writes a state to a file, in the place of an older one if there is one. Errors: `FileFailure`.
    let write (path: string) (state: TrainingState) : Result<unit, NoetherError> =
        Outcome.capture (fun () -> Files.replace path (format state))

    let private refuse path found expected : 'T =
        Outcome.raise (At({ Path = path; Line = 0; Column = 0 }, Inconsistent("the checkpoint", found, expected)))

    /// The header and the bytes of the tensors, of a file that is whole.
    let private opened path (bytes: byte[]) =
        let body = bytes.Length - 32

        if body < 12 || not (bytes.AsSpan(0, 8).SequenceEqual(ReadOnlySpan magic)) then
            refuse path "no header" "the bytes of a checkpoint"

        if
            not (SHA256.HashData(ReadOnlySpan(bytes, 0, body)).AsSpan().SequenceEqual(ReadOnlySpan(bytes, body, 32)))
        then
            refuse path "another checksum than it states" "a whole file"

        let length = BitConverter.ToInt32(bytes, 8)
        let text = Encoding.UTF8.GetString(bytes, 12, length)
        (nonNull (JsonNode.Parse text)).AsObject(), ReadOnlyMemory(bytes, 12 + length, body - 12 - length)

    let private field (name: string) (node: JsonNode) = nonNull node[name]
    let private int' name (node: JsonNode) = (field name node).GetValue<int>()
    let private text name (node: JsonNode) = (field name node).GetValue<string>()
    let private real name node = BitConverter.Int64BitsToDouble(Convert.ToInt64(text name node, 16))

    /// The state that a file holds of a training whose state before the first step is given: names and shapes have to be
    /// those of its plan. Errors: `FileFailure`; `Inconsistent` for a file that is not whole, or of another training.
    let read (start: TrainingState) (path: string) : Result<TrainingState, NoetherError> =
        Outcome.capture (fun () ->
            let bytes = Files.guard path (fun () -> File.ReadAllBytes path)
            let header, elements = opened path bytes
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
              Best = best })
