namespace Noether.Physics

open System
open Noether.Domain
open Noether.Kernels

/// A step of a simulation as its thermostat sees it. Units inside: Å √(amu/eV), eV.
[<NoEquality; NoComparison>]
type ThermostatStep =
    {
        /// Masses and constraints of the atoms, at the start of the step.
        Phase: PhasePoint
        /// The number of degrees of freedom, f.
        Freedoms: Lazy<int>
        /// k_B T, eV; 0 without a temperature.
        Thermal: float
        /// The relaxation time τ, Å √(amu/eV).
        Relaxation: float
        /// The time step, Å √(amu/eV).
        Timestep: float
        /// The random key of the step.
        Key: RandomKey
        /// The thermostat's own numbers, changed in place.
        Memory: float[]
    }

/// An action of a thermostat: velocities [n, 3] are changed in place, and the energy (eV) given to the atoms so far becomes
/// that after it. Only noise and scaling count; a thermostat with an energy of its own gives none. Step and velocities belong
/// to the caller: an action keeps neither.
[<Sealed; AllowNullLiteral(false)>]
type ThermostatAction internal (act: Func<ThermostatStep, float[], float, float>, ofLibrary: bool) =
    /// An action of your own: from a step, velocities and the energy given so far to the energy given.
    new(act: Func<ThermostatStep, float[], float, float>) = ThermostatAction(act, false)

    /// Changes the velocities; the energy given so far.
    member _.Act(step: ThermostatStep, velocities: float[], given: float) : float = act.Invoke(step, velocities, given)

    /// Whether the library knows that it keeps nothing, so that the arrays serve again.
    member internal _.OfLibrary = ofLibrary

    static member internal Create(act: ThermostatStep -> float[] -> float -> float) =
        Some(ThermostatAction((fun step v given -> act step v given), true))

/// A thermostat: the changes of velocities around velocity Verlet that give atoms their temperature. Temperatures in K,
/// times in fs. One of `Thermostat`'s, or one of your own.
[<NoEquality; NoComparison>]
type Thermostat =
    {
        /// Its name, as command lines have it.
        Name: string
        /// Its temperature, K; none for Newton's equations.
        Temperature: float option
        /// The relaxation time, fs.
        Relaxation: float
        /// Positions alone move, by forces and noise; velocities are zero, and there are no actions.
        Overdamped: bool
        /// How many numbers of its own it keeps in a state, zeros at the start.
        Memory: int
        /// Before the first half kick.
        Before: ThermostatAction option
        /// Between two halves of the drift.
        Middle: ThermostatAction option
        /// After the second half kick.
        After: ThermostatAction option
        /// Its own energy, eV, part of the conserved quantity.
        Energy: (ThermostatStep -> float) option
        /// Whether its numbers can be used with a time step in fs.
        Check: float -> Result<unit, NoetherError>
    }

    /// Name, temperature and relaxation time.
    override thermostat.ToString() =
        match thermostat.Temperature with
        | Some t -> $"{thermostat.Name}, {Quantity.text t} K, {Quantity.text thermostat.Relaxation} fs"
        | None -> thermostat.Name

/// A kind of thermostat, as command lines choose among them.
[<NoEquality; NoComparison>]
type ThermostatKind =
    {
        /// Its name.
        Name: string
        /// Its method in a few words; empty where the name says it.
        Method: string
        /// The thermostat of a temperature (K), a relaxation time (fs) and a number of links, where it has some.
        Create: float -> float -> int -> Thermostat
    }

/// The thermostats of the library by name, and those of your own by their actions.
[<RequireQualifiedAccess>]
module Thermostat =
    let private normal (key: RandomKey) =
        let x = [| 0.0 |]
        Threefry.Normal(key, Span x)
        x[0]

    /// A number from the distribution Γ(shape, 1), shape ≥ 1 (G. Marsaglia and W. W. Tsang, ACM Trans. Math. Softw. 26,
    /// 363 (2000)). Each attempt has its own key; more than a few are rare.
    let private gamma (shape: float) (key: RandomKey) =
        let d = shape - 1.0 / 3.0
        let c = 1.0 / sqrt (9.0 * d)

        let rec attempt (k: uint32) =
            let keys = key.Fold(k).Split 2
            let x = normal keys[0]
            let u = [| 0.0 |]
            Threefry.Uniform(keys[1], Span u)
            let t = 1.0 + c * x
            let v = t * t * t

            if v > 0.0 && log u[0] < 0.5 * x * x + d - d * v + d * log v then d * v else attempt (k + 1u)

        attempt 0u

    /// The sum of the squares of n normal numbers.
    let private sumOfSquares (n: int) (key: RandomKey) =
        if n = 0 then
            0.0
        elif n = 1 then
            let x = normal key
            x * x
        else
            2.0 * gamma (0.5 * float n) key

    /// The factor of velocities after time t: the kinetic energy K follows dK = (K̄ − K) dt/τ + 2√(K K̄/f) dW/√τ with
    /// mean K̄ = f k_BT/2, of which this is the exact solution (equation A7 of Bussi, Donadio and Parrinello).
    let private stochasticFactor (freedoms: int) (thermal: float) (decay: float) (kinetic: float) (key: RandomKey) =
        if freedoms = 0 || kinetic = 0.0 then
            1.0
        else
            let keys = key.Split 2
            let share = (1.0 - decay) * 0.5 * thermal / kinetic
            let r = normal keys[0]
            let rest = sumOfSquares (freedoms - 1) keys[1]
            let square = decay + share * (r * r + rest) + 2.0 * r * sqrt (decay * share)
            let root = sqrt (max 0.0 square)
            if r + sqrt (decay / share) < 0.0 then -root else root

    /// The weights of a splitting of fourth order (M. Suzuki, J. Math. Phys. 32, 400 (1991); H. Yoshida, Phys. Lett. A
    /// 150, 262 (1990)).
    let private weights =
        let w = 1.0 / (2.0 - Math.Cbrt 2.0)
        [| w; 1.0 - 2.0 * w; w |]

    /// The masses of a chain: f k_BT τ², then k_BT τ².
    let private chainMass freedoms thermal relaxation k =
        (if k = 0 then float freedoms else 1.0) * thermal * relaxation * relaxation

    /// Half a step of a chain: the factor of velocities and the chain after time t (Martyna et al. 1996, section 4,
    /// equation 29).
    let private chainFactor (freedoms: int) thermal relaxation (t: float) (kinetic: float) (chain: float[]) =
        let length = chain.Length / 2
        let mass = chainMass freedoms thermal relaxation
        let velocity k = length + k
        let mutable factor = 1.0

        let force k =
            if k = 0 then
                (2.0 * kinetic * factor * factor - float freedoms * thermal) / mass 0
            else
                let v = chain[velocity (k - 1)]
                (mass (k - 1) * v * v - thermal) / mass k

        // The last link is pushed by its force alone, the others are also slowed by the next one.
        let push h k =
            let drag = if k = length - 1 then 1.0 else exp (-0.25 * h * chain[velocity (k + 1)])
            chain[velocity k] <- (chain[velocity k] * drag + 0.5 * h * force k) * drag

        if freedoms > 0 then
            for w in weights do
                let h = w * t

                for k in length - 1 .. -1 .. 0 do
                    push h k

                factor <- factor * exp (-h * chain[velocity 0])

                for k in 0 .. length - 1 do
                    chain[k] <- chain[k] + h * chain[velocity k]

                for k in 0 .. length - 1 do
                    push h k

        factor

    /// The energy of a chain, which with that of the atoms is conserved: Σ ½ Q_k v_k² + f k_BT ξ₀ + k_BT Σ ξ_k.
    let private chainEnergy (freedoms: int) (thermal: float) (relaxation: float) (chain: float[]) =
        let length = chain.Length / 2
        let mutable sum = 0.0

        for k in 0 .. length - 1 do
            let v = chain[length + k]
            let weight = if k = 0 then float freedoms else 1.0
            sum <- sum + 0.5 * chainMass freedoms thermal relaxation k * v * v + weight * thermal * chain[k]

        sum

    /// The factor of velocities √(1 + (T₀/T − 1) t/τ).
    let private berendsenFactor (freedoms: int) (thermal: float) (ratio: float) (kinetic: float) =
        if freedoms = 0 || kinetic = 0.0 then
            1.0
        else
            sqrt (1.0 + ratio * (0.5 * float freedoms * thermal / kinetic - 1.0))

    /// Velocities times a factor of the kinetic energy; the energy that this gives.
    let private rescale (step: ThermostatStep) (factorOf: float -> float) (v: float[]) =
        let before = Velocities.kineticEnergy step.Phase.Masses v
        let factor = factorOf before
        Velocities.scale factor v
        (factor * factor - 1.0) * before

    let private checked' (computation: float -> unit) timestep = Outcome.capture (fun () -> computation timestep)

    let private checkBath temperature relaxation =
        Quantity.notNegative "the temperature" "kelvins" temperature
        Quantity.positive "the relaxation time" "fs" relaxation

    /// Newton's equations by velocity Verlet (W. C. Swope et al., J. Chem. Phys. 76, 637 (1982)): constant energy.
    let none: Thermostat =
        { Name = "nve"
          Temperature = None
          Relaxation = infinity
          Overdamped = false
          Memory = 0
          Before = None
          Middle = None
          After = None
          Energy = None
          Check = fun _ -> Ok() }

    let private bath name temperature relaxation =
        { none with
            Name = name
            Temperature = Some temperature
            Relaxation = relaxation
            Check = checked' (fun _ -> checkBath temperature relaxation) }

    /// Friction 1/`relaxation` and noise by the splitting BAOAB (B. Leimkuhler and C. Matthews, Appl. Math. Res.
    /// Express 2013, 34), whose positions are distributed exactly in a harmonic potential.
    let langevin (temperature: float) (relaxation: float) : Thermostat =
        let mix (step: ThermostatStep) v given =
            let decay = exp (-step.Timestep / step.Relaxation)
            let kinetic () = Velocities.kineticEnergy step.Phase.Masses v
            let before = kinetic ()
            Velocities.mix step.Phase decay (step.Thermal * (1.0 - decay * decay)) step.Key v
            given + kinetic () - before

        { bath "langevin" temperature relaxation with
            Middle = ThermostatAction.Create mix }

    /// A chain of thermostats with masses f k_B T τ², k_B T τ², … for the relaxation time τ (G. J. Martyna, M. E.
    /// Tuckerman, D. J. Tobias and M. L. Klein, Mol. Phys. 87, 1117 (1996)), by a splitting of fourth order.
    let noseHoover (temperature: float) (relaxation: float) (links: int) : Thermostat =
        let half (step: ThermostatStep) v given =
            let factor k =
                chainFactor step.Freedoms.Value step.Thermal step.Relaxation (0.5 * step.Timestep) k step.Memory

            rescale step factor v |> ignore
            given

        let check _ =
            checkBath temperature relaxation
            Quantity.positive "the temperature of a Nosé–Hoover chain" "kelvins" temperature
            Quantity.atLeast 1 "the length of the Nosé–Hoover chain" links

        { bath "nose-hoover" temperature relaxation with
            Memory = 2 * max 0 links
            Before = ThermostatAction.Create half
            After = ThermostatAction.Create half
            Energy = Some(fun step -> chainEnergy step.Freedoms.Value step.Thermal step.Relaxation step.Memory)
            Check = checked' check }

    /// Velocities scaled to a kinetic energy that follows its own stochastic equation (G. Bussi, D. Donadio and M.
    /// Parrinello, J. Chem. Phys. 126, 014101 (2007)): canonical, and gentle on dynamics. Velocities that are all zero
    /// stay so.
    let stochasticRescaling (temperature: float) (relaxation: float) : Thermostat =
        let scale (step: ThermostatStep) v given =
            let decay = exp (-step.Timestep / step.Relaxation)
            let factor k = stochasticFactor step.Freedoms.Value step.Thermal decay k step.Key
            given + rescale step factor v

        { bath "csvr" temperature relaxation with
            After = ThermostatAction.Create scale }

    /// Velocities scaled towards a temperature (H. J. C. Berendsen et al., J. Chem. Phys. 81, 3684 (1984)): settles
    /// quickly, and samples no ensemble.
    let berendsen (temperature: float) (relaxation: float) : Thermostat =
        let scale (step: ThermostatStep) v given =
            let factor = berendsenFactor step.Freedoms.Value step.Thermal (step.Timestep / step.Relaxation)
            given + rescale step factor v

        let check timestep =
            checkBath temperature relaxation

            if relaxation < timestep then
                let expected = $"at least the time step, {Quantity.text timestep} fs"
                Outcome.raise (InvalidArgument("the relaxation time", Quantity.text relaxation, expected))

        { bath "berendsen" temperature relaxation with
            After = ThermostatAction.Create scale
            Check = checked' check }

    /// Positions alone: Δx = F Δt/(mγ) + √(2 k_B T Δt/(mγ)) ξ with γ = 1/`relaxation`, the overdamped limit of
    /// Langevin's equation (D. L. Ermak and J. A. McCammon, J. Chem. Phys. 69, 1352 (1978)). Velocities are zero.
    let brownian (temperature: float) (relaxation: float) : Thermostat =
        { bath "brownian" temperature relaxation with Overdamped = true }

    /// All kinds: a new one is a line here.
    let kinds: ThermostatKind list =
        let kind name method create = { Name = name; Method = method; Create = create }

        [ kind "nve" "velocity Verlet" (fun _ _ _ -> none)
          kind "langevin" "BAOAB" (fun t tau _ -> langevin t tau)
          kind "nose-hoover" "chains" noseHoover
          kind "csvr" "stochastic velocity rescaling" (fun t tau _ -> stochasticRescaling t tau)
          kind "berendsen" "" (fun t tau _ -> berendsen t tau)
          kind "brownian" "" (fun t tau _ -> brownian t tau) ]

    /// Whether steps leave no trace of their arrays: all actions are the library's.
    let internal keepsNothing (thermostat: Thermostat) : bool =
        [ thermostat.Before; thermostat.Middle; thermostat.After ]
        |> List.forall (fun action ->
            match action with
            | Some action -> action.OfLibrary
            | None -> true)
