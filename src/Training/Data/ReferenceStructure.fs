namespace Noether.Training

open System
open System.Collections.Immutable
open Noether.Domain
open Noether.Physics

/// The names of labels among the properties of structures. A label whose name a structure lacks is unknown; the empty name
/// is never looked for.
type ReferenceNames =
    {
        /// The energy of the whole, eV.
        Energy: string
        /// The force on each atom, [n; 3], eV/Å.
        Forces: string
        /// The stress (1/V) ∂E/∂ε, positive under tension, eV/Å³: nine numbers, or the six xx, yy, zz, yz, xz, xy.
        Stress: string
        /// The virial −∂E/∂ε, eV, in nine or six numbers. Where a structure has a stress too, they have to agree.
        Virial: string
        /// A displacement of each atom, [n; 3].
        Direction: string
        /// The Hessian of the energy times that displacement, [n; 3], eV/Å² times its unit.
        HessianProduct: string
        /// The weight of the structure's share of a loss. Where this is not the empty name, every structure has it.
        Weight: string
    }

/// A structure with its pairs of atoms, found once, and its labels: energy and derivatives of it.
[<NoComparison>]
type ReferenceStructure =
    {
        /// The atoms.
        Structure: Structure
        /// The pairs nearer than the cut-off of the data set.
        Pairs: Pairs
        /// The energy, eV.
        Energy: float option
        /// Forces, [n, 3], eV/Å.
        Forces: ImmutableArray<float> option
        /// The stress, [3, 3], eV/Å³, positive under tension.
        Stress: ImmutableArray<float> option
        /// Whether a stress or virial of zeros, of a structure without a volume, was left out.
        StressLeftOut: bool
        /// A displacement [n, 3], and the Hessian times it [n, 3].
        HessianVector: (ImmutableArray<float> * ImmutableArray<float>) option
        /// The weight of its share of a loss: 1 unless the file has another.
        Weight: float
    }

/// Reading labels.
[<RequireQualifiedAccess>]
module ReferenceStructure =
    /// The names that ASE writes: energy, forces, stress, and virial, direction, hessian_product; no weight.
    let standardNames: ReferenceNames =
        { Energy = "energy"
          Forces = "forces"
          Stress = "stress"
          Virial = "virial"
          Direction = "direction"
          HessianProduct = "hessian_product"
          Weight = "" }

    let private finite name (values: ImmutableArray<float>) =
        for value in values do
            if not (Double.IsFinite value) then Outcome.raise (NonFinite(name, value))

        values

    let private reals name shapes expected (property: Property) =
        match Property.tryReals property with
        | Some values when List.contains property.Shape shapes -> finite name values
        | _ -> Outcome.raise (Inconsistent(name, $"{property}", expected))

    let private ofAtoms name (structure: Structure) =
        Map.tryFind name structure.PerAtom
        |> Option.map (reals $"the atom property '{name}'" [ [ structure.Count; 3 ] ] $"real [{structure.Count}; 3]")

    /// Nine numbers, from nine or from Voigt's six.
    let private matrix name (structure: Structure) =
        Map.tryFind name structure.Info
        |> Option.map (fun property ->
            let name = $"the property '{name}'"
            let values = reals name [ [ 9 ]; [ 3; 3 ]; [ 6 ] ] "nine or six real numbers" property

            if values.Length = 9 then
                values
            else
                ImmutableArray.CreateRange([ 0; 5; 4; 5; 1; 3; 4; 3; 2 ] |> Seq.map (fun i -> values[i])))

    /// A sign or a unit that is wrong is wrong by more than this share, the rounding of text by less.
    let private agreement = 0.01

    let private stress (names: ReferenceNames) (structure: Structure) =
        let volume what =
            match Cell.volume structure.Cell with
            | Some volume -> volume
            | None ->
                let expected = $"three lattice vectors, by whose volume a {what} is divided"
                Outcome.raise (Inconsistent("the structure", $"a {what} without a volume", expected))

        // Isolated atoms are often given zeros: without a volume they say nothing.
        let meant values = (Cell.volume structure.Cell).IsSome || Seq.exists (fun x -> x <> 0.0) values

        let given = matrix names.Stress structure |> Option.filter meant
        if given.IsSome then volume "stress" |> ignore

        let ofVirial =
            matrix names.Virial structure
            |> Option.filter meant
            |> Option.map (fun virial ->
                let volume = volume "virial"
                ImmutableArray.CreateRange(virial, (fun w -> -w / volume)))

        match given, ofVirial with
        | Some stress, Some other ->
            let largest = Seq.append stress other |> Seq.map abs |> Seq.max

            for a, b in Seq.zip stress other do
                if abs (a - b) > agreement * largest then
                    let found = $"{NoetherError.number a} eV/Å³ in '{names.Stress}'"
                    let expected = $"{NoetherError.number b}, which is minus '{names.Virial}' by the volume"
                    Outcome.raise (Inconsistent("the stress", found, expected))

            given
        | Some _, None -> given
        | None, _ -> ofVirial

    let private weight (names: ReferenceNames) (structure: Structure) =
        if names.Weight = "" then
            1.0
        else
            let weight = Structure.infoReal names.Weight structure |> Outcome.getOrFail

            if not (weight >= 0.0 && Double.IsFinite weight) then
                let text = NoetherError.number weight
                Outcome.raise (InvalidArgument($"the weight '{names.Weight}'", text, "a finite number, 0 or more"))

            weight

    /// The labels of a structure, and its pairs as they are found.
    let private labels (pairs: Structure -> Pairs) (names: ReferenceNames) (structure: Structure) : ReferenceStructure =
        let energy =
            if structure.Info.ContainsKey names.Energy then
                let energy = Structure.infoReal names.Energy structure |> Outcome.getOrFail
                finite $"the property '{names.Energy}'" (ImmutableArray.Create energy) |> Seq.tryHead
            else
                None

        let hessianVector =
            match ofAtoms names.Direction structure, ofAtoms names.HessianProduct structure with
            | Some direction, Some product -> Some(direction, product)
            | None, None -> None
            | _ ->
                let expected = $"both of '{names.Direction}' and '{names.HessianProduct}'"
                Outcome.raise (Inconsistent("the structure", "one", expected))

        let stress = stress names structure

        { Structure = structure
          Pairs = pairs structure
          Energy = energy
          Forces = ofAtoms names.Forces structure
          Stress = stress
          StressLeftOut =
            stress.IsNone && (structure.Info.ContainsKey names.Stress || structure.Info.ContainsKey names.Virial)
          HessianVector = hessianVector
          Weight = weight names structure }

    /// The labels of a structure under some names, and its pairs nearer than a cut-off (Å). Errors: those of
    /// `Neighbours.build`; `Inconsistent` for a property of another type or shape, for a stress or a virial other than
    /// zero without a volume, for both where they differ by more than rounding, for one of direction and Hessian product without the
    /// other, and for no weight where one is named; `InvalidArgument` for a negative weight; `NonFinite`.
    let ofStructure
        (names: ReferenceNames)
        (cutoff: float)
        (structure: Structure)
        : Result<ReferenceStructure, NoetherError> =
        Outcome.capture (fun () -> labels (Neighbours.build cutoff >> Outcome.getOrFail) names structure)

    /// `ofStructure` without looking for pairs: there are none.
    let internal withoutPairs
        (names: ReferenceNames)
        (structure: Structure)
        : Result<ReferenceStructure, NoetherError> =
        Outcome.capture (fun () -> labels (fun structure -> Pairs.none structure.Count) names structure)

    /// A frame of a file, by its number from 0 and its first line, as messages have it.
    let internal placeOf (path: string) (frame: int) (line: int) : Place =
        { Path = $"{path}, frame {frame}"; Line = line; Column = 0 }

    /// Whether the frames of a file have places of their own in it: it is extended XYZ, as is a name that says nothing.
    let internal hasPlaces (path: string) : bool =
        match Formats.ofPath path with
        | Ok format -> List.contains "extxyz" format.Extensions
        | Error _ -> true

    /// The frames of a file with their places, all at its beginning where the format has no other.
    let private placedFrames (path: string) : seq<Result<FramePlace * Structure, NoetherError>> =
        if hasPlaces path then
            ExtXyz.placedFrames path
        else
            Formats.frames path |> Seq.map (Result.map (fun structure -> { Offset = 0L; Line = 1 }, structure))

    /// The frames of a file with their places and labels; an error is the last element, and those of the labels have the
    /// number of the frame.
    let internal placed
        (label: Structure -> Result<ReferenceStructure, NoetherError>)
        (path: string)
        : seq<Result<FramePlace * ReferenceStructure, NoetherError>> =
        seq {
            use frames = (placedFrames path).GetEnumerator()
            let mutable number = -1
            let mutable failed = false

            while not failed && frames.MoveNext() do
                number <- number + 1

                let labelled =
                    frames.Current
                    |> Result.bind (fun (place, structure) ->
                        label structure
                        |> Result.map (fun labelled -> place, labelled)
                        |> Result.mapError (fun error -> At(placeOf path number place.Line, error)))

                failed <- labelled.IsError
                yield labelled
        }

    /// The labelled structures of a file as they are asked for, of most formats in memory for one frame; an error is the
    /// last element. Errors: those of `Formats.frames` and `ofStructure`, the latter with the number of the frame.
    let frames (names: ReferenceNames) (cutoff: float) (path: string) : seq<Result<ReferenceStructure, NoetherError>> =
        placed (ofStructure names cutoff) path |> Seq.map (Result.map snd)
