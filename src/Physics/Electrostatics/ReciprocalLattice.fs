namespace Noether.Physics

open System
open Noether.AutoDiff
open Noether.Domain

/// Which vectors of the reciprocal lattice an Ewald sum takes.
type ReciprocalSet =
    /// All with |k| below the length given, in Å⁻¹; both of a pair ±k.
    | Sphere of cutoff: float
    /// torch-pme's: ⌈|a|/λ⌉ along each axis in the order of a discrete Fourier transform, for the wavelength λ in Å. It
    /// ends at half of 2π/λ and, where a number is even, holds one of two opposite faces only.
    | Wavelength of float

/// A cell as tensors, and its reciprocal lattice.
[<NoEquality; NoComparison>]
type internal CellFrame =
    {
        /// CellFrame vectors as rows, [3, 3], Å.
        Cell: Tensor
        /// Its inverse, [3, 3]: fractions are positions times this.
        Inverse: Tensor
        /// |det|, shape [], Å³.
        Volume: Tensor
    }

[<RequireQualifiedAccess>]
module internal CellFrame =
    let private permutations =
        let sign i j k = float ((j - i) * (k - i) * (k - j) / 2)

        Tensor.ofArray
            [| 3; 3; 3 |]
            [| for i in 0..2 do
                   for j in 0..2 do
                       for k in 0..2 -> sign i j k |]

    /// The rows of a matrix.
    let row i (matrix: Tensor) = Tensor.reshape [| 3 |] (Tensor.slice 0 i (i + 1) matrix)

    /// a × b.
    let cross (a: Tensor) (b: Tensor) = Tensor.einsum "ijk,i,j->k" [ Tensor.cast a.Precision permutations; a; b ]

    /// A cell of three independent vectors. Raises `InvalidCell` for others.
    let ofCell (cell: Tensor) : CellFrame =
        if not (Shape.equal cell.Shape [| 3; 3 |]) then
            invalidArg (nameof cell) $"a cell of shape {Shape.print cell.Shape}, expected [3, 3]."

        let determinant = Tensor.sum (row 0 cell * cross (row 1 cell) (row 2 cell))
        let value = Tensor.value determinant
        let entries = Tensor.toArray cell
        let size = Array.sumBy (fun x -> x * x) entries |> sqrt

        if not (abs value > 1e-12 * size * size * size) then
            InvalidCell(List.ofArray entries, "three independent lattice vectors, which a sum over a lattice needs")
            |> Outcome.raise

        { Cell = cell
          Inverse = Tensor.inverse cell
          Volume = if value < 0.0 then -determinant else determinant }

    let lengths (lattice: CellFrame) =
        let h = Tensor.toArray lattice.Cell
        Array.init 3 (fun i -> sqrt (h[3 * i] * h[3 * i] + h[3 * i + 1] * h[3 * i + 1] + h[3 * i + 2] * h[3 * i + 2]))

    /// The vectors k = 2π Σ mᵢ bᵢ of indices [K, 3], in Å⁻¹.
    let vectors (lattice: CellFrame) (indices: Tensor) =
        2.0 * Math.PI * Tensor.matmulTransposed false true indices lattice.Inverse

    /// Their squares, [K].
    let squares (lattice: CellFrame) (indices: Tensor) =
        Tensor.sumAxes [| 1 |] (Tensor.square (vectors lattice indices)) |> Tensor.reshape [| -1 |]

/// Indices of vectors of the reciprocal lattice; integers, found outside differentiation.
[<RequireQualifiedAccess>]
module internal ReciprocalSet =
    /// The frequencies of a discrete Fourier transform of length n, in its order.
    let frequencies n = Array.init n (fun i -> if 2 * i < n then i else i - n)

    let private sphere (cutoff: float) (lattice: CellFrame) =
        let inverse = Tensor.toArray lattice.Inverse
        let reach = CellFrame.lengths lattice |> Array.map (fun a -> int (cutoff * a / (2.0 * Math.PI)))
        let limit = (cutoff / (2.0 * Math.PI)) ** 2.0

        [| for i in 0 .. reach[0] do
               for j in (if i = 0 then 0 else -reach[1]) .. reach[1] do
                   for k in (if i = 0 && j = 0 then 1 else -reach[2]) .. reach[2] do
                       let mutable square = 0.0

                       for c in 0..2 do
                           let x =
                               float i * inverse[3 * c] + float j * inverse[3 * c + 1] + float k * inverse[3 * c + 2]

                           square <- square + x * x

                       if square <= limit then
                           yield float i
                           yield float j
                           yield float k |]

    /// The indices [K, 3] without 0, and how often each counts: of a pair ±k a sphere has one only.
    let indices (set: ReciprocalSet) (lattice: CellFrame) : Tensor * float =
        match set with
        | Sphere cutoff when cutoff > 0.0 && Double.IsFinite cutoff ->
            let flat = sphere cutoff lattice
            Tensor.ofArray [| flat.Length / 3; 3 |] flat, 2.0
        | Wavelength wavelength when wavelength > 0.0 && Double.IsFinite wavelength ->
            let along = CellFrame.lengths lattice |> Array.map (fun a -> frequencies (int (ceil (a / wavelength))))

            let flat =
                [| for i in along[0] do
                       for j in along[1] do
                           for k in along[2] do
                               if i <> 0 || j <> 0 || k <> 0 then
                                   yield float i
                                   yield float j
                                   yield float k |]

            Tensor.ofArray [| flat.Length / 3; 3 |] flat, 1.0
        | Sphere length ->
            InvalidArgument("the end of the reciprocal sum", NoetherError.number length, "a positive number in Å⁻¹")
            |> Outcome.raise
        | Wavelength length ->
            InvalidArgument("the wavelength", NoetherError.number length, "a positive length in Å") |> Outcome.raise
