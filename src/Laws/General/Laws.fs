namespace Noether.Laws

open System
open System.Globalization
open FsCheck
open FsCheck.FSharp
open Noether.Domain
open Noether.Equivariance

/// How laws are tried.
type LawSettings =
    {
        /// The structures.
        Structures: StructureSettings
        /// The number of samples for each law; at least one.
        Samples: int
        /// The same seed gives the same samples.
        Seed: uint64
    }

/// How a law fared.
type Finding =
    {
        /// The name of the law.
        Law: string
        /// Its statement.
        Statement: string
        /// The number of samples it was tried on.
        Samples: int
        /// The greatest violation among them.
        Worst: float
        /// The greatest violation that is no breach.
        Tolerance: float
        /// Where the law is broken, the simplest sample found that breaks it; otherwise the sample with the greatest
        /// violation.
        Shown: Sample
        /// The violation of that sample.
        Violation: float
        /// The error of the subject when it failed on that sample.
        Failure: string option
    }

    /// Whether the law held for all samples.
    member this.Passed = this.Worst <= this.Tolerance

    /// The statement, the violation, and the sample as text: cut-off, seed, and the structure as extended XYZ.
    override this.ToString() =
        let number (x: float) = x.ToString("R", CultureInfo.InvariantCulture)

        let structure =
            match ExtXyz.format [ this.Shown.Structure ] with
            | Ok text -> text.TrimEnd()
            | Error error -> NoetherError.message error

        String.Join(
            "\n",
            [ $"{this.Law}: {this.Statement}"
              $"violation {number this.Violation}, tolerance {number this.Tolerance}"
              match this.Failure with
              | Some failure -> $"it failed: {failure}"
              | None -> ()
              $"cut-off {number this.Shown.Cutoff} Å, seed {this.Shown.Seed}"
              structure ]
        )

/// How a subject fared with some laws.
type Report =
    {
        /// The settings that repeat it.
        Settings: LawSettings
        /// One for each law, in their order.
        Findings: Finding list
    }

    /// Whether all laws held.
    member this.Passed = this.Findings |> List.forall _.Passed

    /// The laws that did not.
    member this.Broken = this.Findings |> List.filter (fun finding -> not finding.Passed)

    /// A table with a row for each law, and below it what shows each broken one.
    override this.ToString() =
        let short (x: float) = x.ToString("G3", CultureInfo.InvariantCulture)

        let rows =
            [ [ "law"; "samples"; "worst"; "tolerance"; "" ]
              for finding in this.Findings do
                  let verdict = if finding.Passed then "holds" else "BROKEN"
                  [ finding.Law; string finding.Samples; short finding.Worst; short finding.Tolerance; verdict ] ]

        let widths = List.transpose rows |> List.map (fun column -> column |> List.map String.length |> List.max)

        let line (cells: string list) =
            List.map2
                (fun (width: int, k) (cell: string) -> if k = 0 then cell.PadRight width else cell.PadLeft width)
                (List.indexed widths |> List.map (fun (k, width) -> width, k))
                cells
            |> String.concat "  "
            |> _.TrimEnd()

        let seed = $"{this.Settings.Samples} samples a law, seed {this.Settings.Seed}"
        String.Join("\n", seed :: List.map line rows @ [ for broken in this.Broken -> "\n" + string broken ])

/// Trying laws.
[<RequireQualifiedAccess>]
module Laws =
    /// `Structures.nasty`, 200 samples, seed 1.
    let standard: LawSettings = { Structures = Structures.nasty; Samples = 200; Seed = 1UL }

    /// The violation of a sample, and what the subject said where it failed.
    let private measure (law: Law<'Subject>) subject sample : float * string option =
        try
            let violation = law.Violation subject sample
            if Double.IsNaN violation then infinity, Some "the violation is not a number" else violation, None
        with failure ->
            infinity, Some failure.Message

    /// The end of a chain of ever simpler samples that all break the law.
    let rec private simplest law subject (shrink: Sample -> seq<Sample>) (sample, found: float * string option) =
        shrink sample
        |> Seq.map (fun smaller -> smaller, measure law subject smaller)
        |> Seq.tryFind (fun (_, (violation, _)) -> violation > law.Tolerance)
        |> function
            | Some smaller -> simplest law subject shrink smaller
            | None -> sample, found

    /// The verdict of samples on a law; `shrink` makes samples simpler.
    let private finding (law: Law<'Subject>) subject shrink (tried: (Sample * (float * string option))[]) : Finding =
        let violationOf (_, (violation, _)) = violation
        let worst = Array.maxBy violationOf tried

        // Shrinking starts from the simplest sample that breaks the law: it has the shortest way.
        let shown, (violation, failure) =
            match Array.filter (fun outcome -> violationOf outcome > law.Tolerance) tried with
            | [||] -> worst
            | broken ->
                broken
                |> Array.minBy (fun (sample, _) -> Shrinking.weight sample.Structure)
                |> simplest law subject shrink

        { Law = law.Name
          Statement = law.Statement
          Samples = tried.Length
          Worst = violationOf worst
          Tolerance = law.Tolerance
          Shown = shown
          Violation = violation
          Failure = failure }

    /// One law on its samples.
    let check (settings: LawSettings) (subject: 'Subject) (law: Law<'Subject>) : Finding =
        if settings.Samples < 1 then
            invalidArg (nameof settings) $"Laws.check: {settings.Samples} samples, expected at least 1."

        let samples = law.Samples settings.Structures
        // Generators of this library do not look at the size; 50 is the middle of FsCheck's range for others.
        Gen.sampleWithSeed (Rnd settings.Seed) 50 settings.Samples (Arb.toGen samples)
        |> Array.map (fun sample -> sample, measure law subject sample)
        |> finding law subject (Arb.toShrink samples)

    /// One law on samples that are given, which are shown as they are, never made simpler. Raises ArgumentException
    /// without a sample.
    let examine (samples: Sample list) (subject: 'Subject) (law: Law<'Subject>) : Finding =
        if samples.IsEmpty then invalidArg (nameof samples) "Laws.examine: 0 samples, expected at least 1."

        samples
        |> List.map (fun sample -> sample, measure law subject sample)
        |> Array.ofList
        |> finding law subject (fun _ -> Seq.empty)

    /// Each law on its samples. The same settings give the same report. Raises ArgumentException for settings that mean
    /// nothing; whatever the subject raises is reported as a breach.
    let run (settings: LawSettings) (laws: Law<'Subject> list) (subject: 'Subject) : Report =
        { Settings = settings; Findings = laws |> List.map (check settings subject) }

    /// Whether a function of features that transform as irreps is equivariant: rotations, the inversion and
    /// permutations of rows before it or after it must give the same. Reports the worst violation of each. See
    /// `Equivariance.check`.
    let equivariant (settings: EquivarianceSettings) (inputs: Irreps list) (f: IrrepsTensor list -> IrrepsTensor) =
        Equivariance.check settings inputs f
