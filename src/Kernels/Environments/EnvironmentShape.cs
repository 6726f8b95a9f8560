namespace Noether.Kernels;

/// <summary>
/// The functions that describe the environment of a point: a radial one for each shift and each kind of neighbour, an
/// angular one for each shift, each section and each unordered pair of kinds (J. S. Smith, O. Isayev, A. E. Roitberg,
/// Chem. Sci. 8 (2017) 3192, eqs. 3 and 4, with the factor ¼ of the program NeuroChem in the radial ones, and
/// θ = arccos(0.95 cos θ_jik)).
/// </summary>
/// <remarks>
/// Columns: the radial functions, kind by kind, shifts fastest; then the angular ones, pairs of kinds (a ≤ b) in the
/// order of an upper triangle's rows, shifts slower than sections.
/// </remarks>
public sealed class EnvironmentShape
{
    /// <summary>Functions with these constants.</summary>
    /// <param name="kinds">The number of kinds of points.</param>
    /// <param name="radialCutoff">Where the radial functions end.</param>
    /// <param name="angularCutoff">Where the angular functions end, for either neighbour; at most the radial
    /// cut-off.</param>
    /// <param name="radialWidth">η of the radial functions exp(−η(r − R)²).</param>
    /// <param name="radialShifts">R of the radial functions.</param>
    /// <param name="angularWidth">η of the angular functions, of the mean of both distances.</param>
    /// <param name="angularShifts">R of the angular functions.</param>
    /// <param name="sharpness">ζ of ((1 + cos(θ − θ_s))/2)^ζ.</param>
    /// <param name="sections">θ_s.</param>
    /// <param name="smoothness">0 for the cut-off ½cos(πr/r_c) + ½; n for exp(1 − 1/(1 − (r/r_c)ⁿ)).</param>
    /// <exception cref="ArgumentException">No kind, shift or section; cut-offs that are not positive, or the angular
    /// one beyond the radial one.</exception>
    public EnvironmentShape(
        int kinds,
        double radialCutoff,
        double angularCutoff,
        double radialWidth,
        ReadOnlySpan<double> radialShifts,
        double angularWidth,
        ReadOnlySpan<double> angularShifts,
        double sharpness,
        ReadOnlySpan<double> sections,
        int smoothness = 0)
    {
        Guard.Positive(kinds, nameof(kinds), nameof(EnvironmentShape));
        Guard.Positive(radialShifts.Length, nameof(radialShifts), nameof(EnvironmentShape));
        Guard.Positive(angularShifts.Length, nameof(angularShifts), nameof(EnvironmentShape));
        Guard.Positive(sections.Length, nameof(sections), nameof(EnvironmentShape));
        Guard.NotNegative(smoothness, nameof(smoothness), nameof(EnvironmentShape));
        if (!(angularCutoff > 0 && angularCutoff <= radialCutoff && double.IsFinite(radialCutoff)))
        {
            throw new ArgumentException(
                $"EnvironmentShape: cut-offs {radialCutoff} and {angularCutoff}; expected a radial one and a positive angular "
                + "one that is not longer.");
        }

        Kinds = kinds;
        RadialCutoff = radialCutoff;
        AngularCutoff = angularCutoff;
        RadialWidth = radialWidth;
        RadialShifts = radialShifts.ToArray();
        AngularWidth = angularWidth;
        AngularShifts = angularShifts.ToArray();
        Sharpness = sharpness;
        Sections = sections.ToArray();
        Smoothness = smoothness;
    }

    /// <summary>Gets the number of kinds of points.</summary>
    public int Kinds { get; }

    /// <summary>Gets where the radial functions end.</summary>
    public double RadialCutoff { get; }

    /// <summary>Gets where the angular functions end.</summary>
    public double AngularCutoff { get; }

    /// <summary>Gets the number of radial functions of a kind.</summary>
    public int RadialCount => RadialShifts.Length;

    /// <summary>Gets the number of angular functions of a pair of kinds.</summary>
    public int AngularCount => AngularShifts.Length * Sections.Length;

    internal double RadialWidth { get; }

    internal double[] RadialShifts { get; }

    internal double AngularWidth { get; }

    internal double[] AngularShifts { get; }

    internal double Sharpness { get; }

    internal double[] Sections { get; }

    internal int Smoothness { get; }

    /// <summary>The number of functions where so many kinds are present.</summary>
    /// <param name="present">How many kinds.</param>
    public int Width(int present) => (present * RadialCount) + (present * (present + 1) / 2 * AngularCount);

    /// <summary>The column, among those of all kinds, of each function where only some kinds are present.</summary>
    /// <param name="present">These kinds, ascending.</param>
    public int[] Columns(ReadOnlySpan<int> present)
    {
        var columns = new List<int>(Width(present.Length));
        foreach (int kind in present)
        {
            columns.AddRange(Enumerable.Range(kind * RadialCount, RadialCount));
        }

        int angular = Kinds * RadialCount;
        for (int a = 0; a < present.Length; a++)
        {
            for (int b = a; b < present.Length; b++)
            {
                int pair = PairOf(present[a], present[b], Kinds);
                columns.AddRange(Enumerable.Range(angular + (pair * AngularCount), AngularCount));
            }
        }

        return [.. columns];
    }

    /// <summary>The number of a pair of kinds a ≤ b among so many kinds.</summary>
    internal static int PairOf(int a, int b, int kinds) => (a * kinds) - (a * (a - 1) / 2) + (b - a);
}
