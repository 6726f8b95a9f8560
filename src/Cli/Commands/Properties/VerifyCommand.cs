using System.CommandLine;
using System.Text.RegularExpressions;
using Microsoft.FSharp.Collections;
using Noether.Domain;
using Noether.Laws;
using Noether.Physics;
using Trials = Noether.Laws.Laws;

namespace Noether.Cli;

/// <summary><c>noether verify</c>: whether a potential keeps the laws that it has to keep.</summary>
internal sealed partial class VerifyCommand : StructureCommand
{
    // Single precision has 29 bits less; sums and steep functions take some of the rest.
    private const double SingleSlack = 1e5;

    private static readonly Dictionary<string, Smoothness> Claims = new()
    {
        ["nothing"] = Smoothness.NoSmoothness,
        ["energy"] = Smoothness.SmoothEnergy,
        ["forces"] = Smoothness.SmoothForces,
    };

    private readonly Argument<string[]> files = FilesArgument("FILE", "Files of structures.");
    private readonly PotentialOption potential;

    private readonly Option<bool> quick = new("--quick")
    {
        Description = "Ten generated structures for each law instead of a hundred.",
    };

    private readonly Option<long> seed = new("--seed")
    {
        Description = "The same seed gives the same generated structures.",
        HelpName = "n",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<string> smooth = new("--smooth")
    {
        Description = "What does not jump at the cut-off: forces (and the energy), energy, or nothing. Laws about "
            + "jumps and about motion are tried accordingly.",
        HelpName = "WHAT",
        DefaultValueFactory = _ => "forces",
    };

    private readonly Option<string> save = new("--save")
    {
        Description = "A folder for the structures that break laws, as extended XYZ.",
        HelpName = "DIR",
    };

    public VerifyCommand(Session session)
        : base(
            session,
            "verify",
            "Try the laws of physics on a potential. They are symmetries, forces and stress as derivatives, the third law, "
            + "smoothness at the cut-off, energy in motion, agreement of its fast and slow ways; they are tried on the "
            + "structures of the files, and on generated ones of the same elements, which are made to break programs: "
            + "skewed cells, open axes, atoms far away, few atoms or none. The exit code is 1 when a law is broken.",
            """
              noether verify silicon.vasp -p sw:Si.sw
              noether verify argon.xyz -p lj:epsilon=0.0104,sigma=3.4,cutoff=8.5,end=smooth,onset=7 --quick
              noether verify argon.xyz -p lj:epsilon=0.0104,sigma=3.4,cutoff=8.5 --smooth nothing --save broken
            """)
    {
        Add(files);
        potential = new PotentialOption(this);
        smooth.AcceptOnlyFromAmong([.. Claims.Keys]);
        Add(quick);
        Add(seed);
        Add(smooth);
        Add(save);
        AddCommonOptions();
    }

    protected override void Run(ParseResult parsed)
    {
        if (parsed.GetValue(save) is { } place)
        {
            AtomicFile.Guard(place, () => Directory.CreateDirectory(place));
            RefuseUnwritable(Path.Combine(place, "law.extxyz"));
        }

        Potential sum = potential.Of(parsed);
        ulong start = unchecked((ulong)parsed.GetValue(seed));
        Frame[] frames = [.. parsed.GetRequiredValue(files).SelectMany(file => FramesOf(parsed, file))];
        Array.ForEach(frames, frame => potential.Examine(parsed, sum, frame));
        string[] symbols =
            [.. frames.SelectMany(frame => frame.Structure.Numbers).Distinct().Order().Select(Elements.symbol)];

        if (symbols.Length == 0 || !(sum.Cutoff > 0))
        {
            Bridge.Refuse(
                symbols.Length == 0 ? "the selection of frames" : "the potential",
                symbols.Length == 0 ? "without atoms" : "without a cut-off",
                symbols.Length == 0 ? "at least one atom" : "one with a cut-off, from which structures are generated");
        }

        var settings = Bridge.Get(PotentialSubjectModule.structuresFor(Bridge.List(symbols), sum.Cutoff));
        bool isSingle = parsed.GetValue<string>("--precision") == "float32";
        PotentialSubject subject =
            Claimed(PotentialSubjectModule.ofPotential(settings, sum), Claims[parsed.GetValue(smooth)!], isSingle);
        LawSettings trial = new(settings, parsed.GetValue(quick) ? 10 : 100, start);
        var samples = Bridge.List(frames.Select((frame, k) =>
            new Sample(StructureModule.bare(frame.Structure), sum.Cutoff, unchecked((int)start) + k)));
        List<(Law<PotentialSubject> Law, Finding Files, Finding Generated)> findings = [];

        foreach (Law<PotentialSubject> law in PotentialLaws.claimed(subject))
        {
            Session.Stop.ThrowIfCancellationRequested();
            Session.Stage?.Now($"law {findings.Count + 1}, {law.Name}");
            findings.Add((law, Trials.examine(samples, subject, law), Trials.check(trial, subject, law)));
        }

        string[] saved = parsed.GetValue(save) is { } folder ? Save(folder, findings) : [];
        bool isKept = findings.All(one => one.Files.Passed && one.Generated.Passed);
        Code = isKept ? ExitCode.Fine : ExitCode.LawBroken;

        if (IsJson(parsed))
        {
            Session.Write(Json(sum, frames.Length, trial, findings, saved, isKept));
        }
        else
        {
            Print(sum, frames.Length, trial, findings, saved, isKept);
        }
    }

    private static PotentialSubject Claimed(PotentialSubject subject, Smoothness claim, bool isSingle) => new(
        subject.Name,
        subject.Evaluate,
        subject.Structures,
        subject.Scales,
        subject.Virial,
        subject.Crossings,
        claim,
        subject.Hessian,
        subject.Ways,
        subject.Integrator,
        isSingle ? SingleSlack : subject.Slack);

    private static string[] Save(
        string folder, IEnumerable<(Law<PotentialSubject> Law, Finding Files, Finding Generated)> findings)
    {
        List<string> written = [];

        foreach (var (law, files, generated) in findings)
        {
            foreach ((string source, Finding finding) in new[] { ("files", files), ("generated", generated) })
            {
                if (!finding.Passed)
                {
                    string name = NotWords().Replace(law.Name.ToLowerInvariant(), "-").Trim('-');
                    string path = Path.Combine(folder, $"{name}-{source}.extxyz");
                    Structure shown = Told(finding);
                    Directory.CreateDirectory(folder);
                    Bridge.Get(ExtXyz.write(path, [shown]));
                    written.Add(path);
                }
            }
        }

        return [.. written];
    }

    /// <summary>The structure that breaks a law, and what there is to know beside it.</summary>
    private static Structure Told(Finding finding)
    {
        Structure structure = finding.Shown.Structure;
        (string, Property)[] facts =
        [
            ("law", PropertyModule.text(finding.Law)),
            ("violation", PropertyModule.real(finding.Violation)),
            ("tolerance", PropertyModule.real(finding.Tolerance)),
            ("seed", PropertyModule.integer(finding.Shown.Seed)),
        ];
        return facts.Aggregate(
            structure, (sofar, fact) => Bridge.Get(StructureModule.withInfo(fact.Item1, fact.Item2, sofar)));
    }

    private static string Json(
        Potential sum,
        int frames,
        LawSettings trial,
        IEnumerable<(Law<PotentialSubject> Law, Finding Files, Finding Generated)> findings,
        string[] saved,
        bool isKept) => JsonLine.Of(writer =>
    {
        writer.WriteString("potential", sum.Name);
        writer.WriteNumber("frames", frames);
        writer.WriteNumber("generated", trial.Samples);
        writer.WriteNumber("seed", trial.Seed);
        writer.WriteBoolean("passed", isKept);
        writer.WriteStartArray("laws");

        foreach (var (law, files, generated) in findings)
        {
            writer.WriteStartObject();
            writer.WriteString("law", law.Name);
            writer.WriteString("statement", law.Statement);
            writer.Numbers("tolerance", [law.Tolerance]);
            writer.Numbers("worstOfFiles", [files.Worst]);
            writer.Numbers("worstGenerated", [generated.Worst]);
            writer.WriteBoolean("passed", files.Passed && generated.Passed);
            writer.WriteString("failure", Failure(files, generated));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.Texts("saved", saved);
    });

    private void Print(
        Potential sum,
        int frames,
        LawSettings trial,
        List<(Law<PotentialSubject> Law, Finding Files, Finding Generated)> findings,
        string[] saved,
        bool isKept)
    {
        Printer printer = new Printer(Session)
            .Heading($"{sum.Name}: {frames} frames of files, {trial.Samples} generated ones a law, seed {trial.Seed}")
            .Facts(("laws", isKept ? "all hold" : "broken"))
            .Table(
                ["law", "worst of files", "worst generated", "tolerance", "result"],
                findings.Select(one => new object?[]
                {
                    one.Law.Name,
                    one.Files.Worst,
                    one.Generated.Worst,
                    one.Law.Tolerance,
                    one.Files.Passed && one.Generated.Passed ? "holds" : "BROKEN",
                }));

        foreach (var (law, files, generated) in findings.Where(one => !(one.Files.Passed && one.Generated.Passed)))
        {
            Finding shown = files.Passed ? generated : files;
            printer.Facts((law.Name, Failure(files, generated) ?? shown.Statement));
        }

        printer.Facts(saved.Select(path => ("saved", (object?)path))).Flush();
    }

    private static string? Failure(Finding files, Finding generated) =>
        files.Failure?.Value ?? generated.Failure?.Value;

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotWords();
}
