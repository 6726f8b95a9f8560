using System.CommandLine;
using Noether.Domain;
using Noether.Learning;
using Noether.Physics;

namespace Noether.Cli;

/// <summary><c>noether energy</c>: energies, forces and stress by a potential.</summary>
internal sealed class EnergyCommand : StructureCommand
{
    private readonly Argument<string[]> files = FilesArgument("FILE", "Files of structures; - is standard input.");

    private readonly PotentialOption potential;

    private readonly Option<bool> spread = new("--spread")
    {
        Description = "How far the members of an ANI model are apart: the standard deviation of the energy, that divided by "
            + "the root of the number of atoms (query by committee), and that of each atom's energy.",
    };

    public EnergyCommand(Session session)
        : base(
            session,
            "energy",
            "Evaluate a potential: energies, forces and stress. The energy is in eV, as are those of the atoms; forces are "
            + "in eV/Å and, where there are three lattice vectors, stress in eV/Å³, positive under tension.",
            """
              noether energy argon.xyz --potential lj:epsilon=0.0104,sigma=3.4,cutoff=8.5
              noether energy argon.xyz --potential lj:epsilon=0.0104,sigma=3.4,cutoff=8.5,end=switched,onset=7
              noether energy silicon.cif --potential sw:Si.sw
              noether energy alloy.vasp --potential eam:binary.setfl
              noether energy a.cif b.cif --potential sw:Si.sw
              noether energy mixture.extxyz --potential mixture.json --json | jq .energy
              noether energy molecules.xyz -p ani-2x --spread
            """)
    {
        Add(files);
        potential = new PotentialOption(this);
        Add(spread);
        AddCommonOptions();
    }

    protected override void Run(ParseResult parsed)
    {
        Potential sum = potential.Of(parsed);
        bool isJson = IsJson(parsed);
        Func<Structure, AniCommittee>? members = parsed.GetValue(spread) ? potential.CommitteeOf(parsed) : null;

        ForEach(parsed, FramesOf(parsed, parsed.GetRequiredValue(files)), frame =>
        {
            potential.Examine(parsed, sum, frame);
            Results results = frame.Within(structure => Bridge.Get(Evaluate.run(sum, structure)));
            AniCommittee? committee = members is null ? null : frame.Within(members);

            if (isJson)
            {
                Session.Write(Json(frame, results, committee));
            }
            else
            {
                Print(frame, sum, results, committee);
            }
        });
    }

    private static string Json(Frame frame, Results results, AniCommittee? committee) => JsonLine.Of(frame, writer =>
    {
        int n = frame.Structure.Count;
        writer.Numbers("energy", [results.Energy]);
        writer.Numbers("energies", results.Energies, n);
        writer.Numbers("forces", results.Forces, n, 3);

        if (results.Stress?.Value is { } stress)
        {
            writer.Numbers("stress", stress, 3, 3);
        }
        else
        {
            writer.WriteNull("stress");
        }

        if (committee is not null)
        {
            writer.Numbers("members", committee.Energies, committee.Energies.Length);
            writer.Numbers("deviation", [committee.Deviation]);
            writer.Numbers("deviationPerRootAtom", [committee.PerRootAtom]);
            writer.Numbers("deviations", committee.AtomDeviations, n);
        }
    });

    private void Print(Frame frame, Potential potential, Results results, AniCommittee? committee)
    {
        Structure structure = frame.Structure;
        int n = structure.Count;
        double Square(int k) => results.Forces[k] * results.Forces[k];
        double Force(int atom) => Math.Sqrt(Enumerable.Range(3 * atom, 3).Sum(Square));
        List<(string, object?)> facts = [("energy (eV)", results.Energy)];

        if (n > 0)
        {
            facts.Add(("energy per atom (eV)", results.Energy / n));
            facts.Add(("largest force (eV/Å)", Enumerable.Range(0, n).Max(Force)));
        }

        if (committee is not null)
        {
            facts.Add(("members (eV)", committee.Energies.Length));
            facts.Add(("deviation of the energy (eV)", committee.Deviation));
            facts.Add(("deviation per root atom (eV)", committee.PerRootAtom));
        }

        Printer printer = new Printer(Session)
            .Heading($"{frame.File}, frame {frame.Index}: {potential.Name}")
            .Facts(facts);

        if (results.Stress?.Value is { } stress)
        {
            IEnumerable<object?[]> axes = Enumerable.Range(0, 3)
                .Select(k => new object?[] { "xyz"[k], stress[3 * k], stress[(3 * k) + 1], stress[(3 * k) + 2] });
            printer.Table(["stress (eV/Å³)", "x", "y", "z"], axes);
        }

        IEnumerable<object?[]> atoms = Enumerable.Range(0, n).Select(i => (object?[])
        [
            i,
            Elements.symbol(structure.Numbers[i]),
            results.Energies[i],
            results.Forces[3 * i],
            results.Forces[(3 * i) + 1],
            results.Forces[(3 * i) + 2],
            .. committee is null ? (object?[])[] : [committee.AtomDeviations[i]],
        ]);
        string[] columns =
        [
            "atom", "symbol", "energy (eV)", "Fx (eV/Å)", "Fy (eV/Å)", "Fz (eV/Å)",
            .. committee is null ? (string[])[] : ["deviation (eV)"],
        ];
        printer.Table(columns, atoms).Flush();
    }
}
