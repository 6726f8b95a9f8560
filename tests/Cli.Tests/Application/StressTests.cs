using System.Diagnostics;
using Xunit;

namespace Noether.Cli.Tests;

/// <summary>
/// Full devices, closed pipes, places that cannot be written to, and too little memory: one line says so, at once, and
/// what was there stays.
/// </summary>
public sealed class StressTests : Workplace
{
    private const string Lj = "lj:epsilon=0.0104,sigma=3.4,cutoff=8.5";

    /// <summary>A line of each command that writes to standard output.</summary>
    public static TheoryData<string> Lines =>
    [
        "info a.xyz", "info a.xyz --json", "convert a.xyz -", "convert a.xyz b.xyz", "neighbors a.xyz --cutoff 5",
        "descriptors a.xyz --soap cutoff=4,n=2,l=1 -o a.mts", "view a.xyz -o -", "view a.xyz -o a.html",
        $"energy a.xyz -p {Lj}", $"energy a.xyz -p {Lj} --json", "tune salt.xyz -p coulomb:accuracy=1e-2",
        $"verify a.xyz -p {Lj},end=smooth,onset=7 --quick", $"relax a.xyz -p {Lj} -o b.xyz",
        $"md a.xyz -p {Lj} -o run.xyz -n 2", $"phonons a.xyz -p {Lj}", $"vibrations a.xyz -p {Lj}", "elastic si.xyz -p sw:Si.sw",
        "eos si.xyz -p sw:Si.sw --points 5", "models", "train --example", $"evaluate labelled.xyz -p {Lj}", "help", "help --man",
        "completion bash", "--help", "energy --help", "--version",
    ];

    private static bool IsUnix => !OperatingSystem.IsWindows() && File.Exists("/bin/bash");

    private void Fill()
    {
        Write("a.xyz", "2\n\nAr 0 0 0\nAr 0 0 3.816\n");
        Write("two.xyz", Argon);
        Write("si.xyz", Silicon);
        Write("labelled.xyz", "2\nenergy=-0.01\nAr 0 0 0\nAr 0 0 3.816\n");
        Write("salt.xyz", "2\nLattice=\"0 2.8 2.8 2.8 0 2.8 2.8 2.8 0\" Properties=species:S:1:pos:R:3:charges:R:1\n"
            + "Na 0 0 0 1\nCl 2.8 0 0 -1\n");
        Write("Si.sw", File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Si.sw")));
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void A_full_device_and_a_closed_pipe_end_every_command_with_one_line(string line)
    {
        if (!IsUnix)
        {
            return;
        }

        Fill();

        if (File.Exists("/dev/full"))
        {
            OneLine(RunShell($"noether {line} > /dev/full"), "standard output: No space left on device");
        }

        // The reader is gone before the first byte comes.
        Outcome closed = RunShell($"rm -f run.*; mkfifo pipe; (exec < pipe) & exec 3> pipe; wait; noether {line} >&3");
        OneLine(closed, "standard output: Broken pipe");

        static void OneLine(Outcome outcome, string message)
        {
            string[] lines = outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal("noether: " + message, Assert.Single(lines, text => !text.Contains("warning", StringComparison.Ordinal)));
            Assert.Equal(1, outcome.Code);
        }
    }

    [Theory]
    [InlineData("convert a.xyz OUT.xyz")]
    [InlineData("descriptors a.xyz --soap cutoff=4,n=2,l=1 -o OUT.mts")]
    [InlineData("view a.xyz -o OUT.html")]
    [InlineData("relax a.xyz -p sw:Si.sw -o OUT.xyz")]
    [InlineData("relax a.xyz -p sw:Si.sw -o b.xyz --trajectory OUT.xyz")]
    [InlineData("md a.xyz -p sw:Si.sw -o OUT.xyz -n 2")]
    [InlineData("phonons a.xyz -p sw:Si.sw --html OUT.html")]
    [InlineData("phonons a.xyz -p sw:Si.sw -o OUT.tsv")]
    [InlineData("eos a.xyz -p sw:Si.sw --html OUT.html")]
    [InlineData("evaluate labelled.xyz -p sw:Si.sw -o OUT.xyz")]
    [InlineData("evaluate labelled.xyz -p sw:Si.sw --report OUT.html")]
    [InlineData("verify a.xyz -p sw:Si.sw --save a.xyz/OUT")]
    public void Places_that_cannot_be_written_to_are_found_before_the_calculation(string line)
    {
        // The potential knows no argon: a calculation would say so.
        Fill();
        string word = line.Split(' ').First(one => one.Contains("OUT", StringComparison.Ordinal));
        Refuse(line.Replace("OUT", "missing/out", StringComparison.Ordinal), "missing");

        if (!line.Contains("verify", StringComparison.Ordinal))
        {
            Directory.CreateDirectory(PathOf(word));
            Refuse(line, "it is a folder");
            Directory.Delete(PathOf(word));
        }

        if (!OperatingSystem.IsWindows() && Environment.UserName != "root")
        {
            File.SetUnixFileMode(Write(word, "old"), UnixFileMode.UserRead);
            Refuse(line, "denied");
        }

        void Refuse(string wrong, string message)
        {
            Outcome outcome = RunHere(wrong);
            outcome.Refused(1, message);
            Assert.DoesNotContain("Ar", outcome.Error.Replace(PathOf(""), "", StringComparison.Ordinal), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("relax two.xyz -p sw:Si.sw -o out.vasp", "more than one, expected one, as POSCAR holds one")]
    [InlineData("relax a.xyz -p sw:Si.sw -o out.cif", "CIF")]
    [InlineData("relax a.xyz -p sw:Si.sw -o out.png", "the name of the file")]
    [InlineData("md a.xyz -p sw:Si.sw -o out.cif -n 2", "one that ends in .extxyz or .xyz")]
    [InlineData("phonons two.xyz -p sw:Si.sw --html page.html", "expected one, by --frames")]
    public void What_a_format_cannot_hold_at_all_is_found_before_the_calculation(string line, string message)
    {
        Fill();
        RunHere(line).Refused(1, message);
        Assert.False(File.Exists(PathOf("out.vasp")) || File.Exists(PathOf("out.cif")));
    }

    [Theory]
    [InlineData("convert long.xyz old.extxyz")]
    [InlineData("relax long.xyz -p " + Lj + " --steps 0 -o old.extxyz")]
    [InlineData("view long.xyz -o old.extxyz")]
    [InlineData("evaluate labels.xyz -p " + Lj + " -o old.extxyz")]
    public void A_disk_that_becomes_full_leaves_the_older_file_whole(string line)
    {
        if (!IsUnix)
        {
            return;
        }

        // A limit on the size of files stands for the full disk: writing ends with an error in the same way.
        string chain = string.Concat(Enumerable.Range(0, 3000).Select(k => $"Ar 0 0 {4 * k}\n"));
        Write("long.xyz", $"3000\n\n{chain}");
        Write("labels.xyz", $"3000\nenergy=-1\n{chain}");
        string old = Write("old.extxyz", "old");
        Outcome outcome = RunShell(
            $"export DOTNET_EnableWriteXorExecute=0; trap '' XFSZ; ulimit -f 8; noether {line}");
        Assert.Contains("old.extxyz: ", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(1, outcome.Code);
        Assert.Equal("old", File.ReadAllText(old));
        Assert.False(File.Exists(old + ".tmp"));
    }

    [Theory]
    [InlineData("vibrations big.xyz -p " + Lj, "big.xyz, frame 0: the Hessian of 3000 atoms is 648 MB of memory or more")]
    [InlineData("phonons big.xyz -p " + Lj, "big.xyz, frame 0: the Hessian of 3000 atoms is 648 MB of memory or more")]
    [InlineData("phonons si.xyz -p sw:Si.sw --supercell 100 100 100",
        "si.xyz, frame 0: the force constants of 2000000 atoms is 288 MB of memory or more")]
    [InlineData("descriptors big.xyz --soap cutoff=4,n=40,l=20 -o a.mts", "the features of 3000 atoms is 806 MB of memory or more")]
    public void Memory_that_will_not_do_is_foreseen(string line, string message)
    {
        Fill();
        Write("big.xyz", "3000\n\n" + string.Concat(Enumerable.Range(0, 3000).Select(k => $"Ar 0 0 {4 * k}\n")));
        Outcome outcome = RunProcess(new() { ["DOTNET_GCHeapHardLimit"] = "0xA000000" }, line.Split(' '));
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.Contains("expected at most the 168 MB there are: ", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(1, outcome.Code);
    }

    [Theory]
    [InlineData("info huge.xyz")]
    [InlineData("relax huge.xyz -o b.xyz -p " + Lj)]
    [InlineData("neighbors dense.xyz --cutoff 30")]
    public void Memory_that_ends_is_a_message_with_the_file(string line)
    {
        const int Atoms = 60_000;
        Write("huge.xyz", $"{20 * Atoms}\n\n" + string.Concat(Enumerable.Range(0, 20 * Atoms).Select(k => $"Ar 0 0 {4 * k}\n")));
        Write("dense.xyz", $"{Atoms}\n\n" + string.Concat(Enumerable.Range(0, Atoms).Select(k => FormattableString.Invariant($"Ar 0 0 {0.02 * k}\n"))));
        Outcome outcome = RunProcess(new() { ["DOTNET_GCHeapHardLimit"] = "0x3000000" }, line.Split(' '));
        Assert.Contains(line.Split(' ')[1], outcome.Error, StringComparison.Ordinal);
        Assert.Contains("out of memory: the process holds ", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(1, outcome.Code);
    }

    [Fact]
    public void Messages_are_UTF_8_whatever_the_locale_says()
    {
        Write("a.xyz", "1\n\nQé 0 0 0\n");
        Outcome outcome = RunProcess(
            new() { ["LC_ALL"] = "de_DE.ISO-8859-1", ["LANG"] = "de_DE.ISO-8859-1" }, "info", "a.xyz");
        Assert.Contains("'Qé'", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_to_a_person_begins_on_a_line_of_its_own()
    {
        using CancellationTokenSource stop = new();
        using StringWriter output = new(), error = new();
        Session session = new(output, error, true, 100, stop.Token) { IsWatched = true };
        stop.Cancel();
        Assert.Equal(130, new Application(session).Run(["info", Write("a.xyz", Argon)]));

        // Whatever the terminal shows of the keys, or a bar, is wiped from the line.
        Assert.Equal("\r\u001b[Knoether: interrupted\n", error.ToString());
    }

    [Fact]
    public void Long_work_says_that_it_goes_on_and_takes_the_word_back()
    {
        using StringWriter output = new(), error = new();
        Session session = new(output, error, true, 100, CancellationToken.None) { IsWatched = true };

        using (Stage stage = new(session, "phonons", TimeSpan.FromMilliseconds(5)))
        {
            stage.Now("force constants");
            long begun = Stopwatch.GetTimestamp();

            while (!error.ToString().Contains("force", StringComparison.Ordinal) && Stopwatch.GetElapsedTime(begun).TotalSeconds < 20)
            {
                Thread.Sleep(5);
            }
        }

        Assert.Contains("\r\u001b[Kphonons: force constants  0:00:0", error.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("\r\u001b[K", error.ToString(), StringComparison.Ordinal);
        Assert.Equal("", output.ToString());
    }

    // The words with paths of the folder, as commands in this process have no folder of their own.
    private Outcome RunHere(string line) => Run([.. line.Split(' ').Select((word, k) =>
        k == 0 || word.StartsWith('-') || word.Contains('=') ? word
        : word.StartsWith("sw:", StringComparison.Ordinal) ? "sw:" + PathOf(word[3..])
        : word.Contains('.') || word.Contains('/') ? PathOf(word) : word)]);
}
