namespace Noether.Domain

open Noether.AutoDiff
open Noether.Kernels

/// Maps with the labels of others.
[<RequireQualifiedAccess>]
module internal Similar =

    let private known (parameters: string list) (block: TensorBlock) =
        for name in parameters do
            block.Gradient name |> ignore

    /// The same labels and other values, with all gradients or those named.
    let rec like (fill: Tensor -> Tensor) (parameters: string list option) (block: TensorBlock) : TensorBlock =
        parameters |> Option.iter (fun names -> known names block)

        let kept =
            match parameters with
            | None -> block.Gradients
            | Some names -> block.Gradients |> Map.filter (fun name _ -> List.contains name names)

        let gradients = kept |> Map.map (fun _ gradient -> like fill None gradient)
        TensorBlock(fill block.Values, block.Samples, block.Components, block.Properties, gradients, block.Path)

    let made fill parameters (map: TensorMap) =
        Outcome.capture (fun () ->
            let block i = MapRules.forBlock map.Keys i (fun () -> like fill parameters map.Array[i])
            TensorMap(map.Keys, Array.init map.Count block, map.Info))

/// Maps with the labels of others, and other values.
[<AutoOpen>]
module SimilarFunctions =
    type TensorMap with

        /// The same labels and one number everywhere, in the gradients too: all of them, or those named ([] for none).
        /// Errors: `InvalidArgument` for a gradient that is not there.
        static member fullLike (value: float) (parameters: string list option) (map: TensorMap) =
            Similar.made (fun x -> Tensor.full x.Precision x.Shape value) parameters map

        /// The same labels and zeros. Errors: as `fullLike`.
        static member zerosLike (parameters: string list option) (map: TensorMap) =
            TensorMap.fullLike 0.0 parameters map

        /// The same labels and ones; those in gradients are no derivatives. Errors: as `fullLike`.
        static member onesLike (parameters: string list option) (map: TensorMap) = TensorMap.fullLike 1.0 parameters map

        /// The same labels and uniform random numbers in [0, 1). Errors: as `fullLike`.
        static member uniformLike (key: RandomKey) (parameters: string list option) (map: TensorMap) =
            let mutable number = 0

            let draw (x: Tensor) =
                number <- number + 1
                Tensor.uniform x.Precision x.Shape (key.Fold(uint32 number))

            Similar.made draw parameters map

        /// The map without its gradients.
        static member withoutGradients(map: TensorMap) = MapRules.map TensorBlock.withoutGradients map

        /// The map without the gradients by these parameters. Errors: `InvalidArgument` for one that is not there.
        static member removeGradients (parameters: string list) (map: TensorMap) : Result<TensorMap, NoetherError> =
            Outcome.capture (fun () ->
                let removed (block: TensorBlock) =
                    let kept =
                        parameters
                        |> List.fold
                            (fun kept name ->
                                block.Gradient name |> ignore
                                Map.remove name kept)
                            block.Gradients

                    TensorBlock(block.Values, block.Samples, block.Components, block.Properties, kept, block.Path)

                MapRules.map removed map)

        /// The map as a constant: derivatives of its values other than explicit gradients end here.
        static member detach(map: TensorMap) = MapRules.map (Similar.like Tensor.stopGradient None) map

        /// The map in a precision; derivatives pass through.
        static member cast (precision: Precision) (map: TensorMap) =
            MapRules.map (Similar.like (Tensor.cast precision) None) map
