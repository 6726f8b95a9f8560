namespace Noether.Equivariance

open System.Runtime.CompilerServices

// Networks check arguments alike and couple features with weights of their own.
[<assembly: InternalsVisibleTo("Noether.Learning")>]
[<assembly: InternalsVisibleTo("Noether.Training")>]
do ()
