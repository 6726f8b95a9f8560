namespace Noether.Physics

open System
open Noether.Domain

/// Frequencies of vibrations from their squares ω², which are eigenvalues of mass-weighted Hessians, in eV/(Å² amu).
/// A negative square, a motion that runs away, gives a negative number: −√|ω²|. Constants are those of `Units`; the
/// Planck constant and the speed of light are exact.
[<RequireQualifiedAccess>]
module Frequency =
    /// h in eV/THz.
    let private planck = 6.62607015e-22 / 1.602176634e-19

    /// c in cm THz.
    let private lightSpeed = 2.99792458e-2

    let private signedRoot (square: float) = float (sign square) * sqrt (abs square)

    /// The frequency ω/2π in THz; √(eV/(Å² amu)) is 15.6333 THz.
    let terahertz (square: float) : float = signedRoot square * (Units.ps / (2.0 * Math.PI))

    /// The wavenumber ω/2πc in cm⁻¹; √(eV/(Å² amu)) is 521.471 cm⁻¹.
    let wavenumber (square: float) : float = terahertz square / lightSpeed

    /// The energy of a quantum, ħω, in eV.
    let energy (square: float) : float = terahertz square * planck
