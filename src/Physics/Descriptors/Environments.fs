namespace Noether.Physics

open System
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// The environment of an atom in numbers: radial and angular functions of the neighbours by their species, in the form
/// of ANI (J. S. Smith, O. Isayev, A. E. Roitberg, Chem. Sci. 8 (2017) 3192) as its program NeuroChem computes it.
///
/// *Radial*, for each species s and shift R: ¼ Σ_{j∈s} exp(−η(r_ij − R)²) f(r_ij).
///
/// *Angular*, for each unordered pair of species, shift R and section θ_s:
/// 2 Σ_{j<k} ((1 + cos(θ − θ_s))/2)^ζ exp(−η((r_ij + r_ik)/2 − R)²) f(r_ij) f(r_ik), θ = arccos(0.95 cos θ_jik).
///
/// *Columns.* The radial block, species by species, shifts fastest; then the angular one: pairs of species in the order
/// of an upper triangle's rows (11, 12, …, 22, …), shifts outside, sections inside.
///
/// *Atoms at one place* have no direction to each other: the cosine of an angle there is 0, and no force comes of it.
type Environments =
    {
        /// The number of species.
        Species: int
        /// Where the radial functions end, Å.
        RadialCutoff: float
        /// Where the angular functions end, Å; not longer.
        AngularCutoff: float
        /// η of the radial functions, 1/Å².
        RadialWidth: float
        /// R of the radial functions, Å.
        RadialShifts: float list
        /// η of the angular functions, 1/Å².
        AngularWidth: float
        /// R of the angular functions, Å.
        AngularShifts: float list
        /// ζ of the angular functions.
        Sharpness: float
        /// θ_s of the angular functions, radians.
        Sections: float list
        /// How the functions end.
        End: EnvironmentEnd
    }

    /// The number of columns.
    member this.Width =
        let angular = this.AngularShifts.Length * this.Sections.Length
        this.Species * this.RadialShifts.Length + this.Species * (this.Species + 1) / 2 * angular

/// Environments as differentiable functions and as one pass.
[<RequireQualifiedAccess>]
module Environments =
    let private refuse name (value: string) expected = Outcome.raise (InvalidArgument(name, value, expected))

    /// The same environments, checked. Errors: `InvalidArgument` for no species, shift or section, for cut-offs that
    /// are no lengths or in the wrong order, and for constants that are not finite or not positive.
    let check (environments: Environments) : Result<Environments, NoetherError> =
        Outcome.capture (fun () ->
            let positive name (x: float) =
                if not (x > 0.0 && Double.IsFinite x) then
                    refuse name (NoetherError.number x) "a positive finite number"

            let some name (values: float list) =
                if values.IsEmpty then refuse name "empty" "at least one number"

                for x in values do
                    if not (Double.IsFinite x) then refuse name (NoetherError.number x) "finite numbers"

            if environments.Species < 1 then
                refuse "the number of species" $"{environments.Species}" "at least 1"

            positive "the radial cut-off" environments.RadialCutoff
            positive "the angular cut-off" environments.AngularCutoff
            positive "the width of the radial functions" environments.RadialWidth
            positive "the width of the angular functions" environments.AngularWidth
            positive "the sharpness of the angular functions" environments.Sharpness
            some "the list of radial shifts" environments.RadialShifts
            some "the list of angular shifts" environments.AngularShifts
            some "the list of sections" environments.Sections

            if environments.AngularCutoff > environments.RadialCutoff then
                refuse
                    "the angular cut-off"
                    (NoetherError.number environments.AngularCutoff)
                    $"at most the radial one, {NoetherError.number environments.RadialCutoff} Å"

            match environments.End with
            | SmoothEnd order when order < 1 -> refuse "the order of the cut-off function" $"{order}" "at least 1"
            | _ -> ()

            environments)

    /// Numbers as a row [1, k].
    let private row precision (values: float list) = Tensor.vector values |> Tensor.cast precision |> Tensor.unsqueeze 0

    /// exp(−η(r − R)²), [p, shifts].
    let private bells width (shifts: float list) (r: Tensor) =
        let off = Tensor.unsqueeze 1 r - row r.Precision shifts
        Tensor.exp (-width * (off * off))

    let private radial environments (species: int[]) (data: PairData) =
        let pairs, r = data.Pairs, data.Distances
        let f = 0.25 * EnvironmentEnd.factor environments.End environments.RadialCutoff r
        let terms = bells environments.RadialWidth environments.RadialShifts r * Tensor.unsqueeze 1 f
        let kinds = environments.Species
        let target = Array.init pairs.Count (fun e -> pairs.Receivers[e] * kinds + species[pairs.Senders[e]])

        Tensor.segmentSum target (species.Length * kinds) terms
        |> Tensor.reshape [| species.Length; kinds * environments.RadialShifts.Length |]

    /// Directions to the neighbours, [p, 3]; without direction, and without derivative, at distance 0.
    let private directions (data: PairData) =
        let r = data.Distances
        let apart = Tensor.toArray r |> Array.map (fun r -> r > 0.0)
        let inverse = 1.0 / Tensor.select apart r (Tensor.onesLike r)
        data.Vectors * Tensor.unsqueeze 1 (Tensor.select apart inverse (Tensor.zerosLike r))

    let private angular environments (species: int[]) (data: PairData) =
        let pairs = data.Pairs
        let triples = Triples.unordered pairs |> Outcome.getOrFail
        let first, second = Frozen.array triples.First, Frozen.array triples.Second
        let precision = data.Distances.Precision
        let units = directions data
        let cosines = 0.95 * Tensor.sumAxes [| 1 |] (Tensor.gather first units * Tensor.gather second units)
        let sines = Tensor.sqrt (1.0 - cosines * cosines)
        let half f = row precision (environments.Sections |> List.map (fun section -> 0.5 * f section))

        // ½(1 + cos(θ − θ_s)) = ½ + ½(cos θ cos θ_s + sin θ sin θ_s)
        let turned = 0.5 + Tensor.unsqueeze 1 cosines * half cos + Tensor.unsqueeze 1 sines * half sin
        let bends = Tensor.exp (environments.Sharpness * Tensor.log turned)
        let ends = EnvironmentEnd.factor environments.End environments.AngularCutoff data.Distances
        let means = 0.5 * (Tensor.gather first data.Distances + Tensor.gather second data.Distances)
        let cut = 2.0 * (Tensor.gather first ends * Tensor.gather second ends)

        let bells = bells environments.AngularWidth environments.AngularShifts means * Tensor.unsqueeze 1 cut

        let functions = environments.AngularShifts.Length * environments.Sections.Length
        let terms = Tensor.unsqueeze 2 bells * Tensor.unsqueeze 1 bends |> Tensor.reshape [| triples.Count; functions |]
        let kinds = environments.Species
        let pairCount = kinds * (kinds + 1) / 2

        let target =
            Array.init triples.Count (fun t ->
                let s, q = species[pairs.Senders[first[t]]], species[pairs.Senders[second[t]]]
                let low, high = min s q, max s q
                pairs.Receivers[first[t]] * pairCount + low * kinds - low * (low - 1) / 2 + high - low)

        Tensor.segmentSum target (species.Length * pairCount) terms
        |> Tensor.reshape [| species.Length; pairCount * functions |]

    /// The environments of atoms of known species [n], counted from 0: [n, w] in the precision of the data. Pairs
    /// beyond the cut-offs may be there. Differentiable by positions and cell to any order. Raises ArgumentException
    /// for another number of species than atoms.
    let features (environments: Environments) (species: int[]) (data: PairData) : Tensor =
        if species.Length <> data.Numbers.Length then
            invalidArg
                (nameof species)
                $"Environments.features: {species.Length} species, expected {data.Numbers.Length}, one for each atom."

        let near = PairData.within environments.RadialCutoff data
        let inner = PairData.within environments.AngularCutoff near
        Tensor.concat 1 [ radial environments species near; angular environments species inner ]

    /// What kernels know of environments.
    let internal shape (environments: Environments) : EnvironmentShape =
        EnvironmentShape(
            environments.Species,
            environments.RadialCutoff,
            environments.AngularCutoff,
            environments.RadialWidth,
            ReadOnlySpan(Array.ofList environments.RadialShifts),
            environments.AngularWidth,
            ReadOnlySpan(Array.ofList environments.AngularShifts),
            environments.Sharpness,
            ReadOnlySpan(Array.ofList environments.Sections),
            match environments.End with
            | CosineEnd -> 0
            | SmoothEnd order -> order
        )

    /// The environments of the atoms of a structure [n], of known species, [n, w] by rows, in one pass in float64.
    /// Errors: those of `Neighbours.build`. Raises ArgumentException for species that are not those of the atoms.
    let evaluate (environments: Environments) (species: int[]) (structure: Structure) : Result<float[], NoetherError> =
        Neighbours.build environments.RadialCutoff structure
        |> Result.map (fun pairs ->
            let sites = Sites.ofStructures [| structure, pairs |]
            let values: float[] = Array.zeroCreate (structure.Count * environments.Width)

            EnvironmentSums.ValuesInto(
                shape environments,
                ReadOnlySpan species,
                sites.Starts.AsSpan(),
                sites.Images,
                ReadOnlySpan(sites.Places: float[]),
                Span values
            )

            values)

/// Ensembles of networks of environments, one for each member and species, for atoms' energies in one pass: computed in
/// a precision, the layers by species and member. Raises ArgumentException for layers that do not fit.
[<Sealed; AllowNullLiteral(false)>]
type EnvironmentEnsemble(precision: Precision, environments: Environments, layers: NetworkLayer[][][]) =
    let shape = Environments.shape environments

    let networks: IEnvironmentNetworks =
        match precision with
        | Float32 -> EnvironmentNetworks<float32>(shape, layers)
        | Float64 -> EnvironmentNetworks<float>(shape, layers)

    let add (weights: float[]) (species: int[]) (sites: Sites) factor (sums: Sums) (ofMembers: float[]) =
        networks.Add(
            ReadOnlySpan weights,
            ReadOnlySpan species,
            sites.Starts.AsSpan(),
            sites.Images,
            ReadOnlySpan(sites.Places: float[]),
            factor,
            sums.Energies,
            sums.Forces,
            sums.Virials,
            Span ofMembers
        )

    /// The pass of a potential whose atoms have the energy Σ_m w_m E_m and one of their species: weights w [members],
    /// the species of atomic numbers, energies [species].
    member _.Pass(weights: float[], speciesOf: int seq -> int[], selfEnergies: float[]) : FusedPass =
        FusedPass(fun sites factor sums ->
            let species = speciesOf sites.Numbers
            add weights species sites factor sums Array.empty
            let energies = sums.Energies

            for i in 0 .. species.Length - 1 do
                energies[i] <- energies[i] + factor * selfEnergies[species[i]])

    /// The energy of each atom of a structure by each member, [members, n], for the species of atomic numbers and pairs
    /// within a cut-off. Errors: those of `Neighbours.build`.
    member _.Members(speciesOf: int seq -> int[], cutoff: float, structure: Structure) : Result<float[], NoetherError> =
        Outcome.capture (fun () ->
            let pairs = Neighbours.build cutoff structure |> Outcome.getOrFail
            let sites = Sites.ofStructures [| structure, pairs |]
            let n = structure.Count
            let sums = Sums(Array.zeroCreate n, Array.zeroCreate (3 * n), Array.zeroCreate (9 * n))
            let ofMembers = Array.zeroCreate (networks.Members * n)
            add (Array.zeroCreate networks.Members) (speciesOf sites.Numbers) sites 1.0 sums ofMembers
            ofMembers)
