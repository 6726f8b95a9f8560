namespace Noether.Physics

open System
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// Every so many rows of a matrix, from the number of a block on: `write` is given the number of each. (A struct that is an
/// argument of a kernel must have a default, hence the null.)
[<Struct; NoEquality; NoComparison>]
type internal RowsJob(write: Action<int> | null, rows: int, blocks: int) =
    interface IJob with
        member _.Run block =
            match write with
            | null -> ()
            | write ->
                for row in block..blocks .. rows - 1 do
                    write.Invoke row

/// Second derivatives of the energy of a structure, exact: by positions x [n, 3] (Å) and by the strain ε [3, 3] that takes
/// every position and lattice vector x (a row) to x(1 + ε).
///
/// *How.* The gradient is recorded once and pulled back once for each row asked for; the energy being twice
/// differentiable, rows are columns. Dense matrices cost 3n pull-backs and 9n² numbers, products one pull-back.
///
/// *Parameters.* A potential made within a function that is being differentiated is differentiated with it, so that
/// Hessians and elastic constants have derivatives by parameters, at fixed positions.
///
/// *Units.* eV/Å² by two positions, eV/Å by position and strain, eV by two strains.
[<RequireQualifiedAccess>]
module Hessian =
    let private unstrained = Tensor.zeros [| 3; 3 |]

    /// Gradients by positions and strain, and the map that pulls cotangents of them back, both recorded once.
    let private recorded potential structure (f: (Tensor -> Tensor -> Tensor) -> Tensor[] -> Tensor[]) xs =
        let pairs = Evaluate.pairsFor potential structure
        let energy x strain = Tensor.sum (Evaluate.energiesAt potential pairs structure x strain)
        let gradients, pull = Diff.vjpMany (f energy) xs

        // Derivatives of an energy that is not finite may be: both are looked at.
        for quantity in Array.append [| energy (Space.positions structure) unstrained |] gradients do
            if not (Array.forall Double.IsFinite (Tensor.toArray quantity)) then
                // Energies that are not finite are explained there; finite ones may still have no derivative.
                Evaluate.run potential structure |> Outcome.getOrFail |> ignore
                Outcome.raise (NonFinite($"a derivative of the energy by '{potential.Name}'", nan))

        gradients, pull

    let private unit (shape: int[]) i =
        Tensor.ofArray shape (Array.init (Array.fold (*) 1 shape) (fun k -> if k = i then 1.0 else 0.0))

    /// v ↦ H v for [n, 3].
    let private products potential structure =
        let gradient (energy: Tensor -> Tensor -> Tensor) (xs: Tensor[]) =
            [| Diff.grad (fun x -> energy x unstrained) xs[0] |]

        let _, pull = recorded potential structure gradient [| Space.positions structure |]
        fun (v: Tensor) -> (pull [| v |])[0]

    /// Atoms up to which rows are computed side by side; the kernels of larger structures have work for all threads.
    let private smallStructure = 128

    /// Rows at a time, each of which needs memory of its own.
    let private sideBySide = 4

    let internal rowsOf (atoms: int seq) potential (structure: Structure) =
        let n = structure.Count
        let times = products potential structure

        let wanted =
            [| for atom in atoms do
                   for c in 0..2 -> 3 * atom + c |]

        let rows = Array.create wanted.Length (Tensor.zeros [| 0 |])
        let write row = rows[row] <- Tensor.reshape [| 3 * n |] (times (unit [| n; 3 |] wanted[row]))
        let blocks = if n <= smallStructure then min sideBySide rows.Length else 1

        let mutable job = RowsJob(Action<int> write, rows.Length, blocks)

        // A single block is not a job: within one, kernels have one thread.
        if blocks > 1 then Workers.Run(blocks, &job) else Array.iteri (fun row _ -> write row) rows
        if rows.Length = 0 then Tensor.zeros [| 0; 3 * n |] else Tensor.stack 0 (List.ofArray rows)

    /// Stress times volume ∂E/∂ε [9], ∂²E/∂ε∂ε [9, 9] and ∂²E/∂ε∂x [9, 3n].
    let internal strained potential (structure: Structure) =
        let n = structure.Count

        let gradient (energy: Tensor -> Tensor -> Tensor) (xs: Tensor[]) =
            [| Diff.grad (fun strain -> energy xs[1] strain) xs[0] |]

        let first, pull = recorded potential structure gradient [| unstrained; Space.positions structure |]
        let rows = [ for c in 0..8 -> pull [| unit [| 3; 3 |] c |] ]
        let part k width = rows |> List.map (fun row -> Tensor.reshape [| width |] row[k]) |> Tensor.stack 0
        Tensor.reshape [| 9 |] first[0], part 0 9, part 1 (3 * n)

    /// Vectors of atoms [n, 3] less their mean: the orthogonal projection that takes translations away, for
    /// `Implicit.projected` and for the null space of Hessians.
    let withoutTranslations (vectors: Tensor) : Tensor =
        if vectors.Shape[0] = 0 then
            vectors
        else
            vectors - (1.0 / float vectors.Shape[0]) * Tensor.sumTo [| 1; 3 |] vectors

    /// The orthogonal projection that takes translations and rotations about positions [n, 3] away from vectors of atoms
    /// [n, 3]: 3n − 6 directions are left, 3n − 5 for atoms on a line, 3n − 3 for one place. For molecules at rest.
    let withoutRigidMotions (positions: Tensor) : Tensor -> Tensor =
        let x = withoutTranslations (Tensor.ofArray positions.Shape (Tensor.toArray positions))
        let square (v: Tensor) = Tensor.value (Tensor.sum (v * v))
        let without (v: Tensor) (unit: Tensor) = v - Tensor.sum (v * unit) * unit

        let rotation axis =
            let a, b = (axis + 1) % 3, (axis + 2) % 3

            let sign k =
                if k = 3 * a + b then 1.0
                elif k = 3 * b + a then -1.0
                else 0.0

            Tensor.matmul x (Tensor.ofArray [| 3; 3 |] (Array.init 9 sign))

        // A rotation that moves nothing beyond what others do leaves the squares of rounding, 1e-32.
        let extend units axis =
            let rest: Tensor = List.fold without (rotation axis) units
            let size = square rest
            if size > 1e-20 * square x then (1.0 / sqrt size) * rest :: units else units

        let units = List.fold extend [] [ 0..2 ]
        fun v -> List.fold without (withoutTranslations v) units

    /// The Hessian ∂²E/∂x∂x, [3n, 3n], eV/Å², atoms in order and x, y, z within each. Errors as for `Evaluate.run`.
    let dense (potential: Potential) (structure: Structure) : Result<Tensor, NoetherError> =
        Outcome.capture (fun () -> rowsOf (seq { 0 .. structure.Count - 1 }) potential structure)

    /// The rows of the Hessian that belong to some atoms, [3k, 3n], eV/Å²: second derivatives by one of those and by any.
    /// Errors as for `Evaluate.run`; `InvalidArgument` for an atom that is not there.
    let rows (atoms: int list) (potential: Potential) (structure: Structure) : Result<Tensor, NoetherError> =
        Outcome.capture (fun () ->
            for atom in atoms do
                if atom < 0 || atom >= structure.Count then
                    let expected = $"a number from 0 to {structure.Count - 1}"
                    Outcome.raise (InvalidArgument("an atom whose row is asked for", $"{atom}", expected))

            rowsOf atoms potential structure)

    /// v ↦ H v for displacements v [n, 3] of all atoms, Å to eV/Å, without the matrix; to be called any number of times.
    /// Errors as for `Evaluate.run`.
    let times (potential: Potential) (structure: Structure) : Result<Tensor -> Tensor, NoetherError> =
        Outcome.capture (fun () -> products potential structure)

    /// ∂²E/∂x∂ε, [n, 3, 3, 3], eV/Å: how forces answer to strain, with the sign of the energy. Errors as for `Evaluate.run`.
    let mixed (potential: Potential) (structure: Structure) : Result<Tensor, NoetherError> =
        Outcome.capture (fun () ->
            let _, _, mixed = strained potential structure
            Tensor.reshape [| structure.Count; 3; 3; 3 |] (Tensor.transpose mixed))

    /// ∂²E/∂ε∂ε, [3, 3, 3, 3], eV, atoms moving with the strain. Errors as for `Evaluate.run`.
    let strain (potential: Potential) (structure: Structure) : Result<Tensor, NoetherError> =
        Outcome.capture (fun () ->
            let _, second, _ = strained potential structure
            Tensor.reshape [| 3; 3; 3; 3 |] second)
