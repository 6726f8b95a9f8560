module Noether.Tests.DipoleTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.ElectrostaticReference
open Noether.Tests.MechanicsReference

let private structureOf (case: Entry) =
    let positions = numbers (case.GetProperty "positions")
    (ions (List.replicate (positions.Length / 3) "X") (numbers (case.GetProperty "cell")) positions [ 0.0 ]).Structure

/// Energy, forces, ∂E/∂μ and ∂E/∂ε of charges and dipoles in a structure.
let private evaluate sum surroundings cutoff count (structure: Structure) (charges: Tensor) (dipoles: Tensor) =
    let all = Neighbours.build cutoff structure |> ok
    let pairs = if count = OneEnd then halfList all else all

    let energy (xs: Tensor[]) =
        // r' = (1 + ε) r on columns is r (1 + εᵀ) on rows.
        let deform (rows: Tensor) = rows + Tensor.matmulTransposed false true rows xs[2]
        let positions, cell = deform xs[0], deform (Space.cell structure)
        let vectors = Space.vectors positions cell pairs
        [| DipoleSum.energies sum surroundings count pairs vectors cell positions xs[3] xs[1] |]

    let xs = [| Space.positions structure; dipoles; Tensor.zeros [| 3; 3 |]; charges |]
    let energies, pull = Diff.vjpMany energy xs
    let gradients = pull [| Tensor.onesLike energies[0] |]

    {| Energy = Tensor.value (Tensor.sum energies[0])
       Forces = -gradients[0]
       Field = -gradients[1]
       Strain = gradients[2]
       Potential = gradients[3] |}

let private flat (x: Tensor) = Tensor.toArray x

let private random seed count scale =
    let random = Random seed
    Array.init count (fun _ -> scale * (2.0 * random.NextDouble() - 1.0))

/// Eight ions with dipoles in a skewed cell, perhaps open along the third vector, which then is long.
let private crystal height periodic =
    let cell = Cell.create [| 5.1; 0.3; 0.0; -0.9; 5.6; 0.0; 0.0; 0.0; height |] (true, true, periodic) |> ok
    let noise = random 7 24 0.3

    let positions =
        [ for i in 0..7 ->
              let at c = 2.6 * float (i >>> c &&& 1) + noise[3 * i + c] + 1.0
              at 0, at 1, at 2 ]

    Structure.ofSymbols (List.replicate 8 "X") positions cell |> ok

let private charges = Tensor.vector [ 1.0; -1.0; 0.7; -0.7; -0.5; 0.5; 1.3; -1.0 ]

let private dipoles = Tensor.ofArray [| 8; 3 |] (random 11 24 0.8)

let private ewald (smearing: float) =
    LatticeSum.create (RangeSplit.coulomb (Tensor.scalar smearing)) (Ewald(Sphere(8.6 / smearing)))

let private tight smearing = evaluate (ewald smearing) TinFoil (8.6 * smearing) BothEnds

let private settings =
    { Electrostatics.standard with
        Charges = OfStructure
        Accuracy = 1e-5
        Cutoff = 8.0 }

let private dressed (structure: Structure) =
    let reals shape (x: Tensor) =
        Property.create shape (Reals(System.Collections.Immutable.ImmutableArray.CreateRange(flat x))) |> ok

    Structure.withPerAtom "charges" (reals [ 8 ] charges) structure
    |> Result.bind (Structure.withPerAtom "dipoles" (reals [ 8; 3 ] dipoles))
    |> ok

[<Tests>]
let tests =
    testList
        "Dipole"
        [ testCase "Energies, forces, fields and strains are those of torch-pme" (fun () ->
              for case in ((file "dipoles").GetProperty "cases").EnumerateArray() do
                  let structure = structureOf case
                  let n = structure.Count
                  let count = if (case.GetProperty "full_list").GetBoolean() then BothEnds else OneEnd
                  let isDirect = (case.GetProperty "kind").GetString() = "direct"

                  let sum =
                      if isDirect then
                          LatticeSum.create (RangeSplit.coulomb (Tensor.scalar 1.0)) Direct
                      else
                          LatticeSum.create
                              (RangeSplit.coulomb (Tensor.scalar (number "smearing" case)))
                              (Ewald(Wavelength(number "lr_wavelength" case)))

                  let surroundings =
                      match number "epsilon" case with
                      | 0.0 -> TinFoil
                      | epsilon -> Medium epsilon

                  let moments = matrix 3 (case.GetProperty "dipoles")
                  let none = Tensor.zeros [| n |]
                  let found = evaluate sum surroundings (number "cutoff" case) count structure none moments
                  let against (name: string) x = atMost 1e-12 (difference (numbers (case.GetProperty name)) x)
                  against "energy" [ found.Energy ]
                  against "forces" (flat found.Forces)
                  against "dE_ddipoles" (flat -found.Field)
                  against "potential" (flat (-0.5 * found.Field))
                  against "dE_dstrain_fixed_dipoles" (flat found.Strain))

          testCase "Sums do not depend on the smearing" (fun () ->
              let crystal = crystal 5.8 true
              let a, b = tight 0.6 crystal charges dipoles, tight 0.85 crystal charges dipoles
              atMost 1e-12 (difference [ a.Energy ] [ b.Energy ])
              atMost 1e-11 (difference (flat a.Forces) (flat b.Forces))
              atMost 1e-11 (difference (flat a.Field) (flat b.Field))
              atMost 1e-11 (difference (flat a.Strain) (flat b.Strain))
              atMost 1e-11 (difference (flat a.Potential) (flat b.Potential)))

          testCase "Without dipoles charges are as they were, and the field is the force on a charge" (fun () ->
              for structure, slab in [ crystal 5.8 true, false; crystal 30.0 false, true ] do
                  let sum = if slab then LatticeSum.slab 2 (ewald 0.7) else ewald 0.7
                  let cutoff = 8.6 * 0.7
                  let none = Tensor.zeros [| 8; 3 |]
                  let found = evaluate sum TinFoil cutoff BothEnds structure charges none
                  let column = Tensor.reshape [| 8; 1 |] charges
                  let expected = LatticeSum.energy sum cutoff structure column |> ok
                  atMost 1e-13 (difference [ expected ] [ found.Energy ])
                  let byCharge = found.Forces / column
                  atMost 1e-11 (difference (flat byCharge) (flat found.Field)))

          testCase "A slab with dipoles is the limit of empty space" (fun () ->
              let at height =
                  let sum = LatticeSum.slab 2 (ewald 0.7)
                  evaluate sum TinFoil (8.6 * 0.7) BothEnds (crystal height false) charges dipoles

              let one, two = at 32.0, at 45.0
              // e^(−2π 26/5.6) of the field between images.
              atMost 1e-11 (difference [ two.Energy ] [ one.Energy ])
              atMost 1e-10 (difference (flat two.Forces) (flat one.Forces))
              atMost 1e-10 (difference (flat two.Field) (flat one.Field)))

          testCase "The crystal turned or repeated has the same energy, forces and fields" (fun () ->
              let crystal = crystal 5.8 true
              let once = tight 0.7 crystal charges dipoles
              let repeated = Structure.repeat (1, 2, 1) crystal |> ok
              let both (x: Tensor) = Tensor.concat 0 [ x; x ]
              let twice = tight 0.7 repeated (both charges) (both dipoles)
              atMost 1e-12 (difference [ 2.0 * once.Energy ] [ twice.Energy ])
              atMost 1e-11 (difference (flat (both once.Forces)) (flat twice.Forces))

              let turn =
                  let c, s = cos 0.7, sin 0.7
                  let first = Tensor.ofArray [| 3; 3 |] [| c; s; 0.0; -s; c; 0.0; 0.0; 0.0; 1.0 |]
                  Tensor.matmul first (Tensor.ofArray [| 3; 3 |] [| 1.0; 0.0; 0.0; 0.0; 0.6; 0.8; 0.0; -0.8; 0.6 |])

              let rows (x: seq<float>) =
                  let x = Array.ofSeq x
                  flat (Tensor.matmul (Tensor.ofArray [| x.Length / 3; 3 |] x) turn)

              let cell = Cell.create (rows crystal.Cell.Vectors) (true, true, true) |> ok
              let positions = System.Collections.Immutable.ImmutableArray.CreateRange(rows crystal.Positions)
              let turned = Structure.create crystal.Numbers positions cell |> ok
              let found = tight 0.7 turned charges (Tensor.matmul dipoles turn)
              atMost 1e-12 (difference [ once.Energy ] [ found.Energy ])
              atMost 1e-11 (difference (rows (flat once.Forces)) (flat found.Forces))
              atMost 1e-11 (difference (rows (flat once.Field)) (flat found.Field)))

          testCase "Derivatives are right in every mode to third order" (fun () ->
              let structure = Structure.select [ 0; 1; 2 ] (crystal 5.8 true) |> ok
              let pairs = Neighbours.build 3.5 structure |> ok

              let energy (xs: Tensor[]) =
                  let sum = LatticeSum.create (RangeSplit.coulomb xs[4]) (Ewald(Sphere 2.5))
                  let vectors = Space.vectors xs[0] xs[1] pairs

                  DipoleSum.energies sum TinFoil BothEnds pairs vectors xs[1] xs[0] xs[2] xs[3] |> Tensor.sum

              let few count (x: Tensor) = Tensor.slice 0 0 count x

              let xs =
                  [| Space.positions structure
                     Space.cell structure
                     few 3 charges
                     few 3 dipoles
                     Tensor.scalar 0.8 |]

              Check.run (TensorChecks.key 5) energy xs |> Check.orFail "dipoles" |> ignore)

          testCase "As a potential dipoles keep to the accuracy, and forces are derivatives" (fun () ->
              let structures = [ dressed (crystal 5.8 true); dressed (crystal 30.0 false) ]
              let create accuracy = PointDipoles.create TinFoil { settings with Accuracy = accuracy } |> ok
              let exact = create 1e-11

              for structure in structures do
                  let reference = (Evaluate.run exact structure |> ok).Forces

                  for accuracy in [ 1e-2; 1e-4; 1e-6 ] do
                      let found = (Evaluate.run (create accuracy) structure |> ok).Forces

                      let error =
                          sqrt (Seq.map2 (fun x y -> (x - y) ** 2.0) reference found |> Seq.sum |> fun s -> s / 8.0)

                      Expect.isTrue (error <= accuracy) $"error {error:g3} eV/Å at {accuracy:g1}"

              for structure, together in List.zip structures (Evaluate.batch exact structures |> ok) do
                  let alone = Evaluate.run exact structure |> ok
                  atMost 1e-12 (difference [ alone.Energy ] [ together.Energy ])
                  atMost 1e-11 (difference alone.Forces together.Forces)
                  let h = 1e-4

                  for at in [ 2; 9; 19 ] do
                      let energy step =
                          let positions = structure.Positions.SetItem(at, structure.Positions[at] + step)

                          (Evaluate.run
                              exact
                              (Structure.create structure.Numbers positions structure.Cell |> ok |> dressed)
                           |> ok)
                              .Energy

                      // h² times a sixth of third derivatives of some hundred eV/Å³.
                      atMost 2e-6 (abs ((energy h - energy -h) / (2.0 * h) + alone.Forces[at])))

          testCase "Without periodic axes forces and torques leave a molecule at rest" (fun () ->
              let open' = Cell.create (Array.zeroCreate 9) (false, false, false) |> ok
              let crystal = crystal 5.8 true
              let molecule = Structure.create crystal.Numbers crystal.Positions open' |> ok |> dressed

              let found =
                  Evaluate.run (PointDipoles.create TinFoil { settings with Accuracy = 1e-7 } |> ok) molecule |> ok

              let at (x: seq<float>) i = let x = Array.ofSeq x in [| for c in 0..2 -> x[3 * i + c] |]

              let explicit =
                  Seq.sum
                      [ for i in 0..7 do
                            for j in 0 .. i - 1 do
                                let r = Array.map2 (-) (at molecule.Positions j) (at molecule.Positions i)
                                let dot (a: float[]) (b: float[]) = Seq.sum (Seq.map2 (*) a b)
                                let d = sqrt (dot r r)
                                let mi, mj = at (flat dipoles) i, at (flat dipoles) j
                                let q = flat charges

                                q[i] * q[j] / d + (q[j] * dot mi r - q[i] * dot mj r + dot mi mj) / d ** 3.0
                                - 3.0 * dot mi r * dot mj r / d ** 5.0 ]

              atMost 1e-11 (difference [ Units.coulomb * explicit ] [ found.Energy ])

              for c in 0..2 do
                  atMost 1e-10 (abs (Seq.sum [ for i in 0..7 -> found.Forces[3 * i + c] ]))

              // Σ r × F + μ × E = 0.
              let sum = LatticeSum.create (RangeSplit.coulomb (Tensor.scalar 1.0)) Direct
              let everywhere = evaluate sum TinFoil 20.0 BothEnds molecule charges dipoles
              let cross (a: float[]) (b: float[]) c = let d, e = (c + 1) % 3, (c + 2) % 3 in a[d] * b[e] - a[e] * b[d]

              for c in 0..2 do
                  let torque i =
                      cross (at molecule.Positions i) (at (flat everywhere.Forces) i) c
                      + cross (at (flat dipoles) i) (at (flat everywhere.Field) i) c

                  atMost 1e-12 (abs (Seq.sum [ for i in 0..7 -> torque i ])))

          testCase "What cannot be is refused by name" (fun () ->
              let crystal = crystal 5.8 true

              let message sum surroundings charges =
                  match Outcome.capture (fun () -> evaluate sum surroundings 4.0 BothEnds crystal charges dipoles) with
                  | Error error -> NoetherError.message error
                  | Ok _ -> failwith "expected an error"

              contains "mesh" (message { ewald 0.7 with Summation = OnMesh(P3M 5, Spacing 0.5) } TinFoil charges)
              contains "moment" (message (ewald 0.7) (Medium 1.0) charges)
              contains "[8, 3]" (message (ewald 0.7) TinFoil (Tensor.zeros [| 7 |]))

              match PointDipoles.create TinFoil { settings with Method = MeshMethod 5 } with
              | Error error -> contains "mesh" (NoetherError.message error)
              | Ok _ -> failwith "expected an error"

              match Evaluate.run (PointDipoles.create TinFoil settings |> ok) crystal with
              | Error error -> contains "dipoles" (NoetherError.message error)
              | Ok _ -> failwith "expected an error") ]
