namespace Noether.Physics

open System
open System.Collections.Immutable
open System.Globalization
open System.IO
open System.Text.Json
open Noether.Domain

/// The answer of a crystal of n atoms to electric fields: what makes its longitudinal optical phonons stiffer than the
/// transverse ones.
type DielectricResponse =
    {
        /// The dielectric tensor ε∞ of electrons at fixed atoms, [3, 3], without a unit, symmetric.
        Dielectric: ImmutableArray<float>
        /// Born effective charges Z_γα = Ω ∂P_γ/∂u_α, [n, 3, 3], e: rows go with the polarization, columns with the
        /// displacement, as in phonopy.
        Charges: ImmutableArray<float>
    }

/// Making and reading dielectric responses.
[<RequireQualifiedAccess>]
module DielectricResponse =
    let private unit (x: float) = [| x; 0.0; 0.0; 0.0; x; 0.0; 0.0; 0.0; x |]

    let private isPositive (e: float[]) =
        let minor = e[0] * e[4] - e[1] * e[3]

        let determinant =
            e[0] * (e[4] * e[8] - e[5] * e[7]) - e[1] * (e[3] * e[8] - e[5] * e[6]) + e[2] * (e[3] * e[7] - e[4] * e[6])

        e[0] > 0.0 && minor > 0.0 && determinant > 0.0

    /// The response with a tensor ε∞ [3, 3] and Born charges [n, 3, 3], row by row. Errors: `Inconsistent` for other
    /// numbers of them; `NonFinite`; `InvalidArgument` for a dielectric tensor that is not symmetric and positive.
    let create (dielectric: float seq) (charges: float seq) : Result<DielectricResponse, NoetherError> =
        Outcome.capture (fun () ->
            let dielectric, charges = Array.ofSeq dielectric, Array.ofSeq charges

            if dielectric.Length <> 9 || charges.Length % 9 <> 0 then
                let found = $"{dielectric.Length} and {charges.Length} numbers"
                Inconsistent("a dielectric tensor and Born charges", found, "9, and 9 for each atom") |> Outcome.raise

            for x in Seq.append dielectric charges do
                if not (Double.IsFinite x) then NonFinite("the dielectric response", x) |> Outcome.raise

            let scale = dielectric |> Array.map abs |> Array.max

            let skew =
                [ 1, 3; 2, 6; 5, 7 ] |> List.exists (fun (a, b) -> abs (dielectric[a] - dielectric[b]) > 1e-3 * scale)

            if skew || not (isPositive dielectric) then
                let found = dielectric |> Array.map NoetherError.number |> String.concat " "
                InvalidArgument("the dielectric tensor", found, "a symmetric, positive one") |> Outcome.raise

            { Dielectric = Frozen.freeze dielectric; Charges = Frozen.freeze charges })

    /// The response of rigid ions: their charges [n], e, and no electrons that answer, ε∞ = 1.
    let ofRigidIons (charges: float seq) : Result<DielectricResponse, NoetherError> =
        create (unit 1.0) (Seq.collect unit charges)

    let private total (response: DielectricResponse) =
        Array.init 9 (fun k -> Seq.sum [ for i in 0 .. response.Charges.Length / 9 - 1 -> response.Charges[9 * i + k] ])

    /// The largest component of Σ_i Z_i, e, which is 0 in a crystal that does not move as a whole under its own fields
    /// (the acoustic sum rule).
    let sumRuleError (response: DielectricResponse) : float =
        total response |> Array.fold (fun most x -> max most (abs x)) 0.0

    /// The same response with Born charges that add up to 0: an equal part of what is too much is taken from each atom.
    let withSumRule (response: DielectricResponse) : DielectricResponse =
        let total = total response
        let atoms = float (response.Charges.Length / 9)
        let corrected = response.Charges |> Seq.mapi (fun at z -> z - total[at % 9] / atoms)
        { response with Charges = ImmutableArray.CreateRange corrected }

    /// Tensors for all atoms, where there may be one for each element only.
    let private forAtoms (structure: Structure) (tensors: float[][]) =
        let kinds = structure.Numbers |> Seq.distinct |> Array.ofSeq
        let isRound (z: float[]) = Array.forall2 (=) z (unit z[0])

        if tensors.Length = structure.Count then
            tensors
        elif tensors.Length = kinds.Length && Array.forall isRound tensors then
            structure.Numbers |> Seq.map (fun z -> tensors[Array.IndexOf(kinds, z)]) |> Array.ofSeq
        else
            let expected =
                $"one for each of the {structure.Count} atoms; where they are multiples of the unit tensor, one for each "
                + "element also means something"

            Inconsistent("the Born charges", $"{tensors.Length} tensors", expected) |> Outcome.raise

    /// Lines of nine numbers; the first line may be another, a factor for units.
    let private rows (reader: WordReader) =
        let rows = ResizeArray<float[]>()
        let mutable isFirst = true

        while reader.NextLine() do
            let numbers = ResizeArray<float>()
            let mutable words = 0

            while reader.TryWord() do
                words <- words + 1

                match Double.TryParse(reader.Text, NumberStyles.Float, CultureInfo.InvariantCulture) with
                | true, x when Double.IsFinite x -> numbers.Add x
                | _ when isFirst -> ()
                | _ -> reader.Refuse "a number"

            if words > 0 then
                if words = 9 && numbers.Count = 9 then rows.Add(numbers.ToArray())
                elif not isFirst then reader.Lines.Fail(-1, $"{words} words", "nine numbers, a tensor row by row")

                isFirst <- false

        if rows.Count = 0 then reader.Lines.Fail(-1, "no tensor", "a dielectric tensor and Born charges")
        List.ofSeq rows

    /// The numbers of a number, a row or a matrix, as a tensor.
    let private tensor (name: string) (element: JsonElement) =
        let rec flat (element: JsonElement) =
            match element.ValueKind with
            | JsonValueKind.Array -> element.EnumerateArray() |> Seq.collect flat |> Array.ofSeq
            | JsonValueKind.Number -> [| element.GetDouble() |]
            | _ -> [| nan |]

        match flat element with
        | [| x |] when Double.IsFinite x -> unit x
        | values when values.Length = 9 && Array.forall Double.IsFinite values -> values
        | _ ->
            let expected = "a number, or a matrix of three rows of three numbers"
            InvalidArgument(name, element.GetRawText(), expected) |> Outcome.raise

    let private ofJson (structure: Structure) (path: string) (text: string) =
        let document =
            try
                JsonDocument.Parse text
            with :? JsonException as error ->
                Outcome.raise (FileFailure(path, error.Message))

        use document = document
        let fields = Fields(document.RootElement, path)
        let given = fields.Get "charges"

        let tensors =
            match given.ValueKind with
            | JsonValueKind.Array ->
                given.EnumerateArray() |> Seq.map (tensor "a Born charge") |> Array.ofSeq |> forAtoms structure
            | JsonValueKind.Object ->
                structure.Numbers
                |> Seq.map (fun number ->
                    match given.TryGetProperty(Elements.symbol number) with
                    | true, charge -> tensor $"the Born charge of {Elements.symbol number}" charge
                    | _ ->
                        let found = $"none of {Elements.symbol number}"
                        Inconsistent("the Born charges", found, "one for every element") |> Outcome.raise)
                |> Array.ofSeq
            | _ ->
                raise (fields.Wrong("charges", given.GetRawText(), "a list, one for each atom, or an object by symbol"))

        let dielectric = tensor "the dielectric tensor" (fields.Get "dielectric")
        fields.RefuseOthers()
        create dielectric (Array.concat tensors) |> Outcome.getOrFail

    /// The response of a primitive cell from a file: phonopy's `BORN` (perhaps a line with a factor, which is not
    /// needed here; ε∞ in a line; Born charges, each in a line, of all atoms in their order), or a JSON object with
    /// "dielectric", a number or a matrix, and "charges", a list of numbers or matrices, or such by symbol. In place of
    /// one tensor for each atom there may be one for each element, in the order in which they appear, where all are
    /// multiples of the unit tensor. Errors: `FileFailure`, `Malformed` with the place, and those of `create`.
    let read (structure: Structure) (path: string) : Result<DielectricResponse, NoetherError> =
        Outcome.capture (fun () ->
            if path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) then
                let text =
                    try
                        File.ReadAllText path
                    with
                    | :? IOException
                    | :? UnauthorizedAccessException as error -> Outcome.raise (FileFailure(path, error.Message))

                ofJson structure path text
            else
                match WordReader.file true rows path |> Outcome.getOrFail with
                | dielectric :: charges ->
                    create dielectric (forAtoms structure (Array.ofList charges) |> Array.concat) |> Outcome.getOrFail
                | [] -> invalidOp "DielectricResponse.read: rows are never empty.")

    /// The response that a structure carries: its properties `born_charges` of atoms, nine numbers each, and
    /// `dielectric`, nine numbers or one; None where it has neither. Errors: `Inconsistent` for one without the other,
    /// and those of `create`.
    let ofStructure (structure: Structure) : Result<DielectricResponse option, NoetherError> =
        let reals name (property: Property) =
            match Property.tryReals property with
            | Some values -> Array.ofSeq values
            | None -> Inconsistent(name, $"{property}", "real numbers") |> Outcome.raise

        Outcome.capture (fun () ->
            match structure.PerAtom.TryFind "born_charges", structure.Info.TryFind "dielectric" with
            | None, None -> None
            | Some charges, Some dielectric ->
                let charges, dielectric = reals "born_charges" charges, reals "dielectric" dielectric

                if charges.Length <> 9 * structure.Count then
                    let found = $"{charges.Length} numbers"
                    Inconsistent("born_charges", found, $"nine for each of {structure.Count} atoms") |> Outcome.raise

                let dielectric = if dielectric.Length = 1 then unit dielectric[0] else dielectric
                Some(create dielectric charges |> Outcome.getOrFail)
            | Some _, None ->
                Inconsistent("a structure with born_charges", "no dielectric tensor", "its property dielectric")
                |> Outcome.raise
            | None, Some _ ->
                Inconsistent("a structure with a dielectric tensor", "no Born charges", "its property born_charges")
                |> Outcome.raise)
