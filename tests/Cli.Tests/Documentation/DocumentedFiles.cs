using System.IO.Compression;
using Microsoft.FSharp.Collections;
using Noether.Domain;
using Noether.Kernels;
using Noether.Learning;
using Noether.Training;
using Precision = Noether.AutoDiff.Precision;

namespace Noether.Cli.Tests;

/// <summary>The files that documented lines name: small ones of the kind that they say.</summary>
internal static class DocumentedFiles
{
    private const string Silicon =
        "2\nLattice=\"0 2.7155 2.7155 2.7155 0 2.7155 2.7155 2.7155 0\" Properties=species:S:1:pos:R:3 energy=-8.67 pbc=\"T T T\"\n"
        + "Si 0 0 0\nSi 1.35775 1.35775 1.35775\n",
        Water = "3\n\nO 0 0 0.119\nH 0 0.763 -0.477\nH 0 -0.763 -0.477\n",
        Ethanol = "9\n\nC -1.168 -0.400 0\nC 0 0.555 0\nO 1.190 -0.222 0\nH 1.947 0.379 0\nH -2.103 0.162 0\nH -1.131 -1.037 0.885\n"
            + "H -1.131 -1.037 -0.885\nH -0.036 1.197 0.888\nH -0.036 1.197 -0.888\n",
        Ions = """
            {"kind": "sum", "terms": [
              {"kind": "coulomb", "accuracy": 1e-5, "cutoff": 7, "charges": {"Na": 1, "Cl": -1}},
              {"kind": "buckingham", "cutoff": 6, "end": "force-shifted", "A": 1200, "rho": 0.316, "C": 0}]}
            """,
        Training = """
            { "train": "water.extxyz", "model": { "cutoff": 3.0, "layers": 1, "features": 4, "degree": 1 }, "epochs": 1 }
            """;

    private static readonly Dictionary<string, Func<string>> Texts = new()
    {
        ["POSCAR"] = () => "Si2\n5.48683\n0.0 0.5 0.5\n0.5 0.0 0.5\n0.5 0.5 0.0\nSi\n2\nDirect\n0 0 0\n0.25 0.25 0.25\n",
        ["argon.xyz"] = () => "2\n\nAr 0 0 0\nAr 0 0 3.8\n",
        ["mixture.extxyz"] = () => "2\n\nAr 0 0 0\nKr 0 0 3.9\n",
        ["mixture.json"] = () => """
            {"kind":"lj","cutoff":9,"elements":{"Ar":{"epsilon":0.0104,"sigma":3.4},"Kr":{"epsilon":0.0142,"sigma":3.65}}}
            """,
        ["silicon.extxyz"] = () => Silicon,
        ["silicon.json"] = () => """{ "kind": "sw", "file": "Si.sw" }""",
        ["water.xyz"] = () => Water,
        ["h2o.xyz"] = () => Water,
        ["spring.json"] = () => """{"kind":"harmonic-bonds","groups":[[0,1],[0,2]],"periodic":[false,false,false],"k":25,"r0":0.97}""",
        ["ethanol.xyz"] = () => Ethanol,
        ["molecules.xyz"] = () => Water + Ethanol,
        ["molecules.extxyz"] = () => Water + Ethanol,
        ["oxygen.xyz"] = () => "2\n\nO 0 0 0\nO 0 0 1.21\n",
        ["start.extxyz"] = () => Water,
        ["water.json"] = () => Training,
        ["water.extxyz"] = () => Labelled(8),
        ["data/water/water.extxyz"] = () => Labelled(8),
        ["acac.json"] = () => Training.Replace("water.extxyz", "train_300K.xyz", StringComparison.Ordinal),
        ["acac/train_300K.xyz"] = () => Labelled(8),
        ["test.extxyz"] = () => Labelled(3),
        ["polonium.vasp"] = () => "Po\n3.35\n1 0 0\n0 1 0\n0 0 1\nPo\n1\nDirect\n0 0 0\n",
        ["rutile.vasp"] = () => "TiO2\n1\n4.594 0 0\n0 4.594 0\n0 0 2.959\nTi O\n2 4\nDirect\n0 0 0\n0.5 0.5 0.5\n"
            + "0.305 0.305 0\n0.695 0.695 0\n0.195 0.805 0.5\n0.805 0.195 0.5\n",
        ["coulomb-buckingham.json"] = () => Ions,
        ["BORN"] = () => "14.4\n1 0 0 0 1 0 0 0 1\n1 0 0 0 1 0 0 0 1\n-1 0 0 0 -1 0 0 0 -1\n",
        ["run.extxyz"] = () => Salt(6),
        ["salt.extxyz"] = () => Salt(1),
        ["salt.json"] = () => """
            {"kind":"sum","terms":[{"kind":"coulomb","cutoff":6},{"kind":"buckingham","A":1200,"rho":0.316,"C":0,"cutoff":6}]}
            """,
        ["born.json"] = () => """{ "dielectric": 2.35, "charges": { "Na": 1.09, "Cl": -1.09 } }""",
        ["long.extxyz"] = () => Salt(1020),
    };

    // Made of the others by the program.
    private static readonly Dictionary<string, string[]> Converted = new()
    {
        ["silicon.cif"] = ["silicon.extxyz"],
        ["si.cif"] = ["silicon.extxyz"],
        ["a.cif"] = ["silicon.extxyz"],
        ["b.cif"] = ["silicon.extxyz"],
        ["quartz.cif"] = ["silicon.extxyz"],
        ["relaxed.cif"] = ["POSCAR"],
        ["silicon.vasp"] = ["silicon.extxyz"],
        ["start.vasp"] = ["silicon.extxyz"],
        ["slab.vasp"] = ["silicon.extxyz"],
        ["salt.cif"] = ["run.extxyz", "--frames", "0"],
        ["salt.vasp"] = ["run.extxyz", "--frames", "0"],
        ["run.pdb.gz"] = ["run.extxyz", "--frames", "0"],
        ["run.extxyz.gz"] = ["run.extxyz"],
        ["alloy.vasp"] = ["slab.extxyz"],
    };

    // Files of the fixtures by the name that a line has for them.
    private static readonly Dictionary<string, string> Parameters = new()
    {
        ["Si.sw"] = "Si.sw",
        ["Cu.setfl"] = "binary.setfl",
        ["binary.setfl"] = "binary.setfl",
    };

    /// <summary>Puts a file into a folder, unless it is there; false where no such file is known.</summary>
    public static bool Make(string folder, string name)
    {
        string path = Path.Combine(folder, name);

        if (File.Exists(path))
        {
            return true;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);

        if (Texts.TryGetValue(name, out Func<string>? text))
        {
            File.WriteAllText(path, text());
        }
        else if (name == "slab.extxyz")
        {
            File.WriteAllText(path, Copper());
        }
        else if (Parameters.TryGetValue(name, out string? fixture))
        {
            File.Copy(Path.Combine(AppContext.BaseDirectory, fixture), path);
        }
        else if (Converted.TryGetValue(name, out string[]? from))
        {
            Make(folder, from[0]);
            string[] source = [Path.Combine(folder, from[0]), path, .. from[1..]];
            Workplace.Run(["convert", .. source, "--to", name.Split('.')[1]]);
        }
        else if (name.EndsWith("model.safetensors", StringComparison.Ordinal))
        {
            Bridge.Get(ModelFile.write(path, Model()));
        }
        else
        {
            return MakePublished(folder, name);
        }

        return true;
    }

    private static bool MakePublished(string folder, string name)
    {
        if (PublishedTheoryAttribute.Data is not { } data)
        {
            return false;
        }

        string ani = Path.Combine(data, "ani");

        if (name == "model.nqx")
        {
            File.Copy(Path.Combine(data, "nequix", "nequix-mp-1.nqx"), Path.Combine(folder, name));
            return true;
        }

        if (name == "models.zip")
        {
            using ZipArchive zip = ZipFile.Open(Path.Combine(folder, name), ZipArchiveMode.Create);

            foreach (string file in Directory.EnumerateFiles(ani, "*", SearchOption.AllDirectories)
                .Where(file => file.Contains("ani-1x_8x", StringComparison.Ordinal)))
            {
                zip.CreateEntryFromFile(file, Path.GetRelativePath(ani, file), CompressionLevel.Fastest);
            }

            return true;
        }

        if (name.StartsWith("models/", StringComparison.Ordinal))
        {
            Directory.Delete(Path.Combine(folder, "models"));
            Directory.CreateSymbolicLink(Path.Combine(folder, "models"), ani);
            return true;
        }

        return false;
    }

    private static LearnedModel Model()
    {
        AniSettings settings = new(
            ListModule.OfSeq([1, 8]),
            AniSettingsModule.environmentsOf2x(2),
            ListModule.OfSeq([ListModule.OfSeq([4]), ListModule.OfSeq([4])]),
            1,
            ListModule.OfSeq([-0.5, -75.0]),
            Units.hartree);
        return new LearnedModel(
            "model",
            AniFamily.architecture(settings),
            Ani.fresh(settings, Precision.Float32, RandomKey.FromSeed(1)),
            MapModule.Empty<string, Metrics>());
    }

    private static string Labelled(int frames) => string.Concat(Enumerable.Range(0, frames).Select(k => FormattableString.Invariant(
        $"3\nProperties=species:S:1:pos:R:3:forces:R:3:REF_forces:R:3 energy={-14 - (0.01 * k)} REF_energy={-14 - (0.01 * k)}\n")
        + FormattableString.Invariant($"O 0 0 {0.119 + (0.01 * k)} 0 0 {0.1 * k} 0 0 {0.1 * k}\n")
        + FormattableString.Invariant($"H 0 0.763 -0.477 0 {0.05 * k} 0 0 {0.05 * k} 0\n")
        + FormattableString.Invariant($"H 0 -0.763 -0.477 0 {-0.05 * k} 0 0 {-0.05 * k} 0\n")));

    private static string Salt(int frames) => string.Concat(Enumerable.Range(0, frames).Select(k => FormattableString.Invariant(
        $"2\nLattice=\"0 2.82 2.82 2.82 0 2.82 2.82 2.82 0\" Properties=species:S:1:pos:R:3:charges:R:1 energy={-k}\n")
        + "Na 0 0 0 1\nCl 2.82 0 0.01 -1\n"));

    // Four layers of copper, sixteen atoms, under vacuum.
    private static string Copper() => "16\nLattice=\"5.1 0 0 0 5.1 0 0 0 20\" Properties=species:S:1:pos:R:3 pbc=\"T T F\"\n"
        + string.Concat(Enumerable.Range(0, 16).Select(k => FormattableString.Invariant(
            $"Cu {(2.55 * (k % 2)) + (1.275 * (k / 4 % 2))} {(2.55 * (k / 2 % 2)) + (1.275 * (k / 4 % 2))} {1.8 * (k / 4)}\n")));
}
