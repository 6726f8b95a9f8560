namespace Noether.Physics

open System
open System.Collections.Immutable
open System.Globalization
open Noether.Domain

/// How near two atoms must be to be a pair: nearer than a length in Å, which may depend on the two. It never depends on
/// their order, so that lists are symmetric.
///
/// *Example.* Water where oxygen sees oxygen to 4 Å and its hydrogen to 1.3 Å, and hydrogen does not see hydrogen:
/// `BySpecies [ 8, 8, 4.0; 1, 8, 1.3 ]`.
type Cutoffs =
    /// One length for all pairs.
    | Within of cutoff: float
    /// A length for each pair of elements, by atomic numbers in either order. Elements that are not named together are
    /// never pairs.
    | BySpecies of (int * int * float) list
    /// A radius for each atom, [n], 0 or more: a pair is nearer than the sum of its two radii.
    | ByRadius of ImmutableArray<float>

/// The reach of cut-offs in one structure.
[<NoComparison; NoEquality>]
type internal Reach =
    {
        /// No pair is longer; 0 where there can be none.
        Largest: float
        /// The square of the cut-off of atoms i and j, in Å²; `None` where it is the largest for all.
        Square: (int -> int -> float) option
    }

/// Making cut-offs and asking what they come to.
[<RequireQualifiedAccess>]
module Cutoffs =
    let private text (x: float) = x.ToString("R", CultureInfo.InvariantCulture)

    let private isLength x = x > 0.0 && Double.IsFinite x

    let internal checkLength name x =
        if not (isLength x) then
            Outcome.raise (InvalidArgument(name, text x, "a positive finite length in Å"))

    /// The lengths by elements, both ways round.
    let private table (cutoffs: (int * int * float) list) =
        let add known (a, b, length) =
            let symbol z =
                if z < 0 || z > Elements.largest then Outcome.raise (UnknownElement $"{z}") else Elements.symbol z

            let name = $"the cut-off of {symbol a} and {symbol b}"
            checkLength name length

            match Map.tryFind (a, b) known with
            | Some other when other <> length ->
                Outcome.raise (Inconsistent(name, $"the values {text other} and {text length}", "one"))
            | _ -> known |> Map.add (a, b) length |> Map.add (b, a) length

        List.fold add Map.empty cutoffs

    let private checkRadii (radii: ImmutableArray<float>) (structure: Structure) =
        if radii.IsDefault then invalidArg (nameof radii) "Cutoffs.ByRadius: the array was never assigned."

        if radii.Length <> structure.Count then
            Outcome.raise (
                Inconsistent("the radii", $"{radii.Length} numbers", $"{structure.Count}, one for each atom")
            )

        for i in 0 .. radii.Length - 1 do
            if not (radii[i] >= 0.0 && Double.IsFinite radii[i]) then
                Outcome.raise (
                    InvalidArgument($"the radius of atom {i}", text radii[i], "a finite length in Å, 0 or more")
                )

    let private bySpecies cutoffs (structure: Structure) =
        let known = table cutoffs
        let elements = structure.Numbers |> Seq.distinct |> Array.ofSeq
        let kinds = structure.Numbers |> Seq.map (fun z -> Array.IndexOf(elements, z)) |> Array.ofSeq

        let lengths =
            [| for a in elements do
                   for b in elements -> Map.tryFind (a, b) known |> Option.defaultValue 0.0 |]

        let squares = lengths |> Array.map (fun length -> length * length)
        let count = elements.Length

        { Largest = Array.fold max 0.0 lengths
          Square = Some(fun i j -> squares[kinds[i] * count + kinds[j]]) }

    let private byRadius (radii: ImmutableArray<float>) structure =
        checkRadii radii structure
        let largest = Seq.fold max 0.0 radii

        let square i j =
            let length = radii[i] + radii[j]
            length * length

        { Largest = 2.0 * largest; Square = Some square }

    let internal reach cutoffs structure =
        match cutoffs with
        | Within cutoff ->
            checkLength "the cut-off" cutoff
            { Largest = cutoff; Square = None }
        | BySpecies cutoffs -> bySpecies cutoffs structure
        | ByRadius radii -> byRadius radii structure

    /// Cut-offs by elements from symbols, each pair of elements once or twice: `Cutoffs.ofSymbols [ "O", "H", 1.3 ]`.
    /// Errors: `UnknownElement`, `InvalidArgument` for a cut-off that is not a positive finite length, `Inconsistent`
    /// for two elements with two cut-offs.
    let ofSymbols (cutoffs: (string * string * float) list) : Result<Cutoffs, NoetherError> =
        Outcome.capture (fun () ->
            let number symbol = Elements.ofSymbol symbol |> Outcome.getOrFail
            let cutoffs = cutoffs |> List.map (fun (a, b, length) -> number a, number b, length)
            table cutoffs |> ignore
            BySpecies cutoffs)

    /// The longest cut-off of two atoms of a structure, in Å; 0 where no two can be a pair. Errors: `InvalidArgument`
    /// for a cut-off that is not a positive finite length or a radius that is not a finite one, 0 or more;
    /// `Inconsistent` for two elements with two cut-offs, and for radii of another number of atoms; `UnknownElement`.
    let largest (cutoffs: Cutoffs) (structure: Structure) : Result<float, NoetherError> =
        Outcome.capture (fun () -> (reach cutoffs structure).Largest)

    /// Every cut-off longer by so many Å; what was no pair at any distance stays none.
    let widen (by: float) (cutoffs: Cutoffs) : Cutoffs =
        match cutoffs with
        | Within cutoff -> Within(cutoff + by)
        | BySpecies cutoffs -> BySpecies(cutoffs |> List.map (fun (a, b, length) -> a, b, length + by))
        | ByRadius radii -> ByRadius(radii |> Seq.map (fun radius -> radius + 0.5 * by) |> ImmutableArray.CreateRange)
