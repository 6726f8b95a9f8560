namespace Noether.Learning

open System
open Noether.AutoDiff

/// Edges that are the same pair seen from its two ends, i → j over the shift S and j → i over −S, have the same length:
/// what depends on lengths only is computed once for a row and read by both.
type EdgeRows =
    {
        /// The row of each edge, [e].
        Row: int[]
        /// For each row the first edge of it, [rows].
        Edge: int[]
    }

/// Finding the two ends of pairs.
[<RequireQualifiedAccess>]
module EdgeRows =

    /// A row for every edge.
    let each edges : EdgeRows = { Row = Array.init edges id; Edge = Array.init edges id }

    /// From integers only: senders and receivers [e], sorted by receiver, and shifts [3·e], edge after edge. An edge
    /// without counterpart, and one from a node to itself without shift, has a row of its own. ArgumentException where
    /// lengths differ or the receivers are not sorted.
    let create (senders: int[]) (receivers: int[]) (shifts: ReadOnlySpan<int>) : EdgeRows =
        let edges = receivers.Length

        if senders.Length <> edges || shifts.Length <> 3 * edges then
            raise (
                ArgumentException(
                    $"EdgeRows.create: {senders.Length} senders, {edges} receivers and {shifts.Length} shifts; "
                    + "expected as many senders as receivers, and three shifts for each."
                )
            )

        if not (Noether.Kernels.Rows.IsSorted receivers) then
            raise (ArgumentException("EdgeRows.create: the edges are not sorted by receiver.", nameof receivers))

        let nodes = if edges = 0 then 0 else 1 + max receivers[edges - 1] (Array.max senders)
        let starts = Array.zeroCreate (nodes + 1)

        for receiver in receivers do
            starts[receiver + 1] <- starts[receiver + 1] + 1

        for node in 1..nodes do
            starts[node] <- starts[node] + starts[node - 1]

        let row = Array.create edges -1
        let first = Array.zeroCreate edges
        let mutable count = 0

        for e in 0 .. edges - 1 do
            if row[e] < 0 then
                row[e] <- count
                first[count] <- e
                let x, y, z = shifts[3 * e], shifts[3 * e + 1], shifts[3 * e + 2]
                let node = receivers[e]

                if senders[e] <> node || (x ||| y ||| z) <> 0 then
                    let mutable f = starts[senders[e]]
                    let last = starts[senders[e] + 1]

                    while f < last do
                        if
                            senders[f] = node
                            && row[f] < 0
                            && shifts[3 * f] = -x
                            && shifts[3 * f + 1] = -y
                            && shifts[3 * f + 2] = -z
                        then
                            row[f] <- count
                            f <- last
                        else
                            f <- f + 1

                count <- count + 1

        { Row = row; Edge = Array.sub first 0 count }
