namespace Noether.Learning

open Noether.AutoDiff
open Noether.Domain

/// Nequix as a family of models, which lives in files of its own program.
[<RequireQualifiedAccess>]
module NequixFamily =
    [<Literal>]
    let private Name = "nequix"

    [<Literal>]
    let private Title = "Nequix"

    [<Literal>]
    let private Ending = ".nqx"

    /// A network with the settings and elements of a model, whose own parameters are `NequixModel.parameters`: for
    /// fine-tuning. Scale, shift and energies of atoms are the model's; the latter are among the parameters.
    let trainable (model: NequixModel) : Trainable =
        let network = Nequix.create model.Settings
        let energies = Nequix.energiesBy model.Name model.Settings network

        { Name = model.Name
          Cutoff = model.Settings.Cutoff
          Init = network.Init
          // Energies are put together in float64, and stay so for positions in float32.
          Energies = energies }

    /// The network of a model; its settings are the model.
    let rec architecture (model: NequixModel) : Architecture =
        let settings = model.Settings

        let withOffsets (change: int -> float -> float) (path: string) (tensor: Tensor) =
            if path = NequixSettings.AtomEnergies then
                let values = Tensor.toArray tensor |> List.ofArray |> List.map2 change settings.Elements
                Tensor.vector values |> Tensor.cast tensor.Precision
            else
                tensor

        { Family = Name
          Title = Title
          Settings = model :> obj
          Json = string model
          Cutoff = settings.Cutoff
          Elements = settings.Elements
          Trainable = fun _ -> Ok(trainable model)
          MapOffsets = fun change parameters -> architecture model, Tree.mapPaths (withOffsets change) parameters
          Writer =
            Some
                { Ending = Ending
                  Bytes =
                    fun name parameters ->
                        NequixModel.ofParameters name settings parameters |> Result.map NequixFile.format }
          Tabulated =
            Some(fun intervals precision name parameters ->
                NequixModel.ofParameters name settings parameters
                |> Result.bind (NequixTable.create intervals)
                |> Result.map (NequixTable.potential precision))
          Evaluated = None }

    let private read (path: string) =
        NequixFile.read path
        |> Result.map (fun model -> model.Name, architecture model, NequixModel.parameters Float32 model)

    /// The family.
    let family: ModelFamily =
        { Name = Name
          OfJson = None
          Untrained = None
          Formats =
            [ { Kind = Name
                Ending = Ending
                Files = $"the {Ending} file of a {Title} model"
                Read = read } ] }
