namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain

/// How many neighbours atoms have at which distance, over frames: a fold. Made and asked by the module
/// `RadialDistribution`.
[<NoEquality; NoComparison>]
type RadialDistribution =
    private
        {
            Cutoff: float
            Between: (int * int) option
            /// Pairs by distance.
            Counts: ImmutableArray<float>
            /// Σ over frames of n_a n_b/V: the pairs that were expected in each unit of volume.
            Expected: float
        }

/// The radial distribution function g(r): the density of neighbours at r over the mean density (M. P. Allen and D. J.
/// Tildesley, Computer Simulation of Liquids, 2nd ed. (2017), section 2.6).
[<RequireQualifiedAccess>]
module RadialDistribution =
    let private createOf operation between (cutoff: float) (bins: int) : Result<RadialDistribution, NoetherError> =
        Outcome.capture (fun () ->
            Quantity.positive "the longest distance" "Å" cutoff
            Quantity.atLeast 1 $"the number of bins of {operation}" bins

            { Cutoff = cutoff
              Between = between
              Counts = Frozen.freeze (Array.zeroCreate bins)
              Expected = 0.0 })

    /// Of no frames, up to a distance (Å) in equal bins, of all atoms. Errors: `InvalidArgument`.
    let create (cutoff: float) (bins: int) : Result<RadialDistribution, NoetherError> =
        createOf "a radial distribution" None cutoff bins

    /// Of atoms of the second symbol about atoms of the first. Errors: `UnknownElement`, `InvalidArgument`.
    let between
        (centre: string, neighbour: string)
        (cutoff: float)
        (bins: int)
        : Result<RadialDistribution, NoetherError> =
        Outcome.all [ Elements.ofSymbol centre; Elements.ofSymbol neighbour ]
        |> Result.bind (fun pair -> createOf "a partial radial distribution" (Some(pair[0], pair[1])) cutoff bins)

    /// With one frame more. Errors: those of `Neighbours.build`; `Inconsistent` for a cell without three vectors.
    let add (structure: Structure) (distribution: RadialDistribution) : Result<RadialDistribution, NoetherError> =
        Outcome.capture (fun () ->
            let volume = Quantity.volume "a structure whose radial distribution is asked" structure.Cell
            let pairs = Neighbours.build distribution.Cutoff structure |> Outcome.getOrFail
            let r = Tensor.toArray (Space.distances (Space.positions structure) (Space.cell structure) pairs)
            let counts = distribution.Counts.AsSpan().ToArray()
            let perLength = float counts.Length / distribution.Cutoff
            let numbers = structure.Numbers

            let wanted i j =
                match distribution.Between with
                | Some(a, b) -> numbers[i] = a && numbers[j] = b
                | None -> true

            for e in 0 .. r.Length - 1 do
                if wanted pairs.Receivers[e] pairs.Senders[e] then
                    // A distance just below the cut-off may be rounded up to it.
                    let bin = min (counts.Length - 1) (int (r[e] * perLength))
                    counts[bin] <- counts[bin] + 1.0

            let count (z: int) = numbers |> Seq.filter ((=) z) |> Seq.length |> float

            let expected =
                match distribution.Between with
                | Some(a, b) -> count a * count b
                | None -> float structure.Count * float structure.Count

            { distribution with
                Counts = Frozen.freeze counts
                Expected = distribution.Expected + expected / volume })

    /// The middle of each bin (Å) and g there, normalised with n_a n_b/V: an ideal gas of n atoms has (n − 1)/n where
    /// only its own kind is counted. NaN before the first frame.
    let values (distribution: RadialDistribution) : struct (float * float) list =
        let width = distribution.Cutoff / float distribution.Counts.Length
        let ball (k: int) = 4.0 / 3.0 * Math.PI * Math.Pow(float k * width, 3.0)

        [ for k in 0 .. distribution.Counts.Length - 1 ->
              struct ((float k + 0.5) * width,
                      distribution.Counts[k] / (distribution.Expected * (ball (k + 1) - ball k))) ]

/// Which angles two neighbours make at an atom, over frames: a fold. Made and asked by the module
/// `AngularDistribution`.
[<NoEquality; NoComparison>]
type AngularDistribution = private { Reach: float; Angles: ImmutableArray<float> }

/// The distribution of angles j–i–k between all two neighbours nearer than a cut-off.
[<RequireQualifiedAccess>]
module AngularDistribution =
    /// Of no frames, of neighbours nearer than a cut-off (Å), in equal bins from 0 to 180 degrees. Errors:
    /// `InvalidArgument`.
    let create (cutoff: float) (bins: int) : Result<AngularDistribution, NoetherError> =
        Outcome.capture (fun () ->
            Quantity.positive "the longest distance" "Å" cutoff
            Quantity.atLeast 1 "the number of bins of an angular distribution" bins

            { Reach = cutoff; Angles = Frozen.freeze (Array.zeroCreate bins) })

    /// With one frame more. Errors: those of `Neighbours.build` and `Triples.unordered`.
    let add (structure: Structure) (distribution: AngularDistribution) : Result<AngularDistribution, NoetherError> =
        Outcome.capture (fun () ->
            let pairs = Neighbours.build distribution.Reach structure |> Outcome.getOrFail
            let triples = Triples.unordered pairs |> Outcome.getOrFail
            let v = Tensor.toArray (Space.vectors (Space.positions structure) (Space.cell structure) pairs)
            let angles = distribution.Angles.AsSpan().ToArray()

            for t in 0 .. triples.Count - 1 do
                let a, b = 3 * triples.First[t], 3 * triples.Second[t]
                let x = v[a + 1] * v[b + 2] - v[a + 2] * v[b + 1]
                let y = v[a + 2] * v[b] - v[a] * v[b + 2]
                let z = v[a] * v[b + 1] - v[a + 1] * v[b]
                let dot = v[a] * v[b] + v[a + 1] * v[b + 1] + v[a + 2] * v[b + 2]
                let share = atan2 (sqrt (x * x + y * y + z * z)) dot / Math.PI
                let bin = min (angles.Length - 1) (int (share * float angles.Length))
                angles[bin] <- angles[bin] + 1.0

            { distribution with Angles = Frozen.freeze angles })

    /// The middle of each bin (degrees) and the density of angles there, 1/degree, which integrates to 1. NaN where
    /// there were no angles.
    let values (distribution: AngularDistribution) : struct (float * float) list =
        let width = 180.0 / float distribution.Angles.Length
        let total = Seq.sum distribution.Angles

        distribution.Angles
        |> Seq.mapi (fun k count -> struct ((float k + 0.5) * width, count / (total * width)))
        |> List.ofSeq
