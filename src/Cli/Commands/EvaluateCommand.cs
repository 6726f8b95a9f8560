using System.CommandLine;
using Noether.Domain;
using Noether.Physics;
using Noether.Report;
using Noether.Training;

namespace Noether.Cli;

/// <summary><c>noether evaluate</c>: the errors of any potential on labelled structures.</summary>
internal sealed class EvaluateCommand : StructureCommand
{
    private const int Worst = 6;

    private static readonly string[] Kinds = ["energy", "forces", "stress", "virial"];

    private readonly Argument<string[]> files = FilesArgument(
        "FILE", "The potential, unless --potential names it, then files of structures with energies, forces or stress.");

    private readonly PotentialOption potential;

    private readonly Option<string[]> labels = new("--label")
    {
        Description = "What a label is called in the files, such as energy=REF_energy; also forces, stress and virial.",
        HelpName = "KIND=NAME",
    };

    private readonly Option<string> output = new("--output", "-o")
    {
        Description = "A file for the structures with predicted_energy, predicted_forces and predicted_stress.",
        HelpName = "EXTXYZ",
    };

    private readonly Option<string> report = new("--report")
    {
        Description = "A page with tables and figures of the errors, complete in one file.",
        HelpName = "PAGE",
    };

    public EvaluateCommand(Session session)
        : base(
            session,
            "evaluate",
            "The errors of a potential on structures with known energies, forces or stress. They are mean absolute errors "
            + "and roots of mean squares, of forces for each element too. The potential may be a trained model or any other.",
            """
              noether evaluate model.safetensors test.extxyz
              noether evaluate test.extxyz -p nequix-mp-1.nqx --label energy=REF_energy --label forces=REF_forces
              noether evaluate model.safetensors test.extxyz -o predictions.extxyz --report errors.html
              noether evaluate silicon.extxyz -p sw:Si.sw --json
            """)
    {
        labels.Validators.Add(result =>
        {
            foreach (string text in result.Tokens.Select(token => token.Value))
            {
                if (text.Split('=', 2) is not [var kind, { Length: > 0 }] || !Kinds.Contains(kind))
                {
                    result.AddError($"--label is '{text}', expected KIND=NAME with one of {string.Join(", ", Kinds)}.");
                }
            }
        });
        Add(files);
        potential = new PotentialOption(this, isRequired: false);
        Add(labels);
        Add(output);
        Add(report);
        AddCommonOptions();
    }

    protected override void Run(ParseResult parsed)
    {
        string[] paths = parsed.GetRequiredValue(files);
        bool isNamed = potential.IsGiven(parsed);

        if (!isNamed && paths.Length < 2)
        {
            Bridge.Refuse("the list of arguments", $"'{paths[0]}' alone", "a potential and a file, or --potential");
        }

        using OutputFile? predictions = Output(parsed.GetValue(output)), page = Output(parsed.GetValue(report));
        Potential sum = isNamed ? potential.Of(parsed) : potential.Of(parsed, paths[0]);
        string[] sources = isNamed ? paths : paths[1..];
        ReferenceNames names = Names(parsed);
        Frame[] frames = [.. sources.SelectMany(path => FramesOf(parsed, path))];
        RefuseAbsent(parsed, frames);
        WarnOf(parsed, sum, frames);
        PredictedSet set = new(
            "all",
            [
                .. PredictedSet.InParallel(
                    frames,
                    frame => ($"{frame.File}, frame {frame.Index}",
                        frame.Within(structure => Bridge.Get(PredictionModule.create(names, sum, structure)))),
                    Session.Stop),
            ]);

        if (!set.HasLabels && predictions is null)
        {
            Bridge.Refuse(
                "the set of structures",
                $"without '{names.Energy}', '{names.Forces}', '{names.Stress}' and '{names.Virial}'",
                "labels to compare with, perhaps of other names (--label)");
        }

        int leftOut = set.Frames.Count(frame => frame.Prediction.Labels.StressLeftOut);

        if (leftOut > 0)
        {
            Session.Warn($"left out: the stress of {leftOut} frames, which is zero and has no volume to it");
        }

        predictions?.Commit(Bridge.Get(
            ExtXyz.format(set.Frames.Select(frame => PredictionModule.toStructure(frame.Prediction)))));
        page?.Commit(PageOf(sum, sources, set).ToPage().ToHtml());

        Tell(parsed, sum, sources, set);
    }

    /// <summary>Refuses a label of a name that no frame has: it was asked for in so many words.</summary>
    private void RefuseAbsent(ParseResult parsed, Frame[] frames)
    {
        SortedSet<string> ofAtoms = new(StringComparer.Ordinal), ofWhole = new(StringComparer.Ordinal);

        foreach (Frame frame in frames)
        {
            ofAtoms.UnionWith(frame.Structure.PerAtom.Keys);
            ofWhole.UnionWith(frame.Structure.Info.Keys);
        }

        foreach (string[] sides in (parsed.GetValue(labels) ?? []).Select(text => text.Split('=', 2)))
        {
            (string kind, string name) = (sides[0], sides[1]);
            (SortedSet<string> known, string owner) =
                kind == "forces" ? (ofAtoms, "columns of atoms") : (ofWhole, "keys of the comment line");

            if (frames.Length > 0 && !known.Contains(name))
            {
                string[] similar = [.. known.Where(key => Resemble(key, name))];
                string[] listed = similar.Length > 0 ? similar : [.. known];
                Bridge.Refuse(
                    $"--label {kind}",
                    $"'{name}', which no frame has",
                    $"one of the {owner}" + (listed.Length == 0 ? ", of which there are none"
                        : (similar.Length > 0 ? " like it: " : ": ") + string.Join(", ", listed)));
            }
        }
    }

    private static bool Resemble(string key, string name) =>
        key.Contains(name, StringComparison.OrdinalIgnoreCase) || name.Contains(key, StringComparison.OrdinalIgnoreCase)
        || Suggestion.near(name.ToUpperInvariant(), [key.ToUpperInvariant()]) is not null;

    /// <summary>Warns of frames as a whole: of atoms too near to each other, and of charges that are not read.</summary>
    private void WarnOf(ParseResult parsed, Potential sum, Frame[] frames)
    {
        (Frame Frame, Contact Contact)[] near =
        [
            .. frames.Select(frame => (frame, frame.Within(structure => potential.Doubtful(parsed, structure))))
                .Where(one => one.Item2 is not null).Select(one => (one.frame, one.Item2!)),
        ];

        if (near.Length > 0)
        {
            (Frame frame, Contact contact) = near.MinBy(one => one.Contact.Share);
            Session.Warn($"{near.Length} frames have atoms that are too near to each other; the nearest: "
                + $"{frame.File}, frame {frame.Index}: {PotentialOption.Warning(frame.Structure, contact)}");
        }

        foreach (string text in frames.SelectMany(frame => PotentialOption.Unread(sum, frame.Structure)).Distinct())
        {
            Session.Warn(text);
        }
    }

    private static TrainingPage PageOf(Potential sum, string[] sources, PredictedSet set) => new()
    {
        Title = $"Errors of {sum.Name}",
        Facts =
        [
            new("potential", sum.Name), new("files", string.Join(", ", sources)), new("structures", set.Frames.Count),
        ],
        Parities = [.. set.Parities()],
        Worst = [.. set.Worst(Worst)],
    };

    private ReferenceNames Names(ParseResult parsed)
    {
        ReferenceNames standard = ReferenceStructureModule.standardNames;
        Dictionary<string, string> own = [];

        foreach (string text in parsed.GetValue(labels) ?? [])
        {
            string[] sides = text.Split('=', 2);
            own[sides[0]] = sides[1];
        }

        return new ReferenceNames(
            own.GetValueOrDefault("energy", standard.Energy),
            own.GetValueOrDefault("forces", standard.Forces),
            own.GetValueOrDefault("stress", standard.Stress),
            own.GetValueOrDefault("virial", standard.Virial),
            "",
            "",
            "");
    }

    private void Tell(ParseResult parsed, Potential sum, string[] sources, PredictedSet set)
    {
        if (IsJson(parsed))
        {
            Session.Write(JsonLine.Of(writer =>
            {
                writer.WriteString("potential", sum.Name);
                writer.Texts("files", sources);
                writer.WriteStartObject("errors");
                set.Write(writer);
                writer.WriteEndObject();
                writer.Texts("warnings", Session.Warnings);
            }));
            return;
        }

        new Printer(Session)
            .Heading($"{string.Join(", ", sources)}: {sum.Name}")
            .Facts(("structures", set.Frames.Count))
            .Table(PredictedSet.Columns, set.Rows())
            .Flush();
    }
}
