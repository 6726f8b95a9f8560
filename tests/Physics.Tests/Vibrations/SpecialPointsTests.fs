module Noether.Tests.SpecialPointsTests

open Expecto
open Noether.Domain
open Noether.Physics

let private cellOf crystal = (crystal: Result<Structure, NoetherError>) |> Outcome.getOrFail |> _.Cell

let private known cell = SpecialPoints.ofCell cell |> Option.get

let private fcc = cellOf (Crystal.fccPrimitive "Cu" 3.6)

let private bcc = cellOf (Crystal.bccPrimitive "Fe" 2.9)

let private sc = cellOf (Crystal.sc "Po" 3.3)

let private hcp = cellOf (Crystal.hcp "Mg" 3.2 5.2)

/// Published coordinates, W. Setyawan, S. Curtarolo, Comput. Mater. Sci. 49, 299 (2010).
let private published =
    [ fcc,
      FaceCentredCubic,
      [ "X", (0.5, 0.0, 0.5)
        "W", (0.5, 0.25, 0.75)
        "K", (0.375, 0.375, 0.75)
        "U", (0.625, 0.25, 0.625)
        "L", (0.5, 0.5, 0.5) ]
      bcc, BodyCentredCubic, [ "H", (0.5, -0.5, 0.5); "P", (0.25, 0.25, 0.25); "N", (0.0, 0.0, 0.5) ]
      sc, SimpleCubic, [ "X", (0.0, 0.5, 0.0); "M", (0.5, 0.5, 0.0); "R", (0.5, 0.5, 0.5) ]
      hcp, Hexagonal, [ "M", (0.5, 0.0, 0.0); "K", (1.0 / 3.0, 1.0 / 3.0, 0.0); "A", (0.0, 0.0, 0.5) ] ]

/// |q| in Cartesian axes, 1/Å.
let private reach (cell: Cell) (a: float, b: float, c: float) =
    let h = Cell.reciprocal cell
    Seq.init 3 (fun k -> (a * h[k] + b * h[3 + k] + c * h[6 + k]) ** 2.0) |> Seq.sum |> sqrt

[<Tests>]
let tests =
    testList
        "SpecialPoints"
        [ testCase "Usual cells have the published points" (fun () ->
              for cell, lattice, points in published do
                  let found = known cell
                  equal lattice found.Lattice

                  for label, (x, y, z) in points do
                      let a, b, c = found.Points |> List.find (fun (name, _) -> name = label) |> snd
                      atMost 1e-11 (abs (a - x) + abs (b - y) + abs (c - z)))

          testCase "Other cells of a lattice, turned and skewed, have the same points" (fun () ->
              let turn = let s = sqrt 0.5 in [| s; s; 0.0; -s; s; 0.0; 0.0; 0.0; 1.0 |]

              let skews =
                  [ [| 1; 1; 0; 0; 1; 1; 0; 0; 1 |]
                    [| 0; 1; 0; 1; 0; 0; 0; 0; 1 |]
                    [| 1; 0; 0; -1; 1; 0; 1; 0; 1 |] ]

              for cell, lattice, _ in published do
                  for skew in skews do
                      let times (a: float[]) (b: float[]) =
                          Array.init 9 (fun i -> Seq.sum (Seq.init 3 (fun k -> a[i / 3 * 3 + k] * b[3 * k + i % 3])))

                      let rows = times (times (Array.map float skew) (Array.ofSeq cell.Vectors)) turn
                      let other = Cell.createOrFail rows (true, true, true)
                      let one, two = known cell, known other
                      equal lattice two.Lattice
                      equal one.Paths two.Paths

                      for (label, q), (label', q') in List.zip one.Points two.Points do
                          equal label label'
                          atMost 1e-10 (abs (reach cell q - reach other q')))

          testCase "Paths name points of their lattice" (fun () ->
              for cell, _, _ in published do
                  let found = known cell

                  for label in List.concat found.Paths do
                      hasItem label (List.map fst found.Points))

          testCase "Other lattices are not taken for these" (fun () ->
              let all = true, true, true
              let a = 3.6

              for rows, periodic in
                  [ // Tetragonal, by one per mille.
                    [| a; 0.0; 0.0; 0.0; a; 0.0; 0.0; 0.0; 1.001 * a |], all
                    // A square base with a centre: half the volume of a cube, but no cubic lattice.
                    [| a / 2.0; a / 2.0; 0.0; -a / 2.0; a / 2.0; 0.0; 0.0; 0.0; a |], all
                    // Rhombohedral, near a cube.
                    [| a; 0.02; 0.02; 0.02; a; 0.02; 0.02; 0.02; a |], all
                    [| a; 0.0; 0.0; 0.3; 1.2 * a; 0.0; 0.1; 0.2; 1.7 * a |], all
                    [| a; 0.0; 0.0; 0.0; a; 0.0; 0.0; 0.0; a |], (true, true, false) ] do
                  equal None (SpecialPoints.ofCell (Cell.createOrFail rows periodic))

              equal None (SpecialPoints.ofCell Cell.none))

          testCase "Lattices have names" (fun () ->
              equal
                  [ "face-centred cubic"; "body-centred cubic"; "simple cubic"; "hexagonal" ]
                  (published |> List.map (fun (_, lattice, _) -> string lattice))) ]
