using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Noether.Tests;

/// <summary>Every example in the documentation is a piece of the programs in the folder Examples, which run.</summary>
public sealed class ExampleTests
{
    private static readonly string Root = FindRoot();

    private static readonly string Programs = string.Join(
        '\n', Directory.GetFiles(Path.Combine(Root, "tests/Facade.Tests/Examples"), "*.cs").Select(File.ReadAllText));

    public static TheoryData<string> Documented()
    {
        var data = new TheoryData<string>();
        XDocument documentation = XDocument.Load(Path.Combine(AppContext.BaseDirectory, "Noether.xml"));

        foreach (XElement member in documentation.Descendants("member").Where(HasExample))
        {
            data.Add(member.Attribute("name")!.Value);
        }

        return data;

        static bool HasExample(XElement member) => member.Descendants("code").Any();
    }

    [Theory]
    [MemberData(nameof(Documented))]
    public void Examples_of_the_reference_are_run(string name)
    {
        XDocument documentation = XDocument.Load(Path.Combine(AppContext.BaseDirectory, "Noether.xml"));
        XElement member = documentation.Descendants("member").Single(entry => entry.Attribute("name")!.Value == name);
        Assert.All(
            member.Descendants("code"),
            code => Assert.Contains(Flat(code.Value), Flat(Programs), StringComparison.Ordinal));
    }

    [Fact]
    public void Examples_of_the_page_are_run()
    {
        string page = File.ReadAllText(Path.Combine(Root, "docs/csharp.md"));
        MatchCollection blocks = Regex.Matches(page, "```csharp\n(.*?)```", RegexOptions.Singleline);
        Assert.NotEmpty(blocks);
        Assert.All(
            blocks,
            block => Assert.Contains(Flat(block.Groups[1].Value), Flat(Programs), StringComparison.Ordinal));
    }

    /// <summary>Without indentation, which is another in each place.</summary>
    private static string Flat(string code) =>
        string.Join('\n', code.Split('\n').Select(line => line.Trim())).Trim();

    private static string FindRoot()
    {
        string root = AppContext.BaseDirectory;

        while (!File.Exists(Path.Combine(root, "Functional.sln")))
        {
            root = Path.GetDirectoryName(root)!;
        }

        return root;
    }
}
