namespace Noether.Training

open System.Collections.Immutable
open System.Linq
open Noether.Domain
open Noether.Physics

/// The prediction of a potential for a structure, beside its labels.
[<NoComparison>]
type Prediction =
    {
        /// The structure and its labels.
        Labels: ReferenceStructure
        /// The results of the potential.
        Results: Results
    }

/// Predictions of any potential, and their errors.
[<RequireQualifiedAccess>]
module Prediction =
    /// The prediction of a potential for a structure with labels. Errors: those of `Evaluate.run`.
    let ofReference (potential: Potential) (labels: ReferenceStructure) : Result<Prediction, NoetherError> =
        Evaluate.run potential labels.Structure |> Result.map (fun results -> { Labels = labels; Results = results })

    /// The prediction of a potential for a structure with labels under some names. Errors: those of `Evaluate.run` and, but
    /// for pairs, `ReferenceStructure.ofStructure`.
    let create
        (names: ReferenceNames)
        (potential: Potential)
        (structure: Structure)
        : Result<Prediction, NoetherError> =
        ReferenceStructure.withoutPairs names structure |> Result.bind (ofReference potential)

    /// Predicted minus known energy, eV.
    let energyError (prediction: Prediction) : float option =
        prediction.Labels.Energy |> Option.map (fun energy -> prediction.Results.Energy - energy)

    /// The same by atom, eV; none without atoms.
    let energyPerAtomError (prediction: Prediction) : float option =
        let atoms = prediction.Labels.Structure.Count
        if atoms = 0 then None else energyError prediction |> Option.map (fun error -> error / float atoms)

    let private less (predicted: ImmutableArray<float>) (known: ImmutableArray<float>) =
        Enumerable.Zip(predicted, known, (fun a b -> a - b)) |> ImmutableArray.CreateRange

    /// Predicted minus known forces, [n, 3], eV/Å.
    let forceErrors (prediction: Prediction) : ImmutableArray<float> option =
        prediction.Labels.Forces |> Option.map (less prediction.Results.Forces)

    /// Predicted minus known stress, [3, 3], eV/Å³.
    let stressErrors (prediction: Prediction) : ImmutableArray<float> option =
        Option.map2 less prediction.Results.Stress prediction.Labels.Stress

    /// The errors of predictions: what `Metrics.evaluate` says of a model, for any potential.
    let metrics (predictions: Prediction seq) : Metrics =
        let predictions = ImmutableArray.CreateRange predictions
        let all (errors: Prediction -> float seq) = predictions |> Seq.collect errors |> Metrics.summary
        let ofOption (errors: ImmutableArray<float> option) = errors |> Option.toList |> Seq.collect seq

        let ofElement =
            predictions
            |> Seq.collect (fun prediction ->
                let errors = ofOption (forceErrors prediction) |> Seq.chunkBySize 3
                Seq.zip prediction.Labels.Structure.Numbers errors)
            |> Seq.groupBy fst
            |> Seq.choose (fun (z, rows) ->
                rows |> Seq.collect snd |> Metrics.summary |> Option.map (fun own -> z, own))
            |> Map.ofSeq

        { EnergyPerAtom = all (energyPerAtomError >> Option.toList >> seq)
          Energy = all (energyError >> Option.toList >> seq)
          Forces = all (forceErrors >> ofOption)
          ForcesByElement = ofElement
          Stress = all (stressErrors >> ofOption) }

    /// The structure with all that it had and, under these names, what is predicted: of the whole predicted_energy (eV) and,
    /// where there are three lattice vectors, predicted_stress (eV/Å³, nine numbers), of the atoms predicted_forces (eV/Å).
    let toStructure (prediction: Prediction) : Structure =
        let results = prediction.Results

        let withStress structure =
            match results.Stress with
            | Some stress -> Structure.withInfo "predicted_stress" (Property.reals stress) structure
            | None -> Ok structure

        Structure.withInfo "predicted_energy" (Property.real results.Energy) prediction.Labels.Structure
        |> Result.bind withStress
        |> Result.bind (fun structure ->
            if structure.Count = 0 then
                Ok structure
            else
                Property.rows 3 results.Forces
                |> Result.bind (fun forces -> Structure.withPerAtom "predicted_forces" forces structure))
        |> Outcome.getOrFail
