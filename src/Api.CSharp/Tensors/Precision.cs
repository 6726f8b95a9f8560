using System.Diagnostics.CodeAnalysis;

namespace Noether;

/// <summary>The element type of tensors and of a model's parameters: IEEE 754 numbers of 4 or 8 bytes.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "The names of the number formats are the subject.")]
public enum Precision
{
    /// <summary>Single precision, for learning.</summary>
    Float32,

    /// <summary>Double precision, for physics.</summary>
    Float64,
}
