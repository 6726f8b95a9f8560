/// Losses, their gradients by both routes, and metrics.
module Noether.Tests.LossTests

open System
open System.Collections.Concurrent
open System.Threading
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Laws
open Noether.Learning
open Noether.Physics
open Noether.Tests.LearningChecks
open Noether.Tests.TrainingChecks
open Noether.Training
open Xunit

let private batch = lazy (ReferenceBatch.create dataset.Value.Items)

/// The same structures, the first of weight 2, the crystal of weight 1/2.
let private weighted =
    lazy
        (let weigh place (item: ReferenceStructure) =
            match place with
            | 0 -> { item with Weight = 2.0 }
            | 1 -> { item with Weight = 0.5 }
            | _ -> item

         dataset.Value.Items |> Seq.mapi weigh |> ReferenceBatch.create)

let private terms: (string * LossTerm list) list =
    [ "energy", [ Loss.term Target.Energy Penalty.Squared 1.0 ]
      "energy per atom", [ Loss.term Target.EnergyPerAtom Penalty.Squared 2.0 ]
      "forces", [ Loss.term Target.Forces Penalty.Squared 1.0 ]
      "stress", [ Loss.term Target.Stress Penalty.Squared 50.0 ]
      "products", [ Loss.term Target.HessianProduct Penalty.Squared 0.3 ]
      "Huber", [ Loss.term Target.Energy (Penalty.Huber 0.5) 1.0; Loss.term Target.Forces (Penalty.Huber 0.4) 1.0 ]
      "absolute", [ Loss.term Target.Energy Penalty.Absolute 1.0; Loss.term Target.Forces Penalty.Absolute 1.0 ]
      "all",
      [ Loss.term Target.EnergyPerAtom Penalty.Squared 1.0
        Loss.term Target.Forces (Penalty.Huber 0.4) 3.0
        Loss.term Target.Stress Penalty.Squared 20.0
        Loss.term Target.HessianProduct Penalty.Squared 0.1 ] ]

let cases () =
    let data = TheoryData<string>()
    terms |> List.iter (fun (name, _) -> data.Add name)
    data

let private termsOf name = terms |> List.find (fst >> (=) name) |> snd

let private relative (expected: float[]) (found: float[]) =
    let scale = Array.fold (fun m x -> max m (abs x)) 1e-300 expected
    Array.fold2 (fun m a b -> max m (abs (a - b))) 0.0 expected found / scale

[<Theory; MemberData(nameof cases)>]
let ``Gradients by both routes are the central difference of the loss`` (name: string) =
    let terms = termsOf name
    let start = parameters.Value

    let direction =
        start |> Tree.mapPaths (fun path p -> Tensor.normal Float64 p.Shape (RandomKey.FromSeed(uint64 path.Length)))

    for batch in [ batch.Value; weighted.Value ] do
        let loss = Loss.value terms 0 model.Value batch >> Tensor.value
        let at h = loss (Tree.map2 (fun (p: Tensor) v -> p + h * v) start direction)
        let h = 1e-4
        let slope = (8.0 * (at h - at -h) - (at (2.0 * h) - at (-2.0 * h))) / (12.0 * h)

        for route in [ ReverseOverReverse; ReverseOverForward ] do
            let value, gradient = Loss.gradient route terms 0 model.Value batch start
            close "loss" (1e-13 * abs value) (loss start) value
            let exact = Array.fold2 (fun sum a b -> sum + a * b) 0.0 (flat gradient) (flat direction)
            // h⁴ times the fifth derivative over the loss, and rounding over h.
            close $"{name}, {route}" (1e-8 * (abs value + abs slope)) slope exact

[<Theory; MemberData(nameof cases)>]
let ``A structure of weight 2 adds what two of it add, and one of weight 0 nothing`` (name: string) =
    let items = Array.ofSeq dataset.Value.Items
    let heavy = { items[0] with Weight = 2.0 }
    let weightless = { items[1] with Weight = 0.0 }
    // Sums over numbers instead of means, each term by the numbers that it has.
    let sums (items: ReferenceStructure list) =
        let batch = ReferenceBatch.create items

        termsOf name
        |> List.map (fun term ->
            let labels =
                match term.Target with
                | Target.Energy
                | Target.EnergyPerAtom -> batch.Energies
                | Target.Forces -> batch.Forces
                | Target.Stress -> batch.Stresses
                | Target.HessianProduct -> batch.Products

            let loss, gradient = Loss.gradient ReverseOverForward [ term ] 0 model.Value batch parameters.Value
            let count = float labels.Count
            count * loss, flat gradient |> Array.map (fun g -> count * g))

    let expected = sums [ items[0]; items[2]; items[0] ]

    for (loss, gradient), (weightedLoss, weightedGradient) in List.zip expected (sums [ heavy; weightless; items[2] ]) do
        // Sums of the same numbers in another order.
        close "loss" (1e-12 * abs loss) loss weightedLoss
        Assert.InRange(relative gradient weightedGradient, 0.0, 1e-11)

[<Theory; MemberData(nameof cases)>]
let ``Reverse over reverse is reverse over forward`` (name: string) =
    let by route = Loss.gradient route (termsOf name) 0 model.Value batch.Value parameters.Value |> snd |> flat
    // Both are sums of some thousand terms, taken in another order.
    Assert.InRange(relative (by ReverseOverReverse) (by ReverseOverForward), 0.0, 1e-11)

[<Theory; InlineData true; InlineData false>]
let ``Parts of a batch add up, to the same bits on any number of threads`` (forward: bool) =
    let route = if forward then ReverseOverForward else ReverseOverReverse
    let terms = termsOf "all"

    for batch in [ batch.Value; weighted.Value ] do
        let whole, gradient = Loss.gradient route terms 0 model.Value batch parameters.Value
        let parts = ReferenceBatch.parts 3 batch
        Assert.Equal(3, parts.Length)
        let on threads = Loss.gradientOfParts threads route terms 0 model.Value parts parameters.Value
        let one, serial = on 1
        close "loss" 1e-13 whole one
        Assert.InRange(relative (flat gradient) (flat serial), 0.0, 1e-12)

        for threads in [ 2; 3; 8 ] do
            let loss, spread = on threads
            Assert.Equal(one, loss)
            same $"{threads} threads" serial spread

[<Fact>]
let ``As many parts as there are threads are worked on at a time`` () =
    use together = new Barrier 2
    // Each part waits in its first evaluation for the other to be there too; an hour would be as good.
    let met = ConcurrentDictionary<int, bool>()

    let waiting =
        { model.Value with
            Energies =
                fun parameters data ->
                    met.GetOrAdd(data.Numbers.Length, (fun _ -> together.SignalAndWait(TimeSpan.FromMinutes 2.0)))
                    |> ignore

                    model.Value.Energies parameters data }

    let parts = ReferenceBatch.create [ dataset.Value[0]; dataset.Value[2] ] |> ReferenceBatch.parts 2
    let energy = termsOf "energy"
    Loss.gradientOfParts 2 ReverseOverForward energy 0 waiting parts parameters.Value |> ignore
    Assert.Equal<bool>([ true; true ], met.Values)

[<Fact>]
let ``Weights follow their schedule and terms without labels have no part`` () =
    let scheduled =
        { Loss.term Target.Energy Penalty.Squared 1.0 with
            Weight = fun step -> if step < 10 then 0.0 else float step }

    let value step = Loss.value [ scheduled ] step model.Value batch.Value parameters.Value |> Tensor.value
    Assert.Equal(0.0, value 9)
    close "twice" 1e-12 (2.0 * value 10) (value 20)
    let lone = ReferenceBatch.create [ dataset.Value[3] ]
    let none, gradient = Loss.gradient ReverseOverReverse [ scheduled ] 20 model.Value lone parameters.Value
    Assert.Equal(0.0, none)
    Assert.True(flat gradient |> Array.forall ((=) 0.0))

[<Fact>]
let ``Penalties are what they say`` () =
    let items = [ dataset.Value[2] ]
    let alone = ReferenceBatch.create items

    let predicted =
        Trainable.potential parameters.Value model.Value |> fun p -> Evaluate.run p structures[2] |> Outcome.getOrFail

    let x = predicted.Energy - items[0].Energy.Value

    let cost penalty =
        Loss.value [ Loss.term Target.Energy penalty 1.0 ] 0 model.Value alone parameters.Value |> Tensor.value

    close "squared" 1e-12 (x * x) (cost Penalty.Squared)
    close "absolute" 1e-12 (abs x) (cost Penalty.Absolute)
    let inside, outside = 2.0 * abs x, 0.5 * abs x
    close "inside" 1e-12 (0.5 * x * x) (cost (Penalty.Huber inside))
    close "outside" 1e-12 (outside * (abs x - 0.5 * outside)) (cost (Penalty.Huber outside))
    Assert.Contains("positive", argumentMessage (fun () -> cost (Penalty.Huber 0.0) |> ignore))

[<Fact>]
let ``A trained model is a potential: its forces and stresses are those of the losses`` () =
    let potential = Trainable.potential parameters.Value model.Value
    let metrics = Metrics.evaluate model.Value parameters.Value (Graphs 2) dataset.Value
    let results = structures |> List.map (Evaluate.run potential >> Outcome.getOrFail)

    let differences (label: ReferenceStructure -> float seq option) (found: Results -> float seq) =
        [| for item, results in Seq.zip dataset.Value.Items results do
               match label item with
               | Some values -> yield! Seq.map2 (-) (found results) values
               | None -> () |]

    let expect name (expected: float[]) (found: ErrorSummary option) =
        close $"{name} RMSE" 1e-12 (sqrt (Array.averageBy (fun x -> x * x) expected)) found.Value.Rmse
        close $"{name} MAE" 1e-12 (Array.averageBy abs expected) found.Value.Mae
        Assert.Equal(expected.Length, found.Value.Count)

    differences (fun item -> item.Forces |> Option.map Seq.cast) (fun results -> results.Forces)
    |> fun expected -> expect "forces" expected metrics.Forces

    differences (fun item -> item.Stress |> Option.map Seq.cast) (fun results -> results.Stress.Value)
    |> fun expected -> expect "stress" expected metrics.Stress

    differences (fun item -> item.Energy |> Option.map Seq.singleton) (fun results -> [ results.Energy ])
    |> fun expected -> expect "energy" expected metrics.Energy

    Assert.Equal<int>([ 1; 6; 8 ], metrics.ForcesByElement.Keys)
    Assert.Equal(metrics.Forces.Value.Count, metrics.ForcesByElement.Values |> Seq.sumBy _.Count)

[<Fact>]
let ``Chosen parameters of Nequix alone are trained`` () =
    let published = NequixChecks.small.Value
    let model = NequixFamily.trainable published
    let all = NequixModel.parameters Float64 published
    let few = model |> Trainable.choose (fun path -> path.StartsWith "readout") all |> Outcome.getOrFail
    Assert.Equal<string>([ "readout" ], Tree.paths few.Parameters |> List.map fst)

    let structure =
        Structure.ofSymbols [ "O"; "H"; "H" ] [ 0.0, 0.0, 0.0; 0.9, 0.1, 0.0; -0.2, 0.9, 0.0 ] Cell.none
        |> Outcome.getOrFail

    let energy potential = (Evaluate.run potential structure |> Outcome.getOrFail).Energy
    Assert.Equal(energy (Nequix.potential Float64 published), energy (Trainable.potential few.Parameters few.Model))
    let names = { ReferenceStructure.standardNames with Energy = "e" }
    let labelled = Structure.withInfo "e" (Property.real -1.0) structure |> Outcome.getOrFail
    let items = (Dataset.ofStructures names model.Cutoff [ labelled ] |> Outcome.getOrFail).Items
    let terms = [ Loss.term Target.Energy Penalty.Squared 1.0 ]
    let batch = ReferenceBatch.create items
    let _, whole = Loss.gradient ReverseOverForward terms 0 model batch all
    let _, part = Loss.gradient ReverseOverForward terms 0 few.Model batch few.Parameters
    Assert.InRange(relative (flat (Tree.find "readout" whole)) (flat part), 0.0, 1e-12)
    same "all" all (few.All few.Parameters)
    let wrong = model |> Trainable.choose (fun _ -> false) all |> Result.mapError NoetherError.message
    Assert.True(wrong.IsError)

[<Fact>]
let ``A NequIP of random weights keeps every law of potentials`` () =
    let potential = Trainable.potential parameters.Value model.Value

    let structures = PotentialSubject.structuresFor [ "H"; "C"; "O" ] potential.Cutoff |> Outcome.getOrFail

    let subject = PotentialSubject.ofPotential structures potential

    let settings = { PotentialLaws.settings subject with Samples = 8 }

    let report = Laws.run settings (PotentialLaws.claimed subject) subject
    Assert.True(report.Passed, string report)

[<Fact>]
let ``Forces of a fresh NequIP are of the size of the scale, also where the cut-off is long`` () =
    for cutoff in [ 3.0; 5.0; 7.0 ] do
        let model = NequipFamily.trainable scaleShift { settings with Cutoff = cutoff } |> Outcome.getOrFail

        let sizes =
            [ for seed in 1UL .. 8UL do
                  let potential = Trainable.potential (model.Init Float64 (RandomKey.FromSeed seed)) model
                  let forces = (Evaluate.run potential structures[0] |> Outcome.getOrFail).Forces
                  sqrt (Seq.averageBy (fun f -> f * f) forces) ]

        // Random networks differ; without a scaled start it would be hundreds at 7 Å.
        Assert.InRange(List.sort sizes |> List.item 4, 0.005, 5.0 * scaleShift.Scale)

[<Fact>]
let ``NequIP in nequip's conventions is trained as it is evaluated`` () =
    let species =
        [ for z in [ 1; 6; 8 ] -> { Element = z; Scale = 1.5; Shift = -0.2 * float z; AverageNeighbours = 3.0 } ]

    let settings =
        { NequipTorchSettings.small 3.0 species with
            Features = Nequip.features false [ 4; 2 ]
            PairCutoffs = Map [ (1, 1), 2.0 ]
            Layers = 2
            MaxDegree = 1
            Embedding = 4
            Hidden = [ 6 ] }

    let model = NequipTorchFamily.trainable "own" settings |> Outcome.getOrFail
    let parameters = model.Init Float64 (RandomKey.FromSeed 3UL)
    let energies potential = (Evaluate.run potential structures[0] |> Outcome.getOrFail).Energies

    Assert.Equal<float>(
        energies (NequipTorch.potential "own" settings parameters),
        energies (Trainable.potential parameters model)
    )

    let gradient route = Loss.gradient route (termsOf "forces") 0 model batch.Value parameters |> snd |> flat
    Assert.InRange(relative (gradient ReverseOverReverse) (gradient ReverseOverForward), 0.0, 1e-10)
