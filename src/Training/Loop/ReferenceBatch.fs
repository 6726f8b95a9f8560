namespace Noether.Training

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Physics

/// The labels of one kind in a batch.
[<NoComparison; NoEquality>]
type BatchReferences =
    {
        /// The structures, or atoms, that have the label.
        Rows: int[]
        /// Their labels, one row each, float64.
        Values: Tensor
        /// The number of numbers over which a mean is taken: of the whole batch, where this is a part of one.
        Count: int
        /// The weights of the rows' structures, of as many axes as `Values`, those behind the first of length 1; none where
        /// all are 1.
        Weights: Tensor option
    }

/// Reference structures after one another, as losses see them. Structures and atoms without a label have no part in its
/// loss. Float64 throughout; a model rounds to its own precision.
[<NoComparison; NoEquality>]
type ReferenceBatch =
    {
        /// The structures.
        Items: ImmutableArray<ReferenceStructure>
        /// Their atoms and pairs.
        Places: PairBatch
        /// Energies of structures, [k], eV.
        Energies: BatchReferences
        /// Forces on atoms, [k, 3], eV/Å.
        Forces: BatchReferences
        /// Stresses of structures, [k, 3, 3], eV/Å³.
        Stresses: BatchReferences
        /// Products of Hessians with `Directions`, [k, 3].
        Products: BatchReferences
        /// Displacements of atoms, [n, 3], zero where none is given.
        Directions: Tensor
        /// Volumes of the structures with stresses, [k, 1, 1], Å³.
        Volumes: Tensor
        /// Numbers of atoms of the structures with energies, [k].
        Sizes: Tensor
    }

/// Making batches, and cutting them.
[<RequireQualifiedAccess>]
module ReferenceBatch =
    let private labels (shape: int[]) (rows: int[]) (weights: float[]) (values: float[]) =
        let ones = Array.map (fun _ -> 1) shape

        { Rows = rows
          Values = Tensor.ofArray (Array.append [| rows.Length |] shape) values
          Count = values.Length
          Weights =
            if Array.forall ((=) 1.0) weights then
                None
            else
                Some(Tensor.ofArray (Array.append [| rows.Length |] ones) weights) }

    /// A batch of labelled structures. ArgumentException where there are none.
    let create (items: ReferenceStructure seq) : ReferenceBatch =
        let items = Array.ofSeq items
        let places = items |> Seq.map (fun item -> item.Structure, item.Pairs) |> PairBatch.create
        let starts = items |> Array.scan (fun sum item -> sum + item.Structure.Count) 0

        let having (label: ReferenceStructure -> 'T option) =
            [| for s, item in Array.indexed items do
                   match label item with
                   | Some value -> s, value
                   | None -> () |]

        let numbers (values: ImmutableArray<float>) = values.AsSpan().ToArray()

        let ofAtoms (given: (int * ImmutableArray<float>)[]) =
            let rows = given |> Array.collect (fun (s, _) -> [| starts[s] .. starts[s + 1] - 1 |])

            let weights =
                given |> Array.collect (fun (s, _) -> Array.replicate items[s].Structure.Count items[s].Weight)

            labels [| 3 |] rows weights (given |> Array.collect (snd >> numbers))

        let ofStructures shape (given: (int * float[])[]) =
            let weights = given |> Array.map (fun (s, _) -> items[s].Weight)
            labels shape (Array.map fst given) weights (Array.collect snd given)

        let energies = having _.Energy
        let stresses = having _.Stress
        let products = having _.HessianVector
        let directions = Array.zeroCreate (3 * places.Atoms)

        for s, (direction, _) in products do
            direction.CopyTo(directions, 3 * starts[s])

        let volume (s, _) = Noether.Domain.Cell.volume items[s].Structure.Cell |> Option.defaultValue Double.NaN

        { Items = ImmutableArray.Create<ReferenceStructure> items
          Places = places
          Energies = energies |> Array.map (fun (s, energy) -> s, [| energy |]) |> ofStructures Array.empty
          Forces = ofAtoms (having _.Forces)
          Stresses = stresses |> Array.map (fun (s, stress) -> s, numbers stress) |> ofStructures [| 3; 3 |]
          Products = products |> Array.map (fun (s, (_, product)) -> s, product) |> ofAtoms
          Directions = Tensor.ofArray [| places.Atoms; 3 |] directions
          Volumes = Tensor.ofArray [| stresses.Length; 1; 1 |] (Array.map volume stresses)
          Sizes = Tensor.vector [ for s, _ in energies -> float items[s].Structure.Count ] }

    /// A batch of the structures at some places of a data set, which are read.
    let ofPlaces (dataset: Dataset) (places: int[]) : ReferenceBatch =
        places |> Seq.map (fun place -> dataset[place]) |> create

    /// The batch in consecutive parts whose losses add up to its loss: as many as asked for, or as there are structures if
    /// those are fewer, of equal numbers of structures but for one. ArgumentException for less than one part.
    let parts (count: int) (batch: ReferenceBatch) : ReferenceBatch[] =
        if count < 1 then
            invalidArg (nameof count) $"ReferenceBatch.parts: {count} parts, expected at least 1."

        let all = batch.Items.Length
        let count = min count all

        if count = 1 then
            [| batch |]
        else
            [| for part in 0 .. count - 1 do
                   let first, last = part * all / count, (part + 1) * all / count
                   let own = batch.Items |> Seq.skip first |> Seq.take (last - first) |> create

                   { own with
                       Energies = { own.Energies with Count = batch.Energies.Count }
                       Forces = { own.Forces with Count = batch.Forces.Count }
                       Stresses = { own.Stresses with Count = batch.Stresses.Count }
                       Products = { own.Products with Count = batch.Products.Count } } |]
