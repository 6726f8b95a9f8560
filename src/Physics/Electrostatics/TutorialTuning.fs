namespace Noether.Physics

open System
open Noether.AutoDiff

/// What torch-pme 0.1.0's `tune_pme` returns.
type TutorialParameters =
    {
        /// The smearing, Å.
        Smearing: float
        /// The spacing of the mesh, Å.
        MeshSpacing: float
        /// Nodes of the interpolation along each axis.
        Nodes: int
        /// The cut-off of the pairs, Å.
        Cutoff: float
        /// Steps of the descent.
        Steps: int
    }

/// The search of torch-pme 0.1.0 for parameters of particle-mesh Ewald, by Adam on its error estimate, without the
/// random noise that it adds at 1e-10. For comparison with the tutorials of that time; `Resolution.choose` keeps to an
/// accuracy at less cost.
[<RequireQualifiedAccess>]
module TutorialTuning =
    let private nodes = 4

    /// Adam with a step of 0.1 (D. P. Kingma and J. Ba, arXiv:1412.6980), its 1e-8 added to the corrected root.
    let private adam count =
        let m, v = Array.zeroCreate<float> count, Array.zeroCreate<float> count
        let mutable t = 0

        fun (x: float[]) (gradient: float[]) ->
            t <- t + 1
            let first, second = 1.0 - 0.9 ** float t, 1.0 - 0.999 ** float t

            for i in 0 .. count - 1 do
                m[i] <- m[i] + (gradient[i] - m[i]) * 0.1
                v[i] <- 0.999 * v[i] + 0.001 * gradient[i] * gradient[i]
                x[i] <- x[i] - 0.1 / first * (m[i] / (sqrt (v[i]) / sqrt second + 1e-8))

    /// Root mean square over atoms of the product of distances to the nodes, its Euclidean norm over the axes, for a
    /// mesh of so many points, which need not be whole.
    let private nodeProducts (fractions: float[]) (points: float[]) =
        let atoms = fractions.Length / 3

        [ for c in 0..2 ->
              let mutable sum = 0.0

              for i in 0 .. atoms - 1 do
                  let u = fractions[3 * i + c] * points[c]
                  let x = u - floor u
                  // nodes −1, 0, 1, 2 about the floor
                  let product = (-1.0 - x) * -x * (1.0 - x) * (2.0 - x)
                  sum <- sum + product * product

              sum / float atoms ]
        |> List.sum
        |> sqrt

    /// The parameters for charges of which the sum of squares is given, at fractions of the cell [n, 3] with lattice
    /// vectors of `lengths` (Å) and a volume (Å³), for an accuracy (1e-3 in the tutorial), with a cut-off of its own or
    /// a given one.
    let search
        (squares: float)
        (lengths: float[])
        (volume: float)
        (fractions: float[])
        (accuracy: float)
        (cutoff: float option)
        : TutorialParameters =
        let half = 0.5 * Array.min lengths
        let count = float (fractions.Length / 3)
        let prefactor = 2.0 * squares / sqrt count
        let p = float nodes
        let smearing = half / 5.0

        // The derivatives of erfc(r/√2σ)/r.
        let complement s r =
            let x = r / (sqrt 2.0 * s)
            let gaussian = exp (-x * x)
            let value = Noether.Kernels.ExponentialIntegral.Evaluate(0.5, x * x) * x / sqrt Math.PI / r
            value, -value / r - sqrt (2.0 / Math.PI) * gaussian / (s * r), sqrt (2.0 / Math.PI) * gaussian / (s * s)

        let start, left =
            match cutoff with
            | Some given -> given, 0.0
            | None ->
                let x = [| half |]
                let step = adam 1
                let mutable left = 0.0
                let mutable go = true
                let mutable steps = 0

                while go && steps < 1000 do
                    let value, byCutoff, bySmearing = complement smearing x[0]
                    let rest = value - accuracy
                    left <- left + 2.0 * rest * bySmearing
                    step x [| 2.0 * rest * byCutoff |]
                    steps <- steps + 1
                    go <- rest * rest > accuracy

                x[0], left

        let x = [| smearing; 1.0; 1.0; 1.0; start |]
        let step = adam 5
        let mutable left = left
        let mutable steps = 0
        let mutable go = true

        while go && steps < 50000 do
            let s, r = x[0], x[4]
            let h = x[1] ** (-1.0 / 3.0) * x[2] ** (-1.0 / 3.0) * x[3] ** (-1.0 / 3.0)
            let product = nodeProducts fractions x[1..3]
            let alpha = 1.0 / (sqrt 2.0 * s)

            let far =
                prefactor * Math.PI ** 0.25 * sqrt (6.0 * alpha / (2.0 * p + 1.0)) / volume ** (2.0 / 3.0)
                * (sqrt 2.0 * h / s) ** p
                / 24.0
                * exp (0.5 * p * (log (0.5 * p) - 1.0))
                * product

            let near = prefactor / sqrt (r * volume) * exp (-r * r / (2.0 * s * s))
            let loss = sqrt (far * far + near * near)
            let byFar, byNear = far / loss, near / loss
            let bySmearing = byFar * far * (-p - 0.5) / s + byNear * near * r * r / (s * s * s)
            let byPoint c = -byFar * far * p / (3.0 * x[c])
            let byCutoff = byNear * near * (-0.5 / r - r / (s * s))
            let gradient = [| bySmearing + left; byPoint 1; byPoint 2; byPoint 3; byCutoff |]
            left <- 0.0
            let kept = x[4]
            step x gradient

            if cutoff.IsSome then x[4] <- kept

            steps <- steps + 1
            go <- loss > accuracy

        { Smearing = x[0]
          MeshSpacing = Array.min (Array.init 3 (fun c -> lengths[c] / x[c + 1]))
          Nodes = nodes
          Cutoff = x[4]
          Steps = steps }
