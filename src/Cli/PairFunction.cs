using Microsoft.FSharp.Core;
using Noether.Domain;
using Noether.Physics;

namespace Noether.Cli;

/// <summary>A function of the distance as potentials name it: its parameters in their order, and the way to make it.</summary>
internal sealed record PairFunction(
    string Kind,
    IReadOnlyList<string> Parameters,
    Func<Truncation, PairParameters, FSharpResult<Potential, NoetherError>> Create)
{
    /// <summary>All that can be named; the formulas stand with the functions.</summary>
    public static IReadOnlyList<PairFunction> All { get; } =
    [
        new("lj", ["epsilon", "sigma"], (end, p) => PairPotential.create("lj", default(LennardJones), end, p)),
        new("morse", ["D", "a", "r0"], (end, p) => PairPotential.create("morse", default(Morse), end, p)),
        new("buckingham", ["A", "rho", "C"], (end, p) => PairPotential.create("buckingham", default(Buckingham), end, p)),
        new("born", ["A", "rho", "sigma", "C", "D"], (end, p) => PairPotential.create("born", default(BornMayer), end, p)),
        new("yukawa", ["A", "kappa"], (end, p) => PairPotential.create("yukawa", default(Yukawa), end, p)),
        new("soft", ["A", "w"], (end, p) => PairPotential.create("soft", default(SoftRepulsion), end, p)),
        new("spring", ["k", "r0"], (end, p) => PairPotential.create("spring", default(Spring), end, p)),
    ];
}
