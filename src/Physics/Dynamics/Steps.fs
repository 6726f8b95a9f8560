namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// One step of a simulation: the motion, and the barostat behind it.
[<RequireQualifiedAccess>]
module internal Steps =
    /// The setup of steps, in units inside.
    [<NoEquality; NoComparison>]
    type Setup = { Potential: Potential; Ensemble: Ensemble; Timestep: float; Thermal: float }

    /// Refuses forces that are no numbers, or larger than they may be.
    let private checkForces (setup: Setup) (results: Results) =
        let limit = setup.Ensemble.LargestForce
        let f = results.Forces

        // No component above the limit over √3, no force above it; not a number fails every comparison.
        let largest = Reduction.MaxAbs(f.AsSpan())

        if not (Double.IsFinite largest && 1.7320508075688774 * largest <= limit) then
            for i in 0..3 .. f.Length - 3 do
                let size = sqrt (f[i] * f[i] + f[i + 1] * f[i + 1] + f[i + 2] * f[i + 2])

                if not (Double.IsFinite size) then
                    Outcome.raise (NonFinite($"the force on atom {i / 3}", size))
                elif size > limit then
                    let found = $"{Quantity.text size} eV/Å"
                    let expected = $"at most {Quantity.text limit} eV/Å: a shorter time step, or atoms further apart"
                    Outcome.raise (InvalidArgument($"the force on atom {i / 3}", found, expected))

    /// Results with a list that lasts, refused where forces are no numbers or too large.
    let evaluate (setup: Setup) owner list structure =
        let results, list = ListedEvaluation.evaluate setup.Potential setup.Ensemble.Skin owner list structure
        checkForces setup results
        results, list

    /// Errors of numbers in a step say which.
    let private during (step: int) (computation: unit -> 'T) : Result<'T, NoetherError> =
        Outcome.capture computation
        |> Result.mapError (fun error ->
            match error with
            | NonFinite(name, value) -> NonFinite($"{name}, in step {step},", value)
            | InvalidArgument(name, value, expected) -> InvalidArgument($"{name}, in step {step},", value, expected)
            | other -> other)

    let private refuseMove (setup: Setup) (step: int) (atom: int) (distance: float) =
        if Double.IsFinite distance then
            let found = $"atom {atom} moving {Quantity.text distance} Å"
            let reach = Quantity.text setup.Potential.Cutoff
            let expected = $"less than the potential reaches, {reach} Å: a shorter time step, or atoms further apart"
            Outcome.raise (Inconsistent($"step {step} of a simulation", found, expected))
        else
            Outcome.raise (NonFinite($"the move of atom {atom}", distance))

    /// x + t v, into an array, which may be that of x. Refuses moves that no time step can mean.
    let private driftInto (setup: Setup) (step: int) (t: float) (v: float[]) (x: float[]) (after: float[]) =
        let reach = setup.Potential.Cutoff
        let limit = if reach > 0.0 then reach * reach else Double.MaxValue

        match Propagator.Drift(t, ReadOnlySpan v, limit, ReadOnlySpan x, Span after) with
        | -1 -> ()
        | atom ->
            let square = Seq.sum [ for c in 3 * atom .. 3 * atom + 2 -> t * v[c] * (t * v[c]) ]
            refuseMove setup step atom (sqrt square)

    let private at (x: float[]) (structure: Structure) =
        Structure.withPositions (Frozen.freeze x) structure |> Outcome.getOrFail

    let private positionsOf (phase: PhasePoint) = phase.Structure.Positions.AsSpan().ToArray()

    /// A step of the setup's thermostat at a phase, with a key and its memory.
    let thermostatStep (setup: Setup) (phase: PhasePoint) (key: RandomKey) (memory: float[]) : ThermostatStep =
        { Phase = phase
          Freedoms = lazy (PhasePoint.freedoms phase)
          Thermal = setup.Thermal
          Relaxation = setup.Ensemble.Thermostat.Relaxation * Units.fs
          Timestep = setup.Timestep
          Key = key
          Memory = memory }

    let private brownian (setup: Setup) owner (key: RandomKey) (state: State) : State =
        let phase, t = state.Phase, setup.Timestep
        let tau = setup.Ensemble.Thermostat.Relaxation * Units.fs
        let zeros () : float[] = Array.zeroCreate phase.Velocities.Length
        let push = zeros ()
        Velocities.kick phase (tau * t) state.Results.Forces push
        let moves = zeros ()
        Velocities.mix phase 0.0 (2.0 * setup.Thermal * tau * t) key moves

        for i in 0 .. moves.Length - 1 do
            moves[i] <- moves[i] + push[i]

        let x = positionsOf phase
        driftInto setup (state.Step + 1) 1.0 moves x x
        let structure = at x phase.Structure
        let results, list = evaluate setup owner state.Neighbours structure
        let newPush = zeros ()
        Velocities.kick phase (tau * t) results.Forces newPush
        let mutable ratio = 0.0

        // k_BT times the logarithm of the probability of this step over that of the step back.
        for i in 0 .. moves.Length - 1 do
            let forth, back = moves[i] - push[i], moves[i] + newPush[i]
            ratio <- ratio + phase.Masses[i / 3] / (4.0 * tau * t) * (back * back - forth * forth)

        { state with
            Phase = { phase with Structure = structure; Velocities = Frozen.freeze (zeros ()) }
            Results = results
            Neighbours = list
            Exchanged = state.Exchanged - ratio }

    /// The first half kick of velocities into v, after the thermostat's action; the energy given so far.
    let private kickOff (thermostat: Thermostat) (step: ThermostatStep) (state: State) (v: float[]) =
        let phase, half, forces = state.Phase, 0.5 * step.Timestep, state.Results.Forces

        match thermostat.Before with
        | None ->
            Velocities.kickInto phase half forces (Frozen.array phase.Velocities) v
            state.Exchanged
        | Some before ->
            phase.Velocities.CopyTo v
            let given = before.Act(step, v, state.Exchanged)
            Velocities.kick phase half forces v
            given

    /// The drift of positions into x, in two halves around the thermostat's action; the energy given so far.
    let private drift (setup: Setup) (step: ThermostatStep) (state: State) (v: float[]) (x: float[]) given =
        let next, t, start = state.Step + 1, step.Timestep, Frozen.array state.Phase.Structure.Positions

        match setup.Ensemble.Thermostat.Middle with
        | None ->
            driftInto setup next t v start x
            given
        | Some middle ->
            driftInto setup next (0.5 * t) v start x
            let given = middle.Act(step, v, given)
            driftInto setup next (0.5 * t) v x x
            given

    /// A step with velocities: half a kick, the drift, half a kick, and the thermostat around and within.
    let private verlet (setup: Setup) (owner: Owner) (key: RandomKey) (state: State) : State =
        let phase, thermostat = state.Phase, setup.Ensemble.Thermostat
        let memory = state.Chain.AsSpan().ToArray()
        let step = thermostatStep setup phase key memory
        let fresh () : float[] = owner.Take phase.Velocities.Length
        let v, x = fresh (), fresh ()
        let given = kickOff thermostat step state v |> drift setup step state v x
        let structure = at x phase.Structure
        let results, list = evaluate setup owner state.Neighbours structure
        Velocities.kick phase (0.5 * step.Timestep) results.Forces v

        let given =
            match thermostat.After with
            | Some after -> after.Act(step, v, given)
            | None -> given

        { state with
            Phase = { phase with Structure = structure; Velocities = Frozen.freeze v }
            Results = results
            Neighbours = list
            Exchanged = given
            Chain = Frozen.freeze memory }

    let private withBarostat (setup: Setup) owner (key: RandomKey) (state: State) =
        match setup.Ensemble.Barostat with
        | Some barostat when state.Step % barostat.Every = 0 ->
            let t = float barostat.Every * setup.Timestep
            let evaluate = evaluate setup owner state.Neighbours

            let struct (phase, results, list, given) =
                CellRescaling.step barostat setup.Thermal t key evaluate state.Phase state.Results

            { state with
                Phase = phase
                Results = results
                Neighbours = list
                Exchanged = state.Exchanged + given }
        | _ -> state

    /// The next state, whose arrays the owner has.
    let step (setup: Setup) (owner: Owner) (state: State) : Result<State, NoetherError> =
        let next = state.Step + 1

        during next (fun () ->
            let keys = state.Key.Fold(uint32 next).Split 2

            // A user's thermostat may keep the arrays of the phases that it sees.
            let owner = if Thermostat.keepsNothing setup.Ensemble.Thermostat then owner else Owner(FreeArrays())
            let motion = if setup.Ensemble.Thermostat.Overdamped then brownian else verlet
            let moved = motion setup owner keys[0] state
            withBarostat setup owner keys[1] { moved with Step = next })
