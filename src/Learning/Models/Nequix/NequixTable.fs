namespace Noether.Learning

open System
open System.Globalization
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics

/// The radial weights of a model, which are functions of the distance alone, as cubic splines; see `NequixTable.create`.
[<NoComparison; NoEquality>]
type NequixTable =
    {
        /// The model.
        Model: NequixModel
        /// The intervals between distance 0 and the cut-off.
        Intervals: int
        /// The largest difference of a weight from that of the network, divided by the largest weight of its layer; the
        /// largest of all layers. Looked for in some 200 intervals, where values and where slopes differ most.
        WeightError: float
        /// The same for derivatives of the weights by the distance.
        SlopeError: float
        /// The splines of each layer, float64.
        Layers: SplineTable list
    }

/// Tables instead of the radial networks of a Nequix model: for evaluation, not for training. Three quarters of the time of
/// a model go into these networks; a table costs four rows of it for each pair of atoms.
///
/// *Meaning.* A potential of its own, close to that of the model: its forces, stress and Hessians are exact derivatives
/// of its energy, which is twice continuously differentiable. How close is measured when the table is made.
[<RequireQualifiedAccess>]
module NequixTable =

    /// The intervals that give weights to two parts in 10⁷ of the largest, for the published models.
    [<Literal>]
    let UsualIntervals = 1024

    /// The radial weights of a layer at distances [r], exact.
    let private weights (settings: NequixSettings) (parameters: Tree<Tensor>) layer (lengths: Tensor) =
        let own = Tree.find $"layer {layer}" parameters
        NequixLayer.radial settings.RadialHidden own (Nequix.basis settings lengths)

    let private largest (x: Tensor) = x |> Tensor.toArray |> Array.fold (fun most v -> max most (abs v)) 0.0

    /// A table of so many intervals, built in float64 and compared with the networks between its knots. Errors:
    /// `InvalidArgument` for less than 16 intervals or more than 65 536; `NonFinite` where weights are not finite.
    let create (intervals: int) (model: NequixModel) : Result<NequixTable, NoetherError> =
        Outcome.capture (fun () ->
            if intervals < 16 || intervals > 65536 then
                let expected = "a number from 16 to 65536"
                Outcome.raise (InvalidArgument("the number of intervals of a radial table", $"{intervals}", expected))

            let settings = model.Settings
            let parameters = NequixModel.parameters Float64 model
            let step = settings.Cutoff / float intervals
            // Values differ most at the middle of an interval, slopes at (1 − 1/√3)/2 of it.
            let places = [ 0.5; 0.5 - 0.5 / sqrt 3.0 ]
            let stride = max 1 (intervals / 200)

            let between =
                Tensor.vector
                    [| for i in 0..stride .. intervals - 1 do
                           for t in places -> step * (float i + t) |]

            let ones = Tensor.onesLike between

            let layer i =
                let exact = weights settings parameters i
                let knots = Tensor.vector [| for k in 0..intervals -> step * float k |]
                let table = SplineTable.ofValues step (exact knots)
                let values, slopes = Diff.jvp exact between ones
                let own, ownSlopes = Diff.jvp (SplineTable.apply table) between ones
                table, largest (own - values) / largest values, largest (ownSlopes - slopes) / largest slopes

            let layers = [ for i in 0 .. settings.Layers - 1 -> layer i ]
            let error part = layers |> List.map part |> List.max
            let weightError = error (fun (_, weight, _) -> weight)

            if not (Double.IsFinite weightError) then
                Outcome.raise (NonFinite($"a radial weight of '{model.Name}'", weightError))

            { Model = model
              Intervals = intervals
              WeightError = weightError
              SlopeError = error (fun (_, _, slope) -> slope)
              Layers = layers |> List.map (fun (table, _, _) -> table) })

    /// The potential with these weights; its name says that they come from a table, and how far that is from the model.
    /// Precision and errors as for `Nequix.potential`.
    let potential (precision: Precision) (table: NequixTable) : Potential =
        let error = table.WeightError.ToString("0.0E+0", CultureInfo.InvariantCulture)

        { Nequix.withTables precision table.Layers table.Model with
            Name = $"{table.Model.Name} (radial weights from {table.Intervals} splines, to {error})" }
