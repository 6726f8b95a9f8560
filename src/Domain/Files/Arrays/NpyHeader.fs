namespace Noether.Domain

open System
open System.Globalization

/// The header of a .npy file.
type internal NpyHeader =
    {
        /// The type without its byte order: "f8".
        TypeName: string
        BigEndian: bool
        Fortran: bool
        Shape: int list
    }

/// Reads a text from left to right; `fail` gets the place in it, the finding and the expectation, and raises.
[<Sealed; AllowNullLiteral(false)>]
type internal NpyScanner(text: string, fail: int -> string -> string -> unit) =
    let mutable at = 0

    let skip () =
        while at < text.Length && Char.IsWhiteSpace text[at] do
            at <- at + 1

    let describe i = if i < text.Length then $"'{text[i]}'" else "the end of the header"

    /// The next place that is no white space.
    member _.At =
        skip ()
        at

    /// Whether the next character is this one.
    member scanner.StartsWith(c: char) = scanner.At < text.Length && text[at] = c

    /// Steps over this character.
    member scanner.Expect(c: char) =
        if not (scanner.StartsWith c) then fail at (describe at) $"'{c}'"
        at <- at + 1

    /// Steps over the comma between two items, which none need follow before the closing character.
    member scanner.Separator(close: char) = if not (scanner.StartsWith close) then scanner.Expect ','

    /// A text in quotes.
    member scanner.Quoted(expected: string) : string =
        if not (scanner.StartsWith '\'' || scanner.StartsWith '"') then fail at (describe at) expected
        let close = text.IndexOf(text[at], at + 1)
        if close < 0 then fail at "a quote that is never closed" expected
        let inside = text.Substring(at + 1, close - at - 1)
        at <- close + 1
        inside

    /// Letters and digits.
    member scanner.Word(expected: string) : string =
        let start = scanner.At

        while at < text.Length && Char.IsAsciiLetterOrDigit text[at] do
            at <- at + 1

        if at = start then fail at (describe at) expected
        text.Substring(start, at - start)

    /// The end of the text.
    member scanner.End() = if scanner.At < text.Length then fail at (describe at) "the end of the header"

/// The head of a .npy file: a Python dictionary with the keys descr, fortran_order and shape, and no others.
[<RequireQualifiedAccess>]
module internal NpyHeader =
    let private sizes =
        Map
            [ for size in [ 1; 2; 4; 8 ] do
                  $"i{size}", size
                  $"u{size}", size
              "f4", 4
              "f8", 8
              "b1", 1 ]

    /// The bytes of one value.
    let size header = sizes[header.TypeName]

    /// How many values the shape holds, or none where that is beyond 2⁶².
    let count header : int64 option =
        if List.contains 0 header.Shape then
            Some 0L
        else
            let product = List.fold (fun product extent -> product * float extent) 1.0 header.Shape
            if product > 4e18 then None else Some(List.fold (fun n extent -> n * int64 extent) 1L header.Shape)

    let private shapeOf (scanner: NpyScanner) fail =
        let extents = ResizeArray<int>()
        scanner.Expect '('

        while not (scanner.StartsWith ')') do
            let start = scanner.At
            let digits = scanner.Word "an extent"
            let mutable extent = 0

            if not (Int32.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, &extent)) then
                fail start $"'{digits}'" "an extent from 0 to 2147483647"

            extents.Add extent
            if extents.Count > NpyArray.mostAxes then fail start "more axes" $"at most {NpyArray.mostAxes}"
            scanner.Separator ')'

        scanner.Expect ')'
        List.ofSeq extents

    let private typeOf (scanner: NpyScanner) fail =
        let start = scanner.At
        let name = scanner.Quoted "a type such as '<f8'"
        let order = if name.Length = 3 then name[0] else '?'

        if not (sizes.ContainsKey(name.Substring(min 1 name.Length))) || not ("<>|=".Contains order) then
            fail start $"the type '{name}'" "f4, f8, i1 … i8, u1 … u8 or b1 behind <, > or |"

        name.Substring 1, order = '>' || (order = '=' && not BitConverter.IsLittleEndian)

    let private truthOf (scanner: NpyScanner) fail =
        let start = scanner.At

        match scanner.Word "True or False" with
        | "True" -> true
        | other ->
            if other <> "False" then fail start $"'{other}'" "True or False"
            false

    /// Reads the dictionary; `fail` gets the place in it, the finding and the expectation, and raises.
    let parse (text: string) (fail: int -> string -> string -> unit) : NpyHeader =
        let scanner = NpyScanner(text, fail)
        let mutable descr = None
        let mutable fortran = None
        let mutable shape = None

        let once key (slot: 'T option) start =
            if slot.IsSome then fail start $"the key '{key}' a second time" "each key once"

        scanner.Expect '{'

        while not (scanner.StartsWith '}') do
            let start = scanner.At
            let key = scanner.Quoted "a key in quotes"
            scanner.Expect ':'

            match key with
            | "descr" ->
                once key descr start
                descr <- Some(typeOf scanner fail)
            | "fortran_order" ->
                once key fortran start
                fortran <- Some(truthOf scanner fail)
            | "shape" ->
                once key shape start
                shape <- Some(shapeOf scanner fail)
            | _ -> fail start $"the key '{key}'" "descr, fortran_order and shape"

            scanner.Separator '}'

        scanner.Expect '}'
        scanner.End()

        match descr, fortran, shape with
        | Some(name, big), Some fortran, Some shape ->
            { TypeName = name; BigEndian = big; Fortran = fortran; Shape = shape }
        | _ ->
            fail 0 "a header that lacks a key" "descr, fortran_order and shape"
            invalidOp "The header was refused."
