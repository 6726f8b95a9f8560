using System.Numerics;
using Noether.Kernels;
using Noether.Kernels.Tests;

namespace Noether.Benchmarks;

/// <summary>Lennard-Jones values and derivatives of a block of distances that fits the nearest cache.</summary>
internal sealed class RadialBenchmark : IBenchmark
{
    // No power of two: loads can wait for stores to another array that lies a whole page away.
    private const int Pairs = 1000;

    public string Name => "radial";

    public IEnumerable<Case> Cases() =>
    [
        Of<LennardJones, float>("written in C#"),
        Of<LennardJones, double>("written in C#"),
        Of<Physics.LennardJones, float>("written in F#"),
        Of<Physics.LennardJones, double>("written in F#"),
    ];

    private static Case Of<TFunction, T>(string origin)
        where TFunction : struct, IRadialFunction
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        double[] parameters = [0.0104, 3.4];
        T[] r = [.. Enumerable.Range(0, Pairs).Select(i => T.CreateTruncating(3.0 + (i * 5e-3)))];
        var value = new T[Pairs];
        var derivative = new T[Pairs];
        return new($"Lennard-Jones with derivative, {typeof(T).Name}, {origin}", Pairs, "pairs", () =>
            Radial.ValuesAndDerivatives<TFunction, T>(default, parameters, r, value, derivative));
    }
}
