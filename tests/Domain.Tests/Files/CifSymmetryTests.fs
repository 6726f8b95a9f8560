/// CIF files without their operations: by Hall symbol, by name, by number.
module Noether.Tests.CifSymmetryTests

open System
open Expecto
open FsCheck.FSharp
open Noether.Domain
open Noether.Tests.DomainChecks
open Noether.Tests.CifTests

/// Lengths and angles that the rotations of a group keep: the mean of the metric of a skew cell over the group.
let private metric (operations: SymmetryOperation list) =
    let skew = [| 360.0; -40.0; 30.0; -40.0; 490.0; 50.0; 30.0; 50.0; 640.0 |]
    let mean = Array.zeroCreate 9

    for operation in operations do
        let r = operation.Rotation

        for i in 0..2 do
            for j in 0..2 do
                for k in 0..2 do
                    for l in 0..2 do
                        mean[3 * i + j] <- mean[3 * i + j] + float r[3 * k + i] * skew[3 * k + l] * float r[3 * l + j]

    let length k = sqrt (mean[4 * k] / float operations.Length)
    let cosine i j = mean[3 * i + j] / float operations.Length / (length i * length j)
    let degrees i j = Math.Round(Math.Acos(cosine i j) * 180.0 / Math.PI, 10)
    [ length 0; length 1; length 2 ], [ degrees 1 2; degrees 2 0; degrees 0 1 ]

/// A text with the cell of a group, something that says its symmetry, and sites of carbon.
let private crystal (operations: SymmetryOperation list) (symmetry: string) (sites: string list) =
    let lengths, angles = metric operations
    let axes = [ "length_a"; "length_b"; "length_c"; "angle_alpha"; "angle_beta"; "angle_gamma" ]
    let items = List.map2 (fun axis (value: float) -> $"_cell_{axis} {value:R}\n") axes (lengths @ angles)

    String.concat "" ("data_a\n" :: items)
    + symmetry
    + "\nloop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
    + String.concat "\n" sites
    + "\n"

let private listed (operations: SymmetryOperation list) =
    "loop_\n_space_group_symop_operation_xyz\n"
    + String.concat "\n" [ for operation in operations -> $"'{operation}'" ]

let private general = [ "C1 .1234 .3107 .0711" ]

/// Fractional coordinates of the atoms, in no order, to nine digits.
let private places (structure: Structure) =
    Cell.toFractional structure.Cell structure.Positions
    |> Seq.chunkBySize 3
    |> Seq.map (Seq.map (fun x -> Math.Round(x - floor (x + 1e-9), 9) + 0.0) >> List.ofSeq)
    |> Set.ofSeq

/// A setting and a point with coordinates as special positions have them.
let private specials =
    gen {
        let! setting = Gen.choose (0, 529)

        let! point =
            Gen.elements [ 0.0; 0.5; 0.25; 0.75; 1.0 / 3.0; 2.0 / 3.0; 1.0 / 6.0; 0.125; 0.625 ] |> Gen.listOfLength 3

        return List.item setting (SpaceGroups.all ()), point
    }

[<Tests>]
let tests =
    testList
        "CIF symmetry"
        [ testCase
              "A Hall symbol, a name with its choice and listed operations are the same crystal, for all settings"
              (fun () ->
                  for group in SpaceGroups.all () do
                      let read symmetry = one (crystal group.Operations symmetry general)
                      let expected, told = read (listed group.Operations)
                      equal [] told
                      equal group.Operations.Length expected.Count
                      let quoted = "\n;" + group.Hall + "\n;"
                      let hall, told = read ("_space_group_name_Hall" + quoted)
                      equal [] told
                      equal (places expected) (places hall)
                      let choice = if group.Choice = "" then "" else " :" + group.Choice
                      let named, told = read $"_space_group_name_H-M_alt '{group.Symbol}{choice}'"
                      equal [] (if choice = "" then [] else told)
                      // Without a choice a symbol may be that of another axis too; the first of them is taken and told of.
                      if choice <> "" || told.IsEmpty then equal (places expected) (places named))

          property "Special positions of three digits have the atoms of exact ones" specials (fun (group, point) ->
              let text (digits: string) = String.Join(' ', point |> List.map _.ToString(digits))

              let read (digits: string) =
                  one (crystal group.Operations $"_space_group_name_Hall\n;{group.Hall}\n;" [ "C1 " + text digits ])
                  |> fst

              let exact = read "R"
              let cut = read "0.000"
              let multiple = group.Operations.Length % exact.Count = 0

              let fractional (structure: Structure) = Cell.toFractional structure.Cell structure.Positions
              // Three digits are off by 1/2000 at most, and x − y by twice as much.
              let near (a: float) b = abs (a - b - round (a - b)) < 1.1e-3

              exact.Count = cut.Count && multiple && Seq.forall2 near (fractional exact) (fractional cut))

          testCase "A number alone is the standard setting, and says so where there are others" (fun () ->
              let read number =
                  let group = (SpaceGroups.ofNumber number |> ok).Head
                  let structure, told = one (crystal group.Operations $"_space_group_IT_number {number}" general)

                  equal
                      (places (one (crystal group.Operations (listed group.Operations) general) |> fst))
                      (places structure)

                  told

              equal [] (read 139)
              equal [] (read 14)
              equal [] (read 62)
              equal [] (read 166)

              equal
                  [ "'227' is read as F d -3 m :1 (227): it may as well be F d -3 m :2 (227), which a choice behind a colon or the Hall symbol would say" ]
                  (read 227))

          testCase "The cell chooses axes, and it is said" (fun () ->
              let rhombohedral = (SpaceGroups.ofName "R -3 c :R" |> ok).Head
              let structure, told = one (crystal rhombohedral.Operations "_space_group_name_H-M_alt 'R -3 c'" general)
              equal 12 structure.Count
              equal [ "'R -3 c' is read as R -3 c :R (167) with choice R, the only one that fits the cell" ] told)

          testTheory
              "What contradicts itself is told of"
              [ "_space_group_name_Hall '-I 4 2'\n_space_group_name_H-M_alt 'P 4/m m m'",
                "the Hall symbol '-I 4 2' is that of I 4/m m m (139), but the name that of P 4/m m m (123): the operations are those of the Hall symbol"
                "_space_group_name_Hall '-I 5'\n_space_group_name_H-M_alt 'I 4/m m m'",
                "found '5' in the Hall symbol '-I 5', expected a rotation of order 1, 2, 3, 4 or 6, with its axis and translations: the operations are those of I 4/m m m (139)"
                "_space_group_name_H-M_alt 'I four'\n_space_group_IT_number 139",
                "'I four' is no name of the International Tables: the number 139 is taken"
                "_space_group_name_H-M_alt 'I 4/m m m'\nloop_ _symmetry_equiv_pos_as_xyz x,y,z",
                "1 operations are listed, but I 4/m m m (139) has 32: those listed are taken"
                "_symmetry_Int_Tables_number 2\nloop_ _symmetry_equiv_pos_as_xyz x,y,z -x,-y,-z -x,-y,-z",
                "1 of the operations are listed twice"
                "loop_ _symmetry_equiv_pos_as_xyz x,y,z y,z,x z,x,y",
                "the operations do not keep the lengths and angles of the cell"
                "", "neither operations nor a space group: read as P 1" ]
              (fun (symmetry, expected) ->
                  let operations = (SpaceGroups.ofNumber 139 |> ok).Head.Operations
                  let _, told = one (crystal operations symmetry general)
                  equal [ expected ] told) ]
