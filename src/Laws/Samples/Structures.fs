namespace Noether.Laws

open System.Collections.Immutable
open FsCheck
open FsCheck.FSharp
open Noether.Domain
open Noether.Physics

/// Which structures are generated.
type StructureSettings =
    {
        /// The most atoms.
        MaxAtoms: int
        /// The atomic numbers that occur; at least one.
        Species: int list
        /// The least distance in Å between two atoms, images included. Zero allows atoms at one place.
        Separation: float
        /// The least and the greatest length of a lattice vector in Å. Longer ones occur where a separation needs them.
        Edges: float * float
        /// How far from the origin in Å atoms may be taken along each axis, some singly and some all together.
        Far: float
    }

/// Structures that break programs: skewed cells with angles down to 25 degrees, turned and of either hand, all eight
/// periodicities, open axes with and without a vector, atoms in the cell, around it and far away, at one place, at
/// images of each other, all in a plane or on a line, on a grid where distances tie, one atom, none. Cells may be
/// shorter than any cut-off.
[<RequireQualifiedAccess>]
module Structures =
    /// Up to twelve atoms of four species anywhere, coincident ones included; edges of 1 to 8 Å; 10⁵ Å away.
    let nasty: StructureSettings =
        { MaxAtoms = 12
          Species = [ 1; 6; 8; 79 ]
          Separation = 0.0
          Edges = 1.0, 8.0
          Far = 1e5 }

    /// For functions that are singular where atoms meet: `nasty`, but no two atoms closer than `distance` (Å), edges of
    /// two to six times that, and at most 10³ Å away, so that rounding of the coordinates stays below 2·10⁻¹³ Å.
    let separated (distance: float) : StructureSettings =
        { nasty with
            Separation = distance
            Edges = 2.0 * distance, 6.0 * distance
            Far = 1e3 }

    let private check (settings: StructureSettings) =
        let low, high = settings.Edges

        if settings.MaxAtoms < 0 || settings.Species.IsEmpty then
            invalidArg (nameof settings) "Structures: expected MaxAtoms of 0 or more and at least one species."

        if not (0.0 < low && low <= high && settings.Separation >= 0.0 && settings.Far >= 0.0) then
            invalidArg (nameof settings) "Structures: expected Edges 0 < low ≤ high, Separation ≥ 0 and Far ≥ 0, in Å."

    let private list (a, b, c) = [ a; b; c ]

    /// The least height of a cell over the length of its vector: 1 for a box, 0 for a flat cell.
    let private flatness cell =
        let ratio height length = if length = 0.0 then 1.0 else height / length

        List.map2 ratio (list (Cell.heights cell)) (list (Cell.lengths cell)) |> List.min

    /// Flatter cells than this are not generated: images needed grow as its inverse. Three angles of 25 degrees have
    /// 0.37.
    let private flattest = 0.2

    /// The pairs that are too close.
    let private tooClose (settings: StructureSettings) structure =
        Neighbours.buildByImages settings.Separation structure |> Outcome.getOrFail

    /// Whether a structure keeps to the settings: atoms, species, separation, periodic vectors of at least half the
    /// least edge, and no cell flatter than the generated ones (a height of a fifth of its vector).
    let admits (settings: StructureSettings) (structure: Structure) : bool =
        let cell = structure.Cell

        structure.Count <= settings.MaxAtoms
        && Seq.forall (fun z -> List.contains z settings.Species) structure.Numbers
        && flatness cell >= flattest
        && List.forall2
            (fun k length -> not (Cell.isPeriodic k cell) || 2.0 * length >= fst settings.Edges)
            [ 0..2 ]
            (list (Cell.lengths cell))
        && (settings.Separation = 0.0 || (tooClose settings structure).Count = 0)

    /// The cell, larger where an atom would be closer to its own images than the separation.
    let private roomy settings (cell: Cell) =
        if settings.Separation = 0.0 then
            cell
        else
            let origin = ImmutableArray.Create(0.0, 0.0, 0.0)
            let one = Structure.create (ImmutableArray.Create settings.Species.Head) origin cell |> Outcome.getOrFail
            let _, _, distances = Neighbours.buildWithVectors settings.Separation one |> Outcome.getOrFail

            if distances.Length = 0 then
                cell
            else
                // A little more, so that rounding leaves none too close.
                let factor = 1.000001 * settings.Separation / Array.min distances
                Moves.turnCell [| factor; 0.0; 0.0; 0.0; factor; 0.0; 0.0; 0.0; factor |] cell

    let private angle =
        Gen.frequency
            [ 2, Gen.constant 90.0; 2, Gen.elements [ 25.0; 60.0; 120.0; 155.0 ]; 3, Moves.between 25.0 155.0 ]

    /// Cells of all kinds.
    let cells (settings: StructureSettings) : Gen<Cell> =
        check settings
        let flag = Gen.elements [ true; false ]
        let edge = Moves.between (fst settings.Edges) (snd settings.Edges)
        let identity = [| 1.0; 0.0; 0.0; 0.0; 1.0; 0.0; 0.0; 0.0; 1.0 |]

        gen {
            let! periodic = Gen.three flag
            let! lengths = Gen.oneof [ Gen.three edge; edge |> Gen.map (fun a -> a, a, a) ]
            let! angles = Gen.frequency [ 1, Gen.constant (90.0, 90.0, 90.0); 4, Gen.three angle ]

            let! blank =
                Gen.oneof [ Gen.constant (true, true, true); Gen.constant (false, false, false); Gen.three flag ]

            let! matrix = Gen.oneof [ Gen.constant identity; Moves.orthogonal ]

            return
                Cell.ofLengthsAndAngles lengths angles (true, true, true)
                |> Result.bind (fun full ->
                    let periodic' = Array.ofList (list periodic)

                    let given =
                        Array.map2 (fun closed none -> closed || not none) periodic' (Array.ofList (list blank))

                    Cell.create (Array.init 9 (fun i -> if given[i / 3] then full.Vectors[i] else 0.0)) periodic)
                |> Result.map (Moves.turnCell matrix >> roomy settings)
        }
        |> Gen.pick (function
            | Ok cell when flatness cell >= flattest -> Some cell
            | _ -> None)

    /// Three vectors that span the space of the atoms: those of the cell, and normals as long as the longest edge.
    let private frame settings (cell: Cell) =
        let unit' = ImmutableArray.CreateRange [ 1.0; 0.0; 0.0; 0.0; 1.0; 0.0; 0.0; 0.0; 1.0 ]
        let complete = Cell.toCartesian cell unit'
        let missing k = Cell.vector k cell = (0.0, 0.0, 0.0)
        Array.init 9 (fun i -> if missing (i / 3) then snd settings.Edges * complete[i] else complete[i])

    /// Positions [n, 3], row by row.
    let private positions settings cell n =
        let vectors = frame settings cell

        let toSpace (f: float[]) =
            Array.init 3 (fun j -> f[0] * vectors[j] + f[1] * vectors[3 + j] + f[2] * vectors[6 + j])

        let triple generator = Gen.arrayOfLength 3 generator
        let far = triple (Moves.between -settings.Far settings.Far)
        let none = Gen.constant (Array.zeroCreate<float> 3)

        gen {
            // Three vectors fill space, two a plane, one a line.
            let! dimensions = Gen.frequency [ 4, Gen.constant 3; 1, Gen.constant 2; 1, Gen.constant 1 ]
            let! spread = Gen.elements [ 1.0; 1.0; 7.0; 1e-4 ]
            let! grid = Gen.elements [ true; false; false ]
            let! start = triple (Moves.between 0.0 1.0)
            let! away = Gen.frequency [ 6, none; 1, far ]
            let! strays = Gen.frequency [ 4, Gen.constant none; 1, Gen.constant (Gen.oneof [ none; far ]) ]
            let! strayed = Gen.arrayOfLength n strays
            let! fractions = Gen.arrayOfLength n (triple (Moves.between -0.5 0.5))

            return
                Array.map2
                    (fun (f: float[]) (stray: float[]) ->
                        let place k =
                            let x = if grid then round (4.0 * f[k]) / 4.0 else f[k]
                            if k < dimensions then start[k] + spread * x else start[k]

                        Array.map3 (fun x y z -> x + y + z) (toSpace (Array.init 3 place)) away stray)
                    fractions
                    strayed
        }

    /// Atom 1 taken to the place of atom 0, or to an image of that place.
    let private meeting (cell: Cell) (places: float[][]) =
        gen {
            let! counts = Gen.oneof [ Gen.constant [| 0; 0; 0 |]; Gen.arrayOfLength 3 (Gen.choose (-1, 1)) ]
            let count k = if cell.Periodic[k] then float counts[k] else 0.0
            let h = cell.Vectors
            let image = Array.init 3 (fun j -> places[0][j] + count 0 * h[j] + count 1 * h[3 + j] + count 2 * h[6 + j])
            return Array.updateAt 1 image places
        }

    /// Without the atoms that are too close to earlier ones that stay.
    let internal thinned settings (structure: Structure) =
        if settings.Separation = 0.0 then
            structure
        else
            let close = tooClose settings structure

            (Set.empty, [ 0 .. structure.Count - 1 ])
            ||> List.fold (fun kept i ->
                let senders = [ for e in close.Starts[i] .. close.Starts[i + 1] - 1 -> close.Senders[e] ]
                if List.exists (fun j -> Set.contains j kept) senders then kept else Set.add i kept)
            |> fun kept -> Moves.select (Set.toArray kept) structure

    /// Structures of all kinds, without properties. Raises ArgumentException for settings that mean nothing.
    let generate (settings: StructureSettings) : Gen<Structure> =
        check settings
        let most = settings.MaxAtoms

        gen {
            let! cell = cells settings
            let! n = Gen.frequency [ 1, Gen.constant 0; 2, Gen.constant (min 1 most); 8, Gen.choose (min 2 most, most) ]
            let! numbers = Gen.arrayOfLength n (Gen.elements settings.Species)
            let! places = positions settings cell n
            let! meet = Gen.elements [ true; false; false ]
            let! places = if meet && n >= 2 then meeting cell places else Gen.constant places

            return
                Structure.create
                    (ImmutableArray.Create<int> numbers)
                    (ImmutableArray.CreateRange(Seq.concat places))
                    cell
                |> Outcome.getOrFail
                |> thinned settings
        }
