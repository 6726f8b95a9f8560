// Potentials as values, a pair function of one's own, and what a crystal does: elastic constants, phonons, equation of state.
//
//     dotnet fsi --optimize+ scripts/03-potentials-and-crystals.fsx
//
// Writes out/03-potentials-and-crystals.html and ends in assertions.
#load "noether.fsx"

open System
open System.IO
open Noether.Kernels

let check what good = if not good then failwith $"{what} does not hold"

// A pair function of one's own --------------------------------------------------------------------------------------------

// Written once, over any real number: the library runs it on SIMD lanes for speed and on tensors for derivatives.
module Mine =
    open RealOperators

    /// Mie (Ann. Phys. 316, 657 (1903)) with exponents 14 and 7: 4ε((σ/r)¹⁴ − (σ/r)⁷); parameters ε, σ.
    [<Struct; NoEquality; NoComparison>]
    type Mie =
        interface IRadialFunction with
            member _.Evaluate(r, parameters) =
                let attraction = power 7 (parameters[1] / r)
                constant 4.0 * parameters[0] * (attraction * attraction - attraction)

let mie =
    PairParameters.everywhere 8.0 (Tensor.vector [ 0.0104; 3.35 ])
    |> Result.bind (PairPotential.create "Mie 14-7" (Mine.Mie()) (Smooth 7.0))
    |> orFail

let argon =
    Crystal.fcc "Ar" 5.3
    |> Result.bind (Structure.repeat (3, 3, 3))
    |> Result.bind (Structure.rattle 0.1 (RandomKey.FromSeed 1UL))
    |> orFail

let fused = Evaluate.run mie argon |> orFail
let composed = Evaluate.run (Potential.composed mie) argon |> orFail
let forceError = Seq.zip fused.Forces composed.Forces |> Seq.map (fun (a, b) -> abs (a - b)) |> Seq.max

printfn
    $"{argon.Count} atoms of argon: {fused.Energy:F6} eV; forces by lanes and by tape differ by {forceError:E0} eV/Å"

check "lanes and tape agree" (forceError < 1e-12)

// Potentials add up and scale.
let both = mie + 0.5 * mie
check "one and a half" (abs ((Evaluate.run both argon |> orFail).Energy - 1.5 * fused.Energy) < 1e-9)

// Does it keep the laws of physics? Symmetries, derivatives, the third law, smoothness, energy in motion.
let report = PotentialLaws.check [ "Ar" ] mie
printfn $"{report}"
check "every law holds" report.Passed

// Silicon by Stillinger and Weber -----------------------------------------------------------------------------------------

// Phys. Rev. B 31, 5262 (1985), in the form of LAMMPS' parameter files.
let stillingerWeber =
    "Si Si Si 2.1683 2.0951 1.80 21.0 1.20 -0.333333333333 7.049556277 0.6022245584 4.0 0.0 0.0"
    |> StillingerWeber.parse "in this script"
    |> Result.bind (StillingerWeber.create "Stillinger-Weber")
    |> orFail

// The equation of state gives the lattice constant at rest.
let ratios = [ for k in -5 .. 5 -> 1.0 + 0.004 * float k ]

let state =
    Crystal.diamond "Si" 5.43 |> Result.bind (EquationOfState.birchMurnaghan ratios stillingerWeber) |> orFail

let a = Math.Cbrt state.Volume
let gigapascal = 1.0 / Units.GPa

printfn
    $"silicon: a = {a:F4} Å, {state.Energy / 8.0:F4} eV an atom, bulk modulus {state.BulkModulus * gigapascal:F1} GPa"

check "the lattice constant of Stillinger and Weber is 5.431 Å" (abs (a - 5.431) < 0.001)
check "and its cohesive energy 4.336 eV" (abs (state.Energy / 8.0 + 4.3363) < 0.001)

let silicon = Crystal.diamondPrimitive "Si" a |> orFail
let elastic = Elastic.constants stillingerWeber silicon |> orFail
let gpa (c: Tensor) i j = Tensor.item [| i; j |] c * gigapascal

printfn
    $"C11 {gpa elastic.Relaxed 0 0:F1}, C12 {gpa elastic.Relaxed 0 1:F1}, C44 {gpa elastic.Relaxed 3 3:F1} GPa (ions clamped {gpa elastic.Clamped 3 3:F1})"

// Published: 151.4, 76.4 and 56.4 GPa, with clamped ions C44 109.8 (H. Balamane, T. Halicioglu, W. A. Tiller,
// Phys. Rev. B 46, 2250 (1992)).
for i, j, published in [ 0, 0, 151.4; 0, 1, 76.4; 3, 3, 56.4 ] do
    check $"C{i + 1}{j + 1} is {published} GPa" (abs (gpa elastic.Relaxed i j - published) < 0.1)

// Phonons along the usual path, from exact second derivatives.
let constants = Phonons.forceConstants (4, 4, 4) stillingerWeber silicon |> orFail

let path =
    [ "Γ", (0.0, 0.0, 0.0)
      "X", (0.5, 0.0, 0.5)
      "K", (0.375, 0.375, 0.75)
      "Γ", (0.0, 0.0, 0.0)
      "L", (0.5, 0.5, 0.5) ]

let bands = PhononBands.path path 40 (Phonons.withAcousticSumRule constants) |> orFail
let atGamma = (Phonons.modes (0.0, 0.0, 0.0) constants).Terahertz
printfn $"optical phonons at Γ: {Seq.last atGamma:F2} THz"
check "acoustic phonons rest at Γ" (Seq.forall (fun f -> abs f < 1e-4) (Seq.take 3 atGamma))

let density = PhononBands.densityOfStates (12, 12, 12) 0.15 300 constants |> orFail

// Figures -------------------------------------------------------------------------------------------------------------------

let branches = 6
let branch k = [| for q in 0 .. bands.Distances.Length - 1 -> bands.Terahertz[branches * q + k] |]

let dispersion =
    let distances = Seq.toArray bands.Distances
    let empty = Plot.Create("Phonons of silicon").XLabel("along the path (1/Å)").YLabel("frequency (THz)")
    let curves = (empty, [ 0 .. branches - 1 ]) ||> List.fold (fun plot k -> plot.Line(distances, branch k))
    (curves, bands.Labels) ||> List.fold (fun plot (at, label) -> plot.Vertical(distances[at], label))

Page
    .Create("Potentials and crystals")
    .Figure(dispersion)
    .Figure(
        Plot
            .Create("Density of states")
            .Line(Seq.toArray density.Terahertz, Seq.toArray density.Density)
            .XLabel("frequency (THz)")
            .YLabel("modes a THz")
    )
    .Write(Path.Combine(__SOURCE_DIRECTORY__, "..", "out", "03-potentials-and-crystals.html"))
