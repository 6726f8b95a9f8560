namespace Noether.Physics

open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain

/// Sites that interact and are no atoms: each a fixed linear combination of the places of some atoms, its parents, as
/// the negative charge of four-site water is. They have no inertia: forces on them are forces on their parents, by the
/// chain rule.
[<NoEquality; NoComparison>]
type VirtualSites =
    {
        /// The parents of each of g sites, m atoms; the site is where the images of the group are, about the first one.
        Parents: AtomGroups
        /// The parts of the parents' places, [m] for all sites or [g, m], which may carry derivatives; of each site
        /// they add up to 1.
        Weights: Tensor
        /// The atomic number that potentials see, 0 for X.
        Number: int
        /// Properties that potentials read from sites, such as charges: [g], or [g, w].
        Properties: Map<string, Tensor>
    }

/// Structures with virtual sites.
[<RequireQualifiedAccess>]
module VirtualSites =
    /// Sites without properties. Errors: `Inconsistent` for weights that do not add up to 1, with which energies would
    /// change as all atoms move together; `InvalidArgument` for an atomic number that does not exist. ArgumentException
    /// for weights of another shape.
    let create (number: int) (weights: Tensor) (parents: AtomGroups) : Result<VirtualSites, NoetherError> =
        let m = parents.Size

        if not (Shape.equal weights.Shape [| m |] || Shape.equal weights.Shape [| parents.Count; m |]) then
            let expected = $"[{m}] or [{parents.Count}, {m}]"
            invalidArg (nameof weights) $"VirtualSites: weights {Shape.print weights.Shape}, expected {expected}."

        let sums = Tensor.toArray weights |> Array.chunkBySize m |> Array.map Array.sum

        match sums |> Array.tryFind (fun sum -> not (abs (sum - 1.0) <= 1e-12)) with
        | Some sum -> Error(Inconsistent("the weights of a virtual site", $"a sum of {NoetherError.number sum}", "1"))
        | None when number < 0 || number > 118 ->
            Error(InvalidArgument("the atomic number of virtual sites", string number, "0 (X) to 118"))
        | None ->
            Ok
                { Parents = parents
                  Weights = weights
                  Number = number
                  Properties = Map.empty }

    /// The same sites with a property, such as `charges`, [g] or [g, w].
    let withProperty (name: string) (values: Tensor) (sites: VirtualSites) : VirtualSites =
        { sites with Properties = Map.add name values sites.Properties }

    /// The first parent of each site.
    let private firsts (members: int[]) (sites: VirtualSites) =
        let m = sites.Parents.Size
        Array.init (members.Length / m) (fun g -> members[m * g])

    /// The places of the sites of all structures of the data, [b·g, 3], Å; differentiable in positions, cell and
    /// weights.
    let places (sites: VirtualSites) (data: PairData) : Tensor =
        let m = sites.Parents.Size
        let members = AtomGroups.membersIn "virtual sites" sites.Parents data
        let count = members.Length / m

        if count = 0 then
            Tensor.full data.Positions.Precision [| 0; 3 |] 0.0
        else
            // Vectors along the group, each of which all later parents share.
            let weights = Tensor.cast data.Positions.Precision sites.Weights

            let later p =
                if weights.Rank = 1 then
                    Tensor.reshape [| 1; 1 |] (Tensor.sum (Tensor.slice 0 (p + 1) m weights))
                else
                    let rest = Tensor.sumAxes [| 1 |] (Tensor.slice 1 (p + 1) m weights)
                    let place = Array.init count (fun g -> g % sites.Parents.Count)
                    Tensor.reshape [| count; 1 |] (Tensor.gather place rest)

            [ for p in 0 .. m - 2 -> later p * AtomGroups.vectors sites.Parents members data p (p + 1) ]
            |> List.fold (+) (Tensor.gather (firsts members sites) data.Positions)

    /// The atoms of one structure, then its sites, and the pairs of both nearer than a cut-off.
    let private extended cutoff (sites: VirtualSites) (data: PairData) : PairData * int[] =
        let frame = { data.Frame with LocalStrain = None; Pairs = Pairs.none data.Numbers.Length }
        let whole = PairData(frame, ValueNone)
        let firsts = firsts (AtomGroups.membersIn "virtual sites" sites.Parents data) sites
        let count = firsts.Length
        let positions = Tensor.concat 0 [ frame.Positions; Tensor.cast frame.Positions.Precision (places sites whole) ]
        let numbers = frame.Numbers.AddRange(Array.create count sites.Number)
        let periodic = frame.Periodic[0], frame.Periodic[1], frame.Periodic[2]
        let cell = Cell.create (Tensor.toArray frame.Cells) periodic |> Outcome.getOrFail

        let pairs =
            Structure.create numbers (Frozen.freeze (Tensor.toArray positions)) cell
            |> Result.bind (Neighbours.build cutoff)
            |> Outcome.getOrFail

        let property (required: RequiredProperty) =
            if required.Owner = WholeStructure then
                data.Frame.Property required
            else
                let names = required.Name :: required.OtherNames

                match names |> List.tryPick sites.Properties.TryFind with
                | Some values ->
                    Tensor.concat 0 [ data.Frame.Property required; Tensor.cast frame.Positions.Precision values ]
                | None ->
                    let found = $"no property '{required.Name}'"
                    Inconsistent("virtual sites", found, "one, by VirtualSites.withProperty") |> Outcome.raise

        let inner =
            { frame with
                Numbers = numbers
                Owners = Array.zeroCreate numbers.Length
                Pairs = pairs
                Positions = positions
                LocalStrain =
                    data.Frame.LocalStrain |> Option.map (fun s -> Tensor.concat 0 [ s; Tensor.gather firsts s ])
                Property = property }

        PairData(inner, ValueNone), firsts

    /// A potential of atoms and sites as one of the atoms: sites stand behind the atoms of their structure, in numbers,
    /// in lists of bonded pairs and in all else. A site's energy belongs to its first parent.
    let potential (sites: VirtualSites) (inner: Potential) : Potential =
        let name = $"{inner.Name} with {sites.Parents.Count} virtual sites"

        let energies (data: PairData) =
            let data, firsts = extended inner.Cutoff sites data
            let energies = inner.Energies data
            let n = energies.Size - firsts.Length
            Tensor.slice 0 0 n energies + Tensor.segmentSum firsts n (Tensor.slice 0 n energies.Size energies)

        Potential.ofTerm
            { Term.create name 0.0 (PairData.structures >> List.map energies >> Tensor.concat 0) with
                Requires = inner.Requires }
