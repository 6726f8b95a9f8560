/// What the tests of training share: a small data set with every label, a small model, and where AcAc lies.
module Noether.Tests.TrainingChecks

open System
open System.Collections.Immutable
open System.IO
open Noether.AutoDiff
open Noether.Domain
open Noether.Equivariance
open Noether.Kernels
open Noether.Learning
open Noether.Physics
open Noether.Training
open Xunit

/// The acetylacetone data set (500 configurations at 300 K): the folder acac of NOETHER_DATA, or of shared/data beside
/// the repository.
let acac =
    match Environment.GetEnvironmentVariable "NOETHER_DATA" with
    | null
    | "" -> Path.Combine(Repository.root, "..", "shared", "data", "acac")
    | data -> Path.Combine(data, "acac")

/// A test that needs AcAc, and is reported as skipped where it is not.
[<Sealed; AttributeUsage(AttributeTargets.Method)>]
type AcacFactAttribute() as this =
    inherit FactAttribute()

    do
        if not (File.Exists(Path.Combine(acac, "train_300K.xyz"))) then
            this.Skip <- $"SKIPPED: {acac} lacks train_300K.xyz; NOETHER_DATA names the folder that has it in acac."

/// The cut-off of the small model, Å.
let cutoff = 3.0

let private drawn seed count = Tensor.toArray (Tensor.normal Float64 [| count |] (RandomKey.FromSeed seed))

let private info name (values: float seq) structure =
    Structure.withInfo name (Property.reals values) structure |> Outcome.getOrFail

let private atoms name (values: float seq) structure =
    Structure.withPerAtom name (Property.rows 3 values |> Outcome.getOrFail) structure |> Outcome.getOrFail

/// Molecules of four and of three atoms, a skewed crystal of two and a lone atom, with random labels; which of them have
/// forces, stress and products of Hessians differs.
let structures: Structure list =
    let molecule symbols positions cell = Structure.ofSymbols symbols positions cell |> Outcome.getOrFail

    let energy value structure = Structure.withInfo "energy" (Property.real value) structure |> Outcome.getOrFail

    let skewed =
        Cell.create [| 3.1; 0.0; 0.0; 0.4; 3.3; 0.0; -0.3; 0.2; 3.6 |] (true, true, true) |> Outcome.getOrFail

    [ molecule [ "C"; "O"; "H"; "H" ] [ 0.0, 0.0, 0.1; 1.2, 0.1, 0.0; -0.6, 0.9, 0.0; -0.5, -0.9, 0.2 ] Cell.none
      |> energy -3.1
      |> atoms "forces" (drawn 1UL 12)
      |> atoms "direction" (drawn 2UL 12)
      |> atoms "hessian_product" (drawn 3UL 12)
      molecule [ "C"; "O" ] [ 0.1, 0.0, 0.0; 1.6, 1.5, 1.9 ] skewed
      |> energy -1.7
      |> atoms "forces" (drawn 4UL 6)
      |> info "stress" (drawn 5UL 9 |> Array.map (fun x -> 0.01 * x))
      molecule [ "O"; "H"; "H" ] [ 0.0, 0.0, 0.0; 0.9, 0.1, 0.0; -0.2, 0.9, 0.0 ] Cell.none |> energy -2.4
      molecule [ "H" ] [ 0.0, 0.0, 0.0 ] Cell.none |> atoms "forces" [ 0.0; 0.0; 0.0 ] ]

/// Those structures with their pairs.
let dataset = lazy (Dataset.ofStructures ReferenceStructure.standardNames cutoff structures |> Outcome.getOrFail)

/// Energies of three elements that differ in everything.
let scaleShift: ScaleShift = { Elements = [ 1; 6; 8 ]; Offsets = [ -0.3; -0.8; -1.1 ]; Scale = 1.7 }

/// A small NequIP of two layers.
let settings: Nequip =
    let layer (text: string) =
        { NequipLayer.standard (Irreps.ofString text) with
            AverageNeighbours = 3.0
            Hidden = [ 6 ]
            RadialBasis = 4
            MaxDegree = 2 }

    { Cutoff = cutoff
      Layers = [ layer "3x0e+2x1o"; layer "4x0e" ]
      Readout = 3
      Embedding = None
      ReadoutActivation = None }

/// That NequIP as a trainable model.
let model = lazy (NequipFamily.trainable scaleShift settings |> Outcome.getOrFail)

/// Its parameters in float64.
let parameters = lazy (model.Value.Init Float64 (RandomKey.FromSeed 7UL))

/// All elements of all leaves.
let flat tree = Tree.leaves tree |> List.toArray |> Array.collect Tensor.toArray

/// Fails unless two trees are the same to the last bit.
let same what (expected: Tree<Tensor>) (found: Tree<Tensor>) =
    List.iter2
        (fun (path, a: Tensor) (other: string, b: Tensor) ->
            Assert.Equal(path, other)
            Assert.True(a.Equals b, $"{what}: '{path}' differs"))
        (Tree.paths expected)
        (Tree.paths found)
