namespace Noether.Physics

open System
open System.Globalization
open Noether.Domain

/// Checks of numbers that come from outside, by name.
[<RequireQualifiedAccess>]
module internal Quantity =
    /// A number as messages write it: in full, with a point.
    let text (x: float) = x.ToString("R", CultureInfo.InvariantCulture)

    /// Refuses what is not positive and finite.
    let positive name unit (x: float) =
        if not (x > 0.0 && Double.IsFinite x) then
            Outcome.raise (InvalidArgument(name, text x, $"a positive finite number of {unit}"))

    /// Refuses what is negative or not finite.
    let notNegative name unit (x: float) =
        if not (x >= 0.0 && Double.IsFinite x) then
            Outcome.raise (InvalidArgument(name, text x, $"a finite number of {unit}, 0 or more"))

    /// Refuses what is not finite.
    let finite name (x: float) = if not (Double.IsFinite x) then Outcome.raise (NonFinite(name, x))

    /// Refuses counts below the least one.
    let atLeast (least: int) name (count: int) =
        if count < least then
            Outcome.raise (InvalidArgument(name, string count, $"a whole number, {least} or more"))

    /// The volume of a cell that has one, Å³.
    let volume what (cell: Cell) =
        match Cell.volume cell with
        | Some volume -> volume
        | None -> Outcome.raise (Inconsistent(what, "no three lattice vectors", "three, for a volume"))
