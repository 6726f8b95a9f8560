namespace Noether.Laws

open System
open FsCheck.FSharp
open Noether.Domain
open Noether.Physics

/// The laws that say of what forces, virial and stress are the derivatives. Derivatives are taken from values, so that
/// a black box needs none; a violation is what remains beyond four times their estimated error.
[<RequireQualifiedAccess>]
module DerivativeLaws =
    /// Å. A two-hundredth of the length over which energies change leaves extrapolation errors of 10⁻⁷ of a typical
    /// force for r⁻¹², and rounding of 10⁻¹¹.
    let private step (subject: PotentialSubject) = 0.005 * subject.Scales.Length

    let private slope (subject: PotentialSubject) length (f: Structure -> float) (at: float -> Structure) =
        Difference.slope (step subject / length) (at >> f)

    let private energyOf subject structure = (Comparison.evaluate subject structure).Energy

    let private root n = sqrt (float (max 1 n))

    /// F·v = −dE(r + tv)/dt.
    let forces =
        Comparison.law
            "forces"
            "F = −dE/dr along a direction in the space of all coordinates; in typical forces"
            Comparison.extrapolated
            (fun subject sample ->
                let structure = Structure.bare sample.Structure
                let v = Sample.draw (Comparison.directions structure.Count) sample
                let results = Comparison.evaluate subject structure

                if structure.Count = 0 then
                    0.0
                else
                    let found = slope subject 1.0 (energyOf subject) (fun t -> Motion.displace t v structure)
                    let scale = Comparison.force subject results * root structure.Count
                    Difference.excess -(Comparison.dot results.Forces v) found / scale)

    /// The identity and t times a strain.
    let private deformation (strain: float[]) t =
        Array.mapi (fun i x -> (if i % 4 = 0 then 1.0 else 0.0) + t * x) strain

    /// Strains of norm 1: all nine numbers, or one of them.
    let private strains = Comparison.directions 3

    /// dE/dε along a strain: x → x(1 + tε) for each position and lattice vector.
    let private strained subject (structure: Structure) strain =
        // Positions count from their centre, or atoms far from the origin would move far.
        let n = float (max 1 structure.Count)
        let centre k = Seq.sum (Seq.init structure.Count (fun i -> structure.Positions[3 * i + k])) / n

        let centred = Structure.translate (-(centre 0), -(centre 1), -(centre 2)) structure |> Outcome.getOrFail

        let a, b, c = Cell.lengths structure.Cell
        let extent = Math.Max(Math.Max(a, Math.Max(b, c)), Comparison.largest centred.Positions)
        let length = Math.Max(subject.Scales.Length, extent)
        slope subject length (energyOf subject) (fun t -> Moves.turn (deformation strain t) centred)

    /// W·ε = −dE/dε.
    let virial =
        Comparison.law
            "virial"
            "W = −dE/dε along a strain; in the largest of its numbers and of those that typical forces make"
            Comparison.extrapolated
            (fun subject sample ->
                let structure = Structure.bare sample.Structure
                let strain = Sample.draw strains sample
                let results = Comparison.evaluate subject structure

                Difference.excess -(Comparison.dot results.Virial strain) (strained subject structure strain)
                / Comparison.virial subject results)

    /// Stress is there where three lattice vectors are, and is dE/dε/V.
    let stress =
        Comparison.law
            "stress"
            "σ = dE/dε/V along a strain where three lattice vectors are, and none elsewhere; in the scale of the virial"
            Comparison.extrapolated
            (fun subject sample ->
                let structure = Structure.bare sample.Structure
                let strain = Sample.draw strains sample
                let results = Comparison.evaluate subject structure

                match Cell.volume structure.Cell, results.Stress with
                | None, None -> 0.0
                | Some volume, Some stress when stress.Length = 9 ->
                    Difference.excess (volume * Comparison.dot stress strain) (strained subject structure strain)
                    / Comparison.virial subject results
                | Some _, _ ->
                    Outcome.raise (Inconsistent("the stress", "no nine numbers", "some, as the cell has a volume"))
                | None, Some _ ->
                    Outcome.raise (Inconsistent("the stress", "numbers", "none, as the cell has no volume")))

    /// Forces add up to zero: nothing outside pushes.
    let netForce =
        Comparison.law "net force" "forces add up to zero; in typical forces" Comparison.rounding (fun subject sample ->
            let results = Comparison.evaluate subject sample.Structure
            let along k = Seq.sum (Seq.init sample.Structure.Count (fun i -> results.Forces[3 * i + k]))
            Comparison.greatest [ for k in 0..2 -> abs (along k) ] / Comparison.force subject results)

    /// Torques add up to zero, about any axis where nothing is periodic, about the period where one axis is.
    let netTorque =
        Comparison.law
            "net torque"
            "torques add up to zero in open space, and about the only period; in typical forces times distances"
            Comparison.rounding
            (fun subject sample ->
                let structure = sample.Structure
                let results = Comparison.evaluate subject structure
                let r, f = structure.Positions, results.Forces
                let n = structure.Count
                let centre k = Seq.sum (Seq.init n (fun i -> r[3 * i + k])) / float (max 1 n)
                let middle = [| centre 0; centre 1; centre 2 |]

                let torque k =
                    let a, b = (k + 1) % 3, (k + 2) % 3

                    Seq.init n (fun i ->
                        (r[3 * i + a] - middle[a]) * f[3 * i + b] - (r[3 * i + b] - middle[b]) * f[3 * i + a])
                    |> Seq.sum

                let reach = Seq.init (3 * n) (fun i -> abs (r[i] - middle[i % 3])) |> Comparison.greatest
                let scale = Comparison.force subject results * Math.Max(reach, subject.Scales.Length)
                let torques = [| for k in 0..2 -> torque k |]

                match
                    [ for k in 0..2 do
                          if Cell.isPeriodic k structure.Cell then k ]
                with
                | [] -> Comparison.greatest (Array.map abs torques) / scale
                | [ axis ] ->
                    let x, y, z = Cell.vector axis structure.Cell
                    let a, b, c = Cell.lengths structure.Cell
                    abs (torques[0] * x + torques[1] * y + torques[2] * z) / ([| a; b; c |][axis] * scale)
                | _ -> 0.0)

    /// The virial is symmetric: rotating all costs nothing.
    let symmetricVirial =
        Comparison.law
            "symmetric virial"
            "W = Wᵀ; in the scale of the virial"
            Comparison.rounding
            (fun subject sample ->
                let results = Comparison.evaluate subject sample.Structure
                let w = results.Virial

                Comparison.greatest [ for i, j in [ 0, 1; 0, 2; 1, 2 ] -> abs (w[3 * i + j] - w[3 * j + i]) ]
                / Comparison.virial subject results)

    let private twoDirections n = Gen.two (Comparison.directions n)

    /// d(F·u)/dt along v.
    let private bend subject structure u v =
        slope subject 1.0 (fun moved -> Comparison.dot (Comparison.evaluate subject moved).Forces u) (fun t ->
            Motion.displace t v structure)

    let private curvature (subject: PotentialSubject) results n =
        Comparison.force subject results / subject.Scales.Length * root n

    /// The derivative of the forces is symmetric: they are the gradient of something.
    let symmetricHessian =
        Comparison.law
            "symmetric Hessian"
            "dF·u/dv = dF·v/du for two directions; in typical forces over the length of the subject"
            Comparison.extrapolated
            (fun subject sample ->
                let structure = Structure.bare sample.Structure
                let u, v = Sample.draw (twoDirections structure.Count) sample

                if structure.Count = 0 then
                    0.0
                else
                    let one, other = bend subject structure u v, bend subject structure v u
                    let results = Comparison.evaluate subject structure

                    Difference.excess one.Value { other with Error = one.Error + other.Error }
                    / curvature subject results structure.Count)

    /// Exact second derivatives are those of the forces, and symmetric.
    let exactHessian =
        Comparison.law
            "exact Hessian"
            "uHv = −dF·u/dv, and uHv = vHu; in typical forces over the length of the subject"
            Comparison.extrapolated
            (fun subject sample ->
                let structure = Structure.bare sample.Structure
                let u, v = Sample.draw (twoDirections structure.Count) sample

                match subject.Hessian with
                | Some times when structure.Count > 0 ->
                    let product a b = times structure b |> Outcome.getOrFail |> Comparison.dot a
                    let uv = product u v
                    let scale = curvature subject (Comparison.evaluate subject structure) structure.Count

                    Comparison.greatest
                        [ Difference.excess -uv (bend subject structure u v) / scale
                          // Rounding of products only, so in the finer tolerance.
                          Comparison.extrapolated / Comparison.rounding * abs (uv - product v u) / scale ]
                | _ -> 0.0)
