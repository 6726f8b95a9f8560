namespace Noether.Learning

open Noether.AutoDiff
open Noether.Domain
open Noether.Physics

/// Files of another program, as models are written into them.
[<NoComparison; NoEquality>]
type ModelWriter =
    {
        /// The ending of their names, such as ".nqx".
        Ending: string
        /// The bytes of the file of a model, from its name and parameters.
        Bytes: string -> Tree<Tensor> -> Result<byte[], NoetherError>
    }

/// A network of a family without its parameters. Networks are equal where family and settings are.
[<CustomEquality; NoComparison>]
type Architecture =
    {
        /// The name of its family, such as "nequip".
        Family: string
        /// The name of its family in reports, such as "NequIP".
        Title: string
        /// Its settings, of a type of the family's own: see `Architecture.settings`.
        Settings: obj
        /// Its settings as JSON, which stands in model files: an object whose field `kind` is the family's name. Of a family
        /// with a `Writer`, any text that tells its networks apart.
        Json: string
        /// Atoms beyond this distance (Å) do not see each other.
        Cutoff: float
        /// The atomic numbers that it knows, by species.
        Elements: int list
        /// The network under a name that messages have. Errors: settings of which there is no network.
        Trainable: string -> Result<Trainable, NoetherError>
        /// The network and its parameters with other energies of elements: from atomic number and energy (eV) to energy.
        MapOffsets: (int -> float -> float) -> Tree<Tensor> -> Architecture * Tree<Tensor>
        /// The files of another program that its models are written into; None for those of `ModelFile`.
        Writer: ModelWriter option
        /// The potential of a precision, a name and parameters with so many splines in the place of functions of one distance:
        /// faster, and nearly the same. Errors: a number that is out of range. None for a network without such functions.
        Tabulated: (int -> Precision -> string -> Tree<Tensor> -> Result<Potential, NoetherError>) option
        /// The potential of a precision, a name and parameters where it is faster than that of `Trainable`, with the same
        /// energies. None where there is no other.
        Evaluated: (Precision -> string -> Tree<Tensor> -> Result<Potential, NoetherError>) option
    }

    /// Whether family and settings are equal.
    override own.Equals(other: objnull) =
        match other with
        | :? Architecture as other -> own.Family = other.Family && own.Settings.Equals other.Settings
        | _ -> false

    /// Equal for equal networks.
    override own.GetHashCode() = System.HashCode.Combine(own.Family, own.Settings)

/// Statistics of training structures, for which a network is made.
type TrainingStatistics =
    {
        /// The mean number of neighbours of an atom within the cut-off.
        AverageNeighbours: Lazy<float>
        /// The elements of the structures, the energy of each, and the scale of the energies of atoms.
        ScaleShift: ScaleShift
    }

/// A model before it has seen any structure.
[<NoComparison; NoEquality>]
type UntrainedModel =
    {
        /// Atoms beyond this distance (Å) do not see each other.
        Cutoff: float
        /// The network for training structures. Errors: settings of which there is no network.
        Create: TrainingStatistics -> Result<Architecture, NoetherError>
    }

/// Files of another program, as models are read from them.
[<NoComparison; NoEquality>]
type ModelFormat =
    {
        /// The name of the format where a potential is named by kind and file, such as "nequix".
        Kind: string
        /// The ending of the names of its files, such as ".nqx".
        Ending: string
        /// The files, as help has them: "the .nqx file of a Nequix model".
        Files: string
        /// Name, network and parameters of the model of a file, in the precision of the file.
        Read: string -> Result<string * Architecture * Tree<Tensor>, NoetherError>
    }

/// A family of models as one value. Training, model files, command line and facade know families by this value only: from
/// the list `ModelFamilies.all`, and from what a caller adds to it.
[<NoComparison; NoEquality>]
type ModelFamily =
    {
        /// The name in model files and training configurations, such as "nequip".
        Name: string
        /// The network whose settings `Architecture.Json` gave. Strict: every field has to be there, and no other. Raises
        /// NoetherException. None for a family that files of other programs hold.
        OfJson: (Fields -> Architecture) option
        /// The untrained model that the field `model` of a training configuration describes. Raises NoetherException. None for
        /// a family that is fine-tuned only.
        Untrained: (Fields -> UntrainedModel) option
        /// The files of other programs that hold its models.
        Formats: ModelFormat list
    }

/// Questions about networks without parameters.
[<RequireQualifiedAccess>]
module Architecture =
    /// The settings, where they are of a type.
    let settings<'Settings when 'Settings: not null> (architecture: Architecture) : 'Settings option =
        match architecture.Settings with
        | :? 'Settings as own -> Some own
        | _ -> None

    /// The network under a name. Errors: settings of which there is no network.
    let trainable (name: string) (architecture: Architecture) : Result<Trainable, NoetherError> =
        architecture.Trainable name |> Result.map (fun model -> { model with Name = name })
