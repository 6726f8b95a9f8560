namespace Noether.Physics

open System
open System.Numerics
open MathNet.Numerics.LinearAlgebra

/// Eigenvalues and eigenvectors of numbers; nothing here is differentiated.
[<RequireQualifiedAccess>]
module internal Eigen =
    let private ascending (decomposed: Factorization.Evd<'T>) n (at: Matrix<'T> -> int -> int -> 'T) =
        let values = Array.init n (fun k -> decomposed.EigenValues[k].Real)
        let order = [| 0 .. n - 1 |] |> Array.sortBy (fun k -> values[k])
        Array.map (fun k -> values[k]) order, order |> Array.map (fun k -> Array.init n (at decomposed.EigenVectors k))

    /// Eigenvalues, ascending, and orthonormal eigenvectors, one row each, of the symmetric part of a matrix [n, n].
    let symmetric (n: int) (matrix: float[]) : float[] * float[][] =
        if n = 0 then
            [||], [||]
        else
            let entry i j = 0.5 * (matrix[n * i + j] + matrix[n * j + i])
            let decomposed = Matrix<float>.Build.Dense(n, n, Func<int, int, float> entry).Evd Symmetricity.Symmetric
            ascending decomposed n (fun vectors k i -> vectors[i, k])

    /// Eigenvalues, ascending, and orthonormal eigenvectors, one row each, of the Hermitian part of a matrix [n, n].
    let hermitian (n: int) (matrix: Complex[]) : float[] * Complex[][] =
        if n = 0 then
            [||], [||]
        else
            let entry i j = Complex(0.5, 0.0) * (matrix[n * i + j] + Complex.Conjugate matrix[n * j + i])
            let decomposed = Matrix<Complex>.Build.Dense(n, n, Func<int, int, Complex> entry).Evd Symmetricity.Hermitian
            ascending decomposed n (fun vectors k i -> vectors[i, k])
