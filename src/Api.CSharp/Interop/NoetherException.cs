using Noether.Domain;

namespace Noether;

/// <summary>The kind of mistake that a <see cref="NoetherException"/> reports.</summary>
public enum ErrorCode
{
    /// <summary>A file cannot be opened, read or written.</summary>
    FileFailure,

    /// <summary>Text does not follow the grammar of its format.</summary>
    Malformed,

    /// <summary>A symbol or an atomic number names no element.</summary>
    UnknownElement,

    /// <summary>Lattice vectors cannot be used.</summary>
    InvalidCell,

    /// <summary>A number is NaN or infinite where only finite ones have a meaning.</summary>
    NonFinite,

    /// <summary>An argument or a setting lies outside its domain.</summary>
    InvalidArgument,

    /// <summary>Parts do not fit each other, or a part that was asked for is not there.</summary>
    Inconsistent,
}

/// <summary>A place in a text file.</summary>
/// <param name="Path">The file, as it was named by whoever asked for it.</param>
/// <param name="Line">The line, counted from 1.</param>
/// <param name="Column">The column, counted from 1 in characters; 0 where the whole line is meant.</param>
public readonly record struct FilePlace(string Path, int Line, int Column);

/// <summary>
/// The outside world is wrong: a file, a setting, a structure. The message says where, what was found and what was
/// expected. Mistakes of a program, such as shapes that do not fit, are not this but <see cref="ArgumentException"/>.
/// </summary>
public sealed class NoetherException : Exception
{
    internal NoetherException(NoetherError error, Exception? inner = null)
        : base(NoetherErrorModule.message(error), inner)
    {
        Code = NoetherErrorModule.kind(error) switch
        {
            NoetherError.FileFailure => ErrorCode.FileFailure,
            NoetherError.Malformed => ErrorCode.Malformed,
            NoetherError.UnknownElement => ErrorCode.UnknownElement,
            NoetherError.InvalidCell => ErrorCode.InvalidCell,
            NoetherError.NonFinite => ErrorCode.NonFinite,
            NoetherError.InvalidArgument => ErrorCode.InvalidArgument,
            _ => ErrorCode.Inconsistent,
        };

        if (NoetherErrorModule.place(error) is { Value: var place })
        {
            Place = new FilePlace(place.Path, place.Line, place.Column);
        }
    }

    /// <summary>The kind of mistake.</summary>
    public ErrorCode Code { get; }

    /// <summary>Where in a file it stands; null where it concerns no place in a file.</summary>
    public FilePlace? Place { get; }
}
