using Microsoft.FSharp.Core;
using Noether.Domain;
using Noether.Kernels;
using Noether.Physics;

namespace Noether.Cli;

/// <summary>
/// A function of the distance as potentials name it: its parameters in their order, and the way to make it.
/// </summary>
internal sealed record PairFunction(
    string Kind,
    IReadOnlyList<string> Parameters,
    Func<Truncation, PairParameters, FSharpResult<Potential, NoetherError>> Create)
{
    /// <summary>All that can be named; the formulas stand with the functions.</summary>
    public static IReadOnlyList<PairFunction> All { get; } =
    [
        Of<LennardJones>("lj", "epsilon", "sigma"),
        Of<Morse>("morse", "D", "a", "r0"),
        Of<Buckingham>("buckingham", "A", "rho", "C"),
        Of<BornMayer>("born", "A", "rho", "sigma", "C", "D"),
        Of<Yukawa>("yukawa", "A", "kappa"),
        Of<SoftRepulsion>("soft", "A", "w"),
        Of<Spring>("spring", "k", "r0"),
    ];

    private static PairFunction Of<TFunction>(string kind, params string[] parameters)
        where TFunction : struct, IRadialFunction =>
        new(kind, parameters, (end, table) => PairPotential.create(kind, default(TFunction), end, table));
}
