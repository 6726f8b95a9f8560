module Noether.Tests.SphericalHarmonicsTests

open System
open System.Numerics
open Expecto
open Noether.Equivariance
open Noether.Kernels
open Noether.Tests.Recorded

let private evaluate lmax (xyz: float array) =
    let y = Array.zeroCreate<float>(xyz.Length / 3 * (lmax + 1) * (lmax + 1))
    SolidHarmonics.EvaluateInto(lmax, ReadOnlySpan xyz, Span y)
    y

let private evaluate32 lmax (xyz: float32 array) =
    let y = Array.zeroCreate<float32>(xyz.Length / 3 * (lmax + 1) * (lmax + 1))
    SolidHarmonics.EvaluateInto(lmax, ReadOnlySpan xyz, Span y)
    y

let private norm (v: float array) = sqrt (Array.sumBy (fun x -> x * x) v)

// The unit vector; the zero vector is left as it is.
let private unit v =
    let length = norm v

    if length = 0.0 then v else v |> Array.map (fun x -> x / length)

let private degree l (all: float array) = all[l * l .. l * l + 2 * l]

let private largest values = values |> Seq.map abs |> Seq.fold max 0.0

let private axes = [ Axis.X; Axis.Y; Axis.Z ]

let private normalizations =
    Map
        [ "component", HarmonicsNormalization.Component
          "norm", HarmonicsNormalization.Norm
          "integral", HarmonicsNormalization.Integral ]

// Rows: components of degree l; columns: x, y, z.
let private jacobianOfPolynomial l (v: float array) =
    if l = 0 then
        array2D [ [ 0.0; 0.0; 0.0 ] ]
    else
        let below = degree (l - 1) (evaluate (l - 1) v)

        Array2D.init (2 * l + 1) 3 (fun m a ->
            let d = SphericalHarmonics.gradient l axes[a]
            Seq.sum (Seq.mapi (fun k y -> d.Dense[m * d.Columns + k] * y) below))

// The chain rule through v/|v|, whose derivative at zero is taken as the identity.
let private jacobian normalize l v =
    let length = norm v

    if not normalize || length = 0.0 then
        jacobianOfPolynomial l v
    else
        let u = unit v
        let outer = jacobianOfPolynomial l u

        Array2D.init (2 * l + 1) 3 (fun m a ->
            let along = Seq.sum (seq { for b in 0..2 -> outer[m, b] * u[b] })
            (outer[m, a] - along * u[a]) / length)

/// The definition: r^l P_l^m by its explicit sum, times real or imaginary part of (z + ix)^m, normalised.
let private naive l m (v: float array) =
    let x, y, z = v[0], v[1], v[2]
    let order = abs m

    let factorial n = Seq.fold (fun product k -> product * float k) 1.0 (seq { 1..n })

    let legendre =
        seq {
            for k in 0 .. (l - order) / 2 do
                let sign = if k % 2 = 0 then 1.0 else -1.0

                sign * factorial (2 * l - 2 * k) / (factorial k * factorial (l - k) * factorial (l - 2 * k - order))
                * pown (x * x + y * y + z * z) k
                * pown y (l - 2 * k - order)
        }
        |> Seq.sum

    let azimuth = Seq.replicate order (Complex(z, x)) |> Seq.fold (*) Complex.One
    let ratio = factorial (l - order) / factorial (l + order) * float (2 * l + 1)

    legendre / pown 2.0 l
    * (if m = 0 then sqrt ratio else sqrt (2.0 * ratio))
    * (if m < 0 then azimuth.Imaginary else azimuth.Real)

let private product (a: ConstantMatrix) (b: ConstantMatrix) =
    Array2D.init a.Rows b.Columns (fun i j ->
        Seq.sum (seq { for k in 0 .. a.Columns - 1 -> a.Dense[i * a.Columns + k] * b.Dense[k * b.Columns + j] }))

[<Tests>]
let tests =
    testList
        "SphericalHarmonics"
        [ testCase "all harmonics of the reference, to degree 11" (fun () ->
              let data = reference "sh.json"
              let vectors = data |> get "vectors" |> items |> List.map numbers
              let cases = data |> get "values" |> items
              equal 6 cases.Length
              equal 11 (data |> get "lmax" |> integer)

              for case in cases do
                  let normalize = (get "normalize" case).GetBoolean()
                  let normalization = normalizations[case |> get "normalization" |> text]

                  for vector, expected in Seq.zip vectors (case |> get "values" |> items |> List.map numbers) do
                      let actual = evaluate 11 (if normalize then unit vector else vector)

                      for l in 0..11 do
                          let factor = SphericalHarmonics.factor normalization l
                          let expected = degree l expected
                          // The two algorithms of the reference program agree to 6e-14 of the largest term.
                          let tolerance = 1e-12 * largest expected

                          (expected, degree l actual)
                          ||> Array.iter2 (fun e a -> close $"degree {l} of {vector}" tolerance e (factor * a)))

          testCase "all Jacobians of the reference" (fun () ->
              let data = reference "sh.json"
              let vectors = data |> get "vectors" |> items |> List.map numbers

              for case in data |> get "jacobians" |> items do
                  equal "component" (case |> get "normalization" |> text)
                  equal 4 (case |> get "lmax" |> integer)
                  let normalize = (get "normalize" case).GetBoolean()

                  for vector, expected in Seq.zip vectors (case |> get "jacobian" |> items) do
                      let expected = expected |> items |> List.map numbers |> Array.ofList
                      equal 25 expected.Length

                      for l in 0..4 do
                          let expected = expected[l * l .. l * l + 2 * l]
                          let actual = jacobian normalize l vector
                          // As for the values; the scale is the largest derivative of the degree.
                          let tolerance = 1e-12 * largest (Seq.concat expected)

                          expected
                          |> Array.iteri (fun m row ->
                              row |> Array.iteri (fun a e -> close $"degree {l} of {vector}" tolerance e actual[m, a])))

          testCase "the values printed in the specification" (fun () ->
              let y = evaluate 3 (unit [| 0.3; -0.5; 0.8 |])

              let expected =
                  [ 0.9484857174
                    -0.5928035734
                    -0.2623957321
                    -1.5808095291
                    1.0868065512
                    1.1836471578
                    -1.2674673539
                    0.1352728248
                    1.1522232113
                    0.3607275328
                    -1.4523063430
                    0.6381777026 ]

              // Ten decimals were printed.
              Seq.iter2 (close "printed" 6e-11) expected y[4..])

          propertyFrom "the polynomials of degree 0 to 3" 21UL (fun seed ->
              let v = randoms seed 3
              let x, y, z = v[0], v[1], v[2]
              let xx, yy, zz = x * x, y * y, z * z

              let expected =
                  [ 1.0
                    sqrt 3.0 * x
                    sqrt 3.0 * y
                    sqrt 3.0 * z
                    sqrt 15.0 * x * z
                    sqrt 15.0 * x * y
                    sqrt 5.0 * (yy - 0.5 * (xx + zz))
                    sqrt 15.0 * y * z
                    sqrt 15.0 / 2.0 * (zz - xx)
                    sqrt 70.0 / 4.0 * x * (3.0 * zz - xx)
                    sqrt 105.0 * x * y * z
                    sqrt 42.0 / 4.0 * x * (4.0 * yy - xx - zz)
                    sqrt 7.0 / 2.0 * y * (2.0 * yy - 3.0 * xx - 3.0 * zz)
                    sqrt 42.0 / 4.0 * z * (4.0 * yy - xx - zz)
                    sqrt 105.0 / 2.0 * y * (zz - xx)
                    sqrt 70.0 / 4.0 * z * (zz - 3.0 * xx) ]

              // A few roundings of numbers below 30.
              Seq.iter2 (close "polynomial" 2e-14) expected (evaluate 3 v))

          propertyFrom "the recurrence agrees with the definition" 22UL (fun seed ->
              let v = direction seed
              let y = evaluate 11 v

              for l in 0..11 do
                  for m in -l .. l do
                      // The alternating sum of the definition has terms up to 2.5^l times the result.
                      close $"({l}, {m})" (1e-14 * pown 2.5 l) (naive l m v) y[l * l + l + m])

          propertyFrom "the addition theorem holds to the highest degree" 23UL (fun seed ->
              let u, v = direction seed, direction (seed + 1)
              let a, b = evaluate SolidHarmonics.MaxDegree u, evaluate SolidHarmonics.MaxDegree v
              let t = Array.sum (Array.map2 (*) u v)
              let mutable below = 0.0
              let mutable legendre = 1.0

              for l in 0 .. SolidHarmonics.MaxDegree do
                  let product = Array.sum (Array.map2 (*) (degree l a) (degree l b))
                  let squares = Array.sumBy (fun x -> x * x) (degree l a)
                  // Rounding grows with the number of steps and of terms.
                  let tolerance = 1e-15 * float ((l + 2) * (2 * l + 1))
                  close $"addition theorem, degree {l}" tolerance (float (2 * l + 1) * legendre) product
                  close $"sum of squares, degree {l}" tolerance (float (2 * l + 1)) squares
                  let next = (float (2 * l + 1) * t * legendre - float l * below) / float (l + 1)
                  below <- legendre
                  legendre <- next)

          testCase "the zero vector gives 1 and zeros" (fun () ->
              equal (Array.init 144 (fun k -> if k = 0 then 1.0 else 0.0)) (evaluate 11 [| 0.0; 0.0; 0.0 |]))

          testCase "single precision agrees with double" (fun () ->
              let xyz = Seq.collect direction [ 1..50 ] |> Array.ofSeq
              let exact = evaluate 11 xyz
              let single = evaluate32 11 (Array.map float32 xyz)
              // Eleven steps of a recurrence and the rounded input, at 6e-8 each, on numbers up to √23.
              Array.iter2 (fun e (a: float32) -> close "float32" 2e-5 e (float a)) exact single)

          testCase "a vector's harmonics do not depend on its place in the batch" (fun () ->
              let lmax = 4
              let columns = (lmax + 1) * (lmax + 1)

              for width, evaluateBatch in
                  [ Vector<float>.Count, evaluate lmax
                    Vector<float32>.Count, (fun xyz -> evaluate32 lmax (Array.map float32 xyz) |> Array.map float) ] do
                  for n in [ 0; 1; width - 1; width; width + 1; 8 * width + 3 ] do
                      let xyz = randoms n (3 * n)
                      let batch = evaluateBatch xyz
                      equal (n * columns) batch.Length

                      for i in 0 .. n - 1 do
                          // The same operations in the same order: equal to the last bit.
                          let alone = evaluateBatch xyz[3 * i .. 3 * i + 2]
                          equal alone batch[i * columns .. (i + 1) * columns - 1])

          testCase "a lower degree gives the beginning of a higher one" (fun () ->
              let v = direction 5
              let all = evaluate SolidHarmonics.MaxDegree v

              for lmax in 0 .. SolidHarmonics.MaxDegree do
                  equal all[.. (lmax + 1) * (lmax + 1) - 1] (evaluate lmax v))

          testCase "derivatives commute and the Laplacian vanishes" (fun () ->
              for l in 2..24 do
                  let d axis l = SphericalHarmonics.gradient l axis
                  let second a b = product (d a l) (d b (l - 1))
                  // Elements are below 2l², and differ by roundings of a handful of square roots.
                  let tolerance = 1e-15 * float (4 * l * l)

                  let worst combine = Seq.cast<float>(Array2D.init (2 * l + 1) (2 * l - 3) combine) |> largest

                  for a, b in [ Axis.X, Axis.Y; Axis.Y, Axis.Z; Axis.Z, Axis.X ] do
                      let ab, ba = second a b, second b a
                      close $"commutator, degree {l}" tolerance 0.0 (worst (fun i j -> ab[i, j] - ba[i, j]))

                  let xx, yy, zz = second Axis.X Axis.X, second Axis.Y Axis.Y, second Axis.Z Axis.Z
                  close $"Laplacian, degree {l}" tolerance 0.0 (worst (fun i j -> xx[i, j] + yy[i, j] + zz[i, j])))

          propertyFrom "Euler: a polynomial of degree l is its gradient times the vector, by l" 24UL (fun seed ->
              let v = randoms seed 3
              let y = evaluate 24 v

              for l in 1..24 do
                  let gradient = jacobianOfPolynomial l v

                  for m in 0 .. 2 * l do
                      let along = Seq.sum (seq { for a in 0..2 -> gradient[m, a] * v[a] })
                      // |v| reaches √3, and R_l with it 3^(l/2).
                      let tolerance = 1e-14 * float l * pown (max 1.0 (norm v)) l * sqrt (float (2 * l + 1))

                      close $"degree {l}" tolerance (float l * y[l * l + m]) along)

          testCase "the gradient is the limit of differences" (fun () ->
              let v, h = direction 7, 1e-5

              for l in 1..11 do
                  let gradient = jacobianOfPolynomial l v

                  for a in 0..2 do
                      let shifted step =
                          degree l (evaluate l (Array.mapi (fun b x -> if a = b then x + step else x) v))

                      let forward, backward = shifted h, shifted -h

                      for m in 0 .. 2 * l do
                          // h² times a third derivative of size l³√(2l+1), and rounding over h.
                          let tolerance = (1e-10 * float (l * l * l) + 1e-10) * sqrt (float (2 * l + 1))
                          close $"degree {l}" tolerance gradient[m, a] ((forward[m] - backward[m]) / (2.0 * h)))

          testCase "the stacked gradient holds the matrices of all degrees" (fun () ->
              for lmax in 0..5 do
                  for axis in axes do
                      let stacked = SphericalHarmonics.stackedGradient lmax axis
                      equal ((lmax + 1) * (lmax + 1)) stacked.Rows
                      equal (max 1 (lmax * lmax)) stacked.Columns
                      let expected = Array.zeroCreate<float>(stacked.Rows * stacked.Columns)

                      for l in 1..lmax do
                          let block = SphericalHarmonics.gradient l axis

                          for entry in block.Entries do
                              expected[(l * l + entry.Row) * stacked.Columns + (l - 1) * (l - 1) + entry.Column] <-
                                  entry.Value

                      equalSeq expected stacked.Dense
                      equal (Seq.length (Seq.filter (fun x -> x <> 0.0) expected)) stacked.Entries.Length

              equal "matrix 3 x 1, 1 elements" (string (SphericalHarmonics.gradient 1 Axis.X)))

          testCase "degrees and lengths are checked" (fun () ->
              let raises lmax coordinates results =
                  argumentMessage (fun () ->
                      let xyz, y = Array.zeroCreate<float> coordinates, Array.zeroCreate<float> results
                      SolidHarmonics.EvaluateInto(lmax, ReadOnlySpan xyz, Span y))

              contains "lmax ('-1')" (raises -1 3 1)
              contains "lmax ('25')" (raises 25 3 676)
              contains "4 coordinates and 4 results, expected 3n and 4n" (raises 1 4 4)
              contains "6 coordinates and 4 results, expected 3n and 4n" (raises 1 6 4)

              contains
                  "gradient: expected at least 1"
                  (argumentMessage (fun () -> SphericalHarmonics.gradient 0 Axis.X |> ignore))

              contains
                  "stackedGradient: expected at least 0"
                  (argumentMessage (fun () -> SphericalHarmonics.stackedGradient -1 Axis.X |> ignore))) ]
