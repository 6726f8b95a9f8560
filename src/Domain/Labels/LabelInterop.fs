namespace Noether.Domain

/// The functions of labelled tensors for languages other than F#. They are members that F# adds to types, which have no
/// name that a C# program could write; here each has one. What they mean stands with the members.
[<RequireQualifiedAccess>]
module internal LabelInterop =
    let labels names (values: int[]) = Labels.ofArray names values
    let single () = Labels.single
    let range name n = Labels.range name n
    let union a b = Labels.union a b
    let intersection a b = Labels.intersection a b
    let difference a b = Labels.difference a b
    let select selection labels = Labels.select selection labels
    let position (row: int[]) labels = Labels.position row labels |> Result.map (Option.defaultValue -1)
    let readLabels path = Labels.read path
    let writeLabels path labels = Labels.write path labels

    let block values samples (components: Labels seq) properties =
        TensorBlock.create values samples components properties

    let withGradient parameter gradient block = TensorBlock.withGradient parameter gradient block

    let map keys (blocks: TensorBlock seq) = TensorMap.create keys blocks
    let read path = TensorMap.read path
    let parse name bytes = TensorMap.parseBytes name bytes
    let write path map = TensorMap.write path map
    let format map = TensorMap.format map
    let keysToSamples (dimensions: string seq) map = TensorMap.keysToSamples dimensions map
    let keysToProperties (dimensions: string seq) map = TensorMap.keysToProperties dimensions map
    let componentsToProperties (names: string seq) map = TensorMap.componentsToProperties names map
    let add a b = TensorMap.add a b
    let subtract a b = TensorMap.subtract a b
    let multiply a b = TensorMap.multiply a b
    let divide a b = TensorMap.divide a b
    let scale k map = TensorMap.scale k map
    let pow exponent map = TensorMap.pow exponent map
    let sumOverSamples (dimensions: string seq) map = TensorMap.sumOverSamples dimensions map
    let meanOverSamples (dimensions: string seq) map = TensorMap.meanOverSamples dimensions map
    let sort map = TensorMap.sort map
    let equalReason a b = TensorMap.equalReason a b
    let closeReason relative absolute a b = TensorMap.closeReason relative absolute a b
    let slice axis selection map = TensorMap.slice axis selection map
    let join axis (maps: TensorMap seq) = TensorMap.join axis maps
    let dot a b = TensorMap.dot a b
    let lstsq relative x y = TensorMap.lstsq relative x y
