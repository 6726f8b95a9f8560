// Optimisers: chains of gradient transformations, schedules, means of parameters, files, and L-BFGS.
//
//     dotnet fsi --optimize+ scripts/optimisers.fsx
//
// A network of one hidden layer learns a curve, is put into a file, and is finished by a second-order method.
#load "noether.fsx"

open System
open System.IO


let check name truth =
    printfn $"""{(if truth then "yes" else "NO")}: {name}"""
    if not truth then failwith name

// A model, by hand: parameters are a named tree of tensors, a prediction is a function of them.
let width = 12
let drawn seed shape = Leaf(Tensor.normal Float64 shape (RandomKey.FromSeed seed))

let fresh =
    Branch
        [ "hidden", Branch [ "w", drawn 1UL [| 1; width |]; "b", drawn 2UL [| 1; width |] ]
          "out", Branch [ "w", drawn 3UL [| width; 1 |]; "b", drawn 4UL [| 1; 1 |] ] ]

let xs = Tensor.ofArray [| 60; 1 |] (Array.init 60 (fun i -> -3.0 + 0.1 * float i))
let curve = Tensor.sin (2.0 * xs) + 0.3 * xs

let predict parameters =
    let weights name = Tree.value name parameters
    let hidden = Tensor.tanh (Tensor.matmul xs (weights "hidden/w") + weights "hidden/b")
    Tensor.matmul hidden (weights "out/w") + weights "out/b"

let loss parameters = Tensor.mean (ElementwiseLoss.huber 1.0 (predict parameters) curve)

// An optimiser is a chain. Here gradients are clipped, matrices (and no others) decay, and the rate is warmed up and
// falls as a cosine.
let steps = 1500
let isMatrix _ (parameter: Tensor) = parameter.Rank = 2

let optimiser =
    Transform.chain
        [ Clip.byGlobalNorm 1.0
          Optimiser.adamwWith AdamOptions.standard isMatrix 1e-4 1.0
          |> Optimiser.scheduled (Schedule.warmupCosine 0.0 0.05 0.001 50 steps) ]

// A step is a pure function of the state; beside it goes a decaying mean of the parameters.
let trained, mean =
    ((Optimisation.start optimiser fresh, fresh), seq { 1..steps })
    ||> Seq.fold (fun (state, mean) _ ->
        let next, _ = Optimisation.step optimiser (fun parameters () -> loss parameters) state ()
        next, Average.toward 0.02 next.Parameters mean)

let value parameters = Tensor.value (loss parameters)

printfn
    $"loss {value fresh:E2} at first, {value trained.Parameters:E2} after {steps} steps, {value mean:E2} of the mean"

check "the loss fell a hundredfold" (value trained.Parameters < 0.01 * value fresh)

// Parameters go into a file with texts about them; and so does the memory of an optimiser, which is a tree as well.
let path = Path.Combine(Path.GetTempPath(), "noether-optimisers.safetensors")
ParameterFile.write path (Map [ "about", "sin 2x + 0.3 x"; "steps", string steps ]) mean |> orFail
let again, texts = ParameterFile.readLike fresh path |> orFail
printfn $"""the file says: {texts["about"]}, {texts["steps"]} steps"""
check "the file gives the same bits" (again = mean)
File.Delete path

// With all the data in each step, L-BFGS with a search along each direction comes closer in fewer evaluations.
let zoom = LineSearch.zoom LineSearch.zoomStandard
let minimum = LineSearch.minimise zoom (LineSearch.lbfgs 10) 1e-6 1000 loss again

printfn $"loss {minimum.Loss:E2} after {minimum.Steps} steps of L-BFGS, {minimum.Evaluations} evaluations"
check "L-BFGS goes further" (minimum.Loss < 0.1 * value again)
