module Noether.Tests.TensorEinsumTests

open Expecto
open Noether.AutoDiff
open Noether.Tests.TensorChecks

let private lengths = dict [ 'a', 2; 'b', 3; 'c', 4; 'd', 2; 'e', 1; 'f', 5; 'z', 0 ]

let private shapes (text: string) =
    let operands = text.Split("->")[0]
    [ for labels in operands.Split ',' -> [| for c in labels -> lengths[c] |] ]

/// A loop over every value of every letter.
let private naive (text: string) (operands: Tensor list) =
    let labels = text.Split("->")[0] |> fun s -> s.Split ','
    let result = text.Split("->")[1]
    let letters = String.concat "" labels |> Seq.distinct |> Array.ofSeq
    let all = letters |> Array.map (fun c -> lengths[c])
    let shape = [| for c in result -> lengths[c] |]
    let sums = Array.zeroCreate (Shape.size shape)

    for n in 0 .. Shape.size all - 1 do
        let at = Array.map2 (fun s d -> n / s % d) (Shape.strides all) all
        let index (part: string) = [| for c in part -> at[System.Array.IndexOf(letters, c)] |]
        let product = Seq.map2 (fun part x -> Tensor.item (index part) x) labels operands |> Seq.fold (*) 1.0
        let place = Array.fold2 (fun sum i s -> sum + i * s) 0 (index result) (Shape.strides shape)
        sums[place] <- sums[place] + product

    Tensor.ofArray shape sums

let private patterns =
    [ "ab->ab"
      "ab->ba"
      "ab->a"
      "ab->b"
      "ab->"
      "abc->cab"
      "->"
      "a,a->"
      "a,a->a"
      "a,b->ab"
      "a,b->ba"
      "a,b->"
      ",a->a"
      "a,->a"
      ",->"
      "ab,bc->ac"
      "ab,bc->ca"
      "ba,bc->ac"
      "ab,cb->ac"
      "ba,cb->ca"
      "ab,bc->"
      "ab,bc->abc"
      "ab,bc->b"
      "ab,ab->"
      "ab,ab->a"
      "ab,ba->ab"
      "ab,b->a"
      "b,ab->a"
      "a,abc->bc"
      "abc,c->ab"
      "dab,dbc->dac"
      "abd,bcd->dac"
      "adb,dbc->acd"
      "abc,bd->adc"
      "abc,cbd->da"
      "abcd,dcf->abf"
      "ae,eb->ab"
      "ae,be->ab"
      "ef,ef->e"
      "ab,bc,cd->ad"
      "a,b,c->abc"
      "a,ab,b->"
      "abc,ad,bd->cd"
      "ab,bc,ca->"
      "ab,cd,bd->ac"
      "a,a,a->a"
      "zb,bc->zc"
      "bz,zc->bc"
      "az,bz->ab"
      "z,z->"
      "az->a"
      "za,ab->zb"
      "a,z->az" ]
    |> List.map (fun text -> text)

[<Tests>]
let tests =
    testList
        "TensorEinsum"
        [ // Sums of at most 240 products of numbers of order one.
          testTheory "has the value of a loop" patterns (fun text ->
              for precision, tolerance in [ Float64, 1e-13; Float32, 1e-4 ] do
                  let xs = shapes text |> List.mapi (fun i s -> normal precision i s)
                  agree tolerance (naive text xs) (Tensor.einsum text xs))

          testTheory "obeys the laws" patterns (fun text ->
              lawful 1 (fun xs -> Tensor.einsum text (List.ofArray xs)) (shapes text))

          testCase "spaces do not matter" (fun () ->
              let a, b = normal Float64 1 [| 2; 3 |], normal Float64 2 [| 3; 4 |]
              identical (Tensor.einsum "ab,bc->ac" [ a; b ]) (Tensor.einsum " ab , b c -> a c " [ a; b ]))

          testCase "one operand in two places collects both derivatives" (fun () ->
              lawful 2 (fun x -> Tensor.einsum "ab,cb->ac" [ x[0]; x[0] ]) [ [| 3; 2 |] ]
              lawful 3 (fun x -> Tensor.einsum "ab,bc,ca->" [ x[0]; x[0]; x[0] ]) [ [| 3; 3 |] ])

          testCase "is a form with one value for every open slot" (fun () ->
              let letters = [ "ab"; "bcd"; "ca"; "d" ]
              let text slot = System.String.Join(",", List.removeAt slot letters) + "->" + letters[slot]

              for precision in precisions do
                  let xs =
                      letters
                      |> List.mapi (fun i l -> normal precision i [| for c in l -> lengths[c] |])
                      |> Array.ofList

                  Check.form (key 5) (fun slot others -> Tensor.einsum (text slot) (List.ofArray others)) xs
                  |> Check.orFail "einsum"
                  |> ignore) ]
