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
///     let simulation = Simulation.create (Ensemble.microcanonical 2.0) potential |> orFail
///     let phase = Phase.ofStructure structure |> Result.bind (Phase.thermal 300.0 key) |> orFail
///     let last = simulation.Init key phase |> Result.bind (Simulation.run 1000 simulation)
[<RequireQualifiedAccess>]
module Simulation =
    /// The step of a simulation of the library, known by its type: what it was given last may be used again.
    [<Sealed>]
    type private Stepping(setup: Steps.Setup) =
        inherit FSharpFunc<State, Result<State, NoetherError>>()

        /// Whether only states hold the arrays of a state: no tensor was made of them.
        member _.Recycles = setup.Potential.Cutoff > 0.0 && setup.Potential.Fused.IsSome

        override _.Invoke(state) = Steps.step setup state

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
    let private checkCell (setup: Steps.Setup) (phase: Phase) =
        if setup.Ensemble.Barostat.IsSome then
            Quantity.volume "a structure under a barostat" phase.Structure.Cell |> ignore

            if not (Seq.forall id phase.Structure.Cell.Periodic) || Seq.exists id phase.Fixed then
                let expected = "three periodic axes and no coordinates held"
                Outcome.raise (Inconsistent("a phase under a barostat", "open axes or held coordinates", expected))

    let private init (setup: Steps.Setup) (key: RandomKey) (phase: Phase) : Result<State, NoetherError> =
        Outcome.capture (fun () ->
            let phase = Phase.validate phase |> Outcome.getOrFail
            checkCell setup phase

            let phase =
                match setup.Ensemble.Motion with
                | Brownian _ ->
                    { phase with
                        Velocities = Frozen.freeze (Array.zeroCreate phase.Velocities.Length) }
                | _ -> phase

            let results, list = Steps.evaluate setup None phase.Structure

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

    let private invariant (setup: Steps.Setup) (state: State) : float =
        let phase = state.Phase
        let energy = Phase.kineticEnergy phase + state.Results.Energy - state.Exchanged

        let chain =
            match setup.Ensemble.Motion with
            | NoseHoover _ ->
                Baths.chainEnergy (Phase.freedoms phase) setup.Thermal (Steps.relaxation setup.Ensemble) state.Chain
            | _ -> 0.0

        let work =
            match setup.Ensemble.Barostat with
            | Some barostat ->
                let volume = Quantity.volume "a structure under a barostat" phase.Structure.Cell
                barostat.Pressure * Units.GPa * volume
            | None -> 0.0

        energy + chain + work

    let private resume (setup: Steps.Setup) (structure: Structure) : Result<State, NoetherError> =
        let onList structure reference =
            if setup.Potential.Cutoff > 0.0 then
                let list = VerletList.create setup.Potential.Cutoff setup.Ensemble.Skin reference |> Outcome.getOrFail

                Outcome.getOrFail (Evaluate.onList setup.Potential list structure), Some list
            else
                Steps.evaluate setup None structure

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
            let setup: Steps.Setup =
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
