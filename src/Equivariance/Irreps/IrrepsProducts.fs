namespace Noether.Equivariance

open System

/// The parts of a gate's input, and its output. The chunks are taken in the order of the input.
[<NoComparison>]
type GateLayout =
    {
        /// The scalars (0e and 0o) that are activated and kept: all but the gates.
        Scalars: Irreps
        /// The last scalars, one for each copy of a non-scalar irrep.
        Gates: Irreps
        /// The non-scalar irreps, each copy multiplied by its activated gate.
        Gated: Irreps
        /// The output: the scalars, then the gated irreps, whose parity an odd gate turns.
        Output: Irreps
    }

/// The irreps of products and gates; the numbers are elsewhere.
[<RequireQualifiedAccess>]
module IrrepsProducts =
    let private pairs (a: Irreps) (b: Irreps) =
        [ for x in a.Chunks do
              for y in b.Chunks do
                  for irrep in Irrep.product x.Irrep y.Irrep -> { Mul = x.Mul * y.Mul; Irrep = irrep } ]
        |> Irreps.ofList

    /// The irreps of the tensor product of everything in `a` with everything in `b`: both are regrouped, each pair of
    /// chunks gives |l₁−l₂| … l₁+l₂ with multiplicity mul₁·mul₂, and the result is regrouped.
    let tensorProduct a b = pairs (Irreps.regroup a) (Irreps.regroup b) |> Irreps.regroup

    /// The same with the inputs as they are and the output stably sorted, but not merged.
    let tensorProductUngrouped a b = (pairs a b |> Irreps.sort).Irreps

    /// The irreps of the tensor product of `a` with itself, each unordered pair of copies taken once. Of the product
    /// of one chunk with itself the irreps with 2l₁−l₃ even are symmetric (mul·(mul+1)/2 copies), the others
    /// antisymmetric (mul·(mul−1)/2 copies).
    let tensorSquare a =
        let chunks = (Irreps.regroup a).Chunks |> List.indexed

        [ for i, x in chunks do
              for j, y in chunks do
                  if i <= j then
                      for irrep in Irrep.product x.Irrep y.Irrep do
                          let mul =
                              if i < j then x.Mul * y.Mul
                              elif irrep.L % 2 = 0 then x.Mul * (x.Mul + 1) / 2
                              else x.Mul * (x.Mul - 1) / 2

                          { Mul = mul; Irrep = irrep } ]
        |> Irreps.ofList
        |> Irreps.regroup

    /// Divides the input of a gate whose odd scalars and odd gates pass through odd functions (tanh, `softOdd`), so
    /// that they stay odd. ArgumentException where there are fewer scalars than copies of other irreps.
    let gate (irreps: Irreps) =
        let scalars = irreps |> Irreps.filter (fun irrep -> irrep.L = 0)
        let gated = irreps |> Irreps.filter (fun irrep -> irrep.L > 0)
        let kept = Irreps.count scalars - Irreps.count gated

        if kept < 0 then
            let message =
                $"IrrepsProducts.gate: {irreps.AsText} has {Irreps.count scalars} scalars for "
                + $"{Irreps.count gated} copies of other irreps, expected at least as many."

            raise (ArgumentException(message, nameof irreps))

        let gates = Irreps.sliceByMul kept (Irreps.count scalars) scalars |> Irreps.removeZeroMultiplicities

        let copies (irreps: Irreps) = irreps.Chunks |> List.collect (fun chunk -> List.replicate chunk.Mul chunk.Irrep)

        let turned =
            List.map2
                (fun (gate: Irrep) (irrep: Irrep) ->
                    Irreps.ofIrrep (Irrep.create irrep.L (Parity.multiply gate.Parity irrep.Parity)))
                (copies gates)
                (copies gated)

        let scalars = Irreps.sliceByMul 0 kept scalars |> Irreps.removeZeroMultiplicities

        { Scalars = scalars
          Gates = gates
          Gated = gated
          Output = Irreps.append scalars (Irreps.unify (Irreps.concat turned)) }
