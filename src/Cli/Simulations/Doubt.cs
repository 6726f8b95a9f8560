using System.Globalization;
using Noether.Domain;
using Noether.Learning;
using Noether.Physics;

namespace Noether.Cli;

/// <summary>When a run stops because the members of an ensemble disagree.</summary>
/// <param name="committee">What the members say.</param>
/// <param name="threshold">The deviation per root atom, eV, above which they disagree.</param>
/// <param name="path">Where the structure is saved.</param>
internal sealed class Doubt(Func<Structure, AniCommittee> committee, double threshold, string path)
{
    /// <summary>Why the run stops at a state, which is saved; null where it does not.</summary>
    public string? Of(State state)
    {
        Structure structure = state.Phase.Structure;
        double deviation = committee(structure).PerRootAtom;

        if (deviation <= threshold)
        {
            return null;
        }

        structure = Bridge.Get(
            StructureModule.withInfo("committee_deviation", PropertyModule.real(deviation), structure));
        AtomicFile.Write(path, Bridge.Get(ExtXyz.format([Frames.WithResults(structure, state.Results)])));
        string found = deviation.ToString("G4", CultureInfo.InvariantCulture);
        string limit = threshold.ToString(CultureInfo.InvariantCulture);
        return $"stopped at step {state.Step}: the members are {found} eV per root atom apart, more than {limit}; the "
            + $"structure is in {path}.";
    }
}
