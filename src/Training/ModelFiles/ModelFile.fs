namespace Noether.Training

open System
open System.IO
open System.Reflection
open System.Runtime.InteropServices
open System.Security.Cryptography
open System.Text
open System.Text.Json
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Learning
open Noether.Physics

/// A format of model files.
[<NoComparison; NoEquality>]
type ModelFileFormat =
    {
        /// Its name where a potential is named by kind and file, such as "model".
        Kind: string
        /// The ending of the names of its files, such as ".safetensors".
        Ending: string
        /// Its files, as help has them.
        Files: string
        /// The model of a file.
        Read: string -> Result<LearnedModel, NoetherError>
    }

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
/// | `sha256` | the SHA-256 of `model` and of the numbers of all parameters, by path; files without it are read as well |
///
/// *Strict.* A newer version, other units, texts, fields and kinds that are not known, tensors that lack, are too many, of
/// another shape or not finite are errors with the file. *Exact.* What `write` writes, `read` gives back to the bit. *Whole.*
/// A file is replaced at once or not at all.
///
/// A family may have files of another program instead (`Architecture.Writer`) or beside these (`ModelFamily.Formats`). Of
/// every function that reads there is a form with the families that a caller knows beside those of `ModelFamilies.all`.
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

    /// The SHA-256 of settings and, in the order of their paths, of the parameters in float64.
    let private hash (settings: string) (parameters: Tree<Tensor>) : string =
        use sum = IncrementalHash.CreateHash HashAlgorithmName.SHA256
        sum.AppendData(Encoding.UTF8.GetBytes settings)

        for path, tensor in Tree.paths parameters |> List.sortWith (fun (a, _) (b, _) -> String.CompareOrdinal(a, b)) do
            sum.AppendData(Encoding.UTF8.GetBytes path)
            sum.AppendData(MemoryMarshal.AsBytes(ReadOnlySpan(Tensor.toArray tensor)))

        Convert.ToHexStringLower(sum.GetHashAndReset())

    let private texts (model: LearnedModel) =
        let precision = (Tree.leaves model.Parameters).Head.Precision

        Map
            [ "format", Format
              "format_version", string Version
              "library", library
              "model", model.Architecture.Json
              "units", units
              "precision", precisions |> List.find (fun (_, one) -> one = precision) |> fst
              "errors", MetricsJson.format model.Errors
              "sha256", hash model.Architecture.Json model.Parameters ]

    /// The ending of the file's name for a model of a network.
    let endingOf (architecture: Architecture) : string =
        match architecture.Writer with
        | Some writer -> writer.Ending
        | None -> Ending

    /// Writes a model; one of a family with files of another program into such a file, without errors and in the precision of
    /// that program. Errors: `FileFailure`; `InvalidArgument` for a name that does not end as `endingOf` says; `NonFinite` for
    /// parameters that are not finite.
    let write (path: string) (model: LearnedModel) : Result<unit, NoetherError> =
        Outcome.capture (fun () ->
            let ending = endingOf model.Architecture

            if not (path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) then
                Outcome.raise (
                    InvalidArgument("the name of the model file", $"'{path}'", $"one that ends in {ending}")
                )

            checkFinite model.Parameters

            match model.Architecture.Writer with
            | Some writer ->
                writer.Bytes model.Name model.Parameters
                |> Outcome.getOrFail
                |> fun bytes -> OutputFile.Replace(path, bytes)
            | None -> ParameterFile.write path (texts model) model.Parameters |> Outcome.getOrFail)

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

        let known = [ "format"; "format_version"; "library"; "model"; "units"; "precision"; "errors"; "sha256" ]

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

    let private architectureOf (families: ModelFamily list) (json: JsonElement) : Architecture =
        let fields = Fields(json, "the model")

        let known =
            [ for family in families do
                  match family.OfJson with
                  | Some read -> family.Name, read
                  | None -> () ]

        let architecture = SettingsJson.choice fields known "kind" fields
        fields.RefuseOthers()
        architecture

    /// `read` for models of some families.
    let readOf (families: ModelFamily list) (path: string) : Result<LearnedModel, NoetherError> =
        Outcome.capture (fun () ->
            let _, texts = ParameterFile.read path |> Outcome.getOrFail

            within path (fun () ->
                let text = checkTexts path texts
                let json name = JsonText.parse $"{path}, text '{name}'" (Encoding.UTF8.GetBytes(text name: string))
                let architecture = architectureOf families (json "model")
                let errors = MetricsJson.parse "the errors" (json "errors")
                let name = Path.GetFileNameWithoutExtension path |> Option.ofObj |> Option.defaultValue path

                let precision =
                    match List.tryFind (fun (own, _) -> own = text "precision") precisions with
                    | Some(_, precision) -> precision
                    | None -> refuse path $"""the precision '{text "precision"}'""" "float32 or float64"

                let model = Architecture.trainable name architecture |> Outcome.getOrFail

                let parameters, _ =
                    ParameterFile.readLike (model.Init precision (RandomKey.FromSeed 0UL)) path |> Outcome.getOrFail

                checkFinite parameters

                match Map.tryFind "sha256" texts with
                | Some written when written <> hash (text "model") parameters ->
                    refuse path "numbers that are not those it was written with" "those of its SHA-256"
                | _ -> ()

                { Name = name
                  Architecture = architecture
                  Parameters = parameters
                  Errors = errors }))

    /// The model of a .safetensors file; its name without the ending names the model. Errors: `FileFailure`; `Malformed`,
    /// `Inconsistent` and `InvalidArgument` with the file for one that is no model, or a wrong one; `NonFinite` for parameters
    /// that are not finite.
    let read (path: string) : Result<LearnedModel, NoetherError> = readOf ModelFamilies.all path

    let private readBy (format: ModelFormat) (path: string) : Result<LearnedModel, NoetherError> =
        format.Read path
        |> Result.map (fun (name, architecture, parameters) ->
            { Name = name
              Architecture = architecture
              Parameters = parameters
              Errors = Map.empty })

    /// The formats of some families' model files by kind: ending, readers' name for the files, and reading. The first is
    /// "model", a .safetensors file; the others are of other programs.
    let formats (families: ModelFamily list) : ModelFileFormat list =
        { Kind = "model"
          Ending = Ending
          Files = $"the {Ending} file of a model that noether trained"
          Read = readOf families }
        :: [ for format in ModelFamilies.formats families ->
                 { Kind = format.Kind
                   Ending = format.Ending
                   Files = format.Files
                   Read = readBy format } ]

    /// `readAny` for models of some families.
    let readAnyOf (families: ModelFamily list) (path: string) : Result<LearnedModel, NoetherError> =
        let fits (format: ModelFileFormat) = path.EndsWith(format.Ending, StringComparison.OrdinalIgnoreCase)
        let all = formats families
        (all |> List.tryFind fits |> Option.defaultValue all.Head).Read path

    /// The model of a file of any of `formats`, which the ending of its name tells. Errors: those of `read` and of the
    /// format.
    let readAny (path: string) : Result<LearnedModel, NoetherError> = readAnyOf ModelFamilies.all path

    /// The potential of a file of any of `formats`, computed in a precision. Errors: those of `readAny`.
    let potential (precision: Precision) (path: string) : Result<Potential, NoetherError> =
        readAny path |> Result.bind (LearnedModel.potential precision)
