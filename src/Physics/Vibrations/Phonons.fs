namespace Noether.Physics

open System
open System.Collections.Immutable
open System.Numerics
open Noether.AutoDiff
open Noether.Domain

/// Lattice dynamics (M. Born and K. Huang, Dynamical Theory of Crystal Lattices, Oxford 1954) from exact second
/// derivatives.
///
/// *Supercell.* The rows of the Hessian of a supercell that belong to one primitive cell are the force constants summed
/// over images of the supercell. Each is given to the nearest image, in equal parts where several are equally near, so
/// that the crystal's symmetry is kept. This is exact at wavevectors that fit into the supercell, and at all others as
/// soon as no atom sees two images of another: for pair potentials when half the least distance between images exceeds
/// the cut-off, for potentials of three or more bodies twice the cut-off.
///
/// *Wavevectors* are in reciprocal lattice vectors of the primitive cell; D(q) = Σ_R Φ(0, R) exp(2πi q·R)/√(m m').
///
/// *Polar crystals.* The field of a longitudinal optical phonon reaches beyond any supercell. With the crystal's answer
/// to fields (`withResponse`) it is added where the supercell cannot have it: all of it for q → 0, nothing at wavevectors
/// that fit into the supercell, and in between by a Fourier interpolation (Y. Wang et al., J. Phys. Condens. Matter 22,
/// 202201 (2010)).
[<RequireQualifiedAccess>]
module Phonons =
    /// Images whose distances differ by less than this (Å) are equally near: rounding and residual forces disturb them.
    let private alike = 1e-5

    /// The translations T of the supercell (integers, times its vectors) that bring a difference of positions to its least
    /// length: all of them, up to `alike`.
    let private nearest (supercell: Cell) (difference: float[]) =
        let lattice = Cell.withOpenNormals supercell
        let heights = let a, b, c = Cell.heights lattice in [| a; b; c |]
        let fractional = Cell.toFractional lattice (Frozen.freeze difference)
        let h = supercell.Vectors

        let length (t: int[]) =
            let along c = difference[c] + Seq.sum (Seq.init 3 (fun k -> float t[k] * h[3 * k + c]))
            sqrt (along 0 ** 2.0 + along 1 ** 2.0 + along 2 ** 2.0)

        let wrapped = Array.init 3 (fun k -> if supercell.Periodic[k] then -int(round fractional[k]) else 0)
        // The distance of lattice planes bounds the distance of points.
        let reach = length wrapped + alike

        let range k =
            if supercell.Periodic[k] then
                let span = reach / heights[k]
                [ int (ceil (-fractional[k] - span)) .. int (floor (-fractional[k] + span)) ]
            else
                [ 0 ]

        let candidates =
            [ for a in range 0 do
                  for b in range 1 do
                      for c in range 2 do
                          let t = [| a; b; c |]
                          t, length t ]

        let least = candidates |> List.map snd |> List.min
        candidates |> List.filter (fun (_, d) -> d < least + alike) |> List.map fst

    /// The structure with those of its properties of atoms that a potential reads, such as charges.
    let private carrying (potential: Potential) (structure: Structure) =
        let names =
            [ for required in potential.Requires do
                  if required.Owner = EachAtom then yield! required.Name :: required.OtherNames ]

        (Structure.bare structure, names)
        ||> List.fold (fun carried name ->
            match structure.PerAtom.TryFind name with
            | Some property -> Structure.withPerAtom name property carried |> Outcome.getOrFail
            | None -> carried)

    /// The force constants of a crystal from a supercell of a × b × c primitive cells, with the standard masses.
    /// Errors as for `Evaluate.run` and `Structure.repeat`.
    let forceConstants
        (a: int, b: int, c: int)
        (potential: Potential)
        (primitive: Structure)
        : Result<ForceConstants, NoetherError> =
        Structure.repeat (a, b, c) (carrying potential primitive)
        |> Result.bind (fun supercell ->
            Outcome.capture (fun () ->
                let n = primitive.Count
                let counts = [| a; b; c |]
                let rows = Hessian.rowsOf (seq { 0 .. n - 1 }) potential supercell |> Tensor.toArray
                let width = 3 * supercell.Count
                let r = supercell.Positions

                let terms =
                    [| for i in 0 .. n - 1 do
                           for other in 0 .. supercell.Count - 1 do
                               let copy = other / n
                               let cell = [| copy / (b * c); copy / c % b; copy % c |]
                               let difference = Array.init 3 (fun k -> r[3 * other + k] - r[3 * i + k])
                               let images = nearest supercell.Cell difference
                               let share = 1.0 / float images.Length
                               let block k = share * rows[(3 * i + k / 3) * width + 3 * other + k % 3]

                               for image in images do
                                   { Atom = i
                                     Neighbour = other % n
                                     Shift = Frozen.freeze (Array.init 3 (fun k -> cell[k] + counts[k] * image[k]))
                                     Values = Frozen.freeze (Array.init 9 block)
                                     Share = share } |]

                { Primitive = primitive
                  Masses = Frozen.freeze (Vibrations.standardMasses primitive)
                  Terms = Frozen.freeze terms
                  Response = None }))

    /// The same force constants with the answer of the crystal to electric fields, whose Born charges obey the acoustic
    /// sum rule from here on: phonons at all wavevectors then have the non-analytic term, those at q = 0 as `modesTowards`
    /// a direction. Errors: `Inconsistent` for another number of Born charges, and for a crystal that is not periodic
    /// along three axes.
    let withResponse (response: DielectricResponse) (constants: ForceConstants) : Result<ForceConstants, NoetherError> =
        let n = constants.Primitive.Count

        if response.Charges.Length <> 9 * n then
            let found = $"{response.Charges.Length / 9} tensors"
            Error(Inconsistent("the Born charges", found, $"one for each of the {n} atoms of the primitive cell"))
        elif not (Seq.forall id constants.Primitive.Cell.Periodic) then
            Error(Inconsistent("the crystal", "an open axis", "three periodic axes, for a dielectric tensor"))
        else
            let response = DielectricResponse.withSumRule response
            Ok { constants with Response = Some response }

    /// The same force constants with other masses [n], amu. Errors: `Inconsistent` for another number of them,
    /// `InvalidArgument` for one that is not positive.
    let withMasses (masses: float seq) (constants: ForceConstants) : Result<ForceConstants, NoetherError> =
        Outcome.capture (fun () ->
            let masses = Vibrations.checkMasses constants.Primitive.Count masses
            { constants with Masses = Frozen.freeze masses })

    let private sumOfTerms atom (constants: ForceConstants) =
        let total = Array.zeroCreate 9

        for term in constants.Terms do
            if term.Atom = atom then
                for k in 0..8 do
                    total[k] <- total[k] + term.Values[k]

        total

    let private isOwn (term: ForceConstant) =
        term.Atom = term.Neighbour && Seq.forall (fun shift -> shift = 0) term.Shift

    /// Force constants that obey the acoustic sum rule, Σ Φ(0i, Rj) = 0 for every atom i: what is missing is given to the
    /// term of the atom with itself. Exact derivatives need this only against rounding.
    let withAcousticSumRule (constants: ForceConstants) : ForceConstants =
        let missing = Array.init constants.Primitive.Count (fun i -> sumOfTerms i constants)

        let corrected (term: ForceConstant) =
            if isOwn term then
                let values = Array.init 9 (fun k -> term.Values[k] - missing[term.Atom][k])
                { term with Values = Frozen.freeze values }
            else
                term

        { constants with
            Terms = ImmutableArray.CreateRange(constants.Terms, corrected) }

    /// Σ Φ exp(2πi q·R) weight/√(m m'), [3n, 3n].
    let private lattice (weight: ForceConstant -> Complex) (q: float[]) (constants: ForceConstants) =
        let size = 3 * constants.Primitive.Count
        let matrix: Complex[] = Array.zeroCreate (size * size)

        for term in constants.Terms do
            let turns = float term.Shift[0] * q[0] + float term.Shift[1] * q[1] + float term.Shift[2] * q[2]
            let mass = sqrt (constants.Masses[term.Atom] * constants.Masses[term.Neighbour])
            let factor = weight term * Complex.FromPolarCoordinates(1.0 / mass, 2.0 * Math.PI * turns)

            for k in 0..8 do
                let at = (3 * term.Atom + k / 3) * size + 3 * term.Neighbour + k % 3
                matrix[at] <- matrix[at] + factor * Complex(term.Values[k], 0.0)

        matrix

    /// The dynamical matrix D(q), Hermitian up to rounding, [3n, 3n], row by row, eV/(Å² amu); at q = 0 without what
    /// depends on a direction.
    let dynamicalMatrix (qa: float, qb: float, qc: float) (constants: ForceConstants) : ImmutableArray<Complex> =
        let q = [| qa; qb; qc |]
        let matrix = lattice (fun _ -> Complex.One) q constants
        PolarTerm.add q matrix constants
        Frozen.freeze matrix

    let private modesOf q (constants: ForceConstants) (matrix: Complex[]) =
        let squares, vectors = Eigen.hermitian (3 * constants.Primitive.Count) matrix

        { Wavevector = q
          Squares = Frozen.freeze squares
          Eigenvectors = Frozen.freeze (Array.concat vectors) }

    /// The phonons at a wavevector q, in reciprocal lattice vectors. At q = 0 without the non-analytic term, as if all
    /// were transverse: `modesTowards` has it.
    let modes (qa: float, qb: float, qc: float) (constants: ForceConstants) : PhononModes =
        dynamicalMatrix (qa, qb, qc) constants
        |> Frozen.array
        |> modesOf (ImmutableArray.Create(qa, qb, qc)) constants

    /// The phonons for q → 0 along a direction, in reciprocal lattice vectors, of any length: where the crystal's
    /// response to electric fields is known, the longitudinal optical ones are above the transverse ones. Errors:
    /// `InvalidArgument` for a direction of length 0.
    let modesTowards (qa: float, qb: float, qc: float) (constants: ForceConstants) : Result<PhononModes, NoetherError> =
        if not (Double.IsFinite(qa + qb + qc)) || (qa = 0.0 && qb = 0.0 && qc = 0.0) then
            Error(InvalidArgument("the direction", $"({qa}, {qb}, {qc})", "finite numbers, not all of them 0"))
        else
            let matrix = lattice (fun _ -> Complex.One) [| 0.0; 0.0; 0.0 |] constants
            PolarTerm.addLimit [| qa; qb; qc |] matrix constants
            Ok(modesOf (ImmutableArray.Create(0.0, 0.0, 0.0)) constants matrix)

    let private total (terms: Complex seq) = Seq.fold (fun (sum: Complex) term -> sum + term) Complex.Zero terms

    /// e† M f for all pairs of vectors, [k, k].
    let private between (matrix: Complex[]) (vectors: Complex[][]) =
        let image (v: Complex[]) =
            Array.init v.Length (fun i -> total (Seq.mapi (fun j x -> matrix[v.Length * i + j] * x) v))

        let dot (e: Complex[]) (f: Complex[]) = total (Seq.map2 (fun a b -> Complex.Conjugate a * b) e f)
        Array.allPairs vectors (Array.map image vectors) |> Array.map (fun (e, f) -> dot e f)

    /// Squared frequencies closer than this are equal, as rounding leaves 1e-13 or so of the terms of the matrix.
    let private smallest (constants: ForceConstants) =
        let size (term: ForceConstant) = (Seq.max (Seq.map abs term.Values)) / constants.Masses[term.Atom]
        constants.Terms |> Seq.filter isOwn |> Seq.fold (fun largest term -> max largest (1e-10 * size term)) 0.0

    /// The branches that meet, in an ascending list, as first and next index.
    let private degenerate tolerance (squares: ImmutableArray<float>) =
        let apart k = k = 0 || squares[k] - squares[k - 1] > tolerance
        List.pairwise (List.filter apart [ 0 .. squares.Length - 1 ] @ [ squares.Length ])

    /// Group velocities ∂ω/∂k at a wavevector q, for each branch of `modes`, [3n, 3], in Å/ps (100 m/s), with k = 2πq in
    /// Cartesian axes. Branches that meet at q are told apart by their slopes along q (along the first axis at q = 0).
    /// Where ω is 0 it has no derivative, and the velocity is NaN.
    let groupVelocities (qa: float, qb: float, qc: float) (constants: ForceConstants) : ImmutableArray<float> =
        let q = [| qa; qb; qc |]
        let h = constants.Primitive.Cell.Vectors
        let size = 3 * constants.Primitive.Count
        let modes = modes (qa, qb, qc) constants
        let vectors = Array.chunkBySize size (Frozen.array modes.Eigenvectors)
        let place (term: ForceConstant) c = Seq.sum (Seq.init 3 (fun k -> float term.Shift[k] * h[3 * k + c]))

        let slopes =
            Array.init 3 (fun c ->
                let slope = lattice (fun term -> Complex(0.0, place term c)) q constants
                PolarTerm.addSlope c q slope constants
                slope)

        let b = Cell.reciprocal constants.Primitive.Cell
        let direction = Array.init 3 (fun c -> q[0] * b[c] + q[1] * b[3 + c] + q[2] * b[6 + c])
        let length = sqrt (Array.sumBy (fun x -> x * x) direction)
        let along = if length > 0.0 then Array.map (fun x -> x / length) direction else [| 1.0; 0.0; 0.0 |]
        let smallest = smallest constants

        [| for first, last in degenerate smallest modes.Squares do
               let group = Array.sub vectors first (last - first)
               let parts = slopes |> Array.map (fun slope -> between slope group)
               let count = group.Length

               let directional =
                   Array.init (count * count) (fun k ->
                       total (Seq.map2 (fun (a: float) (part: Complex[]) -> Complex(a, 0.0) * part[k]) along parts))

               let _, mixtures = Eigen.hermitian count directional

               for k in 0 .. count - 1 do
                   let square = modes.Squares[first + k]

                   for part in parts do
                       let slope = (between part [| mixtures[k] |])[0]

                       if abs square > smallest then Units.ps * slope.Real / (2.0 * sqrt (abs square)) else nan |]
        |> Frozen.freeze
