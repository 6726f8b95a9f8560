module Noether.Tests.SoftRadialTests

open System
open System.Text.Json
open Expecto
open Noether.AutoDiff
open Noether.Equivariance
open Noether.Kernels
open Noether.Tests.FeatureChecks
open Noether.Tests.Recorded

let private data = lazy (reference "radial.json")

let private points = lazy (data.Value |> get "x" |> numbers |> Tensor.vector)

/// Derivative of order k of functions of each point, by forward mode.
let rec private derivative k (f: Tensor -> Tensor) (x: Tensor) =
    if k = 0 then f x else derivative (k - 1) (fun x -> snd (Diff.jvp f x (Tensor.onesLike x))) x

/// The values and derivatives that the entry has are those of the function, relative to the size of each number.
let private same (what: string) tolerance (entry: Entry) (f: Tensor -> Tensor) =
    for k, name in List.indexed [ "value"; "derivative"; "second_derivative" ] do
        match entry.TryGetProperty name with
        | true, expected ->
            let expected = deep expected |> Array.ofList
            let actual = Tensor.toArray (derivative k f points.Value)
            equal expected.Length actual.Length
            // A derivative loses about two digits in the reference and here.
            let tolerance = tolerance * (100.0 ** float k)

            Array.iteri2
                (fun i e a -> close $"{what}, {name}, number {i}" (tolerance * max 1.0 (abs e)) e a)
                expected
                actual
        | _ -> ()

[<Tests>]
let tests =
    testList
        "SoftRadial"
        [ testCase "bump functions and envelopes are those of e3nn-jax, with derivatives" (fun () ->
              same "sus" 1e-14 (get "sus" data.Value) SoftRadial.sus

              for entry in data.Value |> get "soft_envelope" |> items do
                  let at name = entry |> get name |> number

                  same
                      "soft envelope"
                      1e-14
                      entry
                      (SoftRadial.softEnvelope (at "x_max") (at "arg_multiplicator") (at "value_at_origin"))

              for entry in data.Value |> get "poly_envelope" |> items do
                  let n0, n1, xMax =
                      entry |> get "n0" |> integer, entry |> get "n1" |> integer, entry |> get "x_max" |> number
                  // The reference solves a linear system: see `RadialBasisTests`.
                  let tolerance = if n0 = 10 then 1e-9 else 1e-12
                  same $"envelope ({n0}, {n1})" tolerance entry (fun x -> Radial.envelope n0 n1 (x / xMax))

              for entry in data.Value |> get "u_p" |> items do
                  let p = entry |> get "p" |> integer
                  same "u" 1e-12 entry (SoftRadial.u p)
                  let cut, whole = SoftRadial.polynomialCutoff p points.Value, SoftRadial.u p points.Value
                  let beyond = Tensor.toArray points.Value |> Array.map (fun x -> x >= 1.0)
                  let expected = Tensor.select beyond (Tensor.zerosLike whole) whole
                  // The powers reach 30 at −0.5.
                  closeAll "cut-off" 1e-13 (Tensor.toArray expected) (Tensor.toArray cut))

          testCase "bases are those of e3nn-jax, with derivatives" (fun () ->
              for entry in data.Value |> get "bessel" |> items do
                  let n, xMax = entry |> get "n" |> integer, entry |> get "x_max" |> number
                  // At 1e-12 the derivative is the difference of two numbers of 1e13, in the reference and here.
                  let f = SoftRadial.bessel n xMax
                  let expected = entry |> get "value" |> deep |> Array.ofList
                  closeAll "Bessel" 1e-13 expected (Tensor.toArray (f points.Value))
                  let derivatives = entry |> get "derivative" |> items |> List.map numbers |> Array.ofList
                  let actual = Tensor.toArray (derivative 1 f points.Value)

                  Array.iteri
                      (fun i x ->
                          if x = 0.0 || abs x > 1e-5 then
                              closeAll
                                  $"Bessel derivative at {x}"
                                  1e-9
                                  derivatives[i]
                                  actual[i * n .. (i + 1) * n - 1])
                      (Tensor.toArray points.Value)

              let basis = get "default_radial_basis_8" data.Value
              let expected = basis |> get "value" |> deep |> Array.ofList
              closeAll "default basis" 1e-12 expected (Tensor.toArray (Radial.basis 8 points.Value))
              let derivatives = basis |> get "derivative" |> items |> List.map numbers |> Array.ofList
              let actual = Tensor.toArray (derivative 1 (Radial.basis 8) points.Value)

              Array.iteri
                  (fun i x ->
                      // As above; at −0.5 they reach 40.
                      if x = 0.0 || abs x > 1e-5 then
                          closeAll $"derivative at {x}" 1e-9 derivatives[i] actual[i * 8 .. i * 8 + 7])
                  (Tensor.toArray points.Value))

          testCase "soft one-hot bases are those of e3nn-jax, with derivatives" (fun () ->
              let bases =
                  dict
                      [ "gaussian", SoftBasis.Gaussian
                        "cosine", SoftBasis.Cosine
                        "smooth_finite", SoftBasis.SmoothFinite
                        "fourier", SoftBasis.Fourier ]

              let entries = data.Value |> get "soft_one_hot_linspace" |> items
              equal 28 entries.Length

              for entry in entries do
                  let name = entry |> get "basis" |> text
                  let flag (key: string) = (get key entry).GetBoolean()

                  let settings =
                      { Basis = bases[name]
                        Start = entry |> get "start" |> number
                        End = entry |> get "end" |> number
                        Count = entry |> get "number" |> integer
                        StartZero = flag "start_zero"
                        EndZero = flag "end_zero" }

                  same $"{settings}" 2e-14 entry (SoftRadial.oneHot settings))

          testCase "the switching function of X-PLOR is smooth and ends" (fun () ->
              let f = SoftRadial.xplor 1.0 2.0
              let at x = Tensor.value (f (Tensor.vector [ x ]))
              let slope x = Tensor.value (derivative 1 f (Tensor.vector [ x ]))

              for x, value in [ 0.0, 1.0; 1.0, 1.0; 2.0, 0.0; 3.0, 0.0 ] do
                  equal value (at x)
                  equal 0.0 (slope x)

              // (4 − 9/4)² (4 + 9/2 − 3) / 27
              close "in between" 1e-15 (1.75 * 1.75 * 5.5 / 27.0) (at 1.5)
              close "at the onset" 1e-8 1.0 (at 1.00001)
              // Second derivatives reach 11.
              close "slope at the onset" 2e-4 0.0 (slope 1.00001)
              close "slope at the end" 2e-4 0.0 (slope 1.99999))

          testCase "derivatives obey the laws, in both precisions" (fun () ->
              let x = Tensor.vector [ 0.15; 0.4; 0.62; 0.9 ]

              let oneHot basis =
                  SoftRadial.oneHot
                      { Basis = basis
                        Start = -0.2
                        End = 1.1
                        Count = 5
                        StartZero = true
                        EndZero = true }

              let functions: (string * (Tensor -> Tensor)) list =
                  [ "sus", SoftRadial.sus
                    "soft envelope", SoftRadial.softEnvelope 1.0 2.0 1.2
                    "Bessel", SoftRadial.bessel 4 1.0
                    "cut-off", SoftRadial.polynomialCutoff 6
                    "X-PLOR", SoftRadial.xplor 0.5 1.0
                    for basis in [ SoftBasis.Gaussian; SoftBasis.Cosine; SoftBasis.SmoothFinite; SoftBasis.Fourier ] do
                        $"{basis}", oneHot basis ]

              for name, f in functions do
                  let settings = { Check.settings Float64 with Order = 2 }

                  Check.runWith settings (RandomKey.FromSeed 1UL) (fun xs -> f xs[0]) [| x |]
                  |> Check.orFail name
                  |> ignore

                  let single = f (Tensor.cast Float32 x)
                  equal Float32 single.Precision
                  // Roundings of 6e-8 of arguments of sines up to 15.
                  closeAll name 2e-5 (Tensor.toArray (f x)) (Tensor.toArray single))

          testCase "settings of radial functions are checked" (fun () ->
              let basis =
                  { Basis = SoftBasis.Fourier
                    Start = 0.0
                    End = 1.0
                    Count = 4
                    StartZero = true
                    EndZero = false }

              let refused (part: string) (f: unit -> Tensor) =
                  contains part (argumentMessage (fun () -> f () |> ignore))

              let x = Tensor.vector [ 0.5 ]
              refused "expected both or none" (fun () -> SoftRadial.oneHot basis x)
              refused "the range is 0 … -1" (fun () -> SoftRadial.oneHot { basis with End = -1.0 } x)
              refused "expected at least 1" (fun () -> SoftRadial.oneHot { basis with Count = 0 } x)
              refused "expected a finite number above 0" (fun () -> SoftRadial.softEnvelope 0.0 2.0 1.0 x)
              refused "expected 0 or more, below 1" (fun () -> SoftRadial.xplor 1.0 1.0 x)
              refused "polynomialCutoff: expected at least 1" (fun () -> SoftRadial.polynomialCutoff 0 x)) ]
