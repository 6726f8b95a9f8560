using Microsoft.FSharp.Core;
using Noether.AutoDiff;
using Noether.Training;
using CoreModel = Noether.Training.LearnedModel;

namespace Noether;

/// <summary>The errors of predictions, in the unit of the quantity.</summary>
/// <param name="Mae">The mean absolute error.</param>
/// <param name="Rmse">The root mean square error.</param>
/// <param name="Count">The number of numbers.</param>
public sealed record ErrorSummary(double Mae, double Rmse, int Count);

/// <summary>The errors of a model on a set of structures; null for a quantity that no structure has as a label.</summary>
/// <param name="EnergyPerAtom">Of energies per atom, eV.</param>
/// <param name="Forces">Of components of forces, eV/Å.</param>
/// <param name="Stress">Of components of the stress, eV/Å³.</param>
public sealed record ModelErrors(ErrorSummary? EnergyPerAtom, ErrorSummary? Forces, ErrorSummary? Stress)
{
    internal static ModelErrors Of(Metrics core) =>
        new(Of(core.EnergyPerAtom), Of(core.Forces), Of(core.Stress));

    private static ErrorSummary? Of(FSharpOption<Training.ErrorSummary>? core) =>
        core is { Value: { } own } ? new(own.Mae, own.Rmse, own.Count) : null;
}

/// <summary>
/// A learned potential of any family with its parameters: trained by <see cref="Trainer"/>, or read from a file.
/// Immutable; may be shared between threads.
/// </summary>
/// <example>
/// <code>
/// trained.Model.Save(path);
/// LearnedModel model = LearnedModel.Read(path);
/// Potential learned = model.Potential();
/// IReadOnlyDictionary&lt;string, Tensor&gt; slopes = Differentiate.Gradient(   // ∂E/∂w
///     w =&gt; model.WithParameters(w).Potential().AtomEnergies(crystals[0], crystals[0].Positions).Sum(),
///     model.Parameters);
/// </code>
/// </example>
public sealed class LearnedModel
{
    internal LearnedModel(CoreModel core) => Core = core;

    /// <summary>Its name in messages and reports.</summary>
    public string Name => Core.Name;

    /// <summary>The name of its family, such as "NequIP".</summary>
    public string Family => Core.Architecture.Title;

    /// <summary>The distance in Å beyond which atoms do not see each other.</summary>
    public double Cutoff => Core.Architecture.Cutoff;

    /// <summary>Symbols of the elements it knows.</summary>
    public IReadOnlyList<string> Elements => [.. Core.Architecture.Elements.Select(Domain.Elements.symbol)];

    /// <summary>Its errors by the name of a set of structures, "validation", "test" or "training".</summary>
    public IReadOnlyDictionary<string, ModelErrors> Errors =>
        field ??= Core.Errors.ToDictionary(pair => pair.Key, pair => ModelErrors.Of(pair.Value)).AsReadOnly();

    /// <summary>The parameters by name.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters =>
        field ??= Tree.paths(Core.Parameters)
            .ToDictionary(entry => entry.Item1, entry => new Tensor(entry.Item2)).AsReadOnly();

    /// <summary>The number of parameters: the elements of all of them.</summary>
    public int ParameterCount => Parameters.Values.Sum(parameter => parameter.Size);

    internal CoreModel Core { get; }

    /// <summary>The model of a file: .safetensors, or of another program, such as .nqx.</summary>
    /// <param name="path">
    /// The path; a .nqx file is also looked for in the folder that the variable NOETHER_MODELS names and in noether/models in
    /// the user's folder for application data. Nothing is downloaded.
    /// </param>
    /// <exception cref="NoetherException">The file cannot be read, or is not that of a model.</exception>
    public static LearnedModel Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return new(Bridge.Get(ModelFile.readAny(path)));
    }

    /// <summary>Writes the model into a file, which every command and <see cref="Read"/> take.</summary>
    /// <param name="path">
    /// A path that ends in .safetensors; for a model of another program's family, in the ending of its files, such as .nqx.
    /// </param>
    /// <exception cref="NoetherException">The ending is another, or the file cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        Bridge.Get(ModelFile.write(path, Core));
    }

    /// <summary>The model as a potential.</summary>
    /// <param name="precision">Double for physics; single in about half the time.</param>
    /// <param name="table">
    /// The number of splines in the place of functions of one distance: faster, and nearly the same; null for the functions
    /// themselves.
    /// </param>
    /// <exception cref="NoetherException">
    /// The number of splines is out of range, or the model has no functions of one distance.
    /// </exception>
    public Potential Potential(Precision precision = Precision.Float64, int? table = null) => new(Bridge.Get(
        table is { } intervals
            ? LearnedModelModule.tabulated(intervals, precision.ToCore(), Core)
            : LearnedModelModule.potential(precision.ToCore(), Core)));

    /// <summary>The same network with other parameters, which may carry derivatives; they take its precision.</summary>
    /// <param name="parameters">A tensor for each of <see cref="Parameters"/>, of the same name and shape.</param>
    /// <exception cref="NoetherException">A parameter is missing or superfluous, or has another shape.</exception>
    public LearnedModel WithParameters(IReadOnlyDictionary<string, Tensor> parameters) => new(new CoreModel(
        Core.Name, Core.Architecture, ParameterTree.With(Core.Parameters, parameters), Core.Errors));
}
