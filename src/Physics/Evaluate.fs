namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// What a potential says about a structure of n atoms.
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
        let energies, pull = Diff.vjpMany f [| sites.Positions; Tensor.zerosLike sites.Cells |]
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

    /// Energies, forces and virials of the atoms from a fused pass, in arrays of the owner.
    let private passed (owner: Owner) fused (sites: Sites) : float[] * float[] * float[] =
        let n = sites.Numbers.Length
        let energies, forces, virials = owner.TakeZeros n, owner.TakeZeros(3 * n), owner.TakeZeros(9 * n)
        let sums = Sums(energies, forces, virials)

        try
            fused sites 1.0 sums
        finally
            sums.Close()

        energies, forces, virials

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

        let energies, forces, virials =
            match potential.Fused with
            | Some fused ->
                let energies, forces, virials = passed inner fused sites
                energies, forces, virialsOf start virials
            | None ->
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
        if potential.Cutoff > 0.0 && potential.Fused.IsSome then
            Neighbours.buildForKernels (Owner(FreeArrays())) potential.Cutoff structure
        elif potential.Cutoff > 0.0 then
            Neighbours.build potential.Cutoff structure |> Outcome.getOrFail
        else
            let none = ImmutableArray<int>.Empty
            Pairs.create structure.Count none none none |> Outcome.getOrFail

    /// Energy, forces, virial and stress of a structure. Errors: those of `Neighbours.build`; `Inconsistent` for species
    /// that the potential does not know; `NonFinite` for an energy that is not a number, with the atoms that are to blame.
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

    /// The energy of each atom, [n], as a function of positions [n, 3] and strain ε [3, 3] (both Å-based tensors that may be
    /// differentiated to any order), for the pairs of a list: every position and lattice vector x becomes x(1 + ε).
    let energiesAt
        (potential: Potential)
        (pairs: Pairs)
        (structure: Structure)
        (positions: Tensor)
        (strain: Tensor)
        : Tensor =
        let sites = Sites.ofStructures [| structure, pairs |]
        potential.Energies(PairData.deformed sites positions (Tensor.reshape [| 1; 3; 3 |] strain) None)

    /// The virial of each atom as a centre, [n, 3, 3], eV: −Σ_j (r_j − r_i) ⊗ ∂E/∂(r_j − r_i) over its own pairs; the sum is
    /// the virial of the structure where the energy depends on vectors between atoms only. Errors as for `run`.
    let atomVirials (potential: Potential) (structure: Structure) : Result<ImmutableArray<float>, NoetherError> =
        Outcome.capture (fun () ->
            let sites = Sites.ofStructures [| structure, pairsFor potential structure |]

            match potential.Fused with
            | Some fused ->
                let _, _, virials = passed (Owner(FreeArrays())) fused sites
                virials
            | None ->
                let energy (local: Tensor) =
                    let data = PairData.deformed sites sites.Positions (Tensor.zerosLike sites.Cells) (Some local)
                    Tensor.sum (potential.Energies data)

                Tensor.toArray -(Diff.grad energy (Tensor.zeros [| structure.Count; 3; 3 |]))
            |> Frozen.freeze)
