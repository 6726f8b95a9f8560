using System.Runtime.CompilerServices;
using Noether.Domain;
using Noether.Kernels;
using Noether.Physics;

namespace Noether;

/// <summary>How far a simulation is.</summary>
/// <param name="Step">Steps taken in this run.</param>
/// <param name="Steps">Steps asked for.</param>
public readonly record struct SimulationProgress(int Step, int Steps);

/// <summary>
/// A simulation: how it begins, and one step of it. Pure functions of immutable frames: the same frame gives the same
/// next one to the bit, whatever the number of threads. May be shared between threads.
/// </summary>
/// <example>
/// <code>
/// var simulation = new Simulation(argon, new SimulationOptions
/// {
///     Timestep = 2.0,
///     Thermostat = Thermostat.StochasticRescaling(temperature: 50.0, relaxation: 200.0),
/// });
/// Structure crystal = Crystal.FaceCentredCubic("Ar", 5.3).Repeat(3, 3, 3);
/// Frame start = simulation.Start(crystal, new SimulationStart { Temperature = 50.0, Seed = 1 });
///
/// await foreach (Frame frame in simulation.RunAsync(start, steps: 200, every: 50))
/// {
///     Console.WriteLine($"{frame.Time} fs: {frame.Temperature} K, {frame.Pressure:F2} GPa, {frame.Invariant} eV");
/// }
/// </code>
/// </example>
public sealed class Simulation
{
    private readonly Physics.Simulation core;

    /// <summary>The simulation of an ensemble with a potential.</summary>
    /// <param name="potential">The potential.</param>
    /// <param name="options">The time step, and what gives temperature and pressure.</param>
    /// <exception cref="NoetherException">
    /// A time is not positive, a temperature negative, a barostat has no thermostat, or the like.
    /// </exception>
    public Simulation(Potential potential, SimulationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(potential);
        Potential = potential;
        Options = options ?? new SimulationOptions();
        core = Bridge.Get(SimulationModule.create(Options.ToCore(), potential.Core));
    }

    /// <summary>The potential.</summary>
    public Potential Potential { get; }

    /// <summary>The options it was made with.</summary>
    public SimulationOptions Options { get; }

    /// <summary>The first frame.</summary>
    /// <param name="structure">Atoms and cell.</param>
    /// <param name="start">Velocities, masses, constraints and seed.</param>
    /// <exception cref="NoetherException">
    /// Something in <paramref name="start"/> does not fit the structure, a barostat has no periodic cell, or as for
    /// <see cref="Potential.Evaluate(Structure)"/>.
    /// </exception>
    public Frame Start(Structure structure, SimulationStart? start = null)
    {
        ArgumentNullException.ThrowIfNull(structure);
        start ??= new SimulationStart();
        RandomKey[] keys = RandomKey.FromSeed(start.Seed).Split(2);
        PhasePoint phase = Bridge.Get(start.Masses is { } masses
            ? PhasePointModule.ofMasses(masses, structure.Core)
            : PhasePointModule.ofStructure(structure.Core));

        if (start.Free)
        {
            phase = PhasePointModule.free(phase);
        }

        if (start.Held is { } held)
        {
            phase = Bridge.Get(PhasePointModule.fix(Microsoft.FSharp.Core.FuncConvert.FromFunc(held), phase));
        }

        if (start.HoldCentre)
        {
            phase = Bridge.Get(PhasePointModule.fixCentre(phase));
        }

        phase = Bridge.Get(start.Velocities.IsEmpty
            ? PhasePointModule.thermal(start.Temperature, keys[0], phase)
            : PhasePointModule.withVelocities(start.Velocities.ToArray().Select(v => v / Units.fs), phase));
        return new(this, Bridge.Get(core.Init.Invoke(keys[1]).Invoke(phase)));
    }

    /// <summary>The frame that a structure with its properties was written from, in this ensemble.</summary>
    /// <param name="structure">
    /// <see cref="Frame.ToStructure"/>'s result, such as one that was read from a file.
    /// </param>
    /// <exception cref="NoetherException">A property is missing or does not fit.</exception>
    /// <example>
    /// <code>
    /// last.ToStructure().Write("restart.extxyz");
    /// Frame resumed = simulation.Resume(Structure.ReadAll("restart.extxyz")[0]);
    /// </code>
    /// </example>
    public Frame Resume(Structure structure)
    {
        ArgumentNullException.ThrowIfNull(structure);
        return new(this, Bridge.Get(core.Resume.Invoke(structure.Core)));
    }

    /// <summary>The next frame: one evaluation of the potential, two where the barostat acts.</summary>
    /// <param name="frame">A frame of this simulation.</param>
    /// <exception cref="NoetherException">
    /// An atom moves further in one step than the potential reaches, or as for
    /// <see cref="Potential.Evaluate(Structure)"/>.
    /// </exception>
    /// <exception cref="ArgumentException">The frame is that of another simulation.</exception>
    public Frame Step(Frame frame) => Run(frame, 1);

    /// <summary>The frame after a number of steps.</summary>
    /// <param name="start">A frame of this simulation.</param>
    /// <param name="steps">The number of steps, 0 or more.</param>
    /// <param name="progress">Told after each step, from this thread.</param>
    /// <param name="cancellationToken">Looked at before each step.</param>
    /// <exception cref="NoetherException">As for <see cref="Step"/>.</exception>
    /// <exception cref="ArgumentException">
    /// The frame is that of another simulation, or the number of steps negative.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token asked for it.</exception>
    public Frame Run(
        Frame start,
        int steps,
        IProgress<SimulationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        Check(start, steps);
        State state = Advance(start.Core, 0, steps, steps, progress, cancellationToken);
        return new(this, state);
    }

    /// <summary>
    /// The frames of a run, computed on threads of the pool as they are asked for. The start is not among them; the
    /// last step is.
    /// </summary>
    /// <param name="start">A frame of this simulation.</param>
    /// <param name="steps">The number of steps, 0 or more.</param>
    /// <param name="every">A frame is given after every so many steps, 1 or more.</param>
    /// <param name="progress">Told after each step, from the computing thread.</param>
    /// <param name="cancellationToken">
    /// Looked at before each step; what was given before stays a frame to go on from.
    /// </param>
    /// <exception cref="NoetherException">On the way, as for <see cref="Step"/>.</exception>
    /// <exception cref="ArgumentException">
    /// The frame is that of another simulation, the number of steps negative, or <paramref name="every"/> below 1.
    /// </exception>
    /// <exception cref="OperationCanceledException">On the way: the token asked for it.</exception>
    public IAsyncEnumerable<Frame> RunAsync(
        Frame start,
        int steps,
        int every = 1,
        IProgress<SimulationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        Check(start, steps);
        ArgumentOutOfRangeException.ThrowIfLessThan(every, 1);
        return Frames(start.Core, steps, every, progress, cancellationToken);
    }

    internal double Invariant(State state) => core.Invariant.Invoke(state);

    private void Check(Frame start, int steps)
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentOutOfRangeException.ThrowIfNegative(steps);

        if (start.Simulation != this)
        {
            throw new ArgumentException(
                "The frame is that of another simulation; Resume(frame.ToStructure()) takes it over.", nameof(start));
        }
    }

    private State Advance(
        State state, int from, int to, int steps, IProgress<SimulationProgress>? progress, CancellationToken token)
    {
        for (int step = from; step < to; step++)
        {
            token.ThrowIfCancellationRequested();
            state = Bridge.Get(core.Step.Invoke(state));
            progress?.Report(new SimulationProgress(step + 1, steps));
        }

        return state;
    }

    private async IAsyncEnumerable<Frame> Frames(
        State state,
        int steps,
        int every,
        IProgress<SimulationProgress>? progress,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int from = 0; from < steps;)
        {
            int end = steps - from > every ? from + every : steps;
            (State current, int begin) = (state, from);
            state = await Task
                .Run(() => Advance(current, begin, end, steps, progress, cancellationToken), cancellationToken)
                .ConfigureAwait(false);
            yield return new Frame(this, state);
            from = end;
        }
    }
}
