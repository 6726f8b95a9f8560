using System.CommandLine;
using System.CommandLine.Parsing;
using Noether.Domain;

namespace Noether.Cli;

/// <summary>The common ground of all commands: what help says of them, JSON on request, files that are written.</summary>
internal abstract class DocumentedCommand : Command
{
    // Options that name files of results. No two of a command may name one file.
    private static readonly string[] Outputs = ["--output", "--trajectory", "--html", "--report"];

    private readonly Option<bool> json = new("--json")
    {
        Description = "Write JSON objects, one a line, with all digits.",
    };

    /// <summary>A command.</summary>
    /// <param name="session">The world of the command.</param>
    /// <param name="name">Its name.</param>
    /// <param name="description">A short sentence, which lists of commands show, and what else there is to know.</param>
    /// <param name="examples">Commands as one would type them, a line each.</param>
    protected DocumentedCommand(Session session, string name, string description, string examples)
        : base(name, FirstSentence(description))
    {
        Session = session;
        About = description[FirstSentence(description).Length..].Trim();
        Examples = examples;
        Validators.Add(RefuseSameFiles);
        SetAction(parsed =>
        {
            Code = ExitCode.Fine;
            using Stage stage = new(Session, Name);
            Session.Stage = stage;
            Run(parsed);
            return Code;
        });
    }

    /// <summary>What is to be known beyond the first sentence.</summary>
    public string About { get; }

    /// <summary>Commands as one would type them.</summary>
    public string Examples { get; }

    protected Session Session { get; }

    /// <summary>How the command ends if nothing is thrown: well, unless it says otherwise.</summary>
    protected int Code { get; set; }

    /// <summary>Whether results are asked for as JSON, however wrong the rest of the line is.</summary>
    public bool WantsJson(ParseResult parsed) => parsed.GetResult(json) is { Implicit: false };

    /// <summary>Whether an output may replace the file that is read.</summary>
    protected virtual bool MayReplaceInput => false;

    protected abstract void Run(ParseResult parsed);

    protected bool IsJson(ParseResult parsed) => parsed.GetValue(json);

    /// <summary>Adds the option that all commands have.</summary>
    protected void AddJson() => Add(json);

    /// <summary>
    /// The file that an option names, if it does, opened before the work whose results it will hold; it is in its place
    /// when it is committed.
    /// </summary>
    protected static OutputFile? Output(string? path) => path is null ? null : new OutputFile(path);

    /// <summary>Refuses a path that cannot be written to, before the work whose results will go there.</summary>
    protected static void RefuseUnwritable(string path) => new OutputFile(path).Dispose();

    /// <summary>The first sentence of a text.</summary>
    private static string FirstSentence(string text)
    {
        int end = text.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? text : text[..(end + 1)];
    }

    /// <summary>Outputs that would overwrite each other, or the file that is read, are wrong usage.</summary>
    private void RefuseSameFiles(CommandResult result)
    {
        bool isCaseless = OperatingSystem.IsWindows() || OperatingSystem.IsMacOS();
        Dictionary<string, string> owners = new(isCaseless ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);

        if (!MayReplaceInput)
        {
            foreach (ArgumentResult argument in result.Children.OfType<ArgumentResult>())
            {
                foreach (string path in argument.Tokens.Select(token => token.Value).Where(path => !IsStream(path)))
                {
                    owners[Place(path)] = argument.Argument.Name;
                }
            }
        }

        IEnumerable<OptionResult> options = result.Children.OfType<OptionResult>();

        foreach (OptionResult option in options.Where(one => Outputs.Contains(one.Option.Name)))
        {
            foreach (string path in option.Tokens.Select(token => token.Value).Where(path => !IsStream(path)))
            {
                if (!owners.TryAdd(Place(path), option.Option.Name))
                {
                    string other = owners[Place(path)];
                    result.AddError($"{option.Option.Name} and {other} are one file, '{path}', expected two.");
                }
            }
        }

        // Devices take what comes, and standard output is read by whoever asked for it.
        static bool IsStream(string path) => path is "-" || path.StartsWith("/dev/", StringComparison.Ordinal);

        static string Place(string path) => path.Length == 0 ? path : Path.GetFullPath(path);
    }
}
