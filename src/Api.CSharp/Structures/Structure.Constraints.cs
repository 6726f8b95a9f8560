using Noether.Domain;
using Noether.Physics;

namespace Noether;

/// <summary>Two atoms, or an atom and an image of itself, and how near they are to each other.</summary>
/// <param name="First">One atom.</param>
/// <param name="Second">The other.</param>
/// <param name="Distance">Their distance in Å.</param>
/// <param name="Bond">The sum of their covalent radii in Å.</param>
public readonly record struct AtomContact(int First, int Second, double Distance, double Bond)
{
    /// <summary>The distance by the sum of covalent radii; below 0.5 nothing is bound.</summary>
    public double Share => Distance / Bond;
}

/// <content>What is held, and what is doubtful.</content>
public sealed partial class Structure
{
    /// <summary>
    /// The number of coordinates that the structure holds by its atom properties <c>move_mask</c> (along x, y, z) and
    /// <c>selective_dynamics</c> (along lattice vectors), which relaxations and simulations leave where they are.
    /// </summary>
    /// <exception cref="NoetherException">Such a property is not one or three truths of each atom.</exception>
    public int HeldAxes => ConstraintsModule.held(Core.Cell, Held);

    /// <summary>Whether those properties hold an atom altogether.</summary>
    /// <param name="atom">The atom, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such atom.</exception>
    /// <exception cref="NoetherException">As for <see cref="HeldAxes"/>.</exception>
    public bool IsHeld(int atom)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(atom);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(atom, Core.Count);
        return Enumerable.Range(3 * atom, 3).All(axis => Held.Axes[axis]);
    }

    private Constraints Held => field ??= Bridge.Get(ConstraintsModule.ofStructure(Core));

    /// <summary>
    /// The atoms that are nearest to each other by the sum of their covalent radii; null where none are nearer than a
    /// share of it.
    /// </summary>
    /// <param name="share">The share, a positive number; half of the sum is too near for any bond.</param>
    /// <exception cref="NoetherException">The share is not positive and finite.</exception>
    public AtomContact? NearestContact(double share = 0.5) =>
        Bridge.Get(Contacts.nearest(share, Core))?.Value is { } contact
            ? new(contact.First, contact.Second, contact.Distance, contact.Bond)
            : null;
}
