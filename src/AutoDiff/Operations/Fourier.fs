namespace Noether.AutoDiff

open Noether.Kernels

/// Real meshes and the frequencies that are kept of them: Σ X · c F x, where c is 2 inside the last axis if doubled.
[<Sealed>]
type internal RealTransform(plan: FourierPlan, leading: int[], doubled: bool) =
    inherit Form("rfft", 2)

    override _.Contract(values, slot) =
        let x = data values[1 - slot]
        let batch = Shape.size leading

        if slot = 1 then
            let lengths = plan.Lengths.ToArray()
            let last = lengths.Length - 1
            let y = Raw.create [| yield! leading; yield! lengths[.. last - 1]; lengths[last] / 2 + 1; 2 |]
            FourierTransform.ForwardRealInto(plan, batch, x.Span, doubled, y.Output)
            y
        else
            let y = Raw.create (Array.append leading (plan.Lengths.ToArray()))
            FourierTransform.InverseRealInto(plan, batch, x.Span, doubled, y.Output)
            y

/// Complex meshes and their frequencies: the transpose of the transform, real and imaginary parts being numbers of
/// their own, is its conjugate.
[<Sealed>]
type internal ComplexTransform(plan: FourierPlan, batch: int) =
    inherit Form("fft", 2)

    override _.Contract(values, slot) =
        let x = data values[1 - slot]
        let y = Raw.create x.Shape

        if slot = 1 then
            FourierTransform.ForwardInto(plan, batch, x.Span, y.Output)
        else
            FourierTransform.InverseInto(plan, batch, x.Span, y.Output)

        y

/// Σ c(k) G(k) Re â(k) b̂(k)*: linear in the mesh a, the filter G and the result b.
[<Sealed>]
type internal Convolution(plan: FourierPlan, leading: int[]) =
    inherit Form("convolve", 3)

    override _.Contract(values, slot) =
        let batch = Shape.size leading
        let lengths = plan.Lengths.ToArray()

        if slot = 1 then
            let last = lengths.Length - 1
            let power = Raw.create (Array.updateAt last (lengths[last] / 2 + 1) lengths)
            FourierTransform.CrossInto(plan, batch, (data values[0]).Span, (data values[2]).Span, power.Output)
            power
        else
            let mesh = data values[2 - slot]
            let result = Raw.create mesh.Shape
            FourierTransform.ConvolveInto(plan, batch, mesh.Span, (data values[1]).Span, result.Output)
            result

/// Discrete Fourier transforms over the last one to three axes, X(k) = Σₓ a(x) e^(−2πi k·x/n) and back. Complex numbers
/// are a last axis of 2; of real data the frequencies 0 … n/2 are kept along the last axis, all of them, in the order
/// 0, 1, …, −2, −1, along the others. A plan (`FourierPlan`) holds what transforms of one shape share; make it once
/// where many are to follow. Lengths are products of 2, 3, 5 and 7.
[<RequireQualifiedAccess>]
module Fourier =

    /// The axes before those that are transformed; an array whose last axes are others is refused.
    let private leading operation (axes: int[]) (x: Tensor) =
        let first = x.Rank - axes.Length

        if first < 0 || not (Shape.equal x.Shape[first..] axes) then
            Shape.fail operation $"shape {Shape.print x.Shape} does not end in {Shape.print axes}"

        x.Shape[.. first - 1]

    let private kept (plan: FourierPlan) =
        let lengths = plan.Lengths.ToArray()
        let last = lengths.Length - 1
        Array.updateAt last (lengths[last] / 2 + 1) lengths

    /// The frequencies of real meshes, […, n] → […, n/2 + 1, 2].
    let rfft (plan: FourierPlan) (x: Tensor) : Tensor =
        RealTransform(plan, leading "rfft" (plan.Lengths.ToArray()) x, false).Apply(1, x)

    /// Real meshes of given frequencies, […, n/2 + 1, 2] → […, n]: undoes `rfft`. Imaginary parts that no real mesh has
    /// are of no influence.
    let irfft (plan: FourierPlan) (x: Tensor) : Tensor =
        let leading = leading "irfft" (Array.append (kept plan) [| 2 |]) x
        RealTransform(plan, leading, true).Apply(0, x) / float plan.Points

    let private complex operation (plan: FourierPlan) slot (x: Tensor) =
        let leading = leading operation (Array.append (plan.Lengths.ToArray()) [| 2 |]) x
        ComplexTransform(plan, Shape.size leading).Apply(slot, x)

    /// The frequencies of complex meshes, […, n, 2] → […, n, 2].
    let fft (plan: FourierPlan) (x: Tensor) : Tensor = complex "fft" plan 1 x

    /// Complex meshes of given frequencies, […, n, 2] → […, n, 2]: undoes `fft`.
    let ifft (plan: FourierPlan) (x: Tensor) : Tensor = complex "ifft" plan 0 x / float plan.Points

    /// The periodic convolution of real meshes […, n] with a filter that is given at the kept frequencies, one real
    /// number each: y(x) = Σₖ G(k) â(k) e^(+2πi k·x/n) over all frequencies, â from `rfft`, without the factor 1/N.
    /// Linear in mesh and filter, and as dear as one transform there and back. Where k and −k are both kept, only the
    /// sum of the filter there counts.
    let convolve (plan: FourierPlan) (filter: Tensor) (mesh: Tensor) : Tensor =
        let leading = leading "convolve" (plan.Lengths.ToArray()) mesh

        if not (Shape.equal filter.Shape (kept plan)) then
            Shape.mismatch "convolve" mesh.Shape filter.Shape $"a filter of shape {Shape.print (kept plan)}"

        Convolution(plan, leading).Apply(2, mesh, filter)

/// Fourier transforms by the number of axes.
[<AutoOpen>]
module FourierFunctions =

    let private plan operation (lengths: int[]) =
        for n in lengths do
            if not (FourierPlan.Supports n) then
                Shape.fail
                    operation
                    $"length {n} is not a product of 2, 3, 5 and 7; the next that is is {FourierPlan.NextLength n}"

        FourierPlan lengths

    /// The last axes before `after` more.
    let private last operation axes after (x: Tensor) =
        if axes < 1 || axes > 3 then Shape.fail operation $"{axes} axes; expected 1 to 3"

        if x.Rank < axes + after then
            Shape.fail operation $"shape {Shape.print x.Shape} has fewer than {axes + after} axes"

        x.Shape[x.Rank - axes - after .. x.Rank - after - 1]

    type Tensor with

        /// The frequencies of real data over the last 1 to 3 axes, X(k) = Σₓ a(x) e^(−2πi k·x/n): […, n] → […, n/2 + 1,
        /// 2], the last axis real and imaginary part. Lengths are products of 2, 3, 5 and 7.
        static member rfft (axes: int) (x: Tensor) : Tensor = Fourier.rfft (plan "rfft" (last "rfft" axes 0 x)) x

        /// Real data of given lengths (1 to 3 of them) and frequencies, […, n/2 + 1, 2] → […, n]: undoes `rfft`.
        static member irfft (lengths: int[]) (x: Tensor) : Tensor =
            if lengths.Length < 1 || lengths.Length > 3 then
                Shape.fail "irfft" $"{lengths.Length} lengths; expected 1 to 3"

            Fourier.irfft (plan "irfft" lengths) x

        /// The frequencies of complex data over the last 1 to 3 axes before that of real and imaginary part,
        /// […, n, 2] → […, n, 2]. Lengths are products of 2, 3, 5 and 7.
        static member fft (axes: int) (x: Tensor) : Tensor = Fourier.fft (plan "fft" (last "fft" axes 1 x)) x

        /// Complex data of given frequencies, […, n, 2] → […, n, 2]: undoes `fft`.
        static member ifft (axes: int) (x: Tensor) : Tensor = Fourier.ifft (plan "ifft" (last "ifft" axes 1 x)) x
