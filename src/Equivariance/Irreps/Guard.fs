namespace Noether.Equivariance

open System

/// Checks of arguments that are part of a program.
module internal Guard =
    /// ArgumentOutOfRangeException naming the operation unless `value` is at least `least`.
    let atLeast (operation: string) (name: string) (least: int) (value: int) =
        if value < least then
            raise (ArgumentOutOfRangeException(name, value, $"{operation}: expected at least {least}."))

    /// ArgumentOutOfRangeException naming the operation unless the condition holds.
    let expect (operation: string) (name: string) (expected: string) (holds: bool) (value: float) =
        if not holds then
            raise (ArgumentOutOfRangeException(name, value, $"{operation}: expected {expected}."))

    /// As `expect`: a number that is finite.
    let finite operation name (value: float) = expect operation name "a finite number" (Double.IsFinite value) value

    /// As `expect`: a number that is finite and not negative.
    let notNegative operation name (value: float) =
        expect operation name "a finite number that is not negative" (value >= 0.0 && Double.IsFinite value) value

    /// As `expect`: the decay of a mean.
    let decay operation name (value: float) =
        expect operation name "a decay in [0, 1)" (value >= 0.0 && value < 1.0) value
