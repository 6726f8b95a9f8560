// Labelled tensors: sparse data with explicit gradients, as in metatensor's tutorial "Managing gradients"
// (https://docs.metatensor.org, the files of which are computed here), and a potential fitted to energies and forces.
//
//     dotnet fsi --optimize+ scripts/05-managing-gradients.fsx
//
// Prints what the tutorial prints, and ends in assertions.
#load "noether.fsx"

open System
open System.IO
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics

let check what good = if not good then failwith $"{what} does not hold"

// All that the tutorial prints, to be compared with the text of metatensor 0.1.17 at the end.
let printed = Text.StringBuilder()

let print (text: obj) =
    printfn $"{text}"
    printed.Append(text).Append('\n') |> ignore

// Where gradients are ----------------------------------------------------------------------------------------------------

let molecules =
    Structure.ofSymbols
        [ "C"; "O"; "O"; "O"; "N"; "N" ]
        [ (0.0, 0.0, 0.0); (1.2, 0.0, 0.0); (0.0, 6.0, 0.0); (1.1, 6.0, 0.0); (6.0, 0.0, 0.0); (7.3, 0.0, 0.0) ]
        Cell.none
    |> Outcome.getOrFail

let settings cutoff maxAngular maxRadial = { SoapSettings.create cutoff maxAngular maxRadial with Width = 0.2 }

let radialSpectrum =
    SphericalExpansion.radialSpectrum (settings 2.5 0 2) [ DescriptorGradient.Positions ] [ molecules ]
    |> Outcome.getOrFail

print radialSpectrum

let block = radialSpectrum.Block [ "center_type", 7; "neighbor_type", 7 ]
print block

// Gradients are blocks with samples of their own: (sample, system, atom), for pairs that depend on each other only.
let gradient = block.Gradient "positions"
print gradient
print gradient.Samples
print block.Samples

let list (labels: Labels seq) = "[" + String.Join(", ", labels |> Seq.map _.FullText) + "]"
print (list gradient.Components)
print (block.Properties = gradient.Properties)
print gradient.Values

// Values with components -------------------------------------------------------------------------------------------------

let dioxide =
    Structure.ofSymbols [ "C"; "O"; "O" ] [ (0.0, 0.0, 0.0); (-0.2, -0.65, 0.94); (0.2, 0.65, -0.94) ] Cell.none
    |> Outcome.getOrFail

let sphericalExpansion =
    SphericalExpansion.compute (settings 3.5 2 4) [ DescriptorGradient.Positions ] [ dioxide ]
    |> Outcome.getOrFail

print sphericalExpansion

let tensorial = sphericalExpansion.Block 2
print (list tensorial.Components)

// The components of the derivative come first, then those of the values.
let tensorialGradient = tensorial.Gradient "positions"
print tensorialGradient
print $"first set of components: {tensorialGradient.Components[0]}"
print $"second set of components: {tensorialGradient.Components[1]}"

// Gradients in calculations ----------------------------------------------------------------------------------------------

/// h = ρ² and ∇h = 2 ρ ∇ρ; "sample" gives the row of the values for each row of the gradient.
let square (block: TensorBlock) : TensorBlock =
    let squared =
        TensorBlock.create (Tensor.square block.Values) block.Samples block.Components block.Properties
        |> Outcome.getOrFail

    let gradient = block.Gradient "positions"
    let rows = Tensor.gather (Array.ofSeq gradient.Samples["sample"]) block.Values
    let values = 2.0 * Tensor.unsqueeze 1 rows * gradient.Values

    let squaredGradient =
        TensorBlock.create values gradient.Samples gradient.Components gradient.Properties |> Outcome.getOrFail

    TensorBlock.withGradient "positions" squaredGradient squared |> Outcome.getOrFail

print ("[" + String.Join(" ", gradient.Samples["sample"]) + "]")

let squared = TensorMap.create radialSpectrum.Keys (Seq.map square radialSpectrum.Blocks) |> Outcome.getOrFail

print squared
print $"radial_spectrum block: {radialSpectrum.Block 2}"
print $"square block: {squared.Block 2}"
print $"radial_spectrum values: {(radialSpectrum.Block 2).Values}"
print $"square values: {(squared.Block 2).Values}"

let first (x: Tensor) = Tensor.slice 1 0 1 x |> Tensor.reshape [| x.Shape[0]; x.Shape[2] |]
print $"""radial_spectrum gradient: {first ((radialSpectrum.Block 2).Gradient "positions").Values}"""
print $"""square gradient: {first ((squared.Block 2).Gradient "positions").Values}"""

// The library has the chain rule for whole maps.
let product = TensorMap.multiply radialSpectrum radialSpectrum |> Outcome.getOrFail
print (TensorMap.equal product squared)
check "the square is the second power" (TensorMap.equal product (TensorMap.pow 2.0 radialSpectrum |> Outcome.getOrFail))

let expected =
    File.ReadAllText(Path.Combine(__SOURCE_DIRECTORY__, "..", "tests", "Fixtures", "labelled", "tutorial-output.txt"))

check "what was printed is what metatensor prints" (printed.ToString().TrimEnd() = expected.TrimEnd())

// Energies and forces from a power spectrum ------------------------------------------------------------------------------

// The energy is a sum over atoms of a linear function of their power spectra: E = Σ_i w · p_i, and F_j = −Σ_i w · ∂p_i/∂x_j.
// Rows of gradients are equations like those of values, so that both are fitted at once. Labels are those of a potential
// of the library.
let lennardJones =
    PairParameters.everywhere 6.0 (Tensor.vector [ 0.0103; 3.4 ])
    |> Result.bind (PairPotential.create "Lennard-Jones" (LennardJones()) (Smooth 5.0))
    |> Outcome.getOrFail

let argon seed =
    Crystal.fcc "Ar" 5.3
    |> Result.bind (Structure.repeat (2, 2, 2))
    |> Result.bind (Structure.rattle 0.15 (RandomKey.FromSeed seed))
    |> Outcome.getOrFail

let features (structures: Structure list) =
    let soap =
        { SoapSettings.create 6.0 3 5 with
            Width = 0.5
            Smoothing = Smoothing.ShiftedCosine 1.0 }

    PowerSpectrum.compute soap [ DescriptorGradient.Positions ] structures
    |> Result.bind (TensorMap.sumOverSamples [ "atom" ])
    |> Outcome.getOrFail

/// The energies of structures and their gradients, −F, with the samples of the features.
let labels (structures: Structure list) (features: TensorMap) =
    let results = [| for structure in structures -> Evaluate.run lennardJones structure |> Outcome.getOrFail |]
    let energy = Labels.create [ "energy" ] [ [ 0 ] ] |> Outcome.getOrFail
    let block = features.Block 0
    let gradient = block.Gradient "positions"
    let systems, atoms = gradient.Samples["system"], gradient.Samples["atom"]
    let slope k = -results[systems[k / 3]].Forces[3 * atoms[k / 3] + k % 3]
    let energies = Tensor.ofArray [| results.Length; 1 |] (results |> Array.map _.Energy)
    let slopes = Tensor.ofArray [| gradient.Samples.Count; 3; 1 |] (Array.init (3 * gradient.Samples.Count) slope)

    TensorBlock.create slopes gradient.Samples gradient.Components energy
    |> Result.bind (fun slopes ->
        TensorBlock.create energies block.Samples [] energy
        |> Result.bind (TensorBlock.withGradient "positions" slopes))
    |> Result.bind (fun block -> TensorMap.create features.Keys [ block ])
    |> Outcome.getOrFail

let training = [ for seed in 1UL .. 12UL -> argon seed ]
let testing = [ for seed in 101UL .. 104UL -> argon seed ]
let known = features training
let weights = TensorMap.lstsq 1e-9 known (labels training known) |> Outcome.getOrFail
let unknown = features testing
let predicted = TensorMap.dot unknown weights |> Outcome.getOrFail
let truth = labels testing unknown

/// The root mean square of the differences of two tensors.
let rms (a: Tensor) (b: Tensor) = Tensor.square (a - b) |> Tensor.mean |> Tensor.value |> sqrt

let energyError = rms (predicted.Block 0).Values (truth.Block 0).Values / 32.0
let forces (map: TensorMap) = (map.Block 0).Gradient("positions").Values
let forceError = rms (forces predicted) (forces truth)
let forceSize = rms (forces truth) (Tensor.zerosLike (forces truth))
printfn $"{(known.Block 0).Properties.Count} features, {(weights.Block 0).Values.Size} weights"

printfn
    $"errors of {testing.Length} new structures: {1000.0 * energyError:F3} meV an atom, forces {forceError:F5} of {forceSize:F5} eV/Å"

check "forces of structures that were not fitted are right to a tenth" (forceError < 0.1 * forceSize)
