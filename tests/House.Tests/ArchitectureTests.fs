/// The shape of the repository, which no compiler guards.
module Noether.Tests.ArchitectureTests

open System.IO
open System.Text.RegularExpressions
open System.Xml.Linq
open Expecto
open Noether.Tests

/// The floors of the house. A project may refer to those of lower floors and to no others.
let private floors =
    [ [ "Kernels" ]
      [ "AutoDiff" ]
      [ "Domain" ]
      [ "Equivariance" ]
      [ "Physics" ]
      [ "Learning" ]
      [ "Training" ]
      [ "Report"; "Laws" ]
      [ "Api.CSharp" ]
      [ "Cli" ] ]

let private floor project = floors |> List.tryFindIndex (List.contains project)

let private references (project: string) =
    [ for element in XDocument.Load(project).Descendants() do
          match element.Name.LocalName, element.Attribute(XName.Get "Include") with
          | "ProjectReference", NonNull path ->
              Path.GetFileNameWithoutExtension(path.Value.Replace('\\', '/')) |> nonNull
          | _ -> () ]

/// The source files of a project, by paths within it.
let private sourcesOf (project: string) =
    let folder = Path.GetDirectoryName project |> nonNull

    Repository.filesUnder [ Path.GetRelativePath(Repository.root, folder) ] [ ".fs"; ".cs" ]
    |> List.map (fun file -> Path.GetRelativePath(folder, file).Replace('\\', '/'))

let private folderOf (file: string) = file.Substring(0, max 0 (file.LastIndexOf '/'))

let private roomOf (file: string) = file.Split('/')[0]

[<Tests>]
let tests =
    testList
        "Architecture"
        [ testCase "every project of src has its floor" (fun () ->
              isNotEmpty Repository.projects

              isEmpty
                  [ for name, _ in Repository.projects do
                        if (floor name).IsNone then name ])

          testCase "references go strictly downward" (fun () ->
              let wrong =
                  [ for name, file in Repository.projects do
                        for target in references file do
                            if not (floor target < floor name && (floor target).IsSome) then
                                $"{name} refers to {target}" ]

              isEmpty wrong)

          testCase "every source file stands in a room, and no room holds more than fifteen" (fun () ->
              let wrong =
                  [ for name, project in Repository.projects do
                        for folder, files in sourcesOf project |> List.groupBy folderOf do
                            if folder = "" then $"{name}: {files} in no room"
                            if files.Length > 15 then $"{name}/{folder}: {files.Length} files" ]

              isEmpty wrong)

          testCase "rooms are contiguous in compile order" (fun () ->
              let wrong =
                  [ for name, project in Repository.projects do
                        let rooms =
                            [ for element in XDocument.Load(project).Descendants() do
                                  match element.Name.LocalName, element.Attribute(XName.Get "Include") with
                                  | "Compile", NonNull path -> roomOf path.Value
                                  | _ -> () ]

                        let entered = rooms |> List.pairwise |> List.filter (fun (a, b) -> a <> b) |> List.map snd
                        let entered = List.truncate 1 rooms @ entered
                        if entered <> List.distinct entered then $"{name}: {entered}" ]

              isEmpty wrong)

          testCase "the picture of the house shows the projects, their rooms and their references" (fun () ->
              let page = File.ReadAllText(Path.Combine(Repository.root, "docs", "architecture.md"))
              let lines = Regex.Match(page, "```mermaid\n(.*?)```", RegexOptions.Singleline).Groups[1].Value.Split '\n'

              let pictured =
                  [ for line in lines do
                        let floor = Regex.Match(line, @"^ +(\S+)\[""<b>(.+)</b><br/>(.*)""\]$")
                        let arrow = Regex.Match(line, @"^ +(\S+) --> (\S+)$")
                        if floor.Success then $"{floor.Groups[1]}: {floor.Groups[3]}"
                        if arrow.Success then $"{arrow.Groups[1]} -> {arrow.Groups[2]}" ]

              let built =
                  [ for name, project in Repository.projects do
                        let rooms = sourcesOf project |> List.map roomOf |> List.distinct |> List.sort
                        name + ": " + String.concat " · " rooms

                        for target in references project do
                            $"{name} -> {target}" ]

              equal (List.sort built) (List.sort pictured))

          testCase "no source file or script is longer than 400 lines" (fun () ->
              let long =
                  [ for file in
                        Repository.filesUnder [ "src" ] [ ".fs"; ".cs" ]
                        @ Repository.filesUnder [ "scripts" ] [ ".fsx" ] do
                        let lines = File.ReadAllLines(file).Length
                        if lines > 400 then $"{Repository.relative file}: {lines} lines" ]

              isEmpty long)

          testCase "nothing is left for later" (fun () ->
              // Put together here, so that this file does not contain them.
              let words = [ "TO" + "DO"; "FIX" + "ME"; "T" + "BD"; "(?i:not ?" + "implemented)" ]
              let pattern = Regex(@"\b(" + String.concat "|" words + @")\b")
              let folders = [ "src"; "tests"; "scripts"; "benchmarks"; "docs"; ".ci" ]
              let endings = [ ".fs"; ".fsx"; ".cs"; ".md"; ".props"; ".targets"; "proj"; "run" ]

              let top =
                  Directory.GetFiles Repository.root
                  |> Array.filter (fun file -> endings |> List.exists (fun ending -> file.EndsWith ending))

              let found =
                  [ for file in Seq.append top (Repository.filesUnder folders endings) do
                        for i, line in File.ReadLines file |> Seq.indexed do
                            if pattern.IsMatch line then $"{Repository.relative file}:{i + 1}: {line.Trim()}" ]

              isEmpty found) ]
