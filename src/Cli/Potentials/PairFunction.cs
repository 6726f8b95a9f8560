using Microsoft.FSharp.Core;
using Noether.AutoDiff;
using Noether.Domain;
using Noether.Kernels;
using Noether.Physics;

namespace Noether.Cli;

/// <summary>
/// A function of the distance as potentials name it, and people: its parameters in their order, the rules for those of unlike atoms,
/// of which the first is the usual one, and the way to make it.
/// </summary>
internal sealed record PairFunction(
    string Kind,
    string Title,
    IReadOnlyList<string> Parameters,
    Dictionary<string, FSharpFunc<Tensor, FSharpFunc<Tensor, Tensor>>> Mixings,
    Func<Truncation, PairParameters, FSharpResult<Potential, NoetherError>> Create)
{
    private static readonly Dictionary<string, FSharpFunc<Tensor, FSharpFunc<Tensor, Tensor>>>
        Means = new()
        {
            ["lorentz-berthelot"] = Mixing.lorentzBerthelot,
            ["geometric"] = Mixing.geometric,
        },
        Lengths = new(Means) { ["sixth-power"] = Mixing.sixthPower },
        Exponents = new() { ["williams"] = FuncConvert.FromFunc<Tensor, Tensor, Tensor>(Mixing.williams) },
        None = [];

    /// <summary>All that can be named; the formulas stand with the functions.</summary>
    public static IReadOnlyList<PairFunction> All { get; } =
    [
        Of<LennardJones>("lj", "Lennard-Jones", Lengths, "epsilon", "sigma"),
        Of<Morse>("morse", "Morse", None, "D", "a", "r0"),
        Of<Buckingham>("buckingham", "Buckingham", Exponents, "A", "rho", "C"),
        Of<BornMayer>("born", "Born, Mayer and Huggins", None, "A", "rho", "sigma", "C", "D"),
        Of<Yukawa>("yukawa", "Yukawa, a screened charge", Means, "A", "kappa"),
        Of<SoftRepulsion>("soft", "a soft repulsion by a cosine", Means, "A", "w"),
        Of<Spring>("spring", "a spring", None, "k", "r0"),
    ];

    /// <summary>The repulsion of nuclei, which has no parameters but the elements.</summary>
    public static PairFunction ScreenedNuclei { get; } = Of<ZieglerBiersackLittmark>("zbl", "the repulsion of nuclei", None);

    private static PairFunction Of<TFunction>(
        string kind,
        string title,
        Dictionary<string, FSharpFunc<Tensor, FSharpFunc<Tensor, Tensor>>> mixings,
        params string[] parameters)
        where TFunction : struct, IRadialFunction =>
        new(kind, title, parameters, mixings, (end, table) => PairPotential.create(kind, default(TFunction), end, table));
}
