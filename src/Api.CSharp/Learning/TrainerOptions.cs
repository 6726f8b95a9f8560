using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Noether.Learning;
using Noether.Training;

namespace Noether;

/// <summary>The names of labels among the properties of structures.</summary>
public sealed record LabelNames
{
    /// <summary>The energy of a structure, eV.</summary>
    public string Energy { get; init; } = "energy";

    /// <summary>The forces on atoms, eV/Å.</summary>
    public string Forces { get; init; } = "forces";

    /// <summary>The stress (1/V) ∂E/∂ε, eV/Å³.</summary>
    public string Stress { get; init; } = "stress";

    /// <summary>The virial −∂E/∂ε, eV.</summary>
    public string Virial { get; init; } = "virial";
}

/// <summary>The energies of elements at the start of a training.</summary>
public enum EnergyOffsets
{
    /// <summary>The least-squares fit of the energies by composition.</summary>
    LeastSquares,

    /// <summary>The energies of isolated atoms.</summary>
    Atoms,

    /// <summary>Those of the model that is fine-tuned.</summary>
    Keep,
}

/// <summary>The score on the validation set, by which models are compared.</summary>
public enum ValidationScore
{
    /// <summary>The root mean square error of forces.</summary>
    ForcesRmse,

    /// <summary>The mean absolute error of forces.</summary>
    ForcesMae,

    /// <summary>The root mean square error of energies per atom.</summary>
    EnergyPerAtomRmse,

    /// <summary>The mean absolute error of energies per atom.</summary>
    EnergyPerAtomMae,

    /// <summary>The root mean square error of the stress.</summary>
    StressRmse,

    /// <summary>The mean absolute error of the stress.</summary>
    StressMae,
}

/// <summary>
/// The settings of a training. A setting that is null has the default of <c>noether train</c> (see its documentation).
/// </summary>
public sealed record TrainerOptions
{
    /// <summary>The training structures, with their labels as properties.</summary>
    public required IReadOnlyList<Structure> Structures { get; init; }

    /// <summary>The model at the start.</summary>
    public StartingModel Model { get; init; } = StartingModel.Standard;

    /// <summary>The validation structures; null for a part of the training structures.</summary>
    public IReadOnlyList<Structure>? Validation { get; init; }

    /// <summary>The part of the training structures that is the validation set; 0 for none.</summary>
    public double? ValidationPart { get; init; }

    /// <summary>The test structures; null for none.</summary>
    public IReadOnlyList<Structure>? Test { get; init; }

    /// <summary>The names of labels.</summary>
    public LabelNames Labels { get; init; } = new();

    /// <summary>Whether structures may lack a label that the loss compares.</summary>
    public bool MayLackLabels { get; init; }

    /// <summary>The energies of isolated atoms by symbol, eV.</summary>
    public IReadOnlyDictionary<string, double>? AtomEnergies { get; init; }

    /// <summary>The energies of elements at the start.</summary>
    public EnergyOffsets? Offsets { get; init; }

    /// <summary>The scale of the network's outputs, eV.</summary>
    public double? Scale { get; init; }

    /// <summary>The terms of the loss; none for the squares of those labels that there are.</summary>
    public IReadOnlyList<LossTerm> Loss { get; init; } = [];

    /// <summary>The optimiser and its rates.</summary>
    public Optimizer Optimizer { get; init; } = new();

    /// <summary>The decay of the mean of the parameters, which the model has; 0 for no mean.</summary>
    public double? AverageDecay { get; init; }

    /// <summary>Structures in a batch.</summary>
    public int? BatchSize { get; init; }

    /// <summary>The most atoms in a batch, instead of <see cref="BatchSize"/>.</summary>
    public int? BatchAtoms { get; init; }

    /// <summary>The number of parts of a batch; the numbers depend on it.</summary>
    public int? Parts { get; init; }

    /// <summary>The number of threads.</summary>
    public int? Threads { get; init; }

    /// <summary>The number of epochs.</summary>
    public int? Epochs { get; init; }

    /// <summary>The number of epochs without a better score after which training ends; null for all epochs.</summary>
    public int? Patience { get; init; }

    /// <summary>The validation score.</summary>
    public ValidationScore? Score { get; init; }

    /// <summary>The seed of all random numbers.</summary>
    public int? Seed { get; init; }

    /// <summary>The precision of the parameters.</summary>
    public Precision? Precision { get; init; }

    /// <summary>
    /// The folder of checkpoint, logs and model, from which the same call goes on; null for a training without files.
    /// </summary>
    public string? Output { get; init; }

    /// <summary>The number of steps between checkpoints.</summary>
    public int? CheckpointEvery { get; init; }

    /// <summary>The configuration that these settings are, with the defaults of the core.</summary>
    internal TrainingConfiguration ToCore()
    {
        TrainingConfiguration core = Bridge.Get(TrainingConfigurationFile.parseSettings(
            ModelFamilies.all,
            "the training",
            Structures.Select(structure => structure.Core),
            Encoding.UTF8.GetBytes(Json().ToJsonString())));

        if (Model.Source is { } source)
        {
            core = TrainingConfigurationModule.withModel(source, core);
        }

        if (Validation is { } validation)
        {
            core = TrainingConfigurationModule.withValidation(validation.Select(one => one.Core), core);
        }

        return Test is { } test ? TrainingConfigurationModule.withTest(test.Select(one => one.Core), core) : core;
    }

    private static string? Name<T>(T? value)
        where T : struct, Enum =>
        value is { } own ? JsonNamingPolicy.CamelCase.ConvertName(own.ToString()) : null;

    private JsonObject Json()
    {
        JsonObject labels = new()
        {
            ["energy"] = Labels.Energy,
            ["forces"] = Labels.Forces,
            ["stress"] = Labels.Stress,
            ["virial"] = Labels.Virial,
        };
        JsonNode? batch = BatchAtoms is { } atoms ? new JsonObject { ["atoms"] = atoms } : BatchSize;
        (string Name, JsonNode? Value)[] fields =
        [
            ("model", Model.Fields.DeepClone()),
            ("labels", labels),
            ("validation", ValidationPart is 0 ? (JsonNode)0 : ValidationPart),
            ("missingLabels", MayLackLabels ? "leaveOut" : null),
            ("atoms", AtomEnergies is null ? null : JsonSerializer.SerializeToNode(AtomEnergies)),
            ("offsets", Name(Offsets)),
            ("scale", Scale),
            ("loss", Loss.Count == 0 ? null : LossTerm.Json(Loss)),
            ("optimiser", Optimizer.Json()),
            ("average", AverageDecay is 0 ? (JsonNode)false : AverageDecay),
            ("batch", batch),
            ("parts", Parts),
            ("threads", Threads),
            ("epochs", Epochs),
            ("patience", Patience),
            ("score", Name(Score)),
            ("seed", Seed),
            ("precision", Name(Precision)),
            ("output", Output),
            ("checkpoint", CheckpointEvery),
        ];
        JsonObject json = [];

        foreach ((string name, JsonNode? value) in fields.Where(field => field.Value is not null))
        {
            json[name] = value;
        }

        return json;
    }
}
