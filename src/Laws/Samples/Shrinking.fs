namespace Noether.Laws

open System
open System.Collections.Immutable
open System.Globalization
open FsCheck
open FsCheck.FSharp
open Noether.Domain

/// From a counter-example to smaller ones: fewer and lighter atoms, fewer periodic axes, rounder numbers.
[<RequireQualifiedAccess>]
module Shrinking =
    /// How much there is to read in a number: its characters, and ten for each power of ten above the first.
    let internal weightOf (x: float) =
        let decades = if abs x >= 10.0 then 10 * int (log10 (abs x)) else 0
        x.ToString("R", CultureInfo.InvariantCulture).Length + decades

    /// How much there is to read in a structure, and its atomic numbers. Each step of shrinking makes it smaller, so
    /// shrinking ends.
    let weight (structure: Structure) : int =
        let cell = structure.Cell

        Seq.sumBy weightOf structure.Positions
        + Seq.sumBy weightOf cell.Vectors
        + 5 * Seq.length (Seq.filter id cell.Periodic)
        + Seq.sum structure.Numbers

    let private rounded (digits: int) (values: float seq) =
        values |> Seq.map (fun (x: float) -> Math.Round(x, digits) + 0.0)

    let private fewer (structure: Structure) =
        let n = structure.Count

        seq {
            if n >= 4 then
                Moves.select [| 0 .. n / 2 - 1 |] structure
                Moves.select [| n / 2 .. n - 1 |] structure

            for atom in 0 .. n - 1 do
                Moves.select (Array.removeAt atom [| 0 .. n - 1 |]) structure
        }

    let private simplerCells (structure: Structure) =
        let cell = structure.Cell
        let vectors = cell.Vectors.AsSpan().ToArray()
        let flags = cell.Periodic[0], cell.Periodic[1], cell.Periodic[2]

        let opened k =
            let keep j flag = flag && j <> k
            let a, b, c = flags
            Cell.create (Array.mapi (fun i x -> if i / 3 = k then 0.0 else x) vectors) (keep 0 a, keep 1 b, keep 2 c)

        let lengths = let a, b, c = Cell.lengths cell in [| a; b; c |]

        seq {
            Ok Cell.none

            for k in 0..2 do
                opened k
            // A box along x, y, z with edges of the same lengths.
            Cell.create (Array.init 9 (fun i -> if i / 3 = i % 3 then lengths[i % 3] else 0.0)) flags

            for digits in 0..3 do
                Cell.create (Array.ofSeq (rounded digits vectors)) flags

            for i in 0..8 do
                for digits in 0..1 do
                    Cell.create (Array.updateAt i (Math.Round(vectors[i], digits) + 0.0) vectors) flags
        }
        |> Seq.choose Result.toOption
        |> Seq.map (fun simpler -> Structure.withCell simpler structure)

    let private rounderPlaces (structure: Structure) =
        let r = structure.Positions

        seq {
            if structure.Count > 0 then
                yield! Structure.translate (-r[0], -r[1], -r[2]) structure |> Result.toOption |> Option.toList

            Structure.wrap structure

            for digits in 0..3 do
                let places = ImmutableArray.CreateRange(rounded digits r)
                yield! Structure.withPositions places structure |> Result.toOption |> Option.toList

            for i in 0 .. r.Length - 1 do
                for value in [ 0.0; Math.Round r[i] + 0.0; Math.Round(r[i], 1) + 0.0 ] do
                    yield! Structure.withPositions (r.SetItem(i, value)) structure |> Result.toOption |> Option.toList
        }

    /// Structures that are simpler by `weight` and that the settings still admit, the boldest steps first.
    let structures (settings: StructureSettings) (structure: Structure) : seq<Structure> =
        let bare = Structure.bare structure
        let one = ImmutableArray.CreateRange(Seq.replicate structure.Count (List.min settings.Species))

        seq {
            yield! fewer bare
            yield! Structure.create one structure.Positions structure.Cell |> Result.toOption |> Option.toList
            yield! simplerCells bare
            yield! rounderPlaces bare
        }
        |> Seq.filter (fun smaller -> weight smaller < weight structure && Structures.admits settings smaller)

    /// `Structures.generate` with this shrinking, for FsCheck's properties.
    let arbitrary (settings: StructureSettings) : Arbitrary<Structure> =
        Arb.fromGenShrink (Structures.generate settings, structures settings)
