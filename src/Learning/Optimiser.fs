namespace Noether.Learning

open Noether.AutoDiff

/// Optimisers: chains that end with what is added to the parameters. Rates are numbers; `scheduled` lets them change.
[<RequireQualifiedAccess>]
module Optimiser =

    /// The optimiser with its updates times a schedule: `Optimiser.adam 1.0 |> Optimiser.scheduled rates`.
    let scheduled (schedule: Rates) (optimiser: Transformation) : Transformation =
        Transform.named [ "optimiser", optimiser; "schedule", Scale.bySchedule schedule ]

    /// Steepest descent: −rate · gradient.
    let sgd (rate: float) : Transformation = Scale.byRate rate

    /// Steepest descent with momentum, Nesterov's where asked, see `Transform.trace`.
    let momentum (decay: float) (nesterov: bool) (rate: float) : Transformation =
        Transform.named [ "trace", Transform.trace decay nesterov; "rate", Scale.byRate rate ]

    /// Adam with its numbers.
    let adamWith (options: AdamOptions) (rate: float) : Transformation =
        Transform.named [ "adam", Scale.byAdam options; "rate", Scale.byRate rate ]

    /// Adam with bias correction (D. Kingma and J. Ba, arXiv:1412.6980): −rate · m̂/(√v̂ + ε), with β₁ = 0.9, β₂ = 0.999,
    /// ε = 1e-8, as in optax.
    let adam (rate: float) : Transformation = adamWith AdamOptions.standard rate

    /// Adam with Nesterov momentum (T. Dozat, ICLR workshop 2016).
    let nadam (rate: float) : Transformation = adamWith { AdamOptions.standard with Nesterov = true } rate

    /// A scaling, then decay · parameter added for those parameters that are selected by path and value, then −rate.
    let private decayed name scaling (decay: float) select rate =
        Transform.named
            [ name, scaling
              "decay", Transform.masked select (Transform.decayWeights decay)
              "rate", Scale.byRate rate ]

    /// Adam with its numbers and with weight decay, −rate · (m̂/(√v̂ + ε) + decay · parameter), on the parameters that are
    /// selected by path and value.
    let adamwWith (options: AdamOptions) (select: string -> Tensor -> bool) (decay: float) (rate: float) =
        decayed "adam" (Scale.byAdam options) decay select rate

    /// Adam with weight decay on all parameters (I. Loshchilov and F. Hutter, arXiv:1711.05101); 0.01 is usual (10⁻⁴ in
    /// optax).
    let adamw (decay: float) (rate: float) : Transformation =
        adamwWith AdamOptions.standard (fun _ _ -> true) decay rate

    /// AMSGrad with the numbers of Adam, see `Scale.byAmsgrad`.
    let amsgrad (rate: float) : Transformation =
        Transform.named [ "amsgrad", Scale.byAmsgrad AdamOptions.standard; "rate", Scale.byRate rate ]

    /// AdaMax with the numbers of Adam, see `Scale.byAdamax`.
    let adamax (rate: float) : Transformation =
        Transform.named [ "adamax", Scale.byAdamax AdamOptions.standard; "rate", Scale.byRate rate ]

    /// RAdam with the numbers of Adam, see `Scale.byRectifiedAdam`.
    let radam (rate: float) : Transformation =
        Transform.named [ "radam", Scale.byRectifiedAdam AdamOptions.standard; "rate", Scale.byRate rate ]

    /// AdaBelief with ε = 10⁻¹⁶ outside and under the root, see `Scale.byBelief`.
    let adabelief (rate: float) : Transformation =
        let options = { AdamOptions.standard with Epsilon = 1e-16; RootEpsilon = 1e-16 }
        Transform.named [ "belief", Scale.byBelief options; "rate", Scale.byRate rate ]

    /// Yogi with ε = 0.001, see `Scale.byYogi`.
    let yogi (rate: float) : Transformation =
        let options = { AdamOptions.standard with Epsilon = 1e-3 }
        Transform.named [ "yogi", Scale.byYogi options; "rate", Scale.byRate rate ]

    /// RMSProp, see `Scale.byRms`; decay 0.9 and ε = 10⁻⁸ are usual.
    let rmsprop (decay: float) (epsilon: float) (rate: float) : Transformation =
        Transform.named [ "rms", Scale.byRms decay epsilon; "rate", Scale.byRate rate ]

    /// RMSProp by the standard deviation, see `Scale.byDeviation`, with momentum of the scaled gradients.
    let rmspropCentred (decay: float) (epsilon: float) (momentum: float) (rate: float) : Transformation =
        Transform.named
            [ "deviation", Scale.byDeviation decay epsilon
              "rate", Scale.byRate rate
              "trace", Transform.trace momentum false ]

    /// Lion with decays 0.9 and 0.99 and with weight decay on all parameters, see `Scale.byLion`; 0.001 is usual.
    let lion (decay: float) (rate: float) : Transformation =
        decayed "lion" (Scale.byLion 0.9 0.99) decay (fun _ _ -> true) rate

    /// Adagrad with sums that begin at 0.1 and ε = 10⁻⁷, see `Scale.bySumOfSquares`.
    let adagrad (rate: float) : Transformation =
        Transform.named [ "squares", Scale.bySumOfSquares 0.1 1e-7; "rate", Scale.byRate rate ]

    /// AdaDelta with decay 0.9 and ε = 10⁻⁶, see `Scale.byAdadelta`.
    let adadelta (rate: float) : Transformation =
        Transform.named [ "adadelta", Scale.byAdadelta 0.9 1e-6; "rate", Scale.byRate rate ]

    /// LAMB: Adam with ε = 10⁻⁶ and weight decay, each tensor in proportion to its parameter (Y. You et al.,
    /// arXiv:1904.00962).
    let lamb (decay: float) (rate: float) : Transformation =
        Transform.named
            [ "adam", Scale.byAdam { AdamOptions.standard with Epsilon = 1e-6 }
              "decay", Transform.decayWeights decay
              "trust", Scale.byTrustRatio 1.0 0.0 0.0
              "rate", Scale.byRate rate ]

    /// LARS: each tensor in proportion to a thousandth of its parameter, with momentum 0.9 (Y. You et al.,
    /// arXiv:1708.03888).
    let lars (decay: float) (rate: float) : Transformation =
        Transform.named
            [ "decay", Transform.decayWeights decay
              "trust", Scale.byTrustRatio 0.001 0.0 0.0
              "rate", Scale.byRate rate
              "trace", Transform.trace 0.9 false ]

    /// Steps of one size, by signs alone, see `Scale.bySign`.
    let signSgd (rate: float) : Transformation = Transform.named [ "sign", Scale.bySign; "rate", Scale.byRate rate ]

    /// Fromage: each tensor in proportion to its parameter, and both shortened so that norms do not grow (J. Bernstein et
    /// al., arXiv:2002.03432).
    let fromage (rate: float) : Transformation =
        let shorter = 1.0 / sqrt (1.0 + rate * rate)

        Transform.named
            [ "trust", Scale.byTrustRatio 1.0 1e-6 0.0
              "rate", Scale.byRate (rate * shorter)
              "decay", Transform.decayWeights (shorter - 1.0) ]

    /// Muon with decay 0.95 for the matrices among the parameters, Adam with a rate of its own for all others.
    let muon (adamRate: float) (rate: float) : Transformation =
        Transform.perLabel
            (fun _ p -> if p.Rank = 2 then "muon" else "adam")
            [ "muon", Transform.named [ "muon", Muon.scale 0.95; "rate", Scale.byRate rate ]; "adam", adam adamRate ]

    /// Without a schedule to choose: gradients are taken at y = decay · x + (1 − decay) · z, where z follows the optimiser
    /// and x is the mean of the z so far (A. Defazio et al., arXiv:2405.15682). The parameters of the training are y; x,
    /// for use afterwards, is `averaged`.
    let scheduleFree (decay: float) (optimiser: Transformation) : Transformation =
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
