namespace Noether.Domain

open System
open System.Collections.Immutable
open Noether.AutoDiff

/// Blocks in lexicographic order.
[<RequireQualifiedAccess>]
module internal Sorting =
    let private order descending (labels: Labels) =
        let order = LabelRules.order labels
        if descending then Array.rev order else order

    /// A block with its axis k sorted, without its gradients.
    let private axis descending axis (labels: Labels) (x: Tensor) : Tensor * Labels =
        let order = order descending labels

        if order = [| 0 .. order.Length - 1 |] then
            x, labels
        else
            let last = x.Rank - 1

            let taken =
                if axis = 0 then
                    Tensor.gather order x
                elif axis = last then
                    BlockAxes.onLast (Tensor.gather order) x
                else
                    let axes = [| axis; yield! [ 0..last ] |> List.except [ axis ] |]
                    let back = Array.init (last + 1) (fun k -> Array.IndexOf(axes, k))
                    x |> Tensor.permute axes |> Tensor.gather order |> Tensor.permute back

            taken, LabelRules.take order labels

    let rec sorted descending (axes: MapAxis list) (block: TensorBlock) : TensorBlock =
        let sorts name = List.contains name axes
        let mutable values = block.Values
        let mutable samples = block.Samples
        let mutable properties = block.Properties
        let mutable components = block.Components
        let mutable place = [||]

        if sorts MapAxis.Samples then
            let order = order descending samples
            place <- Array.zeroCreate order.Length
            order |> Array.iteri (fun k row -> place[row] <- k)
            let ordered, labels = axis descending 0 samples values
            values <- ordered
            samples <- labels

        if sorts MapAxis.Components then
            for k in 0 .. components.Length - 1 do
                let ordered, labels = axis descending (k + 1) components[k] values
                values <- ordered
                components <- components.SetItem(k, labels)

        if sorts MapAxis.Properties then
            let ordered, labels = axis descending (values.Rank - 1) properties values
            values <- ordered
            properties <- labels

        let gradient (old: TensorBlock) =
            let moved =
                if sorts MapAxis.Samples then
                    let rows = BlockAxes.renumbered old.Samples (fun i -> place[i])
                    let samples = LabelRules.trusted old.Samples.Names old.Samples.Count rows
                    TensorBlock(old.Values, samples, old.Components, old.Properties, old.Gradients, old.Path)
                else
                    old

            sorted descending axes moved

        let gradients = Map.map (fun _ g -> gradient g) block.Gradients
        TensorBlock(values, samples, components, properties, gradients, block.Path)

    let map descending (axes: MapAxis list) (map: TensorMap) : TensorMap =
        MapRules.flat "sort" map
        let blocks = MapRules.map (sorted descending axes) map

        if List.contains MapAxis.Keys axes then
            let order = order descending map.Keys
            TensorMap(LabelRules.take order map.Keys, order |> Array.map (fun i -> blocks.Array[i]), map.Info)
        else
            blocks

/// Maps in lexicographic order.
[<AutoOpen>]
module SortingFunctions =
    type TensorMap with

        /// The map with these axes in ascending lexicographic order, or descending. Gradient rows follow their samples and
        /// are sorted themselves; "components" sorts those of gradients too. Errors: `Inconsistent` for gradients of
        /// gradients.
        static member sortBy (descending: bool) (axes: MapAxis list) (map: TensorMap) =
            Outcome.capture (fun () -> Sorting.map descending axes map)

        /// The map with keys, samples, components and properties in ascending lexicographic order.
        static member sort(map: TensorMap) =
            TensorMap.sortBy false [ MapAxis.Keys; MapAxis.Samples; MapAxis.Components; MapAxis.Properties ] map
