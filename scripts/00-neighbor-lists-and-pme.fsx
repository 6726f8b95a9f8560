// Neighbour lists and particle-mesh Ewald: the energy and the forces of displaced ions in a lattice, with distances as
// differentiable functions; after the tutorial "Advanced neighbor list usage" of torch-pme.
//
//     dotnet fsi --optimize+ scripts/00-neighbor-lists-and-pme.fsx
//
// Writes a page into out/ and ends in assertions.
#load "noether.fsx"

open System.IO
open System.Text.Json

let check what good = if not good then failwith $"{what} does not hold"

// The ions ------------------------------------------------------------------------------------------------------------

// Two by two by two cells of CsCl with an edge of 1 Å. The displacements are those of the tutorial, normal with a width
// of 0.1 Å; another generator of random numbers would give others.
let crystal =
    Crystal.caesiumChloride "Cs" "Cl" 1.0 |> Result.bind (Structure.repeat (2, 2, 2)) |> Outcome.getOrFail

let reference =
    let folder = Path.Combine(__SOURCE_DIRECTORY__, "..", "tests", "Fixtures", "electrostatics")
    JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "tutorial.json"))).RootElement

let rec numbers (element: JsonElement) : float list =
    match element.ValueKind with
    | JsonValueKind.Array ->
        [ for item in element.EnumerateArray() do
              yield! numbers item ]
    | _ -> [ element.GetDouble() ]

let positions = Tensor.ofArray [| 16; 3 |] (Array.ofList (numbers (reference.GetProperty "positions")))
let charges = Tensor.ofArray [| 16; 1 |] (Array.init 16 (fun i -> if i % 2 = 0 then 1.0 else -1.0))
let cell = Space.cell crystal

let structure =
    let rows = Tensor.toArray positions |> List.ofArray |> List.chunkBySize 3 |> List.map (fun r -> r[0], r[1], r[2])

    Structure.ofSymbols [ for i in 0..15 -> if i % 2 = 0 then "Cs" else "Cl" ] rows crystal.Cell
    |> Outcome.getOrFail

// The potential -------------------------------------------------------------------------------------------------------

// What the tutorial's search settles on: smearing, mesh, nodes and cut-off.
let smearing, spacing, nodes, cutoff = 1.2083905187308575, 0.7851426755540083, 4, 5.534948153543403

/// The tutorial's sum: particle-mesh Ewald on a mesh of a power of two. Charges in e, lengths in Å, energies in e²/Å.
let tutorial =
    LatticeSum.create (RangeSplit.coulomb (Tensor.scalar smearing)) (OnMesh(Lagrange nodes, PowersOfTwo spacing))

/// Potential, energy and forces from pairs within a cut-off. Distances are recomputed from positions where the energy
/// is differentiated, so that forces, and derivatives of any order, follow.
let evaluate (sum: LatticeSum) (cutoff: float) =
    let pairs = Neighbours.build cutoff structure |> Outcome.getOrFail

    let potential x = LatticeSum.potentials sum BothEnds pairs (Space.distances x cell pairs) cell x charges
    let energy, gradient = Diff.fgrad (fun x -> Tensor.sum (charges * potential x)) positions
    pairs.Count / 2, potential positions, Tensor.value energy, -gradient

let pairs, potential, energy, forces = evaluate tutorial cutoff
printfn $"{pairs} pairs within {cutoff:F3} Å; energy {energy}"
printfn $"potentials\n{potential}\nforces (erg/Å, CGS, as the tutorial says)\n{forces}"

// The second table of the tutorial ------------------------------------------------------------------------------------

// Its text says that these forces are the same. They are not: its second list of neighbours ends at 1.0 Å, where the
// short-ranged part of the potential has not ended.
let fewer, _, shorter, truncated = evaluate tutorial 1.0
printfn $"{fewer} pairs within 1.0 Å; energy {shorter}\nforces\n{truncated}"

// The converged answer ------------------------------------------------------------------------------------------------

// An Ewald sum whose two tails lie below 1e-15: the first table is good to 1e-4, the second is not.
let converged = LatticeSum.create (RangeSplit.coulomb (Tensor.scalar 0.4)) (Ewald(Sphere 21.5))

let _, _, exact, exactForces = evaluate converged 3.4
printfn $"converged energy {exact}\nforces\n{exactForces}"

let worst (a: Tensor) (b: Tensor) =
    Array.map2 (fun x y -> abs (x - y)) (Tensor.toArray a) (Tensor.toArray b) |> Array.max

printfn $"largest error of a force: first table {worst forces exactForces:E1}, second {worst truncated exactForces:E1}"

// A better mesh at the same smearing and cut-off: B-splines of order 7 and half the spacing.
let fine = LatticeSum.create (RangeSplit.coulomb (Tensor.scalar smearing)) (OnMesh(P3M 7, Points(12, 12, 12)))
let _, _, fineEnergy, fineForces = evaluate fine 10.5
printfn $"P3M of order 7: energy {fineEnergy}, largest error of a force {worst fineForces exactForces:E1}"

// The plot ------------------------------------------------------------------------------------------------------------

let sizes (f: Tensor) = Tensor.toArray (Tensor.sqrt (Tensor.sumAxes [| 1 |] (f * f)))
let atoms = Array.init 16 float

Page
    .Create("Neighbour lists and particle-mesh Ewald")
    .Figure(
        Plot
            .Create("Forces of both tables, and the converged ones")
            .Line(atoms, sizes forces, "cut-off 5.53 Å")
            .Line(atoms, sizes truncated, "cut-off 1.0 Å")
            .Line(atoms, sizes exactForces, "converged")
            .XLabel("atom index")
            .YLabel("|F| (erg/Å)")
    )
    .Write(
        let folder = Path.Combine(__SOURCE_DIRECTORY__, "..", "out")
        Directory.CreateDirectory folder |> ignore
        Path.Combine(folder, "00-neighbor-lists-and-pme.html")
    )

// The tutorial's numbers ----------------------------------------------------------------------------------------------

let table (name: string) (part: string) = ((reference.GetProperty "calculations").GetProperty name).GetProperty part

let agrees (expected: float list) (found: Tensor) tolerance =
    List.forall2 (fun (x: float) y -> abs (x - y) < tolerance) expected (List.ofArray (Tensor.toArray found))

check "the crystal is the tutorial's" (crystal.Count = 16)
check "the first list has 11312 pairs, the second 77" (pairs = 11312 && fewer = 77)
check "the first energy" (abs (energy - -16.602434099458147) < 1e-11)
check "the second energy" (abs (shorter - -25.709240879300737) < 1e-11)
check "the potentials" (agrees (numbers (table "first table" "potential")) potential 1e-11)
check "the first forces" (agrees (numbers (table "first table" "forces")) forces 1e-11)
check "the second forces" (agrees (numbers (table "second table" "forces")) truncated 1e-11)
check "the converged energy" (abs (exact - -16.602564295772414) < 1e-12)
check "the finer mesh is right to 1e-6" (worst fineForces exactForces < 1e-6)
