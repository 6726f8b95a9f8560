// The main job: a NequIP network learns the energies of four carbon crystals, and is then differentiated into forces.
//
//     dotnet fsi build.fsx quickstart
//
// Writes out/quickstart.html. The number of training steps may be given: dotnet fsi scripts/quickstart.fsx 100
#load "noether.fsx"

open System
open System.IO
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Learning
open Noether.Report

let steps =
    match fsi.CommandLineArgs |> Array.tryItem 1 with
    | Some text -> int text
    | None -> 1000

// Read the crystals and join their graphs, with edges between atoms closer than 2 Å, into one batch.
let crystals = ExtXyz.read (Path.Combine(__SOURCE_DIRECTORY__, "data", "carbon.extxyz")) |> Outcome.getOrFail

let name (crystal: Structure) = Structure.infoText "name" crystal |> Outcome.getOrFail
let target (crystal: Structure) = Structure.infoReal "energy_per_atom" crystal |> Outcome.getOrFail
let model = Nequip.tutorial

let batch =
    crystals |> List.map (Nequip.graph model.Cutoff [] >> Outcome.getOrFail) |> Graphs.batch |> Outcome.getOrFail

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

    (Train.start optimiser fresh, [ 0 .. steps - 1 ])
    ||> List.fold (fun state i ->
        let next, value = Train.step optimiser loss state ()
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

// A page with the loss curve and the parity plot.
let iterations = Array.init steps (fun i -> float (i + 1))

let page =
    Page
        .Create("NequIP learns four carbon crystals")
        .Paragraph($"{steps} Adam steps in {seconds:F1} s; forces agree with central differences to {worst:E1} eV/Å.")
        .Figure(
            Plot
                .Create("Loss")
                .Line(iterations, losses)
                .LogX()
                .LogY()
                .XLabel("step")
                .YLabel("mean squared error (eV/atom)²"),
            "Mean squared error of the energies per atom, before each step."
        )
        .Figure(
            Plot
                .Create("Parity")
                .Points(List.map target crystals |> Array.ofList, predicted)
                .Diagonal()
                .XLabel("target (eV/atom)")
                .YLabel("predicted (eV/atom)"),
            "Predicted and target energies of the four crystals."
        )
        .Table(
            (Table.Create("crystal", "predicted (eV/atom)", "target (eV/atom)"), Seq.zip crystals predicted)
            ||> Seq.fold (fun table (crystal, energy) -> table.Row(name crystal, Math.Round(energy, 5), target crystal))
        )

let path = Path.Combine(__SOURCE_DIRECTORY__, "..", "out", "quickstart.html")
page.Write path
printfn $"wrote {Path.GetFullPath path}"

// The script is a test.
if worst > 1e-6 then failwith $"forces deviate from central differences by {worst} eV/Å"

if not (Array.last losses < 0.1 * losses[0]) then
    failwith $"the loss went from {losses[0]} to {Array.last losses}"
