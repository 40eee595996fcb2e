using System.Text.RegularExpressions;

namespace WebLab.Web.Settings;

/// <summary>One table of the notices: what is used, under which licence.</summary>
public sealed record LicenceTable(string Title, IReadOnlyList<string> Head, IReadOnlyList<IReadOnlyList<string>> Rows);

/// <summary>The tables of THIRD-PARTY-NOTICES.md, which is part of the assembly, so that the page says what the file says.</summary>
public static partial class Licences
{
    private const string Resource = "THIRD-PARTY-NOTICES.md";

    public static IReadOnlyList<LicenceTable> Tables { get; } = Read(Text());

    /// <summary>Tables in Markdown below second-level headings; links and code marks become plain words.</summary>
    public static IReadOnlyList<LicenceTable> Read(string markdown)
    {
        var tables = new List<LicenceTable>();
        var (title, rows) = ("", new List<IReadOnlyList<string>>());
        foreach (var line in markdown.Split('\n').Append("## "))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                if (rows.Count > 1) tables.Add(new LicenceTable(title, rows[0], [.. rows.Skip(1)]));
                (title, rows) = (line[3..].Trim(), []);
            }
            else if (line.StartsWith('|') && !line.StartsWith("|---", StringComparison.Ordinal))
            {
                rows.Add([.. line.Trim().Trim('|').Split('|').Select(c => Link().Replace(c.Trim(), "$1").Replace("`", ""))]);
            }
        }
        return tables;
    }

    private static string Text()
    {
        using var reader = new StreamReader(typeof(Licences).Assembly.GetManifestResourceStream(Resource)!);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"\[([^\]]*)\]\([^)]*\)")]
    private static partial Regex Link();
}
