using Xunit;

namespace Noether.Tests;

/// <summary>Lists, potentials, relaxation and what follows from second derivatives, through the facade.</summary>
public sealed class PhysicsTests
{
    private static readonly Potential Argon =
        Potential.LennardJones(epsilon: 0.0104, sigma: 3.4, cutoff: 8.5, Truncation.ForceShifted);

    [Fact]
    public void Lists_say_which_image_of_which_atom()
    {
        Structure atom = Crystal.SimpleCubic("Po", 2.0);
        NeighborList list = NeighborList.Build(atom, 2.1);
        Assert.Equal([0, 0, 0, 0, 0, 0], list.Receivers.ToArray());
        Assert.Equal([0, 6], list.Starts.ToArray());
        Assert.Equal([-1, 0, 0], list.Shifts[..3].ToArray());
        Assert.Equal(Tensor.Vector(2, 2, 2, 2, 2, 2), list.Distances(atom));
        Assert.Equal(list.Vectors(atom), list.Vectors(atom, atom.Positions));
        Assert.Equal(3, list.Half().Count);
        Assert.Equal(list, NeighborList.Build(atom, 2.1));
        Structure salt = Crystal.RockSalt("Na", "Cl", 5.64);
        Assert.Equal(2 * 4 * 6, NeighborList.Build(salt, ("Na", "Cl", 3.0)).Count);
        double[] radii = [.. salt.Symbols.Select(symbol => symbol == "Cl" ? 1.9 : 1.0)];
        Assert.Equal(2 * 4 * 6, NeighborList.BuildByRadius(salt, radii).Count);
        Assert.Throws<NoetherException>(() => NeighborList.BuildByRadius(salt, [1.0]));
        Assert.Throws<NoetherException>(() => NeighborList.Build(atom, -1.0));
        Assert.Throws<ArgumentOutOfRangeException>(() => list.Of(1).Length);
    }

    [Fact]
    public void Observables_have_the_values_of_their_definitions()
    {
        Structure start = Structure.Create(["He", "Ne"], [0, 0, 0, 1, 1, 1], Cell.Cubic(4.0));
        var displacement = MeanSquareDisplacement.Create(2)
            .Add(start).Add(start.Translate(1, 0, 0)).Add(start.Translate(3, 0, 0));
        Assert.Equal([0.0, (1.0 + 4.0) / 2.0, 9.0], displacement.Values.ToArray());
        Structure salt = Crystal.RockSalt("Na", "Cl", 5.64);
        (double distance, double density) = RadialDistribution.Between("Na", "Cl", 3.0, 30).Add(salt).Values[28];
        double shell = 4.0 / 3.0 * Math.PI * (Math.Pow(2.9, 3) - Math.Pow(2.8, 3));

        // Six neighbours at 2.82 Å where four in the cell would give 4 · shell/V.
        Assert.Equal(2.85, distance, 1e-12);
        Assert.Equal(6.0 / (4.0 * shell / Math.Pow(5.64, 3)), density, 1e-10);
        Assert.Equal(0.0, RadialDistribution.Create(3.0, 30).Add(salt).Values[0].Density);
        IReadOnlyList<(double Angle, double Density)> angles = AngularDistribution.Create(3.0, 18).Add(salt).Values;

        // Of the fifteen angles of six bonds twelve are right, which rounding may put into either bin beside 90°.
        Assert.Equal(12.0 / 15.0, 10.0 * (angles[8].Density + angles[9].Density), 1e-12);
        Assert.Throws<NoetherException>(() => RadialDistribution.Create(3.0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => MeanSquareDisplacement.Create(-1));
    }

    [Fact]
    public void A_list_that_does_not_serve_is_refused()
    {
        Structure crystal = Crystal.FaceCentredCubic("Ar", 5.3).Repeat(3, 3, 3);
        VerletList list = VerletList.Build(crystal, 8.5, 0.5);
        Structure far = crystal.Rattle(0.5, seed: 1);
        Assert.False(list.IsValid(far));
        Assert.Throws<NoetherException>(() => Argon.Evaluate(far, list));
        Assert.Throws<NoetherException>(() => Argon.Evaluate(crystal, VerletList.Build(crystal, 5.0, 0.5)));
        Assert.Same(list, list.Update(crystal));
        Structure near = crystal.Rattle(0.02, seed: 1);
        Assert.Equal(Argon.Evaluate(near).Energy, Argon.Evaluate(near, list).Energy, 1e-12);
    }

    [Fact]
    public void A_calculator_serves_many_threads()
    {
        Structure crystal = Crystal.FaceCentredCubic("Ar", 5.3).Repeat(2, 2, 2);
        Structure[] structures =
            [.. Enumerable.Range(0, 20).Select(i => crystal.Rattle(i % 2 == 0 ? 0.02 : 0.6, (ulong)i))];
        IReadOnlyList<Evaluation> expected = Argon.EvaluateMany(structures);
        var calculator = new Calculator(Argon, skin: 0.3);
        Parallel.For(0, structures.Length, i =>
        {
            Evaluation found = calculator.Evaluate(structures[i]);

            // Some 2000 pairs in another order.
            Assert.Equal(expected[i].Energy, found.Energy, 1e-11 * Math.Abs(expected[i].Energy));
        });
        Assert.Throws<NoetherException>(() => new Calculator(Argon, skin: -1.0));
    }

    public static TheoryData<string> Functions => ["Buckingham", "Born", "Yukawa", "Soft", "Spring", "Morse"];

    [Theory]
    [MemberData(nameof(Functions))]
    public void Functions_have_the_values_of_their_formulas(string name)
    {
        const double r = 2.3;
        (Potential potential, double expected) = name switch
        {
            "Buckingham" => (
                Potential.Buckingham(1000.0, 0.3, 20.0, 6.0, Truncation.None),
                (1000.0 * Math.Exp(-r / 0.3)) - (20.0 / Math.Pow(r, 6))),
            "Born" => (
                Potential.Born(PairTable.Everywhere(6.0, 0.2, 0.3, 2.0, 20.0, 10.0), Truncation.None),
                (0.2 * Math.Exp((2.0 - r) / 0.3)) - (20.0 / Math.Pow(r, 6)) + (10.0 / Math.Pow(r, 8))),
            "Yukawa" => (Potential.Yukawa(2.0, 0.5, 6.0, Truncation.None), 2.0 * Math.Exp(-0.5 * r) / r),
            "Soft" => (Potential.SoftRepulsion(2.0, 3.0), 2.0 * (1.0 + Math.Cos(Math.PI * r / 3.0))),
            "Spring" => (Potential.Spring(3.0, 2.0, 6.0, Truncation.None), 0.5 * 3.0 * 0.3 * 0.3),
            _ => (
                Potential.Morse(PairTable.Everywhere(6.0, 0.5, 1.2, 2.0), Truncation.None),
                0.5 * (Math.Exp(-2.4 * 0.3) - (2.0 * Math.Exp(-1.2 * 0.3)))),
        };
        Evaluation dimer = potential.Evaluate(Structure.Create(["Ne", "Xe"], [0, 0, 0, 0, 0, r]));

        // Numbers of order one in ten operations.
        Assert.Equal(expected, dimer.Energy, 1e-14);
    }

    [Fact]
    public void Screened_nuclei_repel_by_the_universal_function()
    {
        const double r = 0.5;
        double x = r * (Math.Pow(14, 0.23) + Math.Pow(6, 0.23)) / 0.46850;
        double screening = (0.18175 * Math.Exp(-3.19980 * x)) + (0.50986 * Math.Exp(-0.94229 * x))
            + (0.28022 * Math.Exp(-0.40290 * x)) + (0.02817 * Math.Exp(-0.20162 * x));
        Potential zbl = Potential.ZieglerBiersackLittmark(["Si", "C"], 2.0, Truncation.None);
        Structure pair = Structure.Create(["C", "Si"], [0, 0, 0, 0, 0, r]);
        double expected = PhysicalUnits.Coulomb * 14 * 6 * screening / r;
        Assert.Equal(expected, zbl.Evaluate(pair).Energy, 1e-12 * expected);
    }

    [Fact]
    public void Files_of_parameters_that_are_wrong_say_where()
    {
        var failure = Assert.Throws<NoetherException>(() => Potential.ParseStillingerWeber("Si Si Si 1 2 x", "my.sw"));
        Assert.Equal(new FilePlace("my.sw", 1, 14), failure.Place);
        Assert.Throws<NoetherException>(() => Potential.ReadTersoff("missing.tersoff"));
        Assert.Throws<NoetherException>(() => Potential.ParseEmbeddedAtom("nothing"));
        Assert.Throws<NoetherException>(() => Potential.ParseEmbeddedAtom("nothing", EmbeddedAtomFormat.Funcfl));
        Assert.Throws<NoetherException>(() => Potential.ReadStillingerWeber("missing.sw"));
        Assert.Throws<NoetherException>(() => Potential.ReadEmbeddedAtom("missing.eam"));
    }

    [Fact]
    public void Tersoff_binds_silicon()
    {
        // Si(C) of J. Tersoff, Phys. Rev. B 38, 9902 (1988): -4.63 eV for each atom at 5.432 Å.
        Potential silicon = Potential.ParseTersoff(
            "Si Si Si 3 1 1.3258 4.8381 2.0417 0 22.956 0.33675 1.3258 95.373 3.0 0.2 3.2394 3264.7");
        Structure crystal = Crystal.Diamond("Si", 5.432);
        Assert.Equal(-4.63, silicon.Evaluate(crystal).Energy / 8.0, 0.01);
    }

    [Fact]
    public void A_table_of_one_element_embeds_its_atoms()
    {
        // F(ρ) = −0.1ρ, ρ(r) = 1 − r/5 and no charge, in six knots each: straight lines, which splines keep.
        Potential potential = Potential.ParseEmbeddedAtom(
            """
            straight lines
            18 39.948 5.3 fcc
            6 0.5 6 1.0 5.0
            0 -0.05 -0.1 -0.15 -0.2 -0.25
            0 0 0 0 0 0
            1.0 0.8 0.6 0.4 0.2 0.0
            """,
            EmbeddedAtomFormat.Funcfl);
        Structure dimer = Structure.Create(["Ar", "Ar"], [0, 0, 0, 0, 0, 2.5]);
        Assert.Equal(2 * -0.1 * 0.5, potential.Evaluate(dimer).Energy, 1e-12);
    }

    [Fact]
    public void Bonds_angles_and_torsions_have_their_energies()
    {
        Structure butane = Molecule.Alkane(4);
        int[] carbons = [.. Enumerable.Range(0, butane.Count).Where(i => butane.Symbols[i] == "C")];
        (int, int)[] bonds = [(carbons[0], carbons[1])];
        Assert.Equal(
            0.5 * 0.029 * 0.029, Potential.HarmonicBonds(butane, bonds, 0.5, 1.5).Evaluate(butane).Energy, 1e-12);
        double morse = Math.Pow(1.0 - Math.Exp(-2.0 * 0.029), 2);
        Assert.Equal(morse, Potential.MorseBonds(butane, bonds, 1.0, 2.0, 1.5).Evaluate(butane).Energy, 1e-12);
        double bend = Math.Acos(-1.0 / 3.0) - (Math.PI / 2.0);
        (int, int, int)[] angles = [(carbons[0], carbons[1], carbons[2])];
        Assert.Equal(
            3.0 * bend * bend, Potential.HarmonicAngles(butane, angles, 3.0, 90.0).Evaluate(butane).Energy, 1e-12);

        // The chain is all-trans: cos φ = −1, so the terms are 0, 0, 0 and 0 but for k₂ and k₄ at φ = 180°, also 0.
        (int, int, int, int)[] torsions = [(carbons[0], carbons[1], carbons[2], carbons[3])];
        Potential opls = Potential.OplsTorsions(butane, torsions, 0.1, 0.2, 0.3, 0.4);
        Assert.Equal(0.0, opls.Evaluate(butane).Energy, 1e-12);
        Assert.Throws<NoetherException>(() => Potential.HarmonicBonds(butane, [(0, 99)], 1.0, 1.0));
    }

    [Fact]
    public void The_product_with_the_Hessian_is_that_of_the_matrix()
    {
        Structure crystal = Crystal.FaceCentredCubic("Ar", 5.3).Rattle(0.1, seed: 1);
        Tensor hessian = Argon.Hessian(crystal), v = Tensor.Normal(2, 4, 3);
        Tensor product = Tensor.MatMul(hessian, v.Reshape(12, 1)).Reshape(4, 3);
        Tensor difference = Argon.HessianProduct(crystal)(v) - product;
        Assert.All(difference.Elements.ToArray(), x => Assert.Equal(0.0, x, 1e-13));
    }

    [Fact]
    public void Equations_of_state_tell_energy_and_pressure()
    {
        EquationOfState state = Argon.EquationOfState(Crystal.FaceCentredCubic("Ar", 5.25));
        Assert.Equal(0.0, state.PressureAt(state.Volume), 1e-12);
        Assert.Equal(state.Energy, state.EnergyAt(state.Volume), 1e-12);
        double[] volumes = [120, 130, 140, 150];
        EquationOfState again = EquationOfState.Fit(volumes, volumes.Select(state.EnergyAt));

        // Four points determine the four parameters; the fit solves for them in some 1e-9 of their size.
        Assert.Equal(state.BulkModulus, again.BulkModulus, 1e-8);
        Assert.Equal(state.BulkModulusDerivative, again.BulkModulusDerivative, 1e-5);
        Assert.Throws<NoetherException>(() => EquationOfState.Fit([1, 2, 3], [1, 2, 3]));
    }

    [Theory]
    [InlineData(Minimizer.Lbfgs)]
    [InlineData(Minimizer.Fire)]
    [InlineData(Minimizer.ConjugateGradients)]
    public async Task Every_minimizer_finds_the_crystal(Minimizer minimizer)
    {
        Structure start = Crystal.FaceCentredCubic("Ar", 5.3).Repeat(2, 2, 2).Rattle(0.1, seed: 4);
        var options = new RelaxationOptions { Minimizer = minimizer, Force = 1e-5 };
        RelaxationStep last = await Argon.RelaxAsync(start, options);
        Assert.Equal(RelaxationStatus.Converged, last.Status);

        // The energy errs with the square of the forces.
        double perfect = Argon.Evaluate(Crystal.FaceCentredCubic("Ar", 5.3).Repeat(2, 2, 2)).Energy;
        Assert.Equal(perfect, last.Evaluation.Energy, 1e-6);
    }

    [Fact]
    public async Task A_relaxation_can_be_watched_held_limited_and_stopped()
    {
        Structure start = Crystal.FaceCentredCubic("Ar", 5.3).Repeat(2, 2, 2).Rattle(0.1, seed: 4);
        var options = new RelaxationOptions { MaxSteps = 2, Held = (atom, axis) => atom == 0 || axis == 2 };
        var seen = new Recorder();
        RelaxationStep last = Argon.Relax(start, options, seen);
        Assert.Equal(RelaxationStatus.StepLimit, last.Status);
        Assert.Equal([0, 1, 2], seen.Steps.Select(step => step.Step));
        Assert.Equal(seen.Steps, Argon.RelaxationSteps(start, options), (a, b) => a.Enthalpy == b.Enthalpy);
        Assert.Equal(start.Positions[1, 2], last.Structure.Positions[1, 2]);
        Assert.Equal(start.Positions[0, 0], last.Structure.Positions[0, 0]);
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        Assert.Throws<OperationCanceledException>(() => Argon.Relax(start, cancellationToken: source.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Argon.RelaxAsync(start, cancellationToken: source.Token));
        Assert.Throws<NoetherException>(() => Argon.Relax(start, new RelaxationOptions { Force = 0.0 }));
    }

    private sealed class Recorder : IProgress<RelaxationStep>
    {
        public List<RelaxationStep> Steps { get; } = [];

        public void Report(RelaxationStep value) => Steps.Add(value);
    }
}
