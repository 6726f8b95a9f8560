/// The pieces of e3nn for torch (Fixtures/nequip/nequip-torch.json).
module Noether.Tests.NequipTorchPiecesTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Equivariance
open Noether.Learning
open Noether.Tests.Recorded

let private pieces = lazy (reference "nequip-torch.json" |> get "e3nn_operations")

let private flat element = items element |> List.map numbers |> Array.concat

let private matrix element =
    let rows = items element |> List.map numbers |> Array.ofList
    Tensor.ofArray [| rows.Length; rows[0].Length |] (Array.concat rows)

let private irreps name entry = get name entry |> text |> Irreps.ofString

let private features name irreps entry = IrrepsTensor.ofFlat irreps (matrix (get name entry))

let private toFlat x = IrrepsTensor.toFlat x |> Tensor.toArray

let private option name fallback entry =
    match (get "options" entry).TryGetProperty(name: string) with
    | true, value -> text value
    | _ -> fallback

let private normalizations entry =
    (match option "irrep_normalization" "component" entry with
     | "norm" -> ProductNormalization.Norm
     | _ -> ProductNormalization.Component),
    (match option "path_normalization" "element" entry with
     | "path" -> PathNormalization.Path
     | _ -> PathNormalization.Element)

/// Chunks of features in the order of other irreps, equal irreps in their order.
let private inOrder (order: Irreps) (x: IrrepsTensor) =
    let parts = IrrepsTensor.parts x

    [ for k, chunk in List.indexed order.Chunks ->
          let before = List.truncate k order.Chunks |> List.filter (fun c -> c.Irrep = chunk.Irrep) |> List.length
          parts |> List.filter (fun (irrep, _) -> irrep = chunk.Irrep) |> List.item before |> snd ]
    |> IrrepsTensor.create order

[<Tests>]
let tests =
    testList
        "NequipTorchPieces"
        [ testCase "Weighted products in every mode" (fun () ->
              for entry in pieces.Value |> get "TensorProduct" |> items do
                  let a, b, output = irreps "irreps_in1" entry, irreps "irreps_in2" entry, irreps "irreps_out" entry

                  let paths =
                      [ for given in get "given" entry |> items ->
                            let parts = items given

                            { First = integer parts[0]
                              Second = integer parts[1]
                              Output = integer parts[2]
                              Mode =
                                match text parts[3] with
                                | "uvw" -> ProductMode.Uvw
                                | "uvu" -> ProductMode.Uvu
                                | "uvv" -> ProductMode.Uvv
                                | "uuu" -> ProductMode.Uuu
                                | _ -> ProductMode.Uvuv
                              Weighted = parts[4].GetBoolean() } ]

                  let irrep, path = normalizations entry
                  let product = WeightedProducts.create irrep path a b output paths
                  let weights = Branch [ "weights", Leaf(matrix (get "weights_per_sample" entry)) ]
                  let actual = product.Apply weights (features "x" a entry, features "y" b entry)
                  // Sums of a dozen numbers of order ten.
                  closeAll "product" 1e-13 (get "out" entry |> flat) (toFlat actual))

          testCase "Fully connected products" (fun () ->
              for entry in pieces.Value |> get "FullyConnectedTensorProduct" |> items do
                  let a, b, output = irreps "irreps_in1" entry, irreps "irreps_in2" entry, irreps "irreps_out" entry

                  let product =
                      WeightedProducts.fullyConnected a b output
                      |> WeightedProducts.create ProductNormalization.Component PathNormalization.Element a b output

                  let weights = Branch [ "weights", Leaf(Tensor.vector (get "weights" entry |> numbers)) ]
                  let actual = product.Apply weights (features "x" a entry, features "y" b entry)
                  closeAll "product" 1e-13 (get "out" entry |> flat) (toFlat actual))

          testCase "Weighted products refuse paths that have no meaning" (fun () ->
              let create paths =
                  argumentMessage (fun () ->
                      WeightedProducts.create
                          ProductNormalization.Component
                          PathNormalization.Element
                          (Irreps.ofString "2x1o")
                          (Irreps.ofString "3x1o")
                          (Irreps.ofString "2x0e+2x3o")
                          paths
                      |> ignore)

              let path = { First = 0; Second = 0; Output = 0; Mode = ProductMode.Uvu; Weighted = true }
              contains "a path names chunk 1 of the first factor 2x1o" (create [ { path with First = 1 } ])
              contains "3o is not in the product of 1o and 1o" (create [ { path with Output = 1 } ])
              contains "2x1o and 3x1o do not make 2x0e by Uuu" (create [ { path with Mode = ProductMode.Uuu } ])
              contains "without weights" (create [ { path with Mode = ProductMode.Uvw; Weighted = false } ]))

          testCase "Linear layers" (fun () ->
              for entry in pieces.Value |> get "Linear" |> items do
                  let input, output = irreps "irreps_in" entry, irreps "irreps_out" entry
                  let biased = (get "biases" entry |> items).Length > 0

                  let linear =
                      if biased then Linear.createBiased None input output else Linear.create None input output

                  let values = get "weights" entry |> numbers
                  let biases = get "biases" entry |> numbers
                  let mutable place = 0

                  let take (from: float[]) size =
                      let part = Array.sub from place size
                      place <- place + size
                      part

                  // By paths, in the order of e3nn; its path normalisation differs from ours by a factor for each path.
                  let factors =
                      [ for instruction in get "instructions" entry |> items do
                            let shape = get "path_shape" instruction |> integers

                            if shape.Length = 2 then
                                let o = get "i_out" instruction |> integer
                                let irrep = (List.item o output.Chunks).Irrep

                                let fanIn =
                                    input.Chunks |> List.filter (fun chunk -> chunk.Irrep = irrep) |> List.sumBy _.Mul

                                (get "path_weight" instruction |> number) * sqrt (float fanIn) ]

                  let fresh = linear.Init Float64 (Noether.Kernels.RandomKey.FromSeed 0UL)
                  let mutable path = 0

                  let parameters =
                      fresh
                      |> Tree.mapPaths (fun name (w: Tensor) ->
                          if name.StartsWith "b" then
                              if name.StartsWith "b[0]" then place <- 0
                              Tensor.ofArray w.Shape (take biases w.Size)
                          else
                              let factor = List.item path factors
                              path <- path + 1
                              factor * Tensor.ofArray w.Shape (take values w.Size))

                  let actual = linear.Apply parameters (features "x" input entry, [||])
                  closeAll "linear" 1e-13 (get "out" entry |> flat) (toFlat actual))

          testCase "The full product, whose chunks e3nn for torch sorts otherwise" (fun () ->
              let entry = pieces.Value |> get "FullTensorProduct"
              let a, b, order = irreps "irreps_in1" entry, irreps "irreps_in2" entry, irreps "irreps_out" entry

              let product =
                  FeatureProducts.fullUngrouped
                      ProductNormalization.Component
                      (fun _ -> true)
                      (features "x" a entry)
                      (features "y" b entry)

              closeAll "product" 1e-13 (get "out" entry |> flat) (product |> inOrder order |> toFlat))

          testCase "The gate with the constants of e3nn for torch" (fun () ->
              let entry = pieces.Value |> get "Gate"
              let x = features "x" (irreps "irreps_in" entry) entry
              let parts = IrrepsTensor.parts x |> Map.ofList
              let scalar = Irrep.scalar
              let part (name: string) = parts[Irrep.ofString name]

              // Of the scalars 0e four are kept, and three are gates.
              let arranged =
                  IrrepsTensor.create
                      (Irreps.ofString "4x0e+2x0o+2x1o+1x2e+3x0e")
                      [ Tensor.slice 2 0 4 parts[scalar]
                        part "0o"
                        part "1o"
                        part "2e"
                        Tensor.slice 2 4 7 parts[scalar] ]

              let fused =
                  Gate.scaled Activation.sampledFactor Activation.Silu Activation.Tanh Activation.Silu arranged.Irreps

              let composed =
                  Gate.scaledComposed Activation.sampledFactor Activation.Silu Activation.Tanh Activation.Silu

              for gate in [ fused; composed ] do
                  let actual = gate arranged
                  equal (irreps "irreps_out" entry) actual.Irreps
                  closeAll "gate" 1e-14 (get "out" entry |> flat) (toFlat actual))

          testCase "The activation of norms" (fun () ->
              let entry = pieces.Value |> get "NormActivation"
              let x = features "x" (irreps "irreps" entry) entry
              let sigmoid = Some(fun (norms: Tensor) -> Tensor.sigmoid norms / norms)
              let actual = IrrepsActivation.byNorms false [ for _ in x.Irreps.Chunks -> sigmoid ] x
              closeAll "norms" 1e-14 (get "out" entry |> flat) (toFlat actual))

          testCase "Soft one-hot bases" (fun () ->
              for entry in pieces.Value |> get "soft_one_hot_linspace" |> items do
                  let zero = (get "cutoff" entry).GetBoolean()
                  let last = get "end" entry |> number
                  let count = get "number" entry |> integer
                  let x = get "x" entry |> numbers

                  let actual =
                      match get "basis" entry |> text with
                      | "bessel" ->
                          let inside = x |> Array.map (fun v -> if zero && v / last >= 1.0 then 0.0 else 1.0)
                          let values = SoftRadial.bessel count last (Tensor.vector (x |> Array.map (max 1e-3)))
                          values * Tensor.unsqueeze 1 (Tensor.vector inside)
                      | name ->
                          SoftRadial.oneHot
                              { Basis =
                                  match name with
                                  | "gaussian" -> SoftBasis.Gaussian
                                  | "cosine" -> SoftBasis.Cosine
                                  | "smooth_finite" -> SoftBasis.SmoothFinite
                                  | _ -> SoftBasis.Fourier
                                Start = get "start" entry |> number
                                End = last
                                Count = count
                                StartZero = zero
                                EndZero = zero }
                              (Tensor.vector x)

                  closeAll (get "basis" entry |> text) 1e-13 (get "out" entry |> flat) (Tensor.toArray actual))

          testCase "Harmonics, couplings and rotations" (fun () ->
              let harmonics = pieces.Value |> get "spherical_harmonics"
              let vectors = matrix (get "vectors" harmonics)
              let degrees = get "ls" harmonics |> integers
              let all = Harmonics.ofDirections (List.max degrees) vectors (Harmonics.lengths vectors)
              let columns = Tensor.concat 1 [ for l in degrees -> Tensor.slice 1 (l * l) ((l + 1) * (l + 1)) all ]
              // Of order ten at degree 6.
              closeAll "harmonics" 1e-12 (get "normalize_True_component" harmonics |> flat) (Tensor.toArray columns)

              let irreps = Irreps.create [ for l in degrees -> 1, Irrep.create l (Parity.ofDegree l) ]

              for name, normalization in
                  [ "component", HarmonicsNormalization.Component
                    "integral", HarmonicsNormalization.Integral
                    "norm", HarmonicsNormalization.Norm ] do
                  for flag, normalize in [ "True", true; "False", false ] do
                      let own = HarmonicFeatures.create normalization normalize Parity.Odd irreps vectors
                      let expected = get $"normalize_{flag}_{name}" harmonics |> flat
                      // Of the longest vector, of length 5 or so, powers are large.
                      closeAll name (1e-13 * max 10.0 (largest expected)) expected (toFlat own)

              for entry in pieces.Value |> get "wigner_3j" |> items do
                  let l = get "l" entry |> integers
                  let coupling = ClebschGordan.coupling l[0] l[1] l[2]
                  let expected = get "tensor" entry |> items |> List.map (items >> List.map numbers)
                  let found = Collections.Generic.Dictionary()

                  for c in coupling.Entries do
                      found[struct (c.I, c.J, c.K)] <- c.Value

                  for i, rows in List.indexed expected do
                      for j, row in List.indexed rows do
                          for k in 0 .. row.Length - 1 do
                              let own =
                                  match found.TryGetValue(struct (i, j, k)) with
                                  | true, value -> value
                                  | _ -> 0.0

                              close $"3j {l} {i} {j} {k}" 1e-14 row[k] own

              for entry in pieces.Value |> get "wigner_D" |> items do
                  let angles = get "angles" entry |> numbers
                  let rotation = Rotation.ofAngles angles[0] angles[1] angles[2]

                  for l in 1..4 do
                      let own = Wigner.ofIrreps rotation false (Irreps.ofIrrep (Irrep.create l Parity.Even))
                      closeAll $"D{l}" 1e-13 (get (string l) entry |> flat) (Tensor.toArray own)) ]
