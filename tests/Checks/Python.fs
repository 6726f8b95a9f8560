/// Python, for comparisons with libraries that some machines have.
module Noether.Tests.Python

open System
open System.Diagnostics

/// Runs a script; its output where it ended well, else its errors.
let run (python: string) (script: string) (arguments: string list) : Result<string, string> =
    try
        let start =
            ProcessStartInfo(
                python,
                "-" :: arguments,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true
            )

        use child = Process.Start start |> nonNull
        let errors = child.StandardError.ReadToEndAsync()
        child.StandardInput.Write script
        child.StandardInput.Close()
        let output = child.StandardOutput.ReadToEnd()
        child.WaitForExit()
        if child.ExitCode = 0 then Ok output else Error errors.Result
    with :? ComponentModel.Win32Exception as reason ->
        Error reason.Message

/// A Python of this machine that runs these lines, such as imports, to their end.
let tryWith (lines: string) : string option =
    [ "/usr/bin/python3"; "python3" ] |> List.tryFind (fun python -> Result.isOk (run python lines []))
