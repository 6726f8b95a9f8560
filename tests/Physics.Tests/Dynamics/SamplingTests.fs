module Noether.Tests.SamplingTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.MotionChecks

let private box a = periodic [| a; 0.0; 0.0; 0.0; a; 0.0; 0.0; 0.0; a |]

let private fold f initial steps simulation state =
    Simulation.fold f initial steps simulation state |> Outcome.getOrFail

let private moments (measure: State -> float) steps simulation state =
    fold (fun sum state -> Moments.add sum (measure state)) Moments.empty steps simulation state |> fst

let private hot (phase: PhasePoint) = PhasePoint.thermal (reducedTemperature 1.0) key phase |> Outcome.getOrFail

let private kinetic (state: State) = PhasePoint.kineticEnergy state.Phase

/// Asserts mean and variance of a kinetic energy with f degrees of freedom at k_BT = 1, f/2 both, for so many
/// independent samples, within four standard errors: √(f/2N) and, for a distribution close to normal, f/2·√(2/N)·(1 +
/// 6/f)^½.
let private canonical f samples (found: Moments) =
    let half = 0.5 * float f
    inRange (half - 4.0 * sqrt (half / samples)) (half + 4.0 * sqrt (half / samples)) found.Mean
    let spread = 4.0 * half * sqrt (2.0 / samples * (1.0 + 6.0 / float f))
    inRange (half - spread) (half + spread) (Moments.variance found)

[<Tests>]
let tests =
    testList
        "Sampling"
        [ testTheory
              "An ideal gas has the canonical distribution of kinetic energies"
              [ "rescaling"; "langevin" ]
              (fun name ->
                  let bath = if name = "langevin" then Thermostat.langevin else Thermostat.stochasticRescaling
                  let motion = bath (reducedTemperature 1.0) (reducedTime 1.0)

                  for atoms, fixedCentre in [ 1, false; 2, false; 4, true; 20, false ] do
                      // Steps as long as the relaxation time: the kinetic energy forgets by e⁻¹ (squared for Langevin)
                      // from one to the next.
                      let simulation = simulation (Ensemble.create (reducedTime 1.0) motion) Potential.zero
                      let phase = gas atoms (box 10.0)
                      let phase = if fixedCentre then PhasePoint.fixCentre phase |> Outcome.getOrFail else phase
                      let f = PhasePoint.freedoms phase
                      let steps = 10000
                      // (1 + e⁻¹)/(1 − e⁻¹) steps make one independent sample.
                      canonical
                          f
                          (float steps / 2.16)
                          (moments kinetic steps simulation (start simulation (hot phase))))

          testCase "A Nosé–Hoover chain makes a liquid canonical in its kinetic energy" (fun () ->
              let motion = Thermostat.noseHoover (reducedTemperature 1.0) (reducedTime 0.1) 3
              let ensemble = { Ensemble.create (reducedTime 0.004) motion with Skin = 0.4 }
              let simulation = simulation ensemble liquidPotential
              let warm = start simulation (liquid ()) |> advance 500 simulation
              let found = moments kinetic 4000 simulation warm
              // The kinetic energy of this liquid forgets in about 0.2 time units, 50 steps.
              canonical 324 80.0 found)

          testCase "BAOAB samples the positions of an oscillator exactly, whatever the time step" (fun () ->
              // ω Δt = 1 here: velocity Verlet's own distribution of positions is wrong by a third.
              let motion = Thermostat.langevin (reducedTemperature 1.0) (reducedTime 1.0)
              let simulation = simulation (Ensemble.create (reducedTime 1.0) motion) (harmonic 1.0)
              let begun = start simulation (hot (gas 300 Cell.none)) |> advance 30 simulation
              let found = moments (fun state -> 2.0 * state.Results.Energy / 900.0) 1000 simulation begun
              // 900 oscillators, 1000 steps of which every fourth is independent: 4·√(2/225000).
              inRange (1.0 - 0.012) (1.0 + 0.012) found.Mean)

          testCase "Brownian motion in a well has the variance that its recursion has" (fun () ->
              let motion = Thermostat.brownian (reducedTemperature 1.0) (reducedTime 1.0)
              let a = 0.5
              let simulation = simulation (Ensemble.create (reducedTime a) motion) (harmonic 1.0)
              let begun = start simulation (gas 300 Cell.none) |> advance 30 simulation
              let found = moments (fun state -> 2.0 * state.Results.Energy / 900.0) 1000 simulation begun
              // x′ = (1 − a)x + √(2a) ξ has the variance 2a/(1 − (1 − a)²) = 1/(1 − a/2).
              inRange (1.0 - 0.012) (1.0 + 0.012) (found.Mean * (1.0 - a / 2.0)))

          testCase "Berendsen's thermostat brings a gas to its temperature" (fun () ->
              let motion = Thermostat.berendsen (reducedTemperature 2.0) (reducedTime 10.0)
              let simulation = simulation (Ensemble.create (reducedTime 1.0) motion) Potential.zero
              let last = start simulation (hot (gas 10 (box 10.0))) |> advance 200 simulation
              // e⁻²⁰ of the distance is left.
              equalWithin (1e-6 * reducedTemperature 2.0) (reducedTemperature 2.0) (PhasePoint.temperature last.Phase))

          testTheory
              "The volume of an ideal gas under a barostat has the distribution it has to have"
              [ "isotropic"; "axial" ]
              (fun name ->
                  let shape = if name = "axial" then Axial else Isotropic
                  // V^n e^{−P₀V/k_BT}: the mean is n + 1 and so is the variance, for P₀ = k_BT = 1.
                  let barostat = Ensemble.barostat (reducedPressure 1.0) (reducedTime 10.0) (1.0 * Units.GPa)

                  let ensemble =
                      { Ensemble.create
                            (reducedTime 1.0)
                            (Thermostat.stochasticRescaling (reducedTemperature 1.0) (reducedTime 1.0)) with
                          Barostat = Some { barostat with Shape = shape; Every = 1 } }

                  let simulation = simulation ensemble Potential.zero
                  let n = 40
                  let begun = start simulation (hot (gas n (box 3.45))) |> advance 200 simulation
                  let volume (state: State) = Cell.volume state.Phase.Structure.Cell |> Option.get
                  let steps = 40000
                  let found = moments volume steps simulation begun
                  // Correlated over 2τ/βP = 20 steps; the finite step, a tenth of the relaxation, biases the variance
                  // by some 5 %.
                  let samples = float steps / 20.0
                  let expected = float (n + 1)
                  atMost (4.0 * sqrt (expected / samples)) (abs (found.Mean - expected))

                  inRange
                      (1.0 - 4.0 * sqrt (2.0 / samples))
                      (1.05 + 4.0 * sqrt (2.0 / samples))
                      (Moments.variance found / expected))

          testTheory "A liquid under a barostat has the set pressure" [ 0; 1; 2 ] (fun shape ->
              let barostat = Ensemble.barostat (reducedPressure 1.0) (reducedTime 0.5) (0.1 * Units.GPa)

              let ensemble =
                  { Ensemble.create
                        (reducedTime 0.004)
                        (Thermostat.stochasticRescaling (reducedTemperature 1.0) (reducedTime 0.1)) with
                      Skin = 0.4
                      Barostat = Some { barostat with Shape = [ Isotropic; Axial; Triclinic ][shape]; Every = 5 } }

              let simulation = simulation ensemble liquidPotential
              let begun = start simulation (hot (liquid ())) |> advance 1000 simulation
              let pressure state = Observe.pressure state |> Outcome.getOrFail |> (*) Units.GPa
              let found = moments pressure 3000 simulation begun
              // The pressure spreads by about 0.5 and forgets in some 0.3 time units, 75 steps: 4·0.5/√40.
              inRange (1.0 - 0.32) (1.0 + 0.32) found.Mean)

          testCase "The heat capacity of oscillators is k_B for each" (fun () ->
              let motion = Thermostat.langevin (reducedTemperature 1.0) (reducedTime 1.0)
              let simulation = simulation (Ensemble.create (reducedTime 0.2) motion) (harmonic 1.0)
              let begun = start simulation (hot (gas 10 Cell.none)) |> advance 100 simulation
              let found = moments Observe.energy 8000 simulation begun
              let capacity = Observe.heatCapacity (reducedTemperature 1.0) found / (30.0 * Units.boltzmann)
              // Ten steps forget: 800 samples of a variance, 4·√(2/800), and ω²Δt²/4 = 1 % for the step.
              inRange (1.0 - 0.21) (1.0 + 0.21) capacity)

          testCase "A free flight has the displacements and velocities that it must have" (fun () ->
              let simulation = simulation (Ensemble.microcanonical (reducedTime 0.5)) Potential.zero
              let begun = start simulation (hot (gas 50 (box 2.0)))
              let square = 2.0 * PhasePoint.kineticEnergy begun.Phase / 50.0

              let displacements, velocities =
                  fold
                      (fun (r, v) state ->
                          Correlation.add Correlation.displacement r state.Phase.Structure.Positions,
                          Correlation.add Correlation.product v state.Phase.Velocities)
                      (Correlation.create 8, Correlation.create 8)
                      20
                      simulation
                      begun
                  |> fst

              for lag in 0..8 do
                  let t = 0.5 * float lag
                  // Sums of 150 terms of size 1 to 100.
                  equalWithin 1e-11 (square * t * t) ((Correlation.values displacements)[lag])
                  equalWithin 1e-12 square ((Correlation.values velocities)[lag])

              let unknown = Correlation.values (Correlation.create 2)
              isTrue (Double.IsNaN unknown[1]))

          testCase "Distributions of distances and angles know crystals and gases" (fun () ->
              let crystal = Crystal.fcc "Cu" 3.6 |> Result.bind (Structure.repeat (3, 3, 3)) |> Outcome.getOrFail
              let nearest = 3.6 / sqrt 2.0
              let add d = RadialDistribution.add crystal d |> Outcome.getOrFail
              let distribution = RadialDistribution.create 5.0 100 |> Outcome.getOrFail |> add |> add
              let width, density = 0.05, 4.0 / 46.656

              // The integral of 4πr²ρg over a peak is the number of neighbours: 12, 6, 24.
              let neighbours from until =
                  RadialDistribution.values distribution
                  |> List.sumBy (fun struct (r, g) ->
                      let shell =
                          4.0 / 3.0 * Math.PI * (Math.Pow(r + width / 2.0, 3.0) - Math.Pow(r - width / 2.0, 3.0))

                      if r > from && r < until then g * density * shell else 0.0)

              equalWithin 1e-9 12.0 (neighbours 0.0 3.0)
              equalWithin 1e-9 6.0 (neighbours 3.0 4.0)
              equalWithin 1e-9 24.0 (neighbours 4.0 4.9)

              let angles =
                  AngularDistribution.create (1.1 * nearest) 18
                  |> Result.bind (AngularDistribution.add crystal)
                  |> Outcome.getOrFail
                  |> AngularDistribution.values

              // Of the 66 pairs of 12 neighbours, 24 make 60 degrees, 12 make 90, 24 make 120 and 6 make 180.
              let share from until =
                  angles
                  |> List.sumBy (fun struct (angle, p) -> if angle > from && angle < until then 10.0 * p else 0.0)

              equalWithin 1e-12 (24.0 / 66.0) (share 50.0 70.0)
              equalWithin 1e-12 (12.0 / 66.0) (share 80.0 100.0)
              equalWithin 1e-12 (24.0 / 66.0) (share 110.0 130.0)
              equalWithin 1e-12 (6.0 / 66.0) (share 170.0 180.0)
              let none = RadialDistribution.between ("Cu", "Ar") 5.0 10 |> Result.bind (RadialDistribution.add crystal)

              isTrue (
                  none
                  |> Outcome.getOrFail
                  |> RadialDistribution.values
                  |> List.forall (fun struct (_, g) -> Double.IsNaN g)
              ))

          testTheory "Kinetic energies pass the test of Kolmogorov and Smirnov" [ "rescaling"; "langevin" ] (fun name ->
              let bath = if name = "langevin" then Thermostat.langevin else Thermostat.stochasticRescaling

              let simulation =
                  simulation
                      (Ensemble.create (reducedTime 1.0) (bath (reducedTemperature 1.0) (reducedTime 1.0)))
                      Potential.zero

              let count = 500

              // The kinetic energy forgets by e⁻¹ in a step: e⁻⁸ is left from one sample to the next.
              let next state = advance 8 simulation state

              let states =
                  start simulation (hot (gas 4 (box 10.0)))
                  |> next
                  |> Seq.unfold (fun state -> Some(state, next state))

              let sorted = states |> Seq.take count |> Seq.map kinetic |> Array.ofSeq |> Array.sort
              // f/2 = 6 of the twelve degrees of freedom, k_BT = 1.
              let below =
                  sorted |> Array.map (fun k -> MathNet.Numerics.SpecialFunctions.GammaLowerRegularized(6.0, k))

              let n = float count

              let distance =
                  below |> Array.mapi (fun k p -> max (float (k + 1) / n - p) (p - float k / n)) |> Array.max
              // One seed in a thousand lies above 1.95.
              atMost 1.95 (sqrt n * distance))

          testCase
              "Argon that ends smoothly fluctuates in energy as the square of the time step, from 1 to 8 fs"
              (fun () ->
                  let potential = lennardJones 8.5 (120.0 * Units.boltzmann) 3.405 (Smooth 7.0)
                  let crystal = Crystal.fcc "Ar" 5.79 |> Result.bind (Structure.repeat (3, 3, 3)) |> Outcome.getOrFail

                  let settled =
                      let bath = Ensemble.create 4.0 (Thermostat.stochasticRescaling 94.0 100.0)
                      let simulation = simulation bath potential

                      let hot =
                          PhasePoint.ofStructure crystal
                          |> Result.bind (PhasePoint.thermal 250.0 key)
                          |> Outcome.getOrFail

                      (start simulation hot |> advance 1000 simulation).Phase

                  let spread timestep =
                      let simulation = simulation (Ensemble.microcanonical timestep) potential

                      let found =
                          moments simulation.Invariant (int (2000.0 / timestep)) simulation (start simulation settled)

                      sqrt (Moments.variance found)

                  let spreads = [ 1.0; 2.0; 4.0; 8.0 ] |> List.map spread
                  // Single exponents spread by a tenth, as the runs part ways; over the three doublings less.
                  inRange 1.85 2.15 (Math.Log2(spreads[3] / spreads[0]) / 3.0)) ]
