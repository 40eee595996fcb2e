using WebLab.Engine.Catalog;
using WebLab.Engine.Images;

namespace WebLab.Engine.Corruptions;

/// <summary>Names by which corruptions are asked for: kinds, families, and the sets <c>test</c>, <c>held-out</c> and <c>all</c>.</summary>
public static class CorruptionNames
{
    private const string Test = "test", HeldOut = "held-out", All = "all";

    public static IReadOnlyList<string> Groups { get; } = [Test, HeldOut, All, .. Kinds.Corruptions.Entries.Select(e => e.About.Group).Distinct()];

    /// <summary>What is wrong with a name; null: nothing.</summary>
    public static string? Complaint(string name) => Groups.Contains(name) || Kinds.Corruptions.Find(Kind(name)) is not null ? null
        : $"got '{name}', wanted {string.Join(", ", Groups)}, or one of {string.Join(", ", Kinds.Corruptions.Entries.Select(e => e.Kind))}";

    /// <summary>The corruptions of these names, each once and in the catalog's order.</summary>
    /// <param name="names">Checked by <see cref="Complaint"/>.</param>
    /// <param name="photographs">Of frost; null: where a group has frost, generated frost takes its place.</param>
    public static IReadOnlyList<Corruption> Chosen(IReadOnlyCollection<string> names, IReadOnlyList<RgbImage>? photographs)
    {
        var kinds = names.Select(Kind).ToHashSet();
        var grouped = Kinds.Corruptions.Entries.Where(e => names.Any(n => Holds(n, e))).Select(e => photographs is null ? Standing(e.Kind) : e.Kind);
        kinds.UnionWith(grouped);
        return [.. Kinds.Corruptions.Entries.Where(e => kinds.Contains(e.Kind)).Select(e => (Corruption)e.Default()).Select(c => c is Frost frost ? frost with { Photographs = photographs } : c)];
    }

    /// <summary>Whether frost is asked for by its own name, which nothing may stand in for.</summary>
    public static bool Insists(IEnumerable<string> names) => names.Any(n => Kinds.Corruptions.Find(Kind(n))?.Type == typeof(Frost));

    /// <summary>The kind of a corruption's name in the benchmark, such as <c>gaussian_noise</c>.</summary>
    public static string Kind(string official) => official.Replace('_', '-');

    private static bool Holds(string group, Entry entry)
    {
        var set = ((Corruption)entry.Default()).Set();
        return set switch
        {
            CorruptionSet.Test => group is Test or All || group == entry.About.Group,
            CorruptionSet.HeldOut => group is HeldOut or All,
            _ => false,
        };
    }

    private static string Standing(string kind) => Kinds.Corruptions.Find(kind)!.Type == typeof(Frost) ? Kinds.Corruptions.Entries.First(e => e.Type == typeof(FrostSynthetic)).Kind : kind;
}
