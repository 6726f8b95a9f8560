namespace Noether.Learning

open System
open System.Collections.Generic
open System.Text.Json
open System.Text.Json.Nodes
open Noether.Domain
open Noether.Equivariance

/// The parts of a network's settings as JSON, to write and to read them: a family of models is read and written with these.
/// Wrong fields raise NoetherException with field, value and expectation.
[<RequireQualifiedAccess>]
module SettingsJson =
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

    /// A real number.
    let real (x: float) : JsonNode | null = JsonValue.Create x

    /// A whole number.
    let whole (n: int) : JsonNode | null = JsonValue.Create n

    /// A text.
    let text (t: string) : JsonNode | null = JsonValue.Create t

    /// True or false.
    let truth (b: bool) : JsonNode | null = JsonValue.Create b

    /// A list of values.
    let list (items: (JsonNode | null) seq) : JsonNode | null = JsonArray(Array.ofSeq items)

    /// An object of fields in their order.
    let fields (fields: (string * (JsonNode | null)) seq) : JsonNode | null =
        let all = JsonObject()

        for name, value in fields do
            all.Add(name, value)

        all

    /// A value, or null.
    let optional (write: 'T -> JsonNode | null) (value: 'T option) : JsonNode | null =
        match value with
        | Some value -> write value
        | None -> null

    /// An activation by its name.
    let activation (own: Activation) : JsonNode | null =
        activations |> List.find (fun (_, one) -> one = own) |> fst |> text

    /// An element by its symbol.
    let symbol (z: int) : JsonNode | null = text (Elements.symbol z)

    /// An object as text, without spaces.
    let format (all: (string * (JsonNode | null)) seq) : string = (nonNull (fields all)).ToJsonString()

    /// The value of a field by `read`, or a given one where the field is not there.
    let orElse (fields: Fields) (name: string) (standard: 'T) (read: string -> 'T) : 'T =
        if fields.Has name then read name else standard

    /// The value of a field by `read`; None where it is null.
    let orNull (fields: Fields) (name: string) (read: string -> 'T) : 'T option =
        if (fields.Get name).ValueKind = JsonValueKind.Null then None else Some(read name)

    /// The value of a field by `read`; None where it is null or false.
    let orNone (fields: Fields) (name: string) (read: string -> 'T) : 'T option =
        match (fields.Get name).ValueKind with
        | JsonValueKind.Null
        | JsonValueKind.False -> None
        | _ -> Some(read name)

    /// One of some choices, by its name.
    let choice (fields: Fields) (items: (string * 'T) list) (name: string) : 'T =
        fields.Choice(name, "", Dictionary<string, 'T>(dict items))

    /// A whole number, 1 or more.
    let count (fields: Fields) (name: string) : int = fields.Whole(name, 1)

    /// A number above 0.
    let positive (fields: Fields) (name: string) : float =
        let value = fields.Number name

        if value > 0.0 then
            value
        else
            raise (fields.Wrong(name, (fields.Get name).GetRawText(), "a number above 0"))

    /// A number, 0 or more.
    let notNegative (fields: Fields) (name: string) : float =
        let value = fields.Number name

        if value >= 0.0 then
            value
        else
            raise (fields.Wrong(name, (fields.Get name).GetRawText(), "a number, 0 or more"))

    /// The atomic number of a symbol among the items of a field.
    let element (fields: Fields) (name: string) (item: JsonElement) : int =
        match item.ValueKind with
        | JsonValueKind.String -> Elements.ofSymbol (nonNull (item.GetString())) |> Outcome.getOrFail
        | _ -> raise (fields.Wrong(name, item.GetRawText(), "symbols of elements"))

    /// A list of whole numbers, 1 or more.
    let counts (fields: Fields) (name: string) : int list =
        [ for item in fields.Items name do
              match item.ValueKind with
              | JsonValueKind.Number when fst (item.TryGetInt32()) && item.GetInt32() > 0 -> item.GetInt32()
              | _ -> raise (fields.Wrong(name, item.GetRawText(), "whole numbers, 1 or more")) ]

    /// A list of finite numbers.
    let reals (fields: Fields) (name: string) : float list =
        [ for item in fields.Items name do
              match item.ValueKind with
              | JsonValueKind.Number when Double.IsFinite(item.GetDouble()) -> item.GetDouble()
              | _ -> raise (fields.Wrong(name, item.GetRawText(), "finite numbers")) ]

    /// Irreps in a text.
    let irreps (fields: Fields) (name: string) : Irreps =
        let found = fields.Text name

        match Irreps.parse found with
        | Ok irreps -> irreps
        | Error error -> raise (fields.Wrong(name, $"'{found}'", $"irreps ({IrrepsError.message error})"))

    /// An activation by its name.
    let activationOf (fields: Fields) (name: string) : Activation = choice fields activations name
