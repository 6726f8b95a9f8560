namespace Noether.AutoDiff

open System
open Noether.Kernels

/// The part of a tensor that belongs to each block of a computation.
type BlockPart =
    /// All of it, in every block. As a result: the sum of those of the blocks.
    | Whole
    /// Consecutive rows, so many in each block; together all rows. As a result: those of the blocks one after the other.
    | Consecutive of lengths: int[]
    /// Some of so many rows, for each block an index. As a result: the rows of the blocks are added to those they name;
    /// rows that nobody names are zero.
    | Chosen of rows: int * index: int[][]

/// A function that is applied block by block without a tape: the derivatives evaluate it again. They are functions applied
/// block by block too, in which argument and result change places, and so on for every order.
[<Sealed>]
type internal BlockOperation
    (
        name: string,
        closed: bool,
        count: int,
        f: int -> Tensor[] -> Tensor[],
        arguments: BlockPart[],
        results: int -> BlockPart
    ) =
    inherit Operation(name)

    let part b cut (x: Tensor) =
        match cut with
        | Whole -> x
        | Consecutive lengths ->
            let start = Array.sum lengths[.. b - 1]
            Views.slice 0 start (start + lengths[b]) x
        | Chosen(_, index) -> Tensor.gather index[b] x

    /// Rows are added where they belong, one after the other: an index may name one twice.
    static let addRows (index: int[]) (from: Raw<'T>) (sum: Raw<'T>) =
        let width = if index.Length = 0 then 0 else from.Size / index.Length

        for r in 0 .. index.Length - 1 do
            Elementwise.AddInPlace(from.Span.Slice(r * width, width), sum.Output.Slice(index[r] * width, width))

    static let copyRows start (from: Raw<'T>) (all: Raw<'T>) =
        let width = if from.Shape[0] = 0 then 0 else from.Size / from.Shape[0]
        from.Span.CopyTo(all.Output.Slice(start * width, from.Size))

    static let withRows rows (shape: int[]) = Array.updateAt 0 rows shape

    /// Where a result is put together, from that of the first block.
    let begin' cut (y: Raw<'T>) : Raw<'T> =
        match cut with
        | Whole when count = 1 -> y
        | Whole ->
            let sum = Raw.create y.Shape
            y.Span.CopyTo sum.Output
            sum
        | Consecutive lengths -> Raw.create (withRows (Array.sum lengths) y.Shape)
        | Chosen(rows, _) -> Raw.zeros (withRows rows y.Shape)

    let add b cut (y: Raw<'T>) (sum: Raw<'T>) =
        match cut with
        | Whole -> if b > 0 then Elementwise.AddInPlace(y.Span, sum.Output)
        | Consecutive lengths -> copyRows (Array.sum lengths[.. b - 1]) y sum
        | Chosen(_, index) -> addRows index[b] y sum

    let collect b cut (sum: Raw | null) (y: Raw) : Raw =
        let own (y: Raw<'T>) (sum: Raw | null) : Raw =
            let sum =
                match sum with
                | null -> begin' cut y
                | sum -> Raw.typed sum

            add b cut y sum
            sum

        match y with
        | :? Raw<float> as y -> own y sum
        | y -> own (Raw.typed y: Raw<float32>) sum

    let constant (y: Tensor) =
        if y.Level > 0L then
            Shape.fail
                name
                "the function uses a tensor of an enclosing differentiation; expected it among the arguments"

        y.Raw

    /// `closed` is for a function of the library, which leaves nothing of what it computes behind, in a closure or a
    /// table: the memory of all that it makes for one block is that of the next.
    static member Apply(name, closed, count, f, arguments, results, xs: Tensor[]) : Tensor[] =
        Operation.Apply(BlockOperation(name, closed, count, f, arguments, results), Array.map (fun x -> x) xs)
        |> Array.map nonNull

    override _.Compute _ = Shape.fail name "blocks have several outputs"

    override _.Value inputs =
        let xs = inputs |> Array.map (fun x -> Constant (nonNull x).Raw)

        let f b xs = if closed then f b xs else Reuse.foreign (f b) xs

        let add sums b =
            let ys = f b (Array.map2 (part b) arguments xs) |> Array.map constant
            let sums: (Raw | null)[] = if b = 0 then Array.zeroCreate ys.Length else sums
            Array.mapi2 (fun i sum y -> collect b (results i) sum y) sums ys

        let step sums b : (Raw | null)[] =
            let added () = add sums b |> Array.map (fun sum -> Constant sum)
            let results = if closed then Reuse.tensors added else added ()
            results |> Array.map (fun x -> x.Raw)

        // What was computed for all blocks together is large and few arrays: the collector would let several times as much of
        // it lie as is in use, before it looks.
        if closed && count > 1 then GC.Collect()

        Seq.fold step Array.empty (seq { 0 .. count - 1 }) |> Array.map (fun sum -> Constant(nonNull sum))

    override _.Pushforward(node, tangents) =
        let xs = node.Primals() |> Array.map nonNull

        let varied =
            [| for i in 0 .. xs.Length - 1 do
                   if not (isNull tangents[i]) then i |]

        let along b (arguments: Tensor[]) =
            let xs = arguments[.. xs.Length - 1]
            let vary parts = f b (BlockOperation.Replace(varied, parts, xs))
            snd (JacobianProducts.jvp vary (varied |> Array.map (fun i -> xs[i])) arguments[xs.Length ..])

        let parts = Array.append arguments (varied |> Array.map (fun i -> arguments[i]))
        let given = Array.append xs (varied |> Array.map (fun i -> nonNull tangents[i]))
        BlockOperation.Apply(name, closed, count, along, parts, results, given) |> Array.map (fun t -> t)

    override _.Pullback(node, cotangents) =
        let xs = node.Primals() |> Array.map nonNull

        let varied =
            [| for i in 0 .. xs.Length - 1 do
                   if node.Wants i then i |]

        let gs = cotangents |> Array.mapi (fun i g -> JacobianProducts.orZero (node.Output i) g)

        let pull b (arguments: Tensor[]) =
            let xs = arguments[.. xs.Length - 1]
            let vary parts = f b (BlockOperation.Replace(varied, parts, xs))
            snd (JacobianProducts.vjp vary (varied |> Array.map (fun i -> xs[i]))) arguments[xs.Length ..]

        let parts = Array.append arguments (Array.init gs.Length results)

        let own =
            BlockOperation.Apply(name, closed, count, pull, parts, (fun i -> arguments[varied[i]]), Array.append xs gs)

        let all: (Tensor | null)[] = Array.zeroCreate xs.Length
        Array.iter2 (fun i (part: Tensor) -> all[i] <- part) varied own
        all

    /// An array with some positions replaced, those that `varied` gives, in order.
    static member private Replace(varied: int[], parts: Tensor[], xs: Tensor[]) =
        let all = Array.copy xs
        Array.iter2 (fun i part -> all[i] <- part) varied parts
        all

/// Computations whose intermediate results are too large to be held together.
[<RequireQualifiedAccess>]
module Blocks =

    let private check (count: int) arguments =
        if count < 1 then Shape.fail "blocks" $"{count} blocks; expected at least 1"

        arguments
        |> Array.iteri (fun i (cut, x: Tensor) ->
            let rows, blocks, what =
                match cut with
                | Whole -> None, count, ""
                | Consecutive lengths -> Some(Array.sum lengths), lengths.Length, "lengths"
                | Chosen(rows, index) -> Some rows, index.Length, "indices"

            if blocks <> count then
                Shape.fail "blocks" $"argument {i} is cut by {blocks} {what}; expected one for each of {count} blocks"

            match rows with
            | Some rows when x.Rank = 0 || x.Shape[0] <> rows ->
                Shape.fail "blocks" $"argument {i} has shape {Shape.print x.Shape}; expected {rows} rows"
            | _ -> ())

    let private apply
        closed
        (count: int)
        f
        (results: BlockPart list)
        (arguments: (BlockPart * Tensor) list)
        : Tensor[] =
        let arguments = Array.ofList arguments
        check count arguments
        let results = Array.ofList results

        let f b xs =
            let ys: Tensor[] = f b xs

            if ys.Length <> results.Length then
                Shape.fail "blocks" $"{ys.Length} results of block {b}; expected {results.Length}"

            ys
            |> Array.iteri (fun i y ->
                let rows =
                    match results[i] with
                    | Whole -> None
                    | Consecutive lengths -> Some lengths[b]
                    | Chosen(_, index) -> Some index[b].Length

                match rows with
                | Some rows when y.Rank = 0 || y.Shape[0] <> rows ->
                    Shape.fail
                        "blocks"
                        $"result {i} of block {b} has shape {Shape.print y.Shape}; expected {rows} rows"
                | _ -> ())

            ys

        let cuts, xs = Array.unzip arguments
        BlockOperation.Apply("blocks", closed, count, f, cuts, (fun i -> results[i]), xs)

    /// The results of a function of blocks 0 … count−1, each put together as its part says, from the function of a block's
    /// number and of the parts of the arguments that belong to it.
    ///
    /// *Memory.* Nothing that the function computes is kept: a reverse sweep computes each block again, goes back
    /// through it and adds up what arrives at the arguments, so that one block's intermediate results are held at a time. The
    /// same holds for derivatives of every order.
    ///
    /// The function may capture constants, but no tensor that is being differentiated; results must not depend on the
    /// number of a block in their shape but for the rows. TensorException for either, and for parts that do not fit.
    let checkpoint
        (count: int)
        (f: int -> Tensor[] -> Tensor[])
        (results: BlockPart list)
        (arguments: (BlockPart * Tensor) list)
        : Tensor[] =
        apply false count f results arguments

    /// `checkpoint` for a function of the library, which leaves nothing of what it computes behind, in a closure or a table:
    /// the memory of all that it makes for one block is that of the next.
    let internal reusing count f results arguments : Tensor[] = apply true count f results arguments
