namespace Noether.Training

open Noether.AutoDiff
open Noether.Domain
open Noether.Learning

/// Fitting a scale and shift to a data set.
[<RequireQualifiedAccess>]
module ScaleShiftFit =
    /// Offsets from the energies of isolated atoms: of each element the structure of one atom. Errors: `Inconsistent`
    /// for an element without one, or with one that has no energy.
    let withIsolatedAtoms (atoms: Dataset) (model: ScaleShift) : Result<ScaleShift, NoetherError> =
        Outcome.capture (fun () ->
            let energy z =
                let own = atoms.Entries |> Seq.tryFind (fun entry -> List.ofSeq entry.Composition = [ struct (z, 1) ])

                match own |> ValueOption.ofOption |> ValueOption.bind _.Energy with
                | ValueSome energy -> energy
                | ValueNone ->
                    let found = $"no isolated atom of {Elements.symbol z} with an energy"
                    Outcome.raise (Inconsistent("the set of isolated atoms", found, "one of each element"))

            { model with Offsets = List.map energy model.Elements })

    /// The x of least |x| that minimises |A x − b|, by conjugate gradients on AᵀA x = Aᵀb from 0, which stay among the
    /// rows of A: as many steps as there are directions, repeated twice on the remainder for the digits that AᵀA loses.
    let private leastSquares (rows: float[][]) (b: float[]) (size: int) : float[] =
        let dot (u: float[]) (v: float[]) = Array.fold2 (fun sum x y -> sum + x * y) 0.0 u v
        let along (x: float[]) = rows |> Array.map (fun row -> dot row x)

        let back (y: float[]) =
            Array.init size (fun k -> Array.fold2 (fun sum (row: float[]) v -> sum + row[k] * v) 0.0 rows y)

        let move u factor v = Array.map2 (fun x y -> x + factor * y) u v

        let system: LinearSystem<float[], float[]> =
            { Apply = along
              Gradient = back
              Curvature = fun _ image -> dot image image
              Dot = dot
              Move = move
              MoveResidual = move }

        // Below this the square of the gradient is what rounding leaves of it.
        let floor = let gradient = back b in 1e-28 * dot gradient gradient
        let ends step square = step = 2 * size || square <= floor
        let improve x = ConjugateGradients.solve system ends x (move b -1.0 (along x))

        Array.zeroCreate size |> improve |> improve |> improve

    /// Offsets that explain the energies of a data set best by composition alone (least squares of energies per atom),
    /// those of least norm beyond the offsets the model has where compositions leave a choice, so that isolated atoms and
    /// then this are the mean energy of binding too. Errors: `Inconsistent` for an element that the model does not know
    /// and where no structure has an energy.
    let withLeastSquares (dataset: Dataset) (model: ScaleShift) : Result<ScaleShift, NoetherError> =
        Outcome.capture (fun () ->
            let known = dataset.Entries |> Seq.filter (fun entry -> entry.Energy.IsSome && entry.Atoms > 0)
            // Structures of one composition are one row, as often as they occur, with the mean of their energies.
            let groups = known |> Seq.groupBy (fun entry -> List.ofSeq entry.Composition) |> Array.ofSeq

            if groups.Length = 0 then
                Outcome.raise (Inconsistent("the data set", "no structure with an energy", "at least one"))

            let size = model.Elements.Length
            let start = Array.ofList model.Offsets

            let place z =
                match List.tryFindIndex ((=) z) model.Elements with
                | Some place -> place
                | None ->
                    let known = model.Elements |> List.map Elements.symbol |> String.concat ", "
                    let found = $"atoms of {Elements.symbol z}"
                    Outcome.raise (Inconsistent("the data set", found, $"those of the scale and shift: {known}"))

            let rows, remainders =
                groups
                |> Array.map (fun (composition, entries) ->
                    let n = float (composition |> List.sumBy (fun struct (_, count) -> count))
                    let row = Array.zeroCreate<float> size

                    for struct (z, count) in composition do
                        row[place z] <- float count / n

                    let mean = entries |> Seq.averageBy (fun entry -> entry.Energy.Value / n)
                    let remainder = mean - Array.fold2 (fun sum x y -> sum + x * y) 0.0 row start
                    let often = entries |> Seq.length |> float |> sqrt
                    Array.map (fun x -> often * x) row, often * remainder)
                |> Array.unzip

            let more = leastSquares rows remainders size
            { model with Offsets = List.init size (fun k -> start[k] + more[k]) })

    /// The scale: the root of the mean square of all force components. Errors: `Inconsistent` where no structure has
    /// forces, or all are 0.
    let withForceScale (dataset: Dataset) (model: ScaleShift) : Result<ScaleShift, NoetherError> =
        let known = dataset.Entries |> Seq.filter _.SquaredForces.IsSome
        let count = known |> Seq.sumBy (fun entry -> 3L * int64 entry.Atoms)
        let square = known |> Seq.sumBy _.SquaredForces.Value

        if square > 0.0 then
            Ok { model with Scale = sqrt (square / float count) }
        else
            Error(Inconsistent("the data set", "no forces other than 0", "some, which give the scale"))
