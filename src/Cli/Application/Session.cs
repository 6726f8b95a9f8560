namespace Noether.Cli;

/// <summary>The world of a command besides files: two streams, and a wish to stop.</summary>
/// <param name="Out">Results.</param>
/// <param name="Error">Messages.</param>
/// <param name="IsTerminal">Whether a person reads the results; otherwise they are plain lines.</param>
/// <param name="Width">The columns of the terminal.</param>
/// <param name="Stop">Asks for an end after the frame at hand.</param>
internal sealed record Session(TextWriter Out, TextWriter Error, bool IsTerminal, int Width, CancellationToken Stop)
{
    /// <summary>The stream behind the file "-".</summary>
    public Stream In { get; init; } = Stream.Null;

    private readonly List<string> warnings = [];

    /// <summary>The warnings so far, each once.</summary>
    public IReadOnlyList<string> Warnings => warnings;

    /// <summary>
    /// Warns of something that may be other than it seems, on the stream of messages: once, however often it is met.
    /// </summary>
    /// <param name="text">The warning.</param>
    /// <param name="place">Where it was met first.</param>
    public void Warn(string text, string place = "")
    {
        lock (warnings)
        {
            if (warnings.Contains(text))
            {
                return;
            }

            warnings.Add(text);
            Error.WriteLine($"noether: warning: {place}{text}");
        }
    }

    /// <summary>Writes what belongs together, such as one frame, in one piece.</summary>
    public void Write(string text)
    {
        Out.Write(text);
        Out.Flush();
    }
}
