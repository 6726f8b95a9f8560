namespace Noether;

/// <summary>How a function u of the distance r ends at its cut-off c. Beyond it, all are zero. Immutable.</summary>
/// <example>
/// <code>
/// Potential smooth = Potential.Morse(0.34, 1.36, 2.87, cutoff: 6.3, Truncation.Smooth(onset: 5.0));
/// </code>
/// </example>
public sealed class Truncation
{
    private Truncation(Physics.Truncation core) => Core = core;

    /// <summary>As it is: the energy jumps.</summary>
    public static Truncation None { get; } = new(Physics.Truncation.Truncated);

    /// <summary>u(r) − u(c): the energy is continuous, the force jumps.</summary>
    public static Truncation Shifted { get; } = new(Physics.Truncation.Shifted);

    /// <summary>u(r) − u(c) − u′(c)(r − c): energy and force are continuous.</summary>
    public static Truncation ForceShifted { get; } = new(Physics.Truncation.ForceShifted);

    /// <summary>u(r)·½(1 + cos(πr/c)), as J. Behler and M. Parrinello have it: the force is continuous.</summary>
    public static Truncation Cosine { get; } = new(Physics.Truncation.Cosine);

    internal Physics.Truncation Core { get; }

    /// <summary>
    /// u(r) before the onset, times (c² − r²)²(c² + 2r² − 3o²)/(c² − o²)³ beyond it: the force is continuous (B. R.
    /// Brooks et al., J. Comput. Chem. 4, 187 (1983)).
    /// </summary>
    /// <param name="onset">The onset o in Å, between 0 and the cut-off.</param>
    public static Truncation Switched(double onset) => new(Physics.Truncation.NewSwitched(onset));

    /// <summary>
    /// u(r) before the onset, times 1 − 10x³ + 15x⁴ − 6x⁵ beyond it, x = (r − o)/(c − o): force and curvature are
    /// continuous.
    /// </summary>
    /// <param name="onset">The onset o in Å, between 0 and the cut-off.</param>
    public static Truncation Smooth(double onset) => new(Physics.Truncation.NewSmooth(onset));

    /// <summary>
    /// u(r) + k, and a polynomial added beyond the onset, such that energy, force and curvature are zero at the
    /// cut-off, as LAMMPS does with screened nuclear repulsion.
    /// </summary>
    /// <param name="onset">The onset o in Å, between 0 and the cut-off.</param>
    public static Truncation CurvatureShifted(double onset) => new(Physics.Truncation.NewCurvatureShifted(onset));

    /// <summary>The name, and the onset where there is one.</summary>
    public override string ToString() => Core.ToString();
}
