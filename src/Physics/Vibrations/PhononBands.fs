namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.Domain

/// Phonon frequencies along a path of wavevectors.
type BandStructure =
    {
        /// Wavevectors in reciprocal lattice vectors, [m, 3].
        Wavevectors: ImmutableArray<float>
        /// How far along the path each lies, [m], 1/Å, with the factor 2π.
        Distances: ImmutableArray<float>
        /// The special points: where in the list each lies, and its label.
        Labels: (int * string) list
        /// Frequencies, ascending at each wavevector, [m, 3n], THz, imaginary ones negative.
        Terahertz: ImmutableArray<float>
    }

/// A density of states.
type DensityOfStates =
    {
        /// Frequencies, [m], THz.
        Terahertz: ImmutableArray<float>
        /// Phonon states per THz and primitive cell at each, [m]; their integral is 3n.
        Density: ImmutableArray<float>
    }

/// Phonons on paths and meshes of wavevectors.
[<RequireQualifiedAccess>]
module PhononBands =
    let private frequencies (modes: PhononModes) = modes.Squares |> Seq.map Frequency.terahertz |> Array.ofSeq

    let private terahertz q constants = frequencies (Phonons.modes q constants)

    /// A wavevector of a path, and the direction from which it is the limit, where that matters.
    type private Stop = (float * float * float) * (float * float * float) option

    let private isWhole (x: float, y: float, z: float) =
        let near v = abs (v - round v) < 1e-10
        near x && near y && near z

    let private positive name count = if count < 1 then Outcome.raise (InvalidArgument(name, $"{count}", "1 or more"))

    /// Phonons along straight lines between special points, each a label and q in reciprocal lattice vectors, with a
    /// number of steps for each line. Where the answer to electric fields is known, frequencies at q = 0 are the limits
    /// along the lines: where two lines meet there, the list has the place twice. Errors: `InvalidArgument` for fewer than
    /// two points, or less than one step.
    let path
        (points: (string * (float * float * float)) list)
        (steps: int)
        (constants: ForceConstants)
        : Result<BandStructure, NoetherError> =
        Outcome.capture (fun () ->
            positive "the number of steps between special points" steps

            if points.Length < 2 then
                Outcome.raise (InvalidArgument("the path", $"{points.Length} special points", "two or more"))

            let b = Cell.reciprocal constants.Primitive.Cell

            let between (x0, y0, z0) (x1, y1, z1) k =
                let t = float k / float steps
                x0 + t * (x1 - x0), y0 + t * (y1 - y0), z0 + t * (z1 - z0)

            let limits = constants.Response.IsSome

            /// The stops of a line, its first one only where it is not the last one of the line before.
            let line index ((x0, y0, z0) as start, ((x1, y1, z1) as stop)) : Stop list =
                let along = Some(x1 - x0, y1 - y0, z1 - z0)

                [ for k in 0..steps do
                      let q = if k = steps then stop else between start stop k
                      let isLimit = limits && isWhole q && start <> stop
                      if k > 0 || index = 0 || isLimit then q, (if isLimit then along else None) ]

            let lines = List.pairwise (List.map snd points) |> List.mapi line
            let stops = lines |> List.concat |> Array.ofList
            let wavevectors = Array.map fst stops
            let ends = lines |> List.scan (fun last line -> last + line.Length) 0

            let frequenciesAt (q, towards) =
                match towards with
                | Some direction -> Phonons.modesTowards direction constants |> Outcome.getOrFail |> frequencies
                | None -> terahertz q constants

            let distance ((x0, y0, z0), (x1, y1, z1)) =
                let component' c = (x1 - x0) * b[c] + (y1 - y0) * b[3 + c] + (z1 - z0) * b[6 + c]
                2.0 * Math.PI * sqrt (Seq.sumBy (fun c -> component' c ** 2.0) [ 0..2 ])

            { Wavevectors = wavevectors |> Array.collect (fun (x, y, z) -> [| x; y; z |]) |> Frozen.freeze
              Distances = wavevectors |> Array.pairwise |> Array.map distance |> Array.scan (+) 0.0 |> Frozen.freeze
              Labels = List.map2 (fun (label, _) last -> max 0 (last - 1), label) points ends
              Terahertz = stops |> Array.collect frequenciesAt |> Frozen.freeze })

    /// The frequencies at all points of an a × b × c mesh of wavevectors that contains q = 0, [abc, 3n], THz, the last axis
    /// of the mesh running fastest. Errors: `InvalidArgument` for less than one point along an axis.
    let mesh (a: int, b: int, c: int) (constants: ForceConstants) : Result<ImmutableArray<float>, NoetherError> =
        Outcome.capture (fun () ->
            for count in [ a; b; c ] do
                positive "the number of wavevectors along an axis" count

            [| for i in 0 .. a - 1 do
                   for j in 0 .. b - 1 do
                       for k in 0 .. c - 1 do
                           yield! terahertz (float i / float a, float j / float b, float k / float c) constants |]
            |> Frozen.freeze)

    /// The density of states of an a × b × c mesh of wavevectors: a Gaussian of standard deviation `width` (THz) for each
    /// phonon, at `points` equally spaced frequencies from five widths below the lowest to five above the highest.
    /// Errors: `InvalidArgument` for an empty mesh, a width that is not positive, and fewer than two points; `Inconsistent`
    /// for a crystal without atoms.
    let densityOfStates
        (a: int, b: int, c: int)
        (width: float)
        (points: int)
        (constants: ForceConstants)
        : Result<DensityOfStates, NoetherError> =
        mesh (a, b, c) constants
        |> Result.bind (fun phonons ->
            Outcome.capture (fun () ->
                if not (width > 0.0 && Double.IsFinite width) then
                    Outcome.raise (
                        InvalidArgument("the width of the density of states", $"{width}", "a number of THz")
                    )

                if points < 2 then
                    Outcome.raise (InvalidArgument("the number of frequencies", $"{points}", "2 or more"))

                if phonons.IsEmpty then Outcome.raise (Inconsistent("the crystal", "no atoms", "one or more"))

                let low, high = Seq.min phonons - 5.0 * width, Seq.max phonons + 5.0 * width
                let at k = low + (high - low) * float k / float (points - 1)
                let norm = 1.0 / (float (a * b * c) * width * sqrt (2.0 * Math.PI))
                let bell x = exp (-0.5 * x * x)
                let density f = norm * Seq.sumBy (fun phonon -> bell ((f - phonon) / width)) phonons

                { Terahertz = Frozen.freeze (Array.init points at)
                  Density = Frozen.freeze (Array.init points (at >> density)) }))
