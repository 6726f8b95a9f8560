namespace Noether.Learning

open Noether.AutoDiff

/// Features of n nodes or edges that transform as irreps: for each chunk of the irreps a tensor [n, 2l+1, multiplicity].
/// The channels are innermost, because layers mix channels and leave components alone.
type IrrepsTensor =
    {
        /// How the chunks transform.
        Irreps: Irreps
        /// The chunks in the order of `Irreps`, each [n, 2l+1, multiplicity].
        Chunks: Tensor list
    }

/// Functions on features that transform as irreps.
[<RequireQualifiedAccess>]
module IrrepsTensor =

    /// Checked construction. TensorException where a chunk has another shape than its irreps say.
    let create (irreps: Irreps) (chunks: Tensor list) =
        let expected = irreps.Chunks

        if expected.Length <> chunks.Length then
            Shape.fail "IrrepsTensor" $"{chunks.Length} chunks for {irreps.AsText}"

        for chunk, x in List.zip expected chunks do
            if x.Rank <> 3 || x.Shape[1] <> chunk.Irrep.Dim || x.Shape[2] <> chunk.Mul then
                Shape.fail
                    "IrrepsTensor"
                    $"shape {Shape.print x.Shape} for {chunk.AsText}; expected [n, {chunk.Irrep.Dim}, {chunk.Mul}]"

        { Irreps = irreps; Chunks = chunks }

    /// From e3nn's layout [n, dim]: chunks one after the other, each (multiplicity, 2l+1) with multiplicity outer.
    let ofFlat (irreps: Irreps) (flat: Tensor) =
        if flat.Rank <> 2 || flat.Shape[1] <> irreps.Dim then
            Shape.fail
                "IrrepsTensor.ofFlat"
                $"shape {Shape.print flat.Shape} for {irreps.AsText}; expected [n, {irreps.Dim}]"

        List.zip irreps.Chunks (Irreps.slices irreps)
        |> List.map (fun (chunk, struct (start, stop)) ->
            Tensor.slice 1 start stop flat
            |> Tensor.reshape [| flat.Shape[0]; chunk.Mul; chunk.Irrep.Dim |]
            |> Tensor.transpose)
        |> create irreps

    /// To e3nn's layout [n, dim].
    let toFlat (x: IrrepsTensor) =
        x.Chunks
        |> List.map (fun chunk ->
            Tensor.transpose chunk |> Tensor.reshape [| chunk.Shape[0]; chunk.Shape[1] * chunk.Shape[2] |])
        |> Tensor.concat 1

    /// Every chunk with a function of its irrep and tensor applied.
    let private mapChunks f (x: IrrepsTensor) = { x with Chunks = List.map f x.Chunks }

    /// The rows at an index, [n, …] → [e, …].
    let gather index x = mapChunks (Tensor.gather index) x

    /// The sums of rows with equal index, [e, …] → [n, …].
    let segmentSum index rows x = mapChunks (Tensor.segmentSum index rows) x

    /// The sum of features of the same irreps.
    let add (a: IrrepsTensor) (b: IrrepsTensor) =
        if a.Irreps <> b.Irreps then
            Shape.fail "IrrepsTensor.add" $"{a.Irreps.AsText} and {b.Irreps.AsText} differ"

        { a with Chunks = List.map2 (fun (p: Tensor) q -> p + q) a.Chunks b.Chunks }

    /// A number for each row and each copy, [n, count], multiplied to the copies.
    let scale (factors: Tensor) (x: IrrepsTensor) =
        let starts = x.Irreps.Chunks |> List.scan (fun start chunk -> start + chunk.Mul) 0

        let scaled =
            List.zip3 (List.take x.Chunks.Length starts) x.Irreps.Chunks x.Chunks
            |> List.map (fun (start, chunk, values) ->
                values * Tensor.unsqueeze 1 (Tensor.slice 1 start (start + chunk.Mul) factors))

        { x with Chunks = scaled }

    /// Features one after the other, with equal irreps merged: stably sorted, so that a merged chunk holds its parts' copies
    /// in their order.
    let regroup (parts: (Irrep * Tensor) list) =
        let groups = parts |> List.groupBy fst |> List.sortBy fst

        { Irreps =
            Irreps.create [ for irrep, chunks in groups -> (chunks |> List.sumBy (fun (_, x) -> x.Shape[2])), irrep ]
          Chunks = [ for _, chunks in groups -> Tensor.concat 2 (List.map snd chunks) ] }

    /// The chunks with their irreps.
    let parts (x: IrrepsTensor) = List.zip [ for chunk in x.Irreps.Chunks -> chunk.Irrep ] x.Chunks
