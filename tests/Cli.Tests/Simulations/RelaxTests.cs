using System.Text.Json;
using Xunit;

namespace Noether.Cli.Tests;

/// <summary><c>noether relax</c>.</summary>
public sealed class RelaxTests : Workplace
{
    private const string Lj = "lj:epsilon=0.0104,sigma=3.4,cutoff=8.5,end=shifted";

    private static string Si => "sw:" + Path.Combine(AppContext.BaseDirectory, "Si.sw");

    private string Dimer() => Write("dimer.xyz", "2\n\nAr 0 0 0\nAr 0 0 4.2\n");

    [Theory]
    [InlineData("lbfgs")]
    [InlineData("fire")]
    [InlineData("cg")]
    public void A_molecule_of_argon_comes_to_the_minimum(string method)
    {
        JsonElement told = Assert.Single(
            Run("relax", Dimer(), "-p", Lj, "-o", PathOf("out.extxyz"), "--method", method, "--force", "1e-6", "--json")
                .Fine().Objects);
        Assert.Equal(
            [
                "file", "frame", "converged", "status", "steps", "evaluations", "energy", "enthalpy", "largestForce",
                "largestStress", "held", "symbols", "positions", "cell", "pbc", "perAtom", "info", "warnings",
            ],
            Names(told));
        Assert.True(told.GetProperty("converged").GetBoolean());
        Assert.Equal("converged", told.GetProperty("status").GetString());
        Assert.InRange(told.GetProperty("largestForce").GetDouble(), 0, 1e-6);
        double[] r = Numbers(told.GetProperty("positions"));

        // 2^(1/6) σ; the force 1e-6 eV/Å over the curvature 57 ε/σ² = 0.05 eV/Å² is 2e-5 Å.
        Assert.Equal(Math.Pow(2, 1.0 / 6) * 3.4, r[5] - r[2], 3e-5);
        JsonElement written = Assert.Single(Run("info", PathOf("out.extxyz"), "--json").Fine().Objects);
        Assert.Equal(r, Numbers(written.GetProperty("positions")));
        Assert.Equal(
            told.GetProperty("energy").GetDouble(), written.GetProperty("info").GetProperty("energy").GetDouble());
    }

    [Fact]
    public void A_cell_relaxes_to_the_pressure_outside()
    {
        string file = Write("si.extxyz", Silicon);
        string[] command = ["relax", file, "-p", Si, "-o", PathOf("out.extxyz"), "--stress-tolerance", "1e-4", "--json"];
        JsonElement full = Run([.. command, "--cell", "full"]).Fine().Objects[0];

        // The diamond of Stillinger and Weber: a = 5.431 Å and −4.3366 eV per atom, by construction.
        double[] cell = Numbers(full.GetProperty("cell"));
        Assert.Equal(5.431, 2 * cell[1], 1e-3);
        Assert.Equal(2 * -4.3366, full.GetProperty("energy").GetDouble(), 1e-3);
        double Volume(JsonElement frame) => Math.Abs(Determinant(Numbers(frame.GetProperty("cell"))));
        JsonElement pressed = Run([.. command, "--cell", "isotropic", "--pressure", "5"]).Fine().Objects[0];
        double[] stress = Numbers(pressed.GetProperty("info").GetProperty("stress"));

        // 5 GPa in eV/Å³, of which the tolerance is 1e-4 GPa.
        Assert.Equal(-5 / 160.21766208, (stress[0] + stress[4] + stress[8]) / 3, 1e-6);
        Assert.InRange(Volume(pressed), 0.9 * Volume(full), 0.97 * Volume(full));

        // One strain alone: the others of the cell stay as they are.
        JsonElement one = Run([.. command, "--cell", "zz"]).Fine().Objects[0];
        Assert.Equal(2.7, Numbers(one.GetProperty("cell"))[1]);
        Assert.NotEqual(2.7, Numbers(one.GetProperty("cell"))[2]);
    }

    private static double Determinant(double[] m) =>
        (m[0] * ((m[4] * m[8]) - (m[5] * m[7])))
        - (m[1] * ((m[3] * m[8]) - (m[5] * m[6])))
        + (m[2] * ((m[3] * m[7]) - (m[4] * m[6])));

    [Fact]
    public void What_does_not_converge_is_written_and_ends_with_1()
    {
        string path = PathOf("out.extxyz"), steps = PathOf("steps.extxyz");
        Outcome outcome =
            Run("relax", Dimer(), "-p", Lj, "-o", path, "--steps", "2", "--trajectory", steps, "--json");
        Assert.Equal(1, outcome.Code);
        Assert.Equal("", outcome.Error);
        JsonElement told = Assert.Single(outcome.Objects);
        Assert.False(told.GetProperty("converged").GetBoolean());
        Assert.Equal("step limit", told.GetProperty("status").GetString());
        JsonElement[] frames = Run("info", steps, "--json").Fine().Objects;
        Assert.Equal([0, 1, 2], frames.Select(frame => frame.GetProperty("info").GetProperty("step").GetInt32()));
        double[] last = Numbers(Run("info", path, "--json").Fine().Objects[0].GetProperty("positions"));
        Assert.Equal(last, Numbers(frames[2].GetProperty("positions")));
    }

    [Fact]
    public void Every_frame_is_relaxed_and_those_before_an_error_are_kept()
    {
        string file = Write("argon.xyz", Argon + "2\n\nAr 0 0 0\nAr 0 0 0\n");
        string path = PathOf("out.extxyz");
        Outcome outcome = Run("relax", file, "-p", Lj, "-o", path);
        Assert.Equal(1, outcome.Code);
        Assert.Contains("frame 2: the structure has atoms 0 (Ar) and 1 (Ar), 0 Å apart", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("status\tconverged", outcome.Lines);
        Assert.Equal(2, Run("info", path, "--json").Fine().Objects.Length);
    }

    [Fact]
    public void Held_atoms_stay()
    {
        JsonElement told =
            Run("relax", Dimer(), "-p", Lj, "-o", PathOf("out.vasp.xyz"), "--fix", "1", "--json").Fine().Objects[0];
        Assert.Equal([0, 0, 4.2], Numbers(told.GetProperty("positions"))[3..]);
        Assert.NotEqual(0, Numbers(told.GetProperty("positions"))[2]);
    }

    [Theory]
    [InlineData("--cell cubic", 2, "--cell is 'cubic', expected fixed, full, isotropic, axial, or some of xx")]
    [InlineData("--pressure 1", 2, "--cell is missing")]
    [InlineData("--cell full", 1, "frame 0: a structure whose cell relaxes has no three lattice vectors")]
    [InlineData("--force 0", 1, "the largest force of a relaxation is 0")]
    [InlineData("--method newton", 2, "newton")]
    [InlineData("--fix 2", 1, "the choice of atoms is '2'")]
    public void Wrong_settings_are_refused(string options, int code, string message) =>
        Run(["relax", Dimer(), "-p", Lj, "-o", PathOf("out.extxyz"), .. options.Split(' ')]).Refused(code, message);
}
