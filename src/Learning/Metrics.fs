namespace Noether.Learning

open System
open Noether.AutoDiff

/// How far predictions are from labels.
type ErrorSummary =
    {
        /// The mean of |x|.
        Mae: float
        /// The root of the mean of x².
        Rmse: float
        /// How many numbers x there were.
        Count: int
    }

/// The errors of a model on a data set; none where no structure has the label.
type Metrics =
    {
        /// Of energies per atom, eV.
        EnergyPerAtom: ErrorSummary option
        /// Of energies of whole structures, eV.
        Energy: ErrorSummary option
        /// Of components of forces, eV/Å.
        Forces: ErrorSummary option
        /// Of components of forces on the atoms of each element, by atomic number, eV/Å.
        ForcesByElement: Map<int, ErrorSummary>
        /// Of components of the stress, eV/Å³.
        Stress: ErrorSummary option
    }

/// Measuring errors.
[<RequireQualifiedAccess>]
module Metrics =
    /// The summary of differences, none of no differences.
    let summary (differences: float seq) : ErrorSummary option =
        let mutable count, sum, squares = 0, 0.0, 0.0

        for x in differences do
            count <- count + 1
            sum <- sum + abs x
            squares <- squares + x * x

        if count = 0 then
            None
        else
            Some { Mae = sum / float count; Rmse = sqrt (squares / float count); Count = count }

    /// The errors of a model on a data set, evaluated so many structures at a time.
    let evaluate (model: Trainable) (parameters: Tree<Tensor>) (limit: BatchLimit) (dataset: Dataset) : Metrics =
        let differences =
            [| for places in Dataset.batches limit dataset ->
                   let batch = LabelledBatch.ofPlaces dataset places

                   let order = if batch.Forces.Rows.Length + batch.Stresses.Rows.Length > 0 then 1 else 0

                   let predicted = Loss.predict order (model.Energies parameters) batch

                   let of' target (labels: BatchLabels) =
                       if labels.Rows.Length = 0 then
                           Array.empty
                       else
                           Tensor.toArray (Loss.difference batch target predicted)

                   {| Energy = of' Target.Energy batch.Energies
                      PerAtom = of' Target.EnergyPerAtom batch.Energies
                      Forces = of' Target.Forces batch.Forces
                      Elements = batch.Forces.Rows |> Array.map (fun i -> batch.Places.Numbers[i])
                      Stress = of' Target.Stress batch.Stresses |} |]

        let byElement =
            differences
            |> Seq.collect (fun own -> Seq.zip own.Elements (Array.chunkBySize 3 own.Forces))
            |> Seq.groupBy fst
            |> Seq.choose (fun (z, rows) ->
                rows |> Seq.collect snd |> summary |> Option.map (fun summary -> z, summary))

        { EnergyPerAtom = differences |> Seq.collect _.PerAtom |> summary
          Energy = differences |> Seq.collect _.Energy |> summary
          Forces = differences |> Seq.collect _.Forces |> summary
          ForcesByElement = Map.ofSeq byElement
          Stress = differences |> Seq.collect _.Stress |> summary }

    /// The score by which training compares models unless told otherwise: the root mean square error of forces, or of
    /// energies per atom where there are no forces; infinite where there is neither.
    let score (metrics: Metrics) : float =
        match metrics.Forces, metrics.EnergyPerAtom with
        | Some forces, _ -> forces.Rmse
        | None, Some energies -> energies.Rmse
        | None, None -> Double.PositiveInfinity
