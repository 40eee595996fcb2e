using System.Text;
using System.Text.RegularExpressions;
using WebLab.Engine.Data.Files;

namespace WebLab.Engine.Data.Readers;

/// <summary>
/// Names for people of classes whose folders have WordNet's ids (n01440764), from the lists that come with ImageNet:
/// <c>words.txt</c> (Tiny-ImageNet) and <c>LOC_synset_mapping.txt</c> (Kaggle), lines of an id, a tab or space, and synonyms.
/// </summary>
internal static partial class ClassNames
{
    private const int LongestList = 64 << 20;

    private static readonly string[] Lists = ["words.txt", "LOC_synset_mapping.txt"], Others = ["wnids.txt"];

    /// <summary>A file that speaks about classes and is no image of one.</summary>
    public static bool IsList(string leaf) => Lists.Contains(leaf) || Others.Contains(leaf);

    /// <summary>A name for each id, no two alike: the first synonym, all synonyms where others have the same, the id behind them where that is not enough.</summary>
    /// <returns>Null: no list knows any of them.</returns>
    public static IReadOnlyList<string>? Of(FileTree files, IReadOnlyList<string> ids)
    {
        var wanted = ids.ToHashSet();
        var known = new Dictionary<string, string>();
        // The outermost list counts.
        foreach (var list in files.Files.Where(f => Lists.Contains(f.Leaf)).OrderByDescending(f => f.Folders.Length))
            foreach (var line in Encoding.UTF8.GetString(files.ReadAll(list, LongestList)).Split('\n'))
                if (Line().Match(line) is { Success: true } match && wanted.Contains(match.Groups[1].Value)) known[match.Groups[1].Value] = match.Groups[2].Value.Trim();
        if (known.Count == 0) return null;
        var all = ids.Select(id => known.GetValueOrDefault(id, id)).ToArray();
        var first = all.Select(n => n.Split(',')[0].Trim()).ToArray();
        var (firsts, alls) = (first.CountBy(n => n).ToDictionary(), all.CountBy(n => n).ToDictionary());
        return [.. ids.Select((id, k) => firsts[first[k]] == 1 ? first[k] : alls[all[k]] == 1 ? all[k] : $"{all[k]} ({id})")];
    }

    [GeneratedRegex(@"\A(n\d{8})[ \t]+(\S.*)")]
    private static partial Regex Line();
}
