namespace Noether.AutoDiff

/// The key of a stream of random numbers, which every function that draws is given: see the type in `Noether.Kernels`. It
/// stands here too, so that scripts find it without an `open`.
type RandomKey = Noether.Kernels.RandomKey
