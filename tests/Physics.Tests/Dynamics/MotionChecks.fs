/// Potentials, structures and reference runs for the tests of dynamics and relaxation.
module Noether.Tests.MotionChecks

open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.Recorded

let trajectory (name: string) = (recorded "mechanics/trajectories.json").GetProperty name

let cluster (name: string) = (recorded "mechanics/clusters.json").GetProperty name

/// The array under a name, flat.
let reals (name: string) (element: Entry) = MechanicsReference.numbers (element.GetProperty name) |> Array.ofList

/// Reduced units are those inside: a time in units of Å √(amu/eV) as fs, a temperature in eV as K, a pressure in eV/Å³
/// as GPa.
let reducedTime (t: float) = t / Units.fs

let reducedTemperature (t: float) = t / Units.boltzmann

let reducedPressure (p: float) = p / Units.GPa

let lennardJones cutoff epsilon sigma truncation =
    PairParameters.everywhere cutoff (Tensor.vector [ epsilon; sigma ])
    |> Result.bind (PairPotential.create "LJ" (LennardJones()) truncation)
    |> Outcome.getOrFail

let argon (positions: float[]) (cell: Cell) =
    let atoms = positions.Length / 3
    let triple i = positions[3 * i], positions[3 * i + 1], positions[3 * i + 2]

    Structure.ofSymbols (List.replicate atoms "Ar") [ for i in 0 .. atoms - 1 -> triple i ] cell
    |> Outcome.getOrFail

let periodic (vectors: float[]) = Cell.createOrFail vectors (true, true, true)

/// ½k|r|² of every atom: a solid of independent oscillators.
let harmonic (k: float) =
    Potential.create "wells" 0.0 (fun data -> 0.5 * k * Tensor.sumAxes [| 1 |] (data.Positions * data.Positions))

let simulation ensemble potential = Simulation.create ensemble potential |> Outcome.getOrFail

let key = RandomKey.FromSeed 2024UL

let start (simulation: Simulation) phase = simulation.Init key phase |> Outcome.getOrFail

let advance steps simulation state = Simulation.run steps simulation state |> Outcome.getOrFail

/// A frame of a reference run of mass-1 atoms, in reduced units, or of argon.
let frame masses cell (frame: Entry) =
    let structure = argon (reals "positions" frame) cell

    PhasePoint.ofMasses (Seq.replicate structure.Count masses) structure
    |> Result.bind (PhasePoint.withVelocities (reals "velocities" frame))
    |> Outcome.getOrFail

/// The Lennard-Jones liquid of the LAMMPS runs at their start: 108 atoms of mass 1, reduced units, temperature 0.7.
let liquid () =
    let run = trajectory "lammps_nve_lj_force_shifted"
    frame 1.0 (periodic (reals "cell" run)) ((run.GetProperty "frames")[0])

let liquidPotential = lennardJones 2.5 1.0 1.0 ForceShifted

/// n atoms of mass 1 at the origin, or in a cubic cell.
let gas n cell = PhasePoint.ofMasses (Seq.replicate n 1.0) (argon (Array.zeroCreate (3 * n)) cell) |> Outcome.getOrFail
