using Noether.Kernels;
using Xunit;

namespace Noether.Tests.Examples;

/// <summary>The programs of docs/csharp.md.</summary>
public sealed class GuideExamples
{
    private readonly struct Exponential6 : IRadialFunction
    {
        public T Evaluate<T>(T r, ReadOnlySpan<T> p)
            where T : IReal<T>
        {
            T inverse = p[2] / r;
            T cube = inverse * inverse * inverse;
            return p[0] * T.Exp(-(p[1] * r)) - cube * cube;
        }
    }

    [Fact]
    public async Task The_page_from_top_to_bottom()
    {
        using var cancellation = new CancellationTokenSource();

        Structure argon = Crystal.FaceCentredCubic("Ar", 5.3).Repeat(3, 3, 3);
        Structure molecule = Structure.Create(["O", "H", "H"], [0, 0, 0, 0.757, 0, 0.587, -0.757, 0, 0.587]);
        Structure strained = argon.Strain([0.01, 0, 0, 0, 0, 0, 0, 0, 0]).Rattle(0.02, seed: 1);

        strained.WithNumber("strain", 0.01).Write("strained.extxyz");   // the name says the format
        Structure.WriteAll("POSCAR", [argon.SortByElement()]);

        foreach (Structure frame in Structure.Read("strained.extxyz"))  // one by one, whatever the size of the file
        {
            Console.WriteLine($"{frame.Count} atoms, {frame.Cell.Volume:F1} Å³, strain {frame.Number("strain")}");
        }

        Assert.Equal(Structure.ReadAll("strained.extxyz")[0].Positions, strained.Positions);
        Assert.Equal((108, 108, 3), (Structure.ReadAll("POSCAR")[0].Count, argon.Count, molecule.Count));

        NeighborList neighbors = NeighborList.Build(argon, cutoff: 4.5);

        for (int pair = neighbors.Starts[0]; pair < neighbors.Starts[1]; pair++)
        {
            Console.WriteLine($"atom 0 sees atom {neighbors.Senders[pair]} of cell {neighbors.Shifts[3 * pair]} …");
        }

        Tensor distances = neighbors.Distances(argon);   // [pairs], Å

        Assert.Equal(108 * 12, distances.Size);

        Potential rareGas = Potential.LennardJones(epsilon: 0.0104, sigma: 3.4, cutoff: 8.5, Truncation.ForceShifted);
        Potential repulsion = Potential.ZieglerBiersackLittmark(["Ar"], cutoff: 2.0, Truncation.CurvatureShifted(1.5));
        Potential both = rareGas + 0.5 * repulsion;

        Evaluation evaluation = both.Evaluate(argon);
        ReadOnlySpan<double> forces = evaluation.Forces.Span;             // eV/Å, x y z of atom 0, x y z of atom 1, …
        double pressure = -evaluation.Stress.Span[0] / PhysicalUnits.GPa;

        IReadOnlyList<Evaluation> many = both.EvaluateMany(argon, strained);   // one pass over all

        Assert.Equal(3 * argon.Count, forces.Length);
        Assert.InRange(pressure, -1.0, 1.0);

        // One pass over several structures adds up in another order.
        Assert.Equal(evaluation.Energy, many[0].Energy, 1e-12);

        Potential mixture = Potential.LennardJones(
            PairTable.Mixed(MixingRule.LorentzBerthelot, cutoff: 8.5, ("Ar", [0.0104, 3.40]), ("Kr", [0.0140, 3.65])),
            Truncation.ForceShifted);

        Assert.Equal(8.5, mixture.Cutoff);

        Potential own = Potential.OfFunction(
            "exp-6", default(Exponential6), [3000.0, 3.5, 1.8], cutoff: 8.0, Truncation.Smooth(6.0));

        Assert.True(PotentialLaws.Check(own, ["Ar"], new LawOptions { Samples = 5 }).Passed);

        Potential silicon = Potential.ParseStillingerWeber(
            "Si Si Si 2.1683 2.0951 1.80 21.0 1.20 -0.333333333333 7.049556277 0.6022245584 4.0 0.0 0.0");
        Structure diamond = Crystal.Diamond("Si", 5.431, primitive: true);

        Tensor hessian = silicon.Hessian(diamond);                                    // [6, 6], eV/Å²
        double c44 = silicon.ElasticConstants(diamond).Relaxed[3, 3] / PhysicalUnits.GPa;   // 56.4 GPa
        double transverse = silicon.Phonons(diamond, 3, 3, 3).Frequencies(0.5, 0.5, 0).Span[0];   // THz at X
        double bulk = silicon.EquationOfState(diamond).BulkModulus / PhysicalUnits.GPa;     // 101 GPa

        Assert.Equal([6, 6], hessian.Shape.ToArray());
        Assert.Equal(("56.4", "101"), (c44.ToString("F1", null), bulk.ToString("F0", null)));
        Assert.InRange(transverse, 4.0, 8.0);

        var options = new RelaxationOptions { Cell = CellRelaxation.Full, Force = 1e-4, Pressure = 1.0 };
        var progress = new Progress<RelaxationStep>(step => Console.Write($"\r{step.LargestForce:E1} eV/Å"));
        RelaxationStep relaxed = await rareGas.RelaxAsync(strained, options, progress, cancellation.Token);

        if (relaxed.Status != RelaxationStatus.Converged)
        {
            Console.WriteLine($"not converged: {relaxed.Status}");
        }

        Assert.Equal(RelaxationStatus.Converged, relaxed.Status);

        var simulation = new Simulation(rareGas, new SimulationOptions
        {
            Timestep = 2.0,
            Thermostat = Thermostat.Langevin(temperature: 60.0, relaxation: 500.0),
            Barostat = new Barostat { Pressure = 0.1, Compressibility = 0.5 },
        });
        Frame start = simulation.Start(argon, new SimulationStart { Temperature = 60.0, Seed = 7 });
        RadialDistribution distribution = RadialDistribution.Create(cutoff: 7.0, bins: 140);
        Frame last = start;

        await foreach (Frame frame in simulation.RunAsync(start, steps: 100, every: 20, null, cancellation.Token))
        {
            Console.WriteLine($"{frame.Time} fs, {frame.Temperature} K, {frame.Pressure:F2} GPa, {frame.Invariant} eV");
            distribution = distribution.Add(frame.Structure);
            last = frame;
        }

        Assert.Equal(200.0, last.Time);
        Assert.True(distribution.Values.Max(value => value.Density) > 2.0);

        last.ToStructure().Write("last.extxyz");
        Frame tomorrow = simulation.Run(simulation.Resume(Structure.ReadAll("last.extxyz")[0]), steps: 20);

        Assert.Equal(simulation.Run(last, 20).Structure, tomorrow.Structure);

        Tensor energy(Tensor positions) => rareGas.AtomEnergies(argon, positions).Sum();
        Tensor slope = Differentiate.Gradient(energy, argon.Positions);                           // minus the forces
        Tensor along = Differentiate.HessianTimesVector(energy, argon.Positions, Tensor.Normal(1, argon.Count, 3));

        // How the energy of a dimer answers to its parameters: the gradient by ε and σ.
        Tensor byParameters = Differentiate.Gradient(
            p =>
            {
                Tensor ratio = p.Slice(0, 1, 2) / 3.8;
                Tensor sixth = ratio * ratio * ratio * ratio * ratio * ratio;
                return (4.0 * p.Slice(0, 0, 1) * (sixth * sixth - sixth)).Sum();
            },
            Tensor.Vector(0.0104, 3.4));

        // Forces of the perfect crystal vanish up to rounding of terms of 0.01 eV/Å; the energy is linear in ε.
        Assert.All(slope.Elements.ToArray(), component => Assert.Equal(0.0, component, 1e-13));
        Assert.Equal([108, 3], along.Shape.ToArray());
        double sixth = Math.Pow(3.4 / 3.8, 6);
        Assert.Equal(4.0 * ((sixth * sixth) - sixth), byParameters[0], 1e-14);

        LawReport report = PotentialLaws.Check(rareGas, ["Ar"], new LawOptions { Samples = 10 });
        Console.WriteLine(report);

        LawReport broken = PotentialLaws.Check(
            "wrong forces",
            structure => rareGas.Evaluate(structure) with { Forces = new double[3 * structure.Count] },
            ["Ar"],
            cutoff: 8.5,
            new LawOptions { Samples = 10 });
        Console.WriteLine(broken.Broken[0].Shown);   // the simplest structure found that shows it

        Assert.True(report.Passed, report.ToString());
        Assert.False(broken.Passed);
    }
}
