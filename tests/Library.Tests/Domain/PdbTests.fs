/// PDB files: by hand and of ASE, round trips, and what is refused.
module Noether.Tests.PdbTests

open System.Collections.Immutable
open System.Text
open FsCheck.FSharp
open Noether.Domain
open Noether.Tests.Checks
open Noether.Tests.FormatRoundTripTests
open Xunit

let private contents = json "files/contents.json"

let private file name = fixture ("files/" + name)

let private texts (property: Property) =
    match property.Values with
    | Texts words -> List.ofSeq words
    | _ -> failwith "no texts"

[<Theory>]
[<InlineData("hand.pdb")>]
[<InlineData("written.pdb")>]
let ``Files are what ASE reads`` (name: string) =
    let expected = (contents.GetProperty name).GetProperty("frames")[0]
    let structure = Formats.read (file name) |> ok |> List.exactlyOne
    let get (name: string) = numbers (expected.GetProperty name)
    let array (name: string) = ((expected.GetProperty "arrays").GetProperty name).GetProperty "value"
    Assert.Equal<float seq>(get "numbers", structure.Numbers |> Seq.map float)
    Assert.Equal<float seq>(get "positions", structure.Positions)

    // The same formula in another order of operations.
    for e, a in Seq.zip (get "cell") structure.Cell.Vectors do
        Assert.True(near 1e-14 e a, $"{a} is not {e}")

    Assert.All(structure.Cell.Periodic, fun periodic -> Assert.True periodic)

    for theirs, ours in [ "occupancy", "occupancy"; "bfactor", "bfactor"; "residuenumbers", "residue_number" ] do
        Assert.Equal<float seq>(numbers (array theirs), Property.tryReals structure.PerAtom[ours] |> Option.get)

    for theirs, ours in [ "residuenames", "residue"; "atomtypes", "name" ] do
        let words = [ for word in (array theirs).EnumerateArray() -> string (word.GetString()) ]
        Assert.Equal<string list>(words, texts structure.PerAtom[ours])

[<Fact>]
let ``Chains, charges and the kind of record are properties`` () =
    let structure = Pdb.read (file "hand.pdb") |> ok |> List.exactlyOne
    Assert.Equal<string list>([ "A"; "A"; "B"; "C" ], texts structure.PerAtom["chain"])
    Assert.Equal(Property.integers [ 0L; 0L; 0L; -1L ], structure.PerAtom["formal_charges"])
    Assert.Equal(Property.booleans [ false; false; true; true ], structure.PerAtom["hetero"])
    Assert.False(structure.PerAtom.ContainsKey "altloc")

let private pdb (text: string) = Pdb.parseBytes "f" (Encoding.UTF8.GetBytes text)

let private atom = "ATOM      1  N   ALA A   1      11.104   6.134  -6.504  1.00 10.50           N  "

[<Theory>]
[<InlineData(" CA ", 6)>]
[<InlineData("CA  ", 20)>]
[<InlineData("HG11", 1)>]
[<InlineData("1HB ", 1)>]
[<InlineData(" OXT", 8)>]
[<InlineData("FE  ", 26)>]
let ``Without its columns the alignment of the name says the element`` (name: string, z: int) =
    let structure = pdb (atom.Substring(0, 12) + name + atom.Substring(16, 50)) |> ok |> List.exactlyOne
    Assert.Equal<int seq>([ z ], structure.Numbers)

[<Fact>]
let ``The unit cube is no crystal, and space groups are told`` () =
    let cryst numbers group = $"CRYST1{numbers} {group}\n{atom}\nEND\n"
    let unit = "    1.000    1.000    1.000  90.00  90.00  90.00"
    let read text = pdb text |> ok |> List.exactlyOne
    Assert.Equal(Cell.none, (read (cryst unit "P 1           1")).Cell)
    let other = read (cryst (unit.Replace("    1.000", "   10.000")) "P 21 21 21    4")
    Assert.Equal(Property.text "P 21 21 21", other.Info["space_group"])
    Assert.Equal(Cell.cubic 10.0 |> ok, other.Cell)
    Assert.Equal(other, Pdb.format [ other ] |> ok |> read)

[<Fact>]
let ``A file that is malformed is refused with line and column`` () =
    let name = "bad_coordinates.pdb"
    let message = (Formats.read (file name) |> error |> NoetherError.message).Replace(file name, name)
    Assert.Equal($"{name}:1:42: found 'abcde', expected a finite coordinate y in columns 39 to 46", message)

[<Theory>]
[<InlineData("", "f: found an empty file, expected ATOM or HETATM records")>]
[<InlineData("END\n", "f:1: found no atoms, expected ATOM or HETATM records")>]
[<InlineData("DOGS\n", "f:1:1: found 'DOGS', expected the name of a record in columns 1 to 6")>]
[<InlineData("MODEL\nATOM", "f:2:5: found blanks, expected a finite coordinate x in columns 31 to 38")>]
[<InlineData("ENDMDL", "f:1:1: found ENDMDL, expected MODEL before it")>]
[<InlineData("MODEL\nMODEL", "f:2:1: found MODEL, expected ENDMDL before it")>]
[<InlineData("MODEL\nEND", "f:2: found the end of the text in a model, expected ENDMDL")>]
[<InlineData("CRYST1   10.000   11.000   12.000  20.00  30.00 170.00",
             "f:1:7: the angles of the cell is (20, 30, 170), expected each less than the sum of the other two, and a sum below 360 degrees")>]
let ``Bad lines are refused with line and column`` (text: string, message: string) =
    Assert.Equal(message, (pdb text |> error |> NoetherError.message).Replace("f:0:", "f:"))

[<Theory>]
[<InlineData(76,
             "Qq",
             "f:1:77: unknown element 'Qq', expected a symbol from H to Og, X, or an atomic number from 0 to 118")>]
[<InlineData(78, "x", "f:1:79: found 'x', expected a formal charge such as 2+ or 1- in columns 79 and 80")>]
[<InlineData(22, "1a", "f:1:23: found '1a 1', expected a residue number in columns 23 to 26")>]
[<InlineData(54, "one", "f:1:55: found 'one.00', expected an occupancy in columns 55 to 60")>]
let ``Bad fields are refused with line and column`` (at: int, text: string, message: string) =
    let line = atom.Substring(0, at) + text + atom.Substring(at + text.Length)
    Assert.Equal(message, pdb line |> error |> NoetherError.message)

/// Numbers with as many digits as the columns have.
let private digits low high (scale: float) = Gen.choose (low, high) |> Gen.map (fun i -> float i / scale)

let private models =
    gen {
        let! lengths = digits 2000 99999 1000.0 |> Gen.three
        let! angles = digits 7000 11000 100.0 |> Gen.three
        let! crystal = Gen.elements [ true; false ]
        let cell = if crystal then Cell.ofLengthsAndAngles lengths angles (true, true, true) |> ok else Cell.none

        let model =
            gen {
                let! n = Gen.choose (1, 6)
                let! species = Gen.choose (0, 118) |> Gen.listOfLength n
                let! positions = digits -999999 9999999 1000.0 |> Gen.listOfLength (3 * n)
                let! words = Gen.elements [ ""; "A"; "b" ] |> Gen.listOfLength n
                let! names = Gen.elements [ "CA"; "N"; "HG11"; "'x;" ] |> Gen.listOfLength n
                let! residues = Gen.choose (-999, 9999) |> Gen.map int64 |> Gen.listOfLength n
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

[<Fact>]
let ``Models with the digits of the columns come back, atoms to the bit`` () =
    holds models (fun structures ->
        let again = Pdb.format structures |> bytes |> Pdb.parseBytes "f" |> ok

        List.forall2
            (fun (a: Structure) (b: Structure) ->
                // The cell goes through lengths and angles, which are found again to a few units of the last place.
                Seq.forall2 (near 1e-13) a.Cell.Vectors b.Cell.Vectors && same a (Structure.withCell a.Cell b))
            structures
            again)

[<Fact>]
let ``What does not fit is refused`` () =
    let message result = result |> error |> NoetherError.message
    let at x = Structure.ofSymbols [ "He" ] [ (x, 0.0, 0.0) ] Cell.none |> ok

    Assert.Equal(
        "the x coordinate of atom 0 is 10000, expected a number that fits into 8 columns with 3 decimals",
        message (Pdb.format [ at 10000.0 ])
    )

    Assert.Contains("-1000", message (Pdb.format [ at -1000.0 ]))
    // Rounded it is 10000.000, which has nine characters.
    Assert.Contains("9999.9999", message (Pdb.format [ at 9999.9999 ]))
    let put name property = Structure.withPerAtom name property (at 0.0) |> ok
    Assert.Contains("'HG111'", message (Pdb.format [ put "name" (Property.texts [ "HG111" ]) ]))
    Assert.Contains("10000", message (Pdb.format [ put "residue_number" (Property.integers [ 10000L ]) ]))
    Assert.Contains("from -9 to 9", message (Pdb.format [ put "formal_charges" (Property.integers [ 10L ]) ]))
    Assert.Contains("'forces'", message (Pdb.format [ put "forces" (Property.reals [ 1.0 ]) ]))
    Assert.Contains("the unit cube", message (Pdb.format [ Structure.withCell (Cell.cubic 1.0 |> ok) (at 0.0) ]))
    let cubic = Structure.withCell (Cell.cubic 4.0 |> ok) (at 0.0)
    Assert.Contains("one for all models", message (Pdb.format [ at 0.0; cubic ]))
    Assert.Contains("at least one", message (Pdb.format []))
