namespace Noether.Domain

open System
open System.Collections.Generic

/// Hall symbols of space groups: a few generators in a line, from which all operations of one setting follow, with its
/// axes and its origin (S. R. Hall, Acta Cryst. A37, 517 (1981), doi:10.1107/S0567739481001228; International Tables
/// for Crystallography B, 2nd ed., appendix 1.4.2). `-I 4 2` is I4/mmm, `-F 4vw 2vw 3` is Fd-3m with its second origin.
///
/// *Grammar.* `L N₁ N₂ N₃ N₄ V`, separated by blanks or underscores:
///
/// - L, the lattice: P, A, B, C, I, F, R, S, T (the three ways to centre a hexagonal cell as rhombohedral), H; a minus
///   before it adds the inversion at the origin.
/// - N, a rotation of order 1, 2, 3, 4 or 6, after a minus combined with the inversion; behind it, in any order, its
///   axis, a screw and translations. Axes: x, y, z; ' and " for the diagonals a − b and a + b of the plane across the
///   axis before (z where there is none); * for a + b + c. Without one it is z for the first N; x for a 2 behind a 2 or
///   4; ' for a 2 behind a 3 or 6; * for a 3 as third N. A digit k is a screw by k/N along the axis. Translations: a, b,
///   c by ½ along an axis, n by ½ along all; u, v, w by ¼ along an axis, d by ¼ along all.
/// - V, a change of basis in brackets: three integers, twelfths by which the origin moves, or three components such as
///   `(x+1/4,y,z)` and `(2/3*x-1/3*y-1/3*z,…)`. A point f has the coordinates V·f in the new basis, and an operation S
///   becomes V·S·V⁻¹.
[<RequireQualifiedAccess>]
module HallSymbol =
    let private third = Fraction.Of(1L, 3L)
    let private half = Fraction.Of(1L, 2L)
    let private quarter = Fraction.Of(1L, 4L)
    let private none = Fraction.Of 0

    let private centrings (lattice: char) : (Fraction * Fraction * Fraction) list option =
        match lattice with
        | 'P' -> Some []
        | 'A' -> Some [ none, half, half ]
        | 'B' -> Some [ half, none, half ]
        | 'C' -> Some [ half, half, none ]
        | 'I' -> Some [ half, half, half ]
        | 'F' -> Some [ none, half, half; half, none, half; half, half, none ]
        | 'R' -> Some [ third + third, third, third; third, third + third, third + third ]
        | 'S' -> Some [ third, third, third + third; third + third, third + third, third ]
        | 'T' -> Some [ third, third + third, third; third + third, third, third + third ]
        | 'H' -> Some [ third + third, third, none; third, third + third, none ]
        | _ -> None

    /// Rotations about z, and about the diagonals beside it: table A1.4.2.4 to 6 of the International Tables B.
    let private rotationAboutZ (order: int) (axis: char) : int list option =
        match order, axis with
        | 1, _ -> Some [ 1; 0; 0; 0; 1; 0; 0; 0; 1 ]
        | 2, 'z' -> Some [ -1; 0; 0; 0; -1; 0; 0; 0; 1 ]
        | 3, 'z' -> Some [ 0; -1; 0; 1; -1; 0; 0; 0; 1 ]
        | 4, 'z' -> Some [ 0; -1; 0; 1; 0; 0; 0; 0; 1 ]
        | 6, 'z' -> Some [ 1; -1; 0; 1; 0; 0; 0; 0; 1 ]
        | 2, '\'' -> Some [ 0; -1; 0; -1; 0; 0; 0; 0; -1 ]
        | 2, '"' -> Some [ 0; 1; 0; 1; 0; 0; 0; 0; -1 ]
        | 3, '*' -> Some [ 0; 0; 1; 1; 0; 0; 0; 1; 0 ]
        | _ -> None

    /// The same about x or y: indices go round by one or two.
    let private goRound (principal: char) (rotation: int list) =
        let steps = "zxy".IndexOf principal
        let from k = (k + 3 - steps) % 3
        [ for i in 0..8 -> rotation[3 * from (i / 3) + from (i % 3)] ]

    let private translationOf (letter: char) : Fraction list option =
        match letter with
        | 'a' -> Some [ half; none; none ]
        | 'b' -> Some [ none; half; none ]
        | 'c' -> Some [ none; none; half ]
        | 'n' -> Some [ half; half; half ]
        | 'u' -> Some [ quarter; none; none ]
        | 'v' -> Some [ none; quarter; none ]
        | 'w' -> Some [ none; none; quarter ]
        | 'd' -> Some [ quarter; quarter; quarter ]
        | _ -> None

    let private fail symbol found expected : 'T =
        Outcome.raise (Malformed($"'{found}' in the Hall symbol '{symbol}'", expected))

    /// A generator as it stands in the symbol.
    type private Generator = { Order: int; Axis: char; Principal: char; Operation: SymmetryOperation }

    /// The axis that a rotation has without being told: behind none, or behind others.
    let private implicitAxis (before: Generator list) order : char option =
        match before, order with
        | _, 1 -> Some 'z'
        | [], _ -> Some 'z'
        | [ first ], 2 when first.Order = 2 || first.Order = 4 -> Some 'x'
        | [ first ], 2 when first.Order = 3 || first.Order = 6 -> Some '\''
        | [ _; _ ], 3 -> Some '*'
        | _ -> None

    let private readGenerator symbol (before: Generator list) (word: string) : Generator =
        let improper = word[0] = '-'
        let digits = if improper then 1 else 0

        if word.Length = digits || not ("12346".Contains word[digits]) then
            fail symbol word "a rotation of order 1, 2, 3, 4 or 6, with its axis and translations"

        let order = int word[digits] - int '0'
        let behind = word.Substring(digits + 1).ToLowerInvariant().Replace('=', '"')
        let isAxis (c: char) = "xyz'\"*".Contains c

        let axis =
            match Seq.filter isAxis behind |> List.ofSeq, implicitAxis before order with
            | [ axis ], _ -> axis
            | [], Some axis -> axis
            | [], None -> fail symbol word "its axis (x, y, z, ', \" or *), as it does not follow from its place"
            | _ -> fail symbol word "one axis"

        let principal =
            match axis, before with
            | ('x' | 'y' | 'z'), _ -> axis
            | _, [] -> 'z'
            | _, last :: _ -> last.Principal

        let rotation =
            match rotationAboutZ order (if "xyz".Contains axis then 'z' else axis) with
            | Some rotation when axis = '*' -> rotation
            | Some rotation -> goRound principal rotation
            | None -> fail symbol word "a rotation of order 2 about ' and \", and of order 3 about *"

        let move (sum: Fraction list) (letter: char) =
            match translationOf letter with
            | _ when isAxis letter -> sum
            | Some translation -> List.map2 (+) sum translation
            | None when letter > '0' && int letter - int '0' < order && "xyz".Contains axis ->
                let screw = Fraction.Of(int64 letter - int64 '0', int64 order)
                List.mapi (fun k t -> if k = "xyz".IndexOf axis then t + screw else t) sum
            | None -> fail symbol word $"translations a, b, c, n, u, v, w, d, or a screw below {order} along x, y or z"

        let hand = if improper then -1 else 1
        let translation = Seq.fold move [ none; none; none ] behind

        { Order = order
          Axis = axis
          Principal = principal
          Operation = SymmetryOperation.Build(List.map ((*) hand) rotation, translation) }

    /// The change of basis in brackets.
    let private readBasis symbol (text: string) : AffineMap =
        let expected = "three twelfths such as (0 0 1), or three components such as (x+1/4,y,z)"
        let words = text.Split([| ' ' |], StringSplitOptions.RemoveEmptyEntries)

        let twelfth (word: string) =
            match Int32.TryParse word with
            | true, number when abs number < 100 -> Fraction.Of(int64 number, 12L)
            | _ -> fail symbol $"({text})" expected

        if text.Contains ',' then
            match OperationText.tryMap text with
            | Some map when not (AffineMap.determinant map).IsZero -> map
            | _ -> fail symbol $"({text})" expected
        elif words.Length = 3 then
            AffineMap.shift (Array.map twelfth words)
        else
            fail symbol $"({text})" expected

    /// Operations in another basis, whose vectors must be lattice vectors; those of the old basis become operations.
    let private change symbol text (basis: AffineMap) (generators: SymmetryOperation list) =
        let back = AffineMap.inverse basis
        let zero = [| none; none; none |]

        let inNewBasis (map: AffineMap) =
            match AffineMap.compose basis (AffineMap.compose map back) |> AffineMap.tryOperation with
            | Some operation -> operation
            | None -> fail symbol $"({text})" "a basis in which rotations are integers"

        let along column =
            AffineMap.shift (Array.init 3 (fun k -> Fraction.Of(if k = column then 1 else 0))) |> inNewBasis

        // A new vector has the old coordinates of a column of V⁻¹: it is a translation of the old lattice.
        let translations = generators |> List.filter _.IsTranslation |> List.map _.Translation
        let lattice = List.ofArray zero :: List.map List.ofSeq translations

        for column in 0..2 do
            let old = [ for k in 0..2 -> back.Matrix[3 * k + column].Fractional ]

            if not (List.contains old lattice) then fail symbol $"({text})" "a basis of lattice vectors"

        List.map (AffineMap.ofOperation >> inNewBasis) generators @ List.map along [ 0..2 ]

    /// More than 48 rotations and the centrings of a cell 27 times as large as a face-centred one are no group.
    let private most = 48 * 4 * 27

    /// All products of generators; translations by each of which the others repeat come first, the identity before all.
    let private close symbol (generators: SymmetryOperation list) : SymmetryOperation list =
        let known = HashSet<SymmetryOperation>([ SymmetryOperation.identity ])
        let found = ResizeArray<SymmetryOperation>([ SymmetryOperation.identity ])
        let mutable i = 0

        while i < found.Count do
            for generator in generators do
                let product = SymmetryOperation.compose found[i] generator
                if known.Add product then found.Add product

            if found.Count > most then fail symbol symbol "generators of a finite group modulo the lattice"

            i <- i + 1

        let centrings = found |> Seq.filter _.IsTranslation |> List.ofSeq
        let others = found |> Seq.distinctBy (fun operation -> List.ofSeq operation.Rotation) |> List.ofSeq

        [ for centring in centrings do
              for operation in others -> SymmetryOperation.compose centring operation ]

    let private read (symbol: string) : SymmetryOperation list =
        let text = symbol.Replace('_', ' ').Trim()
        let bracket = text.IndexOf '('

        if bracket >= 0 && not (text.EndsWith ')') then
            fail symbol (text.Substring bracket) "its closing bracket at the end"

        let plain = if bracket < 0 then text else text.Substring(0, bracket)
        let words = plain.Split([| ' ' |], StringSplitOptions.RemoveEmptyEntries) |> List.ofArray

        match words with
        | lattice :: (_ :: _ as rotations) when rotations.Length <= 4 ->
            let centred = lattice.StartsWith '-'
            let letter = (if centred then lattice.Substring 1 else lattice).ToUpperInvariant()

            let translations =
                match (if letter.Length = 1 then centrings letter[0] else None) with
                | Some translations -> translations |> List.map (fun (x, y, z) -> SymmetryOperation.translation x y z)
                | None -> fail symbol lattice "a lattice P, A, B, C, I, F, R, S, T or H, perhaps behind a minus"

            let inversion = SymmetryOperation.Build([ -1; 0; 0; 0; -1; 0; 0; 0; -1 ], [ none; none; none ])
            // The last one first, as the next looks back at it.
            let read before word = readGenerator symbol before word :: before
            let turns = rotations |> List.fold read [] |> List.rev |> List.map _.Operation
            let generators = translations @ turns @ [ if centred then inversion ]

            if bracket < 0 then
                close symbol generators
            else
                let inside = text.Substring(bracket + 1, text.Length - bracket - 2).Trim()
                close symbol (change symbol inside (readBasis symbol inside) generators)
        | _ -> fail symbol symbol "a lattice and one to four rotations, such as '-I 4 2'"

    /// The operations of the group that a symbol stands for, each once, the identity first: those without centring
    /// come first, then the same behind each centring translation. Errors: `Malformed`, which names the part that is
    /// wrong.
    let parse (symbol: string) : Result<SymmetryOperation list, NoetherError> =
        Outcome.capture (fun () ->
            try
                read symbol
            with :? OverflowException ->
                fail symbol symbol "smaller numbers")
