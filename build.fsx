/// Everything the repository can do: `dotnet fsi build.fsx <target>`. Run it without a target for the list.
#load "docs/site.fsx"

open System
open System.Diagnostics
open System.IO
open System.Runtime.InteropServices
open System.Security.Cryptography
open System.Text
open System.Text.RegularExpressions
open System.Threading.Tasks
open System.Xml
open System.Xml.Linq

let inRoot (path: string) = Path.Combine(__SOURCE_DIRECTORY__, path)
let say (text: string) = Console.Out.WriteLine text
let solution = "Functional.sln"
let results = inRoot "artifacts/tests"

/// What went wrong, in the words the user reads; the exit code is then 1.
exception Broken of string

let seconds (watch: Stopwatch) = watch.Elapsed.TotalSeconds.ToString "0.0" + " s"

/// A timed step of a target.
let step (name: string) (action: unit -> 'T) =
    say ("== " + name)
    let watch = Stopwatch.StartNew()

    try
        action ()
    finally
        say ("== " + name + ": " + seconds watch)

/// Runs `dotnet`; the exit code, and what it wrote unless that goes where ours goes.
let run (environment: (string * string) list) (capture: bool) (arguments: string list) =
    let info = ProcessStartInfo("dotnet", arguments, WorkingDirectory = __SOURCE_DIRECTORY__)
    info.RedirectStandardOutput <- capture
    info.RedirectStandardError <- capture
    // As Directory.Build.props sets it for programs; scripts have no settings of their own.
    info.Environment["DOTNET_TieredPGO"] <- "0"
    environment |> List.iter (fun (name, value) -> info.Environment[name] <- value)
    use child = Process.Start info |> nonNull
    let errors = if capture then child.StandardError.ReadToEndAsync() else Task.FromResult ""
    let output = if capture then child.StandardOutput.ReadToEnd() else ""
    child.WaitForExit()
    child.ExitCode, (output + errors.Result).Trim()

let dotnet (arguments: string list) =
    match run [] false arguments with
    | 0, _ -> ()
    | code, _ -> raise (Broken("dotnet " + String.Join(' ', arguments) + " ended with exit code " + string code))

// Packages -----------------------------------------------------------------------------------------------------------

/// The feed of the user's own NuGet settings: the first enabled address, otherwise the first enabled folder.
let userFeed () =
    let _, listing = run [] true [ "nuget"; "list"; "source"; "--format"; "short" ]

    // A line reads "E https://…": flags, of which E says enabled, then the source.
    let enabled =
        [ for line in listing.Split('\n', StringSplitOptions.TrimEntries) do
              match line.Split(' ', 2) with
              | [| flags; source |] when Array.contains flags [| "E"; "EM"; "EO"; "EP"; "EMO"; "EMP" |] -> source
              | _ -> () ]

    match enabled |> List.tryFind _.StartsWith("http") |> Option.orElse (List.tryHead enabled) with
    | Some source -> source
    | None -> raise (Broken "No package source is enabled: see 'dotnet nuget list source', or set NUGET_FEED.")

/// Restores tools and packages, unless all that decides about them is as it was last time.
let restore () =
    let variable (name: string) = Environment.GetEnvironmentVariable name

    if String.IsNullOrEmpty(variable "NUGET_FEED") then
        Environment.SetEnvironmentVariable("NUGET_FEED", userFeed ())

    let references = Directory.GetFiles(inRoot ".", "paket.references", SearchOption.AllDirectories)
    let inputs = [ inRoot "paket.dependencies"; inRoot ".config/dotnet-tools.json"; yield! Array.sort references ]
    let home = Environment.GetFolderPath Environment.SpecialFolder.UserProfile
    let facts = [ variable "NUGET_FEED"; variable "NUGET_PACKAGES"; home; yield! List.map File.ReadAllText inputs ]
    let hash = String.Join('\n', facts) |> Encoding.UTF8.GetBytes |> SHA256.HashData |> Convert.ToHexString
    let stamp = inRoot "artifacts/restored.stamp"
    let made = [ stamp; inRoot "paket.lock"; inRoot ".paket/Paket.Restore.targets" ]

    if not (List.forall File.Exists made && File.ReadAllText stamp = hash) then
        step "restore tools" (fun () -> dotnet [ "tool"; "restore" ])
        step "install packages" (fun () -> dotnet [ "paket"; "install" ])
        Directory.CreateDirectory(inRoot "artifacts") |> ignore
        File.WriteAllText(stamp, hash)

let compile (project: string) =
    restore ()
    step ("build " + project) (fun () -> dotnet [ "build"; project; "-c"; "Release"; "--nologo"; "-v"; "minimal" ])

// For users ----------------------------------------------------------------------------------------------------------

/// The library, one package with all its assemblies, and the command line, from what has been built.
let makePackages (folder: string) (suffix: string) =
    let pinned =
        Regex.Matches(File.ReadAllText(inRoot "paket.dependencies"), @"^nuget (\S+) == (\S+)", RegexOptions.Multiline)

    let properties =
        [ for line in pinned -> "-p:" + line.Groups[1].Value.Replace('.', '_') + "=" + line.Groups[2].Value ]

    let quietly (arguments: string list) =
        match run [] true arguments with
        | 0, output -> output
        | _, output -> raise (Broken output)

    let version = quietly [ "msbuild"; "src/Kernels/Kernels.csproj"; "-getProperty:Version" ] + suffix
    let library = [ "pack"; "src/Api.CSharp/Noether.nuspec"; "-o"; folder; "--version"; version ]
    let tool = [ "pack"; "src/Cli"; "-c"; "Release"; "--no-build"; "-o"; folder; "-p:PackageVersion=" + version ]
    quietly (library @ properties) |> ignore
    quietly tool |> ignore
    version

let pack () =
    compile "src/Api.CSharp/Api.CSharp.csproj"
    compile "src/Cli/Cli.csproj"
    let version = step "pack" (fun () -> makePackages "artifacts/packages" "")
    say ("artifacts/packages: Noether and Noether.Cli " + version)

/// The command line as one file for this machine: with its runtime, or for an installed one where the feed has none.
let publish () =
    restore ()
    let rid = RuntimeInformation.RuntimeIdentifier
    let ending = if OperatingSystem.IsWindows() then ".exe" else ""
    let target = "artifacts/noether-" + rid + "/noether" + ending
    let parts = "artifacts/publish/parts-" + rid

    let ways =
        [ "with its runtime, compiled ahead of time", [ "--self-contained"; "-p:PublishReadyToRun=true" ]
          "with its runtime", [ "--self-contained" ]
          "for an installed .NET 10", [ "--no-self-contained" ] ]

    let rec attempt ways =
        match ways with
        | [] -> raise (Broken "The command line cannot be published.")
        | (name, options) :: rest ->
            let arguments =
                [ "publish"; "src/Cli"; "-c"; "Release"; "-r"; rid; "-o"; parts; "-p:PublishSingleFile=true" ]

            let code, output = run [] true (arguments @ options)

            // The error of a package that is in no feed.
            if code = 0 then
                name
            elif output.Contains "NU1101" || output.Contains "NU1102" then
                say ("Not " + name + ": the feed has no package for it.")
                attempt rest
            else
                raise (Broken output)

    let name = step ("publish for " + rid) (fun () -> attempt ways)
    Directory.CreateDirectory(Path.GetDirectoryName(inRoot target) |> nonNull) |> ignore
    File.Move(Path.Combine(inRoot parts, "Noether.Cli" + ending), inRoot target, true)
    let size = float (FileInfo(inRoot target).Length) / 1048576.0
    say (target + ": one file, " + name + ", " + size.ToString "0" + " MiB")

// Tests --------------------------------------------------------------------------------------------------------------

/// What a run of tests gives: its name, what it wrote, and outcome and name of each test.
type TestRun = { Name: string; Output: string; Outcomes: (string * string) list }

let attribute (key: string) (element: XElement) = string (element.Attribute(XName.Get key) |> nonNull).Value

/// A run with its outcomes; a run without tests has failed unless only some were asked for, and so has one that ended
/// badly although no test did.
let testRun (name: string) (only: string option) (code: int) (output: string) (outcomes: (string * string) list) =
    let failed = outcomes |> List.exists (fun (outcome, _) -> outcome = "Failed")

    let told =
        [ if outcomes.IsEmpty && (only.IsNone || code <> 0) then "Failed", name + ": no test found"
          elif code <> 0 && not failed then "Failed", name + ": exit code " + string code ]

    { Name = name; Output = output; Outcomes = told @ outcomes }

/// The elements of a file of results, none where the run did not get to write all of it; texts may hold any character.
let elements (path: string) (tag: string) =
    try
        use reader = XmlReader.Create(path, XmlReaderSettings(CheckCharacters = false))
        XDocument.Load(reader).Descendants() |> Seq.filter (fun element -> element.Name.LocalName = tag) |> List.ofSeq
    with
    | :? FileNotFoundException
    | :? XmlException -> []

/// The xunit tests of a project, run with a setting of the runtime or none.
let xunitRun (name: string) (project: string) (environment: (string * string) list) (only: string option) () =
    let assembly = "artifacts/bin/" + project + "/release/Noether." + project + ".dll"
    let logger = [ "--logger"; "trx;LogFileName=" + name + ".trx"; "--results-directory"; results ]

    let filter =
        only |> Option.map (fun part -> [ "--filter"; "FullyQualifiedName~" + part ]) |> Option.defaultValue []

    let code, output = run environment true ([ "test"; assembly ] @ logger @ filter)

    [ for test in elements (Path.Combine(results, name + ".trx")) "UnitTestResult" do
          attribute "outcome" test, name + ": " + attribute "testName" test ]
    |> testRun name only code output

/// The Expecto tests of a project, which is a program.
let expectoRun (project: string) (only: string option) () =
    let assembly = "artifacts/bin/" + project + "/release/Noether." + project + ".dll"
    let file = Path.Combine(results, project + ".xml")
    let plain = [ "--colours"; "0"; "--no-spinner"; "--junit-summary"; file ]
    let filter = only |> Option.map (fun part -> [ "--filter-test-list"; part ]) |> Option.defaultValue []
    Directory.CreateDirectory results |> ignore
    let code, output = run [] true (assembly :: plain @ filter)

    [ for test in elements file "testcase" do
          let parts = test.Elements() |> Seq.map _.Name.LocalName |> set
          let bad = parts.Contains "failure" || parts.Contains "error"

          let outcome =
              if bad then "Failed"
              elif parts.Contains "skipped" then "NotExecuted"
              else "Passed"

          outcome, project + ": " + attribute "name" test ]
    |> testRun project only code output

let runScript (path: string) = run [] true [ "fsi"; "--optimize+"; path ]

let scriptRun (path: string) () =
    let code, output = runScript path
    let name = "scripts/" + Path.GetFileName path

    { Name = name
      Output = output
      Outcomes = [ ((if code = 0 then "Passed" else "Failed"), name) ] }

/// Packages made of what was built, in the hands of a stranger.
let packagesRun () =
    let name, folder = "tests/Packages/check.fsx", inRoot "artifacts/packages-tested"
    if Directory.Exists folder then Directory.Delete(folder, true)

    let code, output =
        try
            let version = makePackages folder "-tested"
            run [] true [ "fsi"; name; folder; version ]
        with Broken message ->
            1, message

    { Name = name
      Output = output
      Outcomes = [ ((if code = 0 then "Passed" else "Failed"), name) ] }

/// Projects and scripts that take longest, so that they begin first.
let slow = [ "Laws.Tests"; "Physics.Tests"; "Learning.Tests"; "Training.Tests"; "Cli.Tests" ]

/// The kernels at every width of vectors, every test project, every script that loads the library, and the packages;
/// the longest first. With a part of a name: the tests whose list or class has it, and the scripts that have it.
let runs (only: string option) =
    let wanted (name: string) = only |> Option.forall name.Contains

    let projects =
        Directory.GetDirectories(inRoot "tests", "*.Tests")
        |> Array.map (Path.GetFileName >> nonNull)
        |> Array.sortBy (fun name -> (List.tryFindIndex ((=) name) slow |> Option.defaultValue slow.Length), name)

    [ for project in projects do
          if File.Exists(inRoot ("tests/" + project + "/" + project + ".fsproj")) then
              expectoRun project only
          else
              xunitRun project project [] only
      for width in [ "HWIntrinsic"; "AVX2"; "AVX512" ] do
          xunitRun ("Kernels.Tests-without-" + width) "Kernels.Tests" [ ("DOTNET_Enable" + width, "0") ] only
      if wanted "tests/Packages/check.fsx" then packagesRun
      for script in Directory.GetFiles(inRoot "scripts", "*.fsx") |> Array.sort do
          if wanted ("scripts/" + Path.GetFileName script) && File.ReadAllText(script).Contains "#load" then
              scriptRun script ]

/// Runs two at a time; each one's output stays in one piece.
let runAll (only: string option) =
    let timed (run: unit -> TestRun) =
        async {
            let watch = Stopwatch.StartNew()
            let run = run ()
            lock results (fun () -> say ("-- " + run.Name + ": " + seconds watch + "\n" + run.Output))
            return run.Outcomes
        }

    if Directory.Exists results then Directory.Delete(results, true)

    Async.Parallel(List.map timed (runs only), 2) |> Async.RunSynchronously |> List.concat

let test (only: string option) =
    let outcomes =
        try
            compile solution
            step "tests" (fun () -> runAll only)
        with Broken message ->
            [ ("Failed", message) ]

    let count (outcome: string) = outcomes |> List.filter (fst >> (=) outcome) |> List.length
    let passed, skipped = count "Passed", count "NotExecuted"
    let failed = outcomes.Length - passed - skipped

    for outcome, name in outcomes do
        if outcome <> "Passed" && outcome <> "NotExecuted" then say ("FAILED " + name)

    let skips = if skipped = 0 then "" else ", " + string skipped + " skipped"
    say (string passed + " passed, " + string failed + " failed" + skips)
    if failed = 0 && passed > 0 then 0 else 1

// The site -----------------------------------------------------------------------------------------------------------

let docs () =
    compile solution

    let output (path: string) =
        match step ("run " + Path.GetFileName path) (fun () -> runScript path) with
        | 0, output -> output
        | _, output -> raise (Broken(path + " failed:\n" + output))

    say ("The site: " + Site.build __SOURCE_DIRECTORY__ output dotnet)

// Format, and the targets --------------------------------------------------------------------------------------------

let format (verify: bool) =
    restore ()
    let sources = [ "fantomas"; "src"; "tests"; "scripts"; "docs"; "build.fsx" ]
    step "fantomas" (fun () -> dotnet (sources @ (if verify then [ "--check" ] else [])))

    // Without the solution, whitespace takes a second; F# projects are none of this command's business.
    let folder = [ "whitespace"; "--folder"; "."; "--include"; "src"; "tests"; "benchmarks" ]

    for part in [ folder; [ "style"; solution; "--no-restore" ] ] do
        let arguments = "format" :: part @ (if verify then [ "--verify-no-changes" ] else [])
        step ("format " + part.Head) (fun () -> dotnet arguments)

let help =
    """dotnet fsi build.fsx <target>

  build        restore packages and build everything
  test         build, run every test and every script, print the counts
  test NAME    only the lists of tests, classes of tests and scripts whose names contain NAME
  quickstart   build the library and run scripts/quickstart.fsx
  format       format every source file
  check        fail if a source file is not formatted
  pack         make the packages of the library and of the command line, artifacts/packages
  publish      make the command line one file for this machine, artifacts/noether-...
  docs         build the site: pages, scripts with their output, reference
  bench ...    run the benchmarks; further arguments are theirs"""

try
    match List.tail (List.ofArray fsi.CommandLineArgs) with
    | [ "build" ] -> compile solution
    | [ "test" ] -> exit (test None)
    | [ "test"; part ] -> exit (test (Some part))
    | [ "quickstart" ] ->
        compile "src/Report/Report.csproj"
        compile "src/Laws/Laws.fsproj"
        step "quickstart" (fun () -> dotnet [ "fsi"; "--optimize+"; "scripts/quickstart.fsx" ])
    | [ "pack" ] -> pack ()
    | [ "publish" ] -> publish ()
    | [ "docs" ] -> docs ()
    | [ "format" ] -> format false
    | [ "check" ] -> format true
    | "bench" :: rest ->
        compile "benchmarks/benchmarks.csproj"
        dotnet ([ "run"; "--project"; "benchmarks"; "-c"; "Release"; "--no-build"; "--" ] @ rest)
    | arguments ->
        say help
        exit (if arguments.IsEmpty || arguments = [ "help" ] then 0 else 2)
with Broken message ->
    Console.Error.WriteLine message
    exit 1
