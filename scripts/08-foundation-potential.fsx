// A published foundation potential for 89 elements: crystals at rest, phonons, motion, and the laws it keeps.
//
//     dotnet fsi --optimize+ scripts/08-foundation-potential.fsx
//
// Looks for nequix-oam-1-pft.nqx in the folder that NOETHER_MODELS names, and says where to get it if it is not there; all
// but the published numbers is then shown with random weights. Writes out/08-foundation-potential.html and ends in
// assertions.
#load "noether.fsx"

open System
open System.IO

let check what good = if not good then failwith $"{what} does not hold"

// The model ---------------------------------------------------------------------------------------------------------------

// T. Koker and others, arXiv:2601.07742: trained on energies, forces and stress of inorganic crystals, and then on phonons.
let published = NequixFile.read "nequix-oam-1-pft.nqx"

let model =
    match published with
    | Ok model -> model
    | Error error ->
        printfn $"{NoetherError.message error}"
        printfn "Until then this page shows a model of random weights: what it says of nature means nothing."

        let small =
            { NequixSettings.published 40.0 0.8 -4.3 with
                Cutoff = 4.5
                Hidden = Irreps.ofString "8x0e+4x1o+4x2e"
                MaxDegree = 2
                Layers = 2 }

        Nequix.fresh "random weights" small (RandomKey.FromSeed 1UL) |> orFail

printfn $"{model}"

// A potential like any other; float64 for physics, float32, the arithmetic it was trained in, for speed.
let potential = Nequix.potential Float64 model
let single = Nequix.potential Float32 model

// Crystals at rest --------------------------------------------------------------------------------------------------------

let perovskite =
    let a = 3.9
    let half = 0.5 * a
    let places = [ 0.0, 0.0, 0.0; half, half, half; half, half, 0.0; half, 0.0, half; 0.0, half, half ]

    Cell.create [| a; 0.0; 0.0; 0.0; a; 0.0; 0.0; 0.0; a |] (true, true, true)
    |> Result.bind (Structure.ofSymbols [ "Sr"; "Ti"; "O"; "O"; "O" ] places)
    |> orFail

let crystals =
    [ "silicon", Crystal.diamondPrimitive "Si" 5.43 |> orFail
      "rock salt", Crystal.rocksaltPrimitive "Na" "Cl" 5.64 |> orFail
      "strontium titanate", perovskite ]

/// The edge of the cube of a crystal whose primitive cell is a face-centred or the whole cube.
let edge (structure: Structure) =
    let volume = Option.get (Cell.volume structure.Cell)
    Math.Cbrt(if structure.Count = 2 then 4.0 * volume else volume)

let atRest =
    { Relaxation.standard with
        Cell = Some(CellFreedom.full 0.0)
        Force = 1e-4
        Stress = 1e-3 }

let relaxed =
    [ for name, crystal in crystals do
          let results = Evaluate.run potential crystal |> orFail
          let energy = results.Energy / float crystal.Count
          let before = $"{name}: {energy:F4} eV an atom at {edge crystal:F3} Å"

          match published with
          | Error _ -> printfn $"{before}"
          | Ok _ ->
              let rest = Relaxation.run atRest potential crystal |> orFail
              let after = rest.Results.Energy / float crystal.Count

              printfn
                  $"{before}; {after:F4} eV at rest, {edge rest.Structure:F4} Å, after {rest.Evaluations} evaluations"

              check $"{name} comes to rest" (rest.Status = Converged)
              name, rest.Structure ]

let restOf name = relaxed |> List.find (fun (other, _) -> other = name) |> snd

if Result.isOk published then
    // What the published program finds; a bound of 10⁻³ GPa leaves some 10⁻⁵ Å.
    check "silicon has 5.48683 Å" (abs (edge (restOf "silicon") - 5.48683) < 1e-4)
    check "rock salt has 5.70018 Å" (abs (edge (restOf "rock salt") - 5.70018) < 1e-4)
    check "strontium titanate is cubic near 3.9 Å" (abs (edge (restOf "strontium titanate") - 3.92) < 0.05)

// Phonons of silicon --------------------------------------------------------------------------------------------------------

// From exact second derivatives; atoms feel each other further than this supercell reaches, so the frequencies are those of
// the crystal where q fits into it (Γ, X, L) and interpolated between.
let silicon = if Result.isOk published then restOf "silicon" else snd crystals.Head
let constants = Phonons.forceConstants (2, 2, 2) potential silicon |> orFail

let path =
    [ "Γ", (0.0, 0.0, 0.0)
      "X", (0.5, 0.0, 0.5)
      "K", (0.375, 0.375, 0.75)
      "Γ", (0.0, 0.0, 0.0)
      "L", (0.5, 0.5, 0.5) ]

let bands = PhononBands.path path 40 (Phonons.withAcousticSumRule constants) |> orFail
let atGamma = Phonons.modes (0.0, 0.0, 0.0) constants
printfn $"optical phonons at Γ: {Seq.last atGamma.Terahertz:F2} THz"

// Three translations cost no energy, but for rounding.
let acoustic = atGamma.Squares |> Seq.map abs |> Seq.sort |> Seq.take 3 |> Seq.max
check "acoustic phonons rest at Γ" (acoustic < 1e-9)

if Result.isOk published then
    check "the optical ones have 14.79 THz" (abs (Seq.last atGamma.Terahertz - 14.79) < 0.01)

// Motion ------------------------------------------------------------------------------------------------------------------

// Salt at 300 K in float32: energy is kept as forces are derivatives of it, not predictions beside it.
let key = RandomKey.FromSeed 3UL

let salt =
    Crystal.rocksalt "Na" "Cl" 5.7
    |> Result.bind PhasePoint.ofStructure
    |> Result.bind (PhasePoint.thermal 300.0 key)
    |> orFail

let simulation = Simulation.create (Ensemble.microcanonical 1.0) single |> orFail
let start = simulation.Init key salt |> orFail

let history =
    Simulation.fold (fun found state -> (state.Step, simulation.Invariant state) :: found) [] 60 simulation start
    |> orFail
    |> fst
    |> List.rev

let energies = history |> List.map snd
let spread = (List.max energies - List.min energies) / float salt.Structure.Count
printfn $"{history.Length} fs of salt at 300 K: the energy stays within {1e6 * spread:F1} µeV an atom"
check "energy is kept in motion" (spread < 2e-4)

// Laws --------------------------------------------------------------------------------------------------------------------

// Symmetries, derivatives, the third law, smoothness at the cut-off, on structures that break programs.
let report =
    let structures =
        { (PotentialSubject.structuresFor [ "Si"; "O"; "Ti" ] model.Settings.Cutoff |> orFail) with
            MaxAtoms = 4 }

    let subject = PotentialSubject.ofPotential structures potential
    let laws = PotentialLaws.claimed subject
    Laws.run { PotentialLaws.settings subject with Samples = 2 } laws subject

printfn $"{report}"
check "every law holds" report.Passed

// Figures -------------------------------------------------------------------------------------------------------------------

let dispersion =
    let distances = Seq.toArray bands.Distances
    let branch k = [| for q in 0 .. distances.Length - 1 -> bands.Terahertz[6 * q + k] |]
    let title = $"Phonons of silicon by {model.Name}"
    let empty = Plot.Create(title).XLabel("along the path (1/Å)").YLabel("frequency (THz)")
    let curves = (empty, [ 0..5 ]) ||> List.fold (fun plot k -> plot.Line(distances, branch k))
    (curves, bands.Labels) ||> List.fold (fun plot (at, label) -> plot.Vertical(distances[at], label))

let motion =
    let mean = List.average energies

    Plot
        .Create("Energy of salt in motion")
        .Line([| for step, _ in history -> float step |], [| for energy in energies -> 1e3 * (energy - mean) |])
        .XLabel("time (fs)")
        .YLabel("beside its mean (meV)")

Page
    .Create("A foundation potential")
    .Figure(dispersion)
    .Figure(motion)
    .Write(Path.Combine(__SOURCE_DIRECTORY__, "..", "out", "08-foundation-potential.html"))
