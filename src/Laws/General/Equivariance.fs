namespace Noether.Laws

open System
open System.Globalization
open Noether.AutoDiff
open Noether.Equivariance
open Noether.Kernels

/// How equivariance is tried.
type EquivarianceSettings =
    {
        /// The number of rows of the features; at least one.
        Rows: int
        /// The number of samples, each with features and one of each symmetry of its own; at least one.
        Samples: int
        /// The same seed gives the same samples.
        Seed: uint64
        /// The element type of the features.
        Precision: Precision
        /// The greatest violation that is no breach.
        Tolerance: float
    }

/// A symmetry of features in space.
[<RequireQualifiedAccess>]
type Symmetry =
    /// Rotation about an axis by an angle, both drawn at random.
    | Rotation
    /// Inversion of space, x → −x.
    | Inversion
    /// Another order of the rows, the same for all inputs.
    | Permutation

    /// The symmetry as a word.
    override symmetry.ToString() =
        match symmetry with
        | Rotation -> "rotation"
        | Inversion -> "inversion"
        | Permutation -> "permutation of rows"

/// By how much a function breaks one symmetry, at worst.
type EquivarianceFinding =
    {
        /// The symmetry.
        Symmetry: Symmetry
        /// The greatest violation: the largest difference between the function of the transformed input and the
        /// transformed function of the input, over the larger of 1 and the largest component of the two. Infinite where
        /// either holds what is no number, and where the function fails.
        Worst: float
        /// The sample it was found on, from 0.
        Sample: int
        /// The transformation of that sample, in words.
        Transformation: string
        /// The irreps of the chunk in which it was found; what the function said where it failed.
        Place: string
    }

/// How a function of features fared.
type EquivarianceReport =
    {
        /// The settings that repeat it.
        Settings: EquivarianceSettings
        /// One for each symmetry tried.
        Findings: EquivarianceFinding list
    }

    /// The worst finding.
    member this.Worst = this.Findings |> List.maxBy _.Worst

    /// Whether all symmetries held.
    member this.Passed = this.Worst.Worst <= this.Settings.Tolerance

    /// A line for each symmetry.
    override this.ToString() =
        let number (x: float) = x.ToString("G3", CultureInfo.InvariantCulture)

        [ for finding in this.Findings do
              let verdict = if finding.Worst <= this.Settings.Tolerance then "holds" else "BROKEN"

              $"{finding.Symmetry} {verdict}: violation {number finding.Worst}, tolerance {number this.Settings.Tolerance}, "
              + $"sample {finding.Sample}, {finding.Transformation}, {finding.Place}" ]
        |> String.concat "\n"

/// Trying whether functions between irreps are equivariant; `Laws.equivariant` is the name for users.
[<RequireQualifiedAccess>]
module Equivariance =

    /// Five rows, eight samples, seed 1, float64. A violation is rounding: functions of a few hundred terms stay below
    /// 1e-12.
    let standard = { Rows = 5; Samples = 8; Seed = 1UL; Precision = Float64; Tolerance = 1e-12 }

    /// The same in float32, in units of its rounding.
    let single = { standard with Precision = Float32; Tolerance = 1e-4 }

    /// The largest difference of two features over their size, and the chunk it is in.
    let private compare (expected: IrrepsTensor) (found: IrrepsTensor) =
        if expected.Irreps <> found.Irreps then
            infinity, $"{found.Irreps.AsText} instead of {expected.Irreps.AsText}"
        else
            let values (x: Tensor) = Tensor.toArray x

            let pairs =
                [ for (irrep, p), (_, q) in List.zip (IrrepsTensor.parts expected) (IrrepsTensor.parts found) ->
                      irrep, values p, values q ]

            if pairs |> List.exists (fun (_, p, q) -> p.Length <> q.Length) then
                infinity, "another number of rows"
            else
                let largest (a: float[]) = Array.fold (fun m x -> max m (abs x)) 0.0 a
                let size = pairs |> List.fold (fun m (_, p, q) -> max m (max (largest p) (largest q))) 1.0

                let violation (p: float[]) (q: float[]) =
                    let off = Array.map2 (fun a b -> if a = b then 0.0 else abs (a - b)) p q
                    if Array.forall Double.IsFinite off then largest off / size else infinity

                let irrep, worst = pairs |> List.map (fun (irrep, p, q) -> irrep, violation p q) |> List.maxBy snd

                worst, $"in {irrep}"

    /// The symmetries that are tried: permutation only where there are rows to exchange.
    let private symmetries rows =
        [ Symmetry.Rotation; Symmetry.Inversion ] @ (if rows > 1 then [ Symmetry.Permutation ] else [])

    /// How features are transformed, what that is in words, for a symmetry and a key.
    let private transformation symmetry rows (key: RandomKey) : (IrrepsTensor -> IrrepsTensor) * string =
        match symmetry with
        | Symmetry.Rotation ->
            let rotation = Rotation.random key
            Wigner.transform rotation false, string rotation
        | Symmetry.Inversion -> Wigner.transform Rotation.identity true, "x → −x"
        | Symmetry.Permutation ->
            let order = Array.zeroCreate<int> rows
            Threefry.Permutation(key, Span order)

            // One row is a sum or a mean over rows: their order must not matter.
            (fun x -> if IrrepsAlgebra.rows x = rows then IrrepsTensor.gather order x else x),
            "rows " + (order |> Array.map string |> String.concat ", ")

    /// Tries a function of features of the given irreps at standard normal features: f(T x) = T f(x) for rotations, the
    /// inversion, and permutations of rows. A function that gives another number of rows than it takes, such as a mean
    /// over rows, must not see their order. ArgumentException for settings that mean nothing; what the function raises
    /// is a breach.
    let check (settings: EquivarianceSettings) (inputs: Irreps list) (f: IrrepsTensor list -> IrrepsTensor) =
        if settings.Samples < 1 || settings.Rows < 1 then
            let found = $"{settings.Samples} samples of {settings.Rows} rows"
            raise (ArgumentException($"Equivariance.check: {found}, expected at least 1.", nameof settings))

        if inputs.IsEmpty then
            raise (ArgumentException("Equivariance.check: no irreps of inputs, expected at least one.", nameof inputs))

        let root = RandomKey.FromSeed settings.Seed

        let sample symmetry index =
            let keys = root.Fold(uint index).Split(inputs.Length + 1)

            let x =
                inputs
                |> List.mapi (fun i irreps -> IrrepsAlgebra.normal settings.Precision irreps settings.Rows keys[i])

            let transform, words = transformation symmetry settings.Rows keys[inputs.Length]

            let worst, place =
                try
                    compare (transform (f x)) (f (List.map transform x))
                with failure ->
                    infinity, failure.Message

            { Symmetry = symmetry
              Worst = worst
              Sample = index
              Transformation = words
              Place = place }

        { Settings = settings
          Findings =
            [ for symmetry in symmetries settings.Rows ->
                  [ for index in 0 .. settings.Samples - 1 -> sample symmetry index ] |> List.maxBy _.Worst ] }
