namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// Energy, forces, virial and stress of a structure of n atoms.
type Results =
    {
        /// The energy, eV.
        Energy: float
        /// The energy of each atom, [n], eV.
        Energies: ImmutableArray<float>
        /// Forces −∂E/∂r, [n, 3], eV/Å.
        Forces: ImmutableArray<float>
        /// The virial −∂E/∂ε, [3, 3], eV: the strain takes every position and lattice vector x (a row) to x(1 + ε).
        Virial: ImmutableArray<float>
        /// The stress (1/V) ∂E/∂ε, [3, 3], eV/Å³, positive under tension; only where there are three lattice vectors.
        Stress: ImmutableArray<float> option
    }

/// From a potential and a structure to energies and their derivatives.
[<RequireQualifiedAccess>]
module Evaluate =
    /// Energies of the atoms, and −∂E/∂r [n, 3], −∂E/∂ε [b, 3, 3], as tensors.
    let private derived (potential: Potential) (sites: Sites) =
        let f (xs: Tensor[]) = [| potential.Energies(PairData.deformed sites xs[0] xs[1] None) |]
        let energies, pull = Diff.vjpMany f [| sites.PositionTensor; Tensor.zerosLike sites.CellTensor |]
        let gradients = pull [| Tensor.onesLike energies[0] |]
        energies[0], -gradients[0], -gradients[1]

    /// Why an energy is not a number: most often two atoms at one place.
    let private explain (potential: Potential) (sites: Sites) (energies: float[]) =
        let mutable atom = 0

        while atom < energies.Length && Double.IsFinite energies[atom] do
            atom <- atom + 1

        if atom < energies.Length then
            let r = Tensor.toArray (PairData.ofSites sites).Distances
            let pairs = sites.Pairs
            let own = [ pairs.Starts[atom] .. pairs.Starts[atom + 1] - 1 ]

            let nearest =
                if own.IsEmpty then
                    "it has no neighbours"
                else
                    let e = own |> List.minBy (fun e -> r[e])
                    $"its nearest neighbour, atom {pairs.Senders[e]}, is {r[e]} Å away"

            NonFinite($"the energy of atom {atom} by '{potential.Name}' ({nearest})", energies[atom]) |> Outcome.raise

    let private results (energies: float[]) (forces: float[]) (virial: float[]) (cell: Cell) =
        { Energy = Reduction.Sum(ReadOnlySpan energies)
          Energies = Frozen.freeze energies
          Forces = Frozen.freeze forces
          Virial = Frozen.freeze virial
          Stress = Cell.volume cell |> Option.map (fun v -> virial |> Array.map (fun w -> -w / v) |> Frozen.freeze) }

    /// The sums of the terms with a fused pass, energies [n], forces [n, 3] and virials [n, 3, 3] in arrays of the owner, and
    /// the potential of the other terms, if there are any.
    let private passed (owner: Owner) (potential: Potential) (sites: Sites) =
        let n = sites.Numbers.Length
        let energies, forces, virials = owner.TakeZeros n, owner.TakeZeros(3 * n), owner.TakeZeros(9 * n)
        let sums = Sums(energies, forces, virials)

        try
            for term in potential.Terms do
                term.Fused |> Option.iter (fun pass -> pass.Add(sites, 1.0, sums))
        finally
            sums.Close()

        match potential.Terms |> List.filter _.Fused.IsNone with
        | [] -> struct (energies, forces, virials), None
        | others -> struct (energies, forces, virials), Some { potential with Terms = others }

    let private add (values: Tensor) (sums: float[]) =
        let values = Tensor.toArray values

        for k in 0 .. sums.Length - 1 do
            sums[k] <- sums[k] + values[k]

    /// Refuses structures without the properties that terms require, and with a charge that a term has no place for.
    let private check (potential: Potential) (structures: Structure[]) (sites: Sites) =
        for term in potential.Terms do
            for required in term.Requires do
                sites.PropertyFor(term.Name, required) |> ignore

            if term.Neutral then
                for structure in structures do
                    StatedCharge.checkNeutral term.Name structure |> Outcome.getOrFail

    /// The virials of atoms [n, 3, 3] summed over each structure, [b, 3, 3].
    let private virialsOf (start: int[]) (ofAtoms: float[]) : float[] =
        let virials = Array.zeroCreate (9 * (start.Length - 1))

        for s in 0 .. start.Length - 2 do
            let own = ReadOnlySpan(ofAtoms, 9 * start[s], 9 * (start[s + 1] - start[s]))
            Propagator.SumMatrices(own, Span(virials, 9 * s, 9))

        virials

    let private evaluate (potential: Potential) (owner: Owner) (parts: (Structure * Pairs)[]) : Results[] =
        let inner = owner.Inner()
        let sites = Sites.ofStructuresWith inner parts
        let structures = Array.map fst parts
        let start = structures |> Array.scan (fun sum structure -> sum + structure.Count) 0

        check potential structures sites

        let energies, forces, virials =
            if Potential.isFused potential then
                let struct (energies, forces, virials), others = passed inner potential sites
                let virials = virialsOf start virials

                for others in Option.toList others do
                    let moreEnergies, moreForces, moreVirials = derived others sites
                    add moreEnergies energies
                    add moreForces forces
                    add moreVirials virials

                energies, forces, virials
            else
                let energies, forces, virials = derived potential sites
                Tensor.toArray energies, Tensor.toArray forces, Tensor.toArray virials

        // A finite sum has finite terms.
        if not (Double.IsFinite(Reduction.Sum(ReadOnlySpan energies))) then explain potential sites energies
        sites.Close()
        inner.Close [ energies :> Array; forces ]

        // What belongs to one structure alone is its own already.
        let part width from count (values: float[]) =
            if values.Length = width * count then values else Array.sub values (width * from) (width * count)

        structures
        |> Array.mapi (fun s structure ->
            let n = structure.Count

            results (part 1 start[s] n energies) (part 3 start[s] n forces) (part 9 s 1 virials) structure.Cell)

    let internal pairsFor (potential: Potential) (structure: Structure) =
        let cutoff = potential.Cutoff

        if cutoff <= 0.0 then
            Pairs.none structure.Count
        elif potential.Terms |> List.forall _.Fused.IsSome then
            Neighbours.buildForKernels (Owner(FreeArrays())) cutoff structure
        else
            Neighbours.build cutoff structure |> Outcome.getOrFail

    /// Energy, forces, virial and stress of a structure. Errors: those of `Neighbours.build`; `Inconsistent` for species
    /// that the potential does not know, for properties that it requires and the structure has not, and for a charge that
    /// it has no place for; `NonFinite` for an
    /// energy that is not a number, with the atoms that are to blame.
    let run (potential: Potential) (structure: Structure) : Result<Results, NoetherError> =
        Outcome.capture (fun () ->
            (evaluate potential (Owner(FreeArrays())) [| structure, pairsFor potential structure |])[0])

    let private checkReach (potential: Potential) (list: VerletList) =
        match list.Cutoffs with
        | Within cutoff when cutoff >= potential.Cutoff -> ()
        | cutoffs ->
            let expected = $"one for any pair, as long as that of '{potential.Name}', {potential.Cutoff} Å"
            Outcome.raise (Inconsistent("a Verlet list", $"the cut-off {cutoffs}", expected))

    /// `onList` for a list that is valid for the structure; the owner has the arrays of the results. Raises as that fails.
    let internal onValidList (potential: Potential) (owner: Owner) (list: VerletList) (structure: Structure) : Results =
        checkReach potential list
        (evaluate potential owner [| structure, list.Wide |])[0]

    /// `run` with the pairs of a Verlet list, in which those beyond the cut-off are passed over. Errors, besides those of
    /// `run`: `Inconsistent` for a list that ends before the potential does, or is not valid for the structure.
    let onList (potential: Potential) (list: VerletList) (structure: Structure) : Result<Results, NoetherError> =
        Outcome.capture (fun () ->
            checkReach potential list

            if not (VerletList.isValid structure list) then
                let found = "atoms or a cell moved further than its skin allows"
                Outcome.raise (Inconsistent("a Verlet list", found, "an updated list"))

            onValidList potential (Owner list.Free) list structure)

    /// The results for structures, evaluated together in one pass. Errors as for `run`.
    let batch (potential: Potential) (structures: Structure list) : Result<Results list, NoetherError> =
        Outcome.capture (fun () ->
            structures
            |> List.map (fun structure -> structure, pairsFor potential structure)
            |> Array.ofList
            |> evaluate potential (Owner(FreeArrays()))
            |> List.ofArray)

    /// The energy of each atom, [n], as a function of positions [n, 3], strain ε [3, 3] (both Å-based) and properties that the
    /// potential requires, tensors that may all be differentiated to any order, for the pairs of a list: every position and
    /// lattice vector x becomes x(1 + ε). Properties that are not given are those of the structure. Raises
    /// `NoetherException` where it has none, ArgumentException for a property of another shape.
    let energiesWith
        (potential: Potential)
        (pairs: Pairs)
        (structure: Structure)
        (properties: (RequiredProperty * Tensor) list)
        (positions: Tensor)
        (strain: Tensor)
        : Tensor =
        let sites = Sites.ofStructures [| structure, pairs |]

        for term in potential.Terms do
            if term.Neutral then StatedCharge.checkNeutral term.Name structure |> Outcome.getOrFail

        let data = PairData.deformed sites positions (Tensor.reshape [| 1; 3; 3 |] strain) None

        (data, properties)
        ||> List.fold (fun data (required, values) -> PairData.withProperty required values data)
        |> potential.Energies

    /// The energy of each atom, [n], as a function of positions [n, 3] and strain ε [3, 3] (both Å-based tensors that may be
    /// differentiated to any order), for the pairs of a list: every position and lattice vector x becomes x(1 + ε).
    let energiesAt potential pairs structure positions strain =
        energiesWith potential pairs structure [] positions strain

    /// The derivative of the energy by a property that the potential requires, ∂E/∂p, shaped as the property: of charges,
    /// eV/e, the potential at each atom. Errors as for `run`.
    let propertyGradient
        (required: RequiredProperty)
        (potential: Potential)
        (structure: Structure)
        : Result<Tensor, NoetherError> =
        Outcome.capture (fun () ->
            let sites = Sites.ofStructures [| structure, pairsFor potential structure |]
            check potential [| structure |] sites
            let data = PairData.ofSites sites

            let energy values = Tensor.sum (potential.Energies(PairData.withProperty required values data))

            Diff.grad energy (data.Property required))

    /// The energy of a structure, eV, and its derivatives by the parameters of a potential, shaped as these; `create` makes
    /// the potential of parameters. Errors as for `run` and those of `create`.
    let parameterGradient
        (create: Tensor[] -> Result<Potential, NoetherError>)
        (parameters: Tensor[])
        (structure: Structure)
        : Result<float * Tensor[], NoetherError> =
        Outcome.capture (fun () ->
            let potential = create parameters |> Outcome.getOrFail
            let sites = Sites.ofStructures [| structure, pairsFor potential structure |]
            check potential [| structure |] sites
            let data = PairData.ofSites sites
            let energy xs = [| Tensor.sum ((create xs |> Outcome.getOrFail).Energies data) |]
            let values, pull = Diff.vjpMany energy parameters
            Tensor.toArray(values[0])[0], pull [| Tensor.onesLike values[0] |])

    /// The virial of each atom as a centre, [n, 3, 3], eV: −Σ_j (r_j − r_i) ⊗ ∂E/∂(r_j − r_i) over its own pairs; the sum is
    /// the virial of the structure where the energy depends on vectors between atoms only. Errors as for `run`.
    let atomVirials (potential: Potential) (structure: Structure) : Result<ImmutableArray<float>, NoetherError> =
        Outcome.capture (fun () ->
            let sites = Sites.ofStructures [| structure, pairsFor potential structure |]
            check potential [| structure |] sites

            let derived (potential: Potential) =
                let energy (local: Tensor) =
                    PairData.deformed sites sites.PositionTensor (Tensor.zerosLike sites.CellTensor) (Some local)
                    |> potential.Energies
                    |> Tensor.sum

                -(Diff.grad energy (Tensor.zeros [| structure.Count; 3; 3 |]))

            if Potential.isFused potential then
                let struct (_, _, virials), others = passed (Owner(FreeArrays())) potential sites
                others |> Option.iter (fun others -> add (derived others) virials)
                Frozen.freeze virials
            else
                Frozen.freeze (Tensor.toArray (derived potential)))
