namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// A phase-space state: positions and velocities of atoms, their masses, and constraints.
///
/// *Fields, for n atoms.* `Velocities` [n, 3] in Å per Å √(amu/eV), that is √(eV/amu), the velocities of ASE; times
/// `Units.fs` they are in Å/fs. `Masses` [n] in amu. `Fixed`: coordinates that never change but with the cell.
/// `CentreFixed`: the centre of mass never moves, so there are three degrees of freedom less.
///
/// *Positions* run on when an atom leaves the cell; they are never wrapped, so displacements are differences.
[<NoEquality; NoComparison>]
type PhasePoint =
    {
        /// Elements, positions (Å) and cell.
        Structure: Structure
        /// Velocities [n, 3], √(eV/amu).
        Velocities: ImmutableArray<float>
        /// Masses [n], amu.
        Masses: ImmutableArray<float>
        /// The coordinates that are held.
        Fixed: Constraints
        /// Whether the centre of mass is held.
        CentreFixed: bool
    }

/// Operations on velocities [n, 3] in place, in arrays that dynamics alone holds.
[<RequireQualifiedAccess>]
module internal Velocities =
    /// ½ Σ m v², eV.
    let kineticEnergy (masses: ImmutableArray<float>) (v: float[]) =
        Propagator.KineticEnergy(masses.AsSpan(), ReadOnlySpan v)

    let scale (factor: float) (v: float[]) =
        for i in 0 .. v.Length - 1 do
            v[i] <- factor * v[i]

    /// Takes the velocity of the centre of mass from all.
    let centre (masses: ImmutableArray<float>) (v: float[]) =
        if masses.Length > 0 then
            let mutable total = 0.0

            for m in masses do
                total <- total + m

            for c in 0..2 do
                let mutable momentum = 0.0

                for i in 0 .. masses.Length - 1 do
                    momentum <- momentum + masses[i] * v[3 * i + c]

                for i in 0 .. masses.Length - 1 do
                    v[3 * i + c] <- v[3 * i + c] - momentum / total

    /// Zero where coordinates are held, and no momentum where the centre is.
    let constrain (phase: PhasePoint) (v: float[]) =
        Constraints.project phase.Structure.Cell phase.Fixed v
        if phase.CentreFixed then centre phase.Masses v

    /// v + (t/m) F, constrained, into an array, which may be that of v.
    let kickInto (phase: PhasePoint) (t: float) (forces: ImmutableArray<float>) (v: float[]) (after: float[]) =
        let held = phase.Fixed.Axes.AsSpan()
        Propagator.Kick(t, phase.Masses.AsSpan(), forces.AsSpan(), held, ReadOnlySpan v, Span after)
        Constraints.projectOblique phase.Structure.Cell phase.Fixed after
        if phase.CentreFixed then centre phase.Masses after

    /// v + (t/m) F, constrained.
    let kick (phase: PhasePoint) (t: float) (forces: ImmutableArray<float>) (v: float[]) = kickInto phase t forces v v

    /// a v + √(b/m) ξ with normal ξ, constrained.
    let mix (phase: PhasePoint) (a: float) (b: float) (key: RandomKey) (v: float[]) =
        let noise: float[] = Array.zeroCreate v.Length
        Threefry.Normal(key, Span noise)

        for i in 0 .. phase.Masses.Length - 1 do
            let width = sqrt (b / phase.Masses[i])

            for c in 3 * i .. 3 * i + 2 do
                v[c] <- a * v[c] + width * noise[c]

        constrain phase v

/// Making phases, and asking them for what depends on velocities.
[<RequireQualifiedAccess>]
module PhasePoint =
    /// Rounding of a velocity that lies in a plane leaves less than this share of it outside.
    let private rounding = 1e-9

    let private checkHeld (phase: PhasePoint) =
        let v = phase.Velocities
        let axes = phase.Fixed.Axes

        for i in 0 .. v.Length - 1 do
            if axes[i] && v[i] <> 0.0 then
                let axis = "xyz"[i % 3]
                let found = $"the {axis} velocity {Quantity.text v[i]}"
                Outcome.raise (Inconsistent($"atom {i / 3}, which is held along {axis},", found, "0"))

        if not phase.Fixed.Oblique.IsEmpty then
            let free = v.AsSpan().ToArray()
            Constraints.projectOblique phase.Structure.Cell phase.Fixed free

            for struct (atom, _) in phase.Fixed.Oblique do
                let along = [ 3 * atom .. 3 * atom + 2 ]
                let largest = along |> List.map (fun i -> abs v[i]) |> List.max

                if along |> List.exists (fun i -> abs (v[i] - free[i]) > rounding * largest) then
                    let place = $"atom {atom}, of which a fractional coordinate is held,"
                    Outcome.raise (Inconsistent(place, "a velocity along it", "none"))

    let private check (phase: PhasePoint) =
        let n = phase.Structure.Count

        let length name (found: int) expected =
            if found <> expected then Outcome.raise (Inconsistent(name, $"{found} values", $"{expected}"))

        length "the velocities" phase.Velocities.Length (3 * n)
        length "the masses" phase.Masses.Length n
        length "the constraints" phase.Fixed.Count n

        if phase.CentreFixed && not phase.Fixed.IsEmpty then
            let expected = "one of both: held coordinates move the centre"
            Outcome.raise (Inconsistent("a phase", "held coordinates and a held centre of mass", expected))

        for i in 0 .. n - 1 do
            let m = phase.Masses[i]

            if not (m > 0.0 && Double.IsFinite m) then
                let expected = "a positive finite number of amu"
                Outcome.raise (InvalidArgument($"the mass of atom {i}", Quantity.text m, expected))

        for i in 0 .. 3 * n - 1 do
            let v = phase.Velocities[i]
            let axis = "xyz"[i % 3]

            if not (Double.IsFinite v) then Outcome.raise (NonFinite($"the {axis} velocity of atom {i / 3}", v))

        checkHeld phase
        phase

    /// The phase itself if its parts fit. Errors: `Inconsistent` for lengths that do not fit, for velocities of
    /// coordinates that are held, and where both coordinates and the centre are held; `InvalidArgument` for a mass
    /// that is not positive; `NonFinite`.
    let validate (phase: PhasePoint) : Result<PhasePoint, NoetherError> = Outcome.capture (fun () -> check phase)

    /// Atoms at rest with these masses [n] (amu), held as `Constraints.ofStructure` says; `free` lets them go. Errors: as
    /// for `validate`, and of constraints that mean nothing.
    let ofMasses (masses: float seq) (structure: Structure) : Result<PhasePoint, NoetherError> =
        Constraints.ofStructure structure
        |> Result.bind (fun held ->
            validate
                { Structure = structure
                  Velocities = Frozen.freeze (Array.zeroCreate (3 * structure.Count))
                  Masses = ImmutableArray.CreateRange masses
                  Fixed = held
                  CentreFixed = false })

    /// Atoms at rest with the standard masses of their elements, held as `Constraints.ofStructure` says. X has mass 1.
    let ofStructure (structure: Structure) : Result<PhasePoint, NoetherError> =
        ofMasses (structure.Numbers |> Seq.map Elements.mass) structure

    /// The same atoms with these velocities [n, 3], √(eV/amu). Errors: as for `validate`.
    let withVelocities (velocities: float seq) (phase: PhasePoint) : Result<PhasePoint, NoetherError> =
        validate { phase with Velocities = ImmutableArray.CreateRange velocities }

    /// The phase with velocities that its constraints allow.
    let private constrained (change: float[] -> unit) (phase: PhasePoint) =
        let v = phase.Velocities.AsSpan().ToArray()
        change v
        Velocities.constrain phase v
        { phase with Velocities = Frozen.freeze v }

    /// The phase with more coordinates held, beside those that are, and their velocities zero. Errors: `Inconsistent`
    /// where the centre is held, and for constraints of another number of atoms.
    let hold (constraints: Constraints) (phase: PhasePoint) : Result<PhasePoint, NoetherError> =
        if constraints.Count <> phase.Fixed.Count then
            let found = $"constraints of {constraints.Count} atoms"
            Error(Inconsistent("a phase", found, $"of {phase.Fixed.Count}"))
        else
            constrained ignore { phase with Fixed = Constraints.union phase.Fixed constraints } |> validate

    /// `hold` for the coordinates for which `held atom axis` is true, axis 0, 1, 2 for x, y, z.
    let fix (held: int -> int -> bool) (phase: PhasePoint) : Result<PhasePoint, NoetherError> =
        hold (Constraints.ofAxes phase.Structure.Count held) phase

    /// The phase with no coordinate held, whatever its structure says.
    let free (phase: PhasePoint) : PhasePoint = { phase with Fixed = Constraints.none phase.Structure.Count }

    /// The phase with its centre of mass held, and its momentum taken away. Errors: `Inconsistent` where coordinates
    /// are held.
    let fixCentre (phase: PhasePoint) : Result<PhasePoint, NoetherError> =
        constrained ignore { phase with CentreFixed = true } |> validate

    /// The number of degrees of freedom: 3n, less the coordinates held, less three for a held centre.
    let freedoms (phase: PhasePoint) : int =
        let free = 3 * phase.Fixed.Count - Constraints.held phase.Structure.Cell phase.Fixed
        if phase.CentreFixed then max 0 (free - 3) else free

    /// ½ Σ m v², eV.
    let kineticEnergy (phase: PhasePoint) : float =
        Velocities.kineticEnergy phase.Masses (Frozen.array phase.Velocities)

    /// Σ m v ⊗ v, [3, 3], eV: twice the kinetic energy, by direction.
    let kineticTensor (phase: PhasePoint) : ImmutableArray<float> =
        let sum = Array.zeroCreate 9
        let v = phase.Velocities.AsSpan()
        let masses = phase.Masses.AsSpan()

        for i in 0 .. masses.Length - 1 do
            for a in 0..2 do
                for b in 0..2 do
                    sum[3 * a + b] <- sum[3 * a + b] + masses[i] * v[3 * i + a] * v[3 * i + b]

        Frozen.freeze sum

    /// The temperature 2K/(k_B f) for f degrees of freedom, K; 0 where there are none.
    let temperature (phase: PhasePoint) : float =
        match freedoms phase with
        | 0 -> 0.0
        | f -> 2.0 * kineticEnergy phase / (float f * Units.boltzmann)

    let private checkTemperature (temperature: float) =
        if not (temperature >= 0.0 && Double.IsFinite temperature) then
            Outcome.raise (InvalidArgument("the temperature", Quantity.text temperature, "0 or more kelvins"))

    /// The phase with velocities drawn from the distribution of Maxwell and Boltzmann at a temperature (K), of the
    /// coordinates that are free. The same key gives the same velocities to the bit. Errors: `InvalidArgument` for a
    /// temperature that is negative or not finite.
    let thermal (temperature: float) (key: RandomKey) (phase: PhasePoint) : Result<PhasePoint, NoetherError> =
        Outcome.capture (fun () ->
            checkTemperature temperature
            constrained (Velocities.mix phase 0.0 (Units.boltzmann * temperature) key) phase)

    /// The phase with its velocities scaled to a temperature (K). Errors: `InvalidArgument` for a temperature that is
    /// negative or not finite; `Inconsistent` where there is no velocity to scale.
    let scaleTo (target: float) (phase: PhasePoint) : Result<PhasePoint, NoetherError> =
        Outcome.capture (fun () ->
            checkTemperature target
            let now = temperature phase

            if target > 0.0 && not (now > 0.0) then
                Outcome.raise (Inconsistent("a phase that is to be scaled", "no velocities", "some"))

            constrained (Velocities.scale (if target > 0.0 then sqrt (target / now) else 0.0)) phase)

    let private refuseHeld what (phase: PhasePoint) =
        if not phase.Fixed.IsEmpty then
            let name = $"a phase whose {what} is to be removed"
            Outcome.raise (Inconsistent(name, "held coordinates", "none, as they take up momentum"))

    /// The phase with no momentum: the velocity of the centre of mass is taken from all. The degrees of freedom stay
    /// (`fixCentre` counts three less). Errors: `Inconsistent` where coordinates are held.
    let withoutMomentum (phase: PhasePoint) : Result<PhasePoint, NoetherError> =
        Outcome.capture (fun () ->
            refuseHeld "momentum" phase
            constrained (Velocities.centre phase.Masses) phase)

    /// The centre of mass, Å; the origin where there are no atoms.
    let centreOfMass (phase: PhasePoint) : float * float * float =
        let total = max (Seq.sum phase.Masses) Double.Epsilon
        let r = phase.Structure.Positions
        let along c = (phase.Masses |> Seq.mapi (fun i m -> m * r[3 * i + c]) |> Seq.sum) / total
        along 0, along 1, along 2

    /// Positions from the centre of mass, [n, 3].
    let private fromCentre (phase: PhasePoint) =
        let x, y, z = centreOfMass phase
        let centre = [| x; y; z |]
        phase.Structure.Positions |> Seq.mapi (fun i value -> value - centre[i % 3]) |> Array.ofSeq

    let private cross (a: float[]) i (b: float[]) j =
        [| a[i + 1] * b[j + 2] - a[i + 2] * b[j + 1]
           a[i + 2] * b[j] - a[i] * b[j + 2]
           a[i] * b[j + 1] - a[i + 1] * b[j] |]

    /// Σ m r × v about the centre of mass, Å √(eV amu).
    let angularMomentum (phase: PhasePoint) : float * float * float =
        let r, v = fromCentre phase, Frozen.array phase.Velocities
        let sum = Array.zeroCreate 3

        for i in 0 .. phase.Masses.Length - 1 do
            let l = cross r (3 * i) v (3 * i)

            for c in 0..2 do
                sum[c] <- sum[c] + phase.Masses[i] * l[c]

        sum[0], sum[1], sum[2]

    /// The smallest ω with Iω = L, by conjugate gradients, which need no inverse: the moments of inertia of atoms on
    /// one line have none. Three rounds end it but for rounding, which the others take away.
    let private solve (apply: float[] -> float[]) (l: float[]) =
        let dot (a: float[]) (b: float[]) = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
        let move (a: float[]) t (b: float[]) = Array.map2 (fun x y -> x + t * y) a b

        let system: LinearSystem<float[], float[]> =
            { Apply = apply
              Gradient = id
              Curvature = dot
              Dot = dot
              Move = move
              MoveResidual = move }

        let enough = 1e-15 * sqrt (dot l l)
        let ends count square = count = 3 || not (sqrt square > enough)
        let round omega = ConjugateGradients.solve system ends omega (move l -1.0 (apply omega))
        Array.zeroCreate 3 |> round |> round |> round |> round

    /// The phase without rotation about its centre of mass: ω × r is taken from the velocities, with ω the angular
    /// velocity of a rigid body of its angular momentum. Errors: `Inconsistent` where coordinates are held, and for
    /// periodic structures, which have no angular momentum.
    let withoutAngularMomentum (phase: PhasePoint) : Result<PhasePoint, NoetherError> =
        Outcome.capture (fun () ->
            refuseHeld "angular momentum" phase

            if Seq.exists id phase.Structure.Cell.Periodic then
                let expected = "an open one: angular momentum is not conserved in it"

                Outcome.raise (
                    Inconsistent("a phase whose angular momentum is to be removed", "a periodic cell", expected)
                )

            let r = fromCentre phase
            let x, y, z = angularMomentum phase

            let inertia (omega: float[]) =
                let sum = Array.zeroCreate 3

                for i in 0 .. phase.Masses.Length - 1 do
                    let l = cross r (3 * i) (cross omega 0 r (3 * i)) 0

                    for c in 0..2 do
                        sum[c] <- sum[c] + phase.Masses[i] * l[c]

                sum

            let omega = solve inertia [| x; y; z |]

            phase
            |> constrained (fun v ->
                for i in 0 .. phase.Masses.Length - 1 do
                    let turn = cross omega 0 r (3 * i)

                    for c in 0..2 do
                        v[3 * i + c] <- v[3 * i + c] - turn[c]))
