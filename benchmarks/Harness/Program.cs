using System.Globalization;
using Noether.AutoDiff;
using Noether.Benchmarks;

// A benchmark is a class with a name and its cases; a new one is added here.
IBenchmark[] all =
[
    new PeakBenchmark(),
    new GemmBenchmark(),
    new RadialBenchmark(),
    new RowsBenchmark(),
    new FourierBenchmark(),
    new MeshBenchmark(),
    new NeighboursBenchmark(),
    new DisplacementBenchmark(),
    new PotentialsBenchmark(),
    new ElectrostaticsBenchmark(),
    new DynamicsBenchmark(),
    new AutoDiffBenchmark(),
    new TrainingBenchmark(),
    new NequipBenchmark("nequip", 2),
    new NequipBenchmark("nequip512", 4),
    new DataParallelBenchmark(),
    new NequixBenchmark(),
    new NequixTrainingBenchmark(),
    new AniBenchmark(),
    new FilesBenchmark(),
    new MessagesBenchmark(),
    new LabelsBenchmark(),
    new DescriptorsBenchmark(),
];

List<string> names = [];
string? json = null;
double? duration = null;
NequixSizes? sizes = null;
for (int i = 0; i < args.Length; i++)
{
    if (args[i] == EnsemblesCheck.Name)
    {
        // The time in ps may follow.
        bool given = i + 1 < args.Length && double.TryParse(args[i + 1], CultureInfo.InvariantCulture, out _);
        duration = given ? double.Parse(args[++i], CultureInfo.InvariantCulture) : 1000;
    }
    else if (args[i] == NequixSizes.Name)
    {
        // The precision may follow, and the numbers of cells along the axes.
        bool doubled = i + 1 < args.Length && args[i + 1] == "float64";
        Precision precision = doubled ? Precision.Float64 : Precision.Float32;
        i += doubled ? 1 : 0;
        (int A, int B, int C)[] own = [];
        while (i + 3 < args.Length && int.TryParse(args[i + 1], out int a))
        {
            own = [.. own, (a, int.Parse(args[i + 2]), int.Parse(args[i + 3]))];
            i += 3;
        }

        sizes = new(precision, own.Length > 0 ? own : NequixSizes.Usual);
    }
    else if (args[i] != "--json")
    {
        names.Add(args[i]);
    }
    else if (++i < args.Length)
    {
        json = args[i];
    }
    else
    {
        return Usage("--json needs the name of a file");
    }
}

if (names.Find(name => !all.Any(benchmark => benchmark.Name == name)) is { } unknown)
{
    return Usage($"no benchmark is called '{unknown}'");
}

if (duration is { } picoseconds)
{
    new EnsemblesCheck(picoseconds).Run();
    return 0;
}

if (sizes is not null)
{
    sizes.Run();
    return 0;
}

var report = new Report(Machine.Current());
report.PrintHead();
foreach (IBenchmark benchmark in all)
{
    if (names.Count == 0 || names.Contains(benchmark.Name))
    {
        foreach (Case item in benchmark.Cases())
        {
            report.Add(Harness.Measure(benchmark.Name, item));
        }
    }
}

if (json is not null)
{
    report.WriteJson(json);
}

return 0;

int Usage(string problem)
{
    Console.Error.WriteLine($"{problem}\nusage: benchmarks [names] [--json file]");
    Console.Error.WriteLine($"       benchmarks {EnsemblesCheck.Name} [picoseconds]");
    Console.Error.WriteLine($"       benchmarks {NequixSizes.Name} [float64] [cells along a, b, c]...");
    Console.Error.WriteLine($"names: {string.Join(' ', all.Select(benchmark => benchmark.Name))}");
    return 2;
}
