/// Public is documented. The C# compiler insists on it, the F# compiler does not; this test does for both.
module Noether.Tests.DocumentationTests

open System
open System.IO
open System.Reflection
open System.Runtime.CompilerServices
open System.Text.RegularExpressions
open System.Xml.Linq
open Expecto
open Microsoft.FSharp.Core
open Noether.Tests

/// A documented name without parameters and type arguments: overloads share it, so it is counted.
let private bare (name: string) = Regex.Replace(name.Split('(')[0], "``[0-9]+$", "")

/// Whether a summary says something: more than one word, or a reference to a summary that does.
let private says (entry: XElement) =
    let text (element: XElement | null) =
        match element with
        | null -> ""
        | element -> element.Value.Trim()

    entry.Elements() |> Seq.exists (fun element -> element.Name.LocalName = "inheritdoc")
    || (let summary = text (entry.Element(XName.Get "summary"))
        summary.Contains ' ' && not (summary.StartsWith("See above", StringComparison.OrdinalIgnoreCase)))

/// How many entries with a summary that says something a documentation file has for each name.
let private summaries (file: string) =
    [ for entry in XDocument.Load(file).Descendants(XName.Get "member") do
          if says entry then bare (nonNull (entry.Attribute(XName.Get "name"))).Value ]
    |> List.countBy id
    |> dict

let private flags =
    BindingFlags.Public ||| BindingFlags.Instance ||| BindingFlags.Static ||| BindingFlags.DeclaredOnly

let private generated (subject: MemberInfo) = subject.IsDefined(typeof<CompilerGeneratedAttribute>, false)

let private mapping (subject: MemberInfo) =
    match subject.GetCustomAttribute<CompilationMappingAttribute>() with
    | null -> SourceConstructFlags.None
    | attribute -> attribute.SourceConstructFlags &&& SourceConstructFlags.KindMask

/// Written once, where the method is first declared; implementations and overrides inherit what it says.
let private isFirst (method: MethodInfo) =
    let home = method.DeclaringType |> nonNull

    let implements () =
        home.GetInterfaces()
        |> Array.exists (fun contract -> Array.contains method (home.GetInterfaceMap contract).TargetMethods)

    method.GetBaseDefinition() = method && (home.IsInterface || not (implements ()))

/// The names under which a type and its members are documented, an overloaded one as often as it has overloads.
let private names (subject: Type) =
    let place = (nonNull subject.FullName).Replace('+', '.')

    let isUnionCase =
        not (isNull subject.DeclaringType) && mapping (nonNull subject.DeclaringType) = SourceConstructFlags.SumType

    if isUnionCase || generated subject then
        []
    else
        [ "T:" + place

          // A delegate's members and an F# exception's constructors are all generated.
          if not (typeof<Delegate>.IsAssignableFrom subject) then
              for method in subject.GetMethods flags do
                  if mapping method = SourceConstructFlags.UnionCase && method.Name.StartsWith "New" then
                      $"T:{place}.{method.Name.Substring 3}"
                  elif not method.IsSpecialName || method.Name.StartsWith "op_" then
                      if not (generated method) && isFirst method then $"M:{place}.{method.Name}"

              for property in subject.GetProperties flags do
                  if mapping property = SourceConstructFlags.UnionCase then
                      $"T:{place}.{property.Name}"
                  elif not (generated property) && property.GetAccessors() |> Array.exists isFirst then
                      $"P:{place}.{property.Name}"

              for field in subject.GetFields flags do
                  // The F# compiler documents a literal as it does any value of a module.
                  let kind = if mapping subject = SourceConstructFlags.Module then "P" else "F"
                  if not (field.IsSpecialName || generated field) then $"{kind}:{place}.{field.Name}"

              for event in subject.GetEvents flags do
                  $"E:{place}.{event.Name}" ]

/// An assembly of src, built for the same configuration as the tests, and its documentation.
let private built (project: string) =
    let here = DirectoryInfo(AppContext.BaseDirectory.TrimEnd Path.DirectorySeparatorChar)
    let folder = Path.Combine(Repository.root, "artifacts", "bin", project, here.Name)
    let file = if project = "Api.CSharp" then "Noether" else "Noether." + project
    Assembly.LoadFrom(Path.Combine(folder, file + ".dll")), Path.Combine(folder, file + ".xml")

/// Text without its line breaks and indentation, so that formatting does not matter.
let private flowing (text: string) = Regex.Replace(text.Trim(), @"\s+", " ")

/// The blocks of F# in a document, each with the script named last before it.
let private examples (document: string) =
    let text = File.ReadAllText(Path.Combine(Repository.root, document))

    [ for block in Regex.Matches(text, @"```fsharp\n(.*?)```", RegexOptions.Singleline) do
          let before = Regex.Matches(text.Substring(0, block.Index), @"scripts/[\w-]+\.fsx")
          Expect.isTrue (before.Count > 0) $"no script is named before a block of F# in {document}"
          before[before.Count - 1].Value, block.Groups[1].Value ]

/// The command line is a program, not a library.
let private projects = Repository.projects |> List.map fst |> List.filter ((<>) "Cli")

[<Tests>]
let tests =
    testList
        "Documentation"
        [ testTheory
              "the F# of the documents stands in the scripts that they name"
              [ "README.md"; "docs/fsharp.md" ]
              (fun document ->
                  let blocks = examples document
                  isNotEmpty blocks

                  for path, block in blocks do
                      let script = flowing (File.ReadAllText(Path.Combine(Repository.root, path)))

                      // Its definitions, in this order, though others may stand between.
                      (0, Regex.Split(block, @"\n(?=\S)"))
                      ||> Seq.fold (fun start definition ->
                          let wanted = flowing definition
                          let found = script.IndexOf(wanted, start, StringComparison.Ordinal)
                          Expect.isTrue (found >= 0) $"not in {path}: {wanted}"
                          found + wanted.Length)
                      |> ignore)

          testTheory "every public type and member has a summary" projects (fun project ->
              let assembly, documentation = built project
              let summaries = summaries documentation

              let missing =
                  [ for name, count in assembly.GetExportedTypes() |> Seq.collect names |> Seq.countBy id do
                        let found =
                            match summaries.TryGetValue name with
                            | true, number -> number
                            | _ -> 0

                        if found < count then
                            if count = 1 then name else $"{name} ({count - found} of {count} overloads)" ]

              Expect.isTrue
                  missing.IsEmpty
                  ($"{missing.Length} without summary:\n" + String.concat "\n" (List.sort missing))) ]
