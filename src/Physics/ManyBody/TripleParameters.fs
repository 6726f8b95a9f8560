namespace Noether.Physics

open System
open Noether.AutoDiff
open Noether.Domain

/// The parameters of a three-body potential for triples of elements: the centre first, then the neighbour whose bond is
/// meant, then the third atom. The potential says what its q numbers mean, in the order of LAMMPS' files.
///
/// *Fields*, for t triples that have parameters: `Triples` [t] symbols, `Values` [t, q], which may carry derivatives.
[<Sealed; AllowNullLiteral(false)>]
type TripleParameters internal (triples: (string * string * string) list, table: KindTable, values: Tensor) =
    /// The triples of symbols.
    member _.Triples = triples

    /// Their parameters, one row each.
    member _.Values = values

    member internal _.Table = table

/// Making and reading tables of parameters of triples.
[<RequireQualifiedAccess>]
module TripleParameters =
    let private table triples = KindTable.create "the triple" [ for a, b, c in triples -> [ a; b; c ] ]

    /// The same triples with other parameters, [t, q]: for derivatives by parameters, and for fitting them.
    let withValues (values: Tensor) (parameters: TripleParameters) : TripleParameters =
        if values.Shape <> parameters.Values.Shape then
            let shape (t: Tensor) = t.Shape |> Seq.map string |> String.concat ", "
            let expected = shape parameters.Values
            invalidArg (nameof values) $"TripleParameters: shape [{shape values}], expected [{expected}]."

        TripleParameters(parameters.Triples, parameters.Table, values)

    /// Parameters [q] of triples of symbols. Errors: `UnknownElement`; `Inconsistent` for a triple that is given
    /// twice, or none at all. Raises ArgumentException for rows of different lengths.
    let ofTriples (entries: ((string * string * string) * Tensor) list) : Result<TripleParameters, NoetherError> =
        Outcome.capture (fun () ->
            let triples = List.map fst entries
            let table = table triples
            TripleParameters(triples, table, Tensor.stack 0 (List.map snd entries)))

    /// The entries of a file in LAMMPS' form: three symbols and the named numbers, over one line or several; the rest
    /// of a line from '#' on is a comment.
    let private entries (names: string list) (reader: WordReader) =
        let element () =
            reader.Placed(fun () -> reader.Text |> Elements.ofSymbol |> Outcome.getOrFail |> Elements.symbol)

        let next what =
            reader.Word what
            element ()

        let rows = ResizeArray()
        let seen = Collections.Generic.HashSet()

        while reader.TryWordAnywhere() do
            let triple = element (), next "the second element", next "the third element"

            if not (seen.Add triple) then reader.Refuse "a triple of elements that was not given before"

            let values = names |> List.map (fun name -> reader.Real $"the number {name}")
            reader.EndOfLine $"the end of the line after {3 + names.Length} words"
            rows.Add((triple, values))

        if rows.Count = 0 then
            reader.Lines.Fail(-1, "no entries", $"three elements and {names.Length} numbers, at least once")

        let triples = rows |> Seq.map fst |> List.ofSeq
        TripleParameters(triples, table triples, Tensor.matrix (rows |> Seq.map (fun (_, row) -> Seq.ofList row)))

    let internal read names (path: string) = WordReader.file true (entries names) path

    let internal parse names (name: string) (text: string) = WordReader.text true (entries names) name text

    /// One named number of every triple, [t].
    let internal column (names: string list) (name: string) (parameters: TripleParameters) : Tensor =
        let q = List.findIndex ((=) name) names
        Tensor.reshape [| parameters.Values.Shape[0] |] (Tensor.slice 1 q (q + 1) parameters.Values)

    /// Refuses a table that has other than the named numbers, numbers that are not finite, and those below 0 among
    /// `signless`.
    let internal check potential (names: string list) (signless: string list) (parameters: TripleParameters) =
        let values = parameters.Values

        if values.Rank <> 2 || values.Shape[1] <> names.Length then
            let expected = String.concat ", " names
            invalidArg "parameters" $"{potential}: {values.Shape[1]} parameters, expected {names.Length}: {expected}."

        let numbers = Tensor.toArray values

        parameters.Triples
        |> List.iteri (fun t (a, b, c) ->
            names
            |> List.iteri (fun q name ->
                let value = numbers[t * names.Length + q]
                let what = $"{name} of {a}-{b}-{c}"

                if not (Double.IsFinite value) then Outcome.raise (NonFinite(what, value))

                if value < 0.0 && List.contains name signless then
                    Outcome.raise (InvalidArgument(what, $"{value}", "0 or more"))))
