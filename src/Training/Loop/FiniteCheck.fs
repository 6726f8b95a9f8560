namespace Noether.Training

open System
open Noether.AutoDiff
open Noether.Learning

/// Finding the first number of a training step that is not finite, by name and value.
[<RequireQualifiedAccess>]
module internal FiniteCheck =
    /// Whether all numbers are finite. A finite sum has finite terms; only another one is looked through.
    let private finite (tensor: Tensor) =
        Double.IsFinite(Tensor.value (Tensor.sum tensor)) || Tensor.toArray tensor |> Array.forall Double.IsFinite

    /// Whether all numbers of a tree are finite.
    let holds (tree: Tree<Tensor>) = Tree.leaves tree |> List.forall finite

    /// A number by its name.
    let ofNumber (name: string) (value: float) : (string * float) option =
        if Double.IsFinite value then None else Some(name, value)

    /// The first number of a tree, by its path and place.
    let ofTree (what: string) (tree: Tree<Tensor>) : (string * float) option =
        Tree.paths tree
        |> List.tryFind (fun (_, tensor) -> not (finite tensor))
        |> Option.map (fun (path, tensor) ->
            let values = Tensor.toArray tensor
            let first = values |> Array.findIndex (Double.IsFinite >> not)
            $"{what} '{path}', number {first} of {values.Length},", values[first])

    /// The frames at some places, as messages name them: by file, at most a dozen.
    let frames (dataset: Dataset) (places: int[]) : string =
        let shown = places |> Array.truncate 12 |> Array.map (fun place -> dataset.Entries[place])

        let text =
            shown
            |> Array.groupBy _.Source.Path
            |> Array.map (fun (path, entries) ->
                let numbers = entries |> Array.map (fun entry -> string entry.Frame) |> String.concat ", "
                let word = if entries.Length = 1 then "frame" else "frames"
                $"{path}, {word} {numbers}")
            |> String.concat "; "

        if shown.Length < places.Length then $"{text} and {places.Length - shown.Length} more" else text

    let private kinds = [ "energy"; "forces"; "stress"; "product of the Hessian" ]

    /// The first row of a batch's labels or predictions that is not finite, whose structures are those at some places.
    let private ofRows dataset (places: int[]) (batch: ReferenceBatch) what ofAtoms (rows: int[]) (values: Tensor) =
        let numbers = Tensor.toArray values
        let width = if rows.Length = 0 then 1 else numbers.Length / rows.Length

        numbers
        |> Array.tryFindIndex (Double.IsFinite >> not)
        |> Option.map (fun k ->
            let row = rows[k / width]
            let owner = if ofAtoms then batch.Places.Owners[row] else row
            let frame = frames dataset [| places[owner] |]

            let where =
                if ofAtoms then
                    let first = Seq.findIndex ((=) owner) batch.Places.Owners
                    $"atom {row - first} of {frame}"
                else
                    frame

            $"{what} ({where})", numbers[k])

    /// The first label of a part of a batch.
    let private ofLabels dataset places (part: ReferenceBatch) =
        [ part.Energies, false; part.Forces, true; part.Stresses, false; part.Products, true ]
        |> Seq.zip kinds
        |> Seq.tryPick (fun (kind, (labels, ofAtoms)) ->
            ofRows dataset places part $"the label of {kind}" ofAtoms labels.Rows labels.Values)

    /// The first prediction for a part of a batch.
    let private ofPredictions dataset places (part: ReferenceBatch) predictions =
        let count ofAtoms = if ofAtoms then part.Places.Atoms else part.Places.Structures

        predictions
        |> Seq.zip [ "energy", true; "forces", true; "strain derivative", false; List.last kinds, true ]
        |> Seq.tryPick (fun ((kind, ofAtoms), values) ->
            ofRows dataset places part $"the predicted {kind}" ofAtoms [| 0 .. count ofAtoms - 1 |] values)

    /// The first of parameters, labels and predictions on the parts of a batch.
    let ofStep
        (dataset: Dataset)
        (places: int[])
        (terms: LossTerm list)
        (step: int)
        (model: Trainable)
        (parts: ReferenceBatch[])
        (parameters: Tree<Tensor>)
        : (string * float) option =
        let starts = parts |> Array.scan (fun sum part -> sum + part.Items.Length) 0

        let ofPart (k: int) =
            let own = places[starts[k] .. starts[k + 1] - 1]

            ofLabels dataset own parts[k]
            |> Option.orElseWith (fun () ->
                Loss.predictions terms step model parts[k] parameters |> ofPredictions dataset own parts[k])

        ofTree "the parameter" parameters
        |> Option.orElseWith (fun () -> Seq.tryPick ofPart [ 0 .. parts.Length - 1 ])
