module Noether.Tests.DynamicsTests

open System
open System.Text.Json
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.MotionChecks

/// The numbers under a name, none where it is not there.
let private given (name: string) (element: Entry) =
    match element.TryGetProperty name with
    | true, values -> MechanicsReference.numbers values
    | _ -> []

/// Compares a run with the frames of a reference, and its energies with those after every step. Chaos multiplies the
/// rounding of sums taken in another order, 1e-15 of forces of size 100, by e^{λt}; with λ about 1 to 3 in these
/// liquids that is some tens over the longest run, 0.3 time units. Forces and virials change by some hundred for a unit
/// of length.
let private follows potential timestep masses (run: Entry) tolerance =
    let cell = periodic (reals "cell" run)

    let frames =
        [ for frame in (run.GetProperty "frames").EnumerateArray() -> frame.GetProperty("step").GetInt32(), frame ]

    let simulation = simulation { Ensemble.microcanonical timestep with Skin = 0.4 } potential
    let last = frames |> List.last |> fst
    let first = start simulation (frame masses cell (snd frames.Head))

    let states = Simulation.states simulation first |> Seq.take (last + 1) |> Seq.map Outcome.getOrFail |> Array.ofSeq

    let sameEnergies step potential kinetic =
        equalWithin (1e-10 * abs potential) kinetic (PhasePoint.kineticEnergy states[step].Phase)
        equalWithin (1e-10 * abs potential) potential states[step].Results.Energy

    for step, expected in frames do
        let state = states[step]
        atMost tolerance (largestDifference (reals "positions" expected) state.Phase.Structure.Positions)
        atMost tolerance (largestDifference (reals "velocities" expected) state.Phase.Velocities)
        sameEnergies step (expected.GetProperty("potential").GetDouble()) (expected.GetProperty("kinetic").GetDouble())

        for name, found in [ "forces", state.Results.Forces; "virial", state.Results.Virial ] do
            match given name expected with
            | [] -> ()
            | values -> atMost (300.0 * tolerance) (largestDifference values found)

    for row in given "energies" run |> List.chunkBySize 3 do
        sameEnergies (int row[0]) row[1] row[2]

/// The invariant after each step, less that at the start.
let private errors steps (simulation: Simulation) state =
    let first = simulation.Invariant state

    Simulation.states simulation state
    |> Seq.take (steps + 1)
    |> Seq.map (fun state -> simulation.Invariant(Outcome.getOrFail state) - first)
    |> Array.ofSeq

let private rootMeanSquare (x: float[]) = sqrt (Array.averageBy (fun v -> v * v) x)

let private barostat shape every =
    let b = Ensemble.barostat (reducedPressure 1.0) (reducedTime 0.5) (0.05 * Units.GPa)
    { b with Shape = shape; Every = every }

let private ensembles timestep : (string * Ensemble) list =
    let temperature, relaxation = reducedTemperature 0.7, reducedTime 0.1
    let create motion = { Ensemble.create (reducedTime timestep) motion with Skin = 0.3 }
    let rescaling = create (Thermostat.stochasticRescaling temperature relaxation)

    [ "nve", create Thermostat.none
      "langevin", create (Thermostat.langevin temperature relaxation)
      "nose-hoover", create (Thermostat.noseHoover temperature relaxation 3)
      "rescaling", rescaling
      "berendsen", create (Thermostat.berendsen temperature relaxation)
      "brownian", create (Thermostat.brownian temperature (reducedTime 0.02))
      "isotropic", { rescaling with Barostat = Some(barostat Isotropic 2) }
      "axial",
      { create (Thermostat.langevin temperature relaxation) with
          Barostat = Some(barostat Axial 2) }
      "triclinic",
      { create (Thermostat.noseHoover temperature relaxation 2) with
          Barostat = Some(barostat Triclinic 4) } ]

let private names = ensembles 0.003 |> List.map fst

let private ensemble timestep name = ensembles timestep |> List.find (fst >> (=) name) |> snd

let private sameBits (a: State) (b: State) =
    let bits (values: float seq) = values |> Seq.map BitConverter.DoubleToInt64Bits |> List.ofSeq
    equal (bits a.Phase.Structure.Positions) (bits b.Phase.Structure.Positions)
    equal (bits a.Phase.Structure.Cell.Vectors) (bits b.Phase.Structure.Cell.Vectors)
    equal (bits a.Phase.Velocities) (bits b.Phase.Velocities)
    equal (bits a.Results.Forces) (bits b.Results.Forces)
    equal (bits a.Chain) (bits b.Chain)
    equal (bits [ a.Results.Energy; a.Exchanged ]) (bits [ b.Results.Energy; b.Exchanged ])
    equal (a.Step, a.Key) (b.Step, b.Key)

/// A state as an extended XYZ file gives it back.
let private throughFile (state: State) =
    let text = ExtXyz.format [ State.toStructure state ] |> Outcome.getOrFail
    ExtXyz.parse "state.xyz" text |> Outcome.getOrFail |> List.head

[<Tests>]
let tests =
    testList
        "Dynamics"
        [ testCase "Velocity Verlet is that of ASE over 50 steps" (fun () ->
              let run = trajectory "ase_nve"
              let timestep = run.GetProperty("timestep_ase").GetDouble() / Units.fs
              follows (lennardJones 8.5 0.0103 3.405 (Switched 7.0)) timestep 39.948 run 1e-12)

          testTheory
              "Velocity Verlet is that of LAMMPS over 100 steps"
              [ "lammps_nve_lj_shifted"; "lammps_nve_lj_force_shifted" ]
              (fun name ->
                  let truncation = if name.EndsWith "force_shifted" then ForceShifted else Shifted
                  follows (lennardJones 2.5 1.0 1.0 truncation) (reducedTime 0.003) 1.0 (trajectory name) 1e-11)

          testCase "In NVE the energy fluctuates as the square of the time step and does not drift" (fun () ->
              let fluctuation timestep steps =
                  let simulation =
                      simulation { Ensemble.microcanonical (reducedTime timestep) with Skin = 0.3 } liquidPotential

                  let state = start simulation (liquid ()) |> advance (steps / 4) simulation
                  let e = errors steps simulation state
                  // The slope of the mean of halves, against the fluctuation.
                  let early, late = Array.average e[.. steps / 2], Array.average e[steps / 2 ..]
                  let spread = rootMeanSquare (Array.map (fun x -> x - Array.average e) e)
                  atMost (2.0 * spread) (abs (late - early))
                  spread

              // The force-shifted force has a kink at the cut-off, and the liquid moves between the two samples: a few
              // per cent.
              inRange 3.5 4.5 (fluctuation 0.006 200 / fluctuation 0.003 400))

          testCase "NVE run backwards comes back to where it began" (fun () ->
              let simulation =
                  simulation { Ensemble.microcanonical (reducedTime 0.003) with Skin = 0.3 } liquidPotential

              let first = start simulation (liquid ())
              let last = advance 100 simulation first

              let back =
                  PhasePoint.withVelocities (Seq.map (~-) last.Phase.Velocities) last.Phase
                  |> Outcome.getOrFail
                  |> start simulation
                  |> advance 100 simulation

              // As in the comparison with LAMMPS, twice as long.
              atMost 1e-10 (largestDifference first.Phase.Structure.Positions back.Phase.Structure.Positions))

          testTheory "Every ensemble conserves its quantity better with a shorter step" names (fun name ->
              let worst timestep steps =
                  let simulation = simulation (ensemble timestep name) liquidPotential
                  errors steps simulation (start simulation (liquid ())) |> rootMeanSquare

              let coarse, fine = worst 0.004 100, worst 0.001 400
              // Kinetic and potential energy exchange some 40 in this time, and baths give and take as much.
              atMost 0.1 fine
              // Second order in what Newton's equations do, 16; one order in the noise of barostat and Brownian motion,
              // at least 2.
              inRange (if name = "nve" || name = "nose-hoover" then 8.0 else 2.0) infinity (coarse / fine))

          testCase "A thermostat of one's own is a value, whose energy the conserved quantity counts" (fun () ->
              let kinetic (step: ThermostatStep) (v: float[]) =
                  0.5 * Seq.sum (Seq.init v.Length (fun i -> step.Phase.Masses[i / 3] * v[i] * v[i]))

              let cool (step: ThermostatStep) (v: float[]) (given: float) =
                  let before = kinetic step v

                  for i in 0 .. v.Length - 1 do
                      v[i] <- 0.99 * v[i]

                  given + kinetic step v - before

              let cooling =
                  { Thermostat.none with
                      Name = "cooling"
                      After = Some(ThermostatAction(fun step v given -> cool step v given)) }

              let strayed thermostat =
                  let ensemble = { Ensemble.create (reducedTime 0.001) thermostat with Skin = 0.3 }
                  let simulation = simulation ensemble liquidPotential
                  let first = start simulation (liquid ())
                  let last = advance 50 simulation first

                  PhasePoint.temperature last.Phase / PhasePoint.temperature first.Phase,
                  simulation.Invariant last - simulation.Invariant first

              let warmth, error = strayed cooling
              let _, newtonian = strayed Thermostat.none
              // 0.99² a step leave 0.37 of the kinetic energy after 50, to which the potential energy adds some.
              inRange 0.2 0.8 warmth
              // The error of velocity Verlet, which the thermostat neither adds to nor hides, but for a factor of order
              // one.
              atMost 0.1 (abs error)
              atMost 0.1 (abs newtonian)
              let names = Thermostat.kinds |> List.map _.Name
              equal (List.distinct names) names

              for kind in Thermostat.kinds do
                  equal kind.Name (kind.Create 1.0 2.0 3).Name)

          testTheory "A state written at step 50 and read again gives the same bits at step 100" names (fun name ->
              let simulation = simulation (ensemble 0.003 name) liquidPotential
              let half = start simulation (liquid ()) |> advance 50 simulation
              let resumed = simulation.Resume(throughFile half) |> Outcome.getOrFail
              sameBits half resumed
              sameBits (advance 50 simulation half) (advance 50 simulation resumed)
              sameBits (advance 100 simulation (start simulation (liquid ()))) (advance 50 simulation resumed))

          testCase "What is held stays, and a held centre does not move" (fun () ->
              let simulation = simulation (ensemble 0.003 "langevin") liquidPotential
              let held = liquid () |> PhasePoint.fix (fun atom axis -> atom < 10 || axis = 2) |> Outcome.getOrFail
              equal (2 * 98) (PhasePoint.freedoms held)
              let last = start simulation held |> advance 50 simulation

              for i in 0 .. held.Fixed.Axes.Length - 1 do
                  let before, after = held.Structure.Positions[i], last.Phase.Structure.Positions[i]
                  equal held.Fixed.Axes[i] (before = after)

              let centred = liquid () |> PhasePoint.fixCentre |> Outcome.getOrFail
              equal (3 * 108 - 3) (PhasePoint.freedoms centred)
              let last = start simulation centred |> advance 50 simulation
              let (x, y, z), (a, b, c) = PhasePoint.centreOfMass centred, PhasePoint.centreOfMass last.Phase
              // Sums of a hundred terms of size 5.
              atMost 1e-13 (largestDifference [ x; y; z ] [ a; b; c ])
              let both = PhasePoint.fix (fun atom _ -> atom = 0) centred

              contains
                  "a held centre of mass"
                  (match both with
                   | Error e -> NoetherError.message e
                   | Ok _ -> ""))

          testCase "Velocities are thermal, and lose momentum and rotation on request" (fun () ->
              let masses = [ for i in 0..999 -> 1.0 + float (i % 3) ]
              let scattered = Structure.rattle 3.0 key (argon (Array.zeroCreate 3000) Cell.none) |> Outcome.getOrFail

              let phase =
                  PhasePoint.ofMasses masses scattered
                  |> Result.bind (PhasePoint.thermal 300.0 key)
                  |> Outcome.getOrFail
              // The spread of the temperature is √(2/3000) of it, 2.6 %; four of them.
              inRange (300.0 * 0.9) (300.0 * 1.1) (PhasePoint.temperature phase)
              equalWithin 1e-10 250.0 (PhasePoint.temperature (PhasePoint.scaleTo 250.0 phase |> Outcome.getOrFail))

              for shape in
                  [ scattered
                    argon [| 0.0; 0.0; 0.0; 1.0; 2.0; 2.0 |] Cell.none
                    argon [| 1.0; 2.0; 3.0 |] Cell.none ] do
                  let still =
                      PhasePoint.ofMasses (Seq.truncate shape.Count masses) shape
                      |> Result.bind (PhasePoint.thermal 300.0 key)
                      |> Result.bind PhasePoint.withoutMomentum
                      |> Result.bind PhasePoint.withoutAngularMomentum
                      |> Outcome.getOrFail

                  let x, y, z = PhasePoint.angularMomentum still
                  // Sums of 1000 terms of size 1, from a start of about 100.
                  atMost 1e-10 (largestDifference [ 0.0; 0.0; 0.0 ] [ x; y; z ]))

          testCase "No atoms and one atom move as they should" (fun () ->
              for name, ensemble in ensembles 0.003 do
                  for n in [ 0; 1 ] do
                      let phase = gas n (periodic [| 9.0; 0.0; 0.0; 0.0; 9.0; 0.0; 0.0; 0.0; 9.0 |])
                      let simulation = simulation ensemble liquidPotential
                      let first = start simulation phase
                      let last = advance 5 simulation first
                      equal 5 last.Step
                      let drift = simulation.Invariant last - simulation.Invariant first

                      // Nothing acts on the atom but the ensemble, whose work the invariant counts; a chain of Nosé and Hoover
                      // swings by itself, and keeps it to the square of its step.
                      if List.contains name [ "nve"; "langevin"; "rescaling"; "nose-hoover" ] then
                          close name 1e-8 0.0 drift
                      else
                          Expect.isTrue (Double.IsFinite drift) name

                      sameBits last (throughFile last |> simulation.Resume |> Outcome.getOrFail))

          testCase "What goes wrong is told with step, atom and value" (fun () ->
              let simulation =
                  simulation
                      { Ensemble.microcanonical (reducedTime 0.01) with LargestForce = infinity }
                      liquidPotential

              let pair x = argon [| 0.0; 0.0; 0.0; x; 0.0; 0.0 |] Cell.none
              let run x = PhasePoint.ofMasses [ 1.0; 1.0 ] (pair x) |> Outcome.getOrFail |> simulation.Init key
              let diverged = run 0.3 |> Result.bind (Simulation.run 10 simulation)
              startsWith "step 1 of a simulation has atom 0 moving " (message diverged)
              contains "expected less than the potential reaches, 2.5 Å: a shorter time step" (message diverged)
              contains "the energy of atom 0 by 'LJ'" (message (run 0.0))

              let hot =
                  { gas 1 Cell.none with
                      Velocities = Collections.Immutable.ImmutableArray.Create(0.0, nan, 0.0) }

              equal "the y velocity of atom 0 is NaN, expected a finite number" (message (simulation.Init key hot)))

          testCase "Ensembles that cannot be are refused" (fun () ->
              let refused ensemble = message (Simulation.create ensemble Potential.zero)

              equal
                  "the time step is 0, expected a positive finite number of fs"
                  (refused (Ensemble.microcanonical 0.0))

              startsWith "the temperature is -1," (refused (Ensemble.create 1.0 (Thermostat.langevin (-1.0) 10.0)))

              startsWith
                  "the relaxation time is 0.5, expected at least"
                  (refused (Ensemble.create 1.0 (Thermostat.berendsen 1.0 0.5)))

              startsWith
                  "the length of the Nosé–Hoover chain is 0"
                  (refused (Ensemble.create 1.0 (Thermostat.noseHoover 1.0 1.0 0)))

              let cold =
                  { Ensemble.microcanonical 1.0 with
                      Barostat = Some(Ensemble.barostat 0.0 100.0 0.1) }

              startsWith "an ensemble with a barostat has no thermostat" (refused cold)

              let open' =
                  { Ensemble.create 1.0 (Thermostat.langevin 1.0 10.0) with
                      Barostat = cold.Barostat }

              let simulation = simulation open' Potential.zero
              contains "no three lattice vectors" (message (simulation.Init key (gas 1 Cell.none)))

              contains
                  "no structure property 'list_cell'"
                  (message (simulation.Resume(argon [| 0.0; 0.0; 0.0 |] Cell.none)))) ]
