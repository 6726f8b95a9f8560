module Noether.Tests.ClebschGordanTests

open System.Numerics
open System.Threading.Tasks
open Expecto
open FsCheck
open FsCheck.FSharp
open Noether.Equivariance
open Noether.Kernels
open Noether.Tests.Recorded

let private coefficient (coupling: Coupling) i j k =
    coupling.Dense[(i * (2 * coupling.L2 + 1) + j) * (2 * coupling.L3 + 1) + k]

let private triples lmax =
    [ for l1 in 0..lmax do
          for l2 in 0..lmax do
              for l3 in abs (l1 - l2) .. min lmax (l1 + l2) -> l1, l2, l3 ]

let private forAllTriples lmax property = Prop.forAll (Arb.fromGen (Gen.elements (triples lmax))) property

/// The formula of the specification (van der Waerden's form of the sum), in plain double precision.
let private naiveComplex l1 m1 l2 m2 l3 m3 =
    let factorial n = Seq.fold (fun product k -> product * float k) 1.0 (seq { 1..n })

    if m1 + m2 <> m3 then
        0.0
    else
        let prefactor =
            float (2 * l3 + 1)
            * factorial (l3 + l1 - l2)
            * factorial (l3 - l1 + l2)
            * factorial (l1 + l2 - l3)
            * factorial (l3 + m3)
            * factorial (l3 - m3)
            / (factorial (l1 + l2 + l3 + 1)
               * factorial (l1 - m1)
               * factorial (l1 + m1)
               * factorial (l2 - m2)
               * factorial (l2 + m2))

        let terms =
            seq {
                for v in 0 .. l1 + l2 + l3 do
                    if l2 + l3 + m1 - v >= 0 && l3 - l1 + l2 - v >= 0 && l3 + m3 - v >= 0 && v + l1 - l2 - m3 >= 0 then
                        let sign = if (v + l2 + m2) % 2 = 0 then 1.0 else -1.0

                        sign * factorial (l2 + l3 + m1 - v) * factorial (l1 - m1 + v)
                        / (factorial v
                           * factorial (l3 - l1 + l2 - v)
                           * factorial (l3 + m3 - v)
                           * factorial (v + l1 - l2 - m3))
            }

        sqrt prefactor * Seq.sum terms

// Wigner matrices of degree 0 … lmax in the real basis, each from the one below by the coupling with degree 1, whose
// own matrix is the rotation of (x, y, z).
let private wigner lmax (rotation: float[,]) =
    let next (below: float[,]) l =
        let coupling = ClebschGordan.coupling (l - 1) 1 l
        let size = 2 * l + 1
        let matrix = Array2D.zeroCreate<float> size size

        for a in coupling.Entries do
            for b in coupling.Entries do
                matrix[a.K, b.K] <-
                    matrix[a.K, b.K] + float size * a.Value * b.Value * below[a.I, b.I] * rotation[a.J, b.J]

        matrix

    (array2D [ [ 1.0 ] ], [ 1..lmax ]) ||> List.scan next |> Array.ofList

let private rotation seed =
    // From a unit quaternion.
    let q = randoms seed 4
    let length = sqrt (Array.sumBy (fun x -> x * x) q)
    let w, x, y, z = q[0] / length, q[1] / length, q[2] / length, q[3] / length

    array2D
        [ [ 1.0 - 2.0 * (y * y + z * z); 2.0 * (x * y - w * z); 2.0 * (x * z + w * y) ]
          [ 2.0 * (x * y + w * z); 1.0 - 2.0 * (x * x + z * z); 2.0 * (y * z - w * x) ]
          [ 2.0 * (x * z - w * y); 2.0 * (y * z + w * x); 1.0 - 2.0 * (x * x + y * y) ] ]

let private apply (matrix: float[,]) (vector: float array) =
    Array.init (Array2D.length1 matrix) (fun i -> Seq.sum (Seq.mapi (fun j x -> matrix[i, j] * x) vector))

let private harmonics lmax (vector: float array) =
    let all = Array.zeroCreate<float>((lmax + 1) * (lmax + 1))
    SolidHarmonics.EvaluateInto(lmax, System.ReadOnlySpan vector, System.Span all)
    Array.init (lmax + 1) (fun l -> all[l * l .. l * l + 2 * l])

[<Tests>]
let tests =
    testList
        "ClebschGordan"
        [ testCase "all couplings of the reference" (fun () ->
              let entries = reference "cg.json" |> get "coefficients" |> items
              equal 72 entries.Length

              for entry in entries do
                  let l = entry |> get "l" |> integers
                  let coupling = ClebschGordan.coupling l[0] l[1] l[2]
                  let expected = Array.zeroCreate<float> coupling.Dense.Length
                  let values = entry |> get "value" |> numbers

                  for place, value in Seq.zip (entry |> get "ijk" |> items |> List.map integers) values do
                      expected[(place[0] * (2 * l[1] + 1) + place[1]) * (2 * l[2] + 1) + place[2]] <- value

                  let squares = Seq.sumBy (fun c -> c * c) coupling.Dense
                  close $"{l}" 1e-13 (entry |> get "sum_of_squares" |> number) squares
                  // Rounding of the reference, whose coefficients come from sums of larger terms.
                  Seq.iter2 (close $"{l}" 1e-14) expected coupling.Dense)

          testCase "complex coefficients follow the textbook formula" (fun () ->
              for l1, l2, l3 in triples 5 do
                  for m1 in -l1 .. l1 do
                      for m2 in -l2 .. l2 do
                          for m3 in -l3 .. l3 do
                              // The alternating sum of the naive formula loses about three digits at these degrees.
                              close $"{(l1, m1, l2, m2, l3, m3)}" 1e-13 (naiveComplex l1 m1 l2 m2 l3 m3)
                              <| ClebschGordan.complex l1 m1 l2 m2 l3 m3)

          testCase "complex coefficients keep their relative accuracy" (fun () ->
              // Exact in double precision: binomial coefficients below 2⁵³.
              let binomial n k = Seq.fold (fun value i -> value * float (n - k + i) / float i) 1.0 (seq { 1..k })

              for l1 in 0..11 do
                  for l2 in 0..11 do
                      let l = l1 + l2
                      // ⟨l₁ 0 l₂ 0 | l₁+l₂ 0⟩² = (l over l₁)² / (2l over 2l₁), and the stretched coefficient is 1.
                      let expected = binomial l l1 / sqrt (binomial (2 * l) (2 * l1))
                      close $"{(l1, l2)}" (5e-16 * expected) expected (ClebschGordan.complex l1 0 l2 0 l 0)
                      close $"{(l1, l2)}, stretched" 5e-16 1.0 (ClebschGordan.complex l1 l1 l2 l2 l l)
                      // The smallest: ⟨l₁ l₁ l₂ −l₂ | l₁+l₂ l₁−l₂⟩² = 1 / (2l over 2l₁).
                      let smallest = 1.0 / sqrt (binomial (2 * l) (2 * l1))

                      close
                          $"{(l1, l2)}, opposite"
                          (5e-16 * smallest)
                          smallest
                          (ClebschGordan.complex l1 l1 l2 -l2 l (l1 - l2)))

          testCase "the real coupling is the basis change of the complex one" (fun () ->
              for l1, l2, l3 in triples 3 do
                  let q1, q2, q3 = ClebschGordan.realBasis l1, ClebschGordan.realBasis l2, ClebschGordan.realBasis l3

                  let n1, n2, n3 = 2 * l1 + 1, 2 * l2 + 1, 2 * l3 + 1
                  let coupling = ClebschGordan.coupling l1 l2 l3

                  for j in 0 .. n1 - 1 do
                      for l in 0 .. n2 - 1 do
                          for m in 0 .. n3 - 1 do
                              let mutable sum = Complex.Zero

                              for i in 0 .. n1 - 1 do
                                  for k in 0 .. n2 - 1 do
                                      for n in 0 .. n3 - 1 do
                                          let c = ClebschGordan.complex l1 (i - l1) l2 (k - l2) l3 (n - l3)

                                          sum <-
                                              sum
                                              + q1[i * n1 + j]
                                                * q2[k * n2 + l]
                                                * Complex.Conjugate q3[n * n3 + m]
                                                * Complex(c, 0.0)

                              let sum = sum / sqrt (float n3)
                              // A few roundings of numbers below 1.
                              close $"{(l1, l2, l3)} imaginary" 1e-15 0.0 sum.Imaginary
                              close $"{(l1, l2, l3)}" 1e-15 sum.Real (coefficient coupling j l m))

          testCase "couplings to degree 11 are orthonormal" (fun () ->
              for l1 in 0..11 do
                  for l2 in 0..11 do
                      let n1, n2 = 2 * l1 + 1, 2 * l2 + 1
                      let size = n1 * n2
                      // The unitary matrix from (i, j) to (l₃, k), as sparse rows; its columns are the l₃ from |l₁−l₂|
                      // to l₁+l₂.
                      let rows = Array.init size (fun _ -> ResizeArray<struct (int * float)>())
                      let mutable column = 0

                      for l3 in abs (l1 - l2) .. l1 + l2 do
                          let coupling = ClebschGordan.coupling l1 l2 l3
                          let squares = coupling.Entries |> Seq.sumBy (fun entry -> entry.Value * entry.Value)
                          close $"sum of squares {(l1, l2, l3)}" 1e-14 1.0 squares

                          for entry in coupling.Entries do
                              rows[entry.I * n2 + entry.J]
                                  .Add(struct (column + entry.K, sqrt (float (2 * l3 + 1)) * entry.Value))

                          column <- column + 2 * l3 + 1

                      equal size column
                      let gram = Array2D.zeroCreate<float> size size

                      for row in rows do
                          for struct (a, x) in row do
                              for struct (b, y) in row do
                                  gram[a, b] <- gram[a, b] + x * y

                      let mutable worst = 0.0

                      gram
                      |> Array2D.iteri (fun a b value ->
                          worst <- max worst (abs (value - (if a = b then 1.0 else 0.0))))

                      // Sums of up to 500 products below 1, each rounded to 1e-16.
                      close $"deviation from orthogonality for {(l1, l2)}" 1e-14 0.0 worst)

          testCase "couplings that everybody knows" (fun () ->
              for l in 0..11 do
                  let coupling = ClebschGordan.coupling 0 l l

                  for j in 0 .. 2 * l do
                      for k in 0 .. 2 * l do
                          close $"(0, {l}, {l})" 1e-15 (if j = k then 1.0 / sqrt (float (2 * l + 1)) else 0.0)
                          <| coefficient coupling 0 j k

              let dot = ClebschGordan.coupling 1 1 0
              let cross = ClebschGordan.coupling 1 1 1
              let traceless = ClebschGordan.coupling 1 1 2

              for i in 0..2 do
                  for j in 0..2 do
                      close "dot" 1e-15 (if i = j then 1.0 / sqrt 3.0 else 0.0) (coefficient dot i j 0)

                      for k in 0..2 do
                          let epsilon = float ((i - j) * (j - k) * (k - i)) / 2.0
                          close "cross" 1e-15 (epsilon / sqrt 6.0) (coefficient cross i j k)

              let distinct =
                  traceless.Entries
                  |> Seq.map (fun entry -> round (abs entry.Value * 1e5) / 1e5)
                  |> Seq.distinct
                  |> Seq.sort

              equalSeq [ 0.18257; 0.31623; 0.36515 ] distinct)

          propertyFrom
              "exchanging the factors turns the sign with l1 + l2 + l3"
              11UL
              (forAllTriples 11 (fun (l1, l2, l3) ->
                  let a, b = ClebschGordan.coupling l1 l2 l3, ClebschGordan.coupling l2 l1 l3
                  let sign = if (l1 + l2 + l3) % 2 = 0 then 1.0 else -1.0

                  Seq.forall
                      (fun entry -> abs (coefficient b entry.J entry.I entry.K - sign * entry.Value) < 1e-15)
                      a.Entries
                  && a.Entries.Length = b.Entries.Length))

          propertyFrom
              "no zeros are stored and none is lost"
              12UL
              (forAllTriples 11 (fun (l1, l2, l3) ->
                  let coupling = ClebschGordan.coupling l1 l2 l3

                  // What vanishes, vanishes exactly: the smallest coefficient of these degrees is far above rounding.
                  Seq.forall (fun (entry: CouplingEntry) -> abs entry.Value > 1e-8) coupling.Entries
                  && coupling.Entries.Length = Seq.length (Seq.filter (fun x -> x <> 0.0) coupling.Dense)
                  && Seq.forall
                      (fun (entry: CouplingEntry) -> coefficient coupling entry.I entry.J entry.K = entry.Value)
                      coupling.Entries))

          propertyFrom "harmonics rotate with the matrices that the couplings make" 13UL (fun (seed: int) ->
              let r, v = rotation seed, direction (seed + 1)
              let turned = harmonics 8 (apply r v)

              (wigner 8 r, harmonics 8 v)
              ||> Array.map2 apply
              |> Seq.forall2 (fun (a: float array) b -> Array.forall2 (fun x y -> abs (x - y) < 1e-12) a b) turned)

          testCase "couplings are invariant under rotation of all three factors" (fun () ->
              let property seed (l1, l2, l3) =
                  let d = wigner 6 (rotation seed)
                  let coupling = ClebschGordan.coupling l1 l2 l3
                  let u, v = randoms seed (2 * l1 + 1), randoms (seed + 1) (2 * l2 + 1)

                  let couple (u: float array) (v: float array) =
                      let result = Array.zeroCreate<float>(2 * l3 + 1)

                      for entry in coupling.Entries do
                          result[entry.K] <- result[entry.K] + entry.Value * u[entry.I] * v[entry.J]

                      result

                  (apply d[l3] (couple u v), couple (apply d[l1] u) (apply d[l2] v))
                  ||> Array.forall2 (fun x y -> abs (x - y) < 1e-12)

              check 14UL (fun seed -> forAllTriples 6 (property seed)))

          testCase "harmonics couple to harmonics, and to nothing where the sum of degrees is odd" (fun () ->
              let property seed (l1, l2, l3) =
                  let y = harmonics 11 (direction seed)
                  let coupled = Array.zeroCreate<float>(2 * l3 + 1)

                  for entry in (ClebschGordan.coupling l1 l2 l3).Entries do
                      coupled[entry.K] <- coupled[entry.K] + entry.Value * y[l1][entry.I] * y[l2][entry.J]

                  // Gaunt: Σ C Y Y = ⟨l₁ 0 l₂ 0 | l₃ 0⟩ √((2l₁+1)(2l₂+1))/(2l₃+1) Y up to the sign that i^(l₁+l₂−l₃)
                  // leaves.
                  let size =
                      ClebschGordan.complex l1 0 l2 0 l3 0 * sqrt (float ((2 * l1 + 1) * (2 * l2 + 1)))
                      / float (2 * l3 + 1)

                  let sign = if (l1 + l2 - l3) % 4 = 0 then 1.0 else -1.0
                  Array.forall2 (fun x value -> abs (x - sign * size * value) < 1e-12) coupled y[l3]

              check 15UL (fun seed -> forAllTriples 11 (property seed)))

          testCase "the table hands the same coupling to every thread" (fun () ->
              let found = Array.zeroCreate<Coupling> 64
              Parallel.For(0, 64, (fun i -> found[i] <- ClebschGordan.coupling 9 9 9)) |> ignore

              for coupling in found do
                  identicalTo found[0] coupling

              equal "coupling 1 x 1 -> 1, 6 coefficients" (string (ClebschGordan.coupling 1 1 1)))

          testCase "degrees outside the triangle are refused" (fun () ->
              let message = argumentMessage (fun () -> ClebschGordan.coupling 1 1 3 |> ignore)
              contains "ClebschGordan.coupling: the degrees are 1, 1, 3, expected" message
              contains "|l1 − l2| ≤ l3 ≤ l1 + l2" message

              contains
                  "ClebschGordan.complex"
                  (argumentMessage (fun () -> ClebschGordan.complex 2 0 1 0 0 0 |> ignore))

              contains
                  "realBasis: expected at least 0"
                  (argumentMessage (fun () -> ClebschGordan.realBasis -1 |> ignore))) ]
