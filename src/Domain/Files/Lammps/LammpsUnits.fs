namespace Noether.Domain

open System
open System.Globalization
open System.Text

/// What one unit of a unit style of LAMMPS is in ours: Å, amu, e, Å/fs, eV/Å.
type internal LammpsUnits =
    { Name: string
      Length: float
      Mass: float
      Charge: float
      Velocity: float
      Force: float }

/// The unit styles of LAMMPS (https://docs.lammps.org/units.html) that have a size; `lj` has none.
///
/// Velocities of `electron` are bohr/fs, as `run` moves atoms by them and as their kinetic energies in hartree are (the
/// page speaks of bohr per 1.03275 fs).
[<RequireQualifiedAccess>]
module internal LammpsUnits =
    /// One kg in amu, one C in e, one N in eV/Å, by the constants of `Units`.
    let private kg = 1e27 * Units.gramPerCubicCentimetre

    let private coulomb = 1e21 * Units.GPa
    let private newton = 1e11 * Units.GPa

    /// One m/s in Å/fs.
    let private metrePerSecond = 1e-5

    let metal =
        { Name = "metal"
          Length = 1.0
          Mass = 1.0
          Charge = 1.0
          Velocity = 1e-3
          Force = 1.0 }

    let private all =
        [ metal
          { metal with
              Name = "real"
              Velocity = 1.0
              Force = Units.kcalPerMol }
          { metal with
              Name = "electron"
              Length = Units.bohr
              Velocity = Units.bohr
              Force = Units.hartree / Units.bohr }
          { Name = "si"
            Length = 1e10
            Mass = kg
            Charge = coulomb
            Velocity = metrePerSecond
            Force = newton }
          { Name = "cgs"
            Length = 1e8
            Mass = 1e-3 * kg
            // A statcoulomb is 1 C/2997924580.
            Charge = coulomb / 2997924580.0
            Velocity = 1e-2 * metrePerSecond
            Force = 1e-5 * newton }
          { Name = "micro"
            Length = 1e4
            Mass = 1e-15 * kg
            Charge = 1e-12 * coulomb
            Velocity = metrePerSecond
            Force = 1e-9 * newton }
          { Name = "nano"
            Length = 10.0
            Mass = 1e-21 * kg
            Charge = 1.0
            Velocity = metrePerSecond
            Force = 1e-12 * newton } ]

    /// A word about velocities of `electron`, where there are some.
    let tellOfVelocities (units: LammpsUnits) (notice: string -> unit) =
        if units.Name = "electron" then notice "velocities in units electron are read as bohr/fs, as LAMMPS moves atoms by them"

    /// The names that `tryName` knows.
    let names = all |> List.map _.Name

    /// The units of a name, none for another.
    let tryName (name: string) : LammpsUnits option = all |> List.tryFind (fun units -> units.Name = name)

    /// The units that the options name, if they do. Errors, raised: `InvalidArgument` for another name.
    let ofOptions (options: ReadingOptions) : LammpsUnits option =
        if options.Units = "" then
            None
        else
            match tryName options.Units with
            | Some units -> Some units
            | None ->
                let expected = Suggestion.OneOf(options.Units, names)
                Outcome.raise (InvalidArgument("the units of LAMMPS", $"'{options.Units}'", expected))

    /// The decimal text of a number times a power of ten.
    let shifted (power: int) (text: string) =
        let at = text.IndexOfAny [| 'e'; 'E'; 'd'; 'D' |]
        let mantissa = if at < 0 then text else text.Substring(0, at)
        let exponent = if at < 0 then "0" else text.Substring(at + 1)

        match Int32.TryParse(exponent, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) with
        | true, value when abs (int64 value) < 100000L -> $"{mantissa}e{value + power}"
        | _ -> text

    /// A velocity as one in Å/fs. Those of `metal`, Å/ps, are moved by three digits in the text, so that bits come back.
    let readVelocity (units: LammpsUnits) (lines: Lines) (word: Word) : float =
        let expected = "a finite velocity"

        if units.Name <> metal.Name then
            units.Velocity * Words.real lines expected word
        else
            let text = Encoding.Latin1.GetString(Words.bytes lines word)
            let mutable value = 0.0

            if
                not (Numerals.tryReal (ReadOnlySpan(Encoding.Latin1.GetBytes(shifted -3 text))) &value)
                || not (Double.IsFinite value)
            then
                Words.fail lines word expected

            value

    /// A velocity in Å/fs as the text of one in Å/ps.
    let velocityText (value: float) =
        if value = 0.0 then Numerals.ofReal value else shifted 3 (Numerals.ofReal value)
