module Noether.Tests.VirtualSiteTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.MechanicsReference

/// TIP4P/2005 (J. L. F. Abascal and C. Vega, J. Chem. Phys. 123, 234505 (2005)): OH 0.9572 Å, 104.52°, the negative
/// charge 0.1546 Å from O between the hydrogens.
let private angle = 104.52 * Math.PI / 180.0

let private part = 0.1546 / (2.0 * 0.9572 * cos (0.5 * angle))

let private hydrogen, private negative = 0.5564, -1.1128

let private count = 6

/// Molecules O, H, H in a skewed cell, some of them across its faces.
let private water =
    let random = Random 17
    let vectors = [| 8.5; 0.0; 0.0; 0.6; 8.9; 0.0; -0.4; 0.5; 9.3 |]

    let molecule m =
        let a, b = 2.0 * Math.PI * random.NextDouble(), Math.PI * random.NextDouble()
        let u = [| cos a * sin b; sin a * sin b; cos b |]
        let v = [| -(sin a); cos a; 0.0 |]
        let origin = [| 4.3 * float (m % 2); 3.3 * float (m / 2); 2.9 * float (m % 3) + random.NextDouble() |]

        let at s =
            Array.init 3 (fun c -> origin[c] + 0.9572 * (cos (0.5 * angle) * u[c] + s * sin (0.5 * angle) * v[c]))

        [ origin; at 1.0; at -1.0 ]

    let cell = Cell.create vectors (true, true, true) |> ok

    let places =
        [ for m in 0 .. count - 1 do
              yield! molecule m ]

    Structure.ofSymbols
        (List.concat (List.replicate count [ "O"; "H"; "H" ]))
        [ for p in places -> p[0], p[1], p[2] ]
        cell
    |> ok

let private nearest = Images.Nearest(true, true, true)

let private sites =
    let weights = Tensor.vector [ 1.0 - 2.0 * part; part; part ]

    // H–O–H in a row, so that images follow bonds; the oxygen first.
    AtomGroups.create water.Count 3 nearest [ for m in 0 .. count - 1 -> [ 3 * m; 3 * m + 1; 3 * m + 2 ] ]
    |> Result.bind (VirtualSites.create 0 weights)
    |> ok

let private settings =
    { Electrostatics.standard with
        Charges = ChargeSource.ofSymbols [ "O", 0.0; "H", hydrogen; "X", negative ] |> ok
        Accuracy = 1e-8
        Cutoff = 4.2
        Method = EwaldMethod }

/// Coulomb's law between molecules, not within.
let private inner =
    let first = 3 * count

    let bonds =
        [ for m in 0 .. count - 1 do
              yield! [ [ 3 * m; 3 * m + 1 ]; [ 3 * m; 3 * m + 2 ]; [ 3 * m; first + m ] ] ]

    let pairs = AtomGroups.create (4 * count) 2 nearest bonds |> ok |> BondedPairs.ofBonds

    (Electrostatics.create settings |> ok)
    + Electrostatics.withoutBonded pairs (Tensor.vector [ 0.0; 0.0; 0.0 ]) settings

let private potential = VirtualSites.potential sites inner

/// The same places with the sites as atoms.
let private explicit (structure: Structure) =
    let data = PairData.ofStructure (Pairs.none structure.Count) structure
    let places = VirtualSites.places sites data |> Tensor.toArray
    let numbers = structure.Numbers.AddRange(Array.create count 0)
    Structure.create numbers (structure.Positions.AddRange places) structure.Cell |> ok

[<Tests>]
let tests =
    testList
        "VirtualSite"
        [ testCase "Sites stand where the model says, wherever atoms are wrapped to" (fun () ->
              let places (structure: Structure) = (explicit structure).Positions |> Seq.skip (9 * count) |> Array.ofSeq
              let found = places water

              for m in 0 .. count - 1 do
                  let d = [ for c in 0..2 -> found[3 * m + c] - water.Positions[9 * m + c] ]
                  atMost 1e-12 (abs (sqrt (List.sumBy (fun x -> x * x) d) - 0.1546))

              let vectors = water.Cell.Vectors
              // The first hydrogens one lattice vector further.
              let wrapped =
                  water.Positions |> Seq.mapi (fun k x -> if k / 3 % 3 = 1 then x + vectors[3 + k % 3] else x)

              let positions = System.Collections.Immutable.ImmutableArray.CreateRange wrapped
              atMost 1e-12 (difference found (places (Structure.create water.Numbers positions water.Cell |> ok))))

          testCase "Forces on sites are handed to their parents, exactly" (fun () ->
              let found = Evaluate.run potential water |> ok
              let whole = Evaluate.run inner (explicit water) |> ok
              atMost 1e-13 (difference [ whole.Energy ] [ found.Energy ])
              let weights = [| 1.0 - 2.0 * part; part; part |]

              let expected =
                  [ for i in 0 .. water.Count - 1 do
                        for c in 0..2 ->
                            whole.Forces[3 * i + c] + weights[i % 3] * whole.Forces[9 * count + 3 * (i / 3) + c] ]

              atMost 1e-12 (difference expected found.Forces)
              atMost 1e-11 (difference whole.Virial found.Virial)

              for c in 0..2 do
                  atMost 1e-8 (abs (Seq.sum [ for i in 0 .. water.Count - 1 -> found.Forces[3 * i + c] ])))

          testCase "Forces are the derivatives of the energy, by differences" (fun () ->
              let found = Evaluate.run potential water |> ok
              let h = 1e-4

              for at in [ 0; 4; 17; 29; 53 ] do
                  let energy step =
                      let positions = water.Positions.SetItem(at, water.Positions[at] + step)
                      (Evaluate.run potential (Structure.create water.Numbers positions water.Cell |> ok) |> ok).Energy

                  atMost 2e-6 (abs ((energy h - energy -h) / (2.0 * h) + found.Forces[at])))

          testCase "Charges of sites are properties where potentials read them from structures" (fun () ->
              let charged =
                  Structure.withPerAtom
                      "charges"
                      (Property.reals [ for i in 0 .. water.Count - 1 -> if i % 3 = 0 then 0.0 else hydrogen ])
                      water
                  |> ok

              let potential sites =
                  VirtualSites.potential sites (Electrostatics.create { settings with Charges = OfStructure } |> ok)

              let dressed = VirtualSites.withProperty "charges" (Tensor.vector (List.replicate count negative)) sites
              let found = Evaluate.run (potential dressed) charged |> ok

              let expected =
                  Evaluate.run (VirtualSites.potential sites (Electrostatics.create settings |> ok)) water |> ok

              atMost 1e-13 (difference [ expected.Energy ] [ found.Energy ])

              match Evaluate.run (potential sites) charged with
              | Error error -> contains "virtual sites" (NoetherError.message error)
              | Ok _ -> failwith "expected an error")

          testCase "A batch has the results of its members" (fun () ->
              let moved = Structure.rattle 0.05 (Noether.Kernels.RandomKey.FromSeed 3UL) water |> ok

              for structure, together in List.zip [ water; moved ] (Evaluate.batch potential [ water; moved ] |> ok) do
                  let alone = Evaluate.run potential structure |> ok
                  atMost 1e-13 (difference [ alone.Energy ] [ together.Energy ])
                  atMost 1e-11 (difference alone.Forces together.Forces))

          testCase "Weights that do not add up to one are refused" (fun () ->
              match VirtualSites.create 0 (Tensor.vector [ 0.5; 0.25; 0.125 ]) sites.Parents with
              | Error error -> contains "0.875" (NoetherError.message error)
              | Ok _ -> failwith "expected an error") ]
