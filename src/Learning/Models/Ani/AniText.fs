namespace Noether.Learning

open System
open System.Globalization
open System.Text
open Noether.Domain
open Noether.Physics

/// A file .info: where the parts of a model are, relative to it.
type internal AniInfo = { Constants: string; SelfEnergies: string; Prefix: string; Members: int }

/// The text files of a model of the program NeuroChem: .info, .params and sae_linfit.dat.
[<RequireQualifiedAccess>]
module internal AniText =
    let private fail path line (found: string) (expected: string) : 'T =
        Outcome.raise (At({ Path = path; Line = line; Column = 0 }, Malformed(found, expected)))

    /// The lines that are not empty, with their numbers.
    let private lines (bytes: byte[]) =
        Encoding.UTF8.GetString(bytes).Split '\n'
        |> Array.mapi (fun k line -> k + 1, line.Trim())
        |> Array.filter (fun (_, line) -> line <> "")

    let private real path line (text: string) =
        match Double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture) with
        | true, value when Double.IsFinite value -> value
        | _ -> fail path line $"'{text}'" "a finite number"

    /// A file .info. Lines behind the fourth are empty. Raises `Malformed` with the line.
    let info path (bytes: byte[]) : AniInfo =
        match lines bytes with
        | [| (_, constants); (_, energies); (_, prefix); (at, count) |] ->
            match Int32.TryParse count with
            | true, members when members > 0 ->
                { Constants = constants
                  SelfEnergies = energies
                  Prefix = prefix
                  Members = members }
            | _ -> fail path at $"'{count}'" "the number of members, 1 or more"
        | other ->
            let line = if other.Length = 0 then 1 else fst (Array.last other)

            fail
                path
                line
                $"{other.Length} lines"
                "four: the file of constants, that of self-energies, the prefix of the members' folders, their number"

    /// Fields of a file .params, "name = value" and lists in brackets.
    let private fields path (bytes: byte[]) =
        let known = [ "Rcr"; "Rca"; "EtaR"; "ShfR"; "Zeta"; "ShfZ"; "EtaA"; "ShfA"; "Atyp" ]
        let ignored = [ "TM"; "DESC"; "CG"; "RP"; "AC" ]

        lines bytes
        |> Array.fold
            (fun fields (at, line) ->
                match line.Split('=', 2) with
                | [| name; value |] ->
                    let name = name.Trim()

                    if List.contains name ignored then
                        fields
                    elif not (List.contains name known) then
                        fail path at $"the field '{name}'" ("one of " + String.concat ", " (known @ ignored))
                    elif Map.containsKey name fields then
                        fail path at $"'{name}' a second time" "each field once"
                    else
                        Map.add name (at, value.Trim()) fields
                | _ -> fail path at $"'{line}'" "name = value")
            Map.empty

    /// The elements and the environments of a file .params. Raises `Malformed` with the line, and as
    /// `Environments.check`.
    let constants path (bytes: byte[]) : int list * Environments =
        let fields = fields path bytes

        let field name =
            match Map.tryFind name fields with
            | Some found -> found
            | None -> fail path 1 $"no field '{name}'" "the constants of the environments"

        let words name =
            let at, text = field name

            if not (text.StartsWith '[' && text.EndsWith ']') then
                fail path at $"{name} = {text}" "a list in brackets"

            at, [ for word in text.Substring(1, text.Length - 2).Split ',' -> word.Trim() ]

        let list name =
            let at, words = words name
            words |> List.map (real path at >> AniSettings.rounded)

        let one name =
            match list name with
            | [ value ] -> value
            | other -> fail path (fst (field name)) $"{other.Length} numbers of {name}" "one"

        let length name =
            let at, text = field name
            real path at text

        let elements =
            let at, symbols = words "Atyp"

            symbols
            |> List.map (fun symbol ->
                match Elements.ofSymbol symbol with
                | Ok z -> z
                | Error error -> Outcome.raise (NoetherError.at { Path = path; Line = at; Column = 0 } error))

        elements,
        { Species = elements.Length
          RadialCutoff = length "Rcr"
          AngularCutoff = length "Rca"
          RadialWidth = one "EtaR"
          RadialShifts = list "ShfR"
          AngularWidth = one "EtaA"
          AngularShifts = list "ShfA"
          Sharpness = one "Zeta"
          Sections = list "ShfZ"
          End = CosineEnd }

    /// The self-energies of elements, in their order, of a file sae_linfit.dat: "H,0=-0.5978…", the number after the
    /// comma being the species. Raises `Malformed` with the line.
    let selfEnergies path (elements: int list) (bytes: byte[]) : float list =
        let entry (at, line: string) =
            match line.Split([| ','; '=' |]) with
            | [| symbol; species; energy |] ->
                let symbol, species = symbol.Trim(), species.Trim()

                match Int32.TryParse species with
                | true, place when place >= 0 && place < elements.Length ->
                    let expected = Elements.symbol elements[place]
                    if symbol <> expected then fail path at $"'{symbol}' as species {place}" expected
                    place, real path at (energy.Trim())
                | _ -> fail path at $"the species '{species}'" $"a number from 0 to {elements.Length - 1}"
            | _ -> fail path at $"'{line}'" "symbol,species=energy"

        let entries = lines bytes |> Array.map entry |> Map.ofArray

        elements
        |> List.mapi (fun place z ->
            match Map.tryFind place entries with
            | Some energy -> energy
            | None -> fail path 1 $"no energy of {Elements.symbol z}" "one of each element")
