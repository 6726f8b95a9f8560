using System.Globalization;
using Noether.Domain;
using Noether.Learning;
using Noether.Physics;

namespace Noether.Cli;

/// <summary>A run that warns, or stops, because the members of an ensemble disagree.</summary>
/// <param name="session">The stream of warnings.</param>
/// <param name="committee">The members' answers.</param>
/// <param name="warnAbove">The deviation per root atom, eV, above which a warning is given, if at all.</param>
/// <param name="stopAbove">The deviation above which the run stops, if at all.</param>
/// <param name="path">The file for the structure that stops the run.</param>
internal sealed class Doubt(
    Session session, Func<Structure, AniCommittee> committee, double? warnAbove, double? stopAbove, string path)
{
    private bool hasWarned;

    /// <summary>Why the run stops at a state, which is saved; null where it does not.</summary>
    public string? Of(State state)
    {
        Structure structure = state.Phase.Structure;
        double deviation = committee(structure).PerRootAtom;
        string Apart(double limit) => $"the members are {Text(deviation, "G4")} eV per root atom apart, more than "
            + Text(limit, "R");

        if (deviation > stopAbove)
        {
            structure = Bridge.Get(
                StructureModule.withInfo("committee_deviation", PropertyModule.real(deviation), structure));
            AtomicFile.Write(path, Bridge.Get(ExtXyz.format([Frames.WithResults(structure, state.Results)])));
            return $"stopped at step {state.Step}: {Apart(stopAbove.Value)}; the structure is in {path}.";
        }

        if (deviation > warnAbove && !hasWarned)
        {
            hasWarned = true;
            session.Warn($"at step {state.Step} {Apart(warnAbove.Value)}");
        }

        return null;
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
