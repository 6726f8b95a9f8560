namespace Noether.Physics

open Noether.Domain

/// Which strains of the cell a barostat makes.
type CellShape =
    /// The same along all directions: shape and angles stay.
    | Isotropic
    /// x, y and z each for itself.
    | Axial
    /// All symmetric strains, shear included.
    | Triclinic

/// A barostat: stochastic cell rescaling (M. Bernetti and G. Bussi, J. Chem. Phys. 153, 114107 (2020); anisotropic: V.
/// Del Tatto et al., Appl. Sci. 12, 1139 (2022)).
///
/// *Equation.* A strain x in each direction E_a (1/√3; three axes; or six symmetric matrices of norm 1) follows dx_a =
/// (β/3τ)(P_a − P₀ tr E_a) dt + √(2 k_B T β/(3Vτ)) dW_a, with P_a the internal pressure, kinetic part included, along
/// E_a. Positions go with the cell, velocities against it. For one direction this is the equation of the volume in the
/// paper. Its stationary distribution is exp(−(U + K + P₀V)/k_BT) dV, and for shapes V⁻² dH.
type Barostat =
    {
        /// The pressure P₀, GPa.
        Pressure: float
        /// The relaxation time of the volume, τ, fs.
        Relaxation: float
        /// The isothermal compressibility β that the relaxation time refers to, 1/GPa. An estimate will do: only β/τ
        /// matters.
        Compressibility: float
        /// The strains it makes.
        Shape: CellShape
        /// It acts after every so many steps, and then costs one evaluation more.
        Every: int
    }

/// The distribution that a simulation samples, and its method: time step, thermostat and barostat.
[<NoEquality; NoComparison>]
type Ensemble =
    {
        /// The time step, fs.
        Timestep: float
        /// The thermostat of the atoms.
        Thermostat: Thermostat
        /// The motion of the cell, none where it stays.
        Barostat: Barostat option
        /// How much further than the potential its Verlet list looks, Å: longer lists last longer.
        Skin: float
        /// A force on an atom above this, eV/Å, ends a simulation with an error: atoms that came so near to each other
        /// cannot be followed by the time step, and what comes after is no physics. Infinity is no limit.
        LargestForce: float
    }

/// Making ensembles. Example: `Ensemble.create 2.0 (Thermostat.stochasticRescaling 300.0 100.0)`; then
/// `{ … with Barostat = Some barostat }`.
[<RequireQualifiedAccess>]
module Ensemble =
    /// A time step (fs) and a thermostat in a cell that stays, on a Verlet list with a skin of 1 Å, with forces up to 1e4 eV/Å:
    /// some thousand times what thermal motion knows, and less than what two nuclei on top of each other have.
    let create (timestep: float) (thermostat: Thermostat) : Ensemble =
        { Timestep = timestep
          Thermostat = thermostat
          Barostat = None
          Skin = 1.0
          LargestForce = 1e4 }

    /// Constant energy with a time step in fs.
    let microcanonical (timestep: float) : Ensemble = create timestep Thermostat.none

    /// A barostat at a pressure (GPa) with a relaxation time (fs) and compressibility (1/GPa), isotropic, after every
    /// tenth step.
    let barostat (pressure: float) (relaxation: float) (compressibility: float) : Barostat =
        { Pressure = pressure
          Relaxation = relaxation
          Compressibility = compressibility
          Shape = Isotropic
          Every = 10 }

    /// The temperature of the thermostat, K; none for Newton's equations.
    let temperature (ensemble: Ensemble) : float option = ensemble.Thermostat.Temperature

    let private checkBarostat (ensemble: Ensemble) barostat =
        Quantity.finite "the pressure" barostat.Pressure
        Quantity.positive "the relaxation time of the barostat" "fs" barostat.Relaxation
        Quantity.positive "the compressibility" "1/GPa" barostat.Compressibility
        Quantity.atLeast 1 "the number of steps between those of the barostat" barostat.Every

        temperature ensemble |> Option.iter (Quantity.positive "the temperature of a barostat" "kelvins")

        if ensemble.Thermostat.Temperature.IsNone then
            Outcome.raise (
                Inconsistent("an ensemble with a barostat", "no thermostat", "one, as it needs a temperature")
            )

        if ensemble.Thermostat.Overdamped then
            Outcome.raise (
                Inconsistent(
                    "an ensemble with a barostat",
                    "Brownian motion",
                    "one with velocities, as they have a pressure"
                )
            )

    /// The ensemble itself if its numbers can be used. Errors: `InvalidArgument` for times that are not positive, a
    /// temperature below zero, a chain without links, a Berendsen relaxation shorter than the time step, a largest force
    /// that is not positive; `Inconsistent` for a barostat without a thermostat or with Brownian motion; `NonFinite` for the pressure.
    let validate (ensemble: Ensemble) : Result<Ensemble, NoetherError> =
        Outcome.capture (fun () ->
            Quantity.positive "the time step" "fs" ensemble.Timestep
            Quantity.notNegative "the skin" "Å" ensemble.Skin

            if not (ensemble.LargestForce > 0.0) then
                let value = Quantity.text ensemble.LargestForce
                Outcome.raise (InvalidArgument("the largest force", value, "a positive number of eV/Å, or infinity"))

            ensemble.Thermostat.Check ensemble.Timestep |> Outcome.getOrFail
            Option.iter (checkBarostat ensemble) ensemble.Barostat
            ensemble)
