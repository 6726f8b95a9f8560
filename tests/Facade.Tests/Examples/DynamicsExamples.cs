using Xunit;

namespace Noether.Tests.Examples;

/// <summary>The examples of simulations and of what is measured in them.</summary>
public sealed class DynamicsExamples
{
    [Fact]
    public void Options()
    {
        var constantPressure = new SimulationOptions
        {
            Timestep = 2.0,
            Thermostat = Thermostat.NoseHoover(temperature: 80.0, relaxation: 100.0),
            Barostat = new Barostat { Pressure = 0.1, Compressibility = 0.5, Shape = CellMotion.Axial },
        };
        SimulationOptions warmer = constantPressure with { Thermostat = Thermostat.NoseHoover(90.0, 100.0) };

        Potential argon = Potential.LennardJones(0.0104, 3.4, 8.5, Truncation.ForceShifted);
        Assert.Equal(2.0, new Simulation(argon, warmer).Options.Timestep);
    }

    [Fact]
    public async Task Simulations()
    {
        Potential argon = Potential.LennardJones(0.0104, 3.4, 8.5, Truncation.ForceShifted);
        var simulation = new Simulation(argon, new SimulationOptions
        {
            Timestep = 2.0,
            Thermostat = Thermostat.StochasticRescaling(temperature: 50.0, relaxation: 200.0),
        });
        Structure crystal = Crystal.FaceCentredCubic("Ar", 5.3).Repeat(3, 3, 3);
        Frame start = simulation.Start(crystal, new SimulationStart { Temperature = 50.0, Seed = 1 });

        await foreach (Frame frame in simulation.RunAsync(start, steps: 200, every: 50))
        {
            Console.WriteLine($"{frame.Time} fs: {frame.Temperature} K, {frame.Pressure:F2} GPa, {frame.Invariant} eV");
        }

        Frame last = simulation.Run(start, 10);

        last.ToStructure().Write("restart.extxyz");
        Frame resumed = simulation.Resume(Structure.ReadAll("restart.extxyz")[0]);

        Assert.Equal(simulation.Step(last).Structure, simulation.Step(resumed).Structure);

        RadialDistribution distribution = RadialDistribution.Create(cutoff: 8.0, bins: 160);
        distribution = distribution.Add(crystal);
        (double distance, double density) = distribution.Values.MaxBy(value => value.Density);

        // The bin of 0.05 Å in which the twelve nearest neighbours are.
        Assert.InRange(distance - (5.3 / Math.Sqrt(2.0)), -0.05, 0.05);
        Assert.True(density > 1.0);

        AngularDistribution angles = AngularDistribution.Create(cutoff: 4.5, bins: 90).Add(crystal);

        Assert.Equal(1.0, angles.Values.Sum(value => 2.0 * value.Density), 1e-12);

        var displacement = MeanSquareDisplacement.Create(longest: 10);

        await foreach (Frame frame in simulation.RunAsync(start, steps: 100, every: 5))
        {
            displacement = displacement.Add(frame);
        }

        double after25Steps = displacement.Values.Span[5];   // Å²

        Assert.InRange(after25Steps, 1e-4, 1.0);

        VelocityAutocorrelation correlation = VelocityAutocorrelation.Create(longest: 10).Add(start);
        double speed = Math.Sqrt(correlation.Values.Span[0]);   // Å/fs

        // The mean of m v² is twice the kinetic energy: 1 amu (Å/fs)² is 103.64 eV.
        Assert.Equal(start.KineticEnergy, 0.5 * 108 * 39.948 * speed * speed * 103.6427, 1e-2);
    }
}
