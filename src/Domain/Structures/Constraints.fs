namespace Noether.Domain

open System
open System.Collections.Immutable

/// Which coordinates of the n atoms of a structure are held, while others move.
///
/// *Along x, y or z*: the atom does not move along that axis. *Along a lattice vector*: its fractional coordinate stays,
/// so that it moves in the plane of the other two vectors. An atom held along all three stays at its fractional
/// coordinates either way. Where the cell changes, held coordinates go with it.
[<Sealed; AllowNullLiteral(false)>]
type Constraints internal (axes: ImmutableArray<bool>, oblique: ImmutableArray<struct (int * int)>) =
    /// Whether an atom is held along x, y, z, [n, 3]; all three where it does not move at all.
    member _.Axes: ImmutableArray<bool> = axes

    /// Atoms of which one or two fractional coordinates are held, ascending, and which: bit k for the vector k.
    member internal _.Oblique = oblique

    /// The number of atoms, n.
    member _.Count: int = axes.Length / 3

    /// Whether nothing is held.
    member val IsEmpty: bool = oblique.IsEmpty && not (axes.Contains true)

    /// Whether the fractional coordinate of an atom along a lattice vector is held by itself, the others being free.
    member _.IsOblique(atom: int, vector: int) : bool =
        oblique |> Seq.exists (fun (struct (own, bits)) -> own = atom && bits &&& (1 <<< vector) <> 0)

/// Making constraints, and what they allow.
///
/// *Files.* The atom property `move_mask`, as ASE names it in extended XYZ: truths [n], or [n; 3] along x, y and z.
/// `selective_dynamics`, of POSCAR: truths [n; 3] along the lattice vectors, whatever coordinates the file gives, as VASP
/// means them. In both, true may move.
[<RequireQualifiedAccess>]
module Constraints =
    let private moveMask = "move_mask"

    let private selective = "selective_dynamics"

    let private make (axes: bool[]) (bits: int[]) =
        for i in 0 .. bits.Length - 1 do
            if bits[i] = 7 then Array.fill axes (3 * i) 3 true

        let isWhole i = axes[3 * i] && axes[3 * i + 1] && axes[3 * i + 2]

        let oblique =
            [ for i in 0 .. bits.Length - 1 do
                  if bits[i] <> 0 && not (isWhole i) then struct (i, bits[i]) ]

        Constraints(ImmutableArray.CreateRange axes, ImmutableArray.CreateRange oblique)

    let private bitsOf (constraints: Constraints) =
        let bits = Array.zeroCreate constraints.Count

        for struct (atom, own) in constraints.Oblique do
            bits[atom] <- own

        bits

    /// Nothing held, of n atoms.
    let none (count: int) : Constraints = make (Array.zeroCreate (3 * count)) (Array.zeroCreate count)

    /// Of n atoms, the coordinates for which `held atom axis` is true, axis 0, 1, 2 for x, y, z.
    let ofAxes (count: int) (held: int -> int -> bool) : Constraints =
        make (Array.init (3 * count) (fun i -> held (i / 3) (i % 3))) (Array.zeroCreate count)

    /// Of n atoms, the fractional coordinates for which `held atom vector` is true.
    let ofVectors (count: int) (held: int -> int -> bool) : Constraints =
        let bit i k = if held i k then 1 <<< k else 0
        make (Array.zeroCreate (3 * count)) (Array.init count (fun i -> bit i 0 ||| bit i 1 ||| bit i 2))

    /// What either of two holds. ArgumentException for different numbers of atoms.
    let union (first: Constraints) (second: Constraints) : Constraints =
        if first.Count <> second.Count then
            invalidArg (nameof second) $"Constraints.union: {first.Count} and {second.Count} atoms."

        make (Array.map2 (||) (Array.ofSeq first.Axes) (Array.ofSeq second.Axes))
        <| Array.map2 (|||) (bitsOf first) (bitsOf second)

    /// The truths [n, 3] of an atom property that says what may move.
    let private freedoms name (structure: Structure) =
        Map.tryFind name structure.PerAtom
        |> Option.map (fun property ->
            let n = structure.Count

            let refuse () =
                let expected = $"truths, or 0 and 1, one or three for each of {n} atoms"
                Outcome.raise (Inconsistent($"the atom property '{name}'", $"{property}", expected))

            let truths =
                match property.Values with
                | Booleans values -> values
                | Integers values when values |> Seq.forall (fun x -> x = 0L || x = 1L) ->
                    ImmutableArray.CreateRange(values, (fun x -> x = 1L))
                | _ -> refuse ()

            match property.Shape with
            | [ _ ] -> fun atom _ -> truths[atom]
            | [ _; 3 ] -> fun atom axis -> truths[3 * atom + axis]
            | _ -> refuse ())

    /// What the properties `move_mask` and `selective_dynamics` of a structure hold; nothing where it has neither. Errors:
    /// `Inconsistent` for such a property that is not one or three truths of each atom.
    let ofStructure (structure: Structure) : Result<Constraints, NoetherError> =
        Outcome.capture (fun () ->
            let n = structure.Count

            let held create name =
                match freedoms name structure with
                | Some free -> create n (fun atom axis -> not (free atom axis))
                | None -> none n

            union (held ofAxes moveMask) (held ofVectors selective))

    /// The number of atoms that are held altogether.
    let atoms (constraints: Constraints) : int =
        let axes = constraints.Axes
        let mutable count = 0

        for i in 0..3 .. axes.Length - 3 do
            if axes[i] && axes[i + 1] && axes[i + 2] then count <- count + 1

        count

    /// Directions along which an atom of such constraints does not move, orthonormal: those of x, y, z, then what the
    /// reciprocal vectors add to them.
    let private normals (cell: Cell) (constraints: Constraints) atom bits =
        let along = ResizeArray<struct (float * float * float)>()

        for c in 0..2 do
            if constraints.Axes[3 * atom + c] then along.Add(Triple.axis c)

        for k in 0..2 do
            if bits &&& (1 <<< k) <> 0 then
                let unit = Triple.unit (Triple.ofRow k (ReadOnlySpan cell.ReciprocalRows))
                let mutable struct (x, y, z) = unit

                for n in along do
                    let struct (nx, ny, nz) = n
                    let part = Triple.dot (struct (x, y, z)) n
                    x <- x - part * nx
                    y <- y - part * ny
                    z <- z - part * nz

                // What is left of a unit vector that lies among the others is rounding.
                let rest = struct (x, y, z)
                if Triple.length rest > 1e-9 then along.Add(Triple.unit rest)

        along

    /// The number of degrees of freedom that are held in a cell.
    let held (cell: Cell) (constraints: Constraints) : int =
        let mutable count = 0

        for axis in constraints.Axes do
            if axis then count <- count + 1

        for struct (atom, bits) in constraints.Oblique do
            for c in 0..2 do
                if constraints.Axes[3 * atom + c] then count <- count - 1

            count <- count + (normals cell constraints atom bits).Count

        count

    /// Takes from vectors of atoms, [n, 3], what lies along held fractional coordinates.
    let internal projectOblique (cell: Cell) (constraints: Constraints) (vectors: float[]) =
        for struct (atom, bits) in constraints.Oblique do
            let at = 3 * atom

            for struct (x, y, z) as n in normals cell constraints atom bits do
                let part = Triple.dot (struct (vectors[at], vectors[at + 1], vectors[at + 2])) n
                vectors[at] <- vectors[at] - part * x
                vectors[at + 1] <- vectors[at + 1] - part * y
                vectors[at + 2] <- vectors[at + 2] - part * z

    /// Takes from vectors of atoms, [n, 3], velocities or forces, what lies along held coordinates; zeros are exact along
    /// x, y and z. In place.
    let internal project (cell: Cell) (constraints: Constraints) (vectors: float[]) =
        if not constraints.IsEmpty then
            let axes = constraints.Axes

            for i in 0 .. vectors.Length - 1 do
                if axes[i] then vectors[i] <- 0.0

            projectOblique cell constraints vectors

    /// The vectors of atoms, [n, 3], without what lies along held coordinates of a cell. ArgumentException for another
    /// number of vectors.
    let allowed (cell: Cell) (vectors: ImmutableArray<float>) (constraints: Constraints) : ImmutableArray<float> =
        if vectors.Length <> 3 * constraints.Count then
            invalidArg (nameof vectors) $"Constraints.allowed: {vectors.Length} numbers, {constraints.Count} atoms."

        let free = Array.ofSeq vectors
        project cell constraints free
        ImmutableArray.CreateRange free

    /// The axis that a reciprocal vector is parallel to, if there is one.
    let private axisOf (cell: Cell) k =
        let row = ReadOnlySpan cell.ReciprocalRows
        let (struct (x, y, z) as b) = Triple.ofRow k row
        let small = 1e-12 * Triple.length b
        let isSmall c = abs c <= small

        if isSmall y && isSmall z then Some 0
        elif isSmall x && isSmall z then Some 1
        elif isSmall x && isSmall y then Some 2
        else None

    let private withFlags name others (property: Property) (structure: Structure) =
        (structure, others)
        ||> List.fold (fun structure other -> Structure.withoutPerAtom other structure |> Result.defaultValue structure)
        |> Structure.withPerAtom name property
        |> Outcome.getOrFail

    let private truths shape (values: bool[]) =
        Property.create shape (Booleans(ImmutableArray.CreateRange values)) |> Outcome.getOrFail

    let private whole (constraints: Constraints) (free: bool[]) =
        let columns = [ for c in 0..2 -> Array.init constraints.Count (fun i -> free[3 * i + c]) ]

        if columns[0] = columns[1] && columns[1] = columns[2] then
            truths [ constraints.Count ] columns[0]
        else
            truths [ constraints.Count; 3 ] free

    /// The structure with `move_mask` for `selective_dynamics`, as extended XYZ has it, where both can say the same: for
    /// atoms held altogether and for lattice vectors whose planes lie along x, y and z.
    let internal asMoveMask (structure: Structure) : Structure =
        let cell = structure.Cell

        match ofStructure structure with
        | Ok constraints when structure.PerAtom.ContainsKey selective && structure.Count > 0 ->
            let alignments = [ for k in 0..2 -> axisOf cell k ]
            let free = constraints.Axes |> Seq.map not |> Array.ofSeq
            let mutable isSame = true

            for struct (atom, bits) in constraints.Oblique do
                for k in 0..2 do
                    if bits &&& (1 <<< k) <> 0 then
                        match alignments[k] with
                        | Some axis -> free[3 * atom + axis] <- false
                        | None -> isSame <- false

            if isSame then withFlags moveMask [ selective ] (whole constraints free) structure else structure
        | _ -> structure

    /// The structure with `selective_dynamics` for `move_mask`, as POSCAR has it, where both can say the same.
    let internal asSelectiveDynamics (structure: Structure) : Structure =
        let cell = structure.Cell

        match ofStructure structure with
        | Ok constraints when structure.PerAtom.ContainsKey moveMask && structure.Count > 0 ->
            let vector axis = [ 0..2 ] |> List.tryFind (fun k -> axisOf cell k = Some axis)
            let vectors = [| for axis in 0..2 -> vector axis |]
            let bits = bitsOf constraints
            let axes = constraints.Axes
            let mutable isSame = true

            for i in 0 .. constraints.Count - 1 do
                if axes[3 * i] && axes[3 * i + 1] && axes[3 * i + 2] then
                    bits[i] <- 7
                else
                    for c in 0..2 do
                        if axes[3 * i + c] then
                            match vectors[c] with
                            | Some k -> bits[i] <- bits[i] ||| (1 <<< k)
                            | None -> isSame <- false

            let free = Array.init (3 * constraints.Count) (fun i -> bits[i / 3] &&& (1 <<< (i % 3)) = 0)
            let property () = truths [ constraints.Count; 3 ] free
            if isSame then withFlags selective [ moveMask ] (property ()) structure else structure
        | _ -> structure
