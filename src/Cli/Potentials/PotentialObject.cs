using System.Text.Json;
using Microsoft.FSharp.Core;
using Noether.AutoDiff;
using Noether.Domain;
using Noether.Learning;
using Noether.Physics;
using Noether.Training;

namespace Noether.Cli;

/// <summary>
/// Potentials as JSON objects. The field "kind" says which of these an object is; unknown fields are refused.
/// <list type="bullet">
/// <item>a pair function (see <see cref="PairFunction"/>): "cutoff" (Å), perhaps "end" and "onset" (Å), and either its
/// parameters for any two atoms, or "elements" (parameters by symbol, unlike pairs by the rule "mixing"), or "pairs" (a
/// list of objects with two "elements", parameters, perhaps a "cutoff");</item>
/// <item>zbl: "cutoff", perhaps "end" and "onset", and "elements", a list of symbols;</item>
/// <item>bonds, angles and torsions (see <see cref="BondedObject"/>);</item>
/// <item>coulomb, r^-6 and other powers (see <see cref="ChargeObject"/>); dipoles (see <see cref="DipoleObject"/>);</item>
/// <item>sw, tersoff, eam, funcfl: "file", the path of a file of parameters, from the folder of the JSON file;</item>
/// <item>a format of model files (see <see cref="Models"/>): "file", the path of one, perhaps "precision", float64 or
/// float32, where the network has functions of one distance, "table", the number of splines in their place, and of an
/// ANI model "member", the one that is taken instead of the mean of all;</item>
/// <item>sum: "terms", a list of such objects;</item>
/// <item>scaled: "factor" and "term".</item>
/// </list>
/// </summary>
/// <param name="origin">The name of the outermost object in messages.</param>
/// <param name="folder">Where paths of files begin.</param>
/// <param name="precision">The precision of networks unless the object has one.</param>
internal sealed class PotentialObject(string origin, string folder, Precision precision)
{
    /// <summary>The formats of files with networks.</summary>
    public static IReadOnlyList<ModelFileFormat> Models { get; } = [.. ModelFile.formats(ModelFamilies.all)];

    private static readonly Dictionary<string, Func<Func<double>, Truncation>> Truncations = new()
    {
        ["truncated"] = _ => Truncation.Truncated,
        ["shifted"] = _ => Truncation.Shifted,
        ["force-shifted"] = _ => Truncation.ForceShifted,
        ["switched"] = onset => Truncation.NewSwitched(onset()),
        ["smooth"] = onset => Truncation.NewSmooth(onset()),
        ["curvature-shifted"] = onset => Truncation.NewCurvatureShifted(onset()),
        ["cosine"] = _ => Truncation.Cosine,
    };

    private static readonly Dictionary<string, Func<string, FSharpResult<Potential, NoetherError>>> Files = new()
    {
        ["sw"] = path => StillingerWeber.create("sw", Bridge.Get(StillingerWeber.read(path))),
        ["tersoff"] = path => Tersoff.create("tersoff", Bridge.Get(Tersoff.read(path))),
        ["eam"] = path => Table("eam", EmbeddedAtomFile.readSetfl(path)),
        ["funcfl"] = path => Table("funcfl", EmbeddedAtomFile.readFuncfl(path)),
    };

    private static readonly Dictionary<string, Precision> Precisions = new()
    {
        ["float64"] = Precision.Float64,
        ["float32"] = Precision.Float32,
    };

    /// <summary>How a pair function may end at its cut-off.</summary>
    public static IReadOnlyCollection<string> Ends => Truncations.Keys;

    /// <summary>The kinds that are made from a file of parameters.</summary>
    public static IReadOnlyCollection<string> FileKinds => Files.Keys;

    /// <summary>The potential that an object describes.</summary>
    public Potential Read(JsonElement element)
    {
        Fields fields = new(element, origin);
        string kind = fields.Text("kind");
        Potential potential;

        if (PairFunction.All.FirstOrDefault(function => function.Kind == kind) is { } function)
        {
            potential = Pair(function, fields);
        }
        else if (Files.TryGetValue(kind, out var read))
        {
            potential = Bridge.Get(read(Path.Combine(folder, fields.Text("file"))));
        }
        else if (Models.FirstOrDefault(format => format.Kind == kind) is { } format)
        {
            potential = Network(format, fields);
        }
        else if (kind == PairFunction.ScreenedNuclei.Kind)
        {
            potential = Nuclei(fields);
        }
        else if (BondedObject.All.FirstOrDefault(bonded => bonded.Kind == kind) is { } bonded)
        {
            potential = bonded.Read(fields);
        }
        else if (ChargeObject.Is(kind))
        {
            potential = ChargeObject.Read(kind, fields);
        }
        else if (kind == DipoleObject.Kind)
        {
            potential = DipoleObject.Read(fields);
        }
        else if (kind == "sum")
        {
            potential = PotentialModule.sum(fields.Items("terms")
                .Select((term, k) => new PotentialObject($"term {k} of {origin}", folder, precision).Read(term))
                .ToArray());
        }
        else if (kind == "scaled")
        {
            PotentialObject term = new($"the term of {origin}", folder, precision);
            potential = fields.Number("factor") * term.Read(fields.Get("term"));
        }
        else
        {
            string[] kinds =
            [
                .. PairFunction.All.Select(one => one.Kind), PairFunction.ScreenedNuclei.Kind, .. Files.Keys,
                .. BondedObject.All.Select(one => one.Kind), ChargeObject.Coulomb, ChargeObject.Power + "p",
                DipoleObject.Kind,
                .. Models.Select(one => one.Kind), "sum", "scaled",
            ];
            throw fields.Wrong("kind", $"'{kind}'", "one of " + string.Join(", ", kinds));
        }

        fields.RefuseOthers();
        return potential;
    }

    private Precision PrecisionOf(Fields fields) =>
        fields.Has("precision") ? fields.Choice("precision", "", Precisions) : precision;

    private Potential Network(ModelFileFormat format, Fields fields)
    {
        LearnedModel model = Bridge.Get(format.Read.Invoke(Path.Combine(folder, fields.Text("file"))));
        Precision own = PrecisionOf(fields);
        if (fields.Has("member"))
        {
            AniModel ensemble = Bridge.Get(AniFamily.model(model.Name, model.Architecture, model.Parameters));
            int member = fields.Whole("member", 0);
            return Ani.potential(own, Bridge.Get(AniModelModule.select(Bridge.List([member]), ensemble)));
        }

        if (model.Architecture.Tabulated is null || !fields.Has("table"))
        {
            return Bridge.Get(LearnedModelModule.potential(own, model));
        }

        double intervals = fields.Number("table");
        if (intervals != Math.Floor(intervals) || Math.Abs(intervals) > int.MaxValue)
        {
            throw fields.Wrong("table", fields.Get("table").GetRawText(), "a whole number");
        }

        return Bridge.Get(LearnedModelModule.tabulated((int)intervals, own, model));
    }

    private static FSharpResult<Potential, NoetherError> Table(
        string name, FSharpResult<EmbeddedAtomTable, NoetherError> table) =>
        EmbeddedAtom.ofTable(name, SplineKind.FiniteDifferences, Bridge.Get(table));

    private static Truncation End(Fields fields) =>
        fields.Choice("end", "truncated", Truncations)(() => fields.Number("onset"));

    /// <summary>The repulsion of nuclei: "elements" is a list of symbols, or a text of them with + between.</summary>
    private static Potential Nuclei(Fields fields)
    {
        JsonElement elements = fields.Get("elements");
        string[] symbols = elements.ValueKind == JsonValueKind.String
            ? fields.Text("elements").Split('+')
            : [.. fields.Items("elements").Select(item => item.ValueKind == JsonValueKind.String
                ? item.GetString() ?? ""
                : throw fields.Wrong("elements", item.GetRawText(), "symbols"))];
        PairParameters table =
            Bridge.Get(PairParametersModule.screenedNuclei(fields.Number("cutoff"), Bridge.List(symbols)));
        return Bridge.Get(PairFunction.ScreenedNuclei.Create(End(fields), table));
    }

    private Potential Pair(PairFunction function, Fields fields)
    {
        double cutoff = fields.Number("cutoff");
        Truncation end = End(fields);
        FSharpResult<PairParameters, NoetherError> parameters =
            fields.Has("elements") ? Mixed(function, fields, cutoff)
            : fields.Has("pairs") ? PairParametersModule.ofPairs(Bridge.List(fields.Items("pairs").Select(
                (pair, k) => Listed(function, new Fields(pair, $"pair {k} of {origin}"), cutoff))))
            : PairParametersModule.everywhere(cutoff, Row(function, fields));
        return Bridge.Get(function.Create(end, Bridge.Get(parameters)));
    }

    private FSharpResult<PairParameters, NoetherError> Mixed(PairFunction function, Fields fields, double cutoff)
    {
        if (function.Mixings.Count == 0)
        {
            throw fields.Wrong("elements", "given", $"pairs, as there is no rule of mixing for {function.Kind}");
        }

        var rule = fields.Choice("mixing", function.Mixings.Keys.First(), function.Mixings);
        var like = fields.Get("elements");

        if (like.ValueKind != JsonValueKind.Object)
        {
            throw fields.Wrong("elements", like.GetRawText(), "an object with parameters by symbol");
        }

        return PairParametersModule.mixed(rule, cutoff, Bridge.List(like.EnumerateObject().Select(one =>
        {
            Fields own = new(one.Value, $"{one.Name} of {origin}");
            Tensor row = Row(function, own);
            own.RefuseOthers();
            return Tuple.Create(one.Name, row);
        })));
    }

    private static Tuple<Tuple<string, string>, double, Tensor> Listed(
        PairFunction function, Fields fields, double cutoff)
    {
        JsonElement[] symbols = [.. fields.Items("elements")];

        if (symbols.Length != 2 || !symbols.All(symbol => symbol.ValueKind == JsonValueKind.String))
        {
            throw fields.Wrong("elements", fields.Get("elements").GetRawText(), "a list of two symbols");
        }

        double own = fields.Has("cutoff") ? fields.Number("cutoff") : cutoff;
        Tensor row = Row(function, fields);
        fields.RefuseOthers();
        return Tuple.Create(Tuple.Create(symbols[0].GetString() ?? "", symbols[1].GetString() ?? ""), own, row);
    }

    private static Tensor Row(PairFunction function, Fields fields) =>
        Bridge.Vector([.. function.Parameters.Select(fields.Number)]);
}
