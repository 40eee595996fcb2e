namespace WebLab.Api.Store.Entities;

/// <summary>A row with tags, kept as <c>,one,two,</c> so that one LIKE finds a whole tag.</summary>
public interface ITagged
{
    /// <summary>Empty, or the tags in order, each between commas.</summary>
    string TagList { get; set; }
}

public static class Tags
{
    /// <summary>Longest tag; tags are letters, digits and <c>- _ . : /</c>.</summary>
    public const int MaxLength = 40;

    public static IReadOnlyList<string> Read(string tagList) => tagList.Split(',', StringSplitOptions.RemoveEmptyEntries);

    public static string Write(IEnumerable<string> tags)
    {
        var joined = string.Join(',', tags.Select(t => t.Trim()).Where(t => t.Length > 0).Distinct(StringComparer.Ordinal));
        return joined.Length == 0 ? "" : $",{joined},";
    }

    public static bool IsValid(string tag) =>
        tag.Length is > 0 and <= MaxLength && tag.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.' or ':' or '/');
}
