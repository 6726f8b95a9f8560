using System.Text.Json;
using System.Text.Json.Nodes;

namespace Noether;

/// <summary>The rule by which gradients become updates of parameters.</summary>
public enum OptimizerKind
{
    /// <summary>Momentum over the root of second moments (D. P. Kingma and J. Ba, arXiv:1412.6980).</summary>
    Adam,

    /// <summary>Adam with Nesterov's momentum.</summary>
    NAdam,

    /// <summary>Adam with decoupled decay of weights.</summary>
    AdamW,

    /// <summary>Adam with the largest of all second moments.</summary>
    AmsGrad,

    /// <summary>Adam with the largest gradient.</summary>
    AdaMax,

    /// <summary>Rectified Adam.</summary>
    RAdam,

    /// <summary>Adam with the variance of the gradient.</summary>
    AdaBelief,

    /// <summary>Adam with additive updates of second moments (M. Zaheer and others, NeurIPS 2018).</summary>
    Yogi,

    /// <summary>Gradients divided by their root mean square.</summary>
    RmsProp,

    /// <summary>Gradients over the root of the sum of all squares (J. Duchi and others, JMLR 12, 2121 (2011)).</summary>
    Adagrad,

    /// <summary>Signs of momenta (X. Chen and others, arXiv:2302.06675).</summary>
    Lion,

    /// <summary>Adam with layerwise rates.</summary>
    Lamb,

    /// <summary>Momentum with layerwise rates.</summary>
    Lars,

    /// <summary>Gradient descent with a momentum of 0.9.</summary>
    Momentum,

    /// <summary>Fromage, steps in proportion to parameters.</summary>
    Fromage,

    /// <summary>Steps of one size, by signs.</summary>
    SignSgd,

    /// <summary>Gradient descent.</summary>
    Sgd,

    /// <summary>Muon for matrices, Adam for all other parameters.</summary>
    Muon,
}

/// <summary>The course of the rate of an optimiser.</summary>
public enum ScheduleKind
{
    /// <summary>Half a wave of a cosine.</summary>
    Cosine,

    /// <summary>A straight line.</summary>
    Linear,

    /// <summary>One rate.</summary>
    Constant,

    /// <summary>A factor in a number of epochs.</summary>
    Exponential,
}

/// <summary>The course of the rate of an optimiser over a training.</summary>
/// <param name="Kind">The shape.</param>
public sealed record LearningRateSchedule(ScheduleKind Kind = ScheduleKind.Cosine)
{
    /// <summary>The number of epochs, perhaps broken, in which the rate rises from 0.</summary>
    public double? Warmup { get; init; }

    /// <summary>The last rate as a part of the first, of a cosine and a line.</summary>
    public double? Last { get; init; }

    /// <summary>The factor of an exponential.</summary>
    public double? Factor { get; init; }

    /// <summary>The number of epochs of the factor.</summary>
    public int? FactorEpochs { get; init; }
}

/// <summary>An optimiser and its rates. A setting that is null has the default of <c>noether train</c>.</summary>
public sealed record Optimizer
{
    /// <summary>The optimiser.</summary>
    public OptimizerKind Kind { get; init; } = OptimizerKind.Adam;

    /// <summary>The first rate.</summary>
    public double? LearningRate { get; init; }

    /// <summary>The decay of weights, of those optimisers that have one.</summary>
    public double? WeightDecay { get; init; }

    /// <summary>The largest norm of the gradient; null for none.</summary>
    public double? Clip { get; init; }

    /// <summary>The course of the rate.</summary>
    public LearningRateSchedule? Schedule { get; init; }

    /// <summary>The field "optimiser" of a configuration.</summary>
    internal JsonObject Json()
    {
        JsonObject? schedule = Schedule is not { } own ? null : Fields(
            ("kind", JsonNamingPolicy.CamelCase.ConvertName(own.Kind.ToString())),
            ("warmup", own.Warmup),
            ("last", own.Last),
            ("factor", own.Factor),
            ("epochs", own.FactorEpochs));
        return Fields(
            ("kind", Kind.ToString().ToLowerInvariant()),
            ("rate", LearningRate),
            ("weightDecay", WeightDecay),
            ("clip", Clip),
            ("schedule", schedule));
    }

    private static JsonObject Fields(params ReadOnlySpan<(string Name, JsonNode? Value)> fields)
    {
        JsonObject json = [];

        foreach ((string name, JsonNode? value) in fields)
        {
            if (value is not null)
            {
                json[name] = value;
            }
        }

        return json;
    }
}
