/// Long-distance features against featomic 0.6.7, against their definition in space, and against the symmetries they
/// have.
module Noether.Tests.LodeTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.DescriptorTests
open Noether.Tests.DomainChecks
open Noether.Tests.LabelChecks

let private files = lazy (unzipped "lode.zip")

let private document =
    lazy (Recorded.recordedText "lode.zip" (fun () -> Text.Encoding.UTF8.GetString files.Value["cases.json"]))

let private settingsOf (hypers: Entry) : LodeSettings =
    let density, basis = hypers.GetProperty "density", hypers.GetProperty "basis"
    let number (element: Entry) (name: string) = (element.GetProperty name).GetDouble()
    let radial = basis.GetProperty "radial"
    let most = (radial.GetProperty "max_radial").GetInt32()
    let angular = (basis.GetProperty "max_angular").GetInt32()
    let standard = LodeSettings.create (number density "smearing") (number radial "radius") angular most

    let perhaps (element: Entry) (name: string) otherwise =
        match element.TryGetProperty name with
        | true, value -> value.GetDouble()
        | _ -> otherwise

    { standard with
        Exponent = number density "exponent"
        WaveCutoff = perhaps hypers "k_cutoff" standard.WaveCutoff
        CentreWeight = perhaps density "center_atom_weight" 1.0 }

let private crystal = lazy (structureOf (((document.Value.GetProperty "systems").GetProperty "nacl")[0]))

let private small = { LodeSettings.create 0.8 2.5 2 1 with WaveCutoff = 4.0; Exponent = 2.5 }

[<Tests>]
let tests =
    testList
        "Lode"
        [ testCase "features are those of featomic" (fun () ->
              let mutable compared = 0

              for case in (document.Value.GetProperty "cases").EnumerateObject() do
                  let part (name: string) = case.Value.GetProperty name

                  let systems =
                      (document.Value.GetProperty "systems").GetProperty(string ((part "systems").GetString()))

                  let structures = [ for system in systems.EnumerateArray() -> structureOf system ]

                  let gradients =
                      match (part "options").TryGetProperty "gradients" with
                      | true, names ->
                          names.EnumerateArray() |> Seq.exists (fun name -> name.GetString() = "positions")
                      | _ -> false

                  let found = LodeExpansion.compute (settingsOf (part "hypers")) gradients structures |> ok
                  let file = string ((part "file").GetString())
                  let expected = TensorMap.parseBytes file files.Value[file] |> ok

                  // Two quadratures of the radial integrals.
                  match TensorMap.closeReason 1e-9 1e-9 found expected with
                  | Ok() -> compared <- compared + 1
                  | Error error -> failwith $"{case.Name}: {NoetherError.message error}"

              Expect.isTrue (compared >= 9) $"{compared} cases")

          testCase "explicit gradients are those of the composed definition, which has more" (fun () ->
              let structure = crystal.Value
              let positions, cell = Space.positions structure, Space.cell structure
              let explicit = LodeExpansion.compute small true [ structure ] |> ok
              let composed x h = LodeExpansion.composed small structure x h |> ok
              agrees 1e-13 (TensorMap.withoutGradients explicit) (composed positions cell)
              let weights = Tensor.normal Float64 [| (all explicit).Size |] (RandomKey.FromSeed 5UL)
              let total x h = Tensor.sum (weights * all (composed x h))
              let gradient = Diff.grad (fun x -> total x cell) positions |> Tensor.toArray
              let sums = Array.zeroCreate<float> positions.Size
              let mutable offset = 0
              let weights = Tensor.toArray weights

              for block in explicit.Blocks do
                  let size = block.Values.Size / block.Samples.Count
                  let rows = block.Gradient "positions"
                  let values = Tensor.toArray rows.Values

                  for row in 0 .. rows.Samples.Count - 1 do
                      let sample, atom = rows.Samples["sample"][row], rows.Samples["atom"][row]

                      for c in 0..2 do
                          for x in 0 .. size - 1 do
                              let at = 3 * atom + c

                              sums[at] <-
                                  sums[at] + values[(3 * row + c) * size + x] * weights[offset + sample * size + x]

                  offset <- offset + block.Values.Size

              for a, b in Array.zip sums gradient do
                  equalWithin 1e-11 b a

              // By the cell too, by differences.
              let direction = Tensor.normal Float64 [| 3; 3 |] (RandomKey.FromSeed 3UL)
              let h = 1e-5
              let slope = (total positions (cell + h * direction) - total positions (cell - h * direction)) / (2.0 * h)
              let exact = Tensor.sum (direction * Diff.grad (total positions) cell)
              equalWithin 1e-7 (Tensor.value exact) (Tensor.value slope))

          testCase "a field in space has the coefficients of its expansion" (fun () ->
              // p = 0 and a large cell: Gaussians at the atoms, the images out of sight; degree 0 by a rule on spheres.
              let cell = Cell.create [| 14.0; 0.0; 0.0; 1.0; 15.0; 0.0; 0.0; -1.0; 14.5 |] (true, true, true) |> ok
              let structure = Structure.ofSymbols [ "Na"; "Cl" ] [ (0.0, 0.0, 0.0); (1.1, -0.7, 0.6) ] cell |> ok
              let settings = { LodeSettings.create 0.7 1.0 0 0 with Exponent = 0.0; WaveCutoff = 9.0 }
              let map = LodeExpansion.compute settings false [ structure ] |> ok
              let block = map.Blocks[1]
              let d = sqrt (1.1 ** 2.0 + 0.7 ** 2.0 + 0.6 ** 2.0)
              // R₀ ∝ exp(−r²/2); the mean over directions of the Gaussian at d is e^(…) sinh(rd/σ²)/(rd/σ²), Y₀₀ 4π of it.
              let sigma = 0.7
              let n = 4000
              let h = 8.0 / float n
              let norm = sqrt (2.0 / 0.88622692545275801)

              let term i =
                  let r = (float i + 0.5) * h
                  let x = r * d / (sigma * sigma)
                  let mean = exp (-(r * r + d * d) / (2.0 * sigma * sigma)) * sinh x / x
                  r * r * norm * exp (-0.5 * r * r) * (Math.PI * sigma * sigma) ** -0.75 * mean * sqrt (4.0 * Math.PI)

              // The midpoint rule of a smooth function that vanishes at both ends.
              let found = Tensor.toArray block.Values
              equalWithin 1e-7 (h * Seq.sum (Seq.init n term)) found[0])

          testCase "the crystal repeated and moved has the same features" (fun () ->
              let structure = crystal.Value
              let once = LodeExpansion.compute small false [ structure ] |> ok
              let twice = LodeExpansion.compute small false [ Structure.repeat (1, 1, 2) structure |> ok ] |> ok

              for one, two in Seq.zip once.Blocks twice.Blocks do
                  let a, b = Tensor.toArray one.Values, Tensor.toArray two.Values

                  for i in 0 .. a.Length - 1 do
                      equalWithin 1e-12 a[i] b[i])

          testCase "what has no meaning is refused" (fun () ->
              let message settings structures =
                  match LodeExpansion.compute settings false structures with
                  | Error error -> NoetherError.message error
                  | Ok _ -> failwith "expected an error"

              let open' = Structure.ofSymbols [ "H" ] [ 0.0, 0.0, 0.0 ] Cell.none |> ok
              contains "periodic" (message small [ open' ])
              contains "smearing" (message { small with Smearing = -1.0 } [ crystal.Value ])
              contains "exponent" (message { small with Exponent = -2.0 } [ crystal.Value ])
              contains "degree" (message { small with Radial = Map [ 99, 1 ] } [ crystal.Value ])) ]
