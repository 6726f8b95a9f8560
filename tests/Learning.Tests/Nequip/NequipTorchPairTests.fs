/// What nequip (for torch) computes of pairs: edges and their features, pair potentials (Fixtures/nequip/nequip-torch.json),
/// and a repulsion with an order of its own, by its formula.
module Noether.Tests.NequipTorchPairTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Equivariance
open Noether.Kernels
open Noether.Learning
open Noether.Physics
open Noether.Tests.Recorded
open Noether.Tests.NequipTorchTests

/// The edges that the program had: centre, neighbour, shift, and the vector from one to the other.
let private edges name =
    let entry = recorded.Value |> get "structures" |> get name
    let structure = structure name
    let centres = get "edge_index_0_centre" entry |> integers
    let neighbours = get "edge_index_1_neighbour" entry |> integers

    let shifts =
        match get "edge_cell_shift" entry with
        | none when none.ValueKind = Text.Json.JsonValueKind.Null -> [ for _ in centres -> [| 0; 0; 0 |] ]
        | shifts -> [ for shift in items shifts -> numbers shift |> Array.map int ]

    [ for i, j, shift in List.zip3 centres neighbours shifts ->
          let along c =
              let cells = Seq.sum [ for a in 0..2 -> float shift[a] * structure.Cell.Vectors[3 * a + c] ]
              structure.Positions[3 * j + c] - structure.Positions[3 * i + c] + cells

          i, j, shift, Array.init 3 along ]

/// Energies of atoms and forces of the repulsion by Ziegler, Biersack and Littmark times
/// 1 − ½(p+1)(p+2)tᵖ + p(p+2)tᵖ⁺¹ − ½p(p+1)tᵖ⁺², t = r/r_c, half of it for each edge, from the formulas alone.
let private repelled (coulomb: float) (p: float) (cutoff: float) name =
    let structure = structure name
    let energies, forces = Array.zeroCreate<float> structure.Count, Array.zeroCreate<float>(3 * structure.Count)
    let weights = [ 0.02817, 0.20162; 0.28022, 0.40290; 0.50986, 0.94229; 0.18175, 3.19980 ]

    for i, j, _, v in edges name do
        let r = sqrt (v |> Array.sumBy (fun x -> x * x))
        let a, b = float structure.Numbers[i], float structure.Numbers[j]
        let scale = (Math.Pow(a, 0.23) + Math.Pow(b, 0.23)) / 0.46850
        let screen = weights |> List.sumBy (fun (c, d) -> c * exp (-d * scale * r))
        let slope = weights |> List.sumBy (fun (c, d) -> -c * d * scale * exp (-d * scale * r))
        let t = r / cutoff
        let power (n: float) = Math.Pow(t, n)

        let cut =
            1.0 - (p + 1.0) * (p + 2.0) / 2.0 * power p + p * (p + 2.0) * power (p + 1.0)
            - p * (p + 1.0) / 2.0 * power (p + 2.0)

        let decline = p * (p + 1.0) * (p + 2.0) / 2.0 * (2.0 * power p - power (p - 1.0) - power (p + 1.0)) / cutoff
        let charges = 0.5 * coulomb * a * b
        energies[i] <- energies[i] + charges * screen * cut / r
        let derivative = charges * ((slope / r - screen / (r * r)) * cut + screen * decline / r)

        for c in 0..2 do
            forces[3 * i + c] <- forces[3 * i + c] + derivative * v[c] / r
            forces[3 * j + c] <- forces[3 * j + c] - derivative * v[c] / r

    energies, forces

let private evaluated potential name = Evaluate.run potential (structure name) |> ok

/// u(r) of two elements by the options of one of nequip's pair potentials, both halves of a pair together.
let private pairFunction kind (options: Entry) (a: int) (b: int) (r: Tensor) =
    let option (name: string) usual =
        match options.TryGetProperty name with
        | true, value -> number value
        | _ -> usual

    let style =
        match options.TryGetProperty "lj_style" with
        | true, value -> text value
        | _ -> "lj"

    let sigma, epsilon = lazy (get "lj_sigma" options |> number), lazy (get "lj_epsilon" options |> number)
    let delta, exponent = option "lj_delta" 0.0, option "lj_exponent" 6.0
    let ended values = values * Radial.envelope 5 2 (r / 3.5)
    let apply f (parameters: float list) x = RadialFunction.apply f (List.map Tensor.scalar parameters) x
    let wells () = apply (LennardJones()) [ epsilon.Value; sigma.Value ] (r - delta)

    match kind, style with
    | "ZBL", _ ->
        let size (z: int) = Math.Pow(float z, 0.23)
        equal "metal" (get "units" options |> text)
        equal (List.map fst symbols) (get "chemical_species" options |> items |> List.map text)
        let charges = NequipTorchSettings.repulsion.Coulomb * float a * float b
        ended (apply (ZieglerBiersackLittmark()) [ charges; 0.46850 / (size a + size b) ] r)
    | "SimpleLennardJones", _
    | _, "lj" -> ended (wells ())
    | _, "repulsive" -> ended (epsilon.Value * Tensor.pow -exponent (sigma.Value * (r - delta)))
    | _ ->
        let near = r |> Tensor.toArray |> Array.map (fun r -> r < Math.Pow(2.0, 1.0 / exponent) + delta)
        ended (Tensor.select near (wells () + 2.0 * epsilon.Value) (Tensor.zerosLike r))

[<Tests>]
let tests =
    testList
        "NequipTorchPair"
        [ testTheory "Edges and their features are those of the original program" structures (fun name ->
              let settings, structure = settings "plain", structure name
              let theirs = edges name
              let pairs = Neighbours.build settings.Cutoff structure |> ok
              equal (recorded.Value |> get "structures" |> get name |> get "cutoff" |> number) settings.Cutoff

              let ours =
                  [ for e in 0 .. pairs.Count - 1 ->
                        pairs.Receivers[e], pairs.Senders[e], [ for c in 0..2 -> pairs.Shifts[3 * e + c] ] ]

              equal (List.sort ours) (List.sort [ for i, j, shift, _ in theirs -> i, j, List.ofArray shift ])
              let entry = recorded.Value |> get "models" |> get "plain" |> get "structures" |> get name

              // Of large structures the first edges alone were written.
              let same part (rows: Tensor) =
                  match entry.TryGetProperty(part: string) with
                  | true, all -> closeAll part 1e-13 (deep all) (Tensor.toArray rows)
                  | _ ->
                      let first = entry |> get $"{part}_first_12_edges"
                      closeAll part 1e-13 (deep first) (Tensor.toArray (Tensor.slice 0 0 12 rows))

              let vectors = Tensor.matrix [ for _, _, _, v in theirs -> Seq.ofArray v ]
              let lengths = Harmonics.lengths vectors
              let x = lengths / settings.Cutoff
              closeAll "lengths" 1e-14 (entry |> get "edge_norm.normed_edge_lengths" |> deep) (Tensor.toArray x)
              same "spharm.edge_attrs" (Harmonics.ofDirections settings.MaxDegree vectors lengths)
              let prefactor = sqrt 2.0 / (settings.Cutoff * settings.Cutoff)
              let envelope = Radial.envelope (settings.EnvelopePower - 1) 2 x

              same
                  "factor.edge_embedding"
                  (Radial.bessel settings.RadialBasis x * (prefactor * Tensor.unsqueeze 1 envelope))

              let parameters = parameters "plain"

              let species =
                  structure.Numbers |> Seq.map (fun z -> List.findIndex (snd >> (=) z) symbols) |> Array.ofSeq

              let embedded = Tensor.gather species (Tree.value "embedding" parameters)
              closeAll "embedding" 0.0 (entry |> get "type_embed.node_features" |> deep) (Tensor.toArray embedded)
              let energies = (evaluated (NequipTorch.potential "plain" settings parameters) name).Energies

              let bare =
                  [ for s, energy in Seq.zip species energies ->
                        (energy - settings.Species[s].Shift) / settings.Species[s].Scale ]

              closeAll "readout" 1e-13 (entry |> get "per_atom_energy_readout.atomic_energy" |> deep) bare)

          testTheory "The repulsion ends by a polynomial of its own order" structures (fun name ->
              // 5 for the radial functions, 4 for the repulsion.
              let repulsion = { NequipTorchSettings.repulsion with Power = 4 }
              let settings = { settings "zbl" with EnvelopePower = 5; Repulsion = Some repulsion }
              let of' settings = evaluated (NequipTorch.potential "zbl" settings (parameters "zbl")) name
              let both, alone = of' settings, of' { settings with Repulsion = None }
              let difference a b = Seq.map2 (-) a b |> Array.ofSeq
              let energies, forces = repelled repulsion.Coulomb 4.0 settings.Cutoff name
              // Energies are of order ten, forces of forty.
              closeAll "energy" 1e-13 energies (difference both.Energies alone.Energies)
              closeAll "force" 1e-12 forces (difference both.Forces alone.Forces)
              let shared = of' { settings with Repulsion = Some { repulsion with Power = 5 } }
              // By as much a shared order would be wrong.
              inRange 0.2 0.7 (largestDifference both.Energies shared.Energies))

          testCase "Pair potentials are those of the original program" (fun () ->
              for entry in recorded.Value |> get "e3nn_operations" |> get "pair_potentials" |> items do
                  let kind, options = get "kind" entry |> text, get "options" entry
                  let name = get "structure" entry |> text

                  let pairs =
                      [ for a, za in symbols do
                            for b, zb in symbols do
                                if za <= zb then (a, b), get "r_max" entry |> number, pairFunction kind options za zb ]

                  let results = evaluated (FunctionPotential.create kind Truncated pairs |> ok) name
                  let energies, forces = get "per_atom_energy" entry |> numbers, get "forces" entry |> deep
                  // Relative to the largest; the repulsive part alone has none where no atoms are near.
                  let tolerance values = 1e-12 * max 1.0 (largest values)
                  closeAll $"{kind} energy" (tolerance energies) energies results.Energies
                  closeAll $"{kind} force" (tolerance forces) forces results.Forces) ]
