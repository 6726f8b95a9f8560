// Molecular dynamics: a crystal of argon melts at constant energy, a liquid is held at a temperature and at a pressure,
// a disturbed crystal relaxes, and crystals vibrate.
//
//     dotnet fsi --optimize+ scripts/10-dynamics.fsx
//
// Writes out/10-dynamics.html and ends in assertions.
#load "noether.fsx"

open System
open System.IO
open Noether.Kernels

let check what good = if not good then failwith $"{what} does not hold"
let key = RandomKey.FromSeed 10UL

// Argon by Lennard and Jones, with the numbers of A. Rahman, Phys. Rev. 136, A405 (1964): ε = 120 k_B, σ = 3.4 Å. It
// ends at 8.5 Å such that forces and their slopes are continuous, or energies would not be conserved.
let argon =
    PairParameters.everywhere 8.5 (Tensor.vector [ 120.0 * Units.boltzmann; 3.4 ])
    |> Result.bind (PairPotential.create "argon" (LennardJones()) (Smooth 7.0))
    |> orFail

// A crystal melts -----------------------------------------------------------------------------------------------------------

// 500 atoms at the density of the liquid, with twice the kinetic energy that its final temperature needs and more: half
// of it goes into potential energy.
let crystal = Crystal.fcc "Ar" (34.75 / 6.0) |> Result.bind (Structure.repeat (5, 5, 5)) |> orFail

let hot =
    PhasePoint.ofStructure crystal
    |> Result.bind (PhasePoint.thermal 250.0 key)
    |> Result.bind PhasePoint.withoutMomentum
    |> orFail

// A simulation is three pure functions on frozen states: the first state, the next one, and what is conserved.
let timestep = 4.0
let nve = Simulation.create (Ensemble.microcanonical timestep) argon |> orFail

/// The state after so many steps, and what was measured at each of them.
let measured (measure: State -> 'T) steps (simulation: Simulation) start =
    let values, last = Simulation.fold (fun list state -> measure state :: list) [] steps simulation start |> orFail
    Array.ofList (List.rev values), last

/// The radial distribution of structures.
let radial (structures: Structure list) =
    let empty = RadialDistribution.create 10.0 200 |> orFail
    (empty, structures) ||> List.fold (fun sum structure -> RadialDistribution.add structure sum |> orFail)

let look (state: State) =
    state.Phase.Structure, PhasePoint.temperature state.Phase, state.Results.Energy, nve.Invariant state

let melting, molten = nve.Init key hot |> orFail |> measured look 1000 nve
let temperatures = melting |> Array.map (fun (_, t, _, _) -> t)
let energies = melting |> Array.map (fun (_, _, _, e) -> e)
let picoseconds = Array.init melting.Length (fun k -> timestep * float (k + 1) / 1000.0)
let every n (values: 'T[]) = [ for k in n - 1 .. n .. values.Length - 1 -> values[k] ]

let wander = Array.max energies - Array.min energies
let kinetic = PhasePoint.kineticEnergy molten.Phase

printfn
    $"{crystal.Count} atoms: {temperatures[0]:F0} K fall to {Array.average temperatures[500..]:F0} K; the energy wanders by {wander:E1} of {kinetic:F2} eV"

check "the energy is conserved to a thousandth of the kinetic energy" (wander < 1e-3 * kinetic)

let early = radial [ crystal |> Structure.rattle 0.15 key |> orFail ]
let late = melting[500..] |> Array.map (fun (s, _, _, _) -> s) |> every 25 |> radial

// A crystal has no neighbours at √2 times the nearest distance's three-quarter mark, a liquid has: the first minimum of
// its g(r) is no gap.
let g distribution = RadialDistribution.values distribution |> List.map (fun struct (r, g) -> r, g) |> Array.ofList
let gap distribution = g distribution |> Array.filter (fun (r, _) -> r > 4.6 && r < 5.2) |> Array.averageBy snd
printfn $"g(r) between first and second neighbours: {gap early:F3} in the crystal, {gap late:F3} in the liquid"
check "the crystal has a gap that the liquid does not have" (gap early < 0.1 && gap late > 0.3)

// A temperature and a pressure ----------------------------------------------------------------------------------------------

// Langevin's equation at 94 K; the barostat keeps 0.05 GPa beside a thermostat that scales velocities.
let langevin = Simulation.create (Ensemble.create timestep (Thermostat.langevin 94.0 200.0)) argon |> orFail

let cooling, cool =
    langevin.Init key molten.Phase |> orFail |> measured (fun s -> PhasePoint.temperature s.Phase) 1500 langevin

let held = cooling[750..]
let mean = Array.average held
let spread = sqrt (Array.averageBy (fun t -> (t - mean) * (t - mean)) held)
// Of f degrees of freedom the temperature spreads by √(2/f) of itself.
let expected = 94.0 * sqrt (2.0 / float (PhasePoint.freedoms cool.Phase))
printfn $"Langevin: {mean:F1} K, spread {spread:F2} K where theory has {expected:F2} K"
check "the thermostat keeps its temperature" (abs (mean - 94.0) < 2.0)
check "and lets it spread as it must" (spread > 0.6 * expected && spread < 1.5 * expected)

let npt =
    { Ensemble.create timestep (Thermostat.stochasticRescaling 94.0 200.0) with
        Barostat = Some(Ensemble.barostat 0.05 500.0 2.0) }

let atPressure = Simulation.create npt argon |> orFail

let squeezed, _ =
    atPressure.Init key cool.Phase
    |> orFail
    |> measured
        (fun state -> Observe.pressure state |> orFail, Cell.volume state.Phase.Structure.Cell |> Option.get)
        2500
        atPressure

let pressures, volumes = Array.unzip squeezed
let density = 39.948 * float crystal.Count / Array.average volumes[500..] * 1.66054
printfn $"NPT: {Array.average pressures[500..]:F3} GPa, {density:F3} g/cm³"
check "the barostat keeps its pressure" (abs (Array.average pressures[500..] - 0.05) < 0.02)

// A state is a structure with properties: written, read and resumed, it goes on to the same bits.
let file = Path.Combine(__SOURCE_DIRECTORY__, "..", "out", "10-dynamics.xyz")
Directory.CreateDirectory(Path.Combine(__SOURCE_DIRECTORY__, "..", "out")) |> ignore
ExtXyz.write file [ State.toStructure cool ] |> orFail
let resumed = ExtXyz.read file |> orFail |> List.head |> langevin.Resume |> orFail
let onwards state = (Simulation.run 20 langevin state |> orFail).Phase.Structure.Positions |> Array.ofSeq
check "a resumed run gives the same bits" (onwards cool = onwards resumed)

// A crystal relaxes ---------------------------------------------------------------------------------------------------------

// Atoms and cell of a disturbed, compressed crystal, down to forces of 1e-5 eV/Å.
let disturbed =
    Crystal.fcc "Ar" 5.0
    |> Result.bind (Structure.repeat (2, 2, 2))
    |> Result.bind (Structure.rattle 0.1 key)
    |> orFail

let settings =
    { Relaxation.standard with
        Force = 1e-5
        Stress = 1e-5
        Cell = Some(CellFreedom.full 0.0) }

let steps = Relaxation.steps settings argon disturbed |> Seq.map orFail |> Array.ofSeq
let relaxed = Array.last steps
let volume = Cell.volume relaxed.Structure.Cell |> Option.get
let constant = Math.Cbrt(volume / 8.0)

printfn $"relaxed in {relaxed.Step} steps: a = {constant:F3} Å, {1000.0 * relaxed.Results.Energy / 32.0:F2} meV an atom"

check "the relaxation converges" (relaxed.Status = Converged)
check "to the face-centred cubic crystal" (abs (constant - 5.25) < 0.1)

// Crystals vibrate ----------------------------------------------------------------------------------------------------------

// Γ–X–K–Γ–L of face-centred lattices, in their primitive cells, from exact second derivatives.
let along =
    [ "Γ", (0.0, 0.0, 0.0)
      "X", (0.5, 0.0, 0.5)
      "K", (0.375, 0.375, 0.75)
      "Γ", (0.0, 0.0, 0.0)
      "L", (0.5, 0.5, 0.5) ]

let vibrations repeats potential primitive =
    Phonons.forceConstants repeats potential primitive
    |> Result.map Phonons.withAcousticSumRule
    |> Result.bind (PhononBands.path along 40)
    |> orFail

let silicon =
    "Si Si Si 2.1683 2.0951 1.80 21.0 1.20 -0.333333333333 7.049556277 0.6022245584 4.0 0.0 0.0"
    |> StillingerWeber.parse "in this script"
    |> Result.bind (StillingerWeber.create "Stillinger-Weber")
    |> orFail

let ofArgon = vibrations (6, 6, 6) argon (Crystal.fccPrimitive "Ar" constant |> orFail)
let ofSilicon = vibrations (4, 4, 4) silicon (Crystal.diamondPrimitive "Si" 5.431 |> orFail)
let highest (bands: BandStructure) = Seq.max bands.Terahertz
printfn $"highest phonons: argon {highest ofArgon:F2} THz, silicon {highest ofSilicon:F2} THz"
check "argon is soft: some 2 THz" (highest ofArgon > 1.5 && highest ofArgon < 2.5)
check "silicon is hard: some 18 THz by this potential" (highest ofSilicon > 16.0 && highest ofSilicon < 19.0)
check "both crystals are stable" (Seq.min ofArgon.Terahertz > -1e-3 && Seq.min ofSilicon.Terahertz > -1e-3)

// Figures -------------------------------------------------------------------------------------------------------------------

let dispersion (title: string) (bands: BandStructure) =
    let distances = Seq.toArray bands.Distances
    let branches = bands.Terahertz.Length / distances.Length
    let branch k = [| for q in 0 .. distances.Length - 1 -> bands.Terahertz[branches * q + k] |]
    let empty = Plot.Create(title).XLabel("along the path (1/Å)").YLabel("frequency (THz)")
    let curves = (empty, [ 0 .. branches - 1 ]) ||> List.fold (fun plot k -> plot.Line(distances, branch k))
    (curves, bands.Labels) ||> List.fold (fun plot (at, label) -> plot.Vertical(distances[at], label))

let curve distribution (label: string) (plot: Plot) =
    let r, values = Array.unzip (g distribution)
    plot.Line(r, values, label)

let times n = Array.init n (fun k -> timestep * float (k + 1) / 1000.0)

Page
    .Create("Molecular dynamics")
    .Heading("A crystal of argon melts at constant energy")
    .Figure(
        Plot
            .Create("Energy")
            .Line(
                picoseconds,
                (melting |> Array.map (fun (_, _, u, _) -> u - energies[0])),
                "potential, less the total"
            )
            .Line(picoseconds, (melting |> Array.map (fun (_, _, u, e) -> e - u)), "kinetic")
            .Line(picoseconds, (energies |> Array.map (fun e -> e - energies[0])), "total, less that at the start")
            .XLabel("time (ps)")
            .YLabel("energy (eV)")
    )
    .Figure(Plot.Create("Temperature").Line(picoseconds, temperatures).XLabel("time (ps)").YLabel("temperature (K)"))
    .Figure(
        Plot.Create("Radial distribution")
        |> curve early "crystal"
        |> curve late "liquid"
        |> _.XLabel("distance (Å)").YLabel("g(r)").YLimits(0.0, 8.0)
    )
    .Heading("A temperature and a pressure")
    .Figure(
        Plot
            .Create("Langevin's equation cools the liquid")
            .Line(times cooling.Length, cooling)
            .Horizontal(94.0, "94 K")
            .XLabel("time (ps)")
            .YLabel("temperature (K)")
    )
    .Figure(
        Plot.Create("Volume at 0.05 GPa").Line(times volumes.Length, volumes).XLabel("time (ps)").YLabel("volume (Å³)")
    )
    .Heading("A crystal relaxes")
    .Figure(
        Plot
            .Create("Largest force")
            .Line(Array.init steps.Length float, (steps |> Array.map (fun step -> step.LargestForce)))
            .LogY()
            .XLabel("step")
            .YLabel("eV/Å")
    )
    .Heading("Crystals vibrate")
    .Figure(dispersion "Phonons of argon" ofArgon)
    .Figure(dispersion "Phonons of silicon, Stillinger and Weber" ofSilicon)
    .Write(Path.Combine(__SOURCE_DIRECTORY__, "..", "out", "10-dynamics.html"))
