using System.Globalization;
using Spectre.Console;

namespace Noether.Report;

/// <summary>
/// Shows on the console how far a long loop has come: a bar that is redrawn in place when a person looks, a plain line
/// every few seconds when the output goes to a file. It writes to the standard error stream, so that results may be
/// piped.
/// <code>
/// using var progress = Progress.Start("training", steps);
/// for (long step = 1; step &lt;= steps; step++) { progress.Report(step, ("loss", loss)); }
/// </code>
/// A call costs well under a microsecond unless it draws. Calls may come from many threads.
/// </summary>
public sealed class Progress : IDisposable
{
    private static readonly TimeSpan Redraw = TimeSpan.FromSeconds(0.1), NewLine = TimeSpan.FromSeconds(5);

    private readonly Lock door = new();
    private readonly string title;
    private readonly long total;
    private readonly IAnsiConsole console;
    private readonly TimeProvider clock;
    private readonly bool inPlace;
    private readonly long started;
    private readonly List<(string Name, double Value)> values = [];
    private (long Step, long Time)? first;
    private long step;
    private long due;
    private int widest;
    private bool isDisposed;

    internal Progress(string title, long total, IAnsiConsole console, TimeProvider clock)
    {
        this.title = title;
        this.total = total >= 0
            ? total
            : throw new ArgumentException($"Progress \"{title}\": {total} steps; expected 0 or more.");
        this.console = console;
        this.clock = clock;
        inPlace = console.Profile.Capabilities is { Interactive: true, Ansi: true };
        started = clock.GetTimestamp();
        due = started + Ticks(inPlace ? TimeSpan.Zero : NewLine);
    }

    /// <summary>Starts the clock. Dispose the result to write the last line.</summary>
    /// <param name="title">The name of the work, in a word or two.</param>
    /// <param name="total">The number of steps, zero or more.</param>
    /// <returns>The progress, at step 0.</returns>
    /// <exception cref="ArgumentException"><paramref name="total"/> is negative.</exception>
    public static Progress Start(string title, long total) => new(
        title,
        total,
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }),
        TimeProvider.System);

    /// <summary>Says how many steps are done.</summary>
    /// <param name="step">Steps done, 0 to the total.</param>
    public void Report(long step) => Report(step, ReadOnlySpan<(string, double)>.Empty);

    /// <summary>Says how many steps are done, with numbers worth watching.</summary>
    /// <param name="step">Steps done, 0 to the total.</param>
    /// <param name="values">Names and values, such as <c>("loss", 0.01)</c>; four significant digits are shown.</param>
    public void Report(long step, params ReadOnlySpan<(string Name, double Value)> values)
    {
        lock (door)
        {
            this.step = step;
            this.values.Clear();
            this.values.AddRange(values);
            long now = clock.GetTimestamp();
            first ??= (step, now);
            if (now >= due && !isDisposed)
            {
                due = now + Ticks(inPlace ? Redraw : NewLine);
                Draw(now, isLast: false);
            }
        }
    }

    /// <summary>The same for F#, whose tuples are objects: steps done, and numbers worth watching.</summary>
    /// <param name="step">Steps done, 0 to the total.</param>
    /// <param name="values">Names and values, such as <c>("loss", 0.01)</c>; four significant digits are shown.</param>
    public void Report(long step, params Tuple<string, double>[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        Report(step, [.. values.Select(pair => (pair.Item1, pair.Item2))]);
    }

    /// <summary>Writes the last state and the time that was taken, and ends the line.</summary>
    public void Dispose()
    {
        lock (door)
        {
            if (!isDisposed)
            {
                isDisposed = true;
                Draw(clock.GetTimestamp(), isLast: true);
            }
        }
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * clock.TimestampFrequency);

    private void Draw(long now, bool isLast)
    {
        string facts = Facts(now, isLast);
        if (!inPlace)
        {
            console.Profile.Out.Writer.WriteLine($"{title}  {facts}");
            return;
        }

        double done = total == 0 ? 1 : Math.Clamp((double)step / total, 0, 1);
        int width = console.Profile.Width - 1;
        widest = Math.Max(widest, facts.Length);
        int room = Math.Clamp(width - title.Length - widest - 4, 0, 40);
        int filled = (int)(done * room);
        (char full, char rest) = console.Profile.Capabilities.Unicode ? ('━', '─') : ('#', '-');
        string tail = room < 5 ? facts : "  " + facts;
        int left = Math.Max(0, width - title.Length - 2 - (room < 5 ? 0 : room));
        console.Write(new ControlCode("\r\u001b[K"));
        console.Write(new Text(title.Length + 2 <= width ? title + "  " : "", new Style(decoration: Decoration.Bold)));
        if (room >= 5)
        {
            console.Write(new Text(new string(full, filled), new Style(done < 1 ? Color.DodgerBlue1 : Color.Green)));
            console.Write(new Text(new string(rest, room - filled), new Style(Color.Grey)));
        }

        console.Write(new Text(tail.Length <= left ? tail : tail[..left]));
        if (isLast)
        {
            console.WriteLine();
        }
    }

    private string Facts(long now, bool isLast)
    {
        List<string> facts = total == 0 ? [] : [$"{100 * Math.Clamp((double)step / total, 0, 1),3:0} %"];
        facts.Add($"{step}/{total}");
        facts.AddRange(values.Select(pair => $"{pair.Name} {Numbers.Significant(pair.Value, 4)}"));
        double? rate = first is { } begin && step > begin.Step && now > begin.Time
            ? (step - begin.Step) / clock.GetElapsedTime(begin.Time, now).TotalSeconds
            : null;
        if (rate is { } perSecond)
        {
            facts.Add($"{Numbers.Significant(perSecond, 3)}/s");
        }

        if (isLast)
        {
            facts.Add($"{Clock(clock.GetElapsedTime(started, now).TotalSeconds)} taken");
        }
        else if (rate is { } pace && step < total)
        {
            facts.Add($"{Clock((total - step) / pace)} left");
        }

        return string.Join("  ", facts);
    }

    private static string Clock(double seconds)
    {
        double whole = Math.Round(seconds), minutes = Math.Floor(whole / 60), hours = Math.Floor(minutes / 60);
        return hours >= 1
            ? string.Create(CultureInfo.InvariantCulture, $"{hours:0}:{minutes % 60:00}:{whole % 60:00}")
            : string.Create(CultureInfo.InvariantCulture, $"{minutes:0}:{whole % 60:00}");
    }
}
