/// Simulations use the memory of states again that nobody sees, and no other.
module Noether.Tests.StateOwnershipTests

open System
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.MotionChecks
open Xunit

let private liquidPotential = lennardJones 2.5 1.0 1.0 Shifted

/// A skin so thin that lists are renewed every few steps.
let private ensemble = { Ensemble.microcanonical (reducedTime 0.004) with Skin = 0.05 }

let private numbers (state: State) =
    [| yield! state.Phase.Structure.Positions
       yield! state.Phase.Velocities
       yield! state.Results.Forces
       yield! state.Results.Energies
       yield! state.Results.Virial |]

[<Fact>]
let ``States that are kept stay what they are while simulations go on`` () =
    let simulation = simulation ensemble liquidPotential
    let first = start simulation (liquid ())

    let kept, last =
        Simulation.fold (fun kept state -> (state, numbers state) :: kept) [ first, numbers first ] 40 simulation first
        |> Outcome.getOrFail

    // Runs from each of them, which end where the steps one by one do.
    let onward = kept |> List.map (fun (state, _) -> advance 30 simulation state)
    let copies = onward |> List.map numbers
    let again = kept |> List.map (fun (state, _) -> advance 30 simulation state)

    for state, expected in kept do
        Assert.Equal<float[]>(expected, numbers state)

    List.iter2 (fun expected state -> Assert.Equal<float[]>(expected, numbers state)) copies onward
    List.iter2 (fun expected state -> Assert.Equal<float[]>(expected, numbers state)) copies again
    Assert.Equal<float[]>(numbers last, numbers (advance 40 simulation first))

/// A pass that keeps the pairs it is shown and the sums it adds to, and maybe reads the pairs at once.
let private keeping reads (pairs: ResizeArray<Pairs>) (sums: ResizeArray<Sums>) =
    let pass (fused: FusedPass) =
        FusedPass(fun sites factor own ->
            if reads then sites.Pairs.Senders |> ignore
            pairs.Add sites.Pairs
            sums.Add own
            fused.Add(sites, factor, own))

    { liquidPotential with
        Terms = liquidPotential.Terms |> List.map (fun term -> { term with Fused = Option.map pass term.Fused }) }

[<Fact>]
let ``Pairs that a pass keeps stay what they are, and its sums are closed`` () =
    let run reads =
        let pairs, sums = ResizeArray(), ResizeArray()
        let simulation = simulation ensemble (keeping reads pairs sums)
        let last = start simulation (liquid ()) |> advance 60 simulation
        numbers last, pairs, sums

    let expected, early, _ = run true
    let found, late, sums = run false
    Assert.Equal<float[]>(expected, found)
    Assert.True((Seq.distinctBy LanguagePrimitives.PhysicalHash late |> Seq.length) > 3, "the list was never renewed")

    for one, other in Seq.zip early late do
        Assert.Equal<int seq>(one.Senders, other.Senders)
        Assert.Equal<int seq>(one.Shifts, other.Shifts)

    for own in sums do
        Assert.Throws<InvalidOperationException>(fun () -> own.Forces[0] <- 1.0) |> ignore
        Assert.Throws<InvalidOperationException>(fun () -> own.Virials.Length |> ignore) |> ignore

    Assert.Equal<float[]>(
        found,
        numbers (
            start (simulation ensemble liquidPotential) (liquid ()) |> advance 60 (simulation ensemble liquidPotential)
        )
    )
