namespace Noether.Equivariance

open System
open Noether.Kernels

/// A proper rotation of space, kept as a unit quaternion. All conversions act on column vectors (x, y, z); composition
/// is the product of matrices, and angles are in radians. The Euler angles are those of e3nn: R = Ry(α) Rx(β) Ry(γ),
/// for the polar axis of its harmonics is y.
[<CustomEquality; NoComparison; StructuredFormatDisplay("{AsText}")>]
type Rotation =
    private
        { W: float
          X: float
          Y: float
          Z: float }

    /// The quaternion as text.
    member r.AsText = $"rotation ({r.W:R}; {r.X:R}, {r.Y:R}, {r.Z:R})"

    /// The quaternion as text.
    override r.ToString() = r.AsText

    /// Equal quaternions up to their common sign, bit by bit.
    override r.Equals other =
        match other with
        | :? Rotation as s ->
            let same sign = r.W = sign * s.W && r.X = sign * s.X && r.Y = sign * s.Y && r.Z = sign * s.Z
            same 1.0 || same -1.0
        | _ -> false

    /// A hash that the sign of the quaternion does not change.
    override r.GetHashCode() = HashCode.Combine(abs r.W, abs r.X, abs r.Y, abs r.Z)

/// Making, converting and composing rotations.
[<RequireQualifiedAccess>]
module Rotation =
    let private fail operation found expected =
        raise (ArgumentException $"Rotation.{operation}: {found}, expected {expected}.")

    // Rescaled before squaring, so that no length over- or underflows.
    let private length (v: float[]) =
        let largest = v |> Array.map abs |> Array.max

        if largest = 0.0 || not (Double.IsFinite largest) then
            largest
        else
            largest * sqrt (Array.sumBy (fun x -> (x / largest) * (x / largest)) v)

    let private vector operation (v: float[]) =
        if v.Length <> 3 || not (Array.forall Double.IsFinite v) then
            let found = v |> Array.map (fun x -> x.ToString "R") |> String.concat ", "
            fail operation $"the vector is ({found})" "three finite numbers"

    /// No rotation.
    let identity = { W = 1.0; X = 0.0; Y = 0.0; Z = 0.0 }

    /// From a quaternion (w, x, y, z), which is normalised; q and −q are the same rotation. ArgumentException where it
    /// is zero or not finite.
    let ofQuaternion (w: float) (x: float) (y: float) (z: float) =
        let n = length [| w; x; y; z |]

        if not (Double.IsFinite n && n > 0.0) then
            fail "ofQuaternion" $"the quaternion is ({w:R}; {x:R}, {y:R}, {z:R})" "a finite one that is not zero"

        { W = w / n; X = x / n; Y = y / n; Z = z / n }

    /// The unit quaternion (w, x, y, z) with w ≥ 0.
    let toQuaternion r : struct (float * float * float * float) =
        if r.W < 0.0 then struct (-r.W, -r.X, -r.Y, -r.Z) else struct (r.W, r.X, r.Y, r.Z)

    /// The rotation by `second`, then by `first`: the product of their matrices in this order.
    let compose first second =
        let a, b = first, second

        ofQuaternion
            (a.W * b.W - a.X * b.X - a.Y * b.Y - a.Z * b.Z)
            (a.W * b.X + a.X * b.W + a.Y * b.Z - a.Z * b.Y)
            (a.W * b.Y + a.Y * b.W + a.Z * b.X - a.X * b.Z)
            (a.W * b.Z + a.Z * b.W + a.X * b.Y - a.Y * b.X)

    /// The opposite rotation.
    let inverse r = { r with X = -r.X; Y = -r.Y; Z = -r.Z }

    /// By an angle about a coordinate axis, right-handed.
    let about axis (angle: float) =
        let c, s = cos (0.5 * angle), sin (0.5 * angle)

        match axis with
        | Axis.X -> ofQuaternion c s 0.0 0.0
        | Axis.Y -> ofQuaternion c 0.0 s 0.0
        | Axis.Z -> ofQuaternion c 0.0 0.0 s

    /// By Euler angles, R = Ry(α) Rx(β) Ry(γ).
    let ofAngles alpha beta gamma = compose (about Axis.Y alpha) (compose (about Axis.X beta) (about Axis.Y gamma))

    let private wrap (angle: float) = Math.IEEERemainder(angle, 2.0 * Math.PI)

    /// Euler angles (α, β, γ) with β in [0, π], α and γ in [−π, π]. At β = 0 or π only α ± γ is determined; both get an
    /// equal share of it.
    let toAngles r : struct (float * float * float) =
        // The quaternion is (cos β/2 cos σ; sin β/2 cos δ, cos β/2 sin σ, −sin β/2 sin δ), σ, δ = (α ± γ)/2.
        let sum, difference = atan2 r.Y r.W, atan2 -r.Z r.X
        let beta = 2.0 * atan2 (length [| r.X; r.Z |]) (length [| r.W; r.Y |])
        struct (wrap (sum + difference), beta, wrap (sum - difference))

    /// By an angle about an axis (any length but 0), right-handed. ArgumentException where the axis is not three finite
    /// numbers or is zero while the angle is not.
    let ofAxisAngle (axis: float[]) (angle: float) =
        vector "ofAxisAngle" axis
        let n = length axis

        if angle = 0.0 then
            identity
        elif n = 0.0 then
            fail "ofAxisAngle" $"the axis is zero for the angle {angle:R}" "a direction"
        else
            let s = sin (0.5 * angle)
            ofQuaternion (cos (0.5 * angle)) (s * (axis[0] / n)) (s * (axis[1] / n)) (s * (axis[2] / n))

    /// The angle, in [0, π].
    let angle r = 2.0 * atan2 (length [| r.X; r.Y; r.Z |]) (abs r.W)

    /// The unit axis and the angle in [0, π]; the axis of no rotation is zero.
    let toAxisAngle r : struct (float[] * float) =
        let struct (_, x, y, z) = toQuaternion r
        let n = length [| x; y; z |]
        struct ((if n = 0.0 then [| 0.0; 0.0; 0.0 |] else [| x / n; y / n; z / n |]), angle r)

    /// From logarithmic coordinates, axis times angle. ArgumentException unless three finite numbers.
    let ofLog (v: float[]) =
        vector "ofLog" v
        ofAxisAngle v (length v)

    /// Logarithmic coordinates: the axis times the angle, of length at most π.
    let toLog r =
        let struct (axis, angle) = toAxisAngle r
        axis |> Array.map (fun x -> x * angle)

    /// The 3×3 matrix that takes column vectors into rotated ones.
    let toMatrix r =
        let w, x, y, z = r.W, r.X, r.Y, r.Z

        array2D
            [ [ w * w + x * x - y * y - z * z; 2.0 * (x * y - w * z); 2.0 * (x * z + w * y) ]
              [ 2.0 * (x * y + w * z); w * w - x * x + y * y - z * z; 2.0 * (y * z - w * x) ]
              [ 2.0 * (x * z - w * y); 2.0 * (y * z + w * x); w * w - x * x - y * y + z * z ] ]

    /// From a 3×3 matrix (the quaternion's largest component first: S. W. Shepperd, J. Guidance and Control 1, 223
    /// (1978)). ArgumentException unless it is orthogonal to 1e-6 and has determinant 1.
    let ofMatrix (m: float[,]) =
        if m.GetLength 0 <> 3 || m.GetLength 1 <> 3 then
            fail "ofMatrix" $"the matrix is {m.GetLength 0} by {m.GetLength 1}" "3 by 3"

        let product i j = Seq.sum (seq { for k in 0..2 -> m[i, k] * m[j, k] })

        let off =
            Seq.max (
                seq {
                    for i in 0..2 do
                        for j in 0..2 -> abs (product i j - (if i = j then 1.0 else 0.0))
                }
            )

        let determinant =
            m[0, 0] * (m[1, 1] * m[2, 2] - m[1, 2] * m[2, 1]) - m[0, 1] * (m[1, 0] * m[2, 2] - m[1, 2] * m[2, 0])
            + m[0, 2] * (m[1, 0] * m[2, 1] - m[1, 1] * m[2, 0])

        // A rotation that was printed with seven digits passes; what is no rotation does not.
        if not (off < 1e-6 && determinant > 0.0) then
            fail
                "ofMatrix"
                $"R Rᵀ is off by {off:G3}, the determinant is {determinant:G6}"
                "an orthogonal matrix, det 1"

        let trace = m[0, 0] + m[1, 1] + m[2, 2]
        // Four times each product of the quaternion's components.
        let squares =
            [| 1.0 + trace; 1.0 + 2.0 * m[0, 0] - trace; 1.0 + 2.0 * m[1, 1] - trace; 1.0 + 2.0 * m[2, 2] - trace |]

        let wx, wy, wz = m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]
        let xy, xz, yz = m[0, 1] + m[1, 0], m[0, 2] + m[2, 0], m[1, 2] + m[2, 1]

        match Array.IndexOf(squares, Array.max squares) with
        | 0 -> ofQuaternion squares[0] wx wy wz
        | 1 -> ofQuaternion wx squares[1] xy xz
        | 2 -> ofQuaternion wy xy squares[2] yz
        | _ -> ofQuaternion wz xz yz squares[3]

    /// The rotated vector. ArgumentException unless three finite numbers.
    let apply r (v: float[]) =
        vector "apply" v
        let m = toMatrix r
        Array.init 3 (fun i -> m[i, 0] * v[0] + m[i, 1] * v[1] + m[i, 2] * v[2])

    /// The angle of the rotation that leads from one to another, in [0, π].
    let angleBetween first second = angle (compose (inverse first) second)

    /// A rotation drawn evenly from all (by four normal numbers: equal keys give equal rotations).
    let random (key: RandomKey) =
        let q = Array.zeroCreate<float> 4
        Threefry.Normal(key, Span q)
        ofQuaternion q[0] q[1] q[2] q[3]

    /// The unit vector at angle β from y, turned by α about it: (sin β sin α, cos β, sin β cos α).
    let direction (alpha: float) (beta: float) = [| sin beta * sin alpha; cos beta; sin beta * cos alpha |]

    /// The angles (α, β) of a direction of any length, β in [0, π]; α is 0 on the polar axis, and of the zero vector α
    /// is 0 and β is π/2. ArgumentException unless three finite numbers.
    let directionAngles (v: float[]) : struct (float * float) =
        vector "directionAngles" v
        let n = length v
        // The least shift away from −0, whose angle would be −π.
        let x, y, z = v[0] + 0.0, v[1], v[2] + 0.0

        if n = 0.0 then struct (0.0, 0.5 * Math.PI) else struct (atan2 x z, atan2 (length [| x; z |]) y)
