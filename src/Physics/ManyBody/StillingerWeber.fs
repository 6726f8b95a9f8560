namespace Noether.Physics

open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// The potential of Stillinger and Weber, Phys. Rev. B 31, 5262 (1985), for any number of elements as in LAMMPS' `sw`:
/// E_i = ½ Σ_j φ₂(r_ij) + Σ_{j<k} φ₃(r_ij, r_ik, θ_jik),
/// φ₂ = A ε (B (σ/r)^p − (σ/r)^q) e^{σ/(r − aσ)},
/// φ₃ = λ ε (cos θ − cos θ₀)² e^{γσ/(r_ij − aσ)} e^{γσ/(r_ik − aσ)}.
///
/// *Which numbers.* φ₂ of a pair of elements i, j, and γσ and aσ of its bond in φ₃, are those of the triple (i, j, j);
/// λ, ε and cos θ₀ those of (i, j, k), or the mean of (i, j, k) and (i, k, j) where both are given. Half of φ₂ is
/// taken with the numbers of (i, j, j) and half with those of (j, i, i), which are equal in any table that LAMMPS
/// reads sensibly.
///
/// *Smooth.* At r = aσ all functions vanish with all derivatives, and pairs from there on are not looked at.
[<RequireQualifiedAccess>]
module StillingerWeber =
    let private names = [ "epsilon"; "sigma"; "a"; "lambda"; "gamma"; "cos theta0"; "A"; "B"; "p"; "q"; "tol" ]

    /// The parameters of a LAMMPS `.sw` file: for each triple ε (eV), σ (Å), a, λ, γ, cos θ₀, A, B, p, q, tol. The last
    /// one, a shorter cut-off for speed, is read and not used. Errors: `FileFailure`; with their place `Malformed` and
    /// `UnknownElement`.
    let read (path: string) : Result<TripleParameters, NoetherError> = TripleParameters.read names path

    /// The parameters of a text in the form of `read`; `name` stands for the path in messages.
    let parse (name: string) (text: string) : Result<TripleParameters, NoetherError> =
        TripleParameters.parse names name text

    /// The two rows of each triple of neighbours, those of (i, j, k) and (i, k, j), or twice the only one there is.
    let private rows name (table: KindTable) (kinds: int[]) (data: PairData) (triples: Triples) =
        let pairs = data.Pairs

        let each =
            Array.init triples.Count (fun t ->
                let e, f = triples.First[t], triples.Second[t]
                let i, j, k = pairs.Receivers[e], pairs.Senders[e], pairs.Senders[f]
                let here, there = table.Entry(kinds[i], kinds[j], kinds[k]), table.Entry(kinds[i], kinds[k], kinds[j])

                if here < 0 && there < 0 then
                    KindTable.missing name table [ data.Numbers[i]; data.Numbers[j]; data.Numbers[k] ]

                struct ((if here < 0 then there else here), (if there < 0 then here else there)))

        Array.map (fun struct (here, _) -> here) each, Array.map (fun struct (_, there) -> there) each

    let private energies name (parameters: TripleParameters) (data: PairData) =
        let table = parameters.Table
        let precision = data.Positions.Precision
        let column q = Tensor.cast precision (TripleParameters.column names q parameters)
        let sigma, epsilon = column "sigma", column "epsilon"
        let reach = column "a" * sigma
        let kinds = KindTable.kinds table data
        let entries = ThreeBody.entriesOfPairs name table kinds data

        // Strictly nearer than aσ as it is subtracted below, so that no exponent is infinite.
        let near = ThreeBody.nearer (Tensor.toArray reach) entries data
        let entries = ThreeBody.entriesOfPairs name table kinds near
        let r = near.Distances
        let ofPairs (values: Tensor) = Tensor.gather entries values
        let s = ofPairs sigma
        let beyond = Tensor.reciprocal (r - ofPairs reach)

        let pairEnergies =
            let logRatio = Tensor.log (s / r)
            let power q = Tensor.exp (ofPairs (column q) * logRatio)
            let strength = ofPairs (column "A" * epsilon)
            strength * (ofPairs (column "B") * power "p" - power "q") * Tensor.exp (s * beyond)

        let twoBody = 0.5 * PairData.sumOverNeighbours near pairEnergies
        let triples = Triples.unordered near.Pairs |> Outcome.getOrFail

        if triples.Count = 0 then
            twoBody
        else
            let first, second = Frozen.array triples.First, Frozen.array triples.Second
            let here, there = rows name table kinds near triples
            let mean (values: Tensor) = 0.5 * (Tensor.gather here values + Tensor.gather there values)
            let decay = ofPairs (column "gamma") * s * beyond
            let screening = Tensor.exp (Tensor.gather first decay + Tensor.gather second decay)
            let bend = Tensor.square (ThreeBody.cosines near first second - mean (column "cos theta0"))
            let centres = first |> Array.map (fun e -> near.Pairs.Receivers[e])
            let strength = mean (column "lambda" * epsilon)
            twoBody + Tensor.segmentSum centres near.Numbers.Length (strength * bend * screening)

    /// The tables of `ThreeBodySums` for the kinds and one more, which has no parameters: of u, of h, cut-offs, bends.
    let private tables (parameters: TripleParameters) =
        let table = parameters.Table
        let known = table.Species.Length
        let kinds = known + 1
        let column q = Tensor.toArray (TripleParameters.column names q parameters)
        let sigma, epsilon, lambda, cosine = column "sigma", column "epsilon", column "lambda", column "cos theta0"
        let a, gamma, strength, b = column "a", column "gamma", column "A", column "B"
        let p, q = column "p", column "q"
        let entry i j k = if max i (max j k) < known then table.Entry(i, j, k) else -1
        let ofPairs = Array.init (kinds * kinds) (fun at -> entry (at / kinds) (at % kinds) (at % kinds))
        let reach e = a[e] * sigma[e]

        let ofPair e = [| strength[e] * epsilon[e]; b[e]; p[e]; q[e]; sigma[e]; reach e |]

        let bend at =
            let i, j, k = at / (kinds * kinds), at / kinds % kinds, at % kinds

            match entry i j k, entry i k j with
            | -1, -1 -> [| 0.0; 0.0 |]
            | here, there ->
                let here, there = (if here < 0 then there else here), (if there < 0 then here else there)

                [| 0.5 * (lambda[here] * epsilon[here] + lambda[there] * epsilon[there])
                   0.5 * (cosine[here] + cosine[there]) |]

        // Rows of pairs without parameters are never read.
        ofPairs |> Array.collect (fun e -> ofPair (max 0 e)),
        ofPairs |> Array.collect (fun e -> [| gamma[max 0 e] * sigma[max 0 e]; reach (max 0 e) |]),
        ofPairs |> Array.map (fun e -> if e < 0 then 0.0 else reach e),
        Array.init (kinds * kinds * kinds) bend |> Array.concat

    /// One pass without a tape, for parameters that are numbers.
    let private fused name (cutoff: float) (parameters: TripleParameters) =
        let table = parameters.Table
        let ofPairs, ofLegs, cutoffs, bends = tables parameters

        fun (sites: Sites) (factor: float) (sums: Sums) ->
            let kinds, present = KindTable.kindsAndPresent table sites.Numbers
            let entry i j k = if max i (max j k) < table.Species.Length then table.Entry(i, j, k) else -1

            let complete =
                present
                |> Array.forall (fun i ->
                    present
                    |> Array.forall (fun j ->
                        entry i j j >= 0 && present |> Array.forall (fun k -> entry i j k >= 0 || entry i k j >= 0)))

            // Refuses what has no parameters as the definition does.
            if not complete then
                PairData.ofSites sites |> PairData.within cutoff |> energies name parameters |> ignore

            ThreeBodySums.Add(
                StillingerWeberPair(),
                StillingerWeberLeg(),
                ofPairs,
                ofLegs,
                cutoffs,
                bends,
                kinds,
                sites.Starts.AsSpan(),
                sites.Images,
                sites.Places,
                factor,
                sums.Energies,
                sums.Forces,
                sums.Virials
            )

    /// The potential with a table of parameters, which may carry derivatives. The energy of a triple belongs to its
    /// centre. Errors: `NonFinite` and `InvalidArgument` for the numbers; `Inconsistent`, when it is evaluated, for a
    /// pair or triple of elements within the cut-off that has none. Raises ArgumentException for a table of another
    /// width.
    let create (name: string) (parameters: TripleParameters) : Result<Potential, NoetherError> =
        Outcome.capture (fun () ->
            parameters |> TripleParameters.check "StillingerWeber" names [ "epsilon"; "sigma"; "a"; "gamma" ]
            let column q = Tensor.toArray (TripleParameters.column names q parameters)
            let cutoff = ThreeBody.longest parameters (Array.map2 (*) (column "a") (column "sigma"))
            let pass = if parameters.Values.Level = 0L then Some(fused name cutoff parameters) else None
            Potential.withPass pass name cutoff (energies name parameters))
