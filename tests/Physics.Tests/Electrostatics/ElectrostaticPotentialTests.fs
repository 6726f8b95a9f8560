module Noether.Tests.ElectrostaticPotentialTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.MechanicsReference

let private settings = Electrostatics.standard

let private charges = ChargeSource.ofSymbols [ "Na", 1.0; "Cl", -1.0; "Mg", 2.0; "X", 0.75 ] |> Outcome.getOrFail

let private rattled seed structure = Structure.rattle 0.15 (RandomKey.FromSeed seed) structure |> ok

let private salt = Crystal.rocksalt "Na" "Cl" 5.64 |> ok |> rattled 3UL

/// A skewed, charged cell.
let private skewed =
    let cell = Cell.create [| 7.1; 0.4; -0.3; -2.2; 8.3; 0.6; 1.9; -1.1; 9.2 |] (true, true, true) |> ok
    let random = Random 5
    let place _ = (9.0 * random.NextDouble(), 9.0 * random.NextDouble(), 9.0 * random.NextDouble())
    // Places on a rough grid, so that no two ions are close.
    let grid =
        [ for i in 0..1 do
              for j in 0..1 do
                  for k in 0..1 ->
                      let x, y, z = place ()
                      (3.4 * float i + 0.09 * x, 3.9 * float j + 0.09 * y, 4.4 * float k + 0.09 * z) ]

    Structure.ofSymbols [ "Na"; "Cl"; "Na"; "Mg"; "Cl"; "Cl"; "X"; "Cl" ] grid cell |> ok

let private coulomb accuracy method =
    Electrostatics.create { settings with Charges = charges; Accuracy = accuracy; Method = method } |> ok

/// Ewald's sum with an error below 1e-11 eV/Å.
let private exact = lazy (coulomb 1e-11 EwaldMethod)

let private rms (a: float seq) (b: float seq) =
    sqrt ((Seq.map2 (fun x y -> (x - y) ** 2.0) a b |> Seq.sum) / (float (Seq.length a) / 3.0))

let private cluster =
    Structure.ofSymbols
        [ "Na"; "Cl"; "Na" ]
        [ (0.0, 0.0, 0.0); (2.4, 0.3, 0.0); (-1.0, 3.0, 14.0) ]
        (Cell.create (Array.zeroCreate 9) (false, false, false) |> ok)
    |> ok

[<Tests>]
let tests =
    testList
        "ElectrostaticPotential"
        [ testCase "The requested accuracy of forces is met, and not at a hundred times its price" (fun () ->
              for structure in [ salt; skewed; Structure.repeat (2, 1, 2) skewed |> ok |> rattled 8UL ] do
                  let reference = (Evaluate.run exact.Value structure |> ok).Forces

                  for method in [ EwaldMethod; MeshMethod 5; MeshMethod 7 ] do
                      for accuracy in [ 1e-2; 1e-4; 1e-6; 1e-8 ] do
                          let found = (Evaluate.run (coulomb accuracy method) structure |> ok).Forces
                          let error = rms reference found
                          Expect.isTrue (error <= accuracy) $"{method} at {accuracy:g1}: error {error:g3} eV/Å")

          testCase "Passes agree with their definitions" (fun () ->
              let dispersion =
                  Electrostatics.create
                      { settings with
                          Exponent = 6.0
                          Prefactor = -30.0
                          Charges = charges
                          Accuracy = 1e-6
                          Method = MeshMethod 6 }
                  |> ok

              for potential in [ coulomb 1e-4 (MeshMethod 5); coulomb 1e-4 EwaldMethod; dispersion ] do
                  for structure in [ salt; skewed ] do
                      let fast = Evaluate.run potential structure |> ok
                      let composed = Evaluate.run (Potential.composed potential) structure |> ok
                      // Sums of some hundred terms in another order.
                      atMost 1e-12 (difference [ composed.Energy ] [ fast.Energy ])
                      atMost 1e-12 (difference composed.Energies fast.Energies)
                      atMost 1e-11 (difference composed.Forces fast.Forces)
                      atMost 1e-11 (difference composed.Virial fast.Virial))

          testCase "Forces and virials are the derivatives of the energy, by differences" (fun () ->
              for potential in [ coulomb 1e-3 (MeshMethod 4); coulomb 1e-3 EwaldMethod ] do
                  let found = Evaluate.run potential skewed |> ok
                  let energy structure = (Evaluate.run potential structure |> ok).Energy
                  let h = 1e-4

                  let moved at step =
                      let positions = skewed.Positions.SetItem(at, skewed.Positions[at] + step)
                      Structure.create skewed.Numbers positions skewed.Cell |> ok

                  for at in [ 0; 4; 11; 20 ] do
                      let slope = (energy (moved at h) - energy (moved at -h)) / (2.0 * h)
                      // h² times third derivatives of some tens of eV/Å³, and the rounding of energies over h.
                      atMost 2e-6 (abs (slope + found.Forces[at]))

                  let strained a b step =
                      let deform (x: float seq) =
                          x
                          |> Seq.chunkBySize 3
                          |> Seq.collect (fun r -> r |> Array.mapi (fun c v -> if c = b then v + step * r[a] else v))
                          |> Array.ofSeq

                      let cell = Cell.create (deform skewed.Cell.Vectors) (true, true, true) |> ok
                      let positions = System.Collections.Immutable.ImmutableArray.CreateRange(deform skewed.Positions)
                      Structure.create skewed.Numbers positions cell |> ok

                  let h = 1e-5

                  for a, b in [ 0, 0; 1, 2; 2, 0 ] do
                      let slope = (energy (strained a b h) - energy (strained a b -h)) / (2.0 * h)
                      atMost 2e-5 (abs (slope + found.Virial[3 * a + b])))

          testCase "A crystal repeated has its energy repeated, and its origin does not matter" (fun () ->
              let once = Evaluate.run exact.Value skewed |> ok
              let repeated = Evaluate.run exact.Value (Structure.repeat (2, 1, 1) skewed |> ok) |> ok
              atMost 1e-11 (difference [ 2.0 * once.Energy ] [ repeated.Energy ])

              let moved = skewed.Positions |> Seq.mapi (fun at x -> x + [| 3.3; -17.1; 0.4 |][at % 3])
              let moved = System.Collections.Immutable.ImmutableArray.CreateRange moved
              let elsewhere = Evaluate.run exact.Value (Structure.create skewed.Numbers moved skewed.Cell |> ok) |> ok
              atMost 1e-12 (difference [ once.Energy ] [ elsewhere.Energy ])
              atMost 1e-11 (difference once.Forces elsewhere.Forces))

          testCase "A batch has the results of its members" (fun () ->
              let potential = coulomb 1e-4 Automatic
              let together = Evaluate.batch potential [ salt; skewed; salt ] |> ok

              for structure, found in List.zip [ salt; skewed; salt ] together do
                  let alone = Evaluate.run potential structure |> ok
                  atMost 1e-13 (difference [ alone.Energy ] [ found.Energy ])
                  atMost 1e-12 (difference alone.Forces found.Forces)
                  atMost 1e-12 (difference alone.Virial found.Virial))

          testCase "Without periodic axes all pairs count, beyond the cut-off too" (fun () ->
              let found = Evaluate.run (coulomb 1e-8 Automatic) cluster |> ok
              let at i = [ for c in 0..2 -> cluster.Positions[3 * i + c] ]
              let r i j = List.map2 (fun x y -> (x - y) ** 2.0) (at i) (at j) |> List.sum |> sqrt
              let expected = Units.coulomb * (-1.0 / r 0 1 + 1.0 / r 0 2 - 1.0 / r 1 2)
              atMost 1e-6 (abs (found.Energy - expected)))

          testCase "A slab is the limit of empty space, and its conditions are checked" (fun () ->
              let slab height periodic =
                  let cell = Cell.create [| 5.64; 0.0; 0.0; 0.0; 5.64; 0.0; 0.0; 0.0; height |] periodic |> ok
                  Structure.create salt.Numbers salt.Positions cell |> ok

              let potential = coulomb 1e-8 EwaldMethod
              let energy structure = (Evaluate.run potential structure |> ok).Energy
              let energies = [ for height in [ 25.0; 40.0 ] -> energy (slab height (true, true, false)) ]
              // e^(−2π gap/a) with a gap of 22 Å is 2e-11.
              atMost 1e-8 (difference [ energies[1] ] [ energies[0] ])

              let message structure =
                  match Evaluate.run potential structure with
                  | Error error -> NoetherError.message error
                  | Ok _ -> failwith "expected an error"

              contains "empty space" (message (slab 9.0 (true, true, false)))
              contains "1 periodic axis" (message (slab 25.0 (true, false, false)))

              let leaning =
                  let cell = Cell.create [| 5.64; 0.0; 0.0; 0.0; 5.64; 0.0; 3.0; 0.0; 30.0 |] (true, true, false) |> ok
                  Structure.create salt.Numbers salt.Positions cell |> ok

              contains "right angles" (message leaning))

          testCase "Bonded pairs are left out" (fun () ->
              let groups = AtomGroups.create cluster.Count 2 (Images.Nearest(false, false, false)) [ [ 0; 1 ] ] |> ok

              let without left =
                  let settings = { settings with Charges = charges; Accuracy = 1e-8 }
                  coulomb 1e-8 Automatic + Electrostatics.without groups (Tensor.scalar left) settings

              let energy left = (Evaluate.run (without left) cluster |> ok).Energy
              let pair = -Units.coulomb / sqrt (2.4 * 2.4 + 0.3 * 0.3)
              atMost 1e-10 (abs (energy 1.0 - energy 0.0 - pair))
              atMost 1e-10 (abs (energy 0.5 - energy 0.0 - 0.5 * pair)))

          testCase "Charges that are missing or no numbers are refused by name" (fun () ->
              let message potential =
                  match Evaluate.run potential salt with
                  | Error error -> NoetherError.message error
                  | Ok _ -> failwith "expected an error"

              let only = ChargeSource.ofSymbols [ ("Na", 1.0) ] |> ok
              contains "no charge for Cl" (message (Electrostatics.create { settings with Charges = only } |> ok))
              contains "charges" (message (Electrostatics.create settings |> ok))

              match ChargeSource.ofSymbols [ ("Na", nan) ] with
              | Error error -> contains "charge of Na" (NoetherError.message error)
              | Ok _ -> failwith "expected an error"

              match Electrostatics.create { settings with Accuracy = -1.0 } with
              | Error error -> contains "accuracy" (NoetherError.message error)
              | Ok _ -> failwith "expected an error")

          testCase "Charges in equilibrium stand still against change, and their energy has its derivatives" (fun () ->
              let elements =
                  Map
                      [ 11, { Electronegativity = 2.84; Hardness = 14.6 }
                        17, { Electronegativity = 8.56; Hardness = 19.9 } ]

              let split = RangeSplit.coulomb (Tensor.scalar 1.0) |> RangeSplit.scale (Tensor.scalar Units.coulomb)
              let sum = LatticeSum.create split (Ewald(Sphere 6.0))
              let small = Crystal.rocksaltPrimitive "Na" "Cl" 5.64 |> ok |> rattled 2UL
              let pairs = Neighbours.build 7.0 small |> ok
              let q, energy = ChargeEquilibration.solve elements 0.0 sum (PairData.ofStructure pairs small)
              let q = Tensor.toArray q
              atMost 1e-13 (abs (q[0] + q[1]))
              inRange 0.1 1.0 q[0]

              // The energy of other charges of the same total is higher, by the square of the change.
              let energyAt change =
                  let moved = Tensor.ofArray [| 2; 1 |] [| q[0] + change; q[1] - change |]
                  let coulomb = LatticeSum.energy sum 7.0 small moved |> ok
                  let own z q = elements[z].Electronegativity * q + 0.5 * elements[z].Hardness * q * q
                  coulomb + own 11 (q[0] + change) + own 17 (q[1] - change)

              atMost 1e-10 (abs (energyAt 0.0 - Tensor.value energy))
              isTrue (energyAt 1e-3 > energyAt 0.0 && energyAt -1e-3 > energyAt 0.0)

              let potential = ChargeEquilibration.potential elements 0.0 sum 7.0
              let found = Evaluate.run potential small |> ok
              let h = 1e-4

              let at step =
                  let positions = small.Positions.SetItem(1, small.Positions[1] + step)
                  (Evaluate.run potential (Structure.create small.Numbers positions small.Cell |> ok) |> ok).Energy

              atMost 1e-6 (abs ((at h - at -h) / (2.0 * h) + found.Forces[1]))) ]
