using Spectre.Console;
using Progress = Noether.Report.Progress;

namespace Noether.Cli;

/// <summary>
/// How far a long command has come, on the stream of messages: a bar with rate and time left where a person looks, a
/// line every few seconds elsewhere. Short work passes without a word where nobody looks.
/// </summary>
internal sealed class Watch : IDisposable
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(5);

    private readonly Progress? progress;
    private readonly bool isSeen;
    private readonly long started = TimeProvider.System.GetTimestamp();

    /// <summary>Starts the clock.</summary>
    /// <param name="session">Where messages go.</param>
    /// <param name="title">The name of the work.</param>
    /// <param name="total">The number of steps.</param>
    /// <param name="isQuiet">Whether nothing is to be shown.</param>
    public Watch(Session session, string title, long total, bool isQuiet)
    {
        // A bar says more than a word.
        session.Stage?.Dispose();

        if (!isQuiet)
        {
            IAnsiConsole console = AnsiConsole.Create(
                new AnsiConsoleSettings { Out = new AnsiConsoleOutput(session.Error) });
            isSeen = console.Profile.Capabilities is { Interactive: true, Ansi: true };
            progress = new Progress(title, total, console, TimeProvider.System);
        }
    }

    /// <summary>Says how many steps are done, with numbers worth watching.</summary>
    public void Report(long step, params ReadOnlySpan<(string Name, double Value)> values) =>
        progress?.Report(step, values);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (isSeen || TimeProvider.System.GetElapsedTime(started) > Short)
        {
            progress?.Dispose();
        }
    }
}
