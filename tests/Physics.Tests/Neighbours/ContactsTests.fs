module Noether.Tests.ContactsTests

open Expecto
open Noether.Domain
open Noether.Physics

let private of' symbols positions cell = Structure.ofSymbols symbols positions cell |> ok

let private nearest share structure = Contacts.nearest share structure |> ok

[<Tests>]
let tests =
    testList
        "Contacts"
        [ testCase "The nearest pair is found through boundaries and by the radii of its elements" (fun () ->
              // O–H at 0.45 of their radii is nearer than Cs–Cs at 0.46, though it is much shorter in any case.
              let h = 0.45 * (0.31 + 0.66)
              let cs = 0.46 * 2.0 * 2.44

              let structure =
                  of'
                      [ "Cs"; "O"; "Cs"; "H" ]
                      [ 10.0, 10.0, 10.0; 0.1, 5.0, 5.0; 10.0 + cs, 10.0, 10.0; 20.1 - h, 5.0, 5.0 ]
                      (Cell.cubic 20.0 |> ok)

              match nearest 0.5 structure with
              | Some contact ->
                  equal (1, 3) (contact.First, contact.Second)
                  equalWithin 1e-12 h contact.Distance
                  equalWithin 1e-12 0.45 contact.Share

                  equal
                      "atoms 1 (O) and 3 (H), 0.436 Å apart where covalent radii add up to 0.97 Å"
                      (Contacts.describe structure contact)
              | None -> failtest "no contact"

              equal None (nearest 0.4 structure))

          testCase "An atom may be on top of its own image, and atoms of no element are passed over" (fun () ->
              let thin = of' [ "Si" ] [ 0.0, 0.0, 0.0 ] (Cell.orthorhombic 1.0 5.0 5.0 |> ok)
              let contact = nearest 0.5 thin |> Option.get
              equal (0, 0, 1.0) (contact.First, contact.Second, contact.Distance)
              contains "atom 0 (Si) and its own image, 1 Å apart" (Contacts.describe thin contact)

              equal
                  None
                  (nearest 0.5 (of' [ "X"; "X"; "H" ] [ 0.0, 0.0, 0.0; 0.1, 0.0, 0.0; 0.0, 0.1, 0.0 ] Cell.none))

              equal None (nearest 0.5 (of' [] [] Cell.none)))

          testCase "No bond of a molecule or crystal is a contact" (fun () ->
              for a, b, distance in
                  [ "H", "H", 0.741; "N", "N", 1.098; "Cr", "Cr", 1.68; "Mo", "Mo", 1.93; "C", "O", 1.128 ] do
                  equal None (nearest 0.5 (of' [ a; b ] [ 0.0, 0.0, 0.0; distance, 0.0, 0.0 ] Cell.none)))

          testCase "A charge that a structure states is refused, read, or said to be unread" (fun () ->
              let ion = of' [ "Ar"; "Ar" ] [ 0.0, 0.0, 0.0; 4.0, 0.0, 0.0 ] Cell.none
              let charged = ion |> Structure.withInfo "charge" (Property.integer 1L) |> ok
              let energies (data: PairData) = Noether.AutoDiff.Tensor.zeros [| data.Numbers.Length |]
              let term = Term.create "plain" 5.0 energies
              let neutral = Potential.ofTerm { term with Neutral = true }
              equal (Ok 0.0) (Evaluate.run neutral ion |> Result.map _.Energy)
              let refusal = "the structure has the charge 1 e, expected 0 e: 'plain' knows neutral molecules only"
              equal refusal (message (Evaluate.run neutral charged))
              equal refusal (message (Evaluate.run (neutral + Potential.ofTerm term) charged))
              equal refusal (message (Vibrations.modes neutral charged))

              let sentence =
                  "the structure has the charge 1 e, which 'plain' does not read: its energy is the same without"

              equal [ sentence ] (StatedCharge.unread "plain" [] charged)
              isEmpty (StatedCharge.unread "plain" [ RequiredProperty.totalCharge ] charged)
              isEmpty (StatedCharge.unread "plain" [] ion)
              let triplet = ion |> Structure.withInfo "multiplicity" (Property.integer 3L) |> ok
              contains "the multiplicity 3, which" (List.exactlyOne (StatedCharge.unread "plain" [] triplet))) ]
