using System.CommandLine;
using System.CommandLine.Parsing;
using Noether.Domain;

namespace Noether.Cli;

/// <summary>
/// The options that say of a file what it does not say itself: LAMMPS's units, style and types, PDB's locations.
/// </summary>
internal sealed class ReadingArguments
{
    private readonly Option<string?> types = new("--types")
    {
        Description = "LAMMPS files: the elements of the types 1, 2, …, or a data file of the run that tells them.",
        HelpName = "Si,O,…|FILE",
    };

    private readonly Option<string?> style = new("--style")
    {
        Description = "LAMMPS data: the style of atoms where the file does not name it, such as full.",
        HelpName = "STYLE",
    };

    private readonly Option<string?> units = new("--units")
    {
        Description = "LAMMPS files: the units, whatever the file says: "
            + string.Join(", ", LammpsUnitsModule.names) + ".",
        HelpName = "UNITS",
    };

    private readonly Option<string?> location = new("--altloc")
    {
        Description = "PDB: the alternate location to read, or all; without the option A, or the first of a residue.",
        HelpName = "B|all",
    };

    public ReadingArguments(Command command)
    {
        units.Validators.Add(CheckUnits);
        command.Add(types);
        command.Add(style);
        command.Add(units);
        command.Add(location);
    }

    /// <summary>The way to read, with the receiver of the reader's notices.</summary>
    public ReadingOptions Options(ParseResult parsed, Action<Notice> notice)
    {
        ReadingOptions without = With([]);
        string? given = parsed.GetValue(types);

        return given is null ? without
            : File.Exists(given) ? With(Bridge.Get(LammpsData.symbolsOf(without, given)))
            : With(given.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

        ReadingOptions With(IEnumerable<string> elements) => new(
            Bridge.List(elements),
            parsed.GetValue(style) ?? "",
            parsed.GetValue(units) ?? "",
            parsed.GetValue(location) ?? "",
            Bridge.Action(notice));
    }

    private static void CheckUnits(OptionResult result)
    {
        string name = result.Tokens.Count > 0 ? result.Tokens[0].Value : "";

        if (!LammpsUnitsModule.names.Contains(name))
        {
            result.AddError($"--units is '{name}', expected {Suggestion.OneOf(name, LammpsUnitsModule.names)}.");
        }
    }
}
