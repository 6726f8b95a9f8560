namespace Noether.Learning

open Noether.AutoDiff
open Noether.Domain

/// A scale and a shift by species: the energy of an atom = scale · output of the network + offset of its element.
/// Energies of whole structures are large and forces are not, so a network with outputs of order one needs both.
type ScaleShift =
    {
        /// Atomic numbers; an element's species is its place here.
        Elements: int list
        /// The offset of each species, eV.
        Offsets: float list
        /// The factor of the network's output, eV.
        Scale: float
    }

/// Making scales and shifts, and applying them.
[<RequireQualifiedAccess>]
module ScaleShift =
    /// Offsets 0 and scale 1. ArgumentException for no elements or one twice.
    let plain (elements: int list) : ScaleShift =
        if elements.IsEmpty || elements <> List.distinct elements then
            let text = elements |> List.map string |> String.concat ", "
            invalidArg (nameof elements) $"ScaleShift.plain: elements [{text}], expected some, each once."

        { Elements = elements
          Offsets = List.replicate elements.Length 0.0
          Scale = 1.0 }

    /// Energies of atoms, [n], eV, in the precision of `like`, from a network's outputs [n] for atoms of some species.
    let energies (model: ScaleShift) (precision: Precision) (species: int[]) (numbers: Tensor) : Tensor =
        let offsets = Tensor.vector model.Offsets |> Tensor.cast precision |> Tensor.gather species
        model.Scale * Tensor.cast precision numbers + offsets
