using System.Runtime.CompilerServices;

namespace Noether.Kernels.Tests;

/// <summary>
/// The Lennard-Jones pair potential, <c>V(r) = 4ε((σ/r)¹² − (σ/r)⁶)</c>
/// (J. E. Lennard-Jones, Proc. Phys. Soc. 43 (1931) 461). Parameters: ε (energy), σ (length).
/// </summary>
internal readonly struct LennardJones : IRadialFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TReal Evaluate<TReal>(TReal r, ReadOnlySpan<TReal> parameters)
        where TReal : IReal<TReal>
    {
        TReal sixth = TReal.Power(parameters[1] / r, 6);
        return TReal.Constant(4.0) * parameters[0] * (sixth * sixth - sixth);
    }
}
