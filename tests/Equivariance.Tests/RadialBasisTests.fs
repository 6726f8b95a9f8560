module Noether.Tests.RadialBasisTests

open Expecto
open Noether.Equivariance
open Noether.Tests.Recorded

let private points = lazy (reference "radial.json" |> get "x" |> numbers)

[<Tests>]
let tests =
    testList
        "RadialBasis"
        [ testCase "the Bessel basis of the reference" (fun () ->
              for case in reference "radial.json" |> get "bessel" |> items do
                  let n, xMax = case |> get "n" |> integer, case |> get "x_max" |> number

                  for x, expected in Seq.zip points.Value (case |> get "value" |> items |> List.map numbers) do
                      let actual = RadialBasis.bessel n xMax x
                      equal n actual.Length
                      // Values reach 36; the argument of the sine, up to 63, carries a rounding of its own.
                      Array.iter2 (close $"bessel at {x}" 2e-14) expected actual)

          testCase "the polynomial envelopes of the reference" (fun () ->
              for case in reference "radial.json" |> get "poly_envelope" |> items do
                  let n0, n1 = case |> get "n0" |> integer, case |> get "n1" |> integer
                  let xMax = case |> get "x_max" |> number
                  // The reference solves a linear system, which costs it 7e-11 for orders (10, 5), 3e-14 and less for
                  // the others; relative to the value, which is 15 at −0.5, where no cut-off keeps it below 1.
                  let tolerance = if n0 = 10 then 1e-9 else 1e-12

                  for x, expected in Seq.zip points.Value (case |> get "value" |> numbers) do
                      close
                          $"envelope ({n0}, {n1}) at {x}"
                          (tolerance * max 1.0 (abs expected))
                          expected
                          (RadialBasis.envelope n0 n1 xMax x))

          testCase "the default radial basis is Bessel times envelope" (fun () ->
              let expected =
                  reference "radial.json" |> get "default_radial_basis_8" |> get "value" |> items |> List.map numbers

              for x, expected in Seq.zip points.Value expected do
                  let envelope = RadialBasis.envelope 5 2 1.0 x
                  let actual = RadialBasis.bessel 8 1.0 x |> Array.map (fun b -> b * envelope)
                  Array.iter2 (close $"basis at {x}" 1e-12) expected actual)

          testCase "envelope coefficients that everybody knows" (fun () ->
              equal [| 1.0; 0.0; 0.0; 0.0; 0.0; 0.0; -28.0; 48.0; -21.0 |] (RadialBasis.envelopeCoefficients 5 2)

              equal [| 1.0; 3.0; 6.0; 10.0; 15.0; 21.0 |] (RadialBasis.envelopeFactors 5 2)
              equal [| 1.0; -1.0 |] (RadialBasis.envelopeCoefficients 0 0)

              // The polynomial cut-off of order p: 1 − (p+1)(p+2)/2 x^p + p(p+2) x^(p+1) − p(p+1)/2 x^(p+2).
              for p in 1..12 do
                  let c = RadialBasis.envelopeCoefficients (p - 1) 2
                  equal (-float((p + 1) * (p + 2) / 2)) c[p]
                  equal (float (p * (p + 2))) c[p + 1]
                  equal (-float(p * (p + 1) / 2)) c[p + 2])

          testCase "both forms of the envelope are the same polynomial, with integer coefficients" (fun () ->
              for n0 in 0..10 do
                  for n1 in 0..6 do
                      // (1−x)^(n1+1) Σ d_k x^k multiplied out: repeated multiplication by 1−x. All numbers are
                      // integers.
                      let multiply (c: float array) =
                          Array.init (c.Length + 1) (fun k ->
                              (if k < c.Length then c[k] else 0.0) - (if k > 0 then c[k - 1] else 0.0))

                      let product =
                          Seq.fold (fun c _ -> multiply c) (RadialBasis.envelopeFactors n0 n1) (seq { 0..n1 })

                      let coefficients = RadialBasis.envelopeCoefficients n0 n1
                      equal product coefficients

                      for c in coefficients do
                          equal (round c) c)

          testCase "an envelope falls from 1 to 0 and keeps its relative accuracy at the end" (fun () ->
              let property (seed: int) =
                  let pair = randoms seed 2
                  let x, y = abs pair[0], abs pair[1]
                  let value = RadialBasis.envelope 5 2 1.0
                  Expect.isTrue (value (min x y) >= value (max x y)) $"{x} and {y}"
                  // Symmetry of the incomplete beta function: what one envelope lacks to 1 is the mirrored other one.
                  close "mirror" 1e-15 1.0 (value x + RadialBasis.envelope 2 5 1.0 (1.0 - x))

              check 31UL property
              // Leading term 56 (1−x)³.
              let nearEnd = 1.0 - 1e-6
              let gap = 1.0 - nearEnd
              close "near the end" 1e-20 (56.0 * gap * gap * gap) (RadialBasis.envelope 5 2 1.0 nearEnd)
              equal 0.0 (RadialBasis.envelope 5 2 1.0 1.0)
              equal 0.0 (RadialBasis.envelope 5 2 3.0 4.0))

          testCase "the Bessel basis is orthonormal under x squared" (fun () ->
              let n, xMax, steps = 6, 2.5, 2000
              let h = xMax / float steps

              let values = [| for k in 0..steps -> float k * h, RadialBasis.bessel n xMax (float k * h) |]

              for a in 0 .. n - 1 do
                  for b in 0 .. n - 1 do
                      // The integrand is a sum of cosines over whole half periods, which the trapezoidal rule
                      // integrates exactly.
                      let integral = h * Array.sumBy (fun (x: float, f: float array) -> x * x * f[a] * f[b]) values

                      close $"{a}, {b}" 1e-12 (if a = b then 1.0 else 0.0) integral)

          testCase "arguments of radial functions are checked" (fun () ->
              contains
                  "envelopeCoefficients: the orders are -1 and 2"
                  (argumentMessage (fun () -> RadialBasis.envelopeCoefficients -1 2 |> ignore))

              contains
                  "envelopeFactors: the orders are 1 and -2"
                  (argumentMessage (fun () -> RadialBasis.envelopeFactors 1 -2 |> ignore))

              contains
                  "besselPrefactor: expected a finite length"
                  (argumentMessage (fun () -> RadialBasis.bessel 3 0.0 1.0 |> ignore))

              contains
                  "envelope: expected a finite length"
                  (argumentMessage (fun () -> RadialBasis.envelope 5 2 nan 1.0 |> ignore))

              contains
                  "besselFrequencies: expected at least 0"
                  (argumentMessage (fun () -> RadialBasis.besselFrequencies -1 1.0 |> ignore))) ]
