using Noether.Domain;
using Noether.Physics;

namespace Noether.Cli;

/// <summary>Structures with what was found out about them, under the names that ASE has.</summary>
internal static class Frames
{
    /// <summary>The structure with energy (eV), forces (eV/Å) and, where there are any, stress (eV/Å³).</summary>
    public static Structure WithResults(Structure structure, Results results)
    {
        Property forces = Bridge.Get(PropertyModule.rows(3, results.Forces));
        structure = Bridge.Get(StructureModule.withPerAtom("forces", forces, structure));
        structure = Bridge.Get(StructureModule.withInfo("energy", PropertyModule.real(results.Energy), structure));
        return results.Stress?.Value is { } stress
            ? Bridge.Get(StructureModule.withInfo("stress", PropertyModule.reals(stress), structure))
            : structure;
    }
}
