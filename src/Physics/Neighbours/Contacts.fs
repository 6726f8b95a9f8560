namespace Noether.Physics

open Noether.AutoDiff
open Noether.Domain

/// Two atoms, or an atom and an image of itself, and how near they are to each other.
type Contact =
    {
        /// One atom.
        First: int
        /// The other.
        Second: int
        /// Their distance, Å.
        Distance: float
        /// The sum of their covalent radii (`Elements.covalentRadius`), Å.
        Bond: float
    }

    /// The distance by the sum of covalent radii, a number.
    member contact.Share: float = contact.Distance / contact.Bond

/// Atoms that are nearer to each other than atoms are: where potentials, networks above all, give smooth nonsense.
///
/// *Scale.* Distances count by the sum of covalent radii. The shortest bonds there are, quintuple ones between metals,
/// have 0.6 of it, hydrogen molecules 1.2. Below a half nothing is bound at pressures that crystals are made at; below
/// 0.3 (two carbons at 0.46 Å) the nuclei repel each other by hundreds of eV, which only potentials of collisions know.
[<RequireQualifiedAccess>]
module Contacts =
    /// The share of the sum of covalent radii below which atoms are worth a warning, 0.5.
    let doubtful = 0.5

    /// The share below which they are most likely a mistake of the file, 0.3.
    let impossible = 0.3

    /// By atomic number, 0 where there is none.
    let private radii =
        Array.init (Elements.largest + 1) (fun z -> Elements.covalentRadius z |> Option.defaultValue 0.0)

    /// The pair of atoms that is nearest by the sum of its covalent radii, among those below a share of it; None where
    /// there is none. Elements without a radius (X, and 97 to 118) are passed over. Time and memory are those of a list of
    /// neighbours as short as the largest radius. Errors: those of `Neighbours.build`.
    let nearest (share: float) (structure: Structure) : Result<Contact option, NoetherError> =
        let numbers = structure.Numbers
        let mutable widest = 0.0

        for number in numbers do
            widest <- max widest radii[number]

        let longest = widest

        if longest = 0.0 then
            Ok None
        else
            Outcome.capture (fun () ->
                let cutoff = 2.0 * share * longest
                let pairs = Neighbours.buildForKernels (Owner(FreeArrays())) cutoff structure
                let r = Tensor.toArray (Space.distances (Space.positions structure) (Space.cell structure) pairs)
                let mutable found, least = -1, share

                for e in 0 .. r.Length - 1 do
                    let a, b = radii[numbers[pairs.Receivers[e]]], radii[numbers[pairs.Senders[e]]]

                    if a > 0.0 && b > 0.0 && r[e] < least * (a + b) then
                        least <- r[e] / (a + b)
                        found <- e

                if found < 0 then
                    None
                else
                    let i, j = pairs.Receivers[found], pairs.Senders[found]

                    Some
                        { First = min i j
                          Second = max i j
                          Distance = r[found]
                          Bond = radii[numbers[i]] + radii[numbers[j]] })

    /// A contact as messages have it: the atoms, their distance, and the sum of their covalent radii.
    let describe (structure: Structure) (contact: Contact) : string =
        let atom i = $"{i} ({Elements.symbol structure.Numbers[i]})"
        let three (x: float) = x.ToString("G3", System.Globalization.CultureInfo.InvariantCulture)

        let who =
            if contact.First = contact.Second then
                $"atom {atom contact.First} and its own image"
            else
                $"atoms {atom contact.First} and {atom contact.Second}"

        $"{who}, {three contact.Distance} Å apart where covalent radii add up to {three contact.Bond} Å"
