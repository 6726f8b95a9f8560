using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Xunit;

namespace Noether.Cli.Tests;

/// <summary><c>noether md</c>.</summary>
public sealed class MdTests : Workplace
{
    private const string Lj = "lj:epsilon=0.0104,sigma=3.4,cutoff=6,end=switched,onset=5";

    /// <summary>Thirty-two atoms of argon in a cubic cell, at about the density of the liquid.</summary>
    private string Liquid()
    {
        double a = 5.4;
        int[][] sites = [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]];
        var atoms =
            from x in Enumerable.Range(0, 2)
            from y in Enumerable.Range(0, 2)
            from z in Enumerable.Range(0, 2)
            from s in sites
            select string.Create(
                CultureInfo.InvariantCulture,
                $"Ar {a * (x + (0.5 * s[0]))} {a * (y + (0.5 * s[1]))} {a * (z + (0.5 * s[2]))}\n");
        return Write(
            "liquid.extxyz", $"32\nLattice=\"10.8 0 0 0 10.8 0 0 0 10.8\" pbc=\"T T T\"\n{string.Concat(atoms)}");
    }

    private string[] Command(string name, int steps, params string[] more) =>
    [
        "md", Liquid(), "-p", Lj, "-o", PathOf(name), "--steps", steps.ToString(CultureInfo.InvariantCulture),
        "--timestep", "4", "--temperature", "90", "--every", "5", "--checkpoint", "7",
        .. more.Contains("--ensemble") ? (string[])[] : ["--ensemble", "nve"], .. more,
    ];

    private static string[] Files(string trajectory) =>
        [trajectory, Path.ChangeExtension(trajectory, ".tsv"), Path.ChangeExtension(trajectory, ".state.extxyz")];

    /// <summary>The bytes of the files of a run, whose name the state holds.</summary>
    private string[] Contents(string name) =>
    [
        .. Files(PathOf(name)).Select(file => File.ReadAllText(file).Replace(PathOf(name), "OUT", StringComparison.Ordinal)),
    ];

    [Fact]
    public void A_run_has_a_trajectory_a_log_and_a_state()
    {
        JsonElement[] told = Run(Command("run.extxyz", 20, "--json")).Fine().Objects;
        Assert.Equal([0, 5, 10, 15, 20], told.Select(line => line.GetProperty("step").GetInt32()));
        Assert.Equal(
            [
                "step", "time", "potential", "kinetic", "invariant", "temperature", "pressure", "volume", "held", "warnings",
            ],
            Names(told[0]));
        string[] lines = File.ReadAllLines(PathOf("run.tsv"));
        Assert.Equal(
            "# step\ttime (fs)\tpotential (eV)\tkinetic (eV)\tinvariant (eV)\ttemperature (K)\tpressure (GPa)\tvolume (Å³)",
            lines[0]);
        Assert.Equal(6, lines.Length);

        // The same numbers in both, to the bit.
        foreach ((string line, JsonElement one) in lines.Skip(1).Zip(told))
        {
            Assert.Equal(
                one.EnumerateObject().Take(8).Select(field => field.Value.GetDouble()),
                line.Split('\t').Select(word => double.Parse(word, CultureInfo.InvariantCulture)));
        }

        JsonElement[] frames = Run("info", PathOf("run.extxyz"), "--json").Fine().Objects;
        Assert.Equal(5, frames.Length);
        Assert.Equal(["energy", "step", "stress", "time"], Names(frames[4].GetProperty("info")));
        Assert.Equal(["forces", "momenta"], Names(frames[4].GetProperty("perAtom")));
        Assert.Equal(80, frames[4].GetProperty("info").GetProperty("time").GetDouble());
        Assert.Equal(
            told[4].GetProperty("potential").GetDouble(),
            frames[4].GetProperty("info").GetProperty("energy").GetDouble());

        // ½ Σ p²/m is the kinetic energy of the log, to the rounding of sums in another order.
        double square = Numbers(frames[4].GetProperty("perAtom").GetProperty("momenta")).Sum(p => p * p);
        double mass = Noether.Domain.Elements.mass(18);
        Assert.Equal(told[4].GetProperty("kinetic").GetDouble(), square / (2 * mass), 1e-12);

        // Energies of -2.5 eV; the fluctuation of velocity Verlet at 4 fs in this solid stays below a per mille of it.
        double[] invariant = [.. told.Select(line => line.GetProperty("invariant").GetDouble())];
        Assert.InRange(invariant.Max() - invariant.Min(), 0, 2e-3);
    }

    [Theory]
    [InlineData("nve")]
    [InlineData("langevin")]
    [InlineData("nose-hoover")]
    [InlineData("csvr", "--pressure", "0.01", "--barostat", "full")]
    [InlineData("berendsen", "--fix", "0:4")]
    [InlineData("brownian", "--precision", "float32")]
    public void Going_on_is_never_having_stopped(string ensemble, params string[] more)
    {
        string[] options = ["--ensemble", ensemble, .. more];
        Run(Command("whole.extxyz", 33, options)).Fine();
        Run(Command("parts.extxyz", 11, options)).Fine();
        Run(Command("parts.extxyz", 26, [.. options, "--restart"])).Fine();
        Run(Command("parts.extxyz", 33, [.. options, "--restart"])).Fine();
        Assert.Equal(Contents("whole.extxyz"), Contents("parts.extxyz"));
    }

    [Fact]
    public void What_was_written_behind_the_state_is_cut_off()
    {
        Run(Command("whole.extxyz", 30)).Fine();
        Run(Command("torn.extxyz", 12)).Fine();
        File.AppendAllText(PathOf("torn.extxyz"), "32\nProperties=spec");
        File.AppendAllText(PathOf("torn.tsv"), "15\t60");
        Write("torn.state.extxyz.tmp", "half a sta");
        Run(Command("torn.extxyz", 30, "--restart")).Fine();
        Assert.Equal(Contents("whole.extxyz"), Contents("torn.extxyz"));
        Assert.False(File.Exists(PathOf("torn.state.extxyz.tmp")));
    }

    [Fact]
    public void A_process_that_is_killed_goes_on()
    {
        const int Steps = 600;
        Run(Command("whole.extxyz", Steps, "--ensemble", "langevin")).Fine();
        Random random = new(5);
        int kills = 0;

        for (bool isDone = false; !isDone;)
        {
            using Process process = StartProcess(
                Command("killed.extxyz", Steps, "--ensemble", "langevin", "--restart"));
            string state = PathOf("killed.state.extxyz");
            DateTime before = File.Exists(state) ? File.GetLastWriteTimeUtc(state) : default;

            // From the first checkpoint on, at any moment.
            while (kills < 4 && !process.HasExited
                && (!File.Exists(state) || File.GetLastWriteTimeUtc(state) == before))
            {
                Thread.Sleep(1);
            }

            if (kills < 4 && !process.WaitForExit(random.Next(40)))
            {
                process.Kill();
                kills++;
            }

            process.WaitForExit();
            isDone = process.ExitCode == 0;
            Assert.True(isDone || kills <= 4, process.StandardError.ReadToEnd());
        }

        Assert.True(kills > 0, "the run was over before the first kill");
        Assert.Equal(Contents("whole.extxyz"), Contents("killed.extxyz"));
    }

    [Fact]
    public void An_interrupt_saves_the_step_at_hand()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using Process process = StartProcess(Command("stopped.extxyz", 1_000_000));

        while (!process.HasExited && !File.Exists(PathOf("stopped.tsv")))
        {
            Thread.Sleep(1);
        }

        using Process kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(130, process.ExitCode);
        Assert.Contains("is saved in", error, StringComparison.Ordinal);
        Assert.EndsWith("noether: interrupted\n", error, StringComparison.Ordinal);

        // Whole frames, whole lines, and as many as the state says.
        JsonElement state = Assert.Single(Run("info", PathOf("stopped.state.extxyz"), "--json").Fine().Objects);
        int step = state.GetProperty("info").GetProperty("step").GetInt32();
        Assert.Equal((step / 5) + 1, Run("info", PathOf("stopped.extxyz"), "--json").Fine().Objects.Length);
        Run(Command("stopped.extxyz", step + 10, "--restart")).Fine();
        Run(Command("whole.extxyz", step + 10)).Fine();
        Assert.Equal(Contents("whole.extxyz"), Contents("stopped.extxyz"));
    }

    [Fact]
    public void Files_are_not_replaced_unasked()
    {
        Run(Command("run.extxyz", 5)).Fine();
        string[] before = Contents("run.extxyz");
        Run(Command("run.extxyz", 9)).Refused(1, "which exists, expected a new one, or --restart");
        Run([.. Command("run.extxyz", 9, "--restart"), "--seed", "2"]).Refused(1, "expected the one that goes on");
        Assert.Equal(before, Contents("run.extxyz"));
        Run(Command("run.extxyz", 5, "--overwrite")).Fine();
        Assert.Equal(before, Contents("run.extxyz"));

        // A state of something else, and files that are shorter than their state says.
        string state = File.ReadAllText(PathOf("run.state.extxyz"));
        Write("run.state.extxyz", state.Replace("log_bytes", "bytes_log", StringComparison.Ordinal));
        Run(Command("run.extxyz", 9, "--restart")).Refused(1, "without 'log_bytes', expected the state of a run");
        Write("run.state.extxyz", state);
        Write("run.tsv", "");
        Run(Command("run.extxyz", 9, "--restart")).Refused(1, "0 bytes long, expected the");
    }

    [Fact]
    public void The_first_velocities_are_those_of_the_file()
    {
        Run(Command("first.extxyz", 20)).Fine();
        JsonElement last = Run("info", PathOf("first.extxyz"), "--frames=-1", "--json").Fine().Objects[0];

        // From the last frame of a run a second run begins where that was, whatever the temperature.
        string[] command = Command("second.extxyz", 0);
        command[1] = PathOf("first.extxyz");
        Run([.. command, "--frames=-1"]).Fine();
        JsonElement next = Run("info", PathOf("second.extxyz"), "--json").Fine().Objects[0];
        double[] Momenta(JsonElement frame) => Numbers(frame.GetProperty("perAtom").GetProperty("momenta"));

        // p/m·m, rounded twice.
        Assert.Equal(Momenta(last), Momenta(next), (a, b) => Math.Abs(a - b) <= 4e-16 * Math.Abs(a));
        command[5] = PathOf("none.extxyz");
        Run(command).Refused(1, "the choice of frames is more than one, expected one frame of");
        Run([.. Command("third.extxyz", 0), "--velocities", "file"]).Refused(1, "the velocities of the file is missing");
    }

    [Fact]
    public void Held_atoms_stay()
    {
        Run(Command("held.extxyz", 10, "--fix", "0,30:")).Fine();
        JsonElement[] frames = Run("info", PathOf("held.extxyz"), "--json").Fine().Objects;
        double[] first = Numbers(frames[0].GetProperty("positions")), last = Numbers(frames[2].GetProperty("positions"));

        for (int atom = 0; atom < 32; atom++)
        {
            bool isHeld = atom is 0 or 30 or 31;
            Assert.Equal(isHeld, first.AsSpan(3 * atom, 3).SequenceEqual(last.AsSpan(3 * atom, 3)));
        }

        Run(Command("none.extxyz", 1, "--fix", "Kr")).Refused(1, "the choice of atoms is 'Kr'");
        Run(Command("none.extxyz", 1, "--fix", "32")).Refused(1, "the choice of atoms is '32'");
        Run(Command("none.extxyz", 1, "--fix", "Qq")).Refused(2, "--fix has 'Qq', expected a symbol");
    }

    [Fact]
    public void Forces_beyond_reason_end_a_run_with_what_was_good()
    {
        string file = Write(
            "crash.extxyz",
            "2\nProperties=species:S:1:pos:R:3:momenta:R:3 pbc=\"F F F\"\nAr 0 0 0 0 0 60\nAr 0 0 6.3 0 0 -60\n");
        string[] command =
            ["md", file, "-p", Lj, "-o", PathOf("crash.extxyz"), "--steps", "100", "--every", "1", "--timestep", "5"];
        Outcome outcome = Run([.. command, "--overwrite", "-o", PathOf("out.extxyz")]);
        Assert.Equal(2, outcome.Code);
        command[5] = PathOf("out.extxyz");
        outcome = Run([.. command, "--largest-force", "5"]);
        Assert.Equal(1, outcome.Code);
        Assert.Matches(
            @"the force on atom [01], in step \d+, is [\d.]+ eV/Å, expected at most 5 eV/Å", outcome.Error);
        Assert.Matches(@"step \d+ is saved in .*out\.state\.extxyz; --restart goes on from there", outcome.Error);
        JsonElement state = Assert.Single(Run("info", PathOf("out.state.extxyz"), "--json").Fine().Objects);
        int step = state.GetProperty("info").GetProperty("step").GetInt32();
        Assert.Equal(step + 1, Run("info", PathOf("out.extxyz"), "--json").Fine().Objects.Length);
        Run([.. command, "--overwrite", "--largest-force=-1"]).Refused(1, "the largest force is -1, expected a positive");
    }

    [Fact]
    public void A_full_disk_leaves_the_state_before()
    {
        if (!File.Exists("/dev/full"))
        {
            return;
        }

        File.CreateSymbolicLink(PathOf("full.tsv"), "/dev/full");
        Outcome outcome = Run(Command("full.extxyz", 20, "--overwrite"));
        Assert.Equal(1, outcome.Code);
        Assert.Contains("full.tsv: No space left on device", outcome.Error, StringComparison.Ordinal);
        JsonElement state = Assert.Single(Run("info", PathOf("full.state.extxyz"), "--json").Fine().Objects);
        Assert.Equal(0, state.GetProperty("info").GetProperty("log_bytes").GetInt32());

        // With room again, the run goes on.
        File.Delete(PathOf("full.tsv"));
        Run(Command("full.extxyz", 20, "--restart")).Fine();
        Run(Command("whole.extxyz", 20)).Fine();
        Assert.Equal(
            Contents("whole.extxyz")[..2], Contents("full.extxyz")[..2]);
    }

    [Theory]
    [InlineData("--timestep 0", 1, "the time step is 0, expected a positive finite number of fs")]
    [InlineData("--timestep=-1", 1, "the time step is -1")]
    [InlineData("--ensemble langevin --temperature=-5", 1, "the temperature is -5, expected a finite number of kelvins")]
    [InlineData("--ensemble langevin", 2, "--temperature is missing: --ensemble langevin needs one, in K.")]
    [InlineData("--ensemble csvr -T 90 --relaxation 0", 1, "the relaxation time is 0")]
    [InlineData("--ensemble nve --pressure 1 -T 90", 1, "an ensemble with a barostat has no thermostat")]
    [InlineData("--barostat full", 2, "--pressure is missing")]
    [InlineData("--every 0", 2, "--every is 0, expected a whole number, 1 or more.")]
    [InlineData("--ensemble nve --centre held --fix 0 -T 9", 1, "a phase has held coordinates and a held centre of mass")]
    [InlineData("--ensembel nve", 2, "'--ensemble'")]
    public void Wrong_settings_are_refused(string options, int code, string message) => Run(
        [
            "md", Liquid(), "-p", Lj, "-o", PathOf("wrong.extxyz"), "--steps", "1",
            .. options.Split(' '),
        ]).Refused(code, message);

    [Fact]
    public void A_barostat_needs_a_cell()
    {
        string[] command =
        [
            "md", Write("open.xyz", "1\n\nAr 0 0 0\n"), "-p", Lj, "-o", PathOf("out.extxyz"), "--steps", "1",
            "--ensemble", "csvr", "-T", "90", "--pressure", "0", "--centre", "free",
        ];
        Run(command).Refused(1, "a structure under a barostat has no three lattice vectors");
        Assert.False(File.Exists(PathOf("out.extxyz")));
        command[5] = PathOf("out.png");
        Run(command).Refused(1, "expected one that ends in .extxyz or .xyz");
    }
}
