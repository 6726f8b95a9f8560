using System.Globalization;
using MathNet.Numerics;
using Microsoft.FSharp.Core;
using Noether.AutoDiff;
using Noether.Domain;
using Noether.Kernels;
using Noether.Physics;

namespace Noether.Benchmarks;

/// <summary>
/// What ensembles sample, against what they must: 864 atoms of liquid argon (ε = 120 k_B, σ = 3.405 Å, ended at 8.5 Å with
/// two continuous derivatives from 7 Å on) at 94 K and 1.374 g/cm³, the state of A. Rahman, Phys. Rev. 136, A405 (1964).
/// Not a matter of seconds: the time that is simulated is an option.
/// </summary>
/// <param name="picoseconds">The time of the drift; samples take a fifth of it each.</param>
internal sealed class EnsemblesCheck(double picoseconds)
{
    public const string Name = "ensembles";

    private const double Temperature = 94;
    private const double Edge = 34.75;
    private const int Cells = 6;
    private const int Blocks = 100;

    private static readonly RandomKey Key = RandomKey.FromSeed(1964);

    private readonly Potential potential = Outcome.getOrFail(PairPotential.create(
        "argon",
        default(LennardJones),
        Truncation.NewSmooth(7.0),
        Outcome.getOrFail(PairParametersModule.everywhere(
            8.5, Interop.ofArray([2], [120 * Units.boltzmann, 3.405])))));

    /// <summary>Runs all, printing as it goes.</summary>
    public void Run()
    {
        PhasePoint liquid = Liquid();
        Print($"{liquid.Structure.Count} atoms of argon, {Temperature} K");
        Fluctuations(liquid);
        Drift(liquid);
        (string, Thermostat)[] baths =
        [
            ("Langevin", ThermostatModule.langevin(Temperature, 500)),
            ("Nose-Hoover chain", ThermostatModule.noseHoover(Temperature, 200, 3)),
            ("stochastic rescaling", ThermostatModule.stochasticRescaling(Temperature, 200)),
        ];
        foreach ((string name, Thermostat motion) in baths)
        {
            KineticEnergies(name, motion, liquid);
        }

        Volumes(liquid);
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private static int StepsIn(double picoseconds, double timestep) => (int)Math.Round(1000 * picoseconds / timestep);

    // A crystal that has melted and settled at the temperature.
    private PhasePoint Liquid()
    {
        Structure cell = Outcome.getOrFail(Crystal.fcc("Ar", Edge / Cells));
        Structure crystal = Outcome.getOrFail(StructureModule.repeat(Cells, Cells, Cells, cell));
        PhasePoint still = Outcome.getOrFail(PhasePointModule.ofStructure(crystal));
        PhasePoint hot = Outcome.getOrFail(PhasePointModule.thermal(4 * Temperature, Key, still));
        Ensemble melting = EnsembleModule.create(4, ThermostatModule.langevin(2 * Temperature, 200));
        State melted = Advance(10, 4, melting, hot, null);
        Ensemble settling = EnsembleModule.create(4, ThermostatModule.stochasticRescaling(Temperature, 200));
        State settled = Advance(40, 4, settling, melted.Phase, null);
        return Outcome.getOrFail(PhasePointModule.withoutMomentum(settled.Phase));
    }

    // Runs and shows each state; the last one.
    private State Advance(
        double picoseconds, double timestep, Ensemble ensemble, PhasePoint phase, Action<Simulation, State>? look)
    {
        Simulation simulation = Outcome.getOrFail(SimulationModule.create(ensemble, potential));
        State state = Outcome.getOrFail(simulation.Init.Invoke(Key).Invoke(phase));
        for (int step = StepsIn(picoseconds, timestep); step > 0; step--)
        {
            state = Outcome.getOrFail(simulation.Step.Invoke(state));
            look?.Invoke(simulation, state);
        }

        return state;
    }

    private void Fluctuations(PhasePoint liquid)
    {
        double before = double.NaN;
        foreach (double timestep in new[] { 1.0, 2.0, 4.0, 8.0 })
        {
            Moments energy = MomentsModule.empty;
            Advance(10, timestep, EnsembleModule.microcanonical(timestep), liquid, (simulation, state) =>
                energy = MomentsModule.add(energy, simulation.Invariant.Invoke(state)));
            double spread = Math.Sqrt(MomentsModule.variance(energy));
            double exponent = Math.Log2(spread / before);
            string order = double.IsNaN(exponent) ? "" : $", exponent {exponent.ToString("F3", CultureInfo.InvariantCulture)}";
            Print($"NVE, {timestep} fs: energy fluctuates by {spread:E3} eV{order}");
            before = spread;
        }
    }

    private void Drift(PhasePoint liquid)
    {
        // Means of blocks much longer than what the liquid remembers are independent, and a line fits them by themselves.
        const double timestep = 2;
        int length = StepsIn(picoseconds, timestep) / Blocks;
        var means = new double[Blocks];
        Moments kinetic = MomentsModule.empty;
        Advance(picoseconds, timestep, EnsembleModule.microcanonical(timestep), liquid, (simulation, state) =>
        {
            means[Math.Min((state.Step - 1) / length, Blocks - 1)] += simulation.Invariant.Invoke(state) / length;
            kinetic = MomentsModule.add(kinetic, PhasePointModule.kineticEnergy(state.Phase));
        });
        double middle = means.Average(), square = 0, slope = 0, rest = 0;
        for (int block = 0; block < Blocks; block++)
        {
            double t = ((block + 0.5) / Blocks) - 0.5;
            slope += t * means[block];
            square += t * t;
        }

        slope /= square;
        for (int block = 0; block < Blocks; block++)
        {
            double left = means[block] - middle - (slope * (((block + 0.5) / Blocks) - 0.5));
            rest += left * left;
        }

        double error = Math.Sqrt(rest / (Blocks - 2) / square);
        Print($"NVE, {timestep} fs, {picoseconds} ps: energy drifts by {slope / kinetic.Mean:E2} ± {error / kinetic.Mean:E2} of the kinetic energy, {kinetic.Mean:F4} eV");
    }

    private void KineticEnergies(string name, Thermostat motion, PhasePoint liquid)
    {
        // Every 2 ps: baths and liquid remember a tenth to a quarter of that.
        const double timestep = 4, apart = 2;
        double time = picoseconds / 5;
        int every = StepsIn(apart, timestep);
        List<double> samples = [];
        double first = double.NaN, last = 0;
        Advance(time, timestep, EnsembleModule.create(timestep, motion), liquid, (simulation, state) =>
        {
            last = simulation.Invariant.Invoke(state);
            first = double.IsNaN(first) ? last : first;
            if (state.Step % every == 0)
            {
                samples.Add(PhasePointModule.kineticEnergy(state.Phase));
            }
        });
        double thermal = Units.boltzmann * Temperature;
        double shape = 0.5 * PhasePointModule.freedoms(liquid);
        double[] x = [.. samples.Select(k => k / thermal).Order()];
        double mean = x.Average(), variance = x.Average(k => (k - mean) * (k - mean));
        double n = x.Length;

        double distance = 0;
        for (int k = 0; k < x.Length; k++)
        {
            double below = SpecialFunctions.GammaLowerRegularized(shape, x[k]);
            distance = Math.Max(distance, Math.Max(((k + 1) / n) - below, below - (k / n)));
        }

        Print($"{name}, {n} samples: K is {mean / shape:F4} ± {1 / Math.Sqrt(shape * n):F4} and its variance {variance / shape:F3} ± {Math.Sqrt(2 / n):F3} of theory; Kolmogorov-Smirnov {distance * Math.Sqrt(n):F2} (5 % lie above 1.36); invariant moved {(last - first) / (shape * thermal):E1} of K");
    }

    private void Volumes(PhasePoint liquid)
    {
        const double timestep = 4, step = 0.02;
        double thermal = Units.boltzmann * Temperature;
        Moments[] volumes = [.. new[] { -step, 0, step }.Select(change =>
        {
            Moments volume = MomentsModule.empty;
            Barostat barostat = EnsembleModule.barostat(0.05 + change, 1000, 2);
            Ensemble ensemble = EnsembleModule.create(timestep, ThermostatModule.stochasticRescaling(Temperature, 200));
            ensemble = new(
                timestep,
                ensemble.Thermostat,
                FSharpOption<Barostat>.Some(barostat),
                ensemble.Skin,
                ensemble.LargestForce);
            Advance(picoseconds / 5, timestep, ensemble, liquid, (_, state) =>
            {
                // The first twentieth settles.
                if (state.Step * timestep > picoseconds * 1000 / 100)
                {
                    volume = MomentsModule.add(volume, CellModule.volume(state.Phase.Structure.Cell)!.Value);
                }
            });
            return volume;
        })];
        double byPressure = (volumes[0].Mean - volumes[2].Mean) / (2 * step) / volumes[1].Mean;
        double byFluctuation = MomentsModule.variance(volumes[1]) / (thermal * volumes[1].Mean) * Units.GPa;

        // The volume forgets in about the relaxation time of the barostat: so many independent samples.
        double samples = picoseconds / 5 / 2;
        Print($"NPT, 0.05 GPa: volume {volumes[1].Mean:F0} Å³; compressibility {byPressure:F3} /GPa by pressures 0.03 and 0.07 GPa, {byFluctuation:F3} ± {byFluctuation * Math.Sqrt(2 / samples):F3} /GPa by the fluctuation of the volume");
    }
}
