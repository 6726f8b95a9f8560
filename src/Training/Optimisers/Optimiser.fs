namespace Noether.Training

open Noether.AutoDiff
open Noether.Equivariance

/// Optimisers: chains that end with what is added to the parameters. Rates are numbers; `scheduled` lets them change.
[<RequireQualifiedAccess>]
module Optimiser =

    /// The optimiser with its updates times a schedule: `Optimiser.adam 1.0 |> Optimiser.scheduled rates`.
    let scheduled (schedule: Rates) (optimiser: GradientTransformation) : GradientTransformation =
        Transform.named [ "optimiser", optimiser; "schedule", ScaleBy.schedule schedule ]

    /// Steepest descent: −rate · gradient.
    let sgd (rate: float) : GradientTransformation = ScaleBy.learningRate rate

    /// Steepest descent with momentum, Nesterov's where asked, see `Transform.trace`.
    let momentum (decay: float) (nesterov: bool) (rate: float) : GradientTransformation =
        Transform.named [ "trace", Transform.trace decay nesterov; "rate", ScaleBy.learningRate rate ]

    /// Adam with its numbers.
    let adamWith (options: AdamOptions) (rate: float) : GradientTransformation =
        Transform.named [ "adam", ScaleBy.adam options; "rate", ScaleBy.learningRate rate ]

    /// Adam with bias correction (D. Kingma and J. Ba, arXiv:1412.6980): −rate · m̂/(√v̂ + ε), with β₁ = 0.9, β₂ = 0.999,
    /// ε = 1e-8, as in optax.
    let adam (rate: float) : GradientTransformation = adamWith AdamOptions.standard rate

    /// Adam with Nesterov momentum (T. Dozat, ICLR workshop 2016).
    let nadam (rate: float) : GradientTransformation = adamWith { AdamOptions.standard with Nesterov = true } rate

    /// A scaling, then decay · parameter added for those parameters that are selected by path and value, then −rate.
    let private decayed name scaling (decay: float) select rate =
        Transform.named
            [ name, scaling
              "decay", Transform.masked select (Transform.decayWeights decay)
              "rate", ScaleBy.learningRate rate ]

    /// Adam with its numbers and with weight decay, −rate · (m̂/(√v̂ + ε) + decay · parameter), on the parameters that are
    /// selected by path and value.
    let adamwWith (options: AdamOptions) (select: string -> Tensor -> bool) (decay: float) (rate: float) =
        decayed "adam" (ScaleBy.adam options) decay select rate

    /// Adam with weight decay on all parameters (I. Loshchilov and F. Hutter, arXiv:1711.05101); 0.01 is usual (10⁻⁴ in
    /// optax).
    let adamw (decay: float) (rate: float) : GradientTransformation =
        adamwWith AdamOptions.standard (fun _ _ -> true) decay rate

    /// AMSGrad with the numbers of Adam, see `ScaleBy.amsgrad`.
    let amsgrad (rate: float) : GradientTransformation =
        Transform.named [ "amsgrad", ScaleBy.amsgrad AdamOptions.standard; "rate", ScaleBy.learningRate rate ]

    /// AdaMax with the numbers of Adam, see `ScaleBy.adamax`.
    let adamax (rate: float) : GradientTransformation =
        Transform.named [ "adamax", ScaleBy.adamax AdamOptions.standard; "rate", ScaleBy.learningRate rate ]

    /// RAdam with the numbers of Adam, see `ScaleBy.radam`.
    let radam (rate: float) : GradientTransformation =
        Transform.named [ "radam", ScaleBy.radam AdamOptions.standard; "rate", ScaleBy.learningRate rate ]

    /// AdaBelief with ε = 10⁻¹⁶ outside and under the root, see `ScaleBy.adabelief`.
    let adabelief (rate: float) : GradientTransformation =
        let options = { AdamOptions.standard with Epsilon = 1e-16; RootEpsilon = 1e-16 }
        Transform.named [ "belief", ScaleBy.adabelief options; "rate", ScaleBy.learningRate rate ]

    /// Yogi with ε = 0.001, see `ScaleBy.yogi`.
    let yogi (rate: float) : GradientTransformation =
        let options = { AdamOptions.standard with Epsilon = 1e-3 }
        Transform.named [ "yogi", ScaleBy.yogi options; "rate", ScaleBy.learningRate rate ]

    /// RMSProp, see `ScaleBy.rms`; decay 0.9 and ε = 10⁻⁸ are usual.
    let rmsprop (decay: float) (epsilon: float) (rate: float) : GradientTransformation =
        Transform.named [ "rms", ScaleBy.rms decay epsilon; "rate", ScaleBy.learningRate rate ]

    /// RMSProp by the standard deviation, see `ScaleBy.standardDeviation`, with momentum of the scaled gradients.
    let rmspropCentred (decay: float) (epsilon: float) (momentum: float) (rate: float) : GradientTransformation =
        Transform.named
            [ "deviation", ScaleBy.standardDeviation decay epsilon
              "rate", ScaleBy.learningRate rate
              "trace", Transform.trace momentum false ]

    /// Lion with decays 0.9 and 0.99 and with weight decay on all parameters, see `ScaleBy.lion`; 0.001 is usual.
    let lion (decay: float) (rate: float) : GradientTransformation =
        decayed "lion" (ScaleBy.lion 0.9 0.99) decay (fun _ _ -> true) rate

    /// Adagrad with sums that begin at 0.1 and ε = 10⁻⁷, see `ScaleBy.adagrad`.
    let adagrad (rate: float) : GradientTransformation =
        Transform.named [ "squares", ScaleBy.adagrad 0.1 1e-7; "rate", ScaleBy.learningRate rate ]

    /// AdaDelta with decay 0.9 and ε = 10⁻⁶, see `ScaleBy.adadelta`.
    let adadelta (rate: float) : GradientTransformation =
        Transform.named [ "adadelta", ScaleBy.adadelta 0.9 1e-6; "rate", ScaleBy.learningRate rate ]

    /// LAMB: Adam with ε = 10⁻⁶ and weight decay, each tensor in proportion to its parameter (Y. You et al.,
    /// arXiv:1904.00962).
    let lamb (decay: float) (rate: float) : GradientTransformation =
        Transform.named
            [ "adam", ScaleBy.adam { AdamOptions.standard with Epsilon = 1e-6 }
              "decay", Transform.decayWeights decay
              "trust", ScaleBy.trustRatio 1.0 0.0 0.0
              "rate", ScaleBy.learningRate rate ]

    /// LARS: each tensor in proportion to a thousandth of its parameter, with momentum 0.9 (Y. You et al.,
    /// arXiv:1708.03888).
    let lars (decay: float) (rate: float) : GradientTransformation =
        Transform.named
            [ "decay", Transform.decayWeights decay
              "trust", ScaleBy.trustRatio 0.001 0.0 0.0
              "rate", ScaleBy.learningRate rate
              "trace", Transform.trace 0.9 false ]

    /// Steps of one size, by signs alone, see `ScaleBy.sign`.
    let signSgd (rate: float) : GradientTransformation =
        Transform.named [ "sign", ScaleBy.sign; "rate", ScaleBy.learningRate rate ]

    /// Fromage: each tensor in proportion to its parameter, and both shortened so that norms do not grow (J. Bernstein et
    /// al., arXiv:2002.03432).
    let fromage (rate: float) : GradientTransformation =
        let shorter = 1.0 / sqrt (1.0 + rate * rate)

        Transform.named
            [ "trust", ScaleBy.trustRatio 1.0 1e-6 0.0
              "rate", ScaleBy.learningRate (rate * shorter)
              "decay", Transform.decayWeights (shorter - 1.0) ]

    /// Muon with decay 0.95 for the matrices among the parameters, Adam with a rate of its own for all others.
    let muon (adamRate: float) (rate: float) : GradientTransformation =
        Transform.perLabel
            (fun _ p -> if p.Rank = 2 then "muon" else "adam")
            [ "muon", Transform.named [ "muon", Muon.scale 0.95; "rate", ScaleBy.learningRate rate ]
              "adam", adam adamRate ]

    /// Without a schedule to choose: gradients are taken at y = decay · x + (1 − decay) · z, where z follows the optimiser
    /// and x is the mean of the z so far (A. Defazio et al., arXiv:2405.15682). The parameters of the training are y; x,
    /// for use afterwards, is `averaged`.
    let scheduleFree (decay: float) (optimiser: GradientTransformation) : GradientTransformation =
        let fraction = decay > 0.0 && decay < 1.0
        Guard.expect "Optimiser.scheduleFree" "decay" "a number between 0 and 1" fraction decay

        { Init =
            fun parameters ->
                Branch [ "count", Trees.ofNumber 0.0; "z", parameters; "optimiser", optimiser.Init parameters ]
          Update =
            fun gradients memory point ->
                let count = Trees.count memory + 1
                let z = Tree.find "z" memory
                let updates, inner = optimiser.Update gradients (Tree.find "optimiser" memory) point
                let moved = Tree.map2 (fun (z: Tensor) u -> z + u) z updates

                let update (y: Tensor) (z: Tensor) (moved: Tensor) =
                    let x = (y - (1.0 - decay) * z) / decay
                    let part = 1.0 / float count
                    let x = (1.0 - part) * x + part * moved
                    decay * x + (1.0 - decay) * moved - y

                Tree.map3 update point.Parameters z moved,
                Branch [ "count", Trees.ofNumber (float count); "z", moved; "optimiser", inner ] }

    /// The mean x of a training with `scheduleFree decay`, from its parameters and memory.
    let averaged (decay: float) (memory: Tree<Tensor>) (parameters: Tree<Tensor>) : Tree<Tensor> =
        Tree.map2 (fun (y: Tensor) (z: Tensor) -> (y - (1.0 - decay) * z) / decay) parameters (Tree.find "z" memory)

/// Decaying means of parameters, for use in the place of the last ones (B. Polyak and A. Juditsky, SIAM J. Control Optim.
/// 30 (1992) 838).
[<RequireQualifiedAccess>]
module Average =

    /// A step of the mean towards the parameters: (1 − step) · mean + step · parameters. The first mean is the parameters at
    /// the start.
    let toward (step: float) (parameters: Tree<Tensor>) (mean: Tree<Tensor>) : Tree<Tensor> =
        Tree.map2 (fun (p: Tensor) (m: Tensor) -> step * p + (1.0 - step) * m) parameters mean
