namespace Noether.Domain

open System.Runtime.CompilerServices

// Files of potentials, models and runs are read and written by what is here for bytes, lines and numbers.
[<assembly: InternalsVisibleTo("Noether.Physics")>]
[<assembly: InternalsVisibleTo("Noether.Equivariance")>]
[<assembly: InternalsVisibleTo("Noether.Learning")>]
[<assembly: InternalsVisibleTo("Noether.Training")>]
// The facade and the command line call what only F# can call by name.
[<assembly: InternalsVisibleTo("Noether")>]
[<assembly: InternalsVisibleTo("Noether.Cli")>]
[<assembly: InternalsVisibleTo("Noether.Cli.Tests")>]
[<assembly: InternalsVisibleTo("Noether.Domain.Tests")>]
[<assembly: InternalsVisibleTo("Noether.benchmarks")>]
do ()
