using Microsoft.FSharp.Collections;
using Noether.Kernels;
using Noether.Learning;
using Noether.Training;
using Xunit;

namespace Noether.Tests;

/// <summary>ANI models, as C# sees them; of random weights, so that no published file is needed.</summary>
public sealed class AniTests : IDisposable
{
    private static readonly Structure Water =
        Structure.Create(["O", "H", "H"], [0, 0, 0, 0.757, 0.586, 0, -0.757, 0.586, 0]);

    private readonly string path = Path.Combine(Directory.CreateTempSubdirectory("noether-").FullName, "tiny.safetensors");

    public AniTests()
    {
        FSharpList<T> List<T>(params T[] items) => ListModule.OfSeq(items);
        AniSettings settings = new(
            List(1, 8),
            AniSettingsModule.environmentsOf2x(2),
            List(List(6), List(5, 4)),
            3,
            List(-0.5, -75.0),
            PhysicalUnits.Hartree);
        Training.LearnedModel model = new(
            "tiny",
            AniFamily.architecture(settings),
            Ani.fresh(settings, AutoDiff.Precision.Float32, RandomKey.FromSeed(1)),
            MapModule.Empty<string, Training.Metrics>());
        Assert.True(ModelFile.write(path, model).IsOk);
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(path)!, true);

    [Fact]
    public void A_model_is_a_potential_and_a_committee()
    {
        AniModel model = AniModel.Read(path);
        Assert.Equal(("tiny", 3), (model.Name, model.Members));
        Assert.Equal(["H", "O"], model.Elements);
        AniCommittee committee = model.Committee(Water);
        Evaluation mean = model.Potential().Evaluate(Water);

        // Energies near 2000 eV: some ten units in their last place.
        Assert.Equal(committee.Mean, mean.Energy, 1e-11);
        Assert.Equal(9, committee.AtomEnergies.Length);
        Assert.Equal(committee.Deviation / Math.Sqrt(3), committee.PerRootAtom, 1e-12);
        Assert.Equal(committee.Energies.Span[1], model.Select(1).Potential().Evaluate(Water).Energy, 1e-11);

        // Single precision is right to seven digits of the networks' part, which is some tens of eV.
        Assert.Equal(mean.Energy, model.Potential(Precision.Float32).Evaluate(Water).Energy, 1e-4);
    }

    [Fact]
    public void What_was_saved_is_read_again_and_what_is_nowhere_is_asked_for()
    {
        string copy = Path.ChangeExtension(path, ".copy.safetensors");
        AniModel.Read(path).Save(copy);
        double Energy(string file) => AniModel.Read(file).Potential().Evaluate(Water).Energy;
        Assert.Equal(Energy(path), Energy(copy));
        Assert.Contains("aiqm/ani-model-zoo", Assert.Throws<NoetherException>(() => AniModel.Read("ani-99x")).Message);
    }

    [Fact]
    public void An_element_outside_the_model_is_refused_by_its_name()
    {
        Structure gold = Structure.Create(["Au"], [0, 0, 0]);
        NoetherException refused =
            Assert.Throws<NoetherException>(() => AniModel.Read(path).Potential().Evaluate(gold));
        Assert.Contains("element Au", refused.Message);
    }

    [Fact]
    public void Thermochemistry_is_that_of_an_ideal_gas()
    {
        // Two atoms on a spring: 2358.6 cm⁻¹, 1.0977 Å; NIST-JANAF has 191.609 J/(mol K).
        Structure nitrogen = Structure.Create(["N", "N"], [0, 0, 0, 1.0977, 0, 0]);
        Potential spring = Potential.HarmonicBonds(nitrogen, [(0, 1)], 71.65, 1.0977);
        Thermochemistry gas = spring.Thermochemistry(nitrogen);
        Assert.Equal(2, gas.SymmetryNumber);
        Assert.Equal(191.609, 1000 * gas.Entropy / PhysicalUnits.KilojoulePerMole, 0.2);
        Assert.Equal(gas.Enthalpy - (298.15 * gas.Entropy), gas.FreeEnergy, 1e-12);
        Assert.Throws<ArgumentOutOfRangeException>(() => spring.Thermochemistry(nitrogen, symmetryNumber: 0));
    }
}
