module Noether.Tests.MadelungTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.ElectrostaticReference
open Noether.Tests.MechanicsReference

/// Crystals of spec and literature: cell, positions in fractions of it or in Å, charges, formula units, and minus the
/// energy of one of them, from Ewald sums of two smearings that agree to 1e-15 and with the published constants
/// (torch-pme's list; for CsCl Y. Sakamoto, J. Chem. Phys. 28, 164 (1958), 2.035361509).
type private Crystal =
    { Name: string
      Cell: float list
      Positions: float list
      Charges: float list
      Units: int
      Constant: float }

let private crystals =
    let fcc = [ 0.0; 1.0; 1.0; 1.0; 0.0; 1.0; 1.0; 1.0; 0.0 ]
    let unit = [ 1.0; 0.0; 0.0; 0.0; 1.0; 0.0; 0.0; 0.0; 1.0 ]
    let u = 3.0 / 8.0
    let c = sqrt (1.0 / u)
    let half3 = 0.5 * sqrt 3.0
    let third = 0.5 / sqrt 3.0

    [ { Name = "CsCl"
        Cell = unit
        Positions = [ 0.0; 0.0; 0.0; 0.5; 0.5; 0.5 ]
        Charges = [ -1.0; 1.0 ]
        Units = 1
        Constant = 2.0353615094525983 }
      { Name = "NaCl, primitive"
        Cell = fcc
        Positions = [ 0.0; 0.0; 0.0; 1.0; 0.0; 0.0 ]
        Charges = [ 1.0; -1.0 ]
        Units = 1
        Constant = 1.7475645946331873 }
      { Name = "NaCl, cubic"
        Cell = unit |> List.map (fun x -> 2.0 * x)
        Positions =
          [ for i in 0..1 do
                for j in 0..1 do
                    for k in 0..1 do
                        yield! [ float i; float j; float k ] ]
        Charges =
          [ for i in 0..1 do
                for j in 0..1 do
                    for k in 0..1 -> if (i + j + k) % 2 = 0 then 1.0 else -1.0 ]
        Units = 4
        Constant = 1.7475645946331873 }
      { Name = "zincblende"
        Cell = fcc
        Positions = [ 0.0; 0.0; 0.0; 0.5; 0.5; 0.5 ]
        Charges = [ 1.0; -1.0 ]
        Units = 1
        Constant = 1.8914630520428952 }
      { Name = "wurtzite"
        Cell = [ 0.5; -half3; 0.0; 0.5; half3; 0.0; 0.0; 0.0; c ]
        Positions = [ 0.5; third; 0.0; 0.5; third; u * c; 0.5; -third; 0.5 * c; 0.5; -third; (0.5 + u) * c ]
        Charges = [ 1.0; -1.0; 1.0; -1.0 ]
        Units = 2
        Constant = 2.680266993903852 }
      { Name = "Cu2O"
        Cell = unit
        Positions =
          [ 0.0; 0.0; 0.0; 0.5; 0.5; 0.5 ] @ [ 0.25; 0.25; 0.25; 0.25; 0.75; 0.75; 0.75; 0.25; 0.75; 0.75; 0.75; 0.25 ]
        Charges = [ -2.0; -2.0; 1.0; 1.0; 1.0; 1.0 ]
        Units = 2
        Constant = 10.259457033075048 }
      { Name = "CaF2"
        Cell = [ 0.5; 0.5; 0.0; 0.5; 0.0; 0.5; 0.0; 0.5; 0.5 ]
        Positions = [ 0.25; 0.25; 0.25; 0.75; 0.75; 0.75; 0.0; 0.0; 0.0 ]
        Charges = [ -1.0; -1.0; 2.0 ]
        Units = 1
        Constant = 11.636575227076786 }
      { Name = "Wigner's simple cubic lattice"
        Cell = unit
        Positions = [ 0.0; 0.0; 0.0 ]
        Charges = [ 1.0 ]
        Units = 1
        Constant = 0.5 * 2.8372974794806227 }
      { Name = "Wigner's body-centred lattice"
        Cell = [ -0.5; 0.5; 0.5; 0.5; -0.5; 0.5; 0.5; 0.5; -0.5 ]
        Positions = [ 0.0; 0.0; 0.0 ]
        Charges = [ 1.0 ]
        Units = 1
        Constant = 0.5 * 3.6392334495086516 }
      { Name = "Wigner's face-centred lattice"
        Cell = fcc |> List.map (fun x -> 0.5 * x)
        Positions = [ 0.0; 0.0; 0.0 ]
        Charges = [ 1.0 ]
        Units = 1
        Constant = 0.5 * 4.584862074113811 } ]

let private cubeRoot (cell: float list) =
    let h = Array.ofList cell
    let cross = [| h[4] * h[8] - h[5] * h[7]; h[5] * h[6] - h[3] * h[8]; h[3] * h[7] - h[4] * h[6] |]
    Math.Cbrt(abs (h[0] * cross[0] + h[1] * cross[1] + h[2] * cross[2]))

/// Minus the energy of a formula unit, both tails of the sum below 1e-16.
let private madelung crystal =
    let ions = ions (List.replicate crystal.Charges.Length "X") crystal.Cell crystal.Positions crystal.Charges

    let smearing = 0.18 * cubeRoot crystal.Cell
    let sum = LatticeSum.create (RangeSplit.coulomb (Tensor.scalar smearing)) (Ewald(Sphere(8.7 / smearing)))
    let energy = LatticeSum.energy sum (8.7 * smearing) ions.Structure ions.Charges |> Outcome.getOrFail
    -energy / float crystal.Units

/// The same crystal in other words: turned, its cell sheared by whole lattice vectors, repeated.
let private variants crystal =
    let h = Array.ofList crystal.Cell
    let rows = [ for i in 0..2 -> [ for c in 0..2 -> h[3 * i + c] ] ]
    let add = List.map2 (+)
    let skewed = [ rows[0]; add rows[1] rows[0]; add (add rows[2] rows[0]) rows[1] ]

    let turn (v: float list) =
        // by 0.7 about z, then by 0.4 about x
        let x, y = v[0] * cos 0.7 - v[1] * sin 0.7, v[0] * sin 0.7 + v[1] * cos 0.7
        [ x; y * cos 0.4 - v[2] * sin 0.4; y * sin 0.4 + v[2] * cos 0.4 ]

    let positions = List.chunkBySize 3 crystal.Positions

    [ { crystal with Name = crystal.Name + ", skewed"; Cell = List.concat skewed }
      { crystal with
          Name = crystal.Name + ", turned"
          Cell = List.collect turn rows
          Positions = List.collect turn positions }
      { crystal with
          Name = crystal.Name + ", doubled and moved"
          Cell = List.concat [ List.map (fun x -> 2.0 * x) rows[0]; rows[1]; rows[2] ]
          Positions =
              [ for shift in [ [ 0.0; 0.0; 0.0 ]; rows[0] ] do
                    for p in positions do
                        yield! List.map2 (+) (List.map2 (+) p shift) [ 0.37; -5.2; 0.11 ] ]
          Charges = crystal.Charges @ crystal.Charges
          Units = 2 * crystal.Units } ]

[<Tests>]
let tests =
    testList
        "Madelung"
        [ testCase "Madelung constants are the published ones to twelve digits, in whatever cell" (fun () ->
              for crystal in crystals do
                  for variant in crystal :: variants crystal do
                      // Some thousand terms that add up to the constant: a few hundred units in its last place.
                      atMost 1e-12 (abs (madelung variant / crystal.Constant - 1.0))) ]
