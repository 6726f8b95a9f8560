using Xunit;

namespace Noether.Tests;

/// <summary>Simulations through the facade.</summary>
public sealed class SimulationTests
{
    private static readonly Potential Argon =
        Potential.LennardJones(epsilon: 0.0104, sigma: 3.4, cutoff: 8.5, Truncation.ForceShifted);

    private static readonly Structure Crystal = Noether.Crystal.FaceCentredCubic("Ar", 5.3).Repeat(2, 2, 2);

    public static TheoryData<string> Thermostats => ["none", "langevin", "chain", "rescaling", "berendsen", "brownian"];

    [Theory]
    [MemberData(nameof(Thermostats))]
    public async Task A_run_is_the_same_in_one_piece_in_frames_and_after_a_file(string name)
    {
        var simulation = new Simulation(Argon, new SimulationOptions { Timestep = 2.0, Thermostat = Named(name) });
        Frame start = simulation.Start(Crystal, new SimulationStart { Temperature = 60.0, Seed = 3 });
        Frame whole = simulation.Run(start, 12);
        var frames = new List<Frame>();

        await foreach (Frame frame in simulation.RunAsync(start, steps: 12, every: 5))
        {
            frames.Add(frame);
        }

        Assert.Equal([5, 10, 12], frames.Select(frame => frame.Step));
        Assert.Equal([10.0, 20.0, 24.0], frames.Select(frame => frame.Time));
        Assert.Equal(whole.Structure, frames[^1].Structure);
        Assert.Equal(whole.Velocities.ToArray(), frames[^1].Velocities.ToArray());

        string path = Path.GetTempFileName() + ".extxyz";
        frames[0].ToStructure().Write(path);
        Frame resumed = simulation.Run(simulation.Resume(Structure.ReadAll(path)[0]), 7);
        File.Delete(path);
        Assert.Equal(whole.Structure, resumed.Structure);
        Assert.Equal(whole.Invariant, resumed.Invariant);
    }

    [Fact]
    public void Energy_is_kept_and_frames_add_up()
    {
        var simulation = new Simulation(Argon, new SimulationOptions { Timestep = 1.0 });
        var motion = new SimulationStart { Temperature = 40.0, Seed = 1, HoldCentre = true };
        Frame start = simulation.Start(Crystal, motion);
        Frame last = simulation.Run(start, 100);
        Assert.Equal(start.PotentialEnergy + start.KineticEnergy, start.TotalEnergy);
        Assert.Equal(start.TotalEnergy, start.Invariant, 1e-12);

        // Velocity Verlet errs with the square of ω dt, here some 0.01, times the 0.17 eV that move.
        Assert.Equal(start.Invariant, last.Invariant, 1e-4);
        Assert.Equal(Argon.Evaluate(last.Structure).Energy, last.PotentialEnergy, 1e-12);
        Assert.Equal(100.0, last.Time);

        // 32 atoms without the motion of the centre have 93 degrees of freedom.
        double expected = 2.0 * last.KineticEnergy / (93.0 * PhysicalUnits.Boltzmann);
        Assert.Equal(expected, last.Temperature, 1e-9);
        double momentum = last.Velocities.ToArray().Where((_, i) => i % 3 == 0).Sum();
        Assert.Equal(0.0, momentum, 1e-14);
        Assert.NotNull(last.Pressure);
        Assert.Null(simulation.Start(Structure.Create(["Ar", "Ar"], [0, 0, 0, 0, 0, 3.8])).Pressure);
    }

    [Fact]
    public void Velocities_come_back_as_they_were_given()
    {
        double[] velocities = [0, 0, 0.01, 0, 0, -0.01];
        var simulation = new Simulation(Argon);
        Structure dimer = Structure.Create(["Ar", "Ar"], [0, 0, 0, 0, 0, 3.8]);
        Frame frame = simulation.Start(dimer, new SimulationStart { Velocities = velocities, Masses = [2.0, 2.0] });
        Assert.All(velocities.Zip(frame.Velocities.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-17));

        // One amu (Å/fs)² is 103.6427 eV.
        Assert.Equal(2 * 0.5 * 2.0 * 1e-4 * 103.6427, frame.KineticEnergy, 1e-7);
        Frame held = simulation.Start(
            dimer, new SimulationStart { Temperature = 300.0, Held = (atom, _) => atom == 0 });
        Assert.Equal([0.0, 0.0, 0.0], held.Velocities.ToArray()[..3]);
        Frame later = simulation.Run(held, 5);
        Assert.Equal(held.Structure.Positions.Slice(0, 0, 1), later.Structure.Positions.Slice(0, 0, 1));
    }

    [Fact]
    public void A_barostat_moves_the_cell()
    {
        var simulation = new Simulation(Argon, new SimulationOptions
        {
            Timestep = 2.0,
            Thermostat = Thermostat.StochasticRescaling(60.0, 100.0),
            Barostat = new Barostat { Pressure = 1.0, Compressibility = 0.5, Relaxation = 200.0, Every = 2 },
        });
        Structure crystal = Noether.Crystal.FaceCentredCubic("Ar", 5.3).Repeat(4, 4, 4);
        Frame start = simulation.Start(crystal, new SimulationStart { Temperature = 60.0 });
        Frame last = simulation.Run(start, 40);
        Assert.True(last.Structure.Cell.Volume < start.Structure.Cell.Volume);
    }

    [Fact]
    public async Task A_run_can_be_watched_and_stopped()
    {
        var simulation = new Simulation(Argon);
        Frame start = simulation.Start(Crystal, new SimulationStart { Temperature = 40.0 });
        using var source = new CancellationTokenSource();
        var seen = new Recorder();
        Frame? last = null;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (Frame frame in simulation.RunAsync(start, 100, every: 4, seen, source.Token))
            {
                last = frame;

                if (frame.Step == 8)
                {
                    await source.CancelAsync();
                }
            }
        });
        Assert.Equal(8, last!.Step);
        Assert.Equal(Enumerable.Range(1, 8).Select(step => new SimulationProgress(step, 100)), seen.Steps);
        Assert.Equal(simulation.Run(start, 10).Structure, simulation.Run(last, 2).Structure);

        // The token of WithCancellation counts as well.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (Frame frame in simulation.RunAsync(start, 100).WithCancellation(source.Token))
            {
                Assert.Fail($"{frame} was computed.");
            }
        });
    }

    [Fact]
    public void Threads_share_a_simulation()
    {
        var simulation = new Simulation(Argon, new SimulationOptions { Thermostat = Thermostat.Langevin(60.0, 100.0) });
        Frame start = simulation.Start(Crystal, new SimulationStart { Temperature = 60.0, Seed = 9 });
        var ends = new Structure[6];
        Parallel.For(0, ends.Length, i => ends[i] = simulation.Run(start, 10).Structure);
        Assert.All(ends, end => Assert.Equal(ends[0], end));
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        static string Message(Func<object> action) => Assert.Throws<NoetherException>(action).Message;

        Assert.Equal(
            "the time step is 0, expected a positive finite number of fs",
            Message(() => new Simulation(Argon, new SimulationOptions { Timestep = 0.0 })));
        Assert.Contains(
            "thermostat",
            Message(() => new Simulation(
                Argon, new SimulationOptions { Barostat = new Barostat { Compressibility = 1.0 } })),
            StringComparison.Ordinal);
        var simulation = new Simulation(Argon);
        Assert.Contains("no structure property", Message(() => simulation.Resume(Crystal)), StringComparison.Ordinal);
        Assert.Contains(
            "the velocities",
            Message(() => simulation.Start(Crystal, new SimulationStart { Velocities = new double[3] })),
            StringComparison.Ordinal);
        Structure near = Structure.Create(["Ar", "Ar"], [0, 0, 0, 0, 0, 1.2]);
        var careful = new Simulation(Argon, new SimulationOptions { LargestForce = 1.0 });
        Assert.Throws<NoetherException>(() => careful.Run(careful.Start(near), 1));
        Frame other = new Simulation(Argon).Start(Crystal);
        Assert.Throws<ArgumentException>(() => simulation.Step(other));
        Assert.Throws<ArgumentOutOfRangeException>(() => simulation.Run(simulation.Start(Crystal), -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => simulation.RunAsync(simulation.Start(Crystal), 1, every: 0));
    }

    private static Thermostat Named(string name) => name switch
    {
        "langevin" => Thermostat.Langevin(60.0, 100.0),
        "chain" => Thermostat.NoseHoover(60.0, 100.0),
        "rescaling" => Thermostat.StochasticRescaling(60.0, 100.0),
        "berendsen" => Thermostat.Berendsen(60.0, 100.0),
        "brownian" => Thermostat.Brownian(60.0, 100.0),
        _ => Thermostat.None,
    };

    private sealed class Recorder : IProgress<SimulationProgress>
    {
        public List<SimulationProgress> Steps { get; } = [];

        public void Report(SimulationProgress value) => Steps.Add(value);
    }
}
