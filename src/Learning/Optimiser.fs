namespace Noether.Learning

open Noether.AutoDiff

/// A gradient transformation: what it remembers between steps, and how it turns gradients into updates that are added to
/// the parameters. Transformations are pure, so they chain.
type Optimiser<'State> =
    {
        /// The memory before the first step.
        Init: Tree<Tensor> -> 'State
        /// Updates and new memory, from gradients and memory.
        Update: Tree<Tensor> -> 'State -> Tree<Tensor> * 'State
    }

/// The memory of Adam.
type AdamState =
    {
        /// Steps taken.
        Count: int
        /// Decaying mean of the gradients.
        Mean: Tree<Tensor>
        /// Decaying mean of their squares.
        Square: Tree<Tensor>
    }

/// Optimisers: gradient transformations that start from parameters and are stepped with gradients.
[<RequireQualifiedAccess>]
module Optimiser =

    /// Adam with bias correction (D. Kingma and J. Ba, arXiv:1412.6980): −rate · m̂/(√v̂ + ε), with β₁ = 0.9, β₂ = 0.999,
    /// ε = 1e-8, as in optax.
    let adam (rate: float) : Optimiser<AdamState> =
        let decayMean, decaySquare, epsilon = 0.9, 0.999, 1e-8

        { Init =
            fun parameters ->
                { Count = 0
                  Mean = Tree.map Tensor.zerosLike parameters
                  Square = Tree.map Tensor.zerosLike parameters }
          Update =
            fun gradients state ->
                let count = state.Count + 1
                let blend decay = Tree.map2 (fun (old: Tensor) (fresh: Tensor) -> decay * old + (1.0 - decay) * fresh)
                let mean = blend decayMean state.Mean gradients
                let square = blend decaySquare state.Square (Tree.map Tensor.square gradients)
                let correctMean = 1.0 - pown decayMean count
                let correctSquare = 1.0 - pown decaySquare count

                let update (m: Tensor) (v: Tensor) =
                    -rate * (m / correctMean) / (Tensor.sqrt (v / correctSquare) + epsilon)

                Tree.map2 update mean square, { Count = count; Mean = mean; Square = square } }

/// Everything a training step reads and returns.
type TrainState<'Memory> =
    {
        /// Steps taken.
        Step: int
        /// The parameters.
        Parameters: Tree<Tensor>
        /// The optimiser's memory.
        Memory: 'Memory
    }

/// Training as a pure fold.
[<RequireQualifiedAccess>]
module Train =

    /// The state before the first step.
    let start (optimiser: Optimiser<'Memory>) parameters =
        { Step = 0; Parameters = parameters; Memory = optimiser.Init parameters }

    /// One step: the loss before it, and the state after it. `loss` maps parameters and a batch to a single number.
    let step
        (optimiser: Optimiser<'Memory>)
        (loss: Tree<Tensor> -> 'Batch -> Tensor)
        (state: TrainState<'Memory>)
        (batch: 'Batch)
        =
        let value, gradients = Tree.fgrad (fun parameters -> loss parameters batch) state.Parameters
        let updates, memory = optimiser.Update gradients state.Memory

        { Step = state.Step + 1
          Parameters = Tree.map2 (fun (p: Tensor) u -> p + u) state.Parameters updates
          Memory = memory },
        Tensor.value value
