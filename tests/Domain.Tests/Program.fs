module Noether.Tests.Program

let private leftOut =
    [ "units.json", [ "_amu"; "_eps0"; "_e"; "_Nav" ], "constants of which the others are made"
      "labelled/labels.json",
      [ "set_operations/*/difference/second_mapping"
        "position/contains"
        "dimensions"
        "printing/*/str"
        "printing/*/repr"
        "printing/single/print_0" ],
      "texts and errors of Python, and what follows from what is read"
      "operations.zip", [ "operations" ], "messages of errors, and cases of Python's arrays: all others are compared"
      "operations.zip", [ "block_from_array" ], "a block of an array without labels, which the library does not make"
      "files/contents.json",
      [ "*" ],
      "types and shapes, which values have, and errors of ASE, where it is not to be followed"
      "nequip/jraph-batch.json", [ "batch_of_nested_features/*/edges" ], "null: there are none"
      "nequip/jraph.json", [ "batch"; "batch_of_nested_features" ], "batches: those of jraph-batch.json are right"
      "nequip/jraph.json",
      [ "pad_with_graphs_errors/result/error"
        "dynamically_batch/stream"
        "dynamically_batch/batches/error"
        "fully_connected" ],
      "kinds of exceptions; sizes that the graphs have"
      "nequip/jraph.json",
      [ "segments/integers/segment_max"; "segments/integers/segment_min" ],
      "of empty segments the extreme integer, where there are real numbers here"
      "nequip/jraph.json",
      [ "GraphNetwork"
        "GraphNetwork_mean_aggregation"
        "GraphNetwork_padded_then_zeroed"
        "InteractionNetwork"
        "InteractionNetwork_with_sent"
        "DeepSets"
        "RelationNetwork"
        "GraphConvolution"
        "GAT"
        "GraphNetGAT"
        "GraphMapFeatures" ],
      "networks: read by Learning.Tests" ]

[<EntryPoint>]
let main arguments = Unread.runTests leftOut arguments
