module Noether.Tests.HallSymbolTests

open System
open System.IO
open System.Security.Cryptography
open System.Text
open Expecto
open FsCheck.FSharp
open Noether.Domain
open Noether.Tests.DomainChecks

let private parse symbol = HallSymbol.parse symbol |> ok

/// Nine integers and three numerators over 24, as the script beside the fixture prints them.
let private line (operation: SymmetryOperation) =
    let over24 (t: Fraction) = (t * Fraction.Of 24).Numerator

    Seq.append (Seq.map string operation.Rotation) (Seq.map (over24 >> string) operation.Translation)
    |> String.concat " "

let private digest (operations: SymmetryOperation list) =
    let lines = operations |> List.map line |> List.sortWith (fun a b -> String.CompareOrdinal(a, b))
    let hash = SHA256.HashData(Encoding.UTF8.GetBytes(String.concat "\n" lines))
    Convert.ToHexString(hash).Substring(0, 16).ToLowerInvariant()

let private texts operations = operations |> List.map string |> Set.ofList

/// Any operation of any group, and one of the same group.
let private pairs =
    gen {
        let! setting = Gen.choose (0, 529)
        let operations = (List.item setting (SpaceGroups.all ())).Operations
        let! a = Gen.elements operations
        let! b = Gen.elements operations
        return operations, a, b
    }

[<Tests>]
let tests =
    testList
        "Hall symbols"
        [ testCase "All 530 settings have the operations of spglib" (fun () ->
              let lines = File.ReadAllLines(fixture "symmetry/operations.txt")
              equal 530 lines.Length

              for group, line in Seq.zip (SpaceGroups.all ()) lines do
                  let operations = group.Operations
                  equal line $"{group.Setting} {operations.Length} {digest operations}")

          testCase "spglib, where it is installed, has the same settings" (fun () ->
              match Python.tryWith "import spglib" with
              | None -> skiptest "No python3 here can import spglib, so nothing was compared with it."
              | Some python ->
                  for part, file in
                      [ "table", Path.Combine(Repository.root, "src/Domain/Symmetry/Settings.txt")
                        "operations", fixture "symmetry/operations.txt" ] do
                      match Python.run python (File.ReadAllText(fixture "symmetry/settings.py")) [ part ] with
                      | Ok output -> equal (File.ReadAllText file) output
                      | Error reason -> failtest reason)

          property "Operations are a group: products and inverses belong to it" pairs (fun (operations, a, b) ->
              List.contains (SymmetryOperation.compose a b) operations
              && List.contains (SymmetryOperation.inverse a) operations
              && (SymmetryOperation.compose a (SymmetryOperation.inverse a)).IsIdentity)

          property "An operation is what its text says, and moves points as its product does" pairs (fun (_, a, b) ->
              let both = SymmetryOperation.compose a b
              let struct (x, y, z) = b.Apply(0.11, 0.23, 0.37)
              let struct (u, v, w) = a.Apply(x, y, z)
              let struct (p, q, r) = both.Apply(0.11, 0.23, 0.37)
              let whole (d: float) = abs (d - round d) < 1e-12

              SymmetryOperation.parse (string a) = Ok a && whole (u - p) && whole (v - q) && whole (w - r))

          testCase "Symbols of the International Tables expand to their general positions" (fun () ->
              equal (set [ "x,y,z"; "-x,-y,z" ]) (texts (parse "P 2"))
              equal (set [ "x,y,z"; "-x,y+1/2,-z" ]) (texts (parse "P 2yb"))
              equal (set [ "x,y,z"; "-y,x-y,z+1/3"; "-x+y,-x,z+2/3" ]) (texts (parse "P 31"))
              equal (set [ "x,y,z"; "z,x,y"; "y,z,x" ]) (texts (parse "P 3*"))

              equal
                  (set [ "x,y,z"; "-x,y,-z+1/2"; "-x,-y,-z"; "x,-y,z+1/2" ])
                  (parse "-C 2yc" |> List.truncate 4 |> texts))

          testCase "Order of parts, case and blanks do not matter" (fun () ->
              equal (parse "-P 2yb") (parse "  -P_2by ")
              equal (parse "-R 3 2\"") (parse "-r 3 2=")
              equal (parse "P 3* 2") (parse "P 3* 2'"))

          testCase "A change of basis is the group in the new axes" (fun () ->
              // A shift in twelfths and the same as components.
              equal (texts (parse "P 31 2c (0 0 1)")) (texts (parse "P 31 2c (x,y,z+1/12)"))
              // Unique axis c to unique axis b and to a.
              equal (texts (parse "-P 2yb")) (texts (parse "-P 2c (y,z,x)"))
              equal (texts (parse "-P 2xa")) (texts (parse "-P 2c (z,x,y)"))
              // The second origin of Fd-3m lies at 1/8 1/8 1/8 of the first, where -3m is.
              equal (texts (parse "-F 4vw 2vw 3")) (texts (parse "F 4d 2 3 -1d (x-1/8,y-1/8,z-1/8)"))
              // Rhombohedral axes from hexagonal ones: obverse setting.
              let primitive = parse "-R 3 2\" (x+z,-x+y+z,-y+z)"
              equal (texts (parse "-P 3* 2")) (texts primitive)
              // A primitive cell made face-centred: the lattice becomes part of the group.
              equal 192 (parse "-F 4 2 3").Length
              equal 48 (parse "-F 4 2 3 (-x+y+z,x-y+z,x+y-z)").Length

              equal
                  (texts (parse "-F 4 2 3"))
                  (texts (parse "-F 4 2 3 (-x+y+z,x-y+z,x+y-z)" |> fun _ -> parse "-F 4 2 3 (z,x,y)")))

          testTheory
              "The part that is wrong is named"
              [ "", "'' in the Hall symbol '', expected a lattice and one to four rotations, such as '-I 4 2'"
                "P", "'P' in the Hall symbol 'P', expected a lattice and one to four rotations, such as '-I 4 2'"
                "Q 2", "'Q' in the Hall symbol 'Q 2', expected a lattice P, A, B, C, I, F, R, S, T or H"
                "P 5", "'5' in the Hall symbol 'P 5', expected a rotation of order 1, 2, 3, 4 or 6"
                "P -", "'-' in the Hall symbol 'P -', expected a rotation of order"
                "P 2xy", "'2xy' in the Hall symbol 'P 2xy', expected one axis"
                "P 2k", "'2k' in the Hall symbol 'P 2k', expected translations a, b, c"
                "P 44", "'44' in the Hall symbol 'P 44', expected translations a, b, c"
                "P 4 4", "'4' in the Hall symbol 'P 4 4', expected its axis"
                "P 4'", "'4'' in the Hall symbol 'P 4'', expected a rotation of order 2 about ' and \""
                "P 2 (0 0", "'(0 0' in the Hall symbol 'P 2 (0 0', expected its closing bracket at the end"
                "P 2 (0 0)", "'(0 0)' in the Hall symbol 'P 2 (0 0)', expected three twelfths"
                "P 2 (x,x,z)", "'(x,x,z)' in the Hall symbol 'P 2 (x,x,z)', expected three twelfths"
                "P 4 (2x,y,z)", "'(2x,y,z)' in the Hall symbol 'P 4 (2x,y,z)', expected a basis" ]
              (fun (symbol, message) ->
                  startsWith ("found " + message) (HallSymbol.parse symbol |> error |> NoetherError.message)) ]
