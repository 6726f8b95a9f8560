namespace Noether.Training

open System.Collections.Generic
open System.IO
open System.Text.Json
open Noether.Domain
open Noether.Equivariance
open Noether.Learning

/// Numbers and choices in the fields of configurations.
[<AutoOpen>]
module internal ConfigurationFields =
    /// Choices by name.
    let choices (items: (string * 'T) list) = Dictionary<string, 'T>(dict items)

    /// What a field says, or what is usual.
    let usual (fields: Fields) name (standard: 'T) (read: string -> 'T) =
        if fields.Has name then read name else standard

    /// A number above 0.
    let positive (fields: Fields) name =
        let value = fields.Number name

        if value > 0.0 then
            value
        else
            raise (fields.Wrong(name, (fields.Get name).GetRawText(), "a number above 0"))

    /// A number, 0 or more.
    let notNegative (fields: Fields) name =
        let value = fields.Number name

        if value >= 0.0 then
            value
        else
            raise (fields.Wrong(name, (fields.Get name).GetRawText(), "a number, 0 or more"))

    /// A number, or none where the field is null or false.
    let orNone (fields: Fields) name (read: string -> 'T) =
        match (fields.Get name).ValueKind with
        | JsonValueKind.Null
        | JsonValueKind.False -> None
        | _ -> Some(read name)

/// The field `model` of a configuration.
[<RequireQualifiedAccess>]
module internal ModelFields =
    /// Features from irreps, from numbers by degree, or from one number for all degrees.
    let private features (fields: Fields) (standard: int) : Irreps =
        let field = usual fields "features" None (fields.Get >> Some)
        let parity = usual fields "parity" false fields.Flag
        let equal count = List.replicate (1 + usual fields "degree" 2 (fun name -> fields.Whole(name, 0))) count

        let numbers =
            match field with
            | None -> Some(equal standard)
            | Some field when field.ValueKind = JsonValueKind.Array -> Some(ModelJson.wholes fields "features")
            | Some field when field.ValueKind = JsonValueKind.Number -> Some(equal (fields.Whole("features", 1)))
            | Some _ -> None

        match numbers with
        | Some numbers -> NequipTorchSettings.features parity numbers
        | None -> ModelJson.irreps fields "features"

    /// The largest degree of harmonics: that of the features unless it is said.
    let private degree (fields: Fields) (features: Irreps) =
        let own = Irreps.tryLmax features |> Option.defaultValue 0
        usual fields "degree" own (fun name -> fields.Whole(name, 0))

    let private widths (fields: Fields) name standard = usual fields name standard (ModelJson.wholes fields)

    let private nequip (fields: Fields) =
        let features = features fields 32
        let layers = usual fields "layers" 3 (fun name -> fields.Whole(name, 1))
        let degree = degree fields features
        let scalars = features |> Irreps.filter ((=) Irrep.scalar)

        let layer (output: Irreps) =
            { NequipLayer.standard output with
                Hidden = widths fields "radialWidths" [ 64; 64 ]
                RadialBasis = usual fields "radialFunctions" 8 (fun name -> fields.Whole(name, 1))
                MaxDegree = degree }

        let outputs = List.replicate (layers - 1) features @ [ scalars ] |> NequipLayer.influential (Some degree)

        FreshNequip(
            { Cutoff = usual fields "cutoff" 5.0 (positive fields)
              Layers = List.map layer outputs
              Readout = usual fields "readout" 16 (fun name -> fields.Whole(name, 1))
              Embedding =
                usual fields "embedding" (Some 16) (fun name -> orNone fields name (fun name -> fields.Whole(name, 1)))
              ReadoutActivation = usual fields "readoutActivation" None (ModelJson.activationOf fields >> Some) },
            usual fields "averageNeighbours" None (positive fields >> Some)
        )

    let private nequipTorch (fields: Fields) =
        let features = features fields 32

        FreshNequipTorch(
            { Cutoff = usual fields "cutoff" 5.0 (positive fields)
              Species = []
              PairCutoffs = Map.empty
              Features = features
              Layers = usual fields "layers" 3 (fun name -> fields.Whole(name, 1))
              MaxDegree = degree fields features
              Embedding = usual fields "embedding" 32 (fun name -> fields.Whole(name, 1))
              RadialBasis = usual fields "radialFunctions" 8 (fun name -> fields.Whole(name, 1))
              TrainableBasis = usual fields "trainableBasis" false fields.Flag
              EnvelopePower = usual fields "envelope" 6 (fun name -> fields.Whole(name, 1))
              Hidden = widths fields "radialWidths" [ 128 ]
              Readout = widths fields "readout" []
              Repulsion = if usual fields "repulsion" false fields.Flag then Some 14.399645 else None },
            usual fields "averageNeighbours" None (positive fields >> Some)
        )

    /// Patterns of paths of parameters.
    let patterns (fields: Fields) name : string list =
        [ for item in fields.Items name do
              match item.ValueKind with
              | JsonValueKind.String -> nonNull (item.GetString())
              | _ -> raise (fields.Wrong(name, item.GetRawText(), "patterns of paths of parameters")) ]

    /// What is trained; paths begin in a folder.
    let read (folder: string) (fields: Fields) =
        let source =
            if fields.Has "start" then
                Start(Path.Combine(folder, fields.Text "start"), usual fields "train" [ "*" ] (patterns fields))
            else
                fields.Choice ("kind", "nequip", choices [ "nequip", nequip; "nequip-torch", nequipTorch ]) fields

        fields.RefuseOthers()
        source
