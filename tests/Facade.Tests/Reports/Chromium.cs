using System.Diagnostics;
using Xunit;

namespace Noether.Report.Tests;

/// <summary>A test that needs a browser, and is reported as skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ChromiumFactAttribute : FactAttribute
{
    public ChromiumFactAttribute()
    {
        if (Chromium.Program is null)
        {
            Skip = "SKIPPED: no chromium, chromium-browser or google-chrome is installed, so no page was opened.";
        }
    }
}

/// <summary>Pages as a browser sees them.</summary>
internal static class Chromium
{
    /// <summary>The browser, if the machine has one.</summary>
    public static string? Program { get; } =
        (from name in new[] { "chromium", "chromium-browser", "google-chrome" }
         from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
         let file = Path.Combine(folder, name)
         where folder.Length > 0 && File.Exists(file)
         select file).FirstOrDefault();

    /// <summary>
    /// Opens a page and lets its programs run for some seconds of their time; the document they leave. Whatever they
    /// write to the console, errors among it, fails the test.
    /// </summary>
    public static string Open(string path)
    {
        string profile = Directory.CreateTempSubdirectory("noether-chromium-").FullName;
        using Process browser = new()
        {
            StartInfo = new ProcessStartInfo(
                Program!,
                [
                    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                    "--user-data-dir=" + profile, "--enable-logging=stderr", "--window-size=1000,900",
                    "--virtual-time-budget=3000", "--dump-dom", new Uri(Path.GetFullPath(path)).AbsoluteUri,
                ])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };

        try
        {
            browser.Start();
            Task<string> errors = browser.StandardError.ReadToEndAsync();
            string document = browser.StandardOutput.ReadToEnd();
            browser.WaitForExit();
            string[] said = [.. errors.Result.Split('\n').Where(line =>
                line.Contains("CONSOLE", StringComparison.Ordinal))];
            Assert.Empty(said);
            Assert.Contains("</html>", document, StringComparison.Ordinal);
            return document;
        }
        finally
        {
            // Helpers of the browser may still be writing there for a moment.
            for (int attempt = 0; Directory.Exists(profile); attempt++)
            {
                try
                {
                    Directory.Delete(profile, true);
                }
                catch (IOException) when (attempt < 20)
                {
                    Thread.Sleep(100);
                }
            }
        }
    }
}
