namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain

/// Which images of its atoms a group is made of.
type Images =
    /// Each atom is the image nearest to the atom before it, along the axes that repeat, wherever the atoms are wrapped
    /// to.
    | Nearest of periodic: (bool * bool * bool)
    /// Each atom is this image, in lattice vectors: three whole numbers for each atom of each group.
    | Fixed of shifts: int list list

/// Groups of m atoms of a structure of n atoms: bonds (m = 2), angles (3, the middle atom second), torsions (4, in a
/// row).
///
/// *Fields*, for g groups: `Atoms` n, `Size` m, `Members` [g, m], atoms counted from 0.
///
/// *Batches.* Structures evaluated together each have these groups, and so each have n atoms.
[<Sealed; AllowNullLiteral(false)>]
type AtomGroups internal (atoms: int, size: int, members: int[], images: Images) =
    /// The number of atoms of the structure, n.
    member _.Atoms = atoms

    /// The number of atoms of a group, m.
    member _.Size = size

    /// The number of groups, g.
    member _.Count = members.Length / size

    /// The atoms of the groups, [g, m].
    member _.Members = Frozen.freeze members

    /// The images that are meant.
    member _.Images = images

    /// "g groups of m among n atoms".
    override groups.ToString() = $"{groups.Count} groups of {size} among {atoms} atoms"

/// Making groups, and the vectors within them.
[<RequireQualifiedAccess>]
module AtomGroups =
    /// Groups of `size` atoms, 2 or more, of a structure of `atoms` atoms. Errors: `Inconsistent` for groups of
    /// another size, atoms that are not there, an atom twice in a group without shifts, and shifts of another number.
    let create (atoms: int) (size: int) (images: Images) (groups: int list list) : Result<AtomGroups, NoetherError> =
        if atoms < 0 || size < 2 then
            invalidArg (nameof size) $"AtomGroups.create: groups of {size} among {atoms} atoms, expected 2 or more."

        Outcome.capture (fun () ->
            let refuse g found expected = Outcome.raise (Inconsistent($"group {g}", found, expected))

            groups
            |> List.iteri (fun g members ->
                if members.Length <> size then refuse g $"{members.Length} atoms" $"{size}"

                match members |> List.tryFind (fun i -> i < 0 || i >= atoms) with
                | Some i -> refuse g $"atom {i}" $"atoms from 0 to {atoms - 1}"
                | None -> ()

                match images with
                | Nearest _ when List.distinct members <> members -> refuse g "an atom twice" "different atoms"
                | _ -> ())

            match images with
            | Fixed shifts ->
                if shifts.Length <> groups.Length then
                    let expected = $"one list for each of the {groups.Length} groups"
                    Outcome.raise (Inconsistent("the shifts", $"{shifts.Length} lists", expected))

                shifts
                |> List.iteri (fun g row ->
                    if row.Length <> 3 * size then refuse g $"{row.Length} whole numbers as shifts" $"{3 * size}")
            | Nearest _ -> ()

            AtomGroups(atoms, size, groups |> List.concat |> Array.ofList, images))

    /// The same groups in structures of another number of atoms. Errors: `Inconsistent` where one of their atoms is not
    /// among these.
    let among (atoms: int) (groups: AtomGroups) : Result<AtomGroups, NoetherError> =
        let members = Frozen.array groups.Members
        let last = if members.Length = 0 then -1 else Array.max members

        if last >= atoms then
            Error(Inconsistent("groups of atoms", $"atom {last}", $"atoms from 0 to {atoms - 1}"))
        else
            Ok(AtomGroups(atoms, groups.Size, members, groups.Images))

    /// The members of the groups of all structures, [b·g, m], numbered through the batch.
    let internal membersIn (name: string) (groups: AtomGroups) (data: PairData) : int[] =
        let n = groups.Atoms
        let owners = data.OwnerArray

        if
            owners.Length <> n * data.Structures
            || Seq.exists (fun i -> owners[i] <> i / n) (seq { 0 .. owners.Length - 1 })
        then
            let sizes = owners |> Seq.countBy id |> Seq.map (snd >> string) |> String.concat ", "
            let found = $"groups of atoms among {n}, and was asked about structures of {sizes}"
            Outcome.raise (Inconsistent($"the potential '{name}'", found, $"structures of {n} atoms"))

        let members = Frozen.array groups.Members
        Array.init (data.Structures * members.Length) (fun k -> (k / members.Length) * n + members[k % members.Length])

    /// The shifts between the ends of links, [l, 3], that bring each far end nearest; as many links in each structure.
    let private nearest periodic (data: PairData) (from: int[]) (towards: int[]) : int[] =
        let positions, cells = Tensor.toArray data.Positions, Tensor.toArray data.Cells
        let count = from.Length / data.Structures

        Array.init data.Structures (fun s ->
            let cell = Cell.create cells[9 * s .. 9 * s + 8] periodic |> Outcome.getOrFail

            Array.init (3 * count) (fun slot ->
                let link, axis = s * count + slot / 3, slot % 3
                positions[3 * towards[link] + axis] - positions[3 * from[link] + axis])
            |> Frozen.freeze
            |> MinimumImage.shifts cell
            |> Outcome.getOrFail
            |> Frozen.array)
        |> Array.concat

    /// The vectors from the member `p` of each group to the member `q`, a neighbour of it in the group, [b·g, 3].
    let internal vectors (groups: AtomGroups) (members: int[]) (data: PairData) (p: int) (q: int) : Tensor =
        let m = groups.Size
        let links = members.Length / m

        let from, towards =
            Array.init links (fun g -> members[g * m + p]), Array.init links (fun g -> members[g * m + q])

        let shifts =
            match groups.Images with
            | Nearest periodic -> nearest periodic data from towards
            | Fixed shifts ->
                let rows = shifts |> Seq.map Array.ofList |> Array.ofSeq

                Array.init (3 * links) (fun slot ->
                    let row = rows[slot / 3 % rows.Length]
                    row[3 * q + slot % 3] - row[3 * p + slot % 3])

        // Lists of pairs are sorted by their first atom.
        let order = [| 0 .. links - 1 |] |> Array.sortBy (fun g -> from[g])
        let place = Array.zeroCreate links
        order |> Array.iteri (fun k g -> place[g] <- k)
        let pick (values: int[]) = order |> Array.map (fun g -> values[g]) |> Frozen.freeze
        let sorted = order |> Array.collect (fun g -> Array.sub shifts (3 * g) 3) |> Frozen.freeze

        Pairs.create data.Numbers.Length (pick from) (pick towards) sorted
        |> Outcome.getOrFail
        |> data.VectorsOf
        |> Tensor.gather place

    /// The vectors from the first member of each group to its last one, along the others, [b·g, 3].
    let internal across (groups: AtomGroups) (members: int[]) (data: PairData) : Tensor =
        [ for p in 0 .. groups.Size - 2 -> vectors groups members data p (p + 1) ] |> List.reduce (+)
