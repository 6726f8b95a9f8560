namespace Noether.Learning

open System.Text.Json
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics

/// ANI as a family of models: trained here, or converted from the files of its authors.
[<RequireQualifiedAccess>]
module AniFamily =
    [<Literal>]
    let private Name = "ani"

    /// The order of a smooth cut-off, 0 for the cosine.
    let private smoothness (environments: Environments) =
        match environments.End with
        | CosineEnd -> 0
        | SmoothEnd order -> order

    let private endOf smoothness = if smoothness = 0 then CosineEnd else SmoothEnd smoothness

    let private json (settings: AniSettings) =
        let own = settings.Environments
        let reals values = SettingsJson.list (List.map SettingsJson.real values)

        let element species z =
            SettingsJson.fields
                [ "symbol", SettingsJson.symbol z
                  "layers", SettingsJson.list (List.map SettingsJson.whole settings.Hidden[species])
                  "selfEnergy", SettingsJson.real settings.SelfEnergies[species] ]

        SettingsJson.format
            [ "kind", SettingsJson.text Name
              "members", SettingsJson.whole settings.Members
              "unit", SettingsJson.real settings.Unit
              "elements", SettingsJson.list (List.mapi element settings.Elements)
              "cutoff", SettingsJson.real own.RadialCutoff
              "angularCutoff", SettingsJson.real own.AngularCutoff
              "radialWidth", SettingsJson.real own.RadialWidth
              "radialShifts", reals own.RadialShifts
              "angularWidth", SettingsJson.real own.AngularWidth
              "angularShifts", reals own.AngularShifts
              "sharpness", SettingsJson.real own.Sharpness
              "sections", reals own.Sections
              "smoothness", SettingsJson.whole (smoothness own) ]

    /// The network under a name, as `Ani.energies` has it. Self-energies are among its settings and are not trained.
    /// Errors: those of `AniSettings.check`.
    let trainable (name: string) (settings: AniSettings) : Result<Trainable, NoetherError> =
        AniSettings.check settings
        |> Result.map (fun settings ->
            { Name = name
              Cutoff = settings.Environments.RadialCutoff
              Init = Ani.fresh settings
              Energies = Ani.energies name settings })

    /// Whether float32 holds all parameters.
    let private isSingle (parameters: Tree<Tensor>) =
        Tree.leaves parameters
        |> List.forall (fun tensor ->
            tensor.Precision = Float32 || Tensor.toArray tensor |> Array.forall (fun x -> float (float32 x) = x))

    /// With the pass where the parameters are those of a model; else by the definition.
    let private potential settings precision name (parameters: Tree<Tensor>) : Result<Potential, NoetherError> =
        if isSingle parameters then
            AniModel.ofParameters name settings parameters |> Result.map (Ani.potential precision)
        else
            trainable name settings |> Result.map (Trainable.potential (Tree.map (Tensor.cast precision) parameters))

    /// The network of settings; its settings are those.
    let rec architecture (settings: AniSettings) : Architecture =
        { Family = Name
          Title = "ANI"
          Settings = settings :> obj
          Json = json settings
          Cutoff = settings.Environments.RadialCutoff
          Elements = settings.Elements
          Trainable = fun name -> trainable name settings
          MapOffsets =
            fun change parameters ->
                let energies =
                    List.map2
                        (fun z own -> change z (settings.Unit * own) / settings.Unit)
                        settings.Elements
                        settings.SelfEnergies

                architecture { settings with SelfEnergies = energies }, parameters
          Writer = None
          Tabulated = None
          Evaluated = Some(potential settings) }

    /// The model of a network of this family and its parameters, narrowed to float32. Errors: `InvalidArgument` for
    /// another family; those of `AniModel.ofParameters`.
    let model (name: string) (architecture: Architecture) (parameters: Tree<Tensor>) : Result<AniModel, NoetherError> =
        match Architecture.settings<AniSettings> architecture with
        | Some settings -> AniModel.ofParameters name settings parameters
        | None -> Error(InvalidArgument($"the model '{name}'", $"of the family {architecture.Title}", "an ANI model"))

    let private ofJson (fields: Fields) : Architecture =
        let element k (item: JsonElement) =
            let own = Fields(item, $"element {k} of {fields.Owner}")
            let z = SettingsJson.element own "symbol" (own.Get "symbol")
            let found = z, SettingsJson.counts own "layers", own.Number "selfEnergy"
            own.RefuseOthers()
            found

        let elements = fields.Items "elements" |> Seq.mapi element |> List.ofSeq

        architecture
            { Elements = elements |> List.map (fun (z, _, _) -> z)
              Environments =
                { Species = elements.Length
                  RadialCutoff = fields.Number "cutoff"
                  AngularCutoff = fields.Number "angularCutoff"
                  RadialWidth = fields.Number "radialWidth"
                  RadialShifts = SettingsJson.reals fields "radialShifts"
                  AngularWidth = fields.Number "angularWidth"
                  AngularShifts = SettingsJson.reals fields "angularShifts"
                  Sharpness = fields.Number "sharpness"
                  Sections = SettingsJson.reals fields "sections"
                  End = endOf (fields.Whole("smoothness", 0)) }
              Hidden = elements |> List.map (fun (_, layers, _) -> layers)
              Members = SettingsJson.count fields "members"
              SelfEnergies = elements |> List.map (fun (_, _, energy) -> energy)
              Unit = fields.Number "unit" }

    /// A network for training structures, whose elements, energies of elements and scale are theirs: the network's
    /// number is multiplied by the scale. `layers` are the widths for every element; none for those of ANI-2x.
    let untrained (members: int) (layers: int list option) (environments: Environments) : UntrainedModel =
        { Cutoff = environments.RadialCutoff
          Create =
            fun data ->
                let own = data.ScaleShift

                { Elements = own.Elements
                  Environments = { environments with Species = own.Elements.Length }
                  Hidden = own.Elements |> List.map (fun z -> Option.defaultValue (AniSettings.usualWidths z) layers)
                  Members = members
                  SelfEnergies = own.Offsets |> List.map (fun offset -> offset / own.Scale)
                  Unit = own.Scale }
                |> AniSettings.check
                |> Result.map architecture }

    /// Shifts and sections by their number, evenly, as the published models have them.
    let private environmentsOf (fields: Fields) : Environments =
        let standard = AniSettings.environmentsOf2x 1
        let number name usual = SettingsJson.orElse fields name usual (SettingsJson.positive fields)
        let many name usual = SettingsJson.orElse fields name usual (SettingsJson.count fields)
        let cutoff, angular = number "cutoff" standard.RadialCutoff, number "angularCutoff" standard.AngularCutoff
        let first = number "firstShift" 0.8
        let evenly start stop count = [ for k in 0 .. count - 1 -> start + (stop - start) * float k / float count ]
        let sections = many "sections" 4

        { standard with
            RadialCutoff = cutoff
            AngularCutoff = angular
            RadialWidth = number "radialWidth" standard.RadialWidth
            RadialShifts = evenly first cutoff (many "radialFunctions" 16)
            AngularWidth = number "angularWidth" standard.AngularWidth
            AngularShifts = evenly first angular (many "angularFunctions" 8)
            Sharpness = number "sharpness" standard.Sharpness
            Sections = [ for k in 0 .. sections - 1 -> System.Math.PI * (float k + 0.5) / float sections ]
            End = endOf (SettingsJson.orElse fields "smoothness" 0 (fun name -> fields.Whole(name, 0))) }

    let private read (path: string) =
        AniFile.read path
        |> Result.map (fun model -> model.Name, architecture model.Settings, AniModel.parameters Float32 model)

    /// The family.
    let family: ModelFamily =
        { Name = Name
          OfJson = Some ofJson
          Untrained =
            Some(fun fields ->
                let members = SettingsJson.orElse fields "members" 1 (SettingsJson.count fields)
                let layers = SettingsJson.orElse fields "layers" None (SettingsJson.counts fields >> Some)
                untrained members layers (environmentsOf fields))
          Formats =
            [ { Kind = Name
                Ending = ".info"
                Files = "an ANI model (ani:PATH with its .info file, folder or .zip, or its name, as ani-2x)"
                Read = read } ] }
