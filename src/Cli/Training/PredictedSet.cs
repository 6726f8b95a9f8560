using System.Runtime.ExceptionServices;
using System.Text.Json;
using Noether.Domain;
using Noether.Kernels;
using Noether.Report;
using Noether.Training;
using Errors = Noether.Training.ErrorSummary;

namespace Noether.Cli;

/// <summary>Predictions of a potential for a set of reference structures, and their errors.</summary>
/// <param name="Name">The name of the set, such as "test".</param>
/// <param name="Frames">The predictions, each with the name of its structure.</param>
internal sealed record PredictedSet(string Name, IReadOnlyList<(string Label, Prediction Prediction)> Frames)
{
    /// <summary>The columns of <see cref="Rows"/>.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["errors", "of", "MAE", "RMSE", "numbers"];

    /// <summary>The errors.</summary>
    public Metrics Metrics { get; } = PredictionModule.metrics(Frames.Select(frame => frame.Prediction));

    /// <summary>Whether the structures have any labels.</summary>
    public bool HasLabels => Named().Any();

    /// <summary>
    /// Does something for each of many things on all processors, a few dozen at a time, and gives the results in order.
    /// The exception of the first one in order is thrown. A wish to stop is looked at in between.
    /// </summary>
    public static IEnumerable<TResult> InParallel<T, TResult>(
        IEnumerable<T> all, Func<T, TResult> work, CancellationToken stop)
    {
        foreach (T[] some in all.Chunk(4 * Environment.ProcessorCount))
        {
            stop.ThrowIfCancellationRequested();
            TResult[] results = new TResult[some.Length];
            ExceptionDispatchInfo?[] failures = new ExceptionDispatchInfo?[some.Length];
            Parallel.For(0, some.Length, k =>
            {
                using IDisposable limit = Workers.LimitTo(1);

                try
                {
                    results[k] = work(some[k]);
                }
                catch (Exception failure) when (failure is NoetherException or FrameException)
                {
                    failures[k] = ExceptionDispatchInfo.Capture(failure);
                }
            });

            for (int k = 0; k < some.Length; k++)
            {
                failures[k]?.Throw();
                yield return results[k];
            }
        }
    }

    /// <summary>The errors as rows of a table; stress comes behind the forces on each element.</summary>
    public IEnumerable<object?[]> Rows() => Named()
        .SelectMany(one => ReferenceEquals(one.Errors, Metrics.Forces?.Value)
            ? OfElements("forces on {0} (eV/Å)").Prepend(one)
            : [one])
        .Select(one => new object?[] { one.Name, Name, one.Errors.Mae, one.Errors.Rmse, one.Errors.Count });

    /// <summary>The errors as a JSON object under the name of the set.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject(Name);
        writer.WriteNumber("structures", Frames.Count);
        Write(writer, "energyPerAtom", Metrics.EnergyPerAtom?.Value);
        Write(writer, "energy", Metrics.Energy?.Value);
        Write(writer, "forces", Metrics.Forces?.Value);
        Write(writer, "stress", Metrics.Stress?.Value);
        writer.WriteStartObject("forcesByElement");

        foreach ((string symbol, Errors errors) in OfElements("{0}"))
        {
            Write(writer, symbol, errors);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>Targets and predictions, as the page of a training shows them: forces for each element.</summary>
    public IEnumerable<ParityData> Parities()
    {
        var energies = Frames.Select(frame => frame.Prediction)
            .Where(one => one.Labels.Energy is not null && one.Labels.Structure.Count > 0).ToArray();
        yield return new ParityData(
            "energy per atom",
            "eV",
            Name,
            [.. energies.Select(one => one.Labels.Energy!.Value / one.Labels.Structure.Count)],
            [.. energies.Select(one => one.Results.Energy / one.Labels.Structure.Count)]);
        var forces = Frames.Select(frame => frame.Prediction).Where(one => one.Labels.Forces is not null).ToArray();

        foreach (int element in forces.SelectMany(one => one.Labels.Structure.Numbers).Distinct().Order())
        {
            double[] Of(Func<Prediction, IReadOnlyList<double>> values) =>
            [
                .. forces.SelectMany(one => Enumerable.Range(0, one.Labels.Structure.Count)
                    .Where(atom => one.Labels.Structure.Numbers[atom] == element)
                    .SelectMany(atom => Enumerable.Range(3 * atom, 3).Select(k => values(one)[k]))),
            ];

            yield return new ParityData(
                "forces", "eV/Å", Name, Of(one => one.Labels.Forces!.Value), Of(one => one.Results.Forces))
            {
                Species = Elements.symbol(element),
            };
        }

        var stresses = Frames.Select(frame => frame.Prediction)
            .Where(one => one.Labels.Stress is not null && one.Results.Stress is not null).ToArray();
        yield return new ParityData(
            "stress",
            "eV/Å³",
            Name,
            [.. stresses.SelectMany(one => one.Labels.Stress!.Value)],
            [.. stresses.SelectMany(one => one.Results.Stress!.Value)]);
    }

    /// <summary>The structures with the largest errors, worst first: of forces where there are any, else of energies.</summary>
    public IEnumerable<WorstStructure> Worst(int count) => Frames
        .Where(frame => frame.Prediction.Labels.Structure.Count > 0)
        .Select(frame =>
        {
            Structure structure = frame.Prediction.Labels.Structure;
            double[]? forces = PredictionModule.forceErrors(frame.Prediction)?.Value.ToArray();
            return new WorstStructure($"{Name}: {frame.Label}", structure.Numbers, structure.Positions)
            {
                Cell = structure.Cell.Vectors,
                EnergyError = PredictionModule.energyPerAtomError(frame.Prediction)?.Value,
                ForceError = forces is null ? null : Math.Sqrt(forces.Average(x => x * x)),
                LargestForceError = forces?.Max(Math.Abs),
            };
        })
        .Where(one => one.EnergyError is not null || one.ForceError is not null)
        .OrderByDescending(one => one.ForceError ?? -1)
        .ThenByDescending(one => Math.Abs(one.EnergyError ?? 0))
        .Take(count);

    private static void Write(Utf8JsonWriter writer, string name, Errors? errors)
    {
        if (errors is null)
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartObject(name);
        writer.WritePropertyName("mae");
        writer.Number(errors.Mae);
        writer.WritePropertyName("rmse");
        writer.Number(errors.Rmse);
        writer.WriteNumber("count", errors.Count);
        writer.WriteEndObject();
    }

    private IEnumerable<(string Name, Errors Errors)> Named()
    {
        (string, Errors?)[] all =
        [
            ("energy per atom (eV)", Metrics.EnergyPerAtom?.Value), ("energy (eV)", Metrics.Energy?.Value),
            ("forces (eV/Å)", Metrics.Forces?.Value), ("stress (eV/Å³)", Metrics.Stress?.Value),
        ];

        foreach ((string name, Errors? errors) in all)
        {
            if (errors is not null)
            {
                yield return (name, errors);
            }
        }
    }

    private IEnumerable<(string Name, Errors Errors)> OfElements(string name) => Metrics.ForcesByElement.Select(pair =>
        (string.Format(System.Globalization.CultureInfo.InvariantCulture, name, Elements.symbol(pair.Key)), pair.Value));
}
