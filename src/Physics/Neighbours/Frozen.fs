namespace Noether.Physics

open System.Collections.Immutable
open System.Runtime.InteropServices

/// Immutable arrays and the arrays behind them.
[<RequireQualifiedAccess>]
module internal Frozen =
    /// The array behind an immutable one, for those who promise not to write to it.
    let array (values: ImmutableArray<'T>) : 'T[] =
        match ImmutableCollectionsMarshal.AsArray values with
        | null -> Array.empty
        | shared -> shared

    /// An array that nobody writes to any more, as an immutable one.
    let freeze (values: 'T[]) : ImmutableArray<'T> = ImmutableCollectionsMarshal.AsImmutableArray values
