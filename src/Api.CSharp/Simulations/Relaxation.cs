using Microsoft.FSharp.Core;
using Noether.Physics;

namespace Noether;

/// <summary>How a minimum is looked for.</summary>
public enum Minimizer
{
    /// <summary>Limited-memory BFGS with a line search: the fewest evaluations on smooth energies.</summary>
    Lbfgs,

    /// <summary>The fast inertial relaxation engine: needs forces only.</summary>
    Fire,

    /// <summary>Conjugate gradients of Polak and Ribière with a line search.</summary>
    ConjugateGradients,
}

/// <summary>How a cell may change while it relaxes.</summary>
public enum CellRelaxation
{
    /// <summary>It stays.</summary>
    None,

    /// <summary>Its volume only, by the same strain along all directions.</summary>
    Volume,

    /// <summary>All strains.</summary>
    Full,
}

/// <summary>Why a relaxation is where it is.</summary>
public enum RelaxationStatus
{
    /// <summary>It goes on.</summary>
    Running,

    /// <summary>Forces and stress are below their limits.</summary>
    Converged,

    /// <summary>They are not, after as many steps as were allowed.</summary>
    StepLimit,

    /// <summary>
    /// No lower energy was found along the force: it does not fit the energy, or rounding hides the rest.
    /// </summary>
    Stalled,
}

/// <summary>
/// Degrees of freedom, algorithm and convergence criteria of a relaxation. Immutable; change one with <c>with</c>.
/// </summary>
/// <example>
/// <code>
/// var underPressure = new RelaxationOptions { Cell = CellRelaxation.Volume, Pressure = 2.0, Force = 1e-4 };
/// RelaxationOptions slab = new() { Minimizer = Minimizer.Fire, Held = (atom, axis) =&gt; atom &lt; 8 };
/// </code>
/// </example>
public sealed record RelaxationOptions
{
    /// <summary>The method.</summary>
    public Minimizer Minimizer { get; init; } = Minimizer.Lbfgs;

    /// <summary>How many steps L-BFGS remembers, 1 or more.</summary>
    public int Memory { get; init; } = 20;

    /// <summary>Converged where no free atom feels a force above this, in eV/Å, …</summary>
    public double Force { get; init; } = 1e-3;

    /// <summary>… and no free strain a stress above this, in GPa, beside the pressure outside.</summary>
    public double Stress { get; init; } = 0.01;

    /// <summary>How the cell may change.</summary>
    public CellRelaxation Cell { get; init; } = CellRelaxation.None;

    /// <summary>The pressure outside in GPa: with a free cell, the enthalpy E + PV becomes least.</summary>
    public double Pressure { get; init; }

    /// <summary>Whether the coordinate of an atom along an axis, 0, 1 or 2, stays; null where all are free.</summary>
    public Func<int, int, bool>? Held { get; init; }

    /// <summary>
    /// Whether what the structure itself holds (<see cref="Structure.IsHeld"/>) may move; otherwise it stays as well.
    /// </summary>
    public bool Free { get; init; }

    /// <summary>The most steps, 0 or more.</summary>
    public int MaxSteps { get; init; } = 1000;

    /// <summary>The longest move of an atom in one step in Å (of all atoms together for FIRE).</summary>
    public double MaxMove { get; init; } = 0.2;

    /// <summary>How much further than the potential its Verlet list looks, in Å.</summary>
    public double Skin { get; init; } = 0.5;

    internal Physics.Relaxation ToCore() => new(
        minimiser: Minimizer switch
        {
            Minimizer.Lbfgs => Minimiser.NewLbfgs(Memory),
            Minimizer.Fire => Minimiser.Fire,
            Minimizer.ConjugateGradients => Minimiser.ConjugateGradients,
            _ => throw Unknown(nameof(Minimizer), Minimizer),
        },
        force: Force,
        stress: Stress,
        cell: Cell switch
        {
            CellRelaxation.None => FSharpOption<CellFreedom>.None,
            CellRelaxation.Volume => FSharpOption<CellFreedom>.Some(CellFreedomModule.hydrostatic(Pressure)),
            CellRelaxation.Full => FSharpOption<CellFreedom>.Some(CellFreedomModule.full(Pressure)),
            _ => throw Unknown(nameof(Cell), Cell),
        },
        held: FuncConvert.FromFunc(Held ?? ((_, _) => false)),
        free: Free,
        maxSteps: MaxSteps,
        maxMove: MaxMove,
        skin: Skin);

    private static ArgumentOutOfRangeException Unknown(string name, object value) =>
        new(name, value, "Expected one of the names of its type.");
}

/// <summary>A step of a relaxation. Immutable.</summary>
public sealed record RelaxationStep
{
    /// <summary>The number of the step, 0 at the start.</summary>
    public required int Step { get; init; }

    /// <summary>How many times the potential was evaluated so far.</summary>
    public required int Evaluations { get; init; }

    /// <summary>Atoms and cell.</summary>
    public required Structure Structure { get; init; }

    /// <summary>Their energy, forces and stress.</summary>
    public required Evaluation Evaluation { get; init; }

    /// <summary>The objective in eV: the energy, or E + PV where the cell is free.</summary>
    public required double Enthalpy { get; init; }

    /// <summary>The largest force on a free atom in eV/Å.</summary>
    public required double LargestForce { get; init; }

    /// <summary>The largest free component of stress and pressure outside in GPa; 0 where the cell stays.</summary>
    public required double LargestStress { get; init; }

    /// <summary>Whether and why this is the last step.</summary>
    public required RelaxationStatus Status { get; init; }

    internal static RelaxationStep Of(Relaxed core) => new()
    {
        Step = core.Step,
        Evaluations = core.Evaluations,
        Structure = new Structure(core.Structure),
        Evaluation = Evaluation.Of(core.Results),
        Enthalpy = core.Enthalpy,
        LargestForce = core.LargestForce,
        LargestStress = core.LargestStress,
        Status = core.Status switch
        {
            { IsConverged: true } => RelaxationStatus.Converged,
            { IsStepLimit: true } => RelaxationStatus.StepLimit,
            { IsStalled: true } => RelaxationStatus.Stalled,
            _ => RelaxationStatus.Running,
        },
    };
}

/// <content>Relaxing atoms and cells to a minimum of energy or enthalpy.</content>
public sealed partial class Potential
{
    /// <summary>
    /// The steps of a relaxation, the start first, made as they are asked for; the last one says why it is the last.
    /// </summary>
    /// <param name="structure">The start.</param>
    /// <param name="options">Degrees of freedom, algorithm and convergence criteria.</param>
    /// <exception cref="NoetherException">
    /// On the way: options mean nothing, a cell without volume is to relax, or as for <see
    /// cref="Evaluate(Structure)"/>.
    /// </exception>
    public IEnumerable<RelaxationStep> RelaxationSteps(Structure structure, RelaxationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(structure);
        Physics.Relaxation settings = (options ?? new RelaxationOptions()).ToCore();
        return RelaxationModule.steps(settings, Core, structure.Core)
            .Select(step => RelaxationStep.Of(Bridge.Get(step)));
    }

    /// <summary>Relaxes a structure; the status of the last step says whether it converged, and if not, why.</summary>
    /// <param name="structure">The start.</param>
    /// <param name="options">Degrees of freedom, algorithm and convergence criteria.</param>
    /// <param name="progress">Told each step, the start included, from this thread.</param>
    /// <param name="cancellationToken">Looked at before each step.</param>
    /// <exception cref="NoetherException">As for <see cref="RelaxationSteps"/>.</exception>
    /// <exception cref="OperationCanceledException">The token asked for it.</exception>
    /// <example>
    /// <code>
    /// Structure crystal = Crystal.FaceCentredCubic("Ar", 5.5).Rattle(0.05, seed: 1);
    /// RelaxationStep last = argon.Relax(crystal, new RelaxationOptions { Cell = CellRelaxation.Full, Force = 1e-4 });
    /// Console.WriteLine($"{last.Status} after {last.Step} steps, {last.Evaluation.Energy:F6} eV");
    /// </code>
    /// </example>
    public RelaxationStep Relax(
        Structure structure,
        RelaxationOptions? options = null,
        IProgress<RelaxationStep>? progress = null,
        CancellationToken cancellationToken = default)
    {
        RelaxationStep? last = null;
        cancellationToken.ThrowIfCancellationRequested();

        foreach (RelaxationStep step in RelaxationSteps(structure, options))
        {
            last = step;
            progress?.Report(step);

            if (step.Status == RelaxationStatus.Running)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        return last!;
    }

    /// <summary>As <see cref="Relax"/>, on a thread of the pool.</summary>
    /// <param name="structure">The start.</param>
    /// <param name="options">Degrees of freedom, algorithm and convergence criteria.</param>
    /// <param name="progress">Told each step, the start included, from that thread.</param>
    /// <param name="cancellationToken">Looked at before each step.</param>
    /// <exception cref="NoetherException">As for <see cref="RelaxationSteps"/>.</exception>
    /// <exception cref="OperationCanceledException">The token asked for it.</exception>
    public Task<RelaxationStep> RelaxAsync(
        Structure structure,
        RelaxationOptions? options = null,
        IProgress<RelaxationStep>? progress = null,
        CancellationToken cancellationToken = default) =>
        Task.Run(() => Relax(structure, options, progress, cancellationToken), cancellationToken);
}
