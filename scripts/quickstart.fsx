// The main job: a NequIP network learns the energies of four carbon crystals, is differentiated into forces, and is then
// a potential: it keeps the laws of physics, a crystal relaxes in it, and its atoms move.
//
//     dotnet fsi build.fsx quickstart
//
// Writes out/quickstart.html. The number of training steps may be given: dotnet fsi scripts/quickstart.fsx 100
#load "noether.fsx"

open System
open System.IO

let steps =
    match fsi.CommandLineArgs |> Array.tryItem 1 with
    | Some text -> int text
    | None -> 1000

// Read the crystals and join their graphs, with edges between atoms closer than 2 Å, into one batch.
let crystals = ExtXyz.read (Path.Combine(__SOURCE_DIRECTORY__, "data", "carbon.extxyz")) |> orFail

let name (crystal: Structure) = Structure.infoText "name" crystal |> orFail
let target (crystal: Structure) = Structure.infoReal "energy_per_atom" crystal |> orFail
let model = Nequip.tutorial

let batch = crystals |> List.map (Nequip.graph model.Cutoff [] >> orFail) |> Graphs.batch |> orFail

for crystal, nodes, edges in Seq.zip3 crystals batch.NodeCounts batch.EdgeCounts do
    printfn $"{name crystal, -7} {nodes} nodes, {edges} edges"

// A loss of parameters: the mean squared error of the energies per atom, in float32.
let network = Nequip.create model
let positions = Nequip.positions Float32 batch
let targets = crystals |> List.map target |> Tensor.vector |> Tensor.cast Float32

let predict parameters = Nequip.energies network parameters batch positions |> Nequip.graphMean batch

let loss parameters () = Tensor.mean (Tensor.square (predict parameters - targets))

// Train: a pure step, folded.
let optimiser = Optimiser.adam 1e-3
let fresh = network.Init Float32 (RandomKey.FromSeed 2UL)
let losses = Array.zeroCreate<float> steps
let watch = Diagnostics.Stopwatch.StartNew()

let trained =
    use progress = Progress.Start("training", steps)

    (Optimisation.start optimiser fresh, [ 0 .. steps - 1 ])
    ||> List.fold (fun state i ->
        let next, value = Optimisation.step optimiser loss state ()
        losses[i] <- value
        progress.Report(i + 1, ("loss", value))
        next)

let seconds = watch.Elapsed.TotalSeconds
printfn $"{steps} steps in {seconds:F1} s, {1000.0 * seconds / float steps:F1} ms a step"

// Compare with the targets.
let predicted = Tensor.toArray (predict trained.Parameters)

for crystal, energy in Seq.zip crystals predicted do
    printfn $"{name crystal, -7} predicted {energy, 8:F4} eV/atom, target {target crystal, 6:F3}"

// Forces are minus the gradient of the energy; checked in float64 against central differences.
let parameters = Tree.map (Tensor.cast Float64) trained.Parameters
let energy x = Tensor.sum (Nequip.energies network parameters batch x)
let x = Nequip.positions Float64 batch
let forces = -(Diff.grad energy x)

let worst =
    let h = 1e-4

    let at i k =
        energy (x + Tensor.ofArray x.Shape (Array.init x.Size (fun j -> if i = j then k * h else 0.0)))
        |> Tensor.value

    let f = Tensor.toArray forces

    Seq.init x.Size (fun i ->
        let difference k = at i k - at i -k
        abs (f[i] + (8.0 * difference 1.0 - difference 2.0) / (12.0 * h)))
    |> Seq.max

let largest = forces |> Tensor.toArray |> Seq.map abs |> Seq.max
printfn $"largest force {largest:F4} eV/Å; largest deviation from central differences {worst:E1} eV/Å"

// The trained network is a potential, and keeps the laws of physics: symmetries, derivatives, smoothness, energy in motion.
let potential = Nequip.potential "four crystals" [ 6 ] model parameters

let laws =
    let structures = PotentialSubject.structuresFor [ "C" ] potential.Cutoff |> orFail
    let subject = PotentialSubject.ofPotential structures potential
    Laws.run { PotentialLaws.settings subject with Samples = 10 } (PotentialLaws.claimed subject) subject

let kept = laws.Findings |> List.filter _.Passed
printfn $"{kept.Length} of {laws.Findings.Length} laws of physics hold on random structures"

// A disturbed diamond relaxes. The network knows no more than four energies: where it comes to rest is its own idea.
let key = RandomKey.FromSeed 3UL

let relaxation =
    let diamond = crystals |> List.find (fun crystal -> name crystal = "mp-66")
    let disturbed = Structure.rattle 0.05 key diamond |> orFail
    let settings = { Relaxation.standard with Force = 1e-3 }
    Relaxation.steps settings potential disturbed |> Seq.map orFail |> Array.ofSeq

let first, last = Array.head relaxation, Array.last relaxation

printfn
    $"a disturbed diamond relaxes in {last.Step} steps: forces of {first.LargestForce:F3} to {last.LargestForce:F4} eV/Å"

// Then it moves at 300 K. Its energy is conserved, as forces are derivatives of it.
let timestep = 0.5
let simulation = Simulation.create (Ensemble.microcanonical timestep) potential |> orFail

let motion =
    PhasePoint.ofStructure last.Structure
    |> Result.bind (PhasePoint.thermal 300.0 key)
    |> Result.bind (simulation.Init key)
    |> Result.bind (Simulation.fold (fun states state -> state :: states) [] 200 simulation)
    |> orFail
    |> fst
    |> List.rev

let meV (energy: float) = 1000.0 * energy / float last.Structure.Count
let potentials = motion |> List.map (fun state -> meV state.Results.Energy)
let totals = motion |> List.map (simulation.Invariant >> meV)
let exchanged, wander = List.max potentials - List.min potentials, List.max totals - List.min totals
let femtoseconds = timestep * float motion.Length

printfn
    $"{femtoseconds} fs at 300 K: {exchanged:F1} meV an atom go to and fro, the whole energy stays within {wander:F3} meV"

// A page with the loss curve, the parity plot, the energies in time, and the atoms.
let iterations = Array.init steps (fun i -> float (i + 1))

let lossFigure =
    Plot.Create("Loss").Line(iterations, losses).LogX().LogY().XLabel("step").YLabel("mean squared error (eV/atom)²")

let parityFigure =
    Plot
        .Create("Parity")
        .Points(List.map target crystals |> Array.ofList, predicted)
        .Diagonal()
        .XLabel("target (eV/atom)")
        .YLabel("predicted (eV/atom)")

let energyFigure =
    let times = List.init motion.Length (fun k -> timestep * float (k + 1))
    let beside values = values |> List.map (fun value -> value - totals.Head)

    Plot
        .Create("Energy in motion")
        .Line(times, beside potentials, "potential")
        .Line(times, beside totals, "potential and kinetic")
        .XLabel("time (fs)")
        .YLabel("energy (meV/atom)")

let view =
    let frame (view: StructureView) (label: string, structure: Structure) =
        view.Frame(structure.Numbers, structure.Positions, structure.Cell.Vectors, label)

    let seen = motion |> List.indexed |> List.filter (fun (k, _) -> k % 10 = 9)

    [ for crystal in crystals -> name crystal, crystal
      for step in relaxation -> $"relaxation, step {step.Step}", step.Structure
      for k, state in seen -> $"motion, {timestep * float (k + 1)} fs", state.Phase.Structure ]
    |> List.fold frame (StructureView.Create())

let table =
    (Table.Create("crystal", "predicted (eV/atom)", "target (eV/atom)"), Seq.zip crystals predicted)
    ||> Seq.fold (fun table (crystal, energy) -> table.Row(name crystal, Math.Round(energy, 5), target crystal))

let page =
    Page
        .Create("NequIP learns four carbon crystals")
        .Value("training", $"{steps} steps of Adam in {seconds:F1} s")
        .Value("forces", $"agree with central differences to {worst:E1} eV/Å")
        .Value("laws of physics", $"{kept.Length} of {laws.Findings.Length} hold on random structures")
        .Value("relaxation", $"{last.Step} steps to {last.LargestForce:F4} eV/Å")
        .Figures([ lossFigure.Size(350, 300); parityFigure.Size(350, 300) ], "Before each step, and in the end.")
        .Table(table)
        .Figure(energyFigure, "Diamond at 300 K; the sum is conserved.")
        .View(view, "The crystals, the relaxation, and the motion.")

let path = Path.Combine(__SOURCE_DIRECTORY__, "..", "out", "quickstart.html")
page.Write path
printfn $"wrote {Path.GetFullPath path}"

// The script is a test.
if worst > 1e-6 then failwith $"forces deviate from central differences by {worst} eV/Å"

if not (Array.last losses < 0.1 * losses[0]) then
    failwith $"the loss went from {losses[0]} to {Array.last losses}"

if not laws.Passed then failwith $"{laws}"
if last.Status <> Converged then failwith $"the relaxation is {last.Status}"
if wander > 0.02 * exchanged then failwith $"the energy wanders by {wander} meV an atom"
