using System.Text.Json;
using Xunit;

namespace Noether.Cli.Tests;

/// <summary>Potentials of charges on the command line, and <c>noether tune</c>.</summary>
public sealed class ChargesTests : Workplace
{
    // Rock salt, and its energy by the Madelung constant of E. L. Burrows and S. F. A. Kettle, J. Chem. Educ. 52, 58
    // (1975).
    private const string Salt =
        """
        2
        Lattice="0 2.82 2.82 2.82 0 2.82 2.82 2.82 0" Properties=species:S:1:pos:R:3:initial_charges:R:1 pbc="T T T"
        Na 0 0 0 1
        Cl 2.82 0 0 -1

        """;

    private const double Coulomb = 14.399645478425667, Madelung = 1.7475645946331822;

    private static double Energy(Outcome outcome) => outcome.Fine().Objects[0].GetProperty("energy").GetDouble();

    [Fact]
    public void Salt_has_its_Madelung_energy_by_charges_of_the_file_and_by_elements()
    {
        string file = Write("salt.xyz", Salt);
        const string Given = "charges=Na:1,Cl:-1";
        string json = Write(
            "salt.json",
            """{"kind": "coulomb", "accuracy": 1e-8, "charges": {"Na": 1, "Cl": -1}, "method": "ewald"}""");

        foreach (string potential in new[]
        {
            "coulomb:accuracy=1e-8", $"coulomb:{Given},accuracy=1e-8", $"coulomb:accuracy=1e-8,method=ewald,{Given}",
            "coulomb:accuracy=1e-8,method=p3m,order=7", json,
        })
        {
            // The accuracy is that of forces; energies are right to about as much times a distance.
            Assert.Equal(-Coulomb * Madelung / 2.82, Energy(Run("energy", file, "-p", potential, "--json")), 1e-6);
        }

        Assert.Equal(-Coulomb * Madelung / 2.82, Energy(Run("energy", file, "-p", "coulomb", "--json")), 1e-3);
    }

    [Fact]
    public void Pairs_alone_and_powers_add_to_other_potentials()
    {
        string file = Write("salt.xyz", Salt);
        double direct = Energy(Run("energy", file, "-p", "coulomb:method=direct,cutoff=3", "--json"));
        Assert.Equal(-6 * Coulomb / 2.82, direct, 1e-10);
        double power = Energy(Run("energy", file, "-p", "r^-6:prefactor=2,method=direct,cutoff=3", "--json"));
        Assert.Equal(-12 / Math.Pow(2.82, 6), power, 1e-14);
        const string Repulsion = "buckingham:A=1000,rho=0.3,C=0,cutoff=3";
        double both = Energy(Run("energy", file, "-p", Repulsion, "-p", "coulomb", "--json"));
        double alone = Energy(Run("energy", file, "-p", Repulsion, "--json"));
        Assert.Equal(Energy(Run("energy", file, "-p", "coulomb", "--json")) + alone, both, 1e-10);
    }

    [Fact]
    public void Bonded_pairs_are_left_out()
    {
        // Four charges in a row, 1 Å apart, without periodic axes: all pairs but those of bonds.
        string file = Write(
            "chain.xyz",
            "4\nProperties=species:S:1:pos:R:3:charges:R:1\nC 0 0 0 1\nC 1 0 0 -2\nC 2 0 0 3\nC 3 0 0 -1\n");
        const string Bonds = "\"bonds\": [[0, 1], [1, 2], [2, 3]], \"periodic\": [false, false, false]";
        string json = Write("bonds.json", "{\"kind\": \"coulomb\", \"accuracy\": 1e-8, " + Bonds
            + ", \"special_bonds\": [0, 0.25, 0.5]}");
        double expected = Coulomb * ((0.25 * (3.0 + 2.0) / 2) + (0.5 * -1.0 / 3));
        Assert.Equal(expected, Energy(Run("energy", file, "-p", json, "--json")), 1e-9);
        string usual = Write("usual.json", "{\"kind\": \"coulomb\", " + Bonds + "}");
        Assert.Equal(Coulomb * -1.0 / 3, Energy(Run("energy", file, "-p", usual, "--json")), 1e-9);
        string wrong = Write("wrong.json", "{\"kind\": \"coulomb\", \"special_bonds\": [0], " + Bonds + "}");
        Run("energy", file, "-p", wrong).Refused(1, "three numbers");
        Run("energy", Write("one.xyz", "1\nProperties=species:S:1:pos:R:3:charges:R:1\nC 0 0 0 1\n"), "-p", usual)
            .Refused(1, "atom 3");
    }

    [Fact]
    public void Dipoles_are_a_column_of_the_file()
    {
        // Two dipoles in a row 2 Å apart, −2μ²/r³, and a charge 3 Å from the second.
        string pair = Write(
            "pair.xyz",
            "2\nProperties=species:S:1:pos:R:3:dipoles:R:3\nX 0 0 0 0.5 0 0\nX 2 0 0 0.5 0 0\n");
        const double Expected = -2 * Coulomb * 0.25 / 8;
        Assert.Equal(Expected, Energy(Run("energy", pair, "-p", "dipoles", "--json")), 1e-9);
        Assert.Equal(Expected, Energy(Run("energy", pair, "-p", "dipoles:method=direct", "--json")), 1e-9);
        string both = Write(
            "both.xyz",
            "2\nProperties=species:S:1:pos:R:3:dipoles:R:3:charges:R:1\nX 0 0 0 0.5 0 0 0\nNa 3 0 0 0 0 0 1\n");

        foreach (string charges in new[] { "file", "X:0,Na:1" })
        {
            // φ of the dipole at the charge: μ/r².
            double energy = Energy(Run("energy", both, "-p", $"dipoles:charges={charges}", "--json"));
            Assert.Equal(Coulomb * 0.5 / 9, energy, 1e-9);
        }

        Run("energy", Write("salt.xyz", Salt), "-p", "dipoles").Refused(1, "'dipoles'");
        Run("energy", pair, "-p", "dipoles:method=p3m").Refused(1, "method");
    }

    [Fact]
    public void Wrong_charges_are_refused()
    {
        string file = Write("salt.xyz", Salt);
        Run("energy", file, "-p", "coulomb:charges=Na:1").Refused(1, "no charge for Cl");
        Run("energy", file, "-p", "coulomb:charges=Na:one").Refused(1, "charges by symbol");
        Run("energy", file, "-p", "coulomb:method=magic").Refused(1, "method");
        Run("energy", file, "-p", "coulomb:order=9").Refused(1, "3 to 7");
        Run("energy", file, "-p", "r^-6").Refused(1, "kind:name=number");
        Run("energy", Write("silicon.xyz", Silicon), "-p", "coulomb").Refused(1, "charges");
        Run("tune", file, "-p", "lj:epsilon=1,sigma=1,cutoff=3").Refused(1, "coulomb");
    }

    [Fact]
    public void Tuning_meets_the_accuracy()
    {
        string file = Write("salt.xyz", Salt.Replace("2.82 0 0 -1", "2.7 0.1 -0.2 -1", StringComparison.Ordinal));

        foreach (string method in new[] { "auto", "p3m" })
        {
            string potential = $"coulomb:accuracy=1e-5,method={method}";
            JsonElement tuned = Run("tune", file, "-p", potential, "--json").Fine().Objects[0];
            Assert.InRange(tuned.GetProperty("measured").GetDouble(), 0, 1e-5);
            Assert.InRange(tuned.GetProperty("promised").GetDouble(), 0, 1e-5);
            Assert.True(tuned.GetProperty("smearing").GetDouble() > 0);
            Assert.True(tuned.TryGetProperty(method == "p3m" ? "order" : "cutoff", out _));
        }

        string shown = Run("tune", file, "-p", "coulomb:accuracy=1e-3").Fine().Out;
        Assert.Contains("error measured", shown, StringComparison.Ordinal);
    }
}
