using Xunit;

namespace Noether.Tests;

/// <summary>The main job through the facade: read, train, predict, differentiate.</summary>
public sealed class TrainingTests
{
    private static readonly IReadOnlyList<Structure> Crystals = Structure.ReadAll("scripts/data/carbon.extxyz");

    private static double Target(Structure crystal) => crystal.Number("energy_per_atom");

    private static NequipModel Fresh() => NequipModel.Create(NequipSettings.Tutorial, seed: 0);

    /// <summary>A small network, for what does not depend on its size.</summary>
    private static NequipModel Small(ulong seed = 0) => NequipModel.Create(
        NequipSettings.Tutorial with { Layers = ["4x0e+2x1o", "4x0e"], RadialHidden = [8], Readout = 4 }, seed);

    [Fact]
    public async Task Thirty_steps_lower_the_loss_and_are_reported_in_order()
    {
        NequipModel model = Fresh();
        var reports = new Reports();
        TrainingResult result =
            await model.TrainAsync(Crystals, Target, new TrainingOptions { Steps = 30 }, reports);
        Assert.Equal(Enumerable.Range(1, 30), reports.Seen.Select(report => report.Step));
        Assert.All(reports.Seen, report => Assert.Equal(30, report.Steps));
        Assert.Equal(result.History, reports.Seen.Select(report => report.Loss));
        Assert.True(result.Loss < 0.5 * result.History[0], $"from {result.History[0]} to {result.Loss}");
        Assert.Equal(38849, model.ParameterCount);
        Assert.Equal(result.Model.Parameters, reports.Seen[^1].Model.Parameters);
        Assert.NotEqual(model.Parameters, result.Model.Parameters);
        Assert.Equal(Fresh().Parameters, model.Parameters);

        // The loss is what the predictions say it is, to the rounding of float32 at energies of order one.
        double error = Crystals.Average(c => Math.Pow(result.Model.Predict(c).EnergyPerAtom - Target(c), 2));
        Assert.Equal(result.Loss, error, 1e-6 + (1e-4 * result.Loss));
    }

    [Fact]
    public async Task The_same_seed_trains_to_the_same_bits()
    {
        var options = new TrainingOptions { Steps = 5, LearningRate = 3e-3 };
        TrainingResult[] results = await Task.WhenAll(
            Small(7).TrainAsync(Crystals, Target, options), Small(7).TrainAsync(Crystals, Target, options));
        Assert.Equal(results[0].History, results[1].History);
        Assert.Equal(results[0].Model.Parameters, results[1].Model.Parameters);
        Assert.NotEqual(results[0].History, (await Small(8).TrainAsync(Crystals, Target, options)).History);
    }

    [Fact]
    public void A_model_is_a_potential()
    {
        NequipModel model = Small(3).WithPrecision(Precision.Float64);
        Potential potential = model.Potential;
        Prediction prediction = model.Predict(Crystals[0]);
        Evaluation evaluation = potential.Evaluate(Crystals[0]);
        Assert.Equal(prediction.Energy, evaluation.Energy, 1e-12);
        Assert.Equal(2.0, potential.Cutoff);
        ReadOnlySpan<double> forces = evaluation.Forces.Span;

        for (int i = 0; i < forces.Length; i++)
        {
            Assert.Equal(prediction.Forces.Elements.Span[i], forces[i], 1e-12);
        }

        // In single precision to its seven digits.
        Assert.Equal(prediction.Energy, Small(3).Potential.Evaluate(Crystals[0]).Energy, 1e-5);
        LawReport report = PotentialLaws.Check(potential, ["C"], new LawOptions { Samples = 5 });
        Assert.True(report.Passed, report.ToString());
        Structure silicon = Structure.Create(["Si", "Si"], [0, 0, 0, 0, 0, 1.5]);
        Assert.Contains(
            "expected elements that 'NequIP' knows: C",
            Assert.Throws<NoetherException>(() => potential.Evaluate(silicon)).Message);
    }

    [Fact]
    public void Forces_are_minus_the_central_difference_of_the_energy()
    {
        NequipModel model = Fresh().WithPrecision(Precision.Float64);
        Tensor shaken = Crystals[3].Positions + (0.05 * Tensor.Normal(seed: 1, 4, 3));
        Structure crystal = Crystals[3].WithPositions(shaken.Elements.Span);
        Prediction prediction = model.Predict(crystal);
        Assert.Equal([4, 3], prediction.Forces.Shape.ToArray());
        Assert.Equal([4], prediction.AtomEnergies.Shape.ToArray());
        Assert.Equal(prediction.Energy, prediction.AtomEnergies.Elements.ToArray().Sum(), 1e-12);
        Assert.Equal(prediction.Energy / 4, prediction.EnergyPerAtom);
        const double H = 1e-4;

        double Energy(int i, double step)
        {
            double[] positions = crystal.Positions.Elements.ToArray();
            positions[i] += step;
            return model.Predict(crystal.WithPositions(positions)).Energy;
        }

        for (int i = 0; i < 12; i++)
        {
            double difference(double k) => Energy(i, k * H) - Energy(i, -k * H);
            double slope = ((8.0 * difference(1.0)) - difference(2.0)) / (12.0 * H);

            // h⁴ times the fifth derivative is 4e-11 here, rounding of energies of 7 eV 1e-14/h.
            Assert.Equal(-slope, prediction.Forces[i / 3, i % 3], 1e-9);
        }
    }

    [Fact]
    public void Single_and_double_precision_agree_to_single_precision()
    {
        NequipModel single = Fresh();
        NequipModel twice = single.WithPrecision(Precision.Float64);
        Assert.Same(single, single.WithPrecision(Precision.Float32));
        Assert.Equal(Precision.Float64, twice.Precision);
        Assert.Equal(single.Parameters, twice.WithPrecision(Precision.Float32).Parameters);

        foreach (Structure crystal in Crystals)
        {
            Prediction a = single.Predict(crystal), b = twice.Predict(crystal);

            // A few hundred roundings of 6e-8 of energies of order one and of forces of order ten.
            Assert.Equal(b.EnergyPerAtom, a.EnergyPerAtom, 2e-5);
            Assert.True(Tensor.Abs(a.Forces - b.Forces).Elements.ToArray().Max() < 2e-4);
        }
    }

    [Fact]
    public async Task Cancelling_stops_before_the_next_step()
    {
        using var source = new CancellationTokenSource();
        var reports = new Reports(report =>
        {
            if (report.Step == 3)
            {
                source.Cancel();
            }
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Small().TrainAsync(Crystals, Target, null, reports, source.Token));
        Assert.Equal(3, reports.Seen.Count);

        // The last report holds the model, so training continues from there.
        var one = new TrainingOptions { Steps = 1 };
        TrainingResult rest = await reports.Seen[^1].Model.TrainAsync(Crystals, Target, one);
        Assert.NotEqual(reports.Seen[^1].Loss, rest.History[0]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Small().TrainAsync(Crystals, Target, cancellationToken: new CancellationToken(true)));
    }

    [Fact]
    public void Parameters_can_be_kept_and_given_back()
    {
        NequipModel model = Small(1);
        Assert.Equal(model.Parameters, Small(2).WithParameters(model.Parameters).Parameters);
        string name = model.Parameters.Keys.First();
        var fewer = model.Parameters.Where(entry => entry.Key != name).ToDictionary();
        Refused(
            ErrorCode.Inconsistent,
            $"the set of parameters has no '{name}', expected one",
            () => model.WithParameters(fewer));
        fewer[name] = Tensor.Zeros(7);
        string shape = $"[{string.Join(", ", model.Parameters[name].Shape.ToArray())}]";
        Refused(
            ErrorCode.Inconsistent,
            $"the parameter '{name}' has shape [7], expected {shape}",
            () => model.WithParameters(fewer));
        var more = new Dictionary<string, Tensor>(model.Parameters) { ["x"] = Tensor.Scalar(1.0) };
        Refused(
            ErrorCode.Inconsistent,
            "the model has no parameter 'x', expected one",
            () => model.WithParameters(more));
    }

    [Fact]
    public void Elements_have_weights_of_their_own()
    {
        NequipModel model = NequipModel.Create(Small().Settings with { Elements = ["C", "Si"] }, seed: 0);
        Structure first = Crystals[0];
        var silicon = Structure.Create(Enumerable.Repeat("Si", 4), first.Positions.Elements.Span, first.Cell);
        Assert.NotEqual(model.Predict(first).Energy, model.Predict(silicon).Energy);
        Refused(
            ErrorCode.Inconsistent,
            "atom 0 has the element Si, expected C",
            () => Small().Predict(silicon));
    }

    [Fact]
    public void One_atom_without_neighbours_and_no_atom_have_energies()
    {
        Prediction one = Small().Predict(Structure.Create(["C"], [1.0, 2.0, 3.0]));
        Assert.True(double.IsFinite(one.Energy));
        Assert.Equal(Tensor.Zeros(1, 3), one.Forces);
        Prediction none = Small().Predict(Structure.Create([], []));
        Assert.Equal((0.0, 0.0, 0), (none.Energy, none.EnergyPerAtom, none.Forces.Size));
    }

    [Fact]
    public void A_model_serves_many_threads()
    {
        NequipModel model = Small();
        double[] expected = [.. Crystals.Select(crystal => model.Predict(crystal).Energy)];
        Parallel.For(0, 64, i => Assert.Equal(expected[i % 4], model.Predict(Crystals[i % 4]).Energy));
    }

    [Fact]
    public void Settings_are_values()
    {
        NequipSettings settings = NequipSettings.Tutorial;
        Assert.Equal(settings, settings with { Layers = [.. settings.Layers] });
        Assert.Equal(settings.GetHashCode(), (settings with { Layers = [.. settings.Layers] }).GetHashCode());
        Assert.NotEqual(settings, settings with { Cutoff = 3.0 });
        Assert.NotEqual(settings, settings with { Layers = ["1x0e"] });
        string[] layers = ["1x0e"];
        NequipSettings kept = settings with { Layers = layers };
        layers[0] = "2x0e";
        Assert.Equal(["1x0e"], kept.Layers);
        Assert.Equal(["32x0e+8x1o+8x2e", "32x0e+8x1o+8x2e", "32x0e"], settings.Layers);
    }

    [Fact]
    public void Settings_without_a_network_are_refused()
    {
        void Check(string message, NequipSettings settings) =>
            Refused(ErrorCode.InvalidArgument, message, () => NequipModel.Create(settings, seed: 0));

        NequipSettings good = NequipSettings.Tutorial;
        Check("the cut-off is -1, expected a positive finite length in Å", good with { Cutoff = -1.0 });
        Check("the cut-off is NaN, expected a positive finite length in Å", good with { Cutoff = double.NaN });
        Check("the number of layers is 0, expected at least 1", good with { Layers = [] });
        Check("the width of the readout is 0, expected at least 1", good with { Readout = 0 });
        Check("the largest degree of layer 0 is 25, expected 0 to 24", good with { MaxDegree = 25 });
        Check("the number of radial functions of layer 0 is 0, expected at least 1", good with { RadialFunctions = 0 });
        Check(
            "the width of the radial network of layer 0 is -1, expected at least 1",
            good with { RadialHidden = [-1] });
        Check(
            "the average number of neighbours of layer 0 is 0, expected a positive number",
            good with { AverageNeighbours = 0 });
        Check("the list of elements is [C, C], expected at least one, each once", good with { Elements = ["C", "C"] });
        Check(
            "the output of layer 1 is 4x1o, expected scalars 0e, of which the energy is made",
            good with { Layers = ["4x0e", "4x1o"] });
        Check(
            "the output of layer 0 is 4x1e, expected features that products of those before it with harmonics hold",
            good with { Layers = ["4x1e", "4x0e"] });
        NequipSettings unread = good with { Layers = ["4x0q"] };
        var irreps = Assert.Throws<NoetherException>(() => NequipModel.Create(unread, seed: 0));
        Assert.StartsWith("the output of layer 0 is '4x0q', expected ", irreps.Message, StringComparison.Ordinal);
        Assert.EndsWith(" at character 4", irreps.Message, StringComparison.Ordinal);
        Refused(
            ErrorCode.UnknownElement,
            "unknown element 'Qq', expected a symbol from H to Og, X, or an atomic number from 0 to 118",
            () => NequipModel.Create(good with { Elements = ["Qq"] }, seed: 0));
    }

    [Fact]
    public async Task Training_that_has_no_meaning_is_refused()
    {
        async Task Check(
            ErrorCode code,
            string message,
            IEnumerable<Structure> crystals,
            Func<Structure, double> target,
            TrainingOptions options)
        {
            var error = await Assert.ThrowsAsync<NoetherException>(() => Small().TrainAsync(crystals, target, options));
            Assert.Equal((code, message), (error.Code, error.Message));
        }

        var few = new TrainingOptions { Steps = 2 };
        await Check(
            ErrorCode.Inconsistent,
            "the structure has no property 'energy', expected one",
            Crystals,
            crystal => crystal.Number("energy"),
            few);
        await Check(
            ErrorCode.NonFinite,
            "the target of structure 0 is NaN, expected a finite number",
            Crystals,
            _ => double.NaN,
            few);
        await Check(
            ErrorCode.InvalidArgument, "the graphs to batch is an empty list, expected at least one", [], Target, few);
        await Check(
            ErrorCode.InvalidArgument,
            "the number of steps is 0, expected at least 1",
            Crystals,
            Target,
            few with { Steps = 0 });
        await Check(
            ErrorCode.InvalidArgument,
            "the learning rate is -1, expected a positive finite number",
            Crystals,
            Target,
            few with { LearningRate = -1 });

        // A step of 1e30 leaves numbers beyond the range of float32.
        var diverged = await Assert.ThrowsAsync<NoetherException>(
            () => Small().TrainAsync(Crystals, Target, few with { LearningRate = 1e30 }));
        Assert.Equal(ErrorCode.NonFinite, diverged.Code);
        Assert.StartsWith("the loss before step 2 is ", diverged.Message, StringComparison.Ordinal);
    }

    private static void Refused(ErrorCode code, string message, Func<object> action)
    {
        var error = Assert.Throws<NoetherException>(action);
        Assert.Equal((code, message), (error.Code, error.Message));
        Assert.Null(error.Place);
    }

    /// <summary>Progress that is told at once, on the thread that reports.</summary>
    private sealed class Reports(Action<TrainingProgress>? then = null) : IProgress<TrainingProgress>
    {
        public List<TrainingProgress> Seen { get; } = [];

        public void Report(TrainingProgress value)
        {
            Seen.Add(value);
            then?.Invoke(value);
        }
    }
}
