namespace Noether.AutoDiff

open System
open Noether.Kernels

/// Several polynomials of one number each, along a new last axis: a family closed under differentiation.
[<Sealed>]
type internal PolynomialRow(columns: int, coefficients: float[]) =
    inherit Operation("polynomials")

    let terms = coefficients.Length / columns

    /// Their derivatives.
    let slope () =
        PolynomialRow(
            columns,
            [| for c in 0 .. columns - 1 do
                   for p in 1 .. terms - 1 do
                       float p * coefficients[c * terms + p] |]
        )

    member this.Of(x: Tensor) = Operations.Apply(this, x)

    override _.Compute inputs =
        let x = data inputs[0]
        let y = Raw.create (Array.append x.Shape [| columns |])
        PolynomialRows.RowsInto(ReadOnlySpan coefficients, columns, x.Span, y.Output)
        y

    override _.Pushforward(node, t) =
        [| Operations.Map((fun t -> Tensor.unsqueeze -1 t * slope().Of(node.Input 0)), t[0]) |]

    override _.Pullback(node, g) =
        [| node.Pull(0, (fun g -> Tensor.sumAxes [| -1 |] (g * slope().Of(node.Input 0))), g[0]) |]

/// Σ q[i, c] wx[i, j] wy[i, k] wz[i, l] m[c, x+j, y+k, z+l]: charges, weights on three axes, mesh, in this order.
[<Sealed>]
type internal MeshSum(stencil: MeshStencil, channels: int) =
    inherit Form("mesh sum", 5)

    let sizes = stencil.Sizes.ToArray()
    let weightShape = [| stencil.Points; stencil.Order |]

    override this.Contract(values, slot) = this.ContractMany(values, 1 <<< slot)[slot] |> nonNull

    override _.ContractMany(values: (Tensor | null)[], slots) =
        let wanted slot = slots &&& (1 <<< slot) <> 0

        // What is alone open has no value, and none is needed.
        let weights slot : Raw<'T> =
            match values[slot] with
            | null -> Raw.zeros weightShape
            | w -> data w

        let wx, wy, wz = weights 1, weights 2, weights 3
        let results: (Raw<'T> | null)[] = Array.zeroCreate 5

        if wanted 0 then
            let y = Raw.create [| stencil.Points; channels |]
            MeshSums.GatherInto(stencil, channels, (data values[4]).Span, wx.Span, wy.Span, wz.Span, y.Output)
            results[0] <- y

        if wanted 1 || wanted 2 || wanted 3 then
            let sums = Array.init 3 (fun _ -> Raw.create weightShape)

            MeshSums.WeightSumsInto(
                stencil,
                channels,
                (data values[4]).Span,
                (data values[0]).Span,
                wx.Span,
                wy.Span,
                wz.Span,
                sums[0].Output,
                sums[1].Output,
                sums[2].Output
            )

            for axis in 0..2 do
                if wanted (axis + 1) then results[axis + 1] <- sums[axis]

        if wanted 4 then
            let y = Raw.create (Array.append [| channels |] sizes)
            MeshSums.SpreadInto(stencil, channels, (data values[0]).Span, wx.Span, wy.Span, wz.Span, y.Output)
            results[4] <- y

        results

/// Points and a periodic mesh that share numbers. Which mesh points share a point is a `MeshStencil`, integers that are
/// not differentiated; how much each gets are its weights, polynomials of the point's offset from the middle of them.
[<RequireQualifiedAccess>]
module Mesh =

    /// The stencil of points at coordinates u [n, 3] in units of the mesh: fractional coordinates times the three
    /// sizes, inside the cell or not. `order` mesh points on each axis, 1 to 7, share a point. A coordinate that is not
    /// finite is a `TensorException`.
    let stencil (sizes: int[]) (order: int) (u: Tensor) : MeshStencil =
        if u.Rank <> 2 || u.Shape[1] <> 3 then
            Shape.fail "mesh stencil" $"coordinates of shape {Shape.print u.Shape}; expected [n; 3]"

        if sizes.Length <> 3 || sizes |> Array.exists (fun n -> n < 1) then
            Shape.fail "mesh stencil" $"sizes {Shape.print sizes}; expected three, each 1 or more"

        if order < 1 || order > MeshWeights.MaxOrder then
            Shape.fail "mesh stencil" $"order {order}; expected 1 to {MeshWeights.MaxOrder}"

        try
            match u.Raw with
            | :? Raw<float> as u -> MeshStencil.Of(u.Span, ReadOnlySpan sizes, order)
            | u -> MeshStencil.Of((Raw.typed u: Raw<float32>).Span, ReadOnlySpan sizes, order)
        with :? ArgumentException as e ->
            Shape.fail "mesh stencil" e.Message

    /// The offsets of coordinates u [n, 3] from the middles of their mesh points, [n, 3], at most ½ in magnitude.
    let offsets (stencil: MeshStencil) (u: Tensor) : Tensor =
        let shape = [| stencil.Points; 3 |]

        if not (Shape.equal u.Shape shape) then
            Shape.mismatch "mesh offsets" u.Shape shape "one row for each point"

        u - Tensor.cast u.Precision (Tensor.ofArray shape (stencil.Centres.ToArray()))

    /// The weights at offsets, […] → […, order], differentiable to any order. B-splines are polynomials between mesh
    /// points: this is the polynomial of the piece that the offset lies in.
    let weights (scheme: MeshScheme) (order: int) (offsets: Tensor) : Tensor =
        if order < 1 || order > MeshWeights.MaxOrder then
            Shape.fail "mesh weights" $"order {order}; expected 1 to {MeshWeights.MaxOrder}"

        PolynomialRow(order, MeshWeights.Coefficients(scheme, order)).Of offsets

    /// The weights of coordinates u [n, 3] on the three axes, [n, order] each.
    let weightsAt (scheme: MeshScheme) (stencil: MeshStencil) (u: Tensor) : Tensor * Tensor * Tensor =
        let x = offsets stencil u

        let axis i =
            x |> Tensor.slice 1 i (i + 1) |> Tensor.reshape [| stencil.Points |] |> weights scheme stencil.Order

        axis 0, axis 1, axis 2

    let private check operation (stencil: MeshStencil) (wx: Tensor, wy: Tensor, wz: Tensor) =
        let shape = [| stencil.Points; stencil.Order |]

        for w in [ wx; wy; wz ] do
            if not (Shape.equal w.Shape shape) then
                Shape.mismatch operation w.Shape shape "weights [points; order] on each axis"

    /// Charges [n, channels] spread over the mesh, [channels, sizes]: linear in the charges and in each axis's weights.
    /// The same sum as `gather`, whose transpose it is.
    let spread (stencil: MeshStencil) (weights: Tensor * Tensor * Tensor) (charges: Tensor) : Tensor =
        check "mesh spread" stencil weights

        if charges.Rank <> 2 || charges.Shape[0] <> stencil.Points || charges.Shape[1] = 0 then
            Shape.fail
                "mesh spread"
                $"charges of shape {Shape.print charges.Shape}; expected [{stencil.Points}; channels]"

        let wx, wy, wz = weights
        MeshSum(stencil, charges.Shape[1]).Apply(4, charges, wx, wy, wz)

    /// Meshes [channels, sizes] at the points, [n, channels]: linear in the mesh and in each axis's weights.
    let gather (stencil: MeshStencil) (weights: Tensor * Tensor * Tensor) (mesh: Tensor) : Tensor =
        check "mesh gather" stencil weights

        let sizes = stencil.Sizes.ToArray()

        if mesh.Rank <> 4 || not (Shape.equal mesh.Shape[1..] sizes) || mesh.Shape[0] = 0 then
            Shape.fail
                "mesh gather"
                $"a mesh of shape {Shape.print mesh.Shape}; expected channels and {Shape.print sizes}"

        let wx, wy, wz = weights
        MeshSum(stencil, mesh.Shape[0]).Apply(0, wx, wy, wz, mesh)
