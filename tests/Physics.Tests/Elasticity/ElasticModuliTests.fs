module Noether.Tests.ElasticModuliTests

open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.SolidsReference

let private averages constants = ElasticAverages.ofConstants constants |> Outcome.getOrFail

/// C_IJ of a solid with Lamé's constants λ and μ.
let private isotropic lambda mu =
    Tensor.ofArray
        [| 6; 6 |]
        (Array.init 36 (fun k ->
            let i, j = k / 6, k % 6

            (if i < 3 && j < 3 then lambda else 0.0)
            + (if i <> j then 0.0
               elif i < 3 then 2.0 * mu
               else mu)))

[<Tests>]
let tests =
    testList
        "ElasticModuli"
        [ testCase "An isotropic solid has its own moduli by every average" (fun () ->
              let lambda, mu = 0.7, 0.4
              let found = averages (isotropic lambda mu)
              let bulk = lambda + 2.0 / 3.0 * mu

              for moduli in [ found.Voigt; found.Reuss; found.Hill ] do
                  equalWithin 1e-14 bulk moduli.Bulk
                  equalWithin 1e-14 mu moduli.Shear
                  // E = μ(3λ + 2μ)/(λ + μ), ν = λ/(2(λ + μ)).
                  equalWithin 1e-14 (mu * (3.0 * lambda + 2.0 * mu) / (lambda + mu)) moduli.Young
                  equalWithin 1e-14 (lambda / (2.0 * (lambda + mu))) moduli.Poisson

              equalWithin 1e-13 0.0 found.Anisotropy
              isTrue found.IsStable

              for expected, eigenvalue in Seq.zip [ mu; mu; mu; 2.0 * mu; 2.0 * mu; 3.0 * bulk ] found.Eigenvalues do
                  equalWithin 1e-14 expected eigenvalue)

          testCase "Reuss lies below Voigt" (fun () ->
              let potential, structure = alloy.Value
              let constants = Elastic.constants potential (relax potential structure) |> Outcome.getOrFail
              let found = averages constants.Relaxed
              isTrue found.IsStable
              inRange found.Reuss.Bulk found.Voigt.Bulk found.Hill.Bulk
              inRange found.Reuss.Shear found.Voigt.Shear found.Hill.Shear
              isTrue (found.Anisotropy > 0.0))

          testCase "A negative shear modulus is no stability" (fun () ->
              let found = averages (isotropic 0.7 -0.1)
              isFalse found.IsStable
              equalWithin 1e-14 -0.2 found.Eigenvalues[0])

          testCase "A matrix without an inverse is refused" (fun () ->
              match ElasticAverages.ofConstants (isotropic 0.7 0.0) with
              | Error error -> contains "expected a matrix with an inverse" (NoetherError.message error)
              | Ok _ -> failtest "a liquid has no averages") ]
