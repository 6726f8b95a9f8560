namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// A simulation: its start, its step, and its conserved quantity. Pure functions on frozen states: the same state
/// gives the same next state, to the bit, whatever the number of threads.
[<Sealed; AllowNullLiteral(false)>]
type Simulation
    internal
    (
        ensemble: Ensemble,
        init: RandomKey -> PhasePoint -> Result<State, NoetherError>,
        step: Owner -> State -> Result<State, NoetherError>,
        invariant: State -> float,
        resume: Structure -> Result<State, NoetherError>
    ) =

    /// The ensemble that it was made for.
    member _.Ensemble = ensemble

    /// The first state of a phase, for a key of random numbers. Errors: those of `PhasePoint.validate` and of
    /// `Evaluate`; `Inconsistent` for a barostat without volume, or of all strains with atoms held along x, y or z alone; `InvalidArgument` for a
    /// force above the largest one of the ensemble.
    member _.Init = init

    /// The next state: one evaluation of the potential, two where the barostat acts. Errors: those of `Evaluate`,
    /// with the step; `Inconsistent` for an atom that moves further in one step than the potential reaches;
    /// `InvalidArgument` for a force above the largest one of the ensemble, with the step and the atom; `NonFinite`.
    member val Step = fun (state: State) -> step (ListedEvaluation.owner state.Neighbours) state

    /// The next state, whose arrays an owner has, to use them again when it is told that nobody reads them.
    member internal _.StepWith = step

    /// The conserved quantity, eV: the energy, with that of thermostat and barostat. How far it
    /// drifts says how well the time step is chosen, in every ensemble (except Berendsen's, where it is the books
    /// of energy only).
    member _.Invariant = invariant

    /// The state that `State.toStructure` made a structure of: the next steps are those of that state, to the bit.
    /// Errors: `Inconsistent` for a property that is missing or does not fit; those of `Init`.
    member _.Resume = resume

/// Making and running simulations. Example, for a potential and a structure:
///
///     let simulation = Simulation.create (Ensemble.microcanonical 2.0) potential |> orFail
///     let phase = PhasePoint.ofStructure structure |> Result.bind (PhasePoint.thermal 300.0 key) |> orFail
///     let last = simulation.Init key phase |> Result.bind (Simulation.run 1000 simulation)
[<RequireQualifiedAccess>]
module Simulation =
    /// Ends the use of all arrays that earlier states had, in a run whose states nobody sees on the way.
    let private retain (owner: Owner) (state: State) =
        let positions (structure: Structure) : Array = Frozen.array structure.Positions

        owner.Retain
            [ yield positions state.Phase.Structure
              yield Frozen.array state.Phase.Velocities
              yield Frozen.array state.Results.Forces
              yield Frozen.array state.Results.Energies
              match state.Neighbours with
              | None -> ()
              | Some list ->
                  // A pass of a user's that asked for the pairs may keep them.
                  if list.Wide.IsSeen then owner.Disown list.Wide.Rows |> ignore
                  yield positions list.Reference
                  yield list.Wide.Rows ]

    /// Refuses phases that a barostat cannot act on.
    let private checkCell (setup: Steps.Setup) (phase: PhasePoint) =
        if setup.Ensemble.Barostat.IsSome then
            Quantity.volume "a structure under a barostat" phase.Structure.Cell |> ignore

            if not (Seq.forall id phase.Structure.Cell.Periodic) then
                Outcome.raise (Inconsistent("a phase under a barostat", "open axes", "three periodic axes"))

            let isWhole atom = Seq.forall (fun c -> phase.Fixed.Axes[3 * atom + c]) [ 0..2 ]

            if
                (setup.Ensemble.Barostat |> Option.exists (fun barostat -> barostat.Shape = Triclinic))
                && phase.Fixed.Axes |> Seq.indexed |> Seq.exists (fun (i, held) -> held && not (isWhole (i / 3)))
            then
                let found = "atoms held along x, y or z alone, which turn as the shape of the cell changes"
                let expected = "atoms held altogether or along lattice vectors, or a barostat that keeps angles"
                Outcome.raise (Inconsistent("a phase under a barostat", found, expected))

    let private init (setup: Steps.Setup) (key: RandomKey) (phase: PhasePoint) : Result<State, NoetherError> =
        Outcome.capture (fun () ->
            let phase = PhasePoint.validate phase |> Outcome.getOrFail
            checkCell setup phase

            let phase =
                if setup.Ensemble.Thermostat.Overdamped then
                    { phase with
                        Velocities = Frozen.freeze (Array.zeroCreate phase.Velocities.Length) }
                else
                    phase

            let results, list = Steps.evaluate setup (ListedEvaluation.owner None) None phase.Structure

            { Step = 0
              Phase = phase
              Results = results
              Neighbours = list
              Exchanged = 0.0
              Chain = Frozen.freeze (Array.zeroCreate setup.Ensemble.Thermostat.Memory)
              Key = key })

    let private invariant (setup: Steps.Setup) (state: State) : float =
        let phase = state.Phase
        let energy = PhasePoint.kineticEnergy phase + state.Results.Energy - state.Exchanged

        let own =
            match setup.Ensemble.Thermostat.Energy with
            | Some energy -> energy (Steps.thermostatStep setup phase state.Key (Frozen.array state.Chain))
            | None -> 0.0

        let work =
            match setup.Ensemble.Barostat with
            | Some barostat ->
                let volume = Quantity.volume "a structure under a barostat" phase.Structure.Cell
                barostat.Pressure * Units.GPa * volume
            | None -> 0.0

        energy + own + work

    let private resume (setup: Steps.Setup) (structure: Structure) : Result<State, NoetherError> =
        let onList structure reference =
            if setup.Potential.Cutoff > 0.0 then
                let list = VerletList.create setup.Potential.Cutoff setup.Ensemble.Skin reference |> Outcome.getOrFail

                Outcome.getOrFail (Evaluate.onList setup.Potential list structure), Some list
            else
                Steps.evaluate setup (ListedEvaluation.owner None) None structure

        Outcome.capture (fun () ->
            let state = State.ofStructure onList structure |> Outcome.getOrFail
            checkCell setup state.Phase

            let expected = setup.Ensemble.Thermostat.Memory

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

            Simulation(ensemble, init setup, Steps.step setup, invariant setup, resume setup))

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

        let owner = ListedEvaluation.owner start.Neighbours

        // The states between are seen by nobody: all their arrays serve again.
        let next (state: State) =
            simulation.StepWith owner state
            |> Result.map (fun after ->
                retain owner after
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
