namespace Noether.Domain

open System
open System.Collections.Generic
open System.IO
open System.Reflection

/// A space group in one of its settings: its axes and its origin are chosen. The International Tables A have 530
/// settings of the 230 groups.
///
/// `Choice` tells settings of one group apart: the unique axis and the cell of monoclinic groups (`b`, `c1`, `-a2`), the
/// order of the axes of orthorhombic ones (`cab`, `ba-c`; nothing for the standard one), the origin (`1`, `2`), the two
/// together (`2cab`), hexagonal or rhombohedral axes (`H`, `R`).
[<Sealed; AllowNullLiteral(false)>]
type SpaceGroup
    internal (setting: int, number: int, choice: string, symbol: string, full: string, former: string, hall: string) =
    let operations = lazy (HallSymbol.parse hall |> Outcome.getOrFail)

    /// The setting, counted from 1 to 530 in the order of Hall's list.
    member _.Setting = setting

    /// The number of the group in the International Tables, 1 to 230.
    member _.Number = number

    /// What distinguishes the setting from others of the group; empty for the only or the standard one.
    member _.Choice = choice

    /// The Hermann-Mauguin symbol of this setting: `P 1 21/c 1`, `P n n n`, `R -3 m`. Blanks part its directions.
    member _.Symbol = symbol

    /// The full Hermann-Mauguin symbol: `P 2/n 2/n 2/n`.
    member _.Full = full

    /// The symbol before the edition of 1995, where that wrote a glide plane e as a, b or c: `C m c a` of `C m c e`.
    /// None for other groups.
    member _.Former = if former = "" then None else Some former

    /// The symbol without the directions of order 1 that only tell the axes: `P 21/c`, `B 2/b`, `P -3 m 1`.
    member _.Short = if number >= 3 && number <= 15 then symbol.Replace(" 1", "") else symbol

    /// The symbol with origin and axes behind a colon, where several settings share it: `P n n n :2`, `R -3 m :H`.
    member _.Extended = if choice <> "" && "12HR".Contains choice[0] then $"{symbol} :{choice}" else symbol

    /// The Hall symbol, from which the operations follow.
    member _.Hall = hall

    /// The operations of the group modulo the lattice, the identity first, each once; 1 to 192.
    member _.Operations = operations.Value

    /// The extended symbol and the number: `P n n n :2 (48)`.
    override group.ToString() = $"{group.Extended} ({number})"

/// The space groups by number and by name.
[<RequireQualifiedAccess>]
module SpaceGroups =
    let private table =
        lazy
            (use stream = nonNull (Assembly.GetExecutingAssembly().GetManifestResourceStream "Settings.txt")
             use reader = new StreamReader(stream)
             let lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)

             [ for i, line in Seq.indexed lines do
                   let fields = line.TrimEnd('\r').Split '|'
                   SpaceGroup(i + 1, int fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]) ])

    /// All 530 settings in the order of Hall's list; the standard setting of each group is the first of its number.
    let all () : SpaceGroup list = table.Value

    /// The settings of a group, the standard one first. Errors: `InvalidArgument` outside 1 … 230.
    let ofNumber (number: int) : Result<SpaceGroup list, NoetherError> =
        if number < 1 || number > 230 then
            Error(InvalidArgument("the number of the space group", string number, "1 to 230"))
        else
            all () |> List.filter (fun group -> group.Number = number) |> Ok

    /// Names without what authors write differently: blanks, underscores, brackets round screws, capitals.
    let private plain (name: string) =
        name.ToLowerInvariant() |> String.filter (fun c -> not (Char.IsWhiteSpace c) && not ("_()'\"".Contains c))

    /// The names by which a setting is known, plain ones.
    let private namesOf (group: SpaceGroup) : string list =
        let symbol = plain group.Symbol

        [ symbol
          plain group.Full
          plain group.Short
          yield! Option.toList group.Former |> List.map plain
          // Cubic groups were written without the minus: F m 3 m.
          if symbol.Contains "-3" && group.Number >= 200 then symbol.Replace("-3", "3")
          // Rhombohedral groups on hexagonal axes in the Protein Data Bank: H 3 2.
          if group.Choice = "H" then "h" + symbol.Substring 1 ]
        |> List.distinct

    let private byName =
        lazy
            (let found = Dictionary<string, ResizeArray<SpaceGroup>>()

             for group in all () do
                 for name in namesOf group do
                     match found.TryGetValue name with
                     | true, groups -> groups.Add group
                     | _ -> found[name] <- ResizeArray [ group ]

             found)

    /// A Hall symbol with one blank between its parts: P 32 is a screw, P 3 2 two rotations.
    let private plainHall (symbol: string) =
        let words = symbol.ToLowerInvariant().Split([| ' '; '_' |], StringSplitOptions.RemoveEmptyEntries)
        String.concat " " words

    let private byHall =
        lazy (all () |> Seq.map (fun group -> plainHall group.Hall, group) |> Seq.distinctBy fst |> dict)

    let private lookUp (name: string) : SpaceGroup list =
        match byName.Value.TryGetValue name with
        | true, groups -> List.ofSeq groups
        | _ -> []

    /// A name and the choice behind it: a colon, or the letter of the Inorganic Crystal Structure Database (S and Z for
    /// the first and second origin, H and R for the axes).
    let private parts (name: string) : (string * string) list =
        let whole = plain name

        match whole.IndexOf ':' with
        | -1 ->
            let bare = whole.Substring(0, max 0 (whole.Length - 1))

            [ whole, ""
              if whole.EndsWith "originchoice1" then whole.Replace("originchoice1", ""), "1"
              if whole.EndsWith "originchoice2" then whole.Replace("originchoice2", ""), "2"
              if whole.EndsWith 'h' then bare, "h"
              if whole.EndsWith 'r' then bare, "r"
              if whole.EndsWith 's' then bare, "1"
              if whole.EndsWith 'z' then bare, "2" ]
        | colon -> [ whole.Substring(0, colon), whole.Substring(colon + 1) ]

    /// The settings of a choice: the one that has it, else those that have its origin.
    let private choose (choice: string) (groups: SpaceGroup list) : SpaceGroup list =
        let has (test: string -> bool) = groups |> List.filter (fun group -> test (group.Choice.ToLowerInvariant()))

        match has ((=) choice) with
        | _ when choice = "" -> groups
        | [] when choice = "1" || choice = "2" -> has (fun own -> own.StartsWith choice)
        | exact -> exact

    /// The settings that a Hermann-Mauguin name stands for, the standard one first: short or full symbols with or
    /// without blanks and underscores (`I4/mmm`, `P 1 21/c 1`, `p2_1/c`, `P 2(1)/c`), older ones (`Cmca`, `Fm3m`), with
    /// the choice behind a colon (`R -3 m :R`, `P 2 :c`, `Fd-3m:2`) or as a letter H, R, S or Z. Several settings where
    /// the name does not say which axes or origin. Errors: `InvalidArgument` where no setting has the name.
    let ofName (name: string) : Result<SpaceGroup list, NoetherError> =
        let candidates (bare, choice) = lookUp bare |> choose choice

        match parts name |> List.map candidates |> List.tryFind (List.isEmpty >> not) with
        | Some groups -> Ok groups
        | None ->
            let expected = "a Hermann-Mauguin symbol of the International Tables, such as 'P 1 21/c 1' or 'F d -3 m :2'"
            Error(InvalidArgument("the name of the space group", $"'{name}'", expected))

    /// The setting with this Hall symbol, the number of blanks and case aside; none of other symbols, which `HallSymbol.parse` reads.
    let tryHall (symbol: string) : SpaceGroup option =
        match byHall.Value.TryGetValue(plainHall symbol) with
        | true, group -> Some group
        | _ -> None

    /// Whether the rotations of a group leave the lengths and angles of a cell as they are: each length to a part in a
    /// hundred, each angle to a degree. R-3m on hexagonal axes fits a = b and γ = 120°, on rhombohedral ones a = b = c.
    let fits (cell: Cell) (operations: SymmetryOperation seq) : bool =
        let h = cell.Vectors
        let dot (a: float[]) (b: float[]) = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
        let vectors = Array.init 3 (fun k -> [| h[3 * k]; h[3 * k + 1]; h[3 * k + 2] |])
        let length v = sqrt (dot v v)
        let degrees a b = Math.Acos(Math.Clamp(dot a b / (length a * length b), -1.0, 1.0)) * 180.0 / Math.PI

        // The image of a basis vector has a column of R for fractional coordinates.
        let keeps (operation: SymmetryOperation) =
            let image column =
                Array.init 3 (fun j ->
                    Seq.init 3 (fun k -> float operation.Rotation[3 * k + column] * vectors[k].[j]) |> Seq.sum)

            let images = Array.init 3 image

            Array.forall2 (fun a b -> abs (length a / length b - 1.0) < 0.01) images vectors
            && List.forall
                (fun (j, k) -> abs (degrees images[j] images[k] - degrees vectors[j] vectors[k]) < 1.0)
                [ 1, 2; 2, 0; 0, 1 ]

        operations |> Seq.distinctBy (fun operation -> List.ofSeq operation.Rotation) |> Seq.forall keeps
