namespace Noether.AutoDiff

open System
open System.Numerics.Tensors

/// Where functions are defined.
[<RequireQualifiedAccess>]
module internal Domain =

    /// Refuses negative elements, with the first one's value and place. NaN passes: it is an argument, not a mistake here.
    let notNegative operation (x: ReadOnlySpan<'T>) : unit =
        if x.Length > 0 then
            let lowest = TensorPrimitives.MinNumber x

            if not ('T.IsNaN lowest) && lowest.CompareTo 'T.Zero < 0 then
                let mutable i = 0

                while 'T.IsNaN x[i] || x[i].CompareTo 'T.Zero >= 0 do
                    i <- i + 1

                Shape.fail operation $"element {i} is {x[i]}; expected 0 or more"
