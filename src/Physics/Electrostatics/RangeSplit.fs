namespace Noether.Physics

open System
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// The two families of functions in which every range split of 1/rᵖ is written, each closed under differentiation.
[<RequireQualifiedAccess>]
module internal SplitFunctions =
    /// E_s(x) = ∫₁^∞ t^(−s) e^(−xt) dt, whose derivative is −E_(s−1).
    let rec exponentialIntegral (s: float) =
        { new Pointwise("exponential integral") with
            member _.Map(x, y) = ExponentialIntegral.Evaluate(s, x, y)
            member _.Derivative(x, _) = -(exponentialIntegral (s - 1.0)).Of x }

    /// γ*(a, x) = P(a, x)/xᵃ, whose derivative is −a γ*(a + 1, x).
    let rec entireGamma (a: float) =
        { new Pointwise("incomplete gamma") with
            member _.Map(x, y) = IncompleteGamma.Entire(a, x, y)
            member _.Derivative(x, _) = -a * (entireGamma (a + 1.0)).Of x }

/// One summand w/rᵖ of an interaction, split by a Gaussian of width σ.
[<NoEquality; NoComparison>]
type InversePower =
    {
        /// The exponent p.
        Exponent: float
        /// The weight w, shape [].
        Weight: Tensor
        /// The smearing σ, Å, shape [].
        Smearing: Tensor
    }

/// An interaction v(r) of two unit charges as the sum of a short-ranged and a smooth, long-ranged part, with what a sum
/// over a lattice asks of the second.
///
/// *Derivatives.* All are functions and tensors that carry derivatives by the split's own parameters: smearing,
/// weights, tables.
///
/// *Algebra.* Splits add, and a tensor of shape [] multiplies them: a prefactor in whatever unit, or a weight that is
/// learned.
///
/// *Units.* Lengths in Å; v in 1/Åᵖ until a prefactor gives it another unit (`Units.coulomb` for charges in e and eV).
[<NoEquality; NoComparison>]
type RangeSplit =
    {
        /// What it is called in messages.
        Name: string
        /// The interaction v(r) itself, of distances of any shape, in Å.
        Bare: Tensor -> Tensor
        /// What is summed over pairs beside a sum of the long-ranged part.
        Short: Tensor -> Tensor
        /// The long-ranged part of r; finite at 0.
        Long: Tensor -> Tensor
        /// The Fourier transform of the long-ranged part, ∫ v_long e^(−ik·r) d³r, of k² > 0 in Å⁻².
        Reciprocal: Tensor -> Tensor
        /// The long-ranged part at r = 0, shape []: what a charge does to itself in a sum over a lattice.
        Self: Tensor
        /// Its Fourier transform at k = 0, shape []; where that is infinite, what is left beside the infinite term that
        /// a homogeneous background of opposite charge takes away.
        Mean: Tensor
        /// The weight of 1/r in v, shape []: what a slab corrects.
        Coulomb: Tensor
        /// The powers it is the sum of, where it is nothing else.
        Powers: InversePower list option
    }

    /// The sum of two interactions, part by part.
    static member internal Sum(a: RangeSplit, b: RangeSplit) : RangeSplit =
        { Name = $"{a.Name} + {b.Name}"
          Bare = fun r -> a.Bare r + b.Bare r
          Short = fun r -> a.Short r + b.Short r
          Long = fun r -> a.Long r + b.Long r
          Reciprocal = fun k2 -> a.Reciprocal k2 + b.Reciprocal k2
          Self = a.Self + b.Self
          Mean = a.Mean + b.Mean
          Coulomb = a.Coulomb + b.Coulomb
          Powers = Option.map2 List.append a.Powers b.Powers }

    /// The sum of two interactions.
    static member (+)(a: RangeSplit, b: RangeSplit) : RangeSplit = RangeSplit.Sum(a, b)

/// Making range splits.
[<RequireQualifiedAccess>]
module RangeSplit =
    let private positive name (value: Tensor) =
        if value.Rank <> 0 then
            invalidArg name $"RangeSplit: {name} has shape {Shape.print value.Shape}, expected a single number."

        let number = Tensor.value value

        if not (number > 0.0 && Double.IsFinite number) then
            InvalidArgument(name, NoetherError.number number, "a positive length in Å") |> Outcome.raise

    /// A number in the precision of what it meets.
    let private like (x: Tensor) (number: Tensor) = Tensor.cast x.Precision number

    /// 1/rᵖ for a real p > 0, split by a Gaussian of width σ, the smearing (Å, shape []): with w = 2σ² and a = p/2
    ///
    ///     short  w^(−a) E_(1−a)(r²/w)/Γ(a)        long  w^(−a) γ*(a, r²/w)
    ///     reciprocal  π^(3/2) w^(3/2−a) E_(a−1/2)(w k²/4)/Γ(a)
    ///
    /// (D. E. Williams, Acta Cryst. A 27, 452 (1971), in the notation of NIST's DLMF 8.19 and 8.2.6.) At k = 0 the
    /// transform is finite for p > 3; for p < 3 its analytic continuation is the effect of the neutralising background;
    /// p = 3 has neither, and means something for neutral systems only. Errors, as `NoetherException`: a smearing or an
    /// exponent that is not positive.
    let inversePower (exponent: float) (smearing: Tensor) : RangeSplit =
        positive "the smearing" smearing

        if not (exponent > 0.0 && exponent <= 100.0) then
            InvalidArgument("the exponent", NoetherError.number exponent, "a number above 0, at most 100")
            |> Outcome.raise

        let a = 0.5 * exponent
        let gamma = GammaFunction.Gamma a
        let w = 2.0 * Tensor.square smearing
        let threeHalves = Math.PI ** 1.5
        let scaled (order: float) (factor: float) = factor * Tensor.pow order w
        let inverse = scaled -a 1.0

        { Name = (if exponent = 1.0 then "Coulomb" else $"1/r^{exponent}")
          Bare = Tensor.pow -exponent
          Short =
            fun r ->
                let x = r * r / like r w
                like r (inverse / gamma) * (SplitFunctions.exponentialIntegral (1.0 - a)).Of x
          Long = fun r -> like r inverse * (SplitFunctions.entireGamma a).Of(r * r / like r w)
          Reciprocal =
            fun k2 ->
                let z = like k2 (0.25 * w) * k2
                let factor = scaled (1.5 - a) (threeHalves / gamma)
                like k2 factor * (SplitFunctions.exponentialIntegral (a - 0.5)).Of z
          Self = inverse / GammaFunction.Gamma(a + 1.0)
          Mean = if exponent = 3.0 then Tensor.zerosLike w else scaled (1.5 - a) (threeHalves / (gamma * (a - 1.5)))
          Coulomb = Tensor.full w.Precision [||] (if exponent = 1.0 then 1.0 else 0.0)
          Powers = Some [ { Exponent = exponent; Weight = Tensor.onesLike w; Smearing = smearing } ] }

    /// 1/r, split by a Gaussian of width σ (Å, shape []): erfc(r/√2σ)/r and erf(r/√2σ)/r.
    let coulomb (smearing: Tensor) : RangeSplit = inversePower 1.0 smearing

    /// A tensor of shape [] times a split: a unit, or a weight that is learned.
    let scale (factor: Tensor) (split: RangeSplit) : RangeSplit =
        if factor.Rank <> 0 then
            invalidArg
                (nameof factor)
                $"RangeSplit.scale: a factor of shape {Shape.print factor.Shape}, expected a single number."

        let times (f: Tensor -> Tensor) (x: Tensor) = like x factor * f x

        { Name = split.Name
          Bare = times split.Bare
          Short = times split.Short
          Long = times split.Long
          Reciprocal = times split.Reciprocal
          Self = factor * split.Self
          Mean = factor * split.Mean
          Coulomb = factor * split.Coulomb
          Powers = split.Powers |> Option.map (List.map (fun power -> { power with Weight = factor * power.Weight })) }

    /// The sum of splits times weights [m], which may be learned. ArgumentException for other shapes and for none.
    let combine (weights: Tensor) (splits: RangeSplit list) : RangeSplit =
        if splits.IsEmpty || weights.Rank <> 1 || weights.Shape[0] <> splits.Length then
            invalidArg
                (nameof weights)
                ($"RangeSplit.combine: weights {Shape.print weights.Shape} for {splits.Length} splits, "
                 + "expected one for each.")

        splits
        |> List.mapi (fun i split -> scale (Tensor.reshape [||] (Tensor.slice 0 i (i + 1) weights)) split)
        |> List.reduce (+)

    /// f(r) = 1 − ((1 − cos(πr/R))/2)ⁿ below R, 0 beyond: 1 where the interaction is hidden.
    let private hiding (radius: float) (degree: int) (r: Tensor) =
        let f = 1.0 - Tensor.pow (float degree) (0.5 * (1.0 - Tensor.cos (Math.PI / radius * r)))
        Tensor.select (Tensor.less r (Tensor.full r.Precision r.Shape radius)) f (Tensor.zerosLike r)

    /// The interaction of distant charges only, as descriptors of surroundings use it: within `radius` (Å) it is
    /// switched off by f(r) = 1 − ((1 − cos(πr/R))/2)ⁿ, n the degree. Beside a sum over a lattice −f times the
    /// long-ranged part stands in the place of the short-ranged one; by itself v becomes v(1 − f) (torch-pme's
    /// `exclusion_radius`).
    let hide (radius: float) (degree: int) (split: RangeSplit) : RangeSplit =
        if not (radius > 0.0 && Double.IsFinite radius) then
            InvalidArgument("the radius of exclusion", NoetherError.number radius, "a positive length in Å")
            |> Outcome.raise

        if degree < 1 then
            InvalidArgument("the degree of exclusion", string degree, "1 or more") |> Outcome.raise

        { split with
            Name = $"{split.Name} beyond {radius} Å"
            Short = fun r -> -(split.Long r * hiding radius degree r)
            Bare = fun r -> split.Bare r * (1.0 - hiding radius degree r)
            Powers = None }
