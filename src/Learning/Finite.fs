namespace Noether.Learning

open System
open Noether.AutoDiff
open Noether.Domain

/// Finding numbers that are none.
[<RequireQualifiedAccess>]
module Finite =
    /// The first number of a tensor that is NaN or infinite.
    let ofTensor (tensor: Tensor) : float option = Tensor.toArray tensor |> Array.tryFind (Double.IsFinite >> not)

    /// The path of the first tensor of a tree that holds such a number, and the number.
    let first (tree: Tree<Tensor>) : (string * float) option =
        Tree.paths tree
        |> List.tryPick (fun (path, tensor) -> ofTensor tensor |> Option.map (fun value -> path, value))

    /// Nothing for a tree of finite numbers. Raises NoetherException: `NonFinite` with the path of the first tensor that has
    /// another one, which messages call `what`.
    let check (what: string) (tree: Tree<Tensor>) : unit =
        match first tree with
        | Some(path, value) -> Outcome.raise (NonFinite($"{what} '{path}'", value))
        | None -> ()
