namespace Noether.Physics

open System
open System.Buffers
open System.Collections.Immutable
open System.Globalization
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// The pairs of atoms nearer to each other than a cut-off.
[<RequireQualifiedAccess>]
module Neighbours =
    /// Shifts beyond this are refused; sums of a few of them still fit 32 bits.
    let private largestShift = float (1 <<< 28)

    /// The images S_k of a neighbour that can lie within the cut-off: with f_k the fractional coordinate of r_j − r_i
    /// and h_k the height of the lattice of periodic vectors, |f_k + S_k| h_k is the distance of two lattice planes, at
    /// most the distance of the atoms. Widened by rounding; the exact test comes later.
    let private range fractional (reach: float) : struct (int * int) =
        let slack = 1e-9 * (1.0 + abs fractional + reach)
        let low = ceil (-fractional - reach - slack)
        let high = floor (-fractional + reach + slack)

        if not (abs low <= largestShift && abs high <= largestShift) then
            let found = (-fractional).ToString("G3", CultureInfo.InvariantCulture)

            let error = Inconsistent("a pair of atoms", $"{found} cells between them", "fewer than 2^28")

            Outcome.raise error

        struct (int low, int high)

    /// The definition: every image of every atom that may be near is looked at. The time grows with n².
    let private byImages (cutoff: float) (structure: Structure) : Pairs =
        let n = structure.Count
        let cell = structure.Cell
        let periodic = cell.Periodic
        let h = cell.Vectors.AsSpan().ToArray()
        let lattice = Cell.withOpenNormals cell
        let b = (Cell.reciprocal lattice).AsSpan().ToArray()
        let h0, h1, h2 = Cell.heights lattice
        let reach = [| cutoff / h0; cutoff / h1; cutoff / h2 |]
        let r = structure.Positions
        let square = cutoff * cutoff
        let receivers = ImmutableArray.CreateBuilder<int>()
        let senders = ImmutableArray.CreateBuilder<int>()
        let shifts = ImmutableArray.CreateBuilder<int>()
        let starts = Array.zeroCreate (n + 1)

        for i in 0 .. n - 1 do
            for j in 0 .. n - 1 do
                let dx = r[3 * j] - r[3 * i]
                let dy = r[3 * j + 1] - r[3 * i + 1]
                let dz = r[3 * j + 2] - r[3 * i + 2]

                let images k : struct (int * int) =
                    if periodic[k] then
                        range (dx * b[3 * k] + dy * b[3 * k + 1] + dz * b[3 * k + 2]) reach[k]
                    else
                        struct (0, 0)

                let struct (low0, high0) = images 0
                let struct (low1, high1) = images 1
                let struct (low2, high2) = images 2

                for s0 in low0..high0 do
                    for s1 in low1..high1 do
                        for s2 in low2..high2 do
                            let f0, f1, f2 = float s0, float s1, float s2
                            // Negating the shift and exchanging the atoms negates every term exactly, so a
                            // pair and its reverse are always both within the cut-off or both outside.
                            let x = dx + (f0 * h[0] + f1 * h[3] + f2 * h[6])
                            let y = dy + (f0 * h[1] + f1 * h[4] + f2 * h[7])
                            let z = dz + (f0 * h[2] + f1 * h[5] + f2 * h[8])
                            let itself = i = j && s0 = 0 && s1 = 0 && s2 = 0

                            if x * x + y * y + z * z < square && not itself then
                                receivers.Add i
                                senders.Add j
                                shifts.Add s0
                                shifts.Add s1
                                shifts.Add s2

            starts[i + 1] <- receivers.Count

        Pairs(receivers.ToImmutable(), senders.ToImmutable(), shifts.ToImmutable(), Frozen.freeze starts)

    let private checkAtoms operation (structure: Structure) (pairs: Pairs) =
        if pairs.Atoms <> structure.Count then
            invalidArg
                (nameof pairs)
                $"Neighbours.{operation}: pairs of {pairs.Atoms} atoms, but the structure has {structure.Count}."

    /// The vectors r_j + S·H − r_i [p, 3] of pairs, row by row, and their lengths [p], in Å, in the arithmetic by which
    /// `build` compares: a pair is of the list exactly if its squared length is less than the squared cut-off.
    /// Raises ArgumentException for pairs of another number of atoms.
    let measure (structure: Structure) (pairs: Pairs) : float[] * float[] =
        checkAtoms "measure" structure pairs
        let r, h = structure.Positions, structure.Cell.Vectors
        let vectors: float[] = GC.AllocateUninitializedArray(3 * pairs.Count)
        let distances: float[] = GC.AllocateUninitializedArray pairs.Count

        for e in 0 .. pairs.Count - 1 do
            let i, j = 3 * pairs.Receivers[e], 3 * pairs.Senders[e]
            let s0, s1, s2 = float pairs.Shifts[3 * e], float pairs.Shifts[3 * e + 1], float pairs.Shifts[3 * e + 2]
            let x = r[j] - r[i] + (s0 * h[0] + s1 * h[3] + s2 * h[6])
            let y = r[j + 1] - r[i + 1] + (s0 * h[1] + s1 * h[4] + s2 * h[7])
            let z = r[j + 2] - r[i + 2] + (s0 * h[2] + s1 * h[5] + s2 * h[8])
            vectors[3 * e] <- x
            vectors[3 * e + 1] <- y
            vectors[3 * e + 2] <- z
            distances[e] <- sqrt (x * x + y * y + z * z)

        vectors, distances

    // Which pairs are kept is as good as random, so it is counted, not branched on.
    let inline private filterBy
        ([<InlineIfLambda>] square: int -> int -> float)
        (structure: Structure)
        (pairs: Pairs)
        : Pairs =
        let r = structure.Positions.AsSpan()
        let h = structure.Cell.Vectors
        let h0, h1, h2 = h[0], h[1], h[2]
        let h3, h4, h5 = h[3], h[4], h[5]
        let h6, h7, h8 = h[6], h[7], h[8]
        let senders, shifts, starts = pairs.Senders, pairs.Shifts, pairs.Starts
        let kept = ArrayPool<int>.Shared.Rent(pairs.Count + 1)
        let mutable count = 0

        for i in 0 .. pairs.Atoms - 1 do
            let xi, yi, zi = r[3 * i], r[3 * i + 1], r[3 * i + 2]

            for e in starts[i] .. starts[i + 1] - 1 do
                let j = senders[e]
                let s0, s1, s2 = float shifts[3 * e], float shifts[3 * e + 1], float shifts[3 * e + 2]
                let x = r[3 * j] - xi + (s0 * h0 + s1 * h3 + s2 * h6)
                let y = r[3 * j + 1] - yi + (s0 * h1 + s1 * h4 + s2 * h7)
                let z = r[3 * j + 2] - zi + (s0 * h2 + s1 * h5 + s2 * h8)
                kept[count] <- e
                count <- count + (if x * x + y * y + z * z < square i j then 1 else 0)

        let result = Pairs.pick (ReadOnlySpan(kept, 0, count)) pairs
        ArrayPool<int>.Shared.Return kept
        result

    let private filter (reach: Reach) structure pairs =
        match reach.Square with
        | Some square -> filterBy (fun i j -> square i j) structure pairs
        | None ->
            let most = reach.Largest * reach.Largest
            filterBy (fun _ _ -> most) structure pairs

    /// The pairs of a list that are nearer than the cut-offs where the atoms are now, compared as `build` does; their
    /// order stays. Errors: as for `Cutoffs.largest`. Raises ArgumentException for pairs of another number of atoms.
    let nearer (cutoffs: Cutoffs) (structure: Structure) (pairs: Pairs) : Result<Pairs, NoetherError> =
        checkAtoms "nearer" structure pairs

        Outcome.capture (fun () -> filter (Cutoffs.reach cutoffs structure) structure pairs)

    /// Pairs that fit the array of their shifts.
    let private most = Array.MaxLength / 3

    let private tooLong (cutoff: float) =
        let value = cutoff.ToString("R", CultureInfo.InvariantCulture)
        Outcome.raise (InvalidArgument("the cut-off", value, $"a list of at most {most} pairs"))

    /// Refuses lists so long that counting them would not end. Every atom sees the lattice points of the periodic axes
    /// within the cut-off as its own images, and of a crystal those of every other atom; there are about as many as
    /// cells in a ball, a disc or a line. The factor leaves room for that "about".
    let private checkCount cutoff (structure: Structure) =
        let b = Cell.reciprocal (Cell.withOpenNormals structure.Cell)
        let minor i j k l = b[i] * b[j] - b[k] * b[l]
        let density = abs (b[0] * minor 4 8 5 7 - b[1] * minor 3 8 5 6 + b[2] * minor 3 7 4 6)
        let axes = structure.Cell.Periodic |> Seq.sumBy (fun periodic -> if periodic then 1 else 0)
        let n = float structure.Count
        let ball = [| 1.0; 2.0; Math.PI; 4.0 / 3.0 * Math.PI |][axes] * Math.Pow(cutoff, float axes)
        let cells = ball * density

        if cells * (if axes = 3 then n * n else n) > 4.0 * float most then tooLong cutoff

    /// Bins of the lattice.
    let private binsOf (cutoff: float) (structure: Structure) : CellList =
        let cell = structure.Cell
        let lattice = Cell.withOpenNormals cell

        CellList(
            structure.Positions.AsSpan(),
            cell.Vectors.AsSpan(),
            (Cell.reciprocal lattice).AsSpan(),
            cell.Periodic.AsSpan(),
            cutoff
        )

    /// Bins of the lattice, and where the pairs of each atom begin.
    let private counted (cutoff: float) (structure: Structure) : CellList * int[] =
        let n = structure.Count
        let list = binsOf cutoff structure
        let starts: int[] = Array.zeroCreate (n + 1)
        let total = list.Count(starts.AsSpan(1))

        if total > int64 most then tooLong cutoff

        for i in 1..n do
            starts[i] <- starts[i] + starts[i - 1]

        list, starts

    /// The pairs by bins; vectors and distances where they are wanted.
    let private byBins (measured: bool) (cutoff: float) (structure: Structure) : Pairs * float[] * float[] =
        let list, starts = counted cutoff structure
        let p = Array.last starts
        let receivers: int[] = GC.AllocateUninitializedArray p
        let senders: int[] = GC.AllocateUninitializedArray p
        let shifts: int[] = GC.AllocateUninitializedArray(3 * p)
        let vectors: float[] = GC.AllocateUninitializedArray(if measured then 3 * p else 0)
        let distances: float[] = GC.AllocateUninitializedArray(if measured then p else 0)
        list.Fill(starts, receivers, senders, shifts, vectors, distances)

        Pairs(Frozen.freeze receivers, Frozen.freeze senders, Frozen.freeze shifts, Frozen.freeze starts),
        vectors,
        distances

    /// Fewer atoms than this are looked at one by one. Measured, random atoms in a cubic cell: bins become the faster
    /// way at about 14, 6 and 5 atoms for cut-offs of 0.3, 1 and 3 edges, in open space at 13 to 30. No number of atoms
    /// suits all; 10 lies between.
    let private few = 10

    /// Whether bins can hold the structure: the shifts of pairs of binned points fit their integers with room to
    /// spare. What cannot be binned is left to the definition, which says what is wrong with it.
    let private binned cutoff (structure: Structure) =
        let lattice = Cell.withOpenNormals structure.Cell
        let b = Cell.reciprocal lattice
        let heights = let x, y, z = Cell.heights lattice in [| x; y; z |]
        let r = structure.Positions
        let room = float CellList.LargestShift / 8.0

        let fits k =
            let mutable terms = 0.0

            for i in 0 .. structure.Count - 1 do
                let size c = abs (r[3 * i + c] * b[3 * k + c])
                terms <- max terms (size 0 + size 1 + size 2)

            terms < room && cutoff / heights[k] < room

        Seq.forall (fun k -> not structure.Cell.Periodic[k] || fits k) [ 0..2 ]

    /// The list that `build` makes, always by looking at every pair of atoms and every image that may be near: the time
    /// grows with n². Errors as for `build`.
    let buildByImages (cutoff: float) (structure: Structure) : Result<Pairs, NoetherError> =
        Outcome.capture (fun () ->
            Cutoffs.checkLength "the cut-off" cutoff
            checkCount cutoff structure
            byImages cutoff structure)

    let private all cutoff (structure: Structure) =
        checkCount cutoff structure

        if structure.Count >= few && binned cutoff structure then
            let pairs, _, _ = byBins false cutoff structure
            pairs
        else
            byImages cutoff structure

    /// The list of `build` in the form that kernels read, the arrays being made when they are asked for: for lists that
    /// are evaluated and forgotten. The owner has the rows of neighbours.
    let internal buildForKernels (owner: Owner) (cutoff: float) (structure: Structure) : Pairs =
        Cutoffs.checkLength "the cut-off" cutoff
        checkCount cutoff structure

        if structure.Count >= few && binned cutoff structure then
            let starts: int[] = GC.AllocateUninitializedArray(structure.Count + 1)

            match (binsOf cutoff structure).Images(Span starts, owner.TakeRows()) with
            | null -> all cutoff structure
            | images ->
                owner.Own images.Rows
                Pairs(Frozen.freeze starts, images)
        else
            byImages cutoff structure

    /// All pairs (i, j, S) with |r_j + S·H − r_i| < `cutoff` (Å; strict, compared by squares), both directions of each,
    /// images of an atom of itself included, for any cell, any periodicity and a cut-off of any length. Sorted as
    /// `Pairs` says. The time grows with atoms and pairs. Errors: `InvalidArgument` for a cut-off that is not a
    /// positive finite length, or one so long that the list fits no array; `Inconsistent` for atoms more than 2^28
    /// cells apart.
    let build (cutoff: float) (structure: Structure) : Result<Pairs, NoetherError> =
        Outcome.capture (fun () ->
            Cutoffs.checkLength "the cut-off" cutoff
            all cutoff structure)

    /// `build` with a cut-off for each pair of elements or a radius for each atom. The time is that of `build` with the
    /// longest of them. Errors: as for `build` and `Cutoffs.largest`.
    let buildBy (cutoffs: Cutoffs) (structure: Structure) : Result<Pairs, NoetherError> =
        Outcome.capture (fun () ->
            let reach = Cutoffs.reach cutoffs structure

            if reach.Largest = 0.0 then
                Pairs.none structure.Count
            else
                let pairs = all reach.Largest structure

                if reach.Square.IsNone then pairs else filter reach structure pairs)

    /// `build` of every structure, in their order. Errors: that of the first structure that has one.
    let buildMany (cutoff: float) (structures: Structure list) : Result<Pairs list, NoetherError> =
        structures |> List.map (build cutoff) |> Outcome.all

    /// `build` and, from the same pass, the vectors r_j + S·H − r_i [p, 3], row by row, and their lengths [p], in Å.
    /// `Space.vectors` gives them as a differentiable function. Errors as for `build`.
    let buildWithVectors (cutoff: float) (structure: Structure) : Result<Pairs * float[] * float[], NoetherError> =
        Outcome.capture (fun () ->
            Cutoffs.checkLength "the cut-off" cutoff
            checkCount cutoff structure

            if structure.Count >= few && binned cutoff structure then
                byBins true cutoff structure
            else
                let pairs = byImages cutoff structure
                let vectors, distances = measure structure pairs
                pairs, vectors, distances)
