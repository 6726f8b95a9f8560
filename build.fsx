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

/// The outcomes and names of the tests of one project, run with a setting of the runtime or none.
let testRun (name: string) (project: string) (environment: (string * string) list) () =
    let counts = Path.Combine(results, name + ".trx")
    let logger = "trx;LogFileName=" + name + ".trx"
    let assembly = "artifacts/bin/" + project + "/release/Noether." + project + ".dll"
    let arguments = [ "test"; assembly; "--logger"; logger; "--results-directory"; results ]
    let code, output = run environment true arguments
    let attribute (key: string) (element: XElement) = string (element.Attribute(XName.Get key) |> nonNull).Value

    let outcomes =
        [ if File.Exists counts then
              for element in XDocument.Load(counts).Descendants() do
                  if element.Name.LocalName = "UnitTestResult" then
                      attribute "outcome" element, name + ": " + attribute "testName" element ]

    let whole = if outcomes.IsEmpty then [ ("Failed", name + ": no test found") ] else outcomes
    let told = code = 0 || whole |> List.exists (fun (outcome, _) -> outcome = "Failed")
    name, output, (if told then whole else ("Failed", name + ": exit code " + string code) :: whole)

let runScript (path: string) = run [] true [ "fsi"; "--optimize+"; path ]

let scriptRun (path: string) () =
    let code, output = runScript path
    let name = "scripts/" + Path.GetFileName path
    name, output, [ ((if code = 0 then "Passed" else "Failed"), name) ]

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

    name, output, [ ((if code = 0 then "Passed" else "Failed"), name) ]

/// The kernels at every width of vectors, every test project, every script that loads the library, and the packages;
/// the longest first.
let runs () =
    [ for width in [ "HWIntrinsic"; "AVX2"; "AVX512" ] do
          testRun ("Kernels.Tests-without-" + width) "Kernels.Tests" [ ("DOTNET_Enable" + width, "0") ]
      for folder in Directory.GetDirectories(inRoot "tests", "*.Tests") |> Array.sortDescending do
          testRun (Path.GetFileName folder) (Path.GetFileName folder) []
      packagesRun
      for script in Directory.GetFiles(inRoot "scripts", "*.fsx") |> Array.sort do
          if File.ReadAllText(script).Contains "#load" then scriptRun script ]

/// Runs two at a time; each one's output stays in one piece.
let runAll () =
    let timed (run: unit -> string * string * (string * string) list) =
        async {
            let watch = Stopwatch.StartNew()
            let name, output, outcomes = run ()
            lock results (fun () -> say ("-- " + name + ": " + seconds watch + "\n" + output))
            return outcomes
        }

    if Directory.Exists results then Directory.Delete(results, true)

    Async.Parallel(List.map timed (runs ()), 2) |> Async.RunSynchronously |> List.concat

let test () =
    let outcomes =
        try
            compile solution
            step "tests" runAll
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
    | [ "test" ] -> exit (test ())
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
