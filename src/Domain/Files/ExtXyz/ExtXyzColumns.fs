namespace Noether.Domain

open System
open System.Collections.Immutable
open System.Globalization
open System.Runtime.InteropServices

/// The type of the words of a column.
type internal ColumnKind =
    /// Chemical symbols or atomic numbers.
    | Species = 0
    /// Atomic numbers.
    | Number = 1
    /// Coordinates, finite.
    | Position = 2
    | Real = 3
    | Integer = 4
    | Boolean = 5
    | Text = 6

/// One property of the atoms while a frame is read: `Width` words a line, stored atom by atom.
[<Sealed>]
type internal ExtXyzColumn(name: string, kind: ColumnKind, width: int) =
    let isReal = kind = ColumnKind.Real || kind = ColumnKind.Position

    let isWhole = kind = ColumnKind.Integer || kind = ColumnKind.Species || kind = ColumnKind.Number

    let mutable reals: float[] = Array.empty
    let mutable integers: int64[] = Array.empty
    let mutable booleans: bool[] = Array.empty
    let mutable texts: string[] = Array.empty
    let isotopes = ResizeArray<struct (int * float)>()

    member _.Name = name
    member _.Kind = kind
    member _.Width = width
    member _.Reals = reals
    member _.Integers = integers
    member _.Booleans = booleans
    member _.Texts = texts

    /// The atoms that are named as isotopes, and their masses in amu.
    member _.Isotopes = isotopes

    /// Makes room for exactly this many atoms, keeping what is there.
    member _.Resize(atoms: int) =
        let size = atoms * width

        if isReal then Array.Resize(&reals, size)
        elif isWhole then Array.Resize(&integers, size)
        elif kind = ColumnKind.Boolean then Array.Resize(&booleans, size)
        else Array.Resize(&texts, size)

    /// The values as a property; the column must not be written afterwards.
    member _.ToProperty(atoms: int) =
        let values =
            match kind with
            | ColumnKind.Real -> Reals(ImmutableCollectionsMarshal.AsImmutableArray reals)
            | ColumnKind.Integer -> Integers(ImmutableCollectionsMarshal.AsImmutableArray integers)
            | ColumnKind.Boolean -> Booleans(ImmutableCollectionsMarshal.AsImmutableArray booleans)
            | _ -> Texts(ImmutableCollectionsMarshal.AsImmutableArray texts)

        Property((if width = 1 then [ atoms ] else [ atoms; width ]), values)

/// The columns of the atoms of a frame.
[<RequireQualifiedAccess>]
module internal ExtXyzColumns =
    /// The columns of a file that declares none: species:S:1:pos:R:3.
    let plain () =
        [| ExtXyzColumn("species", ColumnKind.Species, 1); ExtXyzColumn("pos", ColumnKind.Position, 3) |]

    /// The names of the columns that hold the atoms, in their own spelling.
    let nameOf (name: string) : string =
        [ "species"; "pos" ]
        |> List.tryFind (fun known -> String.Equals(known, name, StringComparison.OrdinalIgnoreCase))
        |> Option.defaultValue name

    /// The kind of a column from its name, type letter and width, or what its entry should be.
    let private kindOf name letter width =
        match nameOf name, letter, width with
        | "species", ("S" | "I"), 1 -> Ok ColumnKind.Species
        | "species", _, _ -> Error "species:S:1"
        | "pos", "R", 3 -> Ok ColumnKind.Position
        | "pos", _, _ -> Error "pos:R:3"
        | ("Z" | "numbers"), "I", 1 -> Ok ColumnKind.Number
        | _, "R", _ -> Ok ColumnKind.Real
        | _, "I", _ -> Ok ColumnKind.Integer
        | _, "L", _ -> Ok ColumnKind.Boolean
        | _, "S", _ -> Ok ColumnKind.Text
        | _ -> Error "a type S, I, R or L"

    /// The columns that the value of `Properties` declares: triples name:type:width joined by colons.
    let read (lines: Lines) (entry: ExtXyzEntry) : ExtXyzColumn[] =
        let fail found expected = lines.Fail(entry.ValueAt, found, expected)

        match Property.tryText entry.Value with
        | None -> fail $"{entry.Value}" "Properties=name:type:columns:…"
        | Some text ->
            let parts = text.Split ':'

            if parts.Length % 3 <> 0 then
                fail $"'{text}'" "Properties=name:type:columns:…, three parts for each"

            let columns =
                parts
                |> Array.chunkBySize 3
                |> Array.map (fun part ->
                    let name, letter = nameOf part[0], part[1].ToUpperInvariant()
                    let mutable width = 0

                    if
                        not (Int32.TryParse(part[2], NumberStyles.None, CultureInfo.InvariantCulture, &width))
                        || width < 1
                    then
                        fail $"'{part[2]}' columns of '{name}'" "a positive number of columns"

                    if name = "" then fail "a property without a name" "name:type:columns"

                    match kindOf name letter width with
                    | Ok kind -> ExtXyzColumn(name, kind, width)
                    | Error expected -> fail $"'{name}:{letter}:{width}'" expected)

            let count predicate =
                columns |> Array.filter (fun (column: ExtXyzColumn) -> predicate column.Kind) |> Array.length

            match columns |> Array.countBy (fun column -> column.Name) |> Array.tryFind (fun (_, n) -> n > 1) with
            | Some(name, n) -> fail $"the property '{name}' {n} times" "each property once"
            | None -> ()

            if count (fun kind -> kind = ColumnKind.Position) = 0 then fail $"'{text}'" "a property pos:R:3"

            if count (fun kind -> kind = ColumnKind.Species || kind = ColumnKind.Number) = 0 then
                fail $"'{text}'" "a property species:S:1 or Z:I:1"

            columns

    /// The masses [n] where isotopes are among the atoms and no column holds masses.
    let masses (columns: ExtXyzColumn[]) (numbers: int[]) : (string * Property) list =
        let isotopes = columns |> Array.collect (fun column -> column.Isotopes.ToArray())

        if isotopes.Length = 0 || columns |> Array.exists (fun column -> column.Name = "masses") then
            []
        else
            let masses = numbers |> Array.map Elements.mass

            for struct (atom, mass) in isotopes do
                masses[atom] <- mass

            [ "masses", Property([ numbers.Length ], Reals(ImmutableCollectionsMarshal.AsImmutableArray masses)) ]
