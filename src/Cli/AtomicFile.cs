using System.Text;
using Noether.Domain;

namespace Noether.Cli;

/// <summary>Files that are there as they were or as they are now, whatever ends the process between.</summary>
internal static class AtomicFile
{
    /// <summary>
    /// Writes a text beside its place, waits until it is on the disk, and moves it there. What a killed process left
    /// beside the place is replaced by the next one.
    /// </summary>
    public static void Write(string path, string text) => Guard(path, () =>
    {
        string beside = path + ".tmp";

        try
        {
            using (FileStream stream = new(beside, FileMode.Create, FileAccess.Write))
            {
                stream.Write(new UTF8Encoding(false).GetBytes(text));
                stream.Flush(flushToDisk: true);
            }

            File.Move(beside, path, overwrite: true);
        }
        catch
        {
            File.Delete(beside);
            throw;
        }
    });

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
    }
}
