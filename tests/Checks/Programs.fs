/// Programs that some machines have: tests against them are skipped, saying so, on the others.
[<AutoOpen>]
module Noether.Tests.Programs

open System
open System.IO
open Expecto

/// The path of a program that the search path has.
let installed (name: string) =
    let folders =
        match Environment.GetEnvironmentVariable "PATH" with
        | null -> ""
        | folders -> folders

    folders.Split Path.PathSeparator
    |> Array.map (fun folder -> Path.Combine(folder, name))
    |> Array.tryFind File.Exists

/// LAMMPS, if the machine has it.
let lammps = lazy (installed "lmp")

/// Skips the test on a machine without LAMMPS.
let needsLammps () = if lammps.Value.IsNone then skiptest "LAMMPS (lmp) is not installed: nothing was compared with it."
