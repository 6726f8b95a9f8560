/// The packages as strangers use them: `dotnet fsi tests/Packages/check.fsx FOLDER VERSION`.
///
/// A new console project, a new script and the installed tool, in a folder of their own with a package cache of their
/// own, must print the same energy of the same crystal. Packages of others come from where the user's come from.
open System
open System.Diagnostics
open System.Globalization
open System.IO

let feed, version =
    match List.tail (List.ofArray fsi.CommandLineArgs) with
    | [ folder; version ] -> Path.GetFullPath folder, version
    | _ -> failwith "usage: check.fsx FOLDER VERSION"

let home = Directory.CreateTempSubdirectory("noether-packages-").FullName
let inHome (name: string) = Path.Combine(home, name)

/// What a user has already fetched need not be fetched again; what is fetched here goes away with the folder.
let userCache =
    match Environment.GetEnvironmentVariable "NUGET_PACKAGES" with
    | null
    | "" -> Path.Combine(Environment.GetFolderPath Environment.SpecialFolder.UserProfile, ".nuget", "packages")
    | path -> path

/// The output of a program that must succeed.
let run (program: string) (folder: string) (arguments: string list) =
    let info = ProcessStartInfo(program, arguments, WorkingDirectory = folder, RedirectStandardOutput = true)
    info.Environment["NUGET_PACKAGES"] <- inHome "cache"
    if Directory.Exists userCache then info.Environment["NUGET_FALLBACK_PACKAGES"] <- userCache
    let watch = Stopwatch.StartNew()
    use child = Process.Start info |> nonNull
    let output = child.StandardOutput.ReadToEnd().Trim()
    child.WaitForExit()
    let command = Path.GetFileName program + " " + String.Join(' ', arguments)
    printfn "%s: %.1f s" command watch.Elapsed.TotalSeconds

    if child.ExitCode <> 0 then failwith $"{command} ended with exit code {child.ExitCode}:\n{output}"

    output

let dotnet = run "dotnet"

let number (text: string) = Double.Parse(text, CultureInfo.InvariantCulture)

let lastLine (text: string) = text.Split '\n' |> Array.last |> _.Trim()

/// A console project of a stranger, and what it prints.
let project () =
    let folder = Directory.CreateDirectory(inHome "console").FullName
    dotnet folder [ "new"; "console"; "--no-restore" ] |> ignore

    File.WriteAllText(
        Path.Combine(folder, "Program.cs"),
        """using System.Globalization;
using Noether;

Structure crystal = Crystal.FaceCentredCubic("Ar", 5.3).Rattle(0.1, seed: 1);
Potential argon = Potential.LennardJones(epsilon: 0.0104, sigma: 3.4, cutoff: 8.5, Truncation.ForceShifted);
crystal.Write("argon.extxyz");
Console.WriteLine(argon.Evaluate(crystal).Energy.ToString("R", CultureInfo.InvariantCulture));
"""
    )

    dotnet folder [ "add"; "package"; "Noether"; "--version"; version ] |> ignore
    lastLine (dotnet folder [ "run" ])

/// A script of a stranger, and what it prints.
let script () =
    let folder = Directory.CreateDirectory(inHome "script").FullName

    File.WriteAllText(
        Path.Combine(folder, "argon.fsx"),
        $"""#i "nuget: {feed.Replace('\\', '/')}"
#r "nuget: Noether, {version}"
open System.Globalization
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics

let crystal =
    Crystal.fcc "Ar" 5.3 |> Result.bind (Structure.rattle 0.1 (RandomKey.FromSeed 1UL)) |> Outcome.getOrFail

let argon =
    PairParameters.everywhere 8.5 (Tensor.vector [ 0.0104; 3.4 ])
    |> Result.bind (PairPotential.create "argon" (LennardJones()) ForceShifted)
    |> Outcome.getOrFail

let results = Evaluate.run argon crystal |> Outcome.getOrFail
System.Console.WriteLine(results.Energy.ToString("R", CultureInfo.InvariantCulture))
"""
    )

    lastLine (dotnet folder [ "fsi"; "argon.fsx" ])

/// The installed tool, and the energy that it prints.
let tool (structure: string) =
    let folder = inHome "tools"
    dotnet home [ "tool"; "install"; "noether.cli"; "--tool-path"; folder; "--version"; version ] |> ignore
    let name = if OperatingSystem.IsWindows() then "noether.exe" else "noether"
    let noether = run (Path.Combine(folder, name)) home
    let said = noether [ "--version" ]

    if not (said.Contains(version.Split('-')[0])) then failwith $"noether --version says '{said}'"

    let potential = "lj:epsilon=0.0104,sigma=3.4,cutoff=8.5,end=force-shifted"
    let line = noether [ "energy"; structure; "--potential"; potential; "--json" ]
    use document = Text.Json.JsonDocument.Parse(lastLine line)
    document.RootElement.GetProperty("energy").GetDouble()

try
    File.WriteAllText(
        inHome "nuget.config",
        $"""<configuration><packageSources><add key="noether" value="{feed}" /></packageSources></configuration>"""
    )

    let ofProject = project ()
    let ofScript = script ()
    let ofTool = tool (inHome "console/argon.extxyz")
    printfn "project %s eV, script %s eV, tool %s eV" ofProject ofScript (ofTool.ToString "R")

    if ofProject <> ofScript || number ofProject <> ofTool then
        failwith "The packages disagree about an energy."
finally
    Directory.Delete(home, true)
