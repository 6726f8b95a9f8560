namespace Noether.Learning

open System
open System.Collections.Immutable
open System.Runtime.InteropServices
open Noether.AutoDiff
open Noether.Domain
open Noether.Physics

/// The input of a network of the NequIP family: edges between nodes of known species.
type NequipInput =
    {
        /// From the centre (receiver) to the neighbour (sender), [e, 3] in Å.
        Vectors: Tensor
        /// The node each edge comes from, [e].
        Senders: int[]
        /// The node each edge points to, [e], ascending.
        Receivers: int[]
        /// Which edges are the two ends of one pair; `EdgeRows.each` where that is not known.
        Rows: EdgeRows
        /// The species index of each node, [n].
        Species: int[]
    }

/// The elements that a network knows; an element's species is its place among them.
[<RequireQualifiedAccess>]
module internal KnownElements =

    /// Elements as ranges: "H–Bi, Ac–Pu".
    let private ranges (elements: int list) =
        let extend z groups =
            match groups with
            | (first, last) :: rest when z = first - 1 -> (z, last) :: rest
            | _ -> (z, z) :: groups

        List.foldBack extend elements []
        |> List.map (fun (a, b) -> if a = b then Elements.symbol a else $"{Elements.symbol a}–{Elements.symbol b}")
        |> String.concat ", "

    /// The species of atomic numbers; raises `Inconsistent` for an element that the model of this name does not know.
    let species (name: string) (elements: int list) : int seq -> int[] =
        let places = Array.create (Elements.largest + 1) -1
        elements |> List.iteri (fun place z -> places[z] <- place)

        fun (numbers: int seq) ->
            numbers
            |> Seq.mapi (fun i z ->
                if places[z] < 0 then
                    let expected = $"elements that '{name}' knows: {ranges (List.sort elements)}"
                    Outcome.raise (Inconsistent("the structure", $"atom {i} of element {Elements.symbol z}", expected))

                places[z])
            |> Array.ofSeq

    /// Raises `Inconsistent` for two atoms at one place, where directions have no meaning.
    let checkApart (data: PairData) =
        let lengths = Tensor.toArray data.Distances

        match Array.tryFindIndex (fun r -> r = 0.0) lengths with
        | Some e ->
            let found = $"atoms {data.Pairs.Receivers[e]} and {data.Pairs.Senders[e]} at one place"
            Outcome.raise (Inconsistent("the structure", found, "atoms apart from each other"))
        | None -> ()

/// Making the input of networks.
[<RequireQualifiedAccess>]
module NequipInput =

    let internal array (values: ImmutableArray<int>) = ImmutableCollectionsMarshal.AsArray values |> nonNull

    /// Atoms and pairs as a network sees them that knows `elements` (atomic numbers), under the name that it has in
    /// messages. All pairs that are there become edges. Raises NoetherException: `Inconsistent` for an element that the
    /// network does not know, and for two atoms at one place, where directions have no meaning.
    let ofPairs (name: string) (elements: int list) (data: PairData) : NequipInput =
        KnownElements.checkApart data
        let senders, receivers = array data.Pairs.Senders, array data.Pairs.Receivers

        { Vectors = data.Vectors
          Senders = senders
          Receivers = receivers
          Rows = EdgeRows.create senders receivers (data.Pairs.Shifts.AsSpan())
          Species = KnownElements.species name elements data.Numbers }
