using Xunit;

namespace Noether.Tests.Examples;

/// <summary>The examples of tensors, of their derivatives, and of learning.</summary>
public sealed class DifferentiationExamples
{
    [Fact]
    public void Slopes()
    {
        Tensor x = Tensor.Vector(1.0, 2.0, 3.0);
        Tensor slope = Differentiate.Gradient(v => (v * v).Sum(), x);   // [2, 4, 6]

        Assert.Equal(Tensor.Vector(2.0, 4.0, 6.0), slope);
    }

    [Fact]
    public void Second_derivatives()
    {
        static Tensor Rosenbrock(Tensor x)
        {
            Tensor a = x.Slice(0, 0, 1), b = x.Slice(0, 1, 2);
            return ((1.0 - a) * (1.0 - a) + 100.0 * (b - a * a) * (b - a * a)).Sum();
        }

        Tensor point = Tensor.Vector(-1.2, 1.0);
        Tensor gradient = Differentiate.Gradient(Rosenbrock, point);   // [−215.6, −88]
        Tensor hessian = Differentiate.Hessian(Rosenbrock, point);     // [[1330, 480], [480, 200]]

        // Ten roundings of numbers of the size 1000.
        Assert.Equal(-215.6, gradient[0], 1e-11);
        Assert.Equal(-88.0, gradient[1], 1e-11);
        Assert.Equal(1330.0, hessian[0, 0], 1e-11);
        Assert.Equal(480.0, hessian[0, 1], 1e-11);
        Assert.Equal(200.0, hessian[1, 1], 1e-11);
    }

    [Fact]
    public void Settings()
    {
        NequipSettings settings = NequipSettings.Tutorial with { Cutoff = 3.0, Elements = ["C", "H"] };

        Assert.Equal(3.0, settings.Cutoff);
    }

    [Fact]
    public async Task Learning()
    {
        IReadOnlyList<Structure> crystals = Structure.ReadAll("scripts/data/carbon.extxyz");
        NequipModel model = NequipModel.Create(NequipSettings.Tutorial, seed: 0);
        TrainingResult result = await model.TrainAsync(
            crystals, crystal => crystal.Number("energy_per_atom"), new TrainingOptions { Steps = 20 });
        Prediction prediction = result.Model.Predict(crystals[0]);

        Assert.Equal(crystals[0].Count, prediction.AtomEnergies.Size);
    }
}
