/// Perturbed crystals with energies, forces and virials computed by LAMMPS and ASE, see Reference/mechanics/README.md.
module Noether.Tests.MechanicsReference

open System.IO
open System.Text.Json
open Noether.Domain
open Noether.Physics

let private folder = Repository.fixture "mechanics"

/// A file of the reference folder.
let path name = Path.Combine(folder, name)

let private document = lazy (JsonDocument.Parse(File.ReadAllText(path "energies.json")))

/// One case of energies.json.
let case (name: string) = document.Value.RootElement.GetProperty("cases").GetProperty name

/// All numbers of an array of arrays, in order.
let rec numbers (element: JsonElement) : float list =
    match element.ValueKind with
    | JsonValueKind.Array ->
        [ for item in element.EnumerateArray() do
              yield! numbers item ]
    | _ -> [ element.GetDouble() ]

/// The structure of a case, its types standing for these elements.
let structure (elements: string list) (case: JsonElement) =
    let cell = case.GetProperty "cell" |> numbers |> Array.ofList
    let types = case.GetProperty "types" |> numbers |> List.map int

    let positions =
        case.GetProperty "positions" |> numbers |> List.chunkBySize 3 |> List.map (fun r -> r[0], r[1], r[2])

    let cell = Cell.create cell (true, true, true) |> Outcome.getOrFail
    Structure.ofSymbols [ for t in types -> elements[t] ] positions cell |> Outcome.getOrFail

/// The largest difference of two lists of numbers, relative to the largest number expected.
let difference (expected: float seq) (found: float seq) =
    let scale = expected |> Seq.map abs |> Seq.max
    (Seq.map2 (fun x y -> abs (x - y)) expected found |> Seq.max) / scale

/// The worst relative difference of energy, energies of atoms, forces and virial from one program's results.
let worst (program: string) (case: JsonElement) (results: Results) =
    let expected = case.GetProperty program
    let numbersOf (name: string) = expected.GetProperty name |> numbers

    let virial =
        match expected.TryGetProperty "virial", expected.TryGetProperty "dE_dstrain" with
        | (true, w), _ -> numbers w
        | _, (true, e) -> numbers e |> List.map (~-)
        | _ -> List.ofSeq results.Virial

    List.max
        [ difference (numbersOf "energy") [ results.Energy ]
          difference (numbersOf "per_atom_energy") results.Energies
          difference (numbersOf "forces") results.Forces
          difference virial results.Virial ]
