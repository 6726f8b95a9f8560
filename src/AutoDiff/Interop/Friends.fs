namespace Noether.AutoDiff

open System.Runtime.CompilerServices

// Floors above declare operations of their own, next to the physics they compute.
[<assembly: InternalsVisibleTo("Noether.Physics")>]
[<assembly: InternalsVisibleTo("Noether.Equivariance")>]
[<assembly: InternalsVisibleTo("Noether.Learning")>]
[<assembly: InternalsVisibleTo("Noether.Training")>]
// The facade, the command line and the benchmarks call what only F# can call by name.
[<assembly: InternalsVisibleTo("Noether")>]
[<assembly: InternalsVisibleTo("Noether.Cli")>]
[<assembly: InternalsVisibleTo("Noether.benchmarks")>]
do ()
