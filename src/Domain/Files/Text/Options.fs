namespace Noether.Domain

/// The way files are read, whatever their format.
type ReadingOptions =
    {
        /// The elements of the atom types 1, 2, … of LAMMPS files, whatever the file says of them; empty leaves it to the file.
        Types: string list
        /// The atom style of a LAMMPS data file where `Atoms` stands without one, such as "full"; empty where the file says it.
        Style: string
        /// The units of LAMMPS files, such as "real", whatever the file says of them; empty leaves it to the file, or else
        /// means "metal".
        Units: string
        /// The alternate location that is read of a residue of a PDB file which has it; empty stands for A, or the first
        /// where there is no A; "all" reads every one.
        AlternateLocation: string
        /// Receives a notice of whatever the reader passes over or guesses.
        Notice: Notice -> unit
    }

/// Making options for readers.
[<RequireQualifiedAccess>]
module ReadingOptions =
    /// Everything as the file says it, notices heard by nobody.
    let usual: ReadingOptions =
        { Types = []
          Style = ""
          Units = ""
          AlternateLocation = ""
          Notice = ignore }

/// The way structures are written, whatever the format.
type WritingOptions =
    {
        /// Whether a property that the format cannot hold is refused; otherwise it is left out with a notice.
        Strict: bool
        /// Receives a notice of whatever the writer leaves out or changes.
        Notice: Notice -> unit
    }

/// Making options for writers.
[<RequireQualifiedAccess>]
module WritingOptions =
    /// Refuses what the format cannot hold.
    let strict: WritingOptions = { Strict = true; Notice = ignore }

    /// Leaves out what the format cannot hold, and tells of it.
    let keeping (notice: Notice -> unit) : WritingOptions = { Strict = false; Notice = notice }
