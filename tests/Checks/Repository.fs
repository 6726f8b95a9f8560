/// The repository as the tests see it: its folder, its projects, its files.
module Noether.Tests.Repository

open System
open System.IO

/// The folder that holds the solution.
let root =
    let rec above (folder: DirectoryInfo | null) =
        match folder with
        | null -> failwith $"no Functional.sln above {AppContext.BaseDirectory}"
        | folder when File.Exists(Path.Combine(folder.FullName, "Functional.sln")) -> folder.FullName
        | folder -> above folder.Parent

    above (DirectoryInfo AppContext.BaseDirectory)

/// Every project of src: its name, which is its folder's, and its file.
let projects =
    [ for file in Directory.GetFiles(Path.Combine(root, "src"), "*.*proj", SearchOption.AllDirectories) |> Array.sort do
          nonNull (Path.GetFileNameWithoutExtension file), file ]

/// The files under folders of the repository whose names end in one of some endings; built and installed files
/// excepted.
let filesUnder (folders: string list) (endings: string list) : string list =
    let ours (path: string) =
        let parts = Path.GetRelativePath(root, path).Split Path.DirectorySeparatorChar
        let built = set [ "bin"; "obj"; "artifacts"; "packages"; "paket-files"; "out" ]
        not (Array.exists built.Contains parts) && endings |> List.exists (fun ending -> path.EndsWith ending)

    [ for folder in folders do
          let place = Path.Combine(root, folder)

          if Directory.Exists place then
              yield! Directory.GetFiles(place, "*", SearchOption.AllDirectories) |> Array.filter ours |> Array.sort ]

/// A path as one reads it from the repository's folder.
let relative (path: string) = Path.GetRelativePath(root, path).Replace('\\', '/')

/// The path of a file of tests/Fixtures.
let fixture (name: string) = Path.Combine(root, "tests", "Fixtures", name)

/// The folder of data that is too large for the repository: NOETHER_DATA, or shared/data beside the repository.
let data =
    match Environment.GetEnvironmentVariable "NOETHER_DATA" with
    | null
    | "" -> Path.Combine(root, "..", "shared", "data")
    | folder -> folder
