namespace Noether.Domain

open System.Globalization
open System.Text.RegularExpressions

/// The chemical formula of a data block, and whether its sites have that composition.
[<RequireQualifiedAccess>]
module internal CifFormula =
    let private term = Regex(@"^([A-Z][a-z]?)([0-9]*\.?[0-9]*)$", RegexOptions.CultureInvariant)

    let private count (digits: string) =
        match System.Double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) with
        | true, number when digits.Length < 20 -> number
        | _ -> if digits = "" then 1.0 else nan

    /// Symbols and how many of each, of `_chemical_formula_sum`; none where it is not given or is no sum of symbols.
    let read (block: CifBlock) : (string * float) list =
        match block.Given [ "_chemical_formula_sum" ] with
        | None -> []
        | Some value ->
            let words = value.Text.Split([| ' '; '\n'; '\r'; '\t' |], System.StringSplitOptions.RemoveEmptyEntries)
            let terms = words |> Array.map term.Match

            let known (found: Match) =
                found.Success
                && ElementNames.read Symbols found.Groups[1].Value |> Result.isOk
                && count found.Groups[2].Value > 0.0

            if Array.forall known terms then
                [ for found in terms -> found.Groups[1].Value, count found.Groups[2].Value ]
            else
                []

    let private text (counts: (int * float) list) =
        counts
        |> List.map (fun (z, count) -> $"{NoetherError.number (System.Math.Round(count, 3))} {Elements.symbol z}")
        |> String.concat ", "

    /// Says where the atoms of the cell are not those of the formula: elements that no site has, Z that is another, other
    /// proportions.
    let check (block: CifBlock) (numbers: int seq) : unit =
        let formula =
            read block
            |> List.map (fun (symbol, count) ->
                let element = ElementNames.read Symbols symbol |> Outcome.getOrFail
                element.Number, count)
            |> List.groupBy fst
            |> List.map (fun (z, counts) -> z, List.sumBy snd counts)

        let atoms = numbers |> Seq.countBy id |> Map.ofSeq
        let found z = atoms |> Map.tryFind z |> Option.defaultValue 0 |> float
        let same (a: float) (b: float) = abs (a - b) <= 1e-3 * (1.0 + max a b)

        let units =
            block.Given [ "_cell_formula_units_z" ]
            |> Option.map (CifCell.real block)
            |> Option.filter (fun z -> z > 0.0)

        let missing, listed = formula |> List.partition (fun (z, _) -> found z = 0.0)
        let strange = atoms |> Map.toList |> List.filter (fun (z, _) -> not (List.exists (fst >> (=) z) formula))

        if not listed.IsEmpty then
            if not missing.IsEmpty then
                let symbols = missing |> List.map (fst >> Elements.symbol) |> String.concat ", "
                block.Notice $"the formula has {symbols}, of which no site is listed: the atoms are not there"

            // How many formulae the cell holds by each element.
            let ratios = listed |> List.map (fun (z, count) -> found z / count)
            let even = ratios |> List.forall (same ratios.Head) && strange.IsEmpty

            match units with
            | Some units when even && not (same units ratios.Head) ->
                let fits = NoetherError.number (System.Math.Round(ratios.Head, 3))
                block.Notice $"Z is {NoetherError.number units}, but the cell has the atoms of {fits} formulae"
            | None when even -> ()
            | Some units when even && same units ratios.Head -> ()
            | _ ->
                let times = defaultArg units (List.min ratios)
                let expected = formula |> List.map (fun (z, count) -> z, count * times) |> text
                let actual = atoms |> Map.toList |> List.map (fun (z, n) -> z, float n) |> text
                let with' = if units.IsSome then "the formula times Z" else "the formula"
                block.Notice $"the cell has {actual}, which is not {with'}: {expected}"
