module Noether.Tests.EquivarianceTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Equivariance
open Noether.Laws
open Noether.Tests.FeatureChecks
open Noether.Tests.Recorded

let private run inputs f = Laws.equivariant Equivariance.standard (inputs |> List.map Irreps.ofString) f

let private broken (report: EquivarianceReport) =
    [ for finding in report.Findings do
          if not (finding.Worst <= report.Settings.Tolerance) then finding.Symmetry ]

let private mapParts f (x: IrrepsTensor) =
    IrrepsTensor.create x.Irreps [ for irrep, values in IrrepsTensor.parts x -> f irrep values ]

[<Tests>]
let tests =
    testList
        "Equivariance"
        [ testCase "the identity holds exactly" (fun () ->
              let report = run [ "2x0e+0o+1o+2e" ] List.head
              isTrue report.Passed
              equal 0.0 report.Worst.Worst
              equal 3 report.Findings.Length
              contains "permutation of rows holds: violation 0" (string report))

          testCase "each symmetry that a function breaks is found, and no other" (fun () ->
              let only expected what f =
                  let report = run [ "0e+0o+1o" ] (List.head >> f)
                  Expect.isTrue (broken report = expected) $"{what}:\n{report}"
                  equal expected.IsEmpty report.Passed

              // One component more than the others.
              only
                  [ Symmetry.Rotation ]
                  "stretched"
                  (mapParts (fun irrep x ->
                      if irrep.L = 1 then x * Tensor.ofArray [| 1; 3; 1 |] [| 1.0; 1.0; 1.1 |] else x))

              // An even function of an odd scalar, said to be odd.
              only
                  [ Symmetry.Inversion ]
                  "square"
                  (mapParts (fun irrep x -> if irrep.Parity = Parity.Odd && irrep.L = 0 then Tensor.square x else x))

              // The first row is not like the others.
              only
                  [ Symmetry.Permutation ]
                  "first row"
                  (mapParts (fun _ x ->
                      x
                      * Tensor.ofArray
                          [| x.Shape[0]; 1; 1 |]
                          (Array.init x.Shape[0] (fun i -> if i = 0 then 2.0 else 1.0))))

              // A sum over rows with weights is not free of their order.
              only [ Symmetry.Permutation ] "weighted sum" (fun x ->
                  IrrepsAlgebra.sumRows (IrrepsAlgebra.timesRows (Tensor.arange 0.0 5.0 1.0) x))

              only [] "sum" IrrepsAlgebra.sumRows)

          testCase "failures, numbers that are none and other irreps are breaches" (fun () ->
              let failing = run [ "0e" ] (fun _ -> invalidOp "this does not work")
              equal infinity failing.Worst.Worst
              contains "this does not work" failing.Worst.Place
              isFalse (run [ "0e" ] (List.head >> IrrepsAlgebra.times nan)).Passed
              contains "BROKEN" (string (run [ "0e" ] (List.head >> IrrepsAlgebra.times nan))))

          testCase "a violation is measured in units of the largest component" (fun () ->
              let off = 1e-7

              let report =
                  run [ "1o" ] (fun xs ->
                      let x = IrrepsAlgebra.times 1e6 xs.Head
                      mapParts (fun _ v -> v + off * Tensor.full Float64 [| 1; 3; 1 |] 1.0) x)

              // A constant vector of 1e-7 among numbers of a million.
              Expect.isTrue report.Passed (string report)
              isTrue (report.Worst.Worst > 1e-14))

          testCase "settings are checked" (fun () ->
              let refused (part: string) (f: unit -> EquivarianceReport) =
                  contains part (argumentMessage (fun () -> f () |> ignore))

              let irreps = [ Irreps.ofString "0e" ]

              refused "0 samples of 5 rows" (fun () ->
                  Laws.equivariant { Equivariance.standard with Samples = 0 } irreps List.head)

              refused "expected at least one" (fun () -> Laws.equivariant Equivariance.standard [] List.head)

              let single = Laws.equivariant { Equivariance.standard with Rows = 1 } irreps List.head
              equal 2 single.Findings.Length) ]
