using System.CommandLine;
using System.CommandLine.Parsing;
using Noether.Domain;

namespace Noether.Cli;

/// <summary>The common ground of the commands about structures: their files, and the choice of frames.</summary>
internal abstract class StructureCommand : DocumentedCommand
{
    /// <summary>The name of standard input or output in place of a file.</summary>
    protected const string StandardStream = "-";

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
        : base(session, name, description, examples)
    {
    }

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

    /// <summary>The range of frames that was asked for, if any.</summary>
    protected FrameRange? RangeOf(ParseResult parsed) => parsed.GetValue(frames);

    /// <summary>The frames that were asked for, up to the wish to stop.</summary>
    protected IEnumerable<Frame> FramesOf(ParseResult parsed, string path)
    {
        List<Notice> notices = [];
        ReadingOptions options = reading!.Options(parsed, notices.Add);
        Format wanted = FormatOf(parsed, path);
        Session.Stage?.Now(path);
        IEnumerable<Frame> all = path == StandardStream
            ? Bridge.Get(wanted.Parse.Invoke(options).Invoke(StandardStream).Invoke(StandardInput())).Select(Told)
            : wanted.Frames.Invoke(options).Invoke(path).Select((frame, index) => Told(Bridge.Get(frame), index));

        foreach (Frame frame in (RangeOf(parsed) ?? FrameRange.All).Of(path, all))
        {
            Session.Stop.ThrowIfCancellationRequested();
            Session.Stage?.Now($"{path}, frame {frame.Index}");
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

    /// <summary>
    /// The frames of several files. A file that cannot be read is told of, and those behind it are read; the command ends
    /// with an error then.
    /// </summary>
    protected IEnumerable<Frame> FramesOf(ParseResult parsed, IEnumerable<string> paths)
    {
        foreach (string path in paths.SelectMany(Wildcard.Expand))
        {
            using IEnumerator<Frame> frames = FramesOf(parsed, path).GetEnumerator();

            while (Tried(parsed, path, frames.MoveNext))
            {
                yield return frames.Current;
            }
        }
    }

    /// <summary>
    /// Does something with each frame. One that fails is told of, the rest of its file is left, and the other files are gone
    /// on with; the command ends with an error then.
    /// </summary>
    protected void ForEach(ParseResult parsed, IEnumerable<Frame> frames, Action<Frame> work)
    {
        string? failed = null;

        foreach (Frame frame in frames.Where(frame => frame.File != failed))
        {
            bool isDone = Tried(parsed, frame.File, () =>
            {
                work(frame);
                return true;
            });
            failed = isDone ? null : frame.File;
        }
    }

    /// <summary>The frames of several files; exactly one where a file is to be written about it.</summary>
    protected IEnumerable<Frame> FramesFor(ParseResult parsed, string[] paths, string? output)
    {
        if (output is null)
        {
            return FramesOf(parsed, paths);
        }

        Frame[] frames = [.. paths.SelectMany(Wildcard.Expand).SelectMany(path => FramesOf(parsed, path))];

        if (frames.Length != 1)
        {
            Bridge.Refuse(
                "the selection of frames",
                $"{frames.Length} of {string.Join(", ", paths)}",
                $"one, by --frames, as {output} holds one");
        }

        return frames;
    }

    // What the world gets wrong about one file is told at once and is no reason to leave the others.
    private bool Tried(ParseResult parsed, string path, Func<bool> work)
    {
        try
        {
            return work();
        }
        catch (Exception failure) when (failure is NoetherException or FrameException || Memory.IsExhausted(failure))
        {
            string message = Memory.IsExhausted(failure) ? $"{path}: {Memory.Exhausted}" : failure.Message;
            Session.Say(message);
            Code = ExitCode.WrongInput;

            if (IsJson(parsed))
            {
                Session.Write(JsonLine.Error(message, path, (failure as FrameException)?.Index));
            }

            return false;
        }
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
