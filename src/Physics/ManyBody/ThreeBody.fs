namespace Noether.Physics

open Noether.AutoDiff
open Noether.Domain

/// Functions that potentials of triples of neighbours share.
[<RequireQualifiedAccess>]
module internal ThreeBody =
    /// The entry (i, j, j) of each pair.
    let entriesOfPairs name (table: KindTable) (kinds: int[]) (data: PairData) : int[] =
        let pairs = data.Pairs

        Array.init pairs.Count (fun e ->
            let i, j = pairs.Receivers[e], pairs.Senders[e]
            let entry = table.Entry(kinds[i], kinds[j], kinds[j])
            let numbers () = [ data.Numbers[i]; data.Numbers[j]; data.Numbers[j] ]
            if entry < 0 then KindTable.missing name table (numbers ()) else entry)

    /// Only the pairs strictly nearer than the cut-off of their entry.
    let nearer (cutoffs: float[]) (entries: int[]) (data: PairData) : PairData =
        let r = Tensor.toArray data.Distances
        PairData.filter (fun e -> r[e] < cutoffs[entries[e]]) data

    /// The cosine of the angle between two vectors of the list, [t].
    let cosines (data: PairData) (first: int[]) (second: int[]) : Tensor =
        let unit = data.Vectors / Tensor.unsqueeze 1 data.Distances
        Tensor.sumAxes [| 1 |] (Tensor.gather first unit * Tensor.gather second unit)

    /// The longest of the cut-offs, which must be a length.
    let longest (parameters: TripleParameters) (cutoffs: float[]) : float =
        let longest = Array.max cutoffs

        if not (longest > 0.0) then
            let triple = parameters.Triples |> List.map (fun (a, b, c) -> $"{a}-{b}-{c}") |> String.concat ", "
            Outcome.raise (InvalidArgument($"the longest cut-off of {triple}", $"{longest}", "more than 0 Å"))

        longest
