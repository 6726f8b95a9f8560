// Structures from builders and files; neighbour lists; distances as differentiable functions; potentials on top of them.
//
//     dotnet fsi --optimize+ scripts/02-structures-and-neighbours.fsx
//
// Writes files into out/ and ends in assertions.
#load "noether.fsx"

open System.IO
open Noether.Kernels

let check what good = if not good then failwith $"{what} does not hold"
let out = Path.Combine(__SOURCE_DIRECTORY__, "..", "out")
Directory.CreateDirectory out |> ignore

// Crystals and files -----------------------------------------------------------------------------------------------------

let salt =
    Crystal.rocksalt "Na" "Cl" 5.64
    |> Result.bind (Structure.repeat (2, 2, 2))
    |> Result.bind (Structure.rattle 0.05 (RandomKey.FromSeed 7UL))
    |> orFail

printfn $"{salt}"

for name in [ "salt.extxyz"; "salt.vasp"; "salt.cif" ] do
    let path = Path.Combine(out, name)
    Formats.write path [ salt ] |> orFail
    let back = Formats.readFirst path |> orFail

    let worst =
        Seq.zip (Structure.sortBySpecies salt).Positions (Structure.sortBySpecies back).Positions
        |> Seq.map (fun (x, y) -> abs (x - y))
        |> Seq.max

    printfn $"{name}: {back.Count} atoms, positions within {worst:E0} Å"
    check $"{name} keeps positions to 1e-10 Å" (worst < 1e-10)

// Neighbours: integers first ----------------------------------------------------------------------------------------------

let cutoff = 5.0
let pairs = Neighbours.build cutoff salt |> orFail
printfn $"{pairs} within {cutoff} Å; the half list has {(Pairs.half pairs).Count}"
check "the half list is half the list" (2 * (Pairs.half pairs).Count = pairs.Count)

let reversed = Pairs.reversed pairs |> orFail

check
    "the reverse of the reverse is the pair"
    (Seq.forall (fun e -> reversed[reversed[e]] = e) (seq { 0 .. pairs.Count - 1 }))

let bonded = Neighbours.build 3.2 salt |> orFail
let angles = Triples.unordered bonded |> orFail
printfn $"{bonded.Count / salt.Count} nearest neighbours an atom, {angles.Count} angles"
check "rock salt has six nearest neighbours" (bonded.Count = 6 * salt.Count)
check "of which each atom has fifteen pairs" (angles.Count = 15 * salt.Count)

// A list with a skin lasts while atoms move.
let lasting = VerletList.create cutoff 1.0 salt |> orFail
let moved = Structure.rattle 0.05 (RandomKey.FromSeed 8UL) salt |> orFail
let fresh = Neighbours.build cutoff moved |> orFail
let kept = VerletList.pairs moved lasting |> orFail
check "a Verlet list gives the pairs of a fresh one" (fresh = kept)

// Distances: functions of positions and cell ------------------------------------------------------------------------------

let positions, cell = Space.positions salt, Space.cell salt
let distances = Space.distances positions cell pairs

// The same by hand, from i, j and S.
let receivers, senders = Seq.toArray pairs.Receivers, Seq.toArray pairs.Senders
let shifts = Tensor.ofArray [| pairs.Count; 3 |] (pairs.Shifts |> Seq.map float |> Seq.toArray)

let byHand (positions: Tensor) (cell: Tensor) =
    let vectors = Tensor.gather senders positions - Tensor.gather receivers positions + Tensor.matmul shifts cell
    Tensor.sqrt (Tensor.sumAxes [| 1 |] (vectors * vectors))

let difference = Tensor.abs (byHand positions cell - distances) |> Tensor.toArray |> Array.max
printfn $"distances in one call and by hand differ by {difference:E0} Å"
check "both ways give the same distances" (difference < 1e-14)

// Derivatives by positions and by the cell, of any order.
let energy positions cell = Tensor.sum (Tensor.exp (-(Space.distances positions cell pairs)))
let slope = Diff.grad (fun cell -> energy positions cell) cell
let curvature = Diff.hessian (fun cell -> energy positions cell) cell |> Tensor.reshape [| 9; 9 |]
printfn $"derivative by the cell\n{slope}"
let transposed = Tensor.transpose curvature
let asymmetry = Tensor.abs (curvature - transposed) |> Tensor.toArray |> Array.max
printfn $"second derivatives by the cell: symmetric within {asymmetry:E0}"
check "second derivatives commute" (asymmetry < 1e-12)

// A potential ---------------------------------------------------------------------------------------------------------------

// Exponential and dispersion of Fumi and Tosi (J. Phys. Chem. Solids 25, 31 (1964)) without the charges, ended smoothly.
let parameters =
    [ ("Na", "Na"), [ 424.0; 0.3170; 1.05 ]
      ("Na", "Cl"), [ 1256.0; 0.3170; 7.0 ]
      ("Cl", "Cl"), [ 3488.0; 0.3170; 72.4 ] ]
    |> List.map (fun (pair, values) -> pair, cutoff, Tensor.vector values)
    |> PairParameters.ofPairs
    |> orFail

let buckingham = PairPotential.create "Buckingham" (Buckingham()) (Smooth 4.0) parameters |> orFail
let results = Evaluate.run buckingham salt |> orFail
let byTape = Evaluate.run (Potential.composed buckingham) salt |> orFail
let total k = Seq.sum [ for i in 0 .. salt.Count - 1 -> results.Forces[3 * i + k] ]

printfn
    $"energy {results.Energy:F6} eV, by the tape {byTape.Energy:F6} eV; sum of forces {total 0:E0}, {total 1:E0}, {total 2:E0}"

check "the fused pass and the tape agree" (abs (results.Energy - byTape.Energy) < 1e-9)
check "forces add up to zero" (Seq.forall (fun k -> abs (total k) < 1e-10) [ 0..2 ])
