namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain

/// Which sign the degrees of a power spectrum have.
[<RequireQualifiedAccess>]
type PowerSign =
    /// (−1)ˡ, as featomic 0.6 and later.
    | Alternating
    /// None, as rascaline and featomic before that.
    | Positive

/// Rotational invariants of a spherical expansion (A. P. Bartók, R. Kondor, G. Csányi, Phys. Rev. B 87, 184115 (2013)).
[<RequireQualifiedAccess>]
module PowerSpectrum =

    /// A block of the expansion with its place among those of its centre.
    let private blocksOf (expansion: TensorMap) =
        let keys = expansion.Keys
        let column name = keys.Dimension name
        let l, centre, neighbour = column "o3_lambda", column "center_type", column "neighbor_type"
        let at i c = keys.Array[i * keys.Width + c]
        [ for i in 0 .. expansion.Count - 1 -> (at i centre, at i neighbour, at i l), expansion.Array[i] ]

    /// Σ_m a[s, …, m, n₁] b[s, …, m, n₂]: [s, …, n₁ n₂].
    let private contracted (a: Tensor) (b: Tensor) : Tensor =
        let outer = a.Shape[.. a.Rank - 3]
        let product = Tensor.matmulTransposed true false a b
        Tensor.reshape [| yield! outer; yield a.Shape[a.Rank - 1] * b.Shape[b.Rank - 1] |] product

    /// Rows of values that other rows of a gradient belong to, repeated over the axes of the derivative.
    let private repeated (rows: int[]) (extra: int[]) (x: Tensor) : Tensor =
        let taken = Tensor.gather rows x
        let ones = Array.create extra.Length 1
        let inner = x.Shape[1..]

        Tensor.reshape (Array.concat [ [| rows.Length |]; ones; inner ]) taken
        |> Tensor.expand (Array.concat [ [| rows.Length |]; extra; inner ])

    /// The gradient rows of a side for the samples that stay: new labels, and the rows they come from.
    let private kept (samples: int[]) (gradient: TensorBlock) =
        let rows =
            [| 0 .. gradient.Samples.Count - 1 |]
            |> Array.filter (fun i -> samples[gradient.Samples.Array[i * gradient.Samples.Width]] >= 0)

        let taken = LabelRules.take rows gradient.Samples
        LabelRules.trusted taken.Names taken.Count (BlockAxes.renumbered taken (fun i -> samples[i])), rows

    /// One degree of one block: values and gradients of Σ_m a b, on the samples that both have.
    let private product
        (factor: float)
        (places: LabelsMapping)
        (rows: Map<string, Labels>)
        (a: TensorBlock)
        (b: TensorBlock)
        =
        let side (mapping: ImmutableArray<int>) (block: TensorBlock) =
            let place = Array.ofSeq mapping
            let order = Array.zeroCreate places.Labels.Count
            place |> Array.iteri (fun i k -> if k >= 0 then order[k] <- i)
            place, BlockAxes.takeRows order block.Values

        let placeA, x = side places.First a
        let placeB, y = side places.Second b
        let values = factor * contracted x y

        let gradient name (labels: Labels) =
            let extra (g: TensorBlock) = g.Values.Shape[1 .. g.Values.Rank - 3]

            let half place (g: TensorBlock) (f: int[] -> Tensor -> Tensor) =
                let own, source = kept place g
                let samples = Array.init own.Count (fun i -> own.Array[i * own.Width])
                let part = f samples (BlockAxes.takeRows source g.Values)
                BlockAxes.addRows (LabelRules.places own labels) labels.Count part

            let ga, gb = a.Gradients[name], b.Gradients[name]
            let left = half placeA ga (fun samples dx -> contracted dx (repeated samples (extra ga) y))
            let right = half placeB gb (fun samples dy -> contracted (repeated samples (extra gb) x) dy)
            factor * (left + right)

        values, Map.map gradient rows

    /// The gradient rows of both sides of all degrees together, sorted, for each parameter.
    let private unitedRows (places: LabelsMapping) (sides: (int * TensorBlock * TensorBlock) list) =
        let first, second = Array.ofSeq places.First, Array.ofSeq places.Second
        let _, like, _ = sides.Head

        like.Gradients
        |> Map.map (fun name gradient ->
            let parts =
                [| for _, a, b in sides do
                       fst (kept first a.Gradients[name])
                       fst (kept second b.Gradients[name]) |]

            let width = gradient.Samples.Width
            let count = parts |> Array.sumBy _.Count
            let _, distinct = LabelRules.distinct true width count (parts |> Array.map _.Array |> Array.concat)
            LabelRules.trusted gradient.Samples.Names (distinct.Length / width) distinct)

    let private block sign (sides: (int * TensorBlock * TensorBlock) list) same : TensorBlock =
        let _, a0, b0 = sides.Head
        let places = LabelSets.intersection a0.Samples b0.Samples
        let rows = unitedRows places sides

        let parts =
            sides
            |> List.map (fun (l, a, b) ->
                let alternating = if sign = PowerSign.Alternating && l % 2 = 1 then -1.0 else 1.0
                let factor = alternating / sqrt (float (2 * l + 1)) * (if same then 1.0 else sqrt 2.0)
                product factor places rows a b)

        let properties =
            [| for l, a, b in sides do
                   for n1 in a.Properties.Array do
                       for n2 in b.Properties.Array do
                           l
                           n1
                           n2 |]

        let names = ImmutableArray.Create("l", "n_1", "n_2")
        let properties = LabelRules.trusted names (properties.Length / 3) properties
        let joined (pick: Tensor * Map<string, Tensor> -> Tensor) = Tensor.concat -1 (List.map pick parts)

        let gradient name labels =
            let like = a0.Gradients[name]
            let components = like.Components.RemoveAt(like.Components.Length - 1)
            BlockRules.plain (joined (fun (_, gradients) -> gradients[name])) labels components properties

        BlockRules.plain (joined fst) places.Labels ImmutableArray.Empty properties
        |> BlockRules.withGradients (Map.map gradient rows)

    /// The power spectrum of an expansion, p = ±√2^[a₁ ≠ a₂] (2l+1)^(−½) Σ_m ⟨n₁ l m|a₁⟩⟨n₂ l m|a₂⟩, with the gradients that
    /// the expansion has; differentiable through its values. Keys (center_type, neighbor_1_type ≤ neighbor_2_type); samples
    /// are the centres that have both neighbours; properties (l, n_1, n_2).
    /// Errors: `InvalidArgument` where the keys lack a dimension of an expansion.
    let ofExpansion (sign: PowerSign) (expansion: TensorMap) : Result<TensorMap, NoetherError> =
        Outcome.capture (fun () ->
            let blocks = blocksOf expansion
            let table = Map.ofList blocks
            let centres = blocks |> List.map (fun ((c, a, _), _) -> c, a) |> List.distinct |> List.sort
            let degrees = blocks |> List.map (fun ((_, _, l), _) -> l) |> List.distinct |> List.sort

            let made =
                [ for c, a in centres do
                      for other, b in centres do
                          if c = other && a <= b then
                              let sides = [ for l in degrees -> l, table[(c, a, l)], table[(c, b, l)] ]
                              let block = block sign sides (a = b)
                              if block.Samples.Count > 0 then [| c; a; b |], block ]

            let names = ImmutableArray.Create("center_type", "neighbor_1_type", "neighbor_2_type")
            let keys = LabelRules.trusted names made.Length (made |> List.map fst |> Array.concat)
            MapRules.create keys (made |> List.map snd |> Array.ofList) Map.empty)

    /// The power spectrum around every atom of structures, as featomic 0.6 has it (SOAP), with explicit gradients by what
    /// is asked for. Errors: as `SphericalExpansion.compute`.
    let compute (settings: SoapSettings) (gradients: DescriptorGradient list) (structures: Structure list) =
        SphericalExpansion.compute settings gradients structures |> Result.bind (ofExpansion PowerSign.Alternating)
