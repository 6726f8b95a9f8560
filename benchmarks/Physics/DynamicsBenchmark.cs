using Noether.AutoDiff;
using Noether.Domain;
using Noether.Kernels;
using Noether.Physics;

namespace Noether.Benchmarks;

/// <summary>
/// Steps of molecular dynamics, all that belongs to them included: the usual Lennard-Jones melt of LAMMPS (reduced
/// density 0.8442, an fcc crystal of temperature 1.44 that melts, cut-off 2.5, skin 0.3, time step 0.005, constant
/// energy), with the function of the library and with one of a user. Lists are made anew when atoms have moved half the
/// skin. Beside it LAMMPS with its optimised style, on one core and on all, which makes its lists anew after every
/// twentieth step, as its own benchmark says. Work is counted in atoms times steps.
/// </summary>
internal sealed class DynamicsBenchmark : IBenchmark
{
    private const double Density = 0.8442;
    private const double Cutoff = 2.5;
    private const double Skin = 0.3;
    private const double Timestep = 0.005;
    private const double Temperature = 1.44;

    // The crystal has melted by then, and lists last as long as they do later.
    private const int Before = 60;
    private const int Steps = 40;

    private static readonly int[] Cells = [10, 20, 40];

    public string Name => "dynamics";

    private static int[] Threads => [.. new[] { 1, Environment.ProcessorCount }.Distinct()];

    public IEnumerable<Case> Cases()
    {
        foreach (int cells in Cells)
        {
            foreach (Case item in OwnCases(cells))
            {
                yield return item;
            }

            foreach (int cores in Threads.Where(cores => Lammps.IsPresent && (cores == 1 || Lammps.IsParallel)))
            {
                int atoms = 4 * cells * cells * cells;
                yield return new($"melt, {atoms} atoms, LAMMPS, {cores} core(s)", atoms, "atom-steps", () => { })
                {
                    OwnAccount = () => Lammps.SecondsForSteps(cores, Script(cells), Steps),
                };
            }
        }
    }

    private static IEnumerable<Case> OwnCases(int cells)
    {
        var parameters = Outcome.getOrFail(PairParametersModule.everywhere(Cutoff, Interop.ofArray([2], [1.0, 1.0])));
        (string Name, Potential Potential)[] functions =
        [
            ("", Outcome.getOrFail(
                PairPotential.create("LJ", default(LennardJones), Truncation.Truncated, parameters))),
            (", own function", Outcome.getOrFail(
                PairPotential.create("LJ", default(Kernels.Tests.LennardJones), Truncation.Truncated, parameters))),
        ];
        foreach ((string name, Potential potential) in functions)
        {
            Ensemble ensemble = EnsembleModule.microcanonical(Timestep / Units.fs);
            ensemble = new(ensemble.Timestep, ensemble.Thermostat, ensemble.Barostat, Skin, ensemble.LargestForce);
            Simulation simulation = Outcome.getOrFail(SimulationModule.create(ensemble, potential));
            State state = Outcome.getOrFail(simulation.Init.Invoke(RandomKey.FromSeed(1)).Invoke(Melt(cells)));
            state = Outcome.getOrFail(SimulationModule.run(Before, simulation, state));
            int atoms = state.Phase.Structure.Count;
            foreach (int threads in Threads)
            {
                yield return new($"melt, {atoms} atoms{name}, {threads} thread(s)", atoms, "atom-steps", () =>
                {
                    using IDisposable limit = Workers.LimitTo(threads);
                    state = Outcome.getOrFail(SimulationModule.run(Steps, simulation, state));
                })
                {
                    Times = Steps,
                    Repetitions = cells < 40 ? 5 : 3,
                };
            }
        }
    }

    private static PhasePoint Melt(int cells)
    {
        Structure cell = Outcome.getOrFail(Crystal.fcc("Ar", Math.Cbrt(4 / Density)));
        Structure crystal = Outcome.getOrFail(StructureModule.repeat(cells, cells, cells, cell));
        PhasePoint still = Outcome.getOrFail(PhasePointModule.ofMasses(Enumerable.Repeat(1.0, crystal.Count), crystal));
        PhasePoint moving = Outcome.getOrFail(
            PhasePointModule.thermal(Temperature / Units.boltzmann, RandomKey.FromSeed(2), still));
        return Outcome.getOrFail(PhasePointModule.withoutMomentum(moving));
    }

    private static string Script(int cells) =>
        $"units lj\nlattice fcc {Density}\nregion box block 0 {cells} 0 {cells} 0 {cells}\ncreate_box 1 box\n"
        + $"create_atoms 1 box\nmass 1 1\nvelocity all create {Temperature} 87287 loop geom\n"
        + $"pair_style lj/cut {Cutoff}\npair_coeff 1 1 1 1\nneighbor {Skin} bin\n"
        + $"neigh_modify every 20 delay 0 check no\ntimestep {Timestep}\nfix 1 all nve\nthermo {Before + Steps}\n"
        + $"run {Before}\nrun {Steps}\n";
}
