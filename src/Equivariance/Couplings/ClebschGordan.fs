namespace Noether.Equivariance

open System
open System.Collections.Concurrent
open System.Collections.Immutable
open System.Numerics

/// One non-zero coefficient of a `Coupling`.
[<Struct>]
type CouplingEntry =
    {
        /// Component of the first factor, 0 … 2l₁.
        I: int
        /// Component of the second factor, 0 … 2l₂.
        J: int
        /// Component of the product, 0 … 2l₃.
        K: int
        /// The coefficient.
        Value: float
    }

/// The coupling of the irreps l₁ and l₂ to l₃: the real tensor C[i, j, k], invariant under rotation of its three indices
/// together, with Σ C² = 1. Components are in the order of `SphericalHarmonics`.
[<ReferenceEquality; StructuredFormatDisplay("{AsText}")>]
type Coupling =
    {
        /// Degree of the first factor.
        L1: int
        /// Degree of the second factor.
        L2: int
        /// Degree of the product.
        L3: int
        /// All coefficients, shape (2l₁+1, 2l₂+1, 2l₃+1) in C order.
        Dense: ImmutableArray<float>
        /// The coefficients that are not zero, ascending in (i, j, k).
        Entries: ImmutableArray<CouplingEntry>
    }

    /// The degrees and the number of coefficients, not the coefficients.
    member coupling.AsText =
        $"coupling {coupling.L1} x {coupling.L2} -> {coupling.L3}, {coupling.Entries.Length} coefficients"

    /// The degrees and the number of coefficients, not the coefficients.
    override coupling.ToString() = coupling.AsText

/// Clebsch–Gordan coefficients of SU(2) and, from them, real coupling tensors in the basis of e3nn.
///
/// The complex coefficients are computed with Racah's sum (G. Racah, Phys. Rev. 62, 438 (1942)) in exact
/// integers, so that the only roundings are one division and one square root; the change to the real basis multiplies
/// by powers of i and of √½ and adds at most a few numbers of like size. Coefficients that vanish by symmetry vanish
/// exactly. Phases are those of Condon and Shortley; the basis is changed with the matrix Q(l) of `realBasis`.
[<RequireQualifiedAccess>]
module ClebschGordan =
    // What all coefficients of three degrees share: factorials, the rows a = l₁+l₂−l₃, b = l₃+l₁−l₂ and c = l₃+l₂−l₁ of
    // Pascal's triangle, and (l₁+l₂+l₃+1)! a! b! c!.
    type private Shared =
        { Factorials: BigInteger array
          RowA: BigInteger array
          RowB: BigInteger array
          RowC: BigInteger array
          Denominator: BigInteger }

    let private share l1 l2 l3 =
        let factorials =
            Array.scan (fun product (k: int) -> product * BigInteger k) BigInteger.One [| 1 .. l1 + l2 + l3 + 1 |]

        let row n = Array.init (n + 1) (fun k -> factorials[n] / (factorials[k] * factorials[n - k]))

        let a, b, c = l1 + l2 - l3, l3 + l1 - l2, l3 + l2 - l1

        { Factorials = factorials
          RowA = row a
          RowB = row b
          RowC = row c
          Denominator = factorials[l1 + l2 + l3 + 1] * factorials[a] * factorials[b] * factorials[c] }

    // p/q with an error of one unit in the last place, whatever the size of the two.
    let private quotient (p: BigInteger) (q: BigInteger) =
        let shift = 64 + int (q.GetBitLength()) - int (p.GetBitLength())

        let scaled = if shift >= 0 then (p <<< shift) / q else p / (q <<< -shift)

        Math.ScaleB(float scaled, -shift)

    let private check operation l1 l2 l3 =
        if l1 < 0 || l2 < 0 || l3 < abs (l1 - l2) || l3 > l1 + l2 then
            let message =
                $"ClebschGordan.{operation}: the degrees are {l1}, {l2}, {l3}, expected l1, l2 ≥ 0 and "
                + "|l1 − l2| ≤ l3 ≤ l1 + l2."

            raise (ArgumentException message)

    // ⟨l₁ m₁ l₂ m₂ | l₃ m₃⟩ / √(2l₃+1) for m₃ = m₁+m₂ and |m| ≤ l.
    let private invariant shared l1 m1 l2 m2 l3 =
        let at (row: BigInteger array) k = if k < 0 || k >= row.Length then BigInteger.Zero else row[k]

        let mutable sum = BigInteger.Zero

        for k in 0 .. shared.RowA.Length - 1 do
            let term = shared.RowA[k] * at shared.RowB (l1 - m1 - k) * at shared.RowC (l2 + m2 - k)

            sum <- if k % 2 = 0 then sum + term else sum - term

        if sum.IsZero then
            0.0
        else
            let factorials = shared.Factorials
            let m3 = m1 + m2

            let numerator =
                sum
                * sum
                * factorials[l1 + m1]
                * factorials[l1 - m1]
                * factorials[l2 + m2]
                * factorials[l2 - m2]
                * factorials[l3 + m3]
                * factorials[l3 - m3]

            float sum.Sign * sqrt (quotient numerator shared.Denominator)

    /// ⟨l₁ m₁ l₂ m₂ | l₃ m₃⟩ in the phases of Condon and Shortley; 0 unless m₁+m₂ = m₃ and each |m| ≤ l.
    /// ArgumentException where the degrees violate the triangle rule.
    let complex l1 m1 l2 m2 l3 m3 =
        check "complex" l1 l2 l3

        if m1 + m2 <> m3 || abs m1 > l1 || abs m2 > l2 || abs m3 > l3 then
            0.0
        else
            sqrt (float (2 * l3 + 1)) * invariant (share l1 l2 l3) l1 m1 l2 m2 l3

    // An entry of Q(l) is √½^halves · i^quarters; row: complex m, column: real index, both −l … l.
    [<Struct>]
    type private Phase = { Halves: int; Quarters: int }

    // The real indices that complex m has a share in, for the factor (−i)^l of Q(l).
    let private realShares l m =
        let overall = -l

        if m = 0 then
            [ struct (0, { Halves = 0; Quarters = overall }) ]
        elif m < 0 then
            [ struct (-m, { Halves = 1; Quarters = overall }); struct (m, { Halves = 1; Quarters = overall - 1 }) ]
        else
            [ struct (m, { Halves = 1; Quarters = overall + 2 * m })
              struct (-m, { Halves = 1; Quarters = overall + 2 * m + 1 }) ]

    /// The unitary matrix Q(l), (2l+1)×(2l+1) in C order, that changes complex components (rows, m = −l … l) into real
    /// ones (columns, −l … l): for m &lt; 0, √½ at |m| and −i√½ at −|m|; 1 at m = 0; for m &gt; 0, (−1)^m √½ at m and
    /// i(−1)^m √½ at −m; all times (−i)^l. ArgumentOutOfRangeException where l is negative.
    let realBasis l =
        Guard.atLeast "ClebschGordan.realBasis" (nameof l) 0 l
        let size = 2 * l + 1
        let matrix = Array.zeroCreate<Complex>(size * size)

        for m in -l .. l do
            for struct (column, phase) in realShares l m do
                let amplitude = if phase.Halves = 0 then 1.0 else sqrt 0.5

                let unit =
                    match phase.Quarters &&& 3 with
                    | 0 -> Complex.One
                    | 1 -> Complex.ImaginaryOne
                    | 2 -> -Complex.One
                    | _ -> -Complex.ImaginaryOne

                matrix[(m + l) * size + column + l] <- amplitude * unit

        matrix

    // √½ to the power 0 … 3.
    let private amplitudes = [| 1.0; sqrt 0.5; 0.5; 0.5 * sqrt 0.5 |]

    let private compute l1 l2 l3 =
        let n2, n3 = 2 * l2 + 1, 2 * l3 + 1
        let dense = Array.zeroCreate<float>((2 * l1 + 1) * n2 * n3)
        let shared = share l1 l2 l3

        for m1 in -l1 .. l1 do
            for m2 in max -l2 (-l3 - m1) .. min l2 (l3 - m1) do
                let value = invariant shared l1 m1 l2 m2 l3

                if value <> 0.0 then
                    for struct (i, p1) in realShares l1 m1 do
                        for struct (j, p2) in realShares l2 m2 do
                            for struct (k, p3) in realShares l3 (m1 + m2) do
                                // The third factor is conjugated. Imaginary contributions cancel: (m₁, m₂, m₃) and
                                // (−m₁, −m₂, −m₃) bring opposite ones, so only the real ones are added up.
                                let place = ((i + l1) * n2 + j + l2) * n3 + k + l3
                                let part = value * amplitudes[p1.Halves + p2.Halves + p3.Halves]

                                match (p1.Quarters + p2.Quarters - p3.Quarters) &&& 3 with
                                | 0 -> dense[place] <- dense[place] + part
                                | 2 -> dense[place] <- dense[place] - part
                                | _ -> ()

        let entries =
            [| for place in 0 .. dense.Length - 1 do
                   if dense[place] <> 0.0 then
                       { I = place / (n2 * n3)
                         J = place / n3 % n2
                         K = place % n3
                         Value = dense[place] } |]

        { L1 = l1
          L2 = l2
          L3 = l3
          Dense = ImmutableArray.Create<float> dense
          Entries = ImmutableArray.Create<CouplingEntry> entries }

    // Constants of nature, so to speak: computed when first asked for, once, and shared by all threads.
    let private table = ConcurrentDictionary<struct (int * int * int), Lazy<Coupling>>()

    /// The real coupling of l₁ and l₂ to l₃, with Σ C² = 1: the sum of Q₁ Q₂ Q̄₃ ⟨l₁ m₁ l₂ m₂ | l₃ m₃⟩ / √(2l₃+1) over
    /// m₁, m₂ and m₃.
    /// For example (0, l, l) is δ/√(2l+1), (1, 1, 0) is δ/√3 and (1, 1, 1) is ε/√6, the cross product of x, y, z.
    /// Computed once and kept. ArgumentException where the degrees violate the triangle rule.
    let coupling l1 l2 l3 =
        check "coupling" l1 l2 l3

        table.GetOrAdd(struct (l1, l2, l3), (fun struct (a, b, c) -> lazy (compute a b c))).Value
