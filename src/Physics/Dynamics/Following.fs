namespace Noether.Physics

open Noether.Domain

/// Evaluating one structure after another that is near to it.
[<RequireQualifiedAccess>]
module internal Following =
    /// The results of a potential on a Verlet list that is renewed where it has to be, and made where there is none;
    /// and that list, none for a potential that asks for no pairs. Raises as `Evaluate.onList` fails.
    let evaluate (potential: Potential) skin (list: VerletList option) structure : Results * VerletList option =
        if potential.Cutoff > 0.0 then
            let list =
                match list with
                | Some list -> VerletList.update structure list
                | None -> VerletList.create potential.Cutoff skin structure
                |> Outcome.getOrFail

            Evaluate.onValidList potential list structure, Some list
        else
            Outcome.getOrFail (Evaluate.run potential structure), None
