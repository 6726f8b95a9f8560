/// Training: the loop, its files, and that stopping and going on changes no bit.
module Noether.Tests.TrainingTests

open System
open System.IO
open System.Text.Json
open System.Threading
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.Recorded
open Noether.Tests.TrainingChecks
open Noether.Training

let private key = RandomKey.FromSeed 11UL

/// Three epochs of two batches; everything that a state remembers is in use.
let private plan =
    lazy
        (let terms =
            [ { Loss.term Target.EnergyPerAtom Penalty.Squared 1.0 with
                  Weight = fun step -> 1.0 + float step }
              Loss.term Target.Forces (Penalty.Huber 0.5) 1.0 ]

         { TrainingLoop.plan model.Value terms 3 (Dataset.pick [ 0; 1; 2 ] dataset.Value) with
             Limit = Graphs 2
             Parts = 2
             Threads = 2
             Patience = Some 5
             Missing = LeftOut
             Validation = Some(Dataset.pick [ 1; 0 ] dataset.Value) })

let private start precision = lazy (TrainingLoop.start precision key plan.Value)

let private finish hooks plan state = TrainingLoop.run hooks plan state |> Outcome.getOrFail

let private uninterrupted = lazy (finish TrainingLoop.silent plan.Value (start Float32).Value)

let private inFolder (action: string -> unit) =
    let folder = Directory.CreateTempSubdirectory("noether-training-").FullName

    try
        action folder
    finally
        Directory.Delete(folder, true)

let private bits state = TrainingCheckpoint.format [] state

/// What a process leaves behind that ends at once: nothing is saved that has not been.
exception private Killed

[<Tests>]
let tests =
    testList
        "Training"
        [ testCase "The loss falls, and the best model is what is used" (fun () ->
              let plan =
                  { plan.Value with
                      Epochs = 30
                      Patience = None
                      Terms = [ Loss.term Target.EnergyPerAtom Penalty.Squared 1.0 ]
                      Optimiser = Optimiser.adam 1e-2 }

              let losses = ResizeArray<float>()

              let hooks = { TrainingLoop.silent with Record = fun record -> losses.Add record.Loss }

              let state, reason = finish hooks plan (TrainingLoop.start Float64 key plan)
              equal Completed reason
              equal 30 losses.Count
              equal 60 state.Current.Step
              Expect.isTrue (losses[29] < 0.2 * losses[0]) $"from {losses[0]} to {losses[29]}"
              equal (flat state.Best.Value.Parameters |> Array.sum) (flat (TrainingLoop.chosen state) |> Array.sum)

              let score =
                  Metrics.evaluate model.Value (TrainingLoop.chosen state) (Graphs 16) plan.Validation.Value
                  |> Metrics.score

              equal state.Best.Value.Score score
              let potential = TrainingLoop.potential plan state
              isTrue ((Evaluate.run potential structures[0] |> Outcome.getOrFail).Energy |> Double.IsFinite))

          testCase "Each epoch goes through all structures in an order of its own" (fun () ->
              let state = (start Float64).Value
              let order epoch = TrainingLoop.batches plan.Value { state with Epoch = epoch } |> Array.concat
              let orders = [ for epoch in 0..9 -> List.ofArray (order epoch) ]
              isTrue (orders |> List.forall (fun order -> List.sort order = [ 0; 1; 2 ]))
              isTrue ((List.distinct orders).Length > 2))

          testCase "Training that is stopped at every step and goes on from files is the same to the bit" (fun () ->
              inFolder (fun folder ->
                  let rec goOn times =
                      use stop = new CancellationTokenSource()

                      let hooks =
                          { TrainingLoop.silent with
                              Progress = fun _ _ _ -> stop.Cancel()
                              Cancellation = stop.Token }

                      // The start is made anew, as by a new process.
                      let state, reason =
                          TrainingFiles.run folder hooks plan.Value (TrainingLoop.start Float32 key plan.Value)
                          |> Outcome.getOrFail

                      if reason = Cancelled then goOn (times + 1) else state, times

                  let state, times = goOn 0
                  equal 6 times
                  equalSeq (bits (fst uninterrupted.Value)) (bits state)
                  let lines = File.ReadAllLines(Path.Combine(folder, "log.jsonl"))

                  equalSeq
                      [ 1; 2; 3 ]
                      (lines
                       |> Seq.map (fun line ->
                           Entry(JsonDocument.Parse(line: string).RootElement) |> get "epoch" |> integer))

                  equal 4 (File.ReadAllLines(Path.Combine(folder, "log.csv")).Length)))

          testTheory
              "Training that dies at any moment goes on from the last file to the same bits"
              [ 1; 2; 3; 4; 5; 6; 7 ]
              (fun moment ->
                  inFolder (fun folder ->
                      let mutable events = 0

                      let count () =
                          events <- events + 1
                          if events = moment then raise Killed

                      // Files are written every fourth step and at the end of epochs; the last to die are records
                      // before their file.
                      let dying =
                          { TrainingLoop.silent with
                              Progress = fun _ _ _ -> count ()
                              Record = fun _ -> count ()
                              SaveEvery = 4 }

                      let fresh () = TrainingLoop.start Float32 key plan.Value

                      raises<Killed>(fun () -> TrainingFiles.run folder dying plan.Value (fresh ()) |> ignore)
                      |> ignore

                      // A file and a line that were being written.
                      File.WriteAllBytes(TrainingFiles.checkpoint folder + ".tmp", [| 1uy; 2uy |])
                      File.AppendAllText(Path.Combine(folder, "log.jsonl"), "{\"epoch\":1,\"st")

                      let state, reason =
                          TrainingFiles.run folder TrainingLoop.silent plan.Value (fresh ()) |> Outcome.getOrFail

                      equal Completed reason
                      equalSeq (bits (fst uninterrupted.Value)) (bits state)
                      let epochs (name: string) = File.ReadAllLines(Path.Combine(folder, name)).Length
                      equal 3 (epochs "log.jsonl")
                      equal 4 (epochs "log.csv")))

          testCase "Two trainings at a time in one folder are refused" (fun () ->
              inFolder (fun folder ->
                  let run hooks =
                      TrainingFiles.run folder hooks plan.Value (TrainingLoop.start Float32 key plan.Value)

                  let mutable second = Ok()

                  let hooks =
                      { TrainingLoop.silent with
                          Progress = fun _ _ _ -> second <- run TrainingLoop.silent |> Result.map ignore }

                  isTrue (run hooks).IsOk

                  match second with
                  | Ok() -> failwith "an error was expected"
                  | Error error -> contains (Path.Combine(folder, "lock")) (NoetherError.message error)))

          testCase "Threads change no bit of a training" (fun () ->
              let state, _ = finish TrainingLoop.silent { plan.Value with Threads = 1 } (start Float32).Value
              equalSeq (bits (fst uninterrupted.Value)) (bits state))

          testCase "Training ends early where the score does not improve" (fun () ->
              let plan = { plan.Value with Epochs = 50; Patience = Some 2; Score = fun _ -> 1.0 }

              let state, reason = finish TrainingLoop.silent plan (start Float64).Value
              equal StoppedEarly reason
              equal 3 state.Epoch
              equal 1 state.Best.Value.Epoch)

          testTheory "Checkpoints hold states to the bit" [ "float32"; "float64" ] (fun name ->
              let precision = if name = "float32" then Float32 else Float64

              inFolder (fun folder ->
                  let path = Path.Combine(folder, "checkpoint")
                  let first = (start precision).Value
                  let last, _ = finish TrainingLoop.silent { plan.Value with Epochs = 1 } first

                  for state in [ first; last; { last with LossSum = 0.1 + 0.2; Batch = 1 } ] do
                      TrainingCheckpoint.write path [] state |> Outcome.getOrFail
                      let read = TrainingCheckpoint.read [] first path |> Outcome.getOrFail
                      equalSeq (bits state) (bits read)
                      same "parameters" state.Current.Parameters read.Current.Parameters
                      same "memory" state.Current.Memory read.Current.Memory))

          testCase "Checkpoints that are not whole or of another plan are refused" (fun () ->
              inFolder (fun folder ->
                  let path = Path.Combine(folder, "checkpoint")
                  let first = (start Float64).Value

                  let message start =
                      match TrainingCheckpoint.read [] start path with
                      | Ok _ -> failwith "an error was expected"
                      | Error error -> NoetherError.message error

                  contains path (message first)
                  let whole = bits first

                  let write (bytes: byte[]) = File.WriteAllBytes(path, bytes)
                  write whole[.. whole.Length - 2]
                  contains "a whole file" (message first)
                  write (whole |> Array.mapi (fun i b -> if i = whole.Length / 2 then b ^^^ 1uy else b))
                  contains "another checksum" (message first)
                  write [| 1uy |]
                  contains "no header" (message first)
                  write whole[..9]
                  contains "a whole file" (message first)
                  write (whole |> Array.mapi (fun i b -> if i = 7 then '9'B else b))
                  contains "the format '9', of another version" (message first)
                  write whole
                  contains "Float64" (message (start Float32).Value)
                  let memory = Optimiser.sgd 0.1
                  let other = TrainingLoop.startFrom key parameters.Value { plan.Value with Optimiser = memory }
                  contains "the plan has" (message other)))

          testCase "Logs are JSON and columns" (fun () ->
              let metrics = Metrics.evaluate model.Value parameters.Value (Graphs 4) dataset.Value

              let record =
                  { Epoch = 2
                    Step = 10
                    Loss = 0.5
                    Validation = Some { metrics with Stress = None }
                    Score = Some 1.5
                    Improved = true
                    Seconds = 3.25 }

              let line = Entry(JsonDocument.Parse(TrainingLog.json record).RootElement)
              equal metrics.Forces.Value.Rmse (line |> get "forces_rmse" |> number)
              equal metrics.ForcesByElement[8].Rmse (line |> get "forces_rmse_by_element" |> get "O" |> number)
              isFalse (line.TryGetProperty "stress_mae" |> fst)
              let cells = (TrainingLog.csv record).Split ','
              equal (TrainingLog.csvHeader.Split ',').Length cells.Length
              equal "3.25" (Array.last cells)
              equal "" cells[7]) ]
