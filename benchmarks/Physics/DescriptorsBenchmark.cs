using Microsoft.FSharp.Collections;
using Noether.Domain;
using Noether.Kernels;
using Noether.Physics;

namespace Noether.Benchmarks;

/// <summary>
/// The spherical expansion of silicon, 1 000 atoms displaced by 0.05 Å, cut-off 5 Å, 8 radial functions and degrees up to
/// 6, on one thread: values alone, and with gradients by positions. Work is counted in atoms.
/// </summary>
internal sealed class DescriptorsBenchmark : IBenchmark
{
    public string Name => "descriptors";

    public IEnumerable<Case> Cases()
    {
        SoapSettings settings = SoapSettingsModule.create(5, 6, 7);
        FSharpList<Structure> silicon = ListModule.OfSeq([Silicon()]);
        foreach (bool derived in new[] { false, true })
        {
            var gradients = derived
                ? ListModule.OfSeq([DescriptorGradient.Positions])
                : FSharpList<DescriptorGradient>.Empty;
            yield return new(
                derived ? "spherical expansion with gradients" : "spherical expansion", silicon[0].Count, "atoms", () =>
                {
                    using IDisposable limit = Workers.LimitTo(1);
                    _ = SphericalExpansion.compute(settings, gradients, silicon).ResultValue;
                })
            { Repetitions = 7 };
        }
    }

    private static Structure Silicon()
    {
        Structure cell = Outcome.getOrFail(Crystal.diamond("Si", 5.43));
        Structure cells = Outcome.getOrFail(StructureModule.repeat(5, 5, 5, cell));
        return Outcome.getOrFail(StructureGeometry.Structure.rattle(0.05, RandomKey.FromSeed(1), cells));
    }
}
