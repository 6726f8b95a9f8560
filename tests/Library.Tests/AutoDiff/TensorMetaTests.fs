/// checkpoint, custom, stopGradient, cast.
module Noether.Tests.TensorMetaTests

open Noether.AutoDiff
open Noether.Tests.TensorChecks
open Xunit

/// A small network layer with two arguments and both kinds of operation inside.
let private layer (x: Tensor[]) = Tensor.tanh (Tensor.matmul x[0] x[1]) * Tensor.sum x[0]

let private checkpointed (x: Tensor[]) = (Diff.checkpoint (fun x -> [| layer x |]) x)[0]

let private shapes = [ [| 3; 4 |]; [| 4; 2 |] ]

[<Fact>]
let ``checkpoint obeys the laws`` () =
    lawful 1 checkpointed shapes
    lawful 2 (fun x -> checkpoint Tensor.exp x[0] * x[0]) [ [| 5 |] ]
    lawful 3 (fun x -> checkpoint (fun y -> y) x[0]) [ [| 5 |] ]

    lawful 4 (fun x -> checkpoint (fun _ -> Tensor.cast x[0].Precision (Tensor.scalar 2.0)) x[0] * x[0]) [ [| 5 |] ]

    lawful 5 (fun x -> checkpoint (checkpoint Tensor.sin >> Tensor.exp) x[0]) [ [| 2; 0 |] ]

[<Fact>]
let ``checkpoint with several outputs obeys the laws`` () =
    let two (x: Tensor[]) = Diff.checkpoint (fun x -> [| x[0] * x[1]; Tensor.sin x[0] |]) x
    lawful 6 (two >> fun y -> y[0] * y[1]) [ [| 3 |]; [| 3 |] ]
    lawful 7 (fun x -> (two x)[1]) [ [| 3 |]; [| 3 |] ]
    lawful 8 (two >> fun y -> Tensor.sum y[0]) [ [| 3 |]; [| 1 |] ]

[<Fact>]
let ``checkpoint has the derivatives of the function itself`` () =
    // Cotangents are added up in another order: a few roundings of numbers of order ten.
    for precision, tolerance in [ Float64, 1e-14; Float32, 1e-5 ] do
        let xs = shapes |> List.mapi (fun i s -> normal precision i s) |> Array.ofList
        let energy f (x: Tensor) = Tensor.sum (Tensor.square (f [| x; xs[1] |]))
        let v = normal precision 9 shapes[0]

        for derivative in
            [ Diff.grad
              (fun f x -> Diff.hessianv f x v)
              (fun f x -> Diff.jacobianTv (Diff.grad f) x v)
              (fun f x -> Diff.jacobianv (fun x -> Diff.hessianv f x v) x v)
              (fun f x -> Diff.grad (fun x -> Tensor.sum (Diff.hessianv f x v)) x) ] do
            agree tolerance (derivative (energy layer) xs[0]) (derivative (energy checkpointed) xs[0])

[<Fact>]
let ``checkpoint runs its function again for each sweep and keeps nothing of it`` () =
    let mutable runs = 0

    let counted (x: Tensor) =
        runs <- runs + 1
        Tensor.exp x

    let _, pull = Diff.vjp (checkpoint counted) (Tensor.scalar 0.5)
    Assert.Equal(1, runs)
    pull (Tensor.scalar 1.0) |> ignore
    pull (Tensor.scalar 1.0) |> ignore
    Assert.Equal(3, runs)

[<Fact>]
let ``a captured tensor under differentiation is refused`` () =
    let asked f = Diff.grad (fun w -> Tensor.sum (f w)) (Tensor.scalar 2.0)
    let x = Tensor.vector [ 1.0; 2.0 ]
    let message = [ "enclosing differentiation"; "among the arguments" ]
    refuses "checkpoint" message (fun () -> asked (fun w -> checkpoint (fun x -> x * w) x))
    refuses "checkpoint" message (fun () -> asked (fun w -> checkpoint (fun x -> x * w) (x * w)))

    refuses "checkpoint" message (fun () ->
        Diff.diff (fun w -> Tensor.sum (checkpoint (fun x -> x * w) x)) (Tensor.scalar 2.0))

    let rules w =
        { Name = "scale"
          Value = fun x -> x[0] * w
          Pushforward = fun _ _ t -> t[0] * w
          Pullback = fun _ _ g -> [| g * w |] }

    refuses "scale" [ "not among its arguments"; "pass it" ] (fun () ->
        asked (fun w -> Tensor.custom (rules w) [| x |]))
    // A captured constant is what it is.
    near 0.0 [| 2 |] [ 4.0; 4.0 ] (Diff.grad (checkpoint (fun y -> y * Tensor.scalar 4.0) >> Tensor.sum) x)

/// atan2, with the derivative (x dy − y dx)/(x² + y²).
let private angle =
    { Name = "atan2"
      Value =
        fun x ->
            let y, x = Tensor.toArray x[0], Tensor.toArray x[1]
            Tensor.vector (Array.map2 (fun (a: float) b -> System.Math.Atan2(a, b)) y x)
      Pushforward = fun x _ t -> (x[1] * t[0] - x[0] * t[1]) / (x[0] * x[0] + x[1] * x[1])
      Pullback =
        fun x _ g ->
            let r = g / (x[0] * x[0] + x[1] * x[1])
            [| x[1] * r; -(x[0] * r) |] }

[<Fact>]
let ``a custom operation obeys the laws when its rules are right`` () =
    let xs = [| normal Float64 1 [| 6 |] + 3.0; normal Float64 2 [| 6 |] - 4.0 |]
    Check.run (key 3) (Tensor.custom angle) xs |> Check.orFail "atan2" |> ignore
    Check.run (key 4) (fun x -> Tensor.custom angle [| x[0]; x[0] + x[1] |]) xs |> Check.orFail "atan2" |> ignore

    // With other operations between: the second argument captured as a constant, the whole inside a checkpoint.
    let inside (y: Tensor) = Tensor.custom angle [| Tensor.sin y + 3.0; xs[1] |]

    for f in [ inside; checkpoint inside ] do
        Check.run (key 5) (fun x -> f x[0]) [| xs[0] |] |> Check.orFail "atan2" |> ignore

[<Fact>]
let ``rules of the wrong shape or number are refused`` () =
    let x = Tensor.vector [ 1.0; 2.0 ]

    let rules pushforward pullback =
        { Name = "mine"
          Value = fun x -> 2.0 * x[0]
          Pushforward = fun _ _ t -> pushforward t
          Pullback = fun _ _ g -> pullback g }

    let f rules x = Tensor.sum (Tensor.custom rules [| x |])
    let one = Tensor.scalar 1.0

    refuses "mine" [ "0 cotangents for 1 arguments" ] (fun () ->
        Diff.grad (f (rules (fun t -> t[0]) (fun _ -> [||]))) x)

    refuses "mine" [ "[2]"; "[]"; "cotangent" ] (fun () -> Diff.grad (f (rules (fun t -> t[0]) (fun _ -> [| one |]))) x)
    refuses "mine" [ "[2]"; "[]"; "tangent" ] (fun () -> Diff.gradv (f (rules (fun _ -> one) (fun g -> [| g |]))) x x)

[<Fact>]
let ``stopGradient is a constant at every level`` () =
    let f (x: Tensor) = Tensor.sum (x * Tensor.stopGradient (x * x))
    let x = Tensor.vector [ 1.0; 2.0; 3.0 ]
    near 0.0 [| 3 |] [ 1.0; 4.0; 9.0 ] (Diff.grad f x)
    near 0.0 [| 3 |] [ 0.0; 0.0; 0.0 ] (Diff.hessianv f x x)
    near 0.0 [||] [ 36.0 ] (Diff.gradv f x x)

[<Fact>]
let ``cast obeys the laws and is exact upwards`` () =
    let xs = [| normal Float64 1 [| 2; 3 |] |]
    Check.run (key 1) (fun x -> Tensor.cast Float32 x[0]) xs |> Check.orFail "cast down" |> ignore

    Check.run (key 2) (fun x -> Tensor.cast Float64 x[0]) [| Tensor.cast Float32 xs[0] |]
    |> Check.orFail "cast up"
    |> ignore

    Check.run (key 3) (fun x -> Tensor.cast Float64 x[0]) [| Tensor.zeros [| 0 |] |> Tensor.cast Float32 |]
    |> Check.orFail "empty"
    |> ignore

    let single = Tensor.cast Float32 xs[0]
    Assert.Equal(Float32, single.Precision)
    identical single (Tensor.cast Float32 (Tensor.cast Float64 single))
    Assert.Equal<float[]>(Tensor.toArray xs[0] |> Array.map (float32 >> float), Tensor.toArray single)
    Assert.Equal(Float32, (Diff.grad (Tensor.cast Float64 >> Tensor.sum) single).Precision)
    Assert.Equal(Float64, (Diff.grad (Tensor.cast Float32 >> Tensor.sum) xs[0]).Precision)
