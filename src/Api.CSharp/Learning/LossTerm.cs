using System.Text.Json;
using System.Text.Json.Nodes;

namespace Noether;

/// <summary>The quantity of a term of a loss.</summary>
public enum LossTarget
{
    /// <summary>The energy of a structure, eV.</summary>
    Energy,

    /// <summary>The energy divided by the number of atoms, eV.</summary>
    EnergyPerAtom,

    /// <summary>Components of forces, eV/Å.</summary>
    Forces,

    /// <summary>Components of the stress, eV/Å³.</summary>
    Stress,

    /// <summary>The Hessian times a displacement.</summary>
    HessianProduct,
}

/// <summary>The penalty of a difference.</summary>
public enum LossPenalty
{
    /// <summary>The square.</summary>
    Squared,

    /// <summary>The absolute value.</summary>
    Absolute,

    /// <summary>The square up to a length, and linear beyond (P. Huber, Ann. Math. Statist. 35, 73 (1964)).</summary>
    Huber,
}

/// <summary>A term of a loss: a weight times the mean of a penalty.</summary>
/// <param name="Target">The quantity.</param>
/// <param name="Weight">The weight.</param>
/// <param name="Penalty">The penalty.</param>
/// <param name="Delta">Huber's length, in the unit of the quantity.</param>
public sealed record LossTerm(
    LossTarget Target, double Weight = 1, LossPenalty Penalty = LossPenalty.Squared, double? Delta = null)
{
    /// <summary>The field "loss" of a configuration.</summary>
    internal static JsonObject Json(IEnumerable<LossTerm> terms)
    {
        JsonObject json = [];

        foreach (LossTerm term in terms)
        {
            JsonObject own = new() { ["weight"] = term.Weight, ["penalty"] = Name(term.Penalty) };

            if (term.Delta is { } delta)
            {
                own["delta"] = delta;
            }

            if (!json.TryAdd(Name(term.Target), own))
            {
                Bridge.RefuseArgument("the loss", $"two terms of {term.Target}", "one of each quantity");
            }
        }

        return json;
    }

    private static string Name<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
