using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Noether.Cli.Tests;

/// <summary>What a command did: its exit code, and what it wrote.</summary>
internal sealed record Outcome(int Code, string Out, string Error)
{
    /// <summary>The lines of the results.</summary>
    public string[] Lines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The results as JSON, one object a line.</summary>
    public JsonElement[] Objects => [.. Lines.Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>The outcome, which has to be a good one.</summary>
    public Outcome Fine()
    {
        Assert.Equal("", Error);
        Assert.Equal(0, Code);
        return this;
    }

    /// <summary>The outcome, which has to be a good one with a warning that says this.</summary>
    public Outcome Warned(string part)
    {
        Assert.StartsWith("noether: warning: ", Error, StringComparison.Ordinal);
        Assert.Contains(part, Error, StringComparison.Ordinal);
        Assert.Equal(0, Code);
        return this;
    }

    /// <summary>
    /// Checks that the command ended with a code, without results and with a message that holds a text; what JSON there is
    /// says the same.
    /// </summary>
    public void Refused(int code, string message)
    {
        Assert.Contains(message, Error, StringComparison.Ordinal);
        Assert.StartsWith("noether: ", Error, StringComparison.Ordinal);
        Assert.Equal(code, Code);
        Assert.All(Lines, line => Assert.Contains(
            JsonDocument.Parse(line).RootElement.GetProperty("error").GetString()!, Error, StringComparison.Ordinal));
    }
}

/// <summary>A folder with files that the tests write, and commands run on them in this process.</summary>
public abstract class Workplace : IDisposable
{
    /// <summary>Two molecules of argon, in files of two frames; the second one is longer and periodic.</summary>
    protected const string Argon =
        """
        2
        Properties=species:S:1:pos:R:3:charge:R:1 energy=0.1 name="first one" pbc="F F F"
        Ar 0 0 0 0.5
        Ar 0 0 3.8 -0.5
        2
        Lattice="12 0 0 0 12 0 0 0 12" Properties=species:S:1:pos:R:3 flags="T F" steps=7 pbc="T T T"
        Ar 0 0 0
        Ar 0 0 4.1

        """;

    /// <summary>The two atoms of silicon in a primitive cell, one of them out of its place.</summary>
    protected const string Silicon =
        """
        2
        Lattice="0 2.7 2.7 2.7 0 2.7 2.7 2.7 0" Properties=species:S:1:pos:R:3 pbc="T T T"
        Si 0 0 0
        Si 1.35 1.35 1.4

        """;

    private readonly string folder =
        Directory.CreateTempSubdirectory("noether-").FullName + Path.DirectorySeparatorChar;

    /// <inheritdoc/>
    public void Dispose()
    {
        Directory.Delete(folder, true);
        GC.SuppressFinalize(this);
    }

    /// <summary>The path of a file in the folder.</summary>
    protected string PathOf(string name) => Path.Combine(folder, name);

    /// <summary>Writes a file, and returns its path.</summary>
    protected string Write(string name, string text)
    {
        File.WriteAllText(PathOf(name), text);
        return PathOf(name);
    }

    internal static Outcome Run(params string[] arguments) => Run(false, "", arguments);

    internal static Outcome RunOnTerminal(params string[] arguments) => Run(true, "", arguments);

    /// <summary>Runs a command that finds a text on its standard input.</summary>
    internal static Outcome RunWith(string input, params string[] arguments) => Run(false, input, arguments);

    /// <summary>The program as a process of its own, in the folder.</summary>
    protected Process StartProcess(params string[] arguments) => Process.Start(
        new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Noether.Cli.dll"), .. arguments])
        {
            WorkingDirectory = PathOf(""),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    /// <summary>Runs the program as a process of its own, in the folder, with variables of the environment.</summary>
    internal Outcome RunProcess(Dictionary<string, string> environment, params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "Noether.Cli.dll"), .. arguments])
        {
            WorkingDirectory = PathOf(""),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return Ended(start);
    }

    /// <summary>Runs lines of bash in the folder, in which noether is the program.</summary>
    internal Outcome RunShell(string script, string? folder = null)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Noether.Cli.dll");
        return Ended(new ProcessStartInfo(
            "/bin/bash", ["-c", $"set -o pipefail; noether() {{ dotnet '{program}' \"$@\"; }}\n{script}"])
        {
            WorkingDirectory = folder ?? PathOf(""),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        });
    }

    private static Outcome Ended(ProcessStartInfo start)
    {
        using Process process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Outcome(process.ExitCode, output, error.Result);
    }

    private static Outcome Run(bool isTerminal, string input, string[] arguments)
    {
        using StringWriter output = new(), error = new();
        using MemoryStream stream = new(Encoding.UTF8.GetBytes(input));
        Session session = new(output, error, isTerminal, 100, CancellationToken.None) { In = stream };
        int code = new Application(session).Run(arguments);
        return new Outcome(code, output.ToString(), error.ToString());
    }

    /// <summary>The numbers of a JSON array, nested ones in C order.</summary>
    protected static double[] Numbers(JsonElement element) => element.ValueKind == JsonValueKind.Array
        ? [.. element.EnumerateArray().SelectMany(Numbers)]
        : [element.GetDouble()];

    /// <summary>The names of the fields of a JSON object, in their order.</summary>
    protected static string[] Names(JsonElement element) =>
        [.. element.EnumerateObject().Select(property => property.Name)];
}
