using System.CommandLine;
using Noether.Domain;

namespace Noether.Cli;

/// <summary>
/// Some atoms of a structure: symbols of elements, and numbers or ranges <c>first:end:step</c> of atoms as frames are
/// chosen, between commas.
/// </summary>
internal sealed record AtomSelection(IReadOnlyList<string> Words)
{
    /// <summary>No atoms.</summary>
    public static AtomSelection None { get; } = new([]);

    /// <summary>An option that chooses atoms; words that mean nothing are wrong usage.</summary>
    public static Option<AtomSelection> Option(string name, string description) => new(name)
    {
        Description = description + " Symbols, numbers counted from 0, or ranges first:end:step, between commas.",
        HelpName = "ATOMS",
        DefaultValueFactory = _ => None,
        CustomParser = result =>
        {
            AtomSelection selection = new(result.Tokens[0].Value.Split(','));

            foreach (string word in selection.Words.Where(word => !IsSymbol(word) && !FrameRange.TryParse(word, out _)))
            {
                result.AddError($"{name} has '{word}', expected a symbol, {FrameRange.Form}.");
            }

            return selection;
        },
    };

    /// <summary>Which atoms are meant, [n]; a word that means no atom is refused.</summary>
    public bool[] Of(Structure structure)
    {
        var chosen = new bool[structure.Count];

        foreach (string word in Words)
        {
            int[] atoms = IsSymbol(word)
                ? [.. Enumerable.Range(0, structure.Count).Where(i => Elements.symbol(structure.Numbers[i]) == word)]
                : FrameRange.TryParse(word, out FrameRange? range) ? [.. range.Numbers(structure.Count)]
                : [];

            if (atoms.Length == 0)
            {
                Bridge.Refuse("the choice of atoms", $"'{word}'", $"one or more of the {structure.Count} atoms");
            }

            foreach (int atom in atoms)
            {
                chosen[atom] = true;
            }
        }

        return chosen;
    }

    private static bool IsSymbol(string word) => Elements.ofSymbol(word).IsOk;
}
