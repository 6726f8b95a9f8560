/// Rigid molecules and ideal gases of them.
module Noether.Tests.IdealGasTests

open System
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics

let private shape symbols positions =
    let structure = Structure.ofSymbols symbols positions Cell.none |> ok
    MolecularShape.create 0.05 (structure.Numbers |> Seq.map Elements.mass) structure |> ok

let private ring radius count z =
    [ for k in 0 .. count - 1 ->
          let angle = 2.0 * Math.PI * float k / float count
          radius * cos angle, radius * sin angle, z ]

let private tetrahedron a = [ a, a, a; a, -a, -a; -a, a, -a; -a, -a, a ]

let private springless (structure: Structure) =
    Vibrations.ofHessian
        (structure.Numbers |> Seq.map Elements.mass)
        (Tensor.zeros [| 3 * structure.Count; 3 * structure.Count |])
    |> ok

[<Tests>]
let tests =
    testList
        "IdealGas"
        [ testCase "Symmetry numbers are those of the textbooks" (fun () ->
              let number symbols positions = (shape symbols positions).SymmetryNumber
              let carbons n = List.replicate n "C"
              let hydrogens n = List.replicate n "H"
              equal 1 (number [ "Ar" ] [ 1.0, 2.0, 3.0 ])
              equal 2 (number [ "N"; "N" ] [ 0.0, 0.0, 0.0; 0.0, 0.5, 1.0 ])
              equal 1 (number [ "C"; "O" ] [ 0.0, 0.0, 0.0; 0.0, 0.5, 1.0 ])
              equal 2 (number [ "O"; "H"; "H" ] [ 0.0, 0.0, 0.0; 0.757, 0.586, 0.0; -0.757, 0.586, 0.0 ])
              equal 3 (number ("N" :: hydrogens 3) ((0.0, 0.0, 0.38) :: ring 0.94 3 0.0))
              equal 12 (number ("C" :: hydrogens 4) ((0.0, 0.0, 0.0) :: tetrahedron 0.63))
              equal 12 (number (carbons 6 @ hydrogens 6) (ring 1.39 6 0.0 @ ring 2.48 6 0.0))

              let octahedron =
                  [ for a in [ 1.56; -1.56 ] do
                        yield! [ a, 0.0, 0.0; 0.0, a, 0.0; 0.0, 0.0, a ] ]

              equal 24 (number ("S" :: List.replicate 6 "F") ((0.0, 0.0, 0.0) :: octahedron))
              // Hydrogen peroxide, twisted: one axis; and one of its hydrogens heavier only by name.
              let peroxide = [ 0.0, 0.7, 0.0; 0.0, -0.7, 0.0; 0.8, 0.9, 0.5; -0.8, -0.9, 0.5 ]
              equal 2 (number [ "O"; "O"; "H"; "H" ] peroxide)
              equal 1 (number [ "O"; "O"; "H"; "F" ] peroxide))

          testCase "Symmetry and moments do not depend on place, direction and order" (fun () ->
              let methane = (0.0, 0.0, 0.0) :: tetrahedron 0.63
              let c, s = cos 0.7, sin 0.7

              let moved =
                  methane |> List.map (fun (x, y, z) -> c * x - s * y + 3.0, s * x + c * y - 1.0, z + 0.2) |> List.rev

              let a, b = shape ("C" :: List.replicate 4 "H") methane, shape (List.replicate 4 "H" @ [ "C" ]) moved
              equal a.SymmetryNumber b.SymmetryNumber
              Seq.iter2 (fun (x: float) y -> equalWithin 1e-12 x y) a.Moments b.Moments
              // 8/3 m r² of a tetrahedron, r² = 3·0.63².
              equalWithin 1e-12 (8.0 / 3.0 * Elements.mass 1 * 3.0 * 0.63 * 0.63) (a.Moments[0]))

          testCase "A single atom has the entropy of Sackur and Tetrode" (fun () ->
              // CODATA 2018: S/k = −1.15170753706 for a mass of 1 amu at 1 K and 100 kPa; + 3/2 ln m + 5/2 ln T.
              let argon = Structure.ofSymbols [ "Ar" ] [ 0.0, 0.0, 0.0 ] Cell.none |> ok
              let gas = IdealGas.create 298.15 1.0 1 (shape [ "Ar" ] [ 0.0, 0.0, 0.0 ]) (springless argon) -1.0 |> ok
              let expected = -1.15170753706 + 1.5 * log (Elements.mass 18) + 2.5 * log 298.15
              equalWithin 1e-7 expected (gas.Entropy / Units.boltzmann)
              equalWithin 1e-12 (-1.0 + 2.5 * Units.boltzmann * 298.15) gas.Enthalpy)

          testCase "Nitrogen has its standard entropy" (fun () ->
              // NIST-JANAF: 191.609 J/(mol K) at 298.15 K and 1 bar; a rigid rotor of the measured length and frequency
              // is right to 0.1.
              let distance, wavenumber = 1.0977, 2358.6
              let mass = Elements.mass 7
              let root = wavenumber / Frequency.wavenumber 1.0
              let spring = root * root * mass / 2.0
              let structure = Structure.ofSymbols [ "N"; "N" ] [ 0.0, 0.0, 0.0; distance, 0.0, 0.0 ] Cell.none |> ok

              let hessian =
                  Array.init 36 (fun k ->
                      match k / 6, k % 6 with
                      | (0, 0)
                      | (3, 3) -> spring
                      | (0, 3)
                      | (3, 0) -> -spring
                      | _ -> 0.0)

              let modes = Vibrations.ofHessian [ mass; mass ] (Tensor.ofArray [| 6; 6 |] hessian) |> ok
              let shape = MolecularShape.create 0.05 [ mass; mass ] structure |> ok
              let gas = IdealGas.create 298.15 1.0 1 shape modes 0.0 |> ok
              equalWithin 1e-6 wavenumber (List.exactlyOne gas.Wavenumbers)
              equalWithin 0.1 191.609 (gas.Entropy / Units.kJPerMol * 1000.0)
              // H(298.15 K) − H(0 K) = 8.670 kJ/mol.
              equalWithin 0.01 8.670 ((gas.Enthalpy - gas.ZeroPoint) / Units.kJPerMol)
              equalWithin 1e-14 (gas.Enthalpy - 298.15 * gas.Entropy) gas.FreeEnergy)

          testCase "What has no thermochemistry is refused" (fun () ->
              let refuse (expected: string) result =
                  match result with
                  | Error error -> contains expected (NoetherError.message error)
                  | Ok _ -> failtest $"accepted: {expected}"

              let two = Structure.ofSymbols [ "N"; "N" ] [ 0.0, 0.0, 0.0; 1.1, 0.0, 0.0 ] Cell.none |> ok
              let shape = MolecularShape.create 0.05 [ 14.0; 14.0 ] two |> ok
              let unstable = Array.init 36 (fun k -> if k % 7 = 0 then -1.0 else 0.0)
              let modes = Vibrations.ofHessian [ 14.0; 14.0 ] (Tensor.ofArray [| 6; 6 |] unstable) |> ok
              refuse "relax it first" (IdealGas.create 300.0 1.0 1 shape modes 0.0)
              refuse "the temperature is 0" (IdealGas.create 0.0 1.0 1 shape modes 0.0)
              refuse "the pressure is -1" (IdealGas.create 300.0 -1.0 1 shape modes 0.0)
              refuse "at least 1" (IdealGas.create 300.0 1.0 0 shape modes 0.0)

              let crystal =
                  Structure.withCell
                      (Cell.createOrFail [| 4.0; 0.0; 0.0; 0.0; 4.0; 0.0; 0.0; 0.0; 4.0 |] (true, true, true))
                      two

              refuse "periodic directions" (MolecularShape.create 0.05 [ 14.0; 14.0 ] crystal)) ]
