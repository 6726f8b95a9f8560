module Noether.Tests.DifferenceTests

open System
open Noether.Laws
open Xunit

[<Fact>]
let ``Slopes of smooth functions are within their errors, and those small`` () =
    let power t = Math.Pow(1.0 + t, -12.0)

    for f, expected in [ Math.Exp, 1.0; power, -12.0; (fun t -> Math.Sin(5.0 * t)), 5.0 ] do
        let slope = Difference.slope 0.005 f
        Assert.InRange(slope.Error / abs expected, 0.0, 1e-6)
        Assert.Equal(0.0, Difference.excess expected slope)
        Assert.True(Difference.excess (1.001 * expected) slope > 0.0009 * abs expected)

[<Theory>]
[<InlineData(0.0)>]
[<InlineData(1e-5)>]
[<InlineData(0.0013)>]
[<InlineData(0.003)>]
[<InlineData(0.0049)>]
let ``Where a function has a kink or a jump, the error says so`` (place: float) =
    let bent = Difference.slope 0.005 (fun t -> Math.Exp t + Math.Max(0.0, t - place))
    Assert.Equal(0.0, Difference.excess (if place > 0.0 then 1.0 else 2.0) bent)
    let torn = Difference.slope 0.005 (fun t -> if t > place then Math.Exp t + 1.0 else Math.Exp t)
    Assert.Equal(0.0, Difference.excess 1.0 torn)

[<Fact>]
let ``A slope that is no number exceeds everything`` () =
    Assert.True(Double.IsNaN(Difference.excess 1.0 (Difference.slope 0.005 (fun _ -> nan))))
