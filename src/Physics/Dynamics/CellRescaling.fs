namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.Domain
open Noether.Kernels

/// One step of a barostat, see `Barostat`.
///
/// *The conserved quantity.* Relative to the invariant measure of the group of strains the stationary distribution is
/// exp(−A/k_BT) with A = K + U + P₀V − k_BT ln V. A step from one cell to another is drawn from a normal distribution
/// of x about a·t with variance 2Dt; the step back would be −x about a′t with 2D′t. If A changed by exactly k_BT times
/// the logarithm of the ratio of the two probabilities there would be detailed balance; the difference is what the
/// finite step does wrong, and is what the conserved quantity changes by.
[<RequireQualifiedAccess>]
module internal CellRescaling =
    /// Matrices of norm 1, orthogonal to each other, that span the strains.
    let private directions shape =
        let at entries =
            Array.init 9 (fun i -> entries |> List.tryFind (fst >> (=) i) |> Option.map snd |> Option.defaultValue 0.0)

        let axes = [ for a in 0..2 -> at [ 4 * a, 1.0 ] ]

        match shape with
        | Isotropic -> [| at [ for a in 0..2 -> 4 * a, 1.0 / sqrt 3.0 ] |]
        | Axial -> Array.ofList axes
        | Triclinic ->
            let shear a b = at [ 3 * a + b, sqrt 0.5; 3 * b + a, sqrt 0.5 ]
            Array.ofList (axes @ [ shear 0 1; shear 0 2; shear 1 2 ])

    let private product (a: float[]) (b: float[]) =
        Array.init 9 (fun i ->
            let r, c = 3 * (i / 3), i % 3
            a[r] * b[c] + a[r + 1] * b[3 + c] + a[r + 2] * b[6 + c])

    /// e^x − 1 of a matrix of norm below the limit, by its series: the terms left out are below 1e-17.
    let private exponentialLess1 (x: float[]) =
        let mutable term = x
        let sum = Array.copy x

        for k in 2..16 do
            term <- product term x |> Array.map (fun t -> t / float k)

            for i in 0..8 do
                sum[i] <- sum[i] + term[i]

        sum

    /// The largest strain of one step that can be meant.
    let private limit = 0.3

    /// The drift a along each direction, and the diffusion D, at a phase.
    let private rates (barostat: Barostat) (thermal: float) (basis: float[][]) (phase: PhasePoint) (results: Results) =
        let volume = Quantity.volume "a structure under a barostat" phase.Structure.Cell
        let rate = barostat.Compressibility / Units.GPa / (3.0 * barostat.Relaxation * Units.fs)
        let target = barostat.Pressure * Units.GPa
        let kinetic = PhasePoint.kineticTensor phase

        let along (e: float[]) =
            let mutable sum = 0.0

            for i in 0..8 do
                let pressure = (kinetic[i] + results.Virial[i]) / volume - (if i % 4 = 0 then target else 0.0)
                sum <- sum + e[i] * pressure

            rate * sum

        Array.map along basis, rate * thermal / volume, volume

    /// The phase after time t (Å √(amu/eV)), its results and its list, and what the invariant is to be lessened by.
    let step
        (barostat: Barostat)
        (thermal: float)
        (t: float)
        (key: RandomKey)
        (evaluate: Structure -> Results * VerletList option)
        (phase: PhasePoint)
        (results: Results)
        =
        let basis = directions barostat.Shape
        let drift, diffusion, volume = rates barostat thermal basis phase results
        let noise: float[] = Array.zeroCreate basis.Length
        Threefry.Normal(key, Span noise)
        let x = Array.map2 (fun a r -> a * t + sqrt (2.0 * diffusion * t) * r) drift noise
        let size = sqrt (Array.sumBy (fun s -> s * s) x)

        if not (size < limit) then
            let expected = $"less than {limit}: a longer relaxation time, or a smaller compressibility"
            Outcome.raise (Inconsistent("the barostat", $"a strain of {Quantity.text size} in one step", expected))

        let strain = Array.init 9 (fun i -> Array.sum (Array.map2 (fun s (e: float[]) -> s * e[i]) x basis))
        let back = exponentialLess1 (Array.map (~-) strain)
        let structure = Structure.strain (exponentialLess1 strain) phase.Structure |> Outcome.getOrFail
        let v = phase.Velocities
        let velocities = Array.zeroCreate v.Length

        for i in 0..3 .. v.Length - 3 do
            for c in 0..2 do
                velocities[i + c] <- v[i + c] + v[i] * back[c] + v[i + 1] * back[3 + c] + v[i + 2] * back[6 + c]

        // Momenta along free coordinates stay: of what goes against the cell, that is the part which constraints allow.
        let after = { phase with Structure = structure }
        Velocities.constrain after velocities
        let after = { after with Velocities = Frozen.freeze velocities }
        let newResults, list = evaluate structure
        let newDrift, newDiffusion, newVolume = rates barostat thermal basis after newResults
        let growth = log (newVolume / volume)
        let mutable ratio = -0.5 * float basis.Length * growth

        for k in 0 .. basis.Length - 1 do
            let forth, back = x[k] - drift[k] * t, x[k] + newDrift[k] * t

            ratio <- ratio + back * back / (4.0 * newDiffusion * t) - forth * forth / (4.0 * diffusion * t)

        struct (after, newResults, list, thermal * (growth - ratio))
