// First steps: values, gradients and higher derivatives; a spring; Lennard-Jones, written once and used three ways.
//
//     dotnet fsi --optimize+ scripts/01-springs-and-lennard-jones.fsx
//
// Writes out/01-springs-and-lennard-jones.html and ends in assertions.
#load "noether.fsx"

open System
open System.Diagnostics
open System.IO
open Noether.Kernels

let check what good = if not good then failwith $"{what} does not hold"

// x², on ones and on a range, with its gradient ------------------------------------------------------------------------

let ones = Tensor.ones [| 3 |]
printfn $"x² on ones: {ones * ones}"
let range = Tensor.arange -3.0 4.0 1.0
let parabola (x: Tensor) = Tensor.sum (x * x)
let sum, slope = Diff.fgrad parabola range
printfn $"on {range}: sum of squares {sum}, gradient {slope}"
check "the gradient of x² is 2x" (slope = 2.0 * range)

// A spring in three dimensions -----------------------------------------------------------------------------------------

let spring (r: Tensor) = Tensor.sum (Tensor.square r)
let energy, gradient = Diff.fgrad spring (Tensor.vector [ 1.0; 2.0; 3.0 ])
printfn $"spring at (1, 2, 3): energy {energy}, gradient {gradient}"
check "the energy of the spring is 14" (Tensor.value energy = 14.0)
check "its gradient is (2, 4, 6)" (gradient = Tensor.vector [ 2.0; 4.0; 6.0 ])

check
    "its Hessian is twice the unit matrix"
    (Diff.hessian spring (Tensor.vector [ 1.0; 2.0; 3.0 ]) = 2.0 * Tensor.eye 3)

// Lennard-Jones: one function of a distance ----------------------------------------------------------------------------

// A function of your own is a struct with one generic method; the library's `LennardJones` is exactly this text.
module Mine =
    open RealOperators

    [<Struct; NoEquality; NoComparison>]
    type LennardJones =
        interface IRadialFunction with
            member _.Evaluate(r, parameters) =
                let attraction = power 6 (parameters[1] / r)
                constant 4.0 * parameters[0] * (attraction * attraction - attraction)

let unit = [ Tensor.scalar 1.0; Tensor.scalar 1.0 ]
let pair r = RadialFunction.apply (LennardJones()) unit r

// As a tensor expression: a curve and, by reverse mode, its force.
let r = Tensor.arange 0.1 12.0 0.001
let curve, derivative = Diff.fgrad (fun r -> Tensor.sum (pair r)) r
let value = pair r
let force = -derivative
printfn $"{r.Size} distances, energies sum to {Tensor.value curve:E3}"

// As lanes: value and derivative from one SIMD pass, no tape.
let distances = Tensor.toArray r
let laneValues = Array.zeroCreate<float> distances.Length
let laneSlopes = Array.zeroCreate<float> distances.Length
RadialFunction.valuesAndDerivatives (Mine.LennardJones()) [| 1.0; 1.0 |] distances laneValues laneSlopes

// As plain numbers.
let ofNumber = RadialFunction.value (LennardJones()) [| 1.0; 1.0 |]

let relative (a: float[]) (b: float[]) = Array.map2 (fun x y -> abs (x - y) / (abs x + abs y + 1e-12)) a b |> Array.max

let scalars = distances |> Array.map ofNumber
let tensors = Tensor.toArray value
printfn $"scalar against tensor {relative scalars tensors:E1}, scalar against lanes {relative scalars laneValues:E1}"
check "scalar and tensor agree to rounding" (relative scalars tensors < 1e-11)
check "scalar and lanes agree to rounding" (relative scalars laneValues < 1e-11)
check "slopes by tape and by lanes agree to rounding" (relative (Tensor.toArray derivative) laneSlopes < 1e-11)

// The minimum is where the force vanishes: Newton's method on the derivative.
let slopeAt = Diff.diff pair
let curvatureAt = Diff.diff slopeAt

let minimum =
    Seq.unfold (fun (x: Tensor) -> let next = x - slopeAt x / curvatureAt x in Some(next, next)) (Tensor.scalar 1.1)
    |> Seq.item 20
    |> Tensor.value

printfn $"the force vanishes at r = {minimum:R}; 2^(1/6) = {2.0 ** (1.0 / 6.0):R}"
check "the minimum is at 2^(1/6)" (abs (minimum - 2.0 ** (1.0 / 6.0)) < 1e-12)

// Second and third derivatives there: 72/2^(1/3) and −756√2.
let second = Diff.diffn 2 pair (Tensor.scalar minimum) |> Tensor.value
let third = Diff.diffn 3 pair (Tensor.scalar minimum) |> Tensor.value
printfn $"second derivative {second:R}, third derivative {third:R}"
check "the second derivative is 72/2^(1/3)" (abs (second - 72.0 / 2.0 ** (1.0 / 3.0)) < 1e-10)
check "the third derivative is −756√2" (abs (third + 756.0 * sqrt 2.0) < 1e-9)

// The Hessian of three atoms in a line, with respect to all nine coordinates: symmetric, and blind to translation.
let cluster (x: Tensor) =
    let vectors = Tensor.gather [| 1; 2; 2 |] x - Tensor.gather [| 0; 0; 1 |] x
    Tensor.sum (pair (Tensor.sqrt (Tensor.sumAxes [| 1 |] (vectors * vectors))))

let atoms = Tensor.matrix [ [ 0.0; 0.0; 0.0 ]; [ 1.1; 0.0; 0.0 ]; [ 2.2; 0.1; 0.0 ] ]
let hessian = Diff.hessian cluster atoms |> Tensor.reshape [| 9; 9 |]
let asymmetry = Tensor.abs (hessian - Tensor.transpose hessian) |> Tensor.toArray |> Array.max
let translation = Tensor.matmul hessian (Tensor.vector [ 1.0; 0.0; 0.0; 1.0; 0.0; 0.0; 1.0; 0.0; 0.0 ])

printfn
    $"Hessian of three atoms: asymmetry {asymmetry:E1}, response to translation {translation |> Tensor.abs |> Tensor.toArray |> Array.max:E1}"

check "the Hessian is symmetric" (asymmetry < 1e-10)
check "the Hessian does not see translations" (Tensor.toArray (Tensor.abs translation) |> Array.max < 1e-9)

// Pairs a second on one thread, values and derivatives, for the function of the script and that of the library.
let speed name (run: float[] -> float[] -> float[] -> unit) =
    let n = 2048
    let r = Array.init n (fun i -> 0.9 + 1.6 * float i / float n)
    let v, d = Array.zeroCreate n, Array.zeroCreate n

    for _ in 1..2000 do
        run r v d

    let best =
        Seq.init 7 (fun _ ->
            let watch = Stopwatch.StartNew()

            for _ in 1..2000 do
                run r v d

            2000.0 * float n / watch.Elapsed.TotalSeconds)
        |> Seq.sort
        |> Seq.item 3

    printfn $"{name}: {best / 1e9:F2}·10⁹ pair values and derivatives a second"

speed "function of this script " (RadialFunction.valuesAndDerivatives (Mine.LennardJones()) [| 1.0; 1.0 |])
speed "function of the library " (RadialFunction.valuesAndDerivatives (LennardJones()) [| 1.0; 1.0 |])

// Two plots.
let page =
    Page
        .Create("Springs and Lennard-Jones")
        .Figure(
            Plot
                .Create("A parabola and its slope")
                .Line(Tensor.toArray range, Tensor.toArray (range * range), "x²")
                .Line(Tensor.toArray range, Tensor.toArray slope, "gradient")
                .XLabel("x")
        )
        .Figure(
            Plot
                .Create("Lennard-Jones")
                .Line(distances, tensors, "energy (ε)")
                .Line(distances, Tensor.toArray force, "force (ε/σ)")
                .Vertical(minimum, "minimum")
                .Horizontal(0.0)
                .XLimits(0.8, 3.0)
                .YLimits(-2.6, 3.0)
                .XLabel("r (σ)")
        )

page.Write(Path.Combine(__SOURCE_DIRECTORY__, "..", "out", "01-springs-and-lennard-jones.html"))
