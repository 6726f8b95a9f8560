namespace Noether.Domain

open System
open System.Globalization

/// A place in a text file.
type Place =
    {
        /// The file as it was named by whoever asked for it; "(text)" where there is no file.
        Path: string
        /// Line, counted from 1.
        Line: int
        /// Column, counted from 1 in characters; 0 where the whole line is meant.
        Column: int
    }

    /// The place as editors and compilers write it: `path:line:column`, without the column where it is 0.
    override place.ToString() =
        if place.Column = 0 then
            $"{place.Path}:{place.Line}"
        else
            $"{place.Path}:{place.Line}:{place.Column}"

/// Whatever the outside world can get wrong. Each case carries what was found and what was expected instead;
/// `At` adds the place in a file to any other case, so a format needs no errors of its own.
/// Programming errors (wrong shapes, wrong lengths) are not here: they are exceptions of the ArgumentException family.
type NoetherError =
    /// An error, and where in a file it stands.
    | At of place: Place * error: NoetherError
    /// A file that cannot be opened, read or written, and the reason the system gives.
    | FileFailure of path: string * reason: string
    /// Text that does not follow the grammar of its format.
    | Malformed of found: string * expected: string
    /// A symbol or an atomic number that names no element.
    | UnknownElement of found: string
    /// Lattice vectors that cannot be used: nine numbers, row by row (Å), and what they ought to be.
    | InvalidCell of vectors: float list * expected: string
    /// A number that is NaN or infinite where only finite ones have a meaning, and the name of the quantity.
    | NonFinite of name: string * value: float
    /// An argument outside its domain.
    | InvalidArgument of name: string * value: string * expected: string
    /// Parts of one structure that do not fit each other.
    | Inconsistent of name: string * found: string * expected: string

/// Handling `NoetherError`s.
[<RequireQualifiedAccess>]
module NoetherError =
    /// A number as messages write it: in full, with a point.
    let internal number (x: float) = x.ToString("R", CultureInfo.InvariantCulture)

    /// One sentence: the place (if it has one), what was found, what was expected.
    let rec message error =
        match error with
        | At(place, inner) -> $"{place}: {message inner}"
        | FileFailure(path, reason) -> $"{path}: {reason}"
        | Malformed(found, expected) -> $"found {found}, expected {expected}"
        | UnknownElement found ->
            $"unknown element '{found}', expected a symbol from H to Og, X, or an atomic number from 0 to 118"
        | InvalidCell(vectors, expected) ->
            let row (values: float list) = values |> List.map number |> String.concat " "

            let rows = vectors |> List.chunkBySize 3 |> List.map row |> String.concat "; "

            $"invalid cell [{rows}] Å, expected {expected}"
        | NonFinite(name, value) -> $"{name} is {number value}, expected a finite number"
        | InvalidArgument(name, value, expected) -> $"{name} is {value}, expected {expected}"
        | Inconsistent(name, found, expected) -> $"{name} has {found}, expected {expected}"

    /// The error without its places, for code that asks only which case it is.
    let rec kind error =
        match error with
        | At(_, inner) -> kind inner
        | other -> other

    /// The outermost place of the error, where it has one.
    let place error =
        match error with
        | At(place, _) -> Some place
        | _ -> None

    /// The same error, at this place. An error that already has a place keeps it.
    let at place error =
        match error with
        | At _ -> error
        | bare -> At(place, bare)

/// Something that a reader or writer passed over, guessed or left out: no error, and never silent.
type Notice =
    {
        /// Where in a file it stands, if it stands in one.
        Place: Place option
        /// The sentence, without a point at its end.
        Text: string
    }

    /// The place, if there is one, and the sentence: `path:line: text`.
    override notice.ToString() =
        match notice.Place with
        | Some place -> $"{place}: {notice.Text}"
        | None -> notice.Text

/// The one exception of the library for what the outside world gets wrong. Its message is that of its error.
[<Sealed>]
type NoetherException(error: NoetherError) =
    inherit Exception(NoetherError.message error)

    /// The error.
    member _.Error = error

/// The way from `Result` to a value or an exception, for scripts, tests and the facade.
[<RequireQualifiedAccess>]
module Outcome =
    /// Raises the error as a `NoetherException`.
    let raise<'T> (error: NoetherError) : 'T = Operators.raise (NoetherException error)

    /// The value, or a `NoetherException` that carries the error.
    let getOrFail result =
        match result with
        | Ok value -> value
        | Error error -> raise error

    /// The value of a computation, or the error of the `NoetherException` it ends in. Other exceptions pass through.
    let capture (computation: unit -> 'T) : Result<'T, NoetherError> =
        try
            Ok(computation ())
        with :? NoetherException as failure ->
            Error failure.Error

    /// The values of all, or the first error.
    let all (results: Result<'T, NoetherError> list) : Result<'T list, NoetherError> =
        capture (fun () -> List.map getOrFail results)

/// The word that ends a line of a script.
[<AutoOpen>]
module OutcomeWord =
    /// The value of a result, or a `NoetherException` with the words of its error: `Neighbours.build 4.0 salt |> orFail`.
    let orFail (result: Result<'T, NoetherError>) : 'T = Outcome.getOrFail result
