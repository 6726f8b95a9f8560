/// Fourier transforms and convolutions as forms: laws, derivatives, known transforms.
module Noether.Tests.FourierTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Kernels
open Noether.Tests.TensorChecks

/// Shapes with their numbers of transformed axes: odd and even lengths, leading axes, one point, no meshes.
let private cases =
    [ 1, [| 6 |]
      1, [| 5 |]
      1, [| 1 |]
      2, [| 2; 3; 4 |]
      2, [| 4; 7 |]
      3, [| 3; 4; 5 |]
      3, [| 2; 2; 3; 6 |]
      1, [| 0; 4 |] ]

let private kept (shape: int[]) =
    let last = shape.Length - 1
    Array.append (Array.updateAt last (shape[last] / 2 + 1) shape) [| 2 |]

[<Tests>]
let tests =
    testList
        "Fourier"
        [ testCase "transforms obey the laws of derivatives" (fun () ->
              for axes, shape in cases do
                  let lengths = shape[shape.Length - axes ..]
                  lawful 1 (fun x -> Tensor.rfft axes x[0]) [ shape ]
                  lawful 2 (fun x -> Tensor.irfft lengths x[0]) [ kept shape ]
                  lawful 3 (fun x -> Tensor.fft axes x[0]) [ Array.append shape [| 2 |] ]
                  lawful 4 (fun x -> Tensor.ifft axes x[0]) [ Array.append shape [| 2 |] ])

          testCase "a convolution is one form in mesh, filter and result" (fun () ->
              for axes, shape in cases do
                  let lengths = shape[shape.Length - axes ..]
                  let plan = FourierPlan(ReadOnlySpan lengths)
                  let filter = (kept lengths)[.. axes - 1]
                  lawful 5 (fun x -> Fourier.convolve plan x[1] x[0]) [ shape; filter ]

                  if Shape.size shape > 0 then
                      for precision in precisions do
                          let xs =
                              [| shape; filter; shape |] |> Array.mapi (fun i shape -> normal precision (50 + i) shape)

                          // Mesh, filter, result: the filter's slot is what a cotangent of the result pulls back.
                          let contract slot (others: Tensor[]) =
                              if slot = 1 then
                                  let pull =
                                      snd (
                                          Diff.vjp
                                              (fun g -> Fourier.convolve plan g others[0])
                                              (Tensor.full precision filter 0.0)
                                      )

                                  pull others[1]
                              else
                                  Fourier.convolve plan others[slot / 2] others[1 - slot / 2]

                          Check.form (key 6) contract xs |> Check.orFail $"convolve {Shape.print shape}" |> ignore)

          testCase "an inverse undoes its transform" (fun () ->
              for axes, shape in cases do
                  let x = normal Float64 7 shape
                  // Sums of a few dozen numbers of order one.
                  agree 1e-14 x (x |> Tensor.rfft axes |> Tensor.irfft shape[shape.Length - axes ..])
                  let z = normal Float64 8 (Array.append shape [| 2 |])
                  agree 1e-14 z (z |> Tensor.fft axes |> Tensor.ifft axes))

          testCase "a convolution is transform, product and inverse" (fun () ->
              let x = normal Float64 9 [| 2; 4; 6; 5 |]
              let plan = FourierPlan(ReadOnlySpan [| 4; 6; 5 |])
              // A filter of frequencies is even; a random one is made so by the transform of a real even mesh.
              let even = normal Float64 10 [| 4; 6; 5 |]

              let mirrored = even |> List.foldBack (fun axis m -> m |> Tensor.flip axis) [ 0; 1; 2 ]

              let rolled =
                  [ 0; 1; 2 ]
                  |> List.fold
                      (fun (m: Tensor) axis ->
                          let n = m.Shape[axis]
                          Tensor.concat axis [ Tensor.slice axis (n - 1) n m; Tensor.slice axis 0 (n - 1) m ])
                      mirrored

              let filter = Tensor.rfft 3 (even + rolled) |> Tensor.slice 3 0 1
              let byParts = Tensor.rfft 3 x * Tensor.unsqueeze 0 filter |> Tensor.irfft [| 4; 6; 5 |]
              agree 1e-12 (byParts * 120.0) (Fourier.convolve plan (Tensor.reshape [| 4; 6; 3 |] filter) x))

          testCase "waves and impulses have the transforms of textbooks" (fun () ->
              // cos(2π·2x/8) has n/2 at frequency 2; an impulse at 1 has e^(−2πik/8).
              let wave = Array.init 8 (fun x -> cos (Math.PI * float x / 2.0))
              let expected = [ 0.0; 0.0; 0.0; 0.0; 4.0; 0.0; 0.0; 0.0; 0.0; 0.0 ]
              near 1e-15 [| 5; 2 |] expected (Tensor.rfft 1 (Tensor.ofArray [| 8 |] wave))
              let impulse = Tensor.ofArray [| 8 |] (Array.init 8 (fun x -> if x = 1 then 1.0 else 0.0))

              let turns =
                  [ for k in 0..4 do
                        yield! [ cos (Math.PI * float k / 4.0); -sin(Math.PI * float k / 4.0) ] ]

              near 1e-15 [| 5; 2 |] turns (Tensor.rfft 1 impulse))

          testCase "shapes that do not fit are named" (fun () ->
              refuses "rfft" [ "length 11"; "12" ] (fun () -> Tensor.rfft 1 (Tensor.zeros [| 11 |]))
              refuses "rfft" [ "4 axes" ] (fun () -> Tensor.rfft 4 (Tensor.zeros [| 2; 2; 2; 2 |]))
              refuses "rfft" [ "[3]"; "fewer than 2 axes" ] (fun () -> Tensor.rfft 2 (Tensor.zeros [| 3 |]))
              refuses "irfft" [ "[4, 2]"; "[3, 2]" ] (fun () -> Tensor.irfft [| 4 |] (Tensor.zeros [| 4; 2 |]))
              let plan = FourierPlan(ReadOnlySpan [| 4 |])

              refuses "convolve" [ "[4]"; "[3]" ] (fun () ->
                  Fourier.convolve plan (Tensor.zeros [| 4 |]) (Tensor.zeros [| 4 |]))) ]
