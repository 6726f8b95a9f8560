namespace Noether.Domain

open System

/// The symmetry operations of a data block: those it lists, else those of its space group.
[<RequireQualifiedAccess>]
module internal CifSymmetry =
    /// No space group has more operations modulo lattice vectors, centred cells included.
    let private most = 192

    let private operationTags = [ "_space_group_symop_operation_xyz"; "_symmetry_equiv_pos_as_xyz" ]

    let private hallTags = [ "_space_group_name_hall"; "_symmetry_space_group_name_hall" ]

    let private nameTags =
        [ "_space_group_name_h-m_alt"
          "_symmetry_space_group_name_h-m"
          "_space_group_name_h-m_full"
          "_symmetry_space_group_name_h-m_full"
          "_space_group_name_h-m" ]

    let private numberTags = [ "_space_group_it_number"; "_symmetry_int_tables_number" ]

    let private expectedName = "a space group of the International Tables, or the operations listed"

    let private read (block: CifBlock) (values: CifValue[]) : SymmetryOperation[] =
        if values.Length > most then
            block.Fail(values[most], $"at most {most} operations, as in every space group")

        let operations =
            values
            |> Array.map (fun value ->
                match OperationText.tryParse value.Text with
                | Some operation -> operation
                | None -> block.Fail(value, "an operation such as 'x, y+1/2, -z' that keeps volumes"))

        if not (operations |> Array.exists _.IsIdentity) then
            block.Fail(values[0], "the operation 'x, y, z' among the operations")

        let distinct = Array.distinct operations

        if distinct.Length < operations.Length then
            block.Notice(values[0], $"{operations.Length - distinct.Length} of the operations are listed twice")

        distinct

    /// The number of the space group, if it is given.
    let private number (block: CifBlock) : (CifValue * int) option =
        block.Given numberTags
        |> Option.map (fun value ->
            match Int32.TryParse value.Text with
            | true, number when number >= 1 && number <= 230 -> value, number
            | _ -> block.Fail(value, "the number of a space group, 1 to 230"))

    /// The settings that the block's name of a space group can mean; none where it has none or it is in no table.
    let private named (block: CifBlock) : (CifValue * SpaceGroup list) option =
        block.Given nameTags
        |> Option.map (fun value ->
            match SpaceGroups.ofName value.Text with
            | Ok groups -> value, groups
            | Error _ -> value, [])

    /// The error of a cell that does not have the symmetry of a group.
    let private misfit (block: CifBlock) (value: CifValue) cell (group: string) : 'T =
        let list (a: float, b: float, c: float) =
            [ a; b; c ] |> List.map (fun x -> NoetherError.number (Math.Round(x, 4))) |> String.concat ", "

        let found = $"the lengths {list (Cell.lengths cell)} and the angles {list (Cell.angles cell)}"
        let expected = $"those that the operations of {group} keep"
        Outcome.raise (At(block.Place value, Inconsistent("the cell", found, expected)))

    let private names (groups: SpaceGroup list) = groups |> List.map string |> String.concat ", "

    /// Of settings that the block can mean the one that fits its cell.
    let private choose (block: CifBlock) cell (value: CifValue) (groups: SpaceGroup list) : SpaceGroup =
        match groups |> List.filter (fun group -> SpaceGroups.fits cell group.Operations) with
        | [] -> misfit block value cell (string groups.Head)
        | [ only ] ->
            if only <> groups.Head then
                block.Notice(
                    value,
                    $"'{value.Text}' is read as {only} with choice {only.Choice}, the only one that fits the cell"
                )

            only
        | first :: others ->
            let text = $"'{value.Text}' is read as {first}: it may as well be {names others}"
            block.Notice(value, $"{text}, which a choice behind a colon or the Hall symbol would say")
            first

    /// The settings of a group that its number alone may mean: those with the standard symbol, and of monoclinic groups
    /// those with other axes.
    let private standard (number: int) : SpaceGroup list =
        let groups = SpaceGroups.ofNumber number |> Outcome.getOrFail
        let axes = [ "b"; "c"; "a"; "b1"; "c1"; "a1" ]

        groups |> List.filter (fun group -> group.Symbol = groups.Head.Symbol || List.contains group.Choice axes)

    /// The operations of the block's Hall symbol, if it has one that can be read.
    let private ofHall (block: CifBlock) (others: SpaceGroup list) : SymmetryOperation list option =
        match block.Given hallTags with
        | None -> None
        | Some value ->
            match SpaceGroups.tryHall value.Text with
            | Some group ->
                let hasNumber (other: SpaceGroup) = other.Number = group.Number

                if not others.IsEmpty && not (List.exists hasNumber others) then
                    let text = $"the Hall symbol '{value.Text}' is that of {group}, but the name that of {others.Head}"
                    block.Notice(value, $"{text}: the operations are those of the Hall symbol")

                Some group.Operations
            | None ->
                match HallSymbol.parse value.Text with
                | Ok operations -> Some operations
                | Error error when others.IsEmpty -> Outcome.raise (At(block.Place value, error))
                | Error error ->
                    block.Notice(value, $"{NoetherError.message error}: the operations are those of {others.Head}")
                    None

    /// The operations of the block's space group, by Hall symbol, name or number.
    let private ofGroup (block: CifBlock) cell : SymmetryOperation list =
        let number = number block
        let named = named block

        let fitting =
            match named, number with
            | Some(value, groups), Some(_, number) when not groups.IsEmpty ->
                match groups |> List.filter (fun group -> group.Number = number) with
                | [] when (block.Given hallTags).IsNone ->
                    let expected = $"a name of the group {number}, as its number is given"
                    Outcome.raise (At(block.Place value, Malformed($"'{value.Text}', {groups.Head}", expected)))
                | same -> Some(value, (if same.IsEmpty then groups else same))
            | Some(value, groups), None when not groups.IsEmpty -> Some(value, groups)
            | Some(value, _), None when (block.Given hallTags).IsNone -> block.Fail(value, expectedName)
            | Some(value, []), Some(place, number) ->
                block.Notice(
                    value,
                    $"'{value.Text}' is no name of the International Tables: the number {number} is taken"
                )

                Some(place, standard number)
            | _, Some(value, number) -> Some(value, standard number)
            | _ -> None

        match ofHall block (fitting |> Option.map snd |> Option.defaultValue []), fitting with
        | Some operations, _ ->
            let value = (block.Given hallTags).Value

            if not (SpaceGroups.fits cell operations) then misfit block value cell $"'{value.Text}'"
            operations
        | None, Some(value, groups) -> (choose block cell value groups).Operations
        | None, None ->
            block.Notice "neither operations nor a space group: read as P 1"
            [ SymmetryOperation.identity ]

    /// Says where listed operations are not those of the space group that the block names.
    let private compare (block: CifBlock) (value: CifValue) (operations: SymmetryOperation[]) =
        let groups =
            match named block, number block with
            // A name in no table may be that of another setting, such as C -1.
            | Some(_, groups), _ -> groups
            | None, Some(_, number) -> SpaceGroups.ofNumber number |> Outcome.getOrFail
            | _ -> []

        let counts = groups |> List.map _.Operations.Length |> List.distinct

        if not groups.IsEmpty && not (List.contains operations.Length counts) then
            let text = $"{operations.Length} operations are listed, but {groups.Head} has {counts.Head}"
            block.Notice(value, $"{text}: those listed are taken")

        match number block with
        | Some(place, number) when not groups.IsEmpty && groups |> List.forall (fun group -> group.Number <> number) ->
            block.Notice(place, $"the number {number} is not that of {groups.Head}, as which the group is named")
        | _ -> ()

    /// The operations of a block with this cell. Said, not refused: settings that had to be chosen, and listed operations
    /// that do not fit the name or the cell.
    let operations (block: CifBlock) (cell: Cell) : SymmetryOperation[] =
        let listed = operationTags |> List.choose block.Column |> List.tryFind (Array.exists _.IsGiven)

        match listed with
        | None -> ofGroup block cell |> Array.ofList
        | Some values ->
            let operations = read block values
            compare block values[0] operations

            if not (SpaceGroups.fits cell operations) then
                block.Notice(values[0], "the operations do not keep the lengths and angles of the cell")

            operations
