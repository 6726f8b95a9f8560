using Noether.Physics;

namespace Noether;

/// <summary>The formats of tables of embedded-atom potentials.</summary>
public enum EmbeddedAtomFormat
{
    /// <summary>Several elements in one file: LAMMPS' eam/alloy.</summary>
    Setfl,

    /// <summary>One element: LAMMPS' eam.</summary>
    Funcfl,
}

/// <content>Potentials from files of parameters.</content>
public sealed partial class Potential
{
    /// <summary>
    /// The potential of F. H. Stillinger and T. A. Weber, Phys. Rev. B 31, 5262 (1985), for any number of elements,
    /// from a LAMMPS <c>.sw</c> file.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="NoetherException">
    /// The file cannot be read or is malformed; its place says where. Or its numbers mean nothing.
    /// </exception>
    public static Potential ReadStillingerWeber(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return OfStillingerWeber(Bridge.Get(Physics.StillingerWeber.read(path)));
    }

    /// <summary>As <see cref="ReadStillingerWeber"/>, from the text of such a file.</summary>
    /// <param name="text">The text.</param>
    /// <param name="name">The name of the file in messages.</param>
    /// <exception cref="NoetherException">The text is malformed, or its numbers mean nothing.</exception>
    /// <example>
    /// <code>
    /// Potential silicon = Potential.ParseStillingerWeber(
    ///     "Si Si Si 2.1683 2.0951 1.80 21.0 1.20 -0.333333333333 7.049556277 0.6022245584 4.0 0.0 0.0");
    /// </code>
    /// </example>
    public static Potential ParseStillingerWeber(string text, string name = "(text)")
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(name);
        return OfStillingerWeber(Bridge.Get(Physics.StillingerWeber.parse(name, text)));
    }

    /// <summary>
    /// The potential of J. Tersoff, Phys. Rev. B 39, 5566 (1989), for any number of elements, from a LAMMPS
    /// <c>.tersoff</c> file.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="NoetherException">
    /// The file cannot be read or is malformed; its place says where. Or its numbers mean nothing.
    /// </exception>
    public static Potential ReadTersoff(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return OfTersoff(Bridge.Get(Physics.Tersoff.read(path)));
    }

    /// <summary>As <see cref="ReadTersoff"/>, from the text of such a file.</summary>
    /// <param name="text">The text.</param>
    /// <param name="name">The name of the file in messages.</param>
    /// <exception cref="NoetherException">The text is malformed, or its numbers mean nothing.</exception>
    public static Potential ParseTersoff(string text, string name = "(text)")
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(name);
        return OfTersoff(Bridge.Get(Physics.Tersoff.parse(name, text)));
    }

    /// <summary>
    /// The embedded-atom potential of M. S. Daw and M. I. Baskes, Phys. Rev. B 29, 6443 (1984), from tables, splined as
    /// LAMMPS does.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="format">Its format.</param>
    /// <exception cref="NoetherException">
    /// The file cannot be read or is malformed; its place says where. Or its numbers mean nothing.
    /// </exception>
    public static Potential ReadEmbeddedAtom(string path, EmbeddedAtomFormat format = EmbeddedAtomFormat.Setfl)
    {
        ArgumentNullException.ThrowIfNull(path);
        return OfTable(Bridge.Get(
            IsSetfl(format) ? EmbeddedAtomFile.readSetfl(path) : EmbeddedAtomFile.readFuncfl(path)));
    }

    /// <summary>As <see cref="ReadEmbeddedAtom"/>, from the text of such a file.</summary>
    /// <param name="text">The text.</param>
    /// <param name="format">Its format.</param>
    /// <param name="name">The name of the file in messages.</param>
    /// <exception cref="NoetherException">The text is malformed, or its numbers mean nothing.</exception>
    public static Potential ParseEmbeddedAtom(
        string text, EmbeddedAtomFormat format = EmbeddedAtomFormat.Setfl, string name = "(text)")
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(name);
        return OfTable(Bridge.Get(
            IsSetfl(format) ? EmbeddedAtomFile.parseSetfl(name, text) : EmbeddedAtomFile.parseFuncfl(name, text)));
    }

    private static Potential OfStillingerWeber(TripleParameters parameters) =>
        new(Bridge.Get(Physics.StillingerWeber.create("Stillinger–Weber", parameters)));

    private static Potential OfTersoff(TripleParameters parameters) =>
        new(Bridge.Get(Physics.Tersoff.create("Tersoff", parameters)));

    private static Potential OfTable(EmbeddedAtomTable table) =>
        new(Bridge.Get(EmbeddedAtom.ofTable("embedded atom", SplineKind.FiniteDifferences, table)));

    private static bool IsSetfl(EmbeddedAtomFormat format) => format switch
    {
        EmbeddedAtomFormat.Setfl => true,
        EmbeddedAtomFormat.Funcfl => false,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Expected Setfl or Funcfl."),
    };
}
