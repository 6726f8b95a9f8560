/// The rule that tests read all that other programs computed: files of tests/Fixtures that an assembly opens.
module Noether.Tests.Unread

open Expecto
open Noether.Tests.Recorded

/// What a file says of itself is no result.
let private describes (path: string) =
    let last = path.Substring(path.LastIndexOf '/' + 1)
    List.contains last [ "note"; "program"; "model"; "definition"; "functions"; "aggregation"; "precision" ]

/// Whether a path begins with the names of another, of which `*` stands for any.
let private covers (start: string) (path: string) =
    let start, path = start.Split '/', path.Split '/'
    path.Length >= start.Length && Array.forall2 (fun s p -> s = "*" || s = p) start path[.. start.Length - 1]

/// What no test has read of a file: paths, each with how many values of how many. Paths that begin as one that is left
/// out are not among them; one that is left out and has been read is.
let private unread (leftOut: string list) (file: Entry) =
    let missing =
        file.Leaves ""
        |> Seq.filter (fst >> describes >> not)
        |> Seq.groupBy fst
        |> Seq.map (fun (path, leaves) -> path, Seq.length (Seq.filter (snd >> not) leaves), Seq.length leaves)
        |> Seq.filter (fun (_, count, _) -> count > 0)
        |> List.ofSeq

    [ for path, count, all in missing do
          if not (List.exists (fun start -> covers start path) leftOut) then
              $"{path}: {count} of {all} unread"
      for start in leftOut do
          if not (List.exists (fun (path, _, _) -> covers start path) missing) then $"{start}: has been read" ]

/// Runs the tests of an assembly. Where all of them ran, one more test for each recorded file that they opened fails for
/// entries that no test read: a file, paths of what is left out, and the reason.
let runTests (leftOut: (string * string list * string) list) (arguments: string[]) =
    let code = runTestsInAssemblyWithCLIArgs [] arguments
    let isPart = arguments |> Array.exists (fun argument -> argument.Contains "filter" || argument.Contains "list")

    let complete =
        [ for file in files do
              let own =
                  [ for name, paths, _ in leftOut do
                        if name = file.Key then yield! paths ]

              if file.Value.IsValueCreated then
                  testCase file.Key (fun () ->
                      match unread own file.Value.Value with
                      | [] -> ()
                      | entries -> failtest (String.concat "\n" entries)) ]

    if isPart || complete.IsEmpty then
        code
    else
        max code (runTestsWithCLIArgs [] [||] (testList "All that is recorded is read" complete))
