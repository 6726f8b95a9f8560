/// Crystals of several potentials: elastic constants, phonons and equations of state against exact second derivatives
/// of other programs.
module Noether.Tests.SolidTests

open System
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.MechanicsReference
open Noether.Tests.SolidsReference
open Xunit

let private ok result = Outcome.getOrFail result

/// The analytic embedded-atom functions of the first species, with the parameters in energies.json.
let private copper () =
    let parameters = (case "embedded_atom").GetProperty "parameters"
    let number (item: Text.Json.JsonElement) (name: string) = item.GetProperty(name).GetDouble()
    let rc = number parameters "rc"
    let fade (r: Tensor) = Tensor.pow 3.0 (1.0 - Tensor.square (r / rc))
    let density = (parameters.GetProperty "density")[0]
    let embedding = (parameters.GetProperty "embedding")[0]
    let pair = (parameters.GetProperty "pair").[0].[0]

    let phi (r: Tensor) =
        number pair "A" * Tensor.exp (-1.5 * number pair "alpha" * (r / number pair "r0" - 1.0)) * fade r

    EmbeddedAtom.ofFunctions
        "copper"
        rc
        [ { Symbol = "Cu"
            Density =
              fun r -> number density "B" * Tensor.exp (-(number density "beta") * (r - number density "r0")) * fade r
            Embedding = fun rho -> number embedding "D" * Tensor.square rho - number embedding "C" * Tensor.sqrt rho } ]
        [ ("Cu", "Cu"), phi ]
    |> ok

/// Name, elements, masses (amu), the supercell in which no atom sees two images of another, and the potential. The
/// reach of second derivatives is twice the cut-off: 7.5 Å for silicon, 11 Å for copper, 6 Å for the carbide.
let private crystals: (string * string list * float list * int * (unit -> Potential)) list =
    [ "lj_fcc", [ "Ar" ], [ 1.0 ], 5, crystal
      "sw_diamond",
      [ "Si" ],
      [ 28.0855; 28.0855 ],
      4,
      fun () -> StillingerWeber.read (path "Si.sw") |> Result.bind (StillingerWeber.create "Si.sw") |> ok
      "eam_fcc", [ "Cu" ], [ 63.546 ], 9, copper
      "tersoff_sic",
      [ "Si"; "C" ],
      [ 28.0855; 12.011 ],
      4,
      fun () -> Tersoff.read (path "SiC.tersoff") |> Result.bind (Tersoff.create "SiC.tersoff") |> ok ]

/// The names of the crystals.
let names () = TheoryData<string>(crystals |> List.map (fun (name, _, _, _, _) -> name))

let private find name =
    let _, elements, masses, repeats, potential = crystals |> List.find (fun (n, _, _, _, _) -> n = name)
    structure elements (solid name), masses, repeats, potential ()

[<Theory; MemberData(nameof names)>]
let ``Elastic constants are those of exact second derivatives`` (name: string) =
    let structure, _, _, potential = find name
    let found = Elastic.constants potential structure |> ok
    let reference = (solid name).GetProperty "elastic"

    // Sums of a hundred or so terms on both sides.
    for kind, matrix in [ "clamped_ion", found.Clamped; "relaxed_ion", found.Relaxed ] do
        Assert.InRange(difference (numbers (reference.GetProperty kind)) (Tensor.toArray matrix), 0.0, 1e-12)

    // The reference's lattice constant is at zero pressure to its last digit.
    let largest = Tensor.item [| 0; 0 |] found.Relaxed
    Assert.InRange(Tensor.toArray found.Stress |> Seq.map abs |> Seq.max, 0.0, 1e-13 * largest)

[<Theory; MemberData(nameof names)>]
let ``Phonons are those of the exact dynamical matrix`` (name: string) =
    let structure, masses, repeats, potential = find name

    let constants =
        Phonons.forceConstants (repeats, repeats, repeats) potential structure
        |> Result.bind (Phonons.withMasses masses)
        |> ok

    for phonon in (solid name).GetProperty("phonons").EnumerateArray() do
        let q = phonon.GetProperty "q_fractional" |> numbers
        let expected = phonon.GetProperty "omega_squared" |> numbers
        let found = (Phonons.modes (q[0], q[1], q[2]) constants).Squares
        let scale = (solid name).GetProperty("phonons").[1].GetProperty "omega_squared" |> numbers |> List.max
        let worst = Seq.map2 (fun a b -> abs (a - b)) expected found |> Seq.max
        // Rounding of force constants that cancel, among hundreds of them.
        Assert.InRange(worst / scale, 0.0, 1e-12)

[<Theory; MemberData(nameof names)>]
let ``The equation of state has the reference's volume, energy and bulk modulus`` (name: string) =
    let structure, _, _, potential = find name
    let ratios = [ for k in -3 .. 3 -> 1.0 + 0.001 * float k ]
    let found = EquationOfState.birchMurnaghan ratios potential structure |> ok
    let reference = solid name
    let number (field: string) = reference.GetProperty(field).GetDouble()
    let bulk = (number "C11" + 2.0 * number "C12") / 3.0
    // The terms that the equation leaves out are those of fourth order in 0.003.
    Assert.Equal(1.0, found.Volume / number "volume_per_cell", 1e-7)
    Assert.Equal(number "energy_per_cell", found.Energy, 1e-9)
    Assert.Equal(1.0, found.BulkModulus / bulk, 1e-4)
