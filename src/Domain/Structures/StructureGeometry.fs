namespace Noether.Domain

open System
open System.Runtime.InteropServices
open Noether.Kernels

/// Holds the part of the module `Structure` that strains, shakes and frames the atoms.
[<AutoOpen>]
module StructureGeometry =
    /// Straining, shaking and framing the atoms. Properties are kept as they were given.
    [<RequireQualifiedAccess>]
    module Structure =
        /// Atoms and cell strained by ε (nine numbers, row by row): r(1 + ε) and H(1 + ε), so fractional coordinates
        /// stay. Errors: `NonFinite`; `InvalidCell` where 1 + ε makes the lattice vectors dependent.
        /// Raises ArgumentException where there are not nine numbers.
        let strain (strain: float[]) (structure: Structure) : Result<Structure, NoetherError> =
            Cell.strain strain structure.Cell
            |> Result.bind (fun cell ->
                Structure.withPositions (Cell.strainPoints strain structure.Positions) structure
                |> Result.map (Structure.withCell cell))

        /// Every coordinate moved by an independent normal number of this standard deviation (Å). The same key gives
        /// the same displacements to the bit, whatever the number of threads; another key gives others.
        /// Errors: `InvalidArgument` for a deviation that is negative or not finite.
        let rattle (deviation: float) (key: RandomKey) (structure: Structure) : Result<Structure, NoetherError> =
            if not (deviation >= 0.0 && Double.IsFinite deviation) then
                let value = NoetherError.number deviation
                Error(InvalidArgument("the standard deviation", value, "a finite length in Å, 0 or more"))
            else
                let moved: float[] = Array.zeroCreate structure.Positions.Length
                Threefry.Normal(key, Span moved)

                for i in 0 .. moved.Length - 1 do
                    moved[i] <- structure.Positions[i] + deviation * moved[i]

                Structure.withPositions (ImmutableCollectionsMarshal.AsImmutableArray moved) structure

        let private checkAxes (axes: int list) =
            if List.isEmpty axes || List.distinct axes <> axes || List.exists (fun k -> k < 0 || k > 2) axes then
                let found = axes |> List.map string |> String.concat "; "
                Outcome.raise (InvalidArgument("the list of axes", $"[{found}]", "some of 0, 1 and 2, each once"))

        /// How far the atoms reach along a direction, (0, 0) where there are none.
        let private extent direction (structure: Structure) =
            let r = structure.Positions.AsSpan()
            let mutable low, high = infinity, -infinity

            for i in 0 .. structure.Count - 1 do
                let along = Triple.dot direction (Triple.ofRow i r)
                low <- min low along
                high <- max high along

            if structure.Count = 0 then 0.0, 0.0 else low, high

        /// The cell with axis k stretched to a height that depends on height and extent, and the atoms moved along k to
        /// its middle.
        let private frameAxis (height: float -> float -> float) (structure: Structure) k =
            let cell = structure.Cell
            let a = Triple.ofRow k (ReadOnlySpan cell.CompleteRows)
            // b_k is normal to the faces that axis k joins, and on the side of a_k.
            let normal = Triple.unit (Triple.ofRow k (ReadOnlySpan cell.ReciprocalRows))
            let now = Triple.dot a normal
            let low, high = extent normal structure
            let wanted = height now (high - low)
            let struct (x, y, z) = Triple.scale (wanted / now) a
            let vectors = cell.Vectors.AsSpan().ToArray()
            Array.blit [| x; y; z |] 0 vectors (3 * k) 3
            let flags = cell.Periodic[0], cell.Periodic[1], cell.Periodic[2]
            let struct (dx, dy, dz) = Triple.scale (0.5 * (wanted - low - high) / now) a

            structure
            |> Structure.withCell (Cell.createOrFail vectors flags)
            |> Structure.translate (dx, dy, dz)
            |> Outcome.getOrFail

        /// Room around the atoms along these axes of 0, 1, 2: each vector is stretched or shortened, in its
        /// direction, until the faces it joins lie `margin` Å outside the outermost atoms, and the atoms are moved
        /// along it to the middle. An axis without a vector gets one, along the normal that completes the cell. Flags
        /// stay as they are (`Cell.withPeriodic` opens an axis); atoms are taken where they are, not wrapped. As
        /// `Atoms.center(vacuum)` of ASE. Errors: `InvalidArgument` for a margin that is negative or not finite, for
        /// axes other than 0, 1, 2 or named twice, and where margin and atoms leave a height of zero.
        let vacuum (margin: float) (axes: int list) (structure: Structure) : Result<Structure, NoetherError> =
            Outcome.capture (fun () ->
                checkAxes axes

                let refuse expected =
                    Outcome.raise (InvalidArgument("the margin of vacuum", NoetherError.number margin, expected))

                if not (margin >= 0.0 && Double.IsFinite margin) then refuse "a finite length in Å, 0 or more"

                let height _ extent =
                    let wanted = extent + 2.0 * margin
                    if wanted > 0.0 then wanted else refuse "more than 0 Å, as the atoms have no extent there"

                List.fold (frameAxis height) structure axes)

        /// The atoms moved so that, along these axes of 0, 1, 2, the outermost ones are equally far from the two faces;
        /// the cell stays. As `Atoms.center` of ASE. Errors: `InvalidArgument` for axes other than 0, 1, 2 or named
        /// twice; `Inconsistent` for an axis without a vector.
        let centre (axes: int list) (structure: Structure) : Result<Structure, NoetherError> =
            Outcome.capture (fun () ->
                checkAxes axes

                for k in axes do
                    if Cell.vector k structure.Cell = (0.0, 0.0, 0.0) then
                        let expected = "one to centre along (Structure.vacuum makes one)"
                        Outcome.raise (Inconsistent("the cell", $"no vector along axis {k}", expected))

                // The cell is kept to the bit; only the atoms of the framed structure are wanted.
                let framed = List.fold (frameAxis (fun now _ -> now)) structure axes
                Structure.withCell structure.Cell framed)
