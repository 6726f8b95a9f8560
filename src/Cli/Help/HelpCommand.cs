using System.CommandLine;
using System.CommandLine.Invocation;

namespace Noether.Cli;

/// <summary><c>noether help</c>: help of a command, or of all as a manual page.</summary>
internal sealed class HelpCommand : DocumentedCommand
{
    private readonly Argument<string?> command = new("COMMAND")
    {
        Description = "A command; without it, they are listed.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> man = new("--man")
    {
        Description = "Print everything as a page of the manual.",
    };

    public HelpCommand(Session session)
        : base(
            session,
            "help",
            "Explain a command, or all of them as a manual page.",
            """
              noether help energy
              noether help --man > noether.1
            """)
    {
        Add(command);
        Add(man);
    }

    protected override void Run(ParseResult parsed)
    {
        IReadOnlyList<CommandGroup> groups = CommandGroup.All(Session);
        DocumentedCommand[] all = [.. groups.SelectMany(group => group.Commands)];

        if (parsed.GetValue(man))
        {
            Session.Write(ManPage.Of(HelpPage.Of(groups), all.Select(HelpPage.Of)));
            return;
        }

        string? name = parsed.GetValue(command);
        Session.Write(HelpText.Of(name is null ? HelpPage.Of(groups) : HelpPage.Of(Named(name, all))));
    }

    private static DocumentedCommand Named(string name, DocumentedCommand[] all)
    {
        if (all.FirstOrDefault(one => one.Name == name) is not { } known)
        {
            string[] names = [.. all.Select(one => one.Name)];
            Bridge.Refuse("the command", $"'{name}'", "one of " + string.Join(", ", names));
            throw new InvalidOperationException();
        }

        return known;
    }
}

/// <summary>The help of the command that a line names.</summary>
internal sealed class HelpAction(IReadOnlyList<CommandGroup> groups) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        Command command = parseResult.CommandResult.Command;
        HelpPage page = command is DocumentedCommand ? HelpPage.Of(command) : HelpPage.Of(groups);
        parseResult.InvocationConfiguration.Output.Write(HelpText.Of(page));
        return ExitCode.Fine;
    }
}
