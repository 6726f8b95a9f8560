using Xunit;

namespace Noether.Tests.Examples;

/// <summary>The examples of structures, crystals, molecules and lists.</summary>
public sealed class StructureExamples
{
    [Fact]
    public void Structures()
    {
        Structure nitrogen = Structure.Create(["N", "N"], [0, 0, 0, 0, 0, 1.1]);
        IReadOnlyList<Structure> crystals = Structure.ReadAll("scripts/data/carbon.extxyz");
        Structure copper = Crystal.FaceCentredCubic("Cu", 3.61).Repeat(3, 3, 3).Rattle(0.05, seed: 1);

        Assert.Equal((2, 4, 108), (nitrogen.Count, crystals.Count, copper.Count));
    }

    [Fact]
    public void Crystals()
    {
        Structure silicon = Crystal.Diamond("Si", 5.431, primitive: true);   // two atoms
        Structure salt = Crystal.RockSalt("Na", "Cl", 5.64).Repeat(2, 2, 2);  // 64 atoms

        Assert.Equal((2, 64), (silicon.Count, salt.Count));
    }

    [Fact]
    public void Molecules()
    {
        Structure water = Molecule.Water;
        Structure box = Molecule.WaterBox(count: 64, density: 0.997, seed: 1);

        Assert.Equal((3, 192), (water.Count, box.Count));
    }

    [Fact]
    public void Cells()
    {
        Cell cube = Cell.Cubic(5.43);
        Cell hexagonal = Cell.FromLengthsAndAngles(3.2, 3.2, 5.2, 90, 90, 120);
        Cell slab = Cell.Orthorhombic(5.0, 5.0, 30.0).WithPeriodic(true, true, false);

        Assert.Equal(5.43 * 5.43 * 5.43, cube.Volume!.Value, 1e-12);
        Assert.Equal(3.2 * 3.2 * 5.2 * Math.Sqrt(0.75), hexagonal.Volume!.Value, 1e-12);
        Assert.Equal([true, true, false], slab.Periodic);
    }

    [Fact]
    public void Neighbors()
    {
        Structure copper = Crystal.FaceCentredCubic("Cu", 3.61);
        NeighborList neighbors = NeighborList.Build(copper, cutoff: 3.0);
        Console.WriteLine($"{neighbors.Count} pairs, {neighbors.Of(0).Length} at atom 0");   // 48 pairs, 12 at atom 0
        Tensor distances = neighbors.Distances(copper);                                       // all 2.553 Å

        Assert.Equal((48, 12), (neighbors.Count, neighbors.Of(0).Length));
        Assert.All(distances.Elements.ToArray(), distance => Assert.Equal(3.61 / Math.Sqrt(2.0), distance, 1e-12));
    }

    [Fact]
    public void Lists_that_last()
    {
        Structure copper = Crystal.FaceCentredCubic("Cu", 3.61).Repeat(4, 4, 4);
        VerletList list = VerletList.Build(copper, cutoff: 5.0, skin: 1.0);
        Structure moved = copper.Rattle(0.02, seed: 1);
        list = list.Update(moved);                        // the same list: no atom moved half the skin
        NeighborList neighbors = list.Neighbors(moved);   // as NeighborList.Build(moved, 5.0)

        Assert.Equal(NeighborList.Build(moved, 5.0), neighbors);
        Assert.Equal(VerletList.Build(copper, 5.0, 1.0).Wide, list.Wide);
    }

    [Fact]
    public void Units()
    {
        double bulkModulus = 100.0 * PhysicalUnits.GPa;   // 0.624 eV/Å³
        double hartrees = -13.6 / PhysicalUnits.Hartree;  // −0.5

        Assert.Equal((0.624, -0.5), (Math.Round(bulkModulus, 3), Math.Round(hartrees, 3)));
    }
}
