namespace Noether.Learning

open System.Text.Json
open Noether.AutoDiff
open Noether.Domain

/// NequIP in the conventions of the program nequip, as a family of models.
[<RequireQualifiedAccess>]
module NequipTorchFamily =
    [<Literal>]
    let private Name = "nequip-torch"

    /// The network under a name, as `NequipTorch.create` has it. Scales and shifts of the elements are among its settings
    /// and are not trained. Errors: those of `NequipTorchSettings.check`.
    let trainable (name: string) (settings: NequipTorchSettings) : Result<Trainable, NoetherError> =
        NequipTorchSettings.check settings
        |> Result.map (fun settings ->
            let network = NequipTorch.create settings
            let elements = settings.Species |> List.map _.Element

            { Name = name
              Cutoff = settings.Cutoff
              Init = network.Init
              Energies =
                fun parameters data ->
                    network.Apply parameters (NequipInput.ofPairs name elements (NequipTorch.near settings data))
                    |> Tensor.cast data.Positions.Precision })

    let private ofSpecies (own: NequipSpecies) =
        SettingsJson.fields
            [ "element", SettingsJson.symbol own.Element
              "scale", SettingsJson.real own.Scale
              "offset", SettingsJson.real own.Shift
              "averageNeighbours", SettingsJson.real own.AverageNeighbours ]

    let private ofPair ((a, b), cutoff) =
        SettingsJson.list [ SettingsJson.symbol a; SettingsJson.symbol b; SettingsJson.real cutoff ]

    let private json (own: NequipTorchSettings) =
        SettingsJson.format
            [ "kind", SettingsJson.text Name
              "cutoff", SettingsJson.real own.Cutoff
              "species", SettingsJson.list (List.map ofSpecies own.Species)
              "pairCutoffs", SettingsJson.list (Map.toList own.PairCutoffs |> List.map ofPair)
              "features", SettingsJson.text own.Features.AsText
              "layers", SettingsJson.whole own.Layers
              "degree", SettingsJson.whole own.MaxDegree
              "embedding", SettingsJson.whole own.Embedding
              "radialFunctions", SettingsJson.whole own.RadialBasis
              "trainableBasis", SettingsJson.truth own.TrainableBasis
              "envelope", SettingsJson.whole own.EnvelopePower
              "radialWidths", SettingsJson.list (List.map SettingsJson.whole own.Hidden)
              "readout", SettingsJson.list (List.map SettingsJson.whole own.Readout)
              "repulsion", SettingsJson.optional SettingsJson.real (Option.map _.Coulomb own.Repulsion)
              match own.Repulsion with
              | Some repulsion -> "repulsionEnvelope", SettingsJson.whole repulsion.Power
              | None -> () ]

    /// The network of settings; its settings are those.
    let rec architecture (settings: NequipTorchSettings) : Architecture =
        { Family = Name
          Title = "NequIP (torch's conventions)"
          Settings = settings :> obj
          Json = json settings
          Cutoff = settings.Cutoff
          Elements = settings.Species |> List.map _.Element
          Trainable = fun name -> trainable name settings
          MapOffsets =
            fun change parameters ->
                let species =
                    settings.Species |> List.map (fun own -> { own with Shift = change own.Element own.Shift })

                architecture { settings with Species = species }, parameters
          Writer = None
          Tabulated = None
          Evaluated = None }

    let private speciesOf (fields: Fields) : NequipSpecies =
        let own =
            { Element = SettingsJson.element fields "element" (fields.Get "element")
              Scale = fields.Number "scale"
              Shift = fields.Number "offset"
              AverageNeighbours = fields.Number "averageNeighbours" }

        fields.RefuseOthers()
        own

    let private pairOf (fields: Fields) (item: JsonElement) =
        match item.ValueKind with
        | JsonValueKind.Array when item.GetArrayLength() = 3 && item[2].ValueKind = JsonValueKind.Number ->
            let element = SettingsJson.element fields "pairCutoffs"
            (element item[0], element item[1]), item[2].GetDouble()
        | _ -> raise (fields.Wrong("pairCutoffs", item.GetRawText(), "two symbols and a length in Å"))

    /// Older files have one order for the radial functions and the repulsion.
    let private repulsionOf (fields: Fields) (name: string) : NuclearRepulsion =
        let own = if fields.Has "repulsionEnvelope" then "repulsionEnvelope" else "envelope"
        { Coulomb = fields.Number name; Power = SettingsJson.count fields own }

    let private ofJson (fields: Fields) : Architecture =
        architecture
            { Cutoff = fields.Number "cutoff"
              Species =
                [ for k, item in Seq.indexed (fields.Items "species") do
                      speciesOf (Fields(item, $"species {k} of {fields.Owner}")) ]
              PairCutoffs = fields.Items "pairCutoffs" |> Seq.map (pairOf fields) |> Map.ofSeq
              Features = SettingsJson.irreps fields "features"
              Layers = SettingsJson.count fields "layers"
              MaxDegree = fields.Whole("degree", 0)
              Embedding = SettingsJson.count fields "embedding"
              RadialBasis = SettingsJson.count fields "radialFunctions"
              TrainableBasis = fields.Flag "trainableBasis"
              EnvelopePower = SettingsJson.count fields "envelope"
              Hidden = SettingsJson.counts fields "radialWidths"
              Readout = SettingsJson.counts fields "readout"
              Repulsion = SettingsJson.orNull fields "repulsion" (repulsionOf fields) }

    /// A network for training structures: the species are those of the structures, and so is the average number of
    /// neighbours unless one is given.
    let untrained (averageNeighbours: float option) (settings: NequipTorchSettings) : UntrainedModel =
        { Cutoff = settings.Cutoff
          Create =
            fun data ->
                let average = averageNeighbours |> Option.defaultWith data.AverageNeighbours.Force

                let species =
                    List.zip data.ScaleShift.Elements data.ScaleShift.Offsets
                    |> List.map (fun (z, offset) ->
                        { Element = z
                          Scale = data.ScaleShift.Scale
                          Shift = offset
                          AverageNeighbours = average })

                Ok(architecture { settings with Species = species }) }

    let private settingsOf (fields: Fields) : NequipTorchSettings =
        let features = NequipFields.features fields
        let standard = { NequipTorchSettings.small 5.0 [] with Features = features }

        { standard with
            Cutoff = SettingsJson.orElse fields "cutoff" standard.Cutoff (SettingsJson.positive fields)
            Layers = SettingsJson.orElse fields "layers" 3 (SettingsJson.count fields)
            MaxDegree = NequipFields.degree fields features
            Embedding = SettingsJson.orElse fields "embedding" standard.Embedding (SettingsJson.count fields)
            RadialBasis = SettingsJson.orElse fields "radialFunctions" standard.RadialBasis (SettingsJson.count fields)
            TrainableBasis = SettingsJson.orElse fields "trainableBasis" standard.TrainableBasis fields.Flag
            EnvelopePower = SettingsJson.orElse fields "envelope" standard.EnvelopePower (SettingsJson.count fields)
            Hidden = SettingsJson.orElse fields "radialWidths" standard.Hidden (SettingsJson.counts fields)
            Readout = SettingsJson.orElse fields "readout" standard.Readout (SettingsJson.counts fields)
            Repulsion =
                if SettingsJson.orElse fields "repulsion" false fields.Flag then
                    let usual = NequipTorchSettings.repulsion
                    let count = SettingsJson.count fields

                    Some
                        { usual with
                            Power = SettingsJson.orElse fields "repulsionEnvelope" usual.Power count }
                else
                    None }

    /// The family.
    let family: ModelFamily =
        { Name = Name
          OfJson = Some ofJson
          Untrained = Some(fun fields -> untrained (NequipFields.averageNeighbours fields) (settingsOf fields))
          Formats = [] }
