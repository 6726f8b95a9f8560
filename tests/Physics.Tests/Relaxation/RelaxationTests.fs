module Noether.Tests.RelaxationTests

open System.Text.Json
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.MotionChecks

let private methods = [ "lbfgs", Lbfgs 20; "fire", Fire; "cg", ConjugateGradients ]

let private clusterRuns =
    [ for name in [ "LJ3"; "LJ4"; "LJ7"; "LJ13" ] do
          for label, _ in methods -> name, label ]

/// As the reference: shifted at 50.
let private free = lennardJones 50.0 1.0 1.0 Shifted

let private relaxed settings potential structure = Relaxation.run settings potential structure |> Outcome.getOrFail

let private crystal () =
    let reference = cluster "cell_relaxation_fcc_lj"
    reference, argon (reals "start_positions" reference) (periodic (reals "start_cell" reference))

let private shifted = lennardJones 2.5 1.0 1.0 Shifted

let private labels = List.map fst methods

[<Tests>]
let tests =
    testList
        "Relaxation"
        [ testTheory "Clusters relax to the known minima" clusterRuns (fun (name, label) ->
              let reference = cluster name

              let settings =
                  { Relaxation.standard with
                      Minimiser = Map.find label (Map.ofList methods)
                      Force = 1e-6 }

              let result = relaxed settings free (argon (reals "start" reference) Cell.none)
              equal Converged result.Status
              atMost 1e-6 result.LargestForce
              // The energy is good to the square of the force over the least stiffness, 1e-13; that of the reference to
              // its 16 digits.
              let run (program: string) = reference.GetProperty("runs").GetProperty(program)

              for program, force in [ "BFGS", 1e-8; "LBFGS", 1e-8; "FIRE", 1e-6 ] do
                  equalWithin 1e-11 ((run program).GetProperty("energy").GetDouble()) result.Results.Energy
                  inRange 0.0 force ((run program).GetProperty("fmax").GetDouble())

              // BFGS keeps the whole Hessian, and yet takes as many steps as the method of limited memory, or more.
              let steps (program: string) = (run program).GetProperty("steps").GetInt32()
              isTrue (steps "BFGS" >= steps "LBFGS")
              // Without the shift of the cut-off, n(n − 1)/2 times 4·50⁻⁶.
              let pairs = float (result.Structure.Count * (result.Structure.Count - 1) / 2)
              let shift = 4.0 * pairs * System.Math.Pow(50.0, -6.0)
              equalWithin 1e-11 (reference.GetProperty("energy").GetDouble() + shift) result.Results.Energy
              let known = Map.ofList [ "LJ3", -3.0; "LJ4", -6.0; "LJ7", -16.505384; "LJ13", -44.326801 ]
              // The digits that are given, and the shift of the cut-off.
              equalWithin 1e-6 known[name] result.Results.Energy
              let program, most = if label = "fire" then "FIRE", 1.3 else "LBFGS", (if label = "cg" then 5.0 else 2.0)
              // Clusters may turn, so distances are compared; a force of 1e-6 over the least stiffness, some tens, is
              // less.
              let distances (x: float[]) =
                  [| for i in 0..3 .. x.Length - 3 do
                         for j in 0..3 .. i - 3 do
                             sqrt (Seq.sum [ for c in 0..2 -> (x[i + c] - x[j + c]) * (x[i + c] - x[j + c]) ]) |]
                  |> Array.sort

              let found = distances (Array.ofSeq result.Structure.Positions)

              atMost 1e-6 (largestDifference (distances (reals "relaxed" reference)) found)
              // Not many more evaluations than ASE's steps, to a force a thousand times smaller where it is not FIRE.
              inRange 1.0 (most * float (steps program) + 3.0) (float result.Evaluations))

          testTheory "Cell and positions relax together to the reference's minimum" labels (fun label ->
              let reference, structure = crystal ()

              let settings =
                  { Relaxation.standard with
                      Minimiser = Map.find label (Map.ofList methods)
                      Force = 1e-6
                      Stress = reducedPressure 1e-6
                      Cell = Some(CellFreedom.full 0.0) }

              let result = relaxed settings shifted structure
              equal Converged result.Status
              equalWithin 1e-9 (reference.GetProperty("energy").GetDouble()) result.Results.Energy
              // Stiffness 60 per volume and unit of strain: a stress of 1e-6 leaves 1e-8 of the volume.
              let volume = Cell.volume result.Structure.Cell |> Option.get
              equalWithin 1e-5 (reference.GetProperty("volume").GetDouble()) volume)

          testCase "The gradient of the landscape is its derivative, cell and pressure included" (fun () ->
              let _, structure = crystal ()
              let cell = Some(CellFreedom.full (reducedPressure 2.0))
              let smooth = lennardJones 2.5 1.0 1.0 ForceShifted
              let landscape = EnergySurface.create smooth 0.3 cell (Constraints.none structure.Count) structure
              let at x = landscape.At None x |> Outcome.getOrFail
              let shake = Structure.rattle 1.0 key structure |> Outcome.getOrFail
              // Away from F = 1, along a direction that changes atoms and cell.
              let direction =
                  Array.init landscape.Start.Length (fun i -> shake.Positions[(7 * i) % shake.Positions.Length] / 20.0)

              let x = Array.map2 (fun a b -> a + 0.02 * b) landscape.Start direction
              let along t = (at (Array.map2 (fun a b -> a + t * b) x direction)).Value
              let h = 1e-4
              let difference = (8.0 * (along h - along -h) - (along (2.0 * h) - along (-2.0 * h))) / (12.0 * h)
              // Central differences of fourth order: 1e-9 of the energy from rounding, h⁴ of it from the formula.
              equalWithin (1e-6 * abs difference) difference (Array.sum (Array.map2 (*) (at x).Gradient direction)))

          testCase "Pressure, masks and the volume alone do what they say" (fun () ->
              let _, structure = crystal ()
              let settings = { Relaxation.standard with Force = 1e-7; Stress = reducedPressure 1e-7 }
              let relax cell = relaxed { settings with Cell = Some cell } shifted structure
              let pressed = relax (CellFreedom.full (reducedPressure 3.0))
              equal Converged pressed.Status
              let stress = pressed.Results.Stress |> Option.get

              for i in 0..8 do
                  equalWithin 1e-6 (if i % 4 = 0 then -3.0 else 0.0) stress[i]

              let start = structure.Cell.Vectors
              let volumeOnly = relax (CellFreedom.hydrostatic 0.0)
              equal Converged volumeOnly.Status
              let ratio = volumeOnly.Structure.Cell.Vectors[0] / start[0]

              for i in 0..8 do
                  equalWithin 1e-12 (ratio * start[i]) volumeOnly.Structure.Cell.Vectors[i]

              let alongX = relax (CellFreedom.masked 0.0 (true, false, false, false, false, false))
              equal Converged alongX.Status
              differ start[0] alongX.Structure.Cell.Vectors[0]

              for i in [ 1; 2; 4; 5; 7; 8 ] do
                  equalWithin 1e-14 start[i] alongX.Structure.Cell.Vectors[i])

          testCase "Held atoms stay, and steps are made as they are asked for" (fun () ->
              let structure = argon (reals "start" (cluster "LJ13")) Cell.none

              let settings =
                  { Relaxation.standard with
                      Held = (fun atom axis -> atom = 0 || axis = 2)
                      MaxSteps = 3 }

              let steps = Relaxation.steps settings free structure |> Seq.map Outcome.getOrFail |> List.ofSeq
              equal [ 0..3 ] (steps |> List.map (fun s -> s.Step))
              equal StepLimit (List.last steps).Status
              let last = (List.last steps).Structure.Positions

              for i in 0 .. last.Length - 1 do
                  equal (i < 3 || i % 3 = 2) (last[i] = structure.Positions[i])

              for minimiser in List.map snd methods do
                  let result = relaxed { settings with Minimiser = minimiser; MaxSteps = 1000 } free structure
                  equal Converged result.Status)

          testCase "Energies that are not those of the forces stall, and say so" (fun () ->
              // Forces point uphill: the potential is negated for its energies only.
              let uphill (term: Term) =
                  let turned (sites: Sites) factor (sums: Sums) =
                      term.Fused.Value.Add(sites, factor, sums)

                      for i in 0 .. sums.Forces.Length - 1 do
                          sums.Forces[i] <- -sums.Forces[i]

                  { term with Fused = Some(FusedPass turned) }

              let wrong = { free with Terms = List.map uphill free.Terms }

              let structure = argon (reals "start" (cluster "LJ4")) Cell.none

              for minimiser in [ Lbfgs 5; ConjugateGradients ] do
                  let result = relaxed { Relaxation.standard with Minimiser = minimiser } wrong structure
                  equal Stalled result.Status)

          testCase "No atoms, one atom, and settings that cannot be" (fun () ->
              for n in [ 0; 1 ] do
                  let result = relaxed Relaxation.standard free (argon (Array.zeroCreate (3 * n)) Cell.none)
                  equal (Converged, 0, 1) (result.Status, result.Step, result.Evaluations)

              let message settings =
                  match Relaxation.run settings free (argon [| 0.0; 0.0; 0.0 |] Cell.none) with
                  | Error error -> NoetherError.message error
                  | Ok _ -> "no error"

              let expected = "the largest force of a relaxation is 0, expected a positive finite number of eV/Å"
              equal expected (message { Relaxation.standard with Force = 0.0 })
              let cell = Some(CellFreedom.full 0.0)
              contains "no three lattice vectors" (message { Relaxation.standard with Cell = cell })

              let skewed =
                  { CellFreedom.full 0.0 with
                      Strains = System.Collections.Immutable.ImmutableArray.CreateRange [ for i in 0..8 -> i < 5 ] }

              startsWith "the free strains is True" (message { Relaxation.standard with Cell = Some skewed })) ]
