using System.Collections.Immutable;
using static Noether.Report.Numbers;

namespace Noether.Report;

/// <summary>
/// The page of a trained model: its errors, its learning curves, parity and errors of every quantity, the
/// structures it does worst, times and configuration. What is not given is not on the page: an evaluation has no
/// curves.
/// <code>
/// new TrainingPage { Title = "Silicon", Curves = [losses], Parities = [energies, forces] }.ToPage().Write("si.html");
/// </code>
/// All texts are shown as they are. Sets and species stand in the order of their first appearance.
/// </summary>
public sealed record TrainingPage
{
    /// <summary>Above so many values of one quantity and species parity is drawn as densities.</summary>
    public const int MostPoints = 2000;

    /// <summary>The title.</summary>
    public required string Title { get; init; }

    /// <summary>Facts below the title: the model, the data.</summary>
    public IReadOnlyList<Fact> Facts { get; init; } = [];

    /// <summary>Losses, errors and what else was watched, by epoch.</summary>
    public IReadOnlyList<LearningCurve> Curves { get; init; } = [];

    /// <summary>The epoch whose parameters were kept; null if it is not known.</summary>
    public double? BestEpoch { get; init; }

    /// <summary>Targets and predictions. Errors are reckoned from them.</summary>
    public IReadOnlyList<ParityData> Parities { get; init; } = [];

    /// <summary>The structures with the largest errors, worst first.</summary>
    public IReadOnlyList<WorstStructure> Worst { get; init; } = [];

    /// <summary>How long what took.</summary>
    public IReadOnlyList<Fact> Timing { get; init; } = [];

    /// <summary>The configuration, as in its file; null for none.</summary>
    public string? Configuration { get; init; }

    /// <summary>The page, complete in one file.</summary>
    /// <returns>A page that more can be added to.</returns>
    public Page ToPage()
    {
        Page page = Listed(Page.Create(Title), Facts);
        ImmutableArray<ParityData> parities = [.. Parities.Where(parity => parity.Targets.Length > 0)];
        page = parities.IsEmpty
            ? page
            : page.Heading("Errors").Table(ErrorSummary.Table(parities), ErrorSummary.Caption);
        page = Curves.Count == 0 ? page : Learning(page.Heading("Learning"));
        page = parities.GroupBy(parity => (parity.Quantity, parity.Unit)).Aggregate(
            page, (sofar, group) => Quantity(sofar.Heading(Capital(group.Key.Quantity)), [.. group]));
        page = Worst.Count == 0 ? page : Worse(page.Heading("Worst structures"));
        page = Timing.Count == 0 ? page : Listed(page.Heading("Timing"), Timing);
        return Configuration is null ? page : page.Heading("Configuration").Preformatted(Configuration);
    }

    /// <summary>A text that begins with a capital letter.</summary>
    internal static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];

    private static Page Listed(Page page, IEnumerable<Fact> facts) =>
        facts.Aggregate(page, (sofar, fact) => sofar.Value(fact.Name, fact.Value));

    private Page Learning(Page page)
    {
        Plot[] plots = [.. Curves.GroupBy(curve => (curve.Quantity, curve.Unit))
            .Select(group => TrainingFigures.Curves([.. group], BestEpoch))];
        string? caption = BestEpoch is { } best
            ? $"By epoch. The parameters of epoch {Significant(best, 6)} were the best, and were kept."
            : "By epoch.";
        return plots.Length == 1
            ? page.Figure(plots[0].Size(640, 400), caption)
            : page.Figures(plots, caption);
    }

    // One figure for each species: parity, and the errors beside it.
    private Page Quantity(Page page, ImmutableArray<ParityData> parities)
    {
        string[] sets = [.. Parities.Select(parity => parity.Set).Distinct()];
        ImmutableArray<ParityData>[] species =
            [.. parities.GroupBy(parity => parity.Species).Select(group => group.ToImmutableArray())];
        if (species.Any(IsDense))
        {
            page = page.Paragraph(
                $"Where there are more than {MostPoints} values of a kind, parity is drawn as a density: each value is "
                + "counted in its cell of a grid, and cells are darker for each half power of ten of what they hold. "
                + "No value is left out.");
        }

        foreach (ImmutableArray<ParityData> kind in species)
        {
            IEnumerable<Plot> panels = IsDense(kind)
                ? kind.GroupBy(parity => parity.Set).Select(group => TrainingFigures.Density([.. group]))
                : [TrainingFigures.Points(kind, sets)];
            (Plot errors, string note) = TrainingFigures.Errors(kind, sets);
            page = page.Figures(panels.Append(errors), ErrorSummary.Describe(kind) + note);
        }

        return page;
    }

    private static bool IsDense(ImmutableArray<ParityData> kind) =>
        kind.Sum(parity => (long)parity.Targets.Length) > MostPoints;

    private Page Worse(Page page)
    {
        (string Name, Func<WorstStructure, double?> Of)[] errors =
        [
            ("energy error (eV/atom)", worst => worst.EnergyError),
            ("force RMSE (eV/Å)", worst => worst.ForceError),
            ("largest force error (eV/Å)", worst => worst.LargestForceError),
        ];
        var known = errors.Where(error => Worst.Any(worst => error.Of(worst) is not null)).ToArray();
        Table table = Table.Create(["", "structure", "atoms", .. known.Select(error => error.Name)]);
        table = table.RowsOf(
            Worst.Index(),
            one =>
            [
                one.Index + 1, one.Item.Label, one.Item.Numbers.Length,
                .. known.Select(error => Cell(error.Of(one.Item))),
            ]);
        StructureView view = Worst.Index().Aggregate(
            StructureView.Create(),
            (sofar, one) => sofar.Frame(
                one.Item.Numbers,
                one.Item.Positions,
                one.Item.Cell,
                string.Join(", ", known.Where(error => error.Of(one.Item) is not null)
                    .Select(error => $"{error.Name} {Cell(error.Of(one.Item))}")
                    .Prepend($"{one.Index + 1}. {one.Item.Label}"))));
        return page.Table(table, "The worst comes first. The error of an energy is prediction minus target, per atom.")
            .View(view, Worst.Count == 1 ? null : "The structures of the table, one a frame.");

        static string Cell(double? value) => value is { } number ? Significant(number, 3) : "";
    }
}
