namespace Noether.Physics

open Noether.AutoDiff
open Noether.Domain

/// Potentials of bonds, angles and torsions over lists of atoms. They ask for no pairs: their cut-off is 0.
///
/// *Parameters* are tensors of shape [] (the same for every group) or [g] (one for each), and may carry derivatives.
/// Force constants stand as in LAMMPS, without factors ½ but where they are written. Angles are in radians, torsions
/// as in the IUPAC: φ = 180° is trans.
///
/// *Energies of atoms.* Every atom of a group has an equal part of the group's energy.
///
/// *Where derivatives end.* A bond of length 0 has none. Angles: the harmonic energy is smooth at 180° only for θ₀ =
/// 180°; for other θ₀ it has a cusp there, where forces are taken as those of the symmetric arrangement, 0; the same
/// holds at 0°. Torsions are polynomials in cos φ, and so smooth at 0° and 180°; where three atoms are in line φ does
/// not exist, and the energy is NaN.
[<RequireQualifiedAccess>]
module Bonded =
    let private sized (size: int) (what: string) (groups: AtomGroups) =
        if groups.Size <> size then
            invalidArg (nameof groups) $"Bonded: {what} are groups of {size} atoms, these are of {groups.Size}."

    /// Energies of groups, [b·g], in equal parts for their atoms. `energy` is given a way to lay out a parameter, and
    /// what `measure` makes of the vectors from one member of each group to another.
    let private create
        name
        size
        what
        (groups: AtomGroups)
        measure
        (energy: (Tensor -> Tensor) -> Tensor -> Tensor)
        : Potential =
        sized size what groups

        let energies (data: PairData) =
            let members = AtomGroups.membersIn name groups data
            let count = members.Length / size
            let place = Array.init count (fun g -> g % max 1 groups.Count)

            let layOut (parameter: Tensor) =
                let parameter = Tensor.cast data.Positions.Precision parameter

                if parameter.Rank = 0 then
                    parameter
                elif parameter.Shape[0] = groups.Count then
                    Tensor.gather place parameter
                else
                    let shape = parameter.Shape |> Seq.map string |> String.concat ", "
                    invalidArg "parameters" $"{name}: a parameter of shape [{shape}], expected [] or [{groups.Count}]."

            let atoms = data.Numbers.Length

            if count = 0 then
                Tensor.full data.Positions.Precision [| atoms |] 0.0
            else
                let measured = measure (AtomGroups.vectors groups members data)
                let part = energy layOut measured / float size
                let parts = Tensor.expand [| count; size |] (Tensor.reshape [| count; 1 |] part)
                Tensor.segmentSum members atoms (Tensor.reshape [| count * size |] parts)

        Potential.create name 0.0 energies

    let private dot (a: Tensor) (b: Tensor) = Tensor.sumAxes [| 1 |] (a * b)

    let private cross (a: Tensor) (b: Tensor) =
        let part k (t: Tensor) = Tensor.slice 1 k (k + 1) t
        let component' i j = part i a * part j b - part j a * part i b
        Tensor.concat 1 [ component' 1 2; component' 2 0; component' 0 1 ]

    let private cosineOfAngle vectors =
        let u, v = vectors 1 0, vectors 1 2
        dot u v / (Space.lengths u * Space.lengths v)

    let private cosineOfTorsion vectors =
        let first, middle, last = vectors 0 1, vectors 1 2, vectors 2 3
        let m, n = cross first middle, cross middle last
        dot m n / Tensor.sqrt (dot m m * dot n n)

    /// Bonds with an energy [e] of their lengths [e] in Å, element by element.
    let bonds (name: string) (groups: AtomGroups) (energy: Tensor -> Tensor) : Potential =
        create name 2 "bonds" groups (fun vectors -> Space.lengths (vectors 0 1)) (fun _ -> energy)

    /// Angles with an energy [e] of their cosines [e], element by element.
    let angles (name: string) (groups: AtomGroups) (energy: Tensor -> Tensor) : Potential =
        create name 3 "angles" groups cosineOfAngle (fun _ -> energy)

    /// Torsions with an energy [e] of the cosines [e] of φ, element by element.
    let torsions (name: string) (groups: AtomGroups) (energy: Tensor -> Tensor) : Potential =
        create name 4 "torsions" groups cosineOfTorsion (fun _ -> energy)

    /// Harmonic bonds: k(r − r₀)², k in eV/Å², r₀ in Å.
    let harmonicBonds (name: string) (groups: AtomGroups) (k: Tensor) (r0: Tensor) : Potential =
        create name 2 "bonds" groups (fun vectors -> Space.lengths (vectors 0 1)) (fun layOut r ->
            layOut k * Tensor.square (r - layOut r0))

    /// Morse bonds: D(1 − e^{−a(r − r₀)})², D in eV, a in 1/Å, r₀ in Å.
    let morseBonds (name: string) (groups: AtomGroups) (d: Tensor) (a: Tensor) (r0: Tensor) : Potential =
        create name 2 "bonds" groups (fun vectors -> Space.lengths (vectors 0 1)) (fun layOut r ->
            layOut d * Tensor.square (1.0 - Tensor.exp (layOut a * (layOut r0 - r))))

    /// Harmonic angles: k(θ − θ₀)², k in eV, θ₀ in radians.
    let harmonicAngles (name: string) (groups: AtomGroups) (k: Tensor) (theta0: Tensor) : Potential =
        create name 3 "angles" groups cosineOfAngle (fun layOut cosine ->
            // From the straight angle: (π − θ)² is smooth there, and what is not has the factor π − θ₀.
            let rest = System.Math.PI - layOut theta0
            layOut k * (ArcCosine.squared -cosine - 2.0 * rest * ArcCosine.of' -cosine + Tensor.square rest))

    /// cos nφ as the polynomial of cos φ that it is (P. L. Chebyshev's).
    let private multiple n (cosine: Tensor) =
        let rec go k (before: Tensor) (here: Tensor) =
            if k = n then here else go (k + 1) here (2.0 * cosine * here - before)

        if n = 0 then Tensor.onesLike cosine else go 1 (Tensor.onesLike cosine) cosine

    /// Harmonic torsions: k(1 + d cos nφ), k in eV, with the sign d, 1 or −1, and the multiplicity n, 0 or more. Raises
    /// ArgumentException for others.
    let harmonicTorsions (name: string) (groups: AtomGroups) (k: Tensor) (d: int) (n: int) : Potential =
        if abs d <> 1 || n < 0 then
            invalidArg (nameof n) $"Bonded.harmonicTorsions: d = {d}, n = {n}; expected 1 or −1, and 0 or more."

        create name 4 "torsions" groups cosineOfTorsion (fun layOut cosine ->
            layOut k * (1.0 + float d * multiple n cosine))

    /// OPLS torsions: ½K₁(1 + cos φ) + ½K₂(1 − cos 2φ) + ½K₃(1 + cos 3φ) + ½K₄(1 − cos 4φ), K in eV
    /// (W. L. Jorgensen, D. S. Maxwell and J. Tirado-Rives, J. Am. Chem. Soc. 118, 11225 (1996)).
    let oplsTorsions
        (name: string)
        (groups: AtomGroups)
        (k1: Tensor)
        (k2: Tensor)
        (k3: Tensor)
        (k4: Tensor)
        : Potential =
        create name 4 "torsions" groups cosineOfTorsion (fun layOut cosine ->
            let term (k: Tensor) n (sign: float) = 0.5 * layOut k * (1.0 + sign * multiple n cosine)
            term k1 1 1.0 + term k2 2 -1.0 + term k3 3 1.0 + term k4 4 -1.0)

    let private powers (sign: float) (coefficients: Tensor list) layOut (cosine: Tensor) =
        let x: Tensor = sign * cosine
        let parameters: Tensor list = coefficients |> List.map layOut
        List.foldBack (fun (c: Tensor) sum -> c + x * sum) parameters (Tensor.zerosLike x)

    /// Torsions Σ Aₙ cosⁿ φ, A₀, A₁, … in eV (LAMMPS' `multi/harmonic`, which has five and counts them from 1).
    let multiHarmonicTorsions (name: string) (groups: AtomGroups) (coefficients: Tensor list) : Potential =
        create name 4 "torsions" groups cosineOfTorsion (powers 1.0 coefficients)

    /// Torsions Σ Cₙ cosⁿ ψ with ψ = φ − 180°, C₀, C₁, … in eV (J.-P. Ryckaert and A. Bellemans, Chem. Phys. Lett. 30,
    /// 123 (1975)).
    let ryckaertBellemansTorsions (name: string) (groups: AtomGroups) (coefficients: Tensor list) : Potential =
        create name 4 "torsions" groups cosineOfTorsion (powers -1.0 coefficients)
