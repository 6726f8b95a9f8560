namespace Noether.Physics

open System
open System.Collections.Immutable
open Noether.Domain

/// Mean and spread of numbers that come one after another: a fold.
type Moments =
    {
        /// How many numbers there were.
        Count: int
        /// Their mean; 0 before the first.
        Mean: float
        /// The sum of the squares of their distances from the mean.
        Scatter: float
    }

/// Folding numbers into moments (B. P. Welford, Technometrics 4, 419 (1962)).
[<RequireQualifiedAccess>]
module Moments =
    /// Of no numbers.
    let empty: Moments = { Count = 0; Mean = 0.0; Scatter = 0.0 }

    /// With one number more.
    let add (moments: Moments) (x: float) : Moments =
        let count = moments.Count + 1
        let distance = x - moments.Mean
        let mean = moments.Mean + distance / float count

        { Count = count
          Mean = mean
          Scatter = moments.Scatter + distance * (x - mean) }

    /// The mean square distance from the mean, Scatter/Count; NaN of no numbers.
    let variance (moments: Moments) : float = moments.Scatter / float moments.Count

/// Observables of a moment of a simulation, beside those of `PhasePoint`.
[<RequireQualifiedAccess>]
module Observe =
    /// Kinetic and potential energy, eV.
    let energy (state: State) : float = PhasePoint.kineticEnergy state.Phase + state.Results.Energy

    /// The pressure tensor (Σ m v ⊗ v + W)/V, [3, 3], GPa, positive under compression. Errors: `Inconsistent` for a
    /// cell without three vectors.
    let pressureTensor (state: State) : Result<ImmutableArray<float>, NoetherError> =
        Outcome.capture (fun () ->
            let volume = Quantity.volume "a state whose pressure is asked" state.Phase.Structure.Cell
            let kinetic = PhasePoint.kineticTensor state.Phase
            let virial = state.Results.Virial
            Array.init 9 (fun i -> (kinetic[i] + virial[i]) / (volume * Units.GPa)) |> Frozen.freeze)

    /// The pressure (2K + tr W)/3V, GPa, kinetic part included. Errors: as for `pressureTensor`.
    let pressure (state: State) : Result<float, NoetherError> =
        pressureTensor state |> Result.map (fun p -> (p[0] + p[4] + p[8]) / 3.0)

    /// The heat capacity ⟨(E − ⟨E⟩)²⟩/(k_B T²) at constant volume, eV/K, of the moments of the energy of states at a
    /// temperature (K) (M. P. Allen and D. J. Tildesley, Computer Simulation of Liquids, 2nd ed. (2017), section 2.5).
    /// Raises ArgumentException for a temperature that is not positive.
    let heatCapacity (temperature: float) (energies: Moments) : float =
        if not (temperature > 0.0) then
            invalidArg (nameof temperature) $"Observe.heatCapacity: {temperature} K, expected more than 0 K."

        Moments.variance energies / (Units.boltzmann * temperature * temperature)

/// How strongly values [n, 3] of atoms depend on those of earlier frames, for all lags up to a longest one and averaged
/// over all origins: a fold. Made and asked by the module `Correlation`.
[<NoEquality; NoComparison>]
type Correlation =
    private
        {
            /// The last frames, the latest first.
            Window: ImmutableArray<float> list
            Sums: float list
            Counts: int list
        }

/// Mean square displacements, velocity autocorrelations and others of their kind.
[<RequireQualifiedAccess>]
module Correlation =
    /// Of no frames, for lags of 0 to `longest` frames. Raises ArgumentException for a negative number.
    let create (longest: int) : Correlation =
        if longest < 0 then
            invalidArg (nameof longest) $"Correlation.create: a longest lag of {longest} frames, expected 0 or more."

        { Window = []
          Sums = List.replicate (longest + 1) 0.0
          Counts = List.replicate (longest + 1) 0 }

    /// With one frame more: `pair` is given the values of an earlier frame and of this one.
    let add
        (pair: ImmutableArray<float> -> ImmutableArray<float> -> float)
        (correlation: Correlation)
        (values: ImmutableArray<float>)
        : Correlation =
        let window = List.truncate correlation.Sums.Length (values :: correlation.Window)
        let news = window |> List.map (fun earlier -> pair earlier values)
        let missing = correlation.Sums.Length - news.Length

        { Window = window
          Sums = List.map2 (+) correlation.Sums (news @ List.replicate missing 0.0)
          Counts = List.map2 (+) correlation.Counts (List.replicate news.Length 1 @ List.replicate missing 0) }

    /// The mean for each lag, [longest + 1]; NaN for those that no two frames had.
    let values (correlation: Correlation) : ImmutableArray<float> =
        List.map2 (fun sum count -> sum / float count) correlation.Sums correlation.Counts
        |> ImmutableArray.CreateRange

    let private meanOverAtoms
        (term: float -> float -> float)
        (earlier: ImmutableArray<float>)
        (later: ImmutableArray<float>)
        =
        if earlier.Length <> later.Length then
            invalidArg (nameof later) $"Correlation: frames of {earlier.Length / 3} and {later.Length / 3} atoms."

        let mutable sum = 0.0

        for i in 0 .. earlier.Length - 1 do
            sum <- sum + term earlier[i] later[i]

        3.0 * sum / float earlier.Length

    /// ⟨|r(t₀ + t) − r(t₀)|²⟩ over atoms, of positions [n, 3] that are not wrapped, as those of states:
    /// `add displacement`. Raises ArgumentException for frames of different lengths.
    let displacement (earlier: ImmutableArray<float>) (later: ImmutableArray<float>) : float =
        meanOverAtoms (fun a b -> (b - a) * (b - a)) earlier later

    /// ⟨v(t₀ + t) · v(t₀)⟩ over atoms, of velocities [n, 3]: `add product`. Raises ArgumentException for frames of
    /// different lengths.
    let product (earlier: ImmutableArray<float>) (later: ImmutableArray<float>) : float =
        meanOverAtoms (*) earlier later
