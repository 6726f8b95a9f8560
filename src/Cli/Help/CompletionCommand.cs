using System.CommandLine;

namespace Noether.Cli;

/// <summary><c>noether completion</c>: scripts with which shells complete commands, options and their words.</summary>
internal sealed class CompletionCommand : DocumentedCommand
{
    private readonly Argument<string> shell = new("SHELL") { Description = "bash, zsh, fish or pwsh." };

    public CompletionCommand(Session session)
        : base(
            session,
            "completion",
            "Print a script that lets a shell complete commands, options and their values. The script asks the program "
            + "itself, so it need not be renewed with it.",
            """
              eval "$(noether completion bash)"                                                   # in ~/.bashrc
              eval "$(noether completion zsh)"                                                    # in ~/.zshrc
              noether completion fish > ~/.config/fish/completions/noether.fish
              noether completion pwsh | Out-String | Invoke-Expression                            # in $PROFILE
            """)
    {
        shell.AcceptOnlyFromAmong([.. CompletionScript.Shells]);
        Add(shell);
    }

    protected override void Run(ParseResult parsed) =>
        Session.Write(CompletionScript.Of(parsed.GetRequiredValue(shell)));
}
