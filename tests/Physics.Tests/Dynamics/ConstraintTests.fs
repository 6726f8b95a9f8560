module Noether.Tests.ConstraintTests

open System
open System.Collections.Immutable
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.MotionChecks

let private ok result = Outcome.getOrFail result

let private skewed = periodic [| 4.0; 0.0; 0.0; 1.5; 3.5; 0.0; -0.7; 0.9; 3.0 |]

/// Whether atom i may move along axis k: every kind of atom that there is.
let private pattern atom axis =
    match atom % 5 with
    | 0 -> false
    | 1 -> axis <> 2
    | 2 -> axis = 0
    | _ -> true

let private flags count =
    [ for i in 0 .. count - 1 do
          for k in 0..2 -> pattern i k ]

let private withFlags name (structure: Structure) =
    let truths =
        Property.create [ structure.Count; 3 ] (Booleans(ImmutableArray.CreateRange(flags structure.Count))) |> ok

    Structure.withPerAtom name truths structure |> ok

let private fractions (structure: Structure) = Cell.toFractional structure.Cell structure.Positions

/// The largest change of the fractional coordinates that the pattern holds.
let private moved (before: Structure) (after: Structure) =
    let a, b = fractions before, fractions after
    Seq.max [ for i in 0 .. a.Length - 1 -> if pattern (i / 3) (i % 3) then 0.0 else abs (a[i] - b[i]) ]

let private phaseOf (structure: Structure) = PhasePoint.ofMasses (Seq.replicate structure.Count 1.0) structure |> ok

let private hot phase = PhasePoint.thermal (reducedTemperature 1.0) key phase |> ok

let private gasOf name count cell = argon (Array.zeroCreate (3 * count)) cell |> withFlags name |> phaseOf

let private moments measure steps simulation state =
    Simulation.fold (fun sum state -> Moments.add sum (measure state)) Moments.empty steps simulation state
    |> ok
    |> fst

/// The liquid of the reference runs in a sheared cell, flags included.
let private liquidWith name =
    let plain = (liquid ()).Structure
    withFlags name plain

let private kindOf (kind: ThermostatKind) = kind.Create (reducedTemperature 0.7) (reducedTime 0.2) 3

let private text result =
    match result with
    | Error error -> NoetherError.message error
    | Ok _ -> "no error"

[<Tests>]
let tests =
    testList
        "Constraints"
        [ testTheory
              "Degrees of freedom are those of which the kinetic energy is canonical"
              [ "rescaling", "move_mask"
                "langevin", "move_mask"
                "rescaling", "selective_dynamics"
                "langevin", "selective_dynamics" ]
              (fun (bath, name) ->
                  let create = if bath = "langevin" then Thermostat.langevin else Thermostat.stochasticRescaling
                  let motion = create (reducedTemperature 1.0) (reducedTime 1.0)
                  let simulation = simulation (Ensemble.create (reducedTime 1.0) motion) Potential.zero
                  let phase = gasOf name 10 skewed
                  // Of five atoms one has no degree of freedom, one has two, one has one, two have three.
                  let f = PhasePoint.freedoms phase
                  equal 18 f
                  let steps = 10000

                  let found =
                      moments
                          (fun s -> PhasePoint.kineticEnergy s.Phase)
                          steps
                          simulation
                          (start simulation (hot phase))
                  // (1 + e⁻¹)/(1 − e⁻¹) steps make one independent sample; mean and variance are f/2, within four errors.
                  let half, samples = 0.5 * float f, float steps / 2.16
                  atMost (4.0 * sqrt (half / samples)) (abs (found.Mean - half))
                  let spread = 4.0 * half * sqrt (2.0 / samples * (1.0 + 6.0 / float f))
                  atMost spread (abs (Moments.variance found - half)))

          testTheory
              "What is held stays to the bit under every thermostat"
              (Thermostat.kinds |> List.map _.Name)
              (fun name ->
                  let kind = Thermostat.kinds |> List.find (fun kind -> kind.Name = name)
                  let timestep = if name = "brownian" then 0.0005 else 0.003
                  let ensemble = { Ensemble.create (reducedTime timestep) (kindOf kind) with Skin = 0.4 }
                  let simulation = simulation ensemble liquidPotential

                  for property in [ "move_mask"; "selective_dynamics" ] do
                      let phase = liquidWith property |> phaseOf |> hot
                      let last = start simulation phase |> advance 40 simulation
                      let before, after = phase.Structure.Positions, last.Phase.Structure.Positions

                      for i in 0 .. before.Length - 1 do
                          // The cell is a cube: lattice vectors lie along x, y and z.
                          equal (not (pattern (i / 3) (i % 3))) (before[i] = after[i])
                          if not (pattern (i / 3) (i % 3)) then equal 0.0 last.Phase.Velocities[i])

          testCase "Held fractional coordinates of a skewed cell stay, and the energy with them" (fun () ->
              let structure = liquidWith "selective_dynamics"
              let strain = [| 0.05; 0.04; 0.0; 0.0; -0.03; 0.06; 0.02; 0.0; 0.01 |]
              let phase = Structure.strain strain structure |> ok |> phaseOf |> hot

              let spread steps timestep =
                  let simulation =
                      simulation { Ensemble.microcanonical (reducedTime timestep) with Skin = 0.4 } liquidPotential

                  let begun = start simulation phase
                  let last = advance steps simulation begun
                  atMost 1e-13 (moved begun.Phase.Structure last.Phase.Structure)
                  sqrt (Moments.variance (moments simulation.Invariant steps simulation begun))

              // Velocity Verlet: the error of the energy goes with the square of the time step.
              inRange 3.0 5.5 (spread 100 0.002 / spread 200 0.001))

          testTheory
              "The volume of a gas of which some coordinates are held has its distribution"
              [ "move_mask", Isotropic
                "move_mask", Axial
                "selective_dynamics", Isotropic
                "selective_dynamics", Triclinic ]
              (fun (name, shape) ->
                  let barostat = Ensemble.barostat (reducedPressure 1.0) (reducedTime 10.0) (1.0 * Units.GPa)

                  let ensemble =
                      { Ensemble.create
                            (reducedTime 1.0)
                            (Thermostat.stochasticRescaling (reducedTemperature 1.0) (reducedTime 1.0)) with
                          Barostat = Some { barostat with Shape = shape; Every = 1 } }

                  let simulation = simulation ensemble Potential.zero
                  let cube = periodic [| 3.0; 0.0; 0.0; 0.0; 3.0; 0.0; 0.0; 0.0; 3.0 |]
                  let phase = gasOf name 60 cube |> hot
                  let begun = start simulation phase |> advance 100 simulation
                  let volume (state: State) = Cell.volume state.Phase.Structure.Cell |> Option.get

                  // The mean of V^{f/3} e^{−PV}, as each degree of freedom is a momentum along a length. Other shapes have no
                  // such mean: with unequal shares of the axes nothing holds their ratios.
                  if shape = Isotropic then
                      let steps = 20000
                      let found = moments volume steps simulation begun
                      let expected = float (PhasePoint.freedoms phase) / 3.0 + 1.0
                      // Correlated over 2τ/βP = 20 steps.
                      let samples = float steps / 20.0
                      atMost (4.0 * sqrt (expected / samples)) (abs (found.Mean - expected))

                  atMost 1e-12 (moved begun.Phase.Structure (advance 50 simulation begun).Phase.Structure))

          testCase "A run goes on from its file to the bit" (fun () ->
              let ensemble =
                  Ensemble.create (reducedTime 0.003) (Thermostat.langevin (reducedTemperature 0.7) (reducedTime 0.2))

              let simulation = simulation { ensemble with Skin = 0.4 } liquidPotential
              let shear = [| 0.0; 0.1; 0.0; 0.0; 0.0; 0.0; 0.0; 0.0; 0.0 |]
              let phase = liquidWith "selective_dynamics" |> Structure.strain shear |> ok |> phaseOf |> hot
              let half = start simulation phase |> advance 20 simulation
              let written = ExtXyz.format [ State.toStructure half ] |> ok
              let read = (ExtXyz.parse "state" written |> ok)[0]
              let resumed = simulation.Resume read |> ok |> advance 20 simulation
              let through = advance 20 simulation half
              equalSeq through.Phase.Structure.Positions resumed.Phase.Structure.Positions
              equalSeq through.Phase.Velocities resumed.Phase.Velocities)

          testCase "A phase can be let go, held further, and refuses what it cannot do" (fun () ->
              let phase = gasOf "move_mask" 10 skewed
              equal 30 (PhasePoint.freedoms (PhasePoint.free phase))
              equal 15 (PhasePoint.freedoms (PhasePoint.fix (fun atom _ -> atom = 3) phase |> ok))
              contains "a held centre of mass" (text (PhasePoint.fixCentre phase))
              contains "held coordinates" (text (PhasePoint.withoutMomentum phase))

              let bad =
                  argon (Array.zeroCreate 6) skewed
                  |> Structure.withPerAtom "move_mask" (Property.reals [ 1.0; 0.5 ])
                  |> ok

              contains
                  "the atom property 'move_mask' has real [2], expected truths"
                  (text (PhasePoint.ofStructure bad))

              let triclinic =
                  { Ensemble.create (reducedTime 1.0) (Thermostat.langevin (reducedTemperature 1.0) (reducedTime 1.0)) with
                      Barostat = Some { Ensemble.barostat 0.0 1000.0 0.01 with Shape = Triclinic } }

              let simulation = simulation triclinic Potential.zero
              contains "held along x, y or z alone" (text (simulation.Init key phase)))

          testTheory
              "The gradient of a landscape is that of its energy where coordinates are free, and nothing where they are not"
              [ "move_mask"; "selective_dynamics" ]
              (fun name ->
                  let smooth = lennardJones 3.2 1.0 1.0 (Smooth 2.6)
                  let strain = [| 0.05; 0.04; 0.0; 0.0; -0.03; 0.06; 0.02; 0.0; 0.01 |]
                  let structure = (liquid ()).Structure |> withFlags name |> Structure.strain strain |> ok
                  let held = Constraints.ofStructure structure |> ok
                  let surface = EnergySurface.create smooth 0.3 (Some(CellFreedom.full 0.0)) held structure
                  let n = structure.Count
                  // Away from the first cell, where both frames differ.
                  let begun =
                      Array.mapi (fun i x -> if i >= 3 * n then x * (1.0 + 0.003 * float (i % 4)) else x) surface.Start

                  let at x = surface.At None x |> ok
                  let point = at begun
                  let direction = Array.zeroCreate<float> begun.Length
                  Threefry.Normal(RandomKey.FromSeed 5UL, Span direction)

                  let free =
                      Constraints.allowed
                          structure.Cell
                          (ImmutableArray.CreateRange(Array.take (3 * n) direction))
                          held

                  free.CopyTo(0, direction, 0, 3 * n)
                  let step h = Array.map2 (fun x d -> x + h * d) begun direction
                  let h = 1e-5
                  let slope = ((at (step h)).Value - (at (step -h)).Value) / (2.0 * h)
                  let expected = Array.fold2 (fun sum a b -> sum + a * b) 0.0 point.Gradient direction
                  // A difference of second order, of energies of some hundred.
                  atMost (1e-5 * abs expected) (abs (slope - expected))
                  let gradient = ImmutableArray.CreateRange(Array.take (3 * n) point.Gradient)
                  let again = Constraints.allowed structure.Cell gradient held
                  atMost 1e-12 (Seq.map2 (fun (x: float) y -> abs (x - y)) gradient again |> Seq.max))

          testTheory
              "A relaxation moves no held coordinate, but with the cell"
              [ "move_mask", false; "move_mask", true; "selective_dynamics", false; "selective_dynamics", true ]
              (fun (name, withCell) ->
                  let smooth = lennardJones 3.2 1.0 1.0 (Smooth 2.6)
                  let structure = liquidWith name |> Structure.rattle 0.1 key |> ok

                  let settings =
                      { Relaxation.standard with
                          MaxSteps = 30
                          Cell =
                              if withCell then
                                  Some(CellFreedom.masked 0.0 (true, true, true, false, false, false))
                              else
                                  None }

                  let last = Relaxation.run settings smooth structure |> ok
                  atMost (if withCell then 1e-14 else 0.0) (moved structure last.Structure)
                  let free = Relaxation.run { settings with Free = true } smooth structure |> ok
                  isTrue (free.Results.Energy < last.Results.Energy)
                  isTrue (moved structure free.Structure > 0.01))

          testCase "The flags of POSCAR and extended XYZ are each other's where they can be" (fun () ->
              let read (text: string) = (ExtXyz.parse "x" text |> ok)[0]
              let box = periodic [| 0.0; 3.0; 0.0; 4.0; 0.0; 0.0; 0.0; 0.0; 5.0 |]
              let selective = argon (Array.init 30 float) box |> withFlags "selective_dynamics"
              let asMask = read (ExtXyz.format [ selective ] |> ok)
              isTrue (asMask.PerAtom.ContainsKey "move_mask" && not (asMask.PerAtom.ContainsKey "selective_dynamics"))

              let poscar (structure: Structure) =
                  Poscar.parseBytes "x" (Text.Encoding.UTF8.GetBytes(Poscar.format structure |> ok)) |> ok
              // The first vector lies along y, so its flag is that of y; back at POSCAR all are as they were.
              equal selective.PerAtom["selective_dynamics"] (poscar asMask).PerAtom["selective_dynamics"]
              let held (structure: Structure) = Constraints.held box (Constraints.ofStructure structure |> ok)
              equal (held selective) (held asMask)
              // Whole atoms have one truth each.
              let whole =
                  argon (Array.init 6 float) skewed
                  |> Structure.withPerAtom "move_mask" (Property.booleans [ true; false ])
                  |> ok

              equal whole.PerAtom["move_mask"] (read (ExtXyz.format [ poscar whole ] |> ok)).PerAtom["move_mask"]
              // In a skewed cell the two mean different motions.
              let oblique = argon (Array.init 30 float) skewed |> withFlags "selective_dynamics"
              isTrue ((read (ExtXyz.format [ oblique ] |> ok)).PerAtom.ContainsKey "selective_dynamics")
              let cartesian = argon (Array.init 30 float) skewed |> withFlags "move_mask"
              contains "'move_mask'" (text (Poscar.format cartesian))) ]
