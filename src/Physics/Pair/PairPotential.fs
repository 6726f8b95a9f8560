namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// Potentials that are sums over pairs: E = ½ Σ_i Σ_j u(|r_j − r_i|), half of each pair's energy to either atom.
[<RequireQualifiedAccess>]
module PairPotential =
    /// The kind of each atom, −1 for a species that has none.
    let private kindsOf (species: ImmutableArray<int>) (numbers: ImmutableArray<int>) =
        if species.IsEmpty then
            Array.zeroCreate numbers.Length
        else
            let kind = Array.create (Elements.largest + 1) -1
            species |> Seq.iteri (fun k z -> kind[z] <- k)
            Array.init numbers.Length (fun i -> kind[numbers[i]])

    let private missing name (a: int) (b: int) =
        let pair = $"no parameters for the pair {Elements.symbol a}-{Elements.symbol b}"
        Outcome.raise (Inconsistent($"the potential '{name}'", pair, "parameters for every pair within the cut-off"))

    /// The pair of kinds of each pair of atoms.
    let private kindsOfPairs name (parameters: PairParameters) (data: PairData) =
        let kinds = kindsOf parameters.Species data.Numbers
        let pairs, k = data.Pairs, parameters.Kinds

        Array.init pairs.Count (fun e ->
            let i, j = pairs.Receivers[e], pairs.Senders[e]
            let a, b = kinds[i], kinds[j]

            if a < 0 || b < 0 || not parameters.Known[a * k + b] then
                missing name data.Numbers[i] data.Numbers[j]

            a * k + b)

    /// Each parameter [k²] on its own.
    let private columns (values: Tensor) =
        [ for q in 0 .. values.Shape[1] - 1 -> Tensor.reshape [| values.Shape[0] |] (Tensor.slice 1 q (q + 1) values) ]

    let private energies name (f: 'F) (parameters: PairParameters) (columns: Tensor list) (data: PairData) =
        let kinds = kindsOfPairs name parameters data
        let cutoffs = parameters.Cutoffs

        // Within the longest cut-off all pairs are near; a shorter one of their kinds leaves some out.
        let near =
            if Seq.forall (fun c -> c = parameters.Cutoff) cutoffs then
                data
            else
                let r = Tensor.toArray data.Distances
                PairData.filter (fun e -> r[e] < cutoffs[kinds[e]]) data

        let kinds = if obj.ReferenceEquals(near, data) then kinds else kindsOfPairs name parameters near
        let precision = near.Positions.Precision

        let each =
            columns
            |> List.map (fun column ->
                let column = Tensor.cast precision column
                if parameters.Kinds = 1 then Tensor.reshape [||] column else Tensor.gather kinds column)

        0.5 * PairData.sumOverNeighbours near (RadialFunction.apply f each near.Distances)

    /// Refuses pairs without parameters, as the definition does.
    let private check name (parameters: PairParameters) (sites: Sites) =
        let k = parameters.Kinds
        let seen = Array.zeroCreate (Elements.largest + 1)

        for i in 0 .. sites.Numbers.Length - 1 do
            seen[sites.Numbers[i]] <- true

        let present =
            [| 0 .. Elements.largest |]
            |> Array.filter (fun z -> seen[z])
            |> Frozen.freeze
            |> kindsOf parameters.Species

        let known a b = a >= 0 && b >= 0 && parameters.Known[a * k + b]

        if not (Seq.allPairs present present |> Seq.forall (fun (a, b) -> known a b)) then
            PairData.ofSites sites |> PairData.within parameters.Cutoff |> kindsOfPairs name parameters |> ignore

    /// One SIMD pass over the pairs, for parameters that are numbers.
    let private fused (f: 'F) (parameters: PairParameters) (columns: Tensor list) (sites: Sites) factor (sums: Sums) =
        // One kind more than there are parameters for, which has none.
        let known, kinds = parameters.Kinds, parameters.Kinds + (if parameters.Species.IsEmpty then 0 else 1)

        let kindOfAtom =
            if kinds = 1 then
                Array.empty
            else
                kindsOf parameters.Species sites.Numbers |> Array.map (fun k -> if k < 0 then known else k)

        let values = columns |> List.map Tensor.toArray |> Array.ofList

        let table =
            Array.init (kinds * kinds) (fun at ->
                let a, b = at / kinds, at % kinds
                if a < known && b < known then a * known + b else -1)

        let isKnown at = at >= 0 && parameters.Known[at]
        let cutoffs = table |> Array.map (fun at -> if isKnown at then parameters.Cutoffs[at] else 0.0)
        let rows = table |> Array.collect (fun at -> values |> Array.map (fun column -> column[max 0 at]))

        PairSums.Add(
            f,
            rows,
            cutoffs,
            kindOfAtom,
            sites.Starts.AsSpan(),
            sites.Images,
            sites.Places,
            factor,
            sums.Energies,
            sums.Forces,
            sums.Virials
        )

    let private ofFunction name (f: 'F) (parameters: PairParameters) (columns: Tensor list) : Potential =
        let pass sites factor sums =
            check name parameters sites
            fused f parameters columns sites factor sums

        let constant = columns |> List.forall (fun column -> column.Level = 0L)

        energies name f parameters columns
        |> Potential.withPass (if constant then Some pass else None) name parameters.Cutoff

    /// The potential of a function of the distance, one of the library's or your own (a struct, see `IRadialFunction`), with
    /// its parameters for each pair of species and its way to end at the cut-off. Errors: `InvalidArgument` for an onset
    /// that does not lie between 0 and the cut-offs.
    let create
        (name: string)
        (f: 'F when 'F: struct and 'F: (new: unit -> 'F) and 'F :> ValueType and 'F :> IRadialFunction)
        (truncation: Truncation)
        (parameters: PairParameters)
        : Result<Potential, NoetherError> =
        Outcome.capture (fun () ->
            let own = columns parameters.Values
            let ends = Tensor.ofArray [| parameters.Cutoffs.Length |] (Frozen.array parameters.Cutoffs)
            let all = TruncationParameters.parameters truncation ends (fun r -> RadialFunction.apply f own r) @ own

            match truncation with
            | Truncated -> ofFunction name f parameters all
            | Shifted
            | ForceShifted -> ofFunction name (ShiftedFunction f) parameters all
            | Switched _ -> ofFunction name (SwitchedFunction f) parameters all
            | Smooth _ -> ofFunction name (SmoothFunction f) parameters all
            | CurvatureShifted _ -> ofFunction name (CurvatureShiftedFunction f) parameters all
            | Cosine -> ofFunction name (CosineFunction f) parameters all)
