module Noether.Tests.HarmonicFeaturesTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Equivariance
open Noether.Kernels
open Noether.Tests.FeatureChecks
open Noether.Tests.Recorded

let private data = lazy (reference "sh.json")

let private normalizationOf name =
    match name with
    | "component" -> HarmonicsNormalization.Component
    | "norm" -> HarmonicsNormalization.Norm
    | _ -> HarmonicsNormalization.Integral

let private harmonics normalization normalize lmax (vectors: Tensor) =
    HarmonicFeatures.create normalization normalize Parity.Odd (Irreps.sphericalHarmonics lmax Parity.Odd) vectors
    |> IrrepsTensor.toFlat

let private vectors () = data.Value |> get "vectors" |> items |> List.map numbers

[<Tests>]
let tests =
    testList
        "HarmonicFeatures"
        [ testCase "all harmonics of the reference, to degree 11" (fun () ->
              let vectors = vectors ()
              let rows = Tensor.matrix (Seq.map Seq.ofArray vectors)

              for case in data.Value |> get "values" |> items do
                  let normalize = (get "normalize" case).GetBoolean()

                  let actual =
                      Tensor.toArray (
                          harmonics (normalizationOf (case |> get "normalization" |> text)) normalize 11 rows
                      )

                  for i, expected in case |> get "values" |> items |> List.map numbers |> List.indexed do
                      for l in 0..11 do
                          let expected = expected[l * l .. l * l + 2 * l]
                          let largest = expected |> Array.map abs |> Array.max
                          // The two algorithms of the reference program agree to 6e-14 of the largest term.
                          let actual = actual[144 * i + l * l .. 144 * i + l * l + 2 * l]
                          closeAll $"degree {l} of vector {i}" (1e-12 * largest) expected actual)

          testCase "all Jacobians of the reference, by differentiation in both modes" (fun () ->
              for case in data.Value |> get "jacobians" |> items do
                  let normalize = (get "normalize" case).GetBoolean()
                  let normalization = normalizationOf (case |> get "normalization" |> text)

                  for v, expected in Seq.zip (vectors ()) (case |> get "jacobian" |> items) do
                      let f (x: Tensor) =
                          harmonics normalization normalize 4 (Tensor.reshape [| 1; 3 |] x) |> Tensor.reshape [| 25 |]

                      let expected = expected |> deep |> Array.ofList
                      let largest = expected |> Array.map abs |> Array.max

                      closeAll
                          $"Jacobian at {v[0]}, {v[1]}, {v[2]}"
                          (1e-12 * largest)
                          expected
                          (Tensor.toArray (Diff.jacobian f (Tensor.vector v)))

                      for a in 0..2 do
                          let e = Tensor.vector [ for b in 0..2 -> if a = b then 1.0 else 0.0 ]
                          let column = Array.init 25 (fun i -> expected[3 * i + a])

                          closeAll
                              $"forward at {v[0]}, {v[1]}, {v[2]}"
                              (1e-12 * largest)
                              column
                              (Tensor.toArray (Diff.jacobianv f (Tensor.vector v) e)))

          testCase
              "derivatives are finite at the poles, the zero vector and lengths that squares cannot hold"
              (fun () ->
                  let f lmax (x: Tensor) =
                      harmonics HarmonicsNormalization.Component true lmax (Tensor.reshape [| 1; 3 |] x)

                  for v in
                      [ [| 0.0; 1.0; 0.0 |]
                        [| 0.0; -1.0; 0.0 |]
                        [| 0.0; 0.0; 0.0 |]
                        [| 1e-200; 0.0; 2e-200 |]
                        [| 1e200; -1e200; 0.0 |] ] do
                      let x = Tensor.vector v
                      let y = f 11 x

                      for value in Tensor.toArray y do
                          isTrue (Double.IsFinite value)

                      let flat x = f 11 x |> Tensor.reshape [| 144 |]

                      for value in Tensor.toArray (Diff.jacobian flat x) do
                          isTrue (Double.IsFinite value)

                  // A tiny vector has the harmonics of its direction, and a derivative as large as it is short.
                  let tiny = f 3 (Tensor.vector [ 3e-200; 0.0; 4e-200 ])

                  closeAll
                      "direction"
                      1e-14
                      (Tensor.toArray (f 3 (Tensor.vector [ 0.6; 0.0; 0.8 ])))
                      (Tensor.toArray tiny)

                  // At zero: the derivative of the plain polynomials.
                  let jacobian =
                      Diff.jacobian (fun x -> f 2 x |> Tensor.reshape [| 9 |]) (Tensor.zeros [| 3 |]) |> Tensor.toArray

                  let expected = Array.init 27 (fun i -> if i >= 3 && i < 12 && (i - 3) % 4 = 0 then sqrt 3.0 else 0.0)

                  closeAll "at zero" 1e-15 expected jacobian)

          testCase "harmonics to degree 11 are equivariant and differentiable" (fun () ->
              for normalize in [ true; false ] do
                  let f (xs: IrrepsTensor list) =
                      HarmonicFeatures.create
                          HarmonicsNormalization.Norm
                          normalize
                          Parity.Odd
                          (Irreps.sphericalHarmonics (if normalize then 11 else 4) Parity.Odd)
                          (IrrepsTensor.toFlat xs.Head)

                  equivariant $"normalize {normalize}" [ "1o" ] f

              differentiable "harmonics" 3UL [ "1o" ] (fun xs ->
                  HarmonicFeatures.create
                      HarmonicsNormalization.Component
                      true
                      Parity.Odd
                      (Irreps.ofString "2x1o+3o+0e")
                      (IrrepsTensor.toFlat xs.Head)))

          testCase "axial vectors have even harmonics, and wrong irreps are refused" (fun () ->
              let create parity (irreps: string) (vectors: Tensor) =
                  HarmonicFeatures.create HarmonicsNormalization.Component true parity (Irreps.ofString irreps) vectors

              let refused (part: string) (f: unit -> IrrepsTensor) =
                  contains part (raises<TensorException>(fun () -> f () |> ignore)).Message

              let v = Tensor.matrix [ [ 0.1; 0.2; 0.3 ] ]
              equal "1x1e+2x2e" (create Parity.Even "1e+2x2e" v).Irreps.AsText
              refused "expected 1o" (fun () -> create Parity.Odd "1e" v)
              refused "expected [n, 3]" (fun () -> create Parity.Odd "1o" (Tensor.vector [ 1.0 ]))
              refused $"at most {SolidHarmonics.MaxDegree}" (fun () -> create Parity.Odd "25o" v)) ]
