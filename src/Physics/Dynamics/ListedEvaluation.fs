namespace Noether.Physics

open Noether.AutoDiff
open Noether.Domain

/// Evaluating one structure after another that is near to it.
[<RequireQualifiedAccess>]
module internal ListedEvaluation =
    /// An owner of nothing yet, for evaluations with a list.
    let owner (list: VerletList option) : Owner =
        match list with
        | Some list -> Owner list.Free
        | None -> Owner(FreeArrays())

    /// The results of a potential on a Verlet list that is renewed where it has to be, and made where there is none;
    /// and that list, none for a potential that asks for no pairs. The owner has their arrays. Raises as
    /// `Evaluate.onList` fails.
    let evaluate (potential: Potential) skin (owner: Owner) list structure : Results * VerletList option =
        if potential.Cutoff > 0.0 then
            let list =
                match list with
                | Some list -> VerletList.updateWith owner structure list
                | None -> VerletList.create potential.Cutoff skin structure
                |> Outcome.getOrFail

            Evaluate.onValidList potential owner list structure, Some list
        else
            Outcome.getOrFail (Evaluate.run potential structure), None
