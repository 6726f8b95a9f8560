/// Files of potentials: what is wrong with them is said with its place, whatever they hold.
module Noether.Tests.PotentialFileTests

open System
open System.IO
open System.Text
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics
open Noether.Tests.MechanicsReference

let private row = "2.1683 2.0951 1.8 21 1.2 -0.333 7.05 0.602 4 0 0"

let private setfl =
    "one\ntwo\nthree\n2 Cu Ag\n4 0.1 5 0.5 2.0\n29 63.5 3.6 fcc\n0 1 2 3\n0 1 2 3 4\n47 108 4.1 fcc\n0 1 2 3\n0 1 2\n3 4\n"
    + "0 1 2 3 4\n0 1 2 3 4\n0 1 2 3 4\n"

let private funcfl = "comment\n29 63.5 3.6 fcc\n4 0.1 5 0.5 2.0\n0 1 2 3\n5 4 3 2 1\n0 1 2 3 4\n"

/// A small text changed somewhere: bytes and words replaced, removed, doubled, lines exchanged, the end cut off.
let private mutate (random: Random) (text: string) =
    let bytes = ResizeArray(Encoding.UTF8.GetBytes text)
    let place () = random.Next(max 1 bytes.Count)
    let words = [| "-1"; "0"; "1e400"; "nan"; "99999999999999999999"; "Qq"; "#"; "\n"; " "; "\000"; "2147483648" |]

    for _ in 0 .. random.Next 4 do
        match random.Next 5 with
        | _ when bytes.Count = 0 -> ()
        | 0 -> bytes[place ()] <- byte (random.Next 256)
        | 1 -> bytes.RemoveAt(place ())
        | 2 -> bytes.InsertRange(place (), Encoding.UTF8.GetBytes words[random.Next words.Length])
        | 3 ->
            let at = place ()
            bytes.RemoveRange(at, random.Next(bytes.Count - at + 1))
        | _ ->
            let at = place ()
            let some = bytes.GetRange(at, min 20 (bytes.Count - at))
            bytes.InsertRange(place (), some)

    bytes.ToArray()

/// Whatever a reader is given, it gives a value or a typed error with a place in the file; and what it reads can be
/// used to make a potential, or is refused with a typed error.
let private survives
    (text: string)
    (read: string -> Result<'T, NoetherError>)
    (make: 'T -> Result<Potential, NoetherError>)
    =
    let random = Random 20261121
    let file = Path.Combine(Path.GetTempPath(), $"noether-{Environment.ProcessId}-{Guid.NewGuid():N}")
    let mutable accepted = 0

    try
        for _ in 1..3000 do
            File.WriteAllBytes(file, mutate random text)

            match read file with
            | Ok value ->
                accepted <- accepted + 1
                make value |> ignore
            | Error error -> Expect.isTrue (NoetherError.place error).IsSome (NoetherError.message error)
    finally
        File.Delete file

    // Some changes do no harm: the reader does not refuse everything.
    inRange 30 2970 accepted

[<Tests>]
let tests =
    testList
        "PotentialFile"
        [ testTheory
              "Malformed tables of triples are refused with line and column"
              [ "", "f:0: found no entries, expected three elements and 11 numbers, at least once"
                "# nothing", "f:1: found no entries, expected three elements and 11 numbers, at least once"
                "Si Si", "f:1: found the end of the text, expected the third element"
                "Si Qq Si",
                "f:1:4: unknown element 'Qq', expected a symbol from H to Og, X, or an atomic number from 0 to 118"
                "Si Si Si 1 2\n3 4x", "f:2:3: found '4x', expected the number lambda"
                "Si Si Si 1 2\n3 nan", "f:2:3: found 'nan', expected the number lambda"
                "Si Si Si 1 2\n3 4 # 5 6 7 8 9 10 11", "f:2: found the end of the text, expected the number gamma"
                "Si Si Si 1 2 3 4 5 6 7 8 9 10 11 12", "f:1:34: found '12', expected the end of the line after 14 words"
                "Si Si Si 1 2 3 4 5 6 7 8 9 10 11\nSi Si Si 1",
                "f:2:7: found 'Si', expected a triple of elements that was not given before" ]
              (fun (text, expected) -> equal expected (message (StillingerWeber.parse "f" text)))

          testCase "Entries go over lines, in any numbers of elements, with comments" (fun () ->
              let text =
                  $"# a comment\nSi Si Si {row} # another\n\n  C Si Si {row.Substring(0, 20)}\n {row.Substring 20}\r\nGe C Si {row}"

              let parameters = StillingerWeber.parse "f" text |> Outcome.getOrFail

              equal [ "Si", "Si", "Si"; "C", "Si", "Si"; "Ge", "C", "Si" ] parameters.Triples

              equal [ 3; 11 ] (List.ofArray parameters.Values.Shape)
              equal 2.1683 (Tensor.item [| 2; 0 |] parameters.Values))

          testCase "A setfl file holds what it says" (fun () ->
              let table = EmbeddedAtomFile.parseSetfl "f" setfl |> Outcome.getOrFail
              equal "one\ntwo\nthree" table.Comment
              equal [ "Cu"; "Ag" ] (table.Elements |> List.map _.Symbol)
              equal (0.1, 0.5, 2.0) (table.DensityStep, table.DistanceStep, table.Cutoff)

              equal
                  (108.0, 4.1, "fcc")
                  (table.Elements[1].Mass, table.Elements[1].LatticeConstant, table.Elements[1].Lattice)

              equal 3 table.Pairs.Length
              equal [| 0.0; 1.0; 2.0; 3.0; 4.0 |] (Tensor.toArray table.Elements[1].Density))

          testTheory
              "Malformed setfl files are refused with line and column"
              [ "2 Cu Ag", "2 Cu", "f:4:5: found the end of the line, expected the symbol of element 2 of 2"
                "2 Cu Ag", "2 Cu Cu", "f:4: found a symbol twice, expected each element once"
                "2 Cu Ag", "1 Cu Ag", "f:4:6: found 'Ag', expected the end of the line after 1 symbols"
                "2 Cu Ag", "0", "f:4:1: found '0', expected the number of elements"
                "4 0.1", "3 0.1", "f:5:1: found '3', expected the number of densities nρ, from 4 on"
                "0.5 2.0", "-0.5 2.0", "f:5:9: found '-0.5', expected the step of distances Δr, more than 0"
                "0.5 2.0", "0.5 inf", "f:5:13: found 'inf', expected the cut-off"
                "5 0.5", "99999999 0.5", "f:9:12: found 'fcc', expected ρ of Cu, number 9 of 99999999"
                "63.5", "heavy", "f:6:4: found 'heavy', expected the mass"
                "2.0\n29", "2.0 1\n29", "f:5:17: found '1', expected the end of the line after the cut-off"
                "3 4\n0 1", "3 4\n0 . 1", "f:13:3: found '.', expected r·φ of Cu-Cu, number 2 of 5" ]
              (fun (text, instead, expected) ->
                  let at = setfl.IndexOf text
                  let changed = setfl.Remove(at, text.Length).Insert(at, instead)
                  equal expected (message (EmbeddedAtomFile.parseSetfl "f" changed)))

          testCase "Cut setfl files and texts behind them are refused" (fun () ->
              equal
                  "f:3: found the end of the text, expected the line with the number of elements and their symbols"
                  (message (EmbeddedAtomFile.parseSetfl "f" "1\n2\n3\n"))

              equal
                  "f:16:1: found '7', expected the end of the text"
                  (message (EmbeddedAtomFile.parseSetfl "f" (setfl + "7")))

              let missing = setfl.Substring(0, setfl.Length - 3)

              equal
                  "f:15: found the end of the text, expected r·φ of Ag-Ag, number 5 of 5"
                  (message (EmbeddedAtomFile.parseSetfl "f" missing))

              match EmbeddedAtomFile.readSetfl "/nowhere/at/all" with
              | Error(FileFailure("/nowhere/at/all", _)) -> ()
              | other -> failtest (message other))

          testCase "A funcfl file holds charges, whose product is the pair energy" (fun () ->
              let table = EmbeddedAtomFile.parseFuncfl "f" funcfl |> Outcome.getOrFail
              equal [ "Cu" ] (table.Elements |> List.map _.Symbol)
              equalWithin 1e-12 (27.2 * 0.529 * 16.0) ((Tensor.toArray table.Pairs.Head)[1])

              equal
                  "f:2:1: unknown element '129', expected a symbol from H to Og, X, or an atomic number from 0 to 118"
                  (message (EmbeddedAtomFile.parseFuncfl "f" (funcfl.Replace("29 63", "129 63"))))

              equal
                  "f:6:9: found 'x', expected ρ, number 5 of 5"
                  (message (EmbeddedAtomFile.parseFuncfl "f" (funcfl.Replace("3 4\n", "3 x\n")))))

          testCase "Readers survive thousands of damaged files" (fun () ->
              let table = EmbeddedAtom.ofTable "damaged" FiniteDifferences
              survives setfl EmbeddedAtomFile.readSetfl table
              survives funcfl EmbeddedAtomFile.readFuncfl table
              let sw = File.ReadAllText(path "Si.sw")
              survives sw StillingerWeber.read (StillingerWeber.create "damaged")
              let tersoff = String.Join("\n", File.ReadAllLines(path "SiC.tersoff")[..2])
              survives tersoff Tersoff.read (Tersoff.create "damaged")) ]
