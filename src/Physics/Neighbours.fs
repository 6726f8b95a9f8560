namespace Noether.Physics

open System
open System.Collections.Immutable
open System.Globalization
open System.Runtime.InteropServices
open Noether.Domain

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

    /// All pairs (i, j, S) with |r_j + S·H − r_i| < `cutoff` (Å; strict, compared by squares), both directions of each,
    /// images of an atom of itself included, for any cell, any periodicity and a cut-off of any length. Sorted as
    /// `Pairs` says. Every pair of atoms is looked at: the time grows with n². Errors: `InvalidArgument` for a cut-off
    /// that is not a positive finite length; `Inconsistent` for atoms more than 2^28 cells apart.
    let build (cutoff: float) (structure: Structure) : Result<Pairs, NoetherError> =
        if not (cutoff > 0.0 && Double.IsFinite cutoff) then
            let value = cutoff.ToString("R", CultureInfo.InvariantCulture)
            Error(InvalidArgument("the cut-off", value, "a positive finite length in Å"))
        else
            Outcome.capture (fun () ->
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

                Pairs(
                    receivers.ToImmutable(),
                    senders.ToImmutable(),
                    shifts.ToImmutable(),
                    ImmutableCollectionsMarshal.AsImmutableArray starts
                ))
