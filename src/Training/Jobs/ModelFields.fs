namespace Noether.Training

open System.Collections.Generic
open System.IO
open System.Text.Json
open Noether.Domain
open Noether.Learning

/// The field `model` of a configuration.
[<RequireQualifiedAccess>]
module internal ModelFields =
    /// Patterns of paths of parameters.
    let patterns (fields: Fields) name : string list =
        [ for item in fields.Items name do
              match item.ValueKind with
              | JsonValueKind.String -> nonNull (item.GetString())
              | _ -> raise (fields.Wrong(name, item.GetRawText(), "patterns of paths of parameters")) ]

    /// The model at the start, of one of some families; paths begin in a folder.
    let read (families: ModelFamily list) (folder: string) (fields: Fields) : ModelSource =
        let untrained =
            [ for family in families do
                  match family.Untrained with
                  | Some read -> family.Name, read >> Untrained
                  | None -> () ]

        let source =
            if fields.Has "start" then
                Start(
                    Path.Combine(folder, fields.Text "start"),
                    SettingsJson.orElse fields "train" [ "*" ] (patterns fields)
                )
            else
                fields.Choice ("kind", fst untrained.Head, Dictionary(dict untrained)) fields

        fields.RefuseOthers()
        source
