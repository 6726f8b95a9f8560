using Xunit;

namespace Noether.Tests;

/// <summary>The example in README.md, compiled and run.</summary>
public sealed class ReadmeExample
{
    [Fact]
    public async Task The_example_runs()
    {
        // begin README
        IReadOnlyList<Structure> crystals = Structure.ReadAll("scripts/data/carbon.extxyz");
        NequipModel model = NequipModel.Create(NequipSettings.Tutorial, seed: 0);
        var progress = new Progress<TrainingProgress>(p => Console.Write($"\r{p.Step}/{p.Steps}, loss {p.Loss:E2}"));
        TrainingResult result = await model.TrainAsync(
            crystals, crystal => crystal.Number("energy_per_atom"), new TrainingOptions { Steps = 1000 }, progress);

        Console.WriteLine();
        NequipModel trained = result.Model.WithPrecision(Precision.Float64);

        foreach (Structure crystal in crystals)
        {
            Prediction p = trained.Predict(crystal);
            double target = crystal.Number("energy_per_atom");
            Console.WriteLine($"{crystal.Text("name")}: {p.EnergyPerAtom:F4} eV/atom, target {target:F4} eV/atom");
            Console.WriteLine($"force on atom 0: ({p.Forces[0, 0]:F4}, {p.Forces[0, 1]:F4}, {p.Forces[0, 2]:F4}) eV/Å");
        }

        // end README
        Assert.True(result.Loss < result.History[0]);
    }

    [Fact]
    public void The_example_is_that_of_the_readme()
    {
        string root = AppContext.BaseDirectory;

        while (!File.Exists(Path.Combine(root, "Functional.sln")))
        {
            root = Path.GetDirectoryName(root)!;
        }

        string[] source = File.ReadAllLines(Path.Combine(root, "tests/Facade.Tests/Surface/ReadmeExample.cs"));
        IEnumerable<string> example = source
            .SkipWhile(line => line.Trim() != "// begin README").Skip(1)
            .TakeWhile(line => line.Trim() != "// end README")
            .Select(line => line.Length == 0 ? line : line[8..]);
        string readme = File.ReadAllText(Path.Combine(root, "README.md"));
        Assert.Contains(string.Join('\n', example).Trim(), readme, StringComparison.Ordinal);
    }
}
