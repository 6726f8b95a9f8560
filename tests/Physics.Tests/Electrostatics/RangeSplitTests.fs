module Noether.Tests.RangeSplitTests

open System
open System.Text.Json
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.ElectrostaticReference
open Noether.Tests.MechanicsReference
open Noether.Tests.TensorChecks

let private smearing = Tensor.scalar 0.9

[<Tests>]
let tests =
    testList
        "RangeSplit"
        [ testCase "Short and long parts add up to the interaction, for any power" (fun () ->
              let r = Tensor.vector [ 0.05; 0.3; 1.0; 2.5; 6.0 ]

              for exponent in [ 1.0; 2.0; 3.0; 4.0; 5.0; 6.0; 0.5; 2.7; 8.0; 9.3 ] do
                  let split = RangeSplit.inversePower exponent smearing
                  let sum = split.Short r + split.Long r
                  // The stated accuracy of both families.
                  atMost
                      5e-14
                      (Array.map2 (fun x y -> abs (x / y - 1.0)) (Tensor.toArray sum) (Tensor.toArray (split.Bare r))
                       |> Array.max))

          testCase "Parts are those of torch-pme" (fun () ->
              for case in ((file "splits").GetProperty "splits").EnumerateArray() do
                  let split = RangeSplit.inversePower (number "exponent" case) (Tensor.scalar (number "smearing" case))

                  let at (name: string) = numbers (case.GetProperty name)

                  let against expected (found: Tensor) =
                      // Torch's short-ranged parts are differences of numbers near 1/rᵖ.
                      for e, f in List.zip expected (List.ofArray (Tensor.toArray found)) do
                          atMost (1e-12 * max 1.0 (abs e)) (abs (e - f))

                  let r = Tensor.vector (at "r")
                  against (at "sr_from_dist") (split.Short r)
                  against (at "lr_from_dist") (split.Long r)
                  let k, values = at "k_sq", at "lr_from_k_sq"
                  let inside = List.zip k values |> List.filter (fun (k, _) -> k > 1e-3)
                  against (List.map snd inside) (split.Reciprocal(Tensor.vector (List.map fst inside))))

          testCase "The transform is that of the long part" (fun () ->
              // 4π/k ∫ r v(r) sin kr dr with a decaying factor is checked where the long part decays fast enough: p =
              // 5.
              let split = RangeSplit.inversePower 5.0 smearing
              let k = 1.3
              let h = 4e-3
              let r = Array.init 25000 (fun i -> (float i + 0.5) * h)
              let v = Tensor.toArray (split.Long(Tensor.vector r))
              let integral = Array.map2 (fun r v -> r * v * sin (k * r)) r v |> Array.sum
              let found = Tensor.toArray (split.Reciprocal(Tensor.vector [ k * k ]))
              // The midpoint rule's h² and the tail beyond 100 Å.
              atMost 1e-5 (abs (4.0 * Math.PI / k * integral * h - found[0])))

          testCase "Parts are differentiable by distance and smearing to third order" (fun () ->
              for exponent in [ 1.0; 3.0; 2.5; 6.0 ] do
                  for part in [ (fun (s: RangeSplit) -> s.Short); (fun s -> s.Long); (fun s -> s.Reciprocal) ] do
                      let f (xs: Tensor[]) =
                          let split = RangeSplit.inversePower exponent (Tensor.cast Float64 xs[1])
                          part split xs[0]

                      let xs = [| between 0.4 2.0 Float64 11 [| 3 |]; Tensor.scalar 0.8 |]
                      Check.run (key 4) f xs |> Check.orFail $"exponent {exponent}" |> ignore)

          testCase "Sums carry weights, prefactors and exclusions" (fun () ->
              let r = Tensor.vector [ 0.5; 1.5; 3.0 ]
              let one, six = RangeSplit.coulomb smearing, RangeSplit.inversePower 6.0 smearing
              let sum = RangeSplit.combine (Tensor.vector [ 2.0; -0.5 ]) [ one; six ]
              equal (2.0 * one.Short r + -0.5 * six.Short r) (sum.Short r)
              let hidden = RangeSplit.hide 2.0 3 one
              equal 0.0 ((Tensor.toArray (hidden.Short r))[2])
              equal ((Tensor.toArray (one.Bare r))[2]) ((Tensor.toArray (hidden.Bare r))[2])

              let message (f: unit -> RangeSplit) =
                  match Outcome.capture f with
                  | Error error -> NoetherError.message error
                  | Ok _ -> failwith "expected an error"

              contains "smearing" (message (fun () -> RangeSplit.coulomb (Tensor.scalar -1.0)))
              contains "exponent" (message (fun () -> RangeSplit.inversePower 0.0 smearing))
              contains "degree" (message (fun () -> RangeSplit.hide 1.0 0 one))) ]
