/// The site: the repository's documents and the pages of docs/, each script with its output and figures, and the
/// reference that fsdocs makes of the documentation comments.
module Site

open System
open System.IO
open System.Text.RegularExpressions

/// A page before it is rendered: where it stands in the menu, what it is called, its Markdown.
type Page = { Name: string; Category: string; Title: string; Markdown: string }

/// The documents of the repository, by path: category, and name of the page.
let private documents =
    [ "README.md", "Noether", "index"
      "docs/fsharp.md", "Guides", "fsharp"
      "docs/csharp.md", "Guides", "csharp"
      "docs/command-line.md", "Guides", "command-line"
      "docs/architecture.md", "Project", "architecture"
      "docs/benchmarks.md", "Project", "benchmarks"
      "DECISIONS.md", "Project", "decisions"
      "CONTRIBUTING.md", "Project", "contributing"
      "CHANGELOG.md", "Project", "changelog"
      "LICENSE", "Project", "license" ]

let private scriptPage (path: string) = Path.GetFileNameWithoutExtension path

/// Links between files of the repository as links between pages: [text](path) from a document at `folder`.
let private relink (root: string) (folder: string) (markdown: string) =
    let page (target: string) =
        let path = Path.GetRelativePath(root, Path.Combine(root, folder, target)).Replace('\\', '/')

        match documents |> List.tryFind (fun (document, _, _) -> document = path) with
        | Some(_, _, name) -> Some(name + ".html")
        | None when path.EndsWith ".fsx" && path.StartsWith "scripts/" -> Some(scriptPage path + ".html")
        | None -> None

    Regex.Replace(
        markdown,
        @"\]\(([^)#:\s]+)(#[^)\s]*)?\)",
        fun found ->
            match page found.Groups[1].Value with
            | Some name -> "](" + name + found.Groups[2].Value + ")"
            | None -> found.Value
    )

let private document (root: string) (path: string, category: string, name: string) =
    let text = File.ReadAllText(Path.Combine(root, path))
    let folder = Path.GetDirectoryName path |> string
    let first = text.Split '\n' |> Array.find (fun line -> line.Trim() <> "")

    { Name = name
      Category = category
      Title = first.TrimStart('#', ' ')
      Markdown = relink root folder (if first.StartsWith '#' then text else "# " + text) }

let private isComment (line: string) = line.StartsWith "//" && not (line.StartsWith "///")

/// A script as a page: comments at the margin are text (a line of dashes behind one makes it a heading), the rest is code.
let private ofScript (path: string) (output: string) (figures: string list) =
    let lines = File.ReadAllLines path |> List.ofArray

    let rec parts (lines: string list) =
        match lines with
        | [] -> []
        | line :: _ ->
            let kind = isComment line
            let block = lines |> List.takeWhile (fun line -> isComment line = kind)
            (kind, block) :: parts (List.skip block.Length lines)

    let render (isText, block: string list) =
        let joined = String.Join('\n', block).Trim('\n', ' ')

        if joined = "" then
            ""
        elif isText then
            [ for line in block do
                  let text = (line.Substring 2).TrimEnd()
                  let text = if text.StartsWith ' ' then text.Substring 1 else text
                  let heading = Regex.Match(text, "^(.*?) -{8,}$")
                  if heading.Success then "\n## " + heading.Groups[1].Value + "\n" else text ]
            |> String.concat "\n"
        else
            "```fsharp\n" + joined + "\n```"

    let body = parts lines |> List.map render |> List.filter ((<>) "") |> String.concat "\n\n"
    let name = scriptPage path
    let title = Regex.Replace(name, "^[0-9]+-", "").Replace('-', ' ')
    let shown = if output = "" then "" else "\n\n## What it prints\n\n```text\n" + output + "\n```"
    let drawn = if figures.IsEmpty then "" else "\n\n## What it draws\n\n" + String.concat "\n\n" figures

    let title = string (Char.ToUpperInvariant title[0]) + title.Substring 1

    { Name = name
      Category = "Scripts"
      Title = title
      Markdown = "# " + title + "\n\n" + body + shown + drawn }

let private figuresOf (page: string) =
    if File.Exists page then
        [ for figure in Regex.Matches(File.ReadAllText page, "<figure>.*?</figure>", RegexOptions.Singleline) do
              // Views of atoms need the program of their own page. Blank lines would end a block of HTML within Markdown.
              if not (figure.Value.Contains "noether-view") then Regex.Replace(figure.Value, @"\n\s*\n", "\n") ]
    else
        []

/// Pages, their order in the menu, and links that work from a file as well as from a server.
let private write (folder: string) (index: int) (page: Page) =
    let order = [ "Noether"; "Guides"; "Scripts"; "Project" ] |> List.findIndex ((=) page.Category)

    let header =
        [ "---"
          "title: " + page.Title
          "category: " + page.Category
          $"categoryindex: {order + 1}"
          $"index: {index + 1}"
          "---"
          "" ]

    File.WriteAllText(Path.Combine(folder, page.Name + ".md"), String.Join('\n', header) + "\n" + page.Markdown)

let private placeholder = "/noether-root/"

let private relocate (site: string) =
    for file in Directory.GetFiles(site, "*.html", SearchOption.AllDirectories) do
        let depth = Path.GetRelativePath(site, file).Split(Path.DirectorySeparatorChar).Length - 1
        File.WriteAllText(file, File.ReadAllText(file).Replace(placeholder, String.replicate depth "../"))

/// Makes the site in artifacts/site. `runScript` runs a script and gives what it printed; `dotnet` runs a command.
let build (root: string) (runScript: string -> string) (dotnet: string list -> unit) : string =
    let inRoot path = Path.Combine(root, path)
    let input, site = inRoot "artifacts/site-input", inRoot "artifacts/site"

    for folder in [ input; site ] do
        if Directory.Exists folder then Directory.Delete(folder, true)

    Directory.CreateDirectory(Path.Combine(input, "content")) |> ignore
    File.Copy(inRoot "docs/site/_template.html", Path.Combine(input, "_template.html"))
    File.Copy(inRoot "docs/site/content/site.css", Path.Combine(input, "content/site.css"))

    let scripts =
        [ for path in Directory.GetFiles(inRoot "scripts", "*.fsx") |> Array.sort do
              if File.ReadAllText(path).Contains "#load" then
                  let output = runScript path
                  ofScript path output (figuresOf (inRoot ("out/" + scriptPage path + ".html"))) ]

    let pages = List.map (document root) documents @ scripts
    List.iteri (write input) pages

    dotnet
        [ "fsdocs"
          "build"
          "--input"
          input
          "--output"
          site
          "--clean"
          "--nodefaultcontent"
          "--properties"
          "Configuration=Release"
          "--parameters"
          "root"
          placeholder
          "fsdocs-collection-name"
          "Noether" ]

    relocate site
    Path.Combine(site, "index.html")
