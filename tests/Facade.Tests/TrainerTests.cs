using Xunit;

namespace Noether.Tests;

/// <summary>Training in one call, as C# sees it.</summary>
public sealed class TrainerTests
{
    private const string Small =
        """{"cutoff": 3, "layers": 2, "features": 2, "degree": 1, "radialWidths": [4], "readout": 2, "embedding": 2}""";

    /// <summary>Rattled argon with energies, forces and stress of a Lennard-Jones potential.</summary>
    private static readonly Structure[] Argon = [.. Enumerable.Range(0, 6).Select(seed => Labelled((ulong)seed))];

    private static TrainerOptions Options => new()
    {
        Structures = Argon,
        Model = StartingModel.Untrained(Small),
        Loss = [new(LossTarget.EnergyPerAtom), new(LossTarget.Forces, 10), new(LossTarget.Stress, 100)],
        Epochs = 2,
        BatchSize = 2,
        Threads = 1,
        Seed = 3,
        Precision = Precision.Float64,
    };

    private static Structure Labelled(ulong seed)
    {
        Structure argon = Crystal.FaceCentredCubic("Ar", 3.6).Rattle(0.1, seed);
        Evaluation evaluation = Potential.LennardJones(0.0104, 2.4, 3.0, Truncation.ForceShifted).Evaluate(argon);
        Tensor forces = Tensor.Create(evaluation.Forces.Span, argon.Count, 3);
        Tensor stress = Tensor.Create(evaluation.Stress.Span, 9);
        return argon.WithNumber("energy", evaluation.Energy).WithAtomNumbers("forces", forces).WithNumbers("stress", stress);
    }

    [Fact]
    public async Task Equal_options_train_to_equal_bits_and_other_optimisers_to_others()
    {
        TrainerOptions options = Options;
        List<TrainerProgress> seen = [];
        TrainerResult first = await Trainer.RunAsync(options, new Reports(seen));
        Assert.Equal(first.Model.Parameters, (await Trainer.RunAsync(options)).Model.Parameters);
        Assert.Equal([1, 2, 3, 4, 5, 6], seen.Select(report => (int)report.Step));
        Assert.Null(seen[0].Validation);
        Assert.NotNull(seen[^1].Validation!.Stress);

        foreach (OptimizerKind kind in Enum.GetValues<OptimizerKind>().Where(kind => kind != OptimizerKind.Adam))
        {
            TrainerResult other = await Trainer.RunAsync(
                options with { Optimizer = new() { Kind = kind, LearningRate = 1e-3 }, Epochs = 1 });
            Assert.NotEqual(first.Model.Parameters, other.Model.Parameters);
        }
    }

    [Fact]
    public async Task A_model_is_fine_tuned_from_memory_and_from_its_file()
    {
        TrainerOptions options = Options with { Loss = [new(LossTarget.Forces)], ValidationPart = 0 };
        LearnedModel model = (await Trainer.RunAsync(options)).Model;
        Assert.Equal(["training"], model.Errors.Keys);
        string folder = Directory.CreateTempSubdirectory("noether-trainer-").FullName;

        try
        {
            string path = Path.Combine(folder, "model.safetensors");
            model.Save(path);
            TrainerResult a = await Trainer.RunAsync(
                options with { Model = StartingModel.From(model, "readout*"), Output = Path.Combine(folder, "run") });
            TrainerResult b = await Trainer.RunAsync(options with { Model = StartingModel.FromFile(path, "readout*") });
            Assert.Equal(a.Model.Parameters, b.Model.Parameters);
            Assert.Equal(a.Model.Parameters, LearnedModel.Read(Path.Combine(folder, "run", "model.safetensors")).Parameters);
            Assert.True(File.Exists(Path.Combine(folder, "run", "log.csv")));

            foreach ((string name, Tensor before) in model.Parameters)
            {
                Assert.Equal(!name.StartsWith("readout", StringComparison.Ordinal), before.Equals(a.Model.Parameters[name]));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_cancelled_training_says_so_and_wrong_options_are_named()
    {
        using CancellationTokenSource source = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Trainer.RunAsync(
            Options, new Stopping(source), source.Token));

        async Task Refused(TrainerOptions options, string expected) => Assert.Contains(
            expected, (await Assert.ThrowsAsync<NoetherException>(() => Trainer.RunAsync(options))).Message);
        await Refused(Options with { Epochs = 0 }, "'epochs' of the training is 0");
        await Refused(Options with { Structures = [] }, "the set of training structures");
        await Refused(Options with { Model = StartingModel.Untrained("""{"kind": "nequp"}""") }, "Did you mean 'nequip'?");
        await Refused(
            Options with { Loss = [new(LossTarget.Forces), new(LossTarget.Forces, 2)] }, "two terms of Forces");
    }

    private sealed class Reports(List<TrainerProgress> seen) : IProgress<TrainerProgress>
    {
        public void Report(TrainerProgress value) => seen.Add(value);
    }

    private sealed class Stopping(CancellationTokenSource source) : IProgress<TrainerProgress>
    {
        public void Report(TrainerProgress value) => source.Cancel();
    }
}
