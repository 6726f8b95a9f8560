using Xunit;

namespace Noether.Tests.Examples;

/// <summary>The examples of training, and of derivatives by parameters.</summary>
public sealed class TrainingExamples
{
    [Fact]
    public async Task Training_saving_and_derivatives_by_parameters()
    {
        Structure[] crystals =
        [
            .. Structure.ReadAll("scripts/data/carbon.extxyz")
                .Select(crystal => crystal.WithNumber("energy", crystal.Number("energy_per_atom") * crystal.Count)),
        ];
        TrainerOptions options = new()
        {
            Structures = crystals,   // with "energy", and perhaps "forces" and "stress"
            Model = StartingModel.Untrained("""{"kind": "nequip", "cutoff": 3, "layers": 2, "features": 4}"""),
            Loss = [new(LossTarget.EnergyPerAtom, Penalty: LossPenalty.Huber, Delta: 0.1)],
            Optimizer = new() { Kind = OptimizerKind.AdamW, LearningRate = 0.005, WeightDecay = 1e-4 },
            Epochs = 3,
        };
        TrainerResult trained = await Trainer.RunAsync(options);
        Evaluation evaluation = trained.Model.Potential().Evaluate(crystals[0]);

        Assert.Equal(3, trained.Epochs);
        Assert.Equal(["validation"], trained.Model.Errors.Keys);
        string path = Path.Combine(Path.GetTempPath(), $"noether-{Guid.NewGuid():N}.safetensors");

        try
        {
            trained.Model.Save(path);
            LearnedModel model = LearnedModel.Read(path);
            Potential learned = model.Potential();
            IReadOnlyDictionary<string, Tensor> slopes = Differentiate.Gradient(   // ∂E/∂w
                w => model.WithParameters(w).Potential().AtomEnergies(crystals[0], crystals[0].Positions).Sum(),
                model.Parameters);

            Assert.Equal(evaluation.Energy, learned.Evaluate(crystals[0]).Energy);
            Assert.Equal(model.Parameters.Keys.Order(), slopes.Keys.Order());
            Assert.Contains(slopes.Values, slope => slope.Elements.Span.ContainsAnyExcept(0.0));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Slopes_of_a_pair_potential()
    {
        Structure argon = Crystal.FaceCentredCubic("Ar", 5.3).Rattle(0.1, seed: 1);
        Tensor slopes = Differentiate.Gradient(   // ∂E/∂ε and ∂E/∂σ
            p => Potential.LennardJones(PairTable.Everywhere(8.5, p), Truncation.ForceShifted)
                .AtomEnergies(argon, argon.Positions).Sum(),
            Tensor.Vector(0.0104, 3.4));

        // Linear in ε: E = ε ∂E/∂ε. For σ a central difference with an error of h² E‴/6.
        double Energy(double sigma) =>
            Potential.LennardJones(0.0104, sigma, 8.5, Truncation.ForceShifted).Evaluate(argon).Energy;
        Assert.Equal(Energy(3.4), 0.0104 * slopes[0], 1e-12);
        Assert.Equal((Energy(3.4 + 1e-5) - Energy(3.4 - 1e-5)) / 2e-5, slopes[1], 1e-6);
    }
}
