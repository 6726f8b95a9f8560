using Xunit;

namespace Noether.Tests;

/// <summary>Structures and files through the facade.</summary>
public sealed class StructureTests : IDisposable
{
    private const string Frame = """
        2
        Lattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3:forces:R:3 E=-1.5 name=a
        C 0 0 0 0.1 0.2 0.3
        Si 1 1 1 -0.1 -0.2 -0.3

        """;

    private readonly string folder = Directory.CreateTempSubdirectory("noether").FullName;

    public void Dispose() => Directory.Delete(folder, true);

    [Fact]
    public void A_structure_shows_what_a_file_holds()
    {
        Structure structure = Assert.Single(Structure.Parse(Frame));
        Assert.Equal(2, structure.Count);
        Assert.Equal(["C", "Si"], structure.Symbols);
        Assert.Equal([6, 14], structure.AtomicNumbers.ToArray());
        Assert.Equal(Tensor.Create([0, 0, 0, 1, 1, 1], 2, 3), structure.Positions);
        Assert.Equal(Cell.Cubic(4.0), structure.Cell);
        Assert.Equal([true, true, true], structure.Cell.Periodic);
        Assert.Equal(64.0, structure.Cell.Volume!.Value, 1e-12);
        Assert.Equal(["E", "name"], structure.PropertyNames);
        Assert.Equal(["forces"], structure.AtomPropertyNames);
        Assert.Equal(-1.5, structure.Number("E"));
        Assert.Equal("a", structure.Text("name"));
        Assert.Equal(-0.3, structure.AtomNumbers("forces")[1, 2]);
        Assert.True(structure.TryGetNumber("E", out double energy) && energy == -1.5);
        Assert.False(structure.TryGetNumber("name", out _));
        Assert.True(structure.TryGetText("name", out string? name) && name == "a");
        Assert.False(structure.TryGetText("E", out _));
        Assert.Equal(structure, Structure.Parse(Frame)[0]);
        Assert.Equal(structure.GetHashCode(), Structure.Parse(Frame)[0].GetHashCode());
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        string path = Path.Combine(folder, "two.extxyz");
        Structure first = Structure.Create(["N", "N"], [0, 0, 0, 0, 0, 1.1])
            .WithNumber("energy", 0.1 + 0.2)
            .WithText("label", "two words")
            .WithAtomNumbers("charge", Tensor.Vector(1, -1));
        Structure second = first.WithPositions([0, 0, 0, 0, 0, 1.2]).WithCell(Cell.Orthorhombic(1, 2, 3));
        Structure.WriteAll(path, [first, second]);
        Assert.Equal([first, second], Structure.ReadAll(path));
        Assert.Equal(first, Structure.Read(path).First());
        Assert.Null(first.Cell.Volume);
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void Files_that_are_wrong_say_where()
    {
        string missing = Path.Combine(folder, "missing.extxyz");
        var error = Assert.Throws<NoetherException>(() => Structure.ReadAll(missing));
        Assert.Equal(ErrorCode.FileFailure, error.Code);
        Assert.StartsWith(missing + ": ", error.Message, StringComparison.Ordinal);
        Assert.Null(error.Place);

        string malformed = Path.Combine(folder, "malformed.extxyz");
        File.WriteAllText(malformed, "1\n\nC 0 zero 0\n");
        error = Assert.Throws<NoetherException>(() => Structure.ReadAll(malformed));
        Assert.Equal(ErrorCode.Malformed, error.Code);
        Assert.Equal(new FilePlace(malformed, 3, 5), error.Place);
        Assert.Equal($"{malformed}:3:5: found 'zero', expected a real number ('pos', component 2 of 3)", error.Message);
    }

    [Fact]
    public void The_frames_before_a_mistake_are_read()
    {
        string path = Path.Combine(folder, "half.extxyz");
        File.WriteAllText(path, Frame + "x\n");
        using IEnumerator<Structure> frames = Structure.Read(path).GetEnumerator();
        Assert.True(frames.MoveNext());
        Assert.Equal(5, Assert.Throws<NoetherException>(() => frames.MoveNext()).Place!.Value.Line);
    }

    [Theory]
    [InlineData("POSCAR", FileFormat.ByName)]
    [InlineData("crystal.cif", FileFormat.ByName)]
    [InlineData("crystal.data", FileFormat.ByName)]
    [InlineData("crystal.pdb", FileFormat.ByName)]
    [InlineData("crystal.dump", FileFormat.ByName)]
    [InlineData("crystal.extxyz.gz", FileFormat.ByName)]
    [InlineData("anything", FileFormat.Poscar)]
    [InlineData("anything", FileFormat.Cif)]
    [InlineData("anything", FileFormat.LammpsData)]
    [InlineData("anything", FileFormat.LammpsDump)]
    [InlineData("anything", FileFormat.Pdb)]
    [InlineData("anything", FileFormat.ExtendedXyz)]
    public void Every_format_is_written_and_read(string name, FileFormat format)
    {
        string path = Path.Combine(folder, name);
        Structure silicon = Crystal.Diamond("Si", 5.43);
        silicon.Write(path, format);
        Structure found = Assert.Single(Structure.ReadAll(path, format));
        Assert.Equal(silicon.AtomicNumbers.ToArray(), found.AtomicNumbers.ToArray());

        // A PDB file keeps three decimals.
        Assert.All(
            silicon.Positions.Elements.ToArray().Zip(found.Positions.Elements.ToArray()),
            pair => Assert.Equal(pair.First, pair.Second, 1e-3));
    }

    [Fact]
    public void A_name_that_says_no_format_is_refused()
    {
        string path = Path.Combine(folder, "anything");
        Structure silicon = Crystal.Diamond("Si", 5.43);
        Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<NoetherException>(() => silicon.Write(path)).Code);
        Assert.Throws<NoetherException>(() => Structure.Read(path));
        Assert.Throws<NoetherException>(() => Structure.WriteAll(path, [silicon, silicon], FileFormat.Poscar));
    }

    [Fact]
    public void Structures_are_built_from_structures()
    {
        Structure salt = Crystal.RockSalt("Na", "Cl", 5.64);
        Assert.Equal(8 * 6, salt.Repeat(1, 2, 3).Count);
        Assert.Equal(1.01 * 5.64, salt.Strain([0.01, 0, 0, 0, 0, 0, 0, 0, 0]).Cell.Vectors[0, 0], 1e-14);
        Assert.Equal(salt.Rattle(0.1, 5), salt.Rattle(0.1, 5));
        Assert.NotEqual(salt.Rattle(0.1, 5), salt.Rattle(0.1, 6));
        Assert.Equal(salt.Positions[1, 0] + 0.5, salt.Translate(0.5, 0, 0).Positions[1, 0]);
        Assert.Equal(salt.Positions[0, 1], salt.Translate(0, 5.64, 0).Wrap().Positions[0, 1], 1e-14);
        Assert.Equal(["Cl", "Na"], salt.Select(1, 0).Symbols);
        Assert.Equal(16, Structure.Join(salt, salt).Count);
        Assert.Equal(["Na", "Na", "Na", "Na", "Cl", "Cl", "Cl", "Cl"], salt.SortByElement().Symbols);
        Assert.Equal(["K", "Cl"], salt.Select(0, 1).WithElements(symbol => symbol == "Na" ? "K" : symbol).Symbols);
        Assert.Empty(salt.WithNumber("x", 1).WithAtomNumbers("y", Tensor.Zeros(8)).WithoutProperties().PropertyNames);
        Assert.Equal(Math.Pow(10.0, 3), Structure.Create(["C"], [0, 0, 0]).Vacuum(5.0).Cell.Volume!.Value, 1e-9);
        Assert.Null(Structure.Create(["C"], [0, 0, 0]).Vacuum(5.0, 2).Cell.Volume);
        Assert.Throws<NoetherException>(() => salt.Repeat(0, 1, 1));
        Assert.Throws<NoetherException>(() => salt.Select(8));
    }

    [Fact]
    public void Crystals_have_their_atoms()
    {
        Structure[] crystals =
        [
            Crystal.SimpleCubic("Po", 3.3),
            Crystal.BodyCentredCubic("W", 3.2), Crystal.BodyCentredCubic("W", 3.2, true),
            Crystal.FaceCentredCubic("Cu", 3.6), Crystal.FaceCentredCubic("Cu", 3.6, true), Crystal.Diamond("C", 3.6),
            Crystal.Diamond("C", 3.6, true), Crystal.HexagonalClosePacked("Mg", 3.2), Crystal.RockSalt("Na", "Cl", 5.6),
            Crystal.RockSalt("Na", "Cl", 5.6, true), Crystal.CaesiumChloride("Cs", "Cl", 4.1),
            Crystal.ZincBlende("Zn", "S", 5.4), Crystal.ZincBlende("Zn", "S", 5.4, true),
            Crystal.Fluorite("Ca", "F", 5.5), Crystal.Fluorite("Ca", "F", 5.5, true),
            Crystal.Cuprite("Cu", "O", 4.3), Crystal.Wurtzite("Zn", "O", 3.2),
        ];
        Assert.Equal([1, 2, 1, 4, 1, 8, 2, 2, 8, 2, 2, 8, 2, 12, 3, 6, 4], crystals.Select(crystal => crystal.Count));

        // The ideal ratio gives twelve equal neighbours.
        Structure magnesium = Crystal.HexagonalClosePacked("Mg", 3.2);
        Assert.Equal(12, NeighborList.Build(magnesium, 3.2 + 1e-9).Of(0).Length);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        static void Check(ErrorCode code, string message, Func<object> action)
        {
            var error = Assert.Throws<NoetherException>(action);
            Assert.Equal((code, message), (error.Code, error.Message));
        }

        Structure structure = Structure.Parse(Frame)[0];
        Check(
            ErrorCode.Inconsistent,
            "the structure has no property 'energy', expected one",
            () => structure.Number("energy"));
        Check(
            ErrorCode.Inconsistent,
            "the structure has no atom property 'charge', expected one",
            () => structure.AtomNumbers("charge"));
        Check(
            ErrorCode.Inconsistent,
            "the positions has 3 numbers, expected 6, three for each of 2 atoms",
            () => structure.WithPositions([1, 2, 3]));
        Check(
            ErrorCode.UnknownElement,
            "unknown element 'Qq', expected a symbol from H to Og, X, or an atomic number from 0 to 118",
            () => Structure.Create(["Qq"], [0, 0, 0]));
        Check(
            ErrorCode.NonFinite,
            "the y coordinate of atom 0 is NaN, expected a finite number",
            () => Structure.Create(["C"], [0, double.NaN, 0]));
        Check(
            ErrorCode.InvalidCell,
            "invalid cell [1 0 0; 2 0 0; 0 0 1] Å, expected linearly independent vectors",
            () => Cell.Create([1, 0, 0, 2, 0, 0, 0, 0, 1]));
        var half = Assert.Throws<NoetherException>(() => structure.WithText("t", "\ud800"));
        Assert.Equal(ErrorCode.InvalidArgument, half.Code);
        Assert.Throws<ArgumentException>(() => Cell.Create([1, 2, 3]));
        Assert.Throws<ArgumentNullException>(() => Structure.ReadAll(null!));
    }
}
