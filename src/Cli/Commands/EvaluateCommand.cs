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
        PredictedSet set = new(
            "all",
            [
                .. PredictedSet.InParallel(
                    sources.SelectMany(path => FramesOf(parsed, path)),
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

        predictions?.Commit(Bridge.Get(
            ExtXyz.format(set.Frames.Select(frame => PredictionModule.toStructure(frame.Prediction)))));
        page?.Commit(PageOf(sum, sources, set).ToPage().ToHtml());

        Tell(parsed, sum, sources, set);
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
