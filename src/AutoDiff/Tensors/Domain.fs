namespace Noether.AutoDiff

open System
open System.Numerics.Tensors

/// Domains of functions.
[<RequireQualifiedAccess>]
module internal Domain =

    /// Refuses negative elements, with the first one's value and place. NaN passes: it is an argument, not a mistake here.
    let notNegative operation (x: ReadOnlySpan<'T>) : unit =
        // A NaN anywhere makes the minimum NaN, and only then is a search needed to know.
        if x.Length > 0 && not ((TensorPrimitives.Min x).CompareTo 'T.Zero >= 0) then
            for i in 0 .. x.Length - 1 do
                if not ('T.IsNaN x[i]) && x[i].CompareTo 'T.Zero < 0 then
                    Shape.fail operation $"element {i} is {x[i]}; expected 0 or more"

    /// Refuses indices outside 0 … rows−1, with the first one's place.
    let indices operation (index: int[]) rows : unit =
        let outside i = i < 0 || i >= rows
        let span = ReadOnlySpan index

        if
            index.Length > 0 && (outside (TensorPrimitives.Min<int> span) || outside (TensorPrimitives.Max<int> span))
        then
            let e = Array.findIndex outside index
            let range = if rows = 0 then "there are no rows" else $"expected 0 … {rows - 1}"
            Shape.fail operation $"index {e} is {index[e]}; {range}"
