namespace Noether.Domain

open System
open System.Collections.Generic

/// What tells the elements of the atoms of a frame.
type private ElementSource =
    | Given of NamedElement[]
    | Symbols
    | Masses
    | Labels

/// The elements of the atoms of a dump.
[<RequireQualifiedAccess>]
module internal LammpsDumpElements =
    let private remedy =
        "a column element or mass, or the option --types, which names the element of each type, as types are numbers of "
        + "whoever made the file"

    let private ofMass (units: LammpsUnits) (lines: Lines) (known: Dictionary<float, NamedElement>) (word: Word) =
        let mass = units.Mass * Words.real lines "a finite mass" word

        match known.TryGetValue mass with
        | true, element -> element
        | _ ->
            match LammpsTypes.ofMass mass with
            | None -> Words.fail lines word $"a mass near that of one element only, in amu, else {remedy}"
            | Some element ->
                lines.Once(word.At, LammpsTypes.byMasses [ "one is", mass, element ])
                known[mass] <- element
                element

    /// Refuses columns of which none can tell an element; the current line names them.
    let check (lines: Lines) (names: string[]) : unit =
        if not (List.exists (fun name -> Array.contains name names) [ "element"; "mass"; "typelabel"; "type" ]) then
            lines.Fail(0, "no elements", remedy)

    /// The reader of the element of an atom from the words of its line: by the elements given for types, else from the
    /// column `element`, `mass` or `typelabel`, or from types that are labels. The words given are those of the first atom.
    let reader
        (given: NamedElement[])
        (units: LammpsUnits)
        (lines: Lines)
        (names: string[])
        (first: Word[])
        : Word[] -> NamedElement =
        let index name = Array.IndexOf(names, name)
        let atType = index "type"

        let isLabel =
            atType >= 0 && not (Numerals.isInteger (Words.bytes lines first[atType]))

        let source, at =
            if given.Length > 0 && atType >= 0 && not isLabel then Given given, atType
            elif index "element" >= 0 then Symbols, index "element"
            elif index "mass" >= 0 then Masses, index "mass"
            elif index "typelabel" >= 0 then Labels, index "typelabel"
            elif isLabel then Labels, atType
            else lines.Fail(-1, "no elements", remedy)

        let known = Dictionary<float, NamedElement>()

        fun words ->
            let word = words[at]

            match source with
            | Given elements ->
                let found = Words.integer lines "an atom type" word

                if found < 1L || found > elements.LongLength then
                    Words.fail lines word $"an atom type from 1 to {elements.Length}, the symbols given"

                elements[int found - 1]
            | Symbols -> Species.read lines word
            | Masses -> ofMass units lines known word
            | Labels ->
                match Species.exact (lines.Text(word.At, word.Length)) with
                | Some element -> element
                | None -> Words.fail lines word $"a symbol, else {remedy}"
