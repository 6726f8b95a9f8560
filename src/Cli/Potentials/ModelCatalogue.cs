using Noether.Learning;
using Noether.Training;

namespace Noether.Cli;

/// <summary>A model in one of the folders of models.</summary>
/// <param name="Name">The name that the command line knows it by.</param>
/// <param name="Path">The file, or the folder of a model of many files.</param>
/// <param name="Format">The format of its files.</param>
internal sealed record FoundModel(string Name, string Path, ModelFileFormat Format);

/// <summary>A model that its authors publish.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Title">Its family.</param>
/// <param name="Place">Where it is published.</param>
internal sealed record PublishedModel(string Name, string Title, string Place);

/// <summary>
/// The models that names find: in the folder of <c>NOETHER_MODELS</c> and in noether/models of the user's folder for
/// application data, where the library looks. Nothing is ever downloaded.
/// </summary>
internal static class ModelCatalogue
{
    private const string Nequix = "the README of github.com/atomicarchitects/nequix links the .nqx files",
        Ani = "the folder resources of github.com/aiqm/ani-model-zoo: NAME_8x.info and the folder NAME_8x beside it";

    /// <summary>The models that are known to be published.</summary>
    public static IReadOnlyList<PublishedModel> Published { get; } =
    [
        new("nequix-mp-1", "Nequix", Nequix),
        new("nequix-mp-1-pft", "Nequix", Nequix),
        new("nequix-oam-1-pft", "Nequix", Nequix),
        new("ani-1x", "ANI", Ani),
        new("ani-1ccx", "ANI", Ani),
        new("ani-2x", "ANI", Ani),
    ];

    /// <summary>The folders that are looked into, in their order.</summary>
    public static IReadOnlyList<string> Folders => [.. AniFile.folders()];

    /// <summary>The models in the folders, by their names; the first of a name is the one that the name finds.</summary>
    public static IEnumerable<FoundModel> Found() => Folders
        .Where(Directory.Exists)
        .SelectMany(folder => Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
        .SelectMany(path => PotentialObject.Models
            .Where(format => path.EndsWith(format.Ending, StringComparison.OrdinalIgnoreCase))
            .Select(format => new FoundModel(NameOf(path, format), path, format)))
        .DistinctBy(model => model.Name);

    /// <summary>The model of a name; null where there is none.</summary>
    public static FoundModel? Find(string name) => Found().FirstOrDefault(model => model.Name == name);

    /// <summary>Where models were looked for, and which there are, for messages.</summary>
    public static string Told()
    {
        string[] names = [.. Found().Select(model => model.Name)];
        string there = names.Length > 0 ? "there are " + string.Join(", ", names) : "there are none";
        return $"models are looked for in {string.Join(", ", Folders)}, {there}; 'noether models' says more";
    }

    // The ensemble of eight is the usual one of the name.
    private static string NameOf(string path, ModelFileFormat format)
    {
        string name = Path.GetFileName(path)[..^format.Ending.Length];
        return format.Ending == AniArgument.Ending && name.EndsWith("_8x", StringComparison.Ordinal) ? name[..^3] : name;
    }
}
