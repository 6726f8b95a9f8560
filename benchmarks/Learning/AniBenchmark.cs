using Noether.AutoDiff;
using Noether.Domain;
using Noether.Kernels;
using Noether.Learning;
using Noether.Physics;

namespace Noether.Benchmarks;

/// <summary>
/// Energy and forces by the eight members of ANI-2x: molecules, boxes of water, and the same by a thousand atoms. The
/// share is that of the peak of multiply-adds by those of the networks, whose columns of absent elements are left out:
/// forwards and back. The weights have no influence on the time: where there are no parameters they are random.
/// </summary>
internal sealed class AniBenchmark : IBenchmark
{
    public string Name => "ani";

    public IEnumerable<Case> Cases()
    {
        AniModel model = Model();

        foreach (Precision precision in new[] { Precision.Float32, Precision.Float64 })
        {
            Potential potential = Ani.potential(precision, model);
            Case peak = precision.IsFloat32 ? PeakBenchmark.Of<float>() : PeakBenchmark.Of<double>();

            foreach ((string name, Structure structure) in Structures())
            {
                foreach (int threads in new[] { 1, Environment.ProcessorCount }.Distinct())
                {
                    yield return new($"{precision}, {name}, {threads} thread(s)", structure.Count, "atoms", () =>
                    {
                        using IDisposable limit = Workers.LimitTo(threads);
                        Outcome.getOrFail(Evaluate.run(potential, structure));
                    })
                    {
                        Baseline = peak,
                        BaselineWork = Work(model, structure) / threads,
                        Repetitions = structure.Count > 1000 ? 3 : 11,
                    };
                }
            }
        }
    }

    private static IEnumerable<(string Name, Structure Structure)> Structures()
    {
        yield return ("methane", Outcome.getOrFail(Molecule.alkane(1)));
        yield return ("C30H62", Outcome.getOrFail(Molecule.alkane(30)));

        foreach (int molecules in new[] { 64, 216, 5832 })
        {
            Structure box = Outcome.getOrFail(Molecule.waterBox(molecules, 0.997, RandomKey.FromSeed(1)));
            yield return ($"water, {box.Count} atoms", box);
        }
    }

    // Multiply and add of all networks, forwards and back, with the inputs of the elements that are there.
    private static double Work(AniModel model, Structure structure)
    {
        AniSettings settings = model.Settings;
        int present = structure.Numbers.Distinct().Count();
        double inputs = (present * 16) + (present * (present + 1) / 2.0 * 32);
        return structure.Numbers.Sum(z =>
        {
            int species = settings.Elements.ToList().IndexOf(z);
            double[] sizes = [inputs, .. settings.Hidden[species], 1];
            return 2 * 2 * settings.Members * sizes.Zip(sizes.Skip(1), (a, b) => a * b).Sum();
        });
    }

    /// <summary>ANI-2x where NOETHER_DATA has it, else its settings with random weights.</summary>
    public static AniModel Model()
    {
        string data = Environment.GetEnvironmentVariable("NOETHER_DATA") ?? "../shared/data";
        string info = Path.Combine(data, "ani", "ani-2x_8x.info");

        if (File.Exists(info))
        {
            return Outcome.getOrFail(AniFile.read(info));
        }

        int[] elements = [1, 6, 7, 8, 16, 9, 17];
        AniSettings settings = new(
            Microsoft.FSharp.Collections.ListModule.OfSeq(elements),
            AniSettingsModule.environmentsOf2x(elements.Length),
            Microsoft.FSharp.Collections.ListModule.OfSeq(elements.Select(AniSettingsModule.usualWidths)),
            8,
            Microsoft.FSharp.Collections.ListModule.OfSeq(elements.Select(_ => 0.0)),
            Units.hartree);
        return Outcome.getOrFail(AniModelModule.ofParameters(
            "random", settings, Ani.fresh(settings, Precision.Float32, RandomKey.FromSeed(1))));
    }
}
