using System.Diagnostics;
using System.Globalization;

namespace Noether.Benchmarks;

/// <summary>
/// The time that LAMMPS itself says it spends in a pair style, where the program `lmp` is on the path: on one core,
/// with
/// its optimised styles.
/// </summary>
internal static class Lammps
{
    /// <summary>The steps over which it takes the mean.</summary>
    public const int Steps = 20;

    private static readonly Lazy<string?> Program = new(() => OnPath("lmp"));

    /// <summary>Gets whether the program is there.</summary>
    public static bool IsPresent => Program.Value is not null;

    /// <summary>Gets whether it can run on several cores.</summary>
    public static bool IsParallel => OnPath("mpirun") is not null;

    /// <summary>Seconds in the pair style for each step of a run. A step may compute no energy and no virial, and
    /// looks at
    /// each pair once.</summary>
    /// <param name="setup">The commands of an input up to its potential; files beside it are named in
    /// <paramref name="files"/>.</param>
    /// <param name="files">Names and texts of files that it reads.</param>
    public static double SecondsForPairs(string setup, params (string Name, string Text)[] files)
    {
        // The line "Pair | minimum | average | maximum | …" of the breakdown of the run.
        string run = $"{setup}\nfix 1 all nve\nthermo {Steps}\nrun {Steps}\n";
        string line = Run(1, run, files).FirstOrDefault(l => l.StartsWith("Pair ") && l.Contains('|'))
            ?? throw new InvalidOperationException("LAMMPS: no breakdown of its time.");
        return double.Parse(line.Split('|')[2], CultureInfo.InvariantCulture) / Steps;
    }

    /// <summary>Seconds of each step of the last run, all that belongs to a step included, by its own account.</summary>
    /// <param name="cores">The processes that it runs in.</param>
    /// <param name="script">The commands of an input, its runs included.</param>
    /// <param name="steps">The steps of the last run.</param>
    public static double SecondsForSteps(int cores, string script, int steps)
    {
        // "Loop time of 1.2 on 1 procs for 100 steps with 32000 atoms".
        string line = Run(cores, script).LastOrDefault(l => l.StartsWith("Loop time of "))
            ?? throw new InvalidOperationException("LAMMPS: no time of a run.");
        return double.Parse(line.Split(' ')[3], CultureInfo.InvariantCulture) / steps;
    }

    private static string? OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);

    // The lines of its log.
    private static string[] Run(int cores, string script, params (string Name, string Text)[] files)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("lammps");
        try
        {
            foreach ((string name, string text) in files)
            {
                File.WriteAllText(Path.Combine(folder.FullName, name), text);
            }

            File.WriteAllText(Path.Combine(folder.FullName, "in"), script);
            string[] words = ["-in", "in", "-sf", "opt", "-screen", "none", "-log", "log"];
            ProcessStartInfo start = cores == 1
                ? new(Program.Value!, words)
                : new(OnPath("mpirun")!, ["--allow-run-as-root", "-np", $"{cores}", Program.Value!, .. words]);
            start.WorkingDirectory = folder.FullName;
            start.Environment["OMP_NUM_THREADS"] = "1";
            using Process process = Process.Start(start)!;
            process.WaitForExit();
            string path = Path.Combine(folder.FullName, "log");
            string[] log = File.Exists(path) ? File.ReadAllLines(path) : [];
            return process.ExitCode == 0 && log.Length > 0
                ? log
                : throw new InvalidOperationException($"LAMMPS: {string.Join('\n', log.TakeLast(3))}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
