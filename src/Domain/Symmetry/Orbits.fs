namespace Noether.Domain

open System
open System.Collections.Generic

/// Points of a crystal by fractional coordinates, distances between them in Å.
[<RequireQualifiedAccess>]
module internal Points =
    /// A coordinate between 0 and 1, 1 excluded.
    let wrap (x: float) =
        let inside = x - floor x
        if inside < 1.0 then inside else 0.0

    /// The distance in Å between one point and the image of another whose fractional coordinates differ from its own by
    /// at most ½: the shortest one wherever that is below half the distance of lattice planes.
    let distance (cell: Cell) (a: float[]) (b: float[]) : float =
        let h = cell.Vectors

        let difference k =
            let d = a[k] - b[k]
            d - round d

        let u, v, w = difference 0, difference 1, difference 2
        let x = u * h[0] + v * h[3] + w * h[6]
        let y = u * h[1] + v * h[4] + w * h[7]
        let z = u * h[2] + v * h[5] + w * h[8]
        sqrt (x * x + y * y + z * z)

    /// Finds, as points are added one after another, the earlier ones within a distance in Å.
    [<Sealed>]
    type Near(cell: Cell, cutoff: float) =
        // Boxes twice as wide as the distance: what is near lies in the same half of the next one.
        let boxes =
            let a, b, c = Cell.heights cell
            [| a; b; c |] |> Array.map (fun height -> int64 (Math.Clamp(floor (height / (2.0 * cutoff)), 1.0, 1e6)))

        let points = Dictionary<int64, ResizeArray<struct (float[] * int)>>()

        let place k (x: float) = wrap x * float boxes[k]
        let box k (x: float) = min (boxes[k] - 1L) (int64 (place k x))
        let key (i: int64) (j: int64) (k: int64) = (i * boxes[1] + j) * boxes[2] + k

        /// The box that lies nearest beside the one of a coordinate.
        let beside k (x: float) =
            let centre = box k x
            let step = if place k x - float centre < 0.5 then -1L else 1L
            (centre + step + boxes[k]) % boxes[k]

        /// The earlier points near this one: the number each was added under, and its distance.
        member _.Of(point: float[]) : (int * float) list =
            let mutable found = []
            let home = [| for k in 0..2 -> box k point[k] |]
            let next = [| for k in 0..2 -> beside k point[k] |]

            for corner in 0..7 do
                let side k = (corner >>> k) &&& 1 = 1

                // An axis with one box has no other.
                let twice k = side k && next[k] = home[k]

                if not (twice 0 || twice 1 || twice 2) then
                    let at k = if side k then next[k] else home[k]

                    match points.TryGetValue(key (at 0) (at 1) (at 2)) with
                    | true, others ->
                        for other, number in others do
                            let apart = distance cell point other
                            if apart < cutoff then found <- (number, apart) :: found
                    | _ -> ()

            found

        /// Adds a point under a number.
        member _.Add(point: float[], number: int) : unit =
            let key = key (box 0 point[0]) (box 1 point[1]) (box 2 point[2])

            match points.TryGetValue key with
            | true, others -> others.Add(struct (point, number))
            | _ -> points[key] <- ResizeArray [ struct (point, number) ]

/// The images of a site under the operations of a crystal.
[<Sealed>]
type internal Orbits(cell: Cell, operations: SymmetryOperation[]) =
    let motions =
        operations
        |> Array.map (fun operation ->
            Array.append
                (Seq.map float operation.Rotation |> Array.ofSeq)
                [| for t in operation.Translation -> t.Value |])

    let identities = operations |> Array.map _.IsIdentity

    let apply (m: float[]) (x: float[]) =
        Array.init 3 (fun k -> m[3 * k] * x[0] + m[3 * k + 1] * x[1] + m[3 * k + 2] * x[2] + m[9 + k])

    /// Images of one site that are nearer than this, in Å, are one atom: no two nuclei come so near, and two digits of a
    /// third are 0.1 Å in a cell of 30 Å.
    static member Tolerance = 0.2

    /// The operations, in their order.
    member _.Operations = operations

    /// The site moved onto the special position beside it, and how many operations leave it there. The mean of the images
    /// that are within the tolerance stays under the operations that make them; it is taken until it moves no more.
    member _.Settle(site: float[]) : float[] * int =
        let rec settle (x: float[]) rounds =
            let mean = Array.zeroCreate 3
            let mutable count = 0

            for motion in motions do
                let image = apply motion x

                if Points.distance cell image x < Orbits.Tolerance then
                    count <- count + 1

                    for k in 0..2 do
                        mean[k] <- mean[k] + (image[k] - round (image[k] - x[k]))

            // Groups that keep the cell have the identity; lists of files that have none were refused.
            let next = mean |> Array.map (fun sum -> sum / float count)
            let still = Array.forall2 (fun a b -> abs (a - b) < 1e-14) next x
            if still || rounds = 0 then next, count else settle next (rounds - 1)

        if motions.Length = 1 then site, 1 else settle site 100

    /// The images of a settled site in the order of the operations, each place once. The identity leaves it where it is;
    /// other images are moved into the cell.
    member _.Images(site: float[]) : ResizeArray<float[]> =
        let images = ResizeArray<float[]>()

        for i in 0 .. motions.Length - 1 do
            let image = if identities[i] then site else apply motions[i] site |> Array.map Points.wrap

            if not (images.Exists(fun other -> Points.distance cell image other < Orbits.Tolerance)) then
                images.Add image

        images
