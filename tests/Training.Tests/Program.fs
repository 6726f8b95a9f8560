module Noether.Tests.Program

let private leftOut =
    [ "nequip/optax.json",
      [ "problem"
        "trajectories/*/options"
        "lbfgs/function"
        "lbfgs/runs/options"
        "lbfgs_without_linesearch/options"
        "backtracking_linesearch_sgd/options" ],
      "settings and functions, which the tests write out" ]

[<EntryPoint>]
let main arguments = Unread.runTests leftOut arguments
