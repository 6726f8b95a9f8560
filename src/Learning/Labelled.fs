namespace Noether.Learning

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics

/// Under which names structures of a file carry what a model is to learn. A name that a structure lacks is a label that
/// is not known; the empty name is never looked for.
type LabelNames =
    {
        /// The energy of the whole, eV.
        Energy: string
        /// The force on each atom, [n; 3], eV/Å.
        Forces: string
        /// The stress (1/V) ∂E/∂ε, positive under tension, eV/Å³: nine numbers, or the six xx, yy, zz, yz, xz, xy.
        Stress: string
        /// The virial −∂E/∂ε, eV, in nine or six numbers; read where there is no stress.
        Virial: string
        /// A displacement of each atom, [n; 3].
        Direction: string
        /// The Hessian of the energy times that displacement, [n; 3], eV/Å² times its unit.
        HessianProduct: string
    }

/// A structure, its pairs of atoms, found once, and what is known of its energy.
[<NoComparison>]
type Labelled =
    {
        /// The atoms.
        Structure: Structure
        /// The pairs nearer than the cut-off of the data set.
        Pairs: Pairs
        /// The energy, eV.
        Energy: float option
        /// Forces, [n, 3], eV/Å.
        Forces: ImmutableArray<float> option
        /// The stress, [3, 3], eV/Å³, positive under tension.
        Stress: ImmutableArray<float> option
        /// A displacement [n, 3], and the Hessian times it [n, 3].
        HessianVector: (ImmutableArray<float> * ImmutableArray<float>) option
    }

/// How much goes into one batch.
type BatchLimit =
    /// So many structures, fewer in the last one.
    | Graphs of int
    /// As many structures, in order, as have together at most so many atoms; a larger one stands alone.
    | Atoms of int

/// Reading labels.
[<RequireQualifiedAccess>]
module Labelled =
    /// The names that ASE writes: energy, forces, stress, and virial, direction, hessian_product.
    let standardNames: LabelNames =
        { Energy = "energy"
          Forces = "forces"
          Stress = "stress"
          Virial = "virial"
          Direction = "direction"
          HessianProduct = "hessian_product" }

    let private finite name (values: ImmutableArray<float>) =
        for value in values do
            if not (Double.IsFinite value) then Outcome.raise (NonFinite(name, value))

        values

    let private reals name shapes expected (property: Property) =
        match Property.tryReals property with
        | Some values when List.contains property.Shape shapes -> finite name values
        | _ -> Outcome.raise (Inconsistent(name, $"{property}", expected))

    let private ofAtoms name (structure: Structure) =
        Map.tryFind name structure.PerAtom
        |> Option.map (reals $"the atom property '{name}'" [ [ structure.Count; 3 ] ] $"real [{structure.Count}; 3]")

    /// Nine numbers, from nine or from Voigt's six.
    let private matrix name (structure: Structure) =
        Map.tryFind name structure.Info
        |> Option.map (fun property ->
            let name = $"the property '{name}'"
            let values = reals name [ [ 9 ]; [ 3; 3 ]; [ 6 ] ] "nine or six real numbers" property

            if values.Length = 9 then
                values
            else
                ImmutableArray.CreateRange([ 0; 5; 4; 5; 1; 3; 4; 3; 2 ] |> Seq.map (fun i -> values[i])))

    let private stress (names: LabelNames) (structure: Structure) =
        match matrix names.Stress structure with
        | Some stress -> Some stress
        | None ->
            matrix names.Virial structure
            |> Option.map (fun virial ->
                match Cell.volume structure.Cell with
                | Some volume -> ImmutableArray.CreateRange(virial, (fun w -> -w / volume))
                | None ->
                    let expected = "three lattice vectors, by whose volume a virial is divided"
                    Outcome.raise (Inconsistent("the structure", "a virial without a volume", expected)))

    /// The labels of a structure under some names, and its pairs nearer than a cut-off (Å). Errors: those of
    /// `Neighbours.build`; `Inconsistent` for a property of another type or shape, for a virial without a volume and for
    /// one of direction and Hessian product without the other; `NonFinite`.
    let ofStructure (names: LabelNames) (cutoff: float) (structure: Structure) : Result<Labelled, NoetherError> =
        Outcome.capture (fun () ->
            let energy =
                if structure.Info.ContainsKey names.Energy then
                    let energy = Structure.infoReal names.Energy structure |> Outcome.getOrFail
                    finite $"the property '{names.Energy}'" (ImmutableArray.Create energy) |> Seq.tryHead
                else
                    None

            let hessianVector =
                match ofAtoms names.Direction structure, ofAtoms names.HessianProduct structure with
                | Some direction, Some product -> Some(direction, product)
                | None, None -> None
                | _ ->
                    let expected = $"both of '{names.Direction}' and '{names.HessianProduct}'"
                    Outcome.raise (Inconsistent("the structure", "one", expected))

            { Structure = structure
              Pairs = Neighbours.build cutoff structure |> Outcome.getOrFail
              Energy = energy
              Forces = ofAtoms names.Forces structure
              Stress = stress names structure
              HessianVector = hessianVector })

    /// The labelled structures of an extended XYZ file as they are asked for, in memory for one frame; an error is the last
    /// element. Errors: those of `ExtXyz.frames` and `ofStructure`, the latter with the number of the frame.
    let frames (names: LabelNames) (cutoff: float) (path: string) : seq<Result<Labelled, NoetherError>> =
        seq {
            use frames = (ExtXyz.frames path).GetEnumerator()
            let mutable number = 0
            let mutable failed = false

            while not failed && frames.MoveNext() do
                number <- number + 1

                let labelled =
                    frames.Current
                    |> Result.bind (fun structure ->
                        ofStructure names cutoff structure
                        |> Result.mapError (fun error ->
                            At({ Path = $"{path}, frame {number}"; Line = 1; Column = 0 }, error)))

                failed <- labelled.IsError
                yield labelled
        }

/// Labelled structures in an order, all with the pairs of one cut-off.
[<NoComparison>]
type Dataset =
    {
        /// The cut-off of the pairs, Å.
        Cutoff: float
        /// The structures.
        Items: ImmutableArray<Labelled>
    }

    /// The number of structures.
    member dataset.Count = dataset.Items.Length

/// Data sets: reading, shuffling, splitting, batching. All of it is pure; chance comes from keys.
[<RequireQualifiedAccess>]
module Dataset =
    /// All labelled structures of an extended XYZ file. Errors: those of `Labelled.frames`.
    let read (names: LabelNames) (cutoff: float) (path: string) : Result<Dataset, NoetherError> =
        Outcome.capture (fun () ->
            { Cutoff = cutoff
              Items = Labelled.frames names cutoff path |> Seq.map Outcome.getOrFail |> ImmutableArray.CreateRange })

    /// Structures with their labels. Errors: those of `Labelled.ofStructure`.
    let ofStructures (names: LabelNames) (cutoff: float) (structures: Structure seq) : Result<Dataset, NoetherError> =
        Outcome.capture (fun () ->
            let labelled = structures |> Seq.map (Labelled.ofStructure names cutoff >> Outcome.getOrFail)
            { Cutoff = cutoff; Items = ImmutableArray.CreateRange labelled })

    /// 0 … count−1 in an order that a key determines, on every machine the same.
    let permutation (key: RandomKey) (count: int) : int[] =
        let draws = Array.zeroCreate<float> count
        Threefry.Uniform(key, Span draws)
        Array.init count id |> Array.sortBy (fun i -> struct (draws[i], i))

    /// The structures at some places, in the order of the places.
    let pick (places: int seq) (dataset: Dataset) : Dataset =
        { dataset with
            Items = places |> Seq.map (fun i -> dataset.Items[i]) |> ImmutableArray.CreateRange }

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

    /// The places of the structures of each batch, in order. ArgumentException for a limit below 1.
    let batches (limit: BatchLimit) (dataset: Dataset) : int[] list =
        let graphs, atoms =
            match limit with
            | Graphs most -> most, Int32.MaxValue
            | Atoms most -> Int32.MaxValue, most

        if graphs < 1 || atoms < 1 then
            invalidArg (nameof limit) $"Dataset.batches: the limit is {limit}, expected at least 1."

        let rec walk place (batch: int list) held done' =
            let close () = if batch.IsEmpty then done' else Array.ofList (List.rev batch) :: done'

            if place = dataset.Count then
                List.rev (close ())
            else
                let own = dataset.Items[place].Structure.Count

                if not batch.IsEmpty && (batch.Length >= graphs || int64 held + int64 own > int64 atoms) then
                    walk (place + 1) [ place ] own (close ())
                else
                    walk (place + 1) (place :: batch) (held + own) done'

        walk 0 [] 0 []

    /// Structures as graphs for models that read graphs: nodes with positions, "species" (places in the list of atomic
    /// numbers) and, where all structures have them, "forces"; edges with shifts, from the kept pairs; globals with cells
    /// and, where all have it, "energies". Errors: `Inconsistent` for another element, `InvalidArgument` for no structures.
    let graphs (elements: int list) (dataset: Dataset) : Result<GraphsTuple, NoetherError> =
        Outcome.capture (fun () ->
            let everywhere (label: Labelled -> 'T option) = dataset.Items |> Seq.forall (label >> Option.isSome)
            let withForces, withEnergies = everywhere _.Forces, everywhere _.Energy

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
