namespace Noether.Training

open System
open System.Text.Json
open System.Text.Json.Nodes
open Noether.Domain
open Noether.Equivariance
open Noether.Learning

/// Settings of networks, and errors of models, as JSON: what stands in model files. Reading is strict: every field has to
/// be there, and no other.
[<RequireQualifiedAccess>]
module internal ModelJson =
    let private activations =
        [ "silu", Activation.Silu
          "tanh", Activation.Tanh
          "sigmoid", Activation.Sigmoid
          "gelu", Activation.Gelu
          "relu", Activation.Relu
          "softOdd", Activation.SoftOdd
          "geluExact", Activation.GeluExact
          "softplus", Activation.Softplus
          "shiftedSoftplus", Activation.ShiftedSoftplus
          "elu", Activation.Elu
          "swish1702", Activation.Swish1702
          "abs", Activation.Abs
          "identity", Activation.Identity
          "sin", Activation.Sin
          "cos", Activation.Cos
          "exp", Activation.Exp
          "square", Activation.Square ]

    let private real (x: float) : JsonNode | null = JsonValue.Create x
    let private whole (n: int) : JsonNode | null = JsonValue.Create n
    let private text (t: string) : JsonNode | null = JsonValue.Create t
    let private truth (b: bool) : JsonNode | null = JsonValue.Create b
    let private list (items: (JsonNode | null) seq) : JsonNode | null = JsonArray(Array.ofSeq items)

    let private object' (fields: (string * (JsonNode | null)) seq) : JsonNode | null =
        let all = JsonObject()

        for name, value in fields do
            all.Add(name, value)

        all

    let private optional (write: 'T -> JsonNode | null) (value: 'T option) : JsonNode | null =
        match value with
        | Some value -> write value
        | None -> null

    let private activation (own: Activation) = activations |> List.find (fun (_, one) -> one = own) |> fst |> text
    let private symbol z = text (Elements.symbol z)

    let private layer (own: NequipLayer) =
        object'
            [ "output", text own.Output.AsText
              "averageNeighbours", real own.AverageNeighbours
              "radialWidths", list (List.map whole own.Hidden)
              "radialFunctions", whole own.RadialBasis
              "degree", whole own.MaxDegree
              "even", activation own.Even
              "odd", activation own.Odd
              "gates", activation own.Gates ]

    let private species (own: NequipSpecies) =
        object'
            [ "element", symbol own.Element
              "scale", real own.Scale
              "offset", real own.Shift
              "averageNeighbours", real own.AverageNeighbours ]

    /// A network without its parameters. ArgumentException for Nequix, whose files have a format of their own.
    let ofArchitecture (architecture: Architecture) : string =
        let fields =
            match architecture with
            | Architecture.Nequip(own, energies) ->
                [ "kind", text "nequip"
                  "cutoff", real own.Cutoff
                  "elements", list (List.map symbol energies.Elements)
                  "offsets", list (List.map real energies.Offsets)
                  "scale", real energies.Scale
                  "embedding", optional whole own.Embedding
                  "layers", list (List.map layer own.Layers)
                  "readout", whole own.Readout
                  "readoutActivation", optional activation own.ReadoutActivation ]
            | Architecture.NequipTorch own ->
                let pair ((a, b), cutoff) = list [ symbol a; symbol b; real cutoff ]

                [ "kind", text "nequip-torch"
                  "cutoff", real own.Cutoff
                  "species", list (List.map species own.Species)
                  "pairCutoffs", list (Map.toList own.PairCutoffs |> List.map pair)
                  "features", text own.Features.AsText
                  "layers", whole own.Layers
                  "degree", whole own.MaxDegree
                  "embedding", whole own.Embedding
                  "radialFunctions", whole own.RadialBasis
                  "trainableBasis", truth own.TrainableBasis
                  "envelope", whole own.EnvelopePower
                  "radialWidths", list (List.map whole own.Hidden)
                  "readout", list (List.map whole own.Readout)
                  "repulsion", optional real own.Repulsion ]
            | Architecture.Nequix model -> invalidArg (nameof architecture) $"{model.Name} is written by NequixFile."

        (nonNull (object' fields)).ToJsonString()

    let private isNull (fields: Fields) name = (fields.Get name).ValueKind = JsonValueKind.Null

    let private orNone (fields: Fields) (read: string -> 'T) name = if isNull fields name then None else Some(read name)

    let private element (fields: Fields) name (item: JsonElement) =
        match item.ValueKind with
        | JsonValueKind.String -> Elements.ofSymbol (nonNull (item.GetString())) |> Outcome.getOrFail
        | _ -> raise (fields.Wrong(name, item.GetRawText(), "symbols of elements"))

    /// A list of whole numbers, 1 or more.
    let wholes (fields: Fields) name : int list =
        [ for item in fields.Items name do
              match item.ValueKind with
              | JsonValueKind.Number when fst (item.TryGetInt32()) && item.GetInt32() > 0 -> item.GetInt32()
              | _ -> raise (fields.Wrong(name, item.GetRawText(), "whole numbers, 1 or more")) ]

    let private reals (fields: Fields) name =
        [ for item in fields.Items name do
              match item.ValueKind with
              | JsonValueKind.Number when Double.IsFinite(item.GetDouble()) -> item.GetDouble()
              | _ -> raise (fields.Wrong(name, item.GetRawText(), "finite numbers")) ]

    /// Irreps in a text.
    let irreps (fields: Fields) name : Irreps =
        let found = fields.Text name

        match Irreps.parse found with
        | Ok irreps -> irreps
        | Error error -> raise (fields.Wrong(name, $"'{found}'", $"irreps ({IrrepsError.message error})"))

    /// An activation by its name.
    let activationOf (fields: Fields) name : Activation =
        fields.Choice(name, "", dict activations |> Collections.Generic.Dictionary)

    let private layerOf (species: int) (fields: Fields) : NequipLayer =
        let own: NequipLayer =
            { Output = irreps fields "output"
              AverageNeighbours = fields.Number "averageNeighbours"
              Species = species
              Hidden = wholes fields "radialWidths"
              RadialBasis = fields.Whole("radialFunctions", 1)
              MaxDegree = fields.Whole("degree", 0)
              Even = activationOf fields "even"
              Odd = activationOf fields "odd"
              Gates = activationOf fields "gates" }

        fields.RefuseOthers()
        own

    let private nequip (fields: Fields) =
        let elements = fields.Items "elements" |> Seq.map (element fields "elements") |> List.ofSeq
        let offsets = reals fields "offsets"

        if elements.IsEmpty || List.distinct elements <> elements then
            raise (fields.Wrong("elements", (fields.Get "elements").GetRawText(), "at least one, each once"))

        if offsets.Length <> elements.Length then
            raise (fields.Wrong("offsets", $"{offsets.Length} numbers", $"{elements.Length}, one for each element"))

        let settings: Nequip =
            { Cutoff = fields.Number "cutoff"
              Layers =
                [ for k, item in Seq.indexed (fields.Items "layers") do
                      layerOf elements.Length (Fields(item, $"layer {k} of {fields.Owner}")) ]
              Readout = fields.Whole("readout", 1)
              Embedding = orNone fields (fun name -> fields.Whole(name, 1)) "embedding"
              ReadoutActivation = orNone fields (activationOf fields) "readoutActivation" }

        Architecture.Nequip(settings, { Elements = elements; Offsets = offsets; Scale = fields.Number "scale" })

    let private speciesOf (fields: Fields) : NequipSpecies =
        let own =
            { Element = element fields "element" (fields.Get "element")
              Scale = fields.Number "scale"
              Shift = fields.Number "offset"
              AverageNeighbours = fields.Number "averageNeighbours" }

        fields.RefuseOthers()
        own

    let private nequipTorch (fields: Fields) =
        let pair (item: JsonElement) =
            match item.ValueKind with
            | JsonValueKind.Array when item.GetArrayLength() = 3 && item[2].ValueKind = JsonValueKind.Number ->
                let own = element fields "pairCutoffs"
                (own item[0], own item[1]), item[2].GetDouble()
            | _ -> raise (fields.Wrong("pairCutoffs", item.GetRawText(), "two symbols and a length in Å"))

        Architecture.NequipTorch
            { Cutoff = fields.Number "cutoff"
              Species =
                [ for k, item in Seq.indexed (fields.Items "species") do
                      speciesOf (Fields(item, $"species {k} of {fields.Owner}")) ]
              PairCutoffs = fields.Items "pairCutoffs" |> Seq.map pair |> Map.ofSeq
              Features = irreps fields "features"
              Layers = fields.Whole("layers", 1)
              MaxDegree = fields.Whole("degree", 0)
              Embedding = fields.Whole("embedding", 1)
              RadialBasis = fields.Whole("radialFunctions", 1)
              TrainableBasis = fields.Flag "trainableBasis"
              EnvelopePower = fields.Whole("envelope", 1)
              Hidden = wholes fields "radialWidths"
              Readout = wholes fields "readout"
              Repulsion = orNone fields fields.Number "repulsion" }

    let private kinds = [ "nequip", nequip; "nequip-torch", nequipTorch ]

    /// The network that `ofArchitecture` wrote; messages call the object `owner`. Raises NoetherException.
    let toArchitecture (owner: string) (json: JsonElement) : Architecture =
        let fields = Fields(json, owner)
        let read = fields.Choice("kind", "", Collections.Generic.Dictionary(dict kinds))
        let architecture = read fields
        fields.RefuseOthers()
        architecture

    let private summary (own: ErrorSummary) =
        object' [ "mae", real own.Mae; "rmse", real own.Rmse; "count", whole own.Count ]

    let private ofMetrics (own: Metrics) =
        object'
            [ for name, errors in
                  [ "energyPerAtom", own.EnergyPerAtom
                    "energy", own.Energy
                    "forces", own.Forces
                    "stress", own.Stress ] do
                  match errors with
                  | Some errors -> name, summary errors
                  | None -> ()
              if not own.ForcesByElement.IsEmpty then
                  "forcesByElement",
                  object' [ for KeyValue(z, errors) in own.ForcesByElement -> Elements.symbol z, summary errors ] ]

    /// Errors by the name of a set; those that are not known are left out.
    let ofErrors (errors: Map<string, Metrics>) : string =
        (nonNull (object' [ for KeyValue(name, own) in errors -> name, ofMetrics own ])).ToJsonString()

    let private summaryOf (fields: Fields) : ErrorSummary =
        let own =
            { Mae = fields.Number "mae"
              Rmse = fields.Number "rmse"
              Count = fields.Whole("count", 0) }

        fields.RefuseOthers()
        own

    let private metricsOf (fields: Fields) : Metrics =
        let given name = if fields.Has name then Some(summaryOf (fields.Inner name)) else None

        let own =
            { EnergyPerAtom = given "energyPerAtom"
              Energy = given "energy"
              Forces = given "forces"
              ForcesByElement =
                if fields.Has "forcesByElement" then
                    let inner = fields.Inner "forcesByElement"

                    Map
                        [ for symbol in List.ofSeq inner.Names do
                              Elements.ofSymbol symbol |> Outcome.getOrFail, summaryOf (inner.Inner symbol) ]
                else
                    Map.empty
              Stress = given "stress" }

        fields.RefuseOthers()
        own

    /// The errors that `ofErrors` wrote. Raises NoetherException.
    let toErrors (owner: string) (json: JsonElement) : Map<string, Metrics> =
        let fields = Fields(json, owner)
        Map [ for name in List.ofSeq fields.Names -> name, metricsOf (fields.Inner name) ]
