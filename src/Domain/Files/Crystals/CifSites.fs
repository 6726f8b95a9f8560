namespace Noether.Domain

open System
open System.Collections.Generic

/// A listed site of a data block. `Value` is where it stands in the file, `Fractional` its coordinates on the special
/// position beside them, if there is one, `Images` all its atoms in the cell.
type internal CifSite =
    { Name: string
      Value: CifValue
      Element: NamedElement
      Occupancy: float
      Images: ResizeArray<float[]> }

/// The sites of a data block: elements, occupancies, special positions, and sites listed more than once.
[<RequireQualifiedAccess>]
module internal CifSites =
    /// Occupancies are given to two digits or three.
    let private full = 0.995

    let private number (x: float) = NoetherError.number (Math.Round(x, 4))

    /// The elements of the sites: from their types, else from their labels, of which those that the formula has go first.
    let private readElements (block: CifBlock) count : NamedElement[] =
        let types = block.Column "_atom_site_type_symbol"
        let labels = block.Column "_atom_site_label"
        let symbols = CifFormula.read block |> List.map fst |> Set.ofList

        let unknown value : NamedElement = Outcome.raise (At(block.Place value, UnknownElement value.Text))


        let ofLabel (label: CifValue) =
            match ElementNames.read (LabelsOf symbols) label.Text, ElementNames.read Symbols label.Text with
            | Ok element, Ok other when symbols.IsEmpty && element <> other ->
                let text = $"'{label.Text}' is read as {Elements.symbol element.Number}"
                block.Notice(label, $"{text}, not as {Elements.symbol other.Number}: _atom_site_type_symbol would say")
                element
            | Ok element, _ -> element
            | Error _, _ -> unknown label

        // Types are few and stand at every site.
        let known = Dictionary<string, NamedElement>()

        let ofType (found: CifValue) =
            match known.TryGetValue found.Text with
            | true, element -> element
            | _ ->
                let element =
                    match ElementNames.read Symbols found.Text, ElementNames.read (LabelsOf symbols) found.Text with
                    | Ok element, _ -> element
                    | _, Ok element -> element
                    | _ -> unknown found

                known[found.Text] <- element
                element

        Array.init count (fun i ->
            match types, labels with
            | Some types, _ when types[i].IsGiven -> ofType types[i]
            | _, Some labels -> ofLabel labels[i]
            | _ -> block.Lacks "_atom_site_type_symbol or _atom_site_label in it")

    let private checkColumns (block: CifBlock) count =
        for tag in block.Tags do
            if tag.StartsWith("_atom_site_", StringComparison.Ordinal) && not (tag.StartsWith "_atom_site_aniso_") then
                match block.Column tag with
                | Some values when values.Length <> count ->
                    block.Fail(values[0], $"{count} values of {tag}, as many as sites")
                | _ -> ()

        for value in block.Column "_atom_site_calc_flag" |> Option.defaultValue Array.empty do
            if value.Text.Equals("dum", StringComparison.OrdinalIgnoreCase) then
                block.Fail(value, "a site that is no dummy")

    /// The occupancies of the sites; 1 where none is given.
    let private readOccupancies (block: CifBlock) count : float[] =
        match block.Column "_atom_site_occupancy" with
        | None -> Array.create count 1.0
        | Some values ->
            values
            |> Array.map (fun value ->
                let occupancy = if value.IsGiven then CifCell.real block value else 1.0
                if occupancy < 0.0 then block.Fail(value, "an occupancy from 0 to 1")
                occupancy)

    let private multiplicityTags = [ "_atom_site_symmetry_multiplicity"; "_atom_site_site_symmetry_multiplicity" ]

    /// Says where the operations make no group, or not the multiplicity that a file gives: that of one site, whose
    /// place some operations leave.
    let private checkMultiplicities (block: CifBlock) (orbits: Orbits) (sites: (CifSite * int)[]) =
        let group = orbits.Operations.Length

        let check tags (expected: CifSite * int -> int) (text: CifSite * int -> CifValue -> string) =
            for column in List.choose block.Column tags do
                Array.iter2
                    (fun site (value: CifValue) ->
                        if value.IsGiven && CifCell.real block value <> float (expected site) then
                            block.Notice(value, text site value))
                    sites
                    column

        check multiplicityTags (fun (site, _) -> site.Images.Count) (fun (site, _) value ->
            $"site '{site.Name}' has {site.Images.Count} atoms in the cell, but the multiplicity {value.Text}")

        check [ "_atom_site_site_symmetry_order" ] snd (fun (site, stabiliser) value ->
            $"{stabiliser} operations leave site '{site.Name}' in place, but {value.Text} are given")

        for site, stabiliser in sites do
            if stabiliser * site.Images.Count <> group then
                let made = $"{group} operations make {site.Images.Count} atoms of site '{site.Name}'"
                let text = $"{made}, of which {stabiliser} leave one in place"
                block.Notice(site.Value, $"{text}: they are no group, or do not fit the cell")

    /// A site is said to have been moved where that is more than digits do.
    let private worthTelling = 0.05

    let private readSites (block: CifBlock) cell (orbits: Orbits) : CifSite list =
        let axes =
            [| for axis in [ "x"; "y"; "z" ] ->
                   match block.Column $"_atom_site_fract_{axis}" with
                   | Some values -> values
                   | None -> block.Lacks $"_atom_site_fract_{axis} in it" |]

        let count = axes[0].Length
        checkColumns block count
        let elements = readElements block count
        let occupancies = readOccupancies block count
        let labels = block.Column "_atom_site_label"

        let sites =
            [| for i in 0 .. count - 1 do
                   let listed = axes |> Array.map (fun values -> CifCell.real block values[i])
                   let settled, stabiliser = orbits.Settle listed

                   let site =
                       { Name =
                           (match labels with
                            | Some labels -> labels[i].Text
                            | None -> $"{Elements.symbol elements[i].Number}{i + 1}")
                         Value = axes[0].[i]
                         Element = elements[i]
                         Occupancy = occupancies[i]
                         Images = orbits.Images settled }

                   let moved = Points.distance cell listed settled

                   if moved > worthTelling then
                       let text = $"site '{site.Name}' is moved by {number moved} Å onto its special position"
                       block.Notice(site.Value, $"{text}, as its images are within {Orbits.Tolerance} Å")

                   site, stabiliser |]

        checkMultiplicities block orbits sites
        sites |> Array.map fst |> List.ofArray

    /// The most probable occupant of a place that several sites share or that is not fully occupied; none where that is
    /// the vacancy.
    let private occupant (block: CifBlock) (sites: CifSite list) : CifSite option =
        let elements =
            sites |> List.groupBy _.Element |> List.map (fun (_, same) -> List.head same, List.sumBy _.Occupancy same)

        let vacancy = 1.0 - List.sumBy snd elements
        let winner, share = elements |> List.maxBy snd
        let first = sites.Head

        let parts =
            elements
            |> List.map (fun (site, share) -> $"{number share} {Elements.symbol site.Element.Number}")
            |> String.concat ", "

        if abs (share - vacancy) < 1e-3 then
            let expected = "more or less than half of it, as a structure has whole atoms: list one ordered arrangement"
            let found = $"the place of site '{first.Name}' half occupied ({parts})"
            Outcome.raise (At(block.Place first.Value, Malformed(found, expected)))

        let taken = if vacancy > share then "is left empty" else $"is taken as {Elements.symbol winner.Element.Number}"
        block.Notice(first.Value, $"the place of site '{first.Name}' {taken}, its most probable occupant of {parts}")
        if vacancy > share then None else Some winner

    /// One site for each place: what is listed twice counts once, and of a disordered place the most probable occupant is
    /// kept.
    let private places (block: CifBlock) cell (sites: CifSite list) : CifSite list =
        let near = Points.Near(cell, Orbits.Tolerance)
        let shared = List<List<CifSite>>()

        for site in sites do
            match near.Of site.Images[0] with
            | (place, _) :: _ -> shared[place].Add site
            | [] ->
                for image in site.Images do
                    near.Add(image, shared.Count)

                shared.Add(List [ site ])

        [ for sites in shared do
              let first = sites[0]

              match
                  sites |> List.ofSeq |> List.tryFind (fun site -> site.Occupancy < full || site.Occupancy > 2.0 - full)
              with
              | Some _ -> yield! occupant block (List.ofSeq sites) |> Option.toList
              | None ->
                  for site in Seq.skip 1 sites do
                      if site.Element <> first.Element then
                          let found = $"site '{site.Name}' on the place of site '{first.Name}'"
                          let expected = "one element, or occupancies that sum to 1"
                          Outcome.raise (At(block.Place site.Value, Malformed(found, expected)))

                      block.Notice(site.Value, $"site '{site.Name}' repeats site '{first.Name}' and is passed over")

                  first ]

    /// Atoms nearer than this, in Å, are said to be: no bond is shorter than that of hydrogen, 0.74 Å, as X-rays see it.
    let private short = 0.6

    let private checkDistances (block: CifBlock) cell (sites: CifSite list) =
        let near = Points.Near(cell, short)
        let sites = Array.ofList sites
        let mutable pairs = 0
        let mutable least = infinity, "", ""

        for i in 0 .. sites.Length - 1 do
            for image in sites[i].Images do
                for other, distance in near.Of image do
                    pairs <- pairs + 1
                    let shortest, _, _ = least
                    if distance < shortest then least <- distance, sites[other].Name, sites[i].Name

                near.Add(image, i)

        if pairs > 0 then
            let distance, first, second = least
            let text = $"{pairs} pairs of atoms are nearer than {short} Å, the nearest '{first}' and '{second}'"
            block.Notice $"{text} at {number distance} Å"

    /// The sites of a block, one for each place that an atom has, with all their images.
    let read (block: CifBlock) (cell: Cell) (operations: SymmetryOperation[]) : CifSite list =
        let sites = readSites block cell (Orbits(cell, operations))
        // Where nothing is repeated, whole atoms may lie as they like.
        let ordered = sites |> List.forall (fun site -> site.Occupancy >= full)
        let kept = if operations.Length = 1 && ordered then sites else places block cell sites
        checkDistances block cell kept
        kept
