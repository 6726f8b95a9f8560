namespace Noether.Equivariance

open System

/// The irreps of a feature vector: chunks of equal irreps one after the other. A description only, without data:
/// data described by it has `Irreps.dim` components in its last axis, each chunk (multiplicity, 2l+1) with the
/// multiplicity outer. Chunks may repeat, come in any order, and have multiplicity 0.
/// Written `32x0e+8x1o+8x2e`; conventions are those of e3nn-jax 0.21.
[<NoComparison; StructuredFormatDisplay("{AsText}")>]
type Irreps =
    private
    | Irreps of MulIrrep list

    /// The chunks in order.
    member irreps.Chunks =
        let (Irreps chunks) = irreps
        chunks

    /// The number of components.
    member irreps.Dim = irreps.Chunks |> List.sumBy _.Dim

    /// As it is written, `1x0e+8x1o`; `Irreps()` where there are no chunks.
    member irreps.AsText =
        match irreps.Chunks with
        | [] -> "Irreps()"
        | chunks -> chunks |> List.map _.AsText |> String.concat "+"

    /// As it is written, `1x0e+8x1o`; `Irreps()` where there are no chunks.
    override irreps.ToString() = irreps.AsText

/// Irreps brought into order, and where each chunk went.
[<NoComparison>]
type SortedIrreps =
    {
        /// The chunks, stably sorted.
        Irreps: Irreps
        /// `P[i]` is the place in `Irreps` of what was chunk `i`.
        P: int list
        /// The inverse of `P`: chunk `k` of `Irreps` was chunk `Inverse[k]`.
        Inverse: int list
    }

/// Functions of irreps. None of them looks at data.
[<RequireQualifiedAccess>]
module Irreps =
    /// No irreps, of dimension 0.
    let empty = Irreps []

    /// Irreps of the given chunks; ArgumentException where a multiplicity is negative.
    let ofList (chunks: MulIrrep list) =
        for chunk in chunks do
            if chunk.Mul < 0 then
                raise (ArgumentException($"Irreps.ofList: {chunk.AsText} has a negative multiplicity.", nameof chunks))

        Irreps chunks

    /// Irreps of (multiplicity, irrep) pairs; ArgumentException where a multiplicity is negative.
    let create (chunks: (int * Irrep) list) =
        chunks |> List.map (fun (mul, irrep) -> { Mul = mul; Irrep = irrep }) |> ofList

    /// The irreps with one copy of one irrep.
    let ofIrrep irrep = Irreps [ { Mul = 1; Irrep = irrep } ]

    /// The chunks in order.
    let toList (irreps: Irreps) = irreps.Chunks

    /// Reads such a text as `32x0e + 8x1o + 2e`. The multiplicity 1 may be left out, the parity letter y means (−1)^l,
    /// spaces are allowed between symbols; the empty text and `Irreps()` are no irreps.
    let parse (text: string) =
        if IrrepsGrammar.atEnd text 0 || text.Trim() = empty.AsText then
            Ok empty
        else
            IrrepsGrammar.terms text |> Result.map Irreps

    /// `parse` for texts that are part of a program: ArgumentException with the error's message.
    let ofString text =
        match parse text with
        | Ok irreps -> irreps
        | Error error -> raise (ArgumentException(IrrepsError.message error, nameof text))

    /// The number of components of the data.
    let dim (irreps: Irreps) = irreps.Dim

    /// The number of irreps, each copy counted.
    let count (irreps: Irreps) = irreps.Chunks |> List.sumBy _.Mul

    /// The number of copies of one irrep, over all chunks.
    let countOf irrep (irreps: Irreps) =
        irreps.Chunks |> List.sumBy (fun chunk -> if chunk.Irrep = irrep then chunk.Mul else 0)

    /// Whether a chunk of this irrep is there, be its multiplicity 0.
    let contains irrep (irreps: Irreps) = irreps.Chunks |> List.exists (fun chunk -> chunk.Irrep = irrep)

    /// The degree of every copy, in order.
    let ls (irreps: Irreps) = irreps.Chunks |> List.collect (fun chunk -> List.replicate chunk.Mul chunk.Irrep.L)

    /// The highest degree of a chunk with copies; None where there is no copy of anything.
    let tryLmax (irreps: Irreps) =
        match irreps.Chunks |> List.filter (fun chunk -> chunk.Mul > 0) with
        | [] -> None
        | chunks -> chunks |> List.map _.Irrep.L |> List.max |> Some

    /// The highest degree of a chunk with copies; ArgumentException where there is no copy of anything.
    let lmax (irreps: Irreps) =
        match tryLmax irreps with
        | Some l -> l
        | None ->
            raise (
                ArgumentException($"Irreps.lmax: {irreps.AsText} has no irreps, expected at least one.", nameof irreps)
            )

    /// The greatest common divisor of the multiplicities, 0 where all are 0.
    let mulGcd (irreps: Irreps) =
        let rec gcd a b = if b = 0 then a else gcd b (a % b)
        irreps.Chunks |> List.fold (fun divisor chunk -> gcd divisor chunk.Mul) 0

    /// Whether there are chunks and all of them are 0e.
    let isScalar (irreps: Irreps) =
        match irreps.Chunks with
        | [] -> false
        | chunks -> chunks |> List.forall _.Irrep.IsScalar

    /// For each chunk the first component and the one behind the last, in the last axis of the data.
    let slices (irreps: Irreps) : struct (int * int) list =
        let ends = irreps.Chunks |> List.scan (fun stop chunk -> stop + chunk.Dim) 0
        List.pairwise ends |> List.map (fun (start, stop) -> struct (start, stop))

    /// Sorts the chunks by irrep, stably, and says where each went. Nothing is merged or dropped.
    let sort (irreps: Irreps) =
        let sorted = irreps.Chunks |> List.indexed |> List.sortBy (fun (_, chunk) -> chunk.Irrep)

        let inverse = sorted |> List.map fst

        { Irreps = Irreps(sorted |> List.map snd)
          P = inverse |> List.indexed |> List.sortBy snd |> List.map fst
          Inverse = inverse }

    /// Merges neighbouring chunks of equal irreps; chunks of multiplicity 0 stay, and separate their neighbours.
    let unify (irreps: Irreps) =
        let merge chunk merged =
            match merged with
            | next :: rest when next.Irrep = chunk.Irrep -> { chunk with Mul = chunk.Mul + next.Mul } :: rest
            | _ -> chunk :: merged

        Irreps(List.foldBack merge irreps.Chunks [])

    /// Without the chunks of multiplicity 0.
    let removeZeroMultiplicities (irreps: Irreps) = Irreps(irreps.Chunks |> List.filter (fun chunk -> chunk.Mul > 0))

    /// Drops chunks of multiplicity 0, then merges neighbours of equal irreps.
    let simplify irreps = irreps |> removeZeroMultiplicities |> unify

    /// Sorted and simplified: at most one chunk of every irrep, in order.
    let regroup irreps = simplify (sort irreps).Irreps

    /// The same chunks with another multiplicity (at least 0) each.
    let setMul mul (irreps: Irreps) =
        Guard.atLeast "Irreps.setMul" (nameof mul) 0 mul
        irreps.Chunks |> List.map (fun chunk -> { chunk with Mul = mul }) |> Irreps

    /// The whole sequence of chunks `times` times (at least 0) over.
    let repeat times (irreps: Irreps) =
        Guard.atLeast "Irreps.repeat" (nameof times) 0 times
        Irreps(List.replicate times irreps.Chunks |> List.concat)

    /// Every multiplicity times `factor` (at least 0).
    let scale factor (irreps: Irreps) =
        Guard.atLeast "Irreps.scale" (nameof factor) 0 factor
        irreps.Chunks |> List.map (fun chunk -> { chunk with Mul = factor * chunk.Mul }) |> Irreps

    /// Every multiplicity divided by `divisor` (at least 1, otherwise ArgumentOutOfRangeException), rounded down.
    let divide divisor (irreps: Irreps) =
        Guard.atLeast "Irreps.divide" (nameof divisor) 1 divisor
        Irreps(irreps.Chunks |> List.map (fun chunk -> { chunk with Mul = chunk.Mul / divisor }))

    /// The chunks of `a`, then those of `b`.
    let append (a: Irreps) (b: Irreps) = Irreps(a.Chunks @ b.Chunks)

    /// The chunks of all, one after the other.
    let concat (all: Irreps list) = Irreps(all |> List.collect _.Chunks)

    /// The chunks whose irrep satisfies the predicate.
    let filter predicate (irreps: Irreps) = Irreps(irreps.Chunks |> List.filter (fun chunk -> predicate chunk.Irrep))

    /// The chunks whose irrep occurs in `kept`; its multiplicities do not matter.
    let keep (kept: Irreps) irreps = irreps |> filter (fun irrep -> contains irrep kept)

    /// The chunks whose irrep does not occur in `dropped`; its multiplicities do not matter.
    let drop (dropped: Irreps) irreps = irreps |> filter (fun irrep -> not (contains irrep dropped))

    /// The chunks of degree `lmax` and below.
    let upTo lmax irreps = irreps |> filter (fun irrep -> irrep.L <= lmax)

    /// One copy of each degree from 0 to `lmax`; odd degrees have the parity given, even degrees are even.
    /// Harmonics of a true vector have `Parity.Odd`, those of an axial vector `Parity.Even`.
    let sphericalHarmonics lmax (parity: Parity) =
        Guard.atLeast "Irreps.sphericalHarmonics" (nameof lmax) 0 lmax

        Irreps [ for l in 0..lmax -> { Mul = 1; Irrep = Irrep.create l (if l % 2 = 0 then Parity.Even else parity) } ]

    let private bounds operation start stop =
        if start < 0 || stop < start then
            raise (
                ArgumentException($"Irreps.{operation}: the bounds are {start} and {stop}, expected 0 ≤ start ≤ stop.")
            )

    // Shares of chunks that lie in [start, stop) when each chunk is `size chunk` long; a chunk of length 0 belongs to
    // the slice when it lies inside or at an edge.
    let private shares size start stop (irreps: Irreps) =
        let total = irreps.Chunks |> List.sumBy size
        let start, stop = min start total, min stop total
        let ends = irreps.Chunks |> List.scan (fun place chunk -> place + size chunk) 0

        List.zip irreps.Chunks (List.pairwise ends)
        |> List.choose (fun (chunk, (first, last)) ->
            let from, until = max first start, min last stop

            if from < until || (first = last && start <= first && last <= stop) then
                Some struct (chunk, from - first, until - first)
            else
                None)

    /// The copies from `start` up to, not including, `stop`, counted over all chunks; bounds behind the end mean the
    /// end. Chunks of multiplicity 0 stay where they lie inside or at an edge. ArgumentException unless 0 ≤ start ≤ stop.
    let sliceByMul start stop irreps =
        bounds "sliceByMul" start stop

        shares _.Mul start stop irreps
        |> List.map (fun struct (chunk, from, until) -> { chunk with Mul = until - from })
        |> Irreps

    /// The components from `start` up to, not including, `stop`; bounds behind the end mean the end.
    /// ArgumentException unless 0 ≤ start ≤ stop and both lie between two copies.
    let sliceByDim start stop (irreps: Irreps) =
        bounds "sliceByDim" start stop

        shares _.Dim start stop irreps
        |> List.map (fun struct (chunk, from, until) ->
            if from % chunk.Irrep.Dim <> 0 || until % chunk.Irrep.Dim <> 0 then
                let message =
                    $"Irreps.sliceByDim: components {start} to {stop} of {irreps.AsText} cut a copy of {chunk.Irrep}."

                raise (ArgumentException message)

            { chunk with Mul = (until - from) / chunk.Irrep.Dim })
        |> Irreps

    /// The chunks from `start` up to, not including, `stop`; bounds behind the end mean the end.
    /// ArgumentException unless 0 ≤ start ≤ stop.
    let sliceByChunk start stop (irreps: Irreps) =
        bounds "sliceByChunk" start stop
        Irreps(irreps.Chunks |> List.skip (min start irreps.Chunks.Length) |> List.truncate (stop - start))
