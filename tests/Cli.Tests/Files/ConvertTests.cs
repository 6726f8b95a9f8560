using System.Text.Json;
using Xunit;

namespace Noether.Cli.Tests;

/// <summary><c>noether convert</c>, and the choice of frames.</summary>
public sealed class ConvertTests : Workplace
{
    /// <summary>Seven frames, the atom of frame k at z = k.</summary>
    private string Seven() =>
        Write("seven.xyz", string.Concat(Enumerable.Range(0, 7).Select(k => $"1\n\nH 0 0 {k}\n")));

    [Theory]
    [InlineData("0", "0")]
    [InlineData("6", "6")]
    [InlineData("-1", "6")]
    [InlineData("-7", "0")]
    [InlineData(":", "0123456")]
    [InlineData("2:5", "234")]
    [InlineData("::3", "036")]
    [InlineData("1::2", "135")]
    [InlineData("-2:", "56")]
    [InlineData(":-5", "01")]
    [InlineData("::-1", "6543210")]
    [InlineData("5:1:-2", "53")]
    [InlineData("-100:2", "01")]
    [InlineData("4:100", "456")]
    [InlineData("::2147483647", "0")]
    public void Frames_are_chosen_as_in_Python(string range, string chosen)
    {
        string output = PathOf("chosen.xyz");
        Run("convert", Seven(), output, "--frames=" + range).Fine();
        JsonElement[] frames = Run("info", output, "--json").Fine().Objects;
        Assert.Equal(chosen, string.Concat(frames.Select(frame => frame.GetProperty("positions")[0][2].GetDouble())));
    }

    [Fact]
    public void A_negative_number_may_be_a_word_of_its_own()
    {
        Run("convert", Seven(), PathOf("last.xyz"), "--frames", "-1").Fine();
        JsonElement frame = Assert.Single(Run("info", PathOf("last.xyz"), "--json").Fine().Objects);
        Assert.Equal("[[0,0,6]]", frame.GetProperty("positions").GetRawText());
    }

    [Theory]
    [InlineData("7", "the frame is 7, expected one of the 7 frames of")]
    [InlineData("-8", "the frame is -8, expected one of the 7 frames of")]
    [InlineData("7:", "the selection of frames is empty, expected at least one of the frames of")]
    public void Frames_that_are_not_there_are_refused_before_the_file_is_touched(string range, string message)
    {
        string output = Write("old.xyz", "old");
        Run("convert", Seven(), output, "--frames=" + range).Refused(1, message);
        Assert.Equal("old", File.ReadAllText(output));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("1:2:3:4")]
    [InlineData("::0")]
    [InlineData("1.5")]
    [InlineData("99999999999")]
    public void Ranges_out_of_form_are_wrong_usage(string range) =>
        Run("convert", Seven(), PathOf("out.xyz"), "--frames", range)
            .Refused(2, $"--frames is '{range}', expected a number");

    [Theory]
    [InlineData("out.extxyz")]
    [InlineData("out.extxyz.gz")]
    [InlineData("out.vasp")]
    [InlineData("out.cif")]
    public void Formats_come_from_names_and_keep_the_atoms(string name)
    {
        string silicon = Write("si.extxyz", Silicon);
        string output = PathOf(name);
        JsonElement told = Assert.Single(Run("convert", silicon, output, "--json").Fine().Objects);
        Assert.Equal(["input", "output", "frames", "warnings"], Names(told));
        Assert.Equal(1, told.GetProperty("frames").GetInt32());

        // A CIF keeps lengths and angles; its cell is turned. Distances are the same to rounding.
        double[] before = Distances(silicon), after = Distances(output);
        Assert.Equal(before.Length, after.Length);
        Assert.All(before.Zip(after), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
        Assert.Equal(name.EndsWith(".gz", StringComparison.Ordinal), File.ReadAllBytes(output)[0] == 0x1F);

        static double[] Distances(string file) =>
            Numbers(Run("neighbors", file, "--cutoff", "4", "--json").Fine().Objects[0].GetProperty("d"));
    }

    [Fact]
    public void What_a_format_cannot_hold_is_left_out_with_a_warning_or_refused()
    {
        string crystal = Write("si.extxyz", Silicon.Replace("pbc=", "energy=-8.67 pbc=", StringComparison.Ordinal));
        const string Warning = "left out, as POSCAR cannot hold it: 'energy' of the structure";
        Outcome told = Run("convert", crystal, PathOf("out.vasp"), "--json");
        Assert.Equal(0, told.Code);
        Assert.Equal($"noether: warning: {Warning}\n", told.Error);
        Assert.Equal(Warning, Assert.Single(told.Objects[0].GetProperty("warnings").EnumerateArray()).GetString());
        File.WriteAllText(PathOf("out.vasp"), "old");
        Run("convert", crystal, PathOf("out.vasp"), "--strict")
            .Refused(1, "a property of the structure is 'energy', expected only comment, as POSCAR holds no other");
        Assert.Equal("old", File.ReadAllText(PathOf("out.vasp")));
    }

    [Fact]
    public void Several_structures_are_refused_where_a_format_holds_one() =>
        Run("convert", Seven(), PathOf("out.vasp"))
            .Refused(1, "the number of structures is more than one, expected one, as POSCAR holds one");

    [Fact]
    public void Cells_are_laid_as_LAMMPS_has_them()
    {
        string crystal = Write("si.extxyz", Silicon);
        Run("convert", crystal, PathOf("aligned.extxyz"), "--align").Fine();
        double[] cell = Numbers(Run("info", PathOf("aligned.extxyz"), "--json").Fine().Objects[0].GetProperty("cell"));
        Assert.Equal([0, 0, 0], [cell[1], cell[2], cell[5]]);
        Assert.Contains(
            "turned: a LAMMPS data file needs", Run("convert", crystal, PathOf("si.data")).Error, StringComparison.Ordinal);
        Assert.Contains(
            "turned back into the cell", Run("convert", PathOf("si.data"), PathOf("b.vasp")).Error, StringComparison.Ordinal);
        double[] back = Numbers(Run("info", PathOf("b.vasp"), "--json").Objects[0].GetProperty("cell"));
        double[] before = Numbers(Run("info", crystal, "--json").Objects[0].GetProperty("cell"));
        Assert.All(before.Zip(back), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
    }

    [Fact]
    public void A_file_is_not_written_onto_itself()
    {
        string file = Seven(), text = File.ReadAllText(file);
        Run("convert", file, Path.Combine(PathOf("."), "seven.xyz"))
            .Refused(1, "expected another one than the file that is read");
        Assert.Equal(text, File.ReadAllText(file));
    }

    [Fact]
    public void Errors_in_the_middle_leave_the_file_as_it_was()
    {
        string broken = Write("broken.xyz", File.ReadAllText(Seven()) + "1\n\nH 0 zero 0\n");
        string output = Write("out.xyz", "old");
        Run("convert", broken, output).Refused(1, $"{broken}:24:");
        Assert.Equal("old", File.ReadAllText(output));
        Assert.False(File.Exists(output + ".tmp"));
    }

    [Fact]
    public async Task A_wish_to_stop_leaves_the_file_as_it_was()
    {
        string input = Write("long.xyz", string.Concat(Enumerable.Repeat(Argon, 30_000))), output = Write("out.xyz", "old");
        using CancellationTokenSource stop = new();
        using StringWriter results = new(), errors = new();
        Session session = new(results, errors, false, 100, stop.Token);
        var code = Task.Run(() => new Application(session).Run(["convert", input, output]));
        FileInfo beside = new(output + ".tmp");

        // The first frames are beside the file long before the last ones are.
        while (!code.IsCompleted && !(beside.Exists && beside.Length > 0))
        {
            await Task.Yield();
            beside.Refresh();
        }

        await stop.CancelAsync();
        Assert.Equal(130, await code);
        Assert.Equal("noether: interrupted\n", errors.ToString());
        Assert.Equal("old", File.ReadAllText(output));
        Assert.False(File.Exists(beside.FullName));
    }

    [Fact]
    public void A_name_that_says_nothing_is_refused() =>
        Run("convert", Seven(), PathOf("out.png")).Refused(1, "expected .extxyz, .xyz, .vasp");
}
