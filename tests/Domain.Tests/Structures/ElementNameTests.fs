module Noether.Tests.ElementNameTests

open Expecto
open Noether.Domain
open Noether.Tests.DomainChecks

let private symbol spelling name =
    let element = ElementNames.read spelling name |> ok
    Elements.symbol element.Number

[<Tests>]
let tests =
    testList
        "Element names"
        [ testCase "Every symbol is itself in every spelling, with charges, numbers and remarks behind it" (fun () ->
              for z in 0..118 do
                  let name = Elements.symbol z

                  for spelling in [ Symbols; Labels; LabelsOf Set.empty; LabelsOf(set [ name ]) ] do
                      for rest in [ ""; "1"; "2+"; "+3"; "-"; "1A"; "_pv"; "(2)"; "'" ] do
                          equal (Ok { Number = z; Isotope = None }) (ElementNames.read spelling (name + rest)))

          testCase "Symbols in capitals and in small letters are read up to californium" (fun () ->
              for z in 0..98 do
                  let name = Elements.symbol z
                  equal name (symbol Symbols (name.ToUpperInvariant()))
                  equal name (symbol Symbols (name.ToLowerInvariant())))

          testTheory
              "Symbols"
              [ "Mo4+", "Mo"
                "O2-", "O"
                "O-2", "O"
                "CL1", "Cl"
                " si ", "Si"
                "HG2", "Hg"
                "CO", "Co"
                "CaM2", "Ca"
                "OW1", "O"
                "HW", "H"
                "OH-", "O"
                "NH4", "N"
                "NO3", "N"
                "SiT", "Si" ]
              (fun (name, expected) -> equal expected (symbol Symbols name))

          testTheory
              "Labels"
              [ "CaM2", "Ca"
                "MgM1", "Mg"
                "SiT", "Si"
                "OW1", "O"
                "Ow", "O"
                "Oap", "O"
                "Wat1", "O"
                "WAT", "O"
                "WatX5", "O"
                "Si1A", "Si"
                "HG2", "H"
                "CA1", "C"
                "Ca1", "Ca"
                "SI1", "S"
                "AL2", "Al"
                "LI", "Li"
                "Cval", "C"
                "Siva", "Si"
                "TI1", "Ti"
                "Ti1", "Ti" ]
              (fun (name, expected) -> equal expected (symbol Labels name))

          testTheory
              "Of two readings of a label the one that the crystal has is taken"
              [ "CA1", [ "Ca"; "O" ], "Ca"
                "CA1", [ "C"; "O" ], "C"
                "CA1", [ "C"; "Ca" ], "C"
                "SI1", [ "Si"; "O" ], "Si"
                "Ho1", [ "H"; "O" ], "H"
                "Co1", [ "Co"; "C" ], "Co"
                "Ho1", [ "Na" ], "Ho"
                "D1", [ "H"; "O" ], "H" ]
              (fun (name, symbols, expected) -> equal expected (symbol (LabelsOf(set symbols)) name))

          testCase "Deuterium and tritium are hydrogen with a mass" (fun () ->
              let d = { Number = 1; Isotope = Some 2.0141017778 }
              let t = { Number = 1; Isotope = Some 3.0160492779 }

              for name in [ "D"; "D1"; "d"; "D+" ] do
                  equal (Ok d) (ElementNames.read Symbols name)

              equal (Ok d) (ElementNames.read Labels "D1A")
              equal (Ok t) (ElementNames.read Symbols "T")
              equal (Ok t) (ElementNames.read (LabelsOf(set [ "T"; "O" ])) "T1")
              equal 2.0141017778 d.Mass
              equal 1.008 { d with Isotope = None }.Mass
              equal (Ok 66) (ElementNames.read Symbols "DY" |> Result.map _.Number)
              let oxygen = { Number = 8; Isotope = None }
              equal [] (ElementNames.masses [ oxygen ])

              equal [ "masses", Property.reals [ 15.999; 2.0141017778 ] ] (ElementNames.masses [ oxygen; d ]))

          testTheory
              "Other names are refused by name"
              [ Symbols, "Carbon"
                Symbols, "Wat"
                Symbols, "Ow"
                Symbols, "CAM"
                Symbols, "Qq"
                Symbols, "14"
                Symbols, ""
                Symbols, "1H"
                Labels, "T1"
                Labels, "M1"
                Labels, "?" ]
              (fun (spelling, name) -> equal (Error(UnknownElement name)) (ElementNames.read spelling name)) ]
