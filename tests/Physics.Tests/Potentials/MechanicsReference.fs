/// Perturbed crystals with energies, forces and virials computed by LAMMPS and ASE, see Reference/mechanics/README.md.
module Noether.Tests.MechanicsReference

open System.IO
open System.Text.Json
open Noether.Domain
open Noether.Physics
open Noether.Tests.Recorded

let private folder = Repository.fixture "mechanics"

/// A file of the reference folder.
let path name = Path.Combine(folder, name)

/// One case of energies.json.
let case (name: string) = (recorded "mechanics/energies.json").GetProperty("cases").GetProperty name

/// All numbers of an array of arrays, in order.
let rec numbers (element: Entry) : float list =
    match element.ValueKind with
    | JsonValueKind.Array ->
        [ for item in element.EnumerateArray() do
              yield! numbers item ]
    | _ -> [ element.GetDouble() ]

/// The structure of a case, its types standing for these elements.
let structure (elements: string list) (case: Entry) =
    let cell = case.GetProperty "cell" |> numbers |> Array.ofList
    let types = case.GetProperty "types" |> numbers |> List.map int

    let positions =
        case.GetProperty "positions" |> numbers |> List.chunkBySize 3 |> List.map (fun r -> r[0], r[1], r[2])

    let cell = Cell.create cell (true, true, true) |> Outcome.getOrFail
    Structure.ofSymbols [ for t in types -> elements[t] ] positions cell |> Outcome.getOrFail

/// The largest difference of as many numbers as expected, relative to the largest number expected.
let difference (expected: float seq) (found: float seq) = largestDifference expected found / largest expected

/// The worst relative difference of energy, energies of atoms, forces and virial from one program's results.
let worst (program: string) (case: Entry) (results: Results) =
    let expected = case.GetProperty program
    let numbersOf (name: string) = expected.GetProperty name |> numbers

    // ∂E/∂ε is minus the virial, and stress × volume. What was not recorded is not compared.
    let recorded (name: string) sign (found: float seq) =
        match expected.TryGetProperty name with
        | true, values -> [ difference (numbers values) (Seq.map (fun x -> sign * x) found) ]
        | _ -> []

    largest
        [ difference (numbersOf "energy") [ results.Energy ]
          difference (numbersOf "forces") results.Forces
          yield! recorded "per_atom_energy" 1.0 results.Energies
          yield! recorded "virial" 1.0 results.Virial
          yield! recorded "dE_dstrain" -1.0 results.Virial
          yield! recorded "stress_times_volume" -1.0 results.Virial ]
