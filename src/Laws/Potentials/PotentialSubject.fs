namespace Noether.Laws

open System
open System.Collections.Immutable
open FsCheck
open FsCheck.FSharp
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics

/// The smoothness that a potential claims when an atom enters or leaves the range of another.
type Smoothness =
    /// Nothing: the energy may jump.
    | NoSmoothness
    /// The energy does not jump; forces may.
    | SmoothEnergy
    /// Neither energy nor forces jump.
    | SmoothForces

/// Of what size energies and forces of a potential are; violations are measured in them.
type Scales =
    {
        /// A typical energy of an atom, eV.
        Energy: float
        /// A typical force on an atom, eV/Å.
        Force: float
        /// A length over which they change, Å.
        Length: float
    }

/// A second way to the same results.
type Way =
    {
        /// Its name in reports: the name of its law.
        Name: string
        /// The results for structures, one after another.
        Evaluate: Structure list -> Result<Results list, NoetherError>
    }

/// A potential as its laws see it: a black box, and what its author claims of it. Made by
/// `PotentialSubject.ofPotential` or `PotentialSubject.ofFunction`; claim less or more by `{ subject with … }`.
[<NoEquality; NoComparison>]
type PotentialSubject =
    {
        /// Its name.
        Name: string
        /// Energy, forces and virial of a structure. A black box that knows no energies of atoms leaves them empty.
        Evaluate: Structure -> Result<Results, NoetherError>
        /// The structures it is made for: the elements it knows, and how close atoms may come.
        Structures: StructureSettings
        /// Of what size its energies and forces are.
        Scales: Scales
        /// Whether it knows virial and stress; a black box that does not leaves them empty.
        Virial: bool
        /// The distances in Å at which atoms enter its range.
        Crossings: float list
        /// Its claim about them.
        Smoothness: Smoothness
        /// Its exact second derivatives times a vector, ∂²E/∂r∂r·v, [n, 3], eV/Å², if it has any.
        Hessian: (Structure -> float[] -> Result<float[], NoetherError>) option
        /// Other ways to the same results.
        Ways: Way list
        /// The integrator that moves atoms by its forces.
        Integrator: Integrator
        /// Tolerances of rounding are multiplied by this: 1 for double precision, some 10⁵ for single.
        Slack: float
    }

/// Making subjects for the laws of potentials.
[<RequireQualifiedAccess>]
module PotentialSubject =
    /// The atomic numbers of symbols.
    let private numbers symbols = List.map (Elements.ofSymbol >> Outcome.getOrFail) symbols

    /// Structures for a potential that sees `cutoff` Å far, of elements by symbol: up to eight atoms, no two of them
    /// nearer than 0.35 of the cut-off (0.88 σ for a Lennard-Jones potential that ends at 2.5 σ), edges of 0.7 to 2.1
    /// times the cut-off. Errors: `UnknownElement`.
    let structuresFor (symbols: string list) (cutoff: float) : Result<StructureSettings, NoetherError> =
        Outcome.capture (fun () ->
            { Structures.separated (0.35 * cutoff) with
                MaxAtoms = 8
                Species = numbers symbols })

    let private median fallback (values: float[]) =
        match values |> Array.filter (fun x -> x > 0.0 && Double.IsFinite x) |> Array.sort with
        | [||] -> fallback
        | sorted -> sorted[sorted.Length / 2]

    /// Medians over forty samples; 1 where all are zero.
    let private measured (structures: StructureSettings) evaluate : Scales =
        let length = Math.Max(structures.Separation, 0.1 * fst structures.Edges)

        let said =
            Gen.sampleWithSeed (Rnd 1UL) 50 40 (PotentialSamples.structures structures)
            |> Array.choose (fun structure ->
                // What fails here fails in the laws, and is reported there.
                try
                    match evaluate structure with
                    | Ok(results: Results) when structure.Count > 0 -> Some(float structure.Count, results)
                    | _ -> None
                with _ ->
                    None)

        let energy = said |> Array.map (fun (n, results) -> abs results.Energy / n) |> median 1.0
        let largest (results: Results) = results.Forces |> Seq.fold (fun most f -> Math.Max(most, abs f)) 0.0

        { Energy = energy
          Force = said |> Array.map (snd >> largest) |> median (energy / length)
          Length = length }

    /// A black box: any function that gives the energy of a structure in eV and its forces in eV/Å, and virial and
    /// stress if `virial` says so. It claims smooth forces at no distance in particular; `Scales` are measured.
    let ofFunction
        (name: string)
        (structures: StructureSettings)
        (virial: bool)
        (evaluate: Structure -> Result<Results, NoetherError>)
        : PotentialSubject =
        { Name = name
          Evaluate = evaluate
          Structures = structures
          Scales = measured structures evaluate
          Virial = virial
          Crossings = []
          Smoothness = SmoothForces
          Hessian = None
          Ways = []
          Integrator = Motion.verlet
          Slack = 1.0 }

    let private pairsFor (potential: Potential) (structure: Structure) =
        if potential.Cutoff > 0.0 then
            Neighbours.build potential.Cutoff structure |> Outcome.getOrFail
        else
            Pairs.none structure.Count

    let private hessianTimes (potential: Potential) (structure: Structure) (v: float[]) =
        Outcome.capture (fun () ->
            let pairs = pairsFor potential structure
            let unstrained = Tensor.zeros [| 3; 3 |]
            let energy x = Tensor.sum (Evaluate.energiesAt potential pairs structure x unstrained)

            Diff.hessianv energy (Space.positions structure) (Tensor.ofArray [| structure.Count; 3 |] v)
            |> Tensor.toArray)

    /// One Verlet list, renewed where it has to be.
    let private onLists (potential: Potential) skin (structures: Structure list) =
        Outcome.capture (fun () ->
            let first = VerletList.create potential.Cutoff skin structures.Head |> Outcome.getOrFail

            (first, structures)
            ||> List.mapFold (fun list structure ->
                let list = VerletList.update structure list |> Outcome.getOrFail
                Evaluate.onList potential list structure |> Outcome.getOrFail, list)
            |> fst)

    /// A potential of this library: fused and composed, one by one and in a batch, with fresh lists and lasting ones,
    /// with its exact second derivatives. It claims smooth forces at its cut-off.
    let ofPotential (structures: StructureSettings) (potential: Potential) : PotentialSubject =
        let oneByOne run = List.map run >> Outcome.all

        { ofFunction potential.Name structures true (Evaluate.run potential) with
            Crossings = [ if potential.Cutoff > 0.0 then potential.Cutoff ]
            Hessian = Some(hessianTimes potential)
            Ways =
                [ if Potential.isFused potential then
                      { Name = "fused and composed"
                        Evaluate = oneByOne (Evaluate.run (Potential.composed potential)) }
                  { Name = "batch and one by one"; Evaluate = Evaluate.batch potential }
                  if potential.Cutoff > 0.0 then
                      { Name = "lasting and fresh lists"
                        Evaluate = onLists potential (0.3 * structures.Separation) } ] }
