namespace Noether.Training

open Noether.AutoDiff
open Noether.Domain
open Noether.Learning
open Noether.Physics

/// A network with its parameters, and its errors as far as they are known.
[<NoComparison; NoEquality>]
type LearnedModel =
    {
        /// Its name in messages and reports.
        Name: string
        /// The network.
        Architecture: Architecture
        /// Its parameters, in the precision in which they were trained.
        Parameters: Tree<Tensor>
        /// Its errors by the name of a set of structures, such as "validation".
        Errors: Map<string, Metrics>
    }

/// Learned models as potentials.
[<RequireQualifiedAccess>]
module LearnedModel =
    /// The model as a potential, computed in a precision: float64 is exact arithmetic with the trained parameters, float32
    /// takes half the time and is the arithmetic of most trainings. Vectors between atoms are made in float64 either way.
    /// Errors: those of `Architecture.trainable`.
    let potential (precision: Precision) (model: LearnedModel) : Result<Potential, NoetherError> =
        match model.Architecture.Evaluated with
        | Some evaluated -> evaluated precision model.Name model.Parameters
        | None ->
            Architecture.trainable model.Name model.Architecture
            |> Result.map (Trainable.potential (Tree.map (Tensor.cast precision) model.Parameters))

    /// `potential` with so many splines in the place of functions of one distance: see `Architecture.Tabulated`. Errors:
    /// `InvalidArgument` for a number out of range and for a network without such functions.
    let tabulated (intervals: int) (precision: Precision) (model: LearnedModel) : Result<Potential, NoetherError> =
        match model.Architecture.Tabulated with
        | Some tabulated -> tabulated intervals precision model.Name model.Parameters
        | None ->
            let expected = $"none, as there is no table for {model.Architecture.Title}"
            Error(InvalidArgument("the number of intervals of a table", string intervals, expected))
