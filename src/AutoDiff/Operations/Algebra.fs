namespace Noether.AutoDiff

open System
open Noether.Kernels

/// op(A) op(B) for batches of matrices [batch, rows, columns]; op transposes when asked, a batch of one serves all.
[<Sealed>]
type internal MatMul(batches: int[], m: int, n: int, k: int, transposeA: bool, transposeB: bool) =
    inherit Form("matmul", 3)

    let batch = if batches[0] = 1 then batches[1] else batches[0]

    /// X (p×q, stored transposed when said) times Y (q×r), summed over the batch when the result has a batch of one.
    let product p q r (x: Raw<'T>, xBatch, xt) (y: Raw<'T>, yBatch, yt) resultBatch (shape: int[]) =
        let summed = resultBatch <> batch
        let result = if summed then Raw.zeros shape else Raw.create shape

        let stride count size = if count = 1 then 0 else size

        Gemm.MultiplyInto(
            batch,
            p,
            r,
            q,
            x.Span,
            xt,
            stride xBatch (p * q),
            y.Span,
            yt,
            stride yBatch (q * r),
            result.Output,
            stride resultBatch (p * r),
            summed
        )

        result

    override _.Contract(values, slot) =
        let a () = data values[0], batches[0], transposeA
        let b () = data values[1], batches[1], transposeB
        let g () = data values[2], batch, false
        let flip (x, count, t) = x, count, not t

        match slot with
        | 2 -> product m k n (a ()) (b ()) batch [| batch; m; n |]
        | 0 when transposeA -> product k n m (b ()) (flip (g ())) batches[0] [| batches[0]; k; m |]
        | 0 -> product m n k (g ()) (flip (b ())) batches[0] [| batches[0]; m; k |]
        | _ when transposeB -> product n m k (flip (g ())) (a ()) batches[1] [| batches[1]; n; k |]
        | _ -> product k m n (flip (a ())) (g ()) batches[1] [| batches[1]; k; n |]

/// The inverses of a batch of matrices.
[<Sealed>]
type internal Inverse() =
    inherit Operation("inverse")

    override _.Compute inputs =
        let x = data inputs[0]
        let n = x.Shape[x.Shape.Length - 1]
        let y = Raw.create x.Shape

        let failed = Dense.InverseInto(Shape.size x.Shape[.. x.Shape.Length - 3], n, x.Span, y.Output)

        if failed >= 0 then
            Shape.fail "inverse" $"matrix {failed} of shape {Shape.print x.Shape} is singular"

        y

    override _.Pushforward(node, t) =
        let y = node.Output 0
        [| Operations.Map((fun t -> -(Algebra.multiply false false y (Algebra.multiply false false t y))), t[0]) |]

    override _.Pullback(node, g) =
        let y = node.Output 0
        [| Operations.Map((fun g -> -(Algebra.multiply true false y (Algebra.multiply false true g y))), g[0]) |]

/// X with A X = B, for a batch of square matrices A.
and [<Sealed>] internal Solve() =
    inherit Operation("solve")

    override _.Compute inputs =
        let a = data inputs[0]
        let b = data inputs[1]
        let rank = a.Shape.Length
        let x = Raw.create b.Shape

        let failed =
            Dense.SolveInto(
                Shape.size a.Shape[.. rank - 3],
                a.Shape[rank - 1],
                b.Shape[rank - 1],
                a.Span,
                b.Span,
                x.Output
            )

        if failed >= 0 then Shape.fail "solve" $"matrix {failed} of shape {Shape.print a.Shape} is singular"

        x

    override _.Pushforward(node, t) =
        let fromMatrix = Operations.Map((fun t -> -(Algebra.multiply false false t (node.Output 0))), t[0])
        [| Operations.Map(Algebra.solve (node.Input 0), Operations.Plus(fromMatrix, t[1])) |]

    override _.Pullback(node, g) =
        let right = Operations.Map(Algebra.solve (Tensor.transpose (node.Input 0)), g[0])
        [| Operations.Map((fun r -> -(Algebra.multiply false true r (node.Output 0))), right); right |]

and [<AbstractClass; Sealed>] internal Algebra =

    /// op(A) op(B) on the last two axes; the leading axes agree, or one side has none.
    static member multiply transposeA transposeB (a: Tensor) (b: Tensor) : Tensor =
        let split transposed (x: Tensor) =
            let rank = x.Rank

            if rank < 2 then Shape.fail "matmul" $"shape {Shape.print x.Shape} has fewer than two axes"

            let rows, columns = x.Shape[rank - 2], x.Shape[rank - 1]
            let leading = x.Shape[.. rank - 3]
            leading, (if transposed then columns, rows else rows, columns)

        let leadingA, (m, k) = split transposeA a
        let leadingB, (k', n) = split transposeB b

        if k <> k' || (leadingA.Length > 0 && leadingB.Length > 0 && not (Shape.equal leadingA leadingB)) then
            Shape.mismatch "matmul" a.Shape b.Shape "equal inner lengths, and equal leading axes or none"

        if leadingB.Length = 0 && leadingA.Length > 0 && not transposeA then
            let rows = Shape.size leadingA * m
            let flat = MatMul([| 1; 1 |], rows, n, k, false, transposeB)
            let product = flat.Apply(2, Tensor.reshape [| 1; rows; k |] a, Tensor.unsqueeze 0 b)
            Tensor.reshape [| yield! leadingA; m; n |] product
        else
            let matrices leading (x: Tensor) =
                Tensor.reshape [| Shape.size leading; x.Shape[x.Rank - 2]; x.Shape[x.Rank - 1] |] x

            let batches = [| Shape.size leadingA; Shape.size leadingB |]

            let product =
                MatMul(batches, m, n, k, transposeA, transposeB).Apply(2, matrices leadingA a, matrices leadingB b)

            let leading = if leadingA.Length > 0 then leadingA else leadingB
            Tensor.reshape [| yield! leading; m; n |] product

    static member solve (a: Tensor) (b: Tensor) : Tensor = Operations.Apply(Solve(), a, b)

/// Products and solutions of linear systems.
[<AutoOpen>]
module AlgebraFunctions =

    let private square operation (a: Tensor) =
        if a.Rank < 2 || a.Shape[a.Rank - 1] <> a.Shape[a.Rank - 2] then
            Shape.fail operation $"shape {Shape.print a.Shape} is not a square matrix or a batch of them"

    /// Refuses a vector whose length is not the inner length of the other side.
    let private checkVector (a: Tensor) (b: Tensor) =
        if a.Shape[a.Rank - 1] <> b.Shape[max 0 (b.Rank - 2)] then
            Shape.mismatch "matmul" a.Shape b.Shape "equal inner lengths"

    type Tensor with

        /// The product of matrices on the last two axes, [… m k]·[… k n] → [… m n]. Leading axes agree, or one side has none
        /// and serves all. A vector on the right, [… m k]·[k] → [… m], or on the left, [k]·[k n] → [n], is understood.
        static member matmul (a: Tensor) (b: Tensor) =
            match a.Rank, b.Rank with
            | 1, 1
            | 1, 2 -> checkVector a b
            | _, 1 when a.Rank >= 2 -> checkVector a b
            | _ -> ()

            match a.Rank, b.Rank with
            | 1, 1 -> Tensor.sum (a * b)
            | 1, 2 -> Algebra.multiply false false (Tensor.unsqueeze 0 a) b |> Tensor.reshape [| b.Shape[1] |]
            | _, 1 when a.Rank >= 2 ->
                Algebra.multiply false false a (Tensor.unsqueeze 1 b) |> Tensor.reshape a.Shape[.. a.Rank - 2]
            | _ -> Algebra.multiply false false a b

        /// op(A) op(B) like `matmul`, where op transposes the last two axes when asked, without a copy.
        static member matmulTransposed (transposeA: bool) (transposeB: bool) (a: Tensor) (b: Tensor) =
            Algebra.multiply transposeA transposeB a b

        /// The inverses of square matrices [… n n]. A singular matrix is a `TensorException` that gives its number.
        static member inverse(a: Tensor) =
            square "inverse" a
            Operations.Apply(Inverse(), a)

        /// X with A X = B, for A [… n n] and B [… n m] with the same leading axes. A singular A is a `TensorException`.
        static member solve (a: Tensor) (b: Tensor) =
            square "solve" a

            if b.Rank <> a.Rank || Array.removeAt (b.Rank - 1) b.Shape <> Array.removeAt (a.Rank - 1) a.Shape then
                Shape.mismatch "solve" a.Shape b.Shape "[… n n] and [… n m]"

            Algebra.solve a b
