using System.CommandLine;
using System.CommandLine.Parsing;
using Noether.Domain;
using Noether.Kernels;
using Noether.Physics;

namespace Noether.Cli;

/// <summary><c>noether md</c>: molecular dynamics that can be killed and gone on with.</summary>
internal sealed class MdCommand : StructureCommand
{
    private static readonly string[] Free =
        ["--steps", "--restart", "--overwrite", "--quiet", "--json", "--checkpoint", "--stop-above", "--warn-above"];

    private readonly Argument<string> file = FileArgument("FILE", "A file of structures; one frame is where it starts.");

    private readonly Option<string> output = new("--output", "-o")
    {
        Description = "The trajectory, extended XYZ. Beside it are a log (.tsv) and the state (.state.extxyz).",
        HelpName = "OUT",
        Required = true,
    };

    private readonly Option<int> steps = new("--steps", "-n")
    {
        Description = "The number of the last step.",
        HelpName = "N",
        Required = true,
    };

    private readonly Option<int> every = Count("--every", "After so many steps, one goes to trajectory and log.", 100);

    private readonly Option<int> checkpoint = Count("--checkpoint", "After so many steps, the state is saved.", 1000);

    private readonly Option<long> seed = new("--seed")
    {
        Description = "The seed of all random numbers.",
        HelpName = "N",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<string?> velocities = new("--velocities")
    {
        Description = "The first velocities: file, thermal (drawn at --temperature) or zero. Without the option, those of "
            + "the file where it has any, else thermal where there is a temperature, else zero.",
    };

    private readonly Option<string?> centre = new("--centre")
    {
        Description = "The centre of mass: held or free. Without the option it is held where velocities are drawn and no "
            + "atom is held.",
    };

    private readonly Option<AtomSelection> held = AtomSelection.Option("--fix", "Atoms that never move.");

    private readonly Option<bool> free = HeldReport.FreeOption();

    private readonly Option<bool> restart = new("--restart")
    {
        Description = "Go on from the saved state, if there is one; the command has to be the same but for --steps.",
    };

    private readonly Option<bool> overwrite = new("--overwrite")
    {
        Description = "Begin anew, whatever the files hold.",
    };

    private readonly Option<bool> quiet = new("--quiet", "-q") { Description = "Do not show how far it has come." };

    private readonly Option<double?> stopAbove = new("--stop-above")
    {
        Description = "Stop where the members of an ANI model disagree: the standard deviation of the energy over the root of "
            + "the number of atoms, looked at whenever a line goes to the log. The structure is saved beside the trajectory, "
            + "as .stopped.extxyz.",
        HelpName = "eV",
    };

    private readonly Option<double?> warnAbove = new("--warn-above")
    {
        Description = "Warn once where the members of an ANI model disagree as much, and run on.",
        HelpName = "eV",
    };

    private readonly PotentialOption potential;
    private readonly EnsembleOptions ensemble;

    public MdCommand(Session session)
        : base(
            session,
            "md",
            "Molecular dynamics, for a number of steps, that can be gone on with. What the file holds (selective dynamics, "
            + "move_mask) does not move. The trajectory has momenta and forces, as ASE names them; the log has energies, the "
            + "conserved quantity, temperature and pressure. A run that was interrupted or killed goes on with --restart "
            + "and leaves the same files, bit by bit. --json also writes an object for each line of the log.",
            """
              noether md argon.xyz -p lj:epsilon=0.0104,sigma=3.4,cutoff=8.5,end=shifted -o run.extxyz -n 1000 --ensemble nve -T 80
              noether md si.cif -p sw:Si.sw -o hot.extxyz -n 100000 --ensemble csvr -T 600 --pressure 0 --barostat axial
              noether md slab.extxyz -p eam:Cu.setfl -o run.extxyz -n 50000 --ensemble langevin -T 300 --fix 0:16
              noether md slab.extxyz -p eam:Cu.setfl -o run.extxyz -n 50000 --ensemble langevin -T 300 --fix 0:16 --restart
              noether md ethanol.xyz -p ani-2x -o run.extxyz -n 10000 --ensemble langevin -T 300 --stop-above 0.1
            """)
    {
        velocities.AcceptOnlyFromAmong("file", "thermal", "zero");
        centre.AcceptOnlyFromAmong("held", "free");
        Add(file);
        potential = new PotentialOption(this);
        Add(output);
        Add(steps);
        ensemble = new EnsembleOptions(this);

        foreach (Option option in new Option[]
            { velocities, centre, held, free, seed, every, checkpoint, restart, overwrite, quiet, stopAbove, warnAbove })
        {
            Add(option);
        }

        AddCommonOptions();
    }

    protected override void Run(ParseResult parsed)
    {
        Ensemble sampled = ensemble.Of(parsed);
        Potential wanted = potential.Of(parsed);
        Simulation simulation = Bridge.Get(SimulationModule.create(sampled, wanted));

        if (ensemble.Surprise(parsed) is { } surprise)
        {
            Session.Warn(surprise);
        }

        string path = TrajectoryPath(parsed.GetRequiredValue(output));
        string log = Path.ChangeExtension(path, ".tsv");
        using RunFiles files = new(path, log, Path.ChangeExtension(path, ".state.extxyz"), Asked(parsed));
        State state;
        files.RefuseUnwritable();

        if (parsed.GetValue(restart) && files.HasState)
        {
            state = Bridge.Get(simulation.Resume.Invoke(files.GoOn()));
        }
        else
        {
            if (!parsed.GetValue(overwrite))
            {
                files.RefuseExisting();
            }

            state = Start(parsed, wanted, simulation);
            files.Begin(state);
        }

        RunReport report = new(Session, simulation);
        state = Go(parsed, simulation, report, files, state);

        if (!IsJson(parsed))
        {
            new Printer(Session)
                .Heading($"{path}: {wanted.Name}")
                .Facts([.. report.Facts(state), ("trajectory", path), ("log", log), ("state", files.StatePath)])
                .Flush();
        }
    }

    private static Option<int> Count(string name, string description, int usual)
    {
        Option<int> option = new(name)
        {
            Description = description,
            HelpName = "N",
            DefaultValueFactory = _ => usual,
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && NumberArguments.TryWhole(text, out int count) && count < 1)
            {
                result.AddError($"{name} is {text}, expected a whole number, 1 or more.");
            }
        });
        return option;
    }

    /// <summary>The path of a trajectory, which can only grow as extended XYZ without compression.</summary>
    private static string TrajectoryPath(string path)
    {
        if (Path.GetExtension(path).ToUpperInvariant() is not (".EXTXYZ" or ".XYZ"))
        {
            Bridge.Refuse("the name of the trajectory", $"'{path}'", "one that ends in .extxyz or .xyz");
        }

        return path;
    }

    /// <summary>The options of the run, without those that may change when it goes on.</summary>
    private static string Asked(ParseResult parsed) => string.Join(' ', parsed.CommandResult.Children
        .Where(child => child is not OptionResult { Option: var option }
            || (parsed.GetResult(option) is { Implicit: false } && !Free.Contains(option.Name)))
        .OrderBy(child => child is OptionResult { Option.Name: var name } ? name : "", StringComparer.Ordinal)
        .SelectMany(child => child is OptionResult { Option.Name: var name }
            ? child.Tokens.Select(token => token.Value).Prepend(name)
            : child.Tokens.Select(token => token.Value)));

    private State Go(ParseResult parsed, Simulation simulation, RunReport report, RunFiles files, State state)
    {
        int last = parsed.GetValue(steps), often = parsed.GetValue(every), save = parsed.GetValue(checkpoint);
        bool isJson = IsJson(parsed);
        double? stopping = parsed.GetValue(stopAbove), warning = parsed.GetValue(warnAbove);
        Doubt? doubt = (stopping ?? warning) is null
            ? null
            : new Doubt(Session, potential.CommitteeOf(parsed), warning, stopping, files.StoppedPath);
        using Watch watch = new(Session, "md", last, parsed.GetValue(quiet) || (isJson && Session.IsTerminal));

        void Emit(State reached)
        {
            files.Append(report.Frame(reached), (files.IsEmpty ? RunReport.Columns : "") + report.Line(reached));

            if (isJson)
            {
                Session.Write(report.Json(reached));
            }
        }

        // What the files are complete up to.
        State complete = state;

        try
        {
            if (files.IsEmpty)
            {
                Emit(state);
            }

            while (state.Step < last)
            {
                Session.Stop.ThrowIfCancellationRequested();
                state = Bridge.Get(simulation.Step.Invoke(state));

                if (state.Step % often == 0)
                {
                    Emit(state);
                }

                complete = state;

                if (state.Step % often == 0 && doubt?.Of(state) is { } reason)
                {
                    Session.Say(reason);
                    break;
                }

                watch.Report(state.Step, ("T/K", PhasePointModule.temperature(state.Phase)));

                if (state.Step % save == 0)
                {
                    files.Save(state);
                }
            }
        }
        catch (Exception failure) when (failure is NoetherException or OperationCanceledException)
        {
            // On a full disk this fails, too; the state that was saved before is still there.
            if (Bridge.Try(() => files.Save(complete)))
            {
                Session.Say(
                    $"step {complete.Step} is saved in {files.StatePath}; --restart goes on from there.");
            }

            throw;
        }

        files.Save(state);
        return state;
    }

    private State Start(ParseResult parsed, Potential wanted, Simulation simulation)
    {
        string path = parsed.GetRequiredValue(file);
        Frame[] chosen = [.. FramesOf(parsed, path).Take(2)];

        if (chosen.Length != 1)
        {
            Bridge.Refuse("the choice of frames", chosen.Length == 0 ? "empty" : "more than one",
                $"one frame of {path} to start from, as by --frames=-1");
        }

        RandomKey[] keys = RandomKey.FromSeed((ulong)parsed.GetValue(seed)).Split(2);
        InitialState first = new(
            parsed.GetValue(velocities),
            ensemble.Temperature(parsed),
            parsed.GetValue(centre),
            parsed.GetRequiredValue(held),
            parsed.GetValue(free));
        potential.Examine(parsed, wanted, chosen[0]);
        return chosen[0].Within(structure =>
            Bridge.Get(simulation.Init.Invoke(keys[1]).Invoke(first.Of(structure, keys[0]))));
    }
}
