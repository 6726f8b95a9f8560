namespace Noether.Learning

open System

/// Checks of arguments that are part of a program.
module internal Guard =
    /// ArgumentOutOfRangeException naming the operation unless `value` is at least `least`.
    let atLeast (operation: string) (name: string) (least: int) (value: int) =
        if value < least then
            raise (ArgumentOutOfRangeException(name, value, $"{operation}: expected at least {least}."))
