namespace Noether.Domain

/// The elements that types of LAMMPS stand for: types are numbers of whoever made the file, never atomic numbers.
[<RequireQualifiedAccess>]
module internal LammpsTypes =
    /// The elements, D and T, by mass.
    let private known: (float * NamedElement)[] =
        let isotope mass = mass, { Number = 1; Isotope = Some mass }

        [| for z in 1 .. Elements.largest do
               Elements.mass z, { Number = z; Isotope = None }
           isotope ElementNames.deuterium
           isotope ElementNames.tritium |]

    /// The element that a mass in amu stands for: within 0.5 amu and less than half as far as any other's. D is as near as
    /// 0.05, as 2.5 is nothing.
    let ofMass (mass: float) : NamedElement option =
        let mutable nearest = snd known[0]
        let mutable least = infinity
        let mutable second = infinity

        for other, element in known do
            let distance = abs (other - mass)

            if distance < least then
                second <- least
                least <- distance
                nearest <- element
            elif distance < second then
                second <- distance

        let limit = if nearest.Isotope.IsSome then 0.05 else 0.5
        if least <= limit && second > 2.0 * least then Some nearest else None

    /// The element of each type that a list of symbols names, type 1 first.
    let ofSymbols (symbols: string list) : NamedElement[] =
        symbols |> List.map (ElementNames.read Symbols >> Outcome.getOrFail) |> Array.ofList

    /// The sentence about elements that were found by masses.
    let byMasses (found: (string * float * NamedElement) seq) : string =
        let words =
            [ for name, mass, element in found do
                  $"{name} {Elements.symbol element.Number} ({NoetherError.number mass})" ]

        "elements by their masses: " + String.concat ", " words
