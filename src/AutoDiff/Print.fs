namespace Noether.AutoDiff

open System
open System.Globalization

/// Arrays as text, in numpy's layout: columns aligned, long axes shortened to their first and last three entries.
module internal Print =

    let private edge = 3

    /// The shortest text that tells a number to eight significant digits.
    let private number precision (x: float) =
        if Double.IsNaN x then
            "nan"
        elif Double.IsInfinity x then
            (if x > 0.0 then "inf" else "-inf")
        else
            let digits = if precision = Float64 then "G8" else "G7"

            let text = x.ToString(digits, CultureInfo.InvariantCulture).Replace("E+", "e+").Replace("E-", "e-")

            if text.Contains '.' || text.Contains 'e' then text else text + "."

    /// The entries shown along an axis; −1 stands for those left out.
    let private shown total length =
        if total > 1000 && length > 2 * edge then
            [ yield! [ 0 .. edge - 1 ]; -1; yield! [ length - edge .. length - 1 ] ]
        else
            [ 0 .. length - 1 ]

    /// The elements in nested brackets, followed by the shape when entries were left out or there are none.
    let raw (r: Raw) =
        let strides = Shape.strides r.Shape
        let entries = Array.map (shown r.Size) r.Shape

        let rec positions axis offset =
            seq {
                if axis = r.Shape.Length then
                    yield offset
                else
                    for i in entries[axis] do
                        if i >= 0 then yield! positions (axis + 1) (offset + i * strides[axis])
            }

        let width = positions 0 0 |> Seq.fold (fun w p -> max w (number r.Precision (r.At p)).Length) 0

        let rec block axis offset =
            if axis = r.Shape.Length then
                (number r.Precision (r.At offset)).PadLeft(if axis = 0 then 0 else width)
            else
                let part i = if i < 0 then "..." else block (axis + 1) (offset + i * strides[axis])

                let separator =
                    if axis = r.Shape.Length - 1 then
                        " "
                    else
                        String('\n', r.Shape.Length - 1 - axis) + String(' ', axis + 1)

                "[" + String.Join(separator, List.map part entries[axis]) + "]"

        let suffix = if r.Size = 0 || r.Size > 1000 then $" shape {Shape.print r.Shape}" else ""

        block 0 0 + suffix
