using System.CommandLine;
using System.Globalization;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using Noether.Domain;
using Noether.Physics;

namespace Noether.Cli;

/// <summary><c>noether descriptors</c>: what surrounds the atoms, as features in a file of labelled blocks.</summary>
internal sealed class DescriptorsCommand : StructureCommand
{
    private static readonly string[] Kinds = ["power", "expansion", "radial"];
    private static readonly string[] Names = ["cutoff", "n", "l", "width", "smoothing", "weight", "accuracy"];

    private readonly Argument<string[]> files = FilesArgument("FILE", "Files of structures; - is standard input.");

    private readonly Option<string> soap = new("--soap")
    {
        Description = "The settings: cutoff=Å, n= radial functions, l= the highest degree, and perhaps width= of the "
            + "Gaussians (0.3 Å), smoothing= before the cut-off (0.5 Å, 0 for none), weight= of the centre (1), accuracy= "
            + "of the splines (1e-8).",
        HelpName = "NAME=NUMBER,…",
        Required = true,
    };

    private readonly Option<string> output = new("--output", "-o")
    {
        Description = "The file to write, .mts or .npz, which metatensor reads; one that exists is replaced.",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<string> kind = new("--kind")
    {
        Description = "power: rotational invariants (SOAP); expansion: the density itself, on spherical harmonics; radial: "
            + "its degree 0.",
        DefaultValueFactory = _ => Kinds[0],
    };

    private readonly Option<string[]> gradients = new("--gradients")
    {
        Description = "First derivatives by positions, strain or cell.",
        HelpName = "NAME",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<bool> average = new("--average")
    {
        Description = "Write the means over the atoms of each structure, of each element.",
    };

    public DescriptorsCommand(Session session)
        : base(
            session,
            "descriptors",
            "Describe what surrounds each atom by numbers. They do not depend on where the axes point, and are written as "
            + "labelled blocks: a block for each centre and its neighbours' elements.",
            """
              noether descriptors molecules.extxyz --soap cutoff=5,n=8,l=6 -o features.mts
              noether descriptors run.extxyz --soap cutoff=4,n=6,l=4 --average -o means.mts
              noether descriptors run.extxyz --soap cutoff=4,n=6,l=4 --gradients positions strain -o slopes.mts
            """)
    {
        kind.AcceptOnlyFromAmong(Kinds);
        gradients.AcceptOnlyFromAmong("positions", "strain", "cell");
        Add(files);
        Add(soap);
        Add(output);
        Add(kind);
        Add(gradients);
        Add(average);
        AddCommonOptions();
    }

    protected override void Run(ParseResult parsed)
    {
        string[] paths = parsed.GetRequiredValue(files);
        string from = string.Join(", ", paths), to = parsed.GetRequiredValue(output);

        if (!to.EndsWith(".mts", StringComparison.OrdinalIgnoreCase) && !to.EndsWith(".npz", StringComparison.OrdinalIgnoreCase))
        {
            Bridge.Refuse("the file to write", to, "a name that ends in .mts or .npz");
        }

        SoapSettings settings = Settings(parsed.GetRequiredValue(soap));
        RefuseUnwritable(to);
        Frame[] frames = [.. paths.SelectMany(Wildcard.Expand).SelectMany(path => FramesOf(parsed, path))];
        var structures = Bridge.List(frames.Select(frame => frame.Structure));
        ExpectMemory(parsed, settings, structures);
        TensorMap map = Bridge.Get(Compute(parsed.GetRequiredValue(kind), settings, Wanted(parsed), structures));

        if (parsed.GetValue(average))
        {
            map = Bridge.Get(LabelInterop.meanOverSamples(["atom"], map));
        }

        Bridge.Get(LabelInterop.write(to, map));
        int features = map.Blocks.Sum(block => block.Values.Size / Math.Max(1, block.Samples.Count));

        if (IsJson(parsed))
        {
            Session.Write(JsonLine.Of(writer =>
            {
                writer.WriteString("input", from);
                writer.WriteString("output", to);
                writer.WriteNumber("frames", structures.Length);
                writer.WriteNumber("blocks", map.Count);
                writer.WriteNumber("features", features);
            }));
        }
        else
        {
            new Printer(Session)
                .Facts(("input", from), ("output", to), ("frames", structures.Length), ("blocks", map.Count), ("features", features))
                .Flush();
        }
    }

    private static FSharpResult<TensorMap, NoetherError> Compute(
        string kind,
        SoapSettings settings,
        FSharpList<DescriptorGradient> wanted,
        FSharpList<Structure> structures) => kind switch
        {
            "power" => PowerSpectrum.compute(settings, wanted, structures),
            "expansion" => SphericalExpansion.compute(settings, wanted, structures),
            _ => SphericalExpansion.radialSpectrum(settings, wanted, structures),
        };

    // At least the values of the blocks, whose properties are pairs of elements and of radial functions for each degree.
    private void ExpectMemory(ParseResult parsed, SoapSettings settings, IReadOnlyCollection<Structure> structures)
    {
        double atoms = structures.Sum(one => (double)one.Count);
        int elements = structures.SelectMany(one => one.Numbers).Distinct().Count();
        double properties = settings.Radial.Sum(degree =>
        {
            double radial = degree.Value + 1;
            return parsed.GetRequiredValue(kind) switch
            {
                "power" => 0.5 * elements * (elements + 1) * radial * radial,
                "expansion" => elements * radial * ((2 * degree.Key) + 1),
                _ => degree.Key == 0 ? elements * radial : 0,
            };
        });
        Memory.Expect(
            $"the features of {atoms} atoms",
            8 * atoms * properties,
            "fewer frames at a time (--frames), fewer functions (n=, l=), or the mean of each structure (--average)");
    }

    private FSharpList<DescriptorGradient> Wanted(ParseResult parsed) =>
        Bridge.List((parsed.GetValue(gradients) ?? []).Distinct().Select(name => name switch
        {
            "positions" => DescriptorGradient.Positions,
            "strain" => DescriptorGradient.Strain,
            _ => DescriptorGradient.Cell,
        }));

    /// <summary>The settings that a list of names and numbers says.</summary>
    private static SoapSettings Settings(string text)
    {
        Dictionary<string, double> given = [];

        foreach (string pair in text.Split(','))
        {
            string[] sides = pair.Split('=', 2);
            bool good = sides.Length == 2 && Names.Contains(sides[0]);

            if (!good || !double.TryParse(sides[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
                || !given.TryAdd(sides[0], number))
            {
                Bridge.Refuse($"'{pair}' of --soap", "out of form", "name=number, once, with one of " + string.Join(", ", Names));
            }
        }

        double cutoff = Number(given, "cutoff", null);
        int radial = Whole(given, "n", 1), angular = Whole(given, "l", 0);
        SoapSettings plain = SoapSettingsModule.create(cutoff, angular, radial - 1);
        double smoothing = Number(given, "smoothing", Math.Min(0.5, 0.5 * cutoff));

        return new SoapSettings(
            cutoff,
            smoothing == 0 ? Smoothing.Step : Smoothing.NewShiftedCosine(smoothing),
            Number(given, "width", plain.Width),
            Number(given, "weight", plain.CentreWeight),
            plain.Scaling,
            plain.Radial,
            FSharpOption<double>.Some(Number(given, "accuracy", 1e-8)));
    }

    private static double Number(Dictionary<string, double> given, string name, double? otherwise)
    {
        if (!given.TryGetValue(name, out double number) && otherwise is null)
        {
            Bridge.Refuse("the settings of --soap", $"without {name}=", "cutoff=, n= and l=");
        }

        return given.TryGetValue(name, out number) ? number : otherwise!.Value;
    }

    private static int Whole(Dictionary<string, double> given, string name, int least)
    {
        double number = Number(given, name, null);

        if (number != Math.Floor(number) || number < least || number > 1000)
        {
            Bridge.Refuse($"{name} of --soap", number.ToString(CultureInfo.InvariantCulture), $"a whole number from {least} to 1000");
        }

        return (int)number;
    }
}
