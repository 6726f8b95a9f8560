namespace Noether.Training

open System
open Noether.AutoDiff
open Noether.Domain
open Noether.Learning

/// The structures of a training set.
type TrainingData =
    /// Those of extended XYZ files.
    | DataFiles of string list
    /// Structures in memory, with their labels as properties.
    | Structures of Structure list

/// Structures for validation or test, which have no part in the gradient.
type HeldOut =
    /// Those of files; no files for none.
    | OfFiles of string list
    /// Structures in memory; none of them for none.
    | OfStructures of Structure list
    /// A part of the training structures, drawn by the seed: above 0 and below 1.
    | PartOf of float
    /// So many of the training structures, drawn by the seed; 0 for none.
    | CountOf of int

/// The energies of isolated atoms, eV.
type AtomSource =
    /// Structures of one atom each, in a file.
    | AtomFile of string
    /// By atomic number.
    | AtomEnergies of Map<int, float>

/// The energies of elements at the start of a training.
type OffsetSource =
    /// The least-squares fit of the energies of the training structures by composition, beyond those of isolated atoms where
    /// these are given; for a model that is fine-tuned, the fit of its residual energies.
    | LeastSquares
    /// Those of isolated atoms.
    | IsolatedAtoms
    /// Those of the model that is fine-tuned.
    | Kept

/// The model at the start of a training. Patterns (* stands for any letters) choose the paths of the parameters that are
/// trained; the others stay as they are.
[<NoComparison; NoEquality>]
type ModelSource =
    /// An untrained model.
    | Untrained of UntrainedModel
    /// The model of a file, .safetensors or of another program.
    | Start of path: string * trained: string list
    /// A model in memory.
    | StartFrom of model: LearnedModel * trained: string list

/// The settings of a training; `TrainingConfiguration.create` has the defaults, `TrainingConfigurationFile` the names of the
/// fields in files. Schedules are functions of the number of steps in an epoch and the number of epochs.
[<NoComparison; NoEquality>]
type TrainingConfiguration =
    {
        /// The training set.
        Training: TrainingData
        /// The validation set, by whose score models are compared.
        Validation: HeldOut
        /// The test set of the last model.
        Test: HeldOut
        /// The names of labels among the properties of structures.
        Labels: ReferenceNames
        /// Whether structures are read from their files whenever they are needed, for files larger than the memory.
        Stream: bool
        /// The treatment of structures that lack a label of the loss.
        Missing: MissingReferences
        /// The energies of isolated atoms.
        Atoms: AtomSource option
        /// The energies of elements; none for what is usual: `Kept` for a model that is fine-tuned, else `LeastSquares`.
        Offsets: OffsetSource option
        /// The scale of the network's outputs, eV; none for the root mean square of the forces.
        Scale: float option
        /// The model at the start.
        Model: ModelSource
        /// The families of models that a file may hold.
        Families: ModelFamily list
        /// The terms of the loss from the number of steps in an epoch; empty for squares of those labels that there are:
        /// energies per atom and forces with weight 1, stress with weight 100.
        Loss: (int -> LossTerm) list
        /// The optimiser, with rate 1.
        Optimiser: GradientTransformation
        /// The rates, from the number of steps in an epoch and the number of epochs.
        Rates: int -> int -> Rates
        /// The reduction of the rates when the mean loss of an epoch does not fall any more, counted in epochs, if any; its
        /// `Window` is the number of steps in an epoch.
        Plateau: PlateauOptions option
        /// The decay of the mean of the parameters, see `TrainingPlan.AverageDecay`.
        AverageDecay: float option
        /// The size of a batch.
        Limit: BatchLimit
        /// The number of parts of a batch; the numbers depend on it.
        Parts: int
        /// The number of threads of a step: for the parts, or for the kernels of one part.
        Threads: int
        /// The number of epochs: passes over the training set.
        Epochs: int
        /// The number of epochs without a better score after which training ends.
        Patience: int option
        /// The validation score; small is good.
        Score: Metrics -> float
        /// The seed of all random numbers.
        Seed: uint64
        /// The precision of the parameters.
        Precision: Precision
        /// The folder of checkpoint, logs, model and report; None for a training that writes no files.
        Output: string option
        /// The number of steps between checkpoints; there is one at the end of each epoch too.
        SaveEvery: int
        /// The text of settings that are functions, by the path of their field: part of the identity of a checkpoint, see
        /// `TrainingIdentity`.
        Given: (string * string) list
    }

/// Building blocks of configurations.
[<RequireQualifiedAccess>]
module TrainingConfiguration =
    /// Optimisers by name, with rate 1, from the decay of weights where they have one.
    let optimisers: (string * (float -> GradientTransformation) * bool) list =
        let plain optimiser = (fun (_: float) -> optimiser 1.0), false
        let decayed optimiser = (fun (decay: float) -> optimiser decay 1.0), true

        [ "adam", plain Optimiser.adam
          "nadam", plain Optimiser.nadam
          "adamw", decayed Optimiser.adamw
          "amsgrad", plain Optimiser.amsgrad
          "adamax", plain Optimiser.adamax
          "radam", plain Optimiser.radam
          "adabelief", plain Optimiser.adabelief
          "yogi", plain Optimiser.yogi
          "rmsprop", plain (Optimiser.rmsprop 0.9 1e-8)
          "adagrad", plain Optimiser.adagrad
          "lion", decayed Optimiser.lion
          "lamb", decayed Optimiser.lamb
          "lars", decayed Optimiser.lars
          "momentum", plain (Optimiser.momentum 0.9 false)
          "fromage", plain Optimiser.fromage
          "signsgd", plain Optimiser.signSgd
          "sgd", plain Optimiser.sgd ]
        |> List.map (fun (name, (make, hasDecay)) -> name, make, hasDecay)

    /// Muon with decay of weights for the matrices among the parameters, with rate 1, but for those whose paths are chosen;
    /// Adam with a rate of its own for all others.
    let muon (adamRate: float) (decay: float) (toAdam: string -> bool) : GradientTransformation =
        let label path (parameter: Tensor) = if parameter.Rank = 2 && not (toAdam path) then "muon" else "adam"

        Transform.perLabel
            label
            [ "muon",
              Transform.named
                  [ "muon", Muon.scale 0.95; "decay", Transform.decayWeights decay; "rate", ScaleBy.learningRate 1.0 ]
              "adam", Optimiser.adam adamRate ]

    /// The configuration with a folder for checkpoint, logs, model and report.
    let withOutput (folder: string) (configuration: TrainingConfiguration) : TrainingConfiguration =
        { configuration with Output = Some folder }

    /// The configuration with another model at the start.
    let withModel (model: ModelSource) (configuration: TrainingConfiguration) : TrainingConfiguration =
        { configuration with Model = model }

    /// The configuration with a validation set of structures in memory.
    let withValidation (structures: Structure seq) (configuration: TrainingConfiguration) : TrainingConfiguration =
        { configuration with Validation = OfStructures(List.ofSeq structures) }

    /// The configuration with a test set of structures in memory.
    let withTest (structures: Structure seq) (configuration: TrainingConfiguration) : TrainingConfiguration =
        { configuration with Test = OfStructures(List.ofSeq structures) }

    /// Scores by name.
    let scores: (string * (Metrics -> float)) list =
        let of' (errors: Metrics -> ErrorSummary option) number (metrics: Metrics) =
            match errors metrics with
            | Some errors -> number errors
            | None -> Double.PositiveInfinity

        [ "forcesRmse", of' _.Forces _.Rmse
          "forcesMae", of' _.Forces _.Mae
          "energyPerAtomRmse", of' _.EnergyPerAtom _.Rmse
          "energyPerAtomMae", of' _.EnergyPerAtom _.Mae
          "stressRmse", of' _.Stress _.Rmse
          "stressMae", of' _.Stress _.Mae ]

    /// A schedule after a rise from 0 within so many epochs: `later` is given the steps that are left.
    let warmedUp (warmup: float) (rate: float) (later: int -> int -> Rates) : int -> int -> Rates =
        fun perEpoch epochs ->
            let all = max 1 (perEpoch * epochs)
            let rise = min (all - 1) (int (Math.Round(warmup * float perEpoch)))

            if rise = 0 then later perEpoch all else Schedule.warmup 0.0 rate rise (later perEpoch (all - rise))

    /// The terms of the loss that fit the labels of a data set, see `TrainingConfiguration.Loss`.
    let usualLoss (dataset: Dataset) : LossTerm list =
        let any (label: DatasetEntry -> bool) = dataset.Entries |> Seq.exists label

        [ if any _.Energy.IsSome then Loss.term Target.EnergyPerAtom Penalty.Squared 1.0
          if any _.SquaredForces.IsSome then Loss.term Target.Forces Penalty.Squared 1.0
          if any _.HasStress then Loss.term Target.Stress Penalty.Squared 100.0 ]

    /// Whether a path fits a pattern, in which * stands for any letters.
    let fits (pattern: string) (path: string) : bool =
        let expression = "^" + Text.RegularExpressions.Regex.Escape(pattern).Replace(@"\*", ".*") + "$"
        Text.RegularExpressions.Regex.IsMatch(path, expression, Text.RegularExpressions.RegexOptions.Singleline)

    /// The optimiser of a training unless another is asked for.
    [<Literal>]
    let StandardOptimiser = "adam"

    /// The schedule of a training unless another is asked for.
    [<Literal>]
    let StandardSchedule = "cosine"

    /// Schedules of a whole training by name, from the first rate and the last one.
    let schedules: (string * (float -> float -> int -> int -> Rates)) list =
        let falling shape rate last (_: int) steps = shape rate last steps

        [ "constant", (fun rate _ _ _ -> Schedule.constant rate)
          "cosine", falling Schedule.cosine
          "linear", falling Schedule.linear ]

    /// The training of a model on structures with every setting at its default: Adam with a rate that falls from 0.01 to 0
    /// as a cosine, 100 epochs of batches of five structures, a tenth of them for validation, the mean of the parameters with
    /// decay 0.99, float32, seed 0, all processors, no files.
    let create (training: TrainingData) (model: ModelSource) : TrainingConfiguration =
        let _, optimiser, _ = optimisers |> List.find (fun (name, _, _) -> name = StandardOptimiser)
        let _, schedule = schedules |> List.find (fun (name, _) -> name = StandardSchedule)
        let rate = TrainingDefaults.Rate

        { Training = training
          Validation = PartOf 0.1
          Test = OfFiles []
          Labels = ReferenceStructure.standardNames
          Stream = false
          Missing = Refused
          Atoms = None
          Offsets = None
          Scale = None
          Model = model
          Families = ModelFamilies.all
          Loss = []
          Optimiser = optimiser 0.0
          Rates = warmedUp 0.0 rate (schedule rate 0.0)
          Plateau = None
          AverageDecay = Some TrainingDefaults.AverageDecay
          Limit = Graphs TrainingDefaults.BatchSize
          Parts = 1
          Threads = Environment.ProcessorCount
          Epochs = 100
          Patience = None
          Score = Metrics.score
          Seed = 0UL
          Precision = Float32
          Output = None
          SaveEvery = 100
          Given = [] }
