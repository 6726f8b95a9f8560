namespace Noether.Equivariance

open Noether.AutoDiff

/// The normalisation of the coefficients of a product, in terms of the couplings C with Σ C² = 1.
[<Struct; RequireQualifiedAccess>]
type ProductNormalization =
    /// C·√(2l₃+1): factors with components of mean square 1 give products with components of mean square 1.
    | Component
    /// C·√((2l₁+1)(2l₂+1)): factors of norm 1 give products of norm 1, on average over their directions.
    | Norm
    /// C as it is.
    | None

/// Tensor products of features with features, in the order of e3nn-jax 0.21. Compositions of tensor operations, so
/// differentiable to every order in both precisions. A filter that nothing passes is a `TensorException`: there are no
/// features without chunks.
[<RequireQualifiedAccess>]
module FeatureProducts =

    let internal squaredScale normalization (a: Irrep) (b: Irrep) (out: Irrep) =
        match normalization with
        | ProductNormalization.Component -> float out.Dim
        | ProductNormalization.Norm -> float (a.Dim * b.Dim)
        | ProductNormalization.None -> 1.0

    /// The couplings to each output as rows [Σ(2l₃+1), (2l₁+1)(2l₂+1)], each times its factor.
    let private table precision (a: Irrep) (b: Irrep) (outs: (Irrep * float) list) =
        let columns = a.Dim * b.Dim

        [ for out, factor in outs do
              let coupling = ClebschGordan.coupling a.L b.L out.L
              let matrix = Array.zeroCreate<float>(out.Dim * columns)

              for entry in coupling.Entries do
                  matrix[entry.K * columns + entry.I * b.Dim + entry.J] <- factor * entry.Value

              matrix ]
        |> Array.concat
        |> Tensor.ofArray [| outs |> List.sumBy (fun (out, _) -> out.Dim); columns |]
        |> Tensor.cast precision

    /// Products [n, 2l₁+1, 2l₂+1, copies] to the outputs, each [n, 2l₃+1, copies].
    let internal couple (a: Irrep) (b: Irrep) (outs: (Irrep * float) list) (products: Tensor) =
        match outs with
        | [] -> []
        | _ ->
            let n, copies = products.Shape[0], products.Shape[3]
            let products = Tensor.reshape [| n; a.Dim * b.Dim; copies |] products
            let coupled = Tensor.matmul (table products.Precision a b outs) products
            let starts = outs |> List.scan (fun start (out, _) -> start + out.Dim) 0

            [ for (out, _), start in List.zip outs (List.take outs.Length starts) ->
                  out, Tensor.slice 1 start (start + out.Dim) coupled ]

    /// x_u y_v for all u and v, u outer: [n, 2l₁+1, 2l₂+1, mul₁·mul₂].
    let internal outer (x: Tensor) (y: Tensor) =
        let shape = [| x.Shape[0]; x.Shape[1]; y.Shape[1]; x.Shape[2] * y.Shape[2] |]

        Tensor.reshape [| x.Shape[0]; x.Shape[1]; 1; x.Shape[2]; 1 |] x
        * Tensor.reshape [| y.Shape[0]; 1; y.Shape[1]; 1; y.Shape[2] |] y
        |> Tensor.reshape shape

    /// x_u y_u for all u: [n, 2l₁+1, 2l₂+1, mul].
    let internal paired (x: Tensor) (y: Tensor) = Tensor.unsqueeze 2 x * Tensor.unsqueeze 1 y

    let internal sameRows operation a b =
        if IrrepsAlgebra.rows a <> IrrepsAlgebra.rows b then
            let found = $"{IrrepsAlgebra.rows a} and {IrrepsAlgebra.rows b} rows"
            Shape.fail $"FeatureProducts.{operation}" $"{found}; expected equally many"

    let private pairs operation normalization wanted (a: IrrepsTensor) (b: IrrepsTensor) =
        [ for p, x in IrrepsTensor.parts a do
              for q, y in IrrepsTensor.parts b do
                  let outs =
                      [ for out in Irrep.product p q do
                            if wanted out then out, sqrt (squaredScale normalization p q out) ]

                  if not outs.IsEmpty then yield! couple p q outs (outer x y) ]
        |> List.sortBy fst
        |> IrrepsAlgebra.ofParts operation

    /// The tensor product of each row of `a` with that row of `b`, of outputs whose irrep passes the filter. Both are
    /// regrouped first; each pair of chunks gives |l₁−l₂| … l₁+l₂ with copies u·mul₂+v; the result is regrouped.
    /// TensorException where the rows differ in number.
    let full normalization (wanted: Irrep -> bool) (a: IrrepsTensor) (b: IrrepsTensor) : IrrepsTensor =
        sameRows "full" a b

        pairs "FeatureProducts.full" normalization wanted (IrrepsAlgebra.regroup a) (IrrepsAlgebra.regroup b)
        |> IrrepsAlgebra.simplify

    /// The same with the factors as they are and the output stably sorted, but not merged.
    let fullUngrouped normalization (wanted: Irrep -> bool) (a: IrrepsTensor) (b: IrrepsTensor) : IrrepsTensor =
        sameRows "fullUngrouped" a b
        pairs "FeatureProducts.fullUngrouped" normalization wanted a b

    /// The product copy by copy: copy k of `a` with copy k of `b`, chunks cut where either begins one. The output is
    /// neither sorted nor merged. TensorException where the copies or the rows differ in number.
    let elementwise normalization (wanted: Irrep -> bool) (a: IrrepsTensor) (b: IrrepsTensor) : IrrepsTensor =
        [ for p, x, q, y in IrrepsAlgebra.aligned "elementwise" a b do
              let outs =
                  [ for out in Irrep.product p q do
                        if wanted out then out, sqrt (squaredScale normalization p q out) ]

              yield! couple p q outs (paired x y) ]
        |> IrrepsAlgebra.ofParts "FeatureProducts.elementwise"

    /// The square of the factor of the coupling of a copy with itself. Mean squares of products of a normal vector
    /// with itself are not those of two independent ones: 3 instead of 1 for one component, and so on.
    let private squareOfCopy normalization normalizedInput (irrep: Irrep) (out: Irrep) =
        let d = float irrep.Dim
        let trace = out.L = 0

        match normalization, normalizedInput with
        | ProductNormalization.None, _ -> 1.0
        | ProductNormalization.Component, false -> if trace then 1.0 / (d + 2.0) else 0.5 * float out.Dim
        | ProductNormalization.Norm, false -> if trace then d * d / (d + 2.0) else 0.5 * d * d
        | ProductNormalization.Component, true -> if trace then d else 0.5 * d * (d + 2.0) * float out.Dim
        | ProductNormalization.Norm, true -> if trace then d else 0.5 * d * (d + 2.0)

    /// The same for two different copies.
    let private squareOfPair normalization normalizedInput (a: Irrep) (b: Irrep) (out: Irrep) =
        match normalization, normalizedInput with
        | ProductNormalization.Component, true -> float (a.Dim * b.Dim * out.Dim)
        | _ -> squaredScale normalization a b out

    /// x_u y_v of the copies u < v of one chunk, (0, 1), (0, 2), … (1, 2), …: [n, 2l+1, 2l+1, mul·(mul−1)/2].
    let private pairsWithin (x: Tensor) =
        let mul = x.Shape[2]

        let first, second =
            [| for u in 0 .. mul - 1 do
                   for v in u + 1 .. mul - 1 -> u, v |]
            |> Array.unzip

        let copies index = Tensor.permute [| 2; 0; 1 |] x |> Tensor.gather index |> Tensor.permute [| 1; 2; 0 |]
        paired (copies first) (copies second)

    let private squares operation normalization normalizedInput wanted (x: IrrepsTensor) =
        let parts = IrrepsTensor.parts x |> List.indexed
        let outputs p q = Irrep.product p q |> List.filter wanted
        let scale p q out = out, sqrt (squareOfPair normalization normalizedInput p q out)
        let scaleOfCopy p out = out, sqrt (squareOfCopy normalization normalizedInput p out)
        let symmetric (out: Irrep) = out.L % 2 = 0

        [ for i, (p, x) in parts do
              if x.Shape[2] > 1 then yield! couple p p (outputs p p |> List.map (scale p p)) (pairsWithin x)

              if x.Shape[2] > 0 then
                  yield! couple p p (outputs p p |> List.filter symmetric |> List.map (scaleOfCopy p)) (paired x x)

              for j, (q, y) in parts do
                  if i < j then yield! couple p q (outputs p q |> List.map (scale p q)) (outer x y) ]
        |> List.sortBy fst
        |> IrrepsAlgebra.ofParts operation

    /// The tensor product of each row with itself, each unordered pair of copies once, for outputs that pass the
    /// filter. Within a chunk the pairs u < v come before the copies with themselves. `normalizedInput` says that
    /// copies are of length √(2l+1) (`Component`) or 1 (`Norm`) exactly, not on average. The features are regrouped
    /// before and the result after.
    let square normalization normalizedInput (wanted: Irrep -> bool) (x: IrrepsTensor) : IrrepsTensor =
        squares "FeatureProducts.square" normalization normalizedInput wanted (IrrepsAlgebra.regroup x)
        |> IrrepsAlgebra.simplify

    /// The same with the features as they are and the output stably sorted, but not merged.
    let squareUngrouped normalization normalizedInput (wanted: Irrep -> bool) (x: IrrepsTensor) : IrrepsTensor =
        squares "FeatureProducts.squareUngrouped" normalization normalizedInput wanted x
