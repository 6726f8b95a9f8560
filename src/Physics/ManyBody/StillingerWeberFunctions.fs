namespace Noether.Physics

open System.Runtime.CompilerServices
open Noether.AutoDiff.RealOperators
open Noether.Kernels

// The radial functions of the potential of Stillinger and Weber, written once for numbers, SIMD lanes and tensors.

/// Aε (B (σ/r)^p − (σ/r)^q) e^{σ/(r − aσ)}, parameters Aε, B, p, q, σ, aσ.
[<Struct; NoEquality; NoComparison>]
type internal StillingerWeberPair =
    interface IRadialFunction with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        member _.Evaluate(r, parameters) =
            let logRatio = logarithm (parameters[4] / r)
            let repulsion = parameters[1] * exponential (parameters[2] * logRatio)
            let decay = exponential (parameters[4] / (r - parameters[5]))
            parameters[0] * (repulsion - exponential (parameters[3] * logRatio)) * decay

/// e^{γσ/(r − aσ)}, parameters γσ, aσ.
[<Struct; NoEquality; NoComparison>]
type internal StillingerWeberLeg =
    interface IRadialFunction with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        member _.Evaluate(r, parameters) = exponential (parameters[0] / (r - parameters[1]))
