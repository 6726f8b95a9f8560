namespace Noether.Training

open System
open Noether.AutoDiff
open Noether.Domain
open Noether.Learning

/// Structures that are not learnt from.
type HeldOut =
    /// Those of files; no files for none.
    | OfFiles of string list
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

/// Which energies of elements a model is given before it is trained.
type OffsetSource =
    /// Those that explain the energies of the training structures best by composition, beyond those of isolated atoms where
    /// these are given; of a model that is fine-tuned, beyond what it says.
    | LeastSquares
    /// Those of isolated atoms.
    | IsolatedAtoms
    /// Those of the model that is fine-tuned.
    | Kept

/// What is trained.
[<NoComparison>]
type ModelSource =
    /// A fresh NequIP. Average numbers of neighbours are those of the training structures unless one is given; elements and
    /// numbers of species follow from the structures.
    | FreshNequip of settings: Nequip * averageNeighbours: float option
    /// A fresh NequIP in the conventions of nequip for torch, in the same way; its species are left empty.
    | FreshNequipTorch of settings: NequipTorchSettings * averageNeighbours: float option
    /// A model of a file, .safetensors or .nqx, and patterns (* stands for any letters) of the paths of the parameters that
    /// are trained; the others stay as they are.
    | Start of path: string * trained: string list

/// A training as a person asks for it: see `TrainingConfigurationFile` for what the fields are called in files. Schedules
/// are functions of the number of steps in an epoch and the number of epochs.
[<NoComparison; NoEquality>]
type TrainingConfiguration =
    {
        /// The files with what is learnt from, extended XYZ.
        Training: string list
        /// On what models are compared.
        Validation: HeldOut
        /// On what the last model is tested.
        Test: HeldOut
        /// What labels are called in the files.
        Labels: ReferenceNames
        /// Whether structures are read from their files whenever they are needed, for files larger than the memory.
        Stream: bool
        /// What becomes of structures that lack a label which the loss compares.
        Missing: MissingReferences
        /// The energies of isolated atoms.
        Atoms: AtomSource option
        /// The energies of elements; none for what is usual: `Kept` for a model that is fine-tuned, else `LeastSquares`.
        Offsets: OffsetSource option
        /// What the network's number of an atom is multiplied by, eV; none for the root of the mean square of the forces.
        Scale: float option
        /// What is trained.
        Model: ModelSource
        /// The terms of the loss from the number of steps in an epoch; empty for squares of those labels that there are:
        /// energies per atom and forces with weight 1, stress with weight 100.
        Loss: (int -> LossTerm) list
        /// The optimiser, with rate 1.
        Optimiser: GradientTransformation
        /// The rates, from the number of steps in an epoch and the number of epochs.
        Rates: int -> int -> Rates
        /// The decay of the mean of the parameters, see `TrainingPlan.AverageDecay`.
        AverageDecay: float option
        /// How much goes into a batch.
        Limit: BatchLimit
        /// Into how many parts a batch is cut: the numbers depend on it.
        Parts: int
        /// How many threads a step has: for the parts, or for the kernels of one part.
        Threads: int
        /// How often the training structures are gone through.
        Epochs: int
        /// After how many epochs without a better score training ends.
        Patience: int option
        /// What is to become small.
        Score: Metrics -> float
        /// Of which all random numbers are drawn.
        Seed: uint64
        /// The precision of the parameters.
        Precision: Precision
        /// The folder of checkpoint, logs, model and report.
        Output: string
        /// After how many steps the state is saved; it also is at the end of each epoch.
        SaveEvery: int
        /// What the fields say whose meaning is a function, by path, as it was written: see `TrainingIdentity`.
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
          "lion", decayed Optimiser.lion
          "lamb", decayed Optimiser.lamb
          "lars", decayed Optimiser.lars
          "momentum", plain (Optimiser.momentum 0.9 false)
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

    /// The configuration with another folder of checkpoint, logs, model and report.
    let withOutput (folder: string) (configuration: TrainingConfiguration) : TrainingConfiguration =
        { configuration with Output = folder }

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
