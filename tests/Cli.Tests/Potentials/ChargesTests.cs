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
