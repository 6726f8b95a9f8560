namespace Noether.Physics

open System
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// The functions of one element in an embedded-atom potential. Each maps a tensor [e] to a tensor [e], element by
/// element.
[<NoEquality; NoComparison>]
type EmbeddedAtomFunctions =
    {
        /// The symbol.
        Symbol: string
        /// The density that an atom of the element makes at a distance in Å.
        Density: Tensor -> Tensor
        /// The energy in eV of an atom of the element in a density.
        Embedding: Tensor -> Tensor
    }

/// The embedded-atom potential of M. S. Daw and M. I. Baskes, Phys. Rev. B 29, 6443 (1984):
/// E_i = F_i(Σ_j ρ_j(r_ij)) + ½ Σ_j φ_ij(r_ij), from functions or from tables.
[<RequireQualifiedAccess>]
module EmbeddedAtom =
    let private energies name (own: KindTable) (table: KindTable) elements pairs (data: PairData) =
        let elements: EmbeddedAtomFunctions[] = elements
        let kinds = KindTable.kinds table data

        kinds |> Array.iteri (fun i kind -> if kind < 0 then KindTable.missing name own [ data.Numbers[i] ])

        let entries = KindTable.ofPairs name table data

        // The functions of an element, in the order of the kinds.
        let byKind (f: EmbeddedAtomFunctions -> Tensor -> Tensor) =
            table.Species
            |> Array.map (fun z -> elements |> Array.find (fun element -> element.Symbol = Elements.symbol z) |> f)

        let ofNeighbours = data.Pairs.Senders |> Seq.map (fun j -> kinds[j]) |> Array.ofSeq
        let densities = PairData.sumOverNeighbours data (Subset.each ofNeighbours (byKind _.Density) data.Distances)
        let repulsion = PairData.sumOverNeighbours data (Subset.each entries pairs data.Distances)
        let embed = Subset.each kinds (byKind _.Embedding)
        let starts = data.Pairs.Starts
        let crowded = Array.init kinds.Length (fun i -> starts[i + 1] > starts[i])

        // An atom without neighbours is in no density, whose F may have infinite derivatives (√ρ): they stay out.
        let embedding =
            if Array.forall id crowded then
                embed densities
            else
                let one = Tensor.onesLike densities
                Tensor.select crowded (embed (Tensor.select crowded densities one)) (embed (Tensor.zerosLike densities))

        embedding + 0.5 * repulsion

    /// The potential from functions ρ and F of each element and φ of each pair of elements, in either order, up to a
    /// cut-off in Å, where ρ and φ ought to vanish. Parameters within the functions may carry derivatives. Errors:
    /// `UnknownElement`; `InvalidArgument` for a cut-off; `Inconsistent` for an element or a pair that is given twice,
    /// and for an element without ρ and F or without any φ; when it is evaluated, for a pair that has no φ.
    let ofFunctions
        (name: string)
        (cutoff: float)
        (elements: EmbeddedAtomFunctions list)
        (pairs: ((string * string) * (Tensor -> Tensor)) list)
        : Result<Potential, NoetherError> =
        Outcome.capture (fun () ->
            let table = KindTable.create "the pair" [ for (a, b), _ in pairs -> [ a; b ] ] |> KindTable.symmetric
            let own = KindTable.create "the element" [ for element in elements -> [ element.Symbol ] ]

            if own.Species <> table.Species then
                let list (species: int[]) = species |> Seq.map Elements.symbol |> String.concat ", "
                let found = $"ρ and F of {list own.Species} and φ of {list table.Species}"
                Outcome.raise (Inconsistent($"the potential '{name}'", found, "functions of the same elements"))

            if not (cutoff > 0.0 && Double.IsFinite cutoff) then
                Outcome.raise (InvalidArgument("the cut-off", $"{cutoff}", "a positive finite length in Å"))

            let functions = [| for _, phi in pairs -> phi |]
            Potential.create name cutoff (energies name own table (Array.ofList elements) functions))

    /// The tables of `EmbeddingSums` in the order of the kinds, for tables of numbers that have the same knots.
    let private fused (cutoff: float) (energies: PairData -> Tensor) (kind: SplineKind) (table: EmbeddedAtomTable) =
        let coefficients step values =
            let spline = Spline.evenly kind 0.0 step values |> Outcome.getOrFail
            Tensor.toArray spline.Coefficients

        let symbols = table.Elements |> List.map _.Symbol |> Array.ofList
        let own = KindTable.create "the element" [ for symbol in symbols -> [ symbol ] ]
        let place = own.Species |> Array.map (fun z -> symbols |> Array.findIndex ((=) (Elements.symbol z)))
        let elements = Array.ofList table.Elements
        let ofElements f = place |> Array.collect (fun e -> f elements[e])
        let pairs = Array.ofList table.Pairs

        let pair a b =
            let i, j = max place[a] place[b], min place[a] place[b]
            coefficients table.DistanceStep pairs[i * (i + 1) / 2 + j]

        let inner = ofElements (fun element -> coefficients table.DistanceStep element.Density)
        let outer = ofElements (fun element -> coefficients table.DensityStep element.Embedding)

        let ofPairs =
            Array.allPairs [| 0 .. place.Length - 1 |] [| 0 .. place.Length - 1 |] |> Array.collect ((<||) pair)

        fun (sites: Sites) (factor: float) (sums: Sums) ->
            let kinds, present = KindTable.kindsAndPresent own sites.Numbers

            // Refuses elements without tables as the definition does.
            if present |> Array.contains own.Species.Length then PairData.ofSites sites |> energies |> ignore

            EmbeddingSums.Add(
                inner,
                ofPairs,
                table.DistanceStep,
                outer,
                table.DensityStep,
                cutoff,
                kinds,
                own.Species.Length,
                sites.Starts.AsSpan(),
                sites.Images,
                sites.Places,
                factor,
                sums.Energies,
                sums.Forces,
                sums.Virials
            )

    /// Whether all tables are numbers, on the same knots.
    let private isPlain (table: EmbeddedAtomTable) =
        let alike (values: Tensor list) = values |> List.forall (fun t -> t.Level = 0L && t.Size = values.Head.Size)

        alike (table.Pairs @ (table.Elements |> List.map _.Density)) && alike (table.Elements |> List.map _.Embedding)

    /// The potential from tables, splined; `FiniteDifferences` gives LAMMPS' numbers. Beyond the last density the
    /// energy of embedding goes on as a straight line. Errors: `NonFinite` for numbers in the tables, and those of
    /// `ofFunctions`.
    let ofTable (name: string) (kind: SplineKind) (table: EmbeddedAtomTable) : Result<Potential, NoetherError> =
        Outcome.capture (fun () ->
            let spline step values = Spline.evenly kind 0.0 step values |> Outcome.getOrFail |> Spline.evaluate
            let symbols = table.Elements |> List.map _.Symbol

            let elements =
                [ for element in table.Elements ->
                      { Symbol = element.Symbol
                        Density = spline table.DistanceStep element.Density
                        Embedding = spline table.DensityStep element.Embedding } ]

            let names =
                [ for i, a in List.indexed symbols do
                      for b in symbols[..i] do
                          a, b ]

            let over (f: Tensor -> Tensor) (r: Tensor) = f r / r

            let potential =
                [ for pair, values in List.zip names table.Pairs -> pair, over (spline table.DistanceStep values) ]
                |> ofFunctions name table.Cutoff elements
                |> Outcome.getOrFail

            if isPlain table then
                let pass = fused table.Cutoff potential.Energies kind table
                Potential.withPass (Some pass) name table.Cutoff potential.Energies
            else
                potential)
