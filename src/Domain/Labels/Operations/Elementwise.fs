namespace Noether.Domain

open Noether.AutoDiff

/// Arithmetic of blocks, element by element.
[<RequireQualifiedAccess>]
module internal Elementwise =

    /// A linear combination, and so are the gradients.
    let linear (f: Tensor -> Tensor -> Tensor) (a: TensorBlock) (b: TensorBlock) =
        let combined (x: TensorBlock) (y: TensorBlock) = MapPairs.promoted x.Values y.Values ||> f
        let gradients = a.Gradients |> Map.map (fun name g -> BlockRules.withValues (combined g b.Gradients[name]) g)
        TensorBlock(combined a b, a.Samples, a.Components, a.Properties, gradients, a.Path)

    /// A function of two values whose gradient is α A' + β B', where `slopes` gives α and β.
    let private bilinear (f: Tensor -> Tensor -> Tensor) slopes (a: TensorBlock) (b: TensorBlock) =
        let x, y = MapPairs.promoted a.Values b.Values
        let value = f x y

        let gradients =
            if a.Gradients.IsEmpty then
                Map.empty
            else
                let left, right = slopes x y

                a.Gradients
                |> Map.map (fun name g ->
                    let dx, dy = MapPairs.promoted g.Values b.Gradients[name].Values
                    BlockRules.withValues (BlockAxes.spread left g * dx + BlockAxes.spread right g * dy) g)

        TensorBlock(value, a.Samples, a.Components, a.Properties, gradients, a.Path)

    let multiply a b = bilinear (fun x y -> x * y) (fun x y -> y, x) a b

    let divide a b = bilinear (fun x y -> x / y) (fun x y -> 1.0 / y, -(x / (y * y))) a b

    /// A function of each value with its derivative.
    let pointwise (f: Tensor -> Tensor) (slope: Tensor -> Tensor) (a: TensorBlock) =
        if a.Gradients.IsEmpty then
            BlockRules.withValues (f a.Values) a
        else
            let slopes = slope a.Values
            BlockAxes.mapValues (f a.Values) (fun g -> BlockAxes.spread slopes g * g.Values) a

    let mapped operation f (map: TensorMap) =
        Outcome.capture (fun () ->
            MapRules.flat operation map
            MapRules.map f map)

/// Arithmetic of maps, element by element. Blocks are matched by their keys; inside a block samples, components,
/// properties and gradient samples must be the same in the same order: `Inconsistent` gives the block and the first
/// difference. Of two precisions the higher one is taken.
[<AutoOpen>]
module ElementwiseFunctions =
    type TensorMap with

        /// A + B, and so the gradients.
        static member add (a: TensorMap) (b: TensorMap) =
            Outcome.capture (fun () -> MapPairs.combine "add" (Elementwise.linear (+)) a b)

        /// A − B, and so the gradients.
        static member subtract (a: TensorMap) (b: TensorMap) =
            Outcome.capture (fun () -> MapPairs.combine "subtract" (Elementwise.linear (-)) a b)

        /// A · B, with the gradients A' B + A B'.
        static member multiply (a: TensorMap) (b: TensorMap) =
            Outcome.capture (fun () -> MapPairs.combine "multiply" Elementwise.multiply a b)

        /// A / B, with the gradients A'/B − A B'/B².
        static member divide (a: TensorMap) (b: TensorMap) =
            Outcome.capture (fun () -> MapPairs.combine "divide" Elementwise.divide a b)

        /// A + k; the gradients stay. Errors: `Inconsistent` for gradients of gradients, here and below.
        static member addNumber (k: float) (a: TensorMap) =
            Elementwise.mapped "addNumber" (BlockAxes.mapValuesOnly (fun x -> x + k)) a

        /// k A, and so the gradients.
        static member scale (k: float) (a: TensorMap) =
            Elementwise.mapped
                "scale"
                (fun block -> BlockAxes.mapValues (k * block.Values) (fun g -> k * g.Values) block)
                a

        /// A / k, and so the gradients.
        static member divideBy (k: float) (a: TensorMap) =
            let divided (block: TensorBlock) = BlockAxes.mapValues (block.Values / k) (fun g -> g.Values / k) block
            Elementwise.mapped "divideBy" divided a

        /// Aᵖ, with the gradients p Aᵖ⁻¹ A', which are zero for p = 0. A negative element with a power that is not an
        /// integer is a `TensorException`.
        static member pow (exponent: float) (a: TensorMap) =
            let slope (x: Tensor) =
                if exponent = 0.0 then Tensor.zerosLike x else exponent * Tensor.pow (exponent - 1.0) x

            Elementwise.mapped "pow" (Elementwise.pointwise (Tensor.pow exponent) slope) a

        /// |A|, with the gradients sign(A) A'.
        static member abs(a: TensorMap) = Elementwise.mapped "abs" (Elementwise.pointwise Tensor.abs Tensor.sign) a
