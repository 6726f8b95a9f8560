namespace Noether.Domain

open System
open System.Globalization

/// The 118 elements, and X.
///
/// An element is its atomic number, an `int` from 0 to 118. Number 0, symbol `X`, is a site that is no element:
/// a ghost, a dummy, a virtual site. Symbols are case-sensitive, as they are in chemistry (Co is not CO).
///
/// *Masses* (amu): standard atomic weights of J. Meija et al., Pure Appl. Chem. 88, 265 (2016),
/// doi:10.1515/pac-2015-0305, with the conventional value where the table gives a range, and the mass of the
/// longest-lived isotope where an element has no stable one. This is the table ASE uses (iupac2016), so dynamics agree
/// with it; the later revisions of IUPAC change the last digits (argon: 39.948 here, 39.95 in the abridged table of
/// 2021). X has mass 1.
///
/// *Covalent radii* (Å): B. Cordero et al., Dalton Trans. 2008, 2832, doi:10.1039/b801115j (carbon: sp3; Mn, Fe, Co:
/// low spin). The table ends at curium: X and the elements 97 to 118 have none.
[<RequireQualifiedAccess>]
module Elements =
    /// The largest atomic number, 118 (oganesson).
    let largest = 118

    let private words (table: string) = table.Split([| ' '; '\n'; '\r' |], StringSplitOptions.RemoveEmptyEntries)

    let private numbers table = words table |> Array.map (fun word -> Double.Parse(word, CultureInfo.InvariantCulture))

    let private symbols =
        words
            """
            X H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb
            Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf
            Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh
            Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og
            """

    let private masses =
        numbers
            """
            1.0 1.008 4.002602 6.94 9.0121831 10.81 12.011 14.007 15.999 18.998403163 20.1797 22.98976928 24.305
            26.9815385 28.085 30.973761998 32.06 35.45 39.948 39.0983 40.078 44.955908 47.867 50.9415 51.9961
            54.938044 55.845 58.933194 58.6934 63.546 65.38 69.723 72.630 74.921595 78.971 79.904 83.798 85.4678
            87.62 88.90584 91.224 92.90637 95.95 97.90721 101.07 102.90550 106.42 107.8682 112.414 114.818 118.710
            121.760 127.60 126.90447 131.293 132.90545196 137.327 138.90547 140.116 140.90766 144.242 144.91276
            150.36 151.964 157.25 158.92535 162.500 164.93033 167.259 168.93422 173.054 174.9668 178.49 180.94788
            183.84 186.207 190.23 192.217 195.084 196.966569 200.592 204.38 207.2 208.98040 208.98243 209.98715
            222.01758 223.01974 226.02541 227.02775 232.0377 231.03588 238.02891 237.04817 244.06421 243.06138
            247.07035 247.07031 251.07959 252.0830 257.09511 258.09843 259.1010 262.110 267.122 268.126 271.134
            270.133 269.1338 278.156 281.165 281.166 285.177 286.182 289.190 289.194 293.204 293.208 294.214
            """

    /// Of the elements 1 to 96.
    let private radii =
        numbers
            """
            0.31 0.28 1.28 0.96 0.84 0.76 0.71 0.66 0.57 0.58 1.66 1.41 1.21 1.11 1.07 1.05 1.02 1.06 2.03 1.76
            1.70 1.60 1.53 1.39 1.39 1.32 1.26 1.24 1.32 1.22 1.22 1.20 1.19 1.20 1.20 1.16 2.20 1.95 1.90 1.75
            1.64 1.54 1.47 1.46 1.42 1.39 1.45 1.44 1.42 1.39 1.39 1.38 1.39 1.40 2.44 2.15 2.07 2.04 2.03 2.01
            1.99 1.98 1.98 1.96 1.94 1.92 1.92 1.89 1.90 1.87 1.87 1.75 1.70 1.62 1.51 1.44 1.41 1.36 1.36 1.32
            1.45 1.46 1.48 1.40 1.50 1.50 2.60 2.21 2.15 2.06 2.00 1.96 1.90 1.87 1.80 1.69
            """

    /// Atomic numbers by the letters of the symbol, 26 × 27 of them (second letter: none, a … z); −1 is no element.
    let private byLetters =
        let table = Array.create (26 * 27) -1

        symbols
        |> Array.iteri (fun z symbol ->
            let second = if symbol.Length = 1 then 0 else int symbol[1] - int 'a' + 1
            table[(int symbol[0] - int 'A') * 27 + second] <- z)

        table

    let private find first second =
        let a = first - int 'A'
        let b = if second = 0 then 0 else second - int 'a' + 1

        if a < 0 || a > 25 || b < 0 || b > 26 || (b = 0 && second <> 0) then -1 else byLetters[a * 27 + b]

    /// The atomic number of a symbol given as ASCII bytes, or −1 where no element has that symbol.
    let internal ofBytes (symbol: ReadOnlySpan<byte>) =
        match symbol.Length with
        | 1 -> find (int symbol[0]) 0
        | 2 -> find (int symbol[0]) (int symbol[1])
        | _ -> -1

    /// The atomic number of a symbol: `"Si"` gives `Ok 14`, `"X"` gives `Ok 0`.
    let ofSymbol (symbol: string) : Result<int, NoetherError> =
        let z =
            match symbol.Length with
            | 1 -> find (int symbol[0]) 0
            | 2 -> find (int symbol[0]) (int symbol[1])
            | _ -> -1

        if z < 0 then Error(UnknownElement symbol) else Ok z

    /// The number itself, if it is one of 0 (X) to 118.
    let ofNumber (number: int) : Result<int, NoetherError> =
        if number >= 0 && number <= largest then
            Ok number
        else
            Error(UnknownElement(number.ToString CultureInfo.InvariantCulture))

    let private checkRange (number: int) =
        if number < 0 || number > largest then
            raise (
                ArgumentOutOfRangeException(
                    nameof number,
                    number,
                    $"Elements: the atomic number is {number}, expected 0 (X) to {largest}."
                )
            )

    /// The symbol of an atomic number: 14 gives "Si".
    /// Raises ArgumentOutOfRangeException outside 0 … 118; numbers from outside go through `ofNumber` first.
    let symbol number =
        checkRange number
        symbols[number]

    /// The standard atomic mass in amu of an atomic number: 14 gives 28.085.
    /// Raises ArgumentOutOfRangeException outside 0 … 118.
    let mass number =
        checkRange number
        masses[number]

    /// The covalent radius in Å of an atomic number: 14 gives `Some 1.11`; `None` for X and for 97 to 118.
    /// Raises ArgumentOutOfRangeException outside 0 … 118.
    let covalentRadius number =
        checkRange number

        if number >= 1 && number <= radii.Length then Some radii[number - 1] else None
