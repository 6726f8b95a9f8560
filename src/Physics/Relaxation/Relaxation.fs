namespace Noether.Physics

open Noether.Domain

/// The method of minimisation.
type Minimiser =
    /// L-BFGS with a line search, remembering so many steps: the fewest evaluations on smooth energies.
    | Lbfgs of memory: int
    /// The fast inertial relaxation engine: needs forces only, and forgives energies that are not quite theirs.
    | Fire
    /// Conjugate gradients of Polak and Ribière with a line search.
    | ConjugateGradients

/// The settings of a relaxation: method, constraints and convergence.
[<NoEquality; NoComparison>]
type Relaxation =
    {
        /// The method.
        Minimiser: Minimiser
        /// Converged where no free atom feels a force above this, eV/Å, …
        Force: float
        /// … and no free strain a stress above this, GPa, beside the pressure outside.
        Stress: float
        /// How the cell may change; none where it stays.
        Cell: CellFreedom option
        /// Whether an atom's coordinate along an axis (0, 1, 2) stays; as a share of the cell where that relaxes.
        Held: int -> int -> bool
        /// Whether what the structure itself holds (`Constraints.ofStructure`) may move; otherwise it stays as well.
        Free: bool
        /// The most steps.
        MaxSteps: int
        /// The longest move of an atom in one step, Å (of all atoms together for FIRE).
        MaxMove: float
        /// How much further than the potential its Verlet list looks, Å.
        Skin: float
    }

/// Why a relaxation is where it is.
type RelaxationStatus =
    /// It goes on.
    | Running
    /// Forces and stress are below their limits.
    | Converged
    /// They are not, after as many steps as were allowed.
    | StepLimit
    /// No lower energy was found along the force: forces and energy do not fit each other, or rounding hides the rest.
    | Stalled

/// A step of a relaxation.
[<NoEquality; NoComparison>]
type Relaxed =
    {
        /// The number of the step, 0 at the start.
        Step: int
        /// How many times the potential was evaluated so far.
        Evaluations: int
        /// Atoms and cell.
        Structure: Structure
        /// Their energy, forces and virial.
        Results: Results
        /// The quantity minimised: the energy, or E + PV where the cell is free, eV.
        Enthalpy: float
        /// The largest force on a free atom, eV/Å.
        LargestForce: float
        /// The largest free component of stress and pressure outside, GPa; 0 where the cell stays.
        LargestStress: float
        /// Whether and why this is the last step.
        Status: RelaxationStatus
    }

/// Relaxing atoms and cells to a minimum of energy or enthalpy.
///
/// Example: `Relaxation.run { Relaxation.standard with Cell = Some(CellFreedom.full 0.0) } potential structure`.
[<RequireQualifiedAccess>]
module Relaxation =
    /// L-BFGS of 20 steps, to 1e-3 eV/Å and 0.01 GPa, the cell stays, nothing is held but what the structure says, at
    /// most 1000 steps of 0.2 Å.
    let standard: Relaxation =
        { Minimiser = Lbfgs 20
          Force = 1e-3
          Stress = 0.01
          Cell = None
          Held = fun _ _ -> false
          Free = false
          MaxSteps = 1000
          MaxMove = 0.2
          Skin = 0.5 }

    let private check (settings: Relaxation) =
        Quantity.positive "the largest force of a relaxation" "eV/Å" settings.Force
        Quantity.positive "the largest stress of a relaxation" "GPa" settings.Stress
        Quantity.positive "the longest move of a relaxation" "Å" settings.MaxMove
        Quantity.notNegative "the skin" "Å" settings.Skin
        Quantity.atLeast 0 "the number of steps" settings.MaxSteps

        match settings.Minimiser with
        | Lbfgs memory -> Quantity.atLeast 1 "the memory of L-BFGS" memory
        | _ -> ()

        match settings.Cell with
        | Some cell ->
            Quantity.finite "the pressure" cell.Pressure

            if
                cell.Strains.Length <> 9
                || Seq.exists (fun i -> cell.Strains[i] <> cell.Strains[3 * (i % 3) + i / 3]) [ 0..8 ]
            then
                let found = cell.Strains |> Seq.map string |> String.concat ", "
                Outcome.raise (InvalidArgument("the free strains", found, "nine truths, symmetric, as strains are"))
        | None -> ()

    let private descent (settings: Relaxation) (size: int) =
        match settings.Minimiser with
        | Lbfgs memory -> MinimisationMethod.lbfgs settings.MaxMove memory
        | Fire -> MinimisationMethod.fire settings.MaxMove size
        | ConjugateGradients -> MinimisationMethod.conjugateGradients settings.MaxMove

    let private report (settings: Relaxation) step evaluations (point: EnergySurfacePoint) stuck : Relaxed =
        let stress = point.LargestStress / Units.GPa

        { Step = step
          Evaluations = evaluations
          Structure = point.Structure
          Results = point.Results
          Enthalpy = point.Value
          LargestForce = point.LargestForce
          LargestStress = stress
          Status =
            if point.LargestForce <= settings.Force && stress <= settings.Stress then Converged
            elif stuck then Stalled
            elif step >= settings.MaxSteps then StepLimit
            else Running }

    /// The coordinates of a structure that a relaxation holds. Errors: those of `Constraints.ofStructure`.
    let constraints (settings: Relaxation) (structure: Structure) : Result<Constraints, NoetherError> =
        let own = Constraints.ofAxes structure.Count settings.Held

        if settings.Free then
            Ok own
        else
            Constraints.ofStructure structure |> Result.map (Constraints.union own)

    /// The steps of a relaxation, the start first, made as they are asked for; the last one says why it is. Errors, as
    /// the last element: `InvalidArgument` for settings that cannot be used, `Inconsistent` for a cell without a
    /// volume, those of `Evaluate` at the start, and of a step that ends where there is no energy.
    let steps
        (settings: Relaxation)
        (potential: Potential)
        (structure: Structure)
        : seq<Result<Relaxed, NoetherError>> =
        let start () =
            Outcome.capture (fun () ->
                check settings
                let held = constraints settings structure |> Outcome.getOrFail
                let landscape = EnergySurface.create potential settings.Skin settings.Cell held structure
                let point = landscape.At None landscape.Start |> Outcome.getOrFail
                landscape, point, descent settings landscape.Start.Length)

        /// The reports from a point on.
        let rec from landscape point (MinimisationMethod next) step evaluations =
            seq {
                let now = report settings step evaluations point false
                yield Ok now

                if now.Status = Running then
                    match next landscape point with
                    | Error error -> yield Error error
                    | Ok(Stuck spent) -> yield Ok(report settings (step + 1) (evaluations + spent) point true)
                    | Ok(Moved(point, spent, rest)) -> yield! from landscape point rest (step + 1) (evaluations + spent)
            }

        Seq.delay (fun () ->
            match start () with
            | Error error -> Seq.singleton (Error error)
            | Ok(landscape, point, descent) -> from landscape point descent 0 1)

    /// The last step of a relaxation: its status says whether it converged, and if not, why. Errors: as for `steps`.
    let run (settings: Relaxation) (potential: Potential) (structure: Structure) : Result<Relaxed, NoetherError> =
        steps settings potential structure
        |> Seq.fold (fun _ step -> Some step) None
        |> Option.defaultWith (fun () -> invalidOp "Relaxation.run: a relaxation without a start.")
