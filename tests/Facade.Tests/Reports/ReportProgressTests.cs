using System.Text.RegularExpressions;
using Spectre.Console;
using Xunit;

namespace Noether.Report.Tests;

public sealed class ReportProgressTests
{
    private sealed class Hand : TimeProvider
    {
        private long now;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => now;

        public void Wait(double seconds) => now += (long)(seconds * 1000);
    }

    private static (StringWriter Output, Hand Clock, Progress Progress) Start(bool person, long total, int width = 100)
    {
        var output = new StringWriter();
        var clock = new Hand();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = person ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = person ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        console.Profile.Width = width;
        console.Profile.Capabilities.Unicode = false;
        return (output, clock, new Progress("training", total, console, clock));
    }

    private static string[] Lines(StringWriter output) =>
        Regex.Replace(output.ToString(), "\u001b\\[[0-9;]*[A-Za-z]", "")
            .Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries);

    [Fact]
    public void A_file_gets_a_plain_line_every_five_seconds_and_the_last_state()
    {
        (StringWriter output, Hand clock, Progress progress) = Start(person: false, 1000);
        for (int step = 1; step <= 120; step++)
        {
            clock.Wait(0.1);
            progress.Report(step, ("loss", 1.0 / step), ("rmse", 0.0123456));
        }

        progress.Dispose();
        progress.Dispose();
        Assert.Equal(
            [
                "training    5 %  50/1000  loss 0.02  rmse 0.01235  10/s  1:35 left",
                "training   10 %  100/1000  loss 0.01  rmse 0.01235  10/s  1:30 left",
                "training   12 %  120/1000  loss 0.008333  rmse 0.01235  10/s  0:12 taken",
            ],
            Lines(output));
    }

    [Fact]
    public void A_person_sees_a_bar_redrawn_at_most_ten_times_a_second()
    {
        (StringWriter output, Hand clock, Progress progress) = Start(person: true, 1000);
        for (int step = 1; step <= 1000; step++)
        {
            progress.Report(step);
            clock.Wait(0.001);
        }

        progress.Dispose();
        string[] lines = Lines(output);
        Assert.Equal(11, lines.Length);
        string half = new string('#', 20) + new string('-', 20), full = new('#', 40);
        Assert.Equal($"training  {half}   50 %  501/1000  1000/s  0:00 left", lines[5]);
        Assert.Equal($"training  {full}  100 %  1000/1000  999/s  0:01 taken", lines[10]);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(30)]
    [InlineData(12)]
    public void A_line_never_grows_longer_than_the_console(int width)
    {
        (StringWriter output, Hand clock, Progress progress) = Start(person: true, 1_000_000, width);
        for (int step = 0; step < 10; step++)
        {
            progress.Report(step * 100_000, ("loss", 0.123456), ("a long name of a number", 1e-9));
            clock.Wait(1);
        }

        progress.Dispose();
        Assert.Equal(11, Lines(output).Length);
        Assert.All(Lines(output), line => Assert.True(line.Length < width, line));
    }

    [Fact]
    public void Tuples_of_FSharp_and_an_empty_loop_are_understood()
    {
        (StringWriter output, Hand _, Progress progress) = Start(person: false, 0);
        progress.Report(0, Tuple.Create("loss", 0.5));
        progress.Dispose();
        Assert.Equal(["training  0/0  loss 0.5  0:00 taken"], Lines(output));
    }

    [Fact]
    public void A_negative_number_of_steps_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => Progress.Start("training", -1));
        Assert.Equal("Progress \"training\": -1 steps; expected 0 or more.", error.Message);
    }
}
