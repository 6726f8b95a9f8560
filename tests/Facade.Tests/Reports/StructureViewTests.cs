using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Noether.Report.Tests;

public sealed class StructureViewTests : IDisposable
{
    private static readonly double[] Box = [10, 0, 0, 0, 10, 0, 0, 0, 10];
    private static readonly double[] Near = [0, 0, 0, 0, 0, 3.8], Apart = [0, 0, 0, 0, 0, 4.1];
    private static readonly int[] Argon = [18, 18];

    private readonly string folder = Directory.CreateTempSubdirectory("noether-view-").FullName;

    private static StructureView Dimer =>
        StructureView.Create().Frame(Argon, Near, Box, "near").Frame(Argon, Apart, Box);

    public void Dispose() => Directory.Delete(folder, true);

    private static JsonElement DataOf(StructureView view)
    {
        XDocument page = XDocument.Parse(Page.Create("t").View(view, "A view.").ToHtml());
        XElement data = page.Descendants().Single(one => (string?)one.Attribute("type") == "application/json");
        return JsonDocument.Parse(data.Value).RootElement;
    }

    private static float[] Floats(JsonElement data, string name)
    {
        byte[] bytes = data.GetProperty(name).GetBytesFromBase64();
        return [.. Enumerable.Range(0, bytes.Length / 4).Select(k => BitConverter.ToSingle(bytes, 4 * k))];
    }

    private string Open(Page page, string program = "")
    {
        string path = Path.Combine(folder, "page.html");
        File.WriteAllText(path, page.ToHtml().Replace("</body>", program + "</body>", StringComparison.Ordinal));
        return Chromium.Open(path);
    }

    [Fact]
    public void Frames_that_share_atoms_and_cell_hold_them_once()
    {
        JsonElement data = DataOf(Dimer);
        Assert.Equal(2, data.GetProperty("frames").GetInt32());
        Assert.Equal("[2]", data.GetProperty("counts").GetRawText());
        Assert.Equal([18, 18], data.GetProperty("numbers").GetBytesFromBase64());
        Assert.Equal([0, 0, 0, 0, 0, 3.8f, 0, 0, 0, 0, 0, 4.1f], Floats(data, "positions"));
        Assert.Equal(9, Floats(data, "cells").Length);
        Assert.Equal("""["near",""]""", data.GetProperty("labels").GetRawText());
        Assert.Equal("""{"18":["Ar","#80D1E3",1.06]}""", data.GetProperty("elements").GetRawText());
    }

    [Fact]
    public void Frames_may_differ_in_everything()
    {
        JsonElement data = DataOf(StructureView.Create().Frame([1], [1, 2, 3]).Frame(Argon, Near, Box).Frame([], []));
        Assert.Equal("[1,2,0]", data.GetProperty("counts").GetRawText());
        Assert.Equal([1, 18, 18], data.GetProperty("numbers").GetBytesFromBase64());
        Assert.Equal([1, 2, 3, 0, 0, 0, 0, 0, 3.8f], Floats(data, "positions"));
        Assert.Equal(27, Floats(data, "cells").Length);
        Assert.Empty(Floats(DataOf(StructureView.Create().Frame([1], [1, 2, 3])), "cells"));
    }

    [Fact]
    public void Labels_cannot_break_out_of_the_page()
    {
        const string Label = "</script><b> & \"]]>\u2028";
        JsonElement data = DataOf(StructureView.Create().Frame([1], [0, 0, 0], label: Label));
        Assert.Equal(Label, data.GetProperty("labels")[0].GetString());
    }

    [Fact]
    public void The_program_is_there_once_and_fetches_nothing()
    {
        string html = Page.Create("t").View(Dimer).Heading("again").View(Dimer).ToHtml();
        Assert.Single(Regex.Matches(html, "function noetherControls"));
        Assert.Equal(2, Regex.Count(html, "application/json"));
        Assert.DoesNotMatch(@"https?://(?!www\.w3\.org/1999/xhtml)", html);
        Assert.DoesNotContain("fetch(", html, StringComparison.Ordinal);
        Assert.DoesNotContain("src=", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Frames_out_of_form_are_named()
    {
        StructureView none = StructureView.Create();
        string Message(Action frame) => Assert.ThrowsAny<ArgumentException>(frame).Message;
        Assert.Equal(
            "View frame 0: 2 coordinates for 1 atoms; expected three each.", Message(() => none.Frame([1], [0, 0])));
        Assert.Equal("View frame 0: a cell of 3 numbers; expected nine.", Message(() => none.Frame([], [], [1, 2, 3])));
        Assert.Equal(
            "View frame 0: the atomic number 119; expected 0 (X) to 118.", Message(() => none.Frame([119], [0, 0, 0])));
        Assert.StartsWith("View frame 2: a coordinate is NaN", Message(() => Dimer.Frame([1], [0, double.NaN, 0])));
        Assert.StartsWith(
            "View frame 0: a coordinate is 1E+300; expected a finite", Message(() => none.Frame([1], [0, 1e300, 0])));
        Assert.Equal("A view without frames; expected at least 1.", Message(() => Page.Create("t").View(none)));
    }

    [Theory]
    [InlineData(0, "#FF1493")]
    [InlineData(1, "#FFFFFF")]
    [InlineData(6, "#909090")]
    [InlineData(8, "#FF0D0D")]
    [InlineData(79, "#FFD123")]
    [InlineData(109, "#EB0026")]
    [InlineData(118, "#FF1493")]
    public void Elements_have_their_usual_colours(int number, string colour) =>
        Assert.Equal(colour, ElementColours.Of(number));

    [Fact]
    public void What_is_no_element_has_no_colour() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ElementColours.Of(119));

    [ChromiumFact]
    public void A_browser_draws_a_view_without_a_complaint()
    {
        // Two atoms without a bond, twelve edges of twelve pieces each.
        string document = Open(Page.Create("t").View(Dimer));
        Assert.Contains("data-drawn=\"146\"", document, StringComparison.Ordinal);
        Assert.Contains("data-frame=\"0\"", document, StringComparison.Ordinal);
        Assert.Contains("near (1 of 2)", document, StringComparison.Ordinal);
        Assert.Contains("Ar 2", document, StringComparison.Ordinal);
    }

    [ChromiumFact]
    public void Atoms_tell_about_themselves_and_frames_change()
    {
        // Along z the second atom hides the first; a click with shift adds one that is seen along x.
        const string Program = """
            <script>
            const root = document.querySelector(".noether-view"), canvas = root.querySelector("canvas");
            const after = (ms, action) => setTimeout(action, ms);
            const key = name => canvas.dispatchEvent(new KeyboardEvent("keydown", { key: name }));
            function click(x, y, isMore) {
              const box = canvas.getBoundingClientRect();
              for (const type of ["pointerdown", "pointerup"])
                canvas.dispatchEvent(new PointerEvent(type,
                  { pointerId: 7, button: 0, shiftKey: isMore, clientX: box.left + x, clientY: box.top + y }));
            }
            const middle = () => [canvas.clientWidth / 2, canvas.clientHeight / 2];
            after(100, () => key("z"));
            after(300, () => click(...middle(), false));
            after(400, () => { document.title = root.querySelector(".noether-told").textContent; key("x"); });
            after(600, () => {
              const scale = Math.min(canvas.clientWidth, canvas.clientHeight) / (2 * (3.8 / 2 + 0.8));
              click(middle()[0], middle()[1] + 1.9 * scale, true);
            });
            after(700, () => canvas.dispatchEvent(new WheelEvent("wheel", { deltaY: 50 })));
            after(800, () => {
              const slider = root.querySelector(".noether-frames");
              slider.value = 1;
              slider.dispatchEvent(new Event("input"));
            });
            </script>
            """;
        StructureView view = StructureView.Create().Frame(Argon, Near).Frame(Argon, Apart);
        string document = Open(Page.Create("t").View(view), Program);
        Assert.Contains("<title>atom 1 · Ar · (0.0000, 0.0000, 3.8000) Å</title>", document, StringComparison.Ordinal);
        Assert.Contains("atom 0 · Ar · (0.0000, 0.0000, 0.0000) Å", document, StringComparison.Ordinal);
        Assert.Contains("distance 4.1000 Å", document, StringComparison.Ordinal);
        Assert.Contains("frame 1 (2 of 2)", document, StringComparison.Ordinal);
    }

    [ChromiumFact]
    public void Bonds_join_neighbours_and_many_atoms_are_drawn()
    {
        // A chain of carbon: 99 bonds of two halves. Ten thousand atoms of argon, too far apart for bonds.
        int[] carbon = [.. Enumerable.Repeat(6, 100)], argon = [.. Enumerable.Repeat(18, 10_000)];
        double[] chain = [.. Enumerable.Range(0, 100).SelectMany(k => new[] { 1.5 * k, 0, 0 })];
        double[] gas = [.. Enumerable.Range(0, 10_000)
            .SelectMany(k => new[] { 4.0 * (k % 25), 4 * (k / 25 % 20), 4 * (k / 500) })];
        Page page = Page.Create("t").View(StructureView.Create().Frame(carbon, chain))
            .View(StructureView.Create().Frame(argon, gas)).View(StructureView.Create().Frame([], []));
        string document = Open(page);
        Assert.Contains("data-drawn=\"298\"", document, StringComparison.Ordinal);
        Assert.Contains("data-drawn=\"10000\"", document, StringComparison.Ordinal);
        Assert.Contains("data-drawn=\"0\"", document, StringComparison.Ordinal);
    }

    [ChromiumFact]
    public void A_browser_shows_plots_without_a_complaint() =>
        Assert.Contains(
            "</svg>", Open(Page.Create("t").Figure(Plot.Create("p").Line([1, 2], [1, 2]))), StringComparison.Ordinal);
}
