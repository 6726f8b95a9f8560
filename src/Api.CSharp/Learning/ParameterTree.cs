using Microsoft.FSharp.Core;
using Noether.AutoDiff;
using Noether.Domain;
using CoreTree = Noether.AutoDiff.Tree<Noether.AutoDiff.Tensor>;

namespace Noether;

/// <summary>Parameters by name in the place of those of a network.</summary>
internal static class ParameterTree
{
    /// <summary>The tree with other parameters of the same names and shapes, in the precision of its own.</summary>
    public static CoreTree With(CoreTree own, IReadOnlyDictionary<string, Tensor> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        HashSet<string> names = [.. Tree.paths(own).Select(entry => entry.Item1)];

        if (parameters.Keys.FirstOrDefault(name => !names.Contains(name)) is { } superfluous)
        {
            throw new NoetherException(
                NoetherError.NewInconsistent("the model", $"no parameter '{superfluous}'", "one"));
        }

        return Tree.mapPaths(
            FuncConvert.FromFunc<string, AutoDiff.Tensor, AutoDiff.Tensor>((name, tensor) =>
                Fitting(name, new Tensor(tensor), parameters).Cast(tensor.Precision.ToFacade()).Core),
            own);
    }

    private static Tensor Fitting(string name, Tensor own, IReadOnlyDictionary<string, Tensor> parameters)
    {
        if (!parameters.TryGetValue(name, out Tensor? given))
        {
            throw new NoetherException(NoetherError.NewInconsistent("the set of parameters", $"no '{name}'", "one"));
        }

        return given.Shape.SequenceEqual(own.Shape)
            ? given
            : throw new NoetherException(NoetherError.NewInconsistent(
                $"the parameter '{name}'", $"shape {Shape.print(given.Core.Shape)}", Shape.print(own.Core.Shape)));
    }
}
