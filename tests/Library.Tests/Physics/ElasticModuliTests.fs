module Noether.Tests.ElasticModuliTests

open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.SolidsReference
open Xunit

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

[<Fact>]
let ``An isotropic solid has its own moduli by every average`` () =
    let lambda, mu = 0.7, 0.4
    let found = averages (isotropic lambda mu)
    let bulk = lambda + 2.0 / 3.0 * mu

    for moduli in [ found.Voigt; found.Reuss; found.Hill ] do
        Assert.Equal(bulk, moduli.Bulk, 1e-14)
        Assert.Equal(mu, moduli.Shear, 1e-14)
        // E = μ(3λ + 2μ)/(λ + μ), ν = λ/(2(λ + μ)).
        Assert.Equal(mu * (3.0 * lambda + 2.0 * mu) / (lambda + mu), moduli.Young, 1e-14)
        Assert.Equal(lambda / (2.0 * (lambda + mu)), moduli.Poisson, 1e-14)

    Assert.Equal(0.0, found.Anisotropy, 1e-13)
    Assert.True found.IsStable

    for expected, eigenvalue in Seq.zip [ mu; mu; mu; 2.0 * mu; 2.0 * mu; 3.0 * bulk ] found.Eigenvalues do
        Assert.Equal(expected, eigenvalue, 1e-14)

[<Fact>]
let ``Reuss lies below Voigt`` () =
    let potential, structure = alloy.Value
    let constants = Elastic.constants potential (relax potential structure) |> Outcome.getOrFail
    let found = averages constants.Relaxed
    Assert.True found.IsStable
    Assert.InRange(found.Hill.Bulk, found.Reuss.Bulk, found.Voigt.Bulk)
    Assert.InRange(found.Hill.Shear, found.Reuss.Shear, found.Voigt.Shear)
    Assert.True(found.Anisotropy > 0.0)

[<Fact>]
let ``A negative shear modulus is no stability`` () =
    let found = averages (isotropic 0.7 -0.1)
    Assert.False found.IsStable
    Assert.Equal(-0.2, found.Eigenvalues[0], 1e-14)

[<Fact>]
let ``A matrix without an inverse is refused`` () =
    match ElasticAverages.ofConstants (isotropic 0.7 0.0) with
    | Error error -> Assert.Contains("expected a matrix with an inverse", NoetherError.message error)
    | Ok _ -> Assert.Fail "a liquid has no averages"
