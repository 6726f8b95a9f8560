namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain

/// Where the charges of atoms come from, in units of e.
[<NoEquality; NoComparison>]
type ChargeSource =
    /// The property of atoms `charges` of the structure, else `initial_charges`, else `charge`.
    | OfStructure
    /// One for each element, by atomic number.
    | OfElements of Map<int, float>
    /// A function of what a potential sees, [n]: a model's prediction, or charges in equilibrium. Energies are
    /// differentiated through it.
    | Computed of name: string * charges: (PairData -> Tensor)

/// Reading charges.
[<RequireQualifiedAccess>]
module ChargeSource =
    /// Charges by chemical symbols. Errors: `UnknownElement`; `NonFinite` for a charge that is not a number.
    let ofSymbols (charges: (string * float) seq) : Result<ChargeSource, NoetherError> =
        Outcome.capture (fun () ->
            charges
            |> Seq.map (fun (symbol, charge) ->
                if not (Double.IsFinite charge) then NonFinite($"the charge of {symbol}", charge) |> Outcome.raise

                Outcome.getOrFail (Elements.ofSymbol symbol), charge)
            |> Map.ofSeq
            |> OfElements)

    /// No charges: all of them are 0.
    let none: ChargeSource =
        Computed("none", fun data -> Tensor.full data.Positions.Precision [| data.Numbers.Length |] 0.0)

    let private own = RequiredProperty.charges |> RequiredProperty.orNamed "charge"

    let internal requires source =
        match source with
        | OfStructure -> [ own ]
        | _ -> []

    let private table (known: Map<int, float>) (numbers: ImmutableArray<int>) =
        Array.init numbers.Length (fun i ->
            match known.TryFind numbers[i] with
            | Some charge -> charge
            | None ->
                let list = known |> Map.toList |> List.map (fst >> Elements.symbol) |> String.concat ", "
                let found = $"no charge for {Elements.symbol numbers[i]}"
                Inconsistent("the list of charges", found, $"one for every element, it has {list}") |> Outcome.raise)

    let private finite (charges: float[]) =
        for i in 0 .. charges.Length - 1 do
            if not (Double.IsFinite charges[i]) then
                NonFinite($"the charge of atom {i}", charges[i]) |> Outcome.raise

        charges

    /// Charges as a tensor [n] in the precision of the data.
    let internal tensor source (data: PairData) : Tensor =
        let charges =
            match source with
            | OfStructure -> data.Property own
            | OfElements known -> Tensor.vector (table known data.Numbers) |> Tensor.cast data.Positions.Precision
            | Computed(_, charges) -> charges data

        finite (Tensor.toArray charges) |> ignore
        Tensor.reshape [| data.Numbers.Length |] charges

    /// Charges in numbers, where they are.
    let internal numbers source (sites: Sites) : float[] =
        match source with
        | OfStructure -> finite (Frozen.array (sites.Property own))
        | OfElements known -> table known sites.Numbers
        | Computed(name, _) -> invalidOp $"ChargeSource: the charges of '{name}' have no numbers."
