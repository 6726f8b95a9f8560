using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Globalization;
using Noether.Domain;

namespace Noether.Cli;

/// <summary>How a command ended.</summary>
internal static class ExitCode
{
    public const int Fine = 0, WrongInput = 1, LawBroken = 1, WrongUsage = 2, Interrupted = 130;
}

/// <summary>The command line as a function from arguments to an exit code.</summary>
internal sealed class Application
{
    private readonly Session session;
    private readonly Command root;

    public Application(Session session)
    {
        this.session = session;
        IReadOnlyList<CommandGroup> groups = CommandGroup.All(session);

        // Named here: a RootCommand is called as its file is, which is not what people type.
        root = new Command("noether")
        {
            new HelpOption("--help", "-h") { Action = new HelpAction(groups), Recursive = true, Hidden = true },
            new VersionOption(),
        };

        foreach (DocumentedCommand command in groups.SelectMany(group => group.Commands))
        {
            NumberArguments.ReadBy(command);
            root.Add(command);
        }

        // Alone, the name of the program asks what it can do.
        root.SetAction(_ => session.Write(HelpText.Of(HelpPage.Of(groups))));
    }

    /// <summary>Runs the command that the arguments name.</summary>
    public int Run(string[] arguments)
    {
        if (arguments is [var directive, .. var line] && directive.StartsWith("[suggest", StringComparison.Ordinal))
        {
            return Suggest(directive, string.Join(' ', line));
        }

        ParseResult parsed = root.Parse(arguments);

        if (parsed.Action is ParseErrorAction)
        {
            return Usage(parsed);
        }

        InvocationConfiguration configuration = new()
        {
            Output = session.Out,
            Error = session.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };

        try
        {
            int code = parsed.Invoke(configuration);
            session.Out.Flush();
            return code;
        }
        catch (Exception failure) when (failure is NoetherException or FrameException)
        {
            return Fail(parsed, failure.Message, failure as FrameException);
        }
        catch (IOException failure)
        {
            // Every other file names itself.
            session.Say("standard output: " + failure.Message);
            return ExitCode.WrongInput;
        }
        catch (Exception failure) when (Memory.IsExhausted(failure))
        {
            string work = session.Stage is { Work.Length: > 0 } stage ? stage.Work + ": " : "";
            return Fail(parsed, work + Memory.Exhausted, null);
        }
        catch (OperationCanceledException)
        {
            session.Say("interrupted");
            return ExitCode.Interrupted;
        }
    }

    /// <summary>Says what went wrong, to people and, where it was asked for, to programs.</summary>
    private int Fail(ParseResult parsed, string message, FrameException? place)
    {
        session.Say(message);

        try
        {
            if (parsed.CommandResult.Command is DocumentedCommand command && command.WantsJson(parsed))
            {
                session.Write(JsonLine.Error(message, place?.File, place?.Index));
            }
        }
        catch (IOException)
        {
            // The message has been told; nobody reads the rest.
        }

        return ExitCode.WrongInput;
    }

    private int Usage(ParseResult parsed)
    {
        Command current = parsed.CommandResult.Command;

        string? word = parsed.Tokens.Select(token => token.Value).FirstOrDefault(text => !text.StartsWith('-'));

        if (current == root && word is not null)
        {
            // Of a line whose command is not known, nothing else can be said.
            IEnumerable<string> commands = root.Subcommands.Select(one => one.Name);
            session.Say($"'{word}' is no command.{Suggestion.For(word, commands)}");
            session.Error.WriteLine("'noether --help' lists the commands.");
            return ExitCode.WrongUsage;
        }

        string[] messages = [.. parsed.Errors.Select(error => error.Message).Distinct()];
        Array.ForEach(messages, session.Say);

        IEnumerable<string> known = current.Options.Select(option => option.Name)
            .Concat(current.Subcommands.Select(one => one.Name));

        foreach (string suggestion in parsed.UnmatchedTokens
            .Select(other => Suggestion.For(other.Split('=')[0], known)).Where(text => text.Length > 0).Distinct())
        {
            session.Say(suggestion.TrimStart());
        }

        if (current is DocumentedCommand command && command.WantsJson(parsed))
        {
            session.Write(JsonLine.Error(string.Join(" ", messages), null, null));
        }

        session.Error.WriteLine($"'noether {(current == root ? "" : current.Name + " ")}--help' says what is understood.");
        return ExitCode.WrongUsage;
    }

    /// <summary>
    /// The words that may stand at a place of a line, as completion scripts ask for them: [suggest:14], then the line.
    /// </summary>
    private int Suggest(string directive, string line)
    {
        string number = directive.TrimEnd(']')[(directive.IndexOf(':', StringComparison.Ordinal) + 1)..];
        bool isPlace = int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int given);
        int place = isPlace ? given : line.Length;

        // Behind a blank a new word begins.
        ParseResult parsed = root.Parse(line.PadRight(place));

        IEnumerable<string> words =
            parsed.GetCompletions(Math.Min(place, line.Length)).Select(one => one.InsertText ?? one.Label).Distinct();

        foreach (string word in words)
        {
            session.Out.WriteLine(word);
        }

        session.Out.Flush();
        return ExitCode.Fine;
    }
}
