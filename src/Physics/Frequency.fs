namespace Noether.Physics

open System

/// Frequencies of vibrations from their squares ω², which are eigenvalues of mass-weighted Hessians, in eV/(Å² amu).
/// A negative square, a motion that runs away, gives a negative number: −√|ω²|.
///
/// *Constants.* CODATA 2018: e and h are exact, the atomic mass unit is 1.66053906660e-27 kg.
[<RequireQualifiedAccess>]
module Frequency =
    let private electronvolt = 1.602176634e-19
    let private planck = 6.62607015e-34
    let private lightSpeed = 299792458.0

    let internal signedRoot (square: float) = float (sign square) * sqrt (abs square)

    /// √(eV/(Å² amu)) in rad/s.
    let private unit = sqrt (electronvolt / 1.66053906660e-27) * 1e10

    /// √(eV/amu) in Å/ps.
    let internal speed = unit * 1e-12

    let private hertz square = signedRoot square * (unit / (2.0 * Math.PI))

    /// The frequency ω/2π in THz; √(eV/(Å² amu)) is 15.6333 THz.
    let terahertz (square: float) : float = 1e-12 * hertz square

    /// The wavenumber ω/2πc in cm⁻¹; √(eV/(Å² amu)) is 521.471 cm⁻¹.
    let wavenumber (square: float) : float = hertz square / (100.0 * lightSpeed)

    /// The energy of a quantum, ħω, in eV.
    let energy (square: float) : float = hertz square * (planck / electronvolt)
