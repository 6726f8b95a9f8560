namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.Domain
open Noether.Kernels

/// What thermostats do to velocities [n, 3], in place. Times in Å √(amu/eV), energies in eV.
[<RequireQualifiedAccess>]
module internal Baths =
    let private normal (key: RandomKey) =
        let x = [| 0.0 |]
        Threefry.Normal(key, Span x)
        x[0]

    /// A number from the distribution Γ(shape, 1), shape ≥ 1 (G. Marsaglia and W. W. Tsang, ACM Trans. Math. Softw. 26,
    /// 363 (2000)). Each attempt has its own key; more than a few are rare.
    let private gamma (shape: float) (key: RandomKey) =
        let d = shape - 1.0 / 3.0
        let c = 1.0 / sqrt (9.0 * d)

        let rec attempt (k: uint32) =
            let keys = key.Fold(k).Split 2
            let x = normal keys[0]
            let u = [| 0.0 |]
            Threefry.Uniform(keys[1], Span u)
            let t = 1.0 + c * x
            let v = t * t * t

            if v > 0.0 && log u[0] < 0.5 * x * x + d - d * v + d * log v then d * v else attempt (k + 1u)

        attempt 0u

    /// The sum of the squares of n normal numbers.
    let internal sumOfSquares (n: int) (key: RandomKey) =
        if n = 0 then
            0.0
        elif n = 1 then
            let x = normal key
            x * x
        else
            2.0 * gamma (0.5 * float n) key

    /// The factor of velocities after time t: the kinetic energy K follows dK = (K̄ − K) dt/τ + 2√(K K̄/f) dW/√τ with
    /// mean K̄ = f k_BT/2, of which this is the exact solution (equation A7 of Bussi, Donadio and Parrinello).
    let stochasticFactor (freedoms: int) (thermal: float) (decay: float) (kinetic: float) (key: RandomKey) =
        if freedoms = 0 || kinetic = 0.0 then
            1.0
        else
            let keys = key.Split 2
            let share = (1.0 - decay) * 0.5 * thermal / kinetic
            let r = normal keys[0]
            let rest = sumOfSquares (freedoms - 1) keys[1]
            let square = decay + share * (r * r + rest) + 2.0 * r * sqrt (decay * share)
            let root = sqrt (max 0.0 square)
            if r + sqrt (decay / share) < 0.0 then -root else root

    /// The weights of a splitting of fourth order (M. Suzuki, J. Math. Phys. 32, 400 (1991); H. Yoshida, Phys. Lett. A
    /// 150, 262 (1990)).
    let private weights =
        let w = 1.0 / (2.0 - Math.Cbrt 2.0)
        [| w; 1.0 - 2.0 * w; w |]

    /// The masses of a chain: f k_BT τ², then k_BT τ².
    let private chainMass freedoms thermal relaxation k =
        (if k = 0 then float freedoms else 1.0) * thermal * relaxation * relaxation

    /// Half a step of a chain: the factor of velocities and the chain after time t (Martyna et al. 1996, section 4,
    /// equation 29).
    let chainFactor (freedoms: int) (thermal: float) (relaxation: float) (t: float) (kinetic: float) (chain: float[]) =
        let length = chain.Length / 2
        let mass = chainMass freedoms thermal relaxation
        let velocity k = length + k
        let mutable factor = 1.0

        let force k =
            if k = 0 then
                (2.0 * kinetic * factor * factor - float freedoms * thermal) / mass 0
            else
                let v = chain[velocity (k - 1)]
                (mass (k - 1) * v * v - thermal) / mass k

        // The last link is pushed by its force alone, the others are also slowed by the next one.
        let push h k =
            let drag = if k = length - 1 then 1.0 else exp (-0.25 * h * chain[velocity (k + 1)])
            chain[velocity k] <- (chain[velocity k] * drag + 0.5 * h * force k) * drag

        if freedoms > 0 then
            for w in weights do
                let h = w * t

                for k in length - 1 .. -1 .. 0 do
                    push h k

                factor <- factor * exp (-h * chain[velocity 0])

                for k in 0 .. length - 1 do
                    chain[k] <- chain[k] + h * chain[velocity k]

                for k in 0 .. length - 1 do
                    push h k

        factor

    /// The energy of a chain, which with that of the atoms is conserved: Σ ½ Q_k v_k² + f k_BT ξ₀ + k_BT Σ ξ_k.
    let chainEnergy (freedoms: int) (thermal: float) (relaxation: float) (chain: ImmutableArray<float>) =
        let length = chain.Length / 2
        let mutable sum = 0.0

        for k in 0 .. length - 1 do
            let v = chain[length + k]
            let weight = if k = 0 then float freedoms else 1.0
            sum <- sum + 0.5 * chainMass freedoms thermal relaxation k * v * v + weight * thermal * chain[k]

        sum

    /// The factor of velocities √(1 + (T₀/T − 1) t/τ).
    let berendsenFactor (freedoms: int) (thermal: float) (ratio: float) (kinetic: float) =
        if freedoms = 0 || kinetic = 0.0 then
            1.0
        else
            sqrt (1.0 + ratio * (0.5 * float freedoms * thermal / kinetic - 1.0))
