using System.CommandLine;
using System.Text.Json;
using Noether.Domain;

namespace Noether.Cli;

/// <summary>How much of a structure is held, in results.</summary>
/// <param name="Atoms">Atoms that do not move at all.</param>
/// <param name="Axes">Directions along which an atom does not move, those of these atoms included.</param>
internal sealed record HeldReport(int Atoms, int Axes)
{
    /// <summary>What constraints hold in a cell.</summary>
    public static HeldReport Of(Cell cell, Constraints constraints) =>
        new(ConstraintsModule.atoms(constraints), ConstraintsModule.held(cell, constraints));

    /// <summary>The option that lets go what a file holds.</summary>
    public static Option<bool> FreeOption() => new("--free")
    {
        Description = "Move what the file holds (selective dynamics of POSCAR, move_mask of extended XYZ), too.",
    };

    /// <summary>Warns where a file holds atoms and the results do not care.</summary>
    public static void Pass(Frame frame)
    {
        Constraints constraints = frame.Within(structure => Bridge.Get(ConstraintsModule.ofStructure(structure)));

        if (!constraints.IsEmpty)
        {
            HeldReport held = Of(frame.Structure.Cell, constraints);
            frame.Warn($"the file holds {held.Axes} coordinates ({held.Atoms} atoms altogether), which is passed over: the "
                + "results are those of atoms that may all move");
        }
    }

    /// <summary>The numbers as facts, where anything is held.</summary>
    public IEnumerable<(string Name, object? Value)> Facts() =>
        Axes > 0 ? [("held atoms", Atoms), ("held axes", Axes)] : [];

    /// <summary>The numbers as a field of an object.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("held");
        writer.WriteNumber("atoms", Atoms);
        writer.WriteNumber("axes", Axes);
        writer.WriteEndObject();
    }
}
