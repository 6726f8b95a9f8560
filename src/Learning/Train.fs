namespace Noether.Learning

open Noether.AutoDiff

/// Everything a training step reads and returns.
type TrainState =
    {
        /// Steps taken.
        Step: int
        /// The parameters.
        Parameters: Tree<Tensor>
        /// The optimiser's memory.
        Memory: Tree<Tensor>
    }

/// Training as a pure fold.
[<RequireQualifiedAccess>]
module Train =

    /// The state before the first step.
    let start (optimiser: Transformation) (parameters: Tree<Tensor>) : TrainState =
        { Step = 0; Parameters = parameters; Memory = optimiser.Init parameters }

    /// The state after a step along gradients that were taken at it, with the loss there.
    let apply (optimiser: Transformation) (loss: float) (gradients: Tree<Tensor>) (state: TrainState) : TrainState =
        let updates, memory = optimiser.Update gradients state.Memory { Parameters = state.Parameters; Loss = loss }

        { Step = state.Step + 1
          Parameters = Tree.map2 (fun (p: Tensor) u -> p + u) state.Parameters updates
          Memory = memory }

    /// One step: the state after it, and the loss before it. `loss` maps parameters and a batch to a single number.
    let step (optimiser: Transformation) (loss: Tree<Tensor> -> 'Batch -> Tensor) (state: TrainState) (batch: 'Batch) =
        let value, gradients = Tree.fgrad (fun parameters -> loss parameters batch) state.Parameters
        let value = Tensor.value value
        apply optimiser value gradients state, value
