namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// One step of a simulation: the motion, and the barostat behind it.
[<RequireQualifiedAccess>]
module internal Steps =
    /// What steps need, in units inside.
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
        let results, list = Following.evaluate setup.Potential setup.Ensemble.Skin owner list structure
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

    let private positionsOf (phase: Phase) = phase.Structure.Positions.AsSpan().ToArray()

    /// Velocities times a factor, and the energy that this gives.
    let private rescale (phase: Phase) (factorOf: float -> float) (v: float[]) =
        let before = Velocities.kineticEnergy phase.Masses v
        let factor = factorOf before
        Velocities.scale factor v
        (factor * factor - 1.0) * before

    /// The time constant of the bath, Å √(amu/eV).
    let relaxation (ensemble: Ensemble) =
        match ensemble.Motion with
        | Newtonian -> infinity
        | Langevin(_, tau)
        | NoseHoover(_, tau, _)
        | StochasticRescaling(_, tau)
        | Berendsen(_, tau)
        | Brownian(_, tau) -> tau * Units.fs

    let private brownian (setup: Setup) owner (key: RandomKey) (state: State) : State =
        let phase, t = state.Phase, setup.Timestep
        let tau = relaxation setup.Ensemble
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

    /// A step with velocities: half a kick, the drift, half a kick, and the thermostat around or within.
    let private newtonian (setup: Setup) (owner: Owner) (key: RandomKey) (state: State) : State =
        let phase, t, motion = state.Phase, setup.Timestep, setup.Ensemble.Motion
        let tau = relaxation setup.Ensemble
        let freedoms = lazy (Phase.freedoms phase)
        let fresh () : float[] = owner.Take phase.Velocities.Length
        let v, x = fresh (), fresh ()
        let chain = state.Chain.AsSpan().ToArray()
        let mutable exchanged = state.Exchanged
        let kinetic () = Velocities.kineticEnergy phase.Masses v

        let chained () =
            let factor k = Baths.chainFactor freedoms.Value setup.Thermal tau (0.5 * t) k chain
            rescale phase factor v |> ignore

        match motion with
        | NoseHoover _ ->
            phase.Velocities.CopyTo v
            chained ()
            Velocities.kick phase (0.5 * t) state.Results.Forces v
        | _ -> Velocities.kickInto phase (0.5 * t) state.Results.Forces (Frozen.array phase.Velocities) v

        let drift t = driftInto setup (state.Step + 1) t v (Frozen.array phase.Structure.Positions) x

        match motion with
        | Langevin _ ->
            let decay = exp (-t / tau)
            drift (0.5 * t)
            let before = kinetic ()
            Velocities.mix phase decay (setup.Thermal * (1.0 - decay * decay)) key v
            exchanged <- exchanged + kinetic () - before
            driftInto setup (state.Step + 1) (0.5 * t) v x x
        | _ -> drift t

        let structure = at x phase.Structure
        let results, list = evaluate setup owner state.Neighbours structure
        Velocities.kick phase (0.5 * t) results.Forces v

        match motion with
        | StochasticRescaling _ ->
            let factor k = Baths.stochasticFactor freedoms.Value setup.Thermal (exp (-t / tau)) k key
            exchanged <- exchanged + rescale phase factor v
        | Berendsen _ ->
            let factor = Baths.berendsenFactor freedoms.Value setup.Thermal (t / tau)
            exchanged <- exchanged + rescale phase factor v
        | NoseHoover _ -> chained ()
        | _ -> ()

        { state with
            Phase = { phase with Structure = structure; Velocities = Frozen.freeze v }
            Results = results
            Neighbours = list
            Exchanged = exchanged
            Chain = Frozen.freeze chain }

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

            let moved =
                match setup.Ensemble.Motion with
                | Brownian _ -> brownian setup owner keys[0] state
                | _ -> newtonian setup owner keys[0] state

            withBarostat setup owner keys[1] { moved with Step = next })
