namespace Noether.Tests

open System.Runtime.InteropServices
open System.Text.Json

/// A value of a recorded file, which knows whether a test has read it. The members are those of JsonElement.
type Entry(element: JsonElement) =
    let fields =
        if element.ValueKind = JsonValueKind.Object then
            [| for field in element.EnumerateObject() -> { Name = field.Name; Value = Entry field.Value } |]
        else
            [||]

    let items =
        if element.ValueKind = JsonValueKind.Array then
            [| for item in element.EnumerateArray() -> Entry item |]
        else
            [||]

    let byName = lazy (dict [ for field in fields -> field.Name, field.Value ])
    let mutable isRead = false

    let read () =
        isRead <- true
        element

    member _.ValueKind =
        if element.ValueKind = JsonValueKind.Null then isRead <- true
        element.ValueKind

    member _.GetDouble() = read().GetDouble()
    member _.GetInt32() = read().GetInt32()
    member _.GetInt64() = read().GetInt64()
    member _.GetBoolean() = read().GetBoolean()
    member _.GetRawText() = read().GetRawText()
    member _.GetString() = read().GetString()
    member _.GetArrayLength() = items.Length
    member _.EnumerateArray() : Entry seq = items
    member _.EnumerateObject() : NamedEntry seq = fields
    member _.Item(index: int) : Entry = items[index]
    member _.TryGetProperty(name: string, [<Out>] value: byref<Entry>) = byName.Value.TryGetValue(name, &value)

    member _.GetProperty(name: string) =
        match byName.Value.TryGetValue name with
        | true, value -> value
        | _ -> failwith ($"no '{name}' among " + String.concat ", " byName.Value.Keys)

    override _.ToString() = read().ToString()

    /// The numbers, texts and truths at and below a path, each with whether a test has read it; items of a list have the
    /// path of the list.
    member internal _.Leaves(path: string) : (string * bool) seq =
        seq {
            for field in fields do
                yield! field.Value.Leaves(if path = "" then field.Name else $"{path}/{field.Name}")

            for item in items do
                yield! item.Leaves path

            if element.ValueKind <> JsonValueKind.Object && element.ValueKind <> JsonValueKind.Array then
                yield path, isRead
        }

/// A field of an object.
and [<Struct>] NamedEntry = { Name: string; Value: Entry }
