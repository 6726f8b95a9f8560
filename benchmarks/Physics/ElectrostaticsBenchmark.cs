using System.Collections.Immutable;
using Noether.AutoDiff;
using Noether.Domain;
using Noether.Kernels;
using Noether.Physics;

namespace Noether.Benchmarks;

/// <summary>
/// Energy, forces and virial of charges on one thread: caesium chloride, shaken by 0.1 Å, with pairs within 5 Å and a
/// smearing of 1 Å on P3M meshes of 5 nodes, and rock salt for forces to 1e-5 of those of two unit charges at 1 Å,
/// pairs within 10 Å. Lists of neighbours are there already, as between steps of dynamics. Work is counted in atoms.
/// </summary>
internal sealed class ElectrostaticsBenchmark : IBenchmark
{
    public string Name => "electrostatics";

    public IEnumerable<Case> Cases()
    {
        foreach ((int a, int b, int c) in new[] { (5, 10, 10), (10, 20, 20), (20, 40, 40) })
        {
            Structure cscl = Shaken(Crystal.caesiumChloride("Cs", "Cl", 4.12), a, b, c);
            RangeSplit split = RangeSplitModule.coulomb(Interop.ofArray([], [1.0]));
            (int x, int y, int z) = (32 * a / 5, 64 * b / 10, 64 * c / 10);
            Potential potential = Electrostatics.ofSplit(
                split,
                Summation.NewOnMesh(Assignment.NewP3M(5), MeshSize.NewPoints(x, y, z)),
                5,
                Charges(("Cs", 1), ("Cl", -1)));
            yield return Energy($"CsCl, {cscl.Count} atoms, mesh {x}×{y}×{z}", potential, cscl, 5);
        }

        Structure salt = Shaken(Crystal.rocksalt("Na", "Cl", 5.64), 10, 10, 10);
        ElectrostaticSettings standard = Electrostatics.standard;
        ChargeSource ions = Charges(("Na", 1), ("Cl", -1));
        ElectrostaticSettings settings = new(
            1, standard.Prefactor, ions, 10, 1e-5 * standard.Prefactor, Method.NewMeshMethod(5));
        Potential tuned = Outcome.getOrFail(Electrostatics.create(settings));
        yield return Energy($"NaCl, {salt.Count} atoms, relative 1e-5", tuned, salt, 10);
    }

    private static Case Energy(string name, Potential potential, Structure structure, double cutoff)
    {
        VerletList list = Outcome.getOrFail(VerletListModule.create(cutoff, 0.5, structure));
        return new(name + ", 1 thread", structure.Count, "atoms", () =>
        {
            using IDisposable limit = Workers.LimitTo(1);
            Outcome.getOrFail(Evaluate.onList(potential, list, structure));
        });
    }

    private static ChargeSource Charges(params (string Symbol, double Charge)[] charges) =>
        Outcome.getOrFail(ChargeSourceModule.ofSymbols(
            [.. charges.Select(one => Tuple.Create(one.Symbol, one.Charge))]));

    private static Structure Shaken(
        Microsoft.FSharp.Core.FSharpResult<Structure, NoetherError> crystal, int a, int b, int c) =>
        Outcome.getOrFail(StructureGeometry.Structure.rattle(
            0.1,
            RandomKey.FromSeed(42),
            Outcome.getOrFail(StructureModule.repeat(a, b, c, Outcome.getOrFail(crystal)))));
}
