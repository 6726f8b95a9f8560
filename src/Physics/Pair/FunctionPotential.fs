namespace Noether.Physics

open System
open System.Runtime.CompilerServices
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// The function whose value is its first parameter, for truncations of functions that are known by their values.
[<Struct; NoEquality; NoComparison>]
type internal Given =
    interface IRadialFunction with
        [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
        member _.Evaluate(_, parameters) = parameters[0]

/// Functions of some of the rows of a tensor.
[<RequireQualifiedAccess>]
module internal Subset =
    /// f of the rows at an index, at their places among `rows` zeros.
    let apply (index: int[]) (rows: int) (f: Tensor -> Tensor) (x: Tensor) : Tensor =
        Tensor.segmentSum index rows (f (Tensor.gather index x))

    /// The sum of functions, each of the rows that belong to it; zeros in the shape of x where there are none.
    let each (owner: int[]) (functions: (Tensor -> Tensor)[]) (x: Tensor) : Tensor =
        let rows = x.Shape[0]

        functions
        |> Array.mapi (fun k f ->
            let index =
                [| for row in 0 .. rows - 1 do
                       if owner[row] = k then row |]

            if index.Length = 0 then None else Some(apply index rows f x))
        |> Array.choose id
        |> Array.fold (+) (Tensor.zerosLike x)

/// Pair potentials from functions of the distance that are tensor expressions: tables, formulas of your own, networks.
[<RequireQualifiedAccess>]
module FunctionPotential =
    /// The function with its end, for distances within the cut-off.
    let private truncated (truncation: Truncation) (cutoff: float) (f: Tensor -> Tensor) : Tensor -> Tensor =
        let ends =
            TruncationParameters.parameters truncation (Tensor.vector [ cutoff ]) f |> List.map (Tensor.reshape [||])

        let ending (g: 'F when 'F: struct and 'F :> IRadialFunction) (r: Tensor) =
            RadialFunction.apply g (List.map (Tensor.cast r.Precision) ends @ [ f r ]) r

        match truncation with
        | Truncated -> f
        | Shifted
        | ForceShifted -> ending (ShiftedFunction(Given()))
        | Switched _ -> ending (SwitchedFunction(Given()))
        | Smooth _ -> ending (SmoothFunction(Given()))
        | CurvatureShifted _ -> ending (CurvatureShiftedFunction(Given()))
        | Cosine -> ending (CosineFunction(Given()))

    let private energies name (table: KindTable) (cutoffs: float[]) (functions: (Tensor -> Tensor)[]) (data: PairData) =
        let entries = KindTable.ofPairs name table data
        let r = Tensor.toArray data.Distances
        let owner = entries |> Array.mapi (fun e entry -> if r[e] < cutoffs[entry] then entry else -1)
        0.5 * PairData.sumOverNeighbours data (Subset.each owner functions data.Distances)

    /// A pair potential from a function u(r) of each pair of symbols, in either order, each up to its own cut-off in Å
    /// and with the same way to end there. A function maps distances [e] to energies [e], element by element. Errors:
    /// `UnknownElement`; `InvalidArgument` for a cut-off or onset; `Inconsistent` for a pair that is given twice.
    let create
        (name: string)
        (truncation: Truncation)
        (pairs: ((string * string) * float * (Tensor -> Tensor)) list)
        : Result<Potential, NoetherError> =
        Outcome.capture (fun () ->
            let table = KindTable.create "the pair" [ for (a, b), _, _ in pairs -> [ a; b ] ] |> KindTable.symmetric

            for _, cutoff, _ in pairs do
                if not (cutoff > 0.0 && Double.IsFinite cutoff) then
                    Outcome.raise (InvalidArgument("the cut-off", $"{cutoff}", "a positive finite length in Å"))

            let cutoffs = [| for _, cutoff, _ in pairs -> cutoff |]
            let functions = [| for _, cutoff, f in pairs -> truncated truncation cutoff f |]
            Potential.create name (Array.max cutoffs) (energies name table cutoffs functions))

    /// A pair potential from a table of distances (Å, ascending) and energies [n] for each pair of symbols, splined;
    /// below the first distance the energy goes on as a straight line. Errors: as for `create` and `Spline.create`;
    /// `Inconsistent` for a table that ends before the cut-off.
    let tabulated
        (name: string)
        (kind: SplineKind)
        (truncation: Truncation)
        (tables: ((string * string) * float * (float list * Tensor)) list)
        : Result<Potential, NoetherError> =
        Outcome.capture (fun () ->
            [ for (a, b), cutoff, (r, u) in tables do
                  let spline = Spline.create kind r u |> Outcome.getOrFail

                  if not (List.last r >= cutoff) then
                      let found = $"a last distance of {List.last r} Å"
                      Outcome.raise (Inconsistent($"the table of {a}-{b}", found, $"the cut-off, {cutoff} Å, or more"))

                  (a, b), cutoff, Spline.evaluate spline ]
            |> create name truncation
            |> Outcome.getOrFail)
