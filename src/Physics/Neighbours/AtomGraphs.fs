namespace Noether.Physics

open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain

/// Structures as graphs: atoms are nodes, pairs are edges that point to their centre.
///
/// *Features.* Of nodes "positions" (real [n, 3], Å) and whatever is given; of edges "shifts" (integer [p, 3]); of
/// graphs "cells" (real [1, 3, 3], Å) and whatever is given. `Space.edgeVectors` makes vectors of them. Edges are
/// sorted as `Pairs` says.
[<RequireQualifiedAccess>]
module AtomGraphs =
    /// A structure and its pairs as a graph, with more node features and real globals of one number each. Errors:
    /// `Inconsistent` for pairs or features of another number of atoms, and for a name given twice.
    let ofPairs
        (nodes: (string * Feature) list)
        (globals: (string * float) list)
        (structure: Structure)
        (pairs: Pairs)
        : Result<GraphsTuple, NoetherError> =
        Graphs.create
            (("positions", Real(Space.positions structure)) :: nodes)
            [ "shifts", Integer(pairs.Shifts, 3) ]
            [ yield "cells", Real(Space.cell structure |> Tensor.unsqueeze 0)
              for name, value in globals -> name, Real(Tensor.vector [ value ]) ]
            pairs.Senders
            pairs.Receivers
            (ImmutableArray.Create(structure.Count))
            (ImmutableArray.Create(pairs.Count))

    /// The integer node feature "species": the place of each atom's element in a list of atomic numbers. Errors:
    /// `Inconsistent` for an atom of another element.
    let species (elements: int list) (structure: Structure) : Result<string * Feature, NoetherError> =
        Outcome.capture (fun () ->
            let known = elements |> List.map Elements.symbol |> String.concat ", "

            let place atom number =
                match List.tryFindIndex ((=) number) elements with
                | Some index -> index
                | None -> Outcome.raise (Inconsistent($"atom {atom}", $"the element {Elements.symbol number}", known))

            let places = structure.Numbers |> Seq.mapi place |> ImmutableArray.CreateRange
            "species", Integer(places, 1))

    /// A structure with all pairs nearer than the cut-offs as a graph with "species". Errors: those of
    /// `Neighbours.buildBy` and `species`.
    let ofStructure (elements: int list) (cutoffs: Cutoffs) (structure: Structure) : Result<GraphsTuple, NoetherError> =
        Outcome.capture (fun () ->
            let species = species elements structure |> Outcome.getOrFail
            let pairs = Neighbours.buildBy cutoffs structure |> Outcome.getOrFail
            ofPairs [ species ] [] structure pairs |> Outcome.getOrFail)

    /// Structures as one value of as many graphs, in their order, each as by `ofStructure`. Errors: that of the first
    /// structure that has one, and `InvalidArgument` for no structures.
    let ofStructures
        (elements: int list)
        (cutoffs: Cutoffs)
        (structures: Structure list)
        : Result<GraphsTuple, NoetherError> =
        structures |> List.map (ofStructure elements cutoffs) |> Outcome.all |> Result.bind Graphs.batch
