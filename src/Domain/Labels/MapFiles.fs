namespace Noether.Domain

open System
open System.Collections.Immutable
open System.IO

/// Between what files hold and what can be differentiated.
[<RequireQualifiedAccess>]
module internal StoredConversion =
    let rec ofBlock (block: TensorBlock) : StoredBlock =
        { Values = StoredArray.ofTensor block.Values
          Samples = block.Samples
          Components = block.Components
          Properties = block.Properties
          Gradients = Map.map (fun _ gradient -> ofBlock gradient) block.Gradients }

    let rec toBlock place (block: StoredBlock) : TensorBlock =
        let values = StoredArray.toTensor place block.Values
        let plain = BlockRules.plain values block.Samples block.Components block.Properties
        BlockRules.withGradients (Map.map (fun name g -> toBlock $"{place}, gradient '{name}'" g) block.Gradients) plain

    let ofMap (map: TensorMap) : StoredMap =
        { Keys = map.Keys
          Blocks = ImmutableArray.CreateRange(Seq.map ofBlock map.Array)
          Info = map.Info }

    let toMap (map: StoredMap) : TensorMap =
        let block (i: int) (stored: StoredBlock) = toBlock $"the values of block {map.Keys[i].Pairs}" stored
        MapRules.create map.Keys (map.Blocks |> Seq.mapi block |> Array.ofSeq) map.Info

    /// The bytes of a file of at most 2 GiB.
    let bytesOf (path: string) : byte[] = Files.guard path (fun () -> File.ReadAllBytes path)

    /// The bytes that are left in a stream.
    let bytesIn name (stream: Stream) : byte[] =
        Files.guard name (fun () ->
            use memory = new MemoryStream()
            stream.CopyTo memory
            memory.ToArray())

    let write (path: string) (bytes: byte[]) = Outcome.capture (fun () -> OutputFile.Replace(path, bytes))

/// Files of metatensor: `.mts`, the older `.npz` (the same archive, stored or deflated) and label files `.npy`, byte for
/// byte as metatensor 0.2 writes them; gradients stand in the order of the bytes of their names.
///
/// *Types.* Files with f4 and f8 become tensors of that precision, f2 float32; integers and truth values float64, where
/// all are exact in it. `readStored` keeps any type as it is.
///
/// *Strict and bounded.* Sizes are compared with the bytes that are there before memory is taken, checksums are verified,
/// entries are looked up by name and never written anywhere, and labels and gradients must fit as in memory.
///
/// *Errors.* `FileFailure` for the archive, `Malformed` for an entry with its place, `Inconsistent` for what does not fit.
[<AutoOpen>]
module MapFileFunctions =
    type StoredMap with

        /// The map in a file, with numbers of any type.
        static member read(path: string) : Result<StoredMap, NoetherError> =
            Outcome.capture (fun () -> MapArchive.read path (StoredConversion.bytesOf path))

        /// The map in the bytes of a file; `name` stands for the path in messages.
        static member parseBytes (name: string) (bytes: byte[]) : Result<StoredMap, NoetherError> =
            Outcome.capture (fun () -> MapArchive.read name bytes)

        /// The bytes of a file that holds the map.
        static member format(map: StoredMap) : byte[] = MapArchive.write map

    type StoredBlock with

        /// The block in the bytes of a file that holds only it, with numbers of any type.
        static member parseBytes (name: string) (bytes: byte[]) : Result<StoredBlock, NoetherError> =
            Outcome.capture (fun () -> MapArchive.readBlockOnly name bytes)

        /// The bytes of a file that holds only the block.
        static member format(block: StoredBlock) : byte[] = MapArchive.writeBlockOnly block

    type TensorMap with

        /// The map in a file.
        static member read(path: string) : Result<TensorMap, NoetherError> =
            Outcome.capture (fun () -> StoredConversion.toMap (MapArchive.read path (StoredConversion.bytesOf path)))

        /// The map in the bytes of a file; `name` stands for the path in messages.
        static member parseBytes (name: string) (bytes: byte[]) : Result<TensorMap, NoetherError> =
            Outcome.capture (fun () -> StoredConversion.toMap (MapArchive.read name bytes))

        /// The map in a stream from where it stands to its end; `name` stands for the path in messages.
        static member readStream (name: string) (stream: Stream) : Result<TensorMap, NoetherError> =
            Outcome.capture (fun () ->
                StoredConversion.toMap (MapArchive.read name (StoredConversion.bytesIn name stream)))

        /// The bytes of a file that holds the map. Derivatives of the values other than explicit gradients end here.
        static member format(map: TensorMap) : byte[] = MapArchive.write (StoredConversion.ofMap map)

        /// Writes a map to a file, whatever its name; an existing file is replaced. Errors: `FileFailure`.
        static member write (path: string) (map: TensorMap) = StoredConversion.write path (TensorMap.format map)

    type TensorBlock with

        /// The block in a file that holds only it.
        static member read(path: string) : Result<TensorBlock, NoetherError> =
            Outcome.capture (fun () ->
                MapArchive.readBlockOnly path (StoredConversion.bytesOf path)
                |> StoredConversion.toBlock "the values of the block")

        /// The bytes of a file that holds only the block.
        static member format(block: TensorBlock) : byte[] = MapArchive.writeBlockOnly (StoredConversion.ofBlock block)

        /// Writes a block to a file; an existing file is replaced. Errors: `FileFailure`.
        static member write (path: string) (block: TensorBlock) = StoredConversion.write path (TensorBlock.format block)

    type Labels with

        /// The labels in a file that holds only them.
        static member read(path: string) : Result<Labels, NoetherError> =
            Outcome.capture (fun () -> LabelArrays.readLabels path (ReadOnlyMemory(StoredConversion.bytesOf path)))

        /// The labels in the bytes of a file; `name` stands for the path in messages.
        static member parseBytes (name: string) (bytes: byte[]) : Result<Labels, NoetherError> =
            Outcome.capture (fun () -> LabelArrays.readLabels name (ReadOnlyMemory bytes))

        /// The bytes of a file that holds only the labels.
        static member format(labels: Labels) : byte[] = LabelArrays.writeLabels labels

        /// Writes labels to a file; an existing file is replaced. Errors: `FileFailure`.
        static member write (path: string) (labels: Labels) = StoredConversion.write path (Labels.format labels)
