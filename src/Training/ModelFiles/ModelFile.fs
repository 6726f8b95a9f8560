namespace Noether.Training

open System
open System.IO
open System.Reflection
open System.Text
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Learning
open Noether.Physics

/// Files of learned models, .safetensors: the parameters under their paths, and about them texts:
///
/// | text | holds |
/// |---|---|
/// | `format`, `format_version` | "noether-model" and the version of this layout, 1 |
/// | `library` | the library that wrote the file, and its version |
/// | `model` | the network without parameters: kind, settings, species, energy offsets (eV) and scale (eV), as JSON |
/// | `units` | the units of energy and length, as JSON: eV and Å |
/// | `precision` | of the parameters, float32 or float64 |
/// | `errors` | errors by the name of a set of structures, as JSON |
///
/// *Strict.* A newer version, other units, texts, fields and kinds that are not known, tensors that lack, are too many, of
/// another shape or not finite are errors with the file. *Exact.* What `write` writes, `read` gives back to the bit. *Whole.*
/// A file is replaced at once or not at all.
///
/// Nequix models have the format of their own program, .nqx, which `NequixFile` writes and reads.
[<RequireQualifiedAccess>]
module ModelFile =
    [<Literal>]
    let private Format = "noether-model"

    [<Literal>]
    let private Version = 1

    let private units = """{"energy":"eV","length":"Å"}"""
    let private precisions = [ "float32", Float32; "float64", Float64 ]

    /// The ending of the names of model files.
    [<Literal>]
    let Ending = ".safetensors"

    /// The library and its version.
    let private library =
        let own = typeof<LearnedModel>.Assembly

        match own.GetCustomAttribute<AssemblyInformationalVersionAttribute>() with
        | null -> "Noether"
        | version -> "Noether " + version.InformationalVersion

    let private checkFinite (parameters: Tree<Tensor>) =
        FiniteCheck.ofTree "the parameter" parameters
        |> Option.iter (fun (name, value) -> Outcome.raise (NonFinite(name, value)))

    /// Writes a model; a Nequix model, in the format of its own program, without errors and in float32. Errors: `FileFailure`;
    /// `InvalidArgument` for a name that does not end in .safetensors, or in .nqx for Nequix; `NonFinite` for parameters that
    /// are no numbers.
    let write (path: string) (model: LearnedModel) : Result<unit, NoetherError> =
        Outcome.capture (fun () ->
            let ending, save =
                match model.Architecture with
                | Architecture.Nequix own ->
                    ".nqx",
                    fun () ->
                        NequixModel.ofParameters model.Name own.Settings model.Parameters
                        |> Result.map NequixFile.format
                        |> Outcome.getOrFail
                        |> Files.replace path
                | _ ->
                    Ending,
                    fun () ->
                        let precision = (Tree.leaves model.Parameters).Head.Precision

                        let texts =
                            Map
                                [ "format", Format
                                  "format_version", string Version
                                  "library", library
                                  "model", ModelJson.ofArchitecture model.Architecture
                                  "units", units
                                  "precision", precisions |> List.find (fun (_, one) -> one = precision) |> fst
                                  "errors", ModelJson.ofErrors model.Errors ]

                        ParameterFile.write path texts model.Parameters |> Outcome.getOrFail

            if not (path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) then
                Outcome.raise (
                    InvalidArgument("the name of the model file", $"'{path}'", $"one that ends in {ending}")
                )

            checkFinite model.Parameters
            save ())

    let private refuse path (found: string) (expected: string) : 'T =
        Outcome.raise (At({ Path = path; Line = 1; Column = 0 }, Inconsistent("the model file", found, expected)))

    /// The error of a text about the file, with its name.
    let private within path (read: unit -> 'T) : 'T =
        try
            read ()
        with :? NoetherException as failure ->
            Outcome.raise (NoetherError.at { Path = path; Line = 1; Column = 0 } failure.Error)

    let private checkTexts path (texts: Map<string, string>) =
        let text name =
            match Map.tryFind name texts with
            | Some text -> text
            | None -> refuse path $"no text '{name}'" $"the texts of a {Format} file"

        if text "format" <> Format then refuse path $"""the format '{text "format"}'""" $"'{Format}'"

        match Int32.TryParse(text "format_version") with
        | true, version when version = Version -> ()
        | true, version when version > Version ->
            refuse
                path
                $"version {version} of the format"
                $"at most {Version}, which is what this version of the library reads"
        | _ -> refuse path $"""version '{text "format_version"}' of the format""" $"{Version}"

        let known = [ "format"; "format_version"; "library"; "model"; "units"; "precision"; "errors" ]

        match texts.Keys |> Seq.tryFind (fun name -> not (List.contains name known)) with
        | Some other -> refuse path $"a text '{other}'" ("only " + String.concat ", " known)
        | None -> ()

        let found = text "units"
        let json = JsonText.parse path (Encoding.UTF8.GetBytes found)
        let fields = Fields(json, "the units")
        let energy, length = fields.Text "energy", fields.Text "length"
        fields.RefuseOthers()

        if energy <> "eV" || length <> "Å" then
            refuse path $"energies in {energy} and lengths in {length}" "eV and Å"

        text

    /// The model of a file; its name without the ending names the model. Errors: `FileFailure`; `Malformed`, `Inconsistent`
    /// and `InvalidArgument` with the file for what is not such a file, or a wrong one; `NonFinite` for parameters that are
    /// no numbers.
    let read (path: string) : Result<LearnedModel, NoetherError> =
        Outcome.capture (fun () ->
            let _, texts = ParameterFile.read path |> Outcome.getOrFail

            within path (fun () ->
                let text = checkTexts path texts
                let json name = JsonText.parse $"{path}, text '{name}'" (Encoding.UTF8.GetBytes(text name: string))
                let architecture = ModelJson.toArchitecture "the model" (json "model")
                let errors = ModelJson.toErrors "the errors" (json "errors")
                let name = Path.GetFileNameWithoutExtension path |> Option.ofObj |> Option.defaultValue path

                let precision =
                    match List.tryFind (fun (own, _) -> own = text "precision") precisions with
                    | Some(_, precision) -> precision
                    | None -> refuse path $"""the precision '{text "precision"}'""" "float32 or float64"

                let model = Architecture.trainable name architecture |> Outcome.getOrFail

                let parameters, _ =
                    ParameterFile.readLike (model.Init precision (RandomKey.FromSeed 0UL)) path |> Outcome.getOrFail

                checkFinite parameters

                { Name = name
                  Architecture = architecture
                  Parameters = parameters
                  Errors = errors }))

    /// The model of a file of either format: .nqx, found by `NequixFile.find`, or .safetensors. Errors: those of `read` and
    /// `NequixFile.read`.
    let readAny (path: string) : Result<LearnedModel, NoetherError> =
        if path.EndsWith(".nqx", StringComparison.OrdinalIgnoreCase) then
            NequixFile.read path
            |> Result.map (fun model ->
                { Name = model.Name
                  Architecture = Architecture.Nequix model
                  Parameters = NequixModel.parameters Float32 model
                  Errors = Map.empty })
        else
            read path

    /// The potential of a file of either format, computed in a precision. Errors: those of `readAny`.
    let potential (precision: Precision) (path: string) : Result<Potential, NoetherError> =
        readAny path |> Result.bind (LearnedModel.potential precision)
