using Noether.Domain;

namespace Noether.Cli;

/// <summary>A structure and where it came from: the file, and the number of the frame, counted from 0.</summary>
internal readonly record struct Frame(string File, int Index, Structure Structure)
{
    /// <summary>Does something with the frame; a mistake in the input then names the frame.</summary>
    public T Within<T>(Func<Structure, T> work)
    {
        try
        {
            return work(Structure);
        }
        catch (NoetherException failure)
        {
            throw new FrameException($"{File}, frame {Index}: {failure.Message}", failure);
        }
    }
}

/// <summary>An error of one frame; the message names it.</summary>
internal sealed class FrameException(string message, NoetherException inner) : Exception(message, inner);
