module Noether.Tests.Program

let private leftOut =
    [ "nequip/algebra.json",
      [ "tensor_product"
        "elementwise_tensor_product"
        "tensor_square"
        "norm"
        "dot"
        "cross"
        "sum_mean"
        "reorder"
        "axes"
        "scatter"
        "grad_of_spherical_harmonics" ],
      "the algebra of features: read by Equivariance.Tests"
      "nequip/jraph.json",
      [ "batch"
        "batch_of_nested_features"
        "pad_with_graphs"
        "pad_with_graphs_errors"
        "masks_of_unpadded_graph"
        "dynamically_batch"
        "fully_connected"
        "segments"
        "segments_with_ids_out_of_range"
        "partition_softmax" ],
      "graphs and segments: read by Domain.Tests"
      "nequip/nequip-torch.json",
      [ "seed"
        "models/*/blocks"
        "models/*/readout_alphas"
        "models/*/config/type_names"
        "models/*/config/bessel_trainable"
        "models/zbl/config/pair_potential"
        "e3nn_operations/TensorProduct/instructions"
        "e3nn_operations/TensorProduct/weight_numel"
        "e3nn_operations/FullyConnectedTensorProduct/instructions"
        "e3nn_operations/Linear/instructions"
        "e3nn_operations/Linear/options"
        "e3nn_operations/Gate"
        "e3nn_operations/NormActivation"
        "e3nn_operations/soft_one_hot_note"
        "e3nn_operations/soft_one_hot_linspace/start" ],
      "how the program is put together: its results are compared"
      "nequip/nequip-torch.json",
      [ "e3nn_operations/pair_potentials/peer_output_shape_unaided" ],
      "a fault of the program"
      "nequip/nequip-torch.json", [ "e3nn_operations/normalize2mom/factors/mish" ], "no activation of this library"
      for model in [ "nequix-mp-1"; "nequix-oam-1-pft" ] do
          $"nequix/properties-{model}.json",
          [ "elastic_Si/unit"; "elastic_Si/voigt"; "units" ],
          "units and order, as they are here"

          $"nequix/given-{model}.json",
          [ "structures/*/float32_noise" ],
          "how far the program's float32 is from its float64"

          $"nequix/given-{model}.json",
          [ "structures/graphene-slab-partial-pbc/native_float32"
            "structures/graphene-slab-partial-pbc/energy_float64_with_float32_gate_constant" ],
          "the program mistakes cells that are periodic along some axes"
      "nequix/stages-nequix-mp-1.json", [ "structure" ], "the name of what the tests build"
      "nequix/stages-nequix-mp-1.json", [ "layers/inverse_rms" ], "before_norm and after_norm are compared"
      "nequix/trace-nequix-mp-1.json", [ "structure"; "layers/irreps" ], "the layout, as it is here"
      for model in [ "1x"; "2x" ] do
          $"ani/molecules-{model}.json",
          [ for molecule in [ "CH3CH2OH"; "H2O_vib" ] do
                for what in [ "members_forces"; "force_magnitudes"; "force_relative_std"; "force_relative_range" ] ->
                    $"{molecule}/{what}" ],
          "forces of members, of which the library has the energies alone"

          $"ani/batch.json", [ $"{model}/qbcs" ], "the same measure as that of each molecule alone"
          "ani/aev.json", [ $"{model}/*/rows/length" ], "the width of the environments, which rows are put into" ]

[<EntryPoint>]
let main arguments = Unread.runTests leftOut arguments
