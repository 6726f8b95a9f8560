using System.Numerics;

namespace Noether.Kernels;

/// <summary>The numbers of a step of Adam (D. Kingma and J. Ba, arXiv:1412.6980).</summary>
/// <param name="DecayMean">β₁, of the mean of the gradients.</param>
/// <param name="DecaySquare">β₂, of the mean of their squares.</param>
/// <param name="Epsilon">ε, added to the root.</param>
/// <param name="CorrectMean">1 − β₁ᵗ at step t.</param>
/// <param name="CorrectSquare">1 − β₂ᵗ at step t.</param>
public readonly record struct AdamNumbers(
    double DecayMean,
    double DecaySquare,
    double Epsilon,
    double CorrectMean,
    double CorrectSquare);

/// <summary>Steps of Adam, in one pass over the parameters.</summary>
public static unsafe class Adam
{
    /// <summary>
    /// <c>m = β₁ m₀ + (1−β₁) g</c>, <c>v = β₂ v₀ + (1−β₂) g²</c> and their ratio
    /// <c>(m/c₁) / (√(v/c₂) + ε)</c>, each operation rounded by itself.
    /// </summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="numbers">The numbers of the step.</param>
    /// <param name="gradient">The gradient g.</param>
    /// <param name="oldMean">The mean m₀ before; like all the others as long as the gradient.</param>
    /// <param name="oldSquare">The mean v₀ of the squares before.</param>
    /// <param name="mean">Receives m.</param>
    /// <param name="square">Receives v.</param>
    /// <param name="ratio">Receives what, times minus the rate, is to be added to the parameters.</param>
    /// <exception cref="ArgumentException">Lengths differ.</exception>
    public static void StepInto<T>(
        in AdamNumbers numbers,
        ReadOnlySpan<T> gradient,
        ReadOnlySpan<T> oldMean,
        ReadOnlySpan<T> oldSquare,
        Span<T> mean,
        Span<T> square,
        Span<T> ratio)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int length = gradient.Length;
        Guard.Length(oldMean.Length, length, nameof(oldMean));
        Guard.Length(oldSquare.Length, length, nameof(oldSquare));
        Guard.Length(mean.Length, length, nameof(mean));
        Guard.Length(square.Length, length, nameof(square));
        Guard.Length(ratio.Length, length, nameof(ratio));
        fixed (T* g = gradient, m0 = oldMean, v0 = oldSquare, m = mean, v = square, u = ratio)
        {
            var job = new AdamJob<T>
            {
                Length = length,
                KeepMean = T.CreateTruncating(numbers.DecayMean),
                TakeMean = T.CreateTruncating(1 - numbers.DecayMean),
                KeepSquare = T.CreateTruncating(numbers.DecaySquare),
                TakeSquare = T.CreateTruncating(1 - numbers.DecaySquare),
                Epsilon = T.CreateTruncating(numbers.Epsilon),
                CorrectMean = T.CreateTruncating(numbers.CorrectMean),
                CorrectSquare = T.CreateTruncating(numbers.CorrectSquare),
                Gradient = g,
                OldMean = m0,
                OldSquare = v0,
                Mean = m,
                Square = v,
                Ratio = u,
            };
            if (length <= Maps.Serial)
            {
                job.RunRange(0, length);
            }
            else
            {
                Workers.Run(Maps.Blocks(length), job);
            }
        }
    }

    private struct AdamJob<T> : IJob
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public int Length;
        public T KeepMean, TakeMean, KeepSquare, TakeSquare, Epsilon, CorrectMean, CorrectSquare;
        public T* Gradient, OldMean, OldSquare, Mean, Square, Ratio;

        public readonly void Run(int block) =>
            RunRange(block * Maps.Block, Math.Min(Length, (block + 1) * Maps.Block));

        public readonly void RunRange(int first, int end)
        {
            int i = first;
            for (; i <= end - Vector<T>.Count; i += Vector<T>.Count)
            {
                Vector<T> g = Vector.Load(Gradient + i);
                Vector<T> m = (Vector.Load(OldMean + i) * KeepMean) + (g * TakeMean);
                Vector<T> v = (Vector.Load(OldSquare + i) * KeepSquare) + (g * g * TakeSquare);
                m.Store(Mean + i);
                v.Store(Square + i);
                Vector<T> root = Vector.SquareRoot(v / CorrectSquare) + new Vector<T>(Epsilon);
                (m / CorrectMean / root).Store(Ratio + i);
            }

            for (; i < end; i++)
            {
                T g = Gradient[i];
                T m = (OldMean[i] * KeepMean) + (g * TakeMean);
                T v = (OldSquare[i] * KeepSquare) + (g * g * TakeSquare);
                (Mean[i], Square[i]) = (m, v);
                Ratio[i] = m / CorrectMean / (T.Sqrt(v / CorrectSquare) + Epsilon);
            }
        }
    }
}
