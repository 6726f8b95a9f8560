/// Crystals and clusters at rest with exact second derivatives of their energies, see Reference/mechanics/README.md.
module Noether.Tests.SolidsReference

open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.Recorded
open Noether.Tests.MechanicsReference

/// One crystal of solids.json.
let solid (name: string) = (recorded "mechanics/solids.json").GetProperty("solids").GetProperty name

/// One cluster of clusters.json.
let cluster (name: string) = (recorded "mechanics/clusters.json").GetProperty name

/// Atoms without a cell at positions [n, 3].
let molecule (symbol: string) (positions: float list) =
    let places = positions |> List.chunkBySize 3 |> List.map (fun r -> r[0], r[1], r[2])
    Structure.ofSymbols (List.map (fun _ -> symbol) places) places Cell.none |> Outcome.getOrFail

/// Lennard-Jones with ε = σ = 1.
let lennardJones truncation cutoff =
    PairParameters.everywhere cutoff (Tensor.vector [ 1.0; 1.0 ])
    |> Result.bind (PairPotential.create "LJ" (LennardJones()) truncation)
    |> Outcome.getOrFail

let argon () = structure [ "Ar" ] (solid "lj_fcc")

let crystal () = lennardJones Shifted 2.5

/// Two kinds of Lennard-Jones atoms.
let private mixture =
    [ ("Ar", "Ar"), 2.5, Tensor.vector [ 1.0; 1.0 ]
      ("Kr", "Ar"), 2.5, Tensor.vector [ 0.8; 1.1 ]
      ("Kr", "Kr"), 2.5, Tensor.vector [ 0.6; 1.2 ] ]
    |> PairParameters.ofPairs
    |> Result.bind (PairPotential.create "LJ" (LennardJones()) ForceShifted)
    |> Outcome.getOrFail

/// The structure with its atoms where forces vanish, the cell as it is: Newton's method, translations left out.
let relax potential (structure: Structure) =
    let size = 3 * structure.Count

    let rec step count (structure: Structure) =
        let forces = (Evaluate.run potential structure |> Outcome.getOrFail).Forces
        let hessian = Hessian.dense potential structure |> Outcome.getOrFail
        let drift = Array.init (size * size) (fun k -> if k / size % 3 = k % size % 3 then 1.0 else 0.0)
        let regular = hessian + Tensor.ofArray [| size; size |] drift
        let change = Tensor.solve regular (Tensor.ofArray [| size; 1 |] (Array.ofSeq forces)) |> Tensor.toArray
        let moved = Seq.map2 (+) structure.Positions change
        let next = Structure.withPositions (System.Collections.Immutable.ImmutableArray.CreateRange moved) structure
        let next = Outcome.getOrFail next
        if Array.sumBy abs change < 1e-13 || count = 30 then next else step (count + 1) next

    step 0 structure

/// Eight atoms of two kinds in a cell shorter than the cut-off, under stress and at rest. The layers of a face-centred
/// crystal hold 2, 1, 0, 0 atoms of the first kind, so that no atom is a centre of inversion.
let alloy =
    lazy
        (let cell = Cell.createOrFail [| 3.4; 0.1; 0.0; 0.05; 1.7; -0.05; 0.0; 0.06; 1.75 |] (true, true, true)

         let sites =
             [ for layer in 0..3 do
                   for row in 0..1 do
                       let y, z = 0.85 * float row, 0.87 * float ((row + layer) % 2)
                       0.85 * float layer, y, z ]

         let symbols = [ "Ar"; "Ar"; "Ar"; "Kr"; "Kr"; "Kr"; "Kr"; "Kr" ]
         mixture, relax mixture (Structure.ofSymbols symbols sites cell |> Outcome.getOrFail))
