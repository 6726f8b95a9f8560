namespace Noether.Learning

open System
open System.IO
open Noether.Domain

/// The published ANI models as they are distributed: a file .info, and beside it constants (.params), self-energies
/// (sae_linfit.dat) and for each member and element a network (.nnf, .wparam, .bparam); in a folder, or a .zip of it.
///
/// *Strict.* Weights that do not fit the declared layers, activations nobody knows, networks of other elements: errors
/// with file, line or layer. Nothing is ever downloaded.
[<RequireQualifiedAccess>]
module AniFile =
    let private refuse path (reason: string) : 'T = Outcome.raise (FileFailure(path, reason))

    /// The model of an archive whose parts are where an .info says, relative to a folder of it.
    let private assemble (name: string) (archive: AniArchive) (folder: string) (info: AniInfo) : AniModel =
        let at (relative: string) = folder + relative.Replace('\\', '/')
        let constants = at info.Constants
        let elements, environments = AniText.constants (archive.Shown constants) (archive.Read constants)
        let energies = at info.SelfEnergies
        let self = AniText.selfEnergies (archive.Shown energies) elements (archive.Read energies)

        let members =
            [ for m in 0 .. info.Members - 1 ->
                  [ for z in elements ->
                        let symbol = Elements.symbol z
                        let file = at $"{info.Prefix}{m}/networks/ANN-{symbol}.nnf"
                        AniNetworkFile.read archive file symbol environments.Width ] ]

        let settings =
            { Elements = elements
              Environments = environments
              Hidden =
                [ for layers in members.Head -> [ for layer in List.take (layers.Length - 1) layers -> layer.Outputs ] ]
              Members = info.Members
              SelfEnergies = self
              Unit = Units.hartree }

        AniModel.create name settings members |> Outcome.getOrFail

    /// "ani-2x" of ani-2x_8x.info, ani-2x_8x or ani-2x_8x.zip.
    let private nameOf (path: string) =
        let name = Path.GetFileName(path.TrimEnd('/', '\\')) |> Option.ofObj |> Option.defaultValue path

        let bare =
            match Path.GetExtension name with
            | ".info"
            | ".zip" -> name.Substring(0, name.LastIndexOf '.')
            | _ -> name

        let mark = bare.LastIndexOf '_'
        let isCount = mark > 0 && bare.EndsWith 'x' && fst (Int32.TryParse(bare.Substring(mark + 1).TrimEnd 'x'))
        if isCount then bare.Substring(0, mark) else bare

    let private ending (ending: string) (archive: AniArchive) =
        archive.Top |> List.filter (fun name -> name.EndsWith(ending, StringComparison.Ordinal))

    let private ofInfo name (archive: AniArchive) (info: string) =
        assemble name archive (AniArchive.folderOf info) (AniText.info (archive.Shown info) (archive.Read info))

    /// The folder of a model without its .info, where its parts have their usual names.
    let private withoutInfo path name (archive: AniArchive) =
        match ending ".params" archive with
        | [ constants ] ->
            let folder = AniArchive.folderOf constants
            let isMember m = archive.Has $"{folder}train{m}/networks/ANN-H.nnf"
            let members = Seq.initInfinite id |> Seq.takeWhile isMember |> Seq.length

            if members = 0 then refuse path "there is no network train0/networks/ANN-H.nnf beside the constants"

            assemble
                name
                archive
                folder
                { Constants = constants.Substring folder.Length
                  SelfEnergies = "sae_linfit.dat"
                  Prefix = "train"
                  Members = members }
        | _ -> refuse path "there is no .info file of an ANI model, and not one .params file"

    let private ofArchive path (archive: AniArchive) =
        match ending ".info" archive with
        | [ info ] -> ofInfo (nameOf info) archive info
        | [] -> withoutInfo path (nameOf path) archive
        | several -> refuse path ("there are several models; name one of " + String.concat ", " several)

    /// Where files and folders of models are looked for, in order: see `NequixFile.folders`; and in the folder ani of
    /// each.
    let folders () : string list =
        NequixFile.folders () |> List.collect (fun folder -> [ folder; Path.Combine(folder, "ani") ])

    let private isThere path = File.Exists path || Directory.Exists path

    /// The path of a model: the path itself if there is such a file or folder, or what is called so in one of
    /// `folders`; a name such as ani-2x may lack what is behind it ("_8x", .info, .zip) there. Errors: `FileFailure`,
    /// which says where the parameters are published and where they are looked for.
    let find (path: string) : Result<string, NoetherError> =
        let candidates =
            [ path
              for folder in folders () do
                  for name in [ path; path.ToLowerInvariant() ] do
                      for full in [ name; name + "_8x" ] do
                          for ending in [ ".info"; ".zip"; "" ] do
                              Path.Combine(folder, full + ending) ]

        match List.tryFind isThere candidates with
        | Some found -> Ok found
        | None ->
            let places = NequixFile.folders () |> List.map (fun folder -> $"'{folder}'") |> String.concat " or "

            Error(
                FileFailure(
                    path,
                    "there is no such file or folder. The authors of ANI publish their parameters in the repository "
                    + "aiqm/ani-model-zoo on GitHub, in its folder resources: take ani-2x_8x.info and the folder ani-2x_8x "
                    + "(or those of ani-1x or ani-1ccx). Give the path of the .info file, or put both into "
                    + $"{places} (the variable {NequixFile.FolderVariable} names another folder)"
                )
            )

    /// The model of an .info file, of its folder, or of a .zip of it, found by `find`. Errors: `FileFailure`;
    /// `Malformed`, `Inconsistent`, `UnknownElement` and `NonFinite` with file and line or layer.
    let read (path: string) : Result<AniModel, NoetherError> =
        Outcome.capture (fun () ->
            let found = find path |> Outcome.getOrFail

            if Directory.Exists found then
                let beside = found.TrimEnd('/', '\\') + ".info"
                let archive = AniArchive.ofFolder found

                if (ending ".info" archive).IsEmpty && File.Exists beside then
                    let folder =
                        Path.GetDirectoryName(Path.GetFullPath beside) |> Option.ofObj |> Option.defaultValue "."

                    ofInfo (nameOf beside) (AniArchive.ofFolder folder) (nonNull (Path.GetFileName beside))
                else
                    ofArchive found archive
            elif found.EndsWith(".zip", StringComparison.OrdinalIgnoreCase) then
                ofArchive found (AniArchive.ofZip found)
            elif found.EndsWith(".info", StringComparison.OrdinalIgnoreCase) then
                let folder = Path.GetDirectoryName(Path.GetFullPath found) |> Option.ofObj |> Option.defaultValue "."
                ofInfo (nameOf found) (AniArchive.ofFolder folder) (nonNull (Path.GetFileName found))
            else
                refuse found "it is no .info file, folder or .zip of an ANI model")
