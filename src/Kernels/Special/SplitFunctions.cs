using System.Runtime.CompilerServices;

namespace Noether.Kernels;

/// <summary>w erfc(κr)/r, the short-ranged part of Coulomb's law, κ = 1/(√2σ). Parameters: w, κ.</summary>
public readonly struct ShortCoulomb : IRadialFunction
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TReal Evaluate<TReal>(TReal r, ReadOnlySpan<TReal> parameters)
        where TReal : IReal<TReal> => parameters[0] * TReal.Erfc(parameters[1] * r) / r;
}

/// <summary>
/// w e^(−x) (1 + x + x²/2)/r⁶ with x = κ²r², the short-ranged part of 1/r⁶, κ = 1/(√2σ). Parameters: w, κ.
/// </summary>
public readonly struct ShortDispersion : IRadialFunction
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TReal Evaluate<TReal>(TReal r, ReadOnlySpan<TReal> parameters)
        where TReal : IReal<TReal>
    {
        TReal scaled = parameters[1] * r;
        TReal x = scaled * scaled;
        TReal one = TReal.Constant(1);
        TReal polynomial = one + (x * (one + (TReal.Constant(0.5) * x)));
        return parameters[0] * TReal.Exp(-x) * polynomial * TReal.Power(r, -6);
    }
}
