// ANI: what eight networks say of molecules, from the parameters as they are published to molecular dynamics.
//
//     dotnet fsi --optimize+ scripts/06-ani-and-dynamics.fsx
//
// Looks for ani-2x in the folder that NOETHER_MODELS names, or in the folder ani of NOETHER_DATA, and says where to get
// it if it is not there; then it trains a small network of its own first. Writes out/06-ani-and-dynamics.html and ends
// in assertions.
#load "noether.fsx"

open System
open System.IO
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels
open Noether.Learning
open Noether.Physics
open Noether.Report
open Noether.Training

let check what good = if not good then failwith $"{what} does not hold"
let ok result = Outcome.getOrFail result
let key = RandomKey.FromSeed 6UL

// The model -----------------------------------------------------------------------------------------------------------

let published =
    let data =
        Environment.GetEnvironmentVariable "NOETHER_DATA"
        |> Option.ofObj
        |> Option.defaultValue (Path.Combine(__SOURCE_DIRECTORY__, "..", "..", "shared", "data"))

    let own = Path.Combine(data, "ani", "ani-2x_8x.info")
    AniFile.read (if File.Exists own then own else "ani-2x")

/// Four members of small networks for H, C and O, which learn a spring model of water from distorted molecules.
let trained () =
    let springs =
        PairParameters.ofPairs
            [ ("H", "O"), 3.0, Tensor.vector [ 4.5; 2.2; 0.96 ]; ("H", "H"), 3.0, Tensor.vector [ 0.6; 1.6; 1.52 ] ]
        |> Result.bind (PairPotential.create "springs" (Morse()) ForceShifted)
        |> ok

    let settings =
        { Elements = [ 1; 6; 8 ]
          Environments = { AniSettings.environmentsOf2x 3 with RadialCutoff = 4.0; AngularCutoff = 3.0 }
          Hidden = [ [ 16; 8 ]; [ 4 ]; [ 16; 8 ] ]
          Members = 4
          SelfEnergies = [ 0.0; 0.0; 0.0 ]
          Unit = 1.0 }

    let molecules = [ for k in 0..59 -> Structure.rattle 0.08 (RandomKey.FromSeed(uint64 k)) Molecule.water |> ok ]

    let known = Evaluate.batch springs molecules |> ok
    let energies = Tensor.vector [ for one in known -> one.Energy ]

    let forces =
        Tensor.vector
            [ for one in known do
                  yield! one.Forces ]
        |> Tensor.reshape [| 180; 3 |]

    let batch = PairBatch.create [ for one in molecules -> one, Neighbours.build 4.0 one |> ok ]
    let owners = Array.ofSeq batch.Owners

    let loss parameters () =
        let perMolecule x =
            Ani.energies "in training" settings parameters (PairBatch.dataAt x batch.NoStrain batch)
            |> Tensor.segmentSum owners molecules.Length

        let found = perMolecule batch.Positions
        let pulled = -(Diff.grad (fun x -> Tensor.sum (perMolecule x)) batch.Positions)
        Tensor.mean (Tensor.square (found - energies)) + 0.1 * Tensor.mean (Tensor.square (pulled - forces))

    let optimiser = Optimiser.adam 5e-3

    let state =
        (Optimisation.start optimiser (Ani.fresh settings Float64 key), [ 1..250 ])
        ||> List.fold (fun state i ->
            let next, value = Optimisation.step optimiser loss state ()
            if i % 50 = 0 then printfn $"step {i}: loss {value:E2}"
            next)

    AniModel.ofParameters "a small network" settings state.Parameters |> ok

let model =
    match published with
    | Ok model -> model
    | Error error ->
        printfn $"{NoetherError.message error}"
        printfn "Until then a small network is trained, on water only: what it says of carbon means nothing."
        trained ()

let isPublished = Result.isOk published
printfn $"{model}"

// A potential like any other, in eV; here it is shown in hartree, as its authors do.
let potential = Ani.potential Float64 model
let committee = Ani.committee Float64 model
let inHartree (energy: float) = energy / Units.hartree
let evaluate structure = Evaluate.run potential structure |> ok

// Two carbon atoms ----------------------------------------------------------------------------------------------------

let carbons (first: float * float * float) second = Structure.ofSymbols [ "C"; "C" ] [ first; second ] Cell.none |> ok

let pair = evaluate (carbons (3.0, 3.0, 3.0) (3.5, 3.5, 3.5))
printfn $"C₂: {inHartree pair.Energy:F4} hartree, force {inHartree pair.Forces[0]:F4} hartree/Å in each component"

if isPublished then
    check "the energy of C₂" (abs (inHartree pair.Energy + 75.79524015029673) < 1e-10)
    check "its forces" (pair.Forces |> Seq.forall (fun f -> abs (abs (inHartree f) - 0.40156669266644246) < 1e-10))

// One atom moves away from the place of the other, in ninety steps. The force is a vector; where the atoms coincide it
// has no direction and is zero.
let scan =
    [| for k in 0..89 ->
           let z = 3.0 + 0.1 * float k
           let structure = carbons (3.0, 3.0, 3.0) (3.0, 3.0, z)
           z - 3.0, evaluate structure, (committee structure |> ok).PerRootAtom |]

let distances = scan |> Array.map (fun (r, _, _) -> r)
let curve = scan |> Array.map (fun (_, results, _) -> inHartree results.Energy)
let pull = scan |> Array.map (fun (_, results, _) -> inHartree results.Forces[2])
let doubt = scan |> Array.map (fun (_, _, measure) -> 1000.0 * measure)
check "atoms at one place do not pull" (pull[0] = 0.0)
check "nor atoms beyond the cut-off" (distances |> Array.forall2 (fun f r -> r < 5.15 || f = 0.0) pull)

if isPublished then
    let least, most = Array.min curve, Array.max curve
    printfn $"the curve lies between {least:F6} and {most:F6} hartree"

    check
        "its least and largest value"
        (abs (least + 76.21638350133645) < 1e-10 && abs (most + 75.77753174807827) < 1e-5)

// The members are furthest apart where they were never taught: a warning that the curve itself does not give.
let apart = Array.max doubt
printfn $"the members are up to {apart:F0} meV per root atom apart"

// Pentane in a box ----------------------------------------------------------------------------------------------------

// The chain of the tutorial, straight along y, its CH₂ linear: CH₂ three times, then both CH₃.
let pentane =
    let methylene y = [ "C", (0.0, y, 0.0); "H", (-1.1, y, 0.0); "H", (1.1, y, 0.0) ]

    let atoms =
        List.collect methylene [ -4.2; -2.8; -1.4 ]
        @ [ "C", (0.0, 0.0, 0.0)
            "H", (1.07, 0.0, 0.0)
            "H", (-0.357, 0.769, 0.653)
            "H", (-0.357, 0.181, -0.993)
            "C", (0.0, -5.6, 0.0)
            "H", (-1.07, -5.6, 0.0)
            "H", (0.357, -6.369, 0.653)
            "H", (0.357, -5.781, -0.993) ]

    Structure.ofSymbols (List.map fst atoms) (List.map snd atoms) (Cell.orthorhombic 7.2 12.138 6.646 |> ok) |> ok

if isPublished then
    let results = evaluate pentane
    printfn $"pentane in its box: {inHartree results.Energy:F4} hartree"
    check "its energy" (abs (inHartree results.Energy + 197.11032619076974) < 1e-10)

    // Rows of the atoms that no symmetry takes to others, to nine digits.
    let unique =
        [ 0, (6.58050417e-02, 5.57071866e-02, 4.90853182e-02)
          1, (1.36024923e-03, -2.18260191e-02, -1.05881428e-02)
          2, (1.56102057e-02, -5.94484302e-02, 1.41798827e-03)
          3, (0.0, 0.0, 1.14613639e-02)
          4, (-7.28039980e-03, 2.57664518e-02, -6.27755810e-04)
          9, (6.99189567e-02, 1.09376235e-01, -4.73811486e-02)
          10, (4.25829800e-02, 1.51879328e-01, -9.16544228e-03)
          11, (-3.58869453e-02, -5.47118883e-03, 4.63960538e-02)
          12, (3.44617080e-03, 3.75521551e-02, -3.48675527e-02) ]

    // A half turn about z takes (x, y, z) to (−x, −y, z) and the atoms to these.
    let turned = [| 6; 8; 7; 3; 5; 4; 0; 2; 1; 13; 14; 15; 16; 9; 10; 11; 12 |]
    let forceOn i c = inHartree results.Forces[3 * i + c]

    let isForce atom (x, y, z) =
        [ x; y; z ] |> List.indexed |> List.forall (fun (c, f: float) -> abs (forceOn atom c - f) < 1e-9)

    for i, (x, y, z) in unique do
        check $"the force on atom {i}" (isForce i (x, y, z))
        check "and on its image" (isForce turned[i] (-x, -y, z))

    let total c = Seq.sum (Seq.init pentane.Count (fun i -> forceOn i c))
    check "all forces sum to zero" (Seq.init 3 total |> Seq.forall (fun sum -> abs sum < 1e-12))

// A molecule at rest --------------------------------------------------------------------------------------------------

let atRest = Relaxation.run { Relaxation.standard with Force = 1e-4 } potential Molecule.water |> ok

let water = atRest.Structure

let distance i j =
    let p = water.Positions
    sqrt (Seq.sum (Seq.init 3 (fun c -> (p[3 * i + c] - p[3 * j + c]) ** 2.0)))

printfn $"water at rest after {atRest.Evaluations} evaluations: O–H {distance 0 1:F4} Å"
check "water comes to rest" (atRest.Status = Converged)

// Its vibrations are exact: eigenvalues of the second derivatives. From them follows the gas.
let modes = Vibrations.modes potential water |> ok
let wavenumbers = modes.Wavenumbers |> Seq.skip 6 |> List.ofSeq

let gas =
    MolecularShape.create 0.05 modes.Masses water
    |> Result.bind (fun shape -> IdealGas.create 298.15 1.0 1 shape modes atRest.Results.Energy)
    |> ok

let printed = wavenumbers |> List.map (fun w -> w.ToString "F0") |> String.concat ", "
printfn $"vibrations {printed} cm⁻¹; S = {1000.0 * gas.Entropy / Units.kJPerMol:F1} J/(mol K) at 298.15 K and 1 bar"
check "the symmetry number of water" (gas.Shape.SymmetryNumber = 2)

if isPublished then
    // Harmonic: measured, anharmonic, are 1595, 3657 and 3756.
    check "bent and stretched as water is" (abs (wavenumbers[0] - 1700.0) < 50.0 && wavenumbers[1] > 3750.0)
    check "the standard entropy, 188.8 measured" (abs (1000.0 * gas.Entropy / Units.kJPerMol - 188.8) < 1.0)

// Molecular dynamics --------------------------------------------------------------------------------------------------

// Eight molecules that a thermostat holds at 300 K; then alone, where the energy is kept.
let thermostat =
    Simulation.create (Ensemble.create 0.5 (Thermostat.stochasticRescaling 300.0 50.0)) potential |> ok

let drops =
    if isPublished then
        let settings = { Relaxation.standard with Force = 0.05 }
        Molecule.waterBox 8 0.5 key |> Result.bind (Relaxation.run settings potential) |> ok |> _.Structure
    else
        water

let start =
    PhasePoint.ofStructure drops |> Result.bind (PhasePoint.thermal 300.0 key) |> ok |> thermostat.Init key |> ok

let steps = 400

let recorded, last =
    Simulation.fold
        (fun found (state: State) ->
            (PhasePoint.temperature state.Phase, state.Results.Energy, thermostat.Invariant state) :: found)
        []
        steps
        thermostat
        start
    |> ok

let history = Array.ofList (List.rev recorded)
let temperatures = history |> Array.map (fun (t, _, _) -> t)
let mean = Array.average temperatures[steps / 2 ..]
printfn $"{drops.Count} atoms at 300 K: mean temperature {mean:F0} K over the second half"
// Of f degrees of freedom the temperature spreads by √(2/f), and the mean of some independent values by less.
let freedoms = float (PhasePoint.freedoms last.Phase)
check "the temperature is held" (abs (mean - 300.0) < 3.0 * 300.0 * sqrt (2.0 / freedoms))

// Alone: the velocities of one molecule, whose autocorrelation has the spectrum of its vibrations.
let alone = Simulation.create (Ensemble.microcanonical 0.25) potential |> ok

let moving =
    PhasePoint.ofStructure water
    |> Result.bind (PhasePoint.thermal 100.0 key)
    |> Result.bind PhasePoint.withoutMomentum
    |> ok

let moved, _ =
    Simulation.fold
        (fun found (state: State) ->
            (Array.ofSeq state.Phase.Velocities, alone.Invariant state, PhasePoint.kineticEnergy state.Phase) :: found)
        []
        4000
        alone
        (alone.Init key moving |> ok)
    |> ok

let velocities = [| for v, _, _ in List.rev moved -> v |]
let invariants = [ for _, energy, _ in moved -> energy ]
let kinetic = moved |> List.averageBy (fun (_, _, kinetic) -> kinetic)
let wander = List.max invariants - List.min invariants
// A step is a fortieth of the period of O–H: the energy that Verlet's scheme keeps differs by some (ωΔt)²/8 of the
// motion's.
printfn $"a picosecond of one molecule: the energy wanders by {1e6 * wander:F1} µeV"
check "the energy is kept" (wander < 0.02 * kinetic)

// The power of the velocities, weighted by mass, at each wavenumber: a Fourier sum with a smooth window.
let femtoseconds k = 0.25 * float k

let power =
    let masses = water.Numbers |> Seq.map Elements.mass |> Array.ofSeq
    let count = velocities.Length
    let window = Array.init count (fun k -> 0.5 - 0.5 * cos (2.0 * Math.PI * float k / float count))
    // Wavenumber times c times time, in turns: c = 2.99792458e-5 cm/fs.
    fun (wavenumber: float) ->
        Seq.sum (
            Seq.init 9 (fun c ->
                let mutable re, im = 0.0, 0.0

                for k in 0 .. count - 1 do
                    let phase = 2.0 * Math.PI * 2.99792458e-5 * wavenumber * femtoseconds k
                    let v = window[k] * velocities[k][c]
                    re <- re + v * cos phase
                    im <- im + v * sin phase

                masses[c / 3] * (re * re + im * im))
        )

let grid = [| for k in 0..220 -> 20.0 * float k |]
let spectrum = grid |> Array.map power
let peak low high = grid |> Array.filter (fun w -> w > low && w < high) |> Array.maxBy power

if isPublished then
    let bend, stretch = peak 1000.0 2500.0, peak 3000.0 4400.0
    printfn $"peaks of the spectrum: {bend:F0} and {stretch:F0} cm⁻¹"
    check "the bend moves where it vibrates" (abs (bend - wavenumbers[0]) < 60.0)
    check "and the stretches do" (stretch > wavenumbers[1] - 150.0 && stretch < wavenumbers[2] + 60.0)

// Figures -------------------------------------------------------------------------------------------------------------

let energyOfPair =
    Plot.Create("Two carbon atoms").Line(distances, curve).XLabel("distance (Å)").YLabel("energy (hartree)")

let forceOfPair =
    Plot
        .Create("The force on the first")
        .Line(distances, pull)
        .XLabel("distance (Å)")
        .YLabel("force along z (hartree/Å)")

let doubtOfPair =
    Plot
        .Create("How far the members are apart")
        .Line(distances, doubt)
        .XLabel("distance (Å)")
        .YLabel("deviation per root atom (meV)")

let times = Array.init steps (fun k -> 0.5 * float (k + 1))

let heat =
    Plot
        .Create("Temperature under a thermostat")
        .Line(times, temperatures)
        .XLabel("time (fs)")
        .YLabel("temperature (K)")

let energies =
    let origin = history |> Array.averageBy (fun (_, e, _) -> e)

    Plot
        .Create("Energies under a thermostat")
        .Line(times, history |> Array.map (fun (_, e, _) -> e - origin), "potential")
        .Line(times, history |> Array.map (fun (_, _, i) -> i - (let (_, _, first) = history[0] in first)), "conserved")
        .XLabel("time (fs)")
        .YLabel("energy (eV)")

let vibrations =
    let largest = Array.max spectrum
    let empty = Plot.Create("Spectrum of water").Line(grid, spectrum |> Array.map (fun p -> p / largest))
    let marked = (empty, wavenumbers) ||> List.fold (fun plot w -> plot.Vertical(w, $"{w:F0}"))
    marked.XLabel("wavenumber (cm⁻¹)").YLabel("power of the velocities")

Page
    .Create("ANI and molecular dynamics")
    .Figure(energyOfPair)
    .Figure(forceOfPair)
    .Figure(doubtOfPair)
    .Figure(heat)
    .Figure(energies)
    .Figure(vibrations)
    .Write(Path.Combine(__SOURCE_DIRECTORY__, "..", "out", "06-ani-and-dynamics.html"))
