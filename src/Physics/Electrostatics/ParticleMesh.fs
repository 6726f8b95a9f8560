namespace Noether.Physics

open System
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// The factors in Fourier space that make good for taking charges to a mesh and potentials back. They belong to the
/// mesh, not to the cell: along each axis a table over its frequencies, and the product of three.
[<RequireQualifiedAccess>]
module internal MeshInfluence =
    let private sinc x = if x = 0.0 then 1.0 else sin (Math.PI * x) / (Math.PI * x)

    /// Mₚ(x), the cardinal B-spline of order p on (0, p), by its recurrence (C. de Boor, A Practical Guide to Splines,
    /// 1978).
    let rec private spline p x =
        if p = 1 then
            (if x >= 0.0 && x < 1.0 then 1.0 else 0.0)
        else
            (x * spline (p - 1) x + (float p - x) * spline (p - 1) (x - 1.0)) / float (p - 1)

    /// Σⱼ β(j) cos(2π m j/n) of the centred spline of order p, over m: Σ sincᵖ over all aliases of m.
    let private aliases p n =
        let middle = 0.5 * float p
        let values = Array.init ((p - 1) / 2 + 2) (fun j -> spline p (middle + float j))

        fun m ->
            let angle = 2.0 * Math.PI * float m / float n
            let term j value = (if j = 0 then value else 2.0 * value * cos (angle * float j))
            values |> Array.mapi term |> Array.sum

    /// The factors along one axis of n points at frequencies m.
    let private factors assignment n (frequencies: int[]) =
        let w p m = sinc (float m / float n) ** float p

        let each =
            match assignment with
            | P3M p ->
                let sums = aliases (2 * p) n
                fun m -> w (2 * p) m / sums m ** 2.0
            | SmoothPme p ->
                let sums = aliases p n
                fun m -> 1.0 / sums m ** 2.0
            | Lagrange _
            | CartesianP3M _ -> fun _ -> 1.0

        Array.map each frequencies

    let order assignment =
        match assignment with
        | Lagrange p
        | P3M p
        | SmoothPme p
        | CartesianP3M p -> p

    let scheme assignment =
        match assignment with
        | Lagrange _ -> MeshScheme.Lagrange
        | _ -> MeshScheme.Spline

    /// Tables over the frequencies of the three axes, of the last one those of real data; 0 < m along each.
    let axes assignment (points: int[]) =
        points
        |> Array.mapi (fun axis n ->
            let all = ReciprocalSet.frequencies n
            let kept = if axis = 2 then [| 0 .. n / 2 |] else all
            factors assignment n kept)

    /// Indices [F, 3] of the frequencies of a mesh of real data.
    let indices (points: int[]) =
        let first, second = ReciprocalSet.frequencies points[0], ReciprocalSet.frequencies points[1]
        let third = [| 0 .. points[2] / 2 |]
        let flat = Array.zeroCreate (3 * first.Length * second.Length * third.Length)
        let mutable at = 0

        for i in first do
            for j in second do
                for k in third do
                    flat[at] <- float i
                    flat[at + 1] <- float j
                    flat[at + 2] <- float k
                    at <- at + 3

        Tensor.ofArray [| flat.Length / 3; 3 |] flat

    /// The product of the axes' tables, [F], 0 at k = 0.
    let private table assignment points =
        let tables = axes assignment points
        let flat = Array.zeroCreate (tables |> Array.fold (fun n t -> n * t.Length) 1)
        let mutable at = 0

        for x in tables[0] do
            for y in tables[1] do
                for z in tables[2] do
                    flat[at] <- x * y * z
                    at <- at + 1

        flat[0] <- 0.0
        Tensor.ofArray [| flat.Length |] flat

    /// 1/Π sinc²ᵖ(kᵢhᵢ/2π) with Cartesian components of k and hᵢ = |aᵢ|/nᵢ, 0 where a sinc is: torch-pme's.
    let private cartesian p (points: int[]) (lattice: CellFrame) (indices: Tensor) =
        let k = CellFrame.vectors lattice indices

        let lengths = Tensor.sqrt (Tensor.sumAxes [| 1 |] (Tensor.square lattice.Cell)) |> Tensor.reshape [| 1; 3 |]

        let steps = Tensor.ofArray [| 1; 3 |] (points |> Array.map float) |> Tensor.cast k.Precision
        let x = 0.5 * k * (lengths / steps)
        let zero = Tensor.toArray x |> Array.map (fun x -> x = 0.0)
        let guarded = Tensor.select zero (Tensor.onesLike x) x
        let sincs = Tensor.select zero (Tensor.onesLike x) (Tensor.sin guarded / guarded)
        let column i = Tensor.reshape [| x.Shape[0] |] (Tensor.slice 1 i (i + 1) sincs)
        let product = Tensor.pow (2.0 * float p) (column 0 * column 1 * column 2)
        let none = Tensor.toArray product |> Array.map (fun u -> u = 0.0)
        let safe = Tensor.select none (Tensor.onesLike product) product
        Tensor.select none (Tensor.zerosLike product) (1.0 / safe)

    /// v̂(k²) times the factor over the frequencies of a mesh, [n₀, n₁, n₂/2 + 1], 0 at k = 0.
    let filter (split: RangeSplit) assignment (points: int[]) (lattice: CellFrame) : Tensor =
        let precision = lattice.Cell.Precision
        let indices = indices points |> Tensor.cast precision
        let only = Array.zeroCreate indices.Shape[0]
        only[0] <- 1.0
        // k = 0 takes a finite value, times 0.
        let squares = CellFrame.squares lattice indices + Tensor.cast precision (Tensor.ofArray [| only.Length |] only)
        let product = split.Reciprocal squares * Tensor.cast precision (table assignment points)

        match assignment with
        | CartesianP3M p -> product * cartesian p points lattice indices
        | _ -> product
        |> Tensor.reshape [| points[0]; points[1]; points[2] / 2 + 1 |]

/// The reciprocal part of a sum over a lattice on a mesh: charges to the mesh, a convolution, potentials back.
[<RequireQualifiedAccess>]
module internal ParticleMesh =
    /// (1/V) Σ_k over the frequencies of the mesh without k = 0, for fractions of the cell [n, 3] and charges [n, c].
    let potentials (split: RangeSplit) assignment size (lattice: CellFrame) (fractions: Tensor) (charges: Tensor) =
        let points = MeshSize.points (CellFrame.lengths lattice) size |> Outcome.getOrFail
        let order = MeshInfluence.order assignment

        if order < 1 || order > 7 then
            InvalidArgument("the order of assignment", string order, "1 to 7 nodes along each axis") |> Outcome.raise

        for n in points do
            if not (FourierPlan.Supports n) then
                InvalidArgument("the mesh", $"{n} points along an axis", $"a number like {FourierPlan.NextLength n}")
                |> Outcome.raise

        let n = fractions.Shape[0]
        let scale = Tensor.ofArray [| 1; 3 |] (points |> Array.map float) |> Tensor.cast fractions.Precision
        let u = fractions * scale
        let stencil = Mesh.stencil points order u
        let weights = Mesh.weights (MeshInfluence.scheme assignment) order (Mesh.offsets stencil u)
        let axis i = Tensor.reshape [| n; order |] (Tensor.slice 1 i (i + 1) weights)
        let along = axis 0, axis 1, axis 2
        let filter = MeshInfluence.filter split assignment points lattice
        let mesh = Mesh.spread stencil along charges
        Mesh.gather stencil along (Fourier.convolve (FourierPlan points) filter mesh) / lattice.Volume
