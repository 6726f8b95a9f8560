using System.Diagnostics.CodeAnalysis;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using Noether.AutoDiff;
using Noether.Domain;

namespace Noether.Cli;

/// <summary>
/// The way between the F# core and this program. The core's functions for other languages are open to it as they are to
/// the facade: names of assemblies are compared without regard to case.
/// </summary>
internal static class Bridge
{
    /// <summary>The value of a result, or its error as an exception.</summary>
    public static T Get<T>(FSharpResult<T, NoetherError> result) =>
        result.IsOk ? result.ResultValue : throw new NoetherException(result.ErrorValue);

    /// <summary>A value as a result.</summary>
    public static FSharpResult<T, NoetherError> Fine<T>(T value) => FSharpResult<T, NoetherError>.NewOk(value);

    /// <summary>The end of a command whose input holds a value that cannot be used.</summary>
    [DoesNotReturn]
    public static void Refuse(string name, string value, string expected) =>
        throw new NoetherException(NoetherError.NewInvalidArgument(name, value, expected));

    /// <summary>Whether something could be done that the world may refuse.</summary>
    public static bool Try(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (NoetherException)
        {
            return false;
        }
    }

    /// <summary>A value that may be missing, as F# has it.</summary>
    public static FSharpOption<T>? Option<T>(T? value)
        where T : class => value is null ? null : FSharpOption<T>.Some(value);

    /// <summary>An action as a function of F#.</summary>
    public static FSharpFunc<T, Unit> Action<T>(Action<T> action) => FuncConvert.FromAction(action);

    /// <summary>An action as a function of F#, one argument after another.</summary>
    public static FSharpFunc<T1, FSharpFunc<T2, FSharpFunc<T3, Unit>>> Action<T1, T2, T3>(Action<T1, T2, T3> action) =>
        FuncConvert.FromAction(action);

    public static FSharpList<T> List<T>(IEnumerable<T> items) => ListModule.OfSeq(items);

    public static Tensor Vector(double[] values) => Interop.ofArray([values.Length], values);

    public static double[] Elements(Tensor tensor) => Interop.toArray(tensor);
}
