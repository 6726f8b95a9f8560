module Noether.Tests.BondedTests

open System
open System.IO
open System.Text.Json
open Expecto
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Physics
open Noether.Tests.MechanicsReference

let private document = lazy (Recorded.recorded "mechanics/bonded.json")

let private property (name: string) = document.Value.GetProperty name

let private parameters (name: string) = (property "parameters").GetProperty name |> numbers |> List.map Tensor.scalar

let private groups (size: int) (name: string) (images: Images) =
    [ for row in (property name).EnumerateArray() -> numbers row |> List.map int ]
    |> AtomGroups.create 6 size images
    |> ok

let private open' = Nearest(false, false, false)

let private positions () = numbers (property "positions") |> List.chunkBySize 3

let private chain (cell: Cell) (positions: float list list) =
    Structure.ofSymbols [ for _ in positions -> "C" ] [ for p in positions -> p[0], p[1], p[2] ] cell |> ok

let private radians (degrees: Tensor) = degrees * (Math.PI / 180.0)

let private opls groups =
    match parameters "dihedral_opls_K1_K2_K3_K4" with
    | [ k1; k2; k3; k4 ] -> Bonded.oplsTorsions "torsions" groups k1 k2 k3 k4
    | _ -> failwith "four constants"

let private potentials: (string * (Images -> Potential)) list =
    [ "bond_harmonic",
      (fun images ->
          let p = parameters "bond_K_r0"
          Bonded.harmonicBonds "bonds" (groups 2 "bonds" images) p[0] p[1])
      "bond_morse",
      (fun images ->
          let p = parameters "morse_bond_D_a_r0"
          Bonded.morseBonds "bonds" (groups 2 "bonds" images) p[0] p[1] p[2])
      "angle_harmonic",
      (fun images ->
          let p = parameters "angle_K_theta0_degrees"
          Bonded.harmonicAngles "angles" (groups 3 "angles" images) p[0] (radians p[1]))
      "dihedral_opls", (fun images -> opls (groups 4 "dihedrals" images))
      "dihedral_harmonic",
      (fun images ->
          let p = parameters "dihedral_harmonic_K_d_n"
          Bonded.harmonicTorsions "torsions" (groups 4 "dihedrals" images) p[0] -1 3) ]

/// The names of the reference cases.
let private names = potentials |> List.map fst

let private find name = potentials |> List.find (fun (n, _) -> n = name) |> snd

/// Three atoms with this angle (radians) at the middle one.
let private bent (angle: float) = [ [ 1.1; 0.0; 0.0 ]; [ 0.0; 0.0; 0.0 ]; [ 1.3 * cos angle; 1.3 * sin angle; 0.0 ] ]

let private three theta0 =
    let groups = AtomGroups.create 3 3 open' [ [ 0; 1; 2 ] ] |> ok
    Bonded.harmonicAngles "angle" groups (Tensor.scalar 2.0) (Tensor.scalar theta0)

/// Energy and its first three derivatives when the three atoms move across their line.
let private across theta0 angle =
    let structure = chain Cell.none (bent angle)
    let none = Collections.Immutable.ImmutableArray<int>.Empty
    let pairs = Pairs.create 3 none none none |> ok
    let along = Tensor.ofArray [| 3; 3 |] [| 0.1; 0.3; 0.0; 0.0; -0.4; 0.2; 0.0; 0.5; 0.1 |]
    let still = Tensor.zeros [| 3; 3 |]

    let line t =
        Tensor.sum (Evaluate.energiesAt (three theta0) pairs structure (Space.positions structure + t * along) still)

    [ for order in 0..3 -> Diff.diffn order line (Tensor.scalar 0.0) |> Tensor.value ]

[<Tests>]
let tests =
    testList
        "Bonded"
        [ testTheory "Energies and forces of a chain are those of the reference programs" names (fun name ->
              let results = Evaluate.run (find name open') (chain Cell.none (positions ())) |> ok
              let reference = (property "cases").GetProperty name

              for program in [ "lammps"; "own" ] do
                  // LAMMPS takes angles from a cosine and a sine of its own rounding.
                  let numbersOf what = reference.GetProperty $"{program}_{what}" |> numbers
                  atMost 1e-12 (difference (numbersOf "energy") [ results.Energy ])
                  atMost 1e-11 (difference (numbersOf "forces") results.Forces))

          testTheory "Wherever atoms are wrapped to, their nearest images make the groups" names (fun name ->
              let cell = Cell.create [| 9.0; 0.0; 0.0; 5.0; 8.0; 0.0; -4.0; 7.0; 5.5 |] (true, true, true) |> ok
              let whole = positions ()
              let shift k = [ (k * 5 + 1) % 3 - 1; (k * 7) % 3 - 1; k % 2 ]

              let moved =
                  whole
                  |> List.mapi (fun k p ->
                      List.init 3 (fun c ->
                          p[c] + Seq.sum [ for a in 0..2 -> float (List.item a (shift k)) * cell.Vectors[3 * a + c] ]))

              let expected = Evaluate.run (find name open') (chain Cell.none whole) |> ok
              let nearest = Evaluate.run (find name (Nearest(true, true, true))) (chain cell moved) |> ok

              let size, list =
                  if name.StartsWith "bond" then 2, "bonds"
                  elif name.StartsWith "angle" then 3, "angles"
                  else 4, "dihedrals"

              let shifts =
                  [ for row in (property list).EnumerateArray() ->
                        [ for i in numbers row do
                              yield! shift (int i) |> List.map (~-) ] ]

              equal size (find name |> fun _ -> groups size list (Fixed shifts)).Size
              let given = Evaluate.run (find name (Fixed shifts)) (chain cell moved) |> ok

              for found in [ nearest; given ] do
                  // Positions of some 30 Å lose a digit where vectors are taken.
                  atMost 1e-11 (difference [ expected.Energy ] [ found.Energy ])
                  atMost 1e-11 (difference expected.Forces found.Forces)
                  atMost 1e-11 (difference expected.Virial found.Virial))

          testTheory "Bonded energies are differentiable, and each structure of a batch has them" names (fun name ->
              let potential = find name open'
              let structure = chain Cell.none (positions ())
              let none = Collections.Immutable.ImmutableArray<int>.Empty
              let pairs = Pairs.create 6 none none none |> ok
              // Force constants of some hundreds: the law holds relative to them.
              let energy (xs: Tensor[]) =
                  Tensor.sum (Evaluate.energiesAt potential pairs structure xs[0] xs[1]) / 100.0

              let settings = { Check.settings Float64 with Order = 2 }

              Check.runWith
                  settings
                  (RandomKey.FromSeed 9UL)
                  energy
                  [| Space.positions structure; Tensor.zeros [| 3; 3 |] |]
              |> Check.orFail name
              |> ignore

              let other = chain Cell.none [ for p in positions () -> [ 1.1 * p[0]; p[1]; 0.9 * p[2] ] ]
              let alone s = Evaluate.run potential s |> ok

              for batched, single in
                  List.zip (Evaluate.batch potential [ structure; other ] |> ok) [ alone structure; alone other ] do
                  atMost 1e-13 (difference single.Forces batched.Forces)
                  atMost 1e-13 (difference single.Energies batched.Energies))

          testCase "A straight angle that wants to be straight has all derivatives" (fun () ->
              // The middle atom moves by −0.4 t and the others by 0.3 t and 0.5 t in y; by 0.2 t, 0 and 0.1 t in z: to
              // second order the deviation from 180° is |slope|·t with slope = (u₁ − u₂)/1.1 + (u₃ − u₂)/1.3.
              let y, z = 0.7 / 1.1 + 0.9 / 1.3, -0.2 / 1.1 - 0.1 / 1.3

              match across Math.PI Math.PI with
              | [ value; first; second; third ] ->
                  // sin π is 1e-16 in float64, and its square root of the square of that is what the cosine loses.
                  equalWithin 1e-14 0.0 value
                  equalWithin 1e-7 0.0 first
                  equalWithin 1e-6 (2.0 * 2.0 * (y * y + z * z)) second
                  isTrue (Double.IsFinite third)
              | _ -> failtest "four values")

          testCase
              "A straight angle that wants to be bent has finite forces, and so has a nearly straight one"
              (fun () ->
                  for angle in [ Math.PI; Math.PI - 1e-9; Math.PI - 1e-6; 0.0 ] do
                      let results = Evaluate.run (three 1.9) (chain Cell.none (bent angle)) |> ok
                      equalWithin 1e-6 (2.0 * (angle - 1.9) ** 2.0) results.Energy
                      // 2k|θ − θ₀| over the shorter bond, for either of them, is as large as forces get.
                      for f in results.Forces do
                          atMost (2.0 * 2.0 * 1.9 / 1.1 * 2.0) (abs f))

          // −cos θ is 0.75 at 2.4189, where the series about the straight angle takes over.
          testTheory
              "Angles have three derivatives, by series and by recurrence"
              [ 0.4; 2.4188; 2.419; 3.0 ]
              (fun angle ->
                  let structure = chain Cell.none (bent angle)
                  let none = Collections.Immutable.ImmutableArray<int>.Empty
                  let pairs = Pairs.create 3 none none none |> ok

                  for theta0 in [ Math.PI; 1.9 ] do
                      let energy (xs: Tensor[]) =
                          Tensor.sum (
                              Evaluate.energiesAt (three theta0) pairs structure xs[0] (Tensor.zeros [| 3; 3 |])
                          )

                      Check.run (RandomKey.FromSeed 11UL) energy [| Space.positions structure |]
                      |> Check.orFail $"{theta0}"
                      |> ignore)

          testTheory "Torsions are smooth at cis and trans" [ 0.0; 3.141592653589793 ] (fun phi ->
              let groups = AtomGroups.create 4 4 open' [ [ 0; 1; 2; 3 ] ] |> ok

              let positions =
                  [ [ 1.0; 1.0; 0.0 ]
                    [ 0.0; 0.0; 0.0 ]
                    [ 0.0; 0.0; 1.4 ]
                    [ 1.2 * cos phi - 0.0; 1.2 * cos phi; 1.9 ] ]

              let results = Evaluate.run (opls groups) (chain Cell.none positions) |> ok
              let k = numbers ((property "parameters").GetProperty "dihedral_opls_K1_K2_K3_K4")
              let expected = if phi = 0.0 then k[0] + k[2] else 0.0
              equalWithin 1e-12 expected results.Energy

              for f in results.Forces do
                  equalWithin 1e-12 0.0 f)

          testCase "Polynomials of the cosine agree with each other" (fun () ->
              let groups = groups 4 "dihedrals" open'
              let structure = chain Cell.none (positions ())
              let energies potential = (Evaluate.run potential structure |> ok).Energies
              let a = [ 0.3; -1.2; 0.7; 2.0; -0.4 ] |> List.map Tensor.scalar
              let alternating = a |> List.mapi (fun n c -> if n % 2 = 0 then c else -c)

              atMost
                  1e-14
                  (difference
                      (energies (Bonded.multiHarmonicTorsions "a" groups a))
                      (energies (Bonded.ryckaertBellemansTorsions "b" groups alternating)))

              // cos 3φ = 4 cos³φ − 3 cos φ
              let third = [ 1.0; 3.0; 0.0; -4.0 ] |> List.map Tensor.scalar

              atMost
                  1e-13
                  (difference
                      (energies (Bonded.harmonicTorsions "c" groups (Tensor.scalar 1.0) -1 3))
                      (energies (Bonded.multiHarmonicTorsions "d" groups third))))

          testCase "Parameters may differ from group to group, and are differentiable" (fun () ->
              let bonds, angles = groups 2 "bonds" open', groups 3 "angles" open'
              let structure = chain Cell.none (positions ())
              let none = Collections.Immutable.ImmutableArray<int>.Empty
              let pairs = Pairs.create 6 none none none |> ok
              let still = Tensor.zeros [| 3; 3 |]

              let energy (xs: Tensor[]) =
                  let potential =
                      Bonded.harmonicBonds "b" bonds xs[0] xs[1] + Bonded.harmonicAngles "a" angles xs[2] xs[3]

                  Tensor.sum (Evaluate.energiesAt potential pairs structure (Space.positions structure) still)

              let start =
                  [| Tensor.vector [ 1.0; 2.0; 3.0; 4.0; 5.0 ]
                     Tensor.scalar 1.5
                     Tensor.scalar 2.0
                     Tensor.vector [ 1.8; 1.9; 2.0; Math.PI ] |]

              Check.run (RandomKey.FromSeed 10UL) energy start |> Check.orFail "parameters" |> ignore)

          testCase "Groups that cannot be are refused" (fun () ->
              let create images groups = AtomGroups.create 4 2 images groups |> message
              equal "group 1 has 3 atoms, expected 2" (create open' [ [ 0; 1 ]; [ 0; 1; 2 ] ])
              equal "group 0 has atom 4, expected atoms from 0 to 3" (create open' [ [ 0; 4 ] ])
              equal "group 0 has an atom twice, expected different atoms" (create open' [ [ 1; 1 ] ])

              equal
                  "the shifts has 0 lists, expected one list for each of the 1 groups"
                  (create (Fixed []) [ [ 1; 2 ] ])

              equal "group 0 has 1 whole numbers as shifts, expected 6" (create (Fixed [ [ 1 ] ]) [ [ 1; 2 ] ])
              let bonds = groups 2 "bonds" open'
              let potential = Bonded.harmonicBonds "b" bonds (Tensor.scalar 1.0) (Tensor.scalar 1.0)

              equal
                  "the potential 'b' has groups of atoms among 6, and was asked about structures of 3, expected structures of 6 atoms"
                  (message (Evaluate.run potential (chain Cell.none (bent 1.0))))

              raises<ArgumentException>(fun () -> Bonded.angles "a" bonds id |> ignore) |> ignore
              let wrong = Bonded.harmonicBonds "b" bonds (Tensor.vector [ 1.0 ]) (Tensor.scalar 1.0)

              raises<ArgumentException>(fun () -> Evaluate.run wrong (chain Cell.none (positions ())) |> ignore)
              |> ignore) ]
