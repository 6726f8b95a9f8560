using System.Text;
using Noether.Domain;

namespace Noether.Cli;

/// <summary>Files that are there as they were or as they are now, whatever ends the process between.</summary>
internal static class AtomicFile
{
    /// <summary>Puts a text in the place of a file: all of it or, whatever ends the process between, nothing.</summary>
    public static void Write(string path, string text) => OutputFile.Replace(path, new UTF8Encoding(false).GetBytes(text));

    /// <summary>Completes a file that was opened before and puts it in its place.</summary>
    public static void Commit(this OutputFile file, string text)
    {
        file.Write(text);
        file.Commit();
    }

    /// <summary>Does something with a file; what the system refuses names the file.</summary>
    public static void Guard(string path, Action action)
    {
        try
        {
            action();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new NoetherException(NoetherError.NewFileFailure(path, failure.Message));
        }
        catch (ArgumentOutOfRangeException failure)
        {
            // The runtime's word for a file that the file system or a quota takes no more of.
            throw new NoetherException(NoetherError.NewFileFailure(path, failure.Message.Split(" (Parameter")[0]));
        }
    }
}
