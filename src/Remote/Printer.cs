using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace WebLab.Remote;

/// <summary>Tables and lines for people, JSON for scripts.</summary>
internal sealed class Printer(Terminal terminal, bool json)
{
    private static readonly JsonSerializerOptions Pretty = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public bool Json => json;

    public TimeProvider Time => terminal.Time;

    /// <summary>A line of the result.</summary>
    public void Line(string text) => terminal.Output.WriteLine(text);

    /// <summary>A line on what goes on; it does not disturb a script's input.</summary>
    public void Tell(string text) => terminal.Errors.WriteLine(text);

    public void Whole(JsonNode node) => terminal.Output.WriteLine(node.ToJsonString(Pretty));

    /// <summary>One object on one line.</summary>
    public void Compact(JsonNode node) => terminal.Output.WriteLine(node.ToJsonString());

    /// <summary>One line an item; columns whose heading ends in <c>&gt;</c> lie to the right.</summary>
    public void Table(JsonArray items, params (string Heading, Func<JsonNode, string> Cell)[] columns)
    {
        if (json)
        {
            Whole(items);
            return;
        }

        if (items.Count == 0)
        {
            Tell("none");
            return;
        }

        var rows = items.Select(item => columns.Select(c => c.Cell(item!)).ToArray()).Prepend([.. columns.Select(c => c.Heading.TrimEnd('>'))]).ToList();
        var widths = columns.Select((_, k) => rows.Max(r => r[k].Length)).ToArray();
        foreach (var row in rows)
            Line(string.Join("  ", row.Select((cell, k) => columns[k].Heading.EndsWith('>') ? cell.PadLeft(widths[k]) : cell.PadRight(widths[k]))).TrimEnd());
    }

    public static string Text(JsonNode? node) => node is null ? "-" : node.ToString();

    public static string Percent(JsonNode? node) => node is null ? "-" : ((double)node).ToString("0.0 %", CultureInfo.InvariantCulture);

    public static string Count(JsonNode? node) => node is null ? "-" : ((long)node).ToString("#,0", CultureInfo.InvariantCulture);

    public static string Day(JsonNode? node) => node is null ? "-" : ((DateTimeOffset)node).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    public static string Size(double? bytes) => bytes switch
    {
        null => "-",
        >= 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1 << 30):0.0} GiB"),
        >= 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1 << 20):0.0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024:0.0} KiB"),
    };
}
