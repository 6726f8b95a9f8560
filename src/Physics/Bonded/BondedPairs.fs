namespace Noether.Physics

open System.Collections.Generic

/// The pairs of atoms that one, two and three bonds connect, each once, by the fewest bonds: what force fields treat
/// apart from all other pairs. A pair is a group whose first and last atoms it is and whose others are the way between
/// them, so that images follow the bonds and not the straight line.
///
/// *Rings.* Atoms across a ring of four are two bonds apart, by either way; they are one pair.
type BondedPairs =
    {
        /// Bonded pairs, 1–2: groups of two atoms.
        OneTwo: AtomGroups
        /// Pairs with a common neighbour, 1–3: groups of three.
        OneThree: AtomGroups
        /// The ends of torsions, 1–4: groups of four.
        OneFour: AtomGroups
    }

/// Finding bonded pairs.
[<RequireQualifiedAccess>]
module BondedPairs =
    /// An atom of which image, in lattice vectors against the image where the way began.
    type private Place = int * int list

    let private home: int list = [ 0; 0; 0 ]

    /// The neighbours of each atom in the first cell.
    let private neighbours (bonds: AtomGroups) : Place list[] =
        let shift =
            match bonds.Images with
            | Nearest _ -> fun _ -> home
            | Fixed shifts ->
                let rows = shifts |> List.map Array.ofList |> Array.ofList
                fun g -> [ for c in 0..2 -> rows[g][3 + c] - rows[g][c] ]

        let found = Array.create bonds.Atoms []

        for g in bonds.Count - 1 .. -1 .. 0 do
            let i, j = bonds.Members[2 * g], bonds.Members[2 * g + 1]
            found[i] <- (j, shift g) :: found[i]
            found[j] <- (i, List.map (~-) (shift g)) :: found[j]

        found

    /// The shortest ways of one, two and three bonds from an atom, last place first, one to each place.
    let private ways (neighbours: Place list[]) atom : Place list list list =
        let seen = HashSet<Place> [ atom, home ]

        let longer (ways: Place list list) _ =
            [ for way in ways do
                  let last, shift = List.head way

                  for next, step in neighbours[last] do
                      let place = next, List.map2 (+) shift step
                      if seen.Add place then place :: way ]

        List.scan longer [ [ atom, home ] ] [ 1..3 ] |> List.tail

    /// The pairs that follow from bonds, which are groups of two atoms. Where bonds have images of their own
    /// (`Images.Fixed`), so have the pairs; where they go to the nearest image, two atoms are one pair at most,
    /// whatever images of them bonds connect. ArgumentException for groups of another size.
    let ofBonds (bonds: AtomGroups) : BondedPairs =
        if bonds.Size <> 2 then
            invalidArg (nameof bonds) $"BondedPairs.ofBonds: groups of {bonds.Size} atoms, expected bonds of two."

        let neighbours = neighbours bonds

        // Each pair is found from either end; it is kept from the one that comes first.
        let isFirst (way: Place list) = List.last way < List.head way
        let all = [ for atom in 0 .. bonds.Atoms - 1 -> ways neighbours atom ]

        let groups count =
            let kept = all |> List.collect (fun ways -> ways[count - 1] |> List.filter isFirst |> List.map List.rev)

            let images =
                match bonds.Images with
                | Nearest _ -> bonds.Images
                | Fixed _ -> kept |> List.map (List.collect snd) |> Fixed

            let members = kept |> List.collect (List.map fst) |> Array.ofList
            AtomGroups(bonds.Atoms, count + 1, members, images)

        { OneTwo = groups 1; OneThree = groups 2; OneFour = groups 3 }

    /// The same pairs in structures of another number of atoms. Errors: those of `AtomGroups.among`.
    let among (atoms: int) (pairs: BondedPairs) : Result<BondedPairs, Noether.Domain.NoetherError> =
        Noether.Domain.Outcome.capture (fun () ->
            let moved groups = AtomGroups.among atoms groups |> Noether.Domain.Outcome.getOrFail

            { OneTwo = moved pairs.OneTwo
              OneThree = moved pairs.OneThree
              OneFour = moved pairs.OneFour })
