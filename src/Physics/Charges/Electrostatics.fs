namespace Noether.Physics

open System
open Noether.AutoDiff
open Noether.Domain

/// What a potential of charges is made with.
[<NoEquality; NoComparison>]
type ElectrostaticSettings =
    {
        /// The exponent p of 1/rᵖ.
        Exponent: float
        /// What it is times: the energy of two unit charges at 1 Å, eV for charges in e by `Units.coulomb`.
        Prefactor: float
        /// Where the charges come from.
        Charges: ChargeSource
        /// The cut-off of pairs, Å.
        Cutoff: float
        /// The root mean square error of forces that is allowed, eV/Å.
        Accuracy: float
        /// How the rest is summed.
        Method: Method
    }

/// Potentials of charges.
///
/// *Periodicity.* Three periodic axes: a sum over the lattice, charged cells with a background. Two: a slab; its cell
/// has the third vector at right angles and empty space of at least the cut-off along it. None: all pairs of atoms,
/// without a cut-off. One: refused.
[<RequireQualifiedAccess>]
module Electrostatics =
    /// Coulomb's law in eV for charges of the structures in e: pairs within 9 Å, forces to 1e-4 eV/Å.
    let standard: ElectrostaticSettings =
        { Exponent = 1.0
          Prefactor = Units.coulomb
          Charges = OfStructure
          Cutoff = 9.0
          Accuracy = 1e-4
          Method = Automatic }

    // Charges of ±2 in a dense oxide: what the smearing is made for; sums for weaker charges are more accurate.
    let private strongest, private densest = 4.0, 0.12

    /// The sum over the lattice for charges in a cell, for an accuracy.
    let private summation (settings: ElectrostaticSettings) smearing (charges: float[]) (cell: float[]) =
        let volume = ChargeTerms.volumeOf cell

        if not (volume > 0.0) then
            InvalidCell(List.ofArray cell, "three independent lattice vectors, which a sum over a lattice needs")
            |> Outcome.raise

        let statistics = Resolution.statistics charges volume
        let prefactor = abs settings.Prefactor

        Resolution.reciprocal settings.Method prefactor settings.Accuracy settings.Cutoff smearing statistics
        |> Outcome.getOrFail
        |> _.Summation

    let private nameOf (settings: ElectrostaticSettings) =
        if settings.Exponent = 1.0 then "Coulomb" else $"1/r^{NoetherError.number settings.Exponent}"

    /// The potential of charges for an accuracy. Errors: `InvalidArgument` for settings outside their domain.
    let create (settings: ElectrostaticSettings) : Result<Potential, NoetherError> =
        Outcome.capture (fun () ->
            if not (Double.IsFinite settings.Prefactor && settings.Prefactor <> 0.0) then
                InvalidArgument("the prefactor", NoetherError.number settings.Prefactor, "a number other than 0")
                |> Outcome.raise

            let smearing =
                let prefactor = abs settings.Prefactor
                Resolution.smearingFor prefactor settings.Accuracy settings.Cutoff strongest densest

            ChargeTerms.potential
                { Name = nameOf settings
                  Split =
                    RangeSplit.inversePower settings.Exponent (Tensor.scalar smearing)
                    |> RangeSplit.scale (Tensor.scalar settings.Prefactor)
                  Charges = settings.Charges
                  Cutoff = settings.Cutoff
                  Choose = summation settings smearing })

    /// The potential of charges by a split and a sum of your own, which carry the prefactor, with pairs within a
    /// cut-off (Å). Its energies can be differentiated by the parameters of the split. ArgumentException for `Direct`,
    /// which is `direct`.
    let ofSplit (split: RangeSplit) (summation: Summation) (cutoff: float) (charges: ChargeSource) : Potential =
        match summation with
        | Direct -> invalidArg (nameof summation) "Electrostatics.ofSplit: a direct sum is Electrostatics.direct."
        | _ ->
            ChargeTerms.potential
                { Name = split.Name
                  Split = split
                  Charges = charges
                  Cutoff = cutoff
                  Choose = fun _ _ -> summation }

    /// The interaction of pairs within the cut-off and no other: no sum over a lattice, nothing subtracted.
    let direct (settings: ElectrostaticSettings) : Result<Potential, NoetherError> =
        Outcome.capture (fun () ->
            let bare = Tensor.pow -settings.Exponent
            let energies = ChargeTerms.nearEnergies (fun r -> settings.Prefactor * bare r) settings.Charges

            Potential.ofTerm
                { Term.create $"{nameOf settings}, direct" settings.Cutoff energies with
                    Requires = ChargeSource.requires settings.Charges
                    Fused =
                        ChargeTerms.nearPass settings.Cutoff settings.Charges settings.Prefactor settings.Exponent 0.0
                        |> Option.map (fun add -> FusedPass(fun sites factor sums -> add sites factor sums)) })

    /// What leaves out, or scales, the interaction of pairs of atoms when it is added to the potential of the same
    /// settings: −Σ (1 − s) q_i q_j v(r_ij) for the parts s [g] or [] that are left of the interaction. A pair is the
    /// first and the last atom of a group, at the image that the atoms between them lead to. Beside `direct`, pairs
    /// have to be within its cut-off.
    let without (groups: AtomGroups) (left: Tensor) (settings: ElectrostaticSettings) : Potential =
        let name = $"{nameOf settings}, {groups.Count} bonded pairs"

        let energies (data: PairData) =
            let charges = ChargeSource.tensor settings.Charges data
            let members = AtomGroups.membersIn name groups data
            let count = members.Length / groups.Size

            if count = 0 then
                Tensor.zerosLike charges
            else
                let firsts = Array.init count (fun g -> members[groups.Size * g])
                let lasts = Array.init count (fun g -> members[groups.Size * (g + 1) - 1])
                let r = Space.lengths (AtomGroups.across groups members data)
                let left = Tensor.cast r.Precision left

                let lost =
                    if left.Rank = 0 then
                        1.0 - left
                    else
                        Tensor.gather (Array.init count (fun g -> g % groups.Count)) (1.0 - left)

                let product = Tensor.gather firsts charges * Tensor.gather lasts charges
                let half = -0.5 * settings.Prefactor * lost * product * Tensor.pow -settings.Exponent r
                let n = data.Numbers.Length
                Tensor.segmentSum firsts n half + Tensor.segmentSum lasts n half

        Potential.ofTerm
            { Term.create name 0.0 energies with
                Requires = ChargeSource.requires settings.Charges }

    /// `without` for all bonded pairs: `left` [3] are the parts that are left of pairs 1–2, 1–3 and 1–4, as LAMMPS'
    /// `special_bonds` has them: 0, 0, 0.5 or so. ArgumentException for another shape.
    let withoutBonded (pairs: BondedPairs) (left: Tensor) (settings: ElectrostaticSettings) : Potential =
        if not (Shape.equal left.Shape [| 3 |]) then
            invalidArg
                (nameof left)
                $"Electrostatics.withoutBonded: parts of shape {Shape.print left.Shape}, expected [3]."

        [ pairs.OneTwo; pairs.OneThree; pairs.OneFour ]
        |> List.mapi (fun k groups -> without groups (Tensor.reshape [||] (Tensor.slice 0 k (k + 1) left)) settings)
        |> Potential.sum
