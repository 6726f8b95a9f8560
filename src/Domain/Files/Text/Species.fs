namespace Noether.Domain

open System
open System.Collections.Immutable

/// Elements as files of other programs spell them, and isotopes as the atom property `masses` tells of them.
[<RequireQualifiedAccess>]
module internal Species =
    let private isCapital (c: char) = Char.IsAsciiLetterUpper c

    /// The element of a column of symbols. A symbol in capitals that might have been two elements is told of: CO, which is
    /// read as cobalt.
    let read (lines: Lines) (word: Word) : NamedElement =
        let z = Elements.ofBytes (Words.bytes lines word)

        if z >= 0 then
            { Number = z; Isotope = None }
        else
            let name = lines.Text(word.At, word.Length)

            match ElementNames.read Symbols name with
            | Ok element ->
                let first = Elements.ofBytes ((Words.bytes lines word).Slice(0, 1))

                if first >= 0 && name.Length > 1 && isCapital name[1] then
                    lines.Once(word.At, $"'{name}' is read as {Elements.symbol element.Number}")

                element
            | Error error -> Outcome.raise (At(lines.Place word.At, error))

    /// The element of a text that is a symbol as chemists write it, D and T among them, and nothing else.
    let exact (symbol: string) : NamedElement option =
        match symbol, Elements.ofSymbol symbol with
        | _, Ok z -> Some { Number = z; Isotope = None }
        | "D", _ -> Some { Number = 1; Isotope = Some ElementNames.deuterium }
        | "T", _ -> Some { Number = 1; Isotope = Some ElementNames.tritium }
        | _ -> None

    /// The symbols of atoms, D and T where their masses are those of the isotopes; none where other masses are among
    /// them, which symbols do not tell, or no isotope is.
    let ofMasses (numbers: ImmutableArray<int>) (masses: Property) : string[] option =
        match masses.Values, masses.Shape with
        | Reals values, [ _ ] ->
            let symbols =
                Array.init numbers.Length (fun i ->
                    match numbers[i], values[i] with
                    | 1, mass when mass = ElementNames.deuterium -> "D"
                    | 1, mass when mass = ElementNames.tritium -> "T"
                    | z, mass when mass = Elements.mass z -> Elements.symbol z
                    | _ -> "")

            let isIsotope (symbol: string) = symbol = "D" || symbol = "T"
            if Array.contains "" symbols || not (Array.exists isIsotope symbols) then None else Some symbols
        | _ -> None

    /// Refuses masses that symbols do not tell.
    let checkMasses (format: string) (numbers: ImmutableArray<int>) (masses: Property) : unit =
        if (ofMasses numbers masses).IsNone then
            let expected = $"only masses of D and T among those of the elements, as {format} holds no other"
            Outcome.raise (InvalidArgument("a property", "'masses'", expected))

    /// The symbol of each atom of a structure, D and T where the property `masses` tells of them.
    let symbols (structure: Structure) : string[] =
        structure.PerAtom
        |> Map.tryFind "masses"
        |> Option.bind (ofMasses structure.Numbers)
        |> Option.defaultWith (fun () -> [| for z in structure.Numbers -> Elements.symbol z |])
