using Noether.Kernels;
using Xunit;

namespace Noether.Tests.Examples;

/// <summary>The examples of potentials and of what follows from their derivatives.</summary>
public sealed class PotentialExamples
{
    [Fact]
    public void Evaluation_of_a_dimer()
    {
        Potential argon = Potential.LennardJones(epsilon: 0.0104, sigma: 3.4, cutoff: 8.5, Truncation.ForceShifted);
        Evaluation evaluation = argon.Evaluate(Structure.Create(["Ar", "Ar"], [0, 0, 0, 0, 0, 3.8]));
        Console.WriteLine($"{evaluation.Energy:F5} eV, force on atom 0 {evaluation.Forces.Span[2]:F5} eV/Å along z");

        Assert.True(evaluation.Energy < 0.0);

        Potential single = argon.WithPrecision(Precision.Float32);   // the same to some seven digits

        Structure dimer = Structure.Create(["Ar", "Ar"], [0, 0, 0, 0, 0, 3.8]);

        // Ten roundings of 6e-8 in powers of up to twelve.
        Assert.Equal(evaluation.Energy, single.Evaluate(dimer).Energy, 1e-5 * Math.Abs(evaluation.Energy));
        Assert.NotEqual(evaluation.Energy, single.Evaluate(dimer).Energy);
    }

    [Fact]
    public void Networks()
    {
        IReadOnlyList<Structure> crystals = Structure.ReadAll("scripts/data/carbon.extxyz");
        NequipModel model = NequipModel.Create(NequipSettings.Tutorial, seed: 0);
        Potential learned = model.WithPrecision(Precision.Float64).Potential;
        Evaluation evaluation = learned.Evaluate(crystals[0]);   // with stress

        Assert.Equal(9, evaluation.Stress.Length);
    }

    [Fact]
    public void Charges()
    {
        Dictionary<string, double> ions = new() { ["Na"] = 1, ["Cl"] = -1 };
        Potential salt = Potential.Coulomb(ions, accuracy: 1e-6);

        Structure crystal = Crystal.RockSalt("Na", "Cl", 5.64);
        double madelung = 14.399645478425667 * 1.7475645946331822 / 2.82;

        // Four formula units; the energy of a perfect crystal is nearer than its forces' accuracy times a distance.
        Assert.Equal(-4 * madelung, salt.Evaluate(crystal).Energy, 1e-4);
        Potential direct = Potential.Coulomb(ions, cutoff: 3, method: ChargeMethod.Direct);
        Assert.Equal(-8 * 6 / 2 * 14.399645478425667 / 2.82, direct.Evaluate(crystal).Energy, 1e-10);
        Assert.Throws<NoetherException>(() => Potential.Coulomb().Evaluate(crystal));
    }

    [Fact]
    public void Polar_crystals()
    {
        Dictionary<string, double> ions = new() { ["Na"] = 1, ["Cl"] = -1 };
        Potential salt = Potential.Coulomb(ions, accuracy: 1e-6, cutoff: 7)
            + Potential.Buckingham(1200, 0.316, 0, 6, Truncation.ForceShifted);
        Phonons phonons = salt.Phonons(Crystal.RockSalt("Na", "Cl", 5.7, primitive: true), 2, 2, 2)
            .WithBornCharges(
                Tensor.Identity(3),
                Tensor.Create([1, 0, 0, 0, 1, 0, 0, 0, 1, -1, 0, 0, 0, -1, 0, 0, 0, -1], 2, 3, 3));
        ReadOnlySpan<double> limit = phonons.FrequenciesTowards(1, 0, 0).Span;
        ReadOnlySpan<double> without = phonons.Frequencies(0, 0, 0).Span;
        Assert.True(limit[5] > limit[4] + 1);
        Assert.Equal(without[5], limit[4], 1e-6);
        Assert.Throws<NoetherException>(() => Potential.Dipoles().Evaluate(Crystal.RockSalt("Na", "Cl", 5.7)));
    }

    [Fact]
    public void Mixtures()
    {
        var table = PairTable.OfPairs(
            new PairEntry("Na", "Cl", 8.0, 1256.3, 0.3222, 0.0),
            new PairEntry("Cl", "Cl", 8.0, 3485.0, 0.2964, 29.06));
        Potential buckingham = Potential.Buckingham(table, Truncation.Shifted);
        PairTable rareGases = PairTable.Mixed(
            MixingRule.LorentzBerthelot, 8.5, ("Ar", [0.0104, 3.40]), ("Kr", [0.0140, 3.65]));
        Potential mixture = Potential.LennardJones(rareGases, Truncation.ForceShifted);

        Structure pair = Structure.Create(["Na", "Cl"], [0, 0, 0, 0, 0, 2.5]);
        double expected = 1256.3 * (Math.Exp(-2.5 / 0.3222) - Math.Exp(-8.0 / 0.3222));

        // The exponential of 7.8, in a few roundings.
        Assert.Equal(expected, buckingham.Evaluate(pair).Energy, 1e-13);

        Structure unlike = Structure.Create(["Ar", "Kr"], [0, 0, 0, 0, 0, 3.8]);
        Potential mean = Potential.LennardJones(
            Math.Sqrt(0.0104 * 0.0140), 0.5 * (3.40 + 3.65), 8.5, Truncation.ForceShifted);
        Assert.Equal(mean.Evaluate(unlike).Energy, mixture.Evaluate(unlike).Energy, 1e-15);
        Structure unknown = Structure.Create(["Na", "Na"], [0, 0, 0, 0, 0, 2.5]);
        Assert.Throws<NoetherException>(() => buckingham.Evaluate(unknown));
    }

    [Fact]
    public void Nuclear_repulsion()
    {
        Potential repulsion = Potential.ZieglerBiersackLittmark(["Si", "C"], 2.0, Truncation.CurvatureShifted(1.5));

        Structure pair = Structure.Create(["C", "Si"], [0, 0, 0, 0, 0, 0.5]);
        Assert.InRange(repulsion.Evaluate(pair).Energy, 230.0, 240.0);
    }

    private readonly struct Gaussian : IRadialFunction
    {
        public T Evaluate<T>(T r, ReadOnlySpan<T> p)
            where T : IReal<T> => p[0] * T.Exp(-(r * r) / (p[1] * p[1]));
    }

    [Fact]
    public void Functions_of_ones_own()
    {
        Potential bell = Potential.OfExpression(
            "bell", r => 0.1 * Tensor.Exp(-(r * r)), [("Ar", "Ar")], cutoff: 4.0, Truncation.Shifted);

        Structure crystal = Crystal.FaceCentredCubic("Ar", 3.0).Rattle(0.1, seed: 1);
        Potential twin = Potential.OfFunction("twin", default(Gaussian), [0.1, 1.0], 4.0, Truncation.Shifted);
        Evaluation one = bell.Evaluate(crystal), other = twin.Evaluate(crystal);

        // A few hundred pairs of 0.01 eV each.
        Assert.Equal(other.Energy, one.Energy, 1e-13);
        Assert.Equal(other.Forces.Span[0], one.Forces.Span[0], 1e-13);
    }

    [Fact]
    public void Energies_as_a_function()
    {
        Structure argon = Crystal.FaceCentredCubic("Ar", 5.3).Rattle(0.1, seed: 1);
        Potential potential = Potential.LennardJones(0.0104, 3.4, 8.5, Truncation.ForceShifted);
        Tensor forces = -Differentiate.Gradient(x => potential.AtomEnergies(argon, x).Sum(), argon.Positions);

        double[] expected = potential.Evaluate(argon).Forces.ToArray();
        Assert.All(expected.Zip(forces.Elements.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-13));
    }

    [Fact]
    public void Calculators()
    {
        Structure crystal = Crystal.FaceCentredCubic("Ar", 5.3).Repeat(3, 3, 3);
        var calculator = new Calculator(Potential.LennardJones(0.0104, 3.4, 8.5, Truncation.ForceShifted));

        for (ulong seed = 0; seed < 10; seed++)
        {
            Console.WriteLine(calculator.Evaluate(crystal.Rattle(0.05, seed)).Energy);
        }

        Structure last = crystal.Rattle(0.05, 10);

        // 108 atoms of some 0.07 eV: rounding of sums in another order.
        Assert.Equal(calculator.Potential.Evaluate(last).Energy, calculator.Evaluate(last).Energy, 1e-12);
    }

    [Fact]
    public void Silicon()
    {
        Potential silicon = Potential.ParseStillingerWeber(
            "Si Si Si 2.1683 2.0951 1.80 21.0 1.20 -0.333333333333 7.049556277 0.6022245584 4.0 0.0 0.0");
        ElasticConstants elastic = silicon.ElasticConstants(Crystal.Diamond("Si", 5.431, primitive: true));
        double c11 = elastic.Relaxed[0, 0] / PhysicalUnits.GPa;   // 151.4 GPa
        Phonons phonons = silicon.Phonons(Crystal.Diamond("Si", 5.431, primitive: true), 4, 4, 4);
        double optical = phonons.Frequencies(0, 0, 0).Span[5];   // 17.8 THz at Γ
        PhononBands bands = phonons.Path([new("Γ", 0, 0, 0), new("X", 0.5, 0.5, 0)], steps: 20);

        ElasticAverages averages = elastic.Averages();

        // Of a cubic crystal, K = (C₁₁ + 2C₁₂)/3 by any average, and Hill's shear modulus lies between the others.
        double bulk = (elastic.Relaxed[0, 0] + (2.0 * elastic.Relaxed[0, 1])) / 3.0;
        Assert.Equal(bulk, averages.Voigt.Bulk, 1e-12);
        Assert.Equal(bulk, averages.Reuss.Bulk, 1e-12);
        Assert.InRange(averages.Hill.Shear, averages.Reuss.Shear, averages.Voigt.Shear);
        Assert.True(averages.IsStable);
        Assert.Equal("151.4", c11.ToString("F1", null));
        Assert.Equal("17.8", optical.ToString("F1", null));
        Assert.Equal([21, 6], bands.Terahertz.Shape.ToArray());
        Assert.Equal(optical, bands.Terahertz[0, 5], 1e-12);
        IReadOnlyList<Wavevector> usual = phonons.UsualPaths[0];
        Assert.Equal("Γ", usual[0].Label);
        Assert.Equal(optical, phonons.Path(usual, 1).Terahertz[0, 5], 1e-12);
    }

    [Fact]
    public void Water()
    {
        Potential water =
            Potential.HarmonicBonds(Molecule.Water, [(0, 1), (0, 2)], stiffness: 19.5, distance: 0.9572)
            + Potential.HarmonicAngles(Molecule.Water, [(1, 0, 2)], stiffness: 2.39, angle: 104.52);
        Vibrations vibrations = water.Vibrations(Molecule.Water);
        Console.WriteLine($"{vibrations.Wavenumbers.Span[8]:F0} cm⁻¹, zero point {vibrations.ZeroPointEnergy:F3} eV");

        // Three vibrations and six motions of the whole, whose frequencies are roots of rounding.
        Assert.All(vibrations.Wavenumbers.ToArray()[..6], number => Assert.InRange(Math.Abs(number), 0.0, 1e-2));
        Assert.InRange(vibrations.Wavenumbers.Span[6], 1000.0, 5000.0);
    }

    [Fact]
    public void Equations_of_state()
    {
        Potential argon = Potential.LennardJones(0.0104, 3.4, 8.5, Truncation.ForceShifted);
        EquationOfState state = argon.EquationOfState(Crystal.FaceCentredCubic("Ar", 5.3));
        double edge = Math.Cbrt(state.Volume);                            // Å
        double gigapascals = state.BulkModulus / PhysicalUnits.GPa;

        Assert.InRange(edge, 5.2, 5.4);
        Assert.InRange(gigapascals, 1.0, 5.0);
    }

    [Fact]
    public void Ends()
    {
        Potential smooth = Potential.Morse(0.34, 1.36, 2.87, cutoff: 6.3, Truncation.Smooth(onset: 5.0));
        Evaluation black = new() { Energy = -1.5, Forces = new double[] { 0, 0, 0.1, 0, 0, -0.1 } };

        Assert.Equal(6.3, smooth.Cutoff);
        Assert.True(black.Stress.IsEmpty);
    }

    [Fact]
    public void Relaxations()
    {
        var underPressure = new RelaxationOptions { Cell = CellRelaxation.Volume, Pressure = 2.0, Force = 1e-4 };
        RelaxationOptions slab = new() { Minimizer = Minimizer.Fire, Held = (atom, axis) => atom < 8 };

        Structure perfect = Crystal.FaceCentredCubic("Ar", 5.3);
        Assert.True(slab.Held(7, 0) && !slab.Held(8, 0));
        Assert.True(
            Potential.LennardJones(0.0104, 3.4, 8.5, Truncation.ForceShifted).Relax(perfect, underPressure)
                .Structure.Cell.Volume < 5.3 * 5.3 * 5.3);

        Potential argon = Potential.LennardJones(0.0104, 3.4, 8.5, Truncation.ForceShifted);
        Structure crystal = Crystal.FaceCentredCubic("Ar", 5.5).Rattle(0.05, seed: 1);
        RelaxationStep last = argon.Relax(crystal, new RelaxationOptions { Cell = CellRelaxation.Full, Force = 1e-4 });
        Console.WriteLine($"{last.Status} after {last.Step} steps, {last.Evaluation.Energy:F6} eV");

        Assert.Equal(RelaxationStatus.Converged, last.Status);
    }

    [Fact]
    public void Laws()
    {
        Potential argon = Potential.LennardJones(0.0104, 3.4, 8.5, Truncation.ForceShifted);
        LawReport report = PotentialLaws.Check(argon, ["Ar"], new LawOptions { Samples = 20 });
        Console.WriteLine(report);   // a row for each law, and the smallest structure that breaks one

        Assert.True(report.Passed, report.ToString());
    }
}
