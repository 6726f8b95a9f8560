module Noether.Tests.UnitTests

open Expecto
open Noether.Domain
open Noether.Domain.Measures
open Noether.Tests.DomainChecks

let private close relative (expected: float) (actual: float) =
    Expect.isTrue (abs (actual - expected) <= relative * abs expected) $"{actual:R} is not {expected:R}"

[<Tests>]
let tests =
    testList
        "Unit"
        [ testCase "Units are those of the CODATA table of 2018" (fun () ->
              let table = json "units.json"
              let get (name: string) = table.GetProperty(name).GetDouble()
              let molar name = get name / get "mol"

              // ASE derives hartree and bohr from the rounded constants of the table, which costs the last two of
              // twelve digits.
              for expected, actual in
                  [ get "Hartree", Units.hartree
                    get "Bohr", Units.bohr
                    molar "kcal", Units.kcalPerMol
                    molar "kJ", Units.kJPerMol
                    get "nm", Units.nm
                    get "fs", Units.fs
                    1000.0 * get "fs", Units.ps
                    get "kB", Units.boltzmann
                    get "GPa", Units.GPa
                    get "bar", Units.bar
                    get "mol", Units.avogadro ] do
                  close 2e-11 expected actual)

          testCase "The Coulomb constant is the published one, and a hartree times a bohr" (fun () ->
              // torch-pme's prefactor in eV Å, which is of 2018 too.
              close 1e-15 14.399645478425667 Units.coulomb
              // e²/4πε₀ = E_h a₀; each of the three is known to 1.5e-10 or better.
              close 3e-10 (Units.hartree * Units.bohr) Units.coulomb)

          testCase "Well-known conversions come out" (fun () ->
              let digits = 1e-9
              close digits 27.211386246 (float (Convert.hartreeToEV 1.0<hartree>))
              close digits 1.8897261246 (float (Convert.angstromToBohr 1.0<angstrom>))
              close digits 23.060547831 (float (Convert.eVToKcalPerMol 1.0<eV>))
              close digits 96.485332123 (float (Convert.eVToKJPerMol 1.0<eV>))
              close digits 160.2176634 (float (Convert.internalToGPa 1.0<eV / angstrom^3>))
              close digits 1602176.634 (float (Convert.internalToBar 1.0<eV / angstrom^3>))
              close digits 10.180505710 (float (Convert.internalToFs 1.0<internalTime>))
              close digits 1.6605390666 (float (Convert.internalToDensity 1.0<amu / angstrom^3>))
              close digits 0.025851999786 (float (Convert.thermalEnergy 300.0<K>))
              equal (12.5<angstrom>) (Convert.nmToAngstrom 1.25<nm>)
              equal (1500.0<fs>) (Convert.psToFs 1.5<ps>))

          testCase "There and back is where one was" (fun () ->
              // A product and a quotient by the same number: two roundings.
              let back relation = holds reals (fun x -> abs x > 1e300 || near 3e-16 x (relation x))

              back (fun x ->
                  LanguagePrimitives.FloatWithMeasure x |> Convert.hartreeToEV |> Convert.eVToHartree |> float)

              back (fun x ->
                  LanguagePrimitives.FloatWithMeasure x |> Convert.kcalPerMolToEV |> Convert.eVToKcalPerMol |> float)

              back (fun x ->
                  LanguagePrimitives.FloatWithMeasure x |> Convert.kJPerMolToEV |> Convert.eVToKJPerMol |> float)

              back (fun x ->
                  LanguagePrimitives.FloatWithMeasure x |> Convert.bohrToAngstrom |> Convert.angstromToBohr |> float)

              back (fun x ->
                  LanguagePrimitives.FloatWithMeasure x |> Convert.nmToAngstrom |> Convert.angstromToNm |> float)

              back (fun x -> LanguagePrimitives.FloatWithMeasure x |> Convert.psToFs |> Convert.fsToPs |> float)

              back (fun x ->
                  LanguagePrimitives.FloatWithMeasure x |> Convert.fsToInternal |> Convert.internalToFs |> float)

              back (fun x ->
                  LanguagePrimitives.FloatWithMeasure x |> Convert.gPaToInternal |> Convert.internalToGPa |> float)

              back (fun x ->
                  LanguagePrimitives.FloatWithMeasure x |> Convert.barToInternal |> Convert.internalToBar |> float)

              back (fun x ->
                  LanguagePrimitives.FloatWithMeasure x
                  |> Convert.densityToInternal
                  |> Convert.internalToDensity
                  |> float))

          testCase "In the units inside a kinetic energy needs no factor" (fun () ->
              let velocity = 1.0<angstrom> / Convert.fsToInternal 1.0<fs>
              let energy: float<eV> = 0.5 * 2.0<amu> * velocity * velocity
              // 1 amu Å²/fs² = 1.66053906660e-27 · 1e10 J.
              close 1e-12 (1.66053906660e-17 / 1.602176634e-19) (float energy)) ]
