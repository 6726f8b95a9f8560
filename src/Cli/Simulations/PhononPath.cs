using System.Globalization;
using Microsoft.FSharp.Collections;
using Noether.Domain;
using Noether.Physics;

namespace Noether.Cli;

/// <summary>A wavevector with a name, in reciprocal lattice vectors of the cell.</summary>
internal sealed record NamedPoint(string Label, double A, double B, double C)
{
    public Tuple<string, Tuple<double, double, double>> ToTuple() => Tuple.Create(Label, Tuple.Create(A, B, C));
}

/// <summary>
/// A path through the Brillouin zone as the command line names it: labels of special points (G is Γ), or
/// <c>label:a,b,c</c> with fractional coordinates, between spaces; <c>|</c> begins anew.
/// </summary>
internal static class PhononPath
{
    public const string Form =
        "labels of special points (G is Γ) or label:a,b,c with fractional coordinates, between spaces, | to begin anew";

    /// <summary>The pieces of the usual path of a lattice.</summary>
    public static NamedPoint[][] Usual(SpecialPoints known) =>
        [.. known.Paths.Select(piece => piece.Select(label => Named(known, label)!).ToArray())];

    /// <summary>The pieces of a path that was written.</summary>
    public static NamedPoint[][] Read(string text, SpecialPoints? known)
    {
        NamedPoint[][] pieces = [.. text.Split('|').Select(piece =>
            piece.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => Point(word, known)).ToArray())];

        if (pieces.Any(piece => piece.Length == 0))
        {
            Bridge.Refuse("--path", $"'{text}'", Form);
        }

        return pieces;
    }

    private static NamedPoint? Named(SpecialPoints known, string label) => known.Points
        .Where(point => point.Item1 == label)
        .Select(point => new NamedPoint(label, point.Item2.Item1, point.Item2.Item2, point.Item2.Item3))
        .FirstOrDefault();

    private static NamedPoint Point(string word, SpecialPoints? known)
    {
        string[] parts = word.Split(':', 2);
        string label = parts[0] is "G" or "Gamma" ? "Γ" : parts[0];

        if (parts.Length == 1)
        {
            if (label == "Γ")
            {
                return new NamedPoint(label, 0, 0, 0);
            }

            if (known is null)
            {
                Bridge.Refuse(
                    $"'{word}' of --path",
                    "a label in a lattice whose special points are not known",
                    $"fractional coordinates, as in {word}:0.5,0,0");
            }

            return Named(known, label)
                ?? throw new NoetherException(NoetherError.NewInvalidArgument(
                    $"'{word}' of --path",
                    $"no special point of a {known.Lattice} lattice",
                    "one of " + string.Join(", ", known.Points.Select(point => point.Item1))
                    + ", or label:a,b,c with fractional coordinates"));
        }

        double[] q = [.. parts[1].Split(',').Select(number =>
            double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                ? value
                : double.NaN)];

        if (q.Length != 3 || !q.All(double.IsFinite) || label.Length == 0)
        {
            Bridge.Refuse($"'{word}' of --path", "out of form", Form);
        }

        return new NamedPoint(label, q[0], q[1], q[2]);
    }
}

/// <summary>Phonons along a path of pieces; frequencies in the unit that was asked for.</summary>
/// <param name="Wavevectors">[m, 3], reciprocal lattice vectors.</param>
/// <param name="Distances">[m], along the path, 1/Å.</param>
/// <param name="Frequencies">[m, branches].</param>
/// <param name="Starts">Where the pieces begin, and m.</param>
/// <param name="Labels">The special points: where each lies in the list, and its label.</param>
internal sealed record Bands(
    double[] Wavevectors,
    double[] Distances,
    double[] Frequencies,
    int[] Starts,
    (int Index, string Label)[] Labels)
{
    /// <summary>The branches of a path, joined from its pieces.</summary>
    public static Bands Of(NamedPoint[][] pieces, int steps, ForceConstants constants, FrequencyUnit unit)
    {
        List<double> wavevectors = [], distances = [], frequencies = [];
        List<int> starts = [0];
        List<(int, string)> labels = [];

        foreach (NamedPoint[] piece in pieces)
        {
            int start = starts[^1];
            double far = distances.LastOrDefault();

            if (piece is [var single])
            {
                wavevectors.AddRange([single.A, single.B, single.C]);
                distances.Add(far);
                frequencies.AddRange(unit.Of(Phonons.modes(single.A, single.B, single.C, constants).Terahertz));
                labels.Add((start, single.Label));
            }
            else
            {
                var points = Bridge.List(piece.Select(point => point.ToTuple()));
                BandStructure bands = Bridge.Get(PhononBands.path(points, steps, constants));
                wavevectors.AddRange(bands.Wavevectors);
                distances.AddRange(bands.Distances.Select(distance => far + distance));
                frequencies.AddRange(unit.Of(bands.Terahertz));
                labels.AddRange(bands.Labels.Select(label => (start + label.Item1, label.Item2)));
            }

            starts.Add(distances.Count);
        }

        return new Bands([.. wavevectors], [.. distances], [.. frequencies], [.. starts], [.. labels]);
    }

    /// <summary>The number of branches.</summary>
    public int Branches => Distances.Length == 0 ? 0 : Frequencies.Length / Distances.Length;

    /// <summary>The frequencies at a wavevector of the list.</summary>
    public ReadOnlySpan<double> At(int index) => Frequencies.AsSpan(index * Branches, Branches);
}
