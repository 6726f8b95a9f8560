namespace Noether.Physics

open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain

/// Several structures after one another with the pairs of each, put together once and looked at often: at their own
/// positions or at others, as they are or deformed, with derivatives of any order and mode by both.
[<Sealed; AllowNullLiteral(false)>]
type PairBatch internal (sites: Sites, counts: int[]) =
    let positions = lazy sites.PositionTensor

    /// The number of atoms of each structure, [b].
    member _.Counts = Frozen.freeze counts

    /// The number of structures, b.
    member _.Structures = counts.Length

    /// The number of atoms of all structures, n.
    member _.Atoms = sites.Numbers.Length

    /// Atomic numbers, [n].
    member _.Numbers = sites.Numbers

    /// The structure of each atom, [n], counted from 0.
    member _.Owners = sites.Owners

    /// The pairs of all structures, their atoms counted through.
    member _.Pairs = sites.Pairs

    /// The positions of the structures, [n, 3], Å, float64.
    member _.Positions = positions.Value

    /// A property of the atoms, [n] or [n, w], or of the structures, [b] or [b, w], float64. Raises `NoetherException` where a
    /// structure has none.
    member _.Property(required: RequiredProperty) : Tensor =
        let shape = RequiredProperty.shape sites.Atoms sites.Structures required
        Tensor.ofArray shape (Frozen.array (sites.Property required))

    /// No deformation of any structure: zeros [b, 3, 3], float64.
    member _.NoStrain = Tensor.zeros [| counts.Length; 3; 3 |]

    member internal _.Sites = sites

/// Making batches, and their pair data.
[<RequireQualifiedAccess>]
module PairBatch =
    /// Structures and the pairs of each, in their order. ArgumentException where there are none.
    let create (parts: (Structure * Pairs) seq) : PairBatch =
        let parts = Array.ofSeq parts

        if parts.Length = 0 then
            invalidArg (nameof parts) "PairBatch.create: no structures, expected at least one."

        PairBatch(Sites.ofStructures parts, parts |> Array.map (fun (structure, _) -> structure.Count))

    /// The data at positions [n, 3], Å, deformed by strains ε [b, 3, 3]: every position and lattice vector x, as a row,
    /// becomes x(1 + ε). Minus the derivatives of the energy by the two are forces and virials.
    let dataAt (positions: Tensor) (strains: Tensor) (batch: PairBatch) : PairData =
        PairData.deformed batch.Sites positions strains None

    /// The data of the structures as they are.
    let data (batch: PairBatch) : PairData = PairData.ofSites batch.Sites
