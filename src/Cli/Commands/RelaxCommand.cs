using System.CommandLine;
using Microsoft.FSharp.Core;
using Noether.Domain;
using Noether.Physics;

namespace Noether.Cli;

/// <summary><c>noether relax</c>: structures at rest.</summary>
internal sealed class RelaxCommand : StructureCommand
{
    private readonly Argument<string[]> files = FilesArgument("FILE", "Files of structures; each frame is relaxed.");

    private readonly Option<string> output = new("--output", "-o")
    {
        Description = "The file of relaxed structures, in the format of its name; one that exists is replaced.",
        HelpName = "OUT",
        Required = true,
    };

    private readonly Option<string?> trajectory = new("--trajectory")
    {
        Description = "A file for the structure of every step, extended XYZ.",
        HelpName = "PATH",
    };

    private readonly Option<bool> quiet = new("--quiet", "-q") { Description = "Do not show how far it has come." };

    private readonly PotentialOption potential;
    private readonly RelaxationOptions relaxation;
    private readonly StructureOutput writing;

    public RelaxCommand(Session session)
        : base(
            session,
            "relax",
            "Move atoms, and perhaps the cell, to a minimum of energy or enthalpy. What the file holds (selective "
            + "dynamics, move_mask) stays, with the cell where that moves. A frame that does not converge is written as far "
            + "as it came, and the exit code is 1.",
            """
              noether relax start.vasp -p sw:Si.sw -o relaxed.extxyz
              noether relax si.cif -p sw:Si.sw -o relaxed.vasp --cell full --pressure 5 --force 1e-4
              noether relax slab.extxyz -p eam:Cu.setfl -o relaxed.extxyz --fix 0:16 --trajectory steps.extxyz
            """)
    {
        Add(files);
        potential = new PotentialOption(this);
        Add(output);
        Add(trajectory);
        relaxation = new RelaxationOptions(this);
        writing = new StructureOutput(this, session);
        Add(quiet);
        AddCommonOptions();
    }

    // The file is replaced when all its frames are done.
    protected override bool MayReplaceInput => true;

    protected override void Run(ParseResult parsed)
    {
        Potential wanted = potential.Of(parsed);
        string to = parsed.GetRequiredValue(output);
        Format format = Bridge.Get(Formats.ofPath(to));
        List<Structure> done = [], steps = [];
        Frame[] frames = [.. FramesOf(parsed, parsed.GetRequiredValue(files))];

        if (frames.Length == 0 && Code != ExitCode.Fine)
        {
            return;
        }

        using OutputFile relaxed = writing.Open(parsed, format, to, frames.Select(frame => frame.Structure));
        using OutputFile? path = Output(parsed.GetValue(trajectory));

        try
        {
            ForEach(parsed, frames, frame =>
            {
                potential.Examine(parsed, wanted, frame);
                HeldReport held = frame.Within(structure => HeldReport.Of(
                    structure.Cell, Bridge.Get(RelaxationModule.constraints(relaxation.Of(parsed, structure), structure))));
                Relaxed last = frame.Within(structure => Follow(parsed, wanted, structure, steps));

                if (Bridge.Get(Contacts.nearest(Contacts.doubtful, last.Structure))?.Value is { } contact)
                {
                    frame.Warn("relaxed, " + PotentialOption.Warning(last.Structure, contact));
                }

                done.Add(Frames.WithResults(last.Structure, last.Results));
                Code = last.Status.IsConverged ? Code : ExitCode.WrongInput;
                Session.Write(IsJson(parsed) ? Json(frame, last, held) : Plain(frame, wanted, last, held));
                Session.Stop.ThrowIfCancellationRequested();
            });
        }
        finally
        {
            // What is done is kept, whatever ended the rest.
            if (done.Count > 0)
            {
                writing.Commit(parsed, format, relaxed, done);
            }

            if (path is not null && steps.Count > 0)
            {
                path.Commit(Bridge.Get(ExtXyz.format(steps)));
            }
        }
    }

    private Relaxed Follow(ParseResult parsed, Potential wanted, Structure structure, List<Structure> steps)
    {
        Relaxation settings = relaxation.Of(parsed, structure);
        bool keepsSteps = parsed.GetValue(trajectory) is not null;
        bool isQuiet = parsed.GetValue(quiet) || (IsJson(parsed) && Session.IsTerminal);
        using Watch watch = new(Session, "relax", settings.MaxSteps, isQuiet);
        Relaxed? last = null;

        foreach (FSharpResult<Relaxed, NoetherError> step in RelaxationModule.steps(settings, wanted, structure))
        {
            last = Bridge.Get(step);
            watch.Report(last.Step, ("E/eV", last.Results.Energy), ("F/(eV/Å)", last.LargestForce));

            if (keepsSteps)
            {
                Structure kept = Frames.WithResults(last.Structure, last.Results);
                steps.Add(Bridge.Get(StructureModule.withInfo("step", PropertyModule.integer(last.Step), kept)));
            }

            if (Session.Stop.IsCancellationRequested)
            {
                break;
            }
        }

        return last ?? throw new InvalidOperationException("relax: a relaxation without a start.");
    }

    private static string Word(RelaxationStatus status) =>
        status.IsConverged ? "converged" : status.IsStepLimit ? "step limit" : status.IsStalled ? "stalled" : "interrupted";

    private static string Json(Frame frame, Relaxed last, HeldReport held) => JsonLine.Of(frame, writer =>
    {
        writer.WriteBoolean("converged", last.Status.IsConverged);
        writer.WriteString("status", Word(last.Status));
        writer.WriteNumber("steps", last.Step);
        writer.WriteNumber("evaluations", last.Evaluations);
        writer.Numbers("energy", [last.Results.Energy]);
        writer.Numbers("enthalpy", [last.Enthalpy]);
        writer.Numbers("largestForce", [last.LargestForce]);
        writer.Numbers("largestStress", [last.LargestStress]);
        held.Write(writer);
        writer.Structure(Frames.WithResults(last.Structure, last.Results));
    });

    private string Plain(Frame frame, Potential wanted, Relaxed last, HeldReport held) => new Printer(Session)
        .Heading($"{frame.File}, frame {frame.Index}: {wanted.Name}")
        .Facts([
            ("status", Word(last.Status)),
            ("steps", last.Step),
            ("evaluations", last.Evaluations),
            ("energy (eV)", last.Results.Energy),
            ("enthalpy (eV)", last.Enthalpy),
            ("largest force (eV/Å)", last.LargestForce),
            ("largest stress (GPa)", last.LargestStress),
            .. held.Facts(),
        ])
        .ToString();
}
