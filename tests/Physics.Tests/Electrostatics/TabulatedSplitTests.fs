module Noether.Tests.TabulatedSplitTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.ElectrostaticReference
open Noether.Tests.MechanicsReference

let private grid count stop = [| for i in 0..count -> float i * stop / float count |]

let private width = 0.7

let private gaussian r = exp (-r * r / (2.0 * width * width))

let private transform k = (2.0 * Math.PI) ** 1.5 * width ** 3.0 * exp (-0.5 * k * k * width * width)

/// To 9 widths, where the last value, 1e-18, is 0.
let private knots = grid 400 6.3

let private values = Tensor.vector [ for i in 0..400 -> if i = 400 then 0.0 else gaussian knots[i] ]

let private made = TabulatedSplit.ofTable "gaussian" 20.0 knots values |> ok

let private ions' = ionsOf (file "triclinic5")

let private message result =
    match result with
    | Error error -> NoetherError.message error
    | Ok _ -> failwith "expected an error"

[<Tests>]
let tests =
    testList
        "TabulatedSplit"
        [ testCase "The transform of a table is that of its function" (fun () ->
              let k = [ 1e-3; 0.4; 1.7; 5.0; 9.0 ]
              let found = made.Reciprocal(Tensor.vector [ for k in k -> k * k ]) |> Tensor.toArray
              // A spline through 400 knots deviates by h⁴/384 times the fourth derivative, 3/width⁴.
              atMost 1e-8 (difference (List.map transform k) found)
              atMost 1e-8 (abs (Tensor.value made.Mean / transform 0.0 - 1.0))
              equal 1.0 (Tensor.value made.Self))

          testCase "The transform is exact for the spline itself, short waves too" (fun () ->
              // One interval: 1 − 3r² + 2r³.
              let split = TabulatedSplit.ofTable "cubic" 60.0 [ 0.0; 1.0 ] (Tensor.vector [ 1.0; 0.0 ]) |> ok

              for k in [ 0.3; 7.0; 55.0 ] do
                  // By parts, of g = r − 3r³ + 2r⁴ with derivatives 0, 0, 6, 30, 48 at 1 and 0, 1, 0, −18, 48 at 0.
                  let integral = 6.0 * cos k / k ** 3.0 - 30.0 * sin k / k ** 4.0 + 48.0 * (1.0 - cos k) / k ** 5.0
                  let found = Tensor.value (split.Reciprocal(Tensor.scalar (k * k)))
                  let expected = 4.0 * Math.PI / k * integral
                  // At small k the terms here cancel to a hundred-thousandth.
                  atMost 1e-10 (abs (found / expected - 1.0)))

          testCase "A sum over the lattice is the sum over all pairs" (fun () ->
              let energy summation =
                  LatticeSum.energy (LatticeSum.create made summation) 6.3 ions'.Structure ions'.Charges |> ok

              // Beyond k = 20 the transform of a spline falls as k⁻⁵ h⁴.
              let sum, pairs = energy (Ewald(Sphere 12.0)), energy Direct
              atMost 1e-7 (difference [ pairs ] [ sum ])
              atMost 1e-5 (difference [ pairs ] [ energy (OnMesh(P3M 7, Spacing 0.18)) ]))

          testCase "Coulomb's law may have a tabulated part" (fun () ->
              // erfc(r/√2σ)/r + [erf(r/√2σ) − erf(r/√2s)]/r + erf(r/√2s)/r: the middle part by table.
              let narrow, wide = RangeSplit.coulomb (Tensor.scalar 0.5), RangeSplit.coulomb (Tensor.scalar 0.8)
              let knots = grid 600 7.2
              let between = narrow.Long(Tensor.vector knots) - wide.Long(Tensor.vector knots)
              let between = between * Tensor.vector [ for i in 0..600 -> if i = 600 then 0.0 else 1.0 ]
              let table = TabulatedSplit.ofTable "between" 20.0 knots between |> ok

              let energy split =
                  LatticeSum.energy (LatticeSum.create split (Ewald(Sphere 14.0))) 7.2 ions'.Structure ions'.Charges
                  |> ok

              let hard =
                  { narrow with
                      Long = wide.Long
                      Reciprocal = wide.Reciprocal
                      Self = wide.Self
                      Mean = wide.Mean
                      Powers = None }
                  + table

              let whole =
                  LatticeSum.energy (LatticeSum.create narrow (Ewald(Sphere 18.0))) 7.2 ions'.Structure ions'.Charges
                  |> ok
              // The spline's h⁴/384 times fourth derivatives of some tens.
              atMost 1e-7 (difference [ whole ] [ energy hard ]))

          testCase "Tables of both sides are splines of both" (fun () ->
              let k = grid 300 12.0
              let transforms = Tensor.vector (Array.map transform k)
              let split = TabulatedSplit.ofTables "both" (knots, values) (k, transforms) |> ok

              let energy split summation =
                  LatticeSum.energy (LatticeSum.create split summation) 6.3 ions'.Structure ions'.Charges |> ok

              atMost 1e-6 (difference [ energy made Direct ] [ energy split (Ewald(Sphere 11.9)) ]))

          testCase "Values of tables are learned: derivatives by them are right" (fun () ->
              let few = grid 12 3.0
              let table = Tensor.vector [ for i in 0..12 -> if i = 12 then 0.0 else gaussian few[i] ]
              let structure = ions'.Structure
              let pairs = Neighbours.build 3.0 structure |> ok

              let energy (xs: Tensor[]) =
                  let zero = Tensor.full Float64 [| 1 |] 0.0
                  let split = TabulatedSplit.ofTable "learned" 4.0 few (Tensor.concat 0 [ xs[0]; zero ]) |> ok
                  let cell = Space.cell structure
                  let sum = LatticeSum.create (RangeSplit.combine xs[1] [ split; split ]) (Ewald(Sphere 3.0))
                  let r = Space.distances xs[2] cell pairs
                  Tensor.sum (ions'.Charges * LatticeSum.potentials sum BothEnds pairs r cell xs[2] ions'.Charges)

              let xs = [| Tensor.slice 0 0 12 table; Tensor.vector [ 0.7; -1.3 ]; Space.positions structure |]
              Check.run (TensorChecks.key 9) energy xs |> Check.orFail "tables" |> ignore)

          testCase "Tables that cannot be are refused" (fun () ->
              contains "from 0" (message (TabulatedSplit.ofTable "t" 3.0 [ 0.1; 1.0 ] (Tensor.vector [ 1.0; 0.0 ])))
              contains "tail" (message (TabulatedSplit.ofTable "t" 3.0 [ 0.0; 1.0 ] (Tensor.vector [ 1.0; 0.5 ])))

              contains
                  "wavenumber"
                  (message (TabulatedSplit.ofTable "t" -3.0 [ 0.0; 1.0 ] (Tensor.vector [ 1.0; 0.0 ])))) ]
