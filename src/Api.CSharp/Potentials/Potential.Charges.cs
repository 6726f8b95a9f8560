using Noether.Physics;

namespace Noether;

/// <summary>How the long-ranged part of an interaction of charges is summed over a lattice.</summary>
public enum ChargeMethod
{
    /// <summary>By an Ewald sum for a few atoms, on a mesh for more.</summary>
    Automatic,

    /// <summary>By an Ewald sum over vectors of the reciprocal lattice.</summary>
    Ewald,

    /// <summary>On a mesh, with B-splines of order 7.</summary>
    Mesh,

    /// <summary>Not at all: pairs within the cut-off only.</summary>
    Direct,
}

/// <content>Charges.</content>
public sealed partial class Potential
{
    /// <summary>
    /// Coulomb's law between charges in e: Ewald's sum in crystals (charged ones with a homogeneous background) and in
    /// slabs, all pairs in molecules.
    /// </summary>
    /// <param name="charges">The charge of each element by its symbol; null for the charges of the structures
    /// themselves, their property charges or initial_charges.</param>
    /// <param name="accuracy">The root mean square error of forces that is allowed, eV/Å.</param>
    /// <param name="cutoff">Where the sum over pairs ends and that over the lattice takes over, Å.</param>
    /// <param name="method">How the rest is summed.</param>
    /// <exception cref="NoetherException">An element that does not exist, or a number outside its domain.</exception>
    /// <example>
    /// <code>
    /// Dictionary&lt;string, double&gt; ions = new() { ["Na"] = 1, ["Cl"] = -1 };
    /// Potential salt = Potential.Coulomb(ions, accuracy: 1e-6);
    /// </code>
    /// </example>
    public static Potential Coulomb(
        IReadOnlyDictionary<string, double>? charges = null,
        double accuracy = 1e-4,
        double cutoff = 9,
        ChargeMethod method = ChargeMethod.Automatic) =>
        Power(1, Electrostatics.standard.Prefactor, charges, accuracy, cutoff, method);

    /// <summary>
    /// A Σ c_i c_j/r⁶ over all pairs of a lattice, half of it to either atom: dispersion without a cut-off, A = −1 and
    /// c = √C₆.
    /// </summary>
    /// <param name="coefficients">c for each element by its symbol.</param>
    /// <param name="prefactor">A, eV Å⁶ where c has no unit.</param>
    /// <param name="accuracy">The root mean square error of forces that is allowed, eV/Å.</param>
    /// <param name="cutoff">Where the sum over pairs ends and that over the lattice takes over, Å.</param>
    /// <param name="method">How the rest is summed.</param>
    /// <exception cref="NoetherException">An element that does not exist, or a number outside its domain.</exception>
    public static Potential Dispersion(
        IReadOnlyDictionary<string, double> coefficients,
        double prefactor = -1,
        double accuracy = 1e-4,
        double cutoff = 9,
        ChargeMethod method = ChargeMethod.Automatic)
    {
        ArgumentNullException.ThrowIfNull(coefficients);
        return Power(6, prefactor, coefficients, accuracy, cutoff, method);
    }

    /// <summary>
    /// Point dipoles, the property dipoles of atoms (three numbers each, e Å), with or without charges: Ewald's sum in
    /// crystals and slabs, all pairs in molecules.
    /// </summary>
    /// <param name="charges">The charge of each element by its symbol; null for dipoles alone.</param>
    /// <param name="accuracy">The root mean square error of forces that is allowed, eV/Å.</param>
    /// <param name="cutoff">Where the sum over pairs ends and that over the lattice takes over, Å.</param>
    /// <param name="surroundings">The dielectric constant of the medium around a crystal of dipoles; null for a
    /// conductor.</param>
    /// <exception cref="NoetherException">An element that does not exist, or a number outside its domain.</exception>
    public static Potential Dipoles(
        IReadOnlyDictionary<string, double>? charges = null,
        double accuracy = 1e-4,
        double cutoff = 9,
        double? surroundings = null)
    {
        ChargeSource source = charges is null ? ChargeSourceModule.none : Charges(charges);
        double prefactor = Electrostatics.standard.Prefactor;
        ElectrostaticSettings settings = new(1, prefactor, source, cutoff, accuracy, Method.EwaldMethod);
        return new(Bridge.Get(PointDipoles.create(
            surroundings is { } constant ? Surroundings.NewMedium(constant) : Surroundings.TinFoil,
            settings)));
    }

    private static ChargeSource Charges(IReadOnlyDictionary<string, double> charges) =>
        Bridge.Get(ChargeSourceModule.ofSymbols([.. charges.Select(one => Tuple.Create(one.Key, one.Value))]));

    private static Potential Power(
        double exponent,
        double prefactor,
        IReadOnlyDictionary<string, double>? charges,
        double accuracy,
        double cutoff,
        ChargeMethod method)
    {
        ChargeSource source = charges is null ? ChargeSource.OfStructure : Charges(charges);
        Method sum = method switch
        {
            ChargeMethod.Ewald => Method.EwaldMethod,
            ChargeMethod.Mesh => Method.NewMeshMethod(7),
            _ => Method.Automatic,
        };
        ElectrostaticSettings settings = new(exponent, prefactor, source, cutoff, accuracy, sum);
        return new(Bridge.Get(method == ChargeMethod.Direct
            ? Electrostatics.direct(settings)
            : Electrostatics.create(settings)));
    }
}
