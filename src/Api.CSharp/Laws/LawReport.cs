namespace Noether;

/// <summary>How a law fared. Immutable.</summary>
public sealed record LawFinding
{
    /// <summary>The name of the law.</summary>
    public required string Law { get; init; }

    /// <summary>Its statement, and the scale of its violations.</summary>
    public required string Statement { get; init; }

    /// <summary>The number of structures it was tried on.</summary>
    public required int Samples { get; init; }

    /// <summary>The greatest violation among them; infinity where the potential failed.</summary>
    public required double Worst { get; init; }

    /// <summary>The greatest violation that is no breach.</summary>
    public required double Tolerance { get; init; }

    /// <summary>
    /// Where the law is broken, the simplest structure found that shows it; otherwise the one with the greatest
    /// violation.
    /// </summary>
    public required Structure Shown { get; init; }

    /// <summary>The violation of that structure.</summary>
    public required double Violation { get; init; }

    /// <summary>The error of the potential when it failed on that structure; null where it did not.</summary>
    public required string? Failure { get; init; }

    /// <summary>Whether the law held for all structures.</summary>
    public bool Passed => Worst <= Tolerance;

    internal string Text { get; init; } = "";

    internal static LawFinding Of(Laws.Finding finding) => new()
    {
        Law = finding.Law,
        Statement = finding.Statement,
        Samples = finding.Samples,
        Worst = finding.Worst,
        Tolerance = finding.Tolerance,
        Shown = new Structure(finding.Shown.Structure),
        Violation = finding.Violation,
        Failure = finding.Failure?.Value,
        Text = finding.ToString(),
    };

    /// <summary>The statement, the violation, and the structure in extended XYZ format.</summary>
    public override string ToString() => Text;
}

/// <summary>How a potential fared with its laws. Immutable; as text a table, and what shows each broken law.</summary>
public sealed class LawReport
{
    private readonly string text;

    internal LawReport(Laws.Report report)
    {
        Findings = [.. report.Findings.Select(LawFinding.Of)];
        text = report.ToString();
    }

    /// <summary>One for each law.</summary>
    public IReadOnlyList<LawFinding> Findings { get; }

    /// <summary>Whether all laws held.</summary>
    public bool Passed => Findings.All(finding => finding.Passed);

    /// <summary>The laws that did not.</summary>
    public IReadOnlyList<LawFinding> Broken => [.. Findings.Where(finding => !finding.Passed)];

    /// <summary>A table with a row for each law, and below it what shows each broken one.</summary>
    public override string ToString() => text;
}
