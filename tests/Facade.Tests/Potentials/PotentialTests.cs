using Microsoft.FSharp.Collections;
using Noether.Kernels;
using Xunit;

namespace Noether.Tests;

/// <summary>Potentials and their laws, as C# sees them.</summary>
public sealed class PotentialTests
{
    private static readonly Potential Argon =
        Potential.LennardJones(epsilon: 0.0104, sigma: 3.4, cutoff: 8.5, Truncation.ForceShifted);

    /// <summary>A function of a user's own: p₀ e^(−r²/p₁²).</summary>
    private readonly struct Gaussian : IRadialFunction
    {
        public T Evaluate<T>(T r, ReadOnlySpan<T> parameters)
            where T : IReal<T> => parameters[0] * T.Exp(-(r * r) / (parameters[1] * parameters[1]));
    }

    [Fact]
    public void A_dimer_has_the_energy_and_forces_of_the_formula()
    {
        const double r = 3.8, end = 8.5;
        Evaluation dimer = Argon.Evaluate(Structure.Create(["Ar", "Ar"], [0, 0, 0, 0, 0, r]));
        double expected = U(r) - U(end) - (Slope(end) * (r - end));
        double force = -(Slope(r) - Slope(end));

        // Numbers of the size 0.01 with some ten operations: 1e-15.
        Assert.Equal(expected, dimer.Energy, 1e-15);
        double[] forces = [0, 0, -force, 0, 0, force];
        Assert.All(forces.Zip(dimer.Forces.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-15));
        Assert.Equal(r * force, dimer.Virial.Span[8], 1e-14);
        Assert.Equal(dimer.Energy, dimer.AtomEnergies.Span[0] + dimer.AtomEnergies.Span[1], 1e-15);
        Assert.True(dimer.Stress.IsEmpty);

        static double U(double r) => 4 * 0.0104 * (Math.Pow(3.4 / r, 12) - Math.Pow(3.4 / r, 6));
        static double Slope(double r) => 4 * 0.0104 * ((-12 * Math.Pow(3.4 / r, 12)) + (6 * Math.Pow(3.4 / r, 6))) / r;
    }

    [Fact]
    public void Potentials_add_multiply_and_restrict_themselves()
    {
        Potential well = Potential.Morse(depth: 0.34, width: 1.36, distance: 2.87, cutoff: 6.3, Truncation.Smooth(5.0));
        Potential hill = Potential.OfFunction("hill", default(Gaussian), [1.0, 2.0], cutoff: 6.0, Truncation.Cosine);
        Structure crystal = Structure.Create(["Al", "Ar"], [0, 0, 0, 1.9, 2.1, 0.4], Cell.Cubic(5.0));
        Evaluation sum = (well + (0.5 * hill)).Evaluate(crystal);
        Evaluation first = well.Evaluate(crystal), second = hill.Evaluate(crystal);
        Assert.Equal(first.Energy + (0.5 * second.Energy), sum.Energy, 1e-12);
        Assert.Equal(first.Stress.Span[0] + (0.5 * second.Stress.Span[0]), sum.Stress.Span[0], 1e-12);
        Assert.Equal("Morse + 0.5 × hill, cut-off 6.3 Å", (well + (0.5 * hill)).ToString());
        Assert.Equal(0.0, well.Among(["Ar"]).Evaluate(crystal).AtomEnergies.Span[0]);
    }

    [Fact]
    public void A_learned_model_is_read_from_its_file()
    {
        string path = Path.Combine(Path.GetTempPath(), $"noether-{Guid.NewGuid():N}.safetensors");
        var architecture = Learning.NequipFamily.architecture(
            Learning.ScaleShiftModule.plain(ListModule.OfSeq([6])), Learning.NequipModule.tutorial);
        Learning.Trainable trainable =
            Domain.Outcome.getOrFail(Learning.ArchitectureModule.trainable("model", architecture));
        var parameters = trainable.Init.Invoke(AutoDiff.Precision.Float32).Invoke(RandomKey.FromSeed(3));
        Training.LearnedModel model = new("model", architecture, parameters, new([]));

        try
        {
            Domain.Outcome.getOrFail(Training.ModelFile.write(path, model));
            Potential read = Potential.ReadModel(path);
            Assert.Equal(Path.GetFileNameWithoutExtension(path), read.Name);
            Assert.Equal(2.0, read.Cutoff);
            Structure dimer = Structure.Create(["C", "C"], [0, 0, 0, 0, 0, 1.4]);
            Assert.Equal(0, read.Evaluate(dimer).Forces.Span[2] + read.Evaluate(dimer).Forces.Span[5], 1e-12);
        }
        finally
        {
            File.Delete(path);
        }

        Assert.Equal(ErrorCode.FileFailure, Assert.Throws<NoetherException>(() => Potential.ReadModel(path)).Code);
    }

    [Fact]
    public void Mistakes_of_the_outside_world_are_reported()
    {
        var failure = Assert.Throws<NoetherException>(() => Potential.LennardJones(1, 1, 0, Truncation.None));
        Assert.Equal("the cut-off is 0, expected a positive finite length in Å", failure.Message);
        Structure overlap = Structure.Create(["Ar", "Ar"], [1, 1, 1, 1, 1, 1]);
        Assert.Equal(ErrorCode.NonFinite, Assert.Throws<NoetherException>(() => Argon.Evaluate(overlap)).Code);
        Assert.Throws<NoetherException>(() => PotentialLaws.Check(Argon, ["Q"]));
    }

    [Fact]
    public void Potentials_of_the_library_and_of_users_keep_every_law()
    {
        Potential hill = Potential.OfFunction("hill", default(Gaussian), [1.0, 2.0], 6.0, Truncation.Smooth(3.0));

        foreach (Potential potential in new[] { Argon, hill, Argon + hill })
        {
            LawReport report = PotentialLaws.Check(potential, ["Ar", "Kr"]);
            Assert.True(report.Passed, report.ToString());
            Assert.Empty(report.Broken);
            Assert.Contains(report.Findings, finding => finding.Law == "fused and composed");
        }
    }

    [Fact]
    public void A_broken_law_comes_with_a_structure_that_shows_it()
    {
        Potential torn = Potential.LennardJones(0.0104, 3.4, 8.5, Truncation.None);
        LawReport report = PotentialLaws.Check(torn, ["Ar"]);
        Assert.False(report.Passed);
        LawFinding jump = report.Broken.Single(finding => finding.Law == "smooth energy");
        Assert.Equal(1, jump.Shown.Count);
        Assert.True(jump.Violation > jump.Tolerance);
        Assert.Null(jump.Failure);
        Assert.Contains(jump.ToString(), report.ToString(), StringComparison.Ordinal);
        Assert.Equal(report.ToString(), PotentialLaws.Check(torn, ["Ar"]).ToString());
        var modest = new LawOptions { Smoothness = Smoothness.None, Samples = 30, Seed = 5 };
        LawReport honest = PotentialLaws.Check(torn, ["Ar"], modest);
        Assert.True(honest.Passed, honest.ToString());
        Assert.All(honest.Findings, finding => Assert.Equal(30, finding.Samples));
    }

    [Fact]
    public void A_black_box_keeps_the_laws_or_is_caught()
    {
        LawReport good = PotentialLaws.Check("box", Argon.Evaluate, ["Ar"], cutoff: 8.5);
        Assert.True(good.Passed, good.ToString());

        Evaluation Bare(Structure s) => new() { Energy = Argon.Evaluate(s).Energy, Forces = Argon.Evaluate(s).Forces };
        LawReport bare = PotentialLaws.Check("bare", Bare, ["Ar"], 8.5, new LawOptions { Virial = false });
        Assert.True(bare.Passed, bare.ToString());
        Assert.DoesNotContain(bare.Findings, finding => finding.Law == "virial");

        Evaluation Wrong(Structure s) => Argon.Evaluate(s) with { Forces = new double[3 * s.Count] };
        LawReport wrong = PotentialLaws.Check("wrong", Wrong, ["Ar"], cutoff: 8.5);
        Assert.Contains(wrong.Broken, finding => finding.Law == "forces");

        Evaluation Failing(Structure s) =>
            s.Count == 2 ? throw new InvalidOperationException("two is a crowd") : Argon.Evaluate(s);
        LawReport failing = PotentialLaws.Check("failing", Failing, ["Ar"], cutoff: 8.5);
        Assert.Contains(failing.Broken, finding => finding.Failure == "two is a crowd");
        Assert.Contains("it failed: two is a crowd", failing.ToString(), StringComparison.Ordinal);
    }
}
