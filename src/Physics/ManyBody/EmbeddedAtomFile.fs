namespace Noether.Physics

open Noether.AutoDiff
open Noether.Domain

/// The functions of one element in the table of an embedded-atom potential.
[<NoEquality; NoComparison>]
type EmbeddedAtomElement =
    {
        /// The symbol.
        Symbol: string
        /// The mass that the file gives, amu.
        Mass: float
        /// The lattice constant that the file gives, Å.
        LatticeConstant: float
        /// The lattice that the file gives, such as fcc.
        Lattice: string
        /// The energy of embedding F at the densities 0, Δρ, 2Δρ, …, eV, [nρ].
        Embedding: Tensor
        /// The density ρ that the element makes at the distances 0, Δr, 2Δr, …, [nr].
        Density: Tensor
    }

/// The tables of an embedded-atom potential.
[<NoEquality; NoComparison>]
type EmbeddedAtomTable =
    {
        /// The comment of the file's first lines.
        Comment: string
        /// The elements.
        Elements: EmbeddedAtomElement list
        /// The step of the densities, Δρ.
        DensityStep: float
        /// The step of the distances Δr, Å.
        DistanceStep: float
        /// The cut-off, Å.
        Cutoff: float
        /// r·φ (eV Å) of each pair of elements at the distances 0, Δr, 2Δr, …, [nr]: the pairs (0, 0), (1, 0), (1, 1),
        /// (2, 0), ….
        Pairs: Tensor list
    }

/// Reading the tables of embedded-atom potentials: `setfl` files (LAMMPS' `eam/alloy`) and `funcfl` files (LAMMPS'
/// `eam`).
///
/// *Grammar.* setfl: three lines of comment; the number of elements and their symbols; nρ, Δρ, nr, Δr and the cut-off;
/// for each element a line with atomic number, mass, lattice constant and lattice, then F [nρ] and ρ [nr]; then r·φ
/// [nr] of each pair.
/// funcfl: a line of comment; a line with atomic number, mass, lattice constant and lattice; nρ, Δρ, nr, Δr and the
/// cut-off; then F [nρ], the charge Z [nr] and ρ [nr]. Numbers may be broken into lines anywhere; nothing may stand
/// behind them.
///
/// *Units.* eV and Å. The pair energy of a funcfl file is 27.2·0.529 Z²/r, with the constants of the format (hartree
/// and bohr).
///
/// *Errors.* `FileFailure`; with file, line and column `Malformed` and `UnknownElement`.
[<RequireQualifiedAccess>]
module EmbeddedAtomFile =
    // hartree · bohr, in the digits that the programs which write and read the format agreed on.
    let private chargeUnit = 27.2 * 0.529

    let private positive (reader: WordReader) expected =
        let value = reader.Real expected
        if not (value > 0.0) then reader.Refuse $"{expected}, more than 0"
        value

    let private fewest = 4L

    let private comment (reader: WordReader) lines =
        [ for _ in 1..lines do
              reader.Line $"{lines} lines of comment"
              reader.Lines.Text(0, reader.Lines.Line.Length) ]
        |> String.concat "\n"

    let private grid (reader: WordReader) =
        reader.Line "the line with nρ, Δρ, nr, Δr and the cut-off"
        let densities = reader.Count(fewest, $"the number of densities nρ, from {fewest} on")
        let densityStep = positive reader "the step of densities Δρ"
        let distances = reader.Count(fewest, $"the number of distances nr, from {fewest} on")
        let distanceStep = positive reader "the step of distances Δr"
        let cutoff = positive reader "the cut-off"
        reader.EndOfLine "the end of the line after the cut-off"
        densities, densityStep, distances, distanceStep, cutoff

    /// The rest of an element's line after its atomic number: mass, lattice constant and lattice, which may be missing.
    let private crystal (reader: WordReader) =
        let mass = reader.Real "the mass"
        let constant = reader.Real "the lattice constant"
        let lattice = if reader.TryWord() then reader.Text else ""
        mass, constant, lattice

    let private numbers (reader: WordReader) (count: int) what = Tensor.ofArray [| count |] (reader.Reals(count, what))

    let private setfl (reader: WordReader) =
        let comment = comment reader 3
        reader.Line "the line with the number of elements and their symbols"
        let count = reader.Count(1L, "the number of elements")

        if count > Elements.largest + 1 then reader.Refuse $"at most {Elements.largest + 1} elements"

        let symbols =
            [ for k in 1..count do
                  if not (reader.TryWord()) then
                      reader.Lines.Fail(
                          reader.Lines.Line.Length,
                          "the end of the line",
                          $"the symbol of element {k} of {count}"
                      )

                  reader.Placed(fun () -> reader.Text |> Elements.ofSymbol |> Outcome.getOrFail |> Elements.symbol) ]

        reader.EndOfLine $"the end of the line after {count} symbols"

        if List.distinct symbols <> symbols then
            reader.Lines.Fail(-1, "a symbol twice", "each element once")

        let densities, densityStep, distances, distanceStep, cutoff = grid reader

        let elements =
            [ for symbol in symbols do
                  reader.Line $"the line of {symbol}"
                  reader.Count(0L, $"the atomic number of {symbol}") |> ignore
                  let mass, constant, lattice = crystal reader
                  let embedding = numbers reader densities $"F of {symbol}, number"
                  let density = numbers reader distances $"ρ of {symbol}, number"

                  { Symbol = symbol
                    Mass = mass
                    LatticeConstant = constant
                    Lattice = lattice
                    Embedding = embedding
                    Density = density } ]

        let pairs =
            [ for i, a in List.indexed symbols do
                  for b in symbols[..i] do
                      numbers reader distances $"r·φ of {a}-{b}, number" ]

        reader.EndOfText "the end of the text"

        { Comment = comment
          Elements = elements
          DensityStep = densityStep
          DistanceStep = distanceStep
          Cutoff = cutoff
          Pairs = pairs }

    let private funcfl (reader: WordReader) =
        let comment = comment reader 1
        reader.Line "the line with atomic number, mass, lattice constant and lattice"
        let number = reader.Count(0L, "the atomic number")
        let symbol = reader.Placed(fun () -> Elements.ofNumber number |> Outcome.getOrFail |> Elements.symbol)
        let mass, constant, lattice = crystal reader
        let densities, densityStep, distances, distanceStep, cutoff = grid reader
        let embedding = numbers reader densities "F, number"
        let charge = numbers reader distances "Z, number"
        let density = numbers reader distances "ρ, number"
        reader.EndOfText "the end of the text"

        { Comment = comment
          Elements =
            [ { Symbol = symbol
                Mass = mass
                LatticeConstant = constant
                Lattice = lattice
                Embedding = embedding
                Density = density } ]
          DensityStep = densityStep
          DistanceStep = distanceStep
          Cutoff = cutoff
          Pairs = [ chargeUnit * Tensor.square charge ] }

    /// The tables of a setfl file.
    let readSetfl (path: string) : Result<EmbeddedAtomTable, NoetherError> = WordReader.file false setfl path

    /// The tables of a text in the form of a setfl file; `name` stands for the path in messages.
    let parseSetfl (name: string) (text: string) : Result<EmbeddedAtomTable, NoetherError> =
        WordReader.text false setfl name text

    /// The tables of a funcfl file, of one element.
    let readFuncfl (path: string) : Result<EmbeddedAtomTable, NoetherError> = WordReader.file false funcfl path

    /// The tables of a text in the form of a funcfl file; `name` stands for the path in messages.
    let parseFuncfl (name: string) (text: string) : Result<EmbeddedAtomTable, NoetherError> =
        WordReader.text false funcfl name text
