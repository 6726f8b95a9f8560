namespace Noether.Physics

open System
open System.Numerics
open Noether.Domain

/// The non-analytic term of the dynamical matrix of polar crystals, with the direction of k and the volume Ω of the
/// primitive cell
///
///     (4π e²/Ω) (k·Z_i)_α (k·Z_j)_β/(k·ε·k)/√(m_i m_j)
///
/// (W. Cochran and R. A. Cowley, J. Phys. Chem. Solids 23, 447 (1962)).
[<RequireQualifiedAccess>]
module internal PolarTerm =
    /// k = 2πq in Cartesian axes.
    let private cartesian (q: float[]) (constants: ForceConstants) =
        let b = Cell.reciprocal constants.Primitive.Cell
        Array.init 3 (fun c -> 2.0 * Math.PI * (q[0] * b[c] + q[1] * b[3 + c] + q[2] * b[6 + c]))

    let private square (k: float[]) = k[0] * k[0] + k[1] * k[1] + k[2] * k[2]

    /// The same wavevector in the first Brillouin zone, as k.
    let private reduced (q: float[]) constants =
        let rest = q |> Array.map (fun x -> x - round x)

        [ for i in -1 .. 1 do
              for j in -1 .. 1 do
                  for l in -1 .. 1 -> cartesian [| rest[0] + float i; rest[1] + float j; rest[2] + float l |] constants ]
        |> List.minBy square

    let private atRest (k: float[]) = square k < 1e-20

    /// k·Z_i, [n, 3], and k·ε·k.
    let private projected (k: float[]) (response: DielectricResponse) =
        let z = response.Charges
        let along at = k[0] * z[at] + k[1] * z[at + 3] + k[2] * z[at + 6]
        let e = response.Dielectric
        let screened = Array.init 3 (fun a -> e[3 * a] * k[0] + e[3 * a + 1] * k[1] + e[3 * a + 2] * k[2])
        Array.init (z.Length / 9) (fun i -> Array.init 3 (fun a -> along (9 * i + a))), screened

    let private strength (constants: ForceConstants) =
        4.0 * Math.PI * Units.coulomb / (Cell.volume constants.Primitive.Cell |> Option.get)

    /// Adds weight_ij F_ij,αβ/√(m_i m_j).
    let private accumulate (weight: int -> int -> Complex) (f: int -> int -> int -> int -> float) matrix constants =
        let n = constants.Primitive.Count

        for i in 0 .. n - 1 do
            for j in 0 .. n - 1 do
                let w = weight i j / Complex(sqrt (constants.Masses[i] * constants.Masses[j]), 0.0)

                for a in 0..2 do
                    for b in 0..2 do
                        let at = (3 * i + a) * 3 * n + 3 * j + b
                        Array.set matrix at (matrix[at] + w * Complex(f i j a b, 0.0))

    /// Means over the cells of the supercell of exp(2πi q·R), or of that times iR_c, by pairs of atoms [n, n]: 1 or
    /// less, and 0 at other wavevectors that fit into the supercell.
    let private means (axis: int option) (q: float[]) (constants: ForceConstants) =
        let n = constants.Primitive.Count
        let h = constants.Primitive.Cell.Vectors
        let sums: Complex[] = Array.zeroCreate (n * n)
        let mutable cells = 0.0

        for term in constants.Terms do
            let at = term.Atom * n + term.Neighbour
            if at = 0 then cells <- cells + term.Share
            let turns = float term.Shift[0] * q[0] + float term.Shift[1] * q[1] + float term.Shift[2] * q[2]
            let wave = Complex.FromPolarCoordinates(term.Share, 2.0 * Math.PI * turns)

            let factor =
                match axis with
                | None -> Complex.One
                | Some c -> Complex(0.0, Seq.sum (Seq.init 3 (fun k -> float term.Shift[k] * h[3 * k + c])))

            sums[at] <- sums[at] + factor * wave

        sums |> Array.map (fun sum -> sum / Complex(cells, 0.0))

    let private dot (a: float[]) (b: float[]) = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]

    /// Adds the whole term for q → 0 along q.
    let addLimit (q: float[]) (matrix: Complex[]) (constants: ForceConstants) : unit =
        match constants.Response with
        | Some response ->
            let k = cartesian q constants
            let fields, screened = projected k response
            let scale = strength constants / dot k screened
            accumulate (fun _ _ -> Complex.One) (fun i j a b -> scale * fields[i][a] * fields[j][b]) matrix constants
        | None -> ()

    /// Adds what is interpolated at a wavevector; nothing at q = 0.
    let add (q: float[]) (matrix: Complex[]) (constants: ForceConstants) : unit =
        match constants.Response with
        | Some response ->
            let k = reduced q constants

            if not (atRest k) then
                let n = constants.Primitive.Count
                let fields, screened = projected k response
                let scale = strength constants / dot k screened
                let means = means None q constants
                let f i j a b = scale * fields[i][a] * fields[j][b]
                accumulate (fun i j -> means[i * n + j]) f matrix constants
        | None -> ()

    /// Adds the derivative of what `add` adds, by the component c of k.
    let addSlope (c: int) (q: float[]) (matrix: Complex[]) (constants: ForceConstants) : unit =
        match constants.Response with
        | Some response ->
            let k = reduced q constants

            if not (atRest k) then
                let n = constants.Primitive.Count
                let fields, screened = projected k response
                let length = dot k screened
                let scale = strength constants / length
                let z i a = response.Charges[9 * i + 3 * c + a]
                let f i j a b = scale * fields[i][a] * fields[j][b]

                let slope i j a b =
                    scale * (z i a * fields[j][b] + fields[i][a] * z j b) - f i j a b * 2.0 * screened[c] / length

                let means, steps = means None q constants, means (Some c) q constants
                accumulate (fun i j -> means[i * n + j]) slope matrix constants
                accumulate (fun i j -> steps[i * n + j]) f matrix constants
        | None -> ()
