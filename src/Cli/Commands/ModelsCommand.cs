using System.CommandLine;
using Noether.AutoDiff;
using Noether.Domain;
using Noether.Training;
using Elements = Noether.Domain.Elements;

namespace Noether.Cli;

/// <summary><c>noether models</c>: the learned models that names find.</summary>
internal sealed class ModelsCommand : DocumentedCommand
{
    public ModelsCommand(Session session)
        : base(
            session,
            "models",
            "List the learned models that are found by name, and where others are published. They are looked for in "
            + "the folders of the variable NOETHER_MODELS and in noether/models of the folder for application data (on Linux "
            + "~/.local/share/noether/models), and in the folder ani of each. Every command takes the name as --potential. "
            + "Nothing is ever downloaded.",
            """
              noether models
              noether models --json | jq .models
            """)
    {
        AddJson();
    }

    protected override void Run(ParseResult parsed)
    {
        Described[] models = [.. ModelCatalogue.Found().Select(Described.Of)];
        PublishedModel[] absent =
            [.. ModelCatalogue.Published.Where(known => models.All(model => model.Name != known.Name))];

        if (IsJson(parsed))
        {
            Session.Write(Json(models, absent));
        }
        else
        {
            Print(models, absent);
        }
    }

    private static string Json(Described[] models, PublishedModel[] absent) => JsonLine.Of(writer =>
    {
        writer.WriteStartArray("models");

        foreach (Described model in models)
        {
            writer.WriteStartObject();
            writer.WriteString("name", model.Name);
            writer.WriteString("kind", model.Kind);
            writer.Texts("elements", model.Elements.Select(Elements.symbol));
            writer.Numbers("cutoff", [model.Cutoff]);
            writer.WriteString("precision", model.Precision);
            writer.WriteNumber("parameters", model.Parameters);
            writer.WriteNumber("bytes", model.Bytes);
            writer.WriteString("path", model.Path);
            writer.WriteString("error", model.Error);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.Texts("folders", ModelCatalogue.Folders);
        writer.WriteStartArray("published");

        foreach (PublishedModel model in absent)
        {
            writer.WriteStartObject();
            writer.WriteString("name", model.Name);
            writer.WriteString("kind", model.Title);
            writer.WriteString("place", model.Place);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    private void Print(Described[] models, PublishedModel[] absent)
    {
        Printer printer = new(Session);

        if (models.Length > 0)
        {
            printer.Heading("models that names find").Table(
                ["name", "kind", "elements", "cut-off (Å)", "numbers", "parameters", "size (MB)", "path"],
                models.Select(model => new object?[]
                {
                    model.Name,
                    model.Kind,
                    Formula.Ranges(model.Elements),
                    model.Cutoff,
                    model.Precision,
                    model.Parameters,
                    Math.Round(model.Bytes / 1e6, 2),
                    model.Error ?? model.Path,
                }));
        }

        printer.Heading("folders that are looked into").Table(
            ["folder", ""],
            ModelCatalogue.Folders.Select(folder => new object?[] { folder, Directory.Exists(folder) ? "" : "is not there" }));

        if (absent.Length > 0)
        {
            printer.Heading("published by their authors, not found here").Table(
                ["name", "kind", "place"], absent.Select(model => new object?[] { model.Name, model.Title, model.Place }));
        }

        printer.Flush();
    }

    /// <summary>The facts about a model that is there, or the reason why it cannot be read.</summary>
    private sealed record Described(string Name, string Kind, string Path, long Bytes)
    {
        public IReadOnlyList<int> Elements { get; init; } = [];

        public double Cutoff { get; init; } = double.NaN;

        public string Precision { get; init; } = "";

        public int Parameters { get; init; }

        public string? Error { get; init; }

        public static Described Of(FoundModel found)
        {
            var read = found.Format.Read.Invoke(found.Path);
            Described described = new(found.Name, found.Format.Kind, found.Path, Size(found.Path));

            if (read.IsError)
            {
                return described with { Error = NoetherErrorModule.message(read.ErrorValue) };
            }

            LearnedModel model = read.ResultValue;
            var leaves = Tree.leaves(model.Parameters);
            return described with
            {
                Kind = model.Architecture.Title,
                Elements = [.. model.Architecture.Elements],
                Cutoff = model.Architecture.Cutoff,
                Precision = leaves.Head.Precision.IsFloat32 ? "float32" : "float64",
                Parameters = leaves.Sum(tensor => tensor.Size),
            };
        }

        // An ANI model is a folder beside its .info file.
        private static long Size(string path)
        {
            string beside = System.IO.Path.ChangeExtension(path, null);
            long folder = Directory.Exists(beside)
                ? Directory.EnumerateFiles(beside, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length)
                : 0;
            return new FileInfo(path).Length + folder;
        }
    }
}
