namespace Noether.Training

open System
open System.Runtime.ExceptionServices
open System.Threading.Tasks
open Noether.AutoDiff
open Noether.Kernels
open Noether.Learning
open Noether.Physics

/// The quantity of a term of a loss, which is compared with its label.
[<RequireQualifiedAccess>]
type Target =
    /// The energy of a structure, eV.
    | Energy
    /// That energy divided by the number of atoms, eV.
    | EnergyPerAtom
    /// Every component of every force, eV/Å.
    | Forces
    /// Every component of the stress, eV/Å³.
    | Stress
    /// Every component of the Hessian times a displacement, for fine-tuning on phonons (T. Koker and others,
    /// arXiv:2601.07742).
    | HessianProduct

/// The penalty of a difference x.
[<RequireQualifiedAccess>]
type Penalty =
    /// x².
    | Squared
    /// |x|; the slope is 0 where x is.
    | Absolute
    /// x²/2 up to |x| = δ, and δ(|x| − δ/2) beyond (P. Huber, Ann. Math. Statist. 35, 73 (1964)), for a positive δ in the
    /// unit of x.
    | Huber of float

/// One term of a loss: weight · (1/N) Σᵢ vᵢ · penalty, over all N numbers of the batch that have the label, vᵢ being the
/// weight of the structure that number i belongs to, which is 1 unless the data set says otherwise. A structure of weight 2
/// adds what two of it would add; N does not ask for weights.
[<NoComparison; NoEquality>]
type LossTerm =
    {
        /// The quantity.
        Target: Target
        /// The penalty of a difference.
        Penalty: Penalty
        /// The weight, by the number of steps taken before: a schedule.
        Weight: int -> float
    }

/// The route to the gradient by parameters of a loss on derivatives of the energy. Both give the same.
type GradientRoute =
    /// A reverse sweep on parameters around the reverse sweep on places that gives forces and stress.
    | ReverseOverReverse
    /// The loss's slopes by energies, forces and stress first, without parameters; then a reverse sweep on parameters of
    /// the energy and its derivative along those slopes, which is one number (forward mode on places): by the chain rule
    /// the gradient is the same.
    | ReverseOverForward

/// Losses: pure functions of parameters and a batch, and their gradients.
[<RequireQualifiedAccess>]
module Loss =
    /// A term with a constant weight.
    let term (target: Target) (penalty: Penalty) (weight: float) : LossTerm =
        { Target = target; Penalty = penalty; Weight = fun _ -> weight }

    /// The penalty of each difference.
    let private penalties (penalty: Penalty) (x: Tensor) : Tensor =
        match penalty with
        | Penalty.Squared -> Tensor.square x
        | Penalty.Absolute -> Tensor.abs x
        | Penalty.Huber delta -> ElementwiseLoss.huberOf delta x

    /// Σ weight · penalty.
    let private cost (penalty: Penalty) (labels: BatchReferences) (x: Tensor) : Tensor =
        match labels.Weights with
        | None -> Tensor.sum (penalties penalty x)
        | Some weights -> Tensor.sum (weights * penalties penalty x)

    let private labelsOf (batch: ReferenceBatch) target =
        match target with
        | Target.Energy
        | Target.EnergyPerAtom -> batch.Energies
        | Target.Forces -> batch.Forces
        | Target.Stress -> batch.Stresses
        | Target.HessianProduct -> batch.Products

    /// The terms that a batch has labels for, with their weights at a step.
    let private active (terms: LossTerm list) step (batch: ReferenceBatch) =
        terms
        |> List.map (fun term -> term, term.Weight step, labelsOf batch term.Target)
        |> List.filter (fun (_, weight, labels) -> weight <> 0.0 && labels.Rows.Length > 0)

    /// The highest derivative of the energy by places that a target is made of.
    let private orderOf target =
        match target with
        | Target.Energy
        | Target.EnergyPerAtom -> 0
        | Target.Forces
        | Target.Stress -> 1
        | Target.HessianProduct -> 2

    /// Energies of atoms [n], and as the order asks their sum's derivatives by positions [n, 3] and strains [b, 3, 3], and
    /// the Hessian times the directions [n, 3].
    let internal predict order (energies: PairData -> Tensor) (batch: ReferenceBatch) : Tensor[] =
        let places = [| batch.Places.Positions; batch.Places.NoStrain |]
        let value (xs: Tensor[]) = [| energies (PairBatch.dataAt xs[0] xs[1] batch.Places) |]

        let first (xs: Tensor[]) =
            let values, pull = Diff.vjpMany value xs
            Array.append values (pull [| Tensor.onesLike values[0] |])

        match order with
        | 0 -> value places
        | 1 -> first places
        | _ ->
            let values, tangents = Diff.jvpMany first places [| batch.Directions; batch.Places.NoStrain |]
            Array.append values [| tangents[1] |]

    /// Energies of structures, [b], from those of atoms.
    let internal structureEnergies (batch: ReferenceBatch) (atoms: Tensor) =
        Tensor.segmentSum (batch.Places.Owners.AsSpan().ToArray()) batch.Places.Structures atoms

    /// The predictions for the rows of a target minus the labels.
    let internal difference (batch: ReferenceBatch) target (predicted: Tensor[]) : Tensor =
        let labels = labelsOf batch target

        match target with
        | Target.Energy -> Tensor.gather labels.Rows (structureEnergies batch predicted[0]) - labels.Values
        | Target.EnergyPerAtom ->
            (Tensor.gather labels.Rows (structureEnergies batch predicted[0]) - labels.Values) / batch.Sizes
        | Target.Forces -> -(Tensor.gather labels.Rows predicted[1]) - labels.Values
        | Target.Stress -> Tensor.gather labels.Rows predicted[2] / batch.Volumes - labels.Values
        | Target.HessianProduct -> Tensor.gather labels.Rows predicted[3] - labels.Values

    let private total (active: (LossTerm * float * BatchReferences) list) batch (predicted: Tensor[]) : Tensor =
        active
        |> List.map (fun (term, weight, labels) ->
            weight / float labels.Count * cost term.Penalty labels (difference batch term.Target predicted))
        |> List.reduce (+)

    let private orderFor (active: (LossTerm * float * BatchReferences) list) =
        active |> List.map (fun (term, _, _) -> orderOf term.Target) |> List.max

    /// The loss of parameters on a batch, one number in float64, by the number of steps taken before: the sum of the terms
    /// for which the batch has labels, 0 if there are none. Differentiable in the parameters in any mode.
    let value (terms: LossTerm list) (step: int) (model: Trainable) (batch: ReferenceBatch) parameters : Tensor =
        match active terms step batch with
        | [] -> Tensor.scalar 0.0
        | terms -> predict (orderFor terms) (model.Energies parameters) batch |> total terms batch

    /// The predictions that a loss compares with labels: energies of atoms, [n], and as its terms ask, in the order of `predict`, their
    /// sum's derivatives; nothing where the batch has no labels.
    let internal predictions terms step (model: Trainable) (batch: ReferenceBatch) parameters : Tensor[] =
        match active terms step batch with
        | [] -> Array.empty
        | terms -> predict (orderFor terms) (model.Energies parameters) batch

    /// The energy as a function of parameters, times `slopes` of its atoms, and its derivatives along the other slopes.
    let private alongSlopes (model: Trainable) (batch: ReferenceBatch) (slopes: Tensor[]) parameters : Tensor =
        let places = [| batch.Places.Positions; batch.Places.NoStrain |]
        let energies (xs: Tensor[]) = [| model.Energies parameters (PairBatch.dataAt xs[0] xs[1] batch.Places) |]
        let along directions xs = Diff.jvpMany energies xs directions

        let firstOrder =
            if slopes.Length = 1 then
                Tensor.sum (slopes[0] * (energies places)[0])
            else
                let values, tangents = along [| slopes[1]; slopes[2] |] places
                Tensor.sum (slopes[0] * values[0]) + Tensor.sum tangents[0]

        if slopes.Length < 4 then
            firstOrder
        else
            let still = batch.Places.NoStrain

            let _, second =
                Diff.jvpMany (fun xs -> snd (along [| slopes[3]; still |] xs)) places [| batch.Directions; still |]

            firstOrder + Tensor.sum second[0]

    /// Loss and gradient by parameters, as of `value`, by a route.
    let gradient
        (route: GradientRoute)
        (terms: LossTerm list)
        (step: int)
        (model: Trainable)
        (batch: ReferenceBatch)
        (parameters: Tree<Tensor>)
        : float * Tree<Tensor> =
        match active terms step batch, route with
        | [], _ -> 0.0, Tree.map Tensor.zerosLike parameters
        | _, ReverseOverReverse ->
            let loss, gradients = Tree.fgrad (value terms step model batch) parameters
            Tensor.value loss, gradients
        | active, ReverseOverForward ->
            let predicted = predict (orderFor active) (model.Energies parameters) batch
            let loss, pull = Diff.vjpMany (fun ys -> [| total active batch ys |]) predicted
            let slopes = pull [| Tensor.onesLike loss[0] |]
            Tensor.value loss[0], Tree.grad (alongSlopes model batch slopes) parameters

    /// Loss and gradient of a batch that was cut by `ReferenceBatch.parts`, its parts on so many threads at a time, each on
    /// one. Parts are added up in their order, so the numbers depend on the parts and not on the threads. One part uses
    /// the threads of the kernels.
    let gradientOfParts
        (threads: int)
        (route: GradientRoute)
        (terms: LossTerm list)
        (step: int)
        (model: Trainable)
        (parts: ReferenceBatch[])
        (parameters: Tree<Tensor>)
        : float * Tree<Tensor> =
        let own part = gradient route terms step model part parameters

        if parts.Length = 1 then
            own parts[0]
        else
            let results = Array.zeroCreate<Result<float * Tree<Tensor>, ExceptionDispatchInfo>> parts.Length

            let run (i: int) =
                use _ = Workers.LimitTo 1

                results[i] <-
                    try
                        Ok(own parts[i])
                    with failure ->
                        Error(ExceptionDispatchInfo.Capture failure)

            Parallel.For(0, parts.Length, ParallelOptions(MaxDegreeOfParallelism = max 1 threads), run) |> ignore

            results
            |> Array.map (fun result ->
                match result with
                | Ok own -> own
                | Error failure ->
                    failure.Throw()
                    raise failure.SourceException)
            |> Array.reduce (fun (loss, sum) (more, gradients) ->
                loss + more, Tree.map2 (fun (a: Tensor) (b: Tensor) -> a + b) sum gradients)
