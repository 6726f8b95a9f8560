namespace Noether.Learning

open Noether.AutoDiff
open Noether.Equivariance

/// The activations of a gate, and whether they are normalised.
type GateSettings =
    {
        /// Of the scalars 0e that are kept.
        Even: Activation
        /// Of the scalars 0o that are kept.
        Odd: Activation
        /// Of the gates 0e.
        EvenGate: Activation
        /// Of the gates 0o.
        OddGate: Activation
        /// Whether a standard normal input gives mean square 1 (`Nonlinear.normalized`).
        Normalized: bool
    }

/// Nonlinear functions of features that keep them equivariant: of scalars, of lengths, by gates.
[<RequireQualifiedAccess>]
module IrrepsActivation =

    let private apply normalized activation values =
        if normalized then Nonlinear.normalized activation values else Nonlinear.value activation values

    /// The irrep of an activated one; a `TensorException` where that has no meaning.
    let private activated operation (irrep: Irrep) activation =
        if irrep.L <> 0 then
            Shape.fail operation $"an activation {activation} of {irrep}; expected None for what is no scalar"
        elif irrep.Parity = Parity.Even then
            irrep
        else
            match Activation.parityOnOddScalars activation with
            | Some parity -> Irrep.create 0 parity
            | None ->
                Shape.fail operation $"{activation} of {irrep}; expected an odd or an even function, which has a parity"

    /// Each chunk with its own activation, or as it is where that is None; only scalars may have one. An even function
    /// makes 0e of 0o. TensorException where the activations are not as many as the chunks, for an activation of what
    /// is no scalar, and for one of 0o that is neither odd nor even.
    let scalars normalized (activations: Activation option list) (x: IrrepsTensor) : IrrepsTensor =
        let parts = IrrepsTensor.parts x

        if parts.Length <> activations.Length then
            Shape.fail
                "IrrepsActivation.scalars"
                $"{activations.Length} activations for {x.Irreps.AsText}; expected one a chunk"

        [ for (irrep, values), activation in List.zip parts activations do
              match activation with
              | None -> irrep, values
              | Some activation ->
                  activated "IrrepsActivation.scalars" irrep activation, apply normalized activation values ]
        |> IrrepsAlgebra.ofParts "IrrepsActivation.scalars"

    /// e3nn-jax's defaults: GELU for 0e, `SoftOdd` for 0o, nothing for the rest.
    let defaults (irreps: Irreps) =
        [ for chunk in irreps.Chunks ->
              match chunk.Irrep.L, chunk.Irrep.Parity with
              | 0, Parity.Even -> Some Activation.Gelu
              | 0, Parity.Odd -> Some Activation.SoftOdd
              | _ -> None ]

    /// Each copy x of a chunk times φ(|x|), with |x|²/(2l+1) for |x|² where `perComponent` says so. φ is any function
    /// of tensors, None leaves the chunk as it is. Derivatives at a zero copy are those of φ(0)·x. TensorException
    /// where the functions are not as many as the chunks.
    let byNorms perComponent (functions: (Tensor -> Tensor) option list) (x: IrrepsTensor) : IrrepsTensor =
        let parts = IrrepsTensor.parts x

        if parts.Length <> functions.Length then
            Shape.fail
                "IrrepsActivation.byNorms"
                $"{functions.Length} functions for {x.Irreps.AsText}; expected one a chunk"

        List.zip parts functions
        |> List.map (fun ((irrep, values), f) ->
            match f with
            | None -> values
            | Some f ->
                let squares = Tensor.unsqueeze 1 (Tensor.sumAxes [| 1 |] (Tensor.square values))
                let squares = if perComponent then squares / float irrep.Dim else squares
                values * f (Tensor.safeSqrt squares))
        |> IrrepsTensor.create x.Irreps

    /// Copies longer than about `largest` per component made shorter, the others nearly left alone: x/(1 + n·e^{−1/n})
    /// with n = |x|/(largest·√(2l+1)).
    let softNormalize (largest: float) (x: IrrepsTensor) : IrrepsTensor =
        if not (largest > 0.0) then
            Shape.fail
                "IrrepsActivation.softNormalize"
                $"the largest component is {largest}; expected a positive number"

        let shorten (norms: Tensor) =
            let n = norms / largest
            1.0 / (1.0 + n * SoftRadial.sus n)

        byNorms true [ for _ in x.Irreps.Chunks -> Some shorten ] x

    /// e3nn-jax's defaults: GELU, `SoftOdd`, sigmoid, tanh, normalised.
    let standardGate =
        { Even = Activation.Gelu
          Odd = Activation.SoftOdd
          EvenGate = Activation.Sigmoid
          OddGate = Activation.Tanh
          Normalized = true }

    /// The gate with any activations: scalars pass through those of their parity; the last scalars, one for each copy
    /// of the other irreps, pass through the gates' and multiply those copies, an odd gate turning the parity. What
    /// comes out is sorted as in `IrrepsProducts.gate`. TensorException for an activation of 0o that is not odd;
    /// ArgumentException for too few scalars.
    let gate (settings: GateSettings) (x: IrrepsTensor) : IrrepsTensor =
        let layout = IrrepsProducts.gate x.Irreps

        for chunk, activation, role in
            [ for chunk in layout.Scalars.Chunks -> chunk, settings.Odd, "a scalar"
              for chunk in layout.Gates.Chunks -> chunk, settings.OddGate, "a gate" ] do
            let odd = Activation.parityOnOddScalars activation = Some Parity.Odd

            if chunk.Irrep.Parity = Parity.Odd && not odd then
                Shape.fail "IrrepsActivation.gate" $"{activation} of {role} 0o; expected an odd function"

        let total = Irreps.count layout.Scalars
        let ofParts = IrrepsAlgebra.ofParts "IrrepsActivation.gate"
        let present = List.filter (fun (_, values: Tensor) -> values.Shape[2] > 0)

        let scalars = IrrepsAlgebra.filter (fun irrep -> irrep.L = 0) x
        let slice start stop = IrrepsAlgebra.sliceByMul start stop scalars |> IrrepsTensor.parts |> present

        let every even odd parts =
            [ for irrep: Irrep, values in parts ->
                  irrep, apply settings.Normalized (if irrep.Parity = Parity.Even then even else odd) values ]

        let kept = slice 0 total |> every settings.Even settings.Odd

        if layout.Gated.Dim = 0 then
            ofParts kept
        else
            let gates = slice total (Irreps.count scalars.Irreps) |> every settings.EvenGate settings.OddGate |> ofParts
            let gated = IrrepsAlgebra.filter (fun irrep -> irrep.L > 0) x

            let opened =
                [ for gate, factors, irrep, values in IrrepsAlgebra.aligned "gate" gates gated ->
                      Irrep.create irrep.L (Parity.multiply gate.Parity irrep.Parity), values * factors ]

            let opened = IrrepsAlgebra.unify (ofParts opened) |> IrrepsTensor.parts
            ofParts (kept @ opened)
