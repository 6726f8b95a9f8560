namespace Noether.Training

open System
open System.Collections.Immutable
open System.IO
open Noether.AutoDiff
open Noether.Domain

/// Trees of tensors, parameters or memories, in files: .safetensors with texts about them, or .npz. The path of each
/// tensor, names joined by '/', is its name there.
///
/// *Exact.* float64 and float32 are written as they are and read back to the bit. Integers of files of other programs
/// become float64, which must hold them exactly.
/// *Whole.* A file is written beside its place and moved there, so there is always the old one or the new one.
[<RequireQualifiedAccess>]
module ParameterFile =

    let private ofTensor (x: Tensor) : NpyArray =
        let data =
            match x.Precision with
            | Float64 -> NpyData.Float64(ImmutableArray.CreateRange(Tensor.toArray x))
            | Float32 -> NpyData.Float32(ImmutableArray.CreateRange(Tensor.toArray x |> Array.map float32))

        NpyArray.create (List.ofArray x.Shape) data |> Outcome.getOrFail

    let private toTensor (name: string) (array: NpyArray) : Tensor =
        let refuse found expected = Outcome.raise (Inconsistent($"the array '{name}'", found, expected))

        let whole (x: Int128) =
            if Int128.CreateChecked(float x) <> x then refuse $"{x}" "integers that float64 holds exactly"

        let shape = Array.ofList array.Shape

        match array.Data with
        | NpyData.Int64 values -> Seq.iter (fun (x: int64) -> whole (Int128.op_Implicit x)) values
        | NpyData.UInt64 values -> Seq.iter (fun (x: uint64) -> whole (Int128.op_Implicit x)) values
        | NpyData.Bool _ -> refuse "truth values" "numbers"
        | _ -> ()

        match array.Data with
        | NpyData.Float32 values -> Tensor.ofArray32 shape (Seq.toArray values)
        | _ -> Tensor.ofArray shape (Seq.toArray (NpyArray.toReals array))

    let private isSafetensors (path: string) =
        match Path.GetExtension path with
        | ".safetensors" -> true
        | ".npz" -> false
        | ending ->
            let found = $"'{ending}'"
            Outcome.raise (InvalidArgument($"the ending of '{path}'", found, ".safetensors or .npz"))

    /// Writes a tree with texts about it, which only .safetensors can hold. An empty branch leaves no trace. Errors:
    /// `FileFailure`; `InvalidArgument` for another ending, texts in .npz, a single leaf, and paths that are equal.
    let write (path: string) (texts: Map<string, string>) (tree: Tree<Tensor>) : Result<unit, NoetherError> =
        Outcome.capture (fun () ->
            let entries = [ for name, x in Tree.paths tree -> name, ofTensor x ]

            for name, count in List.countBy fst entries do
                if name = "" then
                    Outcome.raise (InvalidArgument("the path of a tensor", "empty", "names, so a tree with branches"))

                if count > 1 then
                    Outcome.raise (
                        InvalidArgument("the path of a tensor", $"'{name}' {count} times", "each path once")
                    )

            if isSafetensors path then
                SafetensorsFile.write path { Metadata = texts; Arrays = Map entries } |> Outcome.getOrFail
            elif not texts.IsEmpty then
                Outcome.raise (InvalidArgument("the texts for an .npz file", $"{texts.Count} texts", "none"))
            else
                OutputFile.Replace(path, Npz.format (Map entries)))

    /// The texts about a file, without its tensors; none for .npz. Errors: as of `SafetensorsFile.read`.
    let texts (path: string) : Result<Map<string, string>, NoetherError> =
        Outcome.capture (fun () ->
            if isSafetensors path then SafetensorsFile.readMetadata path |> Outcome.getOrFail else Map.empty)

    /// The arrays and the texts of a file, by name. Errors: as of `SafetensorsFile.read` and `Npz.read`.
    let private load path : Map<string, Tensor> * Map<string, string> =
        let file =
            if isSafetensors path then
                SafetensorsFile.read path |> Outcome.getOrFail
            else
                { Metadata = Map.empty; Arrays = Npz.read path |> Outcome.getOrFail }

        Map.map toTensor file.Arrays, file.Metadata

    /// The tree of a file, children in the order of their names, and the texts. Errors: `FileFailure`, `Malformed`;
    /// `Inconsistent` for truth values, large integers, and a name that is a tensor and a branch.
    let read (path: string) : Result<Tree<Tensor> * Map<string, string>, NoetherError> =
        Outcome.capture (fun () ->
            let tensors, texts = load path

            let rec grow prefix (entries: (string list * Tensor) list) =
                match entries with
                | [ [], x ] -> Leaf x
                | _ ->
                    entries
                    |> List.groupBy (fun (names, _) -> List.tryHead names)
                    |> List.map (fun (name, children) ->
                        match name with
                        | Some name ->
                            let below = [ for names, x in children -> List.tail names, x ]
                            name, grow (prefix + "/" + name) below
                        | None ->
                            let found = $"a tensor and a branch of the name '{prefix.TrimStart '/'}'"
                            Outcome.raise (Inconsistent(path, found, "one of them")))
                    |> Branch

            grow "" [ for KeyValue(name, x) in tensors -> List.ofArray (name.Split '/'), x ], texts)

    /// The tree of a file with the structure of a given one, whose values do not matter, and the texts. Errors:
    /// `FileFailure`, `Malformed`; `Inconsistent` for names that lack or are too many, other shapes and other
    /// precisions.
    let readLike (tree: Tree<Tensor>) (path: string) : Result<Tree<Tensor> * Map<string, string>, NoetherError> =
        Outcome.capture (fun () ->
            let tensors, texts = load path
            let expected = Tree.paths tree |> List.map fst |> set

            for name in tensors.Keys do
                if not (expected.Contains name) then
                    Outcome.raise (Inconsistent(path, $"the tensor '{name}'", "only those of the given tree"))

            let find name (like: Tensor) =
                match Map.tryFind name tensors with
                | None -> Outcome.raise (Inconsistent(path, $"no tensor '{name}'", "all those of the given tree"))
                | Some x when not (Shape.equal x.Shape like.Shape) || x.Precision <> like.Precision ->
                    let print (x: Tensor) = $"{x.Precision} {Shape.print x.Shape}"
                    Outcome.raise (Inconsistent($"'{name}' in {path}", print x, print like))
                | Some x -> x

            Tree.mapPaths find tree, texts)
