/// The same structures and parameters given to LAMMPS (`lmp`), where it is installed: energies, forces and virials.
module Noether.Tests.LammpsTests

open System
open System.IO
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.Lammps
open Noether.Tests.ManyBodyChecks
open Noether.Tests.MechanicsReference

/// Energy, forces and virial by LAMMPS, in units without constants.
let private byLammps style files elements structure =
    runLammps
        { Style = style
          Files = files
          Elements = elements
          Charges = None
          Boundary = "p p p" }
        structure

/// A perturbed mixture in a skewed cell.
let private mixture seed elements apart =
    let cube = scattered seed elements 24 7.0 apart
    let skew = [| 1.02; 0.0; 0.0; 0.13; 0.97; 0.0; -0.21; 0.09; 1.04 |]
    let turn (x: float[]) = Array.init 3 (fun c -> Seq.sum [ for a in 0..2 -> x[a] * skew[3 * a + c] ])
    let rows (values: float[]) = values |> Array.chunkBySize 3 |> Array.collect turn
    let cell = Cell.create (rows (cube.Cell.Vectors.AsSpan().ToArray())) (true, true, true) |> Outcome.getOrFail
    let positions = rows (cube.Positions.AsSpan().ToArray()) |> Array.chunkBySize 3
    let symbols = [ for z in cube.Numbers -> Elements.symbol z ]
    Structure.ofSymbols symbols [ for p in positions -> p[0], p[1], p[2] ] cell |> Outcome.getOrFail

let private table cutoff entries =
    entries |> List.map (fun (pair, values) -> pair, cutoff, Tensor.vector values) |> PairParameters.ofPairs |> ok

let private argon, private krypton = "Ar", "Kr"

/// Two kinds of atoms with parameters, and how LAMMPS is told of them.
let private pair style cutoff (like, unlike, other) f truncation =
    let line a b values =
        let words = values |> List.map text |> String.concat " "
        $"pair_coeff {a} {b} {words}"

    let entries = [ (argon, argon), like; (argon, krypton), unlike; (krypton, krypton), other ]

    [ $"pair_style {style} {text cutoff}"; line 1 1 like; line 1 2 unlike; line 2 2 other ],
    [],
    [ argon; krypton ],
    1.0,
    PairPotential.create style f truncation (table cutoff entries) |> ok

let private shifted (style, files, elements, apart, potential) =
    style @ [ "pair_modify shift yes" ], files, elements, apart, potential

/// An .sw file of three elements: pairs differ, triples differ, what LAMMPS takes to be equal is equal.
let private swFile =
    let elements = [ "Si"; "C"; "Ge" ]

    [ for i in 0..2 do
          for j in 0..2 do
              for k in 0..2 do
                  let both, outer = float (i + j), float (j + k)
                  let epsilon = if j = k then 1.0 + 0.2 * both else 1.1 + 0.1 * float i
                  let sigma = 1.5 + 0.15 * both

                  [ epsilon
                    sigma
                    1.8 - 0.05 * both
                    15.0 + outer + 2.0 * float i
                    1.2 - 0.1 * both
                    -0.33 + 0.1 * outer - 0.05 * float i
                    7.0 + both
                    0.6
                    4.0
                    0.5 * both
                    0.0 ]
                  |> List.map text
                  |> List.append [ elements[i]; elements[j]; elements[k] ]
                  |> String.concat " " ]
    |> String.concat "\n"

/// A .tersoff file with other exponents, λ₃, γ and cut-offs for each triple.
let private tersoffFile =
    let elements = [ "Si"; "C" ]

    [ for i in 0..1 do
          for j in 0..1 do
              for k in 0..1 do
                  let both, all = float (i + j), float (i + j + k)
                  let m = if i = 0 then 3.0 else 1.0

                  [ m
                    0.9 + 0.1 * all
                    0.4 + 0.3 * all
                    4.8 + all
                    2.0 + 0.3 * all
                    -0.5 + 0.1 * all
                    0.8 + 0.2 * float i
                    0.3 + 0.1 * float i
                    1.7 + 0.1 * both
                    470.0 - 50.0 * both
                    2.6 - 0.2 * float (i + k)
                    0.2
                    2.5 + 0.2 * both
                    1800.0 - 200.0 * both ]
                  |> List.map text
                  |> List.append [ elements[i]; elements[j]; elements[k] ]
                  |> String.concat " " ]
    |> String.concat "\n"

/// A funcfl file of copper: 500 densities, 600 distances up to 4 Å.
let private funcflFile =
    let column count f = String.Join("\n", [ for k in 0 .. count - 1 -> text (f (float k)) ])
    // LAMMPS leaves out the last point of such a table, so the functions end before it.
    let fade k = (max 0.0 (1.0 - (k / 584.0) ** 2.0)) ** 4.0

    [ "made of formulas"
      "29 63.55 3.6 fcc"
      $"500 0.1 600 {text (4.0 / 599.0)} {text (584.0 * 4.0 / 599.0)}"
      column 500 (fun k -> -1.1 * sqrt (0.1 * k + 0.01) + 0.002 * k)
      column 600 (fun k -> 3.0 * exp (-0.004 * k) * fade k)
      column 600 (fun k -> 2.0 * exp (-0.003 * k) * fade k) ]
    |> String.concat "\n"

let private cases: (string * (unit -> string list * (string * string) list * string list * float * Potential)) list =
    [ "lj/cut", (fun () -> pair "lj/cut" 2.5 ([ 1.0; 1.0 ], [ 0.7; 1.1 ], [ 0.5; 1.2 ]) (LennardJones()) Truncated)
      "lj/cut shifted",
      (fun () -> pair "lj/cut" 2.5 ([ 1.0; 1.0 ], [ 0.7; 1.1 ], [ 0.5; 1.2 ]) (LennardJones()) Shifted |> shifted)
      "lj/smooth/linear",
      (fun () -> pair "lj/smooth/linear" 2.5 ([ 1.0; 1.0 ], [ 0.7; 1.1 ], [ 0.5; 1.2 ]) (LennardJones()) ForceShifted)
      "morse",
      (fun () -> pair "morse" 3.0 ([ 0.3; 1.3; 1.4 ], [ 0.5; 1.1; 1.5 ], [ 0.2; 1.5; 1.3 ]) (Morse()) Truncated)
      "buck",
      (fun () ->
          pair "buck" 3.0 ([ 900.0; 0.2; 1.0 ], [ 800.0; 0.22; 2.0 ], [ 700.0; 0.24; 0.0 ]) (Buckingham()) Shifted
          |> shifted)
      "born",
      (fun () ->
          let values a = [ a; 0.31; 1.3; 2.0 * a; 0.5 ]
          pair "born" 3.0 (values 0.8, values 0.6, values 1.1) (BornMayer()) Truncated)
      "yukawa",
      (fun () ->
          let style, files, elements, apart, _ =
              pair "yukawa 0.9" 3.0 ([ 3.5 ], [ 2.0 ], [ -1.0 ]) (Yukawa()) Truncated

          let row a = [ a; 0.9 ]
          let table = table 3.0 [ (argon, argon), row 3.5; (argon, krypton), row 2.0; (krypton, krypton), row -1.0 ]
          style, files, elements, apart, PairPotential.create "yukawa" (Yukawa()) Truncated table |> ok)
      "soft",
      (fun () ->
          let style, files, elements, apart, _ =
              pair "soft" 2.0 ([ 3.0 ], [ 2.0 ], [ 1.0 ]) (SoftRepulsion()) Truncated

          let row a = [ a; 2.0 ]
          let table = table 2.0 [ (argon, argon), row 3.0; (argon, krypton), row 2.0; (krypton, krypton), row 1.0 ]
          style, files, elements, apart, PairPotential.create "soft" (SoftRepulsion()) Truncated table |> ok)
      "eam/alloy",
      (fun () ->
          let file = File.ReadAllText(path "binary.setfl")
          let style = [ "pair_style eam/alloy"; "pair_coeff * * file.setfl Ag Cu" ]
          style, [ "file.setfl", file ], [ "Ag"; "Cu" ], 1.9, tabulatedAlloy ())
      "eam",
      (fun () ->
          let style = [ "pair_style eam"; "pair_coeff * * file.funcfl" ]
          let table = EmbeddedAtomFile.parseFuncfl "funcfl" funcflFile |> ok
          let potential = EmbeddedAtom.ofTable "funcfl" FiniteDifferences table |> ok
          style, [ "file.funcfl", funcflFile + "\n" ], [ "Cu" ], 1.7, potential)
      "sw",
      (fun () ->
          let style = [ "pair_style sw"; "pair_coeff * * file.sw Ge Si C" ]
          let potential = StillingerWeber.parse "sw" swFile |> Result.bind (StillingerWeber.create "sw") |> ok
          style, [ "file.sw", swFile + "\n" ], [ "Ge"; "Si"; "C" ], 1.6, potential)
      "tersoff",
      (fun () ->
          let style = [ "pair_style tersoff"; "pair_coeff * * file.tersoff C Si" ]
          let potential = Tersoff.parse "tersoff" tersoffFile |> Result.bind (Tersoff.create "tersoff") |> ok
          style, [ "file.tersoff", tersoffFile + "\n" ], [ "C"; "Si" ], 1.5, potential) ]

/// The pair styles that are compared.
let private styles = List.map fst cases

[<Tests>]
let tests =
    testList
        "Lammps"
        [ testTheory "LAMMPS has the same energies, forces and virials" styles (fun name ->
              needsLammps ()
              let style, files, elements, apart, potential = (cases |> List.find (fun (n, _) -> n = name) |> snd) ()

              for seed in 1..2 do
                  let structure = mixture seed elements apart
                  let results = Evaluate.run potential structure |> ok
                  let energy, forces, virial = byLammps style files elements structure
                  // Both sum some thousand terms in float64; virials lose a digit where large terms cancel.
                  atMost 1e-10 (difference [ energy ] [ results.Energy ])
                  atMost 1e-10 (difference forces results.Forces)
                  atMost 1e-10 (difference virial results.Virial)) ]
