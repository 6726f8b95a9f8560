using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using Noether.Domain;

namespace Noether;

/// <summary>The way between the F# core and this assembly. Nothing of it shows outside.</summary>
internal static class Bridge
{
    /// <summary>The value of a result, or its error as an exception.</summary>
    public static T Get<T>(FSharpResult<T, NoetherError> result) =>
        result.IsOk ? result.ResultValue : throw new NoetherException(result.ErrorValue);

    /// <summary>The value of a computation, with the core's exception as that of the facade.</summary>
    public static T Run<T>(Func<T> computation)
    {
        try
        {
            return computation();
        }
        catch (Domain.NoetherException failure)
        {
            throw new NoetherException(failure.Error, failure);
        }
    }

    [DoesNotReturn]
    public static void RefuseArgument(string name, string value, string expected) =>
        throw new NoetherException(NoetherError.NewInvalidArgument(name, value, expected));

    /// <summary>An action as a function of F#.</summary>
    public static FSharpFunc<T, Unit> Action<T>(Action<T> action) => FuncConvert.FromAction(action);

    public static FSharpList<T> List<T>(IEnumerable<T> items) => ListModule.OfSeq(items);

    public static ImmutableArray<T> Array<T>(ReadOnlySpan<T> items) => ImmutableArray.Create(items);

    public static FSharpFunc<AutoDiff.Tensor, AutoDiff.Tensor> Function(Func<Tensor, Tensor> f) =>
        FuncConvert.FromFunc<AutoDiff.Tensor, AutoDiff.Tensor>(x => f(new Tensor(x)).Core);

    public static AutoDiff.Precision ToCore(this Precision precision) => precision switch
    {
        Precision.Float32 => AutoDiff.Precision.Float32,
        Precision.Float64 => AutoDiff.Precision.Float64,
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "Expected Float32 or Float64."),
    };

    public static Precision ToFacade(this AutoDiff.Precision precision) =>
        precision.IsFloat32 ? Precision.Float32 : Precision.Float64;
}
