namespace Noether.Laws

open System
open System.Collections.Immutable
open System.Runtime.InteropServices
open Noether.Domain
open Noether.Physics

/// Atoms in motion, each of mass 1: laws of motion do not need the masses of elements, and those of one mass need the
/// fewest steps.
type Motion =
    {
        /// Where the atoms are.
        Atoms: Structure
        /// Their velocities, [n, 3], in Å per unit of time, √(amu Å²/eV) if a mass is 1 amu.
        Velocities: float[]
        /// The results of a potential for them.
        Said: Results
    }

/// Takes atoms in motion one step of time further by the forces of a potential: `Motion.verlet`, or one of your own.
type Integrator = (Structure -> Results) -> float -> Motion -> Motion

/// Moving atoms, as laws do.
[<RequireQualifiedAccess>]
module Motion =
    /// The same atoms at r + t·v, for v [n, 3].
    let internal displace (t: float) (v: float[]) (structure: Structure) : Structure =
        let r = structure.Positions
        let positions = Array.init r.Length (fun i -> r[i] + t * v[i])

        Structure.withPositions (ImmutableCollectionsMarshal.AsImmutableArray positions) structure
        |> Outcome.getOrFail

    /// Velocity Verlet: x' = x + hv + ½h²F(x), v' = v + ½h(F(x) + F(x')) (W. C. Swope et al., J. Chem. Phys. 76, 637
    /// (1982)).
    let verlet: Integrator =
        fun evaluate h motion ->
            let force = motion.Said.Forces
            let half = Array.mapi (fun i v -> v + 0.5 * h * force[i]) motion.Velocities
            let atoms = displace h half motion.Atoms
            let said = evaluate atoms

            { Atoms = atoms
              Velocities = Array.mapi (fun i v -> v + 0.5 * h * said.Forces[i]) half
              Said = said }

    /// ½v², eV.
    let kinetic (motion: Motion) : float = 0.5 * Array.sumBy (fun v -> v * v) motion.Velocities

    /// Kinetic and potential energy, eV.
    let energy (motion: Motion) : float = kinetic motion + motion.Said.Energy

    /// The motion after each of `count` steps, itself first.
    let internal run (integrator: Integrator) evaluate h count (start: Motion) : Motion[] =
        Array.scan (fun motion _ -> integrator evaluate h motion) start [| 1..count |]
