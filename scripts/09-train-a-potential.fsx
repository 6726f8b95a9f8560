// A network learns energies, forces and stress of two elements from a potential that is known, and is compared with it:
// on crystals it has not seen, at rest, in phonons, under pressure and in motion.
//
//     dotnet fsi --optimize+ scripts/09-train-a-potential.fsx
//
// What the tutorial behind scripts/04-nequip-crystals.fsx leaves to its readers: forces, several batches and their padding,
// several species, unseen crystals. Writes out/09-train-a-potential.html and ends in assertions.
#load "noether.fsx"

open System
open System.IO

let check what good = if not good then failwith $"{what} does not hold"
let key = RandomKey.FromSeed 9UL
let out name = Path.Combine(__SOURCE_DIRECTORY__, "..", "out", name)

// The teacher ---------------------------------------------------------------------------------------------------------------

// Silicon, carbon and their compound by J. Tersoff, Phys. Rev. B 39, 5566 (1989). Silicon's bonds end 0.15 Å earlier than
// there: his range reaches the second neighbours of silicon carbide, where it jumps between two energies.
let teacher =
    let element symbol (a: float, b: float, lambda: float, mu: float) (beta: float, n: float) (c, d, h) (r, s) =
        { Symbol = symbol
          A = Tensor.scalar a
          B = Tensor.scalar b
          Lambda = Tensor.scalar lambda
          Mu = Tensor.scalar mu
          Beta = Tensor.scalar beta
          N = Tensor.scalar n
          C = Tensor.scalar c
          D = Tensor.scalar d
          H = Tensor.scalar h
          R = Tensor.scalar r
          S = Tensor.scalar s }

    let silicon =
        element "Si" (1830.8, 471.18, 2.4799, 1.7322) (1.1e-6, 0.78734) (1.0039e5, 16.217, -0.59825) (2.55, 2.85)

    let carbon =
        element "C" (1393.6, 346.74, 3.4879, 2.2119) (1.5724e-7, 0.72751) (3.8049e4, 4.3484, -0.57058) (1.8, 2.1)

    Tersoff.ofElements [ silicon; carbon ] [ (("Si", "C"), Tensor.scalar 0.9776) ]
    |> Result.bind (Tersoff.create "Tersoff")
    |> orFail

// Lessons -------------------------------------------------------------------------------------------------------------------

/// A structure with what the teacher says of it.
let labelled (structure: Structure) =
    let results = Evaluate.run teacher structure |> orFail

    structure
    |> Structure.withInfo "energy" (Property.real results.Energy)
    |> Result.bind (Structure.withInfo "stress" (Property.reals results.Stress.Value))
    |> Result.bind (Structure.withPerAtom "forces" (Property.rows 3 results.Forces |> orFail))
    |> orFail

/// Some copies of a crystal, each strained by some 2 %, each atom moved by some 0.04 Å along each axis.
let disturbed count (key: RandomKey) (crystal: Structure) =
    [ for keys in key.Split count |> Array.map (fun key -> key.Split 2) ->
          let random = Tensor.normal Float64 [| 3; 3 |] keys[0]
          let strain = 0.01 * (random + Tensor.transpose random)

          crystal
          |> Structure.strain (Tensor.toArray strain)
          |> Result.bind (Structure.rattle 0.04 keys[1])
          |> orFail
          |> labelled ]

// Three crystals are taught. Their hexagonal relatives, other stackings of the same layers, are kept for the end.
let taught =
    [ Crystal.diamond "C" 3.566; Crystal.diamond "Si" 5.432; Crystal.zincblende "Si" "C" 4.321 ]
    |> List.map orFail

let unseen =
    [ for first, second, bond in [ ("C", "C", 1.544); ("Si", "Si", 2.352); ("Si", "C", 1.871) ] ->
          let a = bond * sqrt (8.0 / 3.0)

          Crystal.wurtzite first second a (a * sqrt (8.0 / 3.0)) 0.375
          |> Result.bind (Structure.repeat (2, 1, 1))
          |> orFail ]

// Two atoms see each other when they are closer than this, in Å. The teacher's range is 2.85 Å.
let cutoff = 3.0

let dataset count (key: RandomKey) crystals =
    List.map2 (disturbed count) (List.ofArray (key.Split(List.length crystals))) crystals
    |> List.concat
    |> Dataset.ofStructures ReferenceStructure.standardNames cutoff
    |> orFail

let training = dataset 20 (key.Fold 0u) taught
let validation = dataset 6 (key.Fold 1u) taught
let test = dataset 6 (key.Fold 2u) unseen
let sets = [ "training", training; "validation", validation; "unseen", test ]

for name, data in sets do
    printfn $"{name}: {data.Count} crystals of eight atoms"

// The model -----------------------------------------------------------------------------------------------------------------

// Each node starts from the eight numbers of its species, which are learnt. An offset for each element and one scale, taken
// from the data, leave to the network numbers of order one.
let energies =
    Dataset.elements training
    |> ScaleShift.plain
    |> ScaleShiftFit.withLeastSquares training
    |> Result.bind (ScaleShiftFit.withForceScale training)
    |> orFail

let neighbours = training.Items |> Seq.averageBy (fun item -> float item.Pairs.Count / float item.Structure.Count)

let settings =
    let layer features =
        { NequipLayer.standard (Irreps.ofString features) with
            AverageNeighbours = neighbours
            Hidden = [ 64 ]
            MaxDegree = 2 }

    { Nequip.tutorial with
        Cutoff = cutoff
        Embedding = Some 8
        Layers = [ layer "32x0e+16x1o+8x2e"; layer "32x0e" ] }

let model = NequipFamily.trainable energies settings |> orFail

// Batches of one shape ------------------------------------------------------------------------------------------------------

// Programs that compile for each shape pad their batches to one. Here no shape costs anything and training does without; but
// padded batches are there, and say the same of their graphs: padding is a graph of its own behind them.
let fresh = model.Init Float64 key
let twos = Dataset.batches (Graphs 2) training |> List.map (fun places -> Dataset.pick places training)
let room = { NodeCount = 24; EdgeCount = 400; GraphCount = 3 }

let meanEnergies (graphs: GraphsTuple) =
    let network =
        Nequip.create
            { settings with
                Layers = [ for layer in settings.Layers -> { layer with Species = 2 } ] }

    Nequip.energies network fresh graphs (Nequip.positions Float64 graphs) |> Nequip.graphMean graphs

for two in List.take 3 twos do
    let plain = Dataset.graphs energies.Elements two |> orFail
    let padded = Dataset.paddedGraphs energies.Elements room two |> orFail
    check "all padded batches have one shape" (Seq.sum padded.NodeCounts = 24 && padded.Senders.Length = 400)
    check "the mask knows the padding" (GraphPadding.graphMask padded = [| true; true; false |])
    let difference = Tensor.slice 0 0 2 (meanEnergies padded) - meanEnergies plain
    check "padding changes no energy" (Tensor.toArray difference |> Array.forall (fun d -> abs d < 1e-12))

// Training ------------------------------------------------------------------------------------------------------------------

// Energies per atom, forces and stress in one loss. Forces and stress are derivatives of the energy, so that the gradient by
// parameters is one of second derivatives; two crystals a batch, thirty batches an epoch.
let epochs = 200

let plan =
    let terms =
        [ Loss.term Target.EnergyPerAtom Penalty.Squared 10.0
          Loss.term Target.Forces Penalty.Squared 1.0
          Loss.term Target.Stress Penalty.Squared 100.0 ]

    { TrainingLoop.plan model terms epochs training with
        Limit = Graphs 2
        Optimiser = Optimiser.adam 1.0 |> Optimiser.scheduled (Schedule.cosine 0.02 0.0 (epochs * twos.Length))
        Validation = Some validation }

let start = TrainingLoop.start Float32 key plan
let records = ResizeArray<EpochRecord>()

let last =
    use progress = Progress.Start("training", epochs)

    let hooks =
        { TrainingLoop.silent with
            Record =
                fun record ->
                    records.Add record
                    progress.Report(record.Epoch, ("loss", record.Loss)) }

    TrainingLoop.run hooks plan start |> orFail |> fst

let parameters = TrainingLoop.chosen last
let seconds = (Seq.last records).Seconds
let count = Tree.leaves parameters |> List.sumBy _.Size
printfn $"{count} parameters, {last.Current.Step} steps in {seconds:F1} s"

// A state is a value: written, read, and the training would go on to the same bits.
Directory.CreateDirectory(out "") |> ignore
let identity = TrainingIdentity.create plan start
TrainingCheckpoint.write (out "09-train-a-potential.checkpoint") identity last |> orFail
let read = TrainingCheckpoint.read identity start (out "09-train-a-potential.checkpoint") |> orFail
check "a checkpoint holds the parameters" (Tree.leaves (TrainingLoop.chosen read) = Tree.leaves parameters)

// Unseen crystals -----------------------------------------------------------------------------------------------------------

let errors parameters data =
    let found = Metrics.evaluate model parameters (Graphs 16) data
    found.EnergyPerAtom.Value.Mae, found.Forces.Value.Mae, found.Stress.Value.Mae / Units.GPa

let before = sets |> List.map (fun (_, data) -> errors start.Current.Parameters data)
let after = sets |> List.map (fun (_, data) -> errors parameters data)

for (name, _), (e0, f0, s0), (e, f, s) in List.zip3 sets before after do
    printfn
        $"{name, -10} energies {1000.0 * e0, 4:F0} to {1000.0 * e, 4:F1} meV an atom, forces {f0:F2} to {f:F2} eV/Å, stress {s0, 3:F0} to {s:F1} GPa"

for (_, f0, _), (_, f, _) in List.zip before after do
    check "training takes three quarters of the errors of forces, unseen crystals included" (f < 0.25 * f0)

// A potential ---------------------------------------------------------------------------------------------------------------

// A trained model is a potential like any other: in float64, for physics.
let student = Trainable.potential (Tree.map (Tensor.cast Float64) parameters) model

let report =
    let structures =
        { (PotentialSubject.structuresFor [ "Si"; "C" ] cutoff |> orFail) with
            MaxAtoms = 6 }

    let subject = PotentialSubject.ofPotential structures student
    Laws.run { PotentialLaws.settings subject with Samples = 8 } (PotentialLaws.claimed subject) subject

printfn $"{report}"
check "every law holds" report.Passed

// Atoms and cell at rest, by both.
let atRest potential crystal =
    { Relaxation.standard with
        Cell = Some(CellFreedom.full 0.0)
        Force = 1e-3
        Stress = 1e-2 }
    |> fun settings -> Relaxation.run settings potential crystal |> orFail

let rest =
    let names =
        [ for word in [ "cubic"; "hexagonal" ] -> [ for formula in [ "C"; "Si"; "SiC" ] -> $"{word} {formula}" ] ]

    [ for name, crystal in List.zip (List.concat names) (taught @ unseen) ->
          let own, learnt = atRest teacher crystal, atRest student crystal
          let volume (r: Relaxed) = (Cell.volume r.Structure.Cell).Value / float crystal.Count
          let energy (r: Relaxed) = r.Results.Energy / float crystal.Count
          name, volume own, volume learnt, energy own, energy learnt ]

for name, v0, v, e0, e in rest do
    printfn $"{name, -14} {v0, 6:F2} Å³ and {e0:F3} eV an atom; learnt {v, 6:F2} Å³ and {e:F3} eV"
    check $"{name} has its volume to 3 %%" (abs (v / v0 - 1.0) < 0.03)

// Phonons of silicon carbide, from exact second derivatives of both. In cells of eight atoms only waves of Γ and X were
// taught; between them, and at L, the network guesses.
let path =
    [ "Γ", (0.0, 0.0, 0.0)
      "X", (0.5, 0.0, 0.5)
      "K", (0.375, 0.375, 0.75)
      "Γ", (0.0, 0.0, 0.0)
      "L", (0.5, 0.5, 0.5) ]

let bands potential =
    Crystal.zincblendePrimitive "Si" "C" 4.321
    |> Result.bind (Phonons.forceConstants (3, 3, 3) potential)
    |> Result.map Phonons.withAcousticSumRule
    |> Result.bind (PhononBands.path path 30)
    |> orFail

let own, learnt = bands teacher, bands student

let deviation = Seq.zip own.Terahertz learnt.Terahertz |> Seq.averageBy (fun (f0, f) -> (f - f0) ** 2.0) |> sqrt

printfn $"phonons of silicon carbide up to {Seq.max own.Terahertz:F1} THz, learnt to {deviation:F2} THz"
check "phonons are learnt to 2 THz" (deviation < 2.0)

// Silicon under pressure, further than it was taught.
let ratios = [| for k in -8 .. 8 -> 1.0 + 0.02 * float k |]

let scans = [ for potential in [ teacher; student ] -> EquationOfState.scanClamped ratios potential taught[1] |> orFail ]

// Silicon carbide in motion at 600 K: the energy is conserved, as forces are its derivatives.
let timestep = 0.5

let motion =
    let simulation = Simulation.create (Ensemble.microcanonical timestep) student |> orFail

    let phase =
        Structure.repeat (2, 2, 1) taught[2]
        |> Result.bind PhasePoint.ofStructure
        |> Result.bind (PhasePoint.thermal 600.0 key)
        |> orFail

    simulation.Init key phase
    |> Result.bind (
        Simulation.fold (fun seen s -> (s.Results.Energy, simulation.Invariant s) :: seen) [] 200 simulation
    )
    |> orFail
    |> fun (seen, _) -> Array.unzip (Array.ofList (List.rev seen))

let total = snd motion
let wander = 1e3 * (Array.max total - Array.min total) / 32.0
let exchanged = 1e3 * (Array.max (fst motion) - Array.min (fst motion)) / 32.0
printfn $"in motion {exchanged:F1} meV an atom go to and fro, and the sum stays within {wander:F2}"
check "energy is conserved" (wander < 0.02 * exchanged)

// Figures -------------------------------------------------------------------------------------------------------------------

/// What the data say and what was learnt, of each crystal.
let compared =
    [ for name, data in sets -> name, [ for item in data.Items -> item, Evaluate.run student item.Structure |> orFail ] ]

let parities =
    [| for set, pairs in compared do
           let parity quantity unit' (values: (float * float) list) species =
               ParityData(quantity, unit', set, List.map fst values, List.map snd values, Species = species)

           let perAtom (item: ReferenceStructure) energy = energy / float item.Structure.Count
           let energies = [ for item, found in pairs -> perAtom item item.Energy.Value, perAtom item found.Energy ]
           parity "energy per atom" "eV/atom" energies null

           for z in [ 6; 14 ] do
               let forces =
                   [ for item, found in pairs do
                         for k in 0 .. found.Forces.Length - 1 do
                             if item.Structure.Numbers[k / 3] = z then item.Forces.Value[k], found.Forces[k] ]

               parity "forces" "eV/Å" forces (Elements.symbol z) |]

let worst =
    [| for k, (item, found) in List.indexed (snd (List.last compared)) do
           let errors = Seq.map2 (fun target force -> force - target) item.Forces.Value found.Forces
           let crystal = item.Structure

           WorstStructure(
               $"unseen, crystal {k + 1}",
               crystal.Numbers,
               crystal.Positions,
               Cell = crystal.Cell.Vectors,
               EnergyError = Nullable((found.Energy - item.Energy.Value) / float crystal.Count),
               ForceError = Nullable(sqrt (Seq.averageBy (fun e -> e * e) errors)),
               LargestForceError = Nullable(errors |> Seq.map abs |> Seq.max)
           ) |]
    |> Array.sortByDescending _.ForceError.Value
    |> Array.take 3

let curve quantity (unit': string) name (value: EpochRecord -> float) =
    LearningCurve(quantity, unit', name, [| for r in records -> float r.Epoch |], [| for r in records -> value r |])

let dispersion =
    let distances = Seq.toArray own.Distances

    let branches (plot: Plot) (name, colour, bands: BandStructure) =
        (plot, [ 0..5 ])
        ||> List.fold (fun plot k ->
            let branch = [| for q in 0 .. distances.Length - 1 -> bands.Terahertz[6 * q + k] |]
            plot.Line(distances, branch, (if k = 0 then name else null), Palette.Colour colour))

    let empty = Plot.Create("Phonons of silicon carbide").XLabel("along the path (1/Å)").YLabel("frequency (THz)")
    let curves = List.fold branches empty [ "teacher", 0, own; "learnt", 1, learnt ]
    (curves, own.Labels) ||> List.fold (fun plot (at, label) -> plot.Vertical(distances[at], label))

let compression =
    let perAtom (values: float seq) = values |> Seq.map (fun value -> value / 8.0) |> Array.ofSeq

    (Plot.Create("Silicon under pressure").XLabel("volume (Å³/atom)").YLabel("energy (eV/atom)"), scans)
    ||> List.fold (fun plot scan ->
        let name = if plot.Series.IsEmpty then "teacher" else "learnt"
        plot.Line(perAtom scan.Volumes, perAtom scan.Energies, name))

let table =
    (Table.Create("crystal", "Å³ an atom", "learnt", "eV an atom", "learnt"), rest)
    ||> List.fold (fun table (name, v0, v, e0, e) -> table.Row(name, $"{v0:F2}", $"{v:F2}", $"{e0:F3}", $"{e:F3}"))

let page =
    TrainingPage(
        Title = "A network learns silicon carbide",
        Facts =
            [| Fact("model", "NequIP, two layers, 32x0e+16x1o+8x2e")
               Fact("parameters", count)
               Fact("teacher", "J. Tersoff's potential of Si and C")
               Fact("training", $"{training.Count} crystals, {plan.Epochs} epochs, {last.Current.Step} steps") |],
        Curves =
            [| curve "loss" "" "training" _.Loss
               curve "energy per atom" "eV/atom" "validation, MAE" _.Validation.Value.EnergyPerAtom.Value.Mae
               curve "forces" "eV/Å" "validation, MAE" _.Validation.Value.Forces.Value.Mae
               curve "stress" "eV/Å³" "validation, MAE" _.Validation.Value.Stress.Value.Mae |],
        BestEpoch = Option.toNullable (last.Best |> Option.map (fun best -> float best.Epoch)),
        Parities = parities,
        Worst = worst,
        Timing = [| Fact("training (s)", seconds) |]
    )

page
    .ToPage()
    .Heading("At rest")
    .Table(table, "Relaxed atoms and cells, by the teacher and learnt.")
    .Heading("Vibrating and under pressure")
    .Figure(dispersion, "Cells of eight atoms hold waves of Γ and X; all others are guessed.")
    .Figure(compression, "Strains of some 2 % were taught: 6 % in volume.")
    .Write(out "09-train-a-potential.html")
