namespace Noether.Laws

open System
open FsCheck
open FsCheck.FSharp
open Noether.Domain

/// A sample that a law is tried on.
type Sample =
    {
        /// The structure.
        Structure: Structure
        /// A length in Å, up to three times the shortest lattice vector that is given: the cut-off asked of a
        /// neighbour list. What has a cut-off of its own keeps that.
        Cutoff: float
        /// Decides what else a law has to choose: a rotation, an order of the atoms. See `Sample.draw`.
        Seed: int
    }

/// Making samples and choosing by them.
[<RequireQualifiedAccess>]
module Sample =
    /// The value that a generator gives for the sample's seed: always the same one.
    let draw (generator: Gen<'T>) (sample: Sample) : 'T =
        Gen.sampleWithSeed (Rnd(uint64 sample.Seed)) 0 1 generator |> Seq.head

    /// Cut-offs for a structure in Å: 0.05 to 3 times its shortest lattice vector (5 Å where it has none), half of them
    /// multiples of half that length, where distances tie with it.
    let cutoffs (structure: Structure) : Gen<float> =
        let a, b, c = Cell.lengths structure.Cell

        let unit' =
            match List.filter (fun length -> length > 0.0) [ a; b; c ] with
            | [] -> 5.0
            | given -> List.min given

        Gen.oneof [ Moves.between 0.05 3.0; Gen.choose (1, 6) |> Gen.map (fun halves -> float halves / 2.0) ]
        |> Gen.map (fun times -> times * unit')

    /// Samples of structures of these settings.
    let generate (settings: StructureSettings) : Gen<Sample> =
        gen {
            let! structure = Structures.generate settings
            let! cutoff = cutoffs structure
            let! seed = Gen.choose (0, 1_000_000)

            return { Structure = structure; Cutoff = cutoff; Seed = seed }
        }

    /// Samples with a simpler structure, a rounder cut-off or a smaller seed. Every chain of them ends.
    let shrink (settings: StructureSettings) (sample: Sample) : seq<Sample> =
        seq {
            for structure in Shrinking.structures settings sample.Structure do
                { sample with Structure = structure }

            for digits in 0..2 do
                let cutoff = Math.Round(sample.Cutoff, digits)

                if cutoff > 0.0 && Shrinking.weightOf cutoff < Shrinking.weightOf sample.Cutoff then
                    { sample with Cutoff = cutoff }

            for seed in 0 .. min 2 (sample.Seed - 1) do
                { sample with Seed = seed }
        }

    /// `generate` with `shrink`, for FsCheck's properties.
    let arbitrary (settings: StructureSettings) : Arbitrary<Sample> =
        Arb.fromGenShrink (generate settings, shrink settings)

/// A law: something that must hold for every sample, of a subject such as a neighbour list or a potential.
type Law<'Subject> =
    {
        /// Its name in reports.
        Name: string
        /// The quantities that are compared, and the scale in which a violation is measured.
        Statement: string
        /// The samples it is tried on, for settings of the structures in them; they shrink, too.
        Samples: StructureSettings -> Arbitrary<Sample>
        /// By how much the subject breaks the law on a sample: 0 where it holds exactly. An exception of the subject
        /// counts as an infinite violation, and so does a value that is no number.
        Violation: 'Subject -> Sample -> float
        /// The greatest violation that is no breach.
        Tolerance: float
    }
