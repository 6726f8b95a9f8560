module Noether.Tests.RelaxationTests

open System.Text.Json
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.MotionChecks
open Xunit

let private methods = [ "lbfgs", Lbfgs 20; "fire", Fire; "cg", ConjugateGradients ]

let private cases =
    [ for name in [ "LJ3"; "LJ4"; "LJ7"; "LJ13" ] do
          for label, _ in methods -> name, label ]

let clusterRuns () =
    let data = TheoryData<string, string>()
    cases |> List.iter data.Add
    data

/// As the reference: shifted at 50.
let private free = lennardJones 50.0 1.0 1.0 Shifted

let private relaxed settings potential structure = Relaxation.run settings potential structure |> Outcome.getOrFail

[<Theory; MemberData(nameof clusterRuns)>]
let ``Clusters relax to the known minima`` (name: string, label: string) =
    let reference = cluster name

    let settings =
        { Relaxation.standard with
            Minimiser = Map.find label (Map.ofList methods)
            Force = 1e-6 }

    let result = relaxed settings free (argon (reals "start" reference) Cell.none)
    Assert.Equal(Converged, result.Status)
    Assert.InRange(result.LargestForce, 0.0, 1e-6)
    // The energy is good to the square of the force over the least stiffness, 1e-13; that of the reference to its 16
    // digits.
    let run (program: string) = reference.GetProperty("runs").GetProperty(program)
    Assert.Equal((run "LBFGS").GetProperty("energy").GetDouble(), result.Results.Energy, 1e-11)
    let known = Map.ofList [ "LJ3", -3.0; "LJ4", -6.0; "LJ7", -16.505384; "LJ13", -44.326801 ]
    // The digits that are given, and the shift of the cut-off.
    Assert.Equal(known[name], result.Results.Energy, 1e-6)
    let program, most = if label = "fire" then "FIRE", 1.3 else "LBFGS", (if label = "cg" then 5.0 else 2.0)
    // Clusters may turn, so distances are compared; a force of 1e-6 over the least stiffness, some tens, is less.
    let distances (x: float[]) =
        [| for i in 0..3 .. x.Length - 3 do
               for j in 0..3 .. i - 3 do
                   sqrt (Seq.sum [ for c in 0..2 -> (x[i + c] - x[j + c]) * (x[i + c] - x[j + c]) ]) |]
        |> Array.sort

    let found = distances (Array.ofSeq result.Structure.Positions)
    let worst = Array.map2 (fun a b -> abs (a - b)) (distances (reals "relaxed" reference)) found |> Array.max
    Assert.InRange(worst, 0.0, 1e-6)
    // Not many more evaluations than ASE's steps, to a force a thousand times smaller where it is not FIRE.
    Assert.InRange(float result.Evaluations, 1.0, most * float ((run program).GetProperty("steps").GetInt32()) + 3.0)

let private crystal () =
    let reference = cluster "cell_relaxation_fcc_lj"
    reference, argon (reals "start_positions" reference) (periodic (reals "start_cell" reference))

let private shifted = lennardJones 2.5 1.0 1.0 Shifted

let labels () = TheoryData<string>(List.map fst methods)

[<Theory; MemberData(nameof labels)>]
let ``Cell and positions relax together to the reference's minimum`` (label: string) =
    let reference, structure = crystal ()

    let settings =
        { Relaxation.standard with
            Minimiser = Map.find label (Map.ofList methods)
            Force = 1e-6
            Stress = reducedPressure 1e-6
            Cell = Some(CellFreedom.full 0.0) }

    let result = relaxed settings shifted structure
    Assert.Equal(Converged, result.Status)
    Assert.Equal(reference.GetProperty("energy").GetDouble(), result.Results.Energy, 1e-9)
    // Stiffness 60 per volume and unit of strain: a stress of 1e-6 leaves 1e-8 of the volume.
    let volume = Cell.volume result.Structure.Cell |> Option.get
    Assert.Equal(reference.GetProperty("volume").GetDouble(), volume, 1e-5)

[<Fact>]
let ``The gradient of the landscape is its derivative, cell and pressure included`` () =
    let _, structure = crystal ()
    let cell = Some(CellFreedom.full (reducedPressure 2.0))
    let smooth = lennardJones 2.5 1.0 1.0 ForceShifted
    let landscape = Landscape.create smooth 0.3 cell (fun _ _ -> false) structure
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
    Assert.Equal(difference, Array.sum (Array.map2 (*) (at x).Gradient direction), 1e-6 * abs difference)

[<Fact>]
let ``Pressure, masks and the volume alone do what they say`` () =
    let _, structure = crystal ()
    let settings = { Relaxation.standard with Force = 1e-7; Stress = reducedPressure 1e-7 }
    let relax cell = relaxed { settings with Cell = Some cell } shifted structure
    let pressed = relax (CellFreedom.full (reducedPressure 3.0))
    Assert.Equal(Converged, pressed.Status)
    let stress = pressed.Results.Stress |> Option.get

    for i in 0..8 do
        Assert.Equal((if i % 4 = 0 then -3.0 else 0.0), stress[i], 1e-6)

    let start = structure.Cell.Vectors
    let volumeOnly = relax (CellFreedom.hydrostatic 0.0)
    Assert.Equal(Converged, volumeOnly.Status)
    let ratio = volumeOnly.Structure.Cell.Vectors[0] / start[0]

    for i in 0..8 do
        Assert.Equal(ratio * start[i], volumeOnly.Structure.Cell.Vectors[i], 1e-12)

    let alongX = relax (CellFreedom.masked 0.0 (true, false, false, false, false, false))
    Assert.Equal(Converged, alongX.Status)
    Assert.NotEqual(start[0], alongX.Structure.Cell.Vectors[0])

    for i in [ 1; 2; 4; 5; 7; 8 ] do
        Assert.Equal(start[i], alongX.Structure.Cell.Vectors[i], 1e-14)

[<Fact>]
let ``Held atoms stay, and steps are made as they are asked for`` () =
    let structure = argon (reals "start" (cluster "LJ13")) Cell.none

    let settings =
        { Relaxation.standard with
            Held = (fun atom axis -> atom = 0 || axis = 2)
            MaxSteps = 3 }

    let steps = Relaxation.steps settings free structure |> Seq.map Outcome.getOrFail |> List.ofSeq
    Assert.Equal<int list>([ 0..3 ], steps |> List.map (fun s -> s.Step))
    Assert.Equal(StepLimit, (List.last steps).Status)
    let last = (List.last steps).Structure.Positions

    for i in 0 .. last.Length - 1 do
        Assert.Equal((i < 3 || i % 3 = 2), (last[i] = structure.Positions[i]))

    for minimiser in List.map snd methods do
        let result = relaxed { settings with Minimiser = minimiser; MaxSteps = 1000 } free structure
        Assert.Equal(Converged, result.Status)

[<Fact>]
let ``Energies that are not those of the forces stall, and say so`` () =
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
        Assert.Equal(Stalled, result.Status)

[<Fact>]
let ``No atoms, one atom, and settings that cannot be`` () =
    for n in [ 0; 1 ] do
        let result = relaxed Relaxation.standard free (argon (Array.zeroCreate (3 * n)) Cell.none)
        Assert.Equal((Converged, 0, 1), (result.Status, result.Step, result.Evaluations))

    let message settings =
        match Relaxation.run settings free (argon [| 0.0; 0.0; 0.0 |] Cell.none) with
        | Error error -> NoetherError.message error
        | Ok _ -> "no error"

    let expected = "the largest force of a relaxation is 0, expected a positive finite number of eV/Å"
    Assert.Equal(expected, message { Relaxation.standard with Force = 0.0 })
    let cell = Some(CellFreedom.full 0.0)
    Assert.Contains("no three lattice vectors", message { Relaxation.standard with Cell = cell })

    let skewed =
        { CellFreedom.full 0.0 with
            Strains = System.Collections.Immutable.ImmutableArray.CreateRange [ for i in 0..8 -> i < 5 ] }

    Assert.StartsWith("the free strains is True", message { Relaxation.standard with Cell = Some skewed })
