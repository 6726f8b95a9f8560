using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
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
        // Named here: a RootCommand is called as its file is, which is not what people type.
        root = new Command(
            "noether", "Atoms on the command line: what files hold, energies and forces, dynamics, vibrations, learned potentials.")
        {
            new HelpOption { Action = new HelpWithExamples() },
            new VersionOption(),
            new InfoCommand(session),
            new ConvertCommand(session),
            new NeighborsCommand(session),
            new DescriptorsCommand(session),
            new EnergyCommand(session),
            new RelaxCommand(session),
            new MdCommand(session),
            new PhononsCommand(session),
            new VibrationsCommand(session),
            new ElasticCommand(session),
            new EquationCommand(session),
            new TuneCommand(session),
            new VerifyCommand(session),
            new TrainCommand(session),
            new EvaluateCommand(session),
            new ViewCommand(session),
        };
    }

    /// <summary>Runs the command that the arguments name.</summary>
    public int Run(string[] arguments)
    {
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
            session.Error.WriteLine("noether: " + failure.Message);
            return ExitCode.WrongInput;
        }
        catch (IOException failure)
        {
            // Every other file names itself.
            session.Error.WriteLine("noether: standard output: " + failure.Message);
            return ExitCode.WrongInput;
        }
        catch (OutOfMemoryException)
        {
            session.Error.WriteLine("noether: " + Memory.Exhausted);
            return ExitCode.WrongInput;
        }
        catch (OperationCanceledException)
        {
            session.Error.WriteLine("noether: interrupted");
            return ExitCode.Interrupted;
        }
    }

    private int Usage(ParseResult parsed)
    {
        foreach (string message in parsed.Errors.Select(error => error.Message).Distinct())
        {
            session.Error.WriteLine("noether: " + message);
        }

        Command current = parsed.CommandResult.Command;
        IEnumerable<string> known = current.Options.Select(option => option.Name)
            .Concat(current.Subcommands.Select(one => one.Name));

        foreach (string suggestion in parsed.UnmatchedTokens
            .Select(word => Suggestion.For(word.Split('=')[0], known)).Where(text => text.Length > 0).Distinct())
        {
            session.Error.WriteLine("noether:" + suggestion);
        }

        string command = parsed.CommandResult.Command == root ? "" : parsed.CommandResult.Command.Name + " ";
        session.Error.WriteLine($"'noether {command}--help' says what is understood.");
        return ExitCode.WrongUsage;
    }
}

/// <summary>The help of a command, and behind it the command's examples.</summary>
internal sealed class HelpWithExamples : SynchronousCommandLineAction
{
    private readonly HelpAction help = new() { MaxWidth = 100 };

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        int code = help.Invoke(parseResult);

        if (parseResult.CommandResult.Command is StructureCommand { Examples: var examples })
        {
            TextWriter output = parseResult.InvocationConfiguration.Output;
            output.WriteLine(examples.TrimEnd());
        }

        return code;
    }
}
