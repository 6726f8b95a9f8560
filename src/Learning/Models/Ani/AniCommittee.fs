namespace Noether.Learning

open System.Collections.Immutable
open System.Runtime.InteropServices

/// What the m members of an ensemble say of a structure of n atoms, and how far they are apart: where they disagree,
/// the ensemble has not learnt what it is asked (J. S. Smith et al., J. Chem. Phys. 148, 241733 (2018)).
///
/// *Deviation.* Standard deviations have the divisor m − 1, and are 0 for one member.
type AniCommittee =
    {
        /// The energy of the structure by each member, [m], eV.
        Energies: ImmutableArray<float>
        /// The energy of each atom by each member, [m, n], eV.
        AtomEnergies: ImmutableArray<float>
        /// The mean of the energies, eV.
        Mean: float
        /// The standard deviation of the energies, eV.
        Deviation: float
        /// The deviation by the root of the number of atoms, eV: the measure ρ of query by committee.
        PerRootAtom: float
        /// The standard deviation of the energy of each atom, [n], eV.
        AtomDeviations: ImmutableArray<float>
    }

/// How far members are apart.
[<RequireQualifiedAccess>]
module AniCommittee =
    let private mean (values: float[]) = if values.Length = 0 then 0.0 else Array.sum values / float values.Length

    let private deviation (values: float[]) =
        if values.Length < 2 then
            0.0
        else
            let mean = mean values
            sqrt ((values |> Array.sumBy (fun x -> (x - mean) * (x - mean))) / float (values.Length - 1))

    /// Of energies of atoms by member, [m, n].
    let internal ofAtoms (members: int) (atoms: int) (energies: float[]) : AniCommittee =
        let totals = Array.init members (fun m -> Array.sum (Array.sub energies (m * atoms) atoms))
        let ofAtom i = Array.init members (fun m -> energies[m * atoms + i])
        let spread = deviation totals

        { Energies = ImmutableCollectionsMarshal.AsImmutableArray totals
          AtomEnergies = ImmutableCollectionsMarshal.AsImmutableArray energies
          Mean = mean totals
          Deviation = spread
          PerRootAtom = (if atoms = 0 then 0.0 else spread / sqrt (float atoms))
          AtomDeviations = ImmutableCollectionsMarshal.AsImmutableArray(Array.init atoms (ofAtom >> deviation)) }

    /// Of the magnitudes of forces by m members, [m, n], of each atom: (standard deviation + 10⁻⁸)/(mean + 10⁻⁸) and
    /// (largest − least + 10⁻⁸)/(mean + 10⁻⁸), in the unit of the magnitudes.
    let forceSpread (members: int) (magnitudes: float[]) : struct (float * float)[] =
        let atoms = if members = 0 then 0 else magnitudes.Length / members

        Array.init atoms (fun i ->
            let own = Array.init members (fun m -> magnitudes[m * atoms + i])
            let scale = mean own + 1e-8
            struct ((deviation own + 1e-8) / scale, (Array.max own - Array.min own + 1e-8) / scale))
