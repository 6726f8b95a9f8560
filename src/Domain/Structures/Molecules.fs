namespace Noether.Domain

open System
open System.Collections.Immutable
open Noether.Kernels

/// Molecules of idealised geometry, and boxes of them; lengths in Å.
[<RequireQualifiedAccess>]
module Molecule =
    let private checkCount name (count: int) =
        if count < 1 then Outcome.raise (InvalidArgument(name, $"{count}", "at least 1"))

    let private create (numbers: int seq) (positions: float seq) cell =
        Structure.create (ImmutableArray.CreateRange numbers) (ImmutableArray.CreateRange positions) cell
        |> Outcome.getOrFail

    /// The straight chain CₙH₂ₙ₊₂ in the all-trans conformation, without a cell. Its carbons zigzag along +x in the
    /// plane y = 0, the first at x = 0, every other at z > 0; each is followed by its hydrogens. All angles are
    /// tetrahedral, of cosine −1/3; bonds are the equilibrium lengths of OPLS-AA, C–C 1.529 Å and C–H 1.090 Å (W. L.
    /// Jorgensen, D. S. Maxwell and J. Tirado-Rives, J. Am. Chem. Soc. 118, 11225 (1996), doi:10.1021/ja9621760). One
    /// carbon is methane.
    /// Errors: `InvalidArgument` for fewer than one carbon.
    let alkane (carbons: int) : Result<Structure, NoetherError> =
        Outcome.capture (fun () ->
            checkCount "the number of carbon atoms" carbons
            let single, hydrogen = 1.529, 1.090
            // Sine and cosine of half the tetrahedral angle: the four directions are (±s, 0, −c) and (0, ±s, c).
            let s, c = sqrt (2.0 / 3.0), sqrt (1.0 / 3.0)

            let atoms =
                [ for k in 0 .. carbons - 1 do
                      let up = if k % 2 = 0 then 1.0 else -1.0
                      let x, z = float k * single * s, 0.5 * up * single * c
                      let bonded dx dy dz = 1, (x + hydrogen * dx, hydrogen * dy, z + up * hydrogen * dz)
                      6, (x, 0.0, z)
                      if k = 0 then bonded -s 0.0 -c
                      bonded 0.0 s c
                      bonded 0.0 -s c
                      if k = carbons - 1 then bonded s 0.0 -c ]

            let positions = atoms |> Seq.collect (fun (_, (x, y, z)) -> [ x; y; z ])
            create (Seq.map fst atoms) positions Cell.none)

    /// Oxygen at the origin, the two hydrogens in the plane y = 0 with z > 0.
    let private waterPoints =
        let length, halfAngle = 0.9572, 0.5 * 104.52 * Math.PI / 180.0
        let x, z = length * sin halfAngle, length * cos halfAngle
        [ (0.0, 0.0, 0.0); (x, 0.0, z); (-x, 0.0, z) ]

    let private waterNumbers = [ 8; 1; 1 ]

    /// One water molecule, O H H, without a cell: O–H 0.9572 Å and angle H–O–H 104.52°, the geometry of TIP3P (W. L.
    /// Jorgensen et al., J. Chem. Phys. 79, 926 (1983), doi:10.1063/1.445869). The oxygen lies at the origin, the
    /// molecule in the plane y = 0, its dipole along +z.
    let water = create waterNumbers (waterPoints |> List.collect (fun (x, y, z) -> [ x; y; z ])) Cell.none

    /// The rotation of four normal numbers, which is uniform among all rotations: the quaternion along them
    /// (M. E. Muller, Comm. ACM 2 (4), 19 (1959), doi:10.1145/377939.377946).
    let private rotate (q: float[]) (x, y, z) =
        let norm = q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]
        let w, v = q[0], struct (q[1], q[2], q[3])
        // r + (2/|q|²) (w v×r + v×(v×r))
        let struct (ax, ay, az) = Triple.cross v (struct (x, y, z))
        let struct (bx, by, bz) = Triple.cross v (struct (ax, ay, az))
        let f = 2.0 / norm
        [ x + f * (w * ax + bx); y + f * (w * ay + by); z + f * (w * az + bz) ]

    /// At least n points of a cubic lattice in a cube of this edge, as far apart as the best of the three lattices
    /// allows: how many points a cell has, and their distance in units of its edge.
    let private spread count edge =
        [ Crystal.sc, 1, 1.0; Crystal.bcc, 2, sqrt 0.75; Crystal.fcc, 4, sqrt 0.5 ]
        |> List.map (fun (lattice, perCell, distance) ->
            let cells = Seq.initInfinite ((+) 1) |> Seq.find (fun m -> perCell * m * m * m >= count)
            lattice, cells, distance / float cells)
        |> List.maxBy (fun (_, _, distance) -> distance)
        |> fun (lattice, cells, _) ->
            lattice "X" (edge / float cells)
            |> Result.bind (Structure.repeat (cells, cells, cells))
            |> Outcome.getOrFail

    /// A periodic cube of n water molecules, O H H each, of this density in g/cm³ (0.997 at 25 °C). The molecules are
    /// those of `water`, each turned at random; their oxygens lie on points of the cubic lattice (simple, body- or
    /// face-centred) that keeps them farthest apart, unoccupied points spread evenly. Molecules are whole, so
    /// hydrogens may lie outside the cell. It is a start for a simulation, not a liquid: at the density of water the
    /// oxygens are at least 2.6 Å apart, 3.5 Å at best, but hydrogens of two molecules may come as near as 0.7 Å. The
    /// same key gives the same box to the bit, whatever the number of threads.
    /// Errors: `InvalidArgument` for fewer than one or more than 2^27 molecules, and for a density that is not
    /// positive and finite.
    let waterBox (count: int) (density: float) (key: RandomKey) : Result<Structure, NoetherError> =
        Outcome.capture (fun () ->
            checkCount "the number of molecules" count

            if count > (1 <<< 27) then
                Outcome.raise (InvalidArgument("the number of molecules", $"{count}", "at most 2^27"))

            if not (density > 0.0 && Double.IsFinite density) then
                let value = NoetherError.number density
                Outcome.raise (InvalidArgument("the density", value, "a positive finite number of g/cm³"))

            let mass = waterNumbers |> List.sumBy Elements.mass
            let edge = Math.Cbrt(float count * mass / (density * Units.gramPerCubicCentimetre))
            let sites = spread count edge
            let turns: float[] = Array.zeroCreate (4 * count)
            Threefry.Normal(key, Span turns)

            let place i =
                let site = int (int64 i * int64 sites.Count / int64 count)
                let offset = sites.Positions.AsSpan(3 * site, 3).ToArray()
                let turn = rotate turns[4 * i .. 4 * i + 3]
                waterPoints |> List.collect (turn >> List.mapi (fun k x -> x + offset[k]))

            let positions = Seq.init count place |> Seq.concat
            create (Seq.replicate count waterNumbers |> Seq.concat) positions sites.Cell)
