using System.Globalization;
using Microsoft.FSharp.Collections;
using Noether.AutoDiff;
using Noether.Domain;
using Noether.Learning;
using Noether.Physics;
using Noether.Report;
using Noether.Training;

namespace Noether.Cli;

/// <summary>The result of a training: a model, its errors, and the files about it.</summary>
internal sealed class TrainingResult
{
    private const int Worst = 6;

    private readonly Session session;
    private readonly TrainingJob job;
    private readonly TrainingState state;
    private readonly string ended;
    private readonly TimeSpan time;
    private readonly LearnedModel model;
    private readonly PredictedSet[] sets;

    private TrainingResult(
        TrainingJob job, TrainingState state, TrainingEnd end, TimeSpan time, Session session)
    {
        this.session = session;
        this.job = job;
        this.state = state;
        this.time = time;
        ended = end.IsCompleted ? "all epochs done" : "stopped early, as the score became no better";
        model = TrainingJobModule.model(job, state);

        // Whatever becomes of its predictions, the model is there.
        Bridge.Get(ModelFile.write(ModelPath, model));
        Potential potential = Bridge.Get(LearnedModelModule.potential(job.Configuration.Precision, model));
        sets = [.. TrainingJobModule.sets(job).Select(set => Predict(session, potential, set.Item1, set.Item2))];
    }

    /// <summary>Network and training set.</summary>
    public string Title =>
        $"{Kind} of {Parameters} parameters, {job.Plan.Training.Count} structures";

    private string Kind => model.Architecture.Title;

    private int Parameters => Tree.leaves(model.Parameters).Sum(tensor => tensor.Size);

    private string ModelPath => TrainingJobModule.modelPath(job);

    private string Folder => job.Configuration.Output!.Value;

    private string PagePath => Path.Combine(Folder, "report.html");

    /// <summary>The result of the last state: its model is written and tried.</summary>
    public static TrainingResult Of(
        TrainingJob job, TrainingState state, TrainingEnd end, TimeSpan time, Session session) =>
        new(job, state, end, time, session);

    /// <summary>Writes the model with its errors, and the report.</summary>
    /// <param name="configuration">The text of the configuration.</param>
    public void Save(string configuration)
    {
        var errors = MapModule.OfSeq(sets.Select(set => Tuple.Create(set.Name, set.Metrics)));
        Bridge.Get(ModelFile.write(
            ModelPath, new LearnedModel(model.Name, model.Architecture, model.Parameters, errors)));
        TrainingPage page = new()
        {
            Title = $"Training {Path.GetFileName(Path.GetFullPath(Folder))}",
            Facts = [.. Facts().Select(fact => new Fact(fact.Name, fact.Value))],
            Curves = [.. Curves()],
            BestEpoch = state.Best?.Value.Epoch,
            Parities = [.. sets.SelectMany(set => set.Parities())],
            Worst = [.. sets[^1].Worst(Worst)],
            Timing = [new("this run (s)", time.TotalSeconds)],
            Configuration = configuration,
        };
        AtomicFile.Write(PagePath, page.ToPage().ToHtml());
    }

    /// <summary>The result for a person.</summary>
    public void Print(Printer printer) => printer
        .Facts([.. Facts(), ("this run (s)", time.TotalSeconds), ("model", ModelPath), ("report", PagePath)])
        .Table(PredictedSet.Columns, sets.SelectMany(set => set.Rows()));

    /// <summary>The result as a line of JSON.</summary>
    public string Json() => JsonLine.Of(writer =>
    {
        writer.WriteString("ended", ended);
        writer.WriteNumber("epochs", state.Epoch);
        writer.WriteNumber("steps", state.Current.Step);

        if (state.Best?.Value is { } best)
        {
            writer.WriteNumber("bestEpoch", best.Epoch);
            writer.Numbers("bestScore", [best.Score]);
        }
        else
        {
            writer.WriteNull("bestEpoch");
            writer.WriteNull("bestScore");
        }

        writer.WriteNumber("parameters", Parameters);
        writer.Numbers("seconds", [time.TotalSeconds]);
        writer.WriteString("model", ModelPath);
        writer.WriteString("report", PagePath);
        writer.WriteStartObject("errors");
        Array.ForEach(sets, set => set.Write(writer));
        writer.WriteEndObject();
        writer.Texts("warnings", session.Warnings);
    });

    private static PredictedSet Predict(
        Session session, Potential potential, string name, Dataset dataset) => new(
        name,
        [
            .. PredictedSet.InParallel(
                Enumerable.Range(0, dataset.Count),
                place =>
                {
                    DatasetEntry entry = dataset.Entries[place];
                    ReferenceStructure item = dataset.Read.Invoke(place);
                    Frame frame = new(session, entry.Source.Path, entry.Frame, item.Structure);
                    return ($"{Path.GetFileName(frame.File)}, frame {frame.Index}",
                        frame.Within(_ => Bridge.Get(PredictionModule.ofReference(potential, item))));
                },
                session.Stop),
        ]);

    private IEnumerable<(string Name, object? Value)> Facts()
    {
        yield return ("network", Kind);
        yield return ("parameters", Parameters);

        if (Tree.leaves(state.Current.Parameters).Sum(tensor => tensor.Size) is var trained && trained != Parameters)
        {
            yield return ("parameters trained", trained);
        }

        yield return ("cut-off (Å)", job.Plan.Model.Cutoff);
        yield return ("training structures", job.Plan.Training.Count);
        yield return ("validation structures", job.Plan.Validation?.Value.Count ?? 0);
        yield return ("test structures", job.Test?.Value.Count ?? 0);
        yield return ("ended", ended);
        yield return ("epochs", state.Epoch);
        yield return ("steps", state.Current.Step);
        yield return ("best epoch", state.Best?.Value.Epoch);
    }

    /// <summary>The columns of the table of epochs, of this run and those before it.</summary>
    private IEnumerable<LearningCurve> Curves()
    {
        string[][] rows = [.. File.ReadLines(Path.Combine(Folder, "log.csv")).Select(line => line.Split(','))];
        string[] names = rows[0];
        (string Column, string Quantity, string Unit, string Name)[] known =
        [
            ("loss", "loss", "", "training"),
            ("energy_per_atom_rmse", "energy per atom", "eV", "validation, RMSE"),
            ("energy_per_atom_mae", "energy per atom", "eV", "validation, MAE"),
            ("forces_rmse", "forces", "eV/Å", "validation, RMSE"),
            ("forces_mae", "forces", "eV/Å", "validation, MAE"),
            ("stress_rmse", "stress", "eV/Å³", "validation, RMSE"),
            ("stress_mae", "stress", "eV/Å³", "validation, MAE"),
        ];

        foreach ((string column, string quantity, string unit, string name) in known)
        {
            int place = Array.IndexOf(names, column);
            (double Epoch, double Value)[] points =
            [
                .. rows.Skip(1).Where(row => row[place].Length > 0).Select(row => (Real(row[0]), Real(row[place]))),
            ];

            if (points.Length > 0 && points.All(point => double.IsFinite(point.Value)))
            {
                yield return new LearningCurve(
                    quantity, unit, name, [.. points.Select(point => point.Epoch)], [.. points.Select(point => point.Value)]);
            }
        }
    }

    private static double Real(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
