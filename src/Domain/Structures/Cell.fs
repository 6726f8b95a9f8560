namespace Noether.Domain

open System
open System.Collections.Immutable
open System.Runtime.InteropServices

/// Vectors of space as triples; for the arithmetic of cells only.
[<RequireQualifiedAccess>]
module internal Triple =
    let ofRow k (rows: ReadOnlySpan<float>) = struct (rows[3 * k], rows[3 * k + 1], rows[3 * k + 2])

    let isZero (struct (x, y, z)) = x = 0.0 && y = 0.0 && z = 0.0

    let dot (struct (ax, ay, az)) (struct (bx, by, bz)) : float = ax * bx + ay * by + az * bz

    let cross (struct (ax, ay, az)) (struct (bx, by, bz)) : struct (float * float * float) =
        struct (ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx)

    let scale (s: float) (struct (x, y, z)) = struct (s * x, s * y, s * z)

    /// The length, without overflow or underflow on the way.
    let length (struct (x: float, y: float, z: float)) =
        let largest = max (abs x) (max (abs y) (abs z))

        if largest = 0.0 then
            0.0
        else
            let v = struct (x / largest, y / largest, z / largest)
            largest * sqrt (dot v v)

    let unit v =
        let struct (x, y, z) = v
        let largest = max (abs x) (max (abs y) (abs z))
        let w = struct (x / largest, y / largest, z / largest)
        scale (1.0 / sqrt (dot w w)) w

    /// The Cartesian unit vector along axis k.
    let axis k = struct ((if k = 0 then 1.0 else 0.0), (if k = 1 then 1.0 else 0.0), (if k = 2 then 1.0 else 0.0))

    let toArray (rows: struct (float * float * float)[]) =
        rows |> Array.collect (fun (struct (x, y, z)) -> [| x; y; z |])

/// Three lattice vectors and, for each, whether the structure repeats along it.
///
/// *Shape and unit.* A 3×3 matrix H in Å whose **rows** are the vectors a₀, a₁, a₂; stored row by row, nine numbers.
/// A point with fractional coordinates f has the Cartesian ones f·H = f₀a₀ + f₁a₁ + f₂a₂ (the convention of ASE,
/// vesin and matscipy).
///
/// *Periodic flags* belong to the cell: whether a vector is a translation of the structure is a fact about the vector.
///
/// *What absence means.* An open (not periodic) axis may have the zero vector: no vector was given. Where fractional
/// coordinates need one, it is completed by a unit normal: one missing vector is normal to the other two and makes the
/// cell right-handed; two missing ones are orthonormal and normal to the third; three are x, y, z. Volumes, lengths and
/// angles never see the completion.
///
/// *Invariant.* Nine finite numbers; periodic vectors are not zero; the vectors that are not zero are linearly
/// independent: the parallelepiped of their directions has a volume above 1e-12, below which fractional
/// coordinates would keep fewer than four of sixteen digits. Any skew and either hand are allowed.
///
/// *Example.* `Cell.create [| 4.0; 0.0; 0.0;  0.0; 5.0; 0.0;  0.0; 0.0; 0.0 |] (true, true, false)` is a slab:
/// its open axis is completed by (0, 0, 1).
[<Sealed; AllowNullLiteral(false)>]
type Cell
    private
    (vectors: ImmutableArray<float>, periodic: ImmutableArray<bool>, complete: float[], reciprocal: float[], det: float)
    =
    static member internal Build(rows: ReadOnlySpan<float>, flags: bool * bool * bool) : Result<Cell, NoetherError> =
        let given = rows.ToArray()
        let x, y, z = flags
        let periodic = [| x; y; z |]
        let vector k = Triple.ofRow k (ReadOnlySpan given)

        let invalid expected = Error(InvalidCell(List.ofArray given, expected))

        match given |> Array.tryFind (Double.IsFinite >> not) with
        | Some value -> Error(NonFinite("the cell", value))
        | None ->
            match [ 0..2 ] |> List.tryFind (fun k -> periodic[k] && Triple.isZero (vector k)) with
            | Some k -> invalid $"a vector that is not zero along axis {k}, which is periodic"
            | None ->
                let complete = Cell.Complete(Array.init 3 vector)
                let directions = complete |> Array.map Triple.unit

                let relative = Triple.dot directions[0] (Triple.cross directions[1] directions[2])

                if not (abs relative > 1e-12) then
                    invalid "linearly independent vectors"
                else
                    // b_k = u_{k+1} × u_{k+2} / det(u), divided by the length of a_k.
                    let reciprocal =
                        Array.init 3 (fun k ->
                            Triple.cross directions[(k + 1) % 3] directions[(k + 2) % 3]
                            |> Triple.scale (1.0 / relative)
                            |> Triple.scale (1.0 / Triple.length complete[k]))
                        |> Triple.toArray

                    let det = complete |> Array.fold (fun product v -> product * Triple.length v) relative

                    if Double.IsFinite det && Array.forall Double.IsFinite reciprocal then
                        Cell(
                            ImmutableArray.Create<float> given,
                            ImmutableArray.Create<bool> periodic,
                            Triple.toArray complete,
                            reciprocal,
                            det
                        )
                        |> Ok
                    else
                        invalid "vectors whose volume and inverse are float64 numbers"

    /// The vectors, zero ones replaced by unit normals of the others.
    static member private Complete(rows: struct (float * float * float)[]) =
        let missing = [ 0..2 ] |> List.filter (fun k -> Triple.isZero rows[k])

        match missing with
        | [] -> rows
        | [ k ] ->
            let normal = Triple.cross (Triple.unit rows[(k + 1) % 3]) (Triple.unit rows[(k + 2) % 3])
            // Dependent vectors have no normal; the caller's test of the determinant rejects them.
            let filled = if Triple.isZero normal then normal else Triple.unit normal
            Array.updateAt k filled rows
        | [ _; _ ] ->
            let k = [ 0..2 ] |> List.find (fun k -> not (List.contains k missing))
            let a = Triple.unit rows[k]
            let next, last = (k + 1) % 3, (k + 2) % 3
            let along j = abs (Triple.dot a (Triple.axis j))
            // Of the Cartesian axes the one most nearly normal to a; the next axis in cyclic order among equals.
            let e = [ next; last; k ] |> List.minBy along |> Triple.axis
            let struct (ex, ey, ez) = e
            let struct (px, py, pz) = Triple.scale (Triple.dot a e) a
            let first = Triple.unit (struct (ex - px, ey - py, ez - pz))

            rows |> Array.updateAt next first |> Array.updateAt last (Triple.unit (Triple.cross a first))
        | _ -> Array.init 3 Triple.axis

    /// The nine numbers of H in Å, row by row, as they were given: an open axis without a vector holds zeros.
    member _.Vectors = vectors

    /// The three periodic flags.
    member _.Periodic = periodic

    member internal _.CompleteRows = complete
    member internal _.ReciprocalRows = reciprocal
    member internal _.Determinant = det

    /// Equal vectors and equal flags.
    override _.Equals(other) =
        match other with
        | :? Cell as cell ->
            vectors.AsSpan().SequenceEqual(cell.Vectors.AsSpan())
            && periodic.AsSpan().SequenceEqual(cell.Periodic.AsSpan())
        | _ -> false

    /// A hash of the vectors and flags.
    override _.GetHashCode() =
        let mutable hash = HashCode()

        for x in vectors do
            hash.Add x

        for p in periodic do
            hash.Add p

        hash.ToHashCode()

    /// The three vectors, and T or F for each axis.
    override _.ToString() =
        let row k = FormattableString.Invariant $"({vectors[3 * k]}, {vectors[3 * k + 1]}, {vectors[3 * k + 2]})"

        let flag (p: bool) = if p then "T" else "F"
        $"Cell [{row 0}, {row 1}, {row 2}] Å, periodic {flag periodic[0]} {flag periodic[1]} {flag periodic[2]}"

/// Making cells and asking them for geometry. Lengths in Å, angles in degrees.
[<RequireQualifiedAccess>]
module Cell =
    /// A cell from nine numbers (Å, row by row, rows are lattice vectors) and three periodic flags.
    /// Errors: `NonFinite`; `InvalidCell` for a zero vector on a periodic axis and for dependent vectors.
    /// Raises ArgumentException where there are not nine numbers.
    let create (vectors: float[]) (periodic: bool * bool * bool) : Result<Cell, NoetherError> =
        if vectors.Length <> 9 then
            invalidArg (nameof vectors) $"Cell.create: {vectors.Length} numbers, expected nine, row by row."

        Cell.Build(ReadOnlySpan vectors, periodic)

    /// `create`, raising `NoetherException` where that returns an error.
    let createOrFail vectors periodic = create vectors periodic |> Outcome.getOrFail

    /// No vectors, nothing periodic: the cell of a molecule.
    let none = createOrFail (Array.zeroCreate 9) (false, false, false)

    /// A box with edges a, b, c (Å) along x, y, z, periodic along all three.
    let orthorhombic a b c = create [| a; 0.0; 0.0; 0.0; b; 0.0; 0.0; 0.0; c |] (true, true, true)

    /// A cube of edge a (Å), periodic along all three axes.
    let cubic a = orthorhombic a a a

    /// Lattice vector k of 0, 1, 2 in Å, as it was given.
    let vector k (cell: Cell) =
        let v = cell.Vectors
        v[3 * k], v[3 * k + 1], v[3 * k + 2]

    /// Whether axis k of 0, 1, 2 is periodic.
    let isPeriodic k (cell: Cell) = cell.Periodic[k]

    let private row k (cell: Cell) = Triple.ofRow k (cell.Vectors.AsSpan())

    /// The lengths |a₀|, |a₁|, |a₂| in Å; zero where no vector was given.
    let lengths cell =
        let length k = Triple.length (row k cell)
        length 0, length 1, length 2

    /// The angles α = ∠(a₁, a₂), β = ∠(a₀, a₂), γ = ∠(a₀, a₁) in degrees; 90 where a vector is missing.
    let angles cell =
        let angle i j =
            let a, b = row i cell, row j cell

            if Triple.isZero a || Triple.isZero b then
                90.0
            else
                let u, v = Triple.unit a, Triple.unit b
                // atan2 keeps all digits near 0 and 180 degrees, where the arc cosine loses half of them.
                atan2 (Triple.length (Triple.cross u v)) (Triple.dot u v) * 180.0 / Math.PI

        angle 1 2, angle 0 2, angle 0 1

    /// The volume |det H| in Å³, where three vectors were given (periodic or not); `None` otherwise.
    let volume (cell: Cell) =
        if [ 0..2 ] |> List.exists (fun k -> Triple.isZero (row k cell)) then
            None
        else
            Some(abs cell.Determinant)

    /// The reciprocal vectors b₀, b₁, b₂ in 1/Å (nine numbers, row by row) with aᵢ·bⱼ = δᵢⱼ, without the factor 2π,
    /// of the cell with its missing vectors completed.
    let reciprocal (cell: Cell) = ImmutableArray.Create<float> cell.ReciprocalRows

    /// The perpendicular heights 1/|b_k| in Å: the distance between the two faces that axis k joins,
    /// with missing vectors completed.
    let heights (cell: Cell) =
        let height k = 1.0 / Triple.length (Triple.ofRow k (ReadOnlySpan cell.ReciprocalRows))

        height 0, height 1, height 2

    /// The same lattice with every open axis replaced by a unit normal of the periodic vectors, as if its vector had
    /// not been given. The heights of its periodic axes are those of the lattice of periodic vectors alone.
    let withOpenNormals (cell: Cell) =
        let closed = Array.init 9 (fun i -> if cell.Periodic[i / 3] then cell.Vectors[i] else 0.0)

        // The periodic vectors are some of the cell's independent ones, so this cannot fail.
        createOrFail closed (cell.Periodic[0], cell.Periodic[1], cell.Periodic[2])

    /// A cell from lengths (Å), angles α, β, γ (degrees) and periodic flags: a₀ along +x, a₁ in the half plane y > 0,
    /// a₂ with z > 0 (right-handed). Errors: `InvalidArgument` for lengths that are not positive, angles outside (0,
    /// 180), and angles that no three vectors have.
    let ofLengthsAndAngles (a, b, c) (alpha, beta, gamma) periodic : Result<Cell, NoetherError> =
        let text (x: float, y: float, z: float) = FormattableString.Invariant $"({x}, {y}, {z})"

        if not (List.forall (fun x -> x > 0.0 && Double.IsFinite x) [ a; b; c ]) then
            Error(InvalidArgument("the lengths of the cell", text (a, b, c), "three positive numbers in Å"))
        elif not (List.forall (fun x -> x > 0.0 && x < 180.0) [ alpha; beta; gamma ]) then
            Error(InvalidArgument("the angles of the cell", text (alpha, beta, gamma), "degrees between 0 and 180"))
        else
            // Exact at 90 degrees, so that rectangular cells are rectangular.
            let cosine degrees = if degrees = 90.0 then 0.0 else cos (degrees * Math.PI / 180.0)

            let ca, cb, cg = cosine alpha, cosine beta, cosine gamma
            let sg = sqrt (1.0 - cg * cg)
            let cy = (ca - cb * cg) / sg
            let squared = 1.0 - cb * cb - cy * cy

            if squared > 0.0 then
                create [| a; 0.0; 0.0; b * cg; b * sg; 0.0; c * cb; c * cy; c * sqrt squared |] periodic
            else
                let expected = "each less than the sum of the other two, and a sum below 360 degrees"

                Error(InvalidArgument("the angles of the cell", text (alpha, beta, gamma), expected))

    let private checkPoints name (points: ImmutableArray<float>) =
        if points.IsDefault || points.Length % 3 <> 0 then
            invalidArg (nameof points) $"{name}: the coordinates of points [n, 3] come in threes."

    /// points · matrix, both row by row.
    let private transform (matrix: float[]) (points: ImmutableArray<float>) =
        let result = Array.zeroCreate points.Length

        for p in 0..3 .. points.Length - 3 do
            for j in 0..2 do
                result[p + j] <- points[p] * matrix[j] + points[p + 1] * matrix[3 + j] + points[p + 2] * matrix[6 + j]

        ImmutableCollectionsMarshal.AsImmutableArray result

    /// Points [n, 3] strained by ε (nine numbers, row by row): r(1 + ε).
    let internal strainPoints (strain: float[]) points =
        if strain.Length <> 9 then
            invalidArg (nameof strain) $"Cell.strain: {strain.Length} numbers, expected nine, row by row."

        match strain |> Array.tryFind (Double.IsFinite >> not) with
        | Some value -> Outcome.raise (NonFinite("the strain", value))
        | None -> transform (Array.mapi (fun i e -> if i % 4 = 0 then 1.0 + e else e) strain) points

    /// The cell with rows H(1 + ε), the strain ε being nine numbers, row by row: a point r of space goes to r(1 + ε),
    /// fractional coordinates and flags stay, and the volume grows by det(1 + ε). `Structure.strain` moves the atoms
    /// too.
    /// Errors: `NonFinite`; `InvalidCell` where 1 + ε makes the vectors dependent.
    /// Raises ArgumentException where there are not nine numbers.
    let strain (strain: float[]) (cell: Cell) : Result<Cell, NoetherError> =
        Outcome.capture (fun () -> strainPoints strain cell.Vectors)
        |> Result.bind (fun rows -> Cell.Build(rows.AsSpan(), (cell.Periodic[0], cell.Periodic[1], cell.Periodic[2])))

    /// The same vectors with other periodic flags. Errors: `InvalidCell` where a periodic axis has no vector.
    let withPeriodic (periodic: bool * bool * bool) (cell: Cell) : Result<Cell, NoetherError> =
        Cell.Build(cell.Vectors.AsSpan(), periodic)

    let private transpose (m: float[]) = Array.init 9 (fun i -> m[3 * (i % 3) + i / 3])

    /// Cartesian coordinates [n, 3] (Å) of points with these fractional coordinates [n, 3]: r = f·H.
    let toCartesian (cell: Cell) fractional =
        checkPoints "Cell.toCartesian" fractional
        transform cell.CompleteRows fractional

    /// Fractional coordinates [n, 3] of points with these Cartesian coordinates [n, 3] (Å): f_k = r·b_k.
    /// Along a missing vector they are lengths in Å along its unit normal.
    let toFractional (cell: Cell) cartesian =
        checkPoints "Cell.toFractional" cartesian
        transform (transpose cell.ReciprocalRows) cartesian

    /// The points [n, 3] (Å) moved by lattice vectors of the periodic axes so that their fractional coordinates there
    /// lie between 0 and 1 (0 included, 1 excluded, up to rounding). Open axes are left alone, and so is, to the bit,
    /// every point that already lies inside.
    let wrap (cell: Cell) cartesian =
        let fractional = toFractional cell cartesian
        let result = cartesian.AsSpan().ToArray()

        for p in 0..3 .. result.Length - 3 do
            for k in 0..2 do
                if cell.Periodic[k] then
                    let shift = floor fractional[p + k]

                    if shift <> 0.0 then
                        for j in 0..2 do
                            result[p + j] <- result[p + j] - shift * cell.Vectors[3 * k + j]

        ImmutableCollectionsMarshal.AsImmutableArray result
