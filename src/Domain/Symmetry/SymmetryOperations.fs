namespace Noether.Domain

/// Making symmetry operations and multiplying them.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module SymmetryOperation =
    /// The operation with the rotation R, nine integers row by row, and the translation t, three fractions, which is
    /// brought between 0 and 1. Errors: `InvalidArgument` where the determinant of R is not 1 or −1.
    /// Raises ArgumentException where there are not nine and three numbers.
    let create (rotation: int list) (translation: Fraction list) : Result<SymmetryOperation, NoetherError> =
        if rotation.Length <> 9 || translation.Length <> 3 then
            invalidArg (nameof rotation) "SymmetryOperation.create: expected nine integers and three fractions."

        let operation = SymmetryOperation.Build(rotation, translation)

        if abs operation.Determinant = 1 then
            Ok operation
        else
            let name = $"the determinant of {operation}"
            Error(InvalidArgument(name, string operation.Determinant, "1 or -1, as operations keep volumes"))

    /// The translation of a pure translation, R = 1. Components are brought between 0 and 1.
    let translation (x: Fraction) (y: Fraction) (z: Fraction) =
        SymmetryOperation.Build([ 1; 0; 0; 0; 1; 0; 0; 0; 1 ], [ x; y; z ])

    /// x, y, z: nothing moves.
    let identity = translation (Fraction.Of 0) (Fraction.Of 0) (Fraction.Of 0)

    /// R·v of an operation.
    let private turn (operation: SymmetryOperation) (vector: Fraction seq) =
        let v = Array.ofSeq vector
        let r = operation.Rotation
        let term k j = Fraction.Of r[3 * k + j] * v[j]
        Array.init 3 (fun k -> term k 0 + term k 1 + term k 2)

    /// First the second, then the first: f → A(B f), the product of matrices A·B.
    let compose (a: SymmetryOperation) (b: SymmetryOperation) : SymmetryOperation =
        let r, s = a.Rotation, b.Rotation

        let rotation =
            Array.init 9 (fun i ->
                let row, column = 3 * (i / 3), i % 3
                r[row] * s[column] + r[row + 1] * s[3 + column] + r[row + 2] * s[6 + column])

        SymmetryOperation.Build(rotation, Array.map2 (+) (turn a b.Translation) (Array.ofSeq a.Translation))

    /// The operation that undoes this one: R⁻¹ and −R⁻¹·t.
    let inverse (operation: SymmetryOperation) : SymmetryOperation =
        let m = operation.Rotation
        let det = operation.Determinant

        // R⁻¹ = adj R / det R, whose elements are cofactors; det R is 1 or −1.
        let rotation =
            Array.init 9 (fun i ->
                let j, k = i / 3, i % 3
                let a, b, c, d = (k + 1) % 3, (k + 2) % 3, (j + 1) % 3, (j + 2) % 3
                det * (m[3 * a + c] * m[3 * b + d] - m[3 * a + d] * m[3 * b + c]))

        let zero = Array.create 3 (Fraction.Of 0)
        let turned = turn (SymmetryOperation.Build(rotation, zero)) operation.Translation
        SymmetryOperation.Build(rotation, Array.map (~-) turned)

    /// The operation of a text in the notation of the International Tables: `-y, x-y, z+1/3`. Decimals are the fraction
    /// of the least denominator that has them (0.3333 is 1/3), blanks and case are nothing. Errors: `Malformed` where
    /// the text is no operation or does not keep volumes.
    let parse (text: string) : Result<SymmetryOperation, NoetherError> =
        match OperationText.tryParse text with
        | Some operation -> Ok operation
        | None -> Error(Malformed($"'{text}'", "an operation such as 'x, y+1/2, -z' that keeps volumes"))
