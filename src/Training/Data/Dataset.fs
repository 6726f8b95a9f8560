namespace Noether.Training

open System
open System.Buffers.Binary
open System.Collections.Generic
open System.Collections.Immutable
open System.IO
open System.Runtime.InteropServices
open System.Security.Cryptography
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics

/// The source of structures.
type DatasetSource =
    {
        /// The file as it was named, or "(structures)" where there is none.
        Path: string
        /// The names under which labels were looked for.
        Names: ReferenceNames
    }

/// The entry of a structure in a data set, known without reading it again.
[<Struct; NoComparison>]
type DatasetEntry =
    {
        /// Its source.
        Source: DatasetSource
        /// Its number there, from 0.
        Frame: int
        /// Its first line there, from 1; 1 where there is no file.
        Line: int
        /// Atomic numbers, ascending, and how many atoms have them.
        Composition: ImmutableArray<struct (int * int)>
        /// The energy, eV.
        Energy: float voption
        /// Σ |F|² over its atoms, (eV/Å)², where it has forces.
        SquaredForces: float voption
        /// Whether it has a stress.
        HasStress: bool
        /// Whether a stress of zeros, of a structure without a volume, was left out.
        StressLeftOut: bool
        /// Whether it has a displacement and the Hessian times it.
        HasHessianVector: bool
        /// The first 16 bytes of the SHA-256 of atoms, cell, labels and weight.
        Digest: UInt128
    }

    /// The number of atoms.
    member entry.Atoms =
        let mutable sum = 0

        for struct (_, count) in entry.Composition do
            sum <- sum + count

        sum

    /// The frame as messages name it.
    member internal entry.Place = ReferenceStructure.placeOf entry.Source.Path entry.Frame entry.Line

/// Reference structures in an order, all with the pairs of one cut-off: in memory, or read from their file whenever they are
/// asked for. Nothing that uses a data set can tell the difference.
[<NoComparison; NoEquality>]
type Dataset =
    {
        /// The cut-off of the pairs, Å.
        Cutoff: float
        /// The entries of the structures, known without reading them.
        Entries: ImmutableArray<DatasetEntry>
        /// The structure at a place, from 0; may be called from many threads. Raises NoetherException where a file that is
        /// read anew cannot be read, or has changed.
        Read: int -> ReferenceStructure
    }

    /// The number of structures.
    member dataset.Count = dataset.Entries.Length

    /// The structure at a place, from 0.
    member dataset.Item
        with get (place: int) = dataset.Read place

    /// All structures in order, read one after another as they are asked for.
    member dataset.Items: seq<ReferenceStructure> = Seq.init dataset.Count dataset.Read

/// The size of a batch.
type BatchLimit =
    /// So many structures, fewer in the last one.
    | Graphs of int
    /// As many structures, in order, as have together at most so many atoms; a larger one stands alone.
    | Atoms of int

/// Entries of structures.
[<RequireQualifiedAccess>]
module internal DatasetEntry =
    /// The first 16 bytes of the SHA-256 of everything that training sees of a structure; little-endian.
    let digest (item: ReferenceStructure) : UInt128 =
        use memory = new MemoryStream()
        use writer = new BinaryWriter(memory)
        let reals (values: ImmutableArray<float>) = writer.Write(MemoryMarshal.AsBytes(values.AsSpan()))

        let optional (values: ImmutableArray<float> option) =
            writer.Write values.IsSome
            values |> Option.iter reals

        let structure = item.Structure
        writer.Write structure.Count
        writer.Write(MemoryMarshal.AsBytes(structure.Numbers.AsSpan()))
        reals structure.Positions
        reals structure.Cell.Vectors
        structure.Cell.Periodic |> Seq.iter writer.Write
        item.Energy |> Option.map (fun energy -> ImmutableArray.Create energy) |> optional
        optional item.Forces
        optional item.Stress
        item.HessianVector |> Option.map fst |> optional
        item.HessianVector |> Option.map snd |> optional
        writer.Write item.Weight
        let hash = SHA256.HashData(ReadOnlySpan(memory.GetBuffer(), 0, int memory.Length))
        BinaryPrimitives.ReadUInt128LittleEndian(ReadOnlySpan hash)

    /// Makes entries, one after another; equal compositions are held once.
    let maker (source: DatasetSource) : int -> int -> ReferenceStructure -> DatasetEntry =
        let known = Dictionary<string, ImmutableArray<struct (int * int)>>()
        let counts = Array.zeroCreate<int>(Elements.largest + 1)

        let composition (numbers: ImmutableArray<int>) =
            Array.Clear counts

            for z in numbers do
                counts[z] <- counts[z] + 1

            let elements =
                [| for z in 0 .. Elements.largest do
                       if counts[z] > 0 then z |]

            let key = elements |> Array.map (fun z -> string z + ":" + string counts[z]) |> String.concat " "

            match known.TryGetValue key with
            | true, same -> same
            | _ ->
                let own = elements |> Seq.map (fun z -> struct (z, counts[z])) |> ImmutableArray.CreateRange
                known.Add(key, own)
                own

        fun frame line item ->
            { Source = source
              Frame = frame
              Line = line
              Composition = composition item.Structure.Numbers
              Energy = ValueOption.ofOption item.Energy
              SquaredForces =
                match item.Forces with
                | Some forces -> ValueSome(forces |> Seq.sumBy (fun f -> f * f))
                | None -> ValueNone
              HasStress = item.Stress.IsSome
              StressLeftOut = item.StressLeftOut
              HasHessianVector = item.HessianVector.IsSome
              Digest = digest item }

/// Data sets: reading, shuffling, splitting, batching. All of it is pure; chance comes from keys.
[<RequireQualifiedAccess>]
module Dataset =
    let private ofItems source cutoff (items: (int * ReferenceStructure) seq) : Dataset =
        let entry = DatasetEntry.maker source
        let entries = ImmutableArray.CreateBuilder<DatasetEntry>()
        let held = ImmutableArray.CreateBuilder<ReferenceStructure>()

        for line, item in items do
            entries.Add(entry held.Count line item)
            held.Add item

        let held = held.ToImmutable()

        { Cutoff = cutoff
          Entries = entries.ToImmutable()
          Read = fun place -> held[place] }

    /// All labelled structures of a file of any format, kept in memory. Errors: those of `ReferenceStructure.frames`.
    let read (names: ReferenceNames) (cutoff: float) (path: string) : Result<Dataset, NoetherError> =
        Outcome.capture (fun () ->
            ReferenceStructure.placed (ReferenceStructure.ofStructure names cutoff) path
            |> Seq.map (Outcome.getOrFail >> fun (place, item) -> place.Line, item)
            |> ofItems { Path = path; Names = names } cutoff)

    /// The labelled structures of an extended XYZ file that need not fit into memory: the file is gone through once, which
    /// finds what is wrong in it and keeps an entry of about a hundred bytes for each frame; from then on each frame is
    /// read, and its pairs are found, whenever it is asked for, in any order. The file must stay as it is: a frame that
    /// is no longer what it was is an error. Errors: those of `ReferenceStructure.frames`, those of pairs when a frame is asked for;
    /// `FileFailure` for a compressed file, which can only be read from its start.
    let stream (names: ReferenceNames) (cutoff: float) (path: string) : Result<Dataset, NoetherError> =
        Outcome.capture (fun () ->
            if not (ReferenceStructure.hasPlaces path) then
                let expected = "an extended XYZ file, whose frames can be read one by one; others are kept in memory"
                Outcome.raise (InvalidArgument("the file to stream", $"'{path}'", expected))

            let nothing = Structure.ofSymbols [] [] Cell.none
            nothing |> Result.bind (Neighbours.build cutoff) |> Outcome.getOrFail |> ignore
            (Files.openAt path 0L).Stream.Dispose()
            let entry = DatasetEntry.maker { Path = path; Names = names }
            let entries = ImmutableArray.CreateBuilder<DatasetEntry>()
            let offsets = ImmutableArray.CreateBuilder<int64>()

            for place, item in
                ReferenceStructure.placed (ReferenceStructure.withoutPairs names) path |> Seq.map Outcome.getOrFail do
                entries.Add(entry offsets.Count place.Line item)
                offsets.Add place.Offset

            let entries, offsets = entries.ToImmutable(), offsets.ToImmutable()

            let read (place: int) =
                let known = entries[place]

                let item =
                    ExtXyz.readAt path { Offset = offsets[place]; Line = known.Line }
                    |> Result.bind (ReferenceStructure.ofStructure names cutoff)
                    |> Result.mapError (NoetherError.at known.Place)
                    |> Outcome.getOrFail

                if DatasetEntry.digest item <> known.Digest then
                    let expected = "what it was when the file was gone through: it must not change while it is used"
                    Outcome.raise (At(known.Place, Inconsistent("the frame", "other atoms or labels", expected)))

                item

            { Cutoff = cutoff; Entries = entries; Read = read })

    /// Structures with their labels. Errors: those of `ReferenceStructure.ofStructure`.
    let ofStructures
        (names: ReferenceNames)
        (cutoff: float)
        (structures: Structure seq)
        : Result<Dataset, NoetherError> =
        Outcome.capture (fun () ->
            structures
            |> Seq.map (fun structure -> 1, ReferenceStructure.ofStructure names cutoff structure |> Outcome.getOrFail)
            |> ofItems { Path = "(structures)"; Names = names } cutoff)

    /// One data set behind another. ArgumentException for different cut-offs.
    let append (first: Dataset) (second: Dataset) : Dataset =
        if first.Cutoff <> second.Cutoff then
            invalidArg
                (nameof second)
                $"Dataset.append: cut-offs of {first.Cutoff} Å and {second.Cutoff} Å, expected one."

        let read place = if place < first.Count then first.Read place else second.Read(place - first.Count)

        { Cutoff = first.Cutoff
          Entries = first.Entries.AddRange second.Entries
          Read = read }

    /// The SHA-256 of everything that training sees of a data set, in hexadecimal digits: elements, positions, cells,
    /// labels and weights of the structures, in order. Nothing is read.
    let fingerprint (dataset: Dataset) : string =
        let bytes = Array.zeroCreate<byte>(16 * dataset.Count)

        for place in 0 .. dataset.Count - 1 do
            BinaryPrimitives.WriteUInt128LittleEndian(Span(bytes, 16 * place, 16), dataset.Entries[place].Digest)

        Convert.ToHexStringLower(SHA256.HashData(ReadOnlySpan bytes))

    /// 0 … count−1 in an order that a key determines, on every machine the same.
    let permutation (key: RandomKey) (count: int) : int[] =
        let draws = Array.zeroCreate<float> count
        Threefry.Uniform(key, Span draws)
        let order = Array.init count id

        let byDraw =
            Comparison(fun (i: int) (j: int) ->
                match draws[i].CompareTo draws[j] with
                | 0 -> i.CompareTo j
                | sign -> sign)

        Array.Sort(order, byDraw)
        order

    /// The structures at some places, in the order of the places.
    let pick (places: int seq) (dataset: Dataset) : Dataset =
        let places = Array.ofSeq places

        { dataset with
            Entries = places |> Seq.map (fun place -> dataset.Entries[place]) |> ImmutableArray.CreateRange
            Read = fun place -> dataset.Read places[place] }

    /// The structures in the order of a key.
    let shuffle (key: RandomKey) (dataset: Dataset) : Dataset = pick (permutation key dataset.Count) dataset

    /// Parts of the given sizes, drawn without replacement in the order of a key; what is left over belongs to none.
    /// Errors: `InvalidArgument` for a negative size and for sizes that add up to more than there is.
    let split (key: RandomKey) (sizes: int list) (dataset: Dataset) : Result<Dataset list, NoetherError> =
        let text = sizes |> List.map string |> String.concat " + "

        if List.exists (fun size -> size < 0) sizes then
            Error(InvalidArgument("the list of sizes", text, "numbers, 0 or more"))
        elif List.sum sizes > dataset.Count then
            Error(InvalidArgument("the sum of the sizes", text, $"at most {dataset.Count}, as many as there are"))
        else
            let order = permutation key dataset.Count
            let starts = List.scan (+) 0 sizes

            Ok
                [ for start, size in List.zip (List.take sizes.Length starts) sizes ->
                      pick order[start .. start + size - 1] dataset ]

    /// The places of the structures of each batch when they are taken in an order. ArgumentException for a limit below 1.
    let batchesIn (order: int[]) (limit: BatchLimit) (dataset: Dataset) : int[] list =
        let graphs, atoms =
            match limit with
            | Graphs most -> most, Int32.MaxValue
            | Atoms most -> Int32.MaxValue, most

        if graphs < 1 || atoms < 1 then
            invalidArg (nameof limit) $"Dataset.batches: the limit is {limit}, expected at least 1."

        let rec walk next (batch: int list) held done' =
            let close () = if batch.IsEmpty then done' else Array.ofList (List.rev batch) :: done'

            if next = order.Length then
                List.rev (close ())
            else
                let place = order[next]
                let own = dataset.Entries[place].Atoms

                if not batch.IsEmpty && (batch.Length >= graphs || int64 held + int64 own > int64 atoms) then
                    walk (next + 1) [ place ] own (close ())
                else
                    walk (next + 1) (place :: batch) (held + own) done'

        walk 0 [] 0 []

    /// The places of the structures of each batch, in order. ArgumentException for a limit below 1.
    let batches (limit: BatchLimit) (dataset: Dataset) : int[] list =
        batchesIn (Array.init dataset.Count id) limit dataset

    /// Structures as graphs for models that read graphs: nodes with positions, "species" (places in the list of atomic
    /// numbers) and, where all structures have them, "forces"; edges with shifts, from the kept pairs; globals with cells
    /// and, where all have it, "energies". Errors: `Inconsistent` for another element, `InvalidArgument` for no structures.
    let graphs (elements: int list) (dataset: Dataset) : Result<GraphsTuple, NoetherError> =
        Outcome.capture (fun () ->
            let withForces = dataset.Entries |> Seq.forall _.SquaredForces.IsSome
            let withEnergies = dataset.Entries |> Seq.forall _.Energy.IsSome

            [ for item in dataset.Items ->
                  let species = AtomGraphs.species elements item.Structure |> Outcome.getOrFail

                  let forces =
                      if withForces then
                          let values = item.Forces.Value.AsSpan().ToArray()
                          [ "forces", Real(Tensor.ofArray [| item.Structure.Count; 3 |] values) ]
                      else
                          []

                  let energies = if withEnergies then [ "energies", item.Energy.Value ] else []
                  AtomGraphs.ofPairs (species :: forces) energies item.Structure item.Pairs |> Outcome.getOrFail ]
            |> Graphs.batch
            |> Outcome.getOrFail)

    /// `graphs` padded to a size by one padding graph behind them, see `GraphPadding.padWithGraphs`. Errors: those of both.
    let paddedGraphs (elements: int list) (size: PaddedSize) (dataset: Dataset) : Result<GraphsTuple, NoetherError> =
        graphs elements dataset |> Result.bind (GraphPadding.padWithGraphs size)

    /// The atomic numbers of its elements, ascending.
    let elements (dataset: Dataset) : int list =
        set
            [ for entry in dataset.Entries do
                  for struct (z, _) in entry.Composition -> z ]
        |> List.ofSeq
