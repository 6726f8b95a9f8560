using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Noether.Kernels;

/// <summary>
/// A function of a distance, written once over <see cref="IReal{T}"/>. Implement it with a struct: the JIT then makes a
/// body of its own for every pair of function and number, with nothing called in the inner loop. Mark the method
/// <c>AggressiveInlining</c> when it is longer than a line or two.
/// </summary>
public interface IRadialFunction
{
    /// <summary>The function's value.</summary>
    /// <typeparam name="TReal">The number: scalar, register with derivative, or tensor.</typeparam>
    /// <param name="r">The distance.</param>
    /// <param name="parameters">The parameters, in the order that the function documents.</param>
    /// <returns>The value at <paramref name="r"/>.</returns>
    TReal Evaluate<TReal>(TReal r, ReadOnlySpan<TReal> parameters)
        where TReal : IReal<TReal>;
}

/// <summary>Drives radial functions over arrays of distances.</summary>
public static class Radial
{
    /// <summary>The largest number of parameters that a radial function may have.</summary>
    public const int MaximumParameters = 16;

    /// <summary>
    /// Value and derivative of <paramref name="function"/> at every distance, in one SIMD pass by dual numbers.
    /// </summary>
    /// <typeparam name="TFunction">The function, a struct.</typeparam>
    /// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
    /// <param name="function">The function.</param>
    /// <param name="parameters">Its parameters, at most <see cref="MaximumParameters"/>.</param>
    /// <param name="r">Distances, shape [n].</param>
    /// <param name="value">Receives f(r), shape [n]; must not overlap <paramref name="r"/>.</param>
    /// <param name="derivative">Receives df/dr, shape [n]; must not overlap the others.</param>
    /// <exception cref="ArgumentException">A length differs from that of <paramref name="r"/>, or too many parameters.
    /// </exception>
    public static void ValuesAndDerivatives<TFunction, T>(
        TFunction function, ReadOnlySpan<double> parameters, ReadOnlySpan<T> r, Span<T> value, Span<T> derivative)
        where TFunction : struct, IRadialFunction
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (value.Length != r.Length || derivative.Length != r.Length)
        {
            throw new ArgumentException(
                $"Radial.ValuesAndDerivatives: {r.Length} distances, {value.Length} values, "
                + $"{derivative.Length} derivatives; expected equal lengths.");
        }

        if (parameters.Length > MaximumParameters)
        {
            throw new ArgumentException(
                $"Radial.ValuesAndDerivatives: {parameters.Length} parameters; expected at most {MaximumParameters}.");
        }

        var job = new Job<TFunction, T>
        {
            Function = function,
            Parameters = parameters,
            Distances = r,
            Values = value,
            Derivatives = derivative,
        };
        Simd.RunWidest<T, Job<TFunction, T>>(ref job);
    }

    /// <summary>The number of parameters of a function in a table for so many entries.</summary>
    internal static int ParameterCount(
        int length, int entries, string name, [CallerMemberName] string operation = "")
    {
        int count = entries == 0 ? 0 : length / entries;
        Guard.Length(length, (long)count * entries, name, operation);
        Guard.AtMost(count, MaximumParameters, name, operation);
        return count;
    }

    private ref struct Job<TFunction, T> : ILanesJob<T>
        where TFunction : struct, IRadialFunction
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public TFunction Function;
        public ReadOnlySpan<double> Parameters;
        public ReadOnlySpan<T> Distances;
        public Span<T> Values;
        public Span<T> Derivatives;

        public readonly void Run<V>()
            where V : unmanaged, ILanes<V, T>
        {
            ParameterBuffer<DualLanes<V, T>> buffer = default;
            Span<DualLanes<V, T>> parameters = buffer;
            parameters = parameters[..Parameters.Length];
            for (int i = 0; i < Parameters.Length; i++)
            {
                parameters[i] = DualLanes<V, T>.Constant(Parameters[i]);
            }

            int length = Distances.Length;
            if (length < V.Count)
            {
                Few<V>(parameters);
                return;
            }

            Whole<V>(Function, parameters, Distances, Values, Derivatives);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Whole<V>(
            TFunction function,
            ReadOnlySpan<DualLanes<V, T>> parameters,
            ReadOnlySpan<T> distances,
            Span<T> values,
            Span<T> derivatives)
            where V : unmanaged, ILanes<V, T>
        {
            ref T r = ref MemoryMarshal.GetReference(distances);
            ref T f = ref MemoryMarshal.GetReference(values);
            ref T d = ref MemoryMarshal.GetReference(derivatives);
            V one = V.Broadcast(T.One);
            int last = distances.Length - V.Count;
            int i = 0;
            while (true)
            {
                var x = new DualLanes<V, T>(V.Load(ref Unsafe.Add(ref r, i)), one);
                DualLanes<V, T> y = function.Evaluate(x, parameters);
                V.Store(y.Value, ref Unsafe.Add(ref f, i));
                V.Store(y.Derivative, ref Unsafe.Add(ref d, i));
                if (i == last)
                {
                    return;
                }

                // The last register overlaps the one before it, so that no remainder is left.
                i = Math.Min(i + V.Count, last);
            }
        }

        private readonly void Few<V>(ReadOnlySpan<DualLanes<V, T>> parameters)
            where V : unmanaged, ILanes<V, T>
        {
            if (Distances.IsEmpty)
            {
                return;
            }

            Span<T> lanes = stackalloc T[3 * V.Count];
            Span<T> r = lanes[..V.Count];
            Span<T> f = lanes.Slice(V.Count, V.Count);
            Span<T> d = lanes[(2 * V.Count)..];
            r.Fill(Distances[0]);
            Distances.CopyTo(r);
            Whole(Function, parameters, r, f, d);
            f[..Values.Length].CopyTo(Values);
            d[..Derivatives.Length].CopyTo(Derivatives);
        }
    }
}

/// <summary>Room for the parameters of a radial function.</summary>
/// <typeparam name="TReal">The number.</typeparam>
[InlineArray(Radial.MaximumParameters)]
internal struct ParameterBuffer<TReal>
{
    private TReal first;
}
