/// CIF files as people have them: few digits, labels, atoms listed twice or partly, formulae that do not fit.
module Noether.Tests.CifTests

open System.IO
open System.Text
open System.Text.Json
open Expecto
open Noether.Domain
open Noether.Tests.DomainChecks

/// The structures of a text, and what the reader told of.
let internal heard (text: string) : Result<Structure list, NoetherError> * string list =
    let notices = ResizeArray<string>()
    let options = { ReadingOptions.usual with Notice = fun notice -> notices.Add notice.Text }
    let format = Formats.ofName "cif" |> ok
    let result = format.Parse options "f" (Encoding.UTF8.GetBytes text)
    result, List.ofSeq notices

let internal one (text: string) : Structure * string list =
    let result, notices = heard text
    List.exactlyOne (ok result), notices

/// A trial of people's own files.
let private trial name = one (File.ReadAllText(fixture $"trials/{name}"))

let private composition (structure: Structure) = structure.Numbers |> Seq.countBy Elements.symbol |> Map.ofSeq

/// The shortest distance between two atoms, images in the 27 cells around included.
let private shortest (structure: Structure) =
    let h = structure.Cell.Vectors
    let position i k = structure.Positions[3 * i + k]

    Seq.min
        [ for i in 0 .. structure.Count - 1 do
              for j in 0..i do
                  for a in -1 .. 1 do
                      for b in -1 .. 1 do
                          for c in -1 .. 1 do
                              if i <> j || (a, b, c) <> (0, 0, 0) then
                                  let along k =
                                      position i k - position j k
                                      + float a * h[k]
                                      + float b * h[3 + k]
                                      + float c * h[6 + k]

                                  sqrt (along 0 ** 2.0 + along 1 ** 2.0 + along 2 ** 2.0) ]

let private cell =
    "data_a\n_cell_length_a 4\n_cell_length_b 4\n_cell_length_c 4\n_cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma 90\n"

let private sites (columns: string) (rows: string) =
    let tags = columns.Split ' ' |> Array.map (fun column -> "_atom_site_" + column) |> String.concat "\n"
    $"loop_\n{tags}\n{rows}\n"

let private mirrored = cell + "loop_ _symmetry_equiv_pos_as_xyz 'x,y,z' '-x,y,z'\n"

[<Tests>]
let tests =
    testList
        "CIF files"
        [ testTheory
              "Trials of people's files"
              [ "cif-thirds/thirds.cif", [ "Mo", 2; "S", 4 ], 106.31584754633549, 2.416, 0
                "cif-thirds/thirds2.cif", [ "Mo", 2; "S", 4 ], 106.31584754633549, 2.416, 0
                "cif-thirds/thirds4.cif", [ "Mo", 2; "S", 4 ], 106.31584754633549, 2.416, 0
                "cif-site-labels/diopside.cif", [ "Ca", 4; "Mg", 4; "Si", 8; "O", 24 ], 438.57681894800544, 1.5847, 0
                "cif-listed-twice/bn.cif", [ "N", 2; "B", 2 ], 36.048307432527274, 1.4434, 2
                "cif-symbol-only/indium.cif", [ "In", 2 ], 52.3225284125, 3.2525, 0 ]
              (fun (name, atoms, volume, distance, told) ->
                  let structure, notices = trial name
                  equal (Map atoms) (composition structure)
                  isTrue (near 1e-7 volume (Cell.volume structure.Cell |> Option.get))
                  // Distances of the trials are given to a few digits, and those of thirds from digits that were cut.
                  isTrue (abs (shortest structure - distance) < 2e-3)
                  equal told notices.Length)

          testCase "Thirds are thirds, whatever their digits" (fun () ->
              let exact = trial "cif-thirds/thirds4.cif" |> fst

              for name in [ "thirds.cif"; "thirds2.cif" ] do
                  let structure = trial $"cif-thirds/{name}" |> fst

                  for a, b in Seq.zip exact.Positions structure.Positions do
                      isTrue (abs (a - b) < 1e-12)

              let fractional = Cell.toFractional exact.Cell exact.Positions
              isTrue (abs (fractional[0] - 1.0 / 3.0) < 1e-15 && abs (fractional[1] - 2.0 / 3.0) < 1e-15))

          testCase "Indium is body-centred" (fun () ->
              let structure = trial "cif-symbol-only/indium.cif" |> fst
              let fractional = Cell.toFractional structure.Cell structure.Positions

              for expected, actual in Seq.zip [ 0.0; 0.0; 0.0; 0.5; 0.5; 0.5 ] fractional do
                  isTrue (abs (actual - expected) < 1e-15))

          testCase "Deuterium is hydrogen with its mass" (fun () ->
              let structure, notices = trial "deuterium/heavyice.cif"
              equal [] notices
              equalSeq [ 8; 1; 1 ] structure.Numbers
              equal (Property.reals [ 15.999; 2.0141017778; 2.0141017778 ]) structure.PerAtom["masses"])

          testCase "Sites listed twice count once, and it is said" (fun () ->
              let structure, notices =
                  one (mirrored + sites "label fract_x fract_y fract_z" "C1 .1 0 0\nC2 .9 0 0\nC3 0 .5 0")

              equal 3 structure.Count
              equal [ "site 'C2' repeats site 'C1' and is passed over" ] notices)

          testCase "Atoms nearly on each other are told of where nothing repeats them" (fun () ->
              let structure, notices =
                  one (
                      cell
                      + "_space_group_name_H-M_alt P1\n"
                      + sites "label fract_x fract_y fract_z" "C1 .1 0 0\nC2 .101 0 0"
                  )

              equal 2 structure.Count
              equal [ "1 pairs of atoms are nearer than 0.6 Å, the nearest 'C1' and 'C2' at 0.004 Å" ] notices)

          testCase "A site far off its special position is moved with a word" (fun () ->
              let structure, notices = one (mirrored + sites "label fract_x fract_y fract_z" "C1 .02 0 0")
              equalSeq [ 0.0; 0.0; 0.0 ] structure.Positions

              equal
                  [ "site 'C1' is moved by 0.08 Å onto its special position, as its images are within 0.2 Å" ]
                  notices)

          testCase "Multiplicities and orders of sites that do not fit are told of" (fun () ->
              let read columns row = one (mirrored + sites ("label fract_x fract_y fract_z " + columns) row) |> snd
              equal [] (read "symmetry_multiplicity" "C1 0 0 0 1")
              equal [] (read "site_symmetry_multiplicity" "C1 .3 0 0 2")
              equal [] (read "site_symmetry_order" "C1 0 0 0 2")

              equal
                  [ "site 'C1' has 1 atoms in the cell, but the multiplicity 2" ]
                  (read "symmetry_multiplicity" "C1 0 0 0 2")

              equal
                  [ "2 operations leave site 'C1' in place, but 1 are given" ]
                  (read "site_symmetry_order" "C1 0 0 0 1"))

          testTheory
              "The formula and Z are compared with the atoms"
              [ "_chemical_formula_sum 'C O2'\n_cell_formula_units_Z 1", []
                "_chemical_formula_sum 'C O2'", []
                "_chemical_formula_sum 'C1 O2'\n_cell_formula_units_Z 2",
                [ "Z is 2, but the cell has the atoms of 1 formulae" ]
                "_chemical_formula_sum 'C H4 O2'",
                [ "the formula has H, of which no site is listed: the atoms are not there" ]
                "_chemical_formula_sum 'C O3'\n_cell_formula_units_Z 1",
                [ "the cell has 1 C, 2 O, which is not the formula times Z: 1 C, 3 O" ]
                "_chemical_formula_sum 'C2'", [ "the cell has 1 C, 2 O, which is not the formula: 1 C" ]
                "_chemical_formula_sum '(C.5 N.5) O'", []
                "_chemical_formula_sum ?\n_cell_formula_units_Z ?", [] ]
              (fun (formula, expected) ->
                  let text = mirrored + formula + "\n" + sites "label fract_x fract_y fract_z" "C1 0 0 0\nO1 .3 0 0"
                  equal expected (one text |> snd))

          testCase "The formula says which element a label in capitals is" (fun () ->
              let read formula =
                  one (
                      cell
                      + "_space_group_IT_number 1\n"
                      + formula
                      + "\n"
                      + sites "label fract_x fract_y fract_z" "CA1 0 0 0\nO1 .5 .5 .5"
                  )

              equalSeq [ 20; 8 ] (fst (read "_chemical_formula_sum 'Ca O'")).Numbers
              equalSeq [ 6; 8 ] (fst (read "_chemical_formula_sum 'C O'")).Numbers
              let structure, notices = read ""
              equalSeq [ 6; 8 ] structure.Numbers
              equal [ "'CA1' is read as C, not as Ca: _atom_site_type_symbol would say" ] notices)

          testCase "Of a disordered place the most probable occupant is taken, with a word" (fun () ->
              let structure, notices =
                  one (
                      cell
                      + "_space_group_IT_number 1\n"
                      + sites
                          "label fract_x fract_y fract_z occupancy"
                          "Si1 0 0 0 .3\nAl1 0 0 0 .7\nFe1 .5 .5 0 .5\nNi1 .5 .5 0 .5\nO1 .5 0 .5 .2\nO2 0 .5 .5 1"
                  )

              equalSeq [ 13; 26; 8 ] structure.Numbers
              equal (Property.reals [ 0.7; 0.5; 1.0 ]) structure.PerAtom["occupancies"]

              equal
                  [ "the place of site 'Si1' is taken as Al, its most probable occupant of 0.3 Si, 0.7 Al"
                    "the place of site 'Fe1' is taken as Fe, its most probable occupant of 0.5 Fe, 0.5 Ni"
                    "the place of site 'O1' is left empty, its most probable occupant of 0.2 O" ]
                  notices) ]
