module Noether.Tests.ManyBodyTests

open System
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.ManyBodyChecks
open Noether.Tests.MechanicsReference
open Xunit

/// The worst relative difference of energy, forces and virial, which do not depend on how energies are shared out.
let private worstTotals (program: string) (case: Text.Json.JsonElement) (results: Results) =
    let expected = case.GetProperty program
    let numbersOf (name: string) = expected.GetProperty name |> numbers

    List.max
        [ difference (numbersOf "energy") [ results.Energy ]
          difference (numbersOf "forces") results.Forces
          difference (numbersOf "virial") results.Virial ]

// LAMMPS shares the energy of a triple among its atoms, the reference's formula gives it to the centre, as here.
[<Theory>]
[<InlineData("stillinger_weber", "Si")>]
[<InlineData("tersoff_sic", "Si C")>]
[<InlineData("tersoff_si_dense", "Si C")>]
let ``Three-body energies, forces and virials are those of the reference programs`` (name: string, elements: string) =
    let reference = case name
    let potential = if name = "stillinger_weber" then silicon () else carbide ()
    let results = run potential (structure (List.ofArray (elements.Split ' ')) reference)
    Assert.InRange(worst "own_formula" reference results, 0.0, 1e-11)
    Assert.InRange(worstTotals "lammps" reference results, 0.0, 1e-11)

[<Fact>]
let ``Embedded-atom tables splined as LAMMPS does give its numbers, functions those of the formula`` () =
    let reference = case "embedded_atom"
    let structure = structure [ "Cu"; "Ag" ] reference
    let tabulated, analytic = run (tabulatedAlloy ()) structure, run (analyticAlloy ()) structure
    Assert.InRange(worst "lammps" reference tabulated, 0.0, 1e-11)
    Assert.InRange(worst "own_formula" reference analytic, 0.0, 1e-11)

    // What a table of 1000 points says of the functions: LAMMPS' spline is 1e-10 off in the energy, 3.3e-8 in forces.
    let smooth = EmbeddedAtom.ofTable "smooth" NotAKnot (alloyTable ()) |> Outcome.getOrFail
    let smooth = run smooth structure
    Assert.InRange(abs (smooth.Energy - analytic.Energy), 0.0, 1e-9)
    Assert.InRange(Seq.map2 (fun a b -> abs (a - b)) smooth.Forces analytic.Forces |> Seq.max, 0.0, 4e-8)

let private element symbol (values: float list) =
    let at k = Tensor.scalar values[k]

    { Symbol = symbol
      A = at 0
      B = at 1
      Lambda = at 2
      Mu = at 3
      Beta = at 4
      N = at 5
      C = at 6
      D = at 7
      H = at 8
      R = at 9
      S = at 10 }

let private mixed () =
    let silicon = [ 1830.8; 471.18; 2.4799; 1.7322; 1.1e-6; 0.78734; 100390.0; 16.217; -0.59825; 2.7; 3.0 ]
    let carbon = [ 1393.6; 346.74; 3.4879; 2.2119; 1.5724e-7; 0.72751; 38049.0; 4.3484; -0.57058; 1.8; 2.1 ]

    Tersoff.ofElements [ element "Si" silicon; element "C" carbon ] [ ("C", "Si"), Tensor.scalar 0.9776 ]
    |> Outcome.getOrFail

[<Fact>]
let ``Mixing by the rules of 1989 gives the potential of the written-out file`` () =
    let reference = case "tersoff_sic"
    let potential = Tersoff.create "mixed" (mixed ()) |> Outcome.getOrFail
    let results = run potential (structure [ "Si"; "C" ] reference)
    Assert.InRange(worst "own_formula" reference results, 0.0, 1e-11)

let private solid (name: string) =
    use document = Text.Json.JsonDocument.Parse(IO.File.ReadAllText(path "solids.json"))
    document.RootElement.GetProperty("solids").GetProperty(name).Clone()

[<Theory>]
[<InlineData("sw_diamond", "Si Si")>]
[<InlineData("eam_fcc", "Cu")>]
[<InlineData("tersoff_sic", "Si C")>]
let ``Crystals at their published lattice constants are at rest and have their energies``
    (name: string, elements: string)
    =
    let reference = solid name

    let potential =
        match name with
        | "sw_diamond" -> silicon ()
        | "eam_fcc" -> analyticAlloy ()
        | _ -> carbide ()

    let results = run potential (structure (List.ofArray (elements.Split ' ')) reference)
    Assert.Equal(reference.GetProperty("energy_per_cell").GetDouble(), results.Energy, 1e-11)
    // The reference is a minimum to 1e-13 eV per strain, of terms of some tens of eV.
    Assert.All(results.Virial, fun w -> Assert.Equal(0.0, w, 1e-11))
    Assert.All(results.Forces, fun f -> Assert.Equal(0.0, f, 1e-11))

let private potentials: (string * string list * float * (unit -> Potential)) list =
    [ "embedded atom", [ "Cu"; "Ag" ], 2.1, analyticAlloy
      "embedded atom, table", [ "Cu"; "Ag" ], 2.1, tabulatedAlloy
      "Stillinger-Weber", [ "Si" ], 1.9, silicon
      "Tersoff", [ "Si"; "C" ], 1.4, carbide ]

/// The names of the many-body potentials.
let names () = TheoryData<string>(potentials |> List.map (fun (name, _, _, _) -> name))

let private find name = potentials |> List.find (fun (n, _, _, _) -> n = name)

[<Theory; MemberData(nameof names)>]
let ``Rotations, exchanges and distance do what they must`` (name: string) =
    let _, elements, apart, potential = find name
    let potential = potential ()

    for seed in 1..3 do
        let structure = scattered seed elements 12 6.5 apart
        isInvariant potential structure
        isExtensive potential structure (scattered (seed + 10) elements 9 6.0 apart)

[<Theory; MemberData(nameof names)>]
let ``Structures in a batch have the results that they have alone`` (name: string) =
    let _, elements, apart, potential = find name
    let potential = potential ()
    let first, second = scattered 1 elements 8 6.0 apart, scattered 2 elements 5 5.0 apart
    let together = Evaluate.batch potential [ first; second; first ] |> Outcome.getOrFail

    for batched, single in List.zip together [ run potential first; run potential second; run potential first ] do
        Assert.InRange(difference single.Forces batched.Forces, 0.0, 1e-13)
        Assert.InRange(difference single.Energies batched.Energies, 0.0, 1e-13)

[<Theory; MemberData(nameof names)>]
let ``Energies are differentiable three times in positions and strain`` (name: string) =
    let _, elements, apart, potential = find name
    hasDerivatives (potential ()) (scattered 4 elements 5 5.0 apart)

let private derivatives potential structure =
    let pairs = Neighbours.build 6.0 structure |> Outcome.getOrFail

    let energy x = Tensor.sum (Evaluate.energiesAt potential pairs structure x (Tensor.zeros [| 3; 3 |]))

    let x = Space.positions structure
    let along = Tensor.normal Float64 x.Shape (RandomKey.FromSeed 4UL)
    let line t = energy (x + t * along)
    [ for order in 0..3 -> Tensor.value (Diff.diffn order line (Tensor.scalar 0.0)) ]

let private chain symbols (spots: float list) =
    Structure.ofSymbols symbols [ for x in spots -> x, 0.0, 0.0 ] Cell.none |> Outcome.getOrFail

[<Theory; MemberData(nameof names)>]
let ``Single precision gives single precision`` (name: string) =
    let _, elements, apart, potential = find name
    let potential = potential ()
    let structure = scattered 4 elements 12 6.5 apart
    let pairs = Neighbours.build potential.Cutoff structure |> Outcome.getOrFail

    let energies precision =
        let x = Tensor.cast precision (Space.positions structure)
        Evaluate.energiesAt potential pairs structure x (Tensor.full precision [| 3; 3 |] 0.0)

    Assert.Equal(Float32, (energies Float32).Precision)
    // Seven digits, of which positions of some Å and differences of large energies leave four.
    Assert.InRange(difference (Tensor.toArray (energies Float64)) (Tensor.toArray (energies Float32)), 0.0, 1e-3)

[<Fact>]
let ``An atom alone has the energy of no density, and no derivatives`` () =
    let alone = derivatives (analyticAlloy ()) (chain [ "Cu"; "Ag"; "Cu" ] [ 0.0; 2.5; 100.0 ])
    let pair = derivatives (analyticAlloy ()) (chain [ "Cu"; "Ag" ] [ 0.0; 2.5 ])
    Assert.Equal(pair[0], alone[0], 1e-15)
    Assert.All(alone, fun value -> Assert.True(Double.IsFinite value))

/// Laws of first and second derivatives by parameters, of the energy and of the squared forces.
let private byParameters (name: string) structure (start: Tensor) (potentialOf: Tensor -> Potential) =
    let pairs = Neighbours.build (potentialOf start).Cutoff structure |> Outcome.getOrFail
    let still = Tensor.zeros [| 3; 3 |]

    let energy scale x = Tensor.sum (Evaluate.energiesAt (potentialOf (scale * start)) pairs structure x still)

    let x = Space.positions structure
    let squares scale = Tensor.sum (Tensor.square (Diff.grad (energy scale) x))
    let settings = { Check.settings Float64 with Order = 2 }
    let ones = [| Tensor.onesLike start |]

    Check.runWith settings (RandomKey.FromSeed 1UL) (fun p -> energy p[0] x) ones
    |> Check.orFail $"energy, {name}"
    |> ignore

    Check.runWith settings (RandomKey.FromSeed 2UL) (fun p -> squares p[0] / 1e4) ones
    |> Check.orFail $"forces, {name}"
    |> ignore

[<Fact>]
let ``Three-body energies and forces are differentiable in parameters`` () =
    let sw = siliconParameters ()
    let ofSilicon values = StillingerWeber.create "sw" (TripleParameters.withValues values sw) |> Outcome.getOrFail
    byParameters "Stillinger-Weber" (scattered 3 [ "Si" ] 5 4.5 2.0) sw.Values ofSilicon
    // m is a whole number, and no parameter to differentiate by.
    let tersoff = carbideParameters ()
    let t = tersoff.Values.Shape[0]

    let ofCarbide (values: Tensor) =
        let values = Tensor.concat 1 [ Tensor.slice 1 0 1 tersoff.Values; Tensor.slice 1 1 14 values ]
        Tersoff.create "tersoff" (TripleParameters.withValues values tersoff) |> Outcome.getOrFail

    Assert.Equal(8, t)
    byParameters "Tersoff" (scattered 3 [ "Si"; "C" ] 5 4.0 1.5) tersoff.Values ofCarbide

[<Fact>]
let ``An embedded-atom energy is differentiable in the numbers of its table`` () =
    let table = alloyTable ()
    let structure = scattered 3 [ "Cu"; "Ag" ] 4 4.5 2.2
    let pairs = Neighbours.build table.Cutoff structure |> Outcome.getOrFail

    let energy (xs: Tensor[]) =
        let element = { table.Elements[0] with Density = xs[0] * table.Elements[0].Density }
        let table = { table with Elements = [ element; table.Elements[1] ] }
        let potential = EmbeddedAtom.ofTable "table" Natural table |> Outcome.getOrFail
        let still = Tensor.zeros [| 3; 3 |]
        Tensor.sum (Evaluate.energiesAt potential pairs structure (Space.positions structure) still)

    let settings = { Check.settings Float64 with Order = 2 }

    Check.runWith settings (RandomKey.FromSeed 3UL) energy [| Tensor.ones [| 1000 |] |]
    |> Check.orFail "table"
    |> ignore

[<Fact>]
let ``At and beyond the cut-off of Stillinger and Weber everything is exactly zero`` () =
    let cutoff = 1.8 * 2.0951

    for distance in [ cutoff; cutoff + 1e-15; cutoff + 1.0; Math.BitDecrement cutoff; cutoff - 1e-6 ] do
        let found = derivatives (silicon ()) (chain [ "Si"; "Si" ] [ 0.0; distance ])
        Assert.Equal<float list>([ 0.0; 0.0; 0.0; 0.0 ], found)

    // A third atom at the edge of a bond's view changes nothing either.
    let pair = derivatives (silicon ()) (chain [ "Si"; "Si" ] [ 0.0; 2.3 ])
    let edge = derivatives (silicon ()) (chain [ "Si"; "Si"; "Si" ] [ 0.0; 2.3; Math.BitDecrement -cutoff ])
    Assert.Equal(pair[0], edge[0])
    Assert.All(edge, fun value -> Assert.True(Double.IsFinite value))

[<Fact>]
let ``A bond without third atoms has bond order 1 and finite derivatives of every order`` () =
    let energy r = 1830.8 * exp (-2.4799 * r) - 471.18 * exp (-1.7322 * r)

    let found = derivatives (carbide ()) (chain [ "Si"; "Si" ] [ 0.0; 2.4 ])
    Assert.Equal(energy 2.4, found[0], 1e-12)
    Assert.All(found, fun value -> Assert.True(Double.IsFinite value))
    // So it is with a third atom exactly where it is no longer seen.
    let edge = derivatives (carbide ()) (chain [ "Si"; "Si"; "Si" ] [ 0.0; 2.4; -3.0 ])
    Assert.Equal(found[0], edge[0])
    Assert.All(edge, fun value -> Assert.True(Double.IsFinite value))

let private message result =
    match result with
    | Ok _ -> "no error"
    | Error error -> NoetherError.message error

[<Fact>]
let ``Missing elements and impossible parameters are said`` () =
    let germanium = chain [ "Si"; "Ge" ] [ 0.0; 2.4 ]

    Assert.Equal(
        "the potential 'Si.sw' has no parameters for the triple Si-Ge-Ge, expected parameters for all that is within the cut-off",
        message (Evaluate.run (silicon ()) germanium)
    )

    Assert.Equal(
        "the potential 'SiC.tersoff' has no parameters for the triple Si-Ge-Ge, expected parameters for all that is within the cut-off",
        message (Evaluate.run (carbide ()) germanium)
    )

    Assert.Equal(
        "the potential 'alloy' has no parameters for the element Ge, expected parameters for all that is within the cut-off",
        message (Evaluate.run (analyticAlloy ()) (chain [ "Ge" ] [ 0.0 ]))
    )

    let withRow (values: float list) potential =
        TripleParameters.ofTriples [ ("Si", "Si", "Si"), Tensor.vector values ]
        |> Outcome.getOrFail
        |> potential "p"
        |> message

    Assert.Equal(
        "sigma of Si-Si-Si is -1, expected 0 or more",
        withRow [ 1.0; -1.0; 1.8; 21.0; 1.2; 0.3; 7.0; 0.6; 4.0; 0.0; 0.0 ] StillingerWeber.create
    )

    Assert.Equal(
        "lambda of Si-Si-Si is NaN, expected a finite number",
        withRow [ 1.0; 1.0; 1.8; nan; 1.2; 0.3; 7.0; 0.6; 4.0; 0.0; 0.0 ] StillingerWeber.create
    )

    Assert.Equal(
        "m of Si-Si-Si is 2, expected 1 or 3",
        withRow [ 2.0; 1.0; 0.0; 1.0; 1.0; 0.0; 1.0; 1.0; 1.0; 1.0; 2.0; 0.1; 1.0; 1.0 ] Tersoff.create
    )

    Assert.Throws<ArgumentException>(fun () -> withRow [ 1.0 ] Tersoff.create |> ignore) |> ignore
    let twice = Tensor.vector [ 1.0 ]

    Assert.Equal(
        "the table of parameters has the triple Si-Si-Si twice, expected each once",
        message (TripleParameters.ofTriples [ ("Si", "Si", "Si"), twice; ("Si", "Si", "Si"), twice ])
    )
