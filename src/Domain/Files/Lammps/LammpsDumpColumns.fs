namespace Noether.Domain

open System
open System.Collections.Immutable
open System.Text

/// The values of a column, atom by atom.
type internal DumpColumn =
    | RealColumn of ResizeArray<float>
    /// In Å/fs.
    | VelocityColumn of ResizeArray<float>
    | IntegerColumn of ResizeArray<int64>
    | TextColumn of ResizeArray<string>

/// The columns of the atoms of a dump.
[<RequireQualifiedAccess>]
module internal LammpsDumpColumns =
    /// Properties of several columns or of another name.
    let renamed =
        [ "molecule", [ "mol" ]
          "masses", [ "mass" ]
          "charges", [ "q" ]
          "image", [ "ix"; "iy"; "iz" ]
          "velocities", [ "vx"; "vy"; "vz" ]
          "forces", [ "fx"; "fy"; "fz" ] ]

    let coordinates =
        [ [ "x"; "y"; "z" ], false
          [ "xs"; "ys"; "zs" ], true
          [ "xu"; "yu"; "zu" ], false
          [ "xsu"; "ysu"; "zsu" ], true ]

    let private wholeNames = set [ "id"; "type"; "mol"; "proc"; "procp1"; "ix"; "iy"; "iz" ]

    let isWhole (name: string) = wholeNames.Contains name || name.StartsWith("i_", StringComparison.Ordinal)

    let isNumber (word: string) =
        let mutable value = 0.0
        Numerals.tryReal (ReadOnlySpan(Encoding.UTF8.GetBytes word)) &value

    /// The columns by name and, where they are there, the words of the first atom.
    let openColumns (lines: Lines) (names: string[]) (first: Word[]) : DumpColumn[] =
        let hasAll (group: string list) = group |> List.forall (fun name -> Array.contains name names)
        let moving = hasAll [ "vx"; "vy"; "vz" ]

        names
        |> Array.mapi (fun k name ->
            let isText () =
                let mutable value = 0.0
                first.Length > 0 && not (Numerals.tryReal (Words.bytes lines first[k]) &value)

            if name = "element" || name = "typelabel" then
                TextColumn(ResizeArray())
            elif name = "type" && isText () then
                TextColumn(ResizeArray())
            elif isWhole name then
                IntegerColumn(ResizeArray())
            elif moving && (name = "vx" || name = "vy" || name = "vz") then
                VelocityColumn(ResizeArray())
            elif coordinates |> List.exists (fun (group, _) -> List.contains name group) then
                RealColumn(ResizeArray())
            elif renamed |> List.exists (fun (_, group) -> List.contains name group) then
                RealColumn(ResizeArray())
            elif isText () then
                TextColumn(ResizeArray())
            else
                RealColumn(ResizeArray()))

    /// The factor of a column whose unit is known.
    let private factorOf (units: LammpsUnits) (name: string) =
        match name with
        | "mass" -> units.Mass
        | "q" -> units.Charge
        | "fx"
        | "fy"
        | "fz" -> units.Force
        | "x"
        | "y"
        | "z"
        | "xu"
        | "yu"
        | "zu" -> units.Length
        | _ -> 1.0

    /// Adds the word of an atom to a column.
    let add (units: LammpsUnits) (lines: Lines) (name: string) (word: Word) (column: DumpColumn) =
        match column with
        | IntegerColumn values -> values.Add(Words.integer lines $"an integer, {name}" word)
        | VelocityColumn values -> values.Add(LammpsUnits.readVelocity units lines word)
        | TextColumn values -> values.Add(lines.Text(word.At, word.Length))
        | RealColumn values ->
            let mutable value = 0.0

            if not (Numerals.tryReal (Words.bytes lines word) &value) then
                Words.fail lines word $"a number, {name}"

            values.Add(factorOf units name * value)

    let properties (names: string[]) (columns: DumpColumn[]) (used: string list) : (string * Property) list =
        let find name =
            match Array.tryFindIndex ((=) name) names with
            | Some k -> Some columns[k]
            | None -> None

        let values (group: DumpColumn list) : Values =
            let interleave (lists: ResizeArray<'T> list) =
                let lists = Array.ofList lists

                ImmutableArray.CreateRange(
                    seq {
                        for i in 0 .. lists[0].Count - 1 do
                            for list in lists -> list[i]
                    }
                )

            match group[0] with
            | IntegerColumn _ ->
                Integers(
                    interleave (
                        group
                        |> List.choose (function
                            | IntegerColumn x -> Some x
                            | _ -> None)
                    )
                )
            | TextColumn _ ->
                Texts(
                    interleave (
                        group
                        |> List.choose (function
                            | TextColumn x -> Some x
                            | _ -> None)
                    )
                )
            | _ ->
                Reals(
                    interleave (
                        group
                        |> List.choose (function
                            | RealColumn x
                            | VelocityColumn x -> Some x
                            | _ -> None)
                    )
                )

        let groups =
            renamed
            |> List.choose (fun (name, group) ->
                let found = group |> List.choose find
                if found.Length = group.Length then Some(name, group, found) else None)

        let taken = used @ List.collect (fun (_, group, _) -> group) groups

        let rest =
            [ for k in 0 .. names.Length - 1 do
                  if not (List.contains names[k] taken) then names[k], [ names[k] ], [ columns[k] ] ]

        groups @ rest
        |> List.map (fun (name, group, found) ->
            let values = values found
            name, Lammps.property (values.Length / group.Length) group.Length values)
