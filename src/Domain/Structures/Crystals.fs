namespace Noether.Domain

open System
open System.Collections.Immutable

/// Perfect crystals, from symbols and lattice constants in Å: `Crystal.fcc "Cu" 3.61`, and 108 atoms of it
/// `Crystal.fcc "Cu" 3.61 |> Result.bind (Structure.repeat (3, 3, 3))`.
///
/// *Cells.* Cubic crystals come in the conventional cell, a cube of edge a along x, y, z; `…Primitive` is the smallest
/// cell of the same atoms, with the rows (0, ½, ½), (½, 0, ½), (½, ½, 0) for face-centred and (−½, ½, ½), (½, −½, ½),
/// (½, ½, −½) for body-centred lattices, times a. Hexagonal ones have the rows (a, 0, 0), (−a/2, a√3/2, 0), (0, 0, c).
/// All are right-handed and periodic along all axes.
///
/// *Order.* Lattice point by lattice point, in the order (0, 0, 0), (0, ½, ½), (½, 0, ½), (½, ½, 0), or (0, 0, 0),
/// (½, ½, ½); at each point the atoms of the motif in the order given below. Cells and order are those of
/// `ase.build.bulk` where that has the crystal, except for wurtzite.
///
/// *Source* of the coordinates: International Tables for Crystallography A, and R. W. G. Wyckoff, Crystal Structures,
/// vol. 1, 2nd ed. (1963), which name the space groups given below.
///
/// *Errors*, of every function: `UnknownElement`; `InvalidArgument` for a lattice constant that is not a positive
/// finite length, or a parameter outside its interval.
[<RequireQualifiedAccess>]
module Crystal =
    let private checkLength name (x: float) =
        if not (x > 0.0 && Double.IsFinite x) then
            let expected = "a positive finite length in Å"
            Outcome.raise (InvalidArgument($"the lattice constant {name}", NoetherError.number x, expected))

    /// Lattice rows and points in units of a, of a cubic crystal.
    let private simple = [| 1.0; 0.0; 0.0; 0.0; 1.0; 0.0; 0.0; 0.0; 1.0 |], [ (0.0, 0.0, 0.0) ]

    let private bodyCentred = fst simple, [ (0.0, 0.0, 0.0); (0.5, 0.5, 0.5) ]

    let private faceCentred = fst simple, [ (0.0, 0.0, 0.0); (0.0, 0.5, 0.5); (0.5, 0.0, 0.5); (0.5, 0.5, 0.0) ]

    let private bodyCentredPrimitive = [| -0.5; 0.5; 0.5; 0.5; -0.5; 0.5; 0.5; 0.5; -0.5 |], [ (0.0, 0.0, 0.0) ]

    let private faceCentredPrimitive = [| 0.0; 0.5; 0.5; 0.5; 0.0; 0.5; 0.5; 0.5; 0.0 |], [ (0.0, 0.0, 0.0) ]

    /// The motif at every lattice point, Cartesian coordinates in units of a brought into 0 … 1.
    let private cubic (rows, points) (motif: (string * (float * float * float)) list) (a: float) =
        Outcome.capture (fun () ->
            checkLength "a" a
            let inside x = x - floor x

            let atoms =
                List.allPairs points motif
                |> List.map (fun ((px, py, pz), (symbol, (x, y, z))) ->
                    symbol, (a * inside (px + x), a * inside (py + y), a * inside (pz + z)))

            let cell = Cell.createOrFail (Array.map (fun x -> a * x) rows) (true, true, true)
            Structure.ofSymbols (List.map fst atoms) (List.map snd atoms) cell |> Outcome.getOrFail)

    /// A motif in fractional coordinates of the hexagonal cell.
    let private hexagonal (motif: (string * (float * float * float)) list) (a: float) (c: float) =
        Outcome.capture (fun () ->
            checkLength "a" a
            checkLength "c" c
            let rows = [| a; 0.0; 0.0; -a / 2.0; a * sqrt 3.0 / 2.0; 0.0; 0.0; 0.0; c |]
            let cell = Cell.createOrFail rows (true, true, true)
            let numbers = motif |> List.map (fst >> Elements.ofSymbol >> Outcome.getOrFail)
            let fractional = motif |> List.collect (fun (_, (x, y, z)) -> [ x; y; z ])
            let positions = Cell.toCartesian cell (ImmutableArray.CreateRange fractional)
            Structure.create (ImmutableArray.CreateRange numbers) positions cell |> Outcome.getOrFail)

    let private origin = 0.0, 0.0, 0.0
    let private quarter = 0.25, 0.25, 0.25
    let private half = 0.5, 0.5, 0.5
    let private threeQuarters = 0.75, 0.75, 0.75

    /// Simple cubic (Pm-3m, α-Po), one atom: 6 neighbours at a.
    let sc symbol a = cubic simple [ symbol, origin ] a

    /// Body-centred cubic (Im-3m, W), two atoms: 8 neighbours at a√3/2.
    let bcc symbol a = cubic bodyCentred [ symbol, origin ] a

    /// Body-centred cubic, primitive cell, one atom.
    let bccPrimitive symbol a = cubic bodyCentredPrimitive [ symbol, origin ] a

    /// Face-centred cubic (Fm-3m, Cu), four atoms: 12 neighbours at a/√2.
    let fcc symbol a = cubic faceCentred [ symbol, origin ] a

    /// Face-centred cubic, primitive cell, one atom.
    let fccPrimitive symbol a = cubic faceCentredPrimitive [ symbol, origin ] a

    let private tetrahedralMotif first second = [ first, origin; second, quarter ]

    /// Diamond (Fd-3m, first origin), eight atoms: motif at 0 and (¼, ¼, ¼); 4 neighbours at a√3/4.
    let diamond symbol a = cubic faceCentred (tetrahedralMotif symbol symbol) a

    /// Diamond, primitive cell, two atoms.
    let diamondPrimitive symbol a = cubic faceCentredPrimitive (tetrahedralMotif symbol symbol) a

    /// Hexagonal close packing (P6₃/mmc, Mg), two atoms at fractional 0 and (⅓, ⅔, ½): 12 neighbours at a where
    /// c = a√(8/3).
    let hcp symbol a c = hexagonal [ symbol, origin; symbol, (1.0 / 3.0, 2.0 / 3.0, 0.5) ] a c

    let private rocksaltMotif first second = [ first, origin; second, (0.5, 0.0, 0.0) ]

    /// Rock salt (Fm-3m, NaCl), eight atoms: motif first at 0, second at (½, 0, 0); 6 unlike neighbours at a/2.
    let rocksalt first second a = cubic faceCentred (rocksaltMotif first second) a

    /// Rock salt, primitive cell, two atoms.
    let rocksaltPrimitive first second a = cubic faceCentredPrimitive (rocksaltMotif first second) a

    /// Caesium chloride (Pm-3m), two atoms: first at 0, second at (½, ½, ½); 8 unlike neighbours at a√3/2.
    let caesiumChloride first second a = cubic simple [ first, origin; second, half ] a

    /// Zinc blende (F-43m, ZnS), eight atoms: motif first at 0, second at (¼, ¼, ¼); 4 unlike neighbours at a√3/4.
    let zincblende first second a = cubic faceCentred (tetrahedralMotif first second) a

    /// Zinc blende, primitive cell, two atoms.
    let zincblendePrimitive first second a = cubic faceCentredPrimitive (tetrahedralMotif first second) a

    let private fluoriteMotif first second = [ first, origin; second, quarter; second, threeQuarters ]

    /// Fluorite (Fm-3m, CaF₂), twelve atoms: motif first at 0, second at ±(¼, ¼, ¼); the first has 8 unlike
    /// neighbours at a√3/4, the second 4.
    let fluorite first second a = cubic faceCentred (fluoriteMotif first second) a

    /// Fluorite, primitive cell, three atoms.
    let fluoritePrimitive first second a = cubic faceCentredPrimitive (fluoriteMotif first second) a

    /// Cuprite (Pn-3m, Cu₂O), six atoms: four of the first at (¼, ¼, ¼), (¼, ¾, ¾), (¾, ¼, ¾), (¾, ¾, ¼), two of the
    /// second at 0 and (½, ½, ½); the first has 2 unlike neighbours at a√3/4, the second 4. The cell is primitive.
    let cuprite first second a =
        let motif =
            [ first, quarter
              first, (0.25, 0.75, 0.75)
              first, (0.75, 0.25, 0.75)
              first, (0.75, 0.75, 0.25)
              second, origin
              second, half ]

        cubic simple motif a

    /// Wurtzite (P6₃mc, ZnO), four atoms: first at fractional (⅓, ⅔, 0) and (⅔, ⅓, ½), each followed by a second one
    /// uc above it, 0 < u < 1. With u = 3/8 and c = a√(8/3) all bonds are uc long. ASE gives the mirror image
    /// along c.
    let wurtzite first second a c u =
        if u > 0.0 && u < 1.0 then
            let third, twoThirds = 1.0 / 3.0, 2.0 / 3.0

            let motif =
                [ first, (third, twoThirds, 0.0)
                  second, (third, twoThirds, u)
                  first, (twoThirds, third, 0.5)
                  second, (twoThirds, third, 0.5 + u) ]

            hexagonal motif a c
        else
            Error(InvalidArgument("the parameter u of wurtzite", NoetherError.number u, "a number between 0 and 1"))
