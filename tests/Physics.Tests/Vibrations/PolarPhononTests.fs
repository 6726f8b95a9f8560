module Noether.Tests.PolarPhononTests

open System
open System.IO
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.MechanicsReference

/// Rigid ions: Coulomb's law of unit charges and the repulsion of C. R. A. Catlow, K. M. Diller and M. J. Norgett, J.
/// Phys. C 10, 1395 (1977), without its dispersion.
let private model =
    let charges = ChargeSource.ofSymbols [ "Na", 1.0; "Cl", -1.0 ] |> ok

    let coulomb =
        { Electrostatics.standard with
            Charges = charges
            Accuracy = 1e-10
            Cutoff = 8.0
            Method = EwaldMethod }

    let repulsion =
        [ ("Na", "Na"), 7.0, Tensor.vector [ 487.0; 0.23768; 0.0 ]
          ("Na", "Cl"), 7.0, Tensor.vector [ 1256.31; 0.3162; 0.0 ]
          ("Cl", "Cl"), 7.0, Tensor.vector [ 3485.0; 0.3214; 0.0 ] ]
        |> PairParameters.ofPairs
        |> Result.bind (PairPotential.create "repulsion" (Buckingham()) ForceShifted)

    (Electrostatics.create coulomb |> ok) + ok repulsion

let private salt = Crystal.rocksaltPrimitive "Na" "Cl" 5.7 |> ok

let private rigid = DielectricResponse.ofRigidIons [ 1.0; -1.0 ] |> ok

let private build counts = Phonons.forceConstants counts model salt |> ok

let private small = lazy (build (2, 2, 2))

let private polar = lazy (Phonons.withResponse rigid small.Value |> ok)

/// A response of no symmetry, to the sum rule.
let private crooked =
    let z = [ 1.1; 0.2; -0.1; 0.05; 0.9; 0.3; -0.2; 0.1; 1.3 ]
    DielectricResponse.create [ 2.3; 0.2; 0.1; 0.2; 1.9; -0.3; 0.1; -0.3; 2.8 ] (z @ List.map (~-) z) |> ok

let private inFile (name: string) (text: string) (f: string -> 'T) =
    let folder = Directory.CreateTempSubdirectory "noether-born-"

    try
        let path = Path.Combine(folder.FullName, name)
        File.WriteAllText(path, text)
        f path
    finally
        folder.Delete true

let private message result =
    match result with
    | Error error -> NoetherError.message error
    | Ok _ -> failwith "expected an error"

[<Tests>]
let tests =
    testList
        "PolarPhonon"
        [ testCase "The longitudinal optical phonon at Γ is the limit of those at finite wavevectors" (fun () ->
              // In a row of L cells the wavevector b/L fits, and its phonons are exact; three of them give the limit.
              let squares length =
                  let modes = Phonons.modes (1.0 / float length, 0.0, 0.0) (build (length, 1, 1))
                  [ modes.Squares[5]; modes.Squares[4]; modes.Squares[3] ]

              let extrapolate a b c =
                  let one, two = (4.0 * b - a) / 3.0, (4.0 * c - b) / 3.0
                  (16.0 * two - one) / 15.0

              let limits = List.map3 extrapolate (squares 6) (squares 12) (squares 24)
              let found = (Phonons.modesTowards (1.0, 0.0, 0.0) polar.Value |> ok).Squares
              let found = [ found[5]; found[4]; found[3] ]
              isTrue (found[2] > 0.0)
              // What the extrapolation leaves is (2π/6)⁶ times a coefficient of the dispersion.
              atMost 1e-5 (difference limits found)
              // Without the term the longitudinal phonon would be a transverse one.
              let without = (Phonons.modes (0.0, 0.0, 0.0) polar.Value).Squares[5]
              atMost 1e-9 (abs (without / found[1] - 1.0)))

          testCase "Charges of the structure are those of its supercells" (fun () ->
              let settings =
                  { Electrostatics.standard with
                      Accuracy = 1e-10
                      Cutoff = 8.0
                      Method = EwaldMethod }

              let byElement =
                  { settings with
                      Charges = ChargeSource.ofSymbols [ "Na", 1.0; "Cl", -1.0 ] |> ok }

              let charged = Structure.withPerAtom "initial_charges" (Property.reals [ 1.0; -1.0 ]) salt |> ok

              let squares settings =
                  (Phonons.modes
                      (0.5, 0.0, 0.5)
                      (Phonons.forceConstants (2, 1, 2) (Electrostatics.create settings |> ok) charged |> ok))
                      .Squares

              atMost 1e-12 (difference (squares byElement) (squares settings)))

          testCase "The squares of LO and TO differ by that of the ions' plasma frequency" (fun () ->
              let volume = Cell.volume salt.Cell |> Option.get
              let masses = polar.Value.Masses
              let plasma = 4.0 * Math.PI * Units.coulomb / volume * (1.0 / masses[0] + 1.0 / masses[1])

              for direction in [ 1.0, 0.0, 0.0; 1.0, 1.0, 0.0; 0.3, -0.2, 0.9 ] do
                  let squares = (Phonons.modesTowards direction polar.Value |> ok).Squares
                  atMost 1e-9 (abs ((squares[5] - squares[4]) / plasma - 1.0))
                  // Sound is as it was.
                  atMost 1e-9 (abs squares[0] + abs squares[2]))

          testCase "At wavevectors that fit into the supercell nothing is added, near Γ all of it" (fun () ->
              for q in [ 0.5, 0.0, 0.0; 0.5, 0.5, 0.0; 0.5, 0.5, 0.5; 0.0, -0.5, 1.5 ] do
                  let bare, full = Phonons.modes q small.Value, Phonons.modes q polar.Value
                  atMost 1e-12 (difference bare.Squares full.Squares)

              let near = Phonons.modes (2e-5, 1e-5, 0.0) polar.Value
              let limit = Phonons.modesTowards (2.0, 1.0, 0.0) polar.Value |> ok
              atMost 1e-7 (difference limit.Squares near.Squares))

          testCase "The term of any response has the trace of its formula" (fun () ->
              let constants = Phonons.withResponse crooked small.Value |> ok
              let b = Cell.reciprocal salt.Cell

              for direction in [ 0.0, 1.0, 0.0; 0.7, -0.2, 0.4 ] do
                  let qa, qb, qc = direction
                  let k = Array.init 3 (fun c -> qa * b[c] + qb * b[3 + c] + qc * b[6 + c])
                  let e, z = crooked.Dielectric, crooked.Charges

                  let screened =
                      Seq.sum
                          [ for i in 0..2 do
                                for j in 0..2 -> k[i] * e[3 * i + j] * k[j] ]

                  let field i =
                      Seq.sum [ for a in 0..2 -> Seq.sum [ for c in 0..2 -> k[c] * z[9 * i + 3 * c + a] ] ** 2.0 ]

                  let volume = Cell.volume salt.Cell |> Option.get

                  let expected =
                      4.0 * Math.PI * Units.coulomb / (volume * screened)
                      * Seq.sum [ for i in 0..1 -> field i / constants.Masses[i] ]

                  let trace (modes: PhononModes) = Seq.sum modes.Squares
                  let limit = Phonons.modesTowards direction constants |> ok
                  let added = trace limit - trace (Phonons.modes (0.0, 0.0, 0.0) constants)
                  atMost 1e-10 (abs (added / expected - 1.0)))

          testCase "Group velocities are the slopes of the branches, the term included" (fun () ->
              let constants = Phonons.withResponse crooked small.Value |> ok
              let q = [| 0.13; -0.21; 0.34 |]
              let velocities = Phonons.groupVelocities (q[0], q[1], q[2]) constants
              let h = 1e-5
              let vectors = salt.Cell.Vectors

              for c in 0..2 do
                  // A step h along the Cartesian axis c is h a_i·e_c/2π in reciprocal lattice vectors.
                  let at step =
                      let moved i = q[i] + step * vectors[3 * i + c] / (2.0 * Math.PI)
                      (Phonons.modes (moved 0, moved 1, moved 2) constants).Squares |> Seq.map sqrt |> Array.ofSeq

                  let slopes = Array.map2 (fun up down -> Units.ps * (up - down) / (2.0 * h)) (at h) (at -h)
                  atMost 1e-7 (difference slopes [ for k in 0..5 -> velocities[3 * k + c] ]))

          testCase "A path has both limits where it turns at Γ" (fun () ->
              let constants = Phonons.withResponse crooked small.Value |> ok
              let points = [ "X", (0.5, 0.0, 0.5); "Γ", (0.0, 0.0, 0.0); "L", (0.5, 0.5, 0.5) ]
              let bands = PhononBands.path points 4 constants |> ok
              equal 10 bands.Distances.Length
              equal [ 0, "X"; 4, "Γ"; 9, "L" ] bands.Labels
              equal bands.Distances[4] bands.Distances[5]
              let at index = bands.Terahertz.Slice(6 * index, 6)
              let towards d = (Phonons.modesTowards d constants |> ok).Terahertz
              atMost 1e-12 (difference (towards (-0.5, 0.0, -0.5)) (at 4))
              atMost 1e-12 (difference (towards (0.5, 0.5, 0.5)) (at 5))
              isTrue (difference (at 4) (at 5) > 1e-3)
              equal 9 (PhononBands.path points 4 small.Value |> ok).Distances.Length)

          testCase "Born charges are read from phonopy's file, from JSON and from the structure" (fun () ->
              let born =
                  "# epsilon and Z* of atoms 1 2\n2.3 0 0 0 2.3 0 0 0 2.3\n"
                  + "1.1 0 0 0 1.1 0 0 0 1.1\n-1.1 0 0 0 -1.1 0 0 0 -1.1\n"

              let expected = inFile "BORN" born (DielectricResponse.read salt) |> ok
              equal 18 expected.Charges.Length
              equal 2.3 expected.Dielectric[4]
              equal -1.1 expected.Charges[17]

              for text in [ "14.400\n" + born; "default\n" + born ] do
                  equal expected (inFile "BORN" text (DielectricResponse.read salt) |> ok)

              for json in
                  [ """{ "dielectric": 2.3, "charges": { "Na": 1.1, "Cl": [[-1.1, 0, 0], [0, -1.1, 0], [0, 0, -1.1]] } }"""
                    """{ "dielectric": [[2.3, 0, 0], [0, 2.3, 0], [0, 0, 2.3]], "charges": [1.1, -1.1] }""" ] do
                  equal expected (inFile "born.json" json (DielectricResponse.read salt) |> ok)

              // Of the conventional cell, one round tensor for each element.
              let cubic = Crystal.rocksalt "Na" "Cl" 5.7 |> ok
              equal 72 (inFile "BORN" born (DielectricResponse.read cubic) |> ok).Charges.Length

              let carried =
                  let charges = Property.create [ 2; 9 ] (Reals expected.Charges) |> ok

                  Structure.withPerAtom "born_charges" charges salt
                  |> Result.bind (Structure.withInfo "dielectric" (Property.reals expected.Dielectric))
                  |> ok

              equal (Some expected) (DielectricResponse.ofStructure carried |> ok)
              equal None (DielectricResponse.ofStructure salt |> ok))

          testCase "The sum rule is measured and kept" (fun () ->
              let z = [ 1.2; 0.0; 0.0; 0.0; 1.2; 0.0; 0.0; 0.0; 1.2 ]

              let response =
                  DielectricResponse.create
                      [ 2.0; 0.0; 0.0; 0.0; 2.0; 0.0; 0.0; 0.0; 2.0 ]
                      (z @ List.map (fun x -> -0.75 * x) z)
                  |> ok

              atMost 1e-15 (abs (DielectricResponse.sumRuleError response - 0.3))
              let kept = DielectricResponse.withSumRule response
              atMost 1e-15 (DielectricResponse.sumRuleError kept)
              atMost 1e-15 (abs (kept.Charges[0] - 1.05))
              let constants = Phonons.withResponse response small.Value |> ok
              atMost 1e-15 (DielectricResponse.sumRuleError constants.Response.Value))

          testCase "What cannot be is refused" (fun () ->
              contains
                  "symmetric"
                  (message (DielectricResponse.create [ 1.0; 0.5; 0.0; 0.0; 1.0; 0.0; 0.0; 0.0; 1.0 ] []))

              contains
                  "positive"
                  (message (DielectricResponse.create [ 1.0; 0.0; 0.0; 0.0; -1.0; 0.0; 0.0; 0.0; 1.0 ] []))

              let one = DielectricResponse.ofRigidIons [ 1.0 ] |> ok
              contains "2 atoms" (message (Phonons.withResponse one small.Value))
              contains "direction" (message (Phonons.modesTowards (0.0, 0.0, 0.0) polar.Value))
              let short = "2.3 0 0 0 2.3 0 0 0 2.3\n1.1 0 0\n"
              contains "BORN:2" (message (inFile "BORN" short (DielectricResponse.read salt)))) ]
