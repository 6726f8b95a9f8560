namespace Noether.Cli;

/// <summary>
/// A word on the work at hand, where it takes longer than a second and has no bar of its own: its name and the time that has
/// passed. A person gets a line that is drawn anew and is gone in the end; elsewhere there is a line twice a minute.
/// </summary>
internal sealed class Stage : IDisposable
{
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(1), Unwatched = TimeSpan.FromSeconds(30);

    private readonly Session session;
    private readonly string name;
    private readonly Timer timer;
    private readonly long started = TimeProvider.System.GetTimestamp();
    private volatile string work = "";

    /// <summary>The work that was said last.</summary>
    public string Work => work;

    /// <summary>Starts the clock.</summary>
    /// <param name="session">Where the word goes.</param>
    /// <param name="name">The name of the command.</param>
    /// <param name="pace">The time between two words; without it, the usual one.</param>
    public Stage(Session session, string name, TimeSpan? pace = null)
    {
        this.session = session;
        this.name = name;
        TimeSpan period = pace ?? (session.IsWatched ? Watched : Unwatched);
        timer = new Timer(_ => Tell(), null, period, period);
    }

    /// <summary>Says what is being worked on.</summary>
    public void Now(string text) => work = text;

    /// <inheritdoc/>
    public void Dispose()
    {
        using ManualResetEvent done = new(false);

        if (timer.Dispose(done))
        {
            done.WaitOne();
            session.Draw("");
        }
    }

    private void Tell()
    {
        string time = TimeProvider.System.GetElapsedTime(started).ToString(@"h\:mm\:ss", null);
        string line = $"{name}{(work.Length > 0 ? ": " : "")}{work}  {time}";

        if (session.IsWatched)
        {
            session.Draw(line.Length < session.Width ? line : line[..Math.Max(0, session.Width - 1)]);
        }
        else
        {
            session.Say(line);
        }
    }
}
