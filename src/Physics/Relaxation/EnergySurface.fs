namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// The strains of a cell that relaxes, and the pressure outside.
type CellFreedom =
    {
        /// The pressure outside, GPa: the enthalpy E + PV is what becomes least.
        Pressure: float
        /// Which of the nine strains are free, row by row, symmetric.
        Strains: ImmutableArray<bool>
        /// Only the volume changes, by the same strain along all directions.
        Hydrostatic: bool
    }

/// Making cell freedoms.
[<RequireQualifiedAccess>]
module CellFreedom =
    /// All strains, at a pressure in GPa.
    let full (pressure: float) : CellFreedom =
        { Pressure = pressure
          Strains = Frozen.freeze (Array.create 9 true)
          Hydrostatic = false }

    /// Only the volume, at a pressure in GPa.
    let hydrostatic (pressure: float) : CellFreedom = { full pressure with Hydrostatic = true }

    /// Some strains of xx, yy, zz, yz, xz, xy, in this order, at a pressure in GPa.
    let masked (pressure: float) (xx, yy, zz, yz, xz, xy) : CellFreedom =
        { full pressure with
            Strains = Frozen.freeze [| xx; xy; xz; xy; yy; yz; xz; yz; zz |] }

/// A point of the space that a minimiser walks in: coordinates, energy, gradient.
[<NoEquality; NoComparison>]
type EnergySurfacePoint =
    {
        /// The coordinates: [3n], or [3n + 9] with a free cell.
        Coordinates: float[]
        /// The energy, or enthalpy E + PV with a free cell, eV.
        Value: float
        /// Its derivatives by the coordinates; zero for those that are held.
        Gradient: float[]
        /// Atoms and cell.
        Structure: Structure
        /// Their energy, forces and virial.
        Results: Results
        /// The Verlet list in use; none where the potential asks for no pairs.
        List: VerletList option
        /// The largest force on a free atom, eV/Å.
        LargestForce: float
        /// The largest free component of stress and pressure outside, eV/Å³; 0 where the cell stays.
        LargestStress: float
    }

/// The energy, or enthalpy, over one vector: positions, and where the cell is free its deformation behind them. Any
/// minimiser of a function of a vector can walk in it.
///
/// *Coordinates.* With the first cell H₀, a deformation F and r̃ = rF⁻¹: H = H₀F, r = r̃F, and the vector is (r̃, sF),
/// as ASE's filter has it, so that atoms follow the cell. Then ∂E/∂r̃ = (∂E/∂r)Fᵀ and ∂E/∂F = F⁻ᵀ ∂E/∂ε. With s = √n
/// (V/n)^⅓ a strain is about as stiff as the move of one atom.
[<NoEquality; NoComparison>]
type EnergySurface =
    {
        /// The point at coordinates, with the list of a point nearby. Errors: those of `Evaluate`, `InvalidCell`
        /// where the deformation has no inverse, `NonFinite`.
        At: VerletList option -> float[] -> Result<EnergySurfacePoint, NoetherError>
        /// The coordinates of the start.
        Start: float[]
        /// The number of atoms, n.
        Atoms: int
    }

/// Making landscapes.
[<RequireQualifiedAccess>]
module EnergySurface =
    let internal dot (a: float[]) (b: float[]) = Reduction.Dot(ReadOnlySpan a, ReadOnlySpan b)

    let private rowLength (x: ReadOnlySpan<float>) i = sqrt (x[i] * x[i] + x[i + 1] * x[i + 1] + x[i + 2] * x[i + 2])

    /// The longest of n rows.
    let internal longest (count: int) (x: ReadOnlySpan<float>) =
        let mutable most = 0.0

        for i in 0 .. count - 1 do
            most <- max most (rowLength x (3 * i))

        most

    /// The length of a step: of its longest row; a row of sF counts divided by √n.
    let internal length (landscape: EnergySurface) (step: float[]) =
        let n = landscape.Atoms
        let rest = ReadOnlySpan(step, 3 * n, step.Length - 3 * n)
        max (longest n (ReadOnlySpan step)) (longest (rest.Length / 3) rest / sqrt (float (max 1 n)))

    /// a · b of rows a [n, 3] and a matrix b, or its transpose.
    let private rows transposed (b: float[]) (a: ReadOnlySpan<float>) : float[] =
        let result = Array.zeroCreate a.Length
        let at i j = if transposed then b[3 * j + i] else b[3 * i + j]

        for p in 0..3 .. a.Length - 3 do
            for j in 0..2 do
                result[p + j] <- a[p] * at 0 j + a[p + 1] * at 1 j + a[p + 2] * at 2 j

        result

    let private inverse (m: float[]) =
        let minor a b c d = m[a] * m[d] - m[b] * m[c]

        let adjugate =
            [| minor 4 5 7 8
               -(minor 1 2 7 8)
               minor 1 2 4 5
               -(minor 3 5 6 8)
               minor 0 2 6 8
               -(minor 0 2 3 5)
               minor 3 4 6 7
               -(minor 0 1 6 7)
               minor 0 1 3 4 |]

        let determinant = m[0] * adjugate[0] + m[1] * adjugate[3] + m[2] * adjugate[6]
        Array.map (fun x -> x / determinant) adjugate

    /// ∂(E + PV)/∂ε of the strains that are free, others zero.
    let private strainGradient (freedom: CellFreedom) volume (virial: ImmutableArray<float>) =
        let work = freedom.Pressure * Units.GPa * volume

        let full =
            Array.init 9 (fun i -> (if i % 4 = 0 then work else 0.0) - 0.5 * (virial[i] + virial[3 * (i % 3) + i / 3]))

        if freedom.Hydrostatic then
            let mean = (full[0] + full[4] + full[8]) / 3.0
            Array.init 9 (fun i -> if i % 4 = 0 then mean else 0.0)
        else
            Array.mapi (fun i g -> if freedom.Strains[i] then g else 0.0) full

    let private largest (values: float[]) = Reduction.MaxAbs(ReadOnlySpan values)

    /// The landscape of a potential about a structure, on Verlet lists with a skin (Å); coordinates that are held stay,
    /// with the cell if that is free. Raises NoetherException for a free cell without a volume, ArgumentException for
    /// constraints of another number of atoms.
    let create
        (potential: Potential)
        skin
        (cell: CellFreedom option)
        (held: Constraints)
        (start: Structure)
        : EnergySurface =
        let n = start.Count

        if held.Count <> n then
            invalidArg (nameof held) $"EnergySurface.create: constraints of {held.Count} atoms for {n}."

        // Coordinates are those of the first cell, and so are the directions along which they stay.
        let free (values: float[]) =
            Constraints.project start.Cell held values
            values

        let place structure positions = Structure.withPositions (Frozen.freeze positions) structure |> Outcome.getOrFail

        match cell with
        | None ->
            { Start = start.Positions.AsSpan().ToArray()
              Atoms = n
              At =
                fun list x ->
                    Outcome.capture (fun () ->
                        let structure = place start (Array.copy x)

                        let results, list =
                            ListedEvaluation.evaluate potential skin (ListedEvaluation.owner list) list structure

                        let forces = free (results.Forces.AsSpan().ToArray())

                        { Coordinates = x
                          Value = results.Energy
                          Gradient = Array.map (~-) forces
                          Structure = structure
                          Results = results
                          List = list
                          LargestForce = longest n (ReadOnlySpan forces)
                          LargestStress = 0.0 }) }
        | Some freedom ->
            let first = Frozen.array start.Cell.Vectors
            let flags = start.Cell.Periodic[0], start.Cell.Periodic[1], start.Cell.Periodic[2]
            let count = float (max 1 n)
            let scale = sqrt count * Math.Cbrt(Quantity.volume "a structure whose cell relaxes" start.Cell / count)
            let unit = Array.init 9 (fun i -> if i % 4 = 0 then scale else 0.0)

            { Start = Array.append (start.Positions.AsSpan().ToArray()) unit
              Atoms = n
              At =
                fun list x ->
                    Outcome.capture (fun () ->
                        let f = Array.init 9 (fun i -> x[3 * n + i] / scale)
                        let vectors = rows false f (ReadOnlySpan first)
                        let cell = Cell.create vectors flags |> Outcome.getOrFail
                        let positions = rows false f (ReadOnlySpan(x, 0, 3 * n))
                        let structure = place (Structure.withCell cell start) positions

                        let results, list =
                            ListedEvaluation.evaluate potential skin (ListedEvaluation.owner list) list structure

                        let volume = Quantity.volume "a structure whose cell relaxes" cell
                        let forces = results.Forces.AsSpan().ToArray()
                        let ofPositions = rows true f (ReadOnlySpan forces) |> Array.map (~-) |> free
                        let back = inverse f

                        // Of atoms that are held along some directions, the force along the others.
                        let forces = if held.IsEmpty then forces else rows true back (ReadOnlySpan ofPositions)

                        let strains = strainGradient freedom volume results.Virial
                        // F⁻ᵀ S = (S F⁻¹)ᵀ for symmetric S.
                        let turned = rows false back (ReadOnlySpan strains)
                        let ofCell = Array.init 9 (fun i -> turned[3 * (i % 3) + i / 3] / scale)

                        { Coordinates = x
                          Value = results.Energy + freedom.Pressure * Units.GPa * volume
                          Gradient = Array.append ofPositions ofCell
                          Structure = structure
                          Results = results
                          List = list
                          LargestForce = longest n (ReadOnlySpan forces)
                          LargestStress = largest strains / volume }) }
