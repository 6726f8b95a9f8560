namespace Noether.Domain

open System.Runtime.CompilerServices

// Potential files are read by the readers of bytes, lines and numbers that are here.
[<assembly: InternalsVisibleTo("Noether.Physics")>]
do ()
