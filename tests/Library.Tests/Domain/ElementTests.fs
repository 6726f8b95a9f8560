module Noether.Tests.ElementTests

open System
open Noether.Domain
open Noether.Tests.Checks
open Xunit

[<Fact>]
let ``Symbols and numbers name each other for all 118 elements and X`` () =
    for z in 0..118 do
        Assert.Equal(Ok z, Elements.ofSymbol (Elements.symbol z))

    Assert.Equal("X", Elements.symbol 0)
    Assert.Equal("Og", Elements.symbol 118)
    Assert.Equal(Ok 27, Elements.ofSymbol "Co")

[<Fact>]
let ``Masses and radii are those of ASE`` () =
    let table = json "elements.json"
    let masses = numbers (table.GetProperty "masses_of_elements_1_to_36")
    let radii = numbers (table.GetProperty "covalent_radii_1_to_36")

    for z in 1..36 do
        Assert.Equal(masses[z - 1], Elements.mass z)
        Assert.Equal(Some radii[z - 1], Elements.covalentRadius z)

[<Fact>]
let ``Masses rise along the table but for the known inversions`` () =
    let inversions =
        [ 1..117 ] |> List.filter (fun z -> Elements.mass (z + 1) < Elements.mass z) |> List.map Elements.symbol

    // Ar-K, Co-Ni, Te-I and, among the longest-lived isotopes, the others.
    Assert.Equal<string list>([ "Ar"; "Co"; "Te"; "Th"; "U"; "Pu"; "Cm"; "Sg"; "Bh" ], inversions)

[<Fact>]
let ``Radii are missing for X and beyond curium only`` () =
    let missing = [ 0..118 ] |> List.filter (fun z -> (Elements.covalentRadius z).IsNone)

    Assert.Equal<int list>(0 :: [ 97..118 ], missing)

[<Theory>]
[<InlineData("Qq")>]
[<InlineData("CO")>]
[<InlineData("h")>]
[<InlineData("")>]
[<InlineData("Uue")>]
[<InlineData("C ")>]
[<InlineData("`a")>]
let ``An unknown symbol is named`` (symbol: string) =
    let message = Elements.ofSymbol symbol |> error |> NoetherError.message
    Assert.StartsWith($"unknown element '{symbol}', expected a symbol", message)

[<Fact>]
let ``Numbers outside the table are refused`` () =
    Assert.Equal(Error(UnknownElement "119"), Elements.ofNumber 119)
    Assert.Equal(Error(UnknownElement "-1"), Elements.ofNumber -1)

    let raised = Assert.Throws<ArgumentOutOfRangeException>(fun () -> Elements.mass 119 |> ignore)

    Assert.Contains("119", raised.Message)
