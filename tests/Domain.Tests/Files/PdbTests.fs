/// PDB files: by hand and of ASE, round trips, and what is refused.
module Noether.Tests.PdbTests

open System.Collections.Immutable
open System.Text
open Expecto
open FsCheck.FSharp
open Noether.Domain
open Noether.Tests.DomainChecks
open Noether.Tests.FormatRoundTripTests

let private contents = json "files/contents.json"

let private file name = fixture ("files/" + name)

let private texts (property: Property) =
    match property.Values with
    | Texts words -> List.ofSeq words
    | _ -> failwith "no texts"

/// A reader of all alternate locations.
let private everyLocation (bytes: byte[]) =
    (Formats.ofName "pdb" |> ok).Parse { ReadingOptions.usual with AlternateLocation = "all" } "f" bytes

let private pdb (text: string) = Pdb.parseBytes "f" (Encoding.UTF8.GetBytes text)

let private atom = "ATOM      1  N   ALA A   1      11.104   6.134  -6.504  1.00 10.50           N  "

/// Numbers with as many digits as the columns have.
let private digits low high (scale: float) = Gen.choose (low, high) |> Gen.map (fun i -> float i / scale)

let private models =
    gen {
        let! isCommon = Gen.elements [ true; false ]

        let cells =
            gen {
                let! lengths = digits 2000 99999 1000.0 |> Gen.three
                let! angles = digits 7000 11000 100.0 |> Gen.three
                let! crystal = Gen.elements [ true; false ]
                return if crystal then Cell.ofLengthsAndAngles lengths angles (true, true, true) |> ok else Cell.none
            }

        let! common = cells

        let model =
            gen {
                let! n = Gen.choose (1, 6)
                let! cell = if isCommon then Gen.constant common else cells
                let! species = Gen.choose (0, 118) |> Gen.listOfLength n
                let! positions = digits -999999 9999999 1000.0 |> Gen.listOfLength (3 * n)
                let! words = Gen.elements [ ""; "A"; "b" ] |> Gen.listOfLength n
                let! names = Gen.elements [ "CA"; "N"; "HG11"; "'x;" ] |> Gen.listOfLength n
                let! residues = Gen.oneof [ Gen.choose (-999, 9999); Gen.choose (10000, 2436111) ] |> Gen.map int64 |> Gen.listOfLength n
                let! factors = digits -9999 99999 100.0 |> Gen.listOfLength n
                let! charges = Gen.choose (-9, 9) |> Gen.map int64 |> Gen.listOfLength n
                let! truths = Gen.elements [ true; false ] |> Gen.listOfLength n

                let columns =
                    [ "name", Property.texts names
                      if List.exists ((<>) "") words then
                          for name in [ "altloc"; "residue"; "chain"; "insertion" ] do
                              name, Property.texts words
                      "residue_number", Property.integers residues
                      "bfactor", Property.reals factors
                      if n > 1 then "occupancy", Property.reals (nan :: factors.Tail)
                      if List.exists ((<>) 0L) charges then "formal_charges", Property.integers charges
                      if List.contains true truths then "hetero", Property.booleans truths ]

                let numbers = ImmutableArray.CreateRange species
                return Structure.createWith numbers (ImmutableArray.CreateRange positions) cell columns [] |> ok
            }

        let! count = Gen.choose (1, 3)
        return! Gen.listOfLength count model
    }

[<Tests>]
let tests =
    testList
        "Pdb"
        [ testTheory "Files are what ASE reads" [ "hand.pdb"; "written.pdb" ] (fun name ->
              let expected = (contents.GetProperty name).GetProperty("frames")[0]
              let structure = Formats.read (file name) |> ok |> List.exactlyOne
              let get (name: string) = numbers (expected.GetProperty name)
              let array (name: string) = ((expected.GetProperty "arrays").GetProperty name).GetProperty "value"
              equalSeq (get "numbers") (structure.Numbers |> Seq.map float)
              equalSeq (get "positions") structure.Positions

              // The same formula in another order of operations.
              for e, a in Seq.zip (get "cell") structure.Cell.Vectors do
                  Expect.isTrue (near 1e-14 e a) $"{a} is not {e}"

              for periodic in structure.Cell.Periodic do
                  isTrue periodic

              for theirs, ours in
                  [ "occupancy", "occupancy"; "bfactor", "bfactor"; "residuenumbers", "residue_number" ] do
                  equalSeq (numbers (array theirs)) (Property.tryReals structure.PerAtom[ours] |> Option.get)

              for theirs, ours in [ "residuenames", "residue"; "atomtypes", "name" ] do
                  let words = [ for word in (array theirs).EnumerateArray() -> string (word.GetString()) ]
                  equal words (texts structure.PerAtom[ours]))

          testCase "Chains, charges and the kind of record are properties" (fun () ->
              let structure = Pdb.read (file "hand.pdb") |> ok |> List.exactlyOne
              equal [ "A"; "A"; "B"; "C" ] (texts structure.PerAtom["chain"])
              equal (Property.integers [ 0L; 0L; 0L; -1L ]) structure.PerAtom["formal_charges"]
              equal (Property.booleans [ false; false; true; true ]) structure.PerAtom["hetero"]
              isFalse (structure.PerAtom.ContainsKey "altloc"))

          testTheory
              "Without its columns the alignment of the name says the element"
              [ " CA ", 6; "CA  ", 20; "HG11", 1; "1HB ", 1; " OXT", 8; "FE  ", 26 ]
              (fun (name, z) ->
                  let structure = pdb (atom.Substring(0, 12) + name + atom.Substring(16, 50)) |> ok |> List.exactlyOne
                  equalSeq [ z ] structure.Numbers)

          testCase "The unit cube is no crystal, and space groups are told" (fun () ->
              let cryst numbers group = $"CRYST1{numbers} {group}\n{atom}\nEND\n"
              let unit = "    1.000    1.000    1.000  90.00  90.00  90.00"
              let read text = pdb text |> ok |> List.exactlyOne
              equal Cell.none (read (cryst unit "P 1           1")).Cell
              let other = read (cryst (unit.Replace("    1.000", "   10.000")) "P 21 21 21    4")
              equal (Property.text "P 21 21 21") other.Info["space_group"]
              equal (Cell.cubic 10.0 |> ok) other.Cell
              equal other (Pdb.format [ other ] |> ok |> read))

          testCase "A file that is malformed is refused with line and column" (fun () ->
              let name = "bad_coordinates.pdb"
              let message = (Formats.read (file name) |> error |> NoetherError.message).Replace(file name, name)
              equal $"{name}:1:42: found 'abcde', expected a finite coordinate y in columns 39 to 46" message)

          testTheory
              "Bad lines are refused with line and column"
              [ "", "f: found an empty file, expected ATOM or HETATM records"
                "END\n", "f:1: found no atoms, expected ATOM or HETATM records"
                "DOGS\n", "f:1: found no atoms, expected ATOM or HETATM records"
                "ATOMS\n", "f:1:1: found 'ATOMS', expected the name of a record in columns 1 to 6"
                "hetatm\n", "f:1:1: found 'hetatm', expected the name of a record in columns 1 to 6"
                "MODEL\nATOM", "f:2:5: found blanks, expected a finite coordinate x in columns 31 to 38"
                "ENDMDL", "f:1:1: found ENDMDL, expected MODEL before it"
                "MODEL\nMODEL", "f:2:1: found MODEL, expected ENDMDL before it"
                "MODEL\nEND", "f:2: found the end of the text in a model, expected ENDMDL"
                "CRYST1   10.000   11.000   12.000  20.00  30.00 170.00",
                "f:1:7: the angles of the cell is (20, 30, 170), expected each less than the sum of the other two, and a sum below 360 degrees" ]
              (fun (text, message) -> equal message ((pdb text |> error |> NoetherError.message).Replace("f:0:", "f:")))

          testTheory
              "Bad fields are refused with line and column"
              [ 76,
                "Qq",
                "f:1:77: unknown element 'Qq', expected a symbol from H to Og, X, or an atomic number from 0 to 118"
                78, "x", "f:1:79: found 'x', expected a formal charge such as 2+ or 1- in columns 79 and 80"
                54, "one", "f:1:55: found 'one.00', expected an occupancy in columns 55 to 60" ]
              (fun (at, text, message) ->
                  let line = atom.Substring(0, at) + text + atom.Substring(at + text.Length)
                  equal message (pdb line |> error |> NoetherError.message))

          property "Models with the digits of the columns come back, atoms to the bit" models (fun structures ->
              let again = Pdb.format structures |> bytes |> everyLocation |> ok

              List.forall2
                  (fun (a: Structure) (b: Structure) ->
                      // The cell goes through lengths and angles, which are found again to a few units of the last
                      // place.
                      Seq.forall2 (near 1e-13) a.Cell.Vectors b.Cell.Vectors && same a (Structure.withCell a.Cell b))
                  structures
                  again)

          testCase "What does not fit is refused" (fun () ->
              let at x = Structure.ofSymbols [ "He" ] [ (x, 0.0, 0.0) ] Cell.none |> ok

              equal
                  "the x coordinate of atom 0 is 10000, expected a number that fits into 8 columns with 3 decimals"
                  (message (Pdb.format [ at 10000.0 ]))

              contains "-1000" (message (Pdb.format [ at -1000.0 ]))
              // Rounded it is 10000.000, which has nine characters.
              contains "9999.9999" (message (Pdb.format [ at 9999.9999 ]))
              let put name property = Structure.withPerAtom name property (at 0.0) |> ok
              contains "'HG111'" (message (Pdb.format [ put "name" (Property.texts [ "HG111" ]) ]))
              contains "2436112" (message (Pdb.format [ put "residue_number" (Property.integers [ 2436112L ]) ]))
              contains "from -9 to 9" (message (Pdb.format [ put "formal_charges" (Property.integers [ 10L ]) ]))
              contains "'forces'" (message (Pdb.format [ put "forces" (Property.reals [ 1.0 ]) ]))
              contains "the unit cube" (message (Pdb.format [ Structure.withCell (Cell.cubic 1.0 |> ok) (at 0.0) ]))
              contains "'masses'" (message (Pdb.format [ put "masses" (Property.reals [ 4.0 ]) ]))
              contains "at least one" (message (Pdb.format []))) ]
