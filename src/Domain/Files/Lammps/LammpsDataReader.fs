namespace Noether.Domain

open System
open System.Collections.Generic
open System.Collections.Immutable

/// Structures of data files.
[<RequireQualifiedAccess>]
module internal LammpsDataReader =
    let private elementOf (elements: NamedElement[]) (parts: LammpsDataParts) (found: int64) : NamedElement * bool =
        let fromMass () =
            match parts.Masses.TryGetValue found with
            | true, struct (mass, remark, place) ->
                match Species.exact remark, LammpsTypes.ofMass mass with
                | Some element, _ -> element, false
                | _, Some element -> element, true
                | _, None ->
                    let text = $"the mass {NoetherError.number mass} of type {found}"
                    let expected = "one near that of one element only, its symbol behind '#', or the option --types"
                    Outcome.raise (At(place, Malformed(text, expected)))
            | _ ->
                let text = $"no mass and no label of atom type {found}"
                let expected = "its element: Masses, a symbol as label, or the option --types"
                Outcome.raise (At(parts.AtomPlace, Malformed(text, expected)))

        if elements.Length > 0 then
            if found > elements.LongLength then
                let text = $"atom type {found}"
                Outcome.raise (At(parts.AtomPlace, Malformed(text, $"at most {elements.Length}, the symbols given")))

            elements[int found - 1], false
        else
            match parts.Labels.TryGetValue found with
            | true, label when (Species.exact label).IsSome -> (Species.exact label).Value, false
            | _ -> fromMass ()

    /// The elements of these types; those that masses tell are told of.
    let private elementsOf elements (lines: Lines) (parts: LammpsDataParts) (types: int64 seq) =
        let known = Dictionary<int64, NamedElement>()
        let guessed = ResizeArray<string * float * NamedElement>()

        for found in types do
            if not (known.ContainsKey found) then
                let element, isGuess = elementOf elements parts found
                known[found] <- element

                if isGuess then
                    let struct (mass, _, _) = parts.Masses[found]
                    guessed.Add($"type {found} is", mass, element)

        if guessed.Count > 0 then
            lines.Options.Notice { Place = Some parts.AtomPlace; Text = LammpsTypes.byMasses guessed }

        known

    let private boxOf (lines: Lines) (parts: LammpsDataParts) : float[] * float[] =
        if Array.exists (Double.IsNaN >> not) parts.Vectors then
            match Array.tryFindIndex Double.IsNaN parts.Vectors with
            | Some k -> lines.Fail(-1, $"""no {"abc"[k / 3]}vec""", "avec, bvec and cvec in the header")
            | None -> parts.Origin, parts.Vectors
        else
            for axis in 0..2 do
                if Double.IsNaN parts.Low[axis] then
                    let axis = "xyz"[axis]
                    lines.Fail(-1, $"no bounds {axis}lo {axis}hi", "all three in the header")

            let edges = Array.map2 (-) parts.High parts.Low
            parts.Low, Lammps.vectorsOf { Low = parts.Low; Edges = edges; Tilts = parts.Tilts }

    let private perAtom (lines: Lines) (parts: LammpsDataParts) (known: Dictionary<int64, NamedElement>) =
        let n = parts.Ids.Count

        let integers width (values: ResizeArray<int64>) =
            Lammps.property n width (Integers(ImmutableArray.CreateRange values))

        let reals width (values: float seq) = Lammps.property n width (Reals(ImmutableArray.CreateRange values))

        let massOf found =
            match parts.Masses.TryGetValue found with
            | true, struct (mass, _, _) -> mass
            | _ -> known[found].Mass

        let velocities =
            seq {
                for id in parts.Ids do
                    match parts.Velocities.TryGetValue id with
                    | true, struct (x, y, z) -> yield! [ x; y; z ]
                    | _ -> lines.Fail(-1, $"no velocity of atom {id}", "one for each atom")
            }

        let has column = parts.Style.IsSome && List.contains column parts.Style.Value
        let hasMasses = parts.Masses.Count > 0 || Seq.exists (fun element -> element.Isotope.IsSome) known.Values

        [ if n > 0 then
              "id", integers 1 parts.Ids
              "type", integers 1 parts.TypeIds
              if hasMasses then "masses", reals 1 (parts.TypeIds |> Seq.map massOf)
              if has "mol" then "molecule", integers 1 parts.Molecules
              if has "q" then "charges", reals 1 parts.Charges

              for KeyValue(name, values) in parts.Others do
                  name, reals 1 values

              if parts.Images.Count > 0 then "image", integers 3 parts.Images
              if parts.HasVelocities then "velocities", reals 3 velocities ]

    let private build (elements: NamedElement[]) (lines: Lines) (parts: LammpsDataParts) : Structure =
        let low, vectors = boxOf lines parts

        if parts.Style.IsNone && parts.Atoms <> 0L then
            lines.Fail(-1, "no atoms", "the number of atoms and the section Atoms")

        let known = elementsOf elements lines parts parts.TypeIds
        let info = [ if parts.Comment <> "" then "comment", Property.text parts.Comment ] @ Lammps.originOf low
        let at result = result |> Result.mapError (NoetherError.at parts.BoxPlace) |> Outcome.getOrFail
        let cell = Cell.create vectors (true, true, true) |> at
        let numbers = parts.TypeIds |> Seq.map (fun found -> known[found].Number) |> ImmutableArray.CreateRange
        let positions = ImmutableArray.CreateRange parts.Positions

        Structure.createWith numbers positions cell (perAtom lines parts known) info
        |> at
        |> Lammps.sorted parts.Ids

    /// What stands before the units in a comment.
    let mark = "units = "

    /// The comment without the units that LAMMPS writes behind it, and those units.
    let private withoutUnits (lines: Lines) (comment: string) : string * LammpsUnits option =
        match comment.IndexOf(mark, StringComparison.Ordinal) with
        | -1 -> comment, None
        | at ->
            let name = comment.Substring(at + mark.Length).Split(' ')[0]
            let before = comment.Substring(0, at)

            let before =
                if before.EndsWith(", ", StringComparison.Ordinal) then
                    before.Substring(0, before.Length - 2)
                else
                    before

            let given = LammpsUnits.ofOptions lines.Options

            match LammpsUnits.tryName name, given with
            | Some units, _ -> before, Some units
            | None, Some _ -> before, None
            | None, None ->
                let names = String.concat ", " LammpsUnits.names
                lines.Fail(at, $"'units = {name}'", $"units with a size, here or by the option --units: {names}")

    /// The structure of a file, with the elements of its types where they are given.
    let read (elements: NamedElement[]) (lines: Lines) : Structure =
        Words.next lines "a comment line"
        let place = lines.Place -1
        let told = lines.Text(0, lines.Line.Length)
        let before = Lammps.told told
        let comment, said = before |> Option.map snd |> Option.defaultValue told |> withoutUnits lines
        let given = LammpsUnits.ofOptions lines.Options
        let notice text = lines.Options.Notice { Place = Some place; Text = text }

        match said, given with
        | Some said, Some given when said <> given ->
            notice $"read in units {given.Name}, though the file says {said.Name}"
        | _ -> ()

        let units = given |> Option.orElse said |> Option.defaultValue LammpsUnits.metal
        let parts = LammpsDataParts(units, lines.Options.Style)
        if not (String.IsNullOrWhiteSpace comment) then parts.Comment <- comment
        LammpsDataText.read lines parts

        if said.IsNone && given.IsNone && parts.HasVelocities then
            notice "the units are not said: metal, velocities in Å/ps (--units names others)"

        if parts.HasVelocities then LammpsUnits.tellOfVelocities units notice
        let structure = build elements lines parts

        match before with
        | None -> structure
        | Some(vectors, _) ->
            notice "turned back into the cell that the comment tells of (--align lays it as LAMMPS does)"
            Lammps.restore vectors structure

    /// The symbols of the types of a file, by its labels and masses.
    let types (lines: Lines) : string list =
        Words.next lines "a comment line"
        let _, said = withoutUnits lines (lines.Text(0, lines.Line.Length))
        let given = LammpsUnits.ofOptions lines.Options
        let units = given |> Option.orElse said |> Option.defaultValue LammpsUnits.metal
        let parts = LammpsDataParts(units, lines.Options.Style)
        LammpsDataText.read lines parts
        let known = elementsOf Array.empty lines parts (seq { 1L .. parts.Types })

        [ for found in 1L .. parts.Types do
              let element = known[found]

              match element.Isotope with
              | Some mass when mass = ElementNames.deuterium -> "D"
              | Some _ -> "T"
              | None -> Elements.symbol element.Number ]
