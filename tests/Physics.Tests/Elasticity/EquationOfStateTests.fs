module Noether.Tests.EquationOfStateTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.MechanicsReference
open Noether.Tests.SolidsReference

let private known = { Energy = -3.7; Volume = 40.0; BulkModulus = 0.61; Derivative = 4.3 }

[<Tests>]
let tests =
    testList
        "EquationOfState"
        [ testCase "A fit finds the equation that made its points" (fun () ->
              let volumes = [ for k in -4 .. 6 -> 40.0 * (1.0 + 0.02 * float k) ]
              let energies = volumes |> List.map (fun v -> EquationOfState.energy v known)
              let found = EquationOfState.fit volumes energies |> Outcome.getOrFail
              // Energies of 4 eV that vary by 0.1 lose two digits, the derivative two more.
              equalWithin 1e-13 known.Energy found.Energy
              equalWithin 1e-10 known.Volume found.Volume
              equalWithin 1e-11 known.BulkModulus found.BulkModulus
              equalWithin 1e-9 known.Derivative found.Derivative)

          testCase "Pressure is the slope of the energy" (fun () ->
              for volume in [ 30.0; 40.0; 47.0 ] do
                  let h = 1e-4

                  let slope =
                      (EquationOfState.energy (volume + h) known - EquationOfState.energy (volume - h) known)
                      / (2.0 * h)
                  // Rounding of 4 eV by 1e-4 Å³.
                  equalWithin 1e-10 (-slope) (EquationOfState.pressure volume known))

          testCase "Pressures of a scan are those of the fitted equation" (fun () ->
              let ratios = [ for k in -3 .. 3 -> 1.0 + 0.002 * float k ]
              let found = EquationOfState.birchMurnaghan ratios (crystal ()) (argon ()) |> Outcome.getOrFail
              let scan = EquationOfState.scanClamped ratios (crystal ()) (argon ()) |> Outcome.getOrFail

              for volume, pressure in Seq.zip scan.Volumes scan.Pressures do
                  // Fourth-order terms, which the equation leaves out, cost 0.004³ and factors of ten.
                  atMost 1e-5 (abs (pressure - EquationOfState.pressure volume found) / found.BulkModulus))

          testCase
              "The modulus with relaxed ions is that of the elastic constants, and with clamped ions theirs"
              (fun () ->
                  // A crystal of two elements without symmetry, its cell at rest, so that constants and curvature agree.
                  let potential, start = alloy.Value

                  let settings =
                      { Relaxation.standard with
                          Force = 1e-7
                          Stress = 1e-6
                          Cell = Some(CellFreedom.full 0.0) }

                  let structure = (Relaxation.run settings potential start |> Outcome.getOrFail).Structure
                  let constants = Elastic.constants potential structure |> Outcome.getOrFail

                  let bulk (matrix: Tensor) =
                      let c = Tensor.toArray matrix

                      Seq.sum
                          [ for i in 0..2 do
                                for j in 0..2 -> c[6 * i + j] ]
                      / 9.0

                  let ratios = [ for k in -4 .. 4 -> 1.0 + 0.005 * float k ]

                  let modulus (scan: Result<VolumeScan, NoetherError>) =
                      let scan = scan |> Outcome.getOrFail
                      (EquationOfState.fit scan.Volumes scan.Energies |> Outcome.getOrFail).BulkModulus

                  let relaxed = modulus (EquationOfState.scan EquationOfState.relaxation ratios potential structure)
                  let clamped = modulus (EquationOfState.scanClamped ratios potential structure)
                  // What a cubic leaves of volumes within 2 %.
                  equalWithin (2e-3 * relaxed) (bulk constants.Relaxed) relaxed
                  equalWithin (2e-3 * clamped) (bulk constants.Clamped) clamped
                  isTrue (clamped > 1.02 * relaxed))

          testCase "Points that are no equation of state are refused" (fun () ->
              let message volumes energies =
                  match EquationOfState.fit volumes energies with
                  | Ok _ -> "no error"
                  | Error error -> NoetherError.message error

              // Always rising in V^(-2/3), so that there is no root to find.
              let rising = [ 1.0; 2.0; 3.0; 4.0; 5.0 ]

              equal
                  "the equation of state has 3 different volumes, expected at least 4 for its 4 parameters"
                  (message [ 1.0; 2.0; 3.0; 3.0 ] [ 1.0; 2.0; 3.0; 3.0 ])

              equal
                  "the equation of state has 1 volumes and 2 energies, expected as many of each"
                  (message [ 1.0 ] [ 1.0; 2.0 ])

              equal
                  "the list of energies has no minimum over volume, expected one, for the equation of state"
                  (message rising [ for v in rising -> let u = Math.Pow(v, -2.0 / 3.0) - 0.5 in u + u * u * u ])

              equal
                  "a volume is 0, expected a positive number of Å³"
                  (message [ 0.0; 2.0; 3.0; 4.0 ] [ 1.0; 1.0; 1.0; 1.0 ])) ]
