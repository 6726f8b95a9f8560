namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Domain

/// Energies, forces and virials of n atoms while terms are being added to them: eV, eV/Å, eV.
/// They are open during one pass, whose memory the next may use: InvalidOperationException afterwards.
[<Sealed; AllowNullLiteral(false)>]
type Sums internal (energies: float[], forces: float[], virials: float[]) =
    let mutable isOpen = true

    let span (values: float[]) =
        if not isOpen then
            invalidOp "Sums: the pass that they were for is over; add to them during the pass only."

        Span values

    /// The energy of each atom, [n].
    member _.Energies: Span<float> = span energies
    /// The force −∂E/∂r on each atom, [n, 3].
    member _.Forces: Span<float> = span forces
    /// The virial −∂E/∂ε of each atom as a centre, [n, 3, 3].
    member _.Virials: Span<float> = span virials

    member internal _.Close() = isOpen <- false

/// A potential is a value: how far atoms see, and one function from what they see to the energy of each.
///
/// *Forces, stress, Hessians* are derivatives of that function and belong to `Evaluate`. Parameters are tensors inside it:
/// a potential made within a function that is being differentiated is differentiated with it.
///
/// *Sums.* `a + b`, `2.0 * a`: the cut-off of a sum is the longest one, and each term looks only as far as its own.
///
/// *Units.* eV and Å, or whatever the parameters are in.
[<NoEquality; NoComparison>]
type Potential =
    {
        /// What it is called in messages and reports.
        Name: string
        /// Atoms beyond this distance (Å) do not see each other; 0 where no pairs are asked for.
        Cutoff: float
        /// The energy of each atom, [n], in eV; pairs beyond the cut-off may be present and are not looked at.
        Energies: PairData -> Tensor
        /// The same energies, forces and virials in one pass without a tape, times a factor, added to sums; where there is
        /// none, or while parameters are being differentiated, `Energies` is differentiated instead.
        Fused: (Sites -> float -> Sums -> unit) option
    }

    /// The sum of two potentials.
    static member (+)(a: Potential, b: Potential) : Potential =
        { Name = $"{a.Name} + {b.Name}"
          Cutoff = max a.Cutoff b.Cutoff
          Energies = fun data -> a.Energies data + b.Energies data
          Fused =
            Option.map2
                (fun first second sites factor sums ->
                    first sites factor sums
                    second sites factor sums)
                a.Fused
                b.Fused }

    /// A potential times a number.
    static member (*)(factor: float, a: Potential) : Potential =
        { a with
            Name = $"{factor} × {a.Name}"
            Energies = fun data -> factor * a.Energies data
            Fused = a.Fused |> Option.map (fun fused sites scale sums -> fused sites (factor * scale) sums) }

/// Making potentials from functions and from potentials.
[<RequireQualifiedAccess>]
module Potential =
    /// A potential from its energies alone; forces and all else follow by differentiation. `energies` is given pairs nearer
    /// than `cutoff` (Å) only.
    let create (name: string) (cutoff: float) (energies: PairData -> Tensor) : Potential =
        if not (cutoff >= 0.0 && Double.IsFinite cutoff) then
            invalidArg
                (nameof cutoff)
                $"Potential.create: the cut-off of {name} is {cutoff}, expected a length in Å, 0 or more."

        { Name = name
          Cutoff = cutoff
          Energies = fun data -> energies (PairData.within cutoff data)
          Fused = None }

    /// The potential with neither atoms' energies nor anything else: 0.
    let zero: Potential =
        { Name = "0"
          Cutoff = 0.0
          Energies = fun data -> Tensor.full data.Positions.Precision [| data.Numbers.Length |] 0.0
          Fused = Some(fun _ _ _ -> ()) }

    /// The sum of potentials.
    let sum (potentials: Potential seq) : Potential = if Seq.isEmpty potentials then zero else Seq.reduce (+) potentials

    /// A potential times a tensor of shape [], which may carry derivatives.
    let scale (factor: Tensor) (potential: Potential) : Potential =
        { potential with
            Name = $"factor × {potential.Name}"
            Energies = fun data -> factor * potential.Energies data
            Fused = None }

    /// The same energies, always by differentiation of the definition: for comparison with the fused path.
    let composed (potential: Potential) : Potential = { potential with Fused = None }

    /// The same energies computed in a precision: vectors between atoms are formed from positions as they are and then
    /// rounded, energies of atoms are given back in the precision of the positions, and derivatives pass both ways. For
    /// float64 it is the potential itself, with its fused path; float32 has none.
    let inPrecision (precision: Precision) (potential: Potential) : Potential =
        match precision with
        | Float64 -> potential
        | Float32 ->
            { potential with
                Name = $"{potential.Name} in float32"
                Energies =
                    fun data ->
                        Tensor.cast data.Positions.Precision (potential.Energies(PairData.inPrecision precision data))
                Fused = None }

    /// A potential that only some atoms have and see: pairs with other atoms are left out, and other atoms have no energy.
    /// `chosen` is asked with the atomic number and the position in the list of atoms.
    let among (name: string) (chosen: int -> int -> bool) (potential: Potential) : Potential =
        { Name = $"{potential.Name} among {name}"
          Cutoff = potential.Cutoff
          Energies =
            fun data ->
                let atoms = data.Numbers.Length
                let kept = [| 0 .. atoms - 1 |] |> Array.filter (fun i -> chosen data.Numbers[i] i)
                Tensor.segmentSum kept atoms (potential.Energies(PairData.choose kept data))
          Fused = None }

    /// A potential among the atoms of some elements; errors: `UnknownElement`.
    let amongSpecies (symbols: string list) (potential: Potential) : Result<Potential, NoetherError> =
        Outcome.capture (fun () ->
            let numbers = symbols |> List.map (Elements.ofSymbol >> Outcome.getOrFail) |> Set.ofList
            among (String.concat ", " symbols) (fun number _ -> numbers.Contains number) potential)
