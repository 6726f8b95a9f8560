namespace Noether.Equivariance

open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain

/// Arithmetic of features that transform as irreps: sums, norms, products by scalars, order of chunks. Compositions of
/// tensor operations, so differentiable to every order in both precisions.
///
/// Rows are the first axis of the data, [n, dim]; *copies* are counted over all chunks. Errors: a `TensorException` for
/// features whose irreps or rows do not fit, and where no chunk would be left.
[<RequireQualifiedAccess>]
module IrrepsAlgebra =

    /// Features of the given chunks, each [n, 2l+1, multiplicity]; TensorException for none.
    let internal ofParts operation (parts: (Irrep * Tensor) list) =
        if parts.IsEmpty then Shape.fail operation "no chunks are left; expected at least one"

        IrrepsTensor.create (Irreps.create [ for irrep, x in parts -> x.Shape[2], irrep ]) (List.map snd parts)

    let private mapValues f (x: IrrepsTensor) =
        IrrepsTensor.create x.Irreps [ for _, values in IrrepsTensor.parts x -> f values ]

    let private sameIrreps operation (a: IrrepsTensor) (b: IrrepsTensor) =
        if a.Irreps <> b.Irreps then
            Shape.fail $"IrrepsAlgebra.{operation}" $"{a.Irreps.AsText} and {b.Irreps.AsText}; expected equal irreps"

    /// The number of rows; 0 where there are no chunks to tell it.
    let rows (x: IrrepsTensor) =
        match IrrepsTensor.parts x with
        | [] -> 0
        | (_, values) :: _ -> values.Shape[0]

    let private sameRows operation (a: IrrepsTensor) (b: IrrepsTensor) =
        if rows a <> rows b then
            Shape.fail $"IrrepsAlgebra.{operation}" $"{rows a} and {rows b} rows; expected equally many"

    /// Zeros: n rows of the irreps.
    let zeros precision (irreps: Irreps) n =
        IrrepsTensor.create
            irreps
            [ for chunk in irreps.Chunks -> Tensor.full precision [| n; chunk.Irrep.Dim; chunk.Mul |] 0.0 ]

    /// Standard normal numbers: n rows of the irreps, the same for equal keys.
    let normal precision (irreps: Irreps) n key =
        IrrepsTensor.ofFlat irreps (Tensor.normal precision [| n; irreps.Dim |] key)

    /// The same features in another precision.
    let cast precision x = mapValues (Tensor.cast precision) x

    /// a − b, of equal irreps.
    let subtract (a: IrrepsTensor) (b: IrrepsTensor) =
        sameIrreps "subtract" a b

        List.map2 (fun (_, p: Tensor) (_, q) -> p - q) (IrrepsTensor.parts a) (IrrepsTensor.parts b)
        |> IrrepsTensor.create a.Irreps

    /// The features with the opposite sign, −x.
    let negate x = mapValues (~-) x

    /// A number times x.
    let times (factor: float) x = mapValues (fun values -> factor * values) x

    /// Each row times its number in [n].
    let timesRows (factors: Tensor) x =
        if factors.Rank <> 1 || factors.Shape[0] <> rows x then
            Shape.fail "IrrepsAlgebra.timesRows" $"shape {Shape.print factors.Shape}; expected [{rows x}]"

        let column = Tensor.reshape [| rows x; 1; 1 |] factors
        mapValues (fun values -> values * column) x

    /// The chunks of all, one after the other; nothing is sorted or merged. The rows must agree.
    let concat (all: IrrepsTensor list) =
        for x in List.truncate (all.Length - 1) all do
            sameRows "concat" x (List.last all)

        all |> List.collect IrrepsTensor.parts |> ofParts "IrrepsAlgebra.concat"

    /// The rows of all, one after the other, of equal irreps.
    let concatRows (all: IrrepsTensor list) =
        for x in all do
            sameIrreps "concatRows" all.Head x

        let columns = all |> List.map (IrrepsTensor.parts >> List.map snd) |> List.transpose
        IrrepsTensor.create all.Head.Irreps (columns |> List.map (Tensor.concat 0))

    /// The chunks whose irrep satisfies the predicate.
    let filter predicate x =
        IrrepsTensor.parts x |> List.filter (fun (irrep, _) -> predicate irrep) |> ofParts "IrrepsAlgebra.filter"

    /// The chunks whose irrep occurs in `kept`.
    let keep (kept: Irreps) x = filter (fun irrep -> Irreps.contains irrep kept) x

    /// The chunks whose irrep does not occur in `dropped`.
    let drop (dropped: Irreps) x = filter (fun irrep -> not (Irreps.contains irrep dropped)) x

    /// The chunks stably sorted by irrep.
    let sort x = IrrepsTensor.parts x |> List.sortBy fst |> ofParts "IrrepsAlgebra.sort"

    /// Neighbouring chunks of equal irreps merged; those without copies stay.
    let unify x =
        let merge (irrep, values: Tensor) merged =
            match merged with
            | (next, other) :: rest when next = irrep -> (irrep, Tensor.concat 2 [ values; other ]) :: rest
            | _ -> (irrep, values) :: merged

        List.foldBack merge (IrrepsTensor.parts x) [] |> ofParts "IrrepsAlgebra.unify"

    /// Without chunks of no copies, neighbours of equal irreps merged.
    let simplify x =
        IrrepsTensor.parts x
        |> List.filter (fun (_, values) -> values.Shape[2] > 0)
        |> ofParts "IrrepsAlgebra.simplify"
        |> unify

    /// Sorted and simplified: at most one chunk of every irrep.
    let regroup x = x |> sort |> simplify

    /// The chunks from `start` up to, not including, `stop`; see `Irreps.sliceByChunk`.
    let sliceByChunk start stop (x: IrrepsTensor) =
        let count = (Irreps.sliceByChunk start stop x.Irreps).Chunks.Length
        let parts = IrrepsTensor.parts x
        parts |> List.skip (min start parts.Length) |> List.take count |> ofParts "IrrepsAlgebra.sliceByChunk"

    /// The components from `start` up to, not including, `stop`; they must not cut a copy, see `Irreps.sliceByDim`.
    let sliceByDim start stop (x: IrrepsTensor) =
        let irreps = Irreps.sliceByDim start stop x.Irreps
        let stop = min stop x.Irreps.Dim
        let start = min start stop
        IrrepsTensor.ofFlat irreps (Tensor.slice 1 start stop (IrrepsTensor.toFlat x))

    /// The copies from `start` up to, not including, `stop`, counted over all chunks; see `Irreps.sliceByMul`.
    let sliceByMul start stop (x: IrrepsTensor) =
        // Where a copy begins among the components; the end of all behind the last.
        let dims = x.Irreps.Chunks |> List.collect (fun chunk -> List.replicate chunk.Mul chunk.Irrep.Dim)
        let place copy = dims |> List.truncate copy |> List.sum
        let irreps = Irreps.sliceByMul start stop x.Irreps
        IrrepsTensor.ofFlat irreps (Tensor.slice 1 (place start) (place stop) (IrrepsTensor.toFlat x))

    /// The features as part of larger irreps, zeros in the rest. Each chunk goes into the first chunk of `irreps`
    /// behind the last one used that is of its irrep and no smaller; what is missing in that chunk is zero.
    let extendWithZeros (irreps: Irreps) (x: IrrepsTensor) =
        let precision = (IrrepsTensor.toFlat x).Precision
        let zero mul (irrep: Irrep) = Tensor.full precision [| rows x; irrep.Dim; mul |] 0.0

        let rec fill (targets: MulIrrep list) parts =
            match targets, parts with
            | [], [] -> []
            | [], (irrep: Irrep, values: Tensor) :: _ ->
                let text = $"{values.Shape[2]}x{irrep} has no place"

                Shape.fail "IrrepsAlgebra.extendWithZeros" $"{text} in {irreps.AsText}, for {x.Irreps.AsText}"
            | target :: later, (irrep, values) :: rest when target.Irrep = irrep && target.Mul >= values.Shape[2] ->
                Tensor.concat 2 [ values; zero (target.Mul - values.Shape[2]) irrep ] :: fill later rest
            | target :: later, parts -> zero target.Mul target.Irrep :: fill later parts

        IrrepsTensor.create irreps (fill irreps.Chunks (IrrepsTensor.parts x))

    let private sumComponents (values: Tensor) = Tensor.unsqueeze 1 (Tensor.sumAxes [| 1 |] values)

    let private scalars (parts: Tensor list) =
        ofParts "IrrepsAlgebra.scalars" [ for values in parts -> Irrep.scalar, values ]

    /// Σ over the components of each copy of its squares: 0e, chunk by chunk.
    let squaredNorms x = scalars [ for _, values in IrrepsTensor.parts x -> sumComponents (Tensor.square values) ]

    /// The length of each copy: 0e, chunk by chunk. The derivative at a zero copy is 0.
    let norms x = squaredNorms x |> mapValues Tensor.safeSqrt

    /// The sums over all copies of a chunk: one copy each. A chunk without copies stays.
    let sumCopies x =
        [ for irrep, values in IrrepsTensor.parts x ->
              irrep, if values.Shape[2] = 0 then values else Tensor.unsqueeze 2 (Tensor.sumAxes [| 2 |] values) ]
        |> ofParts "IrrepsAlgebra.sumCopies"

    /// The means over all copies of a chunk: one copy each. A chunk without copies stays.
    let meanCopies (x: IrrepsTensor) =
        [ for (irrep, values), (_, sums: Tensor) in List.zip (IrrepsTensor.parts x) (IrrepsTensor.parts (sumCopies x)) ->
              irrep, sums / float (max 1 values.Shape[2]) ]
        |> ofParts "IrrepsAlgebra.meanCopies"

    let private total (x: IrrepsTensor) = Tensor.sumAxes [| 1 |] (IrrepsTensor.toFlat x)

    /// The length of each row, over all its components: [n]. The derivative at a zero row is 0.
    let norm (x: IrrepsTensor) = squaredNorms x |> total |> Tensor.safeSqrt

    /// Σ over the components of each copy of a·b: 0e, chunk by chunk. Irreps and rows must agree.
    let dots (a: IrrepsTensor) (b: IrrepsTensor) =
        sameIrreps "dots" a b
        sameRows "dots" a b

        List.map2 (fun (_, p: Tensor) (_, q) -> sumComponents (p * q)) (IrrepsTensor.parts a) (IrrepsTensor.parts b)
        |> scalars

    /// a·b of each row, over all components: [n].
    let dot (a: IrrepsTensor) (b: IrrepsTensor) = dots a b |> total

    /// The chunks of two features cut where either begins a chunk, so that they pair up copy by copy. TensorException
    /// where they have different numbers of copies or rows.
    let internal aligned operation (a: IrrepsTensor) (b: IrrepsTensor) =
        sameRows operation a b

        if Irreps.count a.Irreps <> Irreps.count b.Irreps then
            Shape.fail
                $"IrrepsAlgebra.{operation}"
                ($"{a.Irreps.AsText} has {Irreps.count a.Irreps} copies, {b.Irreps.AsText} {Irreps.count b.Irreps}; "
                 + "expected equally many")

        let rec pair (a: (Irrep * Tensor) list) (b: (Irrep * Tensor) list) =
            match a, b with
            | (_, x) :: rest, _ when x.Shape[2] = 0 -> pair rest b
            | _, (_, y) :: rest when y.Shape[2] = 0 -> pair a rest
            | (p, x) :: restA, (q, y) :: restB ->
                let mul = min x.Shape[2] y.Shape[2]
                let cut (z: Tensor) = Tensor.slice 2 0 mul z

                let left irrep (z: Tensor) rest =
                    if z.Shape[2] = mul then rest else (irrep, Tensor.slice 2 mul z.Shape[2] z) :: rest

                (p, cut x, q, cut y) :: pair (left p x restA) (left q y restB)
            | _ -> []

        pair (IrrepsTensor.parts a) (IrrepsTensor.parts b)

    /// a × b, copy by copy, of vectors (1o and 1e only); parities multiply. Chunks are cut where either begins one.
    let cross (a: IrrepsTensor) (b: IrrepsTensor) =
        for x in [ a; b ] do
            if x.Irreps.Chunks |> List.exists (fun chunk -> chunk.Irrep.L <> 1) then
                Shape.fail "IrrepsAlgebra.cross" $"{x.Irreps.AsText}; expected vectors, 1o and 1e"

        [ for p, x, q, y in aligned "cross" a b ->
              let turned by (v: Tensor) =
                  Tensor.concat 1 [ for k in 0..2 -> Tensor.slice 1 ((k + by) % 3) ((k + by) % 3 + 1) v ]

              Irrep.create 1 (Parity.multiply p.Parity q.Parity), turned 1 x * turned 2 y - turned 2 x * turned 1 y ]
        |> ofParts "IrrepsAlgebra.cross"

    /// The sum of all rows: one row.
    let sumRows x = mapValues (fun values -> Tensor.unsqueeze 0 (Tensor.sumAxes [| 0 |] values)) x

    /// The mean of all rows: one row. TensorException where there are none.
    let meanRows x =
        if rows x = 0 then Shape.fail "IrrepsAlgebra.meanRows" "no rows; expected at least one"

        sumRows x |> times (1.0 / float (rows x))

    /// The means of rows with equal index, [e, dim] → [n, dim]; 0 where there are none.
    let segmentMean (index: int[]) n x = mapValues (Segments.mean (ImmutableArray.Create<int> index) n) x

    /// The largest of each scalar among rows with equal index, [e, dim] → [n, dim]; `empty` where there are none
    /// (e3nn-jax takes −∞). TensorException for what is no scalar 0e, of which the largest would not be equivariant.
    let segmentMax (empty: float) (index: int[]) n (x: IrrepsTensor) =
        if x.Irreps.Chunks |> List.exists (fun chunk -> not chunk.Irrep.IsScalar) then
            Shape.fail "IrrepsAlgebra.segmentMax" $"{x.Irreps.AsText}; expected scalars 0e"

        mapValues (Segments.maxOrConstant empty (ImmutableArray.Create<int> index) n) x

    /// Every chunk's copies in `factor` equal parts that become rows, part after part within each row: n rows of irreps
    /// become n·factor rows of irreps with multiplicities divided. TensorException where factor does not divide them.
    let mulToRows factor (x: IrrepsTensor) =
        Guard.atLeast "IrrepsAlgebra.mulToRows" (nameof factor) 1 factor

        [ for irrep, values in IrrepsTensor.parts x do
              let n, mul = values.Shape[0], values.Shape[2]

              if mul % factor <> 0 then
                  Shape.fail "IrrepsAlgebra.mulToRows" $"{mul}x{irrep}; expected a multiplicity that {factor} divides"

              irrep,
              values
              |> Tensor.reshape [| n; irrep.Dim; factor; mul / factor |]
              |> Tensor.permute [| 0; 2; 1; 3 |]
              |> Tensor.reshape [| n * factor; irrep.Dim; mul / factor |] ]
        |> ofParts "IrrepsAlgebra.mulToRows"

    let private checkGroups operation factor x =
        Guard.atLeast $"IrrepsAlgebra.{operation}" (nameof factor) 1 factor

        if rows x % factor <> 0 then
            Shape.fail $"IrrepsAlgebra.{operation}" $"{rows x} rows; expected a multiple of {factor}"

    /// The inverse of `mulToRows`: `factor` consecutive rows become one with so many times the copies in every chunk.
    let rowsToMul factor x =
        checkGroups "rowsToMul" factor x

        [ for irrep, values in IrrepsTensor.parts x do
              let n, mul = values.Shape[0] / factor, values.Shape[2]

              irrep,
              values
              |> Tensor.reshape [| n; factor; irrep.Dim; mul |]
              |> Tensor.permute [| 0; 2; 1; 3 |]
              |> Tensor.reshape [| n; irrep.Dim; factor * mul |] ]
        |> ofParts "IrrepsAlgebra.rowsToMul"

    /// `factor` consecutive rows become one, one after the other: the irreps are repeated.
    let rowsToIrreps factor (x: IrrepsTensor) =
        checkGroups "rowsToIrreps" factor x
        let flat = IrrepsTensor.toFlat x

        IrrepsTensor.ofFlat
            (Irreps.repeat factor x.Irreps)
            (Tensor.reshape [| flat.Shape[0] / factor; factor * x.Irreps.Dim |] flat)
