module Noether.Tests.VibrationTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.MechanicsReference
open Noether.Tests.SolidsReference

let private uncut () = lennardJones Truncated 50.0

let private tetrahedron () = molecule "Ar" (cluster "LJ4" |> fun c -> c.GetProperty "relaxed" |> numbers)

[<Tests>]
let tests =
    testList
        "Vibration"
        [ testCase "Frequencies are those of ASE" (fun () ->
              let reference = (cluster "LJ4").GetProperty "ase_vibrations"
              let modes = Vibrations.modes (uncut ()) (tetrahedron ()) |> Outcome.getOrFail
              let genuine (values: float seq) = values |> Seq.filter (fun x -> abs x > 1e-5) |> Array.ofSeq
              let exact = reference.GetProperty "exact_energies_eV" |> numbers |> genuine
              // CODATA 2018 here, 2014 there: 1e-8 of √(ħ²/amu) between them.
              atMost 2e-8 (difference exact (genuine modes.Energies))
              equal 6 exact.Length
              let structure = tetrahedron ()
              equal [ for _ in 1..4 -> 39.948 ] (reference.GetProperty "masses_amu" |> numbers)

              // Differences of forces at four points, a step of 1e-3 apart: 1e-9 was seen.
              let hessian = Hessian.dense (uncut ()) structure |> ok |> Tensor.toArray
              let byDifferences = reference.GetProperty "hessian_by_differences" |> numbers
              atMost 5e-9 (difference byDifferences hessian)

              // ASE's own are differences of forces with a step of 1e-3, good to 1e-9 by the reference's own
              // comparison.
              // Imaginary ones, of the motions that cost nothing, are pairs.
              let ofAse (name: string) least =
                  [| for x in reference.GetProperty(name).EnumerateArray() do
                         match numbers x with
                         | [ real ] when real > least -> yield real
                         | [ 0.0; _ ]
                         | [ _ ] -> ()
                         | other -> failwith $"{other}" |]

              atMost
                  2e-8
                  (difference (ofAse "frequencies_per_cm" 1.0) (modes.Wavenumbers |> Seq.filter (fun x -> x > 1.0)))

              atMost 2e-8 (difference (ofAse "energies_eV" 1e-5) (genuine modes.Energies)))

          testCase "Units are those of the constants" (fun () ->
              // ASE's table of CODATA 2018: a femtosecond in Å √(amu/eV), and 1 cm⁻¹ in eV.
              let femtosecond, perCentimetre = 0.09822694750253277, 0.0001239841984332003
              equalWithin 1e-13 (1000.0 * femtosecond / (2.0 * Math.PI)) (Frequency.terahertz 1.0)
              equal (-Frequency.terahertz 1.0) (Frequency.terahertz -1.0)
              equalWithin 1e-11 (Frequency.energy 1.0 / perCentimetre) (Frequency.wavenumber 1.0)
              // h · THz in eV, from the exact constants.
              equalWithin 1e-16 (4.135667696923859e-3 * Frequency.terahertz 2.0) (Frequency.energy 2.0))

          testCase "Eigenvectors are orthonormal and satisfy their equation" (fun () ->
              let potential, structure = alloy.Value
              let masses = [| for i in 0 .. structure.Count - 1 -> 1.0 + float i |]
              let modes = Vibrations.modesWith masses potential structure |> Outcome.getOrFail
              let size = 3 * structure.Count
              let vectors = Tensor.ofArray [| size; size |] (Array.ofSeq modes.Eigenvectors)
              let hessian = Hessian.dense potential structure |> Outcome.getOrFail
              let roots = Tensor.ofArray [| 1; size |] (Array.init size (fun k -> sqrt masses[k / 3]))
              let weighted = hessian / Tensor.matmulTransposed true false roots roots
              TensorChecks.agree 1e-13 (Tensor.eye size) (Tensor.matmulTransposed false true vectors vectors)
              let images = Tensor.matmul vectors weighted
              let expected = vectors * Tensor.ofArray [| size; 1 |] (Array.ofSeq modes.Squares)
              atMost 1e-13 (difference (Tensor.toArray expected) (Tensor.toArray images))
              equalSeq (Seq.sort modes.Squares) modes.Squares)

          testCase "A dimer vibrates as its formula says, and runs away where its curvature is negative" (fun () ->
              let at distance =
                  Vibrations.modesWith [ 1.0; 3.0 ] (uncut ()) (molecule "Ar" [ 0.0; 0.0; 0.0; 0.0; distance; 0.0 ])
                  |> Outcome.getOrFail

              let curvature r = 4.0 * (156.0 * Math.Pow(r, -14.0) - 42.0 * Math.Pow(r, -8.0))
              let slope r = 4.0 * (-12.0 * Math.Pow(r, -13.0) + 6.0 * Math.Pow(r, -7.0))
              let reduced = 3.0 / 4.0
              let rest = Math.Pow(2.0, 1.0 / 6.0)
              // ω² = V″/μ along the bond; V′/(rμ) for each of the two turns.
              equalWithin 1e-11 (curvature rest / reduced) (at rest).Squares[5]
              equalWithin 1e-12 (curvature 1.4 / reduced) (at 1.4).Squares[0]
              equalWithin 1e-12 (slope 1.4 / (1.4 * reduced)) (at 1.4).Squares[5]
              isTrue ((at 1.4).Wavenumbers[0] < -1.0)

              let energies = (at rest).Energies
              equalWithin 1e-8 (0.5 * energies[5]) (Vibrations.zeroPointEnergy (at rest)))

          testCase "Masses that cannot be are refused" (fun () ->
              let message masses =
                  match Vibrations.modesWith masses (uncut ()) (tetrahedron ()) with
                  | Ok _ -> "no error"
                  | Error error -> NoetherError.message error

              equal "the list of masses has 2 entries, expected 4, one for each atom" (message [ 1.0; 2.0 ])
              equal "the mass of atom 1 is 0, expected a positive number of amu" (message [ 1.0; 0.0; 1.0; 1.0 ])) ]
