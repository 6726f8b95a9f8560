using System.CommandLine;
using System.CommandLine.Parsing;
using Noether.Domain;

namespace Noether.Cli;

/// <summary>The common ground of the commands: examples, the choice of frames, and JSON on request.</summary>
internal abstract class StructureCommand : Command
{
    /// <summary>The name of standard input or output in place of a file.</summary>
    protected const string StandardStream = "-";

    private readonly Option<bool> json = new("--json")
    {
        Description = "Write JSON objects, one a line, with all digits.",
    };

    private readonly Option<FrameRange> frames = new("--frames")
    {
        Description = "The frames to take, counted from 0: a number, or first:end:step as in Python.",
        HelpName = "a:b:c",
        CustomParser = Range,
    };

    private readonly Option<string?> format = new("--format")
    {
        Description = "The format of what is read, whatever its name; without the option, names say it, and standard "
            + "input (-) is extended XYZ.",
        HelpName = "ENDING",
    };

    private ReadingArguments? reading;

    protected StructureCommand(Session session, string name, string description, string examples)
        : base(name, description)
    {
        Session = session;
        Examples = "Examples:\n" + examples;
        SetAction(parsed =>
        {
            Code = ExitCode.Fine;
            Run(parsed);
            return Code;
        });
    }

    /// <summary>Commands as one would type them, and what they do.</summary>
    public string Examples { get; }

    protected Session Session { get; }

    /// <summary>How the command ends if nothing is thrown: well, unless it says otherwise.</summary>
    protected int Code { get; set; }

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

    /// <summary>Adds the options that all commands about frames have, behind those of the command.</summary>
    protected void AddCommonOptions()
    {
        Add(frames);
        Add(format);
        reading = new ReadingArguments(this);
        AddJson();
    }

    /// <summary>Adds the option that all commands have.</summary>
    protected void AddJson() => Add(json);

    protected abstract void Run(ParseResult parsed);

    protected bool IsJson(ParseResult parsed) => parsed.GetValue(json);

    /// <summary>The range of frames that was asked for, if any.</summary>
    protected FrameRange? RangeOf(ParseResult parsed) => parsed.GetValue(frames);

    /// <summary>The frames that were asked for, up to the wish to stop.</summary>
    protected IEnumerable<Frame> FramesOf(ParseResult parsed, string path)
    {
        List<Notice> notices = [];
        ReadingOptions options = reading!.Options(parsed, notices.Add);
        Format wanted = FormatOf(parsed, path);
        IEnumerable<Frame> all = path == StandardStream
            ? Bridge.Get(wanted.Parse.Invoke(options).Invoke(StandardStream).Invoke(StandardInput())).Select(Told)
            : wanted.Frames.Invoke(options).Invoke(path).Select((frame, index) => Told(Bridge.Get(frame), index));

        foreach (Frame frame in (RangeOf(parsed) ?? FrameRange.All).Of(path, all))
        {
            Session.Stop.ThrowIfCancellationRequested();
            yield return frame;
        }

        // The reader told of the frame before it gave it.
        Frame Told(Structure structure, int index)
        {
            Frame frame = new(Session, path, index, structure);
            notices.ForEach(frame.Warn);
            notices.Clear();
            return frame;
        }
    }

    /// <summary>
    /// The file that an option names, if it does, opened before the work whose results it will hold; it is in its place
    /// when it is committed.
    /// </summary>
    protected static OutputFile? Output(string? path) => path is null ? null : new OutputFile(path);

    /// <summary>The format of a file: the one that was named, or that of its name.</summary>
    protected Format FormatOf(ParseResult parsed, string path) => Bridge.Get(
        parsed.GetValue(format) is { } name ? Formats.ofName(name)
        : path == StandardStream ? Formats.ofName("extxyz")
        : Formats.ofPath(path));

    private byte[] StandardInput()
    {
        using MemoryStream memory = new();
        Session.In.CopyTo(memory);
        return memory.ToArray();
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
        foreach (string word in result.Tokens.Select(token => token.Value).Where(word => word.StartsWith('-') && word != StandardStream))
        {
            IEnumerable<string> known = ((CommandResult?)result.Parent)?.Command.Options.Select(option => option.Name) ?? [];
            result.AddError($"'{word}' is no option here, expected a file; one of that name is './{word}'."
                + Suggestion.For(word.Split('=')[0], known));
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
