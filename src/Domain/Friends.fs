namespace Noether.Domain

open System.Runtime.CompilerServices

// Files of potentials and of models are read by the readers of bytes, lines and numbers that are here.
[<assembly: InternalsVisibleTo("Noether.Physics")>]
[<assembly: InternalsVisibleTo("Noether.Learning")>]
do ()
