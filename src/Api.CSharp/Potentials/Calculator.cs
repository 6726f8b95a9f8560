namespace Noether;

/// <summary>
/// A potential that remembers its last Verlet list, for structures that follow each other closely, such as those of a
/// minimiser of your own. May be shared between threads.
/// </summary>
/// <remarks>
/// The list only saves the search for pairs. Terms may be summed in another order than without it, so that energies
/// agree to rounding; <see cref="Potential.Evaluate(Structure, VerletList)"/> repeats every bit.
/// </remarks>
/// <example>
/// <code>
/// Structure crystal = Crystal.FaceCentredCubic("Ar", 5.3).Repeat(3, 3, 3);
/// var calculator = new Calculator(Potential.LennardJones(0.0104, 3.4, 8.5, Truncation.ForceShifted));
///
/// for (ulong seed = 0; seed &lt; 10; seed++)
/// {
///     Console.WriteLine(calculator.Evaluate(crystal.Rattle(0.05, seed)).Energy);
/// }
/// </code>
/// </example>
public sealed class Calculator
{
    private readonly double skin;
    private volatile VerletList? list;

    /// <summary>A calculator without a list.</summary>
    /// <param name="potential">The potential.</param>
    /// <param name="skin">How much further than the potential its list looks, in Å: longer ones last longer.</param>
    /// <exception cref="NoetherException">The skin is negative or not finite.</exception>
    public Calculator(Potential potential, double skin = 1.0)
    {
        ArgumentNullException.ThrowIfNull(potential);

        if (!(skin >= 0.0 && double.IsFinite(skin)))
        {
            string found = FormattableString.Invariant($"{skin}");
            Bridge.RefuseArgument("the skin", found, "a finite length in Å, 0 or more");
        }

        Potential = potential;
        this.skin = skin;
    }

    /// <summary>The potential.</summary>
    public Potential Potential { get; }

    /// <summary>Energy, forces, virial and stress of a structure.</summary>
    /// <param name="structure">The structure.</param>
    /// <exception cref="NoetherException">As for <see cref="Potential.Evaluate(Structure)"/>.</exception>
    public Evaluation Evaluate(Structure structure)
    {
        ArgumentNullException.ThrowIfNull(structure);

        if (Potential.Cutoff <= 0.0)
        {
            return Potential.Evaluate(structure);
        }

        // Whatever list another thread has left here is renewed where it has to be, so any of them will do.
        VerletList own = list is { } last
            ? last.Update(structure)
            : VerletList.Build(structure, Potential.Cutoff, skin);
        list = own;
        return Potential.Evaluate(structure, own);
    }
}
