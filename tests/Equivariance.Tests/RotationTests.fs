module Noether.Tests.RotationTests

open System
open System.Text.Json
open Expecto
open Noether.AutoDiff
open Noether.Equivariance
open Noether.Kernels
open Noether.Tests.FeatureChecks
open Noether.Tests.Recorded

let private data = lazy (reference "wigner.json")

let private matrixOf (r: Rotation) =
    let m = Rotation.toMatrix r

    [| for i in 0..2 do
           for j in 0..2 -> m[i, j] |]

let private sameRotation what tolerance (expected: Rotation) (actual: Rotation) =
    closeAll what tolerance (matrixOf expected) (matrixOf actual)

let private ofAngles (element: Entry) =
    let a = numbers element
    Rotation.ofAngles a[0] a[1] a[2]

let private ofQuaternion (element: Entry) =
    let q = numbers element
    Rotation.ofQuaternion q[0] q[1] q[2] q[3]

let private ofMatrix (element: Entry) =
    let m = Array.ofList (deep element)
    Rotation.ofMatrix (Array2D.init 3 3 (fun i j -> m[3 * i + j]))

let private ofAxisAngle (element: Entry) =
    match items element with
    | [ axis; angle ] -> Rotation.ofAxisAngle (numbers axis) (number angle)
    | _ -> failwith "an axis and an angle were expected"

// Quaternions of the reference were made from cosines near 1, which costs half the digits of small angles; its angles
// of a half turn come from an arc cosine at −1, likewise. Elsewhere roundings of sines and cosines add up.
let private tolerance = 1e-14

let private rotations () =
    data.Value
    |> get "rotations"
    |> items
    |> List.map (fun entry -> entry, ofAngles (get "angles_alpha_beta_gamma" entry))

[<Tests>]
let tests =
    testList
        "Rotation"
        [ testCase "all representations of the reference are the same rotation" (fun () ->
              for entry, r in rotations () do
                  let same name parse = sameRotation name tolerance r (parse (get name entry))
                  closeAll "matrix" tolerance (entry |> get "matrix" |> deep |> Array.ofList) (matrixOf r)
                  same "matrix" ofMatrix
                  same "quaternion_wxyz" ofQuaternion
                  same "log_coordinates" (numbers >> Rotation.ofLog)

                  sameRotation
                      "axis and angle"
                      tolerance
                      r
                      (Rotation.ofAxisAngle (numbers (get "axis" entry)) (number (get "angle" entry)))

                  close "angle" 3e-8 (number (get "rotation_angle" entry)) (Rotation.angle r)
                  close "angle" 1e-14 (number (get "angle" entry)) (Rotation.angle r)

                  for source in [ "back_from_matrix"; "back_from_quaternion"; "back_from_axis_angle"; "back_from_log" ] do
                      let back = get source entry

                      for name, parse in
                          [ "matrix", ofMatrix
                            "angles", ofAngles
                            "quaternion", ofQuaternion
                            "axis_angle", ofAxisAngle ] do
                          match back.TryGetProperty(name: string) with
                          | true, value -> sameRotation $"{source} {name}" 1e-13 r (parse value)
                          | _ -> ())

          testCase "what comes out of a conversion goes back in" (fun () ->
              let near = [ 0.0; 1e-9; 1e-4; Math.PI - 1e-9; Math.PI ]

              let axes = [ [| 1.0; 0.0; 0.0 |]; [| 0.0; -1.0; 0.0 |]; [| 0.6; 0.0; -0.8 |]; direction 3 ]

              let all =
                  [ for seed in 1UL .. 50UL -> Rotation.random (RandomKey.FromSeed seed) ]
                  @ [ for angle, axis in List.allPairs near axes -> Rotation.ofAxisAngle axis angle ]
                  @ [ for beta in near -> Rotation.ofAngles 0.4 beta -1.3 ]

              for r in all do
                  // Some sines, cosines and roots of numbers of size one.
                  let same what = sameRotation what 2e-15 r
                  same "matrix" (Rotation.ofMatrix (Rotation.toMatrix r))
                  let struct (w, x, y, z) = Rotation.toQuaternion r
                  isTrue (w >= 0.0)
                  same "quaternion" (Rotation.ofQuaternion w x y z)
                  let struct (alpha, beta, gamma) = Rotation.toAngles r
                  isTrue (0.0 <= beta && beta <= Math.PI && abs alpha <= Math.PI && abs gamma <= Math.PI)
                  same "angles" (Rotation.ofAngles alpha beta gamma)
                  let struct (axis, angle) = Rotation.toAxisAngle r
                  same "axis and angle" (Rotation.ofAxisAngle axis angle)
                  same "logarithm" (Rotation.ofLog (Rotation.toLog r))
                  same "inverse" (Rotation.inverse (Rotation.inverse r))
                  sameRotation "product" 2e-15 Rotation.identity (Rotation.compose r (Rotation.inverse r))
                  same "opposite quaternion" (Rotation.ofQuaternion -w -x -y -z)
                  equal r r)

          testCase "Euler angles of a rotation in general position are its own" (fun () ->
              let struct (a, b, c) = Rotation.toAngles (Rotation.ofAngles 0.3 1.1 -0.7)
              closeAll "angles" 1e-15 [| 0.3; 1.1; -0.7 |] [| a; b; c |])

          testCase "products and inverses are those of the reference" (fun () ->
              let rotations = rotations () |> List.map snd |> Array.ofList

              for entry in data.Value |> get "compose" |> items do
                  let first, second = rotations[integer (get "first" entry)], rotations[integer (get "second" entry)]
                  let product = Rotation.compose first second
                  sameRotation "angles" tolerance product (ofAngles (get "angles" entry))
                  sameRotation "quaternion" tolerance product (ofQuaternion (get "quaternion" entry))
                  sameRotation "axis and angle" 1e-13 product (ofAxisAngle (get "axis_angle" entry))

                  sameRotation
                      "inverse"
                      tolerance
                      (Rotation.inverse first)
                      (ofAngles (get "inverse_angles_of_first" entry))

                  close
                      "angle between"
                      1e-13
                      (number (get "rotation_angle_between" entry))
                      (Rotation.angleBetween first second)

                  let v = direction 5
                  closeAll "applied" 2e-15 (Rotation.apply product v) (Rotation.apply first (Rotation.apply second v))

              let expected = data.Value |> get "matrix_x_y_z_0_7" |> items |> List.map (deep >> Array.ofList)

              for axis, expected in List.zip [ Axis.X; Axis.Y; Axis.Z ] expected do
                  closeAll $"about {axis}" 1e-15 expected (matrixOf (Rotation.about axis 0.7)))

          testCase "directions and their angles are those of the reference" (fun () ->
              let entry = data.Value |> get "xyz_to_angles"
              let alphas, betas = entry |> get "alpha" |> numbers, entry |> get "beta" |> numbers

              for i, v in entry |> get "xyz" |> items |> List.map numbers |> List.indexed do
                  let struct (alpha, beta) = Rotation.directionAngles v
                  close $"α of {v}" 1e-15 alphas[i] alpha
                  close $"β of {v}" 1e-15 betas[i] beta
                  let length = sqrt (Array.sumBy (fun x -> x * x) v)
                  closeAll "direction" 1e-15 (v |> Array.map (fun x -> x / length)) (Rotation.direction alpha beta)

              let entry = data.Value |> get "angles_to_xyz"

              for (alpha, beta), expected in
                  Seq.zip
                      (Seq.zip (entry |> get "alpha" |> numbers) (entry |> get "beta" |> numbers))
                      (entry |> get "xyz" |> items |> List.map numbers) do
                  closeAll "direction" 1e-15 expected (Rotation.direction alpha beta)

              equal (struct (0.0, 0.5 * Math.PI)) (Rotation.directionAngles [| 0.0; 0.0; 0.0 |]))

          testCase "Wigner matrices are those of the reference" (fun () ->
              for entry, r in rotations () do
                  for l in 0..6 do
                      let expected = entry |> get "D" |> get (string l) |> deep |> Array.ofList
                      closeAll $"D of degree {l}" 1e-12 expected (Tensor.toArray (Wigner.ofRotation l r))

                  // By way of the other representations.
                  for name, turned in
                      [ "D_from_matrix_l3", ofMatrix (get "matrix" entry)
                        "D_from_quaternion_l3", ofQuaternion (get "quaternion_wxyz" entry) ] do
                      closeAll name 1e-12 (entry |> get name |> deep) (Tensor.toArray (Wigner.ofRotation 3 turned))

                  let matrix = Tensor.ofArray [| 3; 3 |] (entry |> get "matrix" |> deep |> Array.ofList)
                  let ofMatrix = Wigner.ofMatrix 3 matrix |> Tensor.toArray
                  closeAll "matrix" 1e-12 (entry |> get "D_from_matrix_l3" |> deep) ofMatrix
                  let inverted = Wigner.ofIrreps r true (Irreps.ofString "3o")

                  closeAll
                      "3o"
                      1e-12
                      (entry |> get "D_3o_with_parity_k1" |> deep |> Array.ofList)
                      (Tensor.toArray inverted)

              let entry = data.Value |> get "irreps_D_from_angles"
              let irreps = entry |> get "irreps" |> text |> Irreps.ofString
              let matrix = Wigner.ofIrreps (ofAngles (get "angles" entry)) (integer (get "k" entry) = 1) irreps
              closeAll "irreps" 1e-14 (entry |> get "D" |> deep |> Array.ofList) (Tensor.toArray matrix))

          testCase "generators are those of the reference" (fun () ->
              for l in 1..4 do
                  let expected = data.Value |> get "generators" |> get (string l) |> deep |> Array.ofList
                  closeAll $"generators of degree {l}" 1e-13 expected (Tensor.toArray (Wigner.generators l))

              equal [| 0.0; 0.0; 0.0 |] (Tensor.toArray (Wigner.generators 0)))

          testCase "Wigner matrices to degree 11 are orthogonal, multiply like rotations and turn harmonics" (fun () ->
              let harmonics (v: float[]) =
                  let y = Array.zeroCreate<float> 144
                  SolidHarmonics.EvaluateInto(11, ReadOnlySpan v, Span y)
                  y

              for seed in 1UL .. 5UL do
                  let r, s =
                      Rotation.random (RandomKey.FromSeed seed), Rotation.random (RandomKey.FromSeed(seed + 100UL))

                  let matrix (r: Rotation) = Tensor.ofArray [| 3; 3 |] (matrixOf r)
                  let ofR, ofS = Wigner.upTo 11 (matrix r), Wigner.upTo 11 (matrix s)
                  let ofProduct = Wigner.upTo 11 (matrix (Rotation.compose r s))
                  let v = direction (int seed)
                  let before, after = harmonics v, harmonics (Rotation.apply r v)

                  for l in 0..11 do
                      let size = 2 * l + 1
                      let unit' = Tensor.matmulTransposed false true ofR[l] ofR[l]
                      closeAll $"orthogonal, {l}" 1e-13 (Tensor.toArray (Tensor.eye size)) (Tensor.toArray unit')
                      let product = Tensor.matmul ofR[l] ofS[l]
                      closeAll $"product, {l}" 1e-13 (Tensor.toArray ofProduct[l]) (Tensor.toArray product)
                      let turned = Tensor.matmul ofR[l] (Tensor.vector before[l * l .. l * l + 2 * l])
                      // Harmonics reach √(2l+1).
                      closeAll $"harmonics, {l}" 1e-12 after[l * l .. l * l + 2 * l] (Tensor.toArray turned))

          testCase "generators are the derivatives of the matrices" (fun () ->
              for l in 0..6 do
                  for axis, a in [ Axis.X, 0; Axis.Y, 1; Axis.Z, 2 ] do
                      // The rotation about the axis to first order is I + θ X¹.
                      let direction = Tensor.slice 0 a (a + 1) (Wigner.generators 1) |> Tensor.reshape [| 3; 3 |]
                      let _, tangent = Diff.jvp (Wigner.ofMatrix l) (Tensor.eye 3) direction
                      let expected = Tensor.slice 0 a (a + 1) (Wigner.generators l)
                      closeAll $"{axis}, {l}" 1e-13 (Tensor.toArray expected) (Tensor.toArray tangent))

          testCase "derivatives of Wigner matrices obey the laws" (fun () ->
              let matrix = Tensor.ofArray [| 3; 3 |] (matrixOf (Rotation.random (RandomKey.FromSeed 4UL)))

              Check.runWith
                  { Check.settings Float64 with Order = 2 }
                  (RandomKey.FromSeed 5UL)
                  (fun xs -> Wigner.ofMatrix 3 xs[0])
                  [| matrix |]
              |> Check.orFail "Wigner"
              |> ignore)

          testCase "the map to the polar axis z gives the standard harmonics" (fun () ->
              let v = direction 9
              let x, y, z = v[0], v[1], v[2]
              let y11 = Array.zeroCreate<float> 16
              SolidHarmonics.EvaluateInto(3, ReadOnlySpan v, Span y11)

              // The real harmonics of the textbooks, m = −l … l, times √4π.
              let standard =
                  [ [ 1.0 ]
                    [ for c in [ y; z; x ] -> sqrt 3.0 * c ]
                    [ sqrt 15.0 * x * y
                      sqrt 15.0 * y * z
                      0.5 * sqrt 5.0 * (3.0 * z * z - 1.0)
                      sqrt 15.0 * z * x
                      0.5 * sqrt 15.0 * (x * x - y * y) ]
                    [ 0.25 * sqrt 70.0 * y * (3.0 * x * x - y * y)
                      sqrt 105.0 * x * y * z
                      0.25 * sqrt 42.0 * y * (5.0 * z * z - 1.0)
                      0.5 * sqrt 7.0 * z * (5.0 * z * z - 3.0)
                      0.25 * sqrt 42.0 * x * (5.0 * z * z - 1.0)
                      0.5 * sqrt 105.0 * z * (x * x - y * y)
                      0.25 * sqrt 70.0 * x * (x * x - 3.0 * y * y) ] ]

              for l, expected in List.indexed standard do
                  let map = Wigner.toPolarZ l
                  let ours = Tensor.vector y11[l * l .. l * l + 2 * l]
                  closeAll $"degree {l}" 5e-15 (Array.ofList expected) (Tensor.toArray (Tensor.matmul map ours))

              for l in 0..11 do
                  let map = Wigner.toPolarZ l
                  let back = Tensor.matmulTransposed true false map map
                  closeAll $"there and back, {l}" 1e-13 (Tensor.toArray (Tensor.eye (2 * l + 1))) (Tensor.toArray back))

          testCase "random rotations are spread evenly" (fun () ->
              let count = 4000
              let sum = Array.zeroCreate<float> 9

              for seed in 1..count do
                  matrixOf (Rotation.random (RandomKey.FromSeed(uint64 seed)))
                  |> Array.iteri (fun i m -> sum[i] <- sum[i] + m)

              // Elements have variance ⅓: five standard deviations of their means.
              closeAll
                  "mean matrix"
                  (5.0 / sqrt (3.0 * float count))
                  (Array.zeroCreate 9)
                  (sum |> Array.map (fun s -> s / float count)))

          testCase "what is no rotation is refused" (fun () ->
              let refused (part: string) (f: unit -> Rotation) =
                  contains part (argumentMessage (fun () -> f () |> ignore))

              refused "the quaternion is (0; 0, 0, 0)" (fun () -> Rotation.ofQuaternion 0.0 0.0 0.0 0.0)
              refused "expected a finite one" (fun () -> Rotation.ofQuaternion nan 0.0 0.0 1.0)
              refused "the axis is zero for the angle 1" (fun () -> Rotation.ofAxisAngle [| 0.0; 0.0; 0.0 |] 1.0)
              refused "expected three finite numbers" (fun () -> Rotation.ofLog [| 0.0; infinity; 0.0 |])
              refused "the matrix is 2 by 3" (fun () -> Rotation.ofMatrix (Array2D.zeroCreate 2 3))

              refused "the determinant is -1" (fun () ->
                  Rotation.ofMatrix (Array2D.init 3 3 (fun i j -> if i = j then -1.0 else 0.0)))

              refused "R Rᵀ is off by 3" (fun () ->
                  Rotation.ofMatrix (Array2D.init 3 3 (fun i j -> if i = j then 2.0 else 0.0)))

              let wrong = raises<TensorException>(fun () -> Wigner.ofMatrix 2 (Tensor.eye 2) |> ignore)
              contains "expected [3, 3]" wrong.Message

              contains
                  "Wigner.generators: expected at least 0"
                  (argumentMessage (fun () -> Wigner.generators -1 |> ignore))) ]
