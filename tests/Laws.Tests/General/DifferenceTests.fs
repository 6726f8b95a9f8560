module Noether.Tests.DifferenceTests

open System
open Expecto
open Noether.Laws

[<Tests>]
let tests =
    testList
        "Difference"
        [ testCase "Slopes of smooth functions are within their errors, and those small" (fun () ->
              let power t = Math.Pow(1.0 + t, -12.0)

              for f, expected in [ Math.Exp, 1.0; power, -12.0; (fun t -> Math.Sin(5.0 * t)), 5.0 ] do
                  let slope = Difference.slope 0.005 f
                  atMost 1e-6 (slope.Error / abs expected)
                  equal 0.0 (Difference.excess expected slope)
                  isTrue (Difference.excess (1.001 * expected) slope > 0.0009 * abs expected))

          testTheory
              "Where a function has a kink or a jump, the error says so"
              [ 0.0; 1e-5; 0.0013; 0.003; 0.0049 ]
              (fun place ->
                  let bent = Difference.slope 0.005 (fun t -> Math.Exp t + Math.Max(0.0, t - place))
                  equal 0.0 (Difference.excess (if place > 0.0 then 1.0 else 2.0) bent)
                  let torn = Difference.slope 0.005 (fun t -> if t > place then Math.Exp t + 1.0 else Math.Exp t)
                  equal 0.0 (Difference.excess 1.0 torn))

          testCase "A slope that is no number exceeds everything" (fun () ->
              isTrue (Double.IsNaN(Difference.excess 1.0 (Difference.slope 0.005 (fun _ -> nan))))) ]
