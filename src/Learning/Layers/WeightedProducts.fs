namespace Noether.Learning

open System
open Noether.AutoDiff
open Noether.Equivariance

/// The pairing of the copies of two chunks: u, v and w count the copies of the first factor, of the second and of the output.
[<Struct; RequireQualifiedAccess>]
type ProductMode =
    /// All pairs into every copy of the output, weights [u, v, w].
    | Uvw
    /// All pairs, the second summed: weights [u, v], the output has the first's copies.
    | Uvu
    /// All pairs, the first summed: weights [u, v], the output has the second's copies.
    | Uvv
    /// Copy by copy: weights [u], as many copies in all three.
    | Uuu
    /// All pairs, each a copy of the output, u outer: weights [u, v].
    | Uvuv

/// One path of a weighted product.
type ProductPath =
    {
        /// The chunk of the first factor, from 0.
        First: int
        /// The chunk of the second factor.
        Second: int
        /// The chunk of the output, to which paths add up.
        Output: int
        /// The pairing of copies.
        Mode: ProductMode
        /// Whether it has weights; otherwise they are 1.
        Weighted: bool
    }

/// The divisor of a path, so that outputs have mean square 1 for weights that have it.
[<Struct; RequireQualifiedAccess>]
type PathNormalization =
    /// The root of the number of terms in an element of the output, over all paths that lead to it.
    | Element
    /// The root of the number of its own terms times the number of paths that lead to the output.
    | Path

/// Tensor products with weights for their paths, in the conventions of e3nn for torch 0.6.
[<RequireQualifiedAccess>]
module WeightedProducts =

    let private fail (what: string) = raise (ArgumentException $"WeightedProducts: {what}")

    /// The terms of a path in an element of its output.
    let private terms (a: MulIrrep) (b: MulIrrep) mode =
        match mode with
        | ProductMode.Uvw -> a.Mul * b.Mul
        | ProductMode.Uvu -> b.Mul
        | ProductMode.Uvv -> a.Mul
        | ProductMode.Uuu
        | ProductMode.Uvuv -> 1

    /// The number of weights of a path, if it has any.
    let private size (a: MulIrrep) (b: MulIrrep) (out: MulIrrep) mode =
        match mode with
        | ProductMode.Uvw -> a.Mul * b.Mul * out.Mul
        | ProductMode.Uuu -> a.Mul
        | _ -> a.Mul * b.Mul

    /// The copies that an output must have.
    let private copies (a: MulIrrep) (b: MulIrrep) (out: MulIrrep) mode =
        match mode with
        | ProductMode.Uvw -> out.Mul
        | ProductMode.Uvu -> a.Mul
        | ProductMode.Uvv -> b.Mul
        | ProductMode.Uuu -> if a.Mul = b.Mul then a.Mul else -1
        | ProductMode.Uvuv -> a.Mul * b.Mul

    let private check (a: Irreps) (b: Irreps) (output: Irreps) (paths: ProductPath list) =
        let chunk name (irreps: Irreps) k =
            if k < 0 || k >= irreps.Chunks.Length then
                fail $"a path names chunk {k} of the {name} {irreps.AsText}"

            List.item k irreps.Chunks

        [ for path in paths do
              let p, q = chunk "first factor" a path.First, chunk "second factor" b path.Second
              let out = chunk "output" output path.Output

              if not (List.contains out.Irrep (Irrep.product p.Irrep q.Irrep)) then
                  fail $"{out.Irrep} is not in the product of {p.Irrep} and {q.Irrep}"

              if copies p q out path.Mode <> out.Mul then
                  fail $"{p.AsText} and {q.AsText} do not make {out.AsText} by {path.Mode}"

              if path.Mode = ProductMode.Uvw && not path.Weighted then fail "a path Uvw without weights"

              path, p, q, out ]

    /// All paths from two factors to an output, every one `Uvw` with weights: the fully connected product.
    let fullyConnected (a: Irreps) (b: Irreps) (output: Irreps) : ProductPath list =
        [ for i, p in List.indexed a.Chunks do
              for j, q in List.indexed b.Chunks do
                  for k, out in List.indexed output.Chunks do
                      if List.contains out.Irrep (Irrep.product p.Irrep q.Irrep) then
                          { First = i; Second = j; Output = k; Mode = ProductMode.Uvw; Weighted = true } ]

    /// The product along paths, which add up in the output; outputs without a path are zero. The one parameter "weights"
    /// holds those of all paths one after the other in the order of the paths, [all], or [n, all] with weights for every
    /// row; fresh ones are standard normal. ArgumentException where a path names a chunk that is not there, an output that
    /// is not in the product, or copies that do not fit its mode; TensorException for features of other irreps.
    let create
        (irrepNormalization: ProductNormalization)
        (pathNormalization: PathNormalization)
        (a: Irreps)
        (b: Irreps)
        (output: Irreps)
        (paths: ProductPath list)
        : Network<IrrepsTensor * IrrepsTensor, IrrepsTensor> =
        let paths = check a b output paths
        let leading k = paths |> List.filter (fun (path, _, _, _) -> path.Output = k)

        let coefficient (path: ProductPath, p: MulIrrep, q: MulIrrep, out: MulIrrep) =
            let others = leading path.Output

            let count =
                match pathNormalization with
                | PathNormalization.Element -> others |> List.sumBy (fun (path, p, q, _) -> terms p q path.Mode)
                | PathNormalization.Path -> terms p q path.Mode * others.Length

            sqrt (FeatureProducts.squaredScale irrepNormalization p.Irrep q.Irrep out.Irrep / float count)

        let sizes = paths |> List.map (fun (path, p, q, out) -> if path.Weighted then size p q out path.Mode else 0)
        let starts = sizes |> List.scan (+) 0
        let total = List.last starts

        let product
            (weights: Tensor)
            x
            y
            (start, size)
            ((path: ProductPath, p: MulIrrep, q: MulIrrep, out: MulIrrep) as all)
            =
            let xs, ys = List.item path.First x, List.item path.Second y

            let products =
                if path.Mode = ProductMode.Uuu then FeatureProducts.paired xs ys else FeatureProducts.outer xs ys

            let coupled =
                FeatureProducts.couple p.Irrep q.Irrep [ out.Irrep, coefficient all ] products |> List.head |> snd

            let rows, dim = coupled.Shape[0], out.Irrep.Dim

            let own shape =
                Tensor.slice 1 start (start + size) weights
                |> Tensor.reshape (Array.append [| weights.Shape[0] |] shape)

            let weighted =
                if path.Mode = ProductMode.Uvw || not path.Weighted then coupled else coupled * own [| 1; size |]

            let sum axis = weighted |> Tensor.reshape [| rows; dim; p.Mul; q.Mul |] |> Tensor.sumAxes [| axis |]

            match path.Mode with
            | ProductMode.Uvw when weights.Shape[0] = 1 ->
                Tensor.matmul coupled (Tensor.reshape [| p.Mul * q.Mul; out.Mul |] (own [| size |]))
            | ProductMode.Uvw -> Tensor.matmul coupled (own [| p.Mul * q.Mul; out.Mul |])
            | ProductMode.Uvu -> sum 3
            | ProductMode.Uvv -> sum 2
            | ProductMode.Uuu
            | ProductMode.Uvuv -> weighted

        { Init = Parameters.branch [ "weights", Parameters.normal [| total |] ]
          Apply =
            fun parameters (x, y) ->
                if x.Irreps <> a || y.Irreps <> b then
                    let found = $"features {x.Irreps.AsText} and {y.Irreps.AsText}"
                    Shape.fail "WeightedProducts" $"{found}; the product takes {a.AsText} and {b.AsText}"

                FeatureProducts.sameRows "weighted" x y
                let given = Tree.value "weights" parameters
                let weights = if given.Rank = 1 then Tensor.unsqueeze 0 given else given

                if weights.Rank <> 2 || weights.Shape[1] <> total then
                    Shape.fail "WeightedProducts" $"weights of shape {Shape.print given.Shape}; expected {total} a row"

                let rows = x.Rows.Shape[0]
                let products = product weights (IrrepsTensor.chunks x) (IrrepsTensor.chunks y)
                let found = List.map2 products (List.zip (List.take paths.Length starts) sizes) paths

                [ for k, out in List.indexed output.Chunks ->
                      List.zip paths found
                      |> List.filter (fun ((path, _, _, _), _) -> path.Output = k)
                      |> List.fold
                          (fun sum (_, values) -> sum + values)
                          (Tensor.full x.Rows.Precision [| rows; out.Irrep.Dim; out.Mul |] 0.0) ]
                |> IrrepsTensor.create output }
