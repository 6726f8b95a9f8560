module Noether.Tests.Program

let private leftOut =
    [ "nequip/algebra.json",
      [ "normalize_function"
        "scalar_activation"
        "norm_activation"
        "soft_normalization"
        "gate"
        "linear"
        "linear_indexed"
        "linear_mixed_by_scalars"
        "functional_linear"
        "multi_layer_perceptron"
        "batch_norm"
        "radius_graph" ],
      "layers and graphs: read by Learning.Tests"
      "nequip/algebra.json", [ "norm/whole/irreps"; "dot/dot/irreps" ], "those of a number: here it is no feature" ]

[<EntryPoint>]
let main arguments = Unread.runTests leftOut arguments
