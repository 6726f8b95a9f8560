namespace Noether.Physics

open System
open Noether.AutoDiff
open Noether.Domain

/// One element of Tersoff's potential of 1989, its numbers tensors of shape [] that may carry derivatives.
[<NoEquality; NoComparison>]
type TersoffElement =
    {
        /// The symbol.
        Symbol: string
        /// Strength of the repulsion, eV.
        A: Tensor
        /// Strength of the attraction, eV.
        B: Tensor
        /// Decay of the repulsion λ, 1/Å.
        Lambda: Tensor
        /// Decay of the attraction μ, 1/Å.
        Mu: Tensor
        /// The strength β of the third atoms in the bond order.
        Beta: Tensor
        /// The exponent n.
        N: Tensor
        /// c of the angular function.
        C: Tensor
        /// d of the angular function.
        D: Tensor
        /// h, the cosine that the angular function prefers.
        H: Tensor
        /// R, where the cut-off begins, Å.
        R: Tensor
        /// S, where it ends, Å.
        S: Tensor
    }

/// The potential of Tersoff, Phys. Rev. B 39, 5566 (1989), in the form of LAMMPS' `tersoff`, with the numbers of each
/// triple:
/// E_i = ½ Σ_j f_C(r_ij)(A e^{−λ₁r_ij} − b_ij B e^{−λ₂r_ij}), b = (1 + (βζ)ⁿ)^{−1/2n},
/// ζ_ij = Σ_{k≠j} f_C(r_ik) g(θ_jik) e^{(λ₃(r_ij − r_ik))^m}, g = γ(1 + c²/d² − c²/(d² + (cos θ − cos θ₀)²)),
/// f_C = 1 below R − D, ½ − ½ sin(π(r − R)/2D) up to R + D, and 0 from there on.
///
/// *Which numbers.* A, B, λ₁, λ₂, β, n, and R, D of the bond, are those of (i, j, j); m, γ, λ₃, c, d, cos θ₀, and R, D
/// of the bond to k, those of (i, j, k).
///
/// *Derivatives.* Without a third neighbour b = 1, with derivatives 0. For n < 1, where a third neighbour enters, the
/// second derivatives of the energy are infinite by its definition; and at R − D and R + D those of f_C jump.
[<RequireQualifiedAccess>]
module Tersoff =
    let private names =
        [ "m"; "gamma"; "lambda3"; "c"; "d"; "cos theta0"; "n"; "beta"; "lambda2"; "B"; "R"; "D"; "lambda1"; "A" ]

    /// The parameters of a LAMMPS `.tersoff` file: for each triple m (1 or 3), γ, λ₃ (1/Å), c, d, cos θ₀, n, β, λ₂
    /// (1/Å), B (eV), R (Å), D (Å), λ₁ (1/Å), A (eV). Errors: `FileFailure`; with their place `Malformed` and
    /// `UnknownElement`.
    let read (path: string) : Result<TripleParameters, NoetherError> = TripleParameters.read names path

    /// The parameters of a text in the form of `read`; `name` stands for the path in messages.
    let parse (name: string) (text: string) : Result<TripleParameters, NoetherError> =
        TripleParameters.parse names name text

    /// The parameters of all triples of elements by the rules of 1989: λ and μ of unlike pairs are arithmetic means;
    /// A, B, R and S geometric ones, B times χ, which is 1 for pairs that are not given; all else is that of the
    /// centre. Errors: `UnknownElement`; `Inconsistent` for an element that is given twice.
    let ofElements
        (elements: TersoffElement list)
        (chi: ((string * string) * Tensor) list)
        : Result<TripleParameters, NoetherError> =
        let mean (x: Tensor) (y: Tensor) = 0.5 * (x + y)
        let geometric (x: Tensor) (y: Tensor) = Tensor.sqrt (x * y)

        let factor (a: TersoffElement) (b: TersoffElement) =
            let isPair ((x, y), _) = (x, y) = (a.Symbol, b.Symbol) || (y, x) = (a.Symbol, b.Symbol)

            match List.tryFind isPair chi with
            | Some(_, value) -> value
            | None -> Tensor.onesLike a.B

        let row (i: TersoffElement) (j: TersoffElement) (k: TersoffElement) =
            let inner, outer = geometric i.R k.R, geometric i.S k.S
            let number value = Tensor.full i.A.Precision [||] value

            Tensor.stack
                0
                [ number 3.0
                  number 1.0
                  number 0.0
                  i.C
                  i.D
                  i.H
                  i.N
                  i.Beta
                  mean i.Mu j.Mu
                  factor i j * geometric i.B j.B
                  mean inner outer
                  0.5 * (outer - inner)
                  mean i.Lambda j.Lambda
                  geometric i.A j.A ]

        TripleParameters.ofTriples
            [ for i in elements do
                  for j in elements do
                      for k in elements do
                          (i.Symbol, j.Symbol, k.Symbol), row i j k ]

    /// f_C at distances within R + D.
    let private cutoffFunction (r: Tensor) (middle: Tensor) (half: Tensor) =
        let flat = Tensor.less r (middle - half)
        // A bond without a transition region is all in the flat one, and must not divide by its width.
        let none = Tensor.less (Tensor.zerosLike half) half |> Array.map not
        let width = Tensor.select none (Tensor.onesLike half) half
        let fall = 0.5 - 0.5 * Tensor.sin ((Math.PI / 2.0) * ((r - middle) / width))
        Tensor.select flat (Tensor.onesLike r) fall

    /// b of each pair from its ζ: 1 with derivatives 0 where βζ is 0, whose power has an infinite derivative.
    let private bondOrder (zeta: Tensor) (beta: Tensor) (n: Tensor) =
        let x = beta * zeta
        let positive = Tensor.less (Tensor.zerosLike x) x
        let one = Tensor.onesLike x
        let n = Tensor.select positive n one
        let power = Tensor.exp (n * Tensor.log (Tensor.select positive x one))
        Tensor.select positive (Tensor.exp (Tensor.log (1.0 + power) / (-2.0 * n))) one

    let private energies name (parameters: TripleParameters) (data: PairData) =
        let table = parameters.Table
        let precision = data.Positions.Precision
        let column q = Tensor.cast precision (TripleParameters.column names q parameters)
        let kinds = KindTable.kinds table data
        let reach = Tensor.toArray (column "R" + column "D")
        let entries = ThreeBody.entriesOfPairs name table kinds data
        let pairs = data.Pairs
        let r = data.Distances
        let lengths = Tensor.toArray r

        // Bonds, the pairs that have an energy of their own, and for each the third atoms within the cut-off of their
        // triple.
        let isBond = Array.init pairs.Count (fun e -> lengths[e] < reach[entries[e]])
        let all = Triples.ordered pairs |> Outcome.getOrFail

        let entryOf t =
            let e, f = all.First[t], all.Second[t]
            let i, j, k = pairs.Receivers[e], pairs.Senders[e], pairs.Senders[f]
            let entry = table.Entry(kinds[i], kinds[j], kinds[k])

            if entry < 0 then KindTable.missing name table [ data.Numbers[i]; data.Numbers[j]; data.Numbers[k] ]

            entry

        let near =
            [| for t in 0 .. all.Count - 1 do
                   if isBond[all.First[t]] && lengths[all.Second[t]] < reach[entryOf t] then t |]

        let zeta =
            if near.Length = 0 then
                Tensor.zerosLike r
            else
                let first, second = Array.map (fun t -> all.First[t]) near, Array.map (fun t -> all.Second[t]) near
                let rows = Array.map entryOf near
                let ofTriples q = Tensor.gather rows (column q)
                let toThird = Tensor.gather second r
                let c, d = Tensor.square (ofTriples "c"), Tensor.square (ofTriples "d")
                let bend = Tensor.square (ThreeBody.cosines data first second - ofTriples "cos theta0")
                // 1 + c²/d² − c²/(d² + bend), without the difference of two numbers near 10⁸.
                let angular = ofTriples "gamma" * (1.0 + c * bend / (d * (d + bend)))
                let stretch = ofTriples "lambda3" * (Tensor.gather first r - toThird)
                let exponents = Tensor.toArray (TripleParameters.column names "m" parameters)
                let cubic = rows |> Array.map (fun row -> exponents[row] = 3.0)
                let growth = Tensor.exp (Tensor.select cubic (Tensor.pow 3.0 stretch) stretch)
                let within = cutoffFunction toThird (ofTriples "R") (ofTriples "D")
                Tensor.segmentSum first pairs.Count (within * angular * growth)

        let bonds =
            [| for e in 0 .. pairs.Count - 1 do
                   if isBond[e] then e |]

        let rows = bonds |> Array.map (fun e -> entries[e])
        let ofBonds q = Tensor.gather rows (column q)
        let length = Tensor.gather bonds r
        let order = bondOrder (Tensor.gather bonds zeta) (ofBonds "beta") (ofBonds "n")
        let decay strength rate = ofBonds strength * Tensor.exp (-(ofBonds rate * length))
        let within = cutoffFunction length (ofBonds "R") (ofBonds "D")
        let bondEnergies = within * (decay "A" "lambda1" - order * decay "B" "lambda2")
        let centres = bonds |> Array.map (fun e -> pairs.Receivers[e])
        0.5 * Tensor.segmentSum centres data.Numbers.Length bondEnergies

    let private refuse (parameters: TripleParameters) =
        let column q = Tensor.toArray (TripleParameters.column names q parameters)
        let m, d, width, middle, n, beta = column "m", column "d", column "D", column "R", column "n", column "beta"

        parameters.Triples
        |> List.iteri (fun t (a, b, c) ->
            let bad what value expected =
                Outcome.raise (InvalidArgument($"{what} of {a}-{b}-{c}", $"{value}", expected))

            if m[t] <> 1.0 && m[t] <> 3.0 then bad "m" m[t] "1 or 3"

            if d[t] = 0.0 then bad "d" d[t] "more than 0"

            if width[t] > middle[t] then bad "D" width[t] $"at most R, {middle[t]} Å"

            if b = c && beta[t] > 0.0 && n[t] = 0.0 then bad "n" n[t] "more than 0")

    /// The potential with a table of parameters, which may carry derivatives. The energy of a bond belongs to its
    /// atoms, half with the bond order that each of them gives it. Errors: `NonFinite` and `InvalidArgument` for the
    /// numbers; `Inconsistent`, when it is evaluated, for a pair or triple of elements within the cut-off that has
    /// none. Raises ArgumentException for a table of another width.
    let create (name: string) (parameters: TripleParameters) : Result<Potential, NoetherError> =
        Outcome.capture (fun () ->
            let signless = names |> List.filter (fun q -> q <> "lambda3" && q <> "cos theta0")
            parameters |> TripleParameters.check "Tersoff" names signless
            refuse parameters
            let column q = Tensor.toArray (TripleParameters.column names q parameters)
            let cutoff = ThreeBody.longest parameters (Array.map2 (+) (column "R") (column "D"))
            Potential.create name cutoff (energies name parameters))
