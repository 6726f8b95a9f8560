module Noether.Tests.ExtXyzRoundTripTests

open System
open System.Collections.Immutable
open System.IO
open Expecto
open FsCheck.FSharp
open Noether.Domain
open Noether.Tests.DomainChecks

/// Strings that a careless writer or reader would change.
let private texts =
    Gen.oneof
        [ Gen.elements
              [ ""
                " "
                "12"
                " 12"
                "-1.5e3"
                "1d0"
                "nan"
                "Infinity"
                "T"
                "F T"
                "1 2 3"
                "two words"
                "he said \"hi\""
                "back\\slash"
                "\\n"
                "line\nfeed"
                "carriage\rreturn"
                "tab\tbed"
                "a=b"
                "[1, 2]"
                "{1 2}"
                "[unclosed"
                "'single'"
                "it's"
                "\""
                "\\"
                "_JSON 12"
                "_JSON {\"k\": [1, 2]}"
                "_JSON nonsense"
                "Ångström 😀"
                "\u00a0"
                "\u0000"
                "99999999999999999999" ]
          ArbMap.defaults
          |> ArbMap.generate<char>
          |> Gen.where (Char.IsSurrogate >> not)
          |> Gen.listOf
          |> Gen.map (fun characters -> String(Array.ofList characters)) ]

let private words =
    texts
    |> Gen.where (fun text -> text <> "" && not (Seq.exists (fun c -> Char.IsWhiteSpace c || Char.IsControl c) text))

let private allReals = Gen.oneof [ reals; Gen.elements [ nan; infinity; -infinity ] ]

let private integers =
    Gen.oneof [ Gen.elements [ 0L; -1L; Int64.MinValue; Int64.MaxValue ]; Gen.choose (-1000, 1000) |> Gen.map int64 ]

let private valuesOf count strings =
    Gen.oneof
        [ Gen.listOfLength count allReals |> Gen.map (fun a -> Reals(ImmutableArray.CreateRange a))
          Gen.listOfLength count integers |> Gen.map (fun a -> Integers(ImmutableArray.CreateRange a))
          Gen.listOfLength count (Gen.elements [ true; false ])
          |> Gen.map (fun a -> Booleans(ImmutableArray.CreateRange a))
          Gen.listOfLength count strings |> Gen.map (fun a -> Texts(ImmutableArray.CreateRange a)) ]

let private infos =
    gen {
        let! shape =
            Gen.elements [ []; []; [ 1 ]; [ 2 ]; [ 3 ]; [ 9 ]; [ 1; 1 ]; [ 2; 3 ]; [ 3; 3 ]; [ 2; 1; 2 ]; [ 0 ] ]

        let count = List.fold (*) 1 shape

        if count = 0 then
            return Property.reals []
        else
            let! values = valuesOf count texts
            return Property.create shape values |> Outcome.getOrFail
    }

let private columns n =
    gen {
        let! width = Gen.choose (1, 3)
        let! values = valuesOf (n * width) words
        return Property.create (if width = 1 then [ n ] else [ n; width ]) values |> Outcome.getOrFail
    }

let private isTaken (key: string) =
    List.exists
        (fun (name: string) -> name.Equals(key, StringComparison.OrdinalIgnoreCase))
        [ "Lattice"; "Properties"; "pbc" ]

let private structures =
    gen {
        let! bare = bareStructures
        let! positions = reals |> Gen.listOfLength (3 * bare.Count)

        let! keys = texts |> Gen.where (fun key -> key <> "" && not (isTaken key)) |> Gen.listOf

        let! info = infos |> Gen.listOfLength keys.Length

        let isFree (name: string) = name <> "" && name <> "Z" && not (name.Contains ':')

        let! names = texts |> Gen.where isFree |> Gen.listOf
        let! perAtom = columns bare.Count |> Gen.listOfLength names.Length
        let distinct pairs = List.distinctBy fst pairs

        return
            Structure.createWith
                bare.Numbers
                (ImmutableArray.CreateRange positions)
                bare.Cell
                (distinct (List.zip names perAtom))
                (distinct (List.zip keys info))
            |> Outcome.getOrFail
    }

/// Equal, and equal in the sign of zero, which equality does not see.
let private same (a: Structure) (b: Structure) =
    let bits (s: Structure) = s.Positions |> Seq.map BitConverter.DoubleToInt64Bits |> List.ofSeq

    a = b && bits a = bits b

[<Tests>]
let tests =
    testList
        "ExtXyzRoundTrip"
        [ property
              "Reading what was written gives the same structures to the bit"
              (Gen.listOf structures |> Gen.where (List.isEmpty >> not))
              (fun frames ->
                  let text = ExtXyz.format frames |> ok
                  let again = ExtXyz.parse "(test)" text |> ok
                  frames.Length = again.Length && List.forall2 same frames again)

          testTheory
              "Files hold what was written to them, compressed or not"
              [ "frames.extxyz"; "frames.extxyz.gz" ]
              (fun name ->
                  let path = Path.Combine(Path.GetTempPath(), $"noether-{Environment.ProcessId}-{name}")

                  try
                      let frames = Gen.sampleWithSeed (FsCheck.Rnd 7UL) 10 40 structures |> List.ofArray
                      ExtXyz.write path frames |> ok
                      equal frames (ExtXyz.read path |> ok)
                      equal frames.Head (ExtXyz.readFirst path |> ok)
                      let compressed = File.ReadAllBytes(path)[0] = 0x1Fuy
                      equal (name.EndsWith ".gz") compressed
                  finally
                      File.Delete path)

          testCase "Reals of any length are read as the nearest float64" (fun () ->
              let digits = Gen.elements [ '0' .. '9' ] |> Gen.listOf |> Gen.map (fun d -> String(Array.ofList d))

              let numerals =
                  gen {
                      let! sign = Gen.elements [ ""; "+"; "-" ]
                      let! whole = digits
                      let! fraction = digits
                      let! exponent = Gen.choose (-40, 40)
                      let! letter = Gen.elements [ ""; "e"; "E"; "d"; "D" ]

                      let mantissa = if whole + fraction = "" then "1" else whole + "." + fraction

                      return sign + mantissa, (if letter = "" then "" else letter + string exponent)
                  }

              holds numerals (fun (mantissa, exponent) ->
                  let text = $"1\n\nX {mantissa}{exponent} 0 0\n"
                  let read = (ExtXyz.parse "(test)" text |> ok).Head.Positions[0]
                  let plain = mantissa + exponent.Replace('d', 'e').Replace('D', 'e')
                  let expected = Double.Parse(plain, Globalization.CultureInfo.InvariantCulture)
                  BitConverter.DoubleToInt64Bits read = BitConverter.DoubleToInt64Bits expected))

          testCase "What the format cannot hold is refused" (fun () ->
              let atom = Structure.ofSymbols [ "He" ] [ (0.0, 0.0, 0.0) ] Cell.none |> ok

              let message structure = ExtXyz.format [ structure ] |> error |> NoetherError.message

              let info name = Structure.withInfo name (Property.real 1.0) atom |> ok

              let column name property = Structure.withPerAtom name property atom |> ok

              equal
                  "the name of a property is 'lattice', expected a name other than Lattice, which is special"
                  (message (info "lattice"))

              contains "'pos'" (message (column "pos" (Property.reals [ 1.0 ])))
              contains "'a:b'" (message (column "a:b" (Property.reals [ 1.0 ])))
              contains "'two words'" (message (column "label" (Property.texts [ "two words" ])))
              contains "'Z'" (message (column "Z" (Property.integers [ 2L ])))

              let deep axes = Property.create (List.replicate axes 1) (Reals(ImmutableArray.Create 1.0)) |> ok
              let deeper = Structure.withInfo "deep" (deep 65) atom |> ok
              equal "the property 'deep' has 65 axes, expected at most 64" (message deeper)
              let deepest = Structure.withInfo "deep" (deep 64) atom |> ok
              equal [ deepest ] (ExtXyz.format [ deepest ] |> ok |> ExtXyz.parse "f" |> ok)) ]
