namespace Noether.Cli;

/// <summary>The world of a command besides files: two streams, and a wish to stop.</summary>
/// <param name="Out">Results.</param>
/// <param name="Error">Messages.</param>
/// <param name="IsTerminal">Whether a person reads the results; otherwise they are plain lines.</param>
/// <param name="Width">The columns of the terminal.</param>
/// <param name="Stop">Asks for an end after the frame at hand.</param>
internal sealed record Session(TextWriter Out, TextWriter Error, bool IsTerminal, int Width, CancellationToken Stop)
{
    // To the beginning of the line, and nothing behind it: a bar, or the ^C that a terminal shows.
    private const string Anew = "\r\u001b[K";

    private readonly List<string> warnings = [];
    private readonly Lock door = new();
    private bool isLineOpen;

    /// <summary>The stream behind the file "-".</summary>
    public Stream In { get; init; } = Stream.Null;

    /// <summary>Whether a person watches the messages on a terminal that can draw a line anew.</summary>
    public bool IsWatched { get; init; }

    /// <summary>The word on the work at hand.</summary>
    public Stage? Stage { get; set; }

    /// <summary>The warnings so far, each once.</summary>
    public IReadOnlyList<string> Warnings => warnings;

    /// <summary>
    /// Warns of something that may be other than it seems, on the stream of messages: once, however often it is met.
    /// </summary>
    /// <param name="text">The warning.</param>
    /// <param name="place">Where it was met first.</param>
    public void Warn(string text, string place = "")
    {
        lock (door)
        {
            if (!warnings.Contains(text))
            {
                warnings.Add(text);
                Say($"warning: {place}{text}");
            }
        }
    }

    /// <summary>A message in the name of the program, on a line of its own.</summary>
    public void Say(string message)
    {
        lock (door)
        {
            isLineOpen = false;
            Error.WriteLine((IsWatched ? Anew : "") + "noether: " + message);
        }
    }

    /// <summary>Draws a line that the next one replaces, where a person watches.</summary>
    public void Draw(string line)
    {
        lock (door)
        {
            if (IsWatched && (line.Length > 0 || isLineOpen))
            {
                isLineOpen = line.Length > 0;
                Error.Write(Anew + line);
                Error.Flush();
            }
        }
    }

    /// <summary>Writes what belongs together, such as one frame, in one piece.</summary>
    public void Write(string text)
    {
        lock (door)
        {
            Draw("");
            Out.Write(text);
            Out.Flush();
        }
    }
}
