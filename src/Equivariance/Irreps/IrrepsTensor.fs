namespace Noether.Equivariance

open Noether.AutoDiff

/// Features of n nodes or edges that transform as irreps: one matrix, a row for each node. The chunks lie one after the
/// other in a row, each as [2l+1, multiplicity], the channels innermost, because layers mix channels and leave components
/// alone.
type IrrepsTensor =
    {
        /// The irreps of the chunks.
        Irreps: Irreps
        /// All features, [n, Irreps.dim].
        Rows: Tensor
    }

/// Functions on features that transform as irreps.
[<RequireQualifiedAccess>]
module IrrepsTensor =

    /// Features whose rows are laid out already. TensorException where they have another width than the irreps.
    let ofRows (irreps: Irreps) (rows: Tensor) =
        if rows.Rank <> 2 || rows.Shape[1] <> irreps.Dim then
            Shape.fail
                "IrrepsTensor"
                $"rows of shape {Shape.print rows.Shape} for {irreps.AsText}; expected [n, {irreps.Dim}]"

        { Irreps = irreps; Rows = rows }

    /// From the chunks in the order of the irreps, at least one, each [n, 2l+1, multiplicity]. TensorException where a
    /// chunk has another shape than its irreps say.
    let create (irreps: Irreps) (chunks: Tensor list) =
        let expected = irreps.Chunks

        if expected.Length <> chunks.Length || chunks.IsEmpty then
            Shape.fail "IrrepsTensor" $"{chunks.Length} chunks for {irreps.AsText}"

        for chunk, x in List.zip expected chunks do
            if x.Rank <> 3 || x.Shape[1] <> chunk.Irrep.Dim || x.Shape[2] <> chunk.Mul then
                Shape.fail
                    "IrrepsTensor"
                    $"shape {Shape.print x.Shape} for {chunk.AsText}; expected [n, {chunk.Irrep.Dim}, {chunk.Mul}]"

        chunks
        |> List.map (fun x -> Tensor.reshape [| x.Shape[0]; x.Shape[1] * x.Shape[2] |] x)
        |> Tensor.concat 1
        |> ofRows irreps

    /// The columns of each chunk, with its irreps.
    let private columns (x: IrrepsTensor) =
        List.zip x.Irreps.Chunks (Irreps.slices x.Irreps)
        |> List.map (fun (chunk, struct (start, stop)) -> chunk, Tensor.slice 1 start stop x.Rows)

    /// The chunks in the order of the irreps, each [n, 2l+1, multiplicity].
    let chunks (x: IrrepsTensor) =
        columns x
        |> List.map (fun (chunk, values) -> Tensor.reshape [| values.Shape[0]; chunk.Irrep.Dim; chunk.Mul |] values)

    /// The chunks with their irreps.
    let parts (x: IrrepsTensor) = List.zip [ for chunk in x.Irreps.Chunks -> chunk.Irrep ] (chunks x)

    /// From e3nn's layout [n, dim]: chunks one after the other, each (multiplicity, 2l+1) with multiplicity outer.
    let ofFlat (irreps: Irreps) (flat: Tensor) =
        if flat.Rank <> 2 || flat.Shape[1] <> irreps.Dim then
            Shape.fail
                "IrrepsTensor.ofFlat"
                $"shape {Shape.print flat.Shape} for {irreps.AsText}; expected [n, {irreps.Dim}]"

        columns { Irreps = irreps; Rows = flat }
        |> List.map (fun (chunk, values) ->
            Tensor.reshape [| flat.Shape[0]; chunk.Mul; chunk.Irrep.Dim |] values |> Tensor.transpose)
        |> create irreps

    /// To e3nn's layout [n, dim].
    let toFlat (x: IrrepsTensor) =
        chunks x
        |> List.map (fun chunk ->
            Tensor.transpose chunk |> Tensor.reshape [| chunk.Shape[0]; chunk.Shape[1] * chunk.Shape[2] |])
        |> Tensor.concat 1

    /// The rows at an index, [n, …] → [e, …].
    let gather index (x: IrrepsTensor) = { x with Rows = Tensor.gather index x.Rows }

    /// The sums of rows with equal index, [e, …] → [n, …].
    let segmentSum index rows (x: IrrepsTensor) = { x with Rows = Tensor.segmentSum index rows x.Rows }

    /// The sum of features of the same irreps.
    let add (a: IrrepsTensor) (b: IrrepsTensor) =
        if a.Irreps <> b.Irreps then
            Shape.fail "IrrepsTensor.add" $"{a.Irreps.AsText} and {b.Irreps.AsText} differ"

        { a with Rows = a.Rows + b.Rows }

    /// A number for each row and each copy, [n, count], multiplied to the copies.
    let scale (factors: Tensor) (x: IrrepsTensor) =
        let starts = x.Irreps.Chunks |> List.scan (fun start chunk -> start + chunk.Mul) 0

        List.zip3 (List.take x.Irreps.Chunks.Length starts) x.Irreps.Chunks (chunks x)
        |> List.map (fun (start, chunk, values) ->
            values * Tensor.unsqueeze 1 (Tensor.slice 1 start (start + chunk.Mul) factors))
        |> create x.Irreps

    /// Features one after the other, with equal irreps merged: stably sorted, so that a merged chunk holds its parts' copies
    /// in their order.
    let regroup (parts: (Irrep * Tensor) list) =
        let groups = parts |> List.groupBy fst |> List.sortBy fst

        create
            (Irreps.create [ for irrep, chunks in groups -> (chunks |> List.sumBy (fun (_, x) -> x.Shape[2])), irrep ])
            [ for _, chunks in groups -> Tensor.concat 2 (List.map snd chunks) ]
