/// Density descriptors against featomic 0.6.7, against their composed definition, and against the symmetries they have.
module Noether.Tests.DescriptorTests

open System
open System.Collections.Immutable
open System.IO
open System.Text.Json
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.DomainChecks
open Noether.Tests.LabelChecks

let private files = lazy (unzipped "featomic.zip")

let private document =
    lazy (Recorded.recordedText "featomic.zip" (fun () -> Text.Encoding.UTF8.GetString files.Value["cases.json"]))

let private text (element: Entry) = string (element.GetString())

let structureOf (system: Entry) : Structure =
    let rows (name: string) = [ for row in (system.GetProperty name).EnumerateArray() -> numbers row ]
    let types = integers (system.GetProperty "types")

    let cell =
        match (system.GetProperty "cell").ValueKind with
        | JsonValueKind.Null -> Cell.none
        | _ -> Cell.create (Array.ofList (List.concat (rows "cell"))) (true, true, true) |> ok

    let positions = List.concat (rows "positions")
    Structure.create (ImmutableArray.CreateRange types) (ImmutableArray.CreateRange positions) cell |> ok

let private settingsOf (hypers: Entry) : SoapSettings =
    let has (element: Entry) (name: string) =
        match element.TryGetProperty name with
        | true, value when value.ValueKind <> JsonValueKind.Null -> Some value
        | _ -> None

    let number (element: Entry) (name: string) = (element.GetProperty name).GetDouble()
    let cutoff, density, basis = hypers.GetProperty "cutoff", hypers.GetProperty "density", hypers.GetProperty "basis"
    let smoothing = cutoff.GetProperty "smoothing"
    let highest (radial: Entry) = (radial.GetProperty "max_radial").GetInt32()

    let radial =
        match has basis "by_angular", has basis "max_angular" with
        | Some degrees, _ -> Map [ for degree in degrees.EnumerateObject() -> int degree.Name, highest degree.Value ]
        | _, Some most -> Map [ for l in 0 .. most.GetInt32() -> l, highest (basis.GetProperty "radial") ]
        | _ -> Map [ 0, highest (basis.GetProperty "radial") ]

    { Cutoff = number cutoff "radius"
      Smoothing =
        match text (smoothing.GetProperty "type") with
        | "Step" -> Smoothing.Step
        | _ -> Smoothing.ShiftedCosine(number smoothing "width")
      Width = number density "width"
      CentreWeight = has density "center_atom_weight" |> Option.map _.GetDouble() |> Option.defaultValue 1.0
      Scaling =
        has density "scaling"
        |> Option.map (fun scaling ->
            { Scale = number scaling "scale"
              Rate = number scaling "rate"
              Exponent = number scaling "exponent" })
      Radial = radial
      SplineAccuracy = has basis "spline_accuracy" |> Option.map _.GetDouble() }

let private gradientsOf (options: Entry) =
    match options.TryGetProperty "gradients" with
    | true, names ->
        [ for name in names.EnumerateArray() ->
              match text name with
              | "positions" -> DescriptorGradient.Positions
              | "strain" -> DescriptorGradient.Strain
              | _ -> DescriptorGradient.Cell ]
    | _ -> []

/// The map with the axes of its gradients called what they are.
let private corrected (map: TensorMap) =
    let rename (names: (string * string) list) (gradient: TensorBlock) =
        let components =
            [ for labels in gradient.Components ->
                  match List.tryFind (fun (old, _) -> old = labels.Names[0]) names with
                  | Some(_, right) -> Labels.range right labels.Count |> ok
                  | None -> labels ]

        TensorBlock.create gradient.Values gradient.Samples components gradient.Properties |> ok

    let fix (block: TensorBlock) =
        let add made (KeyValue(name, gradient)) =
            let names =
                match name with
                | "strain" -> [ "xyz_2", "xyz_1"; "xyz_1", "xyz_2" ]
                | "cell" -> [ "xyz", "abc"; "abc", "xyz" ]
                | _ -> []

            TensorBlock.withGradient name (rename names gradient) made |> ok

        Seq.fold add (TensorBlock.withoutGradients block) block.Gradients

    TensorMap.mapBlocks fix map |> ok

let private water =
    lazy
        (let systems = (document.Value.GetProperty "systems").GetProperty "water"
         structureOf systems[0])

let private crystal =
    lazy
        (let systems = (document.Value.GetProperty "systems").GetProperty "nacl"
         structureOf systems[0])

let private small = { SoapSettings.create 4.2 3 2 with Width = 0.5 }

/// The values of a composed expansion, one after the other.
let all (map: TensorMap) = Tensor.concat 0 [ for block in map.Blocks -> Tensor.reshape [| -1 |] block.Values ]

[<Tests>]
let tests =
    testList
        "Descriptor"
        [ testCase "descriptors are those of featomic" (fun () ->
              let mutable compared = 0

              for case in (document.Value.GetProperty "cases").EnumerateObject() do
                  let part (name: string) = case.Value.GetProperty name
                  let systems = (document.Value.GetProperty "systems").GetProperty(text (part "systems"))
                  let structures = [ for system in systems.EnumerateArray() -> structureOf system ]
                  let settings = settingsOf (part "hypers")
                  let gradients = gradientsOf (part "options")

                  let found =
                      match text (part "calculator") with
                      | "SphericalExpansion" -> SphericalExpansion.compute settings gradients structures
                      | "SoapRadialSpectrum" -> SphericalExpansion.radialSpectrum settings gradients structures
                      | _ -> PowerSpectrum.compute settings gradients structures
                      |> ok

                  let file = text (part "file")
                  let expected = corrected (TensorMap.parseBytes file files.Value[file] |> ok)

                  // 1e-12 of the largest coefficient of a map, without splines and with the same ones. Nine
                  // Gaussian-type orbitals of one degree overlap so much that S^(−1/2) loses five digits, six of them
                  // two.
                  let tolerance =
                      if case.Name = "se_high" then 2e-10
                      elif case.Name = "se_narrow" then 1e-11
                      else 1e-12

                  match TensorMap.closeReason tolerance tolerance found expected with
                  | Ok() -> compared <- compared + 1
                  | Error error -> failwith $"{case.Name}: {NoetherError.message error}"

              Expect.isTrue (compared > 25) $"{compared} cases")

          testCase "the fused kernel has the values and first derivatives of the composed definition" (fun () ->
              let scaling = Some { Scale = 2.0; Rate = 1.0; Exponent = 4.0 }

              for structure in [ water.Value; crystal.Value ] do
                  let settings = { small with SplineAccuracy = None; Scaling = scaling }
                  let gradients = [ DescriptorGradient.Positions; DescriptorGradient.Cell ]
                  let fused = SphericalExpansion.compute settings gradients [ structure ] |> ok
                  let positions, cell = Space.positions structure, Space.cell structure
                  let composed positions cell = SphericalExpansion.composed settings structure positions cell |> ok
                  agrees 1e-13 (TensorMap.withoutGradients fused) (composed positions cell)

                  // ∇ of a random combination of all values, in reverse mode, and the same combination of the explicit
                  // gradients.
                  let weights = Tensor.normal Float64 [| (all fused).Size |] (RandomKey.FromSeed 5UL)
                  let byPositions = Diff.grad (fun x -> Tensor.sum (weights * all (composed x cell))) positions
                  let byCell = Diff.grad (fun h -> Tensor.sum (weights * all (composed positions h))) cell
                  let mutable offset = 0
                  let explicit = Array.zeroCreate positions.Size
                  let explicitCell = Array.zeroCreate 9

                  for block in fused.Blocks do
                      let size = block.Values.Size / block.Samples.Count
                      let weight = Tensor.slice 0 offset (offset + block.Values.Size) weights |> Tensor.toArray
                      offset <- offset + block.Values.Size

                      let gather (gradient: TensorBlock) width (target: int -> int -> int) (sum: float[]) =
                          let values = Tensor.toArray gradient.Values

                          for row in 0 .. gradient.Samples.Count - 1 do
                              let sample = gradient.Samples["sample"][row]

                              for a in 0 .. width - 1 do
                                  let dot =
                                      Seq.sum (
                                          seq {
                                              for k in 0 .. size - 1 ->
                                                  values[(row * width + a) * size + k] * weight[sample * size + k]
                                          }
                                      )

                                  sum[target row a] <- sum[target row a] + dot

                      let positions = block.Gradient "positions"
                      let atoms = positions.Samples["atom"]
                      gather positions 3 (fun row a -> 3 * atoms[row] + a) explicit
                      gather (block.Gradient "cell") 9 (fun _ a -> a) explicitCell

                  // Sums of some hundred terms of the order of 1.
                  for a, b in Seq.zip explicit (Tensor.toArray byPositions) do
                      equalWithin 1e-11 b a

                  for a, b in Seq.zip explicitCell (Tensor.toArray byCell) do
                      equalWithin 1e-11 b a)

          testCase "the composed definition has second derivatives" (fun () ->
              let structure = water.Value
              let cell = Space.cell structure
              let total x = Tensor.sum (Tensor.square (all (SphericalExpansion.composed small structure x cell |> ok)))
              let positions = Space.positions structure
              let direction = Tensor.normal Float64 [| 3; 3 |] (RandomKey.FromSeed 3UL)
              let h = 1e-5

              let difference =
                  (Diff.grad total (positions + h * direction) - Diff.grad total (positions - h * direction))
                  / (2.0 * h)

              let exact = Diff.hessianv total positions direction
              // Central differences: 1e-10 of the third derivative, and 1e-15/h of rounding of gradients of the order
              // of 10.
              for a, b in Seq.zip (Tensor.toArray exact) (Tensor.toArray difference) do
                  equalWithin (1e-7 * max 1.0 (abs a)) a b)

          testCase "the power spectrum does not know where the axes point" (fun () ->
              let structure = water.Value
              let turn (x, y, z) = (0.36 * x + 0.48 * y - 0.8 * z, -0.8 * x + 0.6 * y, 0.48 * x + 0.64 * y + 0.6 * z)

              let turned =
                  structure.Positions
                  |> Seq.chunkBySize 3
                  |> Seq.collect (fun p -> let x, y, z = turn (p[0], p[1], p[2]) in [ x; y; z ])

              let other = Structure.withPositions (ImmutableArray.CreateRange turned) structure |> ok
              let spectrum structure = PowerSpectrum.compute small [] [ structure ] |> ok
              // Rounding of coordinates of the order of 1, through sums of a few products.
              agrees 1e-12 (spectrum structure) (spectrum other))

          testCase "an atom at the place of another, alone, or absent is no exception" (fun () ->
              let one = Structure.ofSymbols [ "O" ] [ (0.0, 0.0, 0.0) ] Cell.none |> ok
              let two = Structure.ofSymbols [ "O"; "H" ] [ (0.0, 0.0, 0.0); (0.0, 0.0, 0.0) ] Cell.none |> ok
              let none = Structure.ofSymbols [] [] Cell.none |> ok
              let gradients = [ DescriptorGradient.Positions; DescriptorGradient.Strain ]
              let map = PowerSpectrum.compute small gradients [ one; two; none ] |> ok

              for block in map.Blocks do
                  for value in Tensor.toArray block.Values do
                      isTrue (Double.IsFinite value)

                  for value in Tensor.toArray (block.Gradient "positions").Values do
                      isTrue (Double.IsFinite value)

              equal 0 (PowerSpectrum.compute small gradients [ none ] |> ok).Count)

          testCase "settings without meaning are refused" (fun () ->
              let refused settings = isTrue (SphericalExpansion.compute settings [] [ water.Value ]).IsError
              refused { small with Cutoff = -3.0 }
              refused { small with Width = -0.3 }
              refused { small with Smoothing = Smoothing.ShiftedCosine 5.0 }
              refused { small with Radial = Map.empty }
              refused { small with Radial = Map [ -1, 2 ] }
              refused { small with Radial = Map [ 25, 2 ] }
              refused { small with Radial = Map [ 2, -2 ] }
              refused { small with SplineAccuracy = Some 0.0 }
              refused { small with CentreWeight = nan })

          testCase "the files of the tutorial are computed to the digits they hold" (fun () ->
              needsLabelled ()
              let read name = TensorMap.read (Path.Combine(labelledData, name + ".mts")) |> ok

              let molecules =
                  Structure.ofSymbols
                      [ "C"; "O"; "O"; "O"; "N"; "N" ]
                      [ (0.0, 0.0, 0.0)
                        (1.2, 0.0, 0.0)
                        (0.0, 6.0, 0.0)
                        (1.1, 6.0, 0.0)
                        (6.0, 0.0, 0.0)
                        (7.3, 0.0, 0.0) ]
                      Cell.none
                  |> ok

              let dioxide =
                  Structure.ofSymbols
                      [ "C"; "O"; "O" ]
                      [ (0.0, 0.0, 0.0); (-0.2, -0.65, 0.94); (0.2, 0.65, -0.94) ]
                      Cell.none
                  |> ok

              let settings cutoff lmax nmax = { SoapSettings.create cutoff lmax nmax with Width = 0.2 }
              let positions = [ DescriptorGradient.Positions ]
              let radial = SphericalExpansion.radialSpectrum (settings 2.5 0 2) positions [ molecules ] |> ok
              let spherical = SphericalExpansion.compute (settings 3.5 2 4) positions [ dioxide ] |> ok
              // Splines of the same knots: what is left is rounding, in gradients divided by the distance of knots.
              agrees 1e-12 (read "radial-spectrum") radial
              agrees 1e-12 (read "spherical-expansion") spherical)

          testCase "the power spectrum of QM7 follows from its expansion" (fun () ->
              needsLabelled ()
              let read name = TensorMap.read (Path.Combine(labelledData, name + ".mts")) |> ok
              let expected = read "qm7-power-spectrum"
              let found = PowerSpectrum.ofExpansion PowerSign.Positive (read "qm7-spherical-expansion") |> ok
              equal expected.Keys.Count found.Keys.Count

              // Position gradients stored in three blocks do not follow from the product rule (rows missing, others
              // zero).
              let wrong = set [ (1, 1, 6); (6, 1, 8); (6, 6, 8) ]

              for key, block in TensorMap.items expected do
                  let centre, a, b = key["center_type"], key["neighbor_1_type"], key["neighbor_2_type"]
                  let own = found.Block [ "center_type", centre; "neighbor_1_type", a; "neighbor_2_type", b ]

                  let strip (block: TensorBlock) =
                      if wrong.Contains(centre, a, b) then
                          TensorBlock.withGradient
                              "strain"
                              (block.Gradient "strain")
                              (TensorBlock.withoutGradients block)
                          |> ok
                      else
                          block

                  match TensorBlock.closeReason 1e-10 1e-10 (strip own) (strip block) with
                  | Ok() -> ()
                  | Error error -> failwith $"{key}: {NoetherError.message error}") ]
