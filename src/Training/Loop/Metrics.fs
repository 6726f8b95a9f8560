namespace Noether.Training

open System
open Noether.AutoDiff
open Noether.Learning

/// The size of the differences x between predictions and labels.
type ErrorSummary =
    {
        /// The mean of |x|.
        Mae: float
        /// The root of the mean of x².
        Rmse: float
        /// The number of differences.
        Count: int
    }

/// The errors of a model on a data set, in which all structures count alike, whatever their weights; none where no structure
/// has the label.
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
    /// Numbers seen so far: how many, Σ |x|, Σ x².
    [<Struct>]
    type private Sums = { Seen: int; Sizes: float; Squares: float }

    let private nothing = { Seen = 0; Sizes = 0.0; Squares = 0.0 }

    let private add (sums: Sums) (x: float) =
        { Seen = sums.Seen + 1
          Sizes = sums.Sizes + abs x
          Squares = sums.Squares + x * x }

    let private close (sums: Sums) : ErrorSummary option =
        if sums.Seen = 0 then
            None
        else
            let count = float sums.Seen

            Some
                { Mae = sums.Sizes / count
                  Rmse = sqrt (sums.Squares / count)
                  Count = sums.Seen }

    /// The summary of differences, none of no differences.
    let summary (differences: float seq) : ErrorSummary option = differences |> Seq.fold add nothing |> close

    /// The errors of a model on a data set, evaluated so many structures at a time, which alone are in
    /// memory. Raises NoetherException: those of reading structures, and of the model for those that it does not know.
    let evaluate (model: Trainable) (parameters: Tree<Tensor>) (limit: BatchLimit) (dataset: Dataset) : Metrics =
        let mutable energies, perAtom, forces, stress = nothing, nothing, nothing, nothing
        let mutable elements = Map.empty<int, Sums>

        for places in Dataset.batches limit dataset do
            let batch = ReferenceBatch.ofPlaces dataset places
            let order = if batch.Forces.Rows.Length + batch.Stresses.Rows.Length > 0 then 1 else 0
            let predicted = Loss.predict order (model.Energies parameters) batch

            let differences target (labels: BatchReferences) =
                if labels.Rows.Length = 0 then
                    Array.empty
                else
                    Tensor.toArray (Loss.difference batch target predicted)

            let ofForces = differences Target.Forces batch.Forces
            energies <- Array.fold add energies (differences Target.Energy batch.Energies)
            perAtom <- Array.fold add perAtom (differences Target.EnergyPerAtom batch.Energies)
            forces <- Array.fold add forces ofForces
            stress <- Array.fold add stress (differences Target.Stress batch.Stresses)

            for k in 0 .. batch.Forces.Rows.Length - 1 do
                let z = batch.Places.Numbers[batch.Forces.Rows[k]]
                let own = elements |> Map.tryFind z |> Option.defaultValue nothing
                elements <- Map.add z (Array.fold add own ofForces[3 * k .. 3 * k + 2]) elements

        { EnergyPerAtom = close perAtom
          Energy = close energies
          Forces = close forces
          ForcesByElement =
            elements
            |> Map.toSeq
            |> Seq.choose (fun (z, own) -> close own |> Option.map (fun own -> z, own))
            |> Map.ofSeq
          Stress = close stress }

    /// The score by which training compares models unless told otherwise: the root mean square error of forces, or of
    /// energies per atom where there are no forces; infinite where there is neither.
    let score (metrics: Metrics) : float =
        match metrics.Forces, metrics.EnergyPerAtom with
        | Some forces, _ -> forces.Rmse
        | None, Some energies -> energies.Rmse
        | None, None -> Double.PositiveInfinity
