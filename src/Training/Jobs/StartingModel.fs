namespace Noether.Training

open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Learning

/// Models as trainings begin with them: of elements, numbers of neighbours and energies of atoms that fit the data.
[<RequireQualifiedAccess>]
module StartingModel =
    /// The mean number of neighbours of the atoms of a data set, of at most its first thousand structures; 1 where no atom
    /// has any.
    let averageNeighbours (dataset: Dataset) : float =
        let atoms, pairs =
            dataset.Items
            |> Seq.truncate 1000
            |> Seq.fold
                (fun (atoms, pairs) item -> atoms + int64 item.Structure.Count, pairs + int64 item.Pairs.Count)
                (0L, 0L)

        if pairs = 0L then 1.0 else float pairs / float atoms

    /// The energies of isolated atoms by atomic number. Errors: those of reading a file; `Inconsistent` for a structure
    /// there that is no atom, or has no energy.
    let isolatedAtoms (names: ReferenceNames) (source: AtomSource) : Result<Map<int, float>, NoetherError> =
        match source with
        | AtomEnergies energies -> Ok energies
        | AtomFile path ->
            Outcome.capture (fun () ->
                // No pair is that near.
                let atoms = Dataset.read names 1e-3 path |> Outcome.getOrFail

                Map
                    [ for entry in atoms.Entries do
                          match List.ofSeq entry.Composition, entry.Energy with
                          | [ struct (z, 1) ], ValueSome energy -> z, energy
                          | _, energy ->
                              let found = if energy.IsNone then "no energy" else $"{entry.Atoms} atoms"
                              let wanted = "an isolated atom with an energy"
                              Outcome.raise (At(entry.Place, Inconsistent("the structure", found, wanted))) ])

    /// The energies of elements that explain energies best by composition, beyond those that are given: of all energies, or
    /// of what a model leaves of them.
    let private fitted (dataset: Dataset) (left: (int -> float) option) (given: ScaleShift) : ScaleShift =
        let entries =
            dataset.Entries
            |> Seq.mapi (fun place entry ->
                match left with
                | Some left when entry.Energy.IsSome -> { entry with Energy = ValueSome(left place) }
                | _ -> entry)

        ScaleShiftFit.withLeastSquares
            { dataset with
                Entries = System.Collections.Immutable.ImmutableArray.CreateRange entries }
            given
        |> Outcome.getOrFail

    let private hasEnergies (dataset: Dataset) = dataset.Entries |> Seq.exists _.Energy.IsSome

    let private known (elements: int list) (atoms: Map<int, float>) : ScaleShift =
        let energy z =
            match Map.tryFind z atoms with
            | Some energy -> energy
            | None ->
                let found = $"no energy of an isolated atom of {Elements.symbol z}"
                Outcome.raise (Inconsistent("the configuration", found, "one of each element, in 'atoms'"))

        { ScaleShift.plain elements with Offsets = List.map energy elements }

    /// The energies of a fresh model for a data set: offsets as they are asked for, and the scale given or that of the
    /// forces, 1 where there are none.
    let private energies
        (atoms: Map<int, float> option)
        (offsets: OffsetSource)
        (scale: float option)
        (dataset: Dataset)
        =
        let elements = Dataset.elements dataset

        if elements.IsEmpty then
            Outcome.raise (Inconsistent("the set of training structures", "no atoms", "some"))

        let start =
            match atoms with
            | Some atoms -> known elements atoms
            | None -> ScaleShift.plain elements

        let model =
            match offsets, atoms with
            | LeastSquares, _ when hasEnergies dataset -> fitted dataset None start
            | LeastSquares, _ -> start
            | IsolatedAtoms, Some _ -> start
            | IsolatedAtoms, None ->
                Outcome.raise (
                    InvalidArgument("'offsets'", "'atoms'", "energies of isolated atoms in the field 'atoms'")
                )
            | Kept, _ ->
                Outcome.raise (
                    InvalidArgument("'offsets'", "'keep'", "a model that is fine-tuned, in the field 'start'")
                )

        match scale, ScaleShiftFit.withForceScale dataset model with
        | Some scale, _ -> { model with Scale = scale }
        | None, Ok scaled -> scaled
        | None, Error _ -> model

    /// The network of an untrained model for a data set.
    let private fresh (configuration: TrainingConfiguration) atoms (dataset: Dataset) (model: UntrainedModel) =
        let offsets = Option.defaultValue LeastSquares configuration.Offsets

        model.Create
            { AverageNeighbours = lazy (averageNeighbours dataset)
              ScaleShift = energies atoms offsets configuration.Scale dataset }
        |> Outcome.getOrFail

    /// A model whose energies of elements are changed: by atomic number from the old to the new one.
    let private withOffsets (change: int -> float -> float) (model: LearnedModel) : LearnedModel =
        let architecture, parameters = model.Architecture.MapOffsets change model.Parameters

        { model with Architecture = architecture; Parameters = parameters }

    /// Where the root mean square of what a model leaves of energies, eV by atom, is above this, they have another scale:
    /// other references of the elements. No cohesive energy is above 10 eV by atom, and functionals differ by less than one.
    let private otherScale = 5.0

    /// The root mean square of what a potential leaves of the energies of at most some dozen structures, spread over a data
    /// set, eV by atom.
    let private distance (left: int -> float) (dataset: Dataset) =
        let places = [| 0 .. dataset.Count - 1 |] |> Array.filter (fun i -> dataset.Entries[i].Energy.IsSome)
        let places = places |> Array.filter (fun i -> dataset.Entries[i].Atoms > 0)
        let count = min 50 places.Length

        let square k =
            let place = places[int (int64 k * int64 places.Length / int64 count)]
            (left place / float dataset.Entries[place].Atoms) ** 2.0

        if count = 0 then 0.0 else sqrt (Seq.averageBy square [ 0 .. count - 1 ])

    /// What was done to the energies of elements, in words.
    let private fittedNotice (model: LearnedModel) (distance: float) (changes: ScaleShift) =
        let number (x: float) = x.ToString("G5", System.Globalization.CultureInfo.InvariantCulture)
        let change (z, x: float) = (if x < 0.0 then $"{Elements.symbol z} " else $"{Elements.symbol z} +") + number x

        let each = List.zip changes.Elements changes.Offsets |> List.map change |> String.concat ", "

        $"the energies of the data are {number distance} eV/atom from those of '{model.Name}', which is another scale: the \
          energies of elements were fitted to them, in eV by atom: {each} ('offsets': 'keep' leaves them)"

    /// A model of a file with energies of elements for a data set, and what has to be said of them.
    let private tuned (configuration: TrainingConfiguration) atoms (dataset: Dataset) (model: LearnedModel) =
        let replaced (energies: ScaleShift) add =
            let own = List.zip energies.Elements energies.Offsets |> Map.ofList

            model
            |> withOffsets (fun z old ->
                match Map.tryFind z own with
                | Some next -> next + add old
                | None -> old)

        let potential = lazy (LearnedModel.potential configuration.Precision model |> Outcome.getOrFail)

        let left place =
            let prediction = Prediction.ofReference potential.Value dataset[place] |> Outcome.getOrFail
            -(Prediction.energyError prediction |> Option.defaultValue 0.0)

        let changes = lazy (fitted dataset (Some left) (ScaleShift.plain (Dataset.elements dataset)))

        match configuration.Offsets, atoms with
        | None, _ ->
            let distance = distance left dataset

            if distance > otherScale then
                replaced changes.Value id, [ fittedNotice model distance changes.Value ]
            else
                model, []
        | Some Kept, _ ->
            let distance = distance left dataset

            if distance > otherScale then
                let text = distance.ToString("G5", System.Globalization.CultureInfo.InvariantCulture)

                model,
                [ $"the energies of the data are {text} eV/atom from those of '{model.Name}', and 'offsets' keeps these" ]
            else
                model, []
        | Some IsolatedAtoms, Some atoms -> replaced (known (Dataset.elements dataset) atoms) (fun _ -> 0.0), []
        | Some IsolatedAtoms, None ->
            Outcome.raise (InvalidArgument("'offsets'", "'atoms'", "energies of isolated atoms in the field 'atoms'"))
        | Some LeastSquares, _ -> replaced changes.Value id, []

    /// The model that a configuration names, to be fine-tuned; None for an untrained one. Errors: those of
    /// `ModelFile.readAny`.
    let named (configuration: TrainingConfiguration) : Result<LearnedModel option, NoetherError> =
        match configuration.Model with
        | Untrained _ -> Ok None
        | Start(path, _) -> ModelFile.readAnyOf configuration.Families path |> Result.map Some
        | StartFrom(model, _) -> Ok(Some model)

    /// The model at the start of a training on a data set: the `named` one, or an untrained one; and what has to be said of
    /// it. Where `Offsets` is not given, a named model keeps its energies of elements, but for data of another scale: then
    /// they are fitted. Errors: those of its parts; `Inconsistent` and `InvalidArgument` where they do not fit together.
    let create
        (configuration: TrainingConfiguration)
        (named: LearnedModel option)
        (key: RandomKey)
        (dataset: Dataset)
        : Result<LearnedModel * string list, NoetherError> =
        Outcome.capture (fun () ->
            let atoms = configuration.Atoms |> Option.map (isolatedAtoms configuration.Labels >> Outcome.getOrFail)

            match configuration.Model, named with
            | Untrained model, _ ->
                let architecture = fresh configuration atoms dataset model
                let model = Architecture.trainable "model" architecture |> Outcome.getOrFail

                { Name = "model"
                  Architecture = architecture
                  Parameters = model.Init configuration.Precision key
                  Errors = Map.empty },
                []
            | _, Some named ->
                { named with
                    Parameters = Tree.map (Tensor.cast configuration.Precision) named.Parameters
                    Errors = Map.empty }
                |> tuned configuration atoms dataset
            | _, None -> invalidArg (nameof named) "StartingModel.create: the model that the configuration names.")
