namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.Domain
open Noether.Kernels

/// A simulation: how it begins, one step of it, and what it conserves. Pure functions on frozen states: the same state
/// gives the same next state, to the bit, whatever the number of threads.
[<NoEquality; NoComparison>]
type Simulation =
    {
        /// The ensemble that it was made for.
        Ensemble: Ensemble
        /// The first state of a phase, for a key of random numbers. Errors: those of `Phase.validate` and of
        /// `Evaluate`; `Inconsistent` for a barostat without volume or with held coordinates; `InvalidArgument` for a
        /// force above the largest one of the ensemble.
        Init: RandomKey -> Phase -> Result<State, NoetherError>
        /// The next state: one evaluation of the potential, two where the barostat acts. Errors: those of `Evaluate`,
        /// with the step; `Inconsistent` for an atom that moves further in one step than the potential reaches;
        /// `InvalidArgument` for a force above the largest one of the ensemble, with the step and the atom; `NonFinite`.
        Step: State -> Result<State, NoetherError>
        /// What an exact solution would conserve, eV: the energy, with that of thermostat and barostat. How far it
        /// drifts says how well the time step is chosen, in every ensemble (except Berendsen's, where it is the books
        /// of energy only).
        Invariant: State -> float
        /// The state that `State.toStructure` made a structure of: the next steps are those of that state, to the bit.
        /// Errors: `Inconsistent` for a property that is missing or does not fit; those of `Init`.
        Resume: Structure -> Result<State, NoetherError>
    }

/// Making and running simulations. Example, for a potential and a structure:
///
///     let simulation = Simulation.create (Ensemble.microcanonical 2.0) potential |> Outcome.getOrFail
///     let phase = Phase.ofStructure structure |> Result.bind (Phase.thermal 300.0 key) |> Outcome.getOrFail
///     let last = simulation.Init key phase |> Result.bind (Simulation.run 1000 simulation)
[<RequireQualifiedAccess>]
module Simulation =
    /// What steps need, in units inside.
    [<NoEquality; NoComparison>]
    type private Setup = { Potential: Potential; Ensemble: Ensemble; Timestep: float; Thermal: float }

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

    let private evaluate (setup: Setup) list structure =
        let results, list = Following.evaluate setup.Potential setup.Ensemble.Skin list structure
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

        match MovingPoints.Drift(t, ReadOnlySpan v, limit, ReadOnlySpan x, Span after) with
        | -1 -> ()
        | atom ->
            let square = Seq.sum [ for c in 3 * atom .. 3 * atom + 2 -> t * v[c] * (t * v[c]) ]
            refuseMove setup step atom (sqrt square)

    let private at (x: float[]) (structure: Structure) =
        Structure.withPositions (Frozen.freeze x) structure |> Outcome.getOrFail

    let private positionsOf (phase: Phase) = phase.Structure.Positions.AsSpan().ToArray()

    /// An array as long as those of the velocities, with anything in it.
    let private spare (state: State) : float[] =
        match state.Neighbours with
        | Some list -> list.Spares.Take state.Phase.Velocities.Length
        | None -> GC.AllocateUninitializedArray state.Phase.Velocities.Length

    /// Velocities times a factor, and the energy that this gives.
    let private rescale (phase: Phase) (factorOf: float -> float) (v: float[]) =
        let before = Velocities.kineticEnergy phase.Masses v
        let factor = factorOf before
        Velocities.scale factor v
        (factor * factor - 1.0) * before

    let private relaxation (ensemble: Ensemble) =
        match ensemble.Motion with
        | Newtonian -> infinity
        | Langevin(_, tau)
        | NoseHoover(_, tau, _)
        | StochasticRescaling(_, tau)
        | Berendsen(_, tau)
        | Brownian(_, tau) -> tau * Units.fs

    let private brownian (setup: Setup) (key: RandomKey) (state: State) : State =
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
        let results, list = evaluate setup state.Neighbours structure
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
    let private newtonian (setup: Setup) (key: RandomKey) (state: State) : State =
        let phase, t, motion = state.Phase, setup.Timestep, setup.Ensemble.Motion
        let tau = relaxation setup.Ensemble
        let freedoms = lazy (Phase.freedoms phase)
        let v, x = spare state, spare state
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
        let results, list = evaluate setup state.Neighbours structure
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

    let private withBarostat (setup: Setup) (key: RandomKey) (state: State) =
        match setup.Ensemble.Barostat with
        | Some barostat when state.Step % barostat.Every = 0 ->
            let t = float barostat.Every * setup.Timestep
            let evaluate = evaluate setup state.Neighbours

            let struct (phase, results, list, given) =
                CellRescaling.step barostat setup.Thermal t key evaluate state.Phase state.Results

            { state with
                Phase = phase
                Results = results
                Neighbours = list
                Exchanged = state.Exchanged + given }
        | _ -> state

    let private step (setup: Setup) (state: State) : Result<State, NoetherError> =
        let next = state.Step + 1

        during next (fun () ->
            let keys = state.Key.Fold(uint32 next).Split 2

            let moved =
                match setup.Ensemble.Motion with
                | Brownian _ -> brownian setup keys[0] state
                | _ -> newtonian setup keys[0] state

            withBarostat setup keys[1] { moved with Step = next })

    /// The step of a simulation of the library, known by its type: what it was given last may be used again.
    [<Sealed>]
    type private Stepping(setup: Setup) =
        inherit FSharpFunc<State, Result<State, NoetherError>>()

        /// Whether only states hold the arrays of a state: no tensor was made of them.
        member _.Recycles = setup.Potential.Cutoff > 0.0 && setup.Potential.Fused.IsSome

        override _.Invoke(state) = step setup state

    /// Gives the arrays of a state that nobody else holds to later steps: those that the next state has not. The list
    /// is given too where it was replaced and is not that of the first state.
    let private recycle (first: State) (state: State) (next: State) =
        match state.Neighbours, next.Neighbours with
        | Some list, Some current ->
            let isList other = obj.ReferenceEquals(list, other)
            let positions (structure: Structure) = Frozen.array structure.Positions

            let kept =
                [ positions current.Reference
                  positions list.Reference
                  positions next.Phase.Structure
                  Frozen.array next.Phase.Velocities
                  Frozen.array next.Results.Forces
                  Frozen.array next.Results.Energies ]

            let isKept (array: float[]) = kept |> List.exists (fun other -> obj.ReferenceEquals(array, other))

            for array in
                [ positions state.Phase.Structure
                  Frozen.array state.Phase.Velocities
                  Frozen.array state.Results.Forces
                  Frozen.array state.Results.Energies ] do
                if not (isKept array) then current.Spares.Give array

            if not (isList current || Option.exists isList first.Neighbours) then
                current.Spares.GiveRows(list.Wide.Images.Release())
        | _ -> ()

    /// Refuses phases that a barostat cannot act on.
    let private checkCell (setup: Setup) (phase: Phase) =
        if setup.Ensemble.Barostat.IsSome then
            Quantity.volume "a structure under a barostat" phase.Structure.Cell |> ignore

            if not (Seq.forall id phase.Structure.Cell.Periodic) || Seq.exists id phase.Fixed then
                let expected = "three periodic axes and no coordinates held"
                Outcome.raise (Inconsistent("a phase under a barostat", "open axes or held coordinates", expected))

    let private init (setup: Setup) (key: RandomKey) (phase: Phase) : Result<State, NoetherError> =
        Outcome.capture (fun () ->
            let phase = Phase.validate phase |> Outcome.getOrFail
            checkCell setup phase

            let phase =
                match setup.Ensemble.Motion with
                | Brownian _ ->
                    { phase with
                        Velocities = Frozen.freeze (Array.zeroCreate phase.Velocities.Length) }
                | _ -> phase

            let results, list = evaluate setup None phase.Structure

            { Step = 0
              Phase = phase
              Results = results
              Neighbours = list
              Exchanged = 0.0
              Chain =
                match setup.Ensemble.Motion with
                | NoseHoover(_, _, length) -> Frozen.freeze (Array.zeroCreate (2 * length))
                | _ -> ImmutableArray.Empty
              Key = key })

    let private invariant (setup: Setup) (state: State) : float =
        let phase = state.Phase
        let energy = Phase.kineticEnergy phase + state.Results.Energy - state.Exchanged

        let chain =
            match setup.Ensemble.Motion with
            | NoseHoover _ ->
                Baths.chainEnergy (Phase.freedoms phase) setup.Thermal (relaxation setup.Ensemble) state.Chain
            | _ -> 0.0

        let work =
            match setup.Ensemble.Barostat with
            | Some barostat ->
                let volume = Quantity.volume "a structure under a barostat" phase.Structure.Cell
                barostat.Pressure * Units.GPa * volume
            | None -> 0.0

        energy + chain + work

    let private resume (setup: Setup) (structure: Structure) : Result<State, NoetherError> =
        let onList structure reference =
            if setup.Potential.Cutoff > 0.0 then
                let list = VerletList.create setup.Potential.Cutoff setup.Ensemble.Skin reference |> Outcome.getOrFail

                Outcome.getOrFail (Evaluate.onList setup.Potential list structure), Some list
            else
                evaluate setup None structure

        Outcome.capture (fun () ->
            let state = State.ofStructure onList structure |> Outcome.getOrFail
            checkCell setup state.Phase

            let expected =
                match setup.Ensemble.Motion with
                | NoseHoover(_, _, length) -> 2 * length
                | _ -> 0

            if state.Chain.Length <> expected then
                let found = $"a chain of {state.Chain.Length} numbers"
                Outcome.raise (Inconsistent("a state to resume", found, $"{expected}, as its ensemble has"))

            state)

    /// The simulation of an ensemble with a potential. Errors: as for `Ensemble.validate`.
    let create (ensemble: Ensemble) (potential: Potential) : Result<Simulation, NoetherError> =
        Ensemble.validate ensemble
        |> Result.map (fun ensemble ->
            let setup =
                { Potential = potential
                  Ensemble = ensemble
                  Timestep = ensemble.Timestep * Units.fs
                  Thermal = Units.boltzmann * Option.defaultValue 0.0 (Ensemble.temperature ensemble) }

            { Ensemble = ensemble
              Init = init setup
              Step = unbox<State -> Result<State, NoetherError>>(box (Stepping setup))
              Invariant = invariant setup
              Resume = resume setup })

    /// The states of a simulation from a state on, that state first, made as they are asked for, without an end. An
    /// error is the last element.
    let states (simulation: Simulation) (start: State) : seq<Result<State, NoetherError>> =
        Ok start
        |> Seq.unfold (fun current ->
            match current with
            | Error(Some error) -> Some(Error error, Error None)
            | Error None -> None
            | Ok state -> Some(Ok state, simulation.Step state |> Result.mapError Some))

    /// The state after a number of steps, or the error that ended them. Raises ArgumentException for a negative number.
    let run (steps: int) (simulation: Simulation) (start: State) : Result<State, NoetherError> =
        if steps < 0 then invalidArg (nameof steps) $"Simulation.run: {steps} steps, expected 0 or more."

        let recycles =
            match box simulation.Step with
            | :? Stepping as own -> own.Recycles
            | _ -> false

        // The states between are seen by nobody: all their arrays serve again, but for what they share with the first.
        let next (state: State) =
            simulation.Step state
            |> Result.map (fun after ->
                if recycles && not (obj.ReferenceEquals(state, start)) then recycle start state after
                after)

        let mutable current = Ok start
        let mutable left = steps

        while left > 0 && Result.isOk current do
            current <- Result.bind next current
            left <- left - 1

        current

    /// A fold over the states after each of a number of steps: `f` is given what was folded so far and a state. Nothing
    /// of the states is kept but what `f` keeps. Errors: that of a step. Raises ArgumentException for a negative
    /// number.
    let fold
        (f: 'Folded -> State -> 'Folded)
        (initial: 'Folded)
        (steps: int)
        (simulation: Simulation)
        (start: State)
        : Result<'Folded * State, NoetherError> =
        if steps < 0 then invalidArg (nameof steps) $"Simulation.fold: {steps} steps, expected 0 or more."

        Outcome.capture (fun () ->
            let mutable folded, state = initial, start

            for _ in 1..steps do
                state <- Outcome.getOrFail (simulation.Step state)
                folded <- f folded state

            folded, state)
