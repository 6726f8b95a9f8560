namespace Noether.Reference;

/// <summary>
/// Sums with a second double for what the first one rounds away (Neumaier, Z. Angew. Math. Mech. 54 (1974) 39):
/// one rounding for all practical purposes, so that a twin in double can judge a kernel in double.
/// </summary>
public sealed class SumReference(double[] start)
{
    private readonly double[] sums = [.. start];
    private readonly double[] lost = new double[start.Length];

    /// <summary>Adds to element i.</summary>
    public void Add(int i, double term)
    {
        var sum = sums[i];
        var next = sum + term;
        lost[i] += Math.Abs(sum) >= Math.Abs(term) ? sum - next + term : term - next + sum;
        sums[i] = next;
    }

    /// <summary>The sums.</summary>
    public double[] Result() => [.. sums.Zip(lost, (sum, rest) => sum + rest)];

    /// <summary>One sum.</summary>
    public static double Sum(IEnumerable<double> terms)
    {
        var sum = new SumReference([0]);
        foreach (var term in terms)
        {
            sum.Add(0, term);
        }

        return sum.Result()[0];
    }
}
