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

    /// <summary>Writes what belongs together, such as one frame, in one piece.</summary>
    public void Write(string text)
    {
        Out.Write(text);
        Out.Flush();
    }
}
