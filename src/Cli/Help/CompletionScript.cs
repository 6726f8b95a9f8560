namespace Noether.Cli;

/// <summary>
/// Scripts for shells. Each gives the program the line so far as <c>[suggest:PLACE]</c> and the line, and gets a word a line;
/// where there is none, the shell completes names of files.
/// </summary>
internal static class CompletionScript
{
    private const string Bash =
        """
        _noether() {
            local IFS=$'\n' word="${COMP_LINE:0:COMP_POINT}"
            # Where the word begins: bash ends words at : and = too, and completes what is behind them.
            word="${word##*[[:space:]]}"
            COMPREPLY=($(compgen -W "$(noether "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "$word"))
            [[ "$word" == *[:=]* ]] && COMPREPLY=("${COMPREPLY[@]#"${word%"${word##*[:=]}"}"}")
        }
        complete -o default -o nosort -F _noether noether

        """;

    private const string Zsh =
        """
        _noether() {
            local -a words_found
            words_found=("${(@f)$(noether "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
            if [[ -n "${words_found[1]}" ]]; then compadd -- "${words_found[@]}"; fi
            _files
        }
        compdef _noether noether

        """;

    private const string Fish =
        """
        function __noether_words
            set -l line (commandline -cp)
            noether "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c noether -a '(__noether_words)'

        """;

    private const string PowerShell =
        """
        Register-ArgumentCompleter -Native -CommandName noether -ScriptBlock {
            param($word, $line, $place)
            noether "[suggest:$place]" "$line" 2>$null | Where-Object { $_ -like "$word*" } | ForEach-Object {
                [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
            }
        }

        """;

    /// <summary>The shells that there are scripts for.</summary>
    public static IReadOnlyList<string> Shells { get; } = ["bash", "zsh", "fish", "pwsh"];

    /// <summary>The script of a shell.</summary>
    public static string Of(string shell) => shell switch
    {
        "zsh" => Zsh,
        "fish" => Fish,
        "pwsh" => PowerShell,
        _ => Bash,
    };
}
