namespace Noether.Physics

open System
open System.Collections.Immutable
open System.Globalization
open Noether.AutoDiff
open Noether.Domain

/// The parameters of a pair function for each pair of species, and how far it reaches.
///
/// *Kinds.* k species, or one kind for any element. Tables go by the pair of kinds (a, b), row by row, k² of them; (a, b) and
/// (b, a) are the same numbers.
[<Sealed; AllowNullLiteral(false)>]
type PairParameters internal (species: int[], values: Tensor, cutoffs: float[], known: bool[]) =
    /// Atomic numbers of the kinds, ascending; empty where there is one kind for any element.
    member _.Species = Frozen.freeze species

    /// The number of kinds, k.
    member _.Kinds = max 1 species.Length

    /// Parameters [k², q] for q parameters; rows of pairs without parameters are never read.
    member _.Values = values

    /// Cut-offs [k²], Å.
    member _.Cutoffs = Frozen.freeze cutoffs

    /// Which pairs of kinds have parameters, [k²].
    member _.Known = Frozen.freeze known

    /// The longest cut-off, Å.
    member _.Cutoff = Array.max cutoffs

/// Rules for the parameters of unlike pairs from those of like ones, for functions with parameters (ε, σ).
[<RequireQualifiedAccess>]
module Mixing =
    let private rule energy length (a: Tensor) (b: Tensor) =
        let part k (t: Tensor) = Tensor.slice 0 k (k + 1) t
        let epsilon, sigma = (part 0 a, part 0 b), (part 1 a, part 1 b)
        Tensor.concat 0 [ energy epsilon sigma; length sigma ]

    let private mean (x: Tensor, y: Tensor) = 0.5 * (x + y)

    let private geometricMean (x: Tensor, y: Tensor) = Tensor.sqrt (x * y)

    /// ε = √(ε₁ε₂), σ = ½(σ₁ + σ₂) (Lorentz and Berthelot; LAMMPS' `arithmetic`).
    let lorentzBerthelot: Tensor -> Tensor -> Tensor = rule (fun epsilon _ -> geometricMean epsilon) mean

    /// ε = √(ε₁ε₂), σ = √(σ₁σ₂).
    let geometric: Tensor -> Tensor -> Tensor = rule (fun epsilon _ -> geometricMean epsilon) geometricMean

    /// ε = 2√(ε₁ε₂) σ₁³σ₂³/(σ₁⁶ + σ₂⁶), σ⁶ = ½(σ₁⁶ + σ₂⁶) (M. Waldman and A. T. Hagler, J. Comput. Chem. 14, 1077 (1993);
    /// LAMMPS' `sixthpower`).
    let sixthPower: Tensor -> Tensor -> Tensor =
        let sixth (x: Tensor) = Tensor.pow 6.0 x

        rule
            (fun epsilon (s, t) ->
                2.0 * geometricMean epsilon * Tensor.pow 3.0 s * Tensor.pow 3.0 t / (sixth s + sixth t))
            (fun (s, t) -> Tensor.pow (1.0 / 6.0) (0.5 * (sixth s + sixth t)))

    /// For Buckingham's (A, ρ, C): A = √(A₁A₂), 1/ρ = ½(1/ρ₁ + 1/ρ₂), C = √(C₁C₂) (D. E. Williams, J. Chem. Phys. 47, 4680
    /// (1967)).
    let williams (a: Tensor) (b: Tensor) : Tensor =
        let part k = Tensor.slice 0 k (k + 1) a, Tensor.slice 0 k (k + 1) b
        let first, second = part 1
        let rho = 2.0 * first * second / (first + second)
        Tensor.concat 0 [ geometricMean (part 0); rho; geometricMean (part 2) ]

/// Making tables of parameters.
[<RequireQualifiedAccess>]
module PairParameters =
    let private checkCutoff (cutoff: float) =
        if not (cutoff > 0.0 && Double.IsFinite cutoff) then
            let value = cutoff.ToString("R", CultureInfo.InvariantCulture)
            Outcome.raise (InvalidArgument("the cut-off", value, "a positive finite length in Å"))

    let private number = Elements.ofSymbol >> Outcome.getOrFail

    let private row (what: string) count (values: Tensor) =
        if values.Rank <> 1 || values.Shape[0] <> count then
            let shape = values.Shape |> Seq.map string |> String.concat ", "
            invalidArg "parameters" $"PairParameters: {what} has parameters of shape [{shape}], expected [{count}]."

        values

    /// The same parameters, [q], for any two atoms, up to a cut-off in Å. Errors: `InvalidArgument` for a cut-off that is
    /// not positive and finite.
    let everywhere (cutoff: float) (values: Tensor) : Result<PairParameters, NoetherError> =
        Outcome.capture (fun () ->
            checkCutoff cutoff
            let values = row "every pair" values.Size values
            PairParameters([||], Tensor.reshape [| 1; values.Size |] values, [| cutoff |], [| true |]))

    /// Parameters [q] for the pairs of symbols that are given, in either order, each up to its own cut-off in Å. A pair that
    /// is not given has none: meeting it is an error. Errors: `UnknownElement`, `InvalidArgument` for a cut-off,
    /// `Inconsistent` for a pair that is given twice.
    let ofPairs (pairs: ((string * string) * float * Tensor) list) : Result<PairParameters, NoetherError> =
        Outcome.capture (fun () ->
            if pairs.IsEmpty then
                Outcome.raise (Inconsistent("the table of parameters", "no pairs of species", "one or more"))

            let entries = pairs |> List.map (fun ((a, b), cutoff, values) -> number a, number b, cutoff, values)

            let species =
                entries |> List.collect (fun (a, b, _, _) -> [ a; b ]) |> List.distinct |> List.sort |> Array.ofList

            let k = species.Length
            let which = Array.create (k * k) -1
            // Pairs without parameters get finite numbers that nobody reads: zeros would spoil gradients.
            let cutoffs = entries |> List.map (fun (_, _, cutoff, _) -> cutoff) |> List.max |> Array.create (k * k)
            let _, _, _, first = entries.Head

            entries
            |> List.iteri (fun e (a, b, cutoff, _) ->
                checkCutoff cutoff
                let i, j = Array.IndexOf(species, a), Array.IndexOf(species, b)

                if which[i * k + j] >= 0 then
                    let name = $"{Elements.symbol a}-{Elements.symbol b}"

                    Outcome.raise (
                        Inconsistent("the table of parameters", $"the pair {name} twice", "each pair once")
                    )

                for at in [ i * k + j; j * k + i ] do
                    which[at] <- e
                    cutoffs[at] <- cutoff)

            let rows =
                entries
                |> List.map (fun (a, b, _, values) ->
                    row $"the pair {Elements.symbol a}-{Elements.symbol b}" first.Size values)

            let values = Tensor.gather (Array.map (max 0) which) (Tensor.stack 0 rows)
            PairParameters(species, values, cutoffs, Array.map (fun e -> e >= 0) which))

    /// Parameters [q] of like pairs by symbol, those of unlike pairs by a rule of `Mixing` or one of your own, all up to one
    /// cut-off in Å. Errors as for `ofPairs`.
    let mixed (rule: Tensor -> Tensor -> Tensor) (cutoff: float) (like: (string * Tensor) list) =
        ofPairs
            [ for i, (a, first) in List.indexed like do
                  yield (a, a), cutoff, first

                  for b, second in List.skip (i + 1) like do
                      yield (a, b), cutoff, rule first second ]

    /// The parameters of `ZieglerBiersackLittmark` for all pairs of some elements, by symbol, from their atomic numbers, up
    /// to a cut-off in Å. Errors: as for `ofPairs`.
    let screenedNuclei (cutoff: float) (symbols: string list) : Result<PairParameters, NoetherError> =
        let size z = Math.Pow(float z, 0.23)

        let row a b =
            let z, y = number a, number b
            Tensor.vector [ Units.coulomb * float z * float y; 0.46850 / (size z + size y) ]

        Outcome.capture (fun () ->
            [ for i, a in List.indexed symbols do
                  for b in List.skip i symbols do
                      yield (a, b), cutoff, row a b ]
            |> ofPairs
            |> Outcome.getOrFail)
