/// Results of torch-pme, see Fixtures/electrostatics/README.md.
module Noether.Tests.ElectrostaticReference

open System.IO
open System.Text.Json
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.MechanicsReference

let file (name: string) = Recorded.recorded $"electrostatics/{name}.json"

/// Ions in a cell.
type Ions = { Structure: Structure; Charges: Tensor }

let number (name: string) (element: Entry) = (element.GetProperty name).GetDouble()

let matrix columns (element: Entry) =
    let flat = numbers element |> Array.ofList
    Tensor.ofArray [| flat.Length / columns; columns |] flat

let ions symbols (cell: float list) (positions: float list) (charges: float list) : Ions =
    let cell = Cell.create (Array.ofList cell) (true, true, true) |> Outcome.getOrFail
    let positions = positions |> List.chunkBySize 3 |> List.map (fun r -> r[0], r[1], r[2])

    { Structure = Structure.ofSymbols symbols positions cell |> Outcome.getOrFail
      Charges = Tensor.ofArray [| charges.Length; 1 |] (Array.ofList charges) }

let ionsOf (case: Entry) =
    let part (name: string) = (case.GetProperty "structure").GetProperty name
    let symbols = [ for s in (part "symbols").EnumerateArray() -> string (s.GetString()) ]
    ions symbols (numbers (part "cell")) (numbers (part "positions")) (numbers (part "charges"))

/// A split as a calculation describes it, with another smearing where one is given.
let rec splitOf (smearing: Tensor option) (potential: Entry) : RangeSplit =
    let own (name: string) fallback =
        match potential.TryGetProperty name with
        | true, value -> value.GetDouble()
        | _ -> fallback

    let smearing =
        match smearing with
        | Some given -> given
        | None -> Tensor.scalar (own "smearing" 1.0)

    let split =
        if (potential.GetProperty "kind").GetString() = "combined" then
            let weights = numbers (potential.GetProperty "weights") |> Tensor.vector
            let parts = [ for p in (potential.GetProperty "potentials").EnumerateArray() -> splitOf (Some smearing) p ]
            RangeSplit.combine weights parts
        else
            RangeSplit.scale
                (Tensor.scalar (own "prefactor" 1.0))
                (RangeSplit.inversePower (own "exponent" 1.0) smearing)

    match potential.TryGetProperty "exclusion_radius" with
    | true, radius -> RangeSplit.hide (radius.GetDouble()) (int (own "exclusion_degree" 1.0)) split
    | _ -> split

let private summationOf (parameters: Entry) =
    let nodes () = int (number "interpolation_nodes" parameters)
    let mesh assignment = OnMesh(assignment, PowersOfTwo(number "mesh_spacing" parameters))

    match (parameters.GetProperty "method").GetString() with
    | "direct" -> Direct
    | "ewald" -> Ewald(Wavelength(number "lr_wavelength" parameters))
    | "pme" -> mesh (Lagrange(nodes ()))
    | _ -> mesh (CartesianP3M(nodes ()))

let private openAxis (parameters: Entry) =
    match parameters.TryGetProperty "periodic" with
    | true, flags -> Seq.tryFindIndex (fun (f: Entry) -> not (f.GetBoolean())) (flags.EnumerateArray())
    | _ -> None

/// Pairs from one of their ends: of each pair the direction that comes first.
let halfList (pairs: Pairs) =
    let first e =
        let i, j = pairs.Receivers[e], pairs.Senders[e]
        let s = [ for c in 0..2 -> pairs.Shifts[3 * e + c] ]
        i < j || (i = j && s > [ 0; 0; 0 ])

    let kept = Array.filter first [| 0 .. pairs.Count - 1 |]

    let pick width (values: int seq) =
        let values = Array.ofSeq values

        [| for e in kept do
               for c in 0 .. width - 1 -> values[width * e + c] |]
        |> System.Collections.Immutable.ImmutableArray.CreateRange

    Pairs.create pairs.Atoms (pick 1 pairs.Receivers) (pick 1 pairs.Senders) (pick 3 pairs.Shifts)
    |> Outcome.getOrFail

/// What a calculation found here: potentials, energy, forces, ∂E/∂ε, ∂E/∂q, ∂E/∂σ.
let calculate (ions: Ions) (parameters: Entry) =
    let structure = ions.Structure
    let summation = summationOf parameters
    let full = (parameters.GetProperty "full_list").GetBoolean()
    let all = Neighbours.build (number "cutoff" parameters) structure |> Outcome.getOrFail
    let pairs, count = if full then all, BothEnds else halfList all, OneEnd
    let potential = parameters.GetProperty "potential"
    let hasSmearing, smearing = potential.TryGetProperty "smearing"
    let smearing = Tensor.scalar (if hasSmearing then smearing.GetDouble() else 1.0)
    let positions, cell = Space.positions structure, Space.cell structure

    let charges =
        match parameters.TryGetProperty "charges" with
        | true, given -> matrix ((Seq.head (given.EnumerateArray())).GetArrayLength()) given
        | _ -> ions.Charges

    let combined = (potential.GetProperty "kind").GetString() = "combined"

    let v (xs: Tensor[]) =
        let strain = xs[1]
        // r' = (1 + ε) r on columns is r (1 + εᵀ) on rows.
        let deform (rows: Tensor) = rows + Tensor.matmulTransposed false true rows strain
        let positions, cell = deform xs[0], deform cell

        let sum =
            { LatticeSum.create (splitOf (Some xs[3]) potential) summation with
                // torch-pme: no correction of combined potentials and direct sums
                OpenAxis = if combined then None else openAxis parameters }

        LatticeSum.potentials sum count pairs (Space.distances positions cell pairs) cell positions xs[2]

    let energy (xs: Tensor[]) = Tensor.sum (xs[2] * v xs)
    let xs = [| positions; Tensor.zeros [| 3; 3 |]; charges; smearing |]
    let energies, pull = Diff.vjpMany (fun xs -> [| energy xs |]) xs
    let gradients = pull [| Tensor.onesLike energies[0] |]

    {| Potentials = v xs
       Energy = Tensor.value energies[0]
       Forces = -gradients[0]
       Strain = gradients[1]
       Charges = gradients[2]
       Smearing = Tensor.value gradients[3] |}
