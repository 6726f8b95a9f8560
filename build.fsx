/// Everything the repository can do: `dotnet fsi build.fsx <target>`. Run it without a target for the list.
open System
open System.Diagnostics
open System.IO
open System.Security.Cryptography
open System.Text
open System.Threading
open System.Xml.Linq

let root = __SOURCE_DIRECTORY__
let inRoot (path: string) = Path.Combine(root, path)
let solution = "Functional.sln"
let results = inRoot "artifacts/tests"
let say (text: string) = Console.Out.WriteLine text

/// What went wrong, in the words the user reads; the exit code is then 1.
exception Broken of string

let seconds (watch: Stopwatch) = watch.Elapsed.TotalSeconds.ToString "0.0" + " s"

/// A timed step of a target.
let step (name: string) (action: unit -> 'T) =
    say ("== " + name)
    let watch = Stopwatch.StartNew()
    let result = action ()
    say ("== " + name + ": " + seconds watch)
    result

let start (environment: (string * string) list) (capture: bool) (arguments: string list) =
    let info = ProcessStartInfo("dotnet", arguments, WorkingDirectory = root)
    info.RedirectStandardOutput <- capture
    info.RedirectStandardError <- capture
    environment |> List.iter (fun (name, value) -> info.Environment[name] <- value)
    Process.Start info |> nonNull

/// Runs `dotnet` with its output on ours; the exit code.
let exitCode (arguments: string list) =
    use child = start [] false arguments
    child.WaitForExit()
    child.ExitCode

let dotnet (arguments: string list) =
    match exitCode arguments with
    | 0 -> ()
    | code -> raise (Broken("dotnet " + String.Join(' ', arguments) + " ended with exit code " + string code))

/// Runs `dotnet` and keeps its output and errors, in the order they came.
let captured (environment: (string * string) list) (arguments: string list) =
    use child = start environment true arguments
    let text = StringBuilder()

    let keep (line: string | null) =
        match line with
        | null -> ()
        | line -> lock text (fun () -> text.AppendLine line |> ignore)

    child.OutputDataReceived.Add(fun event -> keep event.Data)
    child.ErrorDataReceived.Add(fun event -> keep event.Data)
    child.BeginOutputReadLine()
    child.BeginErrorReadLine()
    child.WaitForExit()
    child.ExitCode, text.ToString()

// Packages -----------------------------------------------------------------------------------------------------------

/// The feed of the user's own NuGet settings: the first enabled address, otherwise the first enabled folder.
let userFeed () =
    let _, listing = captured [] [ "nuget"; "list"; "source"; "--format"; "short" ]

    // A line reads "E https://…": flags (E for enabled), a space, the source.
    let enabled =
        [ for line in listing.Split('\n', StringSplitOptions.TrimEntries) do
              match line.IndexOf ' ' with
              | space when space > 0 && line[0] = 'E' && line.AsSpan(0, space).IndexOfAnyExceptInRange('A', 'Z') < 0 ->
                  line.Substring(space + 1).Trim()
              | _ -> () ]

    let isAddress (source: string) = source.StartsWith("http", StringComparison.OrdinalIgnoreCase)

    match List.tryFind isAddress enabled |> Option.orElse (List.tryHead enabled) with
    | Some source -> source
    | None -> raise (Broken "No package source is enabled: see 'dotnet nuget list source', or set NUGET_FEED.")

/// Restores tools and packages, unless what decides about them is as it was last time.
let restore () =
    if String.IsNullOrEmpty(Environment.GetEnvironmentVariable "NUGET_FEED") then
        Environment.SetEnvironmentVariable("NUGET_FEED", userFeed ())

    let references = Directory.GetFiles(root, "paket.references", SearchOption.AllDirectories) |> Array.sort
    let inputs = Array.append [| inRoot "paket.dependencies"; inRoot ".config/dotnet-tools.json" |] references
    let place = Environment.GetFolderPath Environment.SpecialFolder.UserProfile
    let packages = Environment.GetEnvironmentVariable "NUGET_PACKAGES"
    let feed = Environment.GetEnvironmentVariable "NUGET_FEED"
    let facts = String.Join('\n', [| yield! Array.map File.ReadAllText inputs; place; packages; feed |])
    let hash = facts |> Encoding.UTF8.GetBytes |> SHA256.HashData |> Convert.ToHexString
    let stamp = inRoot "artifacts/restored.stamp"
    let made = [ stamp; inRoot "paket.lock"; inRoot ".paket/Paket.Restore.targets" ]

    if not (List.forall File.Exists made && File.ReadAllText stamp = hash) then
        step "restore tools" (fun () -> dotnet [ "tool"; "restore" ])
        step "install packages" (fun () -> dotnet [ "paket"; "install" ])
        Directory.CreateDirectory(inRoot "artifacts") |> ignore
        File.WriteAllText(stamp, hash)

let compile (project: string) =
    restore ()
    step ("build " + project) (fun () -> dotnet [ "build"; project; "-c"; "Release"; "-v"; "minimal"; "--nologo" ])

// Tests --------------------------------------------------------------------------------------------------------------

type Job =
    {
        Name: string
        Environment: (string * string) list
        Arguments: string list
        /// The file with the counts; a script has none and counts as one test.
        Counts: string option
    }

type Tally = { Passed: int; Skipped: int; Failed: string list }

let testRun (name: string) (project: string) (environment: (string * string) list) =
    let assembly = "artifacts/bin/" + project + "/release/Noether." + project + ".dll"
    let logger = "trx;LogFileName=" + name + ".trx"

    { Name = name
      Environment = environment
      Arguments = [ "test"; assembly; "--logger"; logger; "--results-directory"; results ]
      Counts = Some(Path.Combine(results, name + ".trx")) }

let scriptRun (path: string) =
    { Name = "scripts/" + Path.GetFileName path
      Environment = []
      Arguments = [ "fsi"; "--optimize+"; path ]
      Counts = None }

/// Every test project; the kernels at every width of vectors; every script.
let jobs () =
    let projects =
        Directory.GetDirectories(inRoot "tests", "*.Tests")
        |> Array.map Path.GetFileName
        |> Array.sortDescending
        |> List.ofArray

    let widths = [ "AVX512"; "AVX2"; "HWIntrinsic" ]

    [ for project in projects do
          testRun project project []
      for path in Directory.GetFiles(inRoot "scripts", "*.fsx") |> Array.sort do
          scriptRun path
      for width in widths do
          testRun ("Kernels.Tests-without-" + width) "Kernels.Tests" [ ("DOTNET_Enable" + width, "0") ] ]

let tally (job: Job) (code: int) =
    match job.Counts with
    | None when code = 0 -> { Passed = 1; Skipped = 0; Failed = [] }
    | Some file when File.Exists file ->
        let document = XDocument.Load file
        let named (name: string) = document.Descendants() |> Seq.filter (fun element -> element.Name.LocalName = name)
        let value (name: string) (element: XElement) = string (element.Attribute(XName.Get name) |> nonNull).Value
        let count (name: string) = named "Counters" |> Seq.sumBy (value name >> int)
        let failed = named "UnitTestResult" |> Seq.filter (fun result -> value "outcome" result = "Failed")
        let names = failed |> Seq.map (fun result -> job.Name + ": " + value "testName" result) |> List.ofSeq
        let broken = if code <> 0 && names.IsEmpty then [ job.Name + ": exit code " + string code ] else names
        let empty = if count "total" = 0 then [ job.Name + ": no test found" ] else []

        { Passed = count "passed"
          Skipped = count "total" - count "executed"
          Failed = broken @ empty }
    | _ ->
        { Passed = 0
          Skipped = 0
          Failed = [ job.Name + ": exit code " + string code ] }

/// Runs the jobs, two at a time, each one's output in one piece.
let runAll (jobs: Job list) =
    use free = new SemaphoreSlim(2)

    let run (job: Job) =
        async {
            let watch = Stopwatch.StartNew()
            let code, text = captured job.Environment job.Arguments
            let tally = tally job code
            lock results (fun () -> say ("-- " + job.Name + ": " + seconds watch + "\n" + text.Trim()))
            free.Release() |> ignore
            return tally
        }

    [ for job in jobs do
          free.Wait()
          Async.StartAsTask(run job) ]
    |> List.map _.Result

let test () =
    let tallies =
        try
            compile solution
            if Directory.Exists results then Directory.Delete(results, true)
            step "tests" (fun () -> jobs () |> runAll)
        with Broken message ->
            [ { Passed = 0; Skipped = 0; Failed = [ message ] } ]

    let passed, skipped = List.sumBy _.Passed tallies, List.sumBy _.Skipped tallies
    let failed = tallies |> List.collect _.Failed
    failed |> List.iter (fun name -> say ("FAILED " + name))
    let skips = if skipped = 0 then "" else ", " + string skipped + " skipped"
    say (string passed + " passed, " + string failed.Length + " failed" + skips)
    if failed.IsEmpty && passed > 0 then 0 else 1

// Format, and the targets --------------------------------------------------------------------------------------------

let format (changes: bool) =
    restore ()
    let fantomas = [ "fantomas"; "src"; "tests"; "scripts"; "build.fsx" ]
    step "fantomas" (fun () -> dotnet (if changes then fantomas else fantomas @ [ "--check" ]))

    for part in [ "whitespace"; "style" ] do
        let arguments = [ "format"; part; solution; "--no-restore" ]

        step ("format " + part) (fun () ->
            dotnet (if changes then arguments else arguments @ [ "--verify-no-changes" ]))

let help =
    """dotnet fsi build.fsx <target>

  build        restore packages and build everything
  test         build, run every test and every script, print the counts
  quickstart   build the library and run scripts/quickstart.fsx
  format       format every source file
  check        fail if a source file is not formatted
  bench ...    run the benchmarks; further arguments are theirs"""

let target (arguments: string list) =
    match arguments with
    | [ "build" ] ->
        compile solution
        0
    | [ "test" ] -> test ()
    | [ "quickstart" ] ->
        compile "src/Report/Report.csproj"
        step "quickstart" (fun () -> exitCode [ "fsi"; "--optimize+"; "scripts/quickstart.fsx" ])
    | [ "format" ] ->
        format true
        0
    | [ "check" ] ->
        format false
        0
    | "bench" :: rest ->
        compile "benchmarks/benchmarks.csproj"
        exitCode ([ "run"; "--project"; "benchmarks"; "-c"; "Release"; "--no-build"; "--" ] @ rest)
    | _ ->
        say help
        if arguments.IsEmpty || arguments = [ "help" ] then 0 else 2

let code =
    try
        target (List.tail (List.ofArray fsi.CommandLineArgs))
    with Broken message ->
        eprintfn "%s" message
        1

exit code
