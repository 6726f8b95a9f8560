namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain
open Noether.Equivariance
open Noether.Kernels

/// The kernel's work on the environments of one pair of elements.
[<RequireQualifiedAccess>]
module internal ExpansionSums =
    let private axes = [| Noether.Equivariance.Axis.Z; Noether.Equivariance.Axis.X; Noether.Equivariance.Axis.Y |]

    /// Pairs that are worked on at once: what is kept of them stays in the cache.
    let private chunk = 1024

    /// The sums of one degree.
    [<NoEquality; NoComparison>]
    type Sums =
        { Degree: ExpansionDegree
          Values: float[]
          Positions: float[]
          Strain: float[]
          Cell: float[] }

    /// ∂R of harmonics [p, (lmax+1)²] by x, y and z: [p, 3, (lmax+1)²]. The axes of e3nn are y, z, x.
    let private derivatives lmax count (harmonics: float[]) : float[] =
        let width = (lmax + 1) * (lmax + 1)
        let result = Array.zeroCreate<float>(3 * width * count)

        for a in 0..2 do
            for entry in (SphericalHarmonics.stackedGradient lmax axes[a]).Entries do
                let mutable target = a * width + entry.Row
                let mutable source = entry.Column

                for _ in 1..count do
                    result[target] <- result[target] + entry.Value * harmonics[source]
                    target <- target + 3 * width
                    source <- source + width

        result

    /// Vectors in the order of e3nn's axes.
    let private turned (vectors: float[]) = Array.init vectors.Length (fun k -> vectors[k - k % 3 + (k + 1) % 3])

    let private empty (gradients: DescriptorGradient list) (environments: ElementEnvironments) (l, n, column) : Sums =
        let size = (2 * l + 1) * n
        let wanted gradient count = if List.contains gradient gradients then Array.zeroCreate (count * size) else [||]
        let samples, rows = environments.Samples.Count, environments.Rows.Count

        { Degree = ExpansionDegree(l, n, column, samples, rows)
          Values = Array.zeroCreate (samples * size)
          Positions = wanted DescriptorGradient.Positions (3 * rows)
          Strain = wanted DescriptorGradient.Strain (9 * samples)
          Cell = wanted DescriptorGradient.Cell (9 * samples) }

    let private systemOf (all: AllPairs) e = Array.FindLastIndex(all.Starts, fun start -> start <= e)

    /// Adds some of the pairs to all sums.
    let private addChunk
        settings
        (integrals: RadialIntegrals)
        (all: AllPairs)
        (environments: ElementEnvironments)
        (sums: Sums[])
        start
        count
        =
        let members = Array.sub environments.Members start count
        let places = Array.sub environments.Places (3 * start) (3 * count)
        let vectors = Array.init (3 * count) (fun k -> all.Vectors[3 * members[k / 3] + k % 3])
        let lengths = members |> Array.map (fun e -> all.Lengths[e])
        let lmax = sums |> Array.fold (fun most s -> max most s.Degree.Degree) 0
        let harmonics = Array.zeroCreate<float>(count * (lmax + 1) * (lmax + 1))
        SolidHarmonics.EvaluateInto(lmax, ReadOnlySpan(turned vectors), Span harmonics)
        let width = integrals.Width
        let radial, slopes = Array.zeroCreate<float>(count * width), Array.zeroCreate<float>(count * width)
        integrals.Rows(ReadOnlySpan lengths, Span radial, Span slopes)
        let normal = SphericalHarmonics.factor HarmonicsNormalization.Integral 0

        for e in 0 .. count - 1 do
            let struct (f, df) = NeighbourWeight.at settings lengths[e]

            for k in e * width .. (e + 1) * width - 1 do
                slopes[k] <- normal * (f * slopes[k] + df * radial[k])
                radial[k] <- normal * f * radial[k]

        let gradients = sums |> Array.exists (fun s -> s.Positions.Length + s.Strain.Length + s.Cell.Length > 0)
        let derived = if gradients then derivatives lmax count harmonics else [||]

        let images () =
            Array.init (3 * count) (fun k ->
                let e = members[k / 3]
                let system = systemOf all e
                float all.Pairs[system].Shifts[3 * (e - all.Starts[system]) + k % 3])

        let cell = if sums |> Array.exists (fun s -> s.Cell.Length > 0) then images () else [||]

        let add (s: Sums) positions (moves: float[]) (changes: float[]) (values: float[]) =
            DensityExpansion.Add(
                s.Degree,
                ReadOnlySpan places,
                ReadOnlySpan vectors,
                ReadOnlySpan lengths,
                ReadOnlySpan radial,
                ReadOnlySpan slopes,
                width,
                ReadOnlySpan harmonics,
                ReadOnlySpan derived,
                Span values,
                Span<float>(positions: float[]),
                ReadOnlySpan moves,
                Span changes
            )

        for s in sums do
            add s s.Positions vectors s.Strain s.Values
            // The values a second time, into an array that nobody reads.
            if s.Cell.Length > 0 then add s [||] cell s.Cell (Array.zeroCreate s.Values.Length)

    /// The centre's own Gaussian, at distance 0: only degree 0 has it.
    let private addSelves
        (settings: SoapSettings)
        (integrals: RadialIntegrals)
        (environments: ElementEnvironments)
        (sums: Sums[])
        =
        match sums |> Array.tryFind (fun s -> s.Degree.Degree = 0) with
        | Some s when environments.Selves.Length > 0 ->
            let row, slope = Array.zeroCreate<float> integrals.Width, Array.zeroCreate<float> integrals.Width
            integrals.Rows(ReadOnlySpan [| 0.0 |], Span row, Span slope)
            let normal = SphericalHarmonics.factor HarmonicsNormalization.Integral 0

            for sample in environments.Selves do
                for n in 0 .. s.Degree.Radial - 1 do
                    let k = sample * s.Degree.Radial + n
                    s.Values[k] <- s.Values[k] + settings.CentreWeight * normal * row[s.Degree.Column + n]
        | _ -> ()

    let compute
        settings
        gradients
        (integrals: RadialIntegrals)
        (all: AllPairs)
        (environments: ElementEnvironments)
        : Sums[] =
        let sums = integrals.Degrees |> Array.map (empty gradients environments)

        for start in 0..chunk .. environments.Members.Length - 1 do
            addChunk settings integrals all environments sums start (min chunk (environments.Members.Length - start))

        addSelves settings integrals environments sums
        sums

/// Densities of neighbours on radial functions and spherical harmonics (A. P. Bartók, R. Kondor, G. Csányi, Phys. Rev. B
/// 87, 184115 (2013)): ⟨n l m|i; a⟩ = Σ_{j of a} f(r_ij) Y_lm(r̂_ij) ∫ r² R_n(r) ρ_l(r; r_ij) dr, the centre itself included.
/// Real spherical harmonics, m = −l … l, orthonormal, degree 1 being √(3/4π) (y, z, x).
[<RequireQualifiedAccess>]
module SphericalExpansion =
    let private names (names: string list) = ImmutableArray.CreateRange names
    let private range name low high = LabelRules.trusted (names [ name ]) (high - low + 1) [| low..high |]
    let private xyz = range "xyz" 0 2

    /// The labels of the samples "sample" of a gradient by something all of a structure shares.
    let private each count = LabelRules.trusted (names [ "sample" ]) count [| 0 .. count - 1 |]

    /// The gradients of a block by their names, their values given by name and shape.
    let private withGradients
        gradients
        (environments: ElementEnvironments)
        inner
        (values: DescriptorGradient -> int list -> Tensor)
        block
        =
        let gradient which =
            let samples, extra =
                match which with
                | DescriptorGradient.Positions -> environments.Rows, [ xyz ]
                | DescriptorGradient.Strain -> each environments.Samples.Count, [ range "xyz_1" 0 2; range "xyz_2" 0 2 ]
                | DescriptorGradient.Cell -> each environments.Samples.Count, [ range "abc" 0 2; xyz ]

            let shape = samples.Count :: (extra |> List.map _.Count)
            let (inner: Labels list), properties = inner
            let components = ImmutableArray.CreateRange(extra @ inner)
            which.Name, BlockRules.plain (values which shape) samples components properties

        BlockRules.withGradients (Map.ofList (List.map gradient gradients)) block

    /// A tensor of an array that nobody else has, without a copy: gradients are large.
    let private own (shape: int list) (data: float[]) : Tensor = Constant(Raw<float>(Array.ofList shape, data))

    let private blockOf
        gradients
        (environments: ElementEnvironments)
        withComponent
        (sums: ExpansionSums.Sums)
        : TensorBlock =
        let l, n = sums.Degree.Degree, sums.Degree.Radial
        let mu = if withComponent then [ range "o3_mu" -l l ] else []
        let properties = range "n" 0 (n - 1)
        let inner = (if withComponent then [ 2 * l + 1 ] else []) @ [ n ]

        let values which shape =
            let data =
                match which with
                | DescriptorGradient.Positions -> sums.Positions
                | DescriptorGradient.Strain -> sums.Strain
                | DescriptorGradient.Cell -> sums.Cell

            own (shape @ inner) data

        let shape = environments.Samples.Count :: inner
        let values' = own shape sums.Values

        BlockRules.plain values' environments.Samples (ImmutableArray.CreateRange mu) properties
        |> withGradients gradients environments (mu, properties) values

    let private expand settings gradients structures =
        SoapSettings.check settings
        let integrals = RadialIntegrals settings
        let all = ElementEnvironments.pairs settings.Cutoff structures
        let gradients = List.distinct gradients

        gradients,
        ElementEnvironments.all all
        |> Array.map (fun e -> e, ExpansionSums.compute settings gradients integrals all e)

    /// The expansion around every atom of structures, with explicit gradients by what is asked for, which are the first
    /// derivatives of the values. Keys (o3_lambda, o3_sigma = 1, center_type, neighbor_type); samples (system, atom), the
    /// centres that have the neighbour, themselves counted; component o3_mu = −l … l; property n.
    /// Errors: `InvalidArgument` for settings without meaning, and those of `Neighbours.build`.
    let compute (settings: SoapSettings) (gradients: DescriptorGradient list) (structures: Structure list) =
        Outcome.capture (fun () ->
            let gradients, expanded = expand settings gradients structures

            let keys =
                [| for environments, sums in expanded do
                       for s in sums do
                           s.Degree.Degree
                           1
                           environments.Centre
                           environments.Neighbour |]

            let blocks =
                [| for environments, sums in expanded do
                       for s in sums -> blockOf gradients environments true s |]

            let names = names [ "o3_lambda"; "o3_sigma"; "center_type"; "neighbor_type" ]
            MapRules.create (LabelRules.trusted names blocks.Length keys) blocks Map.empty)

    /// The radial spectrum: the expansion of degree 0 alone, without components. Keys (center_type, neighbor_type). Other
    /// degrees of the settings are left out. Errors: as `compute`, and `InvalidArgument` where degree 0 has no functions.
    let radialSpectrum (settings: SoapSettings) (gradients: DescriptorGradient list) (structures: Structure list) =
        Outcome.capture (fun () ->
            let settings = { settings with Radial = settings.Radial |> Map.filter (fun l _ -> l = 0) }
            let gradients, expanded = expand settings gradients structures

            let keys =
                expanded |> Array.collect (fun (environments, _) -> [| environments.Centre; environments.Neighbour |])

            let blocks = [| for environments, sums in expanded -> blockOf gradients environments false sums[0] |]
            let keys = LabelRules.trusted (names [ "center_type"; "neighbor_type" ]) blocks.Length keys
            MapRules.create keys blocks Map.empty)

    /// The expansion around the atoms of one structure as a differentiable function of positions [n, 3] and cell [3, 3],
    /// to any order, in both modes: the definition that `compute` has first derivatives of. The labels are those of
    /// `compute`; there are no explicit gradients, and the radial integrals are exact. Which atoms are neighbours is taken
    /// from the structure. Errors: as `compute`.
    let composed (settings: SoapSettings) (structure: Structure) (positions: Tensor) (cell: Tensor) =
        Outcome.capture (fun () ->
            SoapSettings.check settings
            let integrals = RadialIntegrals { settings with SplineAccuracy = None }
            let all = ElementEnvironments.pairs settings.Cutoff [ structure ]
            let vectors = Space.vectors positions cell all.Pairs[0]
            let normal = SphericalHarmonics.factor HarmonicsNormalization.Integral 0

            let block (environments: ElementEnvironments) (k, (l, n, _)) =
                let own = Tensor.gather environments.Members vectors
                let p = environments.Members.Length
                let r = Space.lengths own

                let weighted =
                    normal
                    * Tensor.unsqueeze 1 (NeighbourWeight.composed settings r)
                    * integrals.Composed k (Tensor.sumAxes [| 1 |] (own * own))

                let turned = Tensor.concat 1 [ Tensor.slice 1 1 3 own; Tensor.slice 1 0 1 own ]
                let harmonics = Harmonics.solid l turned |> Tensor.slice 1 (l * l) ((l + 1) * (l + 1))
                let products = Tensor.reshape [| p; 2 * l + 1; 1 |] harmonics * Tensor.reshape [| p; 1; n |] weighted
                let samples = Array.init p (fun e -> environments.Places[3 * e])
                let sums = Tensor.segmentSum samples environments.Samples.Count products

                let selves =
                    if l > 0 || environments.Selves.Length = 0 then
                        sums
                    else
                        let own = settings.CentreWeight * normal * integrals.Composed k (Tensor.zeros [| 1 |])

                        let mask =
                            Array.init environments.Samples.Count (fun i ->
                                if Array.contains i environments.Selves then 1.0 else 0.0)

                        sums + Tensor.ofArray [| mask.Length; 1; 1 |] mask * Tensor.reshape [| 1; 1; n |] own

                BlockRules.plain
                    selves
                    environments.Samples
                    (ImmutableArray.Create(range "o3_mu" -l l))
                    (range "n" 0 (n - 1))

            let environments = ElementEnvironments.all all
            let degrees = Array.indexed integrals.Degrees

            let blocks =
                [| for e in environments do
                       for degree in degrees -> block e degree |]

            let keys =
                environments
                |> Array.collect (fun e ->
                    integrals.Degrees |> Array.collect (fun (l, _, _) -> [| l; 1; e.Centre; e.Neighbour |]))

            let names = names [ "o3_lambda"; "o3_sigma"; "center_type"; "neighbor_type" ]
            MapRules.create (LabelRules.trusted names blocks.Length keys) blocks Map.empty)
