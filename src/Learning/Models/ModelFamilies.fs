namespace Noether.Learning

/// The families of models that the library knows. A family of a user's own is added by whoever calls: every function that
/// reads models or trains them has a form with the list of families as its first argument.
[<RequireQualifiedAccess>]
module ModelFamilies =
    /// All of them; the first one is the usual one of a training.
    let all: ModelFamily list =
        [ NequipFamily.family; NequipTorchFamily.family; NequixFamily.family; AniFamily.family ]

    /// The files of other programs that models of some families are read from.
    let formats (families: ModelFamily list) : ModelFormat list = families |> List.collect _.Formats
