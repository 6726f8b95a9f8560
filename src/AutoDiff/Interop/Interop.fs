namespace Noether.AutoDiff

/// The functions of tensors for languages other than F#. They are members that F# adds to a type, which have no name
/// that a C# program could write; here each has one. Their documentation is that of the members.
[<RequireQualifiedAccess>]
module internal Interop =

    let ofArray shape elements = Tensor.ofArray shape elements
    let full precision shape value = Tensor.full precision shape value
    let eye n = Tensor.eye n
    let linspace start stop n = Tensor.linspace start stop n
    let uniform precision shape key = Tensor.uniform precision shape key
    let normal precision shape key = Tensor.normal precision shape key
    let toArray x = Tensor.toArray x
    let value x = Tensor.value x
    let item index x = Tensor.item index x
    let span x = Tensor.span x
    let cast precision x = Tensor.cast precision x

    let exp x = Tensor.exp x
    let log x = Tensor.log x
    let sqrt x = Tensor.sqrt x
    let sin x = Tensor.sin x
    let cos x = Tensor.cos x
    let tanh x = Tensor.tanh x
    let sigmoid x = Tensor.sigmoid x
    let silu x = Tensor.silu x
    let softplus x = Tensor.softplus x
    let abs x = Tensor.abs x
    let pow exponent x = Tensor.pow exponent x

    let sum x = Tensor.sum x
    let sumAxes axes x = Tensor.sumAxes axes x
    let mean x = Tensor.mean x
    let reshape shape x = Tensor.reshape shape x
    let transpose x = Tensor.transpose x
    let slice axis start stop x = Tensor.slice axis start stop x
    let gather index x = Tensor.gather index x
    let segmentSum index rows x = Tensor.segmentSum index rows x
    let concat axis (parts: Tensor seq) = Tensor.concat axis (List.ofSeq parts)
    let stack axis (parts: Tensor seq) = Tensor.stack axis (List.ofSeq parts)
    let select mask a b = Tensor.select mask a b
    let less a b = Tensor.less a b

    let matmul a b = Tensor.matmul a b
    let inverse a = Tensor.inverse a
    let solve a b = Tensor.solve a b
    let einsum notation (operands: Tensor seq) = Tensor.einsum notation (List.ofSeq operands)
