namespace Noether.Domain

open System

/// An element as a file names it: its atomic number, and the mass of the isotope (amu) where the name says which one.
type NamedElement =
    {
        /// The atomic number, 0 (X) to 118.
        Number: int
        /// The mass of the isotope in amu: D and T have one. `None` is the natural mixture, `Elements.mass`.
        Isotope: float option
    }

    /// The mass in amu: that of the isotope, else that of the element.
    member element.Mass =
        match element.Isotope with
        | Some mass -> mass
        | None -> Elements.mass element.Number

/// How the names of a column are spelt. It decides names in capitals that two elements begin: HG is mercury, or a
/// hydrogen called G.
type Spelling =
    /// The column holds symbols: HG and HG2 are mercury, CO is cobalt. First columns of xyz, the elements of POSCAR,
    /// PDB and LAMMPS, the types of CIF.
    | Symbols
    /// The column holds labels, a symbol and then anything: HG2 is a hydrogen, CA1 a carbon, but Ca1 is calcium.
    | Labels
    /// Labels of a crystal or molecule that has these symbols (D and T among them): the reading which is one of them
    /// goes first, `Labels` decides where both or none are. CA1 is calcium where there is Ca and no C.
    | LabelsOf of symbols: Set<string>

/// Elements by the names that files give them: `Si`, `SI`, `si`, charges `Mo4+` and `O-2`, labels `CaM2`, `OW1`, `Si1A`
/// and `Si_pv`, the isotopes `D` and `T` of hydrogen.
///
/// *Rule.* The letters that a name begins with are looked at; behind them, from the first digit or sign on, anything may
/// stand. Two letters that are a symbol as chemists write it are that element. Two capitals, or small letters
/// throughout, may be a symbol of an element up to californium, or the first one is; where both are elements the
/// spelling decides. Of symbols nothing but a capital may follow in the letters (`CaM2`, not `Carbon`); of labels small
/// letters may (`Ow1`, `Oap`). `Wat` is the oxygen of water (the labels of the American Mineralogist's data base).
///
/// *T* is tritium as a symbol, but in labels only where `LabelsOf` has it: T1 is a tetrahedral site of silicates.
///
/// *Masses*: deuterium 2.0141017778, tritium 3.0160492779 (M. Wang et al., Chin. Phys. C 41, 030003 (2017),
/// doi:10.1088/1674-1137/41/3/030003).
[<RequireQualifiedAccess>]
module ElementNames =
    /// The mass of deuterium in amu.
    let deuterium = 2.0141017778

    /// The mass of tritium in amu.
    let tritium = 3.0160492779

    let private isUpper (c: char) = Char.IsAsciiLetterUpper c
    let private isLower (c: char) = Char.IsAsciiLetterLower c

    /// The element or isotope of a symbol written as chemists do.
    let private exactly (symbol: string) : NamedElement option =
        match symbol with
        | "D" -> Some { Number = 1; Isotope = Some deuterium }
        | "T" -> Some { Number = 1; Isotope = Some tritium }
        | _ ->
            match Elements.ofSymbol symbol with
            | Ok z -> Some { Number = z; Isotope = None }
            | Error _ -> None

    /// The heaviest element that two capitals can name: NO and NH are far more often nitrogens.
    let private heaviest = 98

    let private first (letters: string) = string (Char.ToUpperInvariant letters[0])

    let private pair (letters: string) = first letters + string (Char.ToLowerInvariant letters[1])

    /// Readings of the letters as symbol of two letters and of one.
    let private readings (letters: string) : (string * NamedElement) option * (string * NamedElement) option =
        let named symbol = exactly symbol |> Option.map (fun element -> symbol, element)
        let one = named (first letters)

        if letters.Length = 1 then
            None, one
        else
            let chemical = isUpper letters[0] && isLower letters[1]

            let known (_, element: NamedElement) = chemical || element.Number <= heaviest
            named (pair letters) |> Option.filter known, one

    /// The reading of letters that are a symbol and perhaps a capital behind it.
    let private ofSymbols (letters: string) =
        let two, one = readings letters
        let small = String.forall isLower letters
        let next = letters.Length > 1 && isUpper letters[1]

        match two, one with
        | Some two, _ when letters.Length = 2 -> Some two
        | Some two, None when next && isUpper letters[2] -> Some two
        | Some two, _ when not next && not small && isUpper letters[2] -> Some two
        | None, Some one when letters.Length = 1 || next -> Some one
        | _ -> None

    /// The oxygen of water, whatever follows.
    let private isWater (letters: string) =
        letters.StartsWith("wat", StringComparison.OrdinalIgnoreCase) && (letters.Length = 3 || isUpper letters[3])

    /// The reading of letters that begin with a symbol.
    let private ofLabels (letters: string) =
        let two, one = readings letters
        let chemical = letters.Length > 1 && isLower letters[1]

        match two, one with
        | _ when isWater letters -> exactly "O" |> Option.map (fun oxygen -> "O", oxygen)
        | Some two, _ when chemical -> Some two
        | _, Some("T", _) -> two
        | _, Some one -> Some one
        | _, None -> two

    /// The reading that is among the symbols.
    let private among (symbols: Set<string>) (letters: string) =
        let two, one = readings letters

        let has (symbol: string, element: NamedElement) =
            symbols.Contains symbol || (symbol = "D" && symbols.Contains "H" && element.Number = 1)

        match Option.filter has two, Option.filter has one with
        | Some two, None -> Some two
        | None, Some one when not (isWater letters) -> Some one
        | _ -> ofLabels letters

    /// The element that a name begins with, by the spelling of its column. `read Symbols "Mo4+"` is molybdenum,
    /// `read Labels "OW1"` oxygen, `read Symbols "D"` hydrogen of mass 2.014.
    /// Errors: `UnknownElement` for a name that begins with no symbol.
    let read (spelling: Spelling) (name: string) : Result<NamedElement, NoetherError> =
        let trimmed = name.Trim()
        let letters = trimmed |> Seq.takeWhile Char.IsAsciiLetter |> Array.ofSeq |> String

        let found =
            if letters.Length = 0 then
                None
            else
                match spelling with
                | Symbols -> ofSymbols letters
                | Labels -> ofLabels letters
                | LabelsOf symbols -> among symbols letters

        match found with
        | Some(_, element) -> Ok element
        | None -> Error(UnknownElement trimmed)

    /// The masses [n] in amu as an atom property, if one of the elements is an isotope: `masses`, the name that
    /// dynamics and LAMMPS files look for.
    let masses (elements: NamedElement seq) : (string * Property) list =
        if elements |> Seq.exists (fun element -> element.Isotope.IsSome) then
            [ "masses", Property.reals (elements |> Seq.map (fun element -> element.Mass)) ]
        else
            []
