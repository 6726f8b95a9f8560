using System.CommandLine;
using System.CommandLine.Parsing;

namespace Noether.Cli;

/// <summary>What the commands have in common: examples, the choice of frames, and JSON on request.</summary>
internal abstract class StructureCommand : Command
{
    private readonly Option<bool> json = new("--json")
    {
        Description = "Write one JSON object per frame and line, with all digits.",
    };

    private readonly Option<FrameRange> frames = new("--frames")
    {
        Description = "The frames to take, counted from 0: a number, or first:end:step as in Python.",
        HelpName = "a:b:c",
        CustomParser = Range,
    };

    protected StructureCommand(Session session, string name, string description, string examples)
        : base(name, description)
    {
        Session = session;
        Examples = "Examples:\n" + examples;
        SetAction(parsed =>
        {
            Run(parsed);
            return Verdict;
        });
    }

    /// <summary>Commands as one would type them, and what they do.</summary>
    public string Examples { get; }

    protected Session Session { get; }

    /// <summary>The exit code of a command that came to its end.</summary>
    protected int Verdict { get; set; } = ExitCode.Fine;

    /// <summary>An argument that names one file.</summary>
    protected static Argument<string> FileArgument(string name, string description)
    {
        Argument<string> argument = new(name) { Description = description };
        argument.Validators.Add(RefuseOptions);
        return argument;
    }

    /// <summary>An argument that names one file or more.</summary>
    protected static Argument<string[]> FilesArgument(string name, string description)
    {
        Argument<string[]> argument = new(name) { Description = description, Arity = ArgumentArity.OneOrMore };
        argument.Validators.Add(RefuseOptions);
        return argument;
    }

    /// <summary>An option of three whole numbers, one for each axis.</summary>
    protected static Option<int[]> Three(string name, string form, string description) => new(name)
    {
        Description = description,
        HelpName = form,
        Arity = new ArgumentArity(3, 3),
        AllowMultipleArgumentsPerToken = true,
    };

    /// <summary>Adds the options that all commands have, behind those of the command.</summary>
    protected void AddCommonOptions()
    {
        Add(frames);
        Add(json);
    }

    protected abstract void Run(ParseResult parsed);

    protected bool IsJson(ParseResult parsed) => parsed.GetValue(json);

    /// <summary>The range of frames that was asked for, if any.</summary>
    protected FrameRange? RangeOf(ParseResult parsed) => parsed.GetValue(frames);

    /// <summary>The frames that were asked for, up to the wish to stop.</summary>
    protected IEnumerable<Frame> FramesOf(ParseResult parsed, string path)
    {
        foreach (Frame frame in (RangeOf(parsed) ?? FrameRange.All).Of(path))
        {
            Session.Stop.ThrowIfCancellationRequested();
            yield return frame;
        }
    }

    /// <summary>The frames that were asked for; exactly one where a file is to be written about it.</summary>
    protected IEnumerable<Frame> FramesFor(ParseResult parsed, string path, string? output)
    {
        if (output is null)
        {
            return FramesOf(parsed, path);
        }

        Frame[] frames = [.. FramesOf(parsed, path)];

        if (frames.Length != 1)
        {
            Bridge.Refuse(
                "the selection of frames", $"{frames.Length} of {path}", $"one, by --frames, as {output} holds one");
        }

        return frames;
    }

    /// <summary>A misspelt option would otherwise be taken for a file.</summary>
    private static void RefuseOptions(ArgumentResult result)
    {
        foreach (string word in result.Tokens.Select(token => token.Value).Where(word => word.StartsWith('-')))
        {
            result.AddError($"'{word}' is no option here, expected a file; one of that name is './{word}'.");
        }
    }

    private static FrameRange? Range(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;

        if (!FrameRange.TryParse(text, out FrameRange? range))
        {
            result.AddError($"--frames is '{text}', expected {FrameRange.Form}.");
        }

        return range;
    }
}
