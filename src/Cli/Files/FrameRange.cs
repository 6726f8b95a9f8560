using System.Diagnostics.CodeAnalysis;

namespace Noether.Cli;

/// <summary>
/// Which frames of a file: one by its number, or <c>first:end:step</c>, in which each part may be missing. As in
/// Python, frames are counted from 0, negative numbers count from the end, and the end is the first frame that is left
/// out.
/// </summary>
internal sealed record FrameRange(int? First, int? End, int Step, bool IsSingle)
{
    public const string Form = "a number, or first:end:step with parts that may be missing and a step other than 0";

    public static FrameRange All { get; } = new(null, null, 1, IsSingle: false);

    /// <summary>Reads a range as it stands on the command line.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out FrameRange? range)
    {
        string[] parts = text.Split(':');
        var numbers = new int?[3];
        range = null;

        for (int i = 0; i < parts.Length; i++)
        {
            if (i > 2)
            {
                return false;
            }

            if (NumberArguments.TryWhole(parts[i], out int number))
            {
                numbers[i] = number;
            }
            else if (parts[i].Length > 0 || parts.Length == 1)
            {
                return false;
            }
        }

        range = new FrameRange(numbers[0], numbers[1], numbers[2] ?? 1, parts.Length == 1);
        return range.Step != 0;
    }

    /// <summary>The chosen frames of a file, one by one where the range does not count from the end.</summary>
    public IEnumerable<Frame> Of(string path, IEnumerable<Frame> frames) =>
        IsSingle ? [Single(path, frames)]
            : First is null or >= 0 && End is null or >= 0 && Step > 0 ? Forward(frames)
            : Counted([.. frames]);

    private Frame Single(string path, IEnumerable<Frame> frames)
    {
        int wanted = First ?? 0, count = 0;
        Queue<Frame> last = [];

        foreach (Frame frame in frames)
        {
            if (count++ == wanted)
            {
                return frame;
            }

            last.Enqueue(frame);

            if (last.Count > Math.Max(0, -(long)wanted))
            {
                last.Dequeue();
            }
        }

        if (wanted >= 0 || -(long)wanted > count)
        {
            Bridge.Refuse("the frame", $"{wanted}", $"one of the {count} frames of {path}, counted from 0");
        }

        return last.Peek();
    }

    private IEnumerable<Frame> Forward(IEnumerable<Frame> frames)
    {
        int first = First ?? 0;

        foreach (Frame frame in End is { } end ? frames.Take(end) : frames)
        {
            if (frame.Index >= first && (frame.Index - first) % Step == 0)
            {
                yield return frame;
            }
        }
    }

    private IEnumerable<Frame> Counted(Frame[] frames) => Numbers(frames.Length).Select(i => frames[i]);

    /// <summary>The chosen ones among the numbers from 0 to n − 1; none for a single one that is not there.</summary>
    public IEnumerable<int> Numbers(int n)
    {
        int lowest = Step > 0 ? 0 : -1, highest = Step > 0 ? n : n - 1;
        int Place(int number) => Math.Clamp(number < 0 ? number + n : number, lowest, highest);
        int first = First is { } given ? Place(given) : Step > 0 ? lowest : highest;
        int end = End is { } limit ? Place(limit) : Step > 0 ? highest : lowest;

        if (IsSingle)
        {
            int wanted = First ?? 0, place = wanted < 0 ? wanted + n : wanted;
            (first, end) = place >= 0 && place < n ? (place, place + 1) : (0, 0);
        }

        for (long i = first; Step > 0 ? i < end : i > end; i += Step)
        {
            yield return (int)i;
        }
    }
}
