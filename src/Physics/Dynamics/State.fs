namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.Domain
open Noether.Kernels

/// Everything a step needs to know, and nothing else: a frozen moment of a simulation.
[<NoEquality; NoComparison>]
type State =
    {
        /// The number of the step, 0 at the start.
        Step: int
        /// Atoms, velocities, masses and constraints.
        Phase: PhasePoint
        /// Energy, forces and virial of the structure.
        Results: Results
        /// The list of pairs in use; none where the potential asks for no pairs.
        Neighbours: VerletList option
        /// The energy given to the atoms by thermostat and barostat so far, eV, such that the conserved quantity is the
        /// energy without it.
        Exchanged: float
        /// The variables of a Nosé–Hoover chain: its positions (pure numbers), then its velocities (1/(Å √(amu/eV))).
        Chain: ImmutableArray<float>
        /// The key of the random numbers of all steps; that of one step is folded from it.
        Key: RandomKey
    }

/// States as structures that every extended XYZ file can hold, and back without losing a bit.
///
/// *Names.* Of the atoms: state_velocities [n, 3] in √(eV/amu) (velocities are Å/fs in all files), masses [n] in amu,
/// forces [n, 3] in eV/Å, fixed [n, 3], where fractional coordinates are held fixed_fractional [n, 3], and
/// list_positions [n, 3], Å, those of the Verlet list, whose order of pairs decides in which order forces are summed.
/// Of the whole: energy (eV), step, key, exchanged, chain, centre_fixed, list_cell. Properties of these names are
/// replaced.
[<RequireQualifiedAccess>]
module State =
    let private oblique = "fixed_fractional"

    let private atomNames = [ "state_velocities"; "masses"; "forces"; "fixed"; "list_positions" ]

    let private infoNames = [ "energy"; "step"; "key"; "exchanged"; "chain"; "centre_fixed"; "list_cell" ]

    let private shaped shape values = Property.create shape values |> Outcome.getOrFail

    /// A state as a structure with properties, for files. Never fails on a state that a simulation made.
    let toStructure (state: State) : Structure =
        let phase = state.Phase
        let n = phase.Structure.Count

        let reference =
            match state.Neighbours with
            | Some list -> list.Reference
            | None -> phase.Structure

        let rows values = shaped [ n; 3 ] (Reals values)

        let perAtom =
            [ rows phase.Velocities
              shaped [ n ] (Reals phase.Masses)
              rows state.Results.Forces
              shaped [ n; 3 ] (Booleans phase.Fixed.Axes)
              rows reference.Positions ]

        let info =
            [ Property.real state.Results.Energy
              Property.integer state.Step
              Property.integers [ int64 state.Key.High; int64 state.Key.Low ]
              Property.real state.Exchanged
              Property.reals state.Chain
              Property.boolean phase.CentreFixed
              Property.reals reference.Cell.Vectors ]

        let add change structure (name, property) = change name property structure |> Outcome.getOrFail
        let bare = Structure.withoutPerAtom oblique phase.Structure |> Result.defaultValue phase.Structure

        let fractional =
            if phase.Fixed.Oblique.IsEmpty then
                []
            else
                let truths = Seq.init (3 * n) (fun i -> phase.Fixed.IsOblique(i / 3, i % 3))
                [ oblique, shaped [ n; 3 ] (Booleans(ImmutableArray.CreateRange truths)) ]

        let withAtoms = List.fold (add Structure.withPerAtom) bare (List.zip atomNames perAtom @ fractional)
        List.fold (add Structure.withInfo) withAtoms (List.zip infoNames info)

    let private find what (name: string) (pick: Property -> 'T option) properties : 'T =
        match Map.tryFind name properties |> Option.map (fun property -> property, pick property) with
        | Some(_, Some value) -> value
        | Some(property, None) ->
            Outcome.raise (
                Inconsistent($"the {what} property '{name}'", $"{property}", "what a state was written with")
            )
        | None -> Outcome.raise (Inconsistent("the structure", $"no {what} property '{name}'", "one, as states have"))

    let private truths (property: Property) =
        match property.Shape, property.Values with
        | ([ 1 ] | []), Booleans values
        | [ _; 3 ], Booleans values -> Some values
        | _ -> None

    let private words (property: Property) =
        match property.Values with
        | Integers values when values.Length = 2 && Seq.forall (fun w -> w >= 0L && w <= 0xFFFFFFFFL) values ->
            Some(RandomKey(uint32 values[0], uint32 values[1]))
        | _ -> None

    let private count (property: Property) =
        match property.Shape, property.Values with
        | [], Integers values when values[0] >= 0L && values[0] <= int64 Int32.MaxValue -> Some(int values[0])
        | _ -> None

    /// The state that a structure was written from, its results and its Verlet list by the function that is given (from
    /// the structure and the structure of the list). Errors: `Inconsistent` where a property is missing or of another
    /// kind, and those of `PhasePoint.validate` and of the function.
    let internal ofStructure
        (evaluate: Structure -> Structure -> Results * VerletList option)
        (structure: Structure)
        : Result<State, NoetherError> =
        Outcome.capture (fun () ->
            let atoms name pick = find "atom" name pick structure.PerAtom
            let whole name pick = find "structure" name pick structure.Info
            let reals = Property.tryReals

            let structureAlone =
                Structure.createWith
                    structure.Numbers
                    structure.Positions
                    structure.Cell
                    (structure.PerAtom
                     |> Map.toList
                     |> List.filter (fun (name, _) -> not (List.contains name (oblique :: atomNames))))
                    (structure.Info |> Map.toList |> List.filter (fun (name, _) -> not (List.contains name infoNames)))
                |> Outcome.getOrFail

            let periodic = structure.Cell.Periodic

            let listCell =
                Cell.create (Array.ofSeq (whole "list_cell" reals)) (periodic[0], periodic[1], periodic[2])
                |> Outcome.getOrFail

            let reference =
                structureAlone
                |> Structure.withPositions (atoms "list_positions" reals)
                |> Outcome.getOrFail
                |> Structure.withCell listCell

            let centreFixed = whole "centre_fixed" truths
            let n = structure.Count
            let at (truths: ImmutableArray<bool>) atom axis = truths[3 * atom + axis]
            let along = Constraints.ofAxes n (at (atoms "fixed" truths))

            let held =
                if structure.PerAtom.ContainsKey oblique then
                    Constraints.union along (Constraints.ofVectors n (at (atoms oblique truths)))
                else
                    along

            let phase =
                { Structure = structureAlone
                  Velocities = atoms "state_velocities" reals
                  Masses = atoms "masses" reals
                  Fixed = held
                  CentreFixed = centreFixed[0] }
                |> PhasePoint.validate
                |> Outcome.getOrFail

            let results, list = evaluate structureAlone reference

            { Step = whole "step" count
              Phase = phase
              Results = results
              Neighbours = list
              Exchanged = whole "exchanged" Property.tryReal
              Chain = whole "chain" reals
              Key = whole "key" words })
