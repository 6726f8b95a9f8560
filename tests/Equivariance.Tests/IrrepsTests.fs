module Noether.Tests.IrrepsTests

open System.Text.Json
open Expecto
open FsCheck
open FsCheck.FSharp
open Noether.Equivariance
open Noether.Tests.Recorded

let private irreps = Irreps.ofString

let private show (irreps: Irreps) = irreps.AsText

let private genIrreps =
    gen {
        let! chunks =
            Gen.listOf (
                gen {
                    let! mul = Gen.choose (0, 4)
                    let! l = Gen.choose (0, 3)
                    let! parity = Gen.elements [ Parity.Even; Parity.Odd ]
                    return mul, Irrep.create l parity
                }
            )

        return Irreps.create chunks
    }

let private forAll property = Prop.forAll (Arb.fromGen genIrreps) property

/// The members of one entry of `parse` that are irreps, and the functions that give them.
let private operations: (string * (Irreps -> Irreps)) list =
    [ "unify", Irreps.unify
      "simplify", Irreps.simplify
      "regroup", Irreps.regroup
      "remove_zero_multiplicities", Irreps.removeZeroMultiplicities
      "set_mul_3", Irreps.setMul 3
      "repeat_2", Irreps.repeat 2
      "times_2", Irreps.scale 2
      "two_times", Irreps.scale 2
      "floordiv_2", Irreps.divide 2
      "filter_lmax_1", Irreps.upTo 1
      "filter_keep_0e_1o", Irreps.keep (irreps "0e+1o")
      "filter_drop_scalars", Irreps.drop (irreps "0e+0o")
      "slice_by_mul_1_3", Irreps.sliceByMul 1 3
      "slice_by_chunk_1", Irreps.sliceByChunk 1 1000
      "slice_by_dim_0_1", Irreps.sliceByDim 0 1 ]

let private checkEntry (entry: Entry) =
    let x = entry |> get "string" |> text |> irreps
    let name = show x

    let chunks = x.Chunks |> List.map (fun chunk -> [ chunk.Mul; chunk.Irrep.L; Parity.sign chunk.Irrep.Parity ])

    equal (entry |> get "pairs" |> items |> List.map integers) chunks

    // What has no chunks prints otherwise there.
    equal (entry |> get "parsed" |> text) (if x.Chunks.IsEmpty then "" else name)

    equal (entry |> get "dim" |> integer) (Irreps.dim x)
    equal (entry |> get "num_irreps" |> integer) (Irreps.count x)
    equal (entry |> get "len" |> integer) x.Chunks.Length
    equal (entry |> get "ls" |> integers) (Irreps.ls x)
    equal (entry |> get "mul_gcd" |> integer) (Irreps.mulGcd x)
    equal ((entry |> get "is_scalar").GetBoolean()) (Irreps.isScalar x)
    equal (entry |> get "count_0e" |> integer) (Irreps.countOf Irrep.scalar x)
    equal (entry |> get "count_1o" |> integer) (Irreps.countOf (Irrep.ofString "1o") x)
    equal ((entry |> get "contains_1o").GetBoolean()) (Irreps.contains (Irrep.ofString "1o") x)

    let slices = Irreps.slices x |> List.map (fun struct (start, stop) -> [ start; stop ])

    equal (entry |> get "slices" |> items |> List.map integers) slices

    let lmax = entry |> get "lmax"

    if isError lmax then
        contains "expected at least one" (argumentMessage (fun () -> Irreps.lmax x |> ignore))
        equal None (Irreps.tryLmax x)
    else
        equal (integer lmax) (Irreps.lmax x)

    let sort = entry |> get "sort"
    let sorted = Irreps.sort x
    equal (sort |> get "irreps" |> text) (show sorted.Irreps)
    equal (sort |> get "p" |> integers) sorted.P
    equal (sort |> get "inv" |> integers) sorted.Inverse

    for operation, f in operations do
        let expected = entry |> get operation

        if isError expected then
            contains "cut a copy" (argumentMessage (fun () -> f x |> ignore))
        else
            Expect.isTrue (text expected = show (f x)) $"{operation} of {name}: {f x}, expected {text expected}"

[<Tests>]
let tests =
    testList
        "Irreps"
        [ testCase "every text of the reference means what e3nn-jax says" (fun () ->
              let entries = reference "irreps.json" |> get "parse" |> items
              equal 20 entries.Length
              entries |> List.iter checkEntry)

          testCase "texts that e3nn-jax refuses are refused" (fun () ->
              for entry in reference "irreps.json" |> get "parse_errors" |> items do
                  let source = entry |> get "string" |> text
                  let expected = entry |> get "result"

                  match Irreps.parse source with
                  | Ok x -> equal (text expected) (show x)
                  | Error error ->
                      Expect.isTrue (isError expected) (IrrepsError.message error)
                      equal source error.Text)

          testTheory
              "an error names the text, the place and what was expected"
              [ "1", "irreps \"1\": found the end at position 1, expected a parity, e, o or y"
                "e", "irreps \"e\": found 'e' at position 0, expected a multiplicity or a degree (a whole number)"
                "2x", "irreps \"2x\": found the end at position 2, expected a degree (a whole number)"
                "0e + 1x-1e", "irreps \"0e + 1x-1e\": found '-' at position 7, expected a degree (a whole number)"
                "1.5x0e", "irreps \"1.5x0e\": found '.' at position 1, expected x and a degree, or a parity (e, o or y)"
                "0e+",
                "irreps \"0e+\": found the end at position 3, expected a multiplicity or a degree (a whole number)"
                "0e 1o", "irreps \"0e 1o\": found '1' at position 3, expected + or the end"
                "0E", "irreps \"0E\": found 'E' at position 1, expected a parity, e, o or y"
                "3 2x0e", "irreps \"3 2x0e\": found '2' at position 2, expected x and a degree, or a parity (e, o or y)"
                "99999999999x0e",
                "irreps \"99999999999x0e\": found '9' at position 0, "
                + "expected a multiplicity or a degree (a whole number) of at most 1000000000" ]
              (fun (source, expected) ->
                  match Irreps.parse source with
                  | Ok x -> failwith $"{source} was read as {x}"
                  | Error error ->
                      equal expected (IrrepsError.message error)
                      startsWith expected (argumentMessage (fun () -> irreps source |> ignore)))

          testCase "single irreps are read, ordered and multiplied as e3nn-jax does" (fun () ->
              let data = reference "irreps.json"
              let order = data |> get "irrep_order" |> items |> List.map (text >> Irrep.ofString)
              equal order (List.sort (List.rev order))

              for entry in data |> get "irrep_products" |> items do
                  let factor name = entry |> get name |> text |> Irrep.ofString

                  let expected = entry |> get "result" |> items |> List.map (text >> Irrep.ofString)
                  equal expected (Irrep.product (factor "a") (factor "b"))

              equal "3o" ((Irrep.ofString "3y").ToString())
              contains "expected the end" (argumentMessage (fun () -> Irrep.ofString "1o+" |> ignore))

              contains
                  "Irrep.create: expected at least 0"
                  (argumentMessage (fun () -> Irrep.create -1 Parity.Odd |> ignore)))

          testCase "filters, harmonics, products and squares are those of e3nn-jax" (fun () ->
              let data = reference "irreps.json"

              for entry in data |> get "filter" |> items do
                  let x = entry |> get "irreps" |> text |> irreps
                  let by = entry |> get "by" |> text |> irreps
                  equal (entry |> get "keep" |> text) (show (Irreps.keep by x))
                  equal (entry |> get "drop" |> text) (show (Irreps.drop by x))

              for entry in data |> get "spherical_harmonics" |> items do
                  let parity = if integer (get "p" entry) = 1 then Parity.Even else Parity.Odd

                  let harmonics = Irreps.sphericalHarmonics (integer (get "lmax" entry)) parity
                  equal (entry |> get "irreps" |> text) (show harmonics)

              for entry in data |> get "irreps_tensor_product" |> items do
                  let a, b = entry |> get "a" |> text |> irreps, entry |> get "b" |> text |> irreps
                  equal (entry |> get "regrouped" |> text) (show (IrrepsProducts.tensorProduct a b))
                  equal (entry |> get "not_regrouped" |> text) (show (IrrepsProducts.tensorProductUngrouped a b))
                  equal (entry |> get "sum" |> text) (show (Irreps.append a b))
                  equal (entry |> get "sum" |> text) (show (Irreps.concat [ a; b ]))

              for entry in data |> get "tensor_square" |> items do
                  let square = entry |> get "a" |> text |> irreps |> IrrepsProducts.tensorSquare
                  equal (entry |> get "irreps" |> text) (show square))

          testCase "a gate divides its input as e3nn-jax does" (fun () ->
              for entry in reference "irreps.json" |> get "gate" |> items do
                  let x = entry |> get "in" |> text |> irreps
                  let expected = entry |> get "out"

                  if isError expected then
                      contains
                          "expected at least as many"
                          (argumentMessage (fun () -> IrrepsProducts.gate x |> ignore))
                  else
                      let layout = IrrepsProducts.gate x
                      equal (text expected) (show layout.Output)
                      equal (Irreps.count layout.Gated) (Irreps.count layout.Gates)

                      equal
                          (Irreps.dim x)
                          (Irreps.dim layout.Scalars + Irreps.dim layout.Gates + Irreps.dim layout.Gated))

          propertyFrom "printed irreps read back" 1UL (forAll (fun x -> Irreps.parse (show x) = Ok x))

          propertyFrom
              "sorting is a stable permutation, told both ways"
              2UL
              (forAll (fun (x: Irreps) ->
                  let sorted = Irreps.sort x
                  let before = Array.ofList x.Chunks
                  let after = Array.ofList sorted.Irreps.Chunks

                  sorted.P |> List.indexed |> List.forall (fun (i, place) -> after[place] = before[i])
                  && sorted.Inverse |> List.indexed |> List.forall (fun (k, i) -> after[k] = before[i])
                  && List.pairwise sorted.Inverse
                     |> List.forall (fun (i, j) ->
                         before[i].Irrep < before[j].Irrep || (before[i].Irrep = before[j].Irrep && i < j))))

          propertyFrom
              "merging and regrouping keep what there is, and doing it twice changes nothing"
              3UL
              (forAll (fun (x: Irreps) ->
                  [ Irreps.unify; Irreps.simplify; Irreps.regroup ]
                  |> List.forall (fun f ->
                      Irreps.dim (f x) = Irreps.dim x && Irreps.count (f x) = Irreps.count x && f (f x) = f x)))

          propertyFrom
              "slices at any place join to the whole"
              4UL
              (forAll (fun (x: Irreps) ->
                  List.forall
                      (fun cut ->
                          let join slice total =
                              Irreps.simplify (Irreps.append (slice 0 cut x) (slice cut (max cut total) x)) =
                                  Irreps.simplify x

                          join Irreps.sliceByMul (Irreps.count x) && join Irreps.sliceByChunk x.Chunks.Length)
                      [ 0..9 ]
                  && Irreps.slices x
                     |> List.forall (fun struct (start, stop) ->
                         Irreps.dim (Irreps.sliceByDim start stop x) = stop - start)))

          testCase "a product has the product of the dimensions" (fun () ->
              let pair = Arb.fromGen (Gen.zip genIrreps genIrreps)

              let property (a: Irreps, b: Irreps) =
                  let product = IrrepsProducts.tensorProduct a b

                  Irreps.dim product = Irreps.dim a * Irreps.dim b
                  && Irreps.regroup (IrrepsProducts.tensorProductUngrouped a b) = product
                  && Irreps.dim (IrrepsProducts.tensorSquare a) = Irreps.dim a * (Irreps.dim a + 1) / 2

              check 5UL (Prop.forAll pair property))

          testCase "bounds and multiplicities are checked" (fun () ->
              let x = irreps "2x0e+1o"
              contains "bounds are 2 and 1" (argumentMessage (fun () -> Irreps.sliceByMul 2 1 x |> ignore))
              contains "bounds are -1 and 1" (argumentMessage (fun () -> Irreps.sliceByChunk -1 1 x |> ignore))
              contains "cut a copy of 1o" (argumentMessage (fun () -> Irreps.sliceByDim 1 3 x |> ignore))
              contains "-1x0e" (argumentMessage (fun () -> Irreps.create [ -1, Irrep.scalar ] |> ignore))
              contains "Irreps.divide: expected at least 1" (argumentMessage (fun () -> Irreps.divide 0 x |> ignore))
              contains "Irreps.repeat: expected at least 0" (argumentMessage (fun () -> Irreps.repeat -1 x |> ignore))
              contains "Irreps.scale: expected at least 0" (argumentMessage (fun () -> Irreps.scale -1 x |> ignore))
              contains "Irreps.setMul: expected at least 0" (argumentMessage (fun () -> Irreps.setMul -1 x |> ignore))) ]
