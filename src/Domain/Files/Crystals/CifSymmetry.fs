namespace Noether.Domain

open System
open System.Collections.Generic
open System.Globalization

/// A symmetry operation in fractional coordinates: f' = R·f + t. R, nine integers row by row; t, three reals.
type internal CifOperation = { Rotation: int[]; Translation: float[] }

/// Operations such as `x, y+1/2, -z`, and what they make of a site.
[<RequireQualifiedAccess>]
module internal CifSymmetry =
    /// Fractional coordinates that differ by less than this, modulo 1, are one place. Files give four digits or more,
    /// and an operation such as x−y doubles their error (ASE has the same tolerance); no bond is as short in any cell.
    let tolerance = 1e-3

    /// No space group has more operations modulo lattice vectors, centred cells included.
    let most = 192

    /// A number or a fraction of two.
    let private tryNumber (text: string) : float option =
        let number (part: string) =
            match Double.TryParse(part, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) with
            | true, value when part.Length < 20 -> Some value
            | _ -> None

        match text.Split '/' with
        | [| whole |] -> number whole
        | [| above; below |] ->
            match number above, number below with
            | Some a, Some b when b > 0.0 -> Some(a / b)
            | _ -> None
        | _ -> None

    /// One of three components: terms ±x, ±y, ±z, each at most once, and ± a number.
    let private tryComponent (text: string) : (int[] * float) option =
        let text = text.Replace(" ", "").Replace("\t", "").ToLowerInvariant()
        let row = Array.zeroCreate<int> 3
        let mutable shift = 0.0
        let mutable shifts = 0
        let mutable letters = 0
        let mutable good = true
        let mutable i = 0

        while good && i < text.Length do
            let signed = text[i] = '+' || text[i] = '-'
            let sign = if text[i] = '-' then -1 else 1
            let start = if signed then i + 1 else i
            good <- (signed || i = 0) && start < text.Length

            if good then
                let axis = "xyz".IndexOf text[start]

                if axis >= 0 then
                    good <- row[axis] = 0
                    row[axis] <- sign
                    letters <- letters + 1
                    i <- start + 1
                else
                    let next = text.IndexOfAny([| '+'; '-' |], start)
                    let stop = if next < 0 then text.Length else next

                    match tryNumber (text.Substring(start, stop - start)) with
                    | Some value ->
                        shift <- float sign * value
                        shifts <- shifts + 1
                    | None -> good <- false

                    i <- stop

        if good && letters > 0 && shifts <= 1 then Some(row, shift) else None

    let private determinant (m: int[]) =
        m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6])

    /// The operation that a text means, if its rotation keeps volumes.
    let tryParse (text: string) : CifOperation option =
        match text.Split ',' |> Array.map tryComponent with
        | [| Some(x, a); Some(y, b); Some(z, c) |] ->
            let rotation = Array.concat [ x; y; z ]

            if abs (determinant rotation) = 1 then
                Some { Rotation = rotation; Translation = [| a; b; c |] }
            else
                None
        | _ -> None

    /// Nothing moves.
    let identity =
        { Rotation = [| 1; 0; 0; 0; 1; 0; 0; 0; 1 |]
          Translation = [| 0.0; 0.0; 0.0 |] }

    let private isIdentity operation = operation = identity

    /// Whether the list holds x, y, z, without which it would lose the sites as they are listed.
    let hasIdentity (operations: CifOperation[]) = Array.exists isIdentity operations

    /// A coordinate between 0 and 1, 1 excluded.
    let private wrap (x: float) =
        let inside = x - floor x
        if inside < 1.0 then inside else 0.0

    let private apart (a: float) (b: float) =
        let d = a - b
        abs (d - round d) >= tolerance

    let private same (a: float[]) (b: float[]) = not (apart a[0] b[0] || apart a[1] b[1] || apart a[2] b[2])

    /// The images of a site, in the order of the operations, each place once. The site stays where it was listed;
    /// other images are moved into the cell.
    let orbit (operations: CifOperation[]) (site: float[]) : ResizeArray<float[]> =
        let images = ResizeArray<float[]>()

        for operation in operations do
            let image =
                if isIdentity operation then
                    site
                else
                    let m = operation.Rotation

                    Array.init 3 (fun k ->
                        wrap (
                            float m[3 * k] * site[0]
                            + float m[3 * k + 1] * site[1]
                            + float m[3 * k + 2] * site[2]
                            + operation.Translation[k]
                        ))

            let mutable known = false

            for other in images do
                known <- known || same other image

            if not known then images.Add image

        images

    /// Finds, as places are added one after another, the number of an earlier one on the same place.
    [<Sealed>]
    type Occupied() =
        // Boxes twice as wide as the tolerance, so that the same place is at most one box away.
        let boxes = int (0.5 / tolerance)
        let places = Dictionary<struct (int * int * int), (float[] * int) list>()
        let box x = min (boxes - 1) (int (wrap x * float boxes))

        /// The number given to an earlier place that is this one; adds the place under its number.
        member _.Add(place: float[], number: int) : int option =
            let centre = place |> Array.map box
            let beside axis step = (centre[axis] + step + boxes) % boxes
            let mutable found = None

            for i in -1 .. 1 do
                for j in -1 .. 1 do
                    for k in -1 .. 1 do
                        match places.TryGetValue(struct (beside 0 i, beside 1 j, beside 2 k)) with
                        | true, others ->
                            for other, owner in others do
                                if same other place then found <- Some owner
                        | _ -> ()

            let key = struct (centre[0], centre[1], centre[2])

            places[key] <-
                (place, number)
                :: match places.TryGetValue key with
                   | true, others -> others
                   | _ -> []

            found
