namespace Noether.Domain

/// Units of measure for single numbers. `open Noether.Domain.Measures`, and `2.0<eV>` cannot be taken for
/// `2.0<hartree>`. They exist only while compiling; arrays, tensors and C# see plain numbers, always in the units
/// inside: eV, Å, amu, e, K, and what follows from them.
module Measures =
    /// Electronvolt, the energy inside.
    [<Measure>]
    type eV

    /// Ångström, 1e-10 m, the length inside.
    [<Measure>]
    type angstrom

    /// Atomic mass unit (dalton), the mass inside.
    [<Measure>]
    type amu

    /// Elementary charge, the charge inside.
    [<Measure>]
    type e

    /// Kelvin, the temperature inside.
    [<Measure>]
    type K

    /// The time inside, Å √(amu/eV), about 10.18 fs: with it a kinetic energy ½mv² is in eV without a factor.
    [<Measure>]
    type internalTime = angstrom amu^(1/2) / eV^(1/2)

    /// Femtosecond, the time at the interfaces.
    [<Measure>]
    type fs

    /// Picosecond, 1000 fs.
    [<Measure>]
    type ps

    /// Bar, 1e5 Pa.
    [<Measure>]
    type bar

    /// Gigapascal, 1e4 bar.
    [<Measure>]
    type GPa

    /// Hartree, the atomic unit of energy.
    [<Measure>]
    type hartree

    /// Bohr radius, the atomic unit of length.
    [<Measure>]
    type bohr

    /// Nanometre, 10 Å.
    [<Measure>]
    type nm

    /// Kilocalorie (thermochemical, 4184 J).
    [<Measure>]
    type kcal

    /// Kilojoule, 1000 J.
    [<Measure>]
    type kJ

    /// Mole, Avogadro's number of things.
    [<Measure>]
    type mol

    /// Gram, for densities.
    [<Measure>]
    type g

    /// Centimetre, for densities.
    [<Measure>]
    type cm

/// Constants of nature, and other units in those inside (eV, Å, amu, e, K; time in Å √(amu/eV)), as plain numbers:
/// `2.0 * Units.hartree` is two hartree in eV, `energy / Units.hartree` an energy in hartree. `Convert` does the same
/// for numbers that carry their unit.
///
/// *Source.* **CODATA 2018** (E. Tiesinga et al., Rev. Mod. Phys. 93, 025010 (2021), doi:10.1103/RevModPhys.93.025010).
/// e, k and N_A are exact since 2019. The adjustment of 2022 moves the others by less than 2e-9 of themselves; that of
/// 2014, which ASE takes unasked, differs by up to 4e-7 (the Boltzmann constant).
[<RequireQualifiedAccess>]
module Units =
    /// e in C, and so eV in J; exact.
    let private electronvolt = 1.602176634e-19

    /// Avogadro's constant in 1/mol; exact.
    let avogadro = 6.02214076e23

    /// The atomic mass unit in kg.
    let private dalton = 1.66053906660e-27

    /// The electric constant ε₀ in F/m.
    let private electricConstant = 8.8541878128e-12

    /// The Boltzmann constant k_B in eV/K.
    let boltzmann = 1.380649e-23 / electronvolt

    /// The Coulomb constant e²/4πε₀ in eV Å: the energy of two elementary charges at 1 Å.
    let coulomb = electronvolt / (4.0 * System.Math.PI * electricConstant) * 1e10

    /// One hartree in eV.
    let hartree = 27.211386245988

    /// One bohr in Å.
    let bohr = 0.529177210903

    /// One nanometre in Å.
    let nm = 10.0

    /// One kcal/mol in eV.
    let kcalPerMol = 4184.0 / (avogadro * electronvolt)

    /// One kJ/mol in eV.
    let kJPerMol = 1000.0 / (avogadro * electronvolt)

    /// One femtosecond in units of Å √(amu/eV), about 0.0982.
    let fs = 1e-5 / sqrt (dalton / electronvolt)

    /// One picosecond in units of Å √(amu/eV).
    let ps = 1000.0 * fs

    /// One gigapascal in eV/Å³.
    let GPa = 1e-21 / electronvolt

    /// One bar in eV/Å³.
    let bar = 1e-4 * GPa

    /// One g/cm³ in amu/Å³, about 0.602.
    let gramPerCubicCentimetre = 1e-27 / dalton

/// From numbers of one unit to numbers of another, by the constants of `Units` (CODATA 2018).
/// Example: `Convert.hartreeToEV -0.5<hartree>` is −13.6 eV, and `Convert.fsToInternal 1.0<fs>` a time step for
/// positions in Å, masses in amu and energies in eV.
[<RequireQualifiedAccess>]
module Convert =
    open Measures

    /// Hartree to eV.
    let hartreeToEV (x: float<hartree>) = x * (Units.hartree * 1.0<eV / hartree>)

    /// eV to hartree.
    let eVToHartree (x: float<eV>) = x / (Units.hartree * 1.0<eV / hartree>)

    /// kcal/mol to eV for each particle.
    let kcalPerMolToEV (x: float<kcal / mol>) = x * (Units.kcalPerMol * 1.0<eV mol / kcal>)

    /// eV for each particle to kcal/mol.
    let eVToKcalPerMol (x: float<eV>) = x / (Units.kcalPerMol * 1.0<eV mol / kcal>)

    /// kJ/mol to eV for each particle.
    let kJPerMolToEV (x: float<kJ / mol>) = x * (Units.kJPerMol * 1.0<eV mol / kJ>)

    /// eV for each particle to kJ/mol.
    let eVToKJPerMol (x: float<eV>) = x / (Units.kJPerMol * 1.0<eV mol / kJ>)

    /// Bohr to Å.
    let bohrToAngstrom (x: float<bohr>) = x * (Units.bohr * 1.0<angstrom / bohr>)

    /// Å to bohr.
    let angstromToBohr (x: float<angstrom>) = x / (Units.bohr * 1.0<angstrom / bohr>)

    /// Nanometres to Å.
    let nmToAngstrom (x: float<nm>) = x * (Units.nm * 1.0<angstrom / nm>)

    /// Å to nanometres.
    let angstromToNm (x: float<angstrom>) = x / (Units.nm * 1.0<angstrom / nm>)

    /// Picoseconds to femtoseconds.
    let psToFs (x: float<ps>) = x * 1000.0<fs / ps>

    /// Femtoseconds to picoseconds.
    let fsToPs (x: float<fs>) = x / 1000.0<fs / ps>

    /// Femtoseconds to the time inside, Å √(amu/eV).
    let fsToInternal (x: float<fs>) = x * (Units.fs * 1.0<internalTime / fs>)

    /// The time inside, Å √(amu/eV), to femtoseconds.
    let internalToFs (x: float<internalTime>) = x / (Units.fs * 1.0<internalTime / fs>)

    /// GPa to eV/Å³.
    let gPaToInternal (x: float<GPa>) = x * (Units.GPa * 1.0<eV / angstrom^3 / GPa>)

    /// eV/Å³ to GPa.
    let internalToGPa (x: float<eV / angstrom^3>) = x / (Units.GPa * 1.0<eV / angstrom^3 / GPa>)

    /// Bar to eV/Å³.
    let barToInternal (x: float<bar>) = x * (Units.bar * 1.0<eV / angstrom^3 / bar>)

    /// eV/Å³ to bar.
    let internalToBar (x: float<eV / angstrom^3>) = x / (Units.bar * 1.0<eV / angstrom^3 / bar>)

    /// g/cm³ to amu/Å³.
    let densityToInternal (x: float<g / cm^3>) = x * (Units.gramPerCubicCentimetre * 1.0<amu / angstrom^3 / (g / cm^3)>)

    /// amu/Å³ to g/cm³.
    let internalToDensity (x: float<amu / angstrom^3>) =
        x / (Units.gramPerCubicCentimetre * 1.0<amu / angstrom^3 / (g / cm^3)>)

    /// The energy k_B T of a temperature.
    let thermalEnergy (temperature: float<K>) = temperature * (Units.boltzmann * 1.0<eV / K>)
