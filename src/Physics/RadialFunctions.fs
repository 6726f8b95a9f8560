namespace Noether.Physics

open System
open System.Runtime.CompilerServices
open Noether.AutoDiff.RealOperators
open Noether.Kernels

/// The Lennard-Jones pair energy 4ε((σ/r)¹² − (σ/r)⁶) (J. E. Lennard-Jones, Proc. R. Soc. A 106, 463 (1924)), of the distance
/// r in Å; parameters ε in eV, σ in Å.
[<Struct; NoEquality; NoComparison>]
type LennardJones =
    interface IRadialFunction with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        member _.Evaluate(r, parameters) =
            let attraction = power 6 (parameters[1] / r)
            constant 4.0 * parameters[0] * (attraction * attraction - attraction)
