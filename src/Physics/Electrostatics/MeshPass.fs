namespace Noether.Physics

open System
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// The sum on a mesh in numbers: potentials, their gradients and the virial from two Fourier transforms, without a
/// tape. All are derivatives of the same sum on the mesh, to rounding.
[<RequireQualifiedAccess>]
module internal MeshPass =
    /// What it says about charges q [n] in a cell.
    type Potentials =
        {
            /// Σ_j q_j φ(r_i − r_j), [n].
            Values: float[]
            /// Their derivatives by r_i, [n, 3].
            Gradients: float[]
            /// −∂/∂ε of ½ Σ q_i values_i, [3, 3].
            Virial: float[]
        }

    let private invert (h: float[]) =
        let minor i j =
            let a, b = (i + 1) % 3, (i + 2) % 3
            let c, d = (j + 1) % 3, (j + 2) % 3
            h[3 * a + c] * h[3 * b + d] - h[3 * a + d] * h[3 * b + c]

        let determinant = h[0] * minor 0 0 + h[1] * minor 0 1 + h[2] * minor 0 2
        Array.init 9 (fun at -> minor (at % 3) (at / 3) / determinant), abs determinant

    /// Summands of a split in Fourier space.
    let private powersOf (powers: InversePower list) =
        powers
        |> List.map (fun power ->
            let a = 0.5 * power.Exponent
            let s = Tensor.value power.Smearing
            let w = 2.0 * s * s
            let factor = Tensor.value power.Weight * Math.PI ** 1.5 * w ** (1.5 - a) / GammaFunction.Gamma a
            ReciprocalPower(a - 0.5, factor, 0.25 * w))
        |> Array.ofList

    /// The virial from Σ |ρ|² ∂G/∂k² m⊗m: ½ (δ Σ q V + 2/V Σ … k⊗k).
    let private virial (moments: float[]) (inverse: float[]) volume (twice: float) =
        let place = [| 0; 3; 4; 3; 1; 5; 4; 5; 2 |]
        let k = 2.0 * Math.PI

        Array.init 9 (fun at ->
            let a, b = at / 3, at % 3
            let mutable sum = 0.0

            for i in 0..2 do
                for j in 0..2 do
                    sum <- sum + moments[place[3 * i + j]] * inverse[3 * a + i] * inverse[3 * b + j]

            (if a = b then 0.5 * twice else 0.0) + k * k * sum / volume)

    /// The potentials of charges at positions [n, 3] in a cell [3, 3].
    let run (powers: InversePower list) assignment size (cell: float[]) (positions: float[]) (charges: float[]) =
        let n = charges.Length
        let inverse, volume = invert cell
        let length i = sqrt (cell[3 * i] ** 2.0 + cell[3 * i + 1] ** 2.0 + cell[3 * i + 2] ** 2.0)
        let points = MeshSize.points (Array.init 3 length) size |> Outcome.getOrFail
        let order = MeshInfluence.order assignment
        let scheme = MeshInfluence.scheme assignment

        let u =
            Array.init (3 * n) (fun at ->
                let i, c = at / 3, at % 3
                let x a = positions[3 * i + a] * inverse[3 * a + c]
                float points[c] * (x 0 + x 1 + x 2))

        let stencil = MeshStencil.Of(ReadOnlySpan u, ReadOnlySpan points, order)
        let offsets = Array.zeroCreate<float>(3 * n)
        stencil.OffsetsInto(ReadOnlySpan u, Span offsets)

        let along =
            Array.init 3 (fun c ->
                let own = Array.init n (fun i -> offsets[3 * i + c])
                let weights, slopes = Array.zeroCreate (n * order), Array.zeroCreate (n * order)
                MeshWeights.WeightsInto<float>(scheme, order, ReadOnlySpan own, Span weights, Span slopes)
                weights, slopes)

        let (wx, sx), (wy, sy), (wz, sz) = along[0], along[1], along[2]
        let plan = FourierPlan(ReadOnlySpan points)
        let owner = Owner FreeArrays.Tensors
        let mesh: float[] = owner.Take plan.Points
        let spectrum: float[] = owner.Take(2 * plan.Frequencies)
        let meshSpan = Span mesh
        let waves = Span spectrum

        MeshSums.SpreadInto<float>(
            stencil,
            1,
            ReadOnlySpan charges,
            ReadOnlySpan wx,
            ReadOnlySpan wy,
            ReadOnlySpan wz,
            meshSpan
        )

        FourierTransform.ForwardRealInto<float>(plan, 1, Span.op_Implicit meshSpan, false, waves)
        let tables = MeshInfluence.axes assignment points

        // k in Å⁻¹ is 2π (inverse · m): the metric is 4π² inverseᵀ·inverse over rows a.
        let metric =
            Array.init 9 (fun at ->
                let i, j = at / 3, at % 3
                let product a = inverse[3 * a + i] * inverse[3 * a + j]
                4.0 * Math.PI * Math.PI * (product 0 + product 1 + product 2))

        let moments = Array.zeroCreate 6

        ReciprocalSums.Filter(
            ReadOnlySpan points,
            ReadOnlySpan metric,
            ReadOnlySpan tables[0],
            ReadOnlySpan tables[1],
            ReadOnlySpan tables[2],
            ReadOnlySpan(powersOf powers),
            waves,
            Span moments
        )

        FourierTransform.InverseRealInto<float>(plan, 1, Span.op_Implicit waves, true, meshSpan)
        let values, gradients = Array.zeroCreate n, Array.zeroCreate (3 * n)

        MeshSums.GatherInto<float>(
            stencil,
            1,
            Span.op_Implicit meshSpan,
            ReadOnlySpan wx,
            ReadOnlySpan wy,
            ReadOnlySpan wz,
            ReadOnlySpan sx,
            ReadOnlySpan sy,
            ReadOnlySpan sz,
            Span values,
            Span gradients
        )

        owner.Close []
        let mutable twice = 0.0

        for i in 0 .. n - 1 do
            values[i] <- values[i] / volume
            twice <- twice + charges[i] * values[i]
            let g c = gradients[3 * i + c] * float points[c] / volume
            let x, y, z = g 0, g 1, g 2

            for a in 0..2 do
                gradients[3 * i + a] <- x * inverse[3 * a] + y * inverse[3 * a + 1] + z * inverse[3 * a + 2]

        { Values = values
          Gradients = gradients
          Virial = virial moments inverse volume twice }
