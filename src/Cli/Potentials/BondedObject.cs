using System.Text.Json;
using Microsoft.FSharp.Core;
using Noether.AutoDiff;
using Noether.Domain;
using Noether.Physics;

namespace Noether.Cli;

/// <summary>
/// Bonds, angles and torsions as JSON objects: "groups", a list of lists of atoms counted from 0; "periodic", three
/// booleans, the axes across which the nearest image is meant; and parameters, each a number or a list of one for each
/// group. Angles are in degrees.
/// </summary>
/// <param name="Kind">The text of "kind".</param>
/// <param name="Size">The atoms of a group.</param>
/// <param name="Create">From what reads parameters to the potential of groups.</param>
internal sealed record BondedObject(
    string Kind, int Size, Func<BondedObject.Reader, Func<AtomGroups, Potential>> Create)
{
    private const double Degree = Math.PI / 180;

    /// <summary>All kinds.</summary>
    public static IReadOnlyList<BondedObject> All { get; } =
    [
        new("harmonic-bonds", 2, read =>
        {
            (Tensor k, Tensor r0) = (read.One("k"), read.One("r0"));
            return groups => Bonded.harmonicBonds("harmonic-bonds", groups, k, r0);
        }),
        new("morse-bonds", 2, read =>
        {
            (Tensor d, Tensor a, Tensor r0) = (read.One("D"), read.One("a"), read.One("r0"));
            return groups => Bonded.morseBonds("morse-bonds", groups, d, a, r0);
        }),
        new("harmonic-angles", 3, read =>
        {
            (Tensor k, Tensor theta0) = (read.One("k"), read.One("theta0", Degree));
            return groups => Bonded.harmonicAngles("harmonic-angles", groups, k, theta0);
        }),
        new("harmonic-torsions", 4, read =>
        {
            (Tensor k, int d, int n) = (read.One("k"), read.Sign("d"), read.Whole("n"));
            return groups => Bonded.harmonicTorsions("harmonic-torsions", groups, k, d, n);
        }),
        new("opls-torsions", 4, read =>
        {
            Tensor[] k = [read.One("k1"), read.One("k2"), read.One("k3"), read.One("k4")];
            return groups => Bonded.oplsTorsions("opls-torsions", groups, k[0], k[1], k[2], k[3]);
        }),
        new("multi-harmonic-torsions", 4, read =>
        {
            var a = Bridge.List(read.Several("A"));
            return groups => Bonded.multiHarmonicTorsions("multi-harmonic-torsions", groups, a);
        }),
        new("ryckaert-bellemans-torsions", 4, read =>
        {
            var c = Bridge.List(read.Several("C"));
            return groups => Bonded.ryckaertBellemansTorsions("ryckaert-bellemans-torsions", groups, c);
        }),
    ];

    /// <summary>The potential of an object's fields. How many atoms there are is known when it sees them.</summary>
    public Potential Read(Fields fields)
    {
        int[][] groups = Groups(fields, "groups", Size);
        Images images = NearestImages(fields);
        Func<AtomGroups, Potential> create = Create(new Reader(fields, groups.Length));
        var lists = Bridge.List(groups.Select(group => Bridge.List(group)));
        return PotentialModule.create(Kind, 0, FuncConvert.FromFunc((PairData data) =>
        {
            int atoms = data.Numbers.Length / Math.Max(1, data.Structures);
            return create(Bridge.Get(AtomGroupsModule.create(atoms, Size, images, lists))).Energies(data);
        }));
    }

    /// <summary>Lists of so many atoms.</summary>
    public static int[][] Groups(Fields fields, string name, int size) =>
        [.. fields.Items(name).Select((group, g) => Group(fields, name, size, group, g))];

    /// <summary>The images across the axes that "periodic" names.</summary>
    public static Images NearestImages(Fields fields)
    {
        bool[] periodic = [.. fields.Items("periodic").Select(flag => flag.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw fields.Wrong("periodic", flag.GetRawText(), "three booleans"),
        })];
        return periodic.Length == 3
            ? Images.NewNearest(Tuple.Create(periodic[0], periodic[1], periodic[2]))
            : throw fields.Wrong("periodic", $"{periodic.Length} values", "three booleans");
    }

    private static int[] Group(Fields fields, string name, int size, JsonElement group, int place)
    {
        if (group.ValueKind == JsonValueKind.Array && group.GetArrayLength() == size)
        {
            int[] atoms = [.. group.EnumerateArray().Select(atom =>
                atom.ValueKind == JsonValueKind.Number && atom.TryGetInt32(out int number) ? number : -1)];

            if (atoms.All(atom => atom >= 0))
            {
                return atoms;
            }
        }

        throw fields.Wrong(name, $"{group.GetRawText()} as number {place}", $"{size} atoms, counted from 0");
    }

    /// <summary>Reads parameters of so many groups.</summary>
    internal sealed class Reader(Fields fields, int groups)
    {
        /// <summary>A parameter: a number, or one for each group; times a unit.</summary>
        public Tensor One(string name, double unit = 1) => fields.Get(name).ValueKind == JsonValueKind.Array
            ? Bridge.Vector([.. Listed(name).Select(value => value * unit)])
            : Interop.ofArray([], [fields.Number(name) * unit]);

        /// <summary>Parameters that are numbered.</summary>
        public IEnumerable<Tensor> Several(string name) => fields.Items(name)
            .Select(item => Interop.ofArray([], [Number(name, item)]));

        /// <summary>A whole number that is the same for all groups.</summary>
        public int Whole(string name) => fields.Number(name) is >= 0 and <= 100 and var n && n == Math.Floor(n)
            ? (int)n
            : throw fields.Wrong(name, fields.Get(name).GetRawText(), "a whole number from 0 to 100");

        /// <summary>A sign that is the same for all groups.</summary>
        public int Sign(string name) => fields.Number(name) is 1 or -1
            ? (int)fields.Number(name)
            : throw fields.Wrong(name, fields.Get(name).GetRawText(), "1 or -1");

        private double[] Listed(string name)
        {
            double[] values = [.. fields.Items(name).Select(item => Number(name, item))];
            return values.Length == groups
                ? values
                : throw fields.Wrong(name, $"{values.Length} numbers", $"one number, or {groups}, one for each group");
        }

        private double Number(string name, JsonElement item) =>
            item.ValueKind == JsonValueKind.Number && item.TryGetDouble(out double value) && double.IsFinite(value)
                ? value
                : throw fields.Wrong(name, item.GetRawText(), "finite numbers");
    }
}
