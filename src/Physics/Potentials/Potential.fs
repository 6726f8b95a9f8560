namespace Noether.Physics

open System
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

/// The energies of a term, its forces and virials, in one pass without a tape: `Add` adds a factor times each of them to
/// the sums. It computes what the term's `Energies` define; the law "fused and composed" compares the two.
///
/// *Contract.* Pairs beyond the cut-off may be among those of the sites, and are passed over. Sites and sums belong to the
/// caller: a pass keeps neither. Elements and properties without parameters are errors of the definition as well.
[<Sealed; AllowNullLiteral(false)>]
type FusedPass(add: Action<Sites, float, Sums>) =
    /// Adds `factor` times energies, forces and virials to sums.
    member _.Add(sites: Sites, factor: float, sums: Sums) : unit = add.Invoke(sites, factor, sums)

    /// The pass times a number.
    member internal _.Times(scale: float) : FusedPass =
        FusedPass(fun sites factor sums -> add.Invoke(sites, scale * factor, sums))

/// A term of a potential: how far atoms see, and one function from their pair data to the energy of each.
///
/// *Units.* eV and Å, or those of the parameters.
[<NoEquality; NoComparison>]
type Term =
    {
        /// Its name in messages and reports.
        Name: string
        /// Atoms beyond this distance (Å) do not see each other; 0 where no pairs are asked for.
        Cutoff: float
        /// The properties it reads from the pair data, besides positions, species and cell.
        Requires: RequiredProperty list
        /// Whether it knows neutral structures only: those that state a charge (`StatedCharge`) are refused.
        Neutral: bool
        /// The energy of each atom, [n], in eV, from data whose pairs are all nearer than the cut-off.
        Energies: PairData -> Tensor
        /// The same energies, forces and virials in one pass; where there is none, or while something above is being
        /// differentiated, `Energies` is differentiated instead.
        Fused: FusedPass option
    }

/// Making terms.
[<RequireQualifiedAccess>]
module Term =
    /// A term from its energies alone, for pairs nearer than `cutoff` (Å). Raises ArgumentException for a cut-off that is
    /// negative or not finite.
    let create (name: string) (cutoff: float) (energies: PairData -> Tensor) : Term =
        if not (cutoff >= 0.0 && Double.IsFinite cutoff) then
            invalidArg
                (nameof cutoff)
                $"Potential.create: the cut-off of {name} is {cutoff}, expected a length in Å, 0 or more."

        { Name = name
          Cutoff = cutoff
          Requires = []
          Neutral = false
          Energies = energies
          Fused = None }

    /// Its energies, [n], from data that may have pairs beyond its cut-off.
    let internal energies (near: float -> PairData) (term: Term) : Tensor =
        near term.Cutoff |> PairData.requiring term.Name term.Requires |> term.Energies

    let internal times (factor: float) (term: Term) : Term =
        { term with
            Name = $"{factor} × {term.Name}"
            Energies = fun data -> factor * term.Energies data
            Fused = term.Fused |> Option.map _.Times(factor) }

/// A potential is a value: a list of terms, whose energies add.
///
/// *Forces, stress, Hessians* are derivatives of the energies and belong to `Evaluate`. Parameters are tensors inside the
/// terms: a potential made within a function that is being differentiated is differentiated with it.
///
/// *Sums.* `a + b`, `2.0 * a`: the cut-off of a sum is the longest one, and each term looks only as far as its own. Terms
/// with a fused pass are evaluated by it, whatever the others have.
///
/// *Units.* eV and Å, or those of the parameters.
[<NoEquality; NoComparison>]
type Potential =
    {
        /// Its name in messages and reports.
        Name: string
        /// The terms, in the order in which energies add.
        Terms: Term list
    }

    /// The distance (Å) beyond which atoms do not see each other; 0 where no term asks for pairs.
    member potential.Cutoff: float = (0.0, potential.Terms) ||> List.fold (fun longest term -> max longest term.Cutoff)

    /// The properties that its terms read from the pair data, each once.
    member potential.Requires: RequiredProperty list =
        potential.Terms |> List.collect _.Requires |> List.distinctBy (fun required -> required.Owner, required.Name)

    /// The energy of each atom, [n], in eV, by the definitions of the terms; pairs beyond the cut-offs are passed over.
    member potential.Energies(data: PairData) : Tensor =
        // Terms of one cut-off share their pairs.
        let near =
            potential.Terms |> List.map _.Cutoff |> List.distinct |> List.map (fun r -> r, PairData.within r data)

        let near cutoff = near |> List.find (fun (r, _) -> r = cutoff) |> snd

        if potential.Terms.IsEmpty then
            Tensor.full data.Positions.Precision [| data.Numbers.Length |] 0.0
        else
            potential.Terms |> List.map (Term.energies near) |> List.reduce (+)

    /// The sum of two potentials.
    static member (+)(a: Potential, b: Potential) : Potential =
        { Name = $"{a.Name} + {b.Name}"; Terms = a.Terms @ b.Terms }

    /// A potential times a number.
    static member (*)(factor: float, a: Potential) : Potential =
        { Name = $"{factor} × {a.Name}"
          Terms = a.Terms |> List.map (Term.times factor) }

/// Making potentials from functions and from potentials.
[<RequireQualifiedAccess>]
module Potential =
    /// The potential of one term.
    let ofTerm (term: Term) : Potential = { Name = term.Name; Terms = [ term ] }

    /// A potential from its energies alone; forces and all else follow by differentiation. `energies` is given pairs nearer
    /// than `cutoff` (Å) only. Raises ArgumentException for a cut-off that is negative or not finite.
    let create (name: string) (cutoff: float) (energies: PairData -> Tensor) : Potential =
        ofTerm (Term.create name cutoff energies)

    /// `create` with a pass of the library.
    let internal withPass (pass: (Sites -> float -> Sums -> unit) option) name cutoff energies : Potential =
        ofTerm
            { Term.create name cutoff energies with
                Fused = pass |> Option.map (fun add -> FusedPass(fun sites factor sums -> add sites factor sums)) }

    /// The potential with neither atoms' energies nor anything else: 0.
    let zero: Potential = { Name = "0"; Terms = [] }

    /// The sum of potentials.
    let sum (potentials: Potential seq) : Potential = if Seq.isEmpty potentials then zero else Seq.reduce (+) potentials

    /// The potential with every term changed.
    let private mapTerms (name: string) (change: Term -> Term) (potential: Potential) =
        { Name = name; Terms = List.map change potential.Terms }

    /// A potential times a tensor of shape [], which may carry derivatives.
    let scale (factor: Tensor) (potential: Potential) : Potential =
        potential
        |> mapTerms $"factor × {potential.Name}" (fun term ->
            { term with
                Energies = fun data -> factor * term.Energies data
                Fused = if factor.Level = 0L then term.Fused |> Option.map _.Times(Tensor.toArray(factor)[0]) else None })

    /// The same energies, always by differentiation of the definition: for comparison with the fused passes.
    let composed (potential: Potential) : Potential =
        potential |> mapTerms potential.Name (fun term -> { term with Fused = None })

    /// Whether a term has a fused pass.
    let isFused (potential: Potential) : bool = potential.Terms |> List.exists _.Fused.IsSome

    /// The same energies computed in a precision: vectors between atoms are formed from positions as they are and then
    /// rounded, energies of atoms are given back in the precision of the positions, and derivatives pass both ways. For
    /// float64 it is the potential itself, with its fused passes; float32 has none.
    let inPrecision (precision: Precision) (potential: Potential) : Potential =
        match precision with
        | Float64 -> potential
        | Float32 ->
            potential
            |> mapTerms $"{potential.Name} in float32" (fun term ->
                { term with
                    Energies =
                        fun data ->
                            Tensor.cast data.Positions.Precision (term.Energies(PairData.inPrecision precision data))
                    Fused = None })

    /// A potential that only some atoms have and see: pairs with other atoms are left out, and other atoms have no energy.
    /// `chosen` is asked with the atomic number and the position in the list of atoms.
    let among (name: string) (chosen: int -> int -> bool) (potential: Potential) : Potential =
        potential
        |> mapTerms $"{potential.Name} among {name}" (fun term ->
            { term with
                Energies =
                    fun data ->
                        let atoms = data.Numbers.Length
                        let kept = [| 0 .. atoms - 1 |] |> Array.filter (fun i -> chosen data.Numbers[i] i)
                        Tensor.segmentSum kept atoms (term.Energies(PairData.choose kept data))
                Fused = None })

    /// A potential among the atoms of some elements; errors: `UnknownElement`.
    let amongSpecies (symbols: string list) (potential: Potential) : Result<Potential, NoetherError> =
        Outcome.capture (fun () ->
            let numbers = symbols |> List.map (Elements.ofSymbol >> Outcome.getOrFail) |> Set.ofList
            among (String.concat ", " symbols) (fun number _ -> numbers.Contains number) potential)
