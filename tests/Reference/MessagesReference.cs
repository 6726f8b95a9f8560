namespace Noether.Reference;

/// <summary>A path of <see cref="MessagesReference"/>: its columns, and its dense coupling [i, j, k].</summary>
public sealed record MessagesReferencePath(
    int Channels, int Input, int D1, int Harmonics, int D2, int Output, int OutputStep, int D3, int Weights, double[] C);

/// <summary>The contractions of the message pass as their definition, in double.</summary>
public static class MessagesReference
{
    /// <summary>The derivatives of the form for all four arguments.</summary>
    public static (double[] X, double[] Y, double[] W, double[] G) Contract(
        IReadOnlyList<MessagesReferencePath> paths,
        int[] senders,
        int[] receivers,
        int[] rows,
        (double[] Values, int Width) x,
        (double[] Values, int Width) y,
        (double[] Values, int Width) w,
        (double[] Values, int Width) g)
    {
        double[] xBar = new double[x.Values.Length], yBar = new double[y.Values.Length];
        double[] wBar = new double[w.Values.Length], gBar = new double[g.Values.Length];
        for (int e = 0; e < senders.Length; e++)
        {
            foreach (MessagesReferencePath p in paths)
            {
                for (int term = 0; term < p.C.Length; term++)
                {
                    int k = term % p.D3, j = term / p.D3 % p.D2, i = term / (p.D3 * p.D2);
                    int atY = (e * y.Width) + p.Harmonics + j;
                    for (int u = 0; u < p.Channels; u++)
                    {
                        int atX = (senders[e] * x.Width) + p.Input + (i * p.Channels) + u;
                        int atW = (rows[e] * w.Width) + p.Weights + u;
                        int atG = (receivers[e] * g.Width) + p.Output + (k * p.OutputStep) + u;
                        (double a, double b) = (p.C[term] * x.Values[atX], y.Values[atY]);
                        (double c, double d) = (w.Values[atW], g.Values[atG]);
                        xBar[atX] += p.C[term] * b * c * d;
                        yBar[atY] += a * c * d;
                        wBar[atW] += a * b * d;
                        gBar[atG] += a * b * c;
                    }
                }
            }
        }

        return (xBar, yBar, wBar, gBar);
    }
}
