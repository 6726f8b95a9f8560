/// Many-body potentials of the reference folder, and laws that any potential obeys.
module Noether.Tests.ManyBodyChecks

open System
open System.Text.Json
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.MechanicsReference

/// The analytic embedded-atom functions whose table is binary.setfl, with the parameters in energies.json.
let analyticAlloy () =
    let parameters = (case "embedded_atom").GetProperty "parameters"
    let rc = parameters.GetProperty("rc").GetDouble()
    let fade (r: Tensor) = Tensor.pow 3.0 (1.0 - Tensor.square (r / rc))
    let number (item: Entry) (name: string) = item.GetProperty(name).GetDouble()

    let density k (r: Tensor) =
        let p = (parameters.GetProperty "density")[k]
        number p "B" * Tensor.exp (-(number p "beta") * (r - number p "r0")) * fade r

    let embedding k (rho: Tensor) =
        let p = (parameters.GetProperty "embedding")[k]
        number p "D" * Tensor.square rho - number p "C" * Tensor.sqrt rho

    let pair a b (r: Tensor) =
        let p = (parameters.GetProperty "pair").[a].[b]
        number p "A" * Tensor.exp (-1.5 * number p "alpha" * (r / number p "r0" - 1.0)) * fade r

    let symbols = [ "Cu"; "Ag" ]

    EmbeddedAtom.ofFunctions
        "alloy"
        rc
        [ for k in 0..1 -> { Symbol = symbols[k]; Density = density k; Embedding = embedding k } ]
        [ for a, b in [ 0, 0; 0, 1; 1, 1 ] -> (symbols[a], symbols[b]), pair a b ]
    |> ok

/// The table binary.setfl.
let alloyTable () = EmbeddedAtomFile.readSetfl (path "binary.setfl") |> ok

/// The table binary.setfl as LAMMPS reads it.
let tabulatedAlloy () = EmbeddedAtom.ofTable "binary.setfl" FiniteDifferences (alloyTable ()) |> ok

/// Si.sw.
let siliconParameters () = StillingerWeber.read (path "Si.sw") |> ok

/// The potential of Si.sw.
let silicon () = StillingerWeber.create "Si.sw" (siliconParameters ()) |> ok

/// SiC.tersoff.
let carbideParameters () = Tersoff.read (path "SiC.tersoff") |> ok

/// The potential of SiC.tersoff.
let carbide () = Tersoff.create "SiC.tersoff" (carbideParameters ()) |> ok

/// The results of a potential.
let run potential structure = Evaluate.run potential structure |> ok

/// Random positions of atoms of some elements in a cube of this edge (Å), no two of them closer than `apart` (Å).
let scattered (seed: int) (elements: string list) (count: int) (edge: float) (apart: float) =
    let random = Random seed
    let cell = Cell.cubic edge |> ok
    let places = ResizeArray<float[]>()

    while places.Count < count do
        let candidate = Array.init 3 (fun _ -> edge * random.NextDouble())

        let far (other: float[]) =
            let squares =
                Array.map2 (fun a b -> let d = a - b in (d - edge * Math.Round(d / edge)) ** 2.0) candidate other

            sqrt (Array.sum squares) > apart

        if Seq.forall far places then places.Add candidate

    let symbols = [ for _ in 1..count -> elements[random.Next elements.Length] ]
    Structure.ofSymbols symbols [ for p in places -> p[0], p[1], p[2] ] cell |> ok

let private symbolsOf (s: Structure) = [ for z in s.Numbers -> Elements.symbol z ]

let private places (s: Structure) = [ for i in 0 .. s.Count - 1 -> [| for k in 0..2 -> s.Positions[3 * i + k] |] ]

let private rebuilt symbols (positions: float[] list) cell =
    Structure.ofSymbols symbols [ for p in positions -> p[0], p[1], p[2] ] cell |> ok

/// Rotating and exchanging atoms leaves the energy, and takes forces and energies of atoms along.
let isInvariant (potential: Potential) (structure: Structure) =
    let turn =
        [| 2.0 / 3.0; -1.0 / 3.0; 2.0 / 3.0; 2.0 / 3.0; 2.0 / 3.0; -1.0 / 3.0; -1.0 / 3.0; 2.0 / 3.0; 2.0 / 3.0 |]

    let rotate (x: float[]) = Array.init 3 (fun c -> x[0] * turn[c] + x[1] * turn[3 + c] + x[2] * turn[6 + c])
    let order = [ for i in 0 .. structure.Count - 1 -> (i * 7 + 3) % structure.Count ]
    equal structure.Count (List.distinct order).Length
    let cell = Array.concat [ for k in 0..2 -> rotate (structure.Cell.Vectors.AsSpan().Slice(3 * k, 3).ToArray()) ]
    let cell = Cell.create cell (true, true, true) |> ok
    let positions, symbols = places structure, symbolsOf structure
    let other = rebuilt [ for i in order -> symbols[i] ] [ for i in order -> rotate positions[i] ] cell
    let before, after = run potential structure, run potential other
    let forces = Array.init structure.Count (fun i -> rotate (before.Forces.AsSpan().Slice(3 * i, 3).ToArray()))
    // Rotation rounds positions to 1e-15 Å, of which forces of some hundreds of eV/Å make 1e-13 eV for each atom.
    atMost 1e-11 (difference [ before.Energy ] [ after.Energy ])
    atMost 1e-11 (difference [ for i in order -> before.Energies[i] ] after.Energies)
    atMost 1e-11 (difference (Seq.concat [ for i in order -> forces[i] ]) after.Forces)

/// Two structures far from each other have the energies that they have alone.
let isExtensive (potential: Potential) (first: Structure) (second: Structure) =
    let far = Array.map2 (+) [| 1000.0; 0.0; 0.0 |]
    let symbols = symbolsOf first @ symbolsOf second
    let joined = rebuilt symbols (places first @ List.map far (places second)) Cell.none
    let alone (s: Structure) = (run potential (rebuilt (symbolsOf s) (places s) Cell.none)).Energy
    // Positions 1000 Å away lose three digits.
    let together = (run potential joined).Energy
    atMost 1e-11 (difference [ alone first + alone second ] [ together ])

/// Derivatives of the energy to third order, by positions and strain, against differences.
let hasDerivatives (potential: Potential) (structure: Structure) =
    let pairs = Neighbours.build potential.Cutoff structure |> ok
    let energy (xs: Tensor[]) = Tensor.sum (Evaluate.energiesAt potential pairs structure xs[0] xs[1])

    Check.run (RandomKey.FromSeed 5UL) energy [| Space.positions structure; Tensor.zeros [| 3; 3 |] |]
    |> Check.orFail potential.Name
    |> ignore
