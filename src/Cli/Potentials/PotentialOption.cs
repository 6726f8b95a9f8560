using System.CommandLine;
using System.CommandLine.Completions;
using Noether.AutoDiff;
using Noether.Domain;
using Noether.Learning;
using Noether.Physics;

namespace Noether.Cli;

/// <summary>The options of all commands that evaluate a potential: which one, and in how many bits.</summary>
internal sealed class PotentialOption
{
    /// <summary>The name of the option.</summary>
    public const string Name = "--potential";

    private readonly Option<string[]> potential = new(Name, "-p")
    {
        Description = "The potential, in one of the forms below; several are added.",
        HelpName = "SPEC",
    };

    private readonly Option<string> precision = new("--precision")
    {
        Description = "The numbers that energies are computed with, float32 or float64; vectors between atoms and sums "
            + "of forces are float64 either way.",
        DefaultValueFactory = _ => "float64",
    };

    private readonly Option<bool> allowClose = new("--allow-close")
    {
        Description = "Evaluate atoms that are on top of each other: nearer than "
            + FormattableString.Invariant($"{Contacts.impossible} times the sum of their covalent radii, as in collisions."),
    };

    /// <summary>The options of a command; it is given them.</summary>
    /// <param name="command">The command.</param>
    /// <param name="isRequired">Whether a potential cannot be named in another way.</param>
    public PotentialOption(Command command, bool isRequired = true)
    {
        potential.Required = isRequired;
        potential.CompletionSources.Add(_ => PotentialText.Beginnings.Select(text => new CompletionItem(text)));
        precision.AcceptOnlyFromAmong("float32", "float64");
        command.Add(potential);
        command.Add(precision);
        command.Add(allowClose);
    }

    /// <summary>
    /// Looks at a frame before it is evaluated: atoms on top of each other are refused, atoms that are too near for bonds
    /// warned of, and so is a charge or spin that the potential does not read.
    /// </summary>
    public void Examine(ParseResult parsed, Potential wanted, Frame frame)
    {
        if (frame.Within(structure => Doubtful(parsed, structure)) is { } contact)
        {
            frame.Warn(Warning(frame.Structure, contact));
        }

        frame.Warn(Unread(wanted, frame.Structure));
    }

    /// <summary>The nearest atoms of a structure where they are too near for a bond; those on top of each other are
    /// refused.</summary>
    public Contact? Doubtful(ParseResult parsed, Structure structure)
    {
        Contact? contact = Bridge.Get(Contacts.nearest(Contacts.doubtful, structure))?.Value;

        if (contact is { Share: var share } && share < Contacts.impossible && !parsed.GetValue(allowClose))
        {
            throw new NoetherException(NoetherError.NewInconsistent(
                "the structure",
                Contacts.describe(structure, contact),
                FormattableString.Invariant($"at least {Contacts.impossible} of that sum; --allow-close evaluates it anyway")));
        }

        return contact;
    }

    /// <summary>The warning of such atoms.</summary>
    public static string Warning(Structure structure, Contact contact) =>
        Contacts.describe(structure, contact) + ": nearer than any bond, where few potentials mean what they say";

    /// <summary>What a structure says of charge and spin and the potential does not read.</summary>
    public static IEnumerable<string> Unread(Potential wanted, Structure structure) =>
        StatedCharge.unread(wanted.Name, wanted.Requires, structure);

    /// <summary>Whether a potential was asked for.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetResult(potential) is { Implicit: false };

    /// <summary>The potential that was asked for: the sum of those that were named.</summary>
    public Potential Of(ParseResult parsed) => Of(parsed, parsed.GetRequiredValue(potential));

    /// <summary>What every member of the ANI model among the potentials says of a structure.</summary>
    public Func<Structure, AniCommittee> CommitteeOf(ParseResult parsed)
    {
        var committee = Ani.committee(PrecisionOf(parsed), AniArgument.Only(parsed.GetRequiredValue(potential)));
        return structure => Bridge.Get(committee.Invoke(structure));
    }

    /// <summary>The sum of potentials that are named elsewhere.</summary>
    public Potential Of(ParseResult parsed, params string[] texts)
    {
        Precision wanted = PrecisionOf(parsed);
        return texts.Select(text => Read(text, wanted)).Aggregate((a, b) => a + b);
    }

    // A network with a pass computes in its precision already, and the pass would be lost.
    private static Potential Read(string text, Precision wanted)
    {
        Potential read = PotentialText.Read(text, wanted);
        bool isDone = PotentialText.NamesNetwork(text) && PotentialModule.isFused(read);
        return isDone ? read : PotentialModule.inPrecision(wanted, read);
    }

    private Precision PrecisionOf(ParseResult parsed) =>
        parsed.GetValue(precision) == "float32" ? Precision.Float32 : Precision.Float64;

    /// <summary>Whether all of them are functions of distances alone.</summary>
    public bool IsPairwise(ParseResult parsed) => parsed.GetRequiredValue(potential).All(PotentialText.NamesPairs);

    /// <summary>Whether one of them is a network, in which atoms feel others by way of many between.</summary>
    public bool HasNetwork(ParseResult parsed) => parsed.GetRequiredValue(potential).Any(PotentialText.NamesNetwork);
}
