using Noether.Domain;

namespace Noether.Cli;

/// <summary>A structure and where it came from: the file, and the number of the frame, counted from 0.</summary>
internal sealed record Frame(Session Session, string File, int Index, Structure Structure)
{
    private readonly List<string> warnings = [];

    /// <summary>The warnings about the frame so far.</summary>
    public IReadOnlyList<string> Warnings => warnings;

    /// <summary>Warns of something about the frame, on the stream of messages and in its results.</summary>
    public void Warn(string text)
    {
        warnings.Add(text);
        Session.Warn(text, $"{File}, frame {Index}: ");
    }

    /// <summary>Warns of each of these.</summary>
    public void Warn(IEnumerable<string> texts)
    {
        foreach (string text in texts)
        {
            Warn(text);
        }
    }

    /// <summary>A notice of the reader, which names its own place.</summary>
    public void Warn(Notice notice)
    {
        warnings.Add(notice.ToString());
        Session.Warn(notice.Text, notice.Place is { } place ? $"{place.Value}: " : "");
    }

    /// <summary>Does something with the frame; a mistake in the input then names the frame.</summary>
    public T Within<T>(Func<Structure, T> work)
    {
        try
        {
            return work(Structure);
        }
        catch (NoetherException failure)
        {
            throw new FrameException(this, failure.Message, failure);
        }
        catch (Exception failure) when (Memory.IsExhausted(failure))
        {
            throw new FrameException(this, $"{Structure.Count} atoms: {Memory.Exhausted}", failure);
        }
    }
}

/// <summary>An error of one frame; the message names it.</summary>
internal sealed class FrameException(Frame frame, string message, Exception inner)
    : Exception($"{frame.File}, frame {frame.Index}: {message}", inner)
{
    /// <summary>The file.</summary>
    public string File => frame.File;

    /// <summary>The number of the frame.</summary>
    public int Index => frame.Index;
}
