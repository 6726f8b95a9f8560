/// A file is written whole or not at all.
module Noether.Tests.OutputFileTests

open System
open System.IO
open System.IO.Compression
open Expecto
open Noether.Domain

/// The names of the files beside a file.
let private beside (path: string) = [ for file in (nonNull (FileInfo(path).Directory)).GetFiles() -> file.Name ]

let private inFolder (test: (string -> string) -> unit) =
    let folder = Directory.CreateTempSubdirectory "noether-"

    try
        test (fun name -> Path.Combine(folder.FullName, name))
    finally
        folder.Delete true

let private failure (act: unit -> unit) =
    match NoetherError.kind (raisesAny<NoetherException> act).Error with
    | FileFailure(_, reason) -> reason
    | other -> failwith $"{other}"

[<Tests>]
let tests =
    testList
        "OutputFile"
        [ testCase "The old file stays until the new one is committed, and nothing is left beside it" (fun () ->
              inFolder (fun at ->
                  File.WriteAllText(at "a", "old")

                  using (new OutputFile(at "a")) (fun file ->
                      file.Write "new"
                      equal "old" (File.ReadAllText(at "a"))
                      file.Commit())

                  equal "new" (File.ReadAllText(at "a"))
                  equal [ "a" ] (beside (at "a"))))

          testCase "What is not committed leaves the old file and nothing else" (fun () ->
              inFolder (fun at ->
                  File.WriteAllText(at "a", "old")
                  using (new OutputFile(at "a")) (fun file -> file.Write "half")

                  raisesAny<DivideByZeroException>(fun () ->
                      OutputFile.WriteAll(
                          at "a",
                          seq {
                              yield "half"
                              raise (DivideByZeroException())
                          }
                      ))
                  |> ignore

                  equal "old" (File.ReadAllText(at "a"))
                  equal [ "a" ] (beside (at "a"))))

          testCase "What a killed process left beside is replaced" (fun () ->
              inFolder (fun at ->
                  File.WriteAllText(at "a.tmp", "half of something longer")
                  OutputFile.WriteAll(at "a", [ "new" ])
                  equal "new" (File.ReadAllText(at "a"))
                  isFalse (File.Exists(at "a.tmp"))))

          testCase "A missing folder, a folder in its place and a second writer are refused at once" (fun () ->
              inFolder (fun at ->
                  contains "there is no folder" (failure (fun () -> (new OutputFile(at "none/a")).Dispose()))
                  Directory.CreateDirectory(at "folder") |> ignore
                  equal "it is a folder" (failure (fun () -> (new OutputFile(at "folder")).Dispose()))
                  use _ = new OutputFile(at "a")
                  contains "another process" (failure (fun () -> (new OutputFile(at "a")).Dispose()))))

          testCase "A name that ends in .gz is compressed" (fun () ->
              inFolder (fun at ->
                  OutputFile.WriteAll(at "a.gz", [ "one"; " two" ])
                  use stream = new GZipStream(File.OpenRead(at "a.gz"), CompressionMode.Decompress)
                  use reader = new StreamReader(stream)
                  equal "one two" (reader.ReadToEnd())))

          if OperatingSystem.IsLinux() then
              testCase "Links are followed, permissions kept" (fun () ->
                  inFolder (fun at ->
                      let mode = UnixFileMode.UserRead ||| UnixFileMode.UserWrite ||| UnixFileMode.GroupRead
                      File.WriteAllText(at "target", "old")
                      File.SetUnixFileMode(at "target", mode)
                      File.CreateSymbolicLink(at "link", at "target") |> ignore
                      OutputFile.WriteAll(at "link", [ "new" ])
                      isTrue (not (isNull (FileInfo(at "link").LinkTarget)))
                      equal "new" (File.ReadAllText(at "target"))
                      equal mode (File.GetUnixFileMode(at "target"))))

              testCase "The folder of shared memory holds files, not devices" (fun () ->
                  let path = $"/dev/shm/noether-{Environment.ProcessId}.txt"

                  if Directory.Exists "/dev/shm" then
                      try
                          OutputFile.WriteAll(path, [ "new" ])
                          equal "new" (File.ReadAllText path)
                      finally
                          File.Delete path
                  else
                      skiptest "no /dev/shm: nothing was written there.")

              testCase "Devices are written, not replaced, and a full one says so" (fun () ->
                  OutputFile.WriteAll("/dev/null", [ "new" ])
                  isFalse (File.Exists "/dev/null.tmp")
                  contains "No space left" (failure (fun () -> OutputFile.WriteAll("/dev/full", [ "new" ])))) ]
