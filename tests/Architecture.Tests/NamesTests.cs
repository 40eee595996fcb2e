using System.Text.RegularExpressions;
using Xunit;

namespace WebLab.Architecture.Tests;

/// <summary>How files are called, where they lie and how long they get.</summary>
public sealed partial class NamesTests(ITestOutputHelper output)
{
    private const int LongFile = 300, TooLong = 450;

    [Fact]
    public void A_name_says_what_the_thing_is()
    {
        var vague = Tree.Files("src", ".cs", ".razor").Concat(Tree.Files("tests", ".cs"))
            .Where(p => Vague().IsMatch(Path.GetFileNameWithoutExtension(p)));
        Tree.Nothing(vague);
    }

    [Fact]
    public void A_namespace_is_the_folder()
    {
        var astray = new List<string>();
        foreach (var path in Tree.Files("src", ".cs").Concat(Tree.Files("tests", ".cs")))
        {
            var parts = path.Split('/')[1..^1];
            var expected = "WebLab." + string.Join('.', parts);
            foreach (Match found in Namespace().Matches(Tree.Code(path)))
                if (found.Groups[1].Value != expected) astray.Add($"{path}: {found.Groups[1].Value}, wanted {expected}");
        }
        Tree.Nothing(astray);
    }

    [Fact]
    public void A_file_holds_one_subject()
    {
        var lengths = Tree.Files("src", ".cs", ".razor", ".js", ".cpp").Concat(Tree.Files("tests", ".cs"))
            .Select(p => (Path: p, Lines: Tree.Text(p).Count(c => c == '\n')))
            .OrderByDescending(f => f.Lines).ToList();
        foreach (var (path, lines) in lengths.Where(f => f.Lines > LongFile)) output.WriteLine($"{lines,5}  {path}");
        Assert.DoesNotContain(lengths, f => f.Lines > TooLong && !f.Path.EndsWith(".cpp"));
    }

    [Fact]
    public void Nothing_is_left_for_later()
    {
        var notes = Tree.Files("src", ".cs", ".razor", ".cpp", ".h", ".js").Where(p => Later().IsMatch(Tree.Text(p)));
        Tree.Nothing(notes);
    }

    [GeneratedRegex("(Manager|Helper|Util|Base|Impl|Dto|Info)s?$")]
    private static partial Regex Vague();

    [GeneratedRegex(@"^namespace\s+([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX|NotImplementedException)\b")]
    private static partial Regex Later();
}
