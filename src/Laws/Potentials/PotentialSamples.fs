namespace Noether.Laws

open System
open System.Collections.Immutable
open FsCheck
open FsCheck.FSharp
open Noether.Domain

/// Samples for potentials. Most structures of `Structures` that keep their atoms apart keep them out of each other's
/// sight; here two of three are grown, so that every atom has a neighbour.
[<RequireQualifiedAccess>]
module PotentialSamples =
    /// A direction of length 1, as three numbers.
    let internal directions: Gen<float[]> =
        Gen.arrayOfLength 3 (Moves.between -1.0 1.0)
        |> Gen.filter (fun d -> Array.sumBy (fun x -> x * x) d > 0.01)
        |> Gen.map (fun d ->
            let length = sqrt (Array.sumBy (fun x -> x * x) d)
            Array.map (fun x -> x / length) d)

    /// Atoms, each placed 1 to 2.9 separations (that is: up to the cut-off, by `PotentialSubject.structuresFor`) from
    /// one before it; those too close to others left out. Dimers, chains, clusters; in cells of all kinds.
    let private grown (settings: StructureSettings) : Gen<Structure> =
        let unit' = Math.Max(settings.Separation, 0.1 * fst settings.Edges)

        gen {
            let! cell = Structures.cells settings
            let! n = Gen.choose (min 1 settings.MaxAtoms, settings.MaxAtoms)
            let! numbers = Gen.arrayOfLength n (Gen.elements settings.Species)
            let! start = Gen.arrayOfLength 3 (Moves.between -10.0 10.0)
            let! steps = Gen.arrayOfLength n (Gen.zip3 (Gen.choose (0, 1_000_000)) directions (Moves.between 1.01 2.9))
            let places = Array.create n start

            for atom in 1 .. n - 1 do
                let choice, direction, distance = steps[atom]
                places[atom] <- Array.map2 (fun x d -> x + unit' * distance * d) places[choice % atom] direction

            return
                Structure.create
                    (ImmutableArray.Create<int> numbers)
                    (ImmutableArray.CreateRange(Seq.concat places))
                    cell
                |> Outcome.getOrFail
                |> Structures.thinned settings
        }

    /// Structures for potentials: grown ones and, one in three, those of `Structures.generate`.
    let structures (settings: StructureSettings) : Gen<Structure> =
        Gen.frequency [ 2, grown settings; 1, Structures.generate settings ]

    /// Samples of such structures, which shrink as those of `Sample.arbitrary` do.
    let arbitrary (settings: StructureSettings) : Arbitrary<Sample> =
        let generator =
            gen {
                let! structure = structures settings
                let! cutoff = Sample.cutoffs structure
                let! seed = Gen.choose (0, 1_000_000)

                return { Structure = structure; Cutoff = cutoff; Seed = seed }
            }

        Arb.fromGenShrink (generator, Sample.shrink settings)
