namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain
open Noether.Equivariance
open Noether.Kernels

/// The radial functions of one degree at the nodes of a rule.
[<NoEquality; NoComparison>]
type internal LodeDegree =
    {
        Degree: int
        Count: int
        /// Squares of the nodes [q].
        Squares: Tensor
        /// Weights times r^(l + 2) R_n(r), [q, n].
        Values: Tensor
        /// Weights times r² R_n(r), [q, n], for what has no direction.
        Plain: Tensor
        Nodes: float[]
    }

[<RequireQualifiedAccess>]
module internal LodeDegree =
    /// j_l(√s)/√sˡ, whose derivative is −½ of the next.
    let rec bessel l =
        { new Pointwise("spherical Bessel function") with
            member _.Map(x, y) = PlainFunction.map (fun s -> SphericalBessel.Reduced(l, s)) x y
            member _.Derivative(x, _) = -0.5 * (bessel (l + 1)).Of x }

    let create (settings: LodeSettings) (l, most) : LodeDegree =
        let widths = GaussianOrbitals.widths settings.Radius most
        let matrix = GaussianOrbitals.orthonormal widths
        let n = most + 1
        // Orbitals end at 12 widths; parts are as narrow as waves and the narrowest orbital ask for.
        let stop = 12.0 * Array.max widths
        let parts = max (settings.WaveCutoff * stop / Math.PI) (stop / (0.75 * Array.min widths))
        let nodes = GaussRule.over 0.0 stop (int (ceil parts))
        let norms = Array.init n (GaussianOrbitals.logNorm widths)

        let orbital k r = exp (norms[k] + float k * log r - r * r / (2.0 * widths[k] * widths[k]))

        let table power =
            nodes
            |> Array.collect (fun (r, w) ->
                let orbitals = Array.init n (fun k -> orbital k r)

                Array.init n (fun m ->
                    w * r ** power * Seq.sum [ for k in 0 .. n - 1 -> matrix[m * n + k] * orbitals[k] ]))
            |> Tensor.ofArray [| nodes.Length; n |]

        { Degree = l
          Count = n
          Squares = Tensor.vector [ for r, _ in nodes -> r * r ]
          Values = table (float l + 2.0)
          Plain = table 2.0
          Nodes = Array.map fst nodes }

    /// ∫ r² R_n(r) j_l(kr) dr/kˡ at k² [K]: [K, n].
    let waves (degree: LodeDegree) (squares: Tensor) : Tensor =
        let count = squares.Size
        let rows = Tensor.reshape [| count; 1 |] squares
        let products = rows * Tensor.reshape [| 1; degree.Squares.Size |] degree.Squares
        Tensor.matmul ((bessel degree.Degree).Of products) degree.Values

/// The field of a whole lattice of atoms around each atom, on radial functions and spherical harmonics: long-distance
/// equivariant features (A. Grisafi and M. Ceriotti, J. Chem. Phys. 151, 204105 (2019); A. Grisafi, J. Nigam and M.
/// Ceriotti, Chem. Sci. 12, 2078 (2021)), with the field φ of an atom as `LodeSettings` has it,
///
///     ⟨n l m|i; a⟩ = (4π/V) Σ_{j of a} Σ_{0<|k|<k_c} φ̂(k) Re[iˡ e^(ik·(r_i − r_j))] Y_lm(k̂) ∫ r² R_n(r) j_l(kr) dr
///
/// in featomic's conventions. What is at k = 0 is left out where it is infinite, p ≤ 3, as a background leaves it.
/// Crystals with three periodic axes only.
[<RequireQualifiedAccess>]
module LodeExpansion =
    let private names (names: string list) = ImmutableArray.CreateRange names
    let private range name low high = LabelRules.trusted (names [ name ]) (high - low + 1) [| low..high |]

    /// φ̂ of k² > 0, φ̂(0) or 0, and φ of distances.
    let private field (settings: LodeSettings) : (Tensor -> Tensor) * Tensor * (Tensor -> Tensor) =
        let sigma = settings.Smearing

        if settings.Exponent = 0.0 then
            let size = (Math.PI * sigma * sigma) ** -0.75
            let mean = size * (2.0 * Math.PI * sigma * sigma) ** 1.5

            (fun k2 -> mean * Tensor.exp (-0.5 * sigma * sigma * k2)),
            Tensor.scalar mean,
            (fun r -> size * Tensor.exp (-0.5 / (sigma * sigma) * r * r))
        else
            let split = RangeSplit.inversePower settings.Exponent (Tensor.scalar sigma)
            let mean = if settings.Exponent > 3.0 then split.Mean else Tensor.scalar 0.0
            split.Reciprocal, mean, split.Long

    let private normal = SphericalHarmonics.factor HarmonicsNormalization.Integral 0

    /// The waves of a crystal: k [K, 3], and for each degree (4π/V) φ̂ Y_lm ∫ r² R_n j_l dr, [K, (2l+1) n].
    let private waves (settings: LodeSettings) (degrees: LodeDegree[]) (cell: Tensor) =
        let lattice = CellFrame.ofCell cell
        let indices, weight = ReciprocalSet.indices (Sphere settings.WaveCutoff) lattice
        let transform, mean, value = field settings
        let count = indices.Shape[0]
        let k = CellFrame.vectors lattice indices
        let squares = Tensor.reshape [| count |] (Tensor.sumAxes [| 1 |] (k * k))
        let scale = 4.0 * Math.PI / lattice.Volume
        let filter = weight * normal * scale * transform squares
        let turned = Tensor.concat 1 [ Tensor.slice 1 1 3 k; Tensor.slice 1 0 1 k ]
        let highest = degrees |> Array.map _.Degree |> Array.max
        let harmonics = Harmonics.solid highest turned

        let ofDegree (degree: LodeDegree) =
            let l, n = degree.Degree, degree.Count
            let own = Tensor.slice 1 (l * l) ((l + 1) * (l + 1)) harmonics * Tensor.reshape [| count; 1 |] filter
            let radial = LodeDegree.waves degree squares
            let product = Tensor.reshape [| count; 2 * l + 1; 1 |] own * Tensor.reshape [| count; 1; n |] radial
            Tensor.reshape [| count; (2 * l + 1) * n |] product

        /// What an atom of the neighbours' element adds to degree 0 at k = 0, and the centre of its own field, [n]
        /// each.
        let constants (degree: LodeDegree) =
            let ones = Tensor.ones [| 1; degree.Nodes.Length |]
            let atRest = normal * scale * mean * Tensor.matmul ones degree.Plain

            let own =
                let values = Tensor.reshape [| 1; degree.Nodes.Length |] (value (Tensor.vector degree.Nodes))
                (settings.CentreWeight - 1.0) * sqrt (4.0 * Math.PI) * Tensor.matmul values degree.Plain

            atRest, own

        k, Array.map ofDegree degrees, constants

    /// Re[iˡ e^(iθ)] is this times cos θ for even l, times sin θ for odd l.
    let private sign l = if (l + 1) / 2 % 2 = 0 then 1.0 else -1.0

    let private atomsOf (structure: Structure) element =
        [| for i in 0 .. structure.Count - 1 do
               if structure.Numbers[i] = element then i |]

    let private elements (structures: Structure list) =
        structures |> Seq.collect _.Numbers |> Seq.distinct |> Seq.sort |> Array.ofSeq

    let private refuseOpen (structure: Structure) =
        if not (Seq.forall id structure.Cell.Periodic) then
            let found = "an axis that is not periodic"
            Inconsistent("the structure", found, "three periodic axes, for fields of a lattice") |> Outcome.raise

    /// The values of all degrees around atoms of one element, [centres, 2l+1, n] each, as a function of two elements.
    let private values settings (degrees: LodeDegree[]) (structure: Structure) (positions: Tensor) (cell: Tensor) =
        let k, waves, constants = waves settings degrees cell
        let phases = Tensor.matmulTransposed false true positions k
        let cosine, sine = Tensor.cos phases, Tensor.sin phases

        fun centre neighbour ->
            let centres, others = atomsOf structure centre, atomsOf structure neighbour
            let total (wave: Tensor) = Tensor.gather others wave |> Tensor.sumAxes [| 0 |] |> Tensor.reshape [| 1; -1 |]
            let c, s = total cosine, total sine
            let own (wave: Tensor) = Tensor.gather centres wave
            let even, odd = own cosine * c + own sine * s, own sine * c - own cosine * s

            Array.map2
                (fun (degree: LodeDegree) (waves: Tensor) ->
                    let l, n = degree.Degree, degree.Count
                    let sum = sign l * Tensor.matmul (if l % 2 = 0 then even else odd) waves
                    let shape = [| centres.Length; 2 * l + 1; n |]

                    if l > 0 then
                        Tensor.reshape shape sum
                    else
                        let atRest, self = constants degree
                        let sum = sum + float others.Length * atRest
                        Tensor.reshape shape (if centre = neighbour then sum + self else sum))
                degrees
                waves

    /// Derivatives by positions: for each centre its rows, those of the atoms of the neighbours' element and its own,
    /// ascending, [rows, 3, 2l+1, n] for each degree; and (sample, atom) of the rows.
    let private gradients settings (degrees: LodeDegree[]) (structure: Structure) =
        let positions = Space.positions structure
        let k, waves, _ = waves settings degrees (Space.cell structure)
        let columns = [| for c in 0..2 -> Tensor.reshape [| 1; -1 |] (Tensor.slice 1 c (c + 1) k) |]
        let phases = Tensor.matmulTransposed false true positions k

        fun centre neighbour ->
            let centres, others = atomsOf structure centre, atomsOf structure neighbour

            let ofCentre i =
                let phase = Tensor.gather [| i |] phases - Tensor.gather others phases
                let slopes = [| -(Tensor.sin phase); Tensor.cos phase |]
                let atoms = Array.append [| i |] others |> Array.distinct |> Array.sort

                let ofDegree (degree: LodeDegree) (waves: Tensor) =
                    let size = waves.Shape[1]
                    let slope = sign degree.Degree * slopes[degree.Degree % 2]

                    let parts =
                        columns |> Array.map (fun column -> Tensor.toArray (Tensor.matmul (slope * column) waves))

                    let rows = Array.zeroCreate<float>(atoms.Length * 3 * size)

                    for o in 0 .. others.Length - 1 do
                        if others[o] <> i then
                            let row, own = Array.IndexOf(atoms, others[o]), Array.IndexOf(atoms, i)

                            for c in 0..2 do
                                for x in 0 .. size - 1 do
                                    let value = parts[c][o * size + x]
                                    let at, centre = (3 * row + c) * size + x, (3 * own + c) * size + x
                                    rows[at] <- rows[at] - value
                                    rows[centre] <- rows[centre] + value

                    rows

                atoms, Array.map2 ofDegree degrees waves

            Array.map ofCentre centres

    let private keysOf (degrees: LodeDegree[]) (pairs: (int * int)[]) =
        let keys =
            [| for centre, neighbour in pairs do
                   for degree in degrees do
                       degree.Degree
                       1
                       centre
                       neighbour |]

        let names = names [ "o3_lambda"; "o3_sigma"; "center_type"; "neighbor_type" ]
        LabelRules.trusted names (keys.Length / 4) keys

    let private block (degree: LodeDegree) samples (values: Tensor) =
        let l = degree.Degree
        let components = ImmutableArray.Create(range "o3_mu" -l l)
        BlockRules.plain values samples components (range "n" 0 (degree.Count - 1))

    let private degreesOf (settings: LodeSettings) =
        LodeSettings.check settings
        [| for KeyValue(l, most) in settings.Radial -> LodeDegree.create settings (l, most) |]

    /// The pairs of elements that meet in one of the structures, and the structures where they do.
    let private pairsOf (structures: Structure list) =
        let all = elements structures

        [| for centre in all do
               for neighbour in all do
                   let here =
                       structures
                       |> List.indexed
                       |> List.filter (fun (_, s) -> Seq.contains centre s.Numbers && Seq.contains neighbour s.Numbers)

                   if not here.IsEmpty then (centre, neighbour), here |]

    let private sampleLabels (here: (int * Structure) list) centre =
        let rows =
            [| for system, structure in here do
                   for atom in atomsOf structure centre do
                       system
                       atom |]

        LabelRules.trusted (names [ "system"; "atom" ]) (rows.Length / 2) rows

    /// The expansion around every atom of crystals. Keys (o3_lambda, o3_sigma = 1, center_type, neighbor_type); samples
    /// (system, atom), all atoms of the centre's element where the neighbour's is in the structure; component o3_mu =
    /// −l … l; property n. With `gradients` it has explicit first derivatives by positions. Errors: `InvalidArgument`
    /// for settings without meaning, `Inconsistent` for an open axis, `InvalidCell` for a cell without volume.
    let compute
        (settings: LodeSettings)
        (gradients': bool)
        (structures: Structure list)
        : Result<TensorMap, NoetherError> =
        Outcome.capture (fun () ->
            let degrees = degreesOf settings
            List.iter refuseOpen structures

            let byStructure =
                structures
                |> List.map (fun s -> values settings degrees s (Space.positions s) (Space.cell s))
                |> Array.ofList

            let slopes =
                if gradients' then structures |> List.map (gradients settings degrees) |> Array.ofList else [||]

            let blocksOf ((centre, neighbour), here) =
                let samples = sampleLabels here centre
                let parts = here |> List.map (fun (s, _) -> byStructure[s] centre neighbour)

                let found =
                    if gradients' then
                        [| for s, _ in here do
                               for atoms, rows in slopes[s] centre neighbour -> s, atoms, rows |]
                    else
                        [||]

                let rowLabels =
                    let rows =
                        [| for sample, (system, atoms, _) in Array.indexed found do
                               for atom in atoms do
                                   sample
                                   system
                                   atom |]

                    LabelRules.trusted (names [ "sample"; "system"; "atom" ]) (rows.Length / 3) rows

                degrees
                |> Array.mapi (fun d degree ->
                    let values = parts |> List.map (fun part -> part[d]) |> Tensor.concat 0
                    let plain = block degree samples values

                    if not gradients' then
                        plain
                    else
                        let l, n = degree.Degree, degree.Count
                        let data = found |> Array.collect (fun (_, _, rows) -> rows[d])
                        let values = Tensor.ofArray [| rowLabels.Count; 3; 2 * l + 1; n |] data
                        let components = ImmutableArray.Create(range "xyz" 0 2, range "o3_mu" -l l)
                        let gradient = BlockRules.plain values rowLabels components (range "n" 0 (n - 1))
                        BlockRules.withGradients (Map [ "positions", gradient ]) plain)

            let pairs = pairsOf structures
            MapRules.create (keysOf degrees (Array.map fst pairs)) (Array.collect blocksOf pairs) Map.empty)

    /// The expansion around the atoms of one crystal as a differentiable function of positions [n, 3] and cell [3, 3],
    /// to any order: the definition that `compute` has first derivatives of. Which waves are in the sum is taken from
    /// the cell's numbers. Errors: as `compute`.
    let composed
        (settings: LodeSettings)
        (structure: Structure)
        (positions: Tensor)
        (cell: Tensor)
        : Result<TensorMap, NoetherError> =
        Outcome.capture (fun () ->
            let degrees = degreesOf settings
            refuseOpen structure
            let values = values settings degrees structure positions cell
            let pairs = pairsOf [ structure ]

            let blocks =
                pairs
                |> Array.collect (fun ((centre, neighbour), here) ->
                    values centre neighbour
                    |> Array.map2 (fun degree -> block degree (sampleLabels here centre)) degrees)

            MapRules.create (keysOf degrees (Array.map fst pairs)) blocks Map.empty)
