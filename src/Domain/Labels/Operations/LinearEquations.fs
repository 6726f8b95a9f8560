namespace Noether.Domain

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Kernels

/// Products of blocks with matrices, and linear equations whose rows are those of blocks.
[<RequireQualifiedAccess>]
module internal LinearEquations =

    let private isMatrix operation (block: TensorBlock) =
        if block.Components.Length > 0 || not block.Gradients.IsEmpty then
            let found = "components or gradients"
            Outcome.raise (Inconsistent($"the second map given to '{operation}'", found, "neither"))

    let dot (a: TensorBlock) (b: TensorBlock) : TensorBlock =
        isMatrix "dot" b
        LabelRules.same "the properties of the second map given to 'dot'" a.Properties b.Properties
        let product (x: Tensor) = MapPairs.promoted x b.Values ||> Tensor.matmulTransposed false true
        BlockAxes.withProperties b.Samples product a

    /// The rows of values, components folded in, and those of the gradients behind them: [rows, properties].
    let private equations (block: TensorBlock) : Tensor =
        let rows (x: Tensor) =
            Tensor.reshape [| -1; x.Shape[x.Rank - 1] |] (Tensor.cast Noether.AutoDiff.Precision.Float64 x)

        let safe (x: Tensor) = if x.Size = 0 then Tensor.zeros [| 0; x.Shape[x.Rank - 1] |] else rows x
        Tensor.concat 0 (safe block.Values :: [ for gradient in block.Gradients.Values -> safe gradient.Values ])

    /// Weights with a row for each property of Y and a column for each property of X.
    let private weights (x: TensorBlock) (y: TensorBlock) (values: Tensor) =
        BlockRules.plain values y.Properties ImmutableArray.Empty x.Properties

    let private alike (x: TensorBlock) (y: TensorBlock) =
        MapPairs.sameLabels [ MapAxis.Samples; MapAxis.Components ] "" x y

    /// The columns of a matrix given by its rows, one after the other.
    let private columns (x: Tensor) = Tensor.toArray (Tensor.transpose x)

    /// X = U s Vᵀ and w = V f(s) Uᵀ y, for the function f of all singular values, largest first.
    let private filtered (filter: float[] -> float[]) (x: TensorBlock) (y: TensorBlock) : TensorBlock =
        alike x y
        let equations, right = equations x, equations y
        let m, n = equations.Shape[0], equations.Shape[1]
        let tall = m >= n
        let factor = columns (if tall then equations else Tensor.transpose equations)
        let long, short = max m n, min m n
        let s = Array.zeroCreate short
        let v = Array.zeroCreate (short * short)
        SingularValues.Decompose(long, short, Span factor, Span s, Span v)
        let inverse = filter s
        // Rows of both are the singular vectors; X = U s Vᵀ, of the transpose where that is tall.
        let long = Tensor.ofArray [| short; long |] factor
        let short = Tensor.ofArray [| short; short |] v
        let left, rightVectors = if tall then long, short else short, long
        let scaled = Tensor.ofArray [| inverse.Length; 1 |] inverse * Tensor.matmul left right
        let solution = Tensor.matmulTransposed true false rightVectors scaled
        weights x y (Tensor.transpose solution)

    /// The shortest w with |X w − y| least, singular values below a part of the largest one taken as zero.
    let leastSquares relative =
        filtered (fun s ->
            s |> Array.map (fun value -> if value > relative * s[0] && value > 0.0 then 1.0 / value else 0.0))

    /// The w with |X w − y|² + α |w|² least.
    let ridge (alpha: float) = filtered (Array.map (fun s -> if s = 0.0 then 0.0 else s / (s * s + alpha)))

    let solve (x: TensorBlock) (y: TensorBlock) : TensorBlock =
        alike x y
        let equations, right = equations x, equations y

        if equations.Shape[0] <> equations.Shape[1] then
            let found = $"{equations.Shape[0]} equations for {equations.Shape[1]} unknowns"
            Outcome.raise (Inconsistent("the first map given to 'solve'", found, "as many; see 'lstsq'"))

        try
            weights x y (Tensor.transpose (Tensor.solve equations right))
        with :? TensorException as failure ->
            Outcome.raise (
                Inconsistent("the first map given to 'solve'", failure.Message, "a regular matrix; see 'lstsq'")
            )

    let pairs operation f (a: TensorMap) (b: TensorMap) =
        Outcome.capture (fun () ->
            MapRules.flat operation a
            let places = MapPairs.places operation a b
            let block i = MapRules.forBlock a.Keys i (fun () -> f a.Array[i] b.Array[places[i]])
            TensorMap(a.Keys, Array.init a.Count block, Map.empty))

/// Linear algebra block by block.
[<AutoOpen>]
module LinearEquationFunctions =
    type TensorMap with

        /// A Bᵀ over the properties, block by block: the samples of B, which has neither components nor gradients, become
        /// the properties; the gradients are ∇A Bᵀ. Errors: `Inconsistent` for what does not fit.
        static member dot (a: TensorMap) (b: TensorMap) = LinearEquations.pairs "dot" LinearEquations.dot a b

        /// For each block the weights w (samples: the properties of Y, properties: those of X) that minimise
        /// |X wᵀ − Y|, the shortest ones, singular values below `relative` times the largest one taken as zero. Rows of
        /// gradients are equations like those of values. The weights are constants.
        /// Errors: `Inconsistent` for blocks with other samples, components or gradient samples.
        static member lstsq (relative: float) (x: TensorMap) (y: TensorMap) =
            LinearEquations.pairs "lstsq" (LinearEquations.leastSquares relative) x y

        /// For each block the weights w (as in `lstsq`) that minimise |X wᵀ − Y|² + α |w|². The weights are constants.
        /// Errors: as `lstsq`, and `InvalidArgument` for an α that is negative or not finite.
        static member ridge (alpha: float) (x: TensorMap) (y: TensorMap) : Result<TensorMap, NoetherError> =
            if alpha >= 0.0 && Double.IsFinite alpha then
                LinearEquations.pairs "ridge" (LinearEquations.ridge alpha) x y
            else
                Error(InvalidArgument("the ridge", NoetherError.number alpha, "a finite number, 0 or more"))

        /// For each block the weights w (as in `lstsq`) with X wᵀ = Y, X being square. Differentiable.
        /// Errors: as `lstsq`, and `Inconsistent` where X is not square or singular.
        static member solve (x: TensorMap) (y: TensorMap) = LinearEquations.pairs "solve" LinearEquations.solve x y
