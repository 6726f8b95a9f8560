namespace Noether.Training

open Noether.AutoDiff
open Noether.Domain
open Noether.Learning
open Noether.Physics

/// A network that atoms have energies by, without its parameters.
[<NoComparison; RequireQualifiedAccess>]
type Architecture =
    /// NequIP as nequip-jax computes it, with its species and energies; the layers' numbers of species are those.
    | Nequip of settings: Nequip * energies: ScaleShift
    /// NequIP as nequip (for torch) computes it.
    | NequipTorch of NequipTorchSettings
    /// Nequix, with the settings and elements of a model, which may be fine-tuned.
    | Nequix of NequixModel

/// Questions about networks without parameters.
[<RequireQualifiedAccess>]
module Architecture =
    /// The atomic numbers that it knows.
    let elements (architecture: Architecture) : int list =
        match architecture with
        | Architecture.Nequip(_, energies) -> energies.Elements
        | Architecture.NequipTorch settings -> settings.Species |> List.map _.Element
        | Architecture.Nequix model -> model.Settings.Elements

    /// What is trained, under a name that messages have. Errors: those of `Trainable.nequip` and `Trainable.nequipTorch`.
    let trainable (name: string) (architecture: Architecture) : Result<Trainable, NoetherError> =
        match architecture with
        | Architecture.Nequip(settings, energies) -> Trainable.nequip energies settings
        | Architecture.NequipTorch settings -> Trainable.nequipTorch name settings
        | Architecture.Nequix model -> Ok(Trainable.nequix model)
        |> Result.map (fun model -> { model with Name = name })

/// A network with its parameters, and what is known of its errors.
[<NoComparison; NoEquality>]
type LearnedModel =
    {
        /// What it is called in messages and reports.
        Name: string
        /// The network.
        Architecture: Architecture
        /// Its parameters, in the precision in which they were trained.
        Parameters: Tree<Tensor>
        /// Its errors by the name of a set of structures, such as "validation".
        Errors: Map<string, Metrics>
    }

/// Learned models as potentials.
[<RequireQualifiedAccess>]
module LearnedModel =
    /// The potential that it is, computed in a precision: float64 is exact arithmetic with the trained parameters, float32
    /// half the time and the arithmetic of most trainings. Vectors between atoms are made in float64 either way. Errors:
    /// those of `Architecture.trainable`.
    let potential (precision: Precision) (model: LearnedModel) : Result<Potential, NoetherError> =
        Architecture.trainable model.Name model.Architecture
        |> Result.map (Trainable.potential (Tree.map (Tensor.cast precision) model.Parameters))
