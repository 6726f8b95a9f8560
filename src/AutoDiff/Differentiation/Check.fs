namespace Noether.AutoDiff

open System
open System.Globalization
open Noether.Kernels

/// Tests of differentiable functions, for operations and potentials of one's own. A function is differentiated in every
/// sequence of forward and reverse modes up to an order; after each sequence three laws are tried at random v and w:
/// the value under differentiation is the plain value, ⟨J v, w⟩ = ⟨v, Jᵀ w⟩ (without a step size), and ⟨w, J v⟩ is the
/// central difference. The function is followed by a scaled exponential, so that linear ones have higher derivatives.
[<RequireQualifiedAccess>]
module Check =

    /// The mode of a derivative.
    [<RequireQualifiedAccess>]
    type Mode =
        /// x ↦ J(x) v.
        | Forward
        /// x ↦ J(x)ᵀ w.
        | Reverse

    /// Which of a function's arguments vary; the others are constants.
    [<RequireQualifiedAccess>]
    type Arguments =
        /// All of them.
        | All
        /// The argument with this number, from 0.
        | Only of int

    /// The law compared.
    [<RequireQualifiedAccess>]
    type Law =
        /// The value in forward and in reverse mode against the plain value.
        | Value
        /// ⟨J v, w⟩ against ⟨v, Jᵀ w⟩.
        | Adjoint
        /// ⟨w, J v⟩ against the central difference.
        | Difference
        /// ⟨contraction of the other slots, x⟩ for a slot against the same number for slot 0.
        | Slots of int
        /// A contraction at x + v in a slot against the sum of the contractions at x and at v.
        | Linear of int

    /// One comparison.
    type Finding =
        {
            /// The law.
            Law: Law
            /// The derivatives that were taken before, the first at the head.
            Derivatives: (Mode * Arguments) list
            /// The arguments that varied in the comparison itself.
            Arguments: Arguments
            /// The number on the law's left.
            Left: float
            /// The number on its right.
            Right: float
            /// Their distance in units of what is tolerated: above 1 (or not a number) the law is broken.
            Violation: float
        }

    /// The outcome of a check.
    type Report =
        {
            /// The number of comparisons.
            Comparisons: int
            /// The worst of them; when laws are broken, the worst after the fewest derivatives, of one argument if possible.
            Worst: Finding
        }

        /// Whether every law held.
        member this.Passed = this.Worst.Violation <= 1.0

        override this.ToString() =
            let number (x: float) = x.ToString("G9", CultureInfo.InvariantCulture)

            let arguments =
                function
                | Arguments.All -> "all arguments"
                | Arguments.Only i -> $"argument {i}"

            let worst = this.Worst

            let law =
                match worst.Law with
                | Law.Value -> $"value under differentiation {number worst.Left}, plain value {number worst.Right}"
                | Law.Adjoint -> $"⟨J v, w⟩ = {number worst.Left}, ⟨v, Jᵀ w⟩ = {number worst.Right}"
                | Law.Difference -> $"⟨w, J v⟩ = {number worst.Left}, central difference {number worst.Right}"
                | Law.Slots i -> $"the form by slot {i} is {number worst.Left}, by slot 0 {number worst.Right}"
                | Law.Linear i ->
                    $"the form at a sum in slot {i} is {number worst.Left}, the sum of the forms {number worst.Right}"

            let place =
                match worst.Law with
                | Law.Slots _
                | Law.Linear _ -> ""
                | _ ->
                    let mode (m: Mode, a) = (if m = Mode.Forward then "forward" else "reverse") + " in " + arguments a

                    match worst.Derivatives with
                    | [] -> $"; {arguments worst.Arguments}"
                    | taken ->
                        let names = String.Join(", ", List.map mode taken)
                        $"; {arguments worst.Arguments}, after {names}"

            let verdict = if this.Passed then "passed" else "FAILED"

            $"{verdict}: {this.Comparisons} comparisons, the worst at {number worst.Violation} of its tolerance: {law}{place}"

    /// Orders, directions and tolerances of a check.
    type Settings =
        {
            /// The highest order of derivatives.
            Order: int
            /// The step of the central difference, for arguments and directions of order one.
            Step: float
            /// The tolerance of laws that hold exactly but for rounding, relative to the sum of the terms' magnitudes.
            Exact: float
            /// The tolerance of the central difference, likewise relative.
            Difference: float
        }

    /// Third order, with tolerances for a precision. A step h costs h²/6 times a derivative two orders up, and ε/h of
    /// rounding; both are 10⁻¹¹ or 10⁻⁵ at the steps here, and the tolerances leave four or two decimal digits for
    /// derivatives that grow with the order. Sums of a few hundred terms lose two or three digits of the 16 or 7 there are.
    let settings precision =
        match precision with
        | Float64 -> { Order = 3; Step = 1e-5; Exact = 1e-11; Difference = 1e-6 }
        | Float32 -> { Order = 3; Step = 4e-3; Exact = 1e-4; Difference = 4e-3 }

    /// ⟨a, b⟩ and the sum of its terms' magnitudes.
    let private inner (xs: Tensor[]) (ys: Tensor[]) =
        let terms = Seq.map2 (fun (a: Tensor) b -> Array.map2 (*) (Tensor.toArray a) (Tensor.toArray b)) xs ys
        terms |> Seq.sumBy Array.sum, terms |> Seq.sumBy (Array.sumBy abs)

    let private violation tolerance scale (left: float) right =
        let distance = abs (left - right)

        if distance = 0.0 then 0.0
        elif Double.IsFinite distance then distance / (tolerance * scale)
        else Double.PositiveInfinity

    let private randomLike (key: RandomKey) (xs: Tensor[]) =
        xs |> Array.mapi (fun i x -> Tensor.normal x.Precision x.Shape (key.Fold(uint i)))

    let private report (findings: Finding list) =
        // What breaks a derivative breaks those that are built on it: the simplest place tells most.
        let broken = findings |> List.filter (fun f -> not (f.Violation <= 1.0))
        let simplicity f = f.Derivatives.Length, f.Arguments = Arguments.All

        let candidates = if broken.IsEmpty then findings else broken |> List.groupBy simplicity |> List.minBy fst |> snd

        { Comparisons = findings.Length; Worst = candidates |> List.maxBy _.Violation }

    /// The function of the arguments that vary.
    let private restrict which (f: Tensor[] -> Tensor[]) (xs: Tensor[]) =
        match which with
        | Arguments.All -> f, xs
        | Arguments.Only i -> (fun (part: Tensor[]) -> f (Array.updateAt i part[0] xs)), [| xs[i] |]

    /// The three laws for a function and the arguments that vary, and the magnitude of the terms compared. What is smaller
    /// than the terms of lower order, given as `floor`, may be what a cancellation left over.
    let private laws settings derivatives floor which (key: RandomKey) (f: Tensor[] -> Tensor[]) (xs: Tensor[]) =
        let f, xs = restrict which f xs
        let plain = f xs
        let v = randomLike (key.Fold 0u) xs
        let w = randomLike (key.Fold 1u) plain
        let forward, jv = Diff.jvpMany f xs v
        let reverse, pull = Diff.vjpMany f xs
        let left, leftScale = inner jv w
        let right, rightScale = inner v (pull w)

        let shifted sign = f (Array.map2 (fun x v -> x + sign * settings.Step * v) xs v)

        let difference = (fst (inner (shifted 1.0) w) - fst (inner (shifted -1.0) w)) / (2.0 * settings.Step)

        let value, valueScale = inner plain w

        let finding law tolerance scale left right =
            { Law = law
              Derivatives = derivatives
              Arguments = which
              Left = left
              Right = right
              Violation = violation tolerance scale left right }

        let scale = floor + leftScale + rightScale + valueScale

        scale,
        [ finding Law.Value settings.Exact valueScale (fst (inner forward w)) value
          finding Law.Value settings.Exact valueScale (fst (inner reverse w)) value
          finding Law.Adjoint settings.Exact scale left right
          finding Law.Difference settings.Difference scale left difference ]

    /// Checks a function at arguments of order one, within its domain by more than a few steps. After each sequence of
    /// modes the laws are tried for all arguments together and for each alone; whether a derivative within the sequence is
    /// taken in all arguments or in one is drawn from the key.
    let runWith settings (key: RandomKey) (f: Tensor[] -> Tensor) (xs: Tensor[]) : Report =
        let choices =
            if xs.Length = 1 then
                [| Arguments.All |]
            else
                Array.append [| Arguments.All |] (Array.init xs.Length Arguments.Only)

        let largest = Array.fold (fun m y -> max m (abs y)) 1.0 (Tensor.toArray (f xs))

        // The factor is no whole number, lest the exponential undo a logarithm.
        let bent xs = [| largest * Tensor.exp (f xs * (0.7 / largest)) |]

        let draw (key: RandomKey) =
            let word = [| 0u |]
            Threefry.Bits(key, Span word)
            choices[int (word[0] % uint choices.Length)]

        let rec explore floor derivatives (key: RandomKey) (g: Tensor[] -> Tensor[]) =
            let tried =
                choices
                |> Array.mapi (fun i which -> laws settings (List.rev derivatives) floor which (key.Fold(uint i)) g xs)

            let floor = tried |> Array.map fst |> Array.max

            [ yield! Seq.collect snd tried

              if List.length derivatives + 1 < settings.Order then
                  for mode in [ Mode.Forward; Mode.Reverse ] do
                      let key = key.Fold(if mode = Mode.Forward then 100u else 101u)
                      let which = draw (key.Fold 0u)

                      let derivative (all: Tensor[]) =
                          let part, varied = restrict which g all

                          match mode with
                          | Mode.Forward -> snd (Diff.jvpMany part varied (randomLike (key.Fold 1u) varied))
                          | Mode.Reverse ->
                              let ys, pull = Diff.vjpMany part varied
                              pull (randomLike (key.Fold 2u) ys)

                      yield! explore floor ((mode, which) :: derivatives) (key.Fold 3u) derivative ]

        report (explore 0.0 [] key bent)

    /// Checks a function to third order with the settings of the lowest precision among arguments and value.
    let run (key: RandomKey) (f: Tensor[] -> Tensor) (xs: Tensor[]) : Report =
        let precisions = Array.append [| (f xs).Precision |] (Array.map (fun (x: Tensor) -> x.Precision) xs)

        runWith (settings (if Array.contains Float32 precisions then Float32 else Float64)) key f xs

    /// Checks a multilinear form, given as the contraction of every slot but one from the values in the other slots, at one
    /// value for each slot: ⟨contraction of the others, xᵢ⟩ is the same number for every slot i, and linear in every slot.
    /// For a `Form` the contraction is `fun slot others -> form.Apply(slot, others)`.
    let form (key: RandomKey) (contract: int -> Tensor[] -> Tensor) (xs: Tensor[]) : Report =
        let settings = settings (Operation.Precision("Check.form", Array.map (fun x -> x) xs))
        let at slot (values: Tensor[]) = inner [| contract slot (Array.removeAt slot values) |] [| values[slot] |]

        let finding law scale left right =
            { Law = law
              Derivatives = []
              Arguments = Arguments.All
              Left = left
              Right = right
              Violation = violation settings.Exact scale left right }

        let first, firstScale = at 0 xs
        let vs = randomLike key xs

        report
            [ for i in 0 .. xs.Length - 1 do
                  let number, scale = at i xs
                  finding (Law.Slots i) (scale + firstScale) number first

                  let at x = at ((i + 1) % xs.Length) (Array.updateAt i x xs)
                  let left, leftScale = at (xs[i] + vs[i])
                  let right, rightScale = at vs[i]
                  let number, scale = at xs[i]
                  finding (Law.Linear i) (scale + leftScale + rightScale) left (number + right) ]

    /// The report when it passed; otherwise a `TensorException` with its text, in the name of what was checked.
    let orFail (name: string) (report: Report) : Report =
        if report.Passed then report else Shape.fail name (string report)
