namespace Noether.Training

open Noether.AutoDiff
open Noether.Equivariance
open Noether.Kernels

/// The numbers of Adam and its relatives.
type AdamOptions =
    {
        /// The decay of the mean of the gradients, β₁.
        MeanDecay: float
        /// The decay of the mean of their squares, β₂.
        SquareDecay: float
        /// The summand ε of the root of the squares.
        Epsilon: float
        /// The summand under the root.
        RootEpsilon: float
        /// Whether the mean looks one step ahead (T. Dozat, Nadam, ICLR workshop 2016).
        Nesterov: bool
    }

/// The usual numbers of Adam.
[<RequireQualifiedAccess>]
module AdamOptions =
    /// β₁ = 0.9, β₂ = 0.999, ε = 1e-8, as in the paper (D. Kingma and J. Ba, arXiv:1412.6980).
    let standard =
        { MeanDecay = 0.9
          SquareDecay = 0.999
          Epsilon = 1e-8
          RootEpsilon = 0.0
          Nesterov = false }

/// When and how a rate is reduced because the loss does not fall any more.
type PlateauOptions =
    {
        /// The factor of the rate.
        Factor: float
        /// So many steps without a better loss pass before that.
        Patience: int
        /// A loss is better if it is below (1 − this) times the best, less `AbsoluteGain`.
        RelativeGain: float
        /// See `RelativeGain`.
        AbsoluteGain: float
        /// So many steps after a reduction do not count.
        Cooldown: int
        /// The product of the factors does not fall below this.
        Least: float
        /// Losses are averaged over so many steps, which then count as one.
        Window: int
    }

/// The usual numbers of a reduction on a plateau.
[<RequireQualifiedAccess>]
module PlateauOptions =
    /// A tenth after 10 steps without a gain of 10⁻⁴ of the loss.
    let standard =
        { Factor = 0.1
          Patience = 10
          RelativeGain = 1e-4
          AbsoluteGain = 0.0
          Cooldown = 0
          Least = 0.0
          Window = 1 }

/// Transformations that scale gradients, element by element or as a whole. Signs stay: `ScaleBy.factor` a negative number, or
/// `ScaleBy.learningRate`, makes of them what is added to the parameters.
[<RequireQualifiedAccess>]
module ScaleBy =

    let private blend (decay: float) (old: Tensor) (fresh: Tensor) = (1.0 - decay) * fresh + decay * old
    let private unbiased decay step (mean: Tensor) = mean / (1.0 - pown decay step)

    let private checkAdam operation (options: AdamOptions) =
        Guard.decay operation "MeanDecay" options.MeanDecay
        Guard.decay operation "SquareDecay" options.SquareDecay
        Guard.notNegative operation "Epsilon" options.Epsilon
        Guard.notNegative operation "RootEpsilon" options.RootEpsilon

    let private larger (a: Tensor) (b: Tensor) = Tensor.select (Tensor.less a b) b a

    /// Times a number.
    let factor (factor: float) : GradientTransformation =
        Guard.finite "ScaleBy.factor" "factor" factor
        Transform.map (fun g -> factor * g)

    /// Times the number of a schedule.
    let schedule (schedule: Rates) : GradientTransformation =
        { Init = fun _ -> Branch [ "count", Trees.ofNumber 0.0 ]
          Update =
            fun gradients memory _ ->
                let step = Trees.count memory

                Tree.map (fun (g: Tensor) -> schedule step * g) gradients,
                Branch [ "count", Trees.ofNumber (float (step + 1)) ] }

    /// Times minus a learning rate.
    let learningRate (rate: float) : GradientTransformation =
        Guard.finite "ScaleBy.learningRate" "rate" rate
        factor -rate

    /// The mean over the root of the squares, both as they look ahead or not.
    let private ratio options (mean: Tensor) (square: Tensor) =
        mean / (Tensor.sqrt (square + options.RootEpsilon) + options.Epsilon)

    /// The mean of the gradients without bias, one step ahead where asked.
    let private expected options step (mean: Tensor) (g: Tensor) =
        let decay = options.MeanDecay

        if options.Nesterov then
            decay * unbiased decay (step + 1) mean + (1.0 - decay) * unbiased decay step g
        else
            unbiased decay step mean

    let private moments = [ "mean", 0.0; "square", 0.0 ]

    let private blended options (g: Tensor) (slots: Tensor[]) =
        blend options.MeanDecay slots[0] g, blend options.SquareDecay slots[1] (Tensor.square g)

    /// Adam: m̂/(√(v̂ + ε₀) + ε) of decaying means of gradients and squares, without bias (D. Kingma and J. Ba,
    /// arXiv:1412.6980).
    let adam (options: AdamOptions) : GradientTransformation =
        checkAdam "ScaleBy.adam" options

        let composed step g slots =
            let mean, square = blended options g slots
            ratio options (expected options step mean g) (unbiased options.SquareDecay step square), [| mean; square |]

        /// The same bits in one pass.
        let fused step (g: Raw<'T>) (m: Raw<'T>) (v: Raw<'T>) =
            let decay, other = options.MeanDecay, options.SquareDecay
            let numbers = AdamNumbers(decay, other, options.Epsilon, 1.0 - pown decay step, 1.0 - pown other step)
            let mean, square, ratio = Raw.create g.Shape, Raw.create g.Shape, Raw.create g.Shape
            Adam.StepInto(&numbers, g.Span, m.Span, v.Span, mean.Output, square.Output, ratio.Output)
            Constant ratio, [| Constant mean; Constant square |]

        let plain = options.RootEpsilon = 0.0 && not options.Nesterov

        Transform.withSlots moments (fun step g slots ->
            match g, slots[0], slots[1] with
            | Constant(:? Raw<float32> as g), Constant(:? Raw<float32> as m), Constant(:? Raw<float32> as v) when
                plain && Shape.equal g.Shape m.Shape
                ->
                fused step g m v
            | Constant(:? Raw<float> as g), Constant(:? Raw<float> as m), Constant(:? Raw<float> as v) when
                plain && Shape.equal g.Shape m.Shape
                ->
                fused step g m v
            | _ -> composed step g slots)

    /// AMSGrad: Adam with the largest of the unbiased squares so far (S. Reddi et al., arXiv:1904.09237).
    let amsgrad (options: AdamOptions) : GradientTransformation =
        checkAdam "ScaleBy.amsgrad" options

        Transform.withSlots (moments @ [ "largest", 0.0 ]) (fun step g slots ->
            let mean, square = blended options g slots
            let largest = larger slots[2] (unbiased options.SquareDecay step square)
            ratio options (expected options step mean g) largest, [| mean; square; largest |])

    /// AdaMax: Adam with the decaying largest magnitude (ε included) in the place of the root (D. Kingma and J. Ba,
    /// arXiv:1412.6980, section 7.1).
    let adamax (options: AdamOptions) : GradientTransformation =
        checkAdam "ScaleBy.adamax" options

        Transform.withSlots [ "mean", 0.0; "largest", 0.0 ] (fun step g slots ->
            let mean = blend options.MeanDecay slots[0] g
            let largest = larger (Tensor.abs g + options.Epsilon) (options.SquareDecay * slots[1])
            expected options step mean g / largest, [| mean; largest |])

    /// RAdam: Adam times the rectification of the variance, and the mean alone as long as that is not defined (L. Liu et
    /// al., arXiv:1908.03265).
    let radam (options: AdamOptions) : GradientTransformation =
        checkAdam "ScaleBy.radam" options
        let final = 2.0 / (1.0 - options.SquareDecay) - 1.0

        Transform.withSlots moments (fun step g slots ->
            let mean, square = blended options g slots
            let ahead = expected options step mean g
            let power = pown options.SquareDecay step
            let length = final - 2.0 * float step * power / (1.0 - power)

            let update =
                if length >= 5.0 then
                    let above = (length - 4.0) * (length - 2.0) * final
                    let below = (final - 4.0) * (final - 2.0) * length
                    sqrt (above / below) * ratio options ahead (unbiased options.SquareDecay step square)
                else
                    ahead

            update, [| mean; square |])

    /// AdaBelief: Adam with the squares of gradient minus mean (J. Zhuang et al., arXiv:2010.07468).
    let adabelief (options: AdamOptions) : GradientTransformation =
        checkAdam "ScaleBy.adabelief" options

        Transform.withSlots moments (fun step g slots ->
            let mean = blend options.MeanDecay slots[0] g
            let square = blend options.SquareDecay slots[1] (Tensor.square (g - mean))
            let kept = square + options.RootEpsilon
            ratio options (expected options step mean g) (unbiased options.SquareDecay step kept), [| mean; kept |])

    /// Yogi: squares that approach those of the gradients by steps of their own size (M. Zaheer et al., NeurIPS 2018).
    /// Both means begin at 10⁻⁶.
    let yogi (options: AdamOptions) : GradientTransformation =
        checkAdam "ScaleBy.yogi" options

        Transform.withSlots [ "mean", 1e-6; "square", 1e-6 ] (fun step g slots ->
            let mean = blend options.MeanDecay slots[0] g
            let fresh = Tensor.square g
            let square = slots[1] - (1.0 - options.SquareDecay) * Tensor.sign (slots[1] - fresh) * fresh
            ratio options (expected options step mean g) (unbiased options.SquareDecay step square), [| mean; square |])

    /// Over the root of the decaying mean of squares plus ε (T. Tieleman and G. Hinton, RMSProp, 2012).
    let rms (decay: float) (epsilon: float) : GradientTransformation =
        Guard.decay "ScaleBy.rms" "decay" decay
        Guard.notNegative "ScaleBy.rms" "epsilon" epsilon

        Transform.withSlots [ "square", 0.0 ] (fun _ g slots ->
            let square = blend decay slots[0] (Tensor.square g)
            g / Tensor.sqrt (square + epsilon), [| square |])

    /// Over the decaying standard deviation, the root of mean square minus squared mean plus ε (A. Graves,
    /// arXiv:1308.0850).
    let standardDeviation (decay: float) (epsilon: float) : GradientTransformation =
        Guard.decay "ScaleBy.standardDeviation" "decay" decay
        Guard.notNegative "ScaleBy.standardDeviation" "epsilon" epsilon

        Transform.withSlots moments (fun _ g slots ->
            let mean = blend decay slots[0] g
            let square = blend decay slots[1] (Tensor.square g)
            g / Tensor.sqrt (square - Tensor.square mean + epsilon), [| mean; square |])

    /// Over the root of the sum of all squares so far plus ε; the sum begins at `start` (J. Duchi et al., Adagrad, JMLR 12
    /// (2011) 2121). Where the sum is zero, so is the update.
    let adagrad (start: float) (epsilon: float) : GradientTransformation =
        Guard.notNegative "ScaleBy.adagrad" "start" start
        Guard.notNegative "ScaleBy.adagrad" "epsilon" epsilon

        Transform.withSlots [ "sum", start ] (fun _ g slots ->
            let sum = slots[0] + Tensor.square g
            let zeros = Tensor.zerosLike g
            Tensor.select (Tensor.less zeros sum) (g / Tensor.sqrt (sum + epsilon)) zeros, [| sum |])

    /// AdaDelta: times the root of the decaying mean of squared updates over that of squared gradients (M. Zeiler,
    /// arXiv:1212.5701).
    let adadelta (decay: float) (epsilon: float) : GradientTransformation =
        Guard.decay "ScaleBy.adadelta" "decay" decay
        Guard.notNegative "ScaleBy.adadelta" "epsilon" epsilon

        Transform.withSlots [ "square", 0.0; "moved", 0.0 ] (fun _ g slots ->
            let square = blend decay slots[0] (Tensor.square g)
            let update = g * (Tensor.sqrt (slots[1] + epsilon) / Tensor.sqrt (square + epsilon))
            update, [| square; blend decay slots[1] (Tensor.square update) |])

    /// Lion: the sign of a mean of gradient and memory, which decay differently (X. Chen et al., arXiv:2302.06675).
    let lion (signDecay: float) (memoryDecay: float) : GradientTransformation =
        Guard.decay "ScaleBy.lion" "signDecay" signDecay
        Guard.decay "ScaleBy.lion" "memoryDecay" memoryDecay

        Transform.withSlots [ "mean", 0.0 ] (fun _ g slots ->
            Tensor.sign (blend signDecay slots[0] g), [| blend memoryDecay slots[0] g |])

    /// The signs (J. Bernstein et al., arXiv:1802.04434).
    let sign = Transform.map Tensor.sign

    /// Each tensor times `coefficient` · norm of its parameter / (own norm + ε), norms counting as `least` at least; as it
    /// is where one of them is zero (Y. You et al., arXiv:1708.03888).
    let trustRatio (coefficient: float) (least: float) (epsilon: float) : GradientTransformation =
        Guard.finite "ScaleBy.trustRatio" "coefficient" coefficient
        Guard.notNegative "ScaleBy.trustRatio" "least" least
        Guard.notNegative "ScaleBy.trustRatio" "epsilon" epsilon

        Transform.mapWithParameters (fun g p ->
            let own, theirs = max least (Trees.size g), max least (Trees.size p)
            if own = 0.0 || theirs = 0.0 then g else coefficient * theirs / (own + epsilon) * g)

    /// Times a number that begins at 1 and is reduced when the loss does not fall any more, like ReduceLROnPlateau of
    /// PyTorch and `reduce_on_plateau` of optax. The step that completes the patience is already taken with the reduced
    /// number. Options outside their domain are an `ArgumentOutOfRangeException`.
    let plateau (options: PlateauOptions) : GradientTransformation =
        let operation = "ScaleBy.plateau"
        Guard.atLeast operation "Window" 1 options.Window
        Guard.atLeast operation "Patience" 1 options.Patience
        Guard.atLeast operation "Cooldown" 0 options.Cooldown
        Guard.decay operation "RelativeGain" options.RelativeGain
        Guard.notNegative operation "AbsoluteGain" options.AbsoluteGain
        Guard.notNegative operation "Least" options.Least
        let fraction = options.Factor > 0.0 && options.Factor < 1.0
        Guard.expect operation "Factor" "a number between 0 and 1" fraction options.Factor

        let remember scale best (waited: int) (cooling: int) (count: int) mean =
            Branch
                [ "scale", Trees.ofNumber scale
                  "best", Trees.ofNumber best
                  "waited", Trees.ofNumber (float waited)
                  "cooling", Trees.ofNumber (float cooling)
                  "count", Trees.ofNumber (float count)
                  "mean", Trees.ofNumber mean ]

        { Init = fun _ -> remember 1.0 infinity 0 0 0 0.0
          Update =
            fun gradients memory point ->
                let number name = Trees.number name memory

                let scale, best, waited, cooling =
                    number "scale", number "best", int (number "waited"), int (number "cooling")

                let count = Trees.count memory + 1
                let mean = number "mean" + (point.Loss - number "mean") / float count

                let next =
                    if count < options.Window then
                        remember scale best waited cooling count mean
                    else
                        let better = mean < (1.0 - options.RelativeGain) * best - options.AbsoluteGain
                        let best = if better then mean else best
                        let waited = if better || cooling > 0 then 0 else waited + 1

                        if waited >= options.Patience then
                            remember (max options.Least (scale * options.Factor)) best 0 options.Cooldown 0 0.0
                        else
                            remember scale best waited (max 0 (cooling - 1)) 0 0.0

                let scale = Trees.number "scale" next
                Tree.map (fun (g: Tensor) -> scale * g) gradients, next }
