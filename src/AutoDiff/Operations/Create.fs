namespace Noether.AutoDiff

open System
open Noether.Kernels

/// Making tensors, and reading their elements.
[<AutoOpen>]
module CreationFunctions =

    let private size operation (shape: int[]) =
        if Array.exists (fun d -> d < 0) shape then
            Shape.fail operation $"shape {Shape.print shape}; expected lengths of 0 or more"

        Shape.size shape

    let private checkedSize operation (shape: int[]) given =
        if size operation shape <> given then
            Shape.fail operation $"{given} elements for shape {Shape.print shape}"

    let private notNegative operation n = if n < 0 then Shape.fail operation $"length {n}; expected 0 or more"

    /// A tensor that a function of its array fills.
    let private draw operation precision shape (fill: float[] -> unit) (fill32: float32[] -> unit) : Tensor =
        let n = size operation shape

        match precision with
        | Float64 ->
            let y = Array.zeroCreate n
            fill y
            Constant(Raw<float>(Array.copy shape, y))
        | Float32 ->
            let y = Array.zeroCreate n
            fill32 y
            Constant(Raw<float32>(Array.copy shape, y))

    type Tensor with

        /// A constant of a shape from its elements in row-major order, float64; the array is copied.
        static member ofArray (shape: int[]) (elements: float[]) : Tensor =
            checkedSize "ofArray" shape elements.Length
            Constant(Raw<float>(Array.copy shape, Array.copy elements))

        /// A constant of a shape from its elements in row-major order, float32; the array is copied.
        static member ofArray32 (shape: int[]) (elements: float32[]) : Tensor =
            checkedSize "ofArray32" shape elements.Length
            Constant(Raw<float32>(Array.copy shape, Array.copy elements))

        /// A vector of float64 elements.
        static member vector(elements: float seq) : Tensor =
            let data = Array.ofSeq elements
            Constant(Raw<float>([| data.Length |], data))

        /// A float64 matrix from its rows.
        static member matrix(rows: float seq seq) : Tensor =
            let rows = rows |> Seq.map Array.ofSeq |> Array.ofSeq
            let width = if rows.Length = 0 then 0 else rows[0].Length

            rows
            |> Array.iteri (fun i row ->
                if row.Length <> width then
                    Shape.fail "matrix" $"row {i} has {row.Length} elements, row 0 has {width}")

            Constant(Raw<float>([| rows.Length; width |], Array.concat rows))

        /// A single float64 number.
        static member scalar(value: float) : Tensor = Constant(Raw<float>(Shape.scalar, [| value |]))

        /// One number everywhere.
        static member full (precision: Precision) (shape: int[]) (value: float) : Tensor =
            size "full" shape |> ignore
            Constant(Raw.full precision (Array.copy shape) value)

        /// Zeros, float64.
        static member zeros(shape: int[]) : Tensor = Tensor.full Float64 shape 0.0

        /// Ones, float64.
        static member ones(shape: int[]) : Tensor = Tensor.full Float64 shape 1.0

        /// Zeros with the shape and precision of another tensor.
        static member zerosLike(x: Tensor) : Tensor = Tensor.full x.Precision x.Shape 0.0

        /// Ones with the shape and precision of another tensor.
        static member onesLike(x: Tensor) : Tensor = Tensor.full x.Precision x.Shape 1.0

        /// The n×n unit matrix, float64.
        static member eye(n: int) : Tensor =
            notNegative "eye" n
            Tensor.ofArray [| n; n |] (Array.init (n * n) (fun i -> if i / n = i % n then 1.0 else 0.0))

        /// start, start+step, … below stop, float64; element i is start + i·step.
        static member arange (start: float) (stop: float) (step: float) : Tensor =
            if not (Double.IsFinite((stop - start) / step)) then
                Shape.fail "arange" $"from {start} to {stop} in steps of {step}"

            Tensor.vector (Array.init (max 0 (int (ceil ((stop - start) / step)))) (fun i -> start + float i * step))

        /// n points from start to stop, both included, float64.
        static member linspace (start: float) (stop: float) (n: int) : Tensor =
            notNegative "linspace" n
            let at i = if i = n - 1 && n > 1 then stop else start + float i * ((stop - start) / float (max 1 (n - 1)))

            Tensor.vector (Array.init n at)

        /// Uniform random numbers in [0, 1). A negative length is a `TensorException`.
        static member uniform (precision: Precision) (shape: int[]) (key: RandomKey) : Tensor =
            let fill (y: float[]) = Threefry.Uniform(key, Span y)
            let fill32 (y: float32[]) = Threefry.Uniform(key, Span y)
            draw "uniform" precision shape fill fill32

        /// Random numbers of the standard normal distribution. A negative length is a `TensorException`.
        static member normal (precision: Precision) (shape: int[]) (key: RandomKey) : Tensor =
            let fill (y: float[]) = Threefry.Normal(key, Span y)
            let fill32 (y: float32[]) = Threefry.Normal(key, Span y)
            draw "normal" precision shape fill fill32

        /// The elements in row-major order, in double precision. Derivatives end here.
        static member toArray(x: Tensor) : float[] =
            match x.Raw with
            | :? Raw<float> as r -> r.Span.ToArray()
            | r -> Array.init r.Size r.At

        /// The one number in a tensor of one element, in double precision. Derivatives end here.
        static member value(x: Tensor) : float =
            if x.Size <> 1 then
                Shape.fail "value" $"shape {Shape.print x.Shape} holds {x.Size} numbers, not one"

            x.Raw.At 0

        /// The element at an index, in double precision. Derivatives end here.
        static member item (index: int[]) (x: Tensor) : float =
            if index.Length <> x.Rank || Array.exists2 (fun i d -> i < 0 || i >= d) index x.Shape then
                Shape.fail "item" $"index {Shape.print index} does not lie in shape {Shape.print x.Shape}"

            x.Raw.At(Array.fold2 (fun sum i stride -> sum + i * stride) 0 index (Shape.strides x.Shape))

        /// The elements of a float64 tensor without a copy. Another precision is a `TensorException`.
        static member span(x: Tensor) : ReadOnlyMemory<float> =
            match x.Raw with
            | :? Raw<float> as r -> r.Memory
            | r -> Shape.fail "span" $"the tensor is {r.Precision}, expected Float64"

        /// Element by element a < b, for shapes that stretch to each other; for use as a mask.
        static member less (a: Tensor) (b: Tensor) : bool[] =
            let shape = Shape.broadcast "less" a.Shape b.Shape

            let at (x: Tensor) = Stretch(x.Shape, shape, true).Of(Constant x.Raw)

            let a, b = at a, at b
            Array.init a.Size (fun i -> a.Raw.At i < b.Raw.At i)
