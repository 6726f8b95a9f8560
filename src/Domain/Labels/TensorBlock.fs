namespace Noether.Domain

open System
open System.Collections.Immutable
open Noether.AutoDiff

/// Values and what their axes mean: rows are samples, the last axis properties, those between components (metatensor's
/// `TensorBlock`). Beside them, gradients of the values, sparse: blocks of their own, of which each row belongs to a row
/// of the values.
///
/// *Fields, for n samples, components c₁ … c_k and p properties.* `Values` [n, c₁, …, c_k, p]; `Samples` n rows;
/// `Components` k labels of one dimension each; `Properties` p rows; `Gradients` by the name of the parameter.
///
/// *A gradient* is a block. The first dimension of its samples is "sample": the row of the values that is differentiated;
/// the others say by what. A pair that has no row has the gradient zero. Its components are those of the derivative
/// ("xyz"), then those of the values; its properties are those of the values. It may have gradients itself.
///
/// *Derivatives of two kinds.* These explicit gradients are numbers in forward direction; the values, and those of the
/// gradients, are tensors that may be on a reverse tape at the same time, as when one trains on forces.
///
/// *Invariant.* All of this fits, in shapes, names and precision. Names of gradients are not empty and have no "/".
[<Sealed; AllowNullLiteral(false); StructuredFormatDisplay("{Text}")>]
type TensorBlock
    internal
    (
        values: Tensor,
        samples: Labels,
        components: ImmutableArray<Labels>,
        properties: Labels,
        gradients: Map<string, TensorBlock>,
        path: string
    ) =
    /// The numbers, [samples, components…, properties].
    member _.Values = values

    /// What the rows are.
    member _.Samples = samples

    /// What the axes between rows and properties are, one dimension each.
    member _.Components = components

    /// What the last axis is.
    member _.Properties = properties

    /// The gradients by the names of their parameters.
    member _.Gradients = gradients

    /// The parameters that led here from the values of a map, joined by "/"; empty for these values themselves.
    member internal _.Path = path

    /// The gradient by a parameter. Raises `NoetherException` where there is none.
    member _.Gradient(parameter: string) : TensorBlock =
        match Map.tryFind parameter gradients with
        | Some gradient -> gradient
        | None ->
            let known =
                if gradients.IsEmpty then "none: the block has no gradients" else String.Join(", ", gradients.Keys)

            Outcome.raise (InvalidArgument("the parameter of a gradient", $"'{parameter}'", known))

    /// The block as metatensor prints it.
    member _.Text =
        let quoted (names: string seq) = "[" + String.Join(", ", names |> Seq.map (fun name -> $"'{name}'")) + "]"
        let lengths = String.Join(", ", components |> Seq.map _.Count)
        let names = components |> Seq.map (fun labels -> labels.Names[0])

        String.Join(
            "\n    ",
            [ (if path = "" then "TensorBlock" else $"Gradient TensorBlock ('{path}')")
              $"samples ({samples.Count}): {quoted samples.Names}"
              $"components ({lengths}): {quoted names}"
              $"properties ({properties.Count}): {quoted properties.Names}"
              "gradients: " + (if gradients.IsEmpty then "None" else quoted gradients.Keys) ]
        )

    /// The block as metatensor prints it.
    override block.ToString() = block.Text

/// What blocks must satisfy, whatever holds their numbers.
[<RequireQualifiedAccess>]
module internal BlockRules =
    let shapeText (shape: int[]) = "[" + String.Join(", ", shape) + "]"

    /// Refuses labels that are not those of an array of this shape.
    let check (shape: int[]) (samples: Labels) (components: ImmutableArray<Labels>) (properties: Labels) =
        let expected = [| yield samples.Count; yield! components |> Seq.map _.Count; yield properties.Count |]

        if expected.Length <> shape.Length || not (shape.AsSpan().SequenceEqual(expected.AsSpan())) then
            let found = $"the shape {shapeText shape}"
            Outcome.raise (Inconsistent("the values of a block", found, $"{shapeText expected}, as its labels say"))

        for i in 0 .. components.Length - 1 do
            let names = components[i].Names

            if names.Length <> 1 then
                let found = $"the dimensions {LabelRules.parenthesised names}"
                Outcome.raise (Inconsistent($"component {i} of a block", found, "one dimension"))

            if components[i].Count = 0 then
                Outcome.raise (Inconsistent($"component '{names[0]}' of a block", "no entries", "one at least"))

            for j in 0 .. i - 1 do
                if components[j].Names[0] = names[0] then
                    Outcome.raise (Inconsistent("the components of a block", $"'{names[0]}' twice", "each name once"))

    let parameter (name: string) =
        if name = "" || name.Contains '/' then
            Outcome.raise (InvalidArgument("the parameter of a gradient", $"'{name}'", "a name without '/'"))

    /// Refuses what cannot be the gradient of a block with these labels.
    let gradientFits
        name
        (count: int, components: ImmutableArray<Labels>, properties: Labels)
        (samples: Labels, own: ImmutableArray<Labels>, ownProperties: Labels)
        =
        let place part = $"the {part} of the gradient '{name}'"

        if samples.Width = 0 || samples.Names[0] <> "sample" then
            let found = LabelRules.parenthesised samples.Names
            Outcome.raise (Inconsistent(place "samples", $"the dimensions {found}", "'sample' as the first"))

        for i in 0 .. samples.Count - 1 do
            let sample = samples.Array[i * samples.Width]

            if sample < 0 || sample >= count then
                let expected = if count = 0 then "no rows: the values have none" else $"'sample' in 0 … {count - 1}"
                Outcome.raise (Inconsistent(place "samples", $"{samples[i].Pairs} at row {i}", expected))

        let extra = own.Length - components.Length

        if extra < 0 then
            let found = $"{own.Length} labels"

            Outcome.raise (
                Inconsistent(place "components", found, $"those of the values, {components.Length}, at last")
            )

        for i in 0 .. components.Length - 1 do
            LabelRules.same $"component {extra + i} of the gradient '{name}'" components[i] own[extra + i]

        LabelRules.same (place "properties") properties ownProperties

    /// A gradient as it stands in its block: under its path, with the labels that the two share.
    let rec under path (components: ImmutableArray<Labels>) properties (block: TensorBlock) : TensorBlock =
        let extra = block.Components.Length - components.Length
        let own = ImmutableArray.CreateRange(Seq.append (Seq.take extra block.Components) components)

        let gradients =
            block.Gradients |> Map.map (fun name gradient -> under (path + "/" + name) own properties gradient)

        TensorBlock(block.Values, block.Samples, own, properties, gradients, path)

    /// A block with these gradients, which are known to fit but for their paths.
    let withGradients (gradients: Map<string, TensorBlock>) (block: TensorBlock) =
        let prefix = if block.Path = "" then "" else block.Path + "/"

        let placed =
            gradients |> Map.map (fun name gradient -> under (prefix + name) block.Components block.Properties gradient)

        TensorBlock(block.Values, block.Samples, block.Components, block.Properties, placed, block.Path)

    /// A block without gradients whose parts are known to fit.
    let plain values samples components properties = TensorBlock(values, samples, components, properties, Map.empty, "")

    /// A block with the same labels and other values, without gradients.
    let withValues (values: Tensor) (block: TensorBlock) =
        TensorBlock(values, block.Samples, block.Components, block.Properties, Map.empty, block.Path)

    let addGradient name (gradient: TensorBlock) (block: TensorBlock) =
        parameter name

        if block.Gradients.ContainsKey name then
            Outcome.raise (Inconsistent("the block", $"a gradient '{name}' already", "one gradient by each parameter"))

        gradientFits
            name
            (block.Samples.Count, block.Components, block.Properties)
            (gradient.Samples, gradient.Components, gradient.Properties)

        if gradient.Values.Precision <> block.Values.Precision then
            let found = $"{gradient.Values.Precision} values"
            Outcome.raise (Inconsistent($"the gradient '{name}'", found, $"{block.Values.Precision} as its block"))

        withGradients (Map.add name gradient block.Gradients) block

/// Making blocks.
[<AutoOpen>]
module BlockFunctions =
    type TensorBlock with

        /// A block without gradients. Errors: `Inconsistent` where the shape is not that of the labels, and for components
        /// with several dimensions, without entries or with equal names.
        static member create (values: Tensor) (samples: Labels) (components: Labels seq) (properties: Labels) =
            Outcome.capture (fun () ->
                let components = ImmutableArray.CreateRange components
                BlockRules.check values.Shape samples components properties
                BlockRules.plain values samples components properties)

        /// A block whose labels only count: "sample", "component_1", …, "property", each from 0.
        /// Errors: `Inconsistent` for an array with fewer than two axes.
        static member ofTensor(values: Tensor) : Result<TensorBlock, NoetherError> =
            if values.Rank < 2 then
                Error(Inconsistent("the values of a block", $"{values.Rank} axes", "two at least"))
            else
                let range name axis = Labels.range name values.Shape[axis] |> Outcome.getOrFail

                TensorBlock.create
                    values
                    (range "sample" 0)
                    [ for axis in 1 .. values.Rank - 2 -> range $"component_{axis}" axis ]
                    (range "property" (values.Rank - 1))

        /// The block with the gradient of its values by a parameter. Errors: `Inconsistent` where the gradient does not
        /// fit (see the type) or there is one already, `InvalidArgument` for a name that is empty or has a "/".
        static member withGradient (parameter: string) (gradient: TensorBlock) (block: TensorBlock) =
            Outcome.capture (fun () -> BlockRules.addGradient parameter gradient block)

        /// The block without gradients.
        static member withoutGradients(block: TensorBlock) =
            TensorBlock(block.Values, block.Samples, block.Components, block.Properties, Map.empty, block.Path)
