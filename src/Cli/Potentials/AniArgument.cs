using Noether.Learning;
using Noether.Training;

namespace Noether.Cli;

/// <summary>
/// ANI models as the command line names them: <c>ani:PATH</c> with the path of an .info file, of its folder or of a
/// .zip of it, perhaps with <c>:member=0</c> behind it; an .info file by its ending; a published model by its name,
/// <c>ani-2x</c>.
/// </summary>
internal static class AniArgument
{
    private const string Kind = "ani", Learned = "model", Prefix = Kind + ":";

    /// <summary>The ending of the names of the files that describe one.</summary>
    public const string Ending = ".info";

    /// <summary>The kind, the file and perhaps fields of a text that names an ANI model; null for other
    /// texts.</summary>
    public static string[]? Parts(string text)
    {
        if (text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            string rest = text[Prefix.Length..];
            int end = rest.LastIndexOf(':');
            bool hasFields = end >= 0 && rest.IndexOf('=', end) >= 0;
            string file = hasFields ? rest[..end] : rest;
            string kind = file.EndsWith(ModelFile.Ending, StringComparison.OrdinalIgnoreCase) ? Learned : Kind;
            return hasFields ? [kind, file, rest[(end + 1)..]] : [kind, file];
        }

        bool isName = text.StartsWith("ani-", StringComparison.OrdinalIgnoreCase) && !text.Contains(':')
            && !text.EndsWith(ModelFile.Ending, StringComparison.OrdinalIgnoreCase);
        return isName || text.EndsWith(Ending, StringComparison.OrdinalIgnoreCase) ? [Kind, text] : null;
    }

    /// <summary>The model whose members are asked for: the one ANI model among the potentials.</summary>
    /// <param name="texts">The potentials.</param>
    public static AniModel Only(IReadOnlyCollection<string> texts)
    {
        AniModel[] found = [.. texts.Select(Model).OfType<AniModel>()];

        if (found.Length != 1)
        {
            Bridge.Refuse(
                "the potential", string.Join(" + ", texts), "one ANI model, as ani:PATH or ani-2x, whose members are compared");
        }

        return found[0];
    }

    // The ANI model that a text names, from the files of its authors or trained here; null for other potentials.
    private static AniModel? Model(string text)
    {
        string[] parts = PotentialText.Parts(text);

        if (PotentialObject.Models.FirstOrDefault(format => format.Kind == parts[0]) is not { } format)
        {
            return null;
        }

        LearnedModel model = Bridge.Get(format.Read.Invoke(parts[1]));
        return model.Architecture.Family == Kind
            ? Bridge.Get(AniFamily.model(model.Name, model.Architecture, model.Parameters))
            : null;
    }
}
