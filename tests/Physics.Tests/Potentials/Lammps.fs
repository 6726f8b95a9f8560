/// One evaluation by LAMMPS (`lmp`).
module Noether.Tests.Lammps

open System
open System.Diagnostics
open System.Globalization
open System.IO
open Expecto
open Noether.Domain

/// A number as LAMMPS reads it, to the last digit.
let text (x: float) = x.ToString("R", CultureInfo.InvariantCulture)

/// An interaction as LAMMPS is told of it.
type LammpsInput =
    {
        /// Lines of the script: styles and coefficients.
        Style: string list
        /// Files by name that these read.
        Files: (string * string) list
        /// The elements, in the order of types.
        Elements: string list
        /// The charges of atoms, where they have some.
        Charges: float list option
        /// Periodic or fixed boundaries.
        Boundary: string
    }

/// The structure as LAMMPS reads it, its cell lower triangular; types in the order of the elements.
let private dataFile input (structure: Structure) =
    let h = structure.Cell.Vectors
    let line (words: float list) = words |> List.map text |> String.concat " "

    [ yield "a mixture"
      yield ""
      yield $"{structure.Count} atoms"
      yield $"{input.Elements.Length} atom types"
      yield $"0 {text h[0]} xlo xhi"
      yield $"0 {text h[4]} ylo yhi"
      yield $"0 {text h[8]} zlo zhi"
      if h[3] <> 0.0 || h[6] <> 0.0 || h[7] <> 0.0 then yield line [ h[3]; h[6]; h[7] ] + " xy xz yz"
      yield ""
      yield "Masses"
      yield ""
      for k in 1 .. input.Elements.Length do
          yield $"{k} 1.0"
      yield ""
      yield "Atoms"
      yield ""
      for i in 0 .. structure.Count - 1 do
          let kind = 1 + List.findIndex ((=) (Elements.symbol structure.Numbers[i])) input.Elements

          let charge =
              match input.Charges with
              | Some charges -> text charges[i] + " "
              | None -> ""

          yield $"{i + 1} {kind} {charge}" + line [ for c in 0..2 -> structure.Positions[3 * i + c] ] ]
    |> String.concat "\n"

let private script input =
    let style = if input.Charges.IsSome then "charge" else "atomic"

    [ "units lj"; $"atom_style {style}"; $"boundary {input.Boundary}"; "box tilt large"; "read_data data" ]
    @ input.Style
    @ [ "neighbor 0.1 bin"
        "compute w all pressure NULL virial"
        "variable e equal pe"
        "variable v equal vol"
        "thermo_modify norm no"
        "thermo_style custom pe vol c_w[1] c_w[2] c_w[3] c_w[4] c_w[5] c_w[6]"
        "thermo_modify norm no format float %.17g"
        "dump d all custom 1 forces id fx fy fz"
        "dump_modify d sort id format float %.17g"
        "run 0" ]

/// Energy, forces and virial, in units without constants.
let runLammps (input: LammpsInput) (structure: Structure) : float * float[] * float list =
    let folder = Path.Combine(Path.GetTempPath(), $"noether-lammps-{Environment.ProcessId}-{Guid.NewGuid():N}")
    let inside (name: string) = Path.Combine(folder, name)
    Directory.CreateDirectory folder |> ignore

    try
        File.WriteAllLines(inside "in", script input)
        File.WriteAllText(inside "data", dataFile input structure + "\n")

        for name, content in input.Files do
            File.WriteAllText(inside name, content)

        let start = ProcessStartInfo(lammps.Value.Value, "-in in -log log -screen none", WorkingDirectory = folder)
        start.RedirectStandardError <- true
        start.RedirectStandardOutput <- true
        start.Environment["OMP_NUM_THREADS"] <- "1"
        use lammps = nonNull (Process.Start start)
        let errors = lammps.StandardError.ReadToEndAsync()
        let output = lammps.StandardOutput.ReadToEndAsync()
        lammps.WaitForExit()
        let log = File.ReadAllLines(inside "log")
        let all = String.concat "\n" log
        Expect.isTrue (lammps.ExitCode = 0) $"{all}\n{errors.Result}\n{output.Result}"
        let words (line: string) = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        let values line = words line |> Array.map (fun word -> Double.Parse(word, CultureInfo.InvariantCulture))
        let heading = log |> Array.findIndex (fun line -> line.TrimStart().StartsWith "PotEng")
        let row = values log[heading + 1]
        let w k = row[1] * row[2 + k]
        // xx, yy, zz, xy, xz, yz
        let virial = [ w 0; w 3; w 4; w 3; w 1; w 5; w 4; w 5; w 2 ]
        let forces = File.ReadAllLines(inside "forces")[9..] |> Array.collect (fun line -> (values line)[1..])
        row[0], forces, virial
    finally
        Directory.Delete(folder, true)
