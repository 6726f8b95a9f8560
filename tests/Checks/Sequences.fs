/// Functions of F# that hide a difference, as tests have them instead: sequences of different lengths are no pairs, and
/// the largest of numbers is not a number if one of them is none.
[<AutoOpen>]
module Noether.Tests.Sequences

open Expecto

module Seq =
    let private pair (a: 'A seq) (b: 'B seq) =
        let a, b = Array.ofSeq a, Array.ofSeq b

        if a.Length <> b.Length then
            failtest $"sequences of {a.Length} and {b.Length} items, expected equal lengths"

        a, b

    let zip a b = pair a b ||> Seq.zip
    let zip3 a b c = zip a (zip b c) |> Seq.map (fun (a, (b, c)) -> a, b, c)
    let map2 f a b = pair a b ||> Seq.map2 f
    let iter2 f a b = pair a b ||> Array.iter2 f
    let fold2 f state a b = pair a b ||> Array.fold2 f state
    let forall2 f a b = pair a b ||> Array.forall2 f
    let exists2 f a b = pair a b ||> Array.exists2 f
    let inline max (xs: 'T seq) = Seq.reduce Operators.max xs

module List =
    let inline max (xs: 'T list) = List.reduce Operators.max xs

module Array =
    let inline max (xs: 'T[]) = Array.reduce Operators.max xs
