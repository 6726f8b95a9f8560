/// The published models of Nequix against the published program (Fixtures/nequix).
module Noether.Tests.NequixTests

open System
open System.Text.Json
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Equivariance
open Noether.Kernels
open Noether.Learning
open Noether.Physics
open Noether.Tests.NequixChecks
open Noether.Tests.Recorded

let private cases =
    [ for model in models do
          for name in names.Value do
              model, name ]

/// Rounding of double precision: energies of some 100 eV with 16 digits, summed in another order.
let private rounding = 1e-12

/// The perturbed BaTiO3 of the traces, as a model sees it.
let private traced =
    lazy
        (let structure = structures "nequix-mp-1" |> get "batio3-perturbed" |> structure
         let model = published "nequix-mp-1"
         let pairs = Neighbours.build model.Settings.Cutoff structure |> Outcome.getOrFail
         model, NequixModel.parameters Float64 model, pairs, Nequix.input model (PairData.ofStructure pairs structure))

/// Features of an atom as e3nn lays them out: irreps one after the other, channel outer.
let private layOut atom (features: Tensor list) =
    [| for x in features do
           let own = Tensor.slice 0 atom (atom + 1) x |> Tensor.transpose
           yield! Tensor.toArray own |]

[<Tests>]
let tests =
    testList
        "Nequix"
        [ testTheory "Energies, forces and stress are those of the published program" cases (fun (model, name) ->
              needsPublishedModels ()
              let entry = structures model |> get name
              let structure = structure entry
              let results = Evaluate.run (Nequix.potential Float64 (published model)) structure |> Outcome.getOrFail
              let expected = get "float64" entry
              let pairs = Neighbours.build 6.0 structure |> Outcome.getOrFail
              equal (get "n_edge" entry |> integer) pairs.Count
              close "energy" (rounding * abs results.Energy) (get "energy" expected |> number) results.Energy
              closeAll "energies" rounding (get "energies" expected |> numbers) results.Energies
              let forces = get "forces" expected |> flat
              let largest = forces |> Array.fold (fun most f -> max most (abs f)) 1.0
              closeAll "forces" (rounding * largest) forces results.Forces
              let stress = get "stress" expected

              if stress.ValueKind <> JsonValueKind.Null then
                  closeAll "stress" rounding (flat stress) results.Stress.Value)

          testTheory
              "In single precision they are those of the published program in single precision"
              cases
              (fun (model, name) ->
                  needsPublishedModels ()
                  let entry = structures model |> get name

                  // With some axes open the published program loses the shifts of cells: its numbers are of other
                  // atoms.
                  if name <> "graphene-slab-partial-pbc" then
                      let structure = structure entry

                      let results =
                          Evaluate.run (Nequix.potential Float32 (published model)) structure |> Outcome.getOrFail

                      let expected = get "native_float32" entry
                      let atoms = float structure.Count
                      // Rounding of float32 in 2·10⁵ operations an edge, as the published program deviates from itself
                      // in float64, and its sum of energies in float32: 10² eV have a spacing of 8·10⁻⁶ eV.
                      close "energy" (5e-6 * atoms) (get "energy" expected |> number) results.Energy
                      let forces = get "forces" expected |> flat
                      let largest = forces |> Array.fold (fun most f -> max most (abs f)) 1.0
                      closeAll "forces" (5e-5 * largest) forces results.Forces
                      let stress = get "stress" expected

                      if stress.ValueKind <> JsonValueKind.Null then
                          closeAll "stress" 5e-6 (flat stress) results.Stress.Value

                      // Nearer than the published program, which adds energies up in float32.
                      let gate = get "energy_float64_with_float32_gate_constant" entry |> number
                      close "energy with the gate of float32" (1.5e-6 * atoms) gate results.Energy)

          testCase "Edges, their radial functions and harmonics are those of the trace" (fun () ->
              needsPublishedModels ()
              let model, parameters, pairs, input = traced.Value
              let edges = Nequix.edges model.Settings Float64 input
              let rowOf (edges: NequixEdges) e = (nonNull edges.Graph.Rows)[e]
              let row (x: Tensor) i = Tensor.toArray (Tensor.slice 0 i (i + 1) x)
              let trace = fixture "trace-nequix-mp-1.json"

              for k, edge in trace |> get "edges" |> items |> List.indexed do
                  let shift = get "shift" edge |> integers
                  let own = [ 0 .. pairs.Count - 1 ]

                  let e =
                      own
                      |> List.find (fun e ->
                          pairs.Receivers[e] = (get "receiver" edge |> integer)
                          && pairs.Senders[e] = (get "sender" edge |> integer)
                          && [ for c in 0..2 -> pairs.Shifts[3 * e + c] ] = shift)

                  closeAll "vector" rounding (get "vector" edge |> numbers) (row input.Vectors e)
                  closeAll "radial" rounding (get "radial" edge |> numbers) (row edges.Basis (rowOf edges e))
                  closeAll "harmonics" rounding (get "harmonics" edge |> numbers) (row edges.Harmonics e)

                  if k = 0 then
                      for i, layer in trace |> get "layers" |> items |> List.indexed do
                          let weights = NequixLayer.radial 2 (Tree.find $"layer {i}" parameters) edges.Basis
                          let expected = get "radial_weights_first_edge_first_8" layer |> numbers
                          closeAll $"weights {i}" rounding expected (Array.take 8 (row weights (rowOf edges e))))

          testCase "Features after every layer are those of the trace" (fun () ->
              needsPublishedModels ()
              let model, parameters, _, input = traced.Value
              let features = Nequix.features model.Settings parameters input
              let layers = fixture "trace-nequix-mp-1.json" |> get "layers" |> items

              for i, (layer, own) in List.indexed (List.zip layers features) do
                  for k, expected in get "features" layer |> items |> List.indexed do
                      // Features have size 1 to 10 and are recorded to fourteen digits.
                      closeAll
                          $"layer {i} atom {k + 1}"
                          1e-11
                          (numbers expected)
                          (layOut (k + 1) (IrrepsTensor.chunks own)))

          testCase "Every step of every layer is that of another program" (fun () ->
              needsPublishedModels ()
              let model, parameters, _, input = traced.Value
              let settings = model.Settings
              let edges = Nequix.edges settings Float64 input
              let stages = fixture "stages-nequix-mp-1.json"
              let atom = get "atom" stages |> integer

              /// The first channels of an atom's features of one degree, [channel][component].
              let compare what (features: IrrepsTensor) (expected: Entry) =
                  for entry in expected.EnumerateObject() do
                      let l = int entry.Name
                      let chunk = IrrepsTensor.parts features |> List.find (fun (irrep, _) -> irrep.L = l) |> snd
                      let recorded = entry.Value |> items |> List.map numbers |> Array.concat
                      let own = layOut atom [ chunk ] |> Array.take recorded.Length
                      let size = recorded |> Array.fold (fun most x -> max most (abs x)) 1.0
                      // Recorded to fourteen digits.
                      closeAll $"{what} l = {l}" (1e-12 * size) recorded own

              let mutable features = None

              for i, layout in List.indexed (NequixSettings.layouts settings) do
                  let stage = get "layers" stages |> items |> List.item i
                  let own = Tree.find $"layer {i}" parameters

                  let l1 (term: MessageTerm) = layout.Input.Chunks[term.Input].Irrep.L

                  let paths =
                      get "paths" stage |> items |> List.map (fun path -> let p = integers path in p[0], p[1], p[2])

                  equal paths [ for term in layout.Messages.Terms -> l1 term, term.Degree, term.Output.L ]

                  let layer = NequixLayer.create layout
                  let up = NequixLayer.up layer own input.Species features
                  compare $"layer {i} up" up (get "up" stage)
                  let received = NequixLayer.aggregate settings layer None own edges up.Rows
                  compare $"layer {i} aggregate" received (get "aggregate" stage)
                  let mixed = NequixLayer.down layer own received |> NequixLayer.keep layer own input.Species features
                  compare $"layer {i} before the norm" mixed (get "before_norm" stage)
                  let normal = NequixLayer.normalize layer own mixed
                  compare $"layer {i} after the norm" normal (get "after_norm" stage)
                  features <- Some(NequixLayer.gate layer normal))

          testCase "Couplings and harmonics are those of e3nn-jax" (fun () ->
              let recorded = fixture "coupling.json"

              for entry in get "clebsch_gordan" recorded |> items do
                  let at name = get name entry |> integer
                  let own = ClebschGordan.coupling (at "l1") (at "l2") (at "l3")
                  let expected = get "entries" entry |> items |> List.map numbers
                  equal expected.Length own.Entries.Length

                  for own, expected in Seq.zip own.Entries expected do
                      equal (int expected[0], int expected[1], int expected[2]) (own.I, own.J, own.K)
                      close "coefficient" 1e-15 expected[3] own.Value

              for entry in get "harmonics" recorded |> items do
                  let vector = Tensor.ofArray [| 1; 3 |] (get "vector" entry |> numbers)
                  let own = Harmonics.ofDirections 3 vector (Harmonics.lengths vector) |> Tensor.toArray
                  closeAll "harmonics" 1e-14 (get "Y" entry |> items |> List.map numbers |> Array.concat) own) ]
