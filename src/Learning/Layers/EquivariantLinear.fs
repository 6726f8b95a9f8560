namespace Noether.Learning

open Noether.AutoDiff
open Noether.Kernels

/// One block of an equivariant linear map: which columns of the rows it reads and writes.
type LinearBlock =
    {
        /// Its first column in the input's rows.
        From: int
        /// Its first column in the output's rows.
        To: int
        /// The components 2l+1, each mapped alike.
        Components: int
        /// Channels of a component before.
        Inputs: int
        /// Channels of a component behind.
        Outputs: int
        /// The factor of the weights.
        Scale: float
    }

/// Rows in the order of their species, so that each species is one product.
type SpeciesRows =
    {
        /// The rows in ascending order of species; empty where they are so already.
        Order: int[]
        /// The inverse of `Order`.
        Inverse: int[]
        /// For each species its first row in that order, and behind the last species the number of rows.
        Starts: int[]
    }

/// Grouping rows.
[<RequireQualifiedAccess>]
module SpeciesRows =

    /// From the species of each row, 0 … count−1. TensorException for another species.
    let create count (species: int[]) =
        let starts = Array.zeroCreate (count + 1)

        species
        |> Array.iteri (fun row s ->
            if s < 0 || s >= count then
                Shape.fail "linear" $"species {s} of row {row}; expected 0 to {count - 1}"

            starts[s + 1] <- starts[s + 1] + 1)

        for s in 1..count do
            starts[s] <- starts[s] + starts[s - 1]

        if Rows.IsSorted species then
            { Order = [||]; Inverse = [||]; Starts = starts }
        else
            let order = Array.init species.Length id |> Array.sortBy (fun row -> species[row])
            let inverse = Array.zeroCreate order.Length
            order |> Array.iteri (fun place row -> inverse[row] <- place)
            { Order = order; Inverse = inverse; Starts = starts }

/// Σ_n Σ_blocks Σ_c x[n, c, u] w[u, v] g[n, c, v] with slots x [n, inputs], the weights of all blocks one after the other,
/// and g [n, outputs]: a product of matrices for each block and component, on the rows as they lie. The weights of a block
/// are [inputs, outputs], or [species, inputs, outputs] with the rows grouped by species. (The weights are one slot, not
/// one for each block: a form is linear in every slot, and this is linear in all weights together.)
[<Sealed>]
type EquivariantLinear(blocks: LinearBlock[], inputs: int, outputs: int, species: SpeciesRows option) =
    inherit Form("linear", 3)

    let groups =
        match species with
        | Some grouped -> grouped.Starts.Length - 1
        | None -> 1

    /// The first weight of each block.
    let places = blocks |> Array.scan (fun place b -> place + groups * b.Inputs * b.Outputs) 0

    /// Whether a block is the first that writes its place, and whether the blocks write all of a row.
    let order place size width =
        let places = blocks |> Array.map place
        let first = Array.init places.Length (fun i -> Array.findIndex ((=) places[i]) places = i)
        let written = Array.sum (Array.map2 (fun isFirst b -> if isFirst then size b else 0) first blocks)
        first, written = width

    let firstTo, coversOutput = order _.To (fun b -> b.Components * b.Outputs) outputs
    let firstFrom, coversInput = order _.From (fun b -> b.Components * b.Inputs) inputs

    let starts rows : int[] =
        match species with
        | Some grouped -> grouped.Starts
        | None -> [| 0; rows |]

    /// Rows in another order, if one is asked for.
    let arrange (index: int[]) (x: Raw<'T>) : Raw<'T> =
        if index.Length = 0 then
            x
        else
            let y = Raw.create x.Shape
            if y.Size > 0 then Rows.GatherInto(x.Span, x.Shape[1], index, y.Output)
            y

    let grouped x = arrange (species |> Option.map _.Order |> Option.defaultValue [||]) x
    let ungrouped x = arrange (species |> Option.map _.Inverse |> Option.defaultValue [||]) x

    /// Weights, or what becomes their gradient, times the factors of the blocks.
    let scaled (w: Raw<'T>) : Raw<'T> =
        let y = Raw.create w.Shape

        for b in 0 .. blocks.Length - 1 do
            let length = places[b + 1] - places[b]
            let factor = 'T.CreateChecked blocks[b].Scale
            Elementwise.MultiplyScalar(w.Span.Slice(places[b], length), factor, y.Output.Slice(places[b], length))

        y

    /// The map, or its transpose.
    let map (values: (Tensor | null)[]) (x: Raw<'T>) forward : Raw<'T> =
        let rows = x.Shape[0]
        let x = grouped x
        let before, behind = if forward then inputs, outputs else outputs, inputs
        let complete = if forward then coversOutput else coversInput
        let y = if complete then Raw.create [| rows; behind |] else Raw.zeros [| rows; behind |]
        let starts = starts rows
        let weights: Raw<'T> = scaled (data values[1])

        for b in 0 .. blocks.Length - 1 do
            let block = blocks[b]
            let first = if forward then firstTo[b] else firstFrom[b]
            let m = if forward then block.Outputs else block.Inputs
            let k = if forward then block.Inputs else block.Outputs
            let read = if forward then block.From else block.To
            let write = if forward then block.To else block.From

            for s in 0 .. starts.Length - 2 do
                let count = starts[s + 1] - starts[s]

                if count > 0 then
                    Gemm.MultiplyInto(
                        block.Components,
                        count,
                        m,
                        k,
                        x.Span.Slice(starts[s] * before + read),
                        false,
                        before,
                        k,
                        weights.Span.Slice(places[b] + s * m * k),
                        not forward,
                        block.Outputs,
                        0,
                        y.Output.Slice(starts[s] * behind + write),
                        behind,
                        m,
                        not first
                    )

        ungrouped y

    /// The contraction of rows before and behind.
    let weights (values: (Tensor | null)[]) : Raw<'T> =
        let x: Raw<'T> = grouped (data values[0])
        let g: Raw<'T> = grouped (data values[2])
        let starts = starts x.Shape[0]
        let y = Raw.create [| places[blocks.Length] |]

        for b in 0 .. blocks.Length - 1 do
            let block = blocks[b]
            let size = block.Inputs * block.Outputs

            for s in 0 .. starts.Length - 2 do
                let count = starts[s + 1] - starts[s]
                let target = y.Output.Slice(places[b] + s * size, size)

                if count = 0 then
                    target.Clear()
                else
                    Gemm.MultiplyInto(
                        block.Components,
                        block.Inputs,
                        block.Outputs,
                        count,
                        x.Span.Slice(starts[s] * inputs + block.From),
                        true,
                        inputs,
                        block.Inputs,
                        g.Span.Slice(starts[s] * outputs + block.To),
                        false,
                        outputs,
                        block.Outputs,
                        target,
                        block.Outputs,
                        0,
                        false
                    )

        scaled y

    /// The map of rows, for the weights of all blocks one after the other.
    member this.Of(x: Tensor, weights: Tensor) = this.Apply(2, x, weights)

    override _.Contract(values, slot) =
        match slot with
        | 0 -> map values (data values[2]) false
        | 1 -> weights values
        | _ -> map values (data values[0]) true
