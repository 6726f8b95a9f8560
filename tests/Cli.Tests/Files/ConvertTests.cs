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
        Assert.Equal(["input", "output", "frames"], Names(told));
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
    public void What_a_format_cannot_hold_is_refused() =>
        Run("convert", Seven(), PathOf("out.vasp"))
            .Refused(1, "the number of structures is 7, expected one, as POSCAR holds one");

    [Fact]
    public void A_file_is_not_written_onto_itself()
    {
        string file = Seven(), text = File.ReadAllText(file);
        Run("convert", file, Path.Combine(PathOf("."), "seven.xyz"))
            .Refused(1, "expected another one than the file that is read");
        Assert.Equal(text, File.ReadAllText(file));
    }

    [Fact]
    public void Errors_in_the_middle_leave_the_frames_before()
    {
        string broken = Write("broken.xyz", File.ReadAllText(Seven()) + "1\n\nH 0 zero 0\n");
        Run("convert", broken, PathOf("out.xyz")).Refused(1, $"{broken}:24:");
        Assert.Equal(7, Run("info", PathOf("out.xyz"), "--json").Fine().Objects.Length);
    }

    [Fact]
    public async Task A_wish_to_stop_leaves_complete_frames()
    {
        const int Repeats = 30_000;
        string input = Write("long.xyz", string.Concat(Enumerable.Repeat(Argon, Repeats))), output = PathOf("out.xyz");
        using CancellationTokenSource stop = new();
        using StringWriter results = new(), errors = new();
        Session session = new(results, errors, false, 100, stop.Token);
        var code = Task.Run(() => new Application(session).Run(["convert", input, output]));

        // The first frames are in the file when its first buffer was written, long before the last ones are.
        while (!code.IsCompleted && !(File.Exists(output) && new FileInfo(output).Length > 0))
        {
            await Task.Yield();
        }

        await stop.CancelAsync();
        Assert.Equal(130, await code);
        Assert.Equal("noether: interrupted\n", errors.ToString());
        Assert.InRange(Run("info", output, "--json").Fine().Objects.Length, 1, (2 * Repeats) - 1);
    }

    [Fact]
    public void A_name_that_says_nothing_is_refused() =>
        Run("convert", Seven(), PathOf("out.png")).Refused(1, "expected .extxyz, .xyz, .vasp");
}
