using System.CommandLine;
using Microsoft.FSharp.Core;
using Noether.AutoDiff;
using Noether.Domain;
using Noether.Kernels;
using Noether.Training;

namespace Noether.Cli;

/// <summary><c>noether train</c>: potentials from data.</summary>
internal sealed class TrainCommand : StructureCommand
{
    private readonly Argument<string?> file = new("CONFIG")
    {
        Description = "The configuration, a JSON file; comments may stand in it.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string> data = new("--data")
    {
        Description = "The folder where relative paths of data and models begin, instead of that of the configuration.",
        HelpName = "DIR",
    };

    private readonly Option<string> output = new("--output", "-o")
    {
        Description = "The folder for checkpoint, logs, model and report, whatever the configuration says.",
        HelpName = "DIR",
    };

    private readonly Option<bool> overwrite = new("--overwrite")
    {
        Description = "Begin anew, whatever the folder holds.",
    };

    private readonly Option<bool> example = new("--example")
    {
        Description = "Write a configuration with comments, to start from, and do nothing else.",
    };

    private readonly Option<bool> quiet = new("--quiet", "-q") { Description = "Do not show how far it has come." };

    public TrainCommand(Session session)
        : base(
            session,
            "train",
            "Train or fine-tune a potential on structures with energies, forces or stress. The folder of the "
            + "training gets a checkpoint, logs of epochs (log.jsonl, log.csv), the best model, which every command takes "
            + "as --potential, and a report (report.html). The same command goes on with a training that was interrupted "
            + "or killed, to the same bits. --json writes an object for each epoch and one for the result.",
            """
              noether train --example > water.json
              noether train water.json
              noether train water.json --data /data/water --output runs/1
              noether energy h2o.xyz -p runs/1/model.safetensors
            """)
    {
        Add(file);
        Add(data);
        Add(output);
        Add(overwrite);
        Add(example);
        Add(quiet);
        AddJson();
        Validators.Add(result =>
        {
            if (result.GetValue(file) is null && !result.GetValue(example))
            {
                result.AddError("CONFIG is missing, expected the path of a configuration, or --example.");
            }
        });
    }

    protected override void Run(ParseResult parsed)
    {
        if (parsed.GetValue(example))
        {
            Session.Write(TrainingExample.Text);
            return;
        }

        string path = parsed.GetRequiredValue(file)!;
        TrainingConfiguration configuration =
            Bridge.Get(TrainingConfigurationFile.read(Bridge.Option(parsed.GetValue(data)), path));
        string folder = parsed.GetValue(output) ?? configuration.Output!.Value;
        configuration = TrainingConfigurationModule.withOutput(folder, configuration);
        TrainingJob job = Bridge.Get(TrainingJobModule.prepare(configuration));

        foreach (string notice in job.Notices)
        {
            Session.Warn(notice);
        }

        string checkpoint = TrainingFiles.checkpoint(folder);

        if (parsed.GetValue(overwrite) && File.Exists(checkpoint))
        {
            AtomicFile.Guard(checkpoint, () => File.Delete(checkpoint));
        }

        long started = TimeProvider.System.GetTimestamp();
        (TrainingState state, TrainingEnd end) = Train(parsed, job);
        TimeSpan time = TimeProvider.System.GetElapsedTime(started);
        TrainingResult result = TrainingResult.Of(job, state, end, time, Session);
        result.Save(File.ReadAllText(path));

        if (IsJson(parsed))
        {
            Session.Write(result.Json());
        }
        else
        {
            Printer printer = new(Session);
            result.Print(printer.Heading($"{path}: {result.Title}"));
            printer.Flush();
        }
    }

    private (TrainingState State, TrainingEnd End) Train(ParseResult parsed, TrainingJob job)
    {
        TrainingConfiguration configuration = job.Configuration;
        string folder = configuration.Output!.Value;
        using IDisposable limit = Workers.LimitTo(configuration.Threads);
        bool isJson = IsJson(parsed);
        int epochs = configuration.Epochs, perEpoch = TrainingLoop.batches(job.Plan, job.Start).Length;
        using Watch watch = new(
            Session, "train", (long)epochs * perEpoch, parsed.GetValue(quiet) || (isJson && Session.IsTerminal));
        (string Name, double Value)? error = null;

        // The state that is on the disk, as far as this run knows.
        TrainingState? saved = null;

        TrainingHooks hooks = new(
            Bridge.Action<TrainingState, int, double>((state, _, loss) =>
            {
                (string, double)[] values = [("epoch", state.Epoch + 1), ("loss", loss)];
                watch.Report(state.Current.Step, error is { } known ? [.. values, known] : values);
            }),
            Bridge.Action<EpochRecord>(record =>
            {
                if (OptionModule.ToObj(record.Validation) is { } metrics)
                {
                    error = OptionModule.ToObj(metrics.Forces) is { } forces ? ("forces (eV/Å)", forces.Rmse)
                        : OptionModule.ToObj(metrics.EnergyPerAtom) is { } energies ? ("energy per atom (eV)", energies.Rmse)
                        : null;
                }

                if (isJson)
                {
                    Session.Write(TrainingLog.json(record) + "\n");
                }
            }),
            Bridge.Action<TrainingState>(state => saved = state),
            configuration.SaveEvery,
            Session.Stop);

        try
        {
            var (state, end) = Bridge.Get(TrainingFiles.run(folder, hooks, job.Plan, job.Start));

            if (end.IsCancelled)
            {
                throw new OperationCanceledException();
            }

            return (state, end);
        }
        catch (Exception failure) when (failure is NoetherException or OperationCanceledException && saved is not null)
        {
            Session.Say(
                $"epoch {saved.Epoch}, step {saved.Current.Step} is saved in "
                + $"{TrainingFiles.checkpoint(folder)}; the same command goes on from there.");
            throw;
        }
    }
}
