/// Writing keeps what a format holds, and tells of the rest.
module Noether.Tests.WritingTests

open System
open System.Collections.Immutable
open System.Text
open Expecto
open FsCheck.FSharp
open Noether.Domain
open Noether.Tests.DomainChecks

/// The text of a file, and the notices that the writing gave.
let private written (format: Format) (structures: Structure list) : string * string list =
    let notices = ResizeArray<Notice>()
    let text = format.Pieces (WritingOptions.keeping notices.Add) structures |> String.concat ""
    text, [ for notice in notices -> notice.Text ]

let private read (format: Format) (text: string) : Structure * string list =
    let notices = ResizeArray<Notice>()
    let options = { ReadingOptions.usual with Notice = notices.Add }
    let found = format.Parse options "f" (Encoding.UTF8.GetBytes text) |> ok
    List.exactlyOne found, [ for notice in notices -> notice.ToString() ]

let private named name = Formats.ofName name |> ok

/// The formats that are written; HDF5 is read only.
let private formats = Formats.all |> List.filter (fun format -> not (List.contains "h5" format.Extensions))

/// A crystal with a property that no format but extended XYZ holds.
let private labelled =
    Crystal.rocksalt "Na" "Cl" 5.64
    |> ok
    |> Structure.withInfo "energy" (Property.real -1.5)
    |> ok
    |> Structure.withPerAtom "magmoms" (Property.booleans [ for _ in 1..8 -> true ])
    |> ok

let private turn (angle: float) (cell: Cell) =
    let c, s = cos angle, sin angle

    let turned k =
        let x, y, z = cell.Vectors[3 * k], cell.Vectors[3 * k + 1], cell.Vectors[3 * k + 2]
        [ c * x - s * z; y; s * x + c * z ]

    Cell.createOrFail (Array.ofList (List.collect turned [ 0..2 ])) (true, true, true)

[<Tests>]
let tests =
    testList
        "Writing"
        [ for format in formats do
              if format.Name <> "extended XYZ" then
                  testCase $"{format.Name} leaves out what it cannot hold and says so" (fun () ->
                      let text, notices = written format [ labelled ]
                      let back, _ = read format text
                      equal labelled.Numbers back.Numbers
                      closeAll "positions" 1e-3 labelled.Positions back.Positions
                      isTrue (notices |> List.exists (fun text -> text.Contains "'energy' of the structure"))
                      isTrue (notices |> List.exists (fun text -> text.Contains "'magmoms'"))
                      // Strict writing refuses the same.
                      let strict () = format.Pieces WritingOptions.strict [ labelled ] |> Seq.iter ignore
                      contains "'energy'" (raisesAny<NoetherException> strict).Message)

          testCase "What a format holds gives no notice" (fun () ->
              for format in formats do
                  let _, notices = written format [ Structure.bare labelled ]
                  isEmpty notices)

          testCase "A reason stands with a property of the wrong kind" (fun () ->
              let wrong = Structure.withPerAtom "velocities" (Property.integers [ 1L .. 8L ]) labelled |> ok
              let _, notices = written (named "vasp") [ wrong ]
              contains "'velocities' (the atom property 'velocities' is integer [8], expected three" notices[1])

          testCase "Open axes of a crystal are told of, a molecule is refused" (fun () ->
              let slab =
                  Structure.withCell
                      (Cell.createOrFail (Array.ofSeq labelled.Cell.Vectors) (true, true, false))
                      (Structure.bare labelled)

              for name in [ "vasp"; "cif"; "data"; "pdb" ] do
                  let _, notices = written (named name) [ slab ]
                  contains "pbc \"T T F\"" (List.exactlyOne notices)

              let molecule = Structure.withCell Cell.none slab

              for name in [ "vasp"; "cif"; "data" ] do
                  let print () = written (named name) [ molecule ] |> ignore
                  contains "holds crystals only" (raisesAny<NoetherException> print).Message)

          property
              "A cell that LAMMPS cannot hold is turned, and turned back by the reader"
              (Gen.zip bareStructures (Gen.choose (1, 62)))
              (fun (structure, tenths) ->
                  let cell = turn (float tenths / 10.0) labelled.Cell
                  let positions = structure.Positions |> Seq.map (fun x -> Math.IEEERemainder(x, 50.0))
                  let positions = ImmutableArray.CreateRange positions
                  let structure = Structure.createWith structure.Numbers positions cell [] [] |> ok

                  // A data file has an atom at least, and knows each element.
                  if structure.Count > 0 && Seq.forall (fun z -> z > 0) structure.Numbers then
                      let text, notices = written (named "data") [ structure ]
                      contains "turned: a LAMMPS data file needs" (List.exactlyOne notices)
                      let back, told = read (named "data") text
                      contains "f:1: turned back" (List.exactlyOne told)
                      closeAll "vectors" 1e-12 cell.Vectors back.Cell.Vectors
                      closeAll "positions" 1e-12 structure.Positions back.Positions

                  true)

          testCase "Strict writing does not turn a cell" (fun () ->
              let turned = Structure.bare labelled |> Structure.withCell (turn 0.3 labelled.Cell)
              contains "Lammps.align turns others" (message (LammpsData.format turned))) ]
