/// Configurations of trainings: what is usual, what is refused, and what becomes of them.
module Noether.Tests.TrainingConfigurationTests

open System
open System.IO
open System.Text
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Equivariance
open Noether.Kernels
open Noether.Learning
open Noether.Physics
open Noether.Tests.TrainingChecks
open Noether.Training

let private parse (text: string) =
    TrainingConfigurationFile.parseBytes "data" "run/water.json" (Encoding.UTF8.GetBytes text)

let private good text = parse text |> Outcome.getOrFail

let private statistics =
    { AverageNeighbours = lazy 7.5
      ScaleShift = { ScaleShift.plain [ 1; 8 ] with Scale = 2.0 } }

/// The settings of the network that an untrained model becomes.
let private untrained<'Settings when 'Settings: not null> (configuration: TrainingConfiguration) : 'Settings =
    match configuration.Model with
    | Untrained model ->
        let architecture = model.Create statistics |> Outcome.getOrFail
        equal model.Cutoff architecture.Cutoff
        Architecture.settings<'Settings> architecture |> Option.get
    | _ -> failwith "an untrained model was expected"

/// A configuration with some more fields.
let private with' (more: string) = "{\"train\": \"a.xyz\", \"model\": {}" + more + "}"

let private inFolder (action: string -> unit) =
    let folder = Directory.CreateTempSubdirectory("noether-job-").FullName

    try
        ExtXyz.write (Path.Combine(folder, "all.xyz")) structures[..2] |> Outcome.getOrFail
        action folder
    finally
        Directory.Delete(folder, true)

let private network =
    "\"model\": {\"cutoff\": 3, \"layers\": 2, \"features\": 2, \"degree\": 1, \"radialWidths\": [3], \"radialFunctions\": 2, \"embedding\": 2, \"readout\": 2}, "
    + "\"loss\": {\"energyPerAtom\": 1}, \"epochs\": 1, "

let private job folder (more: string) =
    let text = "{\"train\": \"all.xyz\", " + network + more + "}"

    TrainingConfigurationFile.parseBytes folder (Path.Combine(folder, "run.json")) (Encoding.UTF8.GetBytes text)
    |> Result.bind TrainingJob.prepare

let private fails folder more (expected: string) =
    match job folder more with
    | Ok _ -> failwith "an error was expected"
    | Error error -> contains expected (NoetherError.message error)

[<Tests>]
let tests =
    testList
        "TrainingConfiguration"
        [ testCase "Two fields are enough" (fun () ->
              let own = good """{ "train": "a.xyz", /* the rest is usual */ "model": {}, }"""
              equal (DataFiles [ Path.Combine("data", "a.xyz") ]) own.Training
              equal (PartOf 0.1) own.Validation
              equal (Some(Path.Combine("run", "water"))) own.Output
              equal (Graphs 5) own.Limit
              equal (100, None, Some 0.99, Float32) (own.Epochs, own.Patience, own.AverageDecay, own.Precision)

              let settings, energies = untrained<Nequip * ScaleShift> own
              equal { Nequip.standard with Layers = settings.Layers } settings
              equal statistics.ScaleShift energies

              equal [ "32x0e+32x1o+32x2e"; "32x0e+32x1o+32x2e"; "32x0e" ] (settings.Layers |> List.map _.Output.AsText)

              // Average neighbours are those of the structures.
              equal [ 7.5; 7.5; 7.5 ] (settings.Layers |> List.map _.AverageNeighbours)
              isTrue (Nequip.check settings).IsOk

              // Ten steps an epoch: a cosine from 0.01 to 0.
              equal 0.01 (own.Rates 10 100 0)
              equalWithin 1e-17 0.005 (own.Rates 10 100 500)
              equal 0.0 (own.Rates 10 100 1000))

          testCase "Fields say what is to be done" (fun () ->
              let own =
                  """{ "train": ["a.xyz", "b.xyz"], "validation": 7, "test": "c.xyz", "labels": {"energy": "REF_energy"},
             "atoms": {"H": -13.5, "O": -2041.8}, "offsets": "atoms", "scale": 2,
             "model": {"kind": "nequip-torch", "features": [4, 2], "parity": true, "layers": 2, "cutoff": 3.5, "averageNeighbours": 9, "envelope": 5, "repulsion": true, "repulsionEnvelope": 4},
             "loss": {"energyPerAtom": {"weight": [[0, 1], [50, 10]]}, "forces": {"weight": 3, "penalty": "huber", "delta": 0.1}},
             "optimiser": {"kind": "adamw", "weightDecay": 0.1, "rate": 0.5, "clip": 1, "schedule": {"kind": "linear", "warmup": 2, "last": 0.5}},
             "average": false, "batch": {"atoms": 99}, "parts": 2, "threads": 3, "epochs": 10, "patience": 4, "score": "energyPerAtomMae",
             "seed": 9, "precision": "float64", "output": "out", "checkpoint": 5, "stream": true, "missingLabels": "leaveOut"}"""
                  |> good

              equal (DataFiles [ Path.Combine("data", "a.xyz"); Path.Combine("data", "b.xyz") ]) own.Training
              equal (CountOf 7) own.Validation
              equal (OfFiles [ Path.Combine("data", "c.xyz") ]) own.Test
              equal "REF_energy" own.Labels.Energy
              equal "forces" own.Labels.Forces
              equal (Some(AtomEnergies(Map [ 1, -13.5; 8, -2041.8 ]))) own.Atoms
              equal (Some IsolatedAtoms, Some 2.0) (own.Offsets, own.Scale)
              equal (Atoms 99, 2, 3, 10, Some 4) (own.Limit, own.Parts, own.Threads, own.Epochs, own.Patience)
              equal (9UL, Float64, 5, true, LeftOut) (own.Seed, own.Precision, own.SaveEvery, own.Stream, own.Missing)
              equal None own.AverageDecay

              let settings = untrained<NequipTorchSettings> own
              equal "4x0e+4x0o+2x1e+2x1o" settings.Features.AsText
              equal (2, 1, 3.5) (settings.Layers, settings.MaxDegree, settings.Cutoff)
              equal (5, Some 4) (settings.EnvelopePower, settings.Repulsion |> Option.map _.Power)
              equal [ 9.0; 9.0 ] (settings.Species |> List.map _.AverageNeighbours)

              let terms = [ for term in own.Loss -> term 20 ]
              equal [ Target.EnergyPerAtom; Target.Forces ] (terms |> List.map _.Target)
              equal [ 1.0; 1.0; 10.0; 10.0 ] ([ 0; 999; 1000; 5000 ] |> List.map terms[0].Weight)
              equal (Penalty.Huber 0.1) terms[1].Penalty
              // Twenty steps an epoch: up to 0.5 in forty steps, then down to a half in 160.
              equal [ 0.0; 0.25; 0.5; 0.375; 0.25 ] ([ 0; 20; 40; 120; 200 ] |> List.map (own.Rates 20 10))

              // What cannot be compared is remembered as it was written; what only says where files lie is not.
              hasItem ("optimiser/schedule/warmup", "2") own.Given
              hasItem ("score", "\"energyPerAtomMae\"") own.Given
              lacksItem "output" (own.Given |> List.map fst))

          testTheory
              "What is wrong is named with file, field, value and expectation"
              [ "{", "run/water.json:1:2: found text that is not JSON"
                "[]", "run/water.json is [], expected a JSON object"
                "{\"model\": {}}", "'train' of run/water.json is missing"
                "{\"trains\": \"a.xyz\", \"model\": {}}",
                "'train' of run/water.json is missing, expected it to be given, perhaps where 'trains' is"
                "{\"train\": 3, \"model\": {}}", "'train' of run/water.json is 3, expected the path of a file"
                "{\"train\": \"a.xyz\"}", "'model' of run/water.json is missing"
                "{\"train\": \"a.xyz\", \"train\": \"b.xyz\", \"model\": {}}",
                "'train' of run/water.json is given twice"
                "{\"train\": \"a.xyz\", \"model\": {\"kind\": \"nequp\"}}",
                "one of nequip, nequip-torch, ani. Did you mean 'nequip'?"
                "{\"train\": \"a.xyz\", \"model\": {\"cutof\": 3}}", "'cutof' of 'model' of run/water.json is unknown"
                "{\"train\": \"a.xyz\", \"model\": {\"start\": \"a.nqx\", \"cutoff\": 3}}",
                "'cutoff' of 'model' of run/water.json is unknown, expected one of start, train" ]
              (fun (text, expected) ->
                  match parse text with
                  | Ok _ -> failwith "an error was expected"
                  | Error error -> contains expected (NoetherError.message error))

          testTheory
              "Fields that are wrong are refused"
              [ "\"epohcs\": 3", "'epohcs' of run/water.json is unknown, expected one of"
                "\"epohcs\": 3", "Did you mean 'epochs'?"
                "\"epochs\": 0", "'epochs' of run/water.json is 0, expected a whole number, 1 or more"
                "\"validation\": 1.5", "'validation' of run/water.json is 1.5, expected files, a part between 0 and 1"
                "\"validation\": true", "'validation' of run/water.json is true"
                "\"labels\": {\"force\": \"f\"}", "'force' of 'labels' of run/water.json is unknown"
                "\"atoms\": {\"Qq\": 1}", "unknown element 'Qq'"
                "\"atoms\": {\"H\": \"1\"}", "'H' of 'atoms' of run/water.json is \"1\", expected a finite number"
                "\"offsets\": \"none\"",
                "'offsets' of run/water.json is 'none', expected one of leastSquares, atoms, keep"
                "\"loss\": {\"forces\": -1}", "'forces' of 'loss' of run/water.json is -1, expected a number, 0 or more"
                "\"loss\": {\"forces\": {\"weight\": 1, \"penalty\": \"huber\"}}",
                "'delta' of 'forces' of 'loss' of run/water.json is missing"
                "\"loss\": {\"forces\": {\"weight\": [[5, 1]]}}", "the epochs ascending from 0"
                "\"optimiser\": {\"kind\": \"adm\"}", "Did you mean 'adam'?"
                "\"optimiser\": {\"weightDecay\": 1}", "'weightDecay' of 'optimiser' of run/water.json is unknown"
                "\"optimiser\": {\"schedule\": \"cosin\"}", "Did you mean 'cosine'?"
                "\"optimiser\": {\"schedule\": {\"kind\": \"cosine\", \"last\": 2}}", "a part of the rate, from 0 to 1"
                "\"optimiser\": {\"schedule\": {\"kind\": \"plateau\", \"factor\": 2}}",
                "'factor' of 'schedule' of 'optimiser' of run/water.json is 2, expected a number between 0 and 1"
                "\"average\": 1", "'average' of run/water.json is 1, expected a number between 0 and 1, or false"
                "\"batch\": {\"graphs\": 3}", "'atoms' of 'batch' of run/water.json is missing"
                "\"precision\": \"float16\"", "'precision' of run/water.json is 'float16'"
                "\"score\": \"loss\"", "'score' of run/water.json is 'loss', expected one of forcesRmse"
                "\"seed\": 0.5", "'seed' of run/water.json is 0.5, expected a whole number" ]
              (fun (more, expected) ->
                  match parse (with' (", " + more)) with
                  | Ok _ -> failwith "an error was expected"
                  | Error error -> contains expected (NoetherError.message error))

          testCase "The rate falls when the mean loss of epochs does not" (fun () ->
              let own =
                  with'
                      ", \"optimiser\": {\"rate\": 0.5, \"schedule\": {\"kind\": \"plateau\", \"factor\": 0.25, \"patience\": 2}}"
                  |> good

              equal (0.5, 0.5) (own.Rates 10 100 0, own.Rates 10 100 999)
              let expected = { PlateauOptions.standard with Factor = 0.25; Patience = 2 }
              equal (Some expected) own.Plateau

              // Three steps an epoch; the loss is 1 and stays so: of the third epoch's last step the rate is a quarter.
              inFolder (fun folder ->
                  let own =
                      job
                          folder
                          ("\"validation\": 0, \"batch\": 1, \"optimiser\": {\"kind\": \"sgd\", \"rate\": 1, "
                           + "\"schedule\": {\"kind\": \"plateau\", \"factor\": 0.25, \"patience\": 2}}")
                      |> Outcome.getOrFail

                  let point = Branch [ "a", Leaf(Tensor.ones [| 1 |]) ]
                  let mutable memory = own.Plan.Optimiser.Init point

                  let steps =
                      [ for _ in 1..10 do
                            let updates, next =
                                own.Plan.Optimiser.Update point memory { Parameters = point; Loss = 1.0 }

                            memory <- next
                            (Tensor.toArray (Tree.value "a" updates))[0] ]

                  equal [ for step in 1..10 -> if step < 9 then -1.0 else -0.25 ] steps))

          testCase "Data sets of ANI are learnt from as they are" (fun () ->
              let text =
                  "{\"train\": \"ani1x.h5\", \"validation\": 0, \"labels\": {\"energy\": \"wb97x_dz.energy\"}, "
                  + network
                  + "\"seed\": 1}"

              let own =
                  TrainingConfigurationFile.parseBytes (Repository.fixture "ani/hdf5") "run.json" (Encoding.UTF8.GetBytes text)
                  |> Result.bind TrainingJob.prepare
                  |> Outcome.getOrFail

              equal 3 own.Plan.Training.Count
              let energies = own.Plan.Training.Items |> Seq.map (fun item -> item.Energy.Value / Units.hartree)
              closeAll "energies" 1e-12 [ -76.2; -76.1; -40.5 ] (Seq.sort energies)
              let stream = text.Replace("\"seed\": 1", "\"stream\": true")

              match
                  TrainingConfigurationFile.parseBytes (Repository.fixture "ani/hdf5") "run.json" (Encoding.UTF8.GetBytes stream)
                  |> Result.bind TrainingJob.prepare
              with
              | Ok _ -> failwith "an error was expected"
              | Error error -> contains "expected an extended XYZ file" (NoetherError.message error))

          testCase "Every optimiser and score has a name that a configuration can say" (fun () ->
              for name, _, _ in TrainingConfiguration.optimisers do
                  good (with' $", \"optimiser\": {{\"kind\": \"{name}\"}}") |> ignore

              for name, _ in TrainingConfiguration.scores do
                  good (with' $", \"score\": \"{name}\"") |> ignore)

          testCase "Muon gives matrices that are not chosen and Adam all others" (fun () ->
              let own =
                  with'
                      ", \"optimiser\": {\"kind\": \"muon\", \"rate\": 0.03, \"adamRate\": 0.003, \"adam\": [\"*radial*\"], \"schedule\": \"constant\"}"
                  |> good

              let point =
                  Branch
                      [ "a", Leaf(Tensor.ones [| 2; 2 |])
                        "radial", Leaf(Tensor.ones [| 2; 2 |])
                        "b", Leaf(Tensor.ones [| 2 |]) ]

              let memory = own.Optimiser.Init point
              let updates, _ = own.Optimiser.Update point memory { Parameters = point; Loss = 0.0 }
              let first name = (Tensor.toArray (Tree.value name updates))[0]
              // Adam's first step is its rate, here a tenth of the other; ε is 10⁻⁸.
              equalWithin 1e-7 -0.1 (first "radial")
              equalWithin 1e-7 -0.1 (first "b")
              isTrue (abs (first "a" + 0.1) > 0.05))

          testTheory
              "Patterns choose parameters"
              [ "layer 3/*", "layer 3/mlp 2", true
                "layer 3/*", "layer 13/mlp 2", false
                "*mlp*", "layer 3/mlp 2", true
                "readout", "readout", true
                "readout", "readout/weights", false
                "a.c", "abc", false ]
              (fun (pattern, path, fits) -> equal fits (TrainingConfiguration.fits pattern path))

          testCase "Elements, neighbours, offsets and scale come from the training structures" (fun () ->
              inFolder (fun folder ->
                  let own = job folder "\"validation\": 0" |> Outcome.getOrFail

                  let nequip (job: TrainingJob) =
                      Architecture.settings<Nequip * ScaleShift> job.Model.Architecture |> Option.get

                  let settings, energies = nequip own
                  equal [ 1; 6; 8 ] energies.Elements
                  let data = Dataset.pick [ 0; 1; 2 ] dataset.Value
                  let pairs = data.Items |> Seq.sumBy _.Pairs.Count
                  equal (float pairs / 9.0) settings.Layers[0].AverageNeighbours

                  let expected =
                      ScaleShift.plain [ 1; 6; 8 ]
                      |> ScaleShiftFit.withLeastSquares data
                      |> Result.bind (ScaleShiftFit.withForceScale data)

                  equal (Outcome.getOrFail expected) energies

                  isTrue own.Plan.Validation.IsNone
                  equal [ "training" ] (TrainingJob.sets own |> List.map fst)

                  // Isolated atoms alone, and what composition explains beyond them.
                  let atoms = "\"validation\": 1, \"atoms\": {\"H\": -1, \"C\": -2, \"O\": -3}, \"offsets\": "

                  let _, energies = job folder (atoms + "\"atoms\"") |> Outcome.getOrFail |> nequip
                  equal [ -1.0; -2.0; -3.0 ] energies.Offsets))

          testCase "Structures that are drawn for validation and test are not learnt from" (fun () ->
              inFolder (fun folder ->
                  let frames (dataset: Dataset) = dataset.Entries |> Seq.map _.Frame |> List.ofSeq
                  let drawn more = (job folder more |> Outcome.getOrFail)
                  let own = drawn "\"validation\": 1, \"test\": 0.4"
                  let validation, test = own.Plan.Validation.Value, own.Test.Value
                  equal 1 test.Count
                  equal [ 0; 1; 2 ] (frames own.Plan.Training @ frames validation @ frames test |> List.sort)

                  // The test set has no influence on what models are compared on.
                  equal (frames validation) (frames (drawn "\"validation\": 1").Plan.Validation.Value)))

          testCase "What does not fit together is refused" (fun () ->
              inFolder (fun folder ->

                  let tooMany =
                      "'validation' and 'test' is 1 and 2 structures, expected fewer than the 3 training structures"

                  fails folder "\"validation\": 1, \"test\": 2" tooMany
                  fails folder "\"offsets\": \"keep\"" "a model that is fine-tuned"

                  fails
                      folder
                      "\"validation\": 0, \"patience\": 3"
                      "'patience' is 3, expected null, as there is no validation set"

                  fails
                      folder
                      "\"validation\": 1, \"score\": \"stressMae\", \"seed\": 1"
                      "the validation set has no labels of the score"

                  fails folder "\"offsets\": \"atoms\"" "energies of isolated atoms in the field 'atoms'"
                  fails folder "\"atoms\": {\"H\": -13.6}" "no energy of an isolated atom of C"

                  fails
                      folder
                      "\"atoms\": \"all.xyz\""
                      "the structure has 4 atoms, expected an isolated atom with an energy"

                  fails folder "\"test\": \"none.xyz\"" "none.xyz"
                  let argon = Structure.ofSymbols [ "Ar" ] [ 0.0, 0.0, 0.0 ] Cell.none |> Outcome.getOrFail
                  ExtXyz.write (Path.Combine(folder, "argon.xyz")) [ structures[0]; argon ] |> Outcome.getOrFail

                  fails
                      folder
                      "\"test\": \"argon.xyz\""
                      "argon.xyz, frame 1:7: the structure has atoms of Ar, expected elements of the model: H, C, O"))

          testCase "A model is fine-tuned from its file, in the parameters that are chosen" (fun () ->
              inFolder (fun folder ->
                  let first = job folder "\"validation\": 0, \"precision\": \"float64\"" |> Outcome.getOrFail
                  let state, _ = TrainingLoop.run TrainingLoop.silent first.Plan first.Start |> Outcome.getOrFail

                  ModelFile.write (Path.Combine(folder, "first.safetensors")) (TrainingJob.model first state)
                  |> Outcome.getOrFail

                  let tuned (more: string) =
                      let text =
                          "{\"train\": \"all.xyz\", \"validation\": 0, \"precision\": \"float64\", \"epochs\": 1, \"loss\": {\"energyPerAtom\": 1}, "
                          + "\"model\": {\"start\": \"first.safetensors\", \"train\": [\"hidden*\", \"readout*\"]}"
                          + more
                          + "}"

                      TrainingConfigurationFile.parseBytes
                          folder
                          (Path.Combine(folder, "run.json"))
                          (Encoding.UTF8.GetBytes text)
                      |> Result.bind TrainingJob.prepare
                      |> Outcome.getOrFail

                  let second = tuned ""
                  same "the start" (TrainingLoop.chosen state) second.Model.Parameters
                  let next, _ = TrainingLoop.run TrainingLoop.silent second.Plan second.Start |> Outcome.getOrFail
                  let paths = Tree.paths next.Current.Parameters |> List.map fst
                  isTrue (paths |> List.forall (fun path -> path.StartsWith "hidden" || path.StartsWith "readout"))

                  for (path, before), (_, after) in
                      List.zip
                          (Tree.paths second.Model.Parameters)
                          (Tree.paths (TrainingJob.model second next).Parameters) do
                      equal (not (List.contains path paths)) (before.Equals after)

                  // Energies of elements that are fitted to what the model leaves lower the mean of the errors to
                  // nothing.
                  let fitted = tuned ", \"offsets\": \"leastSquares\""

                  let errors (own: TrainingJob) =
                      let potential = LearnedModel.potential Float64 own.Model |> Outcome.getOrFail

                      [ for item in own.Plan.Training.Items ->
                            Prediction.ofReference potential item
                            |> Outcome.getOrFail
                            |> Prediction.energyError
                            |> Option.get ]

                  // Three structures, three elements.
                  isTrue (errors second |> List.exists (fun error -> abs error > 1e-3))
                  isTrue (errors fitted |> List.forall (fun error -> abs error < 1e-9))
                  isEmpty second.Notices

                  // Data of another scale: 608 eV by atom away.
                  let shifted =
                      structures[..2]
                      |> List.map (fun structure ->
                          let energy = Structure.infoReal "energy" structure |> Outcome.getOrFail
                          let other = Property.real (energy - 608.0 * float structure.Count)
                          Structure.withInfo "energy" other structure |> Outcome.getOrFail)

                  ExtXyz.write (Path.Combine(folder, "all.xyz")) shifted |> Outcome.getOrFail
                  let moved = tuned ""
                  contains "608.01 eV/atom from those of" moved.Notices.Head
                  contains "were fitted to them" moved.Notices.Head
                  isTrue (errors moved |> List.forall (fun error -> abs error < 1e-6))
                  let kept = tuned ", \"offsets\": \"keep\""
                  contains "'offsets' keeps these" kept.Notices.Head
                  isTrue (errors kept |> List.forall (fun error -> abs error > 1000.0))))

          testCase
              "A set in which no atom sees another is refused, and zero stress without a volume left out"
              (fun () ->
                  inFolder (fun folder ->
                      let apart =
                          ExtXyz.parse
                              "apart"
                              "1\nstress=\"0 0 0 0 0 0 0 0 0\" energy=1 pbc=\"F F F\"\nH 0 0 0\n2\nenergy=2 pbc=\"F F F\"\nH 0 0 0\nO 0 0 2.5\n"
                          |> Outcome.getOrFail

                      ExtXyz.write (Path.Combine(folder, "all.xyz")) apart |> Outcome.getOrFail
                      let own = job folder "\"validation\": 0" |> Outcome.getOrFail

                      equal
                          [ "left out: the stress of 1 structures, which is zero and has no volume to it" ]
                          own.Notices

                      ExtXyz.write (Path.Combine(folder, "all.xyz")) apart[..0] |> Outcome.getOrFail

                      fails
                          folder
                          "\"validation\": 0"
                          "no two atoms nearer than the cut-off, 3 Å, expected a cut-off within which"

                      let stressed =
                          Structure.withInfo "stress" (Property.reals (Array.create 9 0.1)) apart[1]
                          |> Outcome.getOrFail

                      ExtXyz.write (Path.Combine(folder, "all.xyz")) [ stressed ] |> Outcome.getOrFail
                      fails folder "\"validation\": 0" "a stress without a volume"))

          testCase "Nequix is fine-tuned, in elements' energies too, into a file of its own format" (fun () ->
              inFolder (fun folder ->
                  let settings =
                      { NequixSettings.published 5.0 1.2 -0.5 with
                          Cutoff = cutoff
                          Elements = [ 1; 6; 7; 8 ]
                          Hidden = Irreps.ofString "4x0e + 2x1o"
                          MaxDegree = 1
                          Layers = 2
                          RadialBasis = 3
                          RadialWidth = 4 }

                  Nequix.fresh "small" settings (RandomKey.FromSeed 3UL)
                  |> Result.bind (NequixFile.write (Path.Combine(folder, "small.nqx")))
                  |> Outcome.getOrFail

                  let text =
                      "{\"train\": \"all.xyz\", \"validation\": 0, \"precision\": \"float64\", \"epochs\": 1, \"loss\": {\"energyPerAtom\": 1}, "
                      + "\"model\": {\"start\": \"small.nqx\", \"train\": [\"readout\"]}, \"offsets\": \"leastSquares\", \"output\": \".\"}"

                  let own =
                      TrainingConfigurationFile.parseBytes
                          folder
                          (Path.Combine(folder, "run.json"))
                          (Encoding.UTF8.GetBytes text)
                      |> Result.bind TrainingJob.prepare
                      |> Outcome.getOrFail

                  let potential = LearnedModel.potential Float64 own.Model |> Outcome.getOrFail

                  for item in own.Plan.Training.Items do
                      let prediction = Prediction.ofReference potential item |> Outcome.getOrFail
                      equalWithin 1e-9 0.0 (Prediction.energyError prediction).Value

                  let state, _ = TrainingLoop.run TrainingLoop.silent own.Plan own.Start |> Outcome.getOrFail
                  equal (Path.Combine(folder, ".", "model.nqx")) (TrainingJob.modelPath own)
                  ModelFile.write (TrainingJob.modelPath own) (TrainingJob.model own state) |> Outcome.getOrFail
                  let tuned = NequixFile.read (Path.Combine(folder, "model.nqx")) |> Outcome.getOrFail
                  equal settings tuned.Settings
                  let expected = TrainingLoop.chosen state |> Tree.value "readout" |> Tensor.cast Float32
                  isTrue (expected.Equals(Tree.value "readout" (NequixModel.parameters Float32 tuned))))) ]
