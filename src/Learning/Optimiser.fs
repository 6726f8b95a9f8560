namespace Noether.Learning

open Noether.AutoDiff
open Noether.Kernels

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

        /// Update, mean and square as tensor operations, for gradients that are differentiated.
        let composed (numbers: AdamNumbers) (g: Tensor) (m: Tensor) (v: Tensor) =
            let m = decayMean * m + (1.0 - decayMean) * g
            let v = decaySquare * v + (1.0 - decaySquare) * Tensor.square g
            -rate * (m / numbers.CorrectMean) / (Tensor.sqrt (v / numbers.CorrectSquare) + epsilon), m, v

        /// The same numbers in one pass.
        let fused numbers (g: Raw<'T>) (m: Raw<'T>) (v: Raw<'T>) =
            let mean, square, update = Raw.create g.Shape, Raw.create g.Shape, Raw.create g.Shape
            Adam.StepInto(&numbers, g.Span, m.Span, v.Span, mean.Output, square.Output, update.Output)
            Constant update, Constant mean, Constant square

        let step numbers (g: Tensor) (m: Tensor) (v: Tensor) =
            match g, m, v with
            | Constant(:? Raw<float32> as g), Constant(:? Raw<float32> as m), Constant(:? Raw<float32> as v) when
                Shape.equal g.Shape m.Shape
                ->
                fused numbers g m v
            | Constant(:? Raw<float> as g), Constant(:? Raw<float> as m), Constant(:? Raw<float> as v) when
                Shape.equal g.Shape m.Shape
                ->
                fused numbers g m v
            | _ -> composed numbers g m v

        { Init =
            fun parameters ->
                { Count = 0
                  Mean = Tree.map Tensor.zerosLike parameters
                  Square = Tree.map Tensor.zerosLike parameters }
          Update =
            fun gradients state ->
                let count = state.Count + 1

                let numbers =
                    AdamNumbers(
                        rate,
                        decayMean,
                        decaySquare,
                        epsilon,
                        1.0 - pown decayMean count,
                        1.0 - pown decaySquare count
                    )

                let all = Tree.map3 (step numbers) gradients state.Mean state.Square

                Tree.map (fun (update, _, _) -> update) all,
                { Count = count
                  Mean = Tree.map (fun (_, mean, _) -> mean) all
                  Square = Tree.map (fun (_, _, square) -> square) all } }

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
