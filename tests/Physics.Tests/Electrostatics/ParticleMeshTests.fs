module Noether.Tests.ParticleMeshTests

open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.ElectrostaticReference
open Noether.Tests.MechanicsReference

let private run (ions: Ions) smearing summation =
    let sum = LatticeSum.create (RangeSplit.coulomb (Tensor.scalar smearing)) summation
    LatticeSum.energy sum (9.0 * smearing) ions.Structure ions.Charges |> Outcome.getOrFail

let private converged (case: Entry) =
    number "energy" (((case.GetProperty "converged").GetProperty "p=1").GetProperty "result")

[<Tests>]
let tests =
    testList
        "ParticleMesh"
        [ testCase "Meshes converge with their order in skewed, charged and left-handed cells" (fun () ->
              for name in [ "skewed4"; "charged6"; "left_handed4"; "triclinic5" ] do
                  let case = file name
                  let ions = ionsOf case
                  let exact = converged case
                  let error assignment = abs (run ions 0.6 (OnMesh(assignment, Spacing 0.3)) - exact)

                  // Half a smearing between points: what B-splines and polynomials of this order leave out of waves
                  // that matter.
                  for assignment, limit in [ (P3M, 1e-5); (SmoothPme, 5e-5); (Lagrange, 1e-3) ] do
                      let errors = [ for order in [ 3; 5; 7 ] -> error (assignment order) ]
                      Expect.isTrue (errors[2] < limit && errors[2] < errors[0]) $"{name}: errors {errors}")

          testCase "Methods agree with one another and the smearing does not matter" (fun () ->
              let case = file "triclinic5"
              let ions = ionsOf case

              let energies =
                  [ run ions 0.5 (Ewald(Sphere 18.0))
                    run ions 0.7 (Ewald(Sphere 12.5))
                    run ions 0.7 (OnMesh(P3M 7, Spacing 0.12))
                    run ions 0.7 (OnMesh(SmoothPme 7, Spacing 0.12)) ]

              for energy in energies do
                  atMost 1e-8 (abs (energy / converged case - 1.0))

              for energy in List.take 2 energies do
                  atMost 1e-12 (abs (energy / converged case - 1.0)))

          testCase "Sums on a mesh are differentiable to third order" (fun () ->
              let ions = ionsOf (file "triclinic5")
              let pairs = Neighbours.build 3.0 ions.Structure |> Outcome.getOrFail

              // Lagrange's weights jump in their slope from one node to the next.
              for assignment in [ P3M 5; SmoothPme 6; CartesianP3M 5 ] do
                  let energy (xs: Tensor[]) =
                      let sum = LatticeSum.create (RangeSplit.coulomb xs[3]) (OnMesh(assignment, Points(6, 5, 8)))

                      let v =
                          LatticeSum.potentials
                              sum
                              BothEnds
                              pairs
                              (Space.distances xs[0] xs[1] pairs)
                              xs[1]
                              xs[0]
                              xs[2]

                      Tensor.sum (xs[2] * v)

                  let xs =
                      [| Space.positions ions.Structure; Space.cell ions.Structure; ions.Charges; Tensor.scalar 0.9 |]

                  Check.run (TensorChecks.key 3) energy xs |> Check.orFail $"{assignment}" |> ignore)

          testCase "Meshes that cannot be are refused" (fun () ->
              let ions = ionsOf (file "triclinic5")

              let message summation =
                  let sum = LatticeSum.create (RangeSplit.coulomb (Tensor.scalar 0.7)) summation

                  match LatticeSum.energy sum 4.0 ions.Structure ions.Charges with
                  | Error error -> NoetherError.message error
                  | Ok _ -> failwith "expected an error"

              contains "11 points" (message (OnMesh(P3M 5, Points(11, 8, 8))))
              contains "1 to 7" (message (OnMesh(P3M 8, Points(8, 8, 8))))
              contains "spacing" (message (OnMesh(P3M 5, Spacing -1.0)))
              contains "wavelength" (message (Ewald(Wavelength 0.0)))) ]
