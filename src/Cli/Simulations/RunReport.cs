using System.Globalization;
using Noether.Domain;
using Noether.Physics;

namespace Noether.Cli;

/// <summary>The report of the states of a run: a frame, a line of the log, an object, facts.</summary>
/// <param name="session">Whose warnings stand in the objects.</param>
/// <param name="simulation">The simulation.</param>
internal sealed class RunReport(Session session, Simulation simulation)
{
    /// <summary>The names of the fields of a line.</summary>
    public const string Columns =
        "# step\ttime (fs)\tpotential (eV)\tkinetic (eV)\tinvariant (eV)\ttemperature (K)\tpressure (GPa)\tvolume (Å³)\n";

    /// <summary>The state as a frame of a trajectory, with momenta and forces, energy and stress, as ASE names them.</summary>
    public string Frame(State state)
    {
        PhasePoint phase = state.Phase;
        Structure structure = phase.Structure;
        Results results = state.Results;
        IEnumerable<double> momenta = phase.Velocities.Select((v, k) => phase.Masses[k / 3] * v);
        Property rows = Bridge.Get(PropertyModule.rows(3, momenta));
        structure = Bridge.Get(StructureModule.withPerAtom("momenta", rows, structure));
        structure = Bridge.Get(StructureModule.withInfo("step", PropertyModule.integer(state.Step), structure));
        structure = Bridge.Get(StructureModule.withInfo("time", PropertyModule.real(Time(state)), structure));
        return Bridge.Get(ExtXyz.format([Frames.WithResults(structure, results)]));
    }

    /// <summary>The state as a line of the log.</summary>
    public string Line(State state) => string.Join('\t', Values(state).Select(value =>
        value.Number?.ToString("R", CultureInfo.InvariantCulture) ?? "")) + "\n";

    /// <summary>The state as a JSON object.</summary>
    public string Json(State state) => JsonLine.Of(writer =>
    {
        writer.WriteNumber("step", state.Step);

        foreach ((string name, _, double? number) in Values(state).Skip(1))
        {
            writer.WritePropertyName(name);

            if (number is { } given)
            {
                writer.Number(given);
            }
            else
            {
                writer.WriteNullValue();
            }
        }

        HeldReport.Of(state.Phase.Structure.Cell, state.Phase.Fixed).Write(writer);
        writer.Texts("warnings", session.Warnings);
    });

    /// <summary>The state as facts.</summary>
    public IEnumerable<(string Name, object? Value)> Facts(State state) => Values(state)
        .Where(value => value.Number is not null)
        .Select(value => (value.Name + (value.Unit.Length > 0 ? $" ({value.Unit})" : ""), (object?)value.Number))
        .Concat(HeldReport.Of(state.Phase.Structure.Cell, state.Phase.Fixed).Facts());

    private double Time(State state) => state.Step * simulation.Ensemble.Timestep;

    private IEnumerable<(string Name, string Unit, double? Number)> Values(State state)
    {
        double? volume = CellModule.volume(state.Phase.Structure.Cell)?.Value;
        yield return ("step", "", state.Step);
        yield return ("time", "fs", Time(state));
        yield return ("potential", "eV", state.Results.Energy);
        yield return ("kinetic", "eV", PhasePointModule.kineticEnergy(state.Phase));
        yield return ("invariant", "eV", simulation.Invariant.Invoke(state));
        yield return ("temperature", "K", PhasePointModule.temperature(state.Phase));
        yield return ("pressure", "GPa", volume is null ? null : Bridge.Get(Observe.pressure(state)));
        yield return ("volume", "Å³", volume);
    }
}
