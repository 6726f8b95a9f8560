namespace Noether.Physics

open System
open System.Runtime.CompilerServices
open Noether.AutoDiff.RealOperators
open Noether.Kernels

/// How a function of the distance ends at its cut-off r_c. Beyond it, all are zero.
type Truncation =
    /// As it is: the energy jumps.
    | Truncated
    /// u(r) − u(r_c): the energy is continuous, the force jumps.
    | Shifted
    /// u(r) − u(r_c) − u′(r_c)(r − r_c): energy and force are continuous (LAMMPS' `lj/smooth/linear`).
    | ForceShifted
    /// u(r)·S with S = (r_c² − r²)²(r_c² + 2r² − 3r_o²)/(r_c² − r_o²)³ beyond the onset r_o (Å) and 1 before it: the
    /// force is continuous (B. R. Brooks et al., J. Comput. Chem. 4, 187 (1983), as in ASE and X-PLOR).
    | Switched of onset: float
    /// u(r)·(1 − 10x³ + 15x⁴ − 6x⁵), x = (r − r_o)/(r_c − r_o) beyond the onset r_o (Å): force and curvature are continuous.
    | Smooth of onset: float
    /// u(r) + c, and + (a/3)(r − r_o)³ + (b/4)(r − r_o)⁴ beyond the onset r_o (Å), with a, b, c such that energy, force and
    /// curvature are zero at r_c (LAMMPS' `zbl`).
    | CurvatureShifted of onset: float
    /// u(r)·½(1 + cos(πr/r_c)) (J. Behler and M. Parrinello, Phys. Rev. Lett. 98, 146401 (2007)).
    | Cosine

// The functions that end so: parameters of the end come first, then those of the function.

/// u(r) − s − t(r − r_c); first parameters r_c, s, t.
[<Struct; NoEquality; NoComparison>]
type internal ShiftedFunction<'F when 'F: struct and 'F: (new: unit -> 'F) and 'F :> ValueType and 'F :> IRadialFunction>
    (f: 'F) =
    interface IRadialFunction with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        member _.Evaluate(r, parameters) =
            let mutable f = f
            let value = f.Evaluate(r, parameters.Slice 3)
            value - parameters[1] - parameters[2] * (r - parameters[0])

/// u(r)·S(r); first parameters r_c, r_o.
[<Struct; NoEquality; NoComparison>]
type internal SwitchedFunction<'F
    when 'F: struct and 'F: (new: unit -> 'F) and 'F :> ValueType and 'F :> IRadialFunction>(f: 'F) =
    interface IRadialFunction with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        member _.Evaluate(r, parameters) =
            let mutable f = f
            let value = f.Evaluate(r, parameters.Slice 2)
            let outer = parameters[0] * parameters[0]
            let inner = parameters[1] * parameters[1]
            let square = r * r
            let left = outer - square
            let switch = left * left * (outer + constant 2.0 * square - constant 3.0 * inner) * power -3 (outer - inner)
            value * branch r parameters[1] (constant 1.0) switch

/// u(r)·(1 − 10x³ + 15x⁴ − 6x⁵); first parameters r_c, r_o.
[<Struct; NoEquality; NoComparison>]
type internal SmoothFunction<'F when 'F: struct and 'F: (new: unit -> 'F) and 'F :> ValueType and 'F :> IRadialFunction>
    (f: 'F) =
    interface IRadialFunction with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        member _.Evaluate(r, parameters) =
            let mutable f = f
            let value = f.Evaluate(r, parameters.Slice 2)
            let x = (r - parameters[1]) / (parameters[0] - parameters[1])
            let slope = constant 10.0 - constant 15.0 * x + constant 6.0 * (x * x)
            value * branch r parameters[1] (constant 1.0) (constant 1.0 - power 3 x * slope)

/// u(r) + c + (a/3)(r − r_o)³ + (b/4)(r − r_o)⁴; first parameters r_o, a, b, c.
[<Struct; NoEquality; NoComparison>]
type internal CurvatureShiftedFunction<'F
    when 'F: struct and 'F: (new: unit -> 'F) and 'F :> ValueType and 'F :> IRadialFunction>(f: 'F) =
    interface IRadialFunction with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        member _.Evaluate(r, parameters) =
            let mutable f = f
            let value = f.Evaluate(r, parameters.Slice 4)
            let x = r - parameters[0]
            let bridge = power 3 x * (parameters[1] / constant 3.0 + parameters[2] / constant 4.0 * x)
            value + parameters[3] + branch r parameters[0] (constant 0.0) bridge

/// u(r)·½(1 + cos(πr/r_c)); first parameter r_c.
[<Struct; NoEquality; NoComparison>]
type internal CosineFunction<'F when 'F: struct and 'F: (new: unit -> 'F) and 'F :> ValueType and 'F :> IRadialFunction>
    (f: 'F) =
    interface IRadialFunction with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        member _.Evaluate(r, parameters) =
            let mutable f = f
            let value = f.Evaluate(r, parameters.Slice 1)
            value * (constant 0.5 + constant 0.5 * cosine (constant Math.PI * r / parameters[0]))
