using System.Runtime.InteropServices;
using System.Text;

namespace Noether.Cli;

/// <summary>The process around <see cref="Application"/>: its streams and its signals.</summary>
internal static class Program
{
    public static int Main(string[] arguments)
    {
        using CancellationTokenSource stop = new();

        // The first signal ends the work after the frame at hand, the second one ends the process.
        void Stop(PosixSignalContext context)
        {
            context.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        bool isTerminal = !Console.IsOutputRedirected;

        if (isTerminal || !Console.IsErrorRedirected)
        {
            Console.OutputEncoding = Encoding.UTF8;
        }

        // Not disposed of: what could not be written when the command ended is not tried again.
        StreamWriter output = new(StandardOutput.Open(), new UTF8Encoding(false), 1 << 16);
        int width = isTerminal ? Math.Max(Console.WindowWidth, 80) : int.MaxValue;
        using Stream input = Console.OpenStandardInput();
        Session session = new(output, Messages(), isTerminal, width, stop.Token) { In = input, IsWatched = IsWatched() };
        return new Application(session).Run(arguments);
    }

    // Where they go to a file or a pipe, messages are UTF-8 as results are, whatever the console speaks.
    private static TextWriter Messages() => Console.IsErrorRedirected
        ? new StreamWriter(Console.OpenStandardError(), new UTF8Encoding(false)) { AutoFlush = true }
        : Console.Error;

    private static bool IsWatched() => !Console.IsErrorRedirected
        && Environment.GetEnvironmentVariable("TERM") != "dumb"
        && (!OperatingSystem.IsWindows() || Environment.GetEnvironmentVariable("WT_SESSION") is not null);
}
