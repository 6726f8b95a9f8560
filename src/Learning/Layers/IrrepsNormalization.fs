namespace Noether.Learning

open Noether.AutoDiff
open Noether.Equivariance

/// The running statistics of batch normalisation.
type BatchStatistics =
    {
        /// The mean of each copy of 0e, [copies of 0e].
        Mean: Tensor
        /// The mean square of each copy's components (about the mean for 0e), [copies].
        Variance: Tensor
    }

/// Layers that bring features to unit size, equivariantly: only lengths are looked at, and only scalars 0e are shifted.
[<RequireQualifiedAccess>]
module IrrepsNormalization =

    let private starts (counts: int list) = List.scan (+) 0 counts |> List.truncate counts.Length

    /// A slice of a vector for each chunk, as [1, 1, mul], for the chunks that have one.
    let private perChunk (irreps: Irreps) has (values: Tensor) =
        let counts = [ for chunk in irreps.Chunks -> if has chunk.Irrep then chunk.Mul else 0 ]

        [ for start, count in List.zip (starts counts) counts ->
              Tensor.slice 0 start (start + count) values |> Tensor.reshape [| 1; 1; count |] ]

    /// Each chunk of each row divided by its root mean square, √(mean over copies and components of x² + epsilon), and
    /// each copy times its weight ("weights", [copies], ones at first). Nothing is subtracted, so nothing depends on
    /// the zero of a scalar.
    let rootMeanSquare (epsilon: float) (irreps: Irreps) : Network<IrrepsTensor, IrrepsTensor> =
        if not (epsilon > 0.0) then
            Shape.fail "IrrepsNormalization.rootMeanSquare" $"epsilon is {epsilon}; expected a positive number"

        { Init =
            Parameters.branch
                [ "weights", (fun precision _ -> Leaf(Tensor.full precision [| Irreps.count irreps |] 1.0)) ]
          Apply =
            fun parameters x ->
                if x.Irreps <> irreps then
                    Shape.fail
                        "IrrepsNormalization.rootMeanSquare"
                        $"features {x.Irreps.AsText}; the layer takes {irreps.AsText}"

                let weights = perChunk irreps (fun _ -> true) (Tree.value "weights" parameters)

                List.zip (IrrepsTensor.parts x) weights
                |> List.map (fun ((_, values), weights) ->
                    let size = values.Shape[1] * values.Shape[2]

                    if size = 0 then
                        values
                    else
                        let squares = Tensor.sumTo [| values.Shape[0]; 1; 1 |] (Tensor.square values) / float size
                        values / Tensor.sqrt (squares + epsilon) * weights)
                |> IrrepsTensor.create irreps }

    /// Statistics before any batch: means 0, variances 1.
    let initialStatistics precision (irreps: Irreps) =
        { Mean = Tensor.full precision [| Irreps.countOf Irrep.scalar irreps |] 0.0
          Variance = Tensor.full precision [| Irreps.count irreps |] 1.0 }

    /// Batch normalisation (S. Ioffe and C. Szegedy, 2015) of irreps, as in e3nn-jax: scalars 0e minus their mean over
    /// the rows; each copy divided by √((1 − epsilon)·v + epsilon), v the mean square of its components over the rows;
    /// times "weights" [copies], plus "biases" [copies of 0e]. In training, mean and v are those of the batch, and the
    /// statistics move towards them by `momentum`; otherwise the statistics are used and stay. e3nn-jax's epsilon is
    /// 1e-4, its momentum 0.1. Derivatives do not pass into the statistics that come out.
    let batch
        (epsilon: float)
        (momentum: float)
        (irreps: Irreps)
        : Network<bool * BatchStatistics * IrrepsTensor, IrrepsTensor * BatchStatistics> =
        let scalar (irrep: Irrep) = irrep.IsScalar

        { Init =
            Parameters.branch
                [ "weights", (fun precision _ -> Leaf(Tensor.full precision [| Irreps.count irreps |] 1.0))
                  "biases",
                  (fun precision _ -> Leaf(Tensor.full precision [| Irreps.countOf Irrep.scalar irreps |] 0.0)) ]
          Apply =
            fun parameters (training, statistics, x) ->
                if x.Irreps <> irreps then
                    Shape.fail
                        "IrrepsNormalization.batch"
                        $"features {x.Irreps.AsText}; the layer takes {irreps.AsText}"

                let rows = IrrepsAlgebra.rows x

                if training && rows = 0 then
                    Shape.fail "IrrepsNormalization.batch" "a training batch without rows; expected at least one"

                let over = float rows
                let along (values: Tensor) = [| 1; values.Shape[1]; values.Shape[2] |]

                let known =
                    List.zip
                        (perChunk irreps scalar statistics.Mean)
                        (perChunk irreps (fun _ -> true) statistics.Variance)

                let factors =
                    List.zip
                        (perChunk irreps (fun _ -> true) (Tree.value "weights" parameters))
                        (perChunk irreps scalar (Tree.value "biases" parameters))

                let results =
                    [ for (irrep, values), (knownMean, knownVariance), (weights, biases) in
                          List.zip3 (IrrepsTensor.parts x) known factors do
                          let mean =
                              if not training then knownMean
                              elif irrep.IsScalar then Tensor.sumTo (along values) values / over
                              else knownMean

                          let centred = if irrep.IsScalar then values - mean else values

                          let variance =
                              if training then
                                  Tensor.sumTo [| 1; 1; values.Shape[2] |] (Tensor.square centred)
                                  / (over * float irrep.Dim)
                              else
                                  knownVariance

                          let scaled = centred / Tensor.sqrt ((1.0 - epsilon) * variance + epsilon) * weights
                          mean, variance, (if irrep.IsScalar then scaled + biases else scaled) ]

                let joined choose =
                    results
                    |> List.map (choose >> fun (values: Tensor) -> Tensor.reshape [| values.Size |] values)
                    |> Tensor.concat 0
                    |> Tensor.stopGradient

                let moved (old: Tensor) (found: Tensor) = (1.0 - momentum) * old + momentum * found

                let statistics =
                    if training then
                        { Mean = moved statistics.Mean (joined (fun (mean, _, _) -> mean))
                          Variance = moved statistics.Variance (joined (fun (_, variance, _) -> variance)) }
                    else
                        statistics

                IrrepsTensor.create irreps [ for _, _, values in results -> values ], statistics }
