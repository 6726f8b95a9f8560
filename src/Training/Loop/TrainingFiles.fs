namespace Noether.Training

open System
open System.Globalization
open System.IO
open System.Text
open System.Text.Json.Nodes
open Noether.Domain

/// Records of epochs as lines of text.
[<RequireQualifiedAccess>]
module TrainingLog =
    let private numbers (record: EpochRecord) =
        let of' name (choose: Metrics -> ErrorSummary option) =
            match record.Validation |> Option.bind choose with
            | Some errors -> [ $"{name}_mae", Some errors.Mae; $"{name}_rmse", Some errors.Rmse ]
            | None -> [ $"{name}_mae", None; $"{name}_rmse", None ]

        [ yield "loss", Some record.Loss
          yield! of' "energy_per_atom" _.EnergyPerAtom
          yield! of' "forces" _.Forces
          yield! of' "stress" _.Stress
          yield "score", record.Score
          yield "seconds", Some record.Seconds ]

    /// One line of JSON: epoch, step, loss, errors of the validation in eV and Å that are known (the names of the columns
    /// of `csvHeader`), and errors of forces by element.
    let json (record: EpochRecord) : string =
        let line = JsonObject()
        line["epoch"] <- JsonValue.Create record.Epoch
        line["step"] <- JsonValue.Create record.Step

        for name, value in numbers record do
            match value with
            | Some x when Double.IsFinite x -> line[name] <- JsonValue.Create x
            | _ -> ()

        match record.Validation with
        | Some metrics when not metrics.ForcesByElement.IsEmpty ->
            let elements = JsonObject()

            for KeyValue(z, errors) in metrics.ForcesByElement do
                elements[Elements.symbol z] <- JsonValue.Create errors.Rmse

            line["forces_rmse_by_element"] <- elements
        | _ -> ()

        line["improved"] <- JsonValue.Create record.Improved
        line.ToJsonString()

    /// The names of the columns of `csv`.
    let csvHeader =
        "epoch,step,loss,energy_per_atom_mae,energy_per_atom_rmse,forces_mae,forces_rmse,stress_mae,stress_rmse,"
        + "score,seconds"

    /// One line of comma-separated values; what is not known is empty.
    let csv (record: EpochRecord) : string =
        let number (x: float option) =
            match x with
            | Some x -> x.ToString("R", CultureInfo.InvariantCulture)
            | None -> ""

        String.Join(",", [ string record.Epoch; string record.Step ] @ List.map (snd >> number) (numbers record))

/// Trainings that live in a folder: "checkpoint" (see `TrainingCheckpoint`), "log.jsonl" and "log.csv" (see
/// `TrainingLog`).
[<RequireQualifiedAccess>]
module TrainingFiles =
    /// The path of the checkpoint in a folder.
    let checkpoint (folder: string) = Path.Combine(folder, "checkpoint")

    let private logs (folder: string) = Path.Combine(folder, "log.jsonl"), Path.Combine(folder, "log.csv")

    /// The epoch of a whole line of either log; none for a header and for a line that was cut.
    let private epochOf (line: string) =
        let digits = line.Replace("{\"epoch\":", "") |> Seq.takeWhile Char.IsAsciiDigit |> Array.ofSeq |> String

        match Int32.TryParse digits with
        | true, epoch -> Some epoch
        | _ -> None

    /// Takes back what a log says of epochs that a state does not know of, and a line that was not written to its end.
    let private rewind (path: string) (first: string list) (epoch: int) =
        let kept =
            if File.Exists path then
                let text = Files.guard path (fun () -> File.ReadAllText path)
                let lines = text.Split '\n'

                [ for line in lines[.. lines.Length - 2] do
                      match epochOf line with
                      | Some own when own <= epoch -> line
                      | _ -> () ]
            else
                []

        let text = first @ kept |> List.map (fun line -> line + "\n") |> String.concat ""
        OutputFile.Replace(path, Encoding.UTF8.GetBytes text)

    let private resumeAs identity (start: TrainingState) (folder: string) =
        if File.Exists(checkpoint folder) then
            TrainingCheckpoint.read identity start (checkpoint folder)
        else
            Ok start

    /// The state of the training in a folder, or the given state before the first step where there is none. Errors: those
    /// of `TrainingCheckpoint.read`, among them a training of another plan.
    let resume (plan: TrainingPlan) (start: TrainingState) (folder: string) : Result<TrainingState, NoetherError> =
        resumeAs (TrainingIdentity.create plan start) start folder

    /// Trains in a folder, which is made if need be, from where the training in it stands: the state is saved as the hooks
    /// say (before they are told), epochs are appended to both logs. However often the process ends, in whatever way,
    /// running it again leads to the same bits. While it runs it holds the file "lock", which the system gives free when the
    /// process ends. Errors: those of `TrainingLoop.run` and `resume`; `FileFailure`, also where another process trains there.
    let run
        (folder: string)
        (hooks: TrainingHooks)
        (plan: TrainingPlan)
        (start: TrainingState)
        : Result<TrainingState * TrainingEnd, NoetherError> =
        Outcome.capture (fun () ->
            Files.guard folder (fun () -> Directory.CreateDirectory folder |> ignore)
            let held = Path.Combine(folder, "lock")

            use _ =
                Files.guard held (fun () ->
                    new FileStream(held, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))

            let identity = TrainingIdentity.create plan start
            let state = resumeAs identity start folder |> Outcome.getOrFail
            let lines, table = logs folder
            rewind lines [] state.Epoch
            rewind table [ TrainingLog.csvHeader ] state.Epoch

            let append (path: string) (line: string) =
                Files.guard path (fun () -> File.AppendAllText(path, line + "\n"))

            let own =
                { hooks with
                    Save =
                        fun state ->
                            TrainingCheckpoint.write (checkpoint folder) identity state |> Outcome.getOrFail
                            hooks.Save state
                    Record =
                        fun record ->
                            append lines (TrainingLog.json record)
                            append table (TrainingLog.csv record)
                            hooks.Record record }

            TrainingLoop.run own plan state |> Outcome.getOrFail)
