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

internal static class FileFormats
{
    private const string ExtendedXyz = "extended XYZ";

    public static IEnumerable<Structure> Read(string path, FileFormat format) =>
        Of(path, format).Frames.Invoke(path).Select(frame => new Structure(Bridge.Get(frame)));

    /// <summary>Extended XYZ takes structures as they come, the others all at once.</summary>
    public static void Write(string path, IEnumerable<Structure> structures, FileFormat format)
    {
        IEnumerable<Domain.Structure> cores = structures.Select(structure => structure.Core);
        Format found = Of(path, format);
        Bridge.Get(found.Name == ExtendedXyz
            ? ExtXyz.write(path, cores)
            : found.Write.Invoke(path).Invoke(Bridge.List(cores)));
    }

    private static Format Of(string path, FileFormat format)
    {
        string? name = format switch
        {
            FileFormat.ByName => null,
            FileFormat.ExtendedXyz => ExtendedXyz,
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
