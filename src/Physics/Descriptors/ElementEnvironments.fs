namespace Noether.Physics

open System
open System.Collections.Generic
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain

/// The pairs of several structures, one after the other, with their vectors.
[<NoEquality; NoComparison>]
type internal AllPairs =
    {
        Structures: Structure[]
        Pairs: Pairs[]
        /// The first pair of each structure among all.
        Starts: int[]
        Vectors: float[]
        Lengths: float[]
    }

/// The neighbours of one element around centres of another: what becomes the blocks of this pair of elements.
[<NoEquality; NoComparison>]
type internal ElementEnvironments =
    {
        Centre: int
        Neighbour: int
        /// (system, atom) of each sample.
        Samples: Labels
        /// The samples that have themselves as a neighbour.
        Selves: int[]
        /// The pairs among all.
        Members: int[]
        /// For each of them: sample, gradient row of the neighbour, gradient row of the centre.
        Places: int[]
        /// (sample, system, atom) of each gradient row, sorted.
        Rows: Labels
    }

/// Making environments.
[<RequireQualifiedAccess>]
module internal ElementEnvironments =
    let private sampleNames = ImmutableArray.Create("system", "atom")
    let private rowNames = ImmutableArray.Create("sample", "system", "atom")

    let pairs (cutoff: float) (structures: Structure list) : AllPairs =
        let found = structures |> List.map (fun s -> Neighbours.buildWithVectors cutoff s |> Outcome.getOrFail)
        let pairs = found |> List.map (fun (pairs, _, _) -> pairs) |> Array.ofList

        { Structures = Array.ofList structures
          Pairs = pairs
          Starts = pairs |> Array.scan (fun sum pairs -> sum + pairs.Count) 0
          Vectors = found |> List.map (fun (_, vectors, _) -> vectors) |> Array.concat
          Lengths = found |> List.map (fun (_, _, lengths) -> lengths) |> Array.concat }

    /// What grows while the atoms are looked at.
    [<NoEquality; NoComparison>]
    type private Growing =
        { Samples: ResizeArray<int>
          Selves: ResizeArray<int>
          Members: ResizeArray<int>
          Places: ResizeArray<int>
          Rows: ResizeArray<int> }

    let private empty () : Growing =
        { Samples = ResizeArray()
          Selves = ResizeArray()
          Members = ResizeArray()
          Places = ResizeArray()
          Rows = ResizeArray() }

    /// One centre: its pairs with one element, senders ascending, its own row put among theirs.
    let private add (all: AllPairs) system atom (own: bool) (members: ResizeArray<int>) (growing: Growing) =
        let sample = growing.Samples.Count / 2
        growing.Samples.AddRange [ system; atom ]

        if own then growing.Selves.Add sample

        let senders = all.Pairs[system].Senders
        let atoms = SortedSet<int> [ atom ]

        for e in members do
            atoms.Add senders[e - all.Starts[system]] |> ignore

        let first = growing.Rows.Count / 3
        let rowOf = Dictionary<int, int>(atoms.Count)

        for other in atoms do
            rowOf[other] <- first + rowOf.Count
            growing.Rows.AddRange [ sample; system; other ]

        for e in members do
            growing.Members.Add e
            growing.Places.Add sample
            growing.Places.Add rowOf[senders[e - all.Starts[system]]]
            growing.Places.Add rowOf[atom]

    /// The environments of all pairs of elements that are there, by centre and neighbour.
    let all (pairs: AllPairs) : ElementEnvironments[] =
        let found = SortedDictionary<struct (int * int), Growing>()

        let growing centre neighbour =
            match found.TryGetValue(struct (centre, neighbour)) with
            | true, growing -> growing
            | _ ->
                let growing = empty ()
                found.Add(struct (centre, neighbour), growing)
                growing

        let byElement = Dictionary<int, ResizeArray<int>>()

        for system in 0 .. pairs.Structures.Length - 1 do
            let numbers = pairs.Structures[system].Numbers
            let list = pairs.Pairs[system]

            for atom in 0 .. numbers.Length - 1 do
                byElement.Clear()
                byElement[numbers[atom]] <- ResizeArray()

                for e in list.Starts[atom] .. list.Starts[atom + 1] - 1 do
                    let element = numbers[list.Senders[e]]

                    if not (byElement.ContainsKey element) then byElement[element] <- ResizeArray()

                    byElement[element].Add(pairs.Starts[system] + e)

                for KeyValue(element, members) in byElement do
                    add pairs system atom (element = numbers[atom]) members (growing numbers[atom] element)

        [| for KeyValue(struct (centre, neighbour), growing) in found ->
               { Centre = centre
                 Neighbour = neighbour
                 Samples = LabelRules.trusted sampleNames (growing.Samples.Count / 2) (growing.Samples.ToArray())
                 Selves = growing.Selves.ToArray()
                 Members = growing.Members.ToArray()
                 Places = growing.Places.ToArray()
                 Rows = LabelRules.trusted rowNames (growing.Rows.Count / 3) (growing.Rows.ToArray()) } |]
