using System.Text.Json;
using Xunit;

namespace Noether.Cli.Tests;

/// <summary>What files hold, and what is doubtful in them.</summary>
public sealed class HeldTests : Workplace
{
    private const string Lj = "lj:epsilon=0.0104,sigma=3.4,cutoff=8,end=shifted";

    // Layers of argon, the lowest held; the others come to these heights of shifted Lennard-Jones.
    private const string Poscar =
        """
        argon layers, bottom held
        1.0
         3.8 0 0
         0 3.8 0
         0 0 20
        Ar
        3
        Selective dynamics
        Cartesian
        0 0 2.0   F F F
        1.9 1.9 4.9  T T T
        0 0 7.2  T T T

        """;

    private const string ExtXyz =
        """
        3
        Lattice="3.8 0 0 0 3.8 0 0 0 20" Properties=species:S:1:pos:R:3:move_mask:L:1 pbc="T T T"
        Ar 0 0 2.0 F
        Ar 1.9 1.9 4.9 T
        Ar 0 0 7.2 T

        """;

    private const string Near = "3\nLattice=\"5 0 0 0 5 0 0 0 5\"\nSi 0 0 0\nSi {0} 0 0\nO 2.5 2.5 2.5\n";

    [Theory]
    [InlineData("slab.vasp", Poscar)]
    [InlineData("slab.extxyz", ExtXyz)]
    public void A_relaxation_leaves_what_the_file_holds(string name, string text)
    {
        string file = Write(name, text);
        string[] command = ["relax", file, "-p", Lj, "-o", PathOf("out.extxyz"), "--force", "1e-6"];
        JsonElement told = Assert.Single(Run([.. command, "--json"]).Fine().Objects);
        double[] r = Numbers(told.GetProperty("positions"));
        Assert.Equal([0, 0, 2], r[..3]);

        // 1e-6 eV/Å over curvatures of some 0.1 eV/Å².
        Assert.Equal(4.638367799976361, r[5], 1e-4);
        Assert.Equal(7.276735599951057, r[8], 1e-4);
        Assert.Equal(-0.16963548955793462, told.GetProperty("energy").GetDouble(), 1e-9);
        Assert.Equal(1, told.GetProperty("held").GetProperty("atoms").GetInt32());
        Assert.Equal(3, told.GetProperty("held").GetProperty("axes").GetInt32());
        Assert.Contains("held axes\t3", Run(command).Fine().Lines);

        JsonElement free = Assert.Single(Run([.. command, "--json", "--free"]).Fine().Objects);
        Assert.NotEqual(2, Numbers(free.GetProperty("positions"))[2]);
        Assert.Equal(0, free.GetProperty("held").GetProperty("axes").GetInt32());

        // The cell goes its way, and the atom stays at its place in it.
        JsonElement cell = Assert.Single(Run([.. command, "--json", "--cell", "zz", "--stress-tolerance", "1"]).Objects);
        Assert.Equal(0.1, Numbers(cell.GetProperty("positions"))[2] / Numbers(cell.GetProperty("cell"))[8], 1e-14);
    }

    [Theory]
    [InlineData("nve")]
    [InlineData("langevin")]
    [InlineData("csvr --pressure 0 --barostat axial")]
    public void Dynamics_leave_what_the_file_holds(string ensemble)
    {
        string[] command =
        [
            "md", Write("slab.vasp", Poscar), "-p", Lj, "-o", PathOf("run.extxyz"), "-n", "40", "--every", "20", "-T", "60",
            "--ensemble", .. ensemble.Split(' '), "--overwrite", "--json",
        ];
        JsonElement last = Run(command).Fine().Objects[^1];
        Assert.Equal(3, last.GetProperty("held").GetProperty("axes").GetInt32());
        JsonElement[] frames = Run("info", PathOf("run.extxyz"), "--json").Fine().Objects;
        double Height(JsonElement frame) =>
            Numbers(frame.GetProperty("positions"))[2] / Numbers(frame.GetProperty("cell"))[8];
        double rounding = ensemble.Contains("pressure", StringComparison.Ordinal) ? 1e-14 : 0;
        Assert.All(frames, frame => Assert.Equal(0.1, Height(frame), rounding));
        Assert.Equal([0, 0, 0], Numbers(frames[^1].GetProperty("perAtom").GetProperty("momenta"))[..3]);

        // Two atoms have six degrees of freedom.
        double kinetic = last.GetProperty("kinetic").GetDouble(), kelvin = last.GetProperty("temperature").GetDouble();
        Assert.Equal(6 * Noether.Domain.Units.boltzmann * kelvin / 2, kinetic, 1e-12);
        JsonElement free = Run([.. command, "--free"]).Fine().Objects[^1];
        Assert.Equal(0, free.GetProperty("held").GetProperty("axes").GetInt32());
    }

    [Fact]
    public void A_temperature_that_nothing_keeps_is_said_to_be_so()
    {
        string[] command =
            ["md", Write("slab.vasp", Poscar), "-p", Lj, "-o", PathOf("run.extxyz"), "-n", "0", "-T", "60", "--overwrite"];
        Outcome outcome = Run([.. command, "--json"]);
        Assert.Equal(0, outcome.Code);
        const string Warning = "noether: warning: --temperature 60 without --ensemble draws the first";
        Assert.StartsWith(Warning, outcome.Error, StringComparison.Ordinal);
        Assert.Contains(
            "csvr or langevin keeps", outcome.Objects[0].GetProperty("warnings")[0].GetString(), StringComparison.Ordinal);
        Run([.. command, "--ensemble", "nve"]).Fine();
        Run([.. command, "--ensemble", "csvr"]).Fine();
    }

    [Fact]
    public void Flags_go_from_format_to_format()
    {
        string poscar = Write("slab.vasp", Poscar), mask = PathOf("mask.extxyz"), back = PathOf("back.vasp");
        Run("convert", poscar, mask).Fine();
        Assert.Contains(":move_mask:L:1 ", File.ReadAllText(mask), StringComparison.Ordinal);
        Outcome outcome = Run("convert", mask, back);
        Assert.Equal(0, outcome.Code);
        Assert.Contains(" F F F\n", File.ReadAllText(back), StringComparison.Ordinal);
    }

    [Fact]
    public void Atoms_on_top_of_each_other_are_refused_and_near_ones_warned_of()
    {
        string File(string distance) => Write($"{distance}.extxyz", Near.Replace("{0}", distance, StringComparison.Ordinal));
        string[] Energy(string distance) => ["energy", File(distance), "-p", "lj:epsilon=0.01,sigma=2,cutoff=2.4"];
        const string Message = "atoms 0 (Si) and 1 (Si), 0.01 Å apart where covalent radii add up to 2.22 Å";
        Run(Energy("0.01")).Refused(1, Message);
        Assert.Contains("--allow-close", Run(Energy("0.01")).Error, StringComparison.Ordinal);
        string[][] others =
        [
            ["relax", "-o", PathOf("out.extxyz")], ["md", "-o", PathOf("run.extxyz"), "-n", "1"], ["elastic"], ["eos"],
            ["phonons", "--path", "G"],
        ];

        foreach (string[] other in others)
        {
            Assert.Contains(
                Message, Run([other[0], .. Energy("0.01")[1..], .. other[1..]]).Error, StringComparison.Ordinal);
        }

        Outcome allowed = Run([.. Energy("0.01"), "--allow-close", "--json"]);
        Assert.Equal(0, allowed.Code);
        Assert.Contains("nearer than any bond", allowed.Objects[0].GetProperty("warnings")[0].GetString(), StringComparison.Ordinal);
        Outcome warned = Run([.. Energy("1.0"), "--json"]);
        Assert.Equal(0, warned.Code);
        Assert.Contains("warning: ", warned.Error, StringComparison.Ordinal);
        Assert.Contains("1 Å apart", warned.Objects[0].GetProperty("warnings")[0].GetString(), StringComparison.Ordinal);
        Run(Energy("2.3")).Fine();
    }

    [Fact]
    public void A_small_supercell_is_warned_of_with_the_size_that_would_do()
    {
        // Hexagonal close-packed argon.
        string file = Write(
            "h120.extxyz",
            """
            2
            Lattice="3.78 0.0 0.0 -1.89 3.273576026305178 0.0 0.0 0.0 6.172714151813609" pbc="T T T"
            Ar 0.0 2.1823840175367852 1.5431785379534022
            Ar 1.8899999999999997 1.0911920087683926 4.629535613860207

            """);
        string[] command =
            ["phonons", file, "-p", "lj:epsilon=0.0104,sigma=3.4,cutoff=6.5,end=smooth,onset=5", "--path", "G K", "--points", "1"];
        Outcome outcome = Run([.. command, "--supercell", "2", "1", "1", "--json", "--html", PathOf("page.html")]);
        Assert.Equal(0, outcome.Code);
        const string Warning = "the supercell 2 1 1 is smaller than the interaction";
        Assert.Contains("noether: warning: ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains(Warning, outcome.Error, StringComparison.Ordinal);
        string[] warnings = [.. outcome.Objects[0].GetProperty("warnings").EnumerateArray().Select(one => one.GetString()!)];
        string told = Assert.Single(warnings, one => one.Contains(Warning, StringComparison.Ordinal));
        Assert.Contains("8 8 5 would do", told, StringComparison.Ordinal);
        Assert.Contains(Warning, File.ReadAllText(PathOf("page.html")), StringComparison.Ordinal);

        // Twice the cut-off is enough for functions of the distance: K is doubly degenerate, as it has to be.
        Outcome enough = Run([.. command, "--supercell", "4", "4", "3", "--json"]);
        Assert.DoesNotContain("smaller than", enough.Error, StringComparison.Ordinal);
        double[] k = Numbers(enough.Objects[0].GetProperty("points")[1].GetProperty("frequencies"));
        Assert.Equal(1.2324, k[0], 1e-3);
        Assert.Equal(k[0], k[1], 1e-6);
    }

    [Fact]
    public void Labels_that_no_frame_has_are_refused_and_stress_without_a_volume_is_left_out()
    {
        string file = Write(
            "set.extxyz",
            """
            1
            Properties=species:S:1:pos:R:3:REF_forces:R:3 REF_energy=0.17 REF_stress="0 0 0 0 0 0 0 0 0" pbc="F F F"
            Ar 0 0 0 0 0 0
            1
            Lattice="5 0 0 0 5 0 0 0 5" Properties=species:S:1:pos:R:3:REF_forces:R:3 REF_energy=0.1 REF_stress="0 0 0 0 0 0 0 0 0"
            Ar 0 0 0 0 0 0

            """);
        string[] command = ["evaluate", file, "-p", Lj, "--label", "energy=REF_energy"];
        Outcome absent = Run([.. command, "--label", "forces=REF_force"]);
        absent.Refused(1, "--label forces is 'REF_force', which no frame has");
        Assert.Contains("like it: REF_forces", absent.Error, StringComparison.Ordinal);
        Outcome outcome = Run([.. command, "--label", "stress=REF_stress", "--json"]);
        Assert.Equal(0, outcome.Code);
        Assert.Contains("warning: left out: the stress of 1 frames", outcome.Error, StringComparison.Ordinal);
        JsonElement all = outcome.Objects[0].GetProperty("errors").GetProperty("all");
        Assert.Equal(2, all.GetProperty("energy").GetProperty("count").GetInt32());
        Assert.Equal(9, all.GetProperty("stress").GetProperty("count").GetInt32());
    }

    [Fact]
    public void A_charge_that_nothing_reads_is_said_to_be_unread()
    {
        string file = Write("ion.extxyz", "2\nProperties=species:S:1:pos:R:3 charge=1 pbc=\"F F F\"\nAr 0 0 0\nAr 0 0 3.8\n");
        Outcome outcome = Run("energy", file, "-p", Lj, "--json");
        Assert.Equal(0, outcome.Code);
        Assert.Contains(
            "has the charge 1 e, which 'lj' does not read",
            outcome.Objects[0].GetProperty("warnings")[0].GetString(),
            StringComparison.Ordinal);
    }
}
