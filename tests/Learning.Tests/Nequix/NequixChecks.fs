/// The published models of Nequix, where this machine has them, and what other programs say of them (Fixtures/nequix).
module Noether.Tests.NequixChecks

open System
open System.Collections.Immutable
open System.IO
open System.Text.Json
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Equivariance
open Noether.Kernels
open Noether.Learning
open Noether.Physics
open Noether.Tests.Recorded

/// The published models that are compared.
let models = [ "nequix-mp-1"; "nequix-oam-1-pft" ]

/// Where models lie: the folder nequix of the data.
let private folder = Path.Combine(Repository.data, "nequix")

/// The path of a published model's file.
let path model = Path.Combine(folder, model + ".nqx")

let private missing = models |> List.filter (fun model -> not (File.Exists(path model)))

let private reason =
    let names = missing |> List.map (fun model -> model + ".nqx") |> String.concat " and "

    $"{folder} lacks {names}, so nothing was compared with the published models. The README of the repository "
    + "atomicarchitects/nequix on GitHub links them; NOETHER_DATA names the folder that has them in its folder nequix."

/// Skips the test on a machine without the published models.
let needsPublishedModels () = if not missing.IsEmpty then skiptest reason

let private loaded =
    Map [ for model in models -> model, lazy (NequixFile.read (path model) |> Outcome.getOrFail) ]

/// A published model.
let published model = loaded[model].Value

/// A file of Fixtures/nequix.
let fixture (name: string) = recorded ("nequix/" + name)

let private given = Map [ for model in models -> model, lazy (fixture $"given-{model}.json" |> get "structures") ]

/// The structures that the published program was given, by name.
let structures model = given[model].Value

/// The names of those structures.
let names = lazy [ for entry in (structures models.Head).EnumerateObject() -> entry.Name ]

let flat element = items element |> List.map numbers |> Array.concat

/// One of those structures.
let structure (entry: Entry) =
    let cell =
        match get "cell" entry with
        | cell when cell.ValueKind = JsonValueKind.Null ->
            isFalse (get "pbc" entry |> items |> List.exists _.GetBoolean())
            Cell.none
        | cell ->
            let flags = get "pbc" entry |> items |> List.map _.GetBoolean()
            Cell.create (flat cell) (flags[0], flags[1], flags[2]) |> Outcome.getOrFail

    Structure.create
        (ImmutableArray.CreateRange(get "numbers" entry |> integers))
        (ImmutableArray.CreateRange(get "positions" entry |> flat))
        cell
    |> Outcome.getOrFail

/// The settings of a small model: three elements, two layers, and irreps of which one degree is left out.
let smallSettings: NequixSettings =
    { NequixSettings.published 8.0 0.9 -1.5 with
        Cutoff = 4.0
        Elements = [ 1; 8; 14 ]
        Hidden = Irreps.ofString "6x0e + 4x1o + 3x2e"
        MaxDegree = 2
        Layers = 2
        RadialBasis = 5
        RadialWidth = 8
        EnvelopePower = 6 }

/// A small model of random weights.
let small = lazy (Nequix.fresh "small" smallSettings (RandomKey.FromSeed 5UL) |> Outcome.getOrFail)
