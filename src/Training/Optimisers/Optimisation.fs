namespace Noether.Training

open Noether.AutoDiff

/// The state of an optimisation: parameters and the memory of the optimiser.
type OptimisationState =
    {
        /// Steps taken.
        Step: int
        /// The parameters.
        Parameters: Tree<Tensor>
        /// The optimiser's memory.
        Memory: Tree<Tensor>
    }

/// Optimisation as a pure fold over batches.
[<RequireQualifiedAccess>]
module Optimisation =

    /// The state before the first step.
    let start (optimiser: GradientTransformation) (parameters: Tree<Tensor>) : OptimisationState =
        { Step = 0; Parameters = parameters; Memory = optimiser.Init parameters }

    /// The state after a step along gradients that were taken at it, with the loss there.
    let apply
        (optimiser: GradientTransformation)
        (loss: float)
        (gradients: Tree<Tensor>)
        (state: OptimisationState)
        : OptimisationState =
        let updates, memory = optimiser.Update gradients state.Memory { Parameters = state.Parameters; Loss = loss }

        { Step = state.Step + 1
          Parameters = Tree.map2 (fun (p: Tensor) u -> p + u) state.Parameters updates
          Memory = memory }

    /// One step: the state after it, and the loss before it. `loss` maps parameters and a batch to a single number.
    let step
        (optimiser: GradientTransformation)
        (loss: Tree<Tensor> -> 'Batch -> Tensor)
        (state: OptimisationState)
        (batch: 'Batch)
        =
        let value, gradients = Tree.fgrad (fun parameters -> loss parameters batch) state.Parameters
        let value = Tensor.value value
        apply optimiser value gradients state, value
