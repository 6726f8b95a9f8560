namespace Noether.Training

open System.Text.Json
open Noether.Domain
open Noether.Learning

/// Errors of models as JSON: what stands in model files. Reading is strict: every field has to be there, and no other.
[<RequireQualifiedAccess>]
module internal MetricsJson =
    let private ofSummary (own: ErrorSummary) =
        SettingsJson.fields
            [ "mae", SettingsJson.real own.Mae
              "rmse", SettingsJson.real own.Rmse
              "count", SettingsJson.whole own.Count ]

    let private ofMetrics (own: Metrics) =
        SettingsJson.fields
            [ for name, errors in
                  [ "energyPerAtom", own.EnergyPerAtom
                    "energy", own.Energy
                    "forces", own.Forces
                    "stress", own.Stress ] do
                  match errors with
                  | Some errors -> name, ofSummary errors
                  | None -> ()
              if not own.ForcesByElement.IsEmpty then
                  "forcesByElement",
                  SettingsJson.fields
                      [ for KeyValue(z, errors) in own.ForcesByElement -> Elements.symbol z, ofSummary errors ] ]

    /// Errors by the name of a set; unknown ones are left out.
    let format (errors: Map<string, Metrics>) : string =
        SettingsJson.format [ for KeyValue(name, own) in errors -> name, ofMetrics own ]

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

    /// The errors that `format` wrote. Raises NoetherException.
    let parse (owner: string) (json: JsonElement) : Map<string, Metrics> =
        let fields = Fields(json, owner)
        Map [ for name in List.ofSeq fields.Names -> name, metricsOf (fields.Inner name) ]
