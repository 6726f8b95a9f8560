namespace Noether.Domain

open System.Collections.Generic

/// The contents of a data file before its atoms are put together, in Å, amu, e and Å/fs.
[<Sealed>]
type internal LammpsDataParts(units: LammpsUnits, otherwise: string) =
    /// The units of the file.
    member _.Units = units
    /// The style of atoms where the file names none, perhaps empty.
    member _.Otherwise = otherwise
    member val Comment = "" with get, set
    member val Atoms = -1L with get, set
    member val Types = 0L with get, set
    /// Lower and upper bounds of x, y, z; NaN until they are read.
    member val Low = Array.create 3 nan
    member val High = Array.create 3 nan
    member val Tilts: float[] = Array.zeroCreate 3
    /// The vectors of a box that lies anyhow, row by row; NaN until they are read.
    member val Vectors = Array.create 9 nan
    member val Origin: float[] = Array.zeroCreate 3
    member val BoxPlace = { Path = ""; Line = 0; Column = 0 } with get, set
    member val Labels = Dictionary<int64, string>()
    member val TypeOf = Dictionary<string, int64>()
    /// Of each type its mass, the word behind '#', and the place.
    member val Masses = Dictionary<int64, struct (float * string * Place)>()
    /// The columns behind the id, none before the atoms.
    member val Style: string list option = None with get, set
    member val AtomPlace = { Path = ""; Line = 0; Column = 0 } with get, set
    member val Index = Dictionary<int64, int>()
    member val Ids = ResizeArray<int64>()
    member val TypeIds = ResizeArray<int64>()
    member val Molecules = ResizeArray<int64>()
    member val Charges = ResizeArray<float>()
    member val Positions = ResizeArray<float>()
    member val Images = ResizeArray<int64>()
    /// The columns of a style that have no other place, by name.
    member val Others = Dictionary<string, ResizeArray<float>>()
    /// Velocities by atom id.
    member val Velocities = Dictionary<int64, struct (float * float * float)>()
    member val HasVelocities = false with get, set
    /// The names of sections and counts that were passed over, and where.
    member val PassedOver = ResizeArray<Place * string>()
