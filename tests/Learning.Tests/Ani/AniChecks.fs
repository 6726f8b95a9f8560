/// The published ANI models, where this machine has them, and what torchani 2.9.0 says of them (Fixtures/ani).
module Noether.Tests.AniChecks

open System
open System.Collections.Immutable
open System.IO
open System.Text.Json
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Learning
open Noether.Physics
open Noether.Tests.Recorded
open Expecto

/// The unit of energy of the program that made the fixtures (CODATA 2014) does not matter: all is compared in hartree.
let hartree = Units.hartree

/// Where models lie: the folder ani of NOETHER_DATA, or of shared/data beside the repository.
let folder =
    match Environment.GetEnvironmentVariable "NOETHER_DATA" with
    | null
    | "" -> Path.Combine(Repository.root, "..", "shared", "data", "ani")
    | data -> Path.Combine(data, "ani")

/// The .info file of a published model, "1x" or "2x".
let info model = Path.Combine(folder, $"ani-{model}_8x.info")

let private missing = [ "1x"; "2x" ] |> List.filter (fun model -> not (File.Exists(info model)))

let private reason =
    $"{folder} lacks the parameters of ANI, so nothing was compared with the published models. The repository "
    + "aiqm/ani-model-zoo on GitHub has them; NOETHER_DATA names the folder that has them in its folder ani."

/// Skips a test where the published models are not.
let needsAni () = if not missing.IsEmpty then skiptest reason

let private loaded =
    Map [ for model in [ "1x"; "2x" ] -> model, lazy (AniFile.read (info model) |> Outcome.getOrFail) ]

/// A published model.
let published model = loaded[model].Value

/// A file of Fixtures/ani.
let fixture (name: string) = recorded ("ani/" + name)

let flat element = items element |> List.map numbers |> Array.concat

/// A structure of symbols, positions and perhaps cell and periodicity.
let structureOf (entry: Entry) =
    let numbers = get "symbols" entry |> items |> List.map (text >> Elements.ofSymbol >> Outcome.getOrFail)

    let cell =
        match entry.TryGetProperty "cell" with
        | true, cell when cell.ValueKind <> JsonValueKind.Null ->
            let flags = get "pbc" entry |> items |> List.map _.GetBoolean()
            Cell.create (flat cell) (flags[0], flags[1], flags[2]) |> Outcome.getOrFail
        | _ -> Cell.none

    Structure.create
        (ImmutableArray.CreateRange numbers)
        (ImmutableArray.CreateRange(get "positions" entry |> flat))
        cell
    |> Outcome.getOrFail

let private given = lazy (fixture "structures.json")

/// A structure of the fixtures by name.
let structure (name: string) = structureOf (given.Value.GetProperty name)

/// Settings of a small model of three elements that structures of laws are made of.
let smallSettings: AniSettings =
    { Elements = [ 1; 8; 14 ]
      Environments =
        { Species = 3
          RadialCutoff = 3.6170001
          AngularCutoff = 2.9170001
          RadialWidth = 3.0
          RadialShifts = [ 0.6; 1.2; 1.9; 2.6; 3.1 ]
          AngularWidth = 2.5
          AngularShifts = [ 0.8; 1.5; 2.2 ]
          Sharpness = 8.0
          Sections = [ 0.4; 1.2; 2.0; 2.8 ]
          End = CosineEnd }
      Hidden = [ [ 12; 7 ]; [ 9 ]; [ 17; 5; 3 ] ]
      Members = 2
      SelfEnergies = [ -0.5; -75.0; -289.0 ]
      Unit = hartree }

/// A small model of random weights.
let small =
    lazy
        (Ani.fresh smallSettings Float32 (RandomKey.FromSeed 5UL)
         |> AniModel.ofParameters "small" smallSettings
         |> Outcome.getOrFail)
