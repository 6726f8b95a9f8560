namespace Noether;

/// <summary>The prediction of a model for a structure of n atoms. Immutable.</summary>
public sealed record Prediction
{
    /// <summary>The energy of the whole in eV.</summary>
    public required double Energy { get; init; }

    /// <summary>The energy in eV divided by the number of atoms; 0 without atoms.</summary>
    public required double EnergyPerAtom { get; init; }

    /// <summary>The energies in eV that the atoms contribute, [n].</summary>
    public required Tensor AtomEnergies { get; init; }

    /// <summary>The forces on the atoms in eV/Å, [n, 3]: minus the gradient of the energy.</summary>
    public required Tensor Forces { get; init; }
}
