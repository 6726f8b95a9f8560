/// Charges as LAMMPS, GROMACS and OpenMM sum them.
module Noether.Tests.OtherProgramsTests

open System.IO
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.ElectrostaticReference
open Noether.Tests.Lammps
open Noether.Tests.ManyBodyChecks
open Noether.Tests.MechanicsReference

let private chargesOf count =
    [ for i in 0 .. count - 1 -> (if i % 2 = 0 then 1.0 else -1.0) * (1.0 + 0.1 * float (i / 2 % 4)) ]

let private withCharges (charges: float list) structure =
    Structure.withPerAtom "charges" (Property.reals charges) structure |> ok

/// Ions in a skewed cell, neutral in all.
let private salt seed =
    let cube = scattered seed [ "Na"; "Cl" ] 24 7.0 1.6
    let skew = [| 1.02; 0.0; 0.0; 0.13; 0.97; 0.0; -0.21; 0.09; 1.04 |]
    let turn (x: float[]) = Array.init 3 (fun c -> Seq.sum [ for a in 0..2 -> x[a] * skew[3 * a + c] ])
    let rows (values: float seq) = values |> Seq.chunkBySize 3 |> Seq.collect turn |> Array.ofSeq
    let cell = Cell.create (rows cube.Cell.Vectors) (true, true, true) |> ok
    let positions = System.Collections.Immutable.ImmutableArray.CreateRange(rows cube.Positions)
    Structure.create cube.Numbers positions cell |> ok

let private settings =
    { Electrostatics.standard with
        Prefactor = 1.0
        Accuracy = 1e-9
        Cutoff = 5.0
        Method = EwaldMethod }

let private ofLammps kspace =
    { Style = [ "pair_style coul/long 3.4"; "pair_coeff * *"; "pair_modify table 0" ] @ kspace
      Files = []
      Elements = [ "Na"; "Cl" ]
      Charges = Some(chargesOf 24)
      Boundary = "p p p" }

/// The complementary error function of LAMMPS is a polynomial with an error of 1.5e-7 (M. Abramowitz and I. A. Stegun,
/// Handbook of Mathematical Functions, 7.1.26), which some hundred pairs carry into energies and forces.
let private polynomial = 2e-6

[<Tests>]
let tests =
    testList
        "OtherPrograms"
        [ testTheory
              "LAMMPS' Ewald sum and PPPM have the same energies, forces and stress"
              [ "kspace_style ewald 1e-9", polynomial; "kspace_style pppm 1e-6", 2e-5 ]
              (fun (style, tolerance) ->
                  needsLammps ()
                  let order = if style.Contains "pppm" then [ "kspace_modify order 7" ] else []

                  for seed in 1..2 do
                      let structure = salt seed
                      let potential = Electrostatics.create settings |> ok
                      let found = Evaluate.run potential (withCharges (chargesOf 24) structure) |> ok
                      let energy, forces, virial = runLammps (ofLammps (style :: order)) structure
                      atMost tolerance (difference [ energy ] [ found.Energy ])
                      atMost tolerance (difference forces found.Forces)
                      atMost tolerance (difference virial found.Virial))

          testCase "LAMMPS' slabs have the same energies and forces" (fun () ->
              needsLammps ()
              // Ours in 45 Å, theirs in 3 times 14 Å: what is left of the images' fields is e^(−2π 30/7).
              let slab height =
                  let cube = scattered 5 [ "Na"; "Cl" ] 24 7.0 1.6
                  let moved = cube.Positions |> Seq.mapi (fun k x -> if k % 3 = 2 then x + 2.0 else x)
                  let positions = System.Collections.Immutable.ImmutableArray.CreateRange moved
                  let vectors = [| 7.0; 0.0; 0.0; 0.0; 7.2; 0.0; 0.0; 0.0; height |]
                  Structure.create cube.Numbers positions (Cell.create vectors (true, true, false) |> ok) |> ok

              let found =
                  Evaluate.run (Electrostatics.create settings |> ok) (withCharges (chargesOf 24) (slab 45.0)) |> ok

              let style = [ "kspace_style ewald 1e-9"; "kspace_modify slab 3.0" ]
              let energy, forces, _ = runLammps { ofLammps style with Boundary = "p p f" } (slab 14.0)
              atMost polynomial (difference [ energy ] [ found.Energy ])
              atMost polynomial (difference forces found.Forces))

          testCase "Three frames have the energies, forces and stress of GROMACS" (fun () ->
              let path = Path.Combine(Repository.data, "electrostatics", "coulomb_test_frames.xyz")

              if not (File.Exists path) then
                  skiptest $"no {path}: nothing was compared with GROMACS; NOETHER_DATA names the folder above it."

              let potential =
                  Electrostatics.create { Electrostatics.standard with Accuracy = 1e-11; Method = EwaldMethod } |> ok

              // Converged Ewald sums of torch-pme and of a second smearing agree in these energies, eV.
              let converged = [ -24.65953131819555; -19.864995632120003; -15.865765401313723 ]
              let frames = ExtXyz.read path |> ok

              for frame, energy in List.zip (List.ofSeq frames) converged do
                  let found = Evaluate.run potential frame |> ok
                  let reals name (map: Map<string, Property>) = Property.tryReals map[name] |> Option.get
                  atMost 1e-9 (abs (found.Energy - energy))
                  // Its mesh is off by up to 1.01e-5 in these energies and 1.3e-4 in forces.
                  atMost 1.1e-5 (difference (reals "energy" frame.Info) [ found.Energy ])
                  atMost 3e-4 (difference (reals "forces" frame.PerAtom) found.Forces)
                  // GROMACS' virial is −½ dE/dε with the sign of a pressure.
                  let twice = reals "stress" frame.Info |> Seq.map (fun w -> -2.0 * w)
                  atMost 1e-3 (difference twice found.Virial))

          testCase "Smooth particle-mesh Ewald on a mesh of OpenMM has its reciprocal energy" (fun () ->
              // NNPOps' test of its particle-mesh Ewald against OpenMM: nm, kJ/mol, order 5, α = 4.985823141035867/nm.
              let positions =
                  [ 0.7713206433
                    0.02075194936
                    0.6336482349
                    0.7488038825
                    0.4985070123
                    0.2247966455
                    0.1980628648
                    0.7605307122
                    0.1691108366
                    0.08833981417
                    0.6853598184
                    0.9533933462
                    0.003948266328
                    0.5121922634
                    0.8126209617
                    0.6125260668
                    0.7217553174
                    0.2918760682
                    0.9177741225
                    0.7145757834
                    0.542544368
                    0.1421700476
                    0.3733407601
                    0.6741336151
                    0.4418331744
                    0.4340139933
                    0.6177669785 ]

              let cell = [ 1.0; 0.0; 0.0; 0.0; 1.1; 0.0; 0.0; 0.0; 1.2 ]
              let charges = [ for i in 0..8 -> float (i - 4) / 10.0 ]
              let ions = ions (List.replicate 9 "X") cell positions charges
              let smearing = 1.0 / (sqrt 2.0 * 4.985823141035867)

              let split = RangeSplit.coulomb (Tensor.scalar smearing) |> RangeSplit.scale (Tensor.scalar 138.935)

              let total summation cutoff =
                  LatticeSum.energy (LatticeSum.create split summation) cutoff ions.Structure ions.Charges |> ok

              // With no pair within the cut-off the reciprocal part is left, self-energies included. These two are exact
              // sums of another program, in float64.
              let exact = total (Ewald(Sphere(9.0 / smearing)))
              atMost 1e-9 (abs (exact 1e-3 - -90.93418058390382))
              atMost 1e-9 (abs (exact 1.9 - -90.38044747378582))

              // OpenMM's splines of order 5 stand half a mesh point further, so that its −90.92361028496651 is another
              // approximation, off by 1.06e-2: ours are as good.
              let openMM = abs (-90.92361028496651 - -90.93418058390382)

              for assignment in [ SmoothPme 5; P3M 5 ] do
                  let mesh = total (OnMesh(assignment, Points(14, 15, 16)))
                  atMost 1e-9 (abs (mesh 0.5 - mesh 1e-3 - 0.5811487941627974))
                  atMost (1.2 * openMM) (abs (mesh 1e-3 - exact 1e-3))) ]
