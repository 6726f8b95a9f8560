using Noether.Domain;

namespace Noether;

/// <summary>The file formats of structures.</summary>
public enum FileFormat
{
    /// <summary>The format that the name of the file says, by its ending or, as POSCAR, by how it begins.</summary>
    ByName,

    /// <summary>Extended XYZ, any number of structures with properties; also plain XYZ.</summary>
    ExtendedXyz,

    /// <summary>VASP's POSCAR and CONTCAR, one structure.</summary>
    Poscar,

    /// <summary>CIF, any number of structures.</summary>
    Cif,

    /// <summary>A LAMMPS data file, one structure.</summary>
    LammpsData,

    /// <summary>A LAMMPS dump, any number of structures.</summary>
    LammpsDump,

    /// <summary>PDB, any number of structures.</summary>
    Pdb,
}

/// <summary>How a file of structures is read.</summary>
public sealed record FileReading
{
    /// <summary>Its format.</summary>
    public FileFormat Format { get; init; }

    /// <summary>
    /// The elements of the atom types 1, 2, … of LAMMPS files, whatever the file says of them; empty leaves it to the file.
    /// </summary>
    public IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>The atom style of a LAMMPS data file where it does not say it, such as "full".</summary>
    public string Style { get; init; } = "";

    /// <summary>
    /// The units of LAMMPS files, such as "real", whatever the file says of them; empty leaves it to the file, or else means
    /// "metal".
    /// </summary>
    public string Units { get; init; } = "";

    /// <summary>
    /// The alternate location that is read of a residue of a PDB file which has it; empty stands for A, or the first where
    /// there is no A; "all" reads every one.
    /// </summary>
    public string AlternateLocation { get; init; } = "";

    /// <summary>Receives a notice of whatever the reader passes over or guesses.</summary>
    public Action<string>? Notice { get; init; }

    internal ReadingOptions Core => new(
        Bridge.List(Types),
        Style,
        Units,
        AlternateLocation,
        Bridge.Action<Notice>(notice => Notice?.Invoke(notice.ToString())));
}

/// <summary>How structures are written to a file.</summary>
public sealed record FileWriting
{
    /// <summary>The format of the file.</summary>
    public FileFormat Format { get; init; }

    /// <summary>
    /// Whether a property that the format cannot hold is refused; otherwise it is left out with a notice.
    /// </summary>
    public bool IsStrict { get; init; } = true;

    /// <summary>Receives a notice of whatever the writer leaves out or changes.</summary>
    public Action<string>? Notice { get; init; }

    internal WritingOptions Core => new(IsStrict, Bridge.Action<Notice>(notice => Notice?.Invoke(notice.ToString())));
}

internal static class FileFormats
{
    public static IEnumerable<Structure> Read(string path, FileReading reading) =>
        Of(path, reading.Format).Frames.Invoke(reading.Core).Invoke(path)
            .Select(frame => new Structure(Bridge.Get(frame)));

    /// <summary>Structures are taken as they come where the format allows it.</summary>
    public static void Write(string path, IEnumerable<Structure> structures, FileWriting writing)
    {
        IEnumerable<Domain.Structure> cores = structures.Select(structure => structure.Core);
        Bridge.Get(Narrow.write(path, Of(path, writing.Format).Pieces.Invoke(writing.Core).Invoke(cores)));
    }

    private static Format Of(string path, FileFormat format)
    {
        string? name = format switch
        {
            FileFormat.ByName => null,
            FileFormat.ExtendedXyz => "extended XYZ",
            FileFormat.Poscar => "POSCAR",
            FileFormat.Cif => "CIF",
            FileFormat.LammpsData => "LAMMPS data",
            FileFormat.LammpsDump => "LAMMPS dump",
            FileFormat.Pdb => "PDB",
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Expected a format."),
        };

        return name is null ? Bridge.Get(Formats.ofPath(path)) : Formats.all.Single(known => known.Name == name);
    }
}
