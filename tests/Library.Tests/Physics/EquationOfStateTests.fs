module Noether.Tests.EquationOfStateTests

open System
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.MechanicsReference
open Noether.Tests.SolidsReference
open Xunit

let private known = { Energy = -3.7; Volume = 40.0; BulkModulus = 0.61; Derivative = 4.3 }

[<Fact>]
let ``A fit finds the equation that made its points`` () =
    let volumes = [ for k in -4 .. 6 -> 40.0 * (1.0 + 0.02 * float k) ]
    let energies = volumes |> List.map (fun v -> EquationOfState.energy v known)
    let found = EquationOfState.fit volumes energies |> Outcome.getOrFail
    // Energies of 4 eV that vary by 0.1 lose two digits, the derivative two more.
    Assert.Equal(known.Energy, found.Energy, 1e-13)
    Assert.Equal(known.Volume, found.Volume, 1e-10)
    Assert.Equal(known.BulkModulus, found.BulkModulus, 1e-11)
    Assert.Equal(known.Derivative, found.Derivative, 1e-9)

[<Fact>]
let ``Pressure is the slope of the energy`` () =
    for volume in [ 30.0; 40.0; 47.0 ] do
        let h = 1e-4
        let slope = (EquationOfState.energy (volume + h) known - EquationOfState.energy (volume - h) known) / (2.0 * h)
        // Rounding of 4 eV by 1e-4 Å³.
        Assert.Equal(-slope, EquationOfState.pressure volume known, 1e-10)

[<Fact>]
let ``Pressures of a scan are those of the fitted equation`` () =
    let ratios = [ for k in -3 .. 3 -> 1.0 + 0.002 * float k ]
    let found = EquationOfState.birchMurnaghan ratios (crystal ()) (argon ()) |> Outcome.getOrFail
    let scan = EquationOfState.scan ratios (crystal ()) (argon ()) |> Outcome.getOrFail

    for volume, pressure in Seq.zip scan.Volumes scan.Pressures do
        // Fourth-order terms, which the equation leaves out, cost 0.004³ and factors of ten.
        Assert.InRange(abs (pressure - EquationOfState.pressure volume found) / found.BulkModulus, 0.0, 1e-5)

[<Fact>]
let ``Points that are no equation of state are refused`` () =
    let message volumes energies =
        match EquationOfState.fit volumes energies with
        | Ok _ -> "no error"
        | Error error -> NoetherError.message error

    // Always rising in V^(-2/3), so that there is no root to find.
    let rising = [ 1.0; 2.0; 3.0; 4.0; 5.0 ]

    Assert.Equal(
        "the equation of state has 3 different volumes, expected at least 4 for its 4 parameters",
        message [ 1.0; 2.0; 3.0; 3.0 ] [ 1.0; 2.0; 3.0; 3.0 ]
    )

    Assert.Equal(
        "the equation of state has 1 volumes and 2 energies, expected as many of each",
        message [ 1.0 ] [ 1.0; 2.0 ]
    )

    Assert.Equal(
        "the list of energies has no minimum over volume, expected one, for the equation of state",
        message rising [ for v in rising -> let u = Math.Pow(v, -2.0 / 3.0) - 0.5 in u + u * u * u ]
    )

    Assert.Equal(
        "a volume is 0, expected a positive number of Å³",
        message [ 0.0; 2.0; 3.0; 4.0 ] [ 1.0; 1.0; 1.0; 1.0 ]
    )
