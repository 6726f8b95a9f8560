namespace Noether.AutoDiff

open System.Runtime.CompilerServices

// Floors above declare operations of their own, next to the physics they compute.
[<assembly: InternalsVisibleTo("Noether.Physics")>]
[<assembly: InternalsVisibleTo("Noether.Learning")>]
// The facade calls what only F# can call by name.
[<assembly: InternalsVisibleTo("Noether")>]
do ()
