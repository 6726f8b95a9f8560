namespace Noether.Physics

open System
open Noether.AutoDiff
open Noether.Domain

/// The parameters of a density functional in the dispersion correction D3 with damping of Becke and Johnson.
type Damping =
    {
        /// The weight of the sixth power.
        S6: float
        /// The weight of the eighth power.
        S8: float
        /// What the damping radius has of R₀ = √(3 Q_a Q_b).
        A1: float
        /// What it has beside that, bohr.
        A2: float
    }

/// The dispersion correction D3(BJ) of S. Grimme, S. Ehrlich and L. Goerigk, J. Comput. Chem. 32, 1456 (2011), for H,
/// C, N, O, F, S and Cl:
///
///     E = −Σ_pairs [s₆ C₆/(R⁶ + f⁶) + s₈ C₈/(R⁸ + f⁸)],  f = a₁ √(3 Q_a Q_b) + a₂,  C₈ = 3 C₆ Q_a Q_b,
///
/// C₆ being the mean of reference values, weighted by how near the coordination numbers of both atoms come to those of
/// the references, without the terms of three atoms.
[<RequireQualifiedAccess>]
module Dispersion =
    /// The parameters of functionals, by name.
    let functionals: Map<string, Damping> =
        Map
            [ "wb97x", { S6 = 1.0; S8 = 0.2641; A1 = 0.0; A2 = 5.4959 }
              "b97-3c", { S6 = 1.0; S8 = 1.5; A1 = 0.37; A2 = 4.1 }
              "b3lyp", { S6 = 1.0; S8 = 1.9889; A1 = 0.3981; A2 = 4.4211 }
              "pbe", { S6 = 1.0; S8 = 0.7875; A1 = 0.4289; A2 = 4.4407 }
              "pbe0", { S6 = 1.0; S8 = 1.2177; A1 = 0.4145; A2 = 4.8593 } ]

    /// What is known of an element.
    type private Element = { Radius: float; Root: float; References: float[] }

    let private known =
        Map
            [ for symbol, radius, root, references in DispersionReference.elements ->
                  Outcome.getOrFail (Elements.ofSymbol symbol),
                  { Radius = float radius
                    Root = float root
                    References = Array.map float references } ]

    /// C₆ of two elements, references of the first outside.
    let private coefficients =
        let ofSymbol symbol = Outcome.getOrFail (Elements.ofSymbol symbol)

        Map
            [ for (a, b), values in DispersionReference.coefficients do
                  let z, y = ofSymbol a, ofSymbol b
                  let rows, columns = known[z].References.Length, known[y].References.Length
                  let values = Array.map float values
                  (z, y), values
                  (y, z), Array.init values.Length (fun k -> values[k % rows * columns + k / rows]) ]

    let private elementOf (numbers: int seq) =
        numbers
        |> Seq.mapi (fun i z ->
            match Map.tryFind z known with
            | Some element -> element
            | None ->
                let symbols = DispersionReference.elements |> List.map (fun (symbol, _, _, _) -> symbol)
                let expected = "elements with references: " + String.concat ", " symbols
                Outcome.raise (Inconsistent("the structure", $"atom {i} of element {Elements.symbol z}", expected)))
        |> Array.ofSeq

    let private constants precision (values: float[]) = Tensor.vector values |> Tensor.cast precision

    /// How many atoms are bound to each, by its pairs at distances in bohr: [n].
    let private coordination (elements: Element[]) (data: PairData) (r: Tensor) =
        let pairs = data.Pairs

        let bond =
            Array.init pairs.Count (fun e -> elements[pairs.Receivers[e]].Radius + elements[pairs.Senders[e]].Radius)
            |> Array.map (fun radius -> 4.0 / 3.0 * radius / Units.bohr)
            |> constants r.Precision

        1.0 / (1.0 + Tensor.exp (-16.0 * (bond / r - 1.0))) |> PairData.sumOverNeighbours data

    /// C₆ of each pair, [p], Ha bohr⁶: for all pairs of two elements at once.
    let private sixth (data: PairData) (coordination: Tensor) =
        let pairs, precision = data.Pairs, coordination.Precision
        let key e = data.Numbers[pairs.Receivers[e]], data.Numbers[pairs.Senders[e]]

        [| 0 .. pairs.Count - 1 |]
        |> Array.groupBy key
        |> Array.map (fun ((a, b), own) ->
            let first, second = known[a].References, known[b].References

            let grid =
                [| for x in first do
                       for y in second -> x, y |]

            let row (values: float[]) = constants precision values |> Tensor.unsqueeze 0
            let at (atom: int -> int) = Tensor.gather (Array.map atom own) coordination |> Tensor.unsqueeze 1
            let left = at (fun e -> pairs.Receivers[e]) - row (Array.map fst grid)
            let right = at (fun e -> pairs.Senders[e]) - row (Array.map snd grid)
            let weights = Tensor.exp (-4.0 * (left * left + right * right))
            let sum (x: Tensor) = Tensor.sumAxes [| 1 |] x + 1e-35

            // The little that both sums have more is that of the published program: far from all references C₆ is 1.
            Tensor.segmentSum own pairs.Count (sum (weights * row coefficients[(a, b)]) / sum weights))
        |> Array.fold (+) (Tensor.full precision [| pairs.Count |] 0.0)

    let private energies (damping: Damping) (ending: EnvironmentEnd option) cutoff (data: PairData) =
        let elements = elementOf data.Numbers
        let apart = Tensor.toArray data.Distances
        // Atoms at one place are no pair: no direction is preferred there.
        let data = PairData.filter (fun e -> apart[e] > 0.0) data
        let pairs = data.Pairs
        let r = data.Distances / Units.bohr

        let product =
            Array.init pairs.Count (fun e -> elements[pairs.Receivers[e]].Root * elements[pairs.Senders[e]].Root)

        let damped power =
            let length p = damping.A1 * sqrt (3.0 * p) + damping.A2
            constants r.Precision (product |> Array.map (fun p -> Math.Pow(length p, float power)))

        let square = r * r
        let sixthPower = square * square * square
        let c6 = sixth data (coordination elements data r)
        let c8 = c6 * constants r.Precision (product |> Array.map ((*) 3.0))

        let pair = damping.S6 * (c6 / (sixthPower + damped 6)) + damping.S8 * (c8 / (sixthPower * square + damped 8))

        let ended =
            match ending with
            | Some kind -> pair * EnvironmentEnd.factor kind cutoff data.Distances
            | None -> pair

        -0.5 * Units.hartree * PairData.sumOverNeighbours data ended

    /// The correction with the parameters of a functional, for pairs up to a cut-off in Å, where the energy ends as it
    /// is said or abruptly; coordination numbers count the same pairs. Errors: `InvalidArgument` for a cut-off that is
    /// no length; `Inconsistent`, when it is evaluated, for other elements.
    let create (damping: Damping) (ending: EnvironmentEnd option) (cutoff: float) : Result<Potential, NoetherError> =
        Outcome.capture (fun () ->
            Cutoffs.checkLength "the cut-off" cutoff
            Potential.create "D3(BJ)" cutoff (energies damping ending cutoff))
