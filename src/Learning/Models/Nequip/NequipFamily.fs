namespace Noether.Learning

open System.Text.Json
open Noether.AutoDiff
open Noether.Domain
open Noether.Equivariance
open Noether.Kernels

/// The fields of configurations that NequIP has in both conventions.
[<RequireQualifiedAccess>]
module internal NequipFields =
    /// Features from irreps, from numbers by degree, or from one number for all degrees.
    let features (fields: Fields) : Irreps =
        let field = SettingsJson.orElse fields "features" None (fields.Get >> Some)
        let parity = SettingsJson.orElse fields "parity" false fields.Flag

        let equal count =
            List.replicate (1 + SettingsJson.orElse fields "degree" 2 (fun name -> fields.Whole(name, 0))) count

        let numbers =
            match field with
            | None -> Some(equal 32)
            | Some field when field.ValueKind = JsonValueKind.Array -> Some(SettingsJson.counts fields "features")
            | Some field when field.ValueKind = JsonValueKind.Number -> Some(equal (fields.Whole("features", 1)))
            | Some _ -> None

        match numbers with
        | Some numbers -> Nequip.features parity numbers
        | None -> SettingsJson.irreps fields "features"

    /// The largest degree of harmonics: that of the features unless it is given.
    let degree (fields: Fields) (features: Irreps) : int =
        let own = Irreps.tryLmax features |> Option.defaultValue 0
        SettingsJson.orElse fields "degree" own (fun name -> fields.Whole(name, 0))

    /// The average number of neighbours, where it is given.
    let averageNeighbours (fields: Fields) : float option =
        SettingsJson.orElse fields "averageNeighbours" None (SettingsJson.positive fields >> Some)

/// NequIP, as nequip-jax computes it, as a family of models.
[<RequireQualifiedAccess>]
module NequipFamily =
    [<Literal>]
    let private Name = "nequip"

    [<Literal>]
    let private Title = "NequIP"

    /// The settings with the number of species in every layer.
    let private withSpecies (scaleShift: ScaleShift) (settings: Nequip) : Nequip =
        let layers = settings.Layers |> List.map (fun layer -> { layer with Species = scaleShift.Elements.Length })
        { settings with Layers = layers }

    /// NequIP with the species, scale and shift of its atoms; the numbers of species of the layers are set to fit.
    /// Vectors between atoms are made in the precision of the positions and then rounded to that of the parameters;
    /// offsets are added in the precision of the positions.
    ///
    /// *Fresh parameters* are those of `Nequip.create`, but the first weights of the radial networks are divided by
    /// r_c^1.5 (r_c in Å): the radial functions begin as √(2/r_c) sin(kπr/r_c)/r (J. Gasteiger et al., DimeNet, 2020, eq. 7)
    /// of r in Å. In units of the cut-off, as the network has them, they are larger by that factor at the lengths of bonds,
    /// every layer multiplies its features by it, and forces of a fresh network are a thousand times too large.
    ///
    /// Errors: those of `Nequip.check`.
    let trainable (scaleShift: ScaleShift) (settings: Nequip) : Result<Trainable, NoetherError> =
        Nequip.check (withSpecies scaleShift settings)
        |> Result.map (fun settings ->
            let network = Nequip.create settings
            let calm = 1.0 / (settings.Cutoff * sqrt settings.Cutoff)

            let scaled (path: string) (weights: Tensor) =
                if path.EndsWith "/radial/Dense_0" then calm * weights else weights

            { Name = Title
              Cutoff = settings.Cutoff
              Init = fun precision key -> network.Init precision key |> Tree.mapPaths scaled
              Energies =
                fun parameters data ->
                    let input = NequipInput.ofPairs Title scaleShift.Elements data
                    let precision = (Tree.leaves parameters).Head.Precision

                    network.Apply parameters { input with Vectors = Tensor.cast precision input.Vectors }
                    |> ScaleShift.energies scaleShift data.Positions.Precision input.Species })

    let private ofLayer (own: NequipLayer) =
        SettingsJson.fields
            [ "output", SettingsJson.text own.Output.AsText
              "averageNeighbours", SettingsJson.real own.AverageNeighbours
              "radialWidths", SettingsJson.list (List.map SettingsJson.whole own.Hidden)
              "radialFunctions", SettingsJson.whole own.RadialBasis
              "degree", SettingsJson.whole own.MaxDegree
              "even", SettingsJson.activation own.Even
              "odd", SettingsJson.activation own.Odd
              "gates", SettingsJson.activation own.Gates ]

    let private json (own: Nequip) (energies: ScaleShift) =
        SettingsJson.format
            [ "kind", SettingsJson.text Name
              "cutoff", SettingsJson.real own.Cutoff
              "elements", SettingsJson.list (List.map SettingsJson.symbol energies.Elements)
              "offsets", SettingsJson.list (List.map SettingsJson.real energies.Offsets)
              "scale", SettingsJson.real energies.Scale
              "embedding", SettingsJson.optional SettingsJson.whole own.Embedding
              "layers", SettingsJson.list (List.map ofLayer own.Layers)
              "readout", SettingsJson.whole own.Readout
              "readoutActivation", SettingsJson.optional SettingsJson.activation own.ReadoutActivation ]

    /// The network of settings and of the scale and shift of its atoms; its settings are those, as a pair.
    let rec architecture (scaleShift: ScaleShift) (settings: Nequip) : Architecture =
        { Family = Name
          Title = Title
          Settings = (withSpecies scaleShift settings, scaleShift) :> obj
          Json = json settings scaleShift
          Cutoff = settings.Cutoff
          Elements = scaleShift.Elements
          Trainable = fun _ -> trainable scaleShift settings
          MapOffsets =
            fun change parameters ->
                let offsets = List.map2 change scaleShift.Elements scaleShift.Offsets
                architecture { scaleShift with Offsets = offsets } settings, parameters
          Writer = None
          Tabulated = None
          Evaluated = None }

    let private layerOf (species: int) (fields: Fields) : NequipLayer =
        let own: NequipLayer =
            { Output = SettingsJson.irreps fields "output"
              AverageNeighbours = fields.Number "averageNeighbours"
              Species = species
              Hidden = SettingsJson.counts fields "radialWidths"
              RadialBasis = SettingsJson.count fields "radialFunctions"
              MaxDegree = fields.Whole("degree", 0)
              Even = SettingsJson.activationOf fields "even"
              Odd = SettingsJson.activationOf fields "odd"
              Gates = SettingsJson.activationOf fields "gates" }

        fields.RefuseOthers()
        own

    let private ofJson (fields: Fields) : Architecture =
        let elements = fields.Items "elements" |> Seq.map (SettingsJson.element fields "elements") |> List.ofSeq
        let offsets = SettingsJson.reals fields "offsets"

        if elements.IsEmpty || List.distinct elements <> elements then
            raise (fields.Wrong("elements", (fields.Get "elements").GetRawText(), "at least one, each once"))

        if offsets.Length <> elements.Length then
            raise (fields.Wrong("offsets", $"{offsets.Length} numbers", $"{elements.Length}, one for each element"))

        let settings: Nequip =
            { Cutoff = fields.Number "cutoff"
              Layers =
                [ for k, item in Seq.indexed (fields.Items "layers") do
                      layerOf elements.Length (Fields(item, $"layer {k} of {fields.Owner}")) ]
              Readout = SettingsJson.count fields "readout"
              Embedding = SettingsJson.orNull fields "embedding" (SettingsJson.count fields)
              ReadoutActivation = SettingsJson.orNull fields "readoutActivation" (SettingsJson.activationOf fields) }

        architecture { Elements = elements; Offsets = offsets; Scale = fields.Number "scale" } settings

    /// A network for training structures: elements, their energies and the scale are those of the structures, and so is the
    /// average number of neighbours unless one is given.
    let untrained (averageNeighbours: float option) (settings: Nequip) : UntrainedModel =
        { Cutoff = settings.Cutoff
          Create =
            fun data ->
                let average = averageNeighbours |> Option.defaultWith data.AverageNeighbours.Force
                let layers = settings.Layers |> List.map (fun layer -> { layer with AverageNeighbours = average })
                Nequip.check { settings with Layers = layers } |> Result.map (architecture data.ScaleShift) }

    let private settingsOf (fields: Fields) : Nequip =
        let features = NequipFields.features fields
        let layers = SettingsJson.orElse fields "layers" 3 (SettingsJson.count fields)
        let standard = Nequip.ofFeatures layers (NequipFields.degree fields features) features

        let withFields (layer: NequipLayer) =
            { layer with
                Hidden = SettingsJson.orElse fields "radialWidths" layer.Hidden (SettingsJson.counts fields)
                RadialBasis = SettingsJson.orElse fields "radialFunctions" layer.RadialBasis (SettingsJson.count fields) }

        { Cutoff = SettingsJson.orElse fields "cutoff" standard.Cutoff (SettingsJson.positive fields)
          Layers = standard.Layers |> List.map withFields
          Readout = SettingsJson.orElse fields "readout" standard.Readout (SettingsJson.count fields)
          Embedding =
            SettingsJson.orElse fields "embedding" standard.Embedding (fun name ->
                SettingsJson.orNone fields name (SettingsJson.count fields))
          ReadoutActivation =
            SettingsJson.orElse
                fields
                "readoutActivation"
                standard.ReadoutActivation
                (SettingsJson.activationOf fields >> Some) }

    /// The family.
    let family: ModelFamily =
        { Name = Name
          OfJson = Some ofJson
          Untrained = Some(fun fields -> untrained (NequipFields.averageNeighbours fields) (settingsOf fields))
          Formats = [] }
