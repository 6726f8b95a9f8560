namespace Noether.AutoDiff

open System
open System.Numerics.Tensors
open Noether.Kernels

/// The kernels behind arithmetic and views, on whole arrays.
[<RequireQualifiedAccess>]
module internal Kernel =

    /// factor · x / divisor + shift.
    let affine (factor: float) (divisor: float) (shift: float) (x: Raw) : Raw<'T> =
        let x: Raw<'T> = Raw.typed x
        let y = Raw.create x.Shape

        if divisor <> 1.0 then
            TensorPrimitives.Divide(x.Span, 'T.CreateChecked divisor, y.Output)

            if factor <> 1.0 then Elementwise.MultiplyScalar(y.Span, 'T.CreateChecked factor, y.Output)

            if shift <> 0.0 then Elementwise.AddScalar(y.Span, 'T.CreateChecked shift, y.Output)
        elif factor = 1.0 then
            Elementwise.AddScalar(x.Span, 'T.CreateChecked shift, y.Output)
        else
            Elementwise.MultiplyScalar(x.Span, 'T.CreateChecked factor, y.Output)

            if shift <> 0.0 then Elementwise.AddScalar(y.Span, 'T.CreateChecked shift, y.Output)

        y

    /// a + sign · b.
    let add sign (a: Raw) (b: Raw) : Raw<'T> =
        let a: Raw<'T> = Raw.typed a
        let b: Raw<'T> = Raw.typed b
        let y = Raw.create a.Shape

        if sign = 1.0 then
            Elementwise.Add(a.Span, b.Span, y.Output)
        else
            Elementwise.Subtract(a.Span, b.Span, y.Output)

        y

    /// a / b.
    let divide (a: Raw) (b: Raw) : Raw<'T> =
        let a: Raw<'T> = Raw.typed a
        let b: Raw<'T> = Raw.typed b
        let y = Raw.create a.Shape
        Elementwise.Divide(a.Span, b.Span, y.Output)
        y

    /// The sum over `shape`, down to shape `output`, of the stretched product of a and b.
    let multiply (shape: int[]) (a: Raw) (b: Raw) output : Raw<'T> =
        let a: Raw<'T> = Raw.typed a
        let b: Raw<'T> = Raw.typed b
        let y = Raw.create output

        if Shape.equal a.Shape b.Shape && Shape.equal a.Shape output then
            Elementwise.Multiply(a.Span, b.Span, y.Output)
        else
            let over (s: int[]) = Shape.stretch s shape
            Strided.MultiplyAddTo(shape, a.Span, over a.Shape, b.Span, over b.Shape, y.Output, over output, true)

        y

    /// y[i] = x[offset + strides·i].
    let read (x: Raw) shape (strides: int[]) offset : Raw<'T> =
        let x: Raw<'T> = Raw.typed x
        let y = Raw.create shape
        Strided.CopyInto(x.Span, shape, strides, offset, y.Output)
        y

    /// y[offset + strides·i] += x[i], from zero.
    let addUp (x: Raw) (shape: int[]) (strides: int[]) offset target : Raw<'T> =
        let x: Raw<'T> = Raw.typed x
        let y = Raw.zeros target
        Strided.AddTo(x.Span, shape, strides, offset, y.Output)
        y

    /// The stretch of x from the small shape to the large, or the sum back.
    let stretch (small: int[]) (large: int[]) up (x: Raw) : Raw<'T> =
        let strides = Shape.stretch small large
        if up then read x large strides 0 else addUp x large strides 0 small
