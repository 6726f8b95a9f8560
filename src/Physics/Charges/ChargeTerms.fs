namespace Noether.Physics

open System
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// What the terms of a potential of charges share.
[<NoEquality; NoComparison>]
type internal ChargePlan =
    {
        Name: string
        Split: RangeSplit
        Charges: ChargeSource
        Cutoff: float
        /// The sum over the lattice for charges [n] in a cell [3, 3].
        Choose: float[] -> float[] -> Summation
    }

/// The terms of potentials of charges: near pairs, and the sum over the lattice.
[<RequireQualifiedAccess>]
module internal ChargeTerms =
    /// The volume of a cell [3, 3], 0 where it has none.
    let volumeOf (cell: float[]) =
        let c i j = cell[3 * i + j]

        abs (
            c 0 0 * (c 1 1 * c 2 2 - c 1 2 * c 2 1) - c 0 1 * (c 1 0 * c 2 2 - c 1 2 * c 2 0)
            + c 0 2 * (c 1 0 * c 2 1 - c 1 1 * c 2 0)
        )

    /// The open axis of a slab; None where all are periodic. Raises for one periodic axis.
    let openAxis (periodic: bool[]) =
        match periodic |> Array.filter id |> Array.length with
        | 3 -> None
        | 2 -> Some(Array.IndexOf(periodic, false))
        | count ->
            let expected = "three, two (a slab) or none; a cell with empty space around and three periodic axes helps"
            Inconsistent("a structure with charges", $"{count} periodic axis", expected) |> Outcome.raise

    /// Refuses a slab whose images would be neighbours if the open axis were periodic.
    let checkVacuum cutoff axis (cell: float[]) (positions: float[]) =
        let length = sqrt (Seq.sum [ for c in 0..2 -> cell[3 * axis + c] ** 2.0 ])

        let heights =
            [ for i in 0 .. positions.Length / 3 - 1 ->
                  Seq.sum [ for c in 0..2 -> positions[3 * i + c] * cell[3 * axis + c] ] / length ]

        let gap = if heights.IsEmpty then length else length - (List.max heights - List.min heights)

        if gap < cutoff then
            let expected = $"at least {cutoff:g4} Å, the cut-off, along lattice vector {axis + 1}"
            Inconsistent("a slab of charges", $"{gap:g4} Å of empty space", expected) |> Outcome.raise

    /// ½ Σ q_i q_j f(r_ij) over all pairs of atoms, of each atom, in blocks of receivers.
    let private allPairs (f: Tensor -> Tensor) (positions: Tensor) (charges: Tensor) =
        let n = positions.Shape[0]
        let block = max 1 (min n (1000000 / max 1 n))

        let part first stop (xs: Tensor[]) =
            let receivers =
                [| for i in first .. stop - 1 do
                       for j in 0 .. n - 1 do
                           if j <> i then i |]

            let senders =
                [| for i in first .. stop - 1 do
                       for j in 0 .. n - 1 do
                           if j <> i then j |]

            let r = Space.lengths (Tensor.gather senders xs[0] - Tensor.gather receivers xs[0])
            [| Tensor.segmentSum receivers n (f r * Tensor.gather senders xs[1]) |]

        if n < 2 then
            Tensor.zerosLike charges
        else
            [ for first in 0..block .. n - 1 ->
                  (Diff.checkpoint (part first (min n (first + block))) [| positions; charges |])[0] ]
            |> List.reduce (+)
            |> fun v -> 0.5 * charges * v

    /// Of each structure its own atoms, cell and axes.
    let private perStructure (data: PairData) (charges: Tensor) (f: bool[] -> Tensor -> Tensor -> Tensor -> Tensor) =
        let periodic = Array.ofSeq data.Periodic
        let cells = data.Cells

        let cell s = Tensor.reshape [| 3; 3 |] (Tensor.slice 0 s (s + 1) cells)

        if data.Structures = 1 then
            f periodic (cell 0) data.Positions charges
        else
            let counts = Array.zeroCreate data.Structures

            for owner in data.Owners do
                counts[owner] <- counts[owner] + 1

            let positions = Tensor.split 0 counts data.Positions
            let charges = Tensor.split 0 counts charges

            [ for s in 0 .. data.Structures - 1 -> f periodic[3 * s .. 3 * s + 2] (cell s) positions[s] charges[s] ]
            |> Tensor.concat 0

    let private column (x: Tensor) = Tensor.reshape [| x.Size; 1 |] x

    /// What the sum over the lattice says about one structure, [n].
    let private farOf (plan: ChargePlan) periodic (cell: Tensor) (positions: Tensor) (charges: Tensor) =
        if Array.forall not periodic then
            allPairs plan.Split.Long positions charges
        else
            let axis = openAxis periodic

            match axis with
            | Some axis -> checkVacuum plan.Cutoff axis (Tensor.toArray cell) (Tensor.toArray positions)
            | None -> ()

            let sum =
                { Split = plan.Split
                  Summation = plan.Choose (Tensor.toArray charges) (Tensor.toArray cell)
                  OpenAxis = axis }

            let v = LatticeSum.far sum cell positions (column charges)
            0.5 * charges * Tensor.reshape [| charges.Size |] v

    /// ½ q_i Σ_j q_j f(r_ij) over near pairs, [n].
    let nearEnergies (f: Tensor -> Tensor) source (data: PairData) =
        let charges = ChargeSource.tensor source data
        let receivers, senders = Frozen.array data.Pairs.Receivers, Frozen.array data.Pairs.Senders
        let v = LatticeSum.near f BothEnds receivers senders data.Distances (column charges)
        0.5 * charges * Tensor.reshape [| charges.Size |] v

    let private passOf
        (f: 'F when 'F: struct and 'F: (new: unit -> 'F) and 'F :> ValueType and 'F :> IRadialFunction)
        cutoff
        source
        (weight: float)
        (kappa: float)
        =
        fun (sites: Sites) (factor: float) (sums: Sums) ->
            PairSums.AddWeighted(
                f,
                ReadOnlySpan [| weight; kappa |],
                cutoff,
                ReadOnlySpan(ChargeSource.numbers source sites),
                sites.Starts.AsSpan(),
                sites.Images,
                ReadOnlySpan sites.Places,
                factor,
                sums.Energies,
                sums.Forces,
                sums.Virials
            )

    /// The pass over near pairs for one power with the smearing 1/(√2κ), if it has one.
    let nearPass cutoff source weight exponent kappa : (Sites -> float -> Sums -> unit) option =
        match source, exponent with
        | Computed _, _ -> None
        | _, 1.0 -> Some(passOf (ShortCoulomb()) cutoff source weight kappa)
        | _, 6.0 -> Some(passOf (ShortDispersion()) cutoff source weight kappa)
        | _ -> None

    /// Whether parameters are numbers, which passes ask for.
    let private constant (powers: InversePower list) =
        powers |> List.forall (fun power -> power.Weight.Level = 0L && power.Smearing.Level = 0L)

    /// The pass over near pairs, where all powers have one.
    let private nearPasses (plan: ChargePlan) : FusedPass option =
        match plan.Split.Powers with
        | Some powers when constant powers ->
            let passes =
                powers
                |> List.map (fun power ->
                    let kappa = 1.0 / (sqrt 2.0 * Tensor.value power.Smearing)
                    nearPass plan.Cutoff plan.Charges (Tensor.value power.Weight) power.Exponent kappa)

            if List.forall Option.isSome passes then
                let passes = List.choose id passes

                Some(FusedPass(fun sites factor sums -> passes |> List.iter (fun add -> add sites factor sums)))
            else
                None
        | _ -> None

    /// Self-energies and background, in numbers: energies of atoms and the virial.
    let private addConstants (split: RangeSplit) volume first (charges: float[]) factor (sums: Sums) =
        let self, mean = Tensor.value split.Self, Tensor.value split.Mean
        let total = Array.sum charges
        let background = mean / volume * total

        for i in 0 .. charges.Length - 1 do
            sums.Energies[first + i] <-
                sums.Energies[first + i] + factor * 0.5 * charges[i] * (background - self * charges[i])

        // ½ mean Q²/V falls with the volume as 1/V.
        for c in 0..2 do
            sums.Virials[9 * first + 4 * c] <- sums.Virials[9 * first + 4 * c] + factor * 0.5 * background * total

    /// The sum over a lattice of one structure in numbers, added; false where it has to be differentiated instead.
    let private addFar (plan: ChargePlan) (cell: float[]) positions (charges: float[]) first factor (sums: Sums) =
        match plan.Choose charges cell, plan.Split.Powers with
        | OnMesh(assignment, size), Some powers ->
            let found = MeshPass.run powers assignment size cell positions charges
            addConstants plan.Split (volumeOf cell) first charges factor sums

            for i in 0 .. charges.Length - 1 do
                sums.Energies[first + i] <- sums.Energies[first + i] + factor * 0.5 * charges[i] * found.Values[i]

                for c in 0..2 do
                    let at = 3 * (first + i) + c
                    sums.Forces[at] <- sums.Forces[at] - factor * charges[i] * found.Gradients[3 * i + c]

            for at in 0..8 do
                sums.Virials[9 * first + at] <- sums.Virials[9 * first + at] + factor * found.Virial[at]

            true
        | _ -> false

    /// The same by differentiation.
    let private addDerived far periodic (cell: float[]) positions (charges: float[]) first factor (sums: Sums) =
        let n = charges.Length
        let q = Tensor.ofArray [| n |] charges
        let cell = Tensor.ofArray [| 3; 3 |] cell

        let energies (xs: Tensor[]) =
            let deform (rows: Tensor) = rows + Tensor.matmul rows xs[1]
            [| far periodic (deform cell) (deform xs[0]) q |]

        let values, pull = Diff.vjpMany energies [| Tensor.ofArray [| n; 3 |] positions; Tensor.zeros [| 3; 3 |] |]

        let gradients = pull [| Tensor.onesLike values[0] |] |> Array.map Tensor.toArray
        let values = Tensor.toArray values[0]

        for i in 0 .. n - 1 do
            sums.Energies[first + i] <- sums.Energies[first + i] + factor * values[i]

        for at in 0 .. 3 * n - 1 do
            sums.Forces[3 * first + at] <- sums.Forces[3 * first + at] - factor * gradients[0][at]

        for at in 0..8 do
            sums.Virials[9 * first + at] <- sums.Virials[9 * first + at] - factor * gradients[1][at]

    let private farPass (plan: ChargePlan) : FusedPass option =
        match plan.Charges, plan.Split.Powers with
        | Computed _, _ -> None
        | source, Some powers when constant powers ->
            let far = farOf plan

            FusedPass(fun sites factor sums ->
                let charges = ChargeSource.numbers source sites
                let periodic = Array.ofSeq sites.Periodic
                let owners = sites.OwnerArray
                let cells, positions = sites.Cells.ToArray(), sites.Positions.ToArray()
                let mutable first = 0

                for s in 0 .. sites.Structures - 1 do
                    let mutable stop = first

                    while stop < owners.Length && owners[stop] = s do
                        stop <- stop + 1

                    if stop > first then
                        let own = charges[first .. stop - 1]
                        let cell = cells[9 * s .. 9 * s + 8]
                        let places = positions[3 * first .. 3 * stop - 1]
                        let axes = periodic[3 * s .. 3 * s + 2]

                        if not (Array.forall id axes && addFar plan cell places own first factor sums) then
                            addDerived far axes cell places own first factor sums

                    first <- stop)
            |> Some
        | _ -> None

    /// The potential of both terms.
    let potential (plan: ChargePlan) : Potential =
        let requires = ChargeSource.requires plan.Charges

        let near =
            { Term.create $"{plan.Name}, pairs" plan.Cutoff (nearEnergies plan.Split.Short plan.Charges) with
                Requires = requires
                Fused = nearPasses plan }

        let far =
            let energies (data: PairData) = perStructure data (ChargeSource.tensor plan.Charges data) (farOf plan)

            { Term.create $"{plan.Name}, lattice" 0.0 energies with
                Requires = requires
                Fused = farPass plan }

        { Name = plan.Name; Terms = [ near; far ] }
