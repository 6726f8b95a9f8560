namespace Noether.Physics

open System
open System.Runtime.CompilerServices
open Noether.AutoDiff.RealOperators
open Noether.Kernels

// Energies of a pair of atoms as functions of their distance r, each written once for numbers, SIMD lanes and tensors.
// Parameters stand in the order of the comment, in eV and Å unless said otherwise.

/// Lennard-Jones: 4ε((σ/r)¹² − (σ/r)⁶), parameters ε, σ (J. E. Lennard-Jones, Proc. R. Soc. A 106, 463 (1924)).
[<Struct; NoEquality; NoComparison>]
type LennardJones =
    interface IRadialFunction with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        member _.Evaluate(r, parameters) =
            let attraction = power 6 (parameters[1] / r)
            constant 4.0 * parameters[0] * (attraction * attraction - attraction)

/// Morse: D(e^{−2a(r−r₀)} − 2e^{−a(r−r₀)}), parameters D, a (1/Å), r₀ (P. M. Morse, Phys. Rev. 34, 57 (1929)).
[<Struct; NoEquality; NoComparison>]
type Morse =
    interface IRadialFunction with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        member _.Evaluate(r, parameters) =
            let decay = exponential (parameters[1] * (parameters[2] - r))
            parameters[0] * (decay * decay - constant 2.0 * decay)

/// Buckingham: A e^{−r/ρ} − C/r⁶, parameters A, ρ (Å), C (eV Å⁶) (R. A. Buckingham, Proc. R. Soc. A 168, 264 (1938)).
[<Struct; NoEquality; NoComparison>]
type Buckingham =
    interface IRadialFunction with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        member _.Evaluate(r, parameters) =
            parameters[0] * exponential (negative (r / parameters[1])) - parameters[2] * power -6 r

/// Born–Mayer–Huggins: A e^{(σ−r)/ρ} − C/r⁶ + D/r⁸, parameters A, ρ (Å), σ (Å), C (eV Å⁶), D (eV Å⁸)
/// (M. L. Huggins and J. E. Mayer, J. Chem. Phys. 1, 643 (1933), with the signs of LAMMPS' `born`).
[<Struct; NoEquality; NoComparison>]
type BornMayer =
    interface IRadialFunction with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        member _.Evaluate(r, parameters) =
            let repulsion = parameters[0] * exponential ((parameters[2] - r) / parameters[1])
            repulsion - parameters[3] * power -6 r + parameters[4] * power -8 r

/// Yukawa: A e^{−κr}/r, parameters A (eV Å), κ (1/Å) (H. Yukawa, Proc. Phys.-Math. Soc. Jpn. 17, 48 (1935)).
[<Struct; NoEquality; NoComparison>]
type Yukawa =
    interface IRadialFunction with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        member _.Evaluate(r, parameters) = parameters[0] * exponential (negative (parameters[1] * r)) / r

/// A soft repulsion: A(1 + cos(πr/w)), parameters A, w (Å): zero with zero slope at w, where it has to be cut off.
[<Struct; NoEquality; NoComparison>]
type SoftRepulsion =
    interface IRadialFunction with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        member _.Evaluate(r, parameters) =
            parameters[0] * (constant 1.0 + cosine (constant Math.PI * r / parameters[1]))

/// A harmonic spring: ½k(r − r₀)², parameters k (eV/Å²), r₀ (Å).
[<Struct; NoEquality; NoComparison>]
type Spring =
    interface IRadialFunction with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        member _.Evaluate(r, parameters) =
            let stretch = r - parameters[1]
            constant 0.5 * parameters[0] * (stretch * stretch)

/// Screened nuclear repulsion of Ziegler, Biersack and Littmark (The Stopping and Range of Ions in Solids, 1985):
/// k Z₁Z₂/r · φ(r/a), φ(x) = 0.18175e^{−3.1998x} + 0.50986e^{−0.94229x} + 0.28022e^{−0.4029x} + 0.02817e^{−0.20162x};
/// parameters k Z₁Z₂ (eV Å, k = e²/4πε₀) and the screening length a = 0.46850/(Z₁^0.23 + Z₂^0.23) (Å).
[<Struct; NoEquality; NoComparison>]
type ZieglerBiersackLittmark =
    interface IRadialFunction with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        member _.Evaluate(r, parameters) =
            let x = r / parameters[1]

            let screening =
                constant 0.18175 * exponential (constant -3.19980 * x)
                + constant 0.50986 * exponential (constant -0.94229 * x)
                + constant 0.28022 * exponential (constant -0.40290 * x)
                + constant 0.02817 * exponential (constant -0.20162 * x)

            parameters[0] * screening / r
