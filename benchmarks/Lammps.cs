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

    private static readonly Lazy<string?> Program = new(() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "lmp"))
            .FirstOrDefault(File.Exists));

    /// <summary>Gets whether the program is there.</summary>
    public static bool IsPresent => Program.Value is not null;

    /// <summary>Seconds in the pair style for each step of a run. A step may compute no energy and no virial, and
    /// looks at
    /// each pair once.</summary>
    /// <param name="setup">The commands of an input up to its potential; files beside it are named in
    /// <paramref name="files"/>.</param>
    /// <param name="files">Names and texts of files that it reads.</param>
    public static double SecondsForPairs(string setup, params (string Name, string Text)[] files)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("lammps");
        try
        {
            foreach ((string name, string text) in files)
            {
                File.WriteAllText(Path.Combine(folder.FullName, name), text);
            }

            File.WriteAllText(
                Path.Combine(folder.FullName, "in"), $"{setup}\nfix 1 all nve\nthermo {Steps}\nrun {Steps}\n");
            var start = new ProcessStartInfo(Program.Value!, ["-in", "in", "-sf", "opt", "-screen", "none", "-log", "log"])
            {
                WorkingDirectory = folder.FullName,
            };
            start.Environment["OMP_NUM_THREADS"] = "1";
            using Process process = Process.Start(start)!;
            process.WaitForExit();

            // The line "Pair | minimum | average | maximum | …" of the breakdown of the run.
            string[] log = File.ReadAllLines(Path.Combine(folder.FullName, "log"));
            string line = log.FirstOrDefault(l => l.StartsWith("Pair ") && l.Contains('|'))
                ?? throw new InvalidOperationException($"LAMMPS: {string.Join('\n', log.TakeLast(3))}");
            return double.Parse(line.Split('|')[2], CultureInfo.InvariantCulture) / Steps;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
