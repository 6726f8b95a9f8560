namespace Noether.Domain

open System
open System.Text

/// Numbers of CIF files, and the cell that they give.
[<RequireQualifiedAccess>]
module internal CifCell =
    /// The number of a value, without the uncertainty in brackets.
    let real (block: CifBlock) (value: CifValue) : float =
        let text = value.Text
        let opening = text.IndexOf '('

        let digits =
            if opening < 0 then
                Some text
            else
                let inside = text.AsSpan(opening + 1)
                let close = inside.IndexOf ')'

                if
                    close = inside.Length - 1
                    && close > 0
                    && not (inside.Slice(0, close).ContainsAnyExceptInRange('0', '9'))
                then
                    Some(text.Substring(0, opening))
                else
                    None

        let mutable number = 0.0

        match digits with
        | Some digits when
            Numerals.tryReal (ReadOnlySpan(Encoding.UTF8.GetBytes digits)) &number && Double.IsFinite number
            ->
            number
        | _ -> block.Fail(value, "a finite number, perhaps with its uncertainty in brackets")

    let private required (block: CifBlock) tag : CifValue =
        match block.Item tag with
        | Some value -> value
        | None -> block.Lacks $"{tag} in it"

    /// The matrix that turns fractional into Cartesian coordinates, if all of it is given: the transpose of H.
    let private readMatrix (block: CifBlock) : float[] option =
        let values = Array.init 9 (fun i -> block.Item $"_atom_sites_cartn_tran_matrix_{i % 3 + 1}{i / 3 + 1}")

        if Array.forall Option.isSome values then
            Some(values |> Array.map (Option.get >> real block))
        else
            None

    /// Vectors that must have the lengths and angles of the cell, to the digits that files give those.
    let private checkMatrix (place: Place) (lengths: float[]) (angles: float[]) cell =
        let differs tolerance (a: float) (b: float) = not (abs (a - b) <= tolerance)
        let a, b, c = Cell.lengths cell
        let alpha, beta, gamma = Cell.angles cell
        let found = Array.map2 (differs 0.01) lengths [| a; b; c |]
        let turned = Array.map2 (differs 0.1) angles [| alpha; beta; gamma |]

        if Array.contains true found || Array.contains true turned then
            let expected = "the lengths (to 0.01 Å) and angles (to 0.1°) of the cell"
            Outcome.raise (At(place, Inconsistent("_atom_sites_Cartn_tran_matrix", $"{cell}", expected)))

    /// The cell from lengths and angles, turned as the matrix says where there is one.
    let read (block: CifBlock) : Cell =
        let values = [| for axis in [ "a"; "b"; "c" ] -> required block $"_cell_length_{axis}" |]
        let turns = [| for axis in [ "alpha"; "beta"; "gamma" ] -> required block $"_cell_angle_{axis}" |]
        let lengths = values |> Array.map (real block)
        let angles = turns |> Array.map (real block)

        for k in 0..2 do
            if not (lengths[k] > 0.0) then block.Fail(values[k], "a positive length in Å")

            if not (angles[k] > 0.0 && angles[k] < 180.0) then
                block.Fail(turns[k], "an angle between 0 and 180 degrees")

        let place = block.Place turns[0]
        let at = Result.mapError (NoetherError.at place) >> Outcome.getOrFail

        match readMatrix block with
        | Some vectors ->
            let cell = Cell.create vectors (true, true, true) |> at
            checkMatrix place lengths angles cell
            cell
        | None ->
            Cell.ofLengthsAndAngles
                (lengths[0], lengths[1], lengths[2])
                (angles[0], angles[1], angles[2])
                (true, true, true)
            |> at
