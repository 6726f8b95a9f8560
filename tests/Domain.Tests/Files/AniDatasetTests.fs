/// Data sets of ANI in the three layouts that are in use; tests/Fixtures/ani/hdf5/make.py wrote them with h5py.
module Noether.Tests.AniDatasetTests

open System
open System.IO
open System.Text
open Expecto
open Noether.Domain
open Noether.Tests.DomainChecks

let private read (layout: string) : Structure list = Formats.read (fixture $"ani/hdf5/{layout}.h5") |> ok

let private info name (structure: Structure) = Structure.infoReal name structure |> ok

let private notices (path: string) =
    let found = ResizeArray<Notice>()
    Formats.framesWith { ReadingOptions.usual with Notice = found.Add } path |> Seq.iter (ok >> ignore)
    [ for notice in found -> notice.Text ]

/// 0, 0.1, … as float32, the coordinates of two molecules of three atoms.
let private coordinates first = [ for i in first .. first + 8 -> float (float32 (0.1 * float i)) ]

[<Tests>]
let tests =
    testList
        "AniDataset"
        [ testCase "The layout of ANI-1: symbols for all conformations" (fun () ->
              let molecules = read "legacy"

              equal
                  [ "gdb11_s01-1"; "gdb11_s01-1" ]
                  (molecules |> List.map (fun m -> string (Property.tryText m.Info["group"]).Value))

              equalSeq [ 8; 1; 1 ] molecules[1].Numbers
              closeAll "positions" 1e-15 (coordinates 9) molecules[1].Positions
              close "energy" 1e-10 (-76.2 * Units.hartree) (info "energy" molecules[1])
              equal Cell.none molecules[0].Cell)

          testCase "The layout of ANI-1x: a level of theory before each name, NaN where it was not used" (fun () ->
              let methane, first, second =
                  match read "ani1x" with
                  | [ methane; first; second ] -> methane, first, second
                  | other -> failwith $"{other.Length} structures"

              equalSeq [ 6; 1; 1; 1; 1 ] methane.Numbers
              isFalse (methane.PerAtom.ContainsKey "forces")
              equal (info "wb97x_dz.energy" first) (info "energy" first)
              equal first.PerAtom["wb97x_dz.forces"] first.PerAtom["forces"]
              let force = float (float32 0.008) * Units.hartree
              close "force" 1e-15 force (Property.tryReals first.PerAtom["forces"]).Value[8]
              isFalse (first.Info.ContainsKey "ccsd(t)_cbs.energy")
              close "coupled cluster" 1e-10 (-76.3 * Units.hartree) (info "ccsd(t)_cbs.energy" second)
              // Three components, of a molecule of three atoms.
              equal (Property.reals [ 1.0; 1.0; 1.0 ]) first.Info["wb97x_dz.dipole"]
              equal (Property.reals [ -0.5; 0.25; 0.25 ]) second.PerAtom["wb97x_dz.cm5_charges"])

          testCase "The layout of TorchANI: elements of each conformation, compressed, padded by -1" (fun () ->
              let molecules = read "torchani"
              equal [ 3; 2 ] (molecules |> List.map _.Count)
              equalSeq [ 1; 1 ] molecules[1].Numbers
              closeAll "positions" 1e-15 (List.truncate 6 (coordinates 9)) molecules[1].Positions
              close "energy" 1e-10 (-1.17 * Units.hartree) (info "energy" molecules[1])
              equal [ 2; 3 ] molecules[1].PerAtom["forces"].Shape)

          testCase "The unit that is assumed and arrays that are passed over are said" (fun () ->
              let found = notices (fixture "ani/hdf5/legacy.h5")
              equal 2 found.Length
              contains "energies and forces are taken for hartree and hartree/Å" found[0]
              endsWith "passed over, as it is not one number or row for each structure: 'smiles'" found[1])

          testCase "Other files are refused, and mutilated ones end in an error" (fun () ->
              let parse (bytes: byte[]) = (Formats.ofName "h5" |> ok).Parse ReadingOptions.usual "f.h5" bytes
              contains "f.h5: it cannot be read as HDF5" (message (parse (Encoding.UTF8.GetBytes "no HDF5")))
              let whole = File.ReadAllBytes(fixture "ani/hdf5/ani1x.h5")
              let random = Random 7

              for _ in 1..300 do
                  let bytes = Array.copy whole

                  for _ in 0 .. random.Next 4 do
                      bytes[random.Next bytes.Length] <- byte (random.Next 256)

                  // Whatever is read is read; whatever is not says so.
                  match parse bytes with
                  | Ok _ -> ()
                  | Error error -> contains "f.h5" (NoetherError.message error))

          testCase "HDF5 is not written" (fun () ->
              contains "one that is written" (message (Formats.write "a.h5" (read "legacy")))) ]
