/// The shape of the repository, which no compiler guards.
module Noether.Tests.ArchitectureTests

open System.IO
open System.Text.RegularExpressions
open System.Xml.Linq
open Noether.Tests
open Xunit

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

[<Fact>]
let ``every project of src has its floor`` () =
    Assert.NotEmpty Repository.projects

    Assert.Empty
        [ for name, _ in Repository.projects do
              if (floor name).IsNone then name ]

[<Fact>]
let ``references go strictly downward`` () =
    let wrong =
        [ for name, file in Repository.projects do
              for target in references file do
                  if not (floor target < floor name && (floor target).IsSome) then $"{name} refers to {target}" ]

    Assert.Empty wrong

[<Fact>]
let ``no source file is longer than 400 lines`` () =
    let long =
        [ for file in Repository.filesUnder [ "src" ] [ ".fs"; ".cs" ] do
              let lines = File.ReadAllLines(file).Length
              if lines > 400 then $"{Repository.relative file}: {lines} lines" ]

    Assert.Empty long

[<Fact>]
let ``nothing is left for later`` () =
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

    Assert.Empty found
