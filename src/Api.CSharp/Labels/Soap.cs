using Microsoft.FSharp.Collections;
using Noether.Physics;

namespace Noether;

/// <summary>What descriptors are differentiated by.</summary>
[Flags]
public enum SoapGradients
{
    /// <summary>By nothing: values alone.</summary>
    None = 0,

    /// <summary>Cartesian positions.</summary>
    Positions = 1,

    /// <summary>Strain of positions and cell.</summary>
    Strain = 2,

    /// <summary>Lattice vectors at fixed positions.</summary>
    Cell = 4,
}

/// <summary>
/// Densities of neighbours on radial functions and spherical harmonics, and their invariants (A. P. Bartók, R. Kondor,
/// G. Csányi, Phys. Rev. B 87, 184115 (2013)), in the conventions of featomic.
/// </summary>
public static class Soap
{
    /// <summary>
    /// Rotational invariants of the neighbours of every atom. Keys (center_type, neighbor_1_type, neighbor_2_type);
    /// samples (system, atom); properties (l, n_1, n_2).
    /// </summary>
    /// <param name="structures">The structures.</param>
    /// <param name="cutoff">Neighbours are nearer than this, Å.</param>
    /// <param name="maxAngular">The highest degree of spherical harmonics.</param>
    /// <param name="maxRadial">The highest number of a radial function, from 0.</param>
    /// <param name="width">The width of the Gaussians, Å.</param>
    /// <param name="gradients">What is differentiated by.</param>
    /// <exception cref="NoetherException">A setting has no meaning.</exception>
    public static TensorMap PowerSpectrum(
        IEnumerable<Structure> structures,
        double cutoff,
        int maxAngular,
        int maxRadial,
        double width = 0.3,
        SoapGradients gradients = SoapGradients.None) =>
        new(Bridge.Get(Physics.PowerSpectrum.compute(
            Settings(cutoff, maxAngular, maxRadial, width), List(gradients), Cores(structures))));

    /// <summary>
    /// The density itself: keys (o3_lambda, o3_sigma, center_type, neighbor_type); samples (system, atom); component
    /// o3_mu; property n.
    /// </summary>
    /// <param name="structures">The structures.</param>
    /// <param name="cutoff">Neighbours are nearer than this, Å.</param>
    /// <param name="maxAngular">The highest degree of spherical harmonics.</param>
    /// <param name="maxRadial">The highest number of a radial function, from 0.</param>
    /// <param name="width">The width of the Gaussians, Å.</param>
    /// <param name="gradients">What is differentiated by.</param>
    /// <exception cref="NoetherException">A setting has no meaning.</exception>
    public static TensorMap SphericalExpansion(
        IEnumerable<Structure> structures,
        double cutoff,
        int maxAngular,
        int maxRadial,
        double width = 0.3,
        SoapGradients gradients = SoapGradients.None) =>
        new(Bridge.Get(Physics.SphericalExpansion.compute(
            Settings(cutoff, maxAngular, maxRadial, width), List(gradients), Cores(structures))));

    private static SoapSettings Settings(double cutoff, int maxAngular, int maxRadial, double width)
    {
        SoapSettings plain = SoapSettingsModule.create(cutoff, maxAngular, maxRadial);
        return new(
            plain.Cutoff, plain.Smoothing, width, plain.CentreWeight, plain.Scaling, plain.Radial, plain.SplineAccuracy);
    }

    private static FSharpList<DescriptorGradient> List(SoapGradients gradients) => Bridge.List(
        new[]
        {
            (SoapGradients.Positions, DescriptorGradient.Positions),
            (SoapGradients.Strain, DescriptorGradient.Strain),
            (SoapGradients.Cell, DescriptorGradient.Cell),
        }
        .Where(pair => gradients.HasFlag(pair.Item1))
        .Select(pair => pair.Item2));

    private static FSharpList<Domain.Structure> Cores(IEnumerable<Structure> structures) =>
        Bridge.List(structures.Select(structure => structure.Core));
}
